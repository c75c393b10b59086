"""A schema under change: definitions taken out and put in, one after another, and in force all at once or not at all.

The work is done on a twin of the schema's links, so whatever goes wrong on the way has changed nothing. When the twin
is put in force, elements that were there before keep their identity: entries, indexes and sessions refer to them. Each
takes on what its new definition says, and references lead to the elements that stay.

A definition is put in as slapd does: what it refers to must be there by then. Refused at the end is a twin in which a
definition refers to one that was taken out.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

from fakeldapd.schema.description import SchemaError
from fakeldapd.schema.elements import AttributeType, ContentRule, MatchingRule, NameForm, ObjectClass
from fakeldapd.schema.linking import LINKED_KINDS, Links
from fakeldapd.schema.sources import Row, define_macro, read_row

_ELEMENTS = (AttributeType, ObjectClass, ContentRule, NameForm)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*\Z")
_DUPLICATE = {
    "attributeTypes": ("Inconsistent duplicate attributeType", "Duplicate attributeType"),
    "objectClasses": ("Inconsistent duplicate objectClass", "Duplicate objectClass"),
    "dITContentRules": ("Duplicate Content Rule", "Duplicate Content Rule"),
    "ldapSyntaxes": ("Duplicate ldapSyntax", "Duplicate ldapSyntax"),
}
"""What slapd says of another definition with the same OID or name, and of the same definition once more."""


class Revision:
    """Made by ``Schema.revision``, put in force by ``Schema.put_in_force``.

    ``links`` is the twin, ``macros`` (lower-case name: OID) goes with it. ``affects_entries`` says whether entries that
    exist may mean something else afterwards: definitions were taken out, or rules for structural classes came.
    """

    def __init__(
        self, links: Links, macros: dict[str, str], applies: Callable[[MatchingRule, AttributeType], bool]
    ) -> None:
        self.links = links.twin()
        self.macros = dict(macros)
        self.affects_entries = False
        self._before = links
        self._applies = applies

    # --- changes -----------------------------------------------------------------------------------------------------

    def define_macro(self, text: str, source: str) -> None:
        """Put in ``name oid``. Raises SchemaError."""
        define_macro(text.encode(), source, 1, self.macros)

    def put_in(self, kind: str, text: str, source: str) -> None:
        """Put in a definition of ``kind`` (a key of ``KEYWORDS``). Raises SchemaError."""
        row = read_row(kind, text.encode(), source, 1, self.macros)
        for name in row.definition.names:
            if not _NAME.match(name):
                raise row.error(
                    f"{name!r} can't be a name: letters, digits and hyphens, with a letter first",
                    f'Invalid NAME: "{name}"',
                )
        self._check_new(row)
        self.links.add([row])
        self.links.link_these([row])
        element = row.linked
        if isinstance(element, AttributeType):
            self._check_rules(row, element)
        self.affects_entries |= kind == "dITContentRules"

    def _check_new(self, row: Row) -> None:
        table = self.links.by_key[row.kind]
        oid = row.definition.oid
        found = [table.get(key) for key in row.keys]
        if row.kind == "ldapSyntaxes" and oid in self.links.syntaxes:
            raise row.error("there is a syntax of that OID", f'{_DUPLICATE[row.kind][1]}: "{oid}"')
        for key, other in zip(row.keys, found, strict=True):
            if other is not None:
                same = all(each is other for each in found)
                said = oid if key == row.keys[0] else next(n for n in row.definition.names if n.lower().encode() == key)
                place = f"{other.source}:{other.line}"
                raise row.error(
                    f"{other.subject.decode()!r} at {place} has the same OID or name",
                    f'{_DUPLICATE[row.kind][same]}: "{said}"',
                )

    def _check_rules(self, row: Row, element: AttributeType) -> None:
        # slapd looks at the equality rule instead of one for substrings, where there is one
        substrings = None if element.equality is not None else element.substrings
        rules = (("EQUALITY", element.equality), ("ORDERING", element.ordering), ("SUBSTR", substrings))
        for keyword, rule in rules:
            name = row.definition.one(keyword)
            if name is not None and rule is not None and rule.definition and not self._applies(rule, element):
                raise row.error(
                    f"{keyword} names {name}, which is not for values of the syntax {element.syntax.oid}",
                    f'AttributeType inappropriate matching rule: "{name}"',
                )

    def take_out(self, kind: str, text: str, source: str) -> None:
        """Take out the definition of ``kind`` with the OID that ``text`` says. Raises SchemaError where there is
        none."""
        row = read_row(kind, text.encode(), source, 1, self.macros)
        found = self.links.by_key[kind].get(row.keys[0])
        if found is None:
            raise row.error("there is no such definition")
        self.links.take_out(found)
        self.affects_entries = True

    # --- the end -----------------------------------------------------------------------------------------------------

    def complete(self) -> None:
        """Link what was linked before, and everything where definitions were taken out. Raises SchemaError for a
        definition that refers to one that has gone."""
        if self.affects_entries:
            for kind in LINKED_KINDS:
                self.links.link_all(kind)
            return
        for kind in LINKED_KINDS:
            for row in self._before.rows[kind]:
                if row.linked is not None:
                    self.links.link(self.links.by_key[kind][row.keys[0]])

    def gone(self) -> set[AttributeType | ObjectClass]:
        """The attribute types and classes in force that are not there afterwards, or not by the same name; after
        ``complete``."""
        missing: set[AttributeType | ObjectClass] = set()
        for kind in ("attributeTypes", "objectClasses"):
            for row in self._before.rows[kind]:
                element = row.linked
                if isinstance(element, AttributeType | ObjectClass):
                    after = self.links.by_key[kind].get(row.keys[0])
                    if after is None or after.definition.name.encode() != element.name:
                        missing.add(element)
        return missing

    def settle(self) -> None:
        """Let the elements that were there before take the places of their twins; after ``complete``."""
        links = self.links
        linked = {(kind, row.keys[0]): row.linked for kind in LINKED_KINDS for row in self._before.rows[kind]}
        rows = [row for kind in LINKED_KINDS for row in links.rows[kind] if row.linked is not None]
        stays: dict[Any, Any] = {}
        for row in rows:
            before = linked.get((row.kind, row.keys[0]))
            if before is not None:
                stays[row.linked] = before
        for row in rows:
            twin: Any = row.linked
            row.linked = element = stays.get(twin, twin)
            for field in fields(twin):
                setattr(element, field.name, _moved(getattr(twin, field.name), stays))
        links.types = {key: stays.get(t, t) for key, t in links.types.items()}
        links.classes = {key: stays.get(c, c) for key, c in links.classes.items()}
        links.must_order = {stays.get(e, e): _moved(must, stays) for e, must in links.must_order.items()}
        links.not_order = {stays.get(e, e): _moved(types, stays) for e, types in links.not_order.items()}
        self._before.syntaxes.clear()  # what holds this table goes on holding it
        self._before.syntaxes.update(links.syntaxes)
        links.syntaxes = self._before.syntaxes


def _moved(value: Any, stays: dict[Any, Any]) -> Any:
    """A field of an element, with references led to the elements that stay."""
    if isinstance(value, _ELEMENTS):
        return stays.get(value, value)
    if isinstance(value, tuple | frozenset | set):
        return type(value)([_moved(part, stays) for part in value])
    return value


Rows: TypeAlias = "dict[str, tuple[Row, ...]]"


@dataclass(frozen=True, slots=True)
class SchemaState:
    """What a schema consisted of: its definitions by kind, macros, sources."""

    version: int
    rows: Rows
    macros: dict[str, str]
    sources: dict[str, tuple[str, ...]]


def go_back(revision: Revision, rows: Rows) -> None:
    """Take out and put in, and complete the revision, so that it has the definitions of these rows."""
    then = {kind: _texts(some) for kind, some in rows.items()}
    now = {kind: _texts(some) for kind, some in revision.links.rows.items()}
    for kind, have in reversed(now.items()):
        wanted = set(then[kind])
        for text, source in reversed(have):
            if (text, source) not in wanted:
                revision.take_out(kind, text, source)
    for kind, had in then.items():
        there = set(now[kind])
        for text, source in had:
            if (text, source) not in there:
                revision.put_in(kind, text, source)
    revision.complete()


def _texts(rows: Iterable[Row]) -> list[tuple[str, str]]:
    return [(str(row.definition), row.source) for row in rows]


__all__ = ["Revision", "SchemaError"]
