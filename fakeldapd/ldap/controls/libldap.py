"""The controls whose values libldap encodes: assertion, matched values, paged results."""

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap import _ldap as _ldap
from fakeldapd.ldap import control_values, values
from fakeldapd.ldap.controls.base import KNOWN_RESPONSE_CONTROLS, LDAPControl, RequestControl
from fakeldapd.ldap.pkginfo import __version__  # noqa: F401


class AssertionControl(RequestControl):
    """Do it only if ``filterstr`` is true of the entry (RFC 4528)."""

    controlType = values.CONTROL_ASSERT

    def __init__(self, criticality: bool = True, filterstr: str = "(objectClass=*)") -> None:
        self.criticality = criticality
        self.filterstr = filterstr

    def encodeControlValue(self) -> bytes:
        """The filter in BER. Raises ENCODING_ERROR, PARAM_ERROR, TypeError."""
        return control_values.encode_assertion_control(self.filterstr)


class MatchedValuesControl(RequestControl):
    """Return only values for which one of the filters is true (RFC 3876): ``((mail=*@example.com)(cn=a*))``."""

    controlType = values.CONTROL_VALUESRETURNFILTER

    def __init__(self, criticality: bool = False, filterstr: str = "(objectClass=*)") -> None:
        self.criticality = criticality
        self.filterstr = filterstr

    def encodeControlValue(self) -> bytes:
        """The filters in BER. Raises FILTER_ERROR, TypeError."""
        return control_values.encode_valuesreturnfilter_control(self.filterstr)


class SimplePagedResultsControl(LDAPControl):
    """A page of ``size`` entries behind ``cookie`` (RFC 2696); in a response, an estimate and the next cookie."""

    controlType = values.CONTROL_PAGEDRESULTS

    def __init__(self, criticality: bool = False, size: int | None = None, cookie: str | bytes | None = None) -> None:
        self.criticality = criticality
        self.size, self.cookie = size, cookie

    def encodeControlValue(self) -> bytes:
        """Size and cookie in BER. Raises TypeError, OverflowError."""
        return control_values.encode_page_control(self.size, self.cookie)  # type: ignore[arg-type]

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set ``size`` and ``cookie``. Raises DECODING_ERROR, TypeError."""
        self.size, self.cookie = control_values.decode_page_control(encodedControlValue)


KNOWN_RESPONSE_CONTROLS.update(
    {found.controlType: found for found in (AssertionControl, MatchedValuesControl, SimplePagedResultsControl)}
)
