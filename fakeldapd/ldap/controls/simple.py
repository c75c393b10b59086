"""Controls with a value that is simple, or with none."""

import struct
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pyasn1.type import univ

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap import values
from fakeldapd.ldap.controls.base import KNOWN_RESPONSE_CONTROLS, LDAPControl, RequestControl, ResponseControl


class ValueLessRequestControl(RequestControl):
    """A request control without a value."""

    def __init__(self, controlType: str | None = None, criticality: bool = False) -> None:
        self.controlType = controlType
        self.criticality = criticality

    def encodeControlValue(self) -> None:
        """None."""


class OctetStringInteger(LDAPControl):
    """A control whose value is a number, eight octets in network order."""

    def __init__(
        self, controlType: str | None = None, criticality: bool = False, integerValue: int | None = None
    ) -> None:
        self.controlType = controlType
        self.criticality = criticality
        self.integerValue = integerValue

    def encodeControlValue(self) -> bytes:
        """``integerValue``. Raises struct.error."""
        return struct.pack("!Q", self.integerValue)

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set ``integerValue``. Raises struct.error."""
        self.integerValue = struct.unpack("!Q", encodedControlValue)[0]


class BooleanControl(LDAPControl):
    """A control whose value is a BOOLEAN."""

    def __init__(self, controlType: str | None = None, criticality: bool = False, booleanValue: bool = False) -> None:
        self.controlType = controlType
        self.criticality = criticality
        self.booleanValue = booleanValue

    def encodeControlValue(self) -> bytes:
        """``booleanValue`` in BER."""
        encoded: bytes = encoder.encode(univ.Boolean(bool(self.booleanValue)))
        return encoded

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set ``booleanValue``. Raises PyAsn1Error."""
        decoded, _ = decoder.decode(encodedControlValue, asn1Spec=univ.Boolean())
        self.booleanValue = bool(decoded)


class ManageDSAITControl(ValueLessRequestControl):
    """Treat referrals as ordinary entries (RFC 3296). Never critical, whatever is asked for: as in python-ldap."""

    def __init__(self, criticality: bool = False) -> None:
        super().__init__(values.CONTROL_MANAGEDSAIT, criticality=False)


class RelaxRulesControl(ValueLessRequestControl):
    """Do not enforce some rules (draft-zeilenga-ldap-relax). Never critical, as in python-ldap."""

    def __init__(self, criticality: bool = False) -> None:
        super().__init__(values.CONTROL_RELAX, criticality=False)


class ProxyAuthzControl(RequestControl):
    """Do it as somebody else (RFC 4370): ``authzId`` is bytes, as in ``b"u:bob"``."""

    def __init__(self, criticality: bool, authzId: bytes) -> None:
        super().__init__(values.CONTROL_PROXY_AUTHZ, criticality, authzId)


class AuthorizationIdentityRequestControl(ValueLessRequestControl):
    """Ask a bind for the authorisation identity (RFC 3829)."""

    controlType = "2.16.840.1.113730.3.4.16"

    def __init__(self, criticality: bool) -> None:
        super().__init__(self.controlType, criticality)


class AuthorizationIdentityResponseControl(ResponseControl):
    """The authorisation identity: ``authzId``, bytes."""

    controlType = "2.16.840.1.113730.3.4.15"

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set ``authzId``."""
        self.authzId = encodedControlValue


class GetEffectiveRightsControl(RequestControl):
    """Ask for one's rights (draft-ietf-ldapext-acl-model)."""

    def __init__(self, criticality: bool, authzId: Any = None) -> None:
        super().__init__("1.3.6.1.4.1.42.2.27.9.5.2", criticality, authzId)


KNOWN_RESPONSE_CONTROLS.update(
    {
        values.CONTROL_MANAGEDSAIT: ManageDSAITControl,
        values.CONTROL_RELAX: RelaxRulesControl,
        AuthorizationIdentityResponseControl.controlType: AuthorizationIdentityResponseControl,
    }
)
