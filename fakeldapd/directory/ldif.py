"""Records out of LDIF (RFC 2849). Nothing here knows a schema; ``ldifwriter`` is the other direction.

``read`` gives one record after another while it reads, with the lines they stand on. It takes what RFC 2849 says, and
what people have on disk without being asked to touch it first:

* ldapsearch output: comments, ``control:`` lines behind a dn, and blocks that begin with ``search:`` or ``ref:``;
* exports of Active Directory's ldifde: CRLF, UTF-16, ``changetype: add`` and its ``ntdsSchema...`` kinds;
* input for ldapmodify without a changetype (``add:``, ``delete:``, ``replace:`` or ``increment:`` first), or without
  the last ``-``;
* content and change records in one file, no version line, octets above 127 in a value that isn't base64.

A record with a mistake is not given out: its mistakes go to ``on_error``, or the first one is raised. Reading goes on
behind the next empty line. Errors quote no values, since one may be a password. ``:<`` reads a file only where the
caller names a directory, and only below that. Memory is bounded by the size of one record, and that by a limit.
"""

import logging
import os
import re
import stat
from binascii import Error as Base64Error
from binascii import a2b_base64
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol, TypeAlias

from fakeldapd.protocol.messages import (
    AddRequest,
    Attribute,
    Change,
    Control,
    DeleteRequest,
    ModifyDNRequest,
    ModifyRequest,
)

log = logging.getLogger(__name__)

MAX_VALUE_SIZE = 64 << 20
"""Octets of one value. slapd's largest message has 4 MiB, slapadd knows no limit; no photograph is as large as this."""
MAX_RECORD_SIZE = 256 << 20
"""Octets of one record as it stands in the file: a group of two million members fits."""

_CHUNK = 1 << 20
_KNOWN_NAMES = 10_000

ChangeOp: TypeAlias = AddRequest | DeleteRequest | ModifyRequest | ModifyDNRequest


class LDIFError(Exception):
    """One thing wrong in LDIF. ``line`` counts from 1; ``dn`` is the record's, None where it has none."""

    def __init__(self, source: str, line: int, dn: bytes | None, reason: str) -> None:
        super().__init__(source, line, dn, reason)
        self.source = source
        self.line = line
        self.dn = dn
        self.reason = reason

    def __str__(self) -> str:
        dn = "" if self.dn is None else f"{self.dn.decode(errors='backslashreplace')}: "
        return f"{self.source}:{self.line}: {dn}{self.reason}"


class Readable(Protocol):
    """What gives octets: a binary file, or anything with its ``read``."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` octets; none at the end."""


class _Block:
    """The lines between two empty lines, as they stand in the file, and the number of the first."""

    __slots__ = ("first", "octets")

    def __init__(self, octets: bytes, first: int) -> None:
        self.octets = octets
        self.first = first

    def numbers(self) -> list[int]:
        """The line on which each logical line (unfolded, comments left out) begins."""
        return [
            number for number, line in enumerate(self.octets.split(b"\n"), self.first) if line and line[0] not in b" #"
        ]


@dataclass(slots=True, eq=False)
class _Record:
    dn: bytes
    source: str
    line: int
    _block: _Block

    def line_of(self, description: bytes, index: int = 0) -> int:
        """The line of an attribute's value number ``index`` (from 0), or of the dn where there is no such value."""
        wanted = description.lower()
        lines = _unfold(self._block.octets)
        found = [
            number
            for number, line in zip(self._block.numbers(), lines, strict=True)
            if line.partition(b":")[0].lower() == wanted
        ]
        return found[index] if index < len(found) else self.line

    def error(self, reason: str, line: int | None = None) -> LDIFError:
        """What to say when this record, well written as it is, cannot be used."""
        return LDIFError(self.source, self.line if line is None else line, self.dn, reason)


@dataclass(slots=True, eq=False)
class ContentRecord(_Record):
    """An entry (RFC 2849, ldif-attrval-record). ``line`` is that of its dn.

    ``attributes`` in the order in which their descriptions first occur, each description once without regard to case,
    its values in their order.
    """

    attributes: list[Attribute]


@dataclass(slots=True, eq=False)
class ChangeRecord(_Record):
    """A change (RFC 2849, ldif-change-record) as the request that makes it. ``line`` is that of its dn."""

    op: ChangeOp
    controls: tuple[Control, ...]


Record: TypeAlias = ContentRecord | ChangeRecord


def read(
    source: Readable | bytes | str,
    name: str = "<ldif>",
    *,
    file_urls: str | os.PathLike[str] | None = None,
    on_error: Callable[[LDIFError], None] | None = None,
    max_value_size: int = MAX_VALUE_SIZE,
    max_record_size: int = MAX_RECORD_SIZE,
) -> Iterator[Record]:
    """Read LDIF: the text itself, or a binary file. ``name`` stands in errors.

    ``file_urls`` is the directory below which ``:<`` may read files. Every LDIFError goes to ``on_error``; without one,
    the first is raised and ends the reading. Raises OSError as the file does, and nothing else: any octets are records
    or LDIFErrors.
    """
    if isinstance(source, str):
        source = source.encode(errors="surrogateescape")
    stream = BytesIO(source) if isinstance(source, bytes) else source
    reader = _Reader(name, file_urls, on_error, max_value_size)
    try:
        for number, octets in _blocks(_decoded(stream), max_record_size):
            if octets is None:
                reader.report(number, None, f"a record of more than {max_record_size} octets")
            elif record := reader.record(octets, number):
                yield record
    except UnicodeDecodeError as error:
        reader.report(1, None, f"the file begins as UTF-16 but isn't: {error.reason}")


# --- the file as blocks ---------------------------------------------------------------------------------------------


def _decoded(stream: Readable) -> Iterator[bytes]:
    """The stream in pieces of UTF-8: without byte order mark, and from UTF-16 where it begins with that one's mark."""
    piece = stream.read(_CHUNK)
    while 0 < len(piece) < len(BOM_UTF8) and (more := stream.read(_CHUNK)):
        piece += more
    if piece.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        decoder = getincrementaldecoder("utf-16")()
        while piece:
            if text := decoder.decode(piece):
                yield text.encode()
            piece = stream.read(_CHUNK)
        decoder.decode(b"", final=True)
        return
    if piece := piece.removeprefix(BOM_UTF8):
        yield piece
    while piece := stream.read(_CHUNK):
        yield piece


def _blocks(pieces: Iterator[bytes], limit: int) -> Iterator[tuple[int, bytes | None]]:
    """The text between empty lines, with the number of its first line; None stands for one above the limit.

    Lines end in LF here, whatever they end in there. Pieces wait until they double what is there: a large record is not
    copied once for each of them.
    """
    number = 1
    rest = held = b""
    waiting: list[bytes] = []
    skipping = done = False
    while not done:
        piece = next(pieces, b"")
        done = not piece
        waiting.append(piece)
        if not done and sum(map(len, waiting)) < len(rest):
            continue
        data = b"".join((rest, held, *waiting))
        waiting.clear()
        held = b""
        if data.endswith(b"\r") and not done:  # the LF may be the next piece's first
            data, held = data[:-1], b"\r"
        *blocks, rest = data.replace(b"\r\n", b"\n").split(b"\n\n")
        for block in blocks:
            if not skipping:
                yield number, block if len(block) <= limit else None
            skipping = False
            number += block.count(b"\n") + 2
        if len(rest) > limit:
            if not skipping:
                yield number, None
            skipping = True
        if skipping:
            number += rest[:-1].count(b"\n")
            rest = rest[-1:]
    if not skipping:
        yield number, rest


def _unfold(block: bytes) -> list[bytes]:
    """Logical lines: continuations joined (RFC 2849 note 2); comments, folded or not, and empty lines left out."""
    text = block.replace(b"\n ", b"") if b"\n " in block else block
    lines = text.split(b"\n")
    if text[:1] in (b"#", b"") or b"\n#" in text or not lines[-1] or not lines[0]:
        return [line for line in lines if line and line[0] != 35]
    return lines


# --- one block as a record ------------------------------------------------------------------------------------------


class _MistakeError(Exception):
    """Something wrong in the logical line with this index; it never leaves the module."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(index, reason)
        self.index = index
        self.reason = reason


_CHANGE_BEGINS = frozenset([b"changetype", b"control", b"add", b"delete", b"replace", b"increment"])
MODIFICATIONS = {b"add": 0, b"delete": 1, b"replace": 2, b"increment": 3}
_CONTROL = re.compile(rb" *([0-9]+(?:\.[0-9]+)*)(?: +(true|false))? *(?::(.*))?", re.IGNORECASE | re.DOTALL)


class _Reader:
    def __init__(
        self,
        source: str,
        file_urls: str | os.PathLike[str] | None,
        on_error: Callable[[LDIFError], None] | None,
        max_value_size: int,
    ) -> None:
        self.source = source
        self.file_urls = file_urls
        self.on_error = on_error
        self.max_value_size = max_value_size
        # Spellings met before ``: value``, and the same in lower case: those lines need no more than one look.
        self.names: dict[bytes, bytes] = {}

    def report(self, line: int, dn: bytes | None, reason: str) -> None:
        error = LDIFError(self.source, line, dn, reason)
        if self.on_error is None:
            raise error
        self.on_error(error)

    def record(self, octets: bytes, number: int) -> Record | None:
        if octets[:1] == b"\n":
            stripped = octets.lstrip(b"\n")
            number += len(octets) - len(stripped)
            octets = stripped
        if octets[:1] == b" ":
            self.report(number, None, "a continuation line (it begins with a space) with no line before it")
            return None
        lines = _unfold(octets)
        if not lines:
            return None
        block = _Block(octets, number)
        dn: bytes | None = None
        start = 1
        try:
            head = lines[0]
            if head[:4] == b"dn: " and head[4:5] not in (b" ", b""):
                dn = head[4:]
                if octets[:1] == b"#":
                    number = block.numbers()[0]
            else:
                start, dn = self.head(lines)
                if dn is None:
                    return None
                number = block.numbers()[start - 1]
            begins = lines[start].partition(b":")[0].lower() if start < len(lines) else b""
            if begins in _CHANGE_BEGINS:
                return self.special(lines, start, dn, number, block)
            attributes = self.content(lines, start, dn, block)
        except _MistakeError as mistake:
            self.report(block.numbers()[mistake.index], dn, mistake.reason)
            return None
        return None if attributes is None else ContentRecord(dn, self.source, number, block, attributes)

    def head(self, lines: list[bytes]) -> tuple[int, bytes | None]:
        """What comes before the attributes: the index of the next line, and the dn; None where there is no record."""
        index = 0
        name, value = self.line(lines, 0)
        if name.lower() == b"version":
            if value.strip() != b"1":
                raise _MistakeError(0, f"version {_show(value)} of LDIF: only version 1 is known")
            if len(lines) == 1:
                return 1, None
            index = 1
            name, value = self.line(lines, 1)
        if name.lower() == b"dn":
            return index + 1, value
        if name.lower() in (b"search", b"result", b"ref"):
            for line in lines:
                if line[:8] == b"result: " and line[8:10] not in (b"0 ", b"0"):
                    log.warning("%s: made by a search that ended early: %s", self.source, _show(line[8:]))
            return index, None
        raise _MistakeError(index, f"a record begins with 'dn:', not with {_show(name + b':')}")

    def content(self, lines: list[bytes], start: int, dn: bytes, block: _Block) -> list[Attribute] | None:
        """Attributes from here to the end; None after something was wrong, and all of that reported."""
        names = self.names
        found: dict[bytes, list[bytes]] = {}
        spellings: list[bytes] = []
        large = len(block.octets) > self.max_value_size
        wrong = False
        for index in range(start, len(lines)):
            name, _, value = lines[index].partition(b": ")
            key = names.get(name)
            if key is None or large or value[:1] == b" ":
                try:
                    name, value = self.line(lines, index)
                    key = name.lower()
                    if key in (b"dn", b"changetype"):
                        raise _MistakeError(index, f"{_show(name)} within a record: is an empty line missing?")
                except _MistakeError as mistake:
                    self.report(block.numbers()[index], dn, mistake.reason)
                    wrong = True
                    continue
                if len(names) < _KNOWN_NAMES:
                    names[name] = key
            values = found.get(key)
            if values is None:
                found[key] = [value]
                spellings.append(name)
            else:
                values.append(value)
        if wrong:
            return None
        return [Attribute(name, tuple(values)) for name, values in zip(spellings, found.values(), strict=True)]

    def line(self, lines: list[bytes], index: int) -> tuple[bytes, bytes]:
        """A line taken apart: what is before the colon, and the value that the rest stands for."""
        name, colon, rest = lines[index].partition(b":")
        if not colon:
            raise _MistakeError(index, "no ':' in this line")
        if not name:
            raise _MistakeError(index, "no attribute description before the ':'")
        return name, self.value(rest, index)

    def value(self, rest: bytes, index: int) -> bytes:
        """The value of a value-spec (RFC 2849) without its first colon."""
        if rest[:1] == b":":
            try:
                value = a2b_base64(rest[1:].strip(b" "), strict_mode=True)
            except Base64Error:
                raise _MistakeError(index, "invalid base64") from None
        elif rest[:1] == b"<":
            value = self.fetch(rest[1:].strip(b" "), index)
        else:
            value = rest.lstrip(b" ")
        if len(value) > self.max_value_size:
            raise _MistakeError(index, f"a value of more than {self.max_value_size} octets")
        return value

    def fetch(self, url: bytes, index: int) -> bytes:
        """The octets of the file that a ``:<`` names (RFC 2849 note 6), where that is allowed."""
        if self.file_urls is None:
            raise _MistakeError(index, f"{_show(url)} is not read: --ldif-file-urls DIR allows the files below DIR")
        from urllib.parse import unquote_to_bytes

        parts = re.fullmatch(rb"file:(?://(?:localhost)?)?(/(?!/).*)", url, re.IGNORECASE | re.DOTALL)
        if parts is None:
            raise _MistakeError(index, f"{_show(url)} is not the URL of a local file (file:///...)")
        path = os.path.realpath(os.fsdecode(unquote_to_bytes(parts[1]).replace(b"\0", b"")))
        root = os.path.realpath(self.file_urls)
        if os.path.commonpath([path, root]) != root:
            raise _MistakeError(index, f"{_show(url)} is not below the directory of --ldif-file-urls")
        try:
            # Not blocking: what is there may be a pipe that nobody writes to.
            with open(path, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise _MistakeError(index, f"{_show(url)} is not a regular file")
                return file.read(self.max_value_size + 1)
        except OSError as error:
            raise _MistakeError(index, f"{_show(url)} cannot be read: {error.strerror}") from None

    # --- change records ---

    def special(self, lines: list[bytes], start: int, dn: bytes, number: int, block: _Block) -> Record | None:
        """A record that goes on with something other than an attribute."""
        index = start
        while index < len(lines) and lines[index][:8].lower() == b"control:":
            index += 1
        name, value = self.line(lines, index) if index < len(lines) else (b"", b"")
        name = name.lower()
        if name in MODIFICATIONS:
            kind = b"modify"
        elif name == b"changetype":
            kind = value.strip(b" ").lower().removeprefix(b"ntdsschema")
            index += 1
        else:  # ldapsearch prints the controls of an entry behind its dn
            attributes = self.content(lines, index, dn, block)
            return None if attributes is None else ContentRecord(dn, self.source, number, block, attributes)
        change = _CHANGES.get(kind)
        if change is None:
            raise _MistakeError(
                index - 1, f"changetype {_show(value)}: it must be add, delete, modify, modrdn or moddn"
            )
        controls = tuple(
            self.control(lines[at], at) for at in range(start, index) if lines[at][:8].lower() == b"control:"
        )
        op = change(self, lines, index, dn, block)
        return None if op is None else ChangeRecord(dn, self.source, number, block, op, controls)

    def control(self, line: bytes, index: int) -> Control:
        parts = _CONTROL.fullmatch(line, 8)
        if parts is None:
            raise _MistakeError(index, f"not a control: {_show(line)}")
        oid, criticality, rest = parts.groups()
        value = None if rest is None else self.value(rest, index)
        return Control(oid, criticality is not None and criticality.lower() == b"true", value)

    def add(self, lines: list[bytes], index: int, dn: bytes, block: _Block) -> AddRequest | None:
        attributes = self.content(lines, index, dn, block)
        return None if attributes is None else AddRequest(dn, tuple(attributes))

    def delete(self, lines: list[bytes], index: int, dn: bytes, block: _Block) -> DeleteRequest:
        if index < len(lines):
            raise _MistakeError(index, "nothing can follow 'changetype: delete': is an empty line missing?")
        return DeleteRequest(dn)

    def modify(self, lines: list[bytes], index: int, dn: bytes, block: _Block) -> ModifyRequest:
        changes = []
        while index < len(lines):
            name, description = self.line(lines, index)
            operation = MODIFICATIONS.get(name.lower())
            if operation is None:
                raise _MistakeError(index, f"{_show(name)} where add, delete, replace or increment must be")
            wanted = description.lower()
            values = []
            index += 1
            while index < len(lines) and lines[index].rstrip(b" ") != b"-":
                name, value = self.line(lines, index)
                if name.lower() != wanted:
                    raise _MistakeError(index, f"{_show(name)} where a value of {_show(description)} or '-' must be")
                values.append(value)
                index += 1
            index += 1
            changes.append(Change(operation, description, tuple(values)))
        return ModifyRequest(dn, tuple(changes))

    def rename(self, lines: list[bytes], index: int, dn: bytes, block: _Block) -> ModifyDNRequest:
        given: dict[bytes, bytes] = {}
        for at in range(index, len(lines)):
            name, value = self.line(lines, at)
            key = name.lower()
            if key not in (b"newrdn", b"deleteoldrdn", b"newsuperior") or key in given:
                raise _MistakeError(at, f"{_show(name)} where newrdn, deleteoldrdn and newsuperior must be, each once")
            if key == b"deleteoldrdn" and value.strip(b" ") not in (b"0", b"1"):
                raise _MistakeError(at, f"deleteoldrdn is 0 or 1, not {_show(value)}")
            given[key] = value
        if b"newrdn" not in given:
            raise _MistakeError(index - 1, "no newrdn")
        delete_old = given.get(b"deleteoldrdn", b"1").strip(b" ") == b"1"
        return ModifyDNRequest(dn, given[b"newrdn"], delete_old, given.get(b"newsuperior"))


_CHANGES: dict[bytes, Callable[[_Reader, list[bytes], int, bytes, _Block], ChangeOp | None]] = {
    b"add": _Reader.add,
    b"delete": _Reader.delete,
    b"modify": _Reader.modify,
    b"modrdn": _Reader.rename,
    b"moddn": _Reader.rename,
}


def _show(octets: bytes) -> str:
    """Octets of the file in an error: quoted, and not at full length."""
    try:
        shown = repr(octets.decode())
    except UnicodeDecodeError:
        shown = repr(octets)[1:]
    return shown if len(shown) <= 60 else f"{shown[:56]}...{shown[-1]}"
