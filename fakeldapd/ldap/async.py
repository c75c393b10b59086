"""What ``asyncsearch`` was called before ``async`` became a keyword: ``importlib.import_module`` still finds it."""

import warnings

from fakeldapd import ldap, ldif  # noqa: F401
from fakeldapd.ldap.asyncsearch import (
    ENTRY_RESULT_TYPES,  # noqa: F401
    SEARCH_RESULT_TYPES,  # noqa: F401
    AsyncSearchHandler,  # noqa: F401
    Dict,  # noqa: F401
    FileWriter,  # noqa: F401
    IndexedDict,  # noqa: F401
    LDIFWriter,  # noqa: F401
    List,  # noqa: F401
    WrongResultType,  # noqa: F401
)
from fakeldapd.ldap.pkginfo import __version__  # noqa: F401

warnings.warn("'ldap.async module' is deprecated, import 'ldap.asyncsearch' instead.", DeprecationWarning, stacklevel=2)
