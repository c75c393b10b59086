"""Paged results (RFC 2696), with pyasn1 in place of libldap. Importing it makes this the class of the answers."""

from typing import Any

from pyasn1.codec.ber import encoder
from pyasn1.type import univ
from pyasn1_modules.rfc2251 import LDAPString

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap import asn1, values
from fakeldapd.ldap.controls.base import KNOWN_RESPONSE_CONTROLS, RequestControl, ResponseControl

__all__ = ["SimplePagedResultsControl"]


class PagedResultsControlValue(univ.Sequence):
    """realSearchControlValue (RFC 2696 section 2)."""

    componentType = asn1.components(size=univ.Integer(), cookie=LDAPString())


class SimplePagedResultsControl(RequestControl, ResponseControl):
    """A page of ``size`` entries behind ``cookie``; in a response, an estimate and the next cookie."""

    controlType = values.CONTROL_PAGEDRESULTS

    def __init__(self, criticality: bool = False, size: int = 10, cookie: str | bytes | None = "") -> None:
        self.criticality = criticality
        self.size = size
        self.cookie = cookie or ""

    def encodeControlValue(self) -> Any:
        """Size and cookie in BER. A str cookie is sent in ISO 8859-1."""
        value = PagedResultsControlValue()
        value["size"] = self.size
        value["cookie"] = LDAPString(self.cookie)
        return encoder.encode(value)

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set ``size`` and ``cookie``. Raises PyAsn1Error."""
        value = asn1.decode(encodedControlValue, PagedResultsControlValue())
        self.size = int(value["size"])
        self.cookie = bytes(value["cookie"])


KNOWN_RESPONSE_CONTROLS[SimplePagedResultsControl.controlType] = SimplePagedResultsControl
