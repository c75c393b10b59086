"""Password policy (draft-behera-ldap-password-policy)."""

from pyasn1.type import constraint, namedval, univ

from fakeldapd.ldap import asn1, values
from fakeldapd.ldap.controls.base import KNOWN_RESPONSE_CONTROLS, ResponseControl
from fakeldapd.ldap.controls.simple import ValueLessRequestControl

__all__ = ["PasswordPolicyControl"]

_ERRORS = (
    "passwordExpired",
    "accountLocked",
    "changeAfterReset",
    "passwordModNotAllowed",
    "mustSupplyOldPassword",
    "insufficientPasswordQuality",
    "passwordTooShort",
    "passwordTooYoung",
    "passwordInHistory",
    "passwordTooLong",
)


class PasswordPolicyWarning(univ.Choice):
    """What will happen soon."""

    componentType = asn1.components(
        timeBeforeExpiration=univ.Integer().subtype(implicitTag=asn1.context(0)),
        graceAuthNsRemaining=univ.Integer().subtype(implicitTag=asn1.context(1)),
    )


class PasswordPolicyError(univ.Enumerated):
    """What was wrong."""

    namedValues = namedval.NamedValues(*[(name, number) for number, name in enumerate(_ERRORS)])
    subtypeSpec = univ.Enumerated.subtypeSpec + constraint.SingleValueConstraint(*range(len(_ERRORS)))


class PasswordPolicyResponseValue(univ.Sequence):
    """PasswordPolicyResponseValue of the draft."""

    componentType = asn1.components(
        warning=asn1.optional(PasswordPolicyWarning().subtype(explicitTag=asn1.context(0, constructed=True))),
        error=asn1.optional(PasswordPolicyError().subtype(implicitTag=asn1.context(1))),
    )


class PasswordPolicyControl(ValueLessRequestControl, ResponseControl):
    """Asks for the state of the password, and says it: numbers in attributes, None where nothing was said.

    ``timeBeforeExpiration`` is in seconds, ``graceAuthNsRemaining`` counts binds, ``error`` is a PasswordPolicyError.
    """

    controlType = values.CONTROL_PASSWORDPOLICYREQUEST

    def __init__(self, criticality: bool = False) -> None:
        self.criticality = criticality
        self.timeBeforeExpiration: int | None = None
        self.graceAuthNsRemaining: int | None = None
        self.error: int | None = None

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set the attributes. Raises PyAsn1Error."""
        value = asn1.decode(encodedControlValue, PasswordPolicyResponseValue())
        warning = value.getComponentByName("warning")
        if warning.hasValue():
            setattr(self, warning.getName(), int(warning.getComponent()))
        error = value.getComponentByName("error")
        if error.hasValue():
            self.error = int(error)


KNOWN_RESPONSE_CONTROLS[PasswordPolicyControl.controlType] = PasswordPolicyControl
