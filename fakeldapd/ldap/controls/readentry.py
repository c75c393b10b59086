"""The entry before or after an update (RFC 4527)."""

from collections.abc import Sequence
from typing import Any

from pyasn1.codec.ber import encoder
from pyasn1_modules.rfc2251 import AttributeDescriptionList, SearchResultEntry

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap import asn1, values
from fakeldapd.ldap.controls.base import KNOWN_RESPONSE_CONTROLS, LDAPControl


class ReadEntryControl(LDAPControl):
    """Asks for attributes of the entry; the answer has ``dn`` (str) and ``entry`` (``{str: [bytes, ...]}``)."""

    def __init__(self, criticality: bool = False, attrList: Sequence[str] | None = None) -> None:
        self.criticality, self.attrList = criticality, attrList or []
        self.entry: dict[str, list[bytes]] | None = None

    def encodeControlValue(self) -> Any:
        """The attributes' names in BER."""
        names = AttributeDescriptionList()
        for position, name in enumerate(self.attrList):
            names.setComponentByPosition(position, name)
        return encoder.encode(names)

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set ``dn`` and ``entry``. Raises PyAsn1Error."""
        found = asn1.decode(encodedControlValue, SearchResultEntry())
        self.dn = str(found[0])
        self.entry = {str(attribute[0]): [bytes(value) for value in attribute[1]] for attribute in found[1]}


class PreReadControl(ReadEntryControl):
    """The entry as it was before the update."""

    controlType = values.CONTROL_PRE_READ


class PostReadControl(ReadEntryControl):
    """The entry as it is after the update."""

    controlType = values.CONTROL_POST_READ


KNOWN_RESPONSE_CONTROLS[PreReadControl.controlType] = PreReadControl
KNOWN_RESPONSE_CONTROLS[PostReadControl.controlType] = PostReadControl
