r"""Distinguished names (RFC 4512 section 2.3, RFC 4514) under a schema.

A DN is its RDN and its parent. Every RDN has two texts. ``text`` is what slapd prints: the type in the spelling of
its definition, no spaces round the separators, special characters as hex pairs (``\2C``), everything else raw, the
parts of a multi-valued RDN sorted by type. ``key`` is the same made from the normal forms of the values, so two DNs
are the same entry's name when their keys are equal. Both are one object where they don't differ.

Names are read from the leaf. The parent's text is looked up among the names read before, so a new name below a known
one costs one RDN, and a name that was read before costs nothing.

Refused, as slapd refuses it: ``#`` values in BER, ``OID.`` prefixes, types the schema doesn't know, values that don't
fit the type's syntax or have no normal form, empty RDNs and values, a type twice in one RDN, ``"``, ``<``, ``>``
without a backslash, a backslash before what needs none, text that is not UTF-8, a NUL that isn't escaped, more than
8192 octets. Accepted, as slapd accepts it: spaces (and tabs and line ends) round types and values, ``;`` for ``,``,
quoted values, numeric OIDs, and options, which are dropped.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.elements import AttributeDescription
from fakeldapd.schema.prepare import is_utf8
from fakeldapd.schema.syntaxes import anything, no_value

MAX_LENGTH = 8192
"""Longest text of a DN in octets: slapd's SLAP_LDAPDN_MAXLEN."""

_CACHED_NAMES = 20_000
_CACHED_OCTETS = 2_000_000
_OBJECT_IDENTIFIER_MATCH = "2.5.13.0"  # in a key the name of a class stands as slapd prints it
_LONGEST_CACHED = 512  # a name of thousands of RDNs would hold as many objects

AVA: TypeAlias = tuple[AttributeDescription, bytes]
"""One type and value of an RDN, the value in the form slapd stores."""


class RDN:
    """A relative distinguished name. Compares and hashes by ``key``.

    ``text`` and ``key`` as the module says; ``types`` is the one description, or a tuple of them in the order of
    ``text``.
    """

    __slots__ = ("key", "text", "types")

    def __init__(self, text: bytes, key: bytes, types: AttributeDescription | tuple[AttributeDescription, ...]) -> None:
        self.text = text
        self.key = text if key == text else key
        self.types = types

    @property
    def avas(self) -> tuple[AVA, ...]:
        """The types and values, sorted by type. Worked out from the text every time, since entries keep their RDN and
        memory counts."""
        types = self.types
        if isinstance(types, AttributeDescription):
            return ((types, _unescape(self.text[len(types.name) + 1 :])),)
        return tuple(
            (description, _unescape(part[len(description.name) + 1 :]))
            for description, part in zip(types, self.text.split(b"+"), strict=True)
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RDN) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"RDN({self.text!r})"


class DN:
    """A distinguished name. Compares and hashes by ``key``.

    ``rdn`` and ``parent`` are None in ``ROOT``, the name of the root DSE; ``depth`` is how many RDNs there are.
    ``text`` and ``key`` are joined when first asked for.
    """

    __slots__ = ("depth", "key", "parent", "rdn", "text")

    text: bytes
    key: bytes

    def __init__(self, rdn: RDN | None, parent: "DN | None") -> None:
        self.rdn = rdn
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1

    if not TYPE_CHECKING:  # a slot that is not filled yet falls through to here, a filled one costs nothing

        def __getattr__(self, name):
            if name not in ("text", "key"):
                raise AttributeError(name)
            parent = self.parent
            if (
                parent is not None and parent.rdn is not None and parent.depth < 100
            ):  # longer ones would recurse too deep
                text = self.rdn.text + b"," + parent.text
                key = self.rdn.key + b"," + parent.key
            else:
                rdns = self.rdns()
                text = b",".join([rdn.text for rdn in rdns])
                key = b",".join([rdn.key for rdn in rdns])
            self.text = text
            self.key = text if key == text else key
            return getattr(self, name)

    def rdns(self) -> list[RDN]:
        """The RDNs, leaf first."""
        found: list[RDN] = []
        name: DN | None = self
        while name is not None and name.rdn is not None:
            found.append(name.rdn)
            name = name.parent
        return found

    def child(self, rdn: RDN) -> "DN":
        """The name of an entry directly below."""
        return DN(rdn, self)

    def is_within(self, other: "DN") -> bool:
        """Whether this is ``other`` or below it."""
        if self.depth <= other.depth:
            return self.depth == other.depth and self.key == other.key
        # Commas within values are escaped, so where a key ends in "," and another key, that one is an ancestor's.
        return other.depth == 0 or self.key.endswith(b"," + other.key)

    def rebase(self, old: "DN", new: "DN") -> "DN":
        """The name that this one gets when ``old``, which it is within, becomes ``new``."""
        for rdn in reversed(self.rdns()[: self.depth - old.depth]):
            new = DN(rdn, new)
        return new

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DN) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return f"DN({self.text!r})"


ROOT = DN(None, None)
"""The empty name."""


# --- characters ------------------------------------------------------------------------------------------------------

_SPACES = b" \t\r\n"
_NEEDS_ESCAPE = re.compile(rb'[\x00"+,;<=>\\]|\A[ \t\r\n#]|[ \t\r\n]\Z')
_ESCAPED = re.compile(rb"\\([0-9A-Fa-f]{2}|.)", re.DOTALL)


def escape(value: bytes) -> bytes:
    r"""``value`` as it stands in a DN that slapd prints: special characters as hex pairs, as in ``\2C``."""
    if _NEEDS_ESCAPE.search(value) is None:
        return value
    return _NEEDS_ESCAPE.sub(lambda found: b"\\%02X" % found[0][0], value)


def _unescape(text: bytes) -> bytes:
    if b"\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: bytes((int(found[1], 16),)) if len(found[1]) == 2 else found[1], text)


# --- reading ---------------------------------------------------------------------------------------------------------


class _Refused(Exception):
    """The text is no name under this schema."""


class Known(Protocol):
    """What reading names needs of a schema."""

    def naming_description(self, name: bytes) -> AttributeDescription | None:
        """The description without options that ``name``, a short name or OID, stands for."""


_PLAIN = re.compile(
    # A whole RDN in which nothing can need escaping, as text or as key, and its separator: nearly all RDNs there are.
    rb"([A-Za-z0-9][A-Za-z0-9.-]*)"
    rb"=([!$-*\-./0-9:?@A-Z\[\]^-~](?:[ !#-*\-./0-9:?@A-Z\[\]^-~]*[!#-*\-./0-9:?@A-Z\[\]^-~])?)(?:(,)|\Z)"
)
_TYPE = re.compile(rb"[ \t\r\n]*(?:([A-Za-z][A-Za-z0-9-]*)(?:;[A-Za-z0-9;-]*)?|([0-9][0-9.]*))[ \t\r\n]*=[ \t\r\n]*")
_QUOTED = re.compile(rb'"((?:[^"\\\0]|\\[^\0])+)"[ \t\r\n]*', re.DOTALL)
_STRING = re.compile(rb'(?!#)(?:[^\\"+,;<>\0]|\\(?:[ \t\r\n"#+,;<=>\\]|[0-9A-Fa-f]{2}))+')
_BACKSLASHED = re.compile(rb"\\(.)", re.DOTALL)

_Naming: TypeAlias = tuple[
    AttributeDescription,
    bytes,
    Callable[[bytes], bool],
    Callable[[bytes], Any] | None,
    Callable[[bytes], bytes | None] | None,
]


class DNReader:
    """Reads names under one schema and remembers those it read."""

    def __init__(self, schema: Known) -> None:
        self._schema = schema
        self._names: dict[bytes, DN] = {b"": ROOT}
        self._octets = 0
        self._naming: dict[bytes, _Naming] = {}

    def dn(self, text: bytes) -> DN:
        """The DN that ``text`` stands for. Raises LDAPError 34."""
        name = self._names.get(text)
        if name is not None:
            return name
        if len(text) > MAX_LENGTH:
            raise LDAPError(ResultCode.INVALID_DN_SYNTAX, "invalid DN")
        try:
            rdn, rest = self._first(text)
            if rest is None:
                parent = ROOT
            else:
                found = self._names.get(rest) if rest else None
                parent = self._read(rest) if found is None else found
        except _Refused:
            raise LDAPError(ResultCode.INVALID_DN_SYNTAX, "invalid DN") from None
        name = DN(rdn, parent)
        if parent is ROOT:
            name.text = rdn.text
            name.key = rdn.key
        else:
            name.text = joined = rdn.text + b"," + parent.text
            name.key = joined if rdn.text is rdn.key and parent.text is parent.key else rdn.key + b"," + parent.key
        self._keep(text, name)
        return name

    def rdn(self, text: bytes) -> RDN:
        """The one RDN that ``text`` stands for. Raises LDAPError 34."""
        try:
            rdn, rest = self._first(text)
        except _Refused:
            rest = b""
        if rest is not None or len(text) > MAX_LENGTH:
            raise LDAPError(ResultCode.INVALID_DN_SYNTAX, "invalid new RDN")
        return rdn

    def forget(self) -> None:
        """Forget the names that were read: what the schema says has changed."""
        self._names = {b"": ROOT}
        self._octets = 0
        self._naming = {}

    def _keep(self, text: bytes, name: DN) -> None:
        if len(text) > _LONGEST_CACHED:
            return
        self._octets += len(text)
        if self._octets > _CACHED_OCTETS or len(self._names) > _CACHED_NAMES:
            self.forget()
            self._octets = len(text)
        self._names[text] = name

    def _read(self, text: bytes) -> DN:
        """A name by a loop, not by recursion: the depth is the peer's choice."""
        pending: list[tuple[bytes, RDN]] = []
        parent: DN | None = None
        rest: bytes | None = text
        while rest is not None and (parent := self._names.get(rest) if rest else None) is None:
            text = rest
            rdn, rest = self._first(text)
            pending.append((text, rdn))
        name = parent or ROOT
        for text, rdn in reversed(pending):
            name = DN(rdn, name)
            self._keep(text, name)
        return name

    def _first(self, text: bytes) -> tuple[RDN, bytes | None]:
        """The first RDN of ``text`` and what stands behind the separator; None where there is no separator."""
        plain = _PLAIN.match(text)
        if plain is None:
            return self._first_of_any(text)
        spelled, value, separator = plain.groups()
        naming = self._naming.get(spelled)
        if naming is None:
            naming = self._look_up(spelled)
        description, prefix, validate, normalise, pretty = naming
        if pretty is not None:
            return self._first_of_any(text)
        if not validate(value):
            raise _Refused
        shown = prefix + value
        if normalise is None:
            key = shown
        else:
            normal = normalise(value)
            key = shown if normal == value else prefix + _key_text(normal)
        return RDN(shown, key, description), text[plain.end() :] if separator else None

    def _look_up(self, spelled: bytes) -> _Naming:
        description = self._schema.naming_description(spelled)
        if description is None:
            raise _Refused
        if len(self._naming) > 1000:
            self._naming.clear()
        attribute_type = description.type
        rule = attribute_type.equality
        syntax = attribute_type.syntax
        unchecked = syntax.validate is no_value  # slapd has no validator for it, and in a name that means anything goes
        by_name = rule is not None and rule.oid == _OBJECT_IDENTIFIER_MATCH and syntax.pretty is not None
        naming = (
            description,
            description.name + b"=",
            anything if unchecked else syntax.validate,
            None if unchecked or by_name or rule is None else rule.normalise,
            syntax.pretty,
        )
        self._naming[spelled] = naming
        return naming

    def _first_of_any(self, text: bytes) -> tuple[RDN, bytes | None]:
        avas: list[tuple[bytes, bytes, bytes, AttributeDescription]] = []
        position = 0
        while True:
            spelled, value, position = _split_ava(text, position)
            avas.append(self._ava(spelled, value))
            separator = text[position : position + 1]
            position += 1
            if separator != b"+":
                break
        if separator and separator not in b",;":
            raise _Refused
        rest = text[position:] if separator else None
        if len(avas) == 1:
            _, shown, key, description = avas[0]
            return RDN(shown, key, description), rest
        avas.sort(key=lambda ava: ava[0])
        names = [ava[0] for ava in avas]
        if len(set(names)) < len(names):
            raise _Refused
        shown = b"+".join([ava[1] for ava in avas])
        key = b"+".join([ava[2] for ava in avas])
        return RDN(shown, key, tuple(ava[3] for ava in avas)), rest

    def _ava(self, spelled: bytes, value: bytes) -> tuple[bytes, bytes, bytes, AttributeDescription]:
        """Type name, text, key and description of one type and value."""
        naming = self._naming.get(spelled)
        if naming is None:
            naming = self._look_up(spelled)
        description, prefix, validate, normalise, pretty = naming
        if not validate(value):
            raise _Refused
        if pretty is not None:
            value = pretty(value) or value
        if not value.isascii() and not is_utf8(value):
            raise _Refused
        shown = prefix + escape(value)
        key = shown if normalise is None else prefix + _key_text(normalise(value))
        return description.name, shown, key, description


def _split_ava(text: bytes, position: int) -> tuple[bytes, bytes, int]:
    """Type, value (no escapes left) and where the value's text and the spaces behind it end."""
    found = _TYPE.match(text, position)
    if found is None:
        raise _Refused
    spelled = found[1] or found[2]
    position = found.end()
    if text[position : position + 1] == b'"':
        found = _QUOTED.match(text, position)
        if found is None:
            raise _Refused
        return spelled, _BACKSLASHED.sub(rb"\1", found[1]), found.end()
    found = _STRING.match(text, position)
    if found is None:
        raise _Refused
    raw = found[0]
    value = raw.rstrip(_SPACES)
    if len(value) < len(raw) and value.endswith(b"\\"):
        # The space was escaped. slapd looks back no farther than to this backslash, and so do we.
        value = raw[: len(value) + 1]
    return spelled, _unescape(value), found.end()


def _key_text(normal: Any) -> bytes:
    """A normal form as it stands in a key."""
    if type(normal) is bytes:
        if not normal:
            raise _Refused
        return escape(normal)
    if normal is None:
        raise _Refused
    if isinstance(normal, bool):
        return b"TRUE" if normal else b"FALSE"
    return escape(str(normal).encode())
