"""Refresh of a dynamic entry (RFC 2589 section 4)."""

from typing import Any

from pyasn1.codec.ber import encoder
from pyasn1.type import univ
from pyasn1_modules.rfc2251 import LDAPDN

from fakeldapd.ldap import asn1
from fakeldapd.ldap.extop.base import ExtendedRequest, ExtendedResponse


class RefreshRequest(ExtendedRequest):
    """Asks that the entry ``entryName`` (DN) lives for another ``requestTtl`` seconds."""

    requestName = "1.3.6.1.4.1.1466.101.119.1"
    defaultRequestTtl = 86400

    class RefreshRequestValue(univ.Sequence):
        """requestValue of RFC 2589 section 4.1."""

        componentType = asn1.components(
            entryName=LDAPDN().subtype(implicitTag=asn1.context(0)),
            requestTtl=univ.Integer().subtype(implicitTag=asn1.context(1)),
        )

    def __init__(
        self, requestName: str | None = None, entryName: str | None = None, requestTtl: int | None = None
    ) -> None:
        super().__init__(requestName or self.requestName, b"")
        self.entryName = entryName
        self.requestTtl = requestTtl or self.defaultRequestTtl

    def encodedRequestValue(self) -> Any:
        """The value in BER. Raises TypeError without a DN, PyAsn1Error."""
        value = self.RefreshRequestValue()
        # The types of the components have tags that a value made here would lack.
        value.setComponentByName("entryName", LDAPDN(self.entryName).subtype(implicitTag=asn1.context(0)))
        value.setComponentByName("requestTtl", self.requestTtl)
        return encoder.encode(value)


class RefreshResponse(ExtendedResponse):
    """How long the entry will live: ``responseTtl``, in seconds, which is ``responseValue`` too."""

    responseName = "1.3.6.1.4.1.1466.101.119.1"

    class RefreshResponseValue(univ.Sequence):
        """responseValue of RFC 2589 section 4.2."""

        componentType = asn1.components(responseTtl=univ.Integer().subtype(implicitTag=asn1.context(1)))

    def decodeResponseValue(self, value: bytes) -> int:
        """Set ``responseTtl``. Raises PyAsn1Error."""
        found = asn1.decode(value, self.RefreshResponseValue())
        self.responseTtl = int(found.getComponentByName("responseTtl"))
        return self.responseTtl
