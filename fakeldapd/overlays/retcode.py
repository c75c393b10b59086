"""retcode: errors on demand (slapo-retcode).

Entries of the classes errObject and errAuxObject, or items configured below a parent, say what an operation on them is
answered: a code, a text, a matched DN, after how long, with an unsolicited notification or a closed connection instead.
The control manageDsaIT makes the former entries like others. A search of the parent lists the items as such entries.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.dit import Virtual
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.evaluate import Setting
from fakeldapd.directory.select import Selection
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.controls.manage_dsa_it import MANAGE_DSA_IT
from fakeldapd.operations.modify import Edit
from fakeldapd.operations.request import Action, Delay, Disconnect, Entries, Raw, Request, Response, Session, failure
from fakeldapd.overlays.directives import read_directives, take_dn
from fakeldapd.overlays.overlay import Overlay
from fakeldapd.overlays.setting import SettingError
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import encode_message
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.protocol.url import LDAPURL, URLSyntaxError
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription
from fakeldapd.schema.registry import Schema

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_ARC = "1.3.6.1.4.1.4203.666.11.4"
DEFINITIONS = f"""\
attributetype ( {_ARC}.1.1 NAME 'errCode' DESC 'LDAP error code' EQUALITY integerMatch
  ORDERING integerOrderingMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( {_ARC}.1.2 NAME 'errOp' DESC 'Operations the errObject applies to' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( {_ARC}.1.3 NAME 'errText' DESC 'LDAP error textual description' EQUALITY caseIgnoreMatch
  SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( {_ARC}.1.4 NAME 'errSleepTime' DESC 'Time to wait before returning the error' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( {_ARC}.1.5 NAME 'errMatchedDN' DESC 'Value to be returned as matched DN'
  EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 SINGLE-VALUE )
attributetype ( {_ARC}.1.6 NAME 'errUnsolicitedOID' DESC 'OID to be returned within unsolicited response'
  EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 SINGLE-VALUE )
attributetype ( {_ARC}.1.7 NAME 'errUnsolicitedData' DESC 'Data to be returned within unsolicited response'
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( {_ARC}.1.8 NAME 'errDisconnect' DESC 'Disconnect without notice'
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 SINGLE-VALUE )
objectclass ( {_ARC}.3.0 NAME 'errAbsObject' SUP top ABSTRACT MUST errCode
  MAY ( cn $ description $ errOp $ errText $ errSleepTime $ errMatchedDN $ errUnsolicitedOID $ errUnsolicitedData
  $ errDisconnect ) )
objectclass ( {_ARC}.3.1 NAME 'errObject' SUP errAbsObject STRUCTURAL )
objectclass ( {_ARC}.3.2 NAME 'errAuxObject' SUP errAbsObject AUXILIARY )
"""
"""What slapd's overlay adds to the schema, as slapo-retcode(5) has it."""

_OPERATIONS: Mapping[type, str] = {
    m.AddRequest: "add",
    m.BindRequest: "bind",
    m.CompareRequest: "compare",
    m.DeleteRequest: "delete",
    m.ModifyRequest: "modify",
    m.ModifyDNRequest: "modrdn",
    m.SearchRequest: "search",
    m.ExtendedRequest: "extended",
}
_GROUPS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in _OPERATIONS.values()},
    "rename": ("modrdn",),
    "auth": ("bind",),
    "read": ("compare", "search"),
    "write": ("add", "delete", "modify", "modrdn"),
    "session": ("bind", "extended"),
    "all": tuple(_OPERATIONS.values()),
}
"""The words of an item's ``op=``."""

_ENTRY_WORDS = {"modrdn": "rename"}
"""What errOp of an item's entry says in the place of a word."""

_DIRECTIVES = ("retcode-item", "retcode-parent", "retcode-indir", "retcode-sleep")
_INT = 1 << 32
_INT_MAX = (1 << 31) - 1


@dataclass(slots=True, frozen=True)
class Return:
    """What an operation is answered. ``operations`` None: all. ``disconnect`` True: at once, False: afterwards."""

    code: int
    text: str = ""
    matched: bytes = b""
    referral: tuple[bytes, ...] = ()
    sleep: int = 0
    operations: frozenset[str] | None = None
    unsolicited: bytes | None = None
    data: bytes | None = None
    disconnect: bool | None = None

    def actions(self, op: m.RequestOp) -> Iterator[Action]:
        """What happens instead of the operation."""
        if self.disconnect:
            yield Disconnect()
            return
        if self.sleep > 0:
            yield Delay(self.sleep)
        answer: Any = failure(op, LDAPError(self.code, self.text, matched_dn=self.matched, referral=self.referral))
        if self.unsolicited is not None:
            if self.unsolicited != b"0":
                answer = m.ExtendedResponse(
                    self.code, self.matched, self.text.encode(), self.referral, self.unsolicited, self.data
                )
            yield Raw(encode_message(0, answer))
        elif self.code >= 0:  # slapd doesn't answer either where the code can't be encoded
            yield Response(answer)
        if self.disconnect is False:
            yield Disconnect()


class _Instead(Exception):
    """Ends a write before it began."""

    def __init__(self, returns: Return) -> None:
        super().__init__(returns)
        self.returns = returns


# --- settings ---------------------------------------------------------------------------------------------------------


def make(setting: str) -> "Retcode":
    """The overlay with its items; without a setting it is retcode-indir. Raises SettingError."""
    overlay = Retcode()
    directives = read_directives(setting, _DIRECTIVES) or [("retcode-indir", [])]
    for name, words in directives:
        if name == "retcode-item":
            overlay.item_words.append(words)
        elif name == "retcode-indir":
            overlay.in_directory = _flag(words)
        elif len(words) != 1:
            raise SettingError(f"{name} takes one value")
        elif name == "retcode-parent":
            overlay.parent_text = words[0]
        else:
            overlay.sleep = _number(words[0])
    if overlay.item_words and not overlay.parent_text:
        raise SettingError("retcode-item needs a retcode-parent, the DN below which the items are")
    return overlay


def _flag(words: list[str]) -> bool:
    return not words or words[0].lower() in ("true", "yes", "on")


def _number(text: str) -> int:
    """A number as strtol(3) reads it. Raises SettingError."""
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-")
    base = 16 if digits[:2].lower() == "0x" else 8 if digits[:1] == "0" else 10
    try:
        return sign * int(digits, base)
    except ValueError:
        raise SettingError(f"{text}: a number is expected") from None


def _read_item(schema: Schema, words: list[str]) -> tuple[bytes, Return]:
    """The key of an item's RDN, and what it returns. Raises SettingError."""
    if len(words) < 2:
        raise SettingError(f"retcode-item {' '.join(words)}: RDN CODE is expected")
    try:
        rdn = schema.rdn(words[0].encode())
    except LDAPError:
        raise SettingError(f"retcode-item {words[0]}: this is no RDN") from None
    found: dict[str, Any] = {"code": _number(words[1])}
    for word in words[2:]:
        name, _, value = word.partition("=")
        if name.lower() not in _ITEM_WORDS:
            raise SettingError(f"{word}: one of {', '.join(f'{each}=' for each in _ITEM_WORDS)} is expected")
        found.update(_ITEM_WORDS[name.lower()](schema, value))
    if "referral" in found and found["code"] != ResultCode.REFERRAL:
        raise SettingError("ref= goes with the code 10 only")
    return rdn.key, Return(**found)


def _operations(schema: Schema, text: str) -> dict[str, Any]:
    names = [name.strip().lower() for name in text.split(",")]
    unknown = [name for name in names if name not in _GROUPS]
    if unknown:
        raise SettingError(f"op={text}: {unknown[0]} is none of {', '.join(_GROUPS)}")
    return {"operations": frozenset(each for name in names for each in _GROUPS[name])}


def _referral(schema: Schema, text: str) -> dict[str, Any]:
    try:
        LDAPURL.parse(text)
    except URLSyntaxError as error:
        raise SettingError(str(error)) from None
    return {"referral": (text.encode(),)}


def _unsolicited(schema: Schema, text: str) -> dict[str, Any]:
    oid, colon, data = text.partition(":")
    return {"unsolicited": oid.encode(), "data": data.encode() if colon else None}


def _flags(schema: Schema, text: str) -> dict[str, Any]:
    kinds = {"disconnect": True, "pre-disconnect": True, "post-disconnect": False}
    if text not in kinds:
        raise SettingError(f"flags={text}: one of {', '.join(kinds)} is expected")
    return {"disconnect": kinds[text]}


_ITEM_WORDS: Mapping[str, Any] = {
    "op": _operations,
    "text": lambda schema, text: {"text": text},
    "ref": _referral,
    "sleeptime": lambda schema, text: {"sleep": _number(text)},
    "matched": lambda schema, text: {"matched": take_dn(schema, text).text},
    "unsolicited": _unsolicited,
    "flags": _flags,
}


# --- the overlay ------------------------------------------------------------------------------------------------------


class Retcode(Overlay):
    """The overlay."""

    def __init__(self) -> None:
        self.parent_text = ""
        self.item_words: list[list[str]] = []
        self.in_directory = False
        self.sleep = 0
        self._parent: DN | None = None
        self._listed: list[tuple[bytes, Return]] = []
        self._items: dict[bytes, Return] = {}

    def attached(self, directory: "Directory") -> None:
        """Define the classes of entries that make errors, and read the items."""
        schema = directory.schema
        if schema.object_class(b"errAbsObject") is None:
            schema.add(DEFINITIONS, "retcode")
        if self.parent_text:
            self._parent = take_dn(schema, self.parent_text)
        self._listed = [_read_item(schema, words) for words in self.item_words]
        self._items = dict(self._listed)

    def around(
        self, directory: "Directory", request: Request, controls: Mapping[bytes, Any], actions: Iterator[Action]
    ) -> Iterator[Action]:
        """Answer in the operation's place, or let it go on."""
        op = request.op
        if self.sleep and type(op) in _OPERATIONS:
            yield Delay(self._pause(request))
        if type(op) is m.SearchRequest and self._lists(directory, op):
            yield from self._listing(directory, request)
            return
        returns = self._read(directory, request, controls)
        if returns is not None:
            yield from returns.actions(op)
            return
        try:
            if type(op) is m.SearchRequest and MANAGE_DSA_IT not in controls:
                yield from self._searched(directory, request, actions)
            else:
                yield from actions
        except _Instead as instead:
            yield from instead.returns.actions(op)

    def _pause(self, request: Request) -> float:
        """The seconds of retcode-sleep; where that is negative, anything up to it, spread over the message ids."""
        return self.sleep if self.sleep > 0 else -self.sleep * (request.message_id * 0.618 % 1)

    def _read(self, directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Return | None:
        """What a bind, a compare or a search for one entry is answered."""
        op, base = request.op, True
        if type(op) is m.SearchRequest:
            name, base = op.base, op.scope == m.Scope.BASE
        elif type(op) is m.CompareRequest:
            name = op.dn
        elif type(op) is m.BindRequest and op.version == 3:
            authentication = op.authentication
            if type(authentication) is not m.SimpleAuthentication or not authentication.password:
                return None
            name = op.name
        else:
            return None
        try:
            dn = directory.schema.dn(name)
        except LDAPError:
            return None
        item = self._item(dn, op)
        if item is not None or not base or not self.in_directory or MANAGE_DSA_IT in controls:
            return item
        return self._stored(directory, request.session, dn, op)

    def _item(self, dn: DN, op: m.RequestOp) -> Return | None:
        """What a DN below the parent is answered, be it an item or not."""
        parent = self._parent
        if parent is None or not dn.is_within(parent):
            return None
        if dn.parent is None or dn.rdn is None or dn.parent.key != parent.key:
            return Return(ResultCode.NO_SUCH_OBJECT, matched=parent.text)
        item = self._items.get(dn.rdn.key)
        if item is None:
            return Return(ResultCode.NO_SUCH_OBJECT, "retcode not found", parent.text)
        if item.operations is not None and _OPERATIONS.get(type(op)) not in item.operations:
            return None
        if item.referral:
            url = LDAPURL.parse(item.referral[0])
            away = str(LDAPURL(url.scheme, url.host, url.port, dn.text)).encode()
            return Return(item.code, item.text, item.matched, (away,), item.sleep)
        return item

    def _lists(self, directory: "Directory", op: m.SearchRequest) -> bool:
        """Whether a search is for the items."""
        if self._parent is None or op.scope == m.Scope.BASE:
            return False
        try:
            return directory.schema.dn(op.base).key == self._parent.key
        except LDAPError:
            return False

    def _listing(self, directory: "Directory", request: Request) -> Iterator[Action]:
        """The items as entries that would make the same errors. Raises LDAPError 4."""
        op, session, access = cast(m.SearchRequest, request.op), request.session, directory.access
        setting = Setting(directory.schema, directory.dit.find)
        if not session.is_admin:
            setting.guard = lambda attribute_type: access.guard(session, attribute_type, Level.SEARCH)
        test = compile_filter(setting, op.filter)
        selection = Selection(
            directory.schema,
            op.attributes,
            op.types_only,
            lambda attribute_type: access.guard(session, attribute_type, Level.READ),
        )
        left = directory.limits_for(session).for_search(op.size_limit, op.time_limit)[0] or len(self._items)
        for node in self._nodes(directory):
            assert node.entry is not None
            if allowed(access.guard(session, None, Level.READ), node) and test(node, node.entry) is True:
                if not left:
                    raise LDAPError(ResultCode.SIZE_LIMIT_EXCEEDED)
                left -= 1
                yield Entries([(node.text, selection.attributes(node, node.entry))])
        yield Response(m.SearchResultDone())

    def _nodes(self, directory: "Directory") -> Iterator[Virtual]:
        """The items where entries of theirs would stand."""
        schema = directory.schema
        for words, (_, item) in zip(self.item_words, self._listed, strict=True):
            dn = schema.dn(words[0].encode() + b"," + self.parent_text.encode())
            assert dn.rdn is not None
            operations = item.operations or frozenset(_OPERATIONS.values())
            values: dict[bytes, Sequence[bytes]] = {
                b"objectClass": (b"errObject", b"extensibleObject"),
                b"errCode": (b"%d" % item.code,),
                b"errOp": sorted(_ENTRY_WORDS.get(name, name).encode() for name in operations),
                b"errText": (item.text.encode(),) * bool(item.text),
                b"errMatchedDN": (item.matched,) * bool(item.matched),
                b"errSleepTime": (b"%d" % item.sleep,) * bool(item.sleep),
                b"ref": item.referral,
            }
            attributes = {description: [value] for description, value in dn.rdn.avas}
            attributes |= {schema.attribute(name): [*found] for name, found in values.items() if found}
            node = Virtual(dn)
            node.entry = directory.entries.build(attributes)
            yield node

    def _stored(self, directory: "Directory", session: Session, dn: DN, op: m.RequestOp) -> Return | None:
        """What an entry says, to whom may read it."""
        node = directory.dit.find(dn)
        if node is None or node.entry is None or not allowed(directory.access.guard(session, None, Level.READ), node):
            return None
        return returned(directory.schema, node.entry, op)

    def _searched(self, directory: "Directory", request: Request, actions: Iterator[Action]) -> Iterator[Action]:
        """A search that ends where it would send an entry that makes an error."""
        for action in actions:
            if type(action) is not Entries:
                yield action
                continue
            for at, (text, _) in enumerate(action.entries):
                returns = self._stored(directory, request.session, directory.schema.dn(text), request.op)
                if returns is not None:
                    if at:
                        yield Entries(action.entries[:at])
                    yield from returns.actions(request.op)
                    return
            yield action

    # --- writes: each called once the request has been found well-formed and the session one that may write ----------

    def adding(self, commit: Commit, dn: DN, attributes: dict[AttributeDescription, Values]) -> None:
        """An entry that makes errors makes one when it is added, too."""
        self._write(commit, dn)
        if commit.depth or not self.in_directory or MANAGE_DSA_IT in commit.controls:
            return
        try:
            entry = commit.directory.entries.build(attributes)
        except LDAPError:
            return
        returns = returned(commit.directory.schema, entry, commit.request.op)
        if returns is not None:
            raise _Instead(returns)

    def modifying(self, commit: Commit, dn: DN, edits: list[Edit]) -> None:
        """Refuse as the entry says."""
        self._write(commit, dn)

    def deleting(self, commit: Commit, dn: DN) -> None:
        """Refuse as the entry says."""
        self._write(commit, dn)

    def renaming(self, commit: Commit, dn: DN, new_dn: DN) -> None:
        """Refuse as the entry says."""
        self._write(commit, dn)

    def _write(self, commit: Commit, dn: DN) -> None:
        op = commit.request.op
        if commit.depth or type(op) is m.ExtendedRequest:
            return
        returns = self._item(dn, op)
        stored = self.in_directory and MANAGE_DSA_IT not in commit.controls and type(op) is not m.AddRequest
        if returns is None and stored:
            returns = self._stored(commit.directory, commit.request.session, dn, op)
        if returns is not None:
            raise _Instead(returns)


def returned(schema: Schema, entry: Entry, op: m.RequestOp) -> Return | None:
    """What an entry says that an operation on it is answered; None where it says nothing, or success."""

    def first(name: bytes) -> bytes | None:
        values = entry.values(schema.attribute(name))
        return values[0] if values else None

    kind = schema.object_class(b"errAbsObject")
    code = first(b"errCode")
    if code is None or kind not in entry.classes.all:
        return None
    wanted = {value.decode(errors="replace").lower() for value in entry.values(schema.attribute(b"errOp"))}
    if wanted and _OPERATIONS.get(type(op)) not in wanted:
        return None
    number = int(code) % _INT
    if number == ResultCode.SUCCESS:
        return None
    disconnect = first(b"errDisconnect")
    return Return(
        number if number <= _INT_MAX else number - _INT,
        (first(b"errText") or b"").decode(errors="replace"),
        first(b"errMatchedDN") or b"",
        entry.values(schema.attribute(b"ref")) if number == ResultCode.REFERRAL else (),
        int(first(b"errSleepTime") or b"0"),
        None,
        first(b"errUnsolicitedOID"),
        first(b"errUnsolicitedData"),
        None if disconnect is None else disconnect == b"TRUE",
    )
