"""Virtual list views (draft-ietf-ldapext-ldapv3-vlv): a window on a sorted list."""

from typing import Any

from pyasn1.codec.ber import encoder
from pyasn1.type import namedval, univ

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap import asn1
from fakeldapd.ldap.controls.base import KNOWN_RESPONSE_CONTROLS, DecodeControlTuples, RequestControl, ResponseControl  # noqa: F401
from fakeldapd.ldap.ldapobject import LDAPObject as LDAPObject

__all__ = ["VLVRequestControl", "VLVResponseControl"]


class ByOffsetType(univ.Sequence):
    """byOffset of VirtualListViewRequest."""

    tagSet = univ.Sequence.tagSet.tagImplicitly(asn1.context(0, constructed=True))
    componentType = asn1.components(offset=univ.Integer(), contentCount=univ.Integer())


class TargetType(univ.Choice):
    """Where the window is."""

    componentType = asn1.components(
        byOffset=ByOffsetType(),
        greaterThanOrEqual=univ.OctetString().subtype(implicitTag=asn1.context(1)),
    )


class VirtualListViewRequestType(univ.Sequence):
    """VirtualListViewRequest of the draft."""

    componentType = asn1.components(
        beforeCount=univ.Integer(),
        afterCount=univ.Integer(),
        target=TargetType(),
        contextID=asn1.optional(univ.OctetString()),
    )


class VLVRequestControl(RequestControl):
    """A window of ``before_count`` entries before and ``after_count`` behind a target.

    The target is the entry at ``offset``, counted from 1 in a list of ``content_count`` (0 for unknown), or the first
    one whose first sort key is ``greater_than_or_equal``. ``context_id`` is the last answer's. Raises AssertionError
    without a target.
    """

    controlType = "2.16.840.1.113730.3.4.9"

    def __init__(
        self,
        criticality: bool = False,
        before_count: int = 0,
        after_count: int = 0,
        offset: int | None = None,
        content_count: int | None = None,
        greater_than_or_equal: str | bytes | None = None,
        context_id: str | bytes | None = None,
    ) -> None:
        RequestControl.__init__(self, self.controlType, criticality)
        if not greater_than_or_equal and (offset is None or content_count is None):
            raise AssertionError(
                ValueError("offset and content_count must be set together or greater_than_or_equal must be used")
            )
        self.before_count = before_count
        self.after_count = after_count
        self.offset = offset
        self.content_count = content_count
        self.greater_than_or_equal = greater_than_or_equal
        self.context_id = context_id

    def encodeControlValue(self) -> Any:
        """The value in BER; str in ISO 8859-1."""
        value = VirtualListViewRequestType()
        value.setComponentByName("beforeCount", self.before_count)
        value.setComponentByName("afterCount", self.after_count)
        target = TargetType()
        if self.offset is not None and self.content_count is not None:
            by_offset = ByOffsetType()
            by_offset.setComponentByName("offset", self.offset)
            by_offset.setComponentByName("contentCount", self.content_count)
            target.setComponentByName("byOffset", by_offset)
        elif self.greater_than_or_equal:
            target.setComponentByName("greaterThanOrEqual", self.greater_than_or_equal)
        value.setComponentByName("target", target)
        if self.context_id:
            value.setComponentByName("contextID", self.context_id)
        return encoder.encode(value)


class VirtualListViewResultType(univ.Enumerated):
    """How it went."""

    namedValues = namedval.NamedValues(
        ("success", 0),
        ("operationsError", 1),
        ("protocolError", 3),
        ("unwillingToPerform", 53),
        ("insufficientAccessRights", 50),
        ("adminLimitExceeded", 11),
        ("innapropriateMatching", 18),
        ("sortControlMissing", 60),
        ("offsetRangeError", 61),
        ("other", 80),
    )


class VirtualListViewResponseType(univ.Sequence):
    """VirtualListViewResponse of the draft."""

    componentType = asn1.components(
        targetPosition=univ.Integer(),
        contentCount=univ.Integer(),
        virtualListViewResult=VirtualListViewResultType(),
        contextID=asn1.optional(univ.OctetString()),
    )


class VLVResponseControl(ResponseControl):
    """Where the window is: ``target_position``, ``content_count``, ``result``, ``context_id`` (str or None).

    The draft's names, ``targetPosition`` and so on, are there as well.
    """

    controlType = "2.16.840.1.113730.3.4.10"

    def __init__(self, criticality: bool = False) -> None:
        ResponseControl.__init__(self, self.controlType, criticality)

    def decodeControlValue(self, encoded: bytes) -> None:
        """Set the attributes. Raises PyAsn1Error."""
        value = asn1.decode(encoded, VirtualListViewResponseType())
        self.targetPosition = self.target_position = int(value.getComponentByName("targetPosition"))
        self.contentCount = self.content_count = int(value.getComponentByName("contentCount"))
        self.virtualListViewResult = self.result = int(value.getComponentByName("virtualListViewResult"))
        context = value.getComponentByName("contextID")
        self.contextID = self.context_id = str(context) if context.hasValue() else None


KNOWN_RESPONSE_CONTROLS[VLVRequestControl.controlType] = VLVRequestControl
KNOWN_RESPONSE_CONTROLS[VLVResponseControl.controlType] = VLVResponseControl
