"""LDIF (RFC 2849) as python-ldap's ``ldif`` reads and writes it.

``LDIFParser`` calls ``handle`` for each entry, ``LDIFRecordList`` keeps them, ``LDIFWriter`` writes entries (dicts) and
changes (the lists that ``add_s`` and ``modify_s`` take). It is lenient where python-ldap is; the server reads and
writes LDIF with ``directory.ldif``.
"""

import base64
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import IO, Any, TypeAlias
from urllib.parse import urlparse
from urllib.request import urlopen

from fakeldapd.ldap.pkginfo import __version__  # noqa: F401

__all__ = ["CreateLDIF", "LDIFCopy", "LDIFParser", "LDIFRecordList", "LDIFWriter", "ParseLDIF", "ldif_pattern"]

Entry: TypeAlias = dict[str, list[bytes | None]]
"""The values of each attribute; None for a URL that was not read, and for ``-``."""
Change: TypeAlias = tuple[int, str, list[bytes | None] | None]
"""Operation, attribute, values or None."""
LineControl: TypeAlias = tuple[str, str, str | None]
"""OID, criticality and value as they stand in the file."""

attrtype_pattern = r"[\w;.-]+(;[\w_-]+)*"
attrvalue_pattern = r'(([^,]|\\,)+|".*?")'
attrtypeandvalue_pattern = attrtype_pattern + r"[ ]*=[ ]*" + attrvalue_pattern
rdn_pattern = attrtypeandvalue_pattern + r"([ ]*\+[ ]*" + attrtypeandvalue_pattern + r")*[ ]*"
dn_pattern = rdn_pattern + r"([ ]*,[ ]*" + rdn_pattern + r")*[ ]*"
dn_regex = re.compile(f"^{dn_pattern}$")
ldif_pattern = f"^((dn(:|::) {dn_pattern})|({attrtype_pattern}(:|::) .*)$)+"

SAFE_STRING_PATTERN = b"(^(\000|\n|\r| |:|<)|[\000\n\r\200-\377]+|[ ]+$)"
safe_string_re = re.compile(SAFE_STRING_PATTERN)
"""Finds what makes a value need base64."""

MOD_OP_INTEGER = {"add": 0, "delete": 1, "replace": 2, "increment": 3}
MOD_OP_STR = {number: name for name, number in MOD_OP_INTEGER.items()}
CHANGE_TYPES = ["add", "delete", "modify", "modrdn"]
valid_changetype_dict: dict[str, None] = {}
for c in CHANGE_TYPES:
    valid_changetype_dict[c] = None


def is_dn(s: str) -> bool | int:
    """Whether ``s`` looks like a DN."""
    if s == "":
        return 1
    return dn_regex.match(s) is not None


def list_dict(l: Iterable[str]) -> dict[str, None]:  # noqa: E741  # python-ldap's name
    """A dict with these keys, to look them up."""
    return dict.fromkeys(l)


class LDIFWriter:
    """Writes records into ``output_file``, a text file.

    ``base64_attrs`` are always encoded, ``cols`` is where lines are folded; ``records_written`` counts.
    """

    def __init__(
        self,
        output_file: Any,
        base64_attrs: Iterable[str] | None = None,
        cols: int = 76,
        line_sep: str = "\n",
    ) -> None:
        self._output_file = output_file
        self._base64_attrs = list_dict([name.lower() for name in base64_attrs or ()])
        self._cols = cols
        self._last_line_sep = line_sep
        self.records_written = 0

    def _unfold_lines(self, line: str) -> None:
        """Write one line, folded."""
        width = max(self._cols - 1, 1)
        pieces = [line[: self._cols], *[line[at : at + width] for at in range(self._cols, len(line), width)]]
        self._output_file.write((self._last_line_sep + " ").join(pieces) + self._last_line_sep)

    def _needs_base64_encoding(self, attr_type: str, attr_value: bytes) -> bool:
        return attr_type.lower() in self._base64_attrs or safe_string_re.search(attr_value) is not None

    def _unparseAttrTypeandValue(self, attr_type: str, attr_value: bytes) -> None:
        if self._needs_base64_encoding(attr_type, attr_value):
            self._unfold_lines(f"{attr_type}:: {base64.b64encode(attr_value).decode('ascii')}")
        else:
            self._unfold_lines(f"{attr_type}: {attr_value.decode('ascii')}")

    def _unparseEntryRecord(self, entry: Mapping[str, Iterable[bytes]]) -> None:
        for name, values in sorted(entry.items()):
            for value in values:
                self._unparseAttrTypeandValue(name, value)

    def _unparseChangeRecord(self, modlist: Sequence[Sequence[Any]]) -> None:
        length = len(modlist[0])
        if length not in (2, 3):
            raise ValueError(f"modlist item of wrong length: {length}")
        self._unparseAttrTypeandValue("changetype", b"add" if length == 2 else b"modify")
        for change in modlist:
            if length == 2:
                name, values = change
            else:
                operation, name, values = change
                self._unparseAttrTypeandValue(MOD_OP_STR[operation], name.encode("ascii"))
            for value in values or ():
                self._unparseAttrTypeandValue(name, value)
            if length == 3:
                self._output_file.write("-" + self._last_line_sep)

    def unparse(self, dn: str, record: Mapping[str, Iterable[bytes]] | Sequence[Sequence[Any]]) -> None:
        """Write one record: a dict is an entry, a list of pairs an add, a list of triples a modification.

        Raises ValueError for another record, TypeError for values that are not bytes.
        """
        self._unparseAttrTypeandValue("dn", dn.encode("utf-8"))
        if isinstance(record, dict):
            self._unparseEntryRecord(record)
        elif isinstance(record, list):
            self._unparseChangeRecord(record)
        else:
            raise ValueError(f"Argument record must be dictionary or list instead of {record!r}")
        self._output_file.write(self._last_line_sep)
        self.records_written += 1


def CreateLDIF(dn: str, record: Any, base64_attrs: Iterable[str] | None = None, cols: int = 76) -> str:
    """One record as text. Deprecated: use ``LDIFWriter``."""
    warnings.warn(
        "ldif.CreateLDIF() is deprecated. Use LDIFWriter.unparse() instead. It will be removed in python-ldap 3.1",
        category=DeprecationWarning,
        stacklevel=2,
    )
    written = StringIO()
    LDIFWriter(written, base64_attrs, cols, "\n").unparse(dn, record)
    return written.getvalue()


class LDIFParser:
    """Reads records from ``input_file``, text or bytes; override ``handle`` and ``handle_modify``.

    ``ignored_attr_types`` are left out, ``max_entries`` (0 for all) ends the reading, values given as URLs are fetched
    if their scheme is in ``process_url_schemes`` and are None otherwise. ``records_read``, ``line_counter`` and
    ``byte_counter`` count, ``version`` is what the file says.
    """

    def __init__(
        self,
        input_file: IO[Any],
        ignored_attr_types: Iterable[str] | None = None,
        max_entries: int = 0,
        process_url_schemes: Iterable[str] | None = None,
        line_sep: str = "\n",
    ) -> None:
        self._input_file = input_file
        self._file_sends_bytes = isinstance(input_file.read(0), bytes)
        self._max_entries = max_entries
        self._process_url_schemes = list_dict([scheme.lower() for scheme in process_url_schemes or ()])
        self._ignored_attr_types = list_dict([name.lower() for name in ignored_attr_types or ()])
        self._last_line_sep = line_sep
        self.version: int | None = None
        self.line_counter = 0
        self.byte_counter = 0
        self.records_read = 0
        self.changetype_counter: dict[str | None, int] = dict.fromkeys(CHANGE_TYPES, 0)
        self._b64decode = base64.b64decode
        self._last_line = self._readline()

    def handle(self, dn: str, entry: Entry) -> None:
        """What to do with an entry. Does nothing."""

    def handle_modify(self, dn: str, modops: list[Change], controls: list[LineControl] | None = None) -> None:
        """What to do with a modification. Does nothing."""

    def _readline(self) -> str | None:
        """The next line without its end; None behind the last one."""
        line = self._input_file.readline()
        text: str = line.decode("utf-8") if self._file_sends_bytes else line
        self.line_counter += 1
        self.byte_counter += len(text)
        if not text:
            return None
        return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text

    def _unfold_lines(self) -> str:
        """The next line, with those that continue it. Raises EOFError."""
        if self._last_line is None:
            raise EOFError(f"EOF reached after {self.line_counter} lines ({self.byte_counter} bytes)")
        pieces = [self._last_line]
        self._last_line = self._readline()
        while self._last_line and self._last_line.startswith(" "):
            pieces.append(self._last_line[1:])
            self._last_line = self._readline()
        return "".join(pieces)

    def _next_key_and_value(self) -> tuple[str | None, bytes | None]:
        """The next attribute and value; two None for an empty line. Raises EOFError, ValueError."""
        line = self._unfold_lines()
        while line.startswith("#"):
            line = self._unfold_lines()
        if not line:
            return None, None
        if line == "-":
            return "-", None
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError(f"no value-spec in {line!r}")
        if value.startswith(":"):
            return name, self._b64decode(value[1:].encode("ascii"))
        if value.startswith("<"):
            url = value[1:].strip()
            if urlparse(url).scheme not in self._process_url_schemes:
                return name, None
            with urlopen(url) as found:
                return name, found.read()
        return name, (value.lstrip() if value.startswith(" ") else value).encode("utf-8")

    def _consume_empty_lines(self) -> tuple[str | None, bytes | None]:
        """The next attribute and value behind empty lines; two None behind the last one."""
        try:
            found = self._next_key_and_value()
            while found == (None, None):
                found = self._next_key_and_value()
        except EOFError:
            return None, None
        return found

    def _begin(self) -> tuple[str | None, bytes | None]:
        """The first line of the first record, behind ``version``."""
        name, value = self._consume_empty_lines()
        if name == "version":
            self.version = int((value or b"").decode("ascii"))
            name, value = self._consume_empty_lines()
        return name, value

    def _wants_more(self) -> bool:
        return not self._max_entries or self.records_read < self._max_entries

    def _dn(self, name: str, value: bytes | None) -> str:
        """The DN that a record begins with. Raises ValueError."""
        if name != "dn":
            raise ValueError(f'Line {self.line_counter}: First line of record does not start with "dn:": {name!r}')
        dn = (value or b"").decode("utf-8")
        if not is_dn(dn):
            raise ValueError(f"Line {self.line_counter}: Not a valid string-representation for dn: {dn!r}.")
        return dn

    def _next_or_end(self) -> tuple[str | None, bytes | None]:
        """As ``_next_key_and_value``, with two None for the end of the file."""
        try:
            return self._next_key_and_value()
        except EOFError:
            return None, None

    def parse_entry_records(self) -> None:
        """Read everything as entries: ``changetype`` is an attribute like others. Raises ValueError, EOFError."""
        name, value = self._begin()
        while name is not None and self._wants_more():
            dn = self._dn(name, value)
            entry: Entry = {}
            name, value = self._next_key_and_value()
            while name is not None:
                if name.lower() not in self._ignored_attr_types:
                    entry.setdefault(name, []).append(value)
                name, value = self._next_or_end()
            self.handle(dn, entry)
            self.records_read += 1
            name, value = self._consume_empty_lines()

    def parse(self) -> None:
        """As ``parse_entry_records``."""
        return self.parse_entry_records()

    def parse_change_records(self) -> None:
        """Read everything as changes, and hand the modifications on. Raises ValueError, EOFError."""
        name, value = self._begin()
        while name is not None and self._wants_more():
            dn = self._dn(name, value)
            controls = []
            name, value = self._next_key_and_value()
            while name == "control":
                controls.append(_line_control((value or b"").decode("utf-8")))
                name, value = self._next_key_and_value()
            changetype = None
            if name == "changetype":
                changetype = (value or b"").decode("utf-8")
                if changetype not in valid_changetype_dict:
                    raise ValueError(f"Invalid changetype: {changetype!r}")
                name, value = self._next_key_and_value()
            if changetype == "modify":
                changes = self._changes(name, value)
                if changes:
                    self.handle_modify(dn, changes, controls)
            else:
                while name is not None:
                    name, value = self._next_key_and_value()
            name, value = self._consume_empty_lines()
            self.changetype_counter[changetype] = self.changetype_counter.get(changetype, 0) + 1
            self.records_read += 1

    def _changes(self, name: str | None, value: bytes | None) -> list[Change]:
        """The changes of a modification; whatever line ends one is skipped. Raises ValueError."""
        changes: list[Change] = []
        while name is not None:
            if name not in MOD_OP_INTEGER:
                raise ValueError(f"Line {self.line_counter}: Invalid mod-op string: {name!r}")
            operation, attribute = MOD_OP_INTEGER[name], (value or b"").decode("utf-8")
            values = []
            name, value = self._next_or_end()
            while name == attribute:
                values.append(value)
                name, value = self._next_or_end()
            changes.append((operation, attribute, values or None))
            name, value = self._next_or_end()
            if name == "-":
                name, value = self._next_or_end()
        return changes


def _line_control(text: str) -> LineControl:
    if text.count(" ") > 1:
        oid, criticality, value = text.split(" ", 2)
        return oid, criticality, value
    oid, criticality = text.split(" ", 1)
    return oid, criticality, None


class LDIFRecordList(LDIFParser):
    """Keeps everything: ``all_records`` are ``(dn, entry)``, ``all_modify_changes`` ``(dn, changes, controls)``."""

    def __init__(
        self,
        input_file: IO[Any],
        ignored_attr_types: Iterable[str] | None = None,
        max_entries: int = 0,
        process_url_schemes: Iterable[str] | None = None,
    ) -> None:
        super().__init__(input_file, ignored_attr_types, max_entries, process_url_schemes)
        self.all_records: list[tuple[str, Entry]] = []
        self.all_modify_changes: list[tuple[str, list[Change], list[LineControl] | None]] = []

    def handle(self, dn: str, entry: Entry) -> None:
        """Keep the entry."""
        self.all_records.append((dn, entry))

    def handle_modify(self, dn: str, modops: list[Change], controls: list[LineControl] | None = None) -> None:
        """Keep the modification."""
        self.all_modify_changes.append((dn, modops, controls or None))


class LDIFCopy(LDIFParser):
    """Writes what it reads: ``input_file`` to ``output_file``, with the options of parser and writer."""

    def __init__(
        self,
        input_file: IO[Any],
        output_file: Any,
        ignored_attr_types: Iterable[str] | None = None,
        max_entries: int = 0,
        process_url_schemes: Iterable[str] | None = None,
        base64_attrs: Iterable[str] | None = None,
        cols: int = 76,
        line_sep: str = "\n",
    ) -> None:
        super().__init__(input_file, ignored_attr_types, max_entries, process_url_schemes)
        self._output_ldif = LDIFWriter(output_file, base64_attrs, cols, line_sep)

    def handle(self, dn: str, entry: Any) -> None:
        """Write the entry."""
        self._output_ldif.unparse(dn, entry)


def ParseLDIF(f: IO[Any], ignore_attrs: Iterable[str] | None = None, maxentries: int = 0) -> list[tuple[str, Entry]]:
    """All entries of a file. Deprecated: use ``LDIFRecordList``."""
    warnings.warn(
        "ldif.ParseLDIF() is deprecated. Use LDIFRecordList.parse() instead. It will be removed in python-ldap 3.1",
        category=DeprecationWarning,
        stacklevel=2,
    )
    records = LDIFRecordList(f, ignored_attr_types=ignore_attrs, max_entries=maxentries)
    records.parse()
    return records.all_records
