"""What ``asyncsearch`` was called before ``async`` became a keyword: ``importlib.import_module`` still finds it."""

import warnings

from fakeldapd.ldap.asyncsearch import *  # noqa: F403
from fakeldapd.ldap.pkginfo import __version__  # noqa: F401

warnings.warn("'ldap.async module' is deprecated, import 'ldap.asyncsearch' instead.", DeprecationWarning, stacklevel=2)
