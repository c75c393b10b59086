"""Password policy as Netscape's server says it (draft-vchu-ldap-pwd-policy): values are text."""

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap.controls.base import KNOWN_RESPONSE_CONTROLS, RequestControl, ResponseControl  # noqa: F401
from fakeldapd.ldap.controls.simple import ValueLessRequestControl  # noqa: F401

__all__ = ["PasswordExpiredControl", "PasswordExpiringControl"]


class PasswordExpiringControl(ResponseControl):
    """The password is about to expire, in ``gracePeriod`` seconds."""

    controlType = "2.16.840.1.113730.3.4.5"

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set ``gracePeriod``. Raises ValueError."""
        self.gracePeriod = int(encodedControlValue)


class PasswordExpiredControl(ResponseControl):
    """The password has expired and has to be changed.

    ``passwordExpired`` compares the octets with a str, as python-ldap does, so it is False whatever they are: that the
    control is there says it.
    """

    controlType = "2.16.840.1.113730.3.4.4"

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set ``passwordExpired``."""
        self.passwordExpired = False


KNOWN_RESPONSE_CONTROLS[PasswordExpiringControl.controlType] = PasswordExpiringControl
KNOWN_RESPONSE_CONTROLS[PasswordExpiredControl.controlType] = PasswordExpiredControl
