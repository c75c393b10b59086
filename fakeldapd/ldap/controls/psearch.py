"""Persistent search and its notifications (draft-ietf-ldapext-psearch)."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

from pyasn1.codec.ber import encoder
from pyasn1.type import constraint, namedval, univ
from pyasn1_modules.rfc2251 import LDAPDN

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap import asn1
from fakeldapd.ldap.controls.base import KNOWN_RESPONSE_CONTROLS, RequestControl, ResponseControl

__all__ = ["CHANGE_TYPES_INT", "CHANGE_TYPES_STR", "EntryChangeNotificationControl", "PersistentSearchControl"]

CHANGE_TYPES_INT = {"add": 1, "delete": 2, "modify": 4, "modDN": 8}
CHANGE_TYPES_STR = {number: name for name, number in CHANGE_TYPES_INT.items()}


class PersistentSearchControl(RequestControl):
    """Keep the search going and send entries that change.

    ``changeTypes``: names of ``CHANGE_TYPES_INT``, numbers, or their sum; by default all.
    """

    class PersistentSearchControlValue(univ.Sequence):
        """PersistentSearch of the draft."""

        componentType = asn1.components(
            changeTypes=univ.Integer(), changesOnly=univ.Boolean(), returnECs=univ.Boolean()
        )

    controlType = "2.16.840.1.113730.3.4.3"

    def __init__(
        self,
        criticality: bool = True,
        changeTypes: Iterable[str | int] | int | None = None,
        changesOnly: bool = False,
        returnECs: bool = True,
    ) -> None:
        self.criticality = criticality
        self.changesOnly, self.returnECs = changesOnly, returnECs
        self.changeTypes = changeTypes or CHANGE_TYPES_INT.values()

    def encodeControlValue(self) -> Any:
        """The value in BER; ``changeTypes`` becomes its number. Raises TypeError for an unknown name."""
        if not isinstance(self.changeTypes, int):
            known: dict[Any, Any] = dict(CHANGE_TYPES_INT)
            self.changeTypes = reduce(or_, [known.get(kind, kind) for kind in self.changeTypes], 0)
        value = self.PersistentSearchControlValue()
        value["changeTypes"] = univ.Integer(self.changeTypes)
        value["changesOnly"] = univ.Boolean(self.changesOnly)
        value["returnECs"] = univ.Boolean(self.returnECs)
        return encoder.encode(value)


class ChangeType(univ.Enumerated):
    """What happened to an entry."""

    namedValues = namedval.NamedValues(*CHANGE_TYPES_INT.items())
    subtypeSpec = univ.Enumerated.subtypeSpec + constraint.SingleValueConstraint(*CHANGE_TYPES_STR)


class EntryChangeNotificationValue(univ.Sequence):
    """EntryChangeNotification of the draft."""

    componentType = asn1.components(
        changeType=ChangeType(),
        previousDN=asn1.optional(LDAPDN()),
        changeNumber=asn1.optional(univ.Integer()),
    )


class EntryChangeNotificationControl(ResponseControl):
    """What happened to the entry it comes with: ``changeType`` (int), ``previousDN`` (str), ``changeNumber`` (int)."""

    controlType = "2.16.840.1.113730.3.4.7"

    def decodeControlValue(self, encodedControlValue: bytes) -> tuple[int, str | None, int | None]:
        """Set the attributes, None where nothing was said, and return them. Raises PyAsn1Error."""
        value = asn1.decode(encodedControlValue, EntryChangeNotificationValue())
        self.changeType = int(value.getComponentByName("changeType"))
        previous = value.getComponentByName("previousDN")
        self.previousDN = str(previous) if previous.hasValue() else None
        number = value.getComponentByName("changeNumber")
        self.changeNumber = int(number) if number.hasValue() else None
        return self.changeType, self.previousDN, self.changeNumber


KNOWN_RESPONSE_CONTROLS[EntryChangeNotificationControl.controlType] = EntryChangeNotificationControl
