"""What a trace says of a call: from level 1 the call, from 2 its result, from 9 where it came from."""

import pprint
import traceback
from collections.abc import Callable
from typing import Any, TextIO, TypeVar

from fakeldapd.ldap.errors import LDAPError

_T = TypeVar("_T")


def traced(
    level: int,
    file: TextIO,
    who: str,
    name: str,
    function: Callable[..., _T],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    stack_limit: int | None = None,
) -> _T:
    """Call the function and write what level asks for. ``who`` and ``name`` say what is called, for whom."""
    if level < 1:
        return function(*args, **kwargs)
    file.write(f"*** {who}{name}\n{pprint.pformat((args, kwargs))}\n")
    if level >= 9:
        traceback.print_stack(limit=stack_limit, file=file)
    try:
        result = function(*args, **kwargs)
    except LDAPError as error:
        if level >= 2:
            file.write(f"=> LDAPError - {type(error).__name__}: {error}\n")
        raise
    if level >= 2:
        file.write(f"=> result:\n{pprint.pformat(result)}\n")
    return result
