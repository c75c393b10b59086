"""The answer to a password modify request (RFC 3062)."""

from typing import Any

from pyasn1.type import univ

from fakeldapd.ldap import asn1
from fakeldapd.ldap.extop.base import ExtendedResponse


class PasswordModifyResponse(ExtendedResponse):
    """The password that the server made up: ``genPasswd``, bytes, which is ``responseValue`` too."""

    responseName = None

    class PasswordModifyResponseValue(univ.Sequence):
        """PasswdModifyResponseValue of RFC 3062 section 2."""

        componentType = asn1.components(
            genPasswd=asn1.optional(univ.OctetString().subtype(implicitTag=asn1.context(0)))
        )

    def decodeResponseValue(self, value: bytes) -> Any:
        """Set ``genPasswd``. Raises PyAsn1Error, also for a value without a password."""
        found = asn1.decode(value, self.PasswordModifyResponseValue())
        self.genPasswd = bytes(found.getComponentByName("genPasswd"))
        return self.genPasswd
