"""Server side sorting of search results (RFC 2891)."""

from collections.abc import Iterable
from typing import Any

from pyasn1.codec.ber import encoder
from pyasn1.type import constraint, namedval, univ

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap import asn1, values
from fakeldapd.ldap.controls.base import KNOWN_RESPONSE_CONTROLS, DecodeControlTuples, RequestControl, ResponseControl  # noqa: F401
from fakeldapd.ldap.ldapobject import LDAPObject as LDAPObject

__all__ = ["SSSRequestControl", "SSSResponseControl"]

_RESULTS = {
    "success": 0,
    "operationsError": 1,
    "timeLimitExceeded": 3,
    "strongAuthRequired": 8,
    "adminLimitExceeded": 11,
    "noSuchAttribute": 16,
    "inappropriateMatching": 18,
    "insufficientAccessRights": 50,
    "busy": 51,
    "unwillingToPerform": 53,
    "other": 80,
}


class SortKeyType(univ.Sequence):
    """One key of SortKeyList (RFC 2891 section 1.1)."""

    componentType = asn1.components(
        attributeType=univ.OctetString(),
        orderingRule=asn1.optional(univ.OctetString().subtype(implicitTag=asn1.context(0))),
        reverseOrder=asn1.default(univ.Boolean(False).subtype(implicitTag=asn1.context(1))),
    )


class SortKeyListType(univ.SequenceOf):
    """SortKeyList (RFC 2891 section 1.1)."""

    componentType = SortKeyType()


class SSSRequestControl(RequestControl):
    """Sort by ``ordering_rules``, each ``[-]attribute[:matching rule]``; ``-`` is downwards.

    Raises AssertionError for a rule of another form.
    """

    controlType = values.CONTROL_SORTREQUEST

    def __init__(self, criticality: bool = False, ordering_rules: Iterable[str] | None = None) -> None:
        RequestControl.__init__(self, self.controlType, criticality)
        self.ordering_rules = ordering_rules
        for rule in ordering_rules:  # type: ignore[union-attr]  # a TypeError without them, as in python-ldap
            if len(rule.split(":")) > 2:
                raise AssertionError("syntax for ordering rule: [-]<attribute-type>[:ordering-rule]")

    def asn1(self) -> SortKeyListType:
        """The keys as a pyasn1 object."""
        keys = SortKeyListType()
        for position, rule in enumerate(self.ordering_rules or ()):
            name, _, matching_rule = rule.removeprefix("-").partition(":")
            key = SortKeyType()
            key.setComponentByName("attributeType", name)
            if matching_rule:
                key.setComponentByName("orderingRule", matching_rule)
            if rule.startswith("-"):
                key.setComponentByName("reverseOrder", True)
            keys.setComponentByPosition(position, key)
        return keys

    def encodeControlValue(self) -> Any:
        """The keys in BER."""
        return encoder.encode(self.asn1())


class SortResultType(univ.Sequence):
    """SortResult (RFC 2891 section 1.2)."""

    componentType = asn1.components(
        sortResult=univ.Enumerated().subtype(
            namedValues=namedval.NamedValues(*_RESULTS.items()),
            subtypeSpec=univ.Enumerated.subtypeSpec + constraint.SingleValueConstraint(*_RESULTS.values()),
        ),
        attributeType=asn1.optional(univ.OctetString().subtype(implicitTag=asn1.context(0))),
    )


class SSSResponseControl(ResponseControl):
    """How the sorting went: ``sortResult`` (int, also ``result``) and, where one attribute is to blame,
    ``attributeType`` (also ``attribute_type_error``), a pyasn1 OctetString."""

    controlType = values.CONTROL_SORTRESPONSE

    def __init__(self, criticality: bool = False) -> None:
        ResponseControl.__init__(self, self.controlType, criticality)

    def decodeControlValue(self, encoded: bytes) -> None:
        """Set the attributes. Raises PyAsn1Error."""
        value = asn1.decode(encoded, SortResultType())
        self.sortResult = self.result = int(value.getComponentByName("sortResult"))
        name = value.getComponentByName("attributeType")
        self.attributeType = self.attribute_type_error = name if name.hasValue() else None


KNOWN_RESPONSE_CONTROLS[SSSResponseControl.controlType] = SSSResponseControl
