"""Session tracking (draft-wahl-ldap-session): on whose behalf a client asks."""

from typing import Any

from pyasn1.codec.ber import encoder
from pyasn1.type import univ
from pyasn1_modules.rfc2251 import LDAPOID, LDAPString

from fakeldapd.ldap import asn1
from fakeldapd.ldap.controls.base import RequestControl

SESSION_TRACKING_CONTROL_OID = "1.3.6.1.4.1.21008.108.63.1"
SESSION_TRACKING_FORMAT_OID_RADIUS_ACCT_SESSION_ID = SESSION_TRACKING_CONTROL_OID + ".1"
SESSION_TRACKING_FORMAT_OID_RADIUS_ACCT_MULTI_SESSION_ID = SESSION_TRACKING_CONTROL_OID + ".2"
SESSION_TRACKING_FORMAT_OID_USERNAME = SESSION_TRACKING_CONTROL_OID + ".3"


class SessionTrackingControl(RequestControl):
    """Says where the user is, and who; ``formatOID`` is one of the constants above."""

    class SessionIdentifierControlValue(univ.Sequence):
        """SessionIdentifierControlValue of the draft."""

        componentType = asn1.components(
            sessionSourceIp=LDAPString(),
            sessionSourceName=LDAPString(),
            formatOID=LDAPOID(),
            sessionTrackingIdentifier=LDAPString(),
        )

    controlType = SESSION_TRACKING_CONTROL_OID

    def __init__(
        self, sessionSourceIp: str, sessionSourceName: str, formatOID: str, sessionTrackingIdentifier: str | bytes
    ) -> None:
        self.criticality = False
        self.sessionSourceIp = sessionSourceIp
        self.sessionSourceName = sessionSourceName
        self.formatOID = formatOID
        self.sessionTrackingIdentifier = sessionTrackingIdentifier

    def encodeControlValue(self) -> Any:
        """The value in BER; str in ISO 8859-1."""
        value = self.SessionIdentifierControlValue()
        value["sessionSourceIp"] = LDAPString(self.sessionSourceIp)
        value["sessionSourceName"] = LDAPString(self.sessionSourceName)
        value["formatOID"] = LDAPOID(self.formatOID)
        value["sessionTrackingIdentifier"] = LDAPString(self.sessionTrackingIdentifier)
        return encoder.encode(value)
