"""python-ldap's API over fakeldapd: ``import fakeldapd.ldap as ldap``.

The modules have python-ldap's names, and what they hold has its signatures and results; see docs/python-ldap.md. Here
are the constants and the exceptions.
"""

from fakeldapd.ldap.errors import *  # noqa: F403
from fakeldapd.ldap.pkginfo import __author__, __license__, __version__  # noqa: F401
from fakeldapd.ldap.values import *  # noqa: F403
