"""Controls (RFC 4511 section 4.1.11): what goes with a request, and what comes with a response.

A request control is an object with ``controlType``, ``criticality`` and ``encodeControlValue()``; a response control
one with ``decodeControlValue(octets)``. Write your own in the same way, and put the class of a response control into
``KNOWN_RESPONSE_CONTROLS`` by its OID: only those are decoded. The submodules put theirs there when they are imported,
and only then.
"""

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap import _ldap as _ldap
from fakeldapd.ldap.controls import libldap, simple  # noqa: F401
from fakeldapd.ldap.controls.base import (
    KNOWN_RESPONSE_CONTROLS,
    DecodeControlTuples,
    LDAPControl,
    RequestControl,
    RequestControlTuples,
    ResponseControl,
)
from fakeldapd.ldap.controls.libldap import AssertionControl, MatchedValuesControl, SimplePagedResultsControl
from fakeldapd.ldap.controls.simple import (
    AuthorizationIdentityRequestControl,  # noqa: F401
    AuthorizationIdentityResponseControl,  # noqa: F401
    BooleanControl,
    GetEffectiveRightsControl,  # noqa: F401
    ManageDSAITControl,
    OctetStringInteger,  # noqa: F401
    ProxyAuthzControl,  # noqa: F401
    RelaxRulesControl,
    ValueLessRequestControl,
)
from fakeldapd.ldap.pkginfo import __version__  # noqa: F401

__all__ = [
    "KNOWN_RESPONSE_CONTROLS",
    "AssertionControl",
    "BooleanControl",
    "DecodeControlTuples",
    "LDAPControl",
    "ManageDSAITControl",
    "MatchedValuesControl",
    "RelaxRulesControl",
    "RequestControl",
    "RequestControlTuples",
    "ResponseControl",
    "SimplePagedResultsControl",
    "ValueLessRequestControl",
]
