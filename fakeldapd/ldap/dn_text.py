"""Reading a DN's text as libldap's ``ldap_str2dn`` reads it: no schema, values as octets.

Four ways to write a DN, by the ``DN_FORMAT_`` flag:

* ``DN_FORMAT_LDAPV3``: RFC 4514, with spaces round types, values and separators.
* ``DN_FORMAT_LDAP``, the default: besides, ``;`` for ``,`` and quoted values, as RFC 2253 wants of readers.
* ``DN_FORMAT_LDAPV2``: RFC 1779: ``OID.`` before a number, a backslash before anything, no hex pairs, ``<`` and
  ``>`` round the name, where libldap takes the second one for a part of the last value unless that is quoted.
* ``DN_FORMAT_DCE``: ``/c=us/cn=a,ou=b``, root first, ``,`` within an RDN.

The other formats are only written, never read: PARAM_ERROR. Each of the ``DN_PEDANTIC`` flags refuses some of the
spaces, and all of them options, and numeric OIDs with a value that is not in hexadecimal. Options are dropped. What
is wrong is DECODING_ERROR without arguments. Behind a ``#`` value and a space everything up to the next separator is
skipped, as libldap does.
"""

import operator
import re
from typing import NamedTuple, TypeAlias

from fakeldapd.ldap import errors, values

AVA: TypeAlias = tuple[str, str, int]
"""Type, value, and one of the AVA_ numbers."""

_BLANK = re.compile(rb"[ \t\r\n]*")
_TYPE = re.compile(rb"([A-Za-z][A-Za-z0-9-]*)((?:;[A-Za-z0-9-]*)*)|([0-9]+(?:\.[0-9]+)*)")
_OID_PREFIX = re.compile(rb"[Oo][Ii][Dd]\.(?=[0-9])")
_HEX = re.compile(rb"(?:[0-9A-Fa-f]{2})*")
_UNPRINTABLE = re.compile(rb"[^ -~]")
_TRAILING = re.compile(rb"(?<!\\)[ \t\r\n]+\Z")
_BACKSLASHED = re.compile(rb"\\([0-9A-Fa-f]{2}|.)", re.DOTALL)
_BACKSLASHED_CHARACTER = re.compile(rb"\\(.)", re.DOTALL)
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_QUOTED_PEDANTIC = re.compile(rb'"((?:[^"\\]|\\["#+,;<=>\\])*)"', re.DOTALL)


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes.fromhex(found[1].decode()) if len(found[1]) == 2 else found[1]


def _printable(found: re.Match[bytes]) -> bytes:
    """An escaped character counts as printable, whatever it is."""
    return bytes.fromhex(found[1].decode()) if len(found[1]) == 2 else b" "


class _Format(NamedTuple):
    """How DNs of one format are written."""

    rdn_separators: bytes
    ava_separators: bytes
    string: re.Pattern[bytes]
    pedantic_string: re.Pattern[bytes]
    quotes: bool
    hex_pairs: bool


def _format(
    rdns: bytes, avas: bytes, plain: bytes, escaped: bytes, pedantic: bytes | None = None, **kinds: bool
) -> _Format:
    def string(escape: bytes) -> re.Pattern[bytes]:
        return re.compile(rb"(?:" + plain + rb"|\\" + escape + rb")*", re.DOTALL)

    return _Format(rdns, avas, string(escaped), string(pedantic or escaped), kinds["quotes"], kinds["hex_pairs"])


_V3_ESCAPED = rb'(?:[ \t\r\n"#+,;<=>\\]|[0-9A-Fa-f]{2})'
_FORMATS = {
    values.DN_FORMAT_LDAP: _format(b",;", b"+", rb'[^\\"+,;<>]', _V3_ESCAPED, quotes=True, hex_pairs=True),
    values.DN_FORMAT_LDAPV3: _format(b",", b"+", rb'[^\\"+,;<>]', _V3_ESCAPED, quotes=False, hex_pairs=True),
    values.DN_FORMAT_LDAPV2: _format(b",;", b"+", rb"[^\\+,;]", rb".", rb'["+,;<>\\]', quotes=True, hex_pairs=False),
    values.DN_FORMAT_DCE: _format(b"/", b",", rb"[^\\,/]", rb"[,/=]", quotes=False, hex_pairs=False),
}


def str2dn(dn: str | bytes, flags: int = 0) -> list[list[AVA]]:
    """The RDNs of ``dn``, leaf first, each a list of type, value and AVA_ number.

    ``flags`` is a ``DN_FORMAT_`` number, ``DN_SKIP`` (only check) and ``DN_PEDANTIC`` flags. Raises DECODING_ERROR and
    PARAM_ERROR; UnicodeDecodeError for a value that is not UTF-8; TypeError for what is no text.
    """
    if not isinstance(dn, str | bytes | bytearray | memoryview):
        raise TypeError(f"a bytes-like object is required, not '{type(dn).__name__}'")
    flags = operator.index(flags)
    if abs(flags) >= 1 << 31:
        raise OverflowError("signed integer is " + ("greater than maximum" if flags > 0 else "less than minimum"))
    text = dn.encode() if isinstance(dn, str) else bytes(dn)
    kind = flags & values.DN_FORMAT_MASK
    if not text or (text == b"<>" and kind == values.DN_FORMAT_LDAPV2):
        return []
    if kind not in _FORMATS:
        raise errors.PARAM_ERROR
    if b"\0" in text:
        raise errors.DECODING_ERROR
    rdns = _Reading(text, kind, flags).rdns()
    if flags & values.DN_SKIP:
        return []
    return [[(name.decode(), value.decode(), found) for name, value, found in rdn] for rdn in rdns]


class _Reading:
    """One text being read: ``offset`` is how far."""

    def __init__(self, text: bytes, kind: int, flags: int) -> None:
        self.text = text
        self.offset = 0
        self.kind = kind
        self.format = _FORMATS[kind]
        self.flags = flags
        self.pedantic = bool(flags & values.DN_PEDANTIC)

    def rdns(self) -> list[list[tuple[bytes, bytes, int]]]:
        """All RDNs, leaf first."""
        if self.kind == values.DN_FORMAT_DCE:
            if not self.text.startswith(b"/"):
                raise errors.DECODING_ERROR
            self.offset = 1
        end = len(self.text)
        if self.kind == values.DN_FORMAT_LDAPV2 and self.text.startswith(b"<"):
            if not self.text.endswith(b">"):
                raise errors.DECODING_ERROR
            self.offset = 1
            end -= 1
        rdns = [[self.ava()]]
        while self.offset < end:
            separator = self.text[self.offset]
            self.offset += 1
            if separator in self.format.ava_separators:
                rdns[-1].append(self.ava())
            elif separator in self.format.rdn_separators:
                rdns.append([self.ava()])
            else:
                raise errors.DECODING_ERROR
        return rdns[::-1] if self.kind == values.DN_FORMAT_DCE else rdns

    def ava(self) -> tuple[bytes, bytes, int]:
        """One type and its value."""
        start = self.offset
        self.blank(values.DN_P_NOSPACEAFTERRDN)
        if self.offset - start > 1:
            self.offset = start
            self.blank(values.DN_P_NOLEADTRAILSPACES)
        name = self.type()
        self.blank(values.DN_P_NOLEADTRAILSPACES | values.DN_P_NOSPACEAFTERRDN)
        if self.text[self.offset : self.offset + 1] != b"=":
            raise errors.DECODING_ERROR
        self.offset += 1
        self.blank(values.DN_P_NOLEADTRAILSPACES | values.DN_P_NOSPACEAFTERRDN)
        rest = self.text[self.offset : self.offset + 1]
        if (not rest and self.kind == values.DN_FORMAT_LDAPV2) or (
            self.pedantic and name[:1].isdigit() and rest != b"#"
        ):
            raise errors.DECODING_ERROR
        value, found = self.value()
        return name, value, found

    def blank(self, refused: int) -> None:
        """Spaces, unless one of the flags is set and the format has not always allowed them."""
        match = _BLANK.match(self.text, self.offset)
        assert match
        if match[0] and self.flags & refused and self.kind != values.DN_FORMAT_LDAPV2:
            raise errors.DECODING_ERROR
        self.offset = match.end()

    def type(self) -> bytes:
        """A short name without its options, or an OID."""
        prefix = _OID_PREFIX.match(self.text, self.offset) if self.kind == values.DN_FORMAT_LDAPV2 else None
        match = _TYPE.match(self.text, prefix.end() if prefix else self.offset)
        if match is None or (self.pedantic and (match[2] or prefix)):
            raise errors.DECODING_ERROR
        self.offset = match.end()
        return match[1] or match[3]

    def value(self) -> tuple[bytes, int]:
        """A value in one of its three forms, and the spaces behind it."""
        first = self.text[self.offset : self.offset + 1]
        if first == b"#":
            return self.hexadecimal(), values.AVA_BINARY
        if first == b'"' and self.format.quotes:
            return self.quoted(), values.AVA_STRING
        return self.string()

    def hexadecimal(self) -> bytes:
        """The octets behind a #."""
        match = _HEX.match(self.text, self.offset + 1)
        assert match
        self.offset = match.end()
        if self.offset == len(self.text):
            if not match[0]:
                raise errors.DECODING_ERROR
        elif self.text[self.offset] in b" \t\r\n":
            if self.pedantic:
                raise errors.DECODING_ERROR
            separators = self.format.rdn_separators + self.format.ava_separators
            while self.offset < len(self.text) and self.text[self.offset] not in separators:
                self.offset += 1
        return bytes.fromhex(match[0].decode())

    def quoted(self) -> bytes:
        """What is between quotes."""
        match = (_QUOTED_PEDANTIC if self.pedantic else _QUOTED).match(self.text, self.offset)
        if match is None:
            raise errors.DECODING_ERROR
        self.offset = match.end()
        self.blank(0)
        return _BACKSLASHED_CHARACTER.sub(rb"\1", match[1])

    def string(self) -> tuple[bytes, int]:
        """A value as it stands, without the spaces at its end."""
        match = (self.format.pedantic_string if self.pedantic else self.format.string).match(self.text, self.offset)
        assert match
        self.offset = match.end()
        raw = match[0]
        trailing = _TRAILING.search(raw)
        if trailing:
            if self.pedantic and self.kind != values.DN_FORMAT_LDAPV2:
                raise errors.DECODING_ERROR
            raw = raw[: trailing.start()]
        if not self.format.hex_pairs:
            return _BACKSLASHED_CHARACTER.sub(rb"\1", raw), values.AVA_STRING
        value = _BACKSLASHED.sub(_unescaped, raw)
        unprintable = _UNPRINTABLE.search(_BACKSLASHED.sub(_printable, match[0]))
        return value, values.AVA_NONPRINTABLE if unprintable else values.AVA_STRING
