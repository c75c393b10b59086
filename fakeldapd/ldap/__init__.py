"""python-ldap's API over fakeldapd: ``import fakeldapd.ldap as ldap``.

The modules have python-ldap's names, and what they hold has its signatures and results; see docs/python-ldap.md. A
connection leads to a directory in this process (``fake://name``, or any URI that a directory is registered for), or
over the wire to any server.
"""

import sys
from typing import TextIO

from fakeldapd.ldap import _ldap as _ldap
from fakeldapd.ldap import cidict as cidict
from fakeldapd.ldap import controls as controls
from fakeldapd.ldap import dn as dn
from fakeldapd.ldap import extop as extop
from fakeldapd.ldap import functions as functions
from fakeldapd.ldap import ldapobject as ldapobject
from fakeldapd.ldap import pkginfo as pkginfo
from fakeldapd.ldap import sasl as sasl
from fakeldapd.ldap import schema as schema
from fakeldapd.ldap.dn import explode_dn as explode_dn
from fakeldapd.ldap.dn import explode_rdn as explode_rdn
from fakeldapd.ldap.errors import *  # noqa: F403
from fakeldapd.ldap.functions import escape_str as escape_str
from fakeldapd.ldap.functions import get_option as get_option
from fakeldapd.ldap.functions import initialize as initialize
from fakeldapd.ldap.functions import set_option as set_option
from fakeldapd.ldap.functions import strf_secs as strf_secs
from fakeldapd.ldap.functions import strp_secs as strp_secs
from fakeldapd.ldap.installation import InstallError as InstallError
from fakeldapd.ldap.installation import install as install
from fakeldapd.ldap.installation import installed as installed
from fakeldapd.ldap.installation import uninstall as uninstall
from fakeldapd.ldap.ldapobject import LDAPBytesWarning as LDAPBytesWarning
from fakeldapd.ldap.locks import DummyLock as DummyLock
from fakeldapd.ldap.locks import LDAPLock as LDAPLock
from fakeldapd.ldap.pkginfo import __author__ as __author__
from fakeldapd.ldap.pkginfo import __license__ as __license__
from fakeldapd.ldap.pkginfo import __version__ as __version__
from fakeldapd.ldap.transport.opening import register as register
from fakeldapd.ldap.values import *  # noqa: F403

_trace_level = 0
_trace_file: TextIO = sys.stderr
_trace_stack_limit: int | None = None
_ldap_module_lock = LDAPLock(desc="Module wide")
