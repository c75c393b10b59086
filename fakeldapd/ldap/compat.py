"""What python-ldap kept from the time of Python 2."""

import warnings
from types import TracebackType
from typing import NoReturn

warnings.warn(
    "The ldap.compat module is deprecated and will be removed in the future", DeprecationWarning, stacklevel=2
)


def reraise(exc_type: type[BaseException], exc_value: BaseException, exc_traceback: TracebackType | None) -> NoReturn:
    """Raise ``exc_value`` with the traceback it had; the three are what ``sys.exc_info()`` returns."""
    raise exc_value
