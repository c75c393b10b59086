"""Extended operations (RFC 4511 section 4.12).

Derive from ``ExtendedRequest`` and override ``encodedRequestValue``, derive from ``ExtendedResponse`` and override
``decodeResponseValue``; ``SimpleLDAPObject.extop_s(request, extop_resp_class=...)`` takes them.
"""

from fakeldapd.ldap.extop import dds, passwd  # noqa: F401
from fakeldapd.ldap.extop.base import ExtendedRequest, ExtendedResponse  # noqa: F401
from fakeldapd.ldap.extop.dds import RefreshRequest, RefreshResponse  # noqa: F401
from fakeldapd.ldap.extop.passwd import PasswordModifyResponse  # noqa: F401
from fakeldapd.ldap.pkginfo import __version__  # noqa: F401
