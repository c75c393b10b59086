"""Where definitions come from: OpenLDAP's ``.schema`` files and LDIF, cut into one ``Row`` for each definition.

Cutting is not reading. A start of the server cuts some 1,200 definitions and uses perhaps sixty of them, so a row
knows only what looking it up takes (OID, names, where it stands) and reads its text when somebody asks for the
definition. What doesn't look like the usual ``attributetype ( OID NAME 'x'`` is read at once.

A ``.schema`` file has directives (``attributetype``, ``objectclass``, ``objectidentifier``, ``ditcontentrule``,
``ldapsyntax`` as slapd's, besides ``matchingrule``, ``nameform``, ``ditstructurerule``); a line that begins with a
space goes on with the one before; ``#`` begins a comment line. LDIF is either an entry below ``cn=schema,cn=config``
(``olcAttributeTypes: {0}( ...``) or what a search of a subschema subentry gives (``attributeTypes: ( ...``); other
attributes in it are skipped.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator

from fakeldapd.schema.description import KIND_NAMES, Definition, SchemaError, expand, parse

_DIRECTIVES = {
    b"attributetype": "attributeTypes",
    b"attributetypes": "attributeTypes",
    b"attribute": "attributeTypes",
    b"objectclass": "objectClasses",
    b"objectclasses": "objectClasses",
    b"ldapsyntax": "ldapSyntaxes",
    b"ldapsyntaxes": "ldapSyntaxes",
    b"ditcontentrule": "dITContentRules",
    b"ditcontentrules": "dITContentRules",
    b"matchingrule": "matchingRules",
    b"matchingrules": "matchingRules",
    b"matchingruleuse": "matchingRuleUse",
    b"nameform": "nameForms",
    b"nameforms": "nameForms",
    b"ditstructurerule": "dITStructureRules",
    b"ditstructurerules": "dITStructureRules",
}
_MACROS = (b"objectidentifier", b"objectidentifiers")

_STARTS = re.compile(rb"\n(?=[^\s#])")
_HEAD = re.compile(rb"([A-Za-z]+)\s*\(\s*([0-9A-Za-z.:-]+)\s+NAME\s+(?:'([^']+)'|\(([^()]*)\))\s")
_LDIF = re.compile(
    rb"^(?:dn|version|olc[a-z]+|[a-z]+types|objectclasses|ldapsyntaxes|matchingrules|[a-z]+rules)::?(?:\s|\Z)",
    re.M | re.I,
)
_INDEX = re.compile(rb"\{-?[0-9]+\}")


class Row:
    """One definition, not yet read. ``oid`` is numeric; ``keys`` are the OID and the names in lower case, as they are
    looked up; ``subject`` is the OID or the first name, for messages; ``linked`` is what the registry made of it."""

    __slots__ = ("_macros", "_read", "keys", "kind", "line", "linked", "source", "subject", "text")

    def __init__(
        self, kind: str, keys: list[bytes], text: bytes, source: str, line: int, macros: dict[str, str], subject: bytes
    ) -> None:
        self.kind = kind
        self.keys = keys
        self.text = text
        self.source = source
        self.line = line
        self.subject = subject
        self.linked: object = None
        self._macros = macros
        self._read: Definition | None = None

    @property
    def definition(self) -> Definition:
        """The definition. Raises SchemaError where the text isn't one."""
        if self._read is None:
            self._read = parse(
                self.kind,
                _plain(self.text, self.source, self.line),
                macros=self._macros,
                source=self.source,
                line=self.line,
            )
        return self._read

    def error(self, reason: str, terse: str = "") -> SchemaError:
        """A SchemaError about this definition."""
        subject = self.subject.decode(errors="replace")
        return SchemaError(self.source, self.line, f"{KIND_NAMES[self.kind]} {subject!r}: {reason}", terse)

    def unlinked(self) -> "Row":
        """The same definition, of which nothing has been made yet."""
        row = Row(self.kind, self.keys, self.text, self.source, self.line, self._macros, self.subject)
        row._read = self._read
        return row


def cut(text: bytes, source: str, macros: dict[str, str]) -> list[Row]:
    """The definitions in ``text``, in order; ``macros`` (lower-case name: OID) grows by those it defines. Raises
    SchemaError."""
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if text.startswith(b"\xef\xbb\xbf"):
        text = text[3:]
    if _LDIF.search(text):
        return [row for row in _cut_ldif(text, source, macros) if row is not None]
    rows: list[Row] = []
    line = 1
    for chunk in _STARTS.split(text):
        head = _HEAD.match(chunk)
        kind = _DIRECTIVES.get(head[1]) if head is not None else None
        if head is not None and kind is not None:
            _, oid, name, names = head.groups()
            if not b"0" <= oid[:1] <= b"9":
                oid = expand(oid.decode(), macros).encode()
            if name is not None:
                keys = [oid, name.lower()]
            else:
                names = names.replace(b"'", b" ").split()
                name = names[0] if names else oid
                keys = [oid, *[n.lower() for n in names]]
            rows.append(Row(kind, keys, chunk[len(head[1]) :], source, line, macros, name))
        else:
            row = _other_directive(chunk, source, line, macros)
            if row is not None:
                rows.append(row)
        line += chunk.count(b"\n") + 1
    return rows


def _plain(text: bytes, source: str, line: int) -> str:
    if b"#" in text:
        text = b"\n".join([part for part in text.split(b"\n") if not part.startswith(b"#")])
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise SchemaError(source, line, "not UTF-8; save the file as UTF-8") from None


def _other_directive(chunk: bytes, source: str, line: int, macros: dict[str, str]) -> Row | None:
    """What is not the usual definition: a macro, one without a name, blank lines and comments before the first, a
    mistake."""
    parts = chunk.split(b"\n")
    while parts and (not parts[0].strip() or parts[0].startswith(b"#")):
        del parts[0]
        line += 1
    if not parts:
        return None
    words = _plain(b"\n".join(parts), source, line).split(None, 1)
    keyword = words[0].partition("(")[0].lower().encode()
    rest = b"\n".join(parts).lstrip()[len(keyword) :]
    if keyword in _MACROS:
        define_macro(rest, source, line, macros)
        return None
    kind = _DIRECTIVES.get(keyword)
    if kind is None:
        known = "attributetype, objectclass, objectidentifier, ditcontentrule, ldapsyntax"
        raise SchemaError(
            source, line, f"{words[0]!r} is no directive of a schema file; those are {known} and a few more"
        )
    return read_row(kind, rest, source, line, macros)


def define_macro(text: bytes, source: str, line: int, macros: dict[str, str]) -> None:
    """Add what ``name oid`` says to ``macros`` (lower-case name: OID). Raises SchemaError."""
    words = _plain(text, source, line).split()
    if len(words) != 2:
        reason = "objectidentifier takes a name and an OID, as in: objectidentifier myOID 1.3.6.1.4.1.99999"
        raise SchemaError(source, line, reason)
    name, oid = words[0].lower(), expand(words[1], macros)
    if not oid[:1].isdigit():
        reason = f"objectidentifier {words[0]}: {words[1]!r} is neither an OID nor a macro defined before it"
        raise SchemaError(source, line, reason, f"OID {words[1]} not recognized")
    if macros.setdefault(name, oid) != oid:
        reason = f"objectidentifier {words[0]} is {macros[name]} already; give this one another name"
        raise SchemaError(source, line, reason, f'"{words[0]}" previously defined "{macros[name]}"')


def read_row(kind: str, text: bytes, source: str, line: int, macros: dict[str, str]) -> Row:
    """The row of one definition, which is read at once. Raises SchemaError."""
    row = Row(kind, [], text, source, line, macros, b"")
    definition = row.definition
    row.keys = [definition.oid.encode(), *[name.lower().encode() for name in definition.names]]
    row.subject = definition.name.encode()
    return row


def _cut_ldif(text: bytes, source: str, macros: dict[str, str]) -> Iterator[Row | None]:
    for line, name, value in _ldif_values(text, source):
        keyword = name.lower().removeprefix(b"olc")
        index = _INDEX.match(value)
        if index is not None:
            value = value[index.end() :]
        if keyword in _MACROS:
            define_macro(value, source, line, macros)
            continue
        kind = _DIRECTIVES.get(keyword)
        # An entry's own class: objectClass: olcSchemaConfig
        if kind is not None and (value.startswith(b"(") or keyword != b"objectclass"):
            yield read_row(kind, value, source, line, macros)


def _ldif_values(text: bytes, source: str) -> Iterator[tuple[int, bytes, bytes]]:
    """Line, attribute and value of every line of LDIF (RFC 2849), folded ones joined."""
    pending: list[tuple[int, bytes]] = []
    for number, part in enumerate(text.split(b"\n"), 1):
        if part.startswith(b" ") and pending:
            pending[-1] = (pending[-1][0], pending[-1][1] + part[1:])
        elif part:
            pending.append((number, part))
    for number, joined in pending:
        if joined.startswith(b"#") or joined.strip() == b"-":
            continue
        name, colon, value = joined.partition(b":")
        if not colon:
            raise SchemaError(
                source, number, f"{joined[:40].decode(errors='replace')!r} is no line of LDIF: 'attribute: value'"
            )
        if value.startswith(b":"):
            try:
                value = b64decode(value[1:].strip(), validate=True)
            except Base64Error:
                raise SchemaError(source, number, f"{name.decode(errors='replace')}:: is not base64") from None
        yield number, name, value.strip()
