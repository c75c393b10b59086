"""Attributes of the entries that values of an entry name (draft-masarati-ldap-deref)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pyasn1.codec.ber import encoder
from pyasn1.type import univ
from pyasn1_modules.rfc2251 import LDAPDN, AttributeDescription, AttributeDescriptionList, AttributeValue

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap import asn1
from fakeldapd.ldap.controls.base import KNOWN_RESPONSE_CONTROLS, LDAPControl

__all__ = ["DEREF_CONTROL_OID", "DereferenceControl"]

DEREF_CONTROL_OID = "1.3.6.1.4.1.4203.666.5.16"


class DerefSpec(univ.Sequence):
    """What to fetch for one attribute."""

    componentType = asn1.components(derefAttr=AttributeDescription(), attributes=AttributeDescriptionList())


class DerefSpecs(univ.SequenceOf):
    """The request's value."""

    componentType = DerefSpec()


class AttributeValues(univ.SetOf):
    """The values of an attribute."""

    componentType = AttributeValue()


class PartialAttribute(univ.Sequence):
    """An attribute of an entry that was named."""

    componentType = asn1.components(type=AttributeDescription(), vals=AttributeValues())


class PartialAttributeList(univ.SequenceOf):
    """The attributes of an entry that was named."""

    componentType = PartialAttribute()
    tagSet = univ.Sequence.tagSet.tagImplicitly(asn1.context(0, constructed=True))


class DerefRes(univ.Sequence):
    """One value, and what was found there."""

    componentType = asn1.components(
        derefAttr=AttributeDescription(),
        derefVal=LDAPDN(),
        attrVals=asn1.optional(PartialAttributeList()),
    )


class DerefResultControlValue(univ.SequenceOf):
    """The response's value."""

    componentType = DerefRes()


class DereferenceControl(LDAPControl):
    """Asks for attributes of the entries that an entry names: ``derefSpecs`` is ``{attribute: [attribute, ...]}``.

    The answer comes with each entry: ``derefRes`` is ``{attribute: [(DN, {attribute: [str, ...]}), ...]}``.
    """

    controlType = DEREF_CONTROL_OID

    def __init__(self, criticality: bool = False, derefSpecs: Mapping[str, Sequence[str]] | None = None) -> None:
        LDAPControl.__init__(self, self.controlType, criticality)
        self.derefSpecs = derefSpecs or {}

    def _derefSpecs(self) -> DerefSpecs:
        specs = DerefSpecs()
        for position, (name, attributes) in enumerate(self.derefSpecs.items()):
            names = AttributeDescriptionList()
            for place, attribute in enumerate(attributes):
                names.setComponentByPosition(place, attribute)
            spec = DerefSpec()
            spec.setComponentByName("derefAttr", AttributeDescription(name))
            spec.setComponentByName("attributes", names)
            specs.setComponentByPosition(position, spec)
        return specs

    def encodeControlValue(self) -> Any:
        """``derefSpecs`` in BER."""
        return encoder.encode(self._derefSpecs())

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set ``derefRes``. Raises PyAsn1Error, also for a value whose entry has none of the attributes."""
        results = asn1.decode(encodedControlValue, DerefResultControlValue())
        self.derefRes: dict[str, list[tuple[str, dict[str, list[str]]]]] = {}
        for found in results:
            name, dn, attributes = (found.getComponentByPosition(place, instantiate=False) for place in range(3))
            values = {str(attribute[0]): [str(value) for value in attribute[1]] for attribute in attributes}
            self.derefRes.setdefault(str(name), []).append((str(dn), values))


KNOWN_RESPONSE_CONTROLS[DereferenceControl.controlType] = DereferenceControl
