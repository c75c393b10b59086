"""What controls are derived from, and how they become tuples and come from them. ``ldap.controls`` has it all."""

from collections.abc import Iterable, Mapping
from typing import Any

from pyasn1.error import PyAsn1Error

from fakeldapd.ldap.errors import UNAVAILABLE_CRITICAL_EXTENSION

KNOWN_RESPONSE_CONTROLS: dict[str, Any] = {}
"""The class for each OID that is decoded."""


class RequestControl:
    """What goes with a request. ``encodedControlValue`` is the value in BER, None for none."""

    controlType: str | None
    criticality: bool
    encodedControlValue: Any

    def __init__(
        self, controlType: str | None = None, criticality: bool = False, encodedControlValue: Any = None
    ) -> None:
        self.controlType = controlType
        self.criticality = criticality
        self.encodedControlValue = encodedControlValue

    def encodeControlValue(self) -> Any:
        """The value in BER; None for none."""
        return self.encodedControlValue


class ResponseControl:
    """What comes with a response."""

    controlType: str | None
    criticality: bool
    encodedControlValue: Any

    def __init__(self, controlType: str | None = None, criticality: bool = False) -> None:
        self.controlType = controlType
        self.criticality = criticality

    def decodeControlValue(self, encodedControlValue: Any) -> Any:
        """Take the value, in BER, apart into attributes of this object."""
        self.encodedControlValue = encodedControlValue


class LDAPControl(RequestControl, ResponseControl):
    """A control that goes both ways. ``controlValue`` is what the value means."""

    def __init__(
        self,
        controlType: str | None = None,
        criticality: bool = False,
        controlValue: Any = None,
        encodedControlValue: Any = None,
    ) -> None:
        self.controlType = controlType
        self.criticality = criticality
        self.controlValue = controlValue
        self.encodedControlValue = encodedControlValue


def RequestControlTuples(ldapControls: Iterable[RequestControl] | None) -> list[tuple[Any, Any, Any]] | None:
    """``(OID, criticality, value in BER or None)`` of each control; None for None."""
    if ldapControls is None:
        return None
    return [(control.controlType, control.criticality, control.encodeControlValue()) for control in ldapControls]


def DecodeControlTuples(
    ldapControlTuples: Iterable[tuple[str, int, bytes | None]] | None,
    knownLDAPControls: Mapping[str, Any] | None = None,
) -> list[Any]:
    """The control objects for ``(OID, criticality, value in BER)`` tuples.

    What is not in ``knownLDAPControls`` (default ``KNOWN_RESPONSE_CONTROLS``) or does not decode is left out. A
    critical one raises: UNAVAILABLE_CRITICAL_EXTENSION, or the PyAsn1Error.
    """
    known = knownLDAPControls or KNOWN_RESPONSE_CONTROLS
    decoded = []
    for oid, criticality, value in ldapControlTuples or ():
        if oid not in known:
            if criticality:
                raise UNAVAILABLE_CRITICAL_EXTENSION(
                    f"Received unexpected critical response control with controlType {oid!r}"
                )
            continue
        control = known[oid]()
        control.controlType, control.criticality = oid, criticality
        try:
            control.decodeControlValue(value)
        except PyAsn1Error:
            if criticality:
                raise
        else:
            decoded.append(control)
    return decoded
