"""Content synchronisation for a consumer (RFC 4533): derive from ``SyncreplConsumer`` and from SimpleLDAPObject.

UUIDs are str with hyphens, cookies are str.
"""

from typing import Any, ClassVar
from uuid import UUID

from pyasn1.codec.ber import encoder
from pyasn1.type import constraint, namedval, univ

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap import RES_INTERMEDIATE, RES_SEARCH_ENTRY, RES_SEARCH_RESULT, asn1, values
from fakeldapd.ldap.controls.base import KNOWN_RESPONSE_CONTROLS, RequestControl, ResponseControl
from fakeldapd.ldap.pkginfo import __author__, __license__, __version__  # noqa: F401

__all__ = ["SyncreplConsumer"]


class SyncUUID(univ.OctetString):
    """syncUUID (RFC 4533 section 2.1.1)."""

    subtypeSpec = constraint.ValueSizeConstraint(16, 16)


class SyncCookie(univ.OctetString):
    """syncCookie (RFC 4533 section 2.1.2)."""


class SyncRequestMode(univ.Enumerated):
    """Once, or on and on."""

    namedValues = namedval.NamedValues(("refreshOnly", 1), ("refreshAndPersist", 3))
    subtypeSpec = univ.Enumerated.subtypeSpec + constraint.SingleValueConstraint(1, 3)


class SyncRequestValue(univ.Sequence):
    """syncRequestValue (RFC 4533 section 2.2)."""

    componentType = asn1.components(
        mode=SyncRequestMode(),
        cookie=asn1.optional(SyncCookie()),
        reloadHint=asn1.default(univ.Boolean(False)),
    )


class SyncRequestControl(RequestControl):
    """Asks for changes since ``cookie``."""

    controlType = values.CONTROL_SYNC

    def __init__(
        self,
        criticality: int = 1,
        cookie: str | bytes | None = None,
        mode: str = "refreshOnly",
        reloadHint: bool = False,
    ) -> None:
        self.criticality = criticality  # type: ignore[assignment]  # python-ldap's default is a number
        self.cookie = cookie
        self.mode = mode
        self.reloadHint = reloadHint

    def encodeControlValue(self) -> Any:
        """The value in BER. Raises PyAsn1Error for an unknown mode."""
        value = SyncRequestValue()
        value.setComponentByName("mode", SyncRequestMode(self.mode))
        value.setComponentByName("reloadHint", univ.Boolean(self.reloadHint))
        if self.cookie is not None:
            value.setComponentByName("cookie", SyncCookie(self.cookie))
        return encoder.encode(value)


class SyncStateOp(univ.Enumerated):
    """What happened to an entry."""

    namedValues = namedval.NamedValues(("present", 0), ("add", 1), ("modify", 2), ("delete", 3))
    subtypeSpec = univ.Enumerated.subtypeSpec + constraint.SingleValueConstraint(0, 1, 2, 3)


class SyncStateValue(univ.Sequence):
    """syncStateValue (RFC 4533 section 2.3)."""

    componentType = asn1.components(
        state=SyncStateOp(),
        entryUUID=SyncUUID(),
        cookie=asn1.optional(SyncCookie()),
    )


class SyncStateControl(ResponseControl):
    """With an entry: ``state`` (one of ``opnames``), ``entryUUID``, ``cookie`` or None."""

    controlType = values.CONTROL_SYNC_STATE
    opnames = ("present", "add", "modify", "delete")

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set the attributes. Raises PyAsn1Error."""
        value = asn1.decode(encodedControlValue, SyncStateValue())
        self.cookie = _cookie(value)
        self.state = self.opnames[int(value.getComponentByName("state"))]
        self.entryUUID = _uuid(value.getComponentByName("entryUUID"))


class SyncDoneValue(univ.Sequence):
    """syncDoneValue (RFC 4533 section 2.4)."""

    componentType = asn1.components(
        cookie=asn1.optional(SyncCookie()), refreshDeletes=asn1.default(univ.Boolean(False))
    )


class SyncDoneControl(ResponseControl):
    """At the end: ``cookie`` or None, ``refreshDeletes``."""

    controlType = values.CONTROL_SYNC_DONE

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set the attributes. Raises PyAsn1Error."""
        value = asn1.decode(encodedControlValue, SyncDoneValue())
        self.cookie = _cookie(value)
        self.refreshDeletes = bool(value.getComponentByName("refreshDeletes"))


KNOWN_RESPONSE_CONTROLS[SyncStateControl.controlType] = SyncStateControl
KNOWN_RESPONSE_CONTROLS[SyncDoneControl.controlType] = SyncDoneControl


class RefreshDelete(univ.Sequence):
    """refreshDelete of syncInfoValue."""

    componentType = asn1.components(cookie=asn1.optional(SyncCookie()), refreshDone=asn1.default(univ.Boolean(True)))


class RefreshPresent(univ.Sequence):
    """refreshPresent of syncInfoValue."""

    componentType = asn1.components(cookie=asn1.optional(SyncCookie()), refreshDone=asn1.default(univ.Boolean(True)))


class SyncUUIDs(univ.SetOf):
    """The UUIDs of a syncIdSet."""

    componentType = SyncUUID()


class SyncIdSet(univ.Sequence):
    """syncIdSet of syncInfoValue."""

    componentType = asn1.components(
        cookie=asn1.optional(SyncCookie()),
        refreshDeletes=asn1.default(univ.Boolean(False)),
        syncUUIDs=SyncUUIDs(),
    )


class SyncInfoValue(univ.Choice):
    """syncInfoValue (RFC 4533 section 2.5)."""

    componentType = asn1.components(
        newcookie=SyncCookie().subtype(implicitTag=asn1.context(0)),
        refreshDelete=RefreshDelete().subtype(implicitTag=asn1.context(1, constructed=True)),
        refreshPresent=RefreshPresent().subtype(implicitTag=asn1.context(2, constructed=True)),
        syncIdSet=SyncIdSet().subtype(implicitTag=asn1.context(3, constructed=True)),
    )


class SyncInfoMessage:
    """An intermediate response: one of the four attributes is set, to a str or a dict, and the others are None."""

    responseName: ClassVar[str] = values.SYNC_INFO

    def __init__(self, encodedMessage: bytes) -> None:
        value = asn1.decode(encodedMessage, SyncInfoValue())
        self.newcookie: str | None = None
        self.refreshDelete: dict[str, Any] | None = None
        self.refreshPresent: dict[str, Any] | None = None
        self.syncIdSet: dict[str, Any] | None = None
        kind = value.getName()
        found = value.getComponent()
        setattr(self, kind, str(found) if kind == "newcookie" else _information(kind, found))


def _information(kind: str, found: Any) -> dict[str, Any]:
    said: dict[str, Any] = {}
    cookie = _cookie(found)
    if cookie is not None:
        said["cookie"] = cookie
    if kind == "syncIdSet":
        said["syncUUIDs"] = [_uuid(uuid) for uuid in found.getComponentByName("syncUUIDs")]
        said["refreshDeletes"] = bool(found.getComponentByName("refreshDeletes"))
    else:
        said["refreshDone"] = bool(found.getComponentByName("refreshDone"))
    return said


def _cookie(value: Any) -> str | None:
    cookie = value.getComponentByName("cookie")
    return str(cookie) if cookie.hasValue() else None


def _uuid(octets: Any) -> str:
    return str(UUID(bytes=bytes(octets)))


class SyncreplConsumer:
    """Keeps a copy of what a search finds: override the methods that say what to do."""

    _refresh_done = False

    def syncrepl_search(
        self, base: str, scope: int, mode: str = "refreshOnly", cookie: str | None = None, **search_args: Any
    ) -> Any:
        """Start; returns the message id. ``search_args`` are those of ``search_ext``."""
        connection: Any = self
        if cookie is None:
            cookie = self.syncrepl_get_cookie()
        control = SyncRequestControl(cookie=cookie, mode=mode)
        search_args["serverctrls"] = [*(search_args.get("serverctrls") or ()), control]
        self._refresh_done = False
        return connection.search_ext(base, scope, **search_args)

    def syncrepl_poll(self, msgid: int = -1, timeout: float | None = None, all: int = 0) -> bool:
        """Take one message, or with ``all`` everything: True while more may come, False at the end.

        Raises what ``result4`` raises.
        """
        connection: Any = self
        while True:
            kind, items, _, controls, _, _ = connection.result4(
                msgid=msgid, timeout=timeout, add_intermediates=1, add_ctrls=1, all=0
            )
            if kind == RES_SEARCH_RESULT:
                self._done(controls)
                return False
            if kind == RES_SEARCH_ENTRY:
                for dn, attributes, entry_controls in items:
                    self._entry(dn, attributes, entry_controls)
            elif kind == RES_INTERMEDIATE:
                for name, octets, _ in items:
                    if name == SyncInfoMessage.responseName:
                        self._informed(SyncInfoMessage(octets))
            if not all:
                return True

    def _done(self, controls: list[Any]) -> None:
        for control in controls:
            if isinstance(control, SyncDoneControl):
                self.syncrepl_present(None, refreshDeletes=control.refreshDeletes)
                self._keep(control.cookie)
                break

    def _entry(self, dn: str, attributes: dict[str, list[bytes]], controls: list[Any]) -> None:
        for control in controls:
            if isinstance(control, SyncStateControl):
                if control.state == "present":
                    self.syncrepl_present([control.entryUUID])
                elif control.state == "delete":
                    self.syncrepl_delete([control.entryUUID])
                else:
                    self.syncrepl_entry(dn, attributes, control.entryUUID)
                    if not self._refresh_done:
                        self.syncrepl_present([control.entryUUID])
                self._keep(control.cookie)
                break

    def _informed(self, message: SyncInfoMessage) -> None:
        if message.newcookie is not None:
            self._keep(message.newcookie)
            return
        if message.syncIdSet is not None:
            said = message.syncIdSet
            if said["refreshDeletes"]:
                self.syncrepl_delete(said["syncUUIDs"])
            else:
                self.syncrepl_present(said["syncUUIDs"])
        else:
            said = message.refreshDelete or message.refreshPresent or {}
            self.syncrepl_present(None, refreshDeletes=message.refreshDelete is not None)
        self._keep(said.get("cookie"))
        if said.get("refreshDone"):
            self._refresh_done = True
            self.syncrepl_refreshdone()

    def _keep(self, cookie: str | None) -> None:
        if cookie is not None:
            self.syncrepl_set_cookie(cookie)

    def syncrepl_set_cookie(self, cookie: str) -> Any:
        """Store the cookie. Does nothing."""

    def syncrepl_get_cookie(self) -> str | None:
        """The stored cookie; None to begin anew. Returns None."""
        return None

    def syncrepl_present(self, uuids: list[str] | None, refreshDeletes: bool = False) -> Any:
        """These entries are still there. Does nothing.

        ``uuids`` None ends the phase: everything that was not named is gone, unless ``refreshDeletes``.
        """

    def syncrepl_delete(self, uuids: list[str]) -> Any:
        """These entries are gone. Does nothing."""

    def syncrepl_entry(self, dn: str, attrs: dict[str, list[bytes]], uuid: str) -> Any:
        """An entry was added or changed. Does nothing."""

    def syncrepl_refreshdone(self) -> Any:
        """The copy is up to date. Does nothing."""
