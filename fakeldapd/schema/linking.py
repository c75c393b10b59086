"""Linking: from definitions, which name each other, to elements, which refer to each other.

``Links`` holds the rows of one schema and makes an element of a row when that is first looked up, with everything it
refers to: the superior types of an attribute type and all its subtypes, the superiors of a class and the types it
requires and allows. What is looked up twice is one object.

Refused, with the place and the reason: a reference to what isn't defined, a circle of superiors, two different
definitions with one OID or name, a rule of the wrong kind, and what RFC 4512 section 4.1 forbids (a subtype of
another usage, a structural class below an auxiliary one ...). The same definition a second time is ignored.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from fakeldapd.schema.description import KEYWORDS, SchemaError
from fakeldapd.schema.elements import (
    AttributeType,
    ContentRule,
    Kind,
    MatchingRule,
    NameForm,
    ObjectClass,
    Syntax,
    Usage,
)
from fakeldapd.schema.sources import Row
from fakeldapd.schema.syntaxes import OBJECT_CLASS

_T = TypeVar("_T")

_SUPERIOR = re.compile(rb"\sSUP\s+'?([\w.;:-]+)")
_USAGES = {usage.value.lower(): usage for usage in Usage}
_OCTET_STRING = "1.3.6.1.4.1.1466.115.121.1.40"
_OF_CLASSES = ("2.5.4.0", "2.5.21.9")  # objectClass, structuralObjectClass
LINKED_KINDS = ("attributeTypes", "objectClasses", "dITContentRules", "nameForms")
"""The kinds that elements are made of; the others are only published."""
_NOT_FOUND = {
    "attribute type": "AttributeType",
    "attributeTypes": "AttributeType",
    "object class": "ObjectClass",
    "objectClasses": "ObjectClass",
    "matching rule": "MatchingRule",
}
"""How slapd calls what a definition refers to in vain."""


class Links:
    """The rows of a schema by kind, by OID and by name, and the elements made of them so far.

    ``syntaxes`` (by OID) and ``rules`` (by OID and lower-case name) are what there is to refer to. ``types`` and
    ``classes`` are keyed by OID, by lower-case name, and by the name as the definition spells it. ``must_order`` and
    ``not_order`` keep the order of MUST and NOT, which decides what a fault is said to be.
    """

    def __init__(self, syntaxes: dict[str, Syntax], rules: dict[str, MatchingRule]) -> None:
        self._of_classes = (syntaxes.pop(OBJECT_CLASS), rules.pop(OBJECT_CLASS))
        self.syntaxes = syntaxes
        self.rules = rules
        self.types: dict[bytes, AttributeType] = {}
        self.classes: dict[bytes, ObjectClass] = {}
        self.must_order: dict[ObjectClass | ContentRule, tuple[AttributeType, ...]] = {}
        self.not_order: dict[ContentRule, tuple[AttributeType, ...]] = {}
        self.rows: dict[str, list[Row]] = {kind: [] for kind in KEYWORDS}
        self.by_key: dict[str, dict[bytes, Row]] = {kind: {} for kind in KEYWORDS}
        self._subordinate: dict[Row, list[Row]] | None = None
        self._in_progress: set[Row] = set()

    def twin(self) -> "Links":
        """The same rows with nothing linked yet, to be changed without a change here. What is linked in the twin are
        other elements; syntaxes and rules are the same."""
        twin = Links.__new__(Links)
        twin._of_classes = self._of_classes
        twin.syntaxes = dict(self.syntaxes)
        twin.rules = self.rules
        twin.types, twin.classes, twin.must_order, twin.not_order = {}, {}, {}, {}
        copies = {
            row: row.unlinked() if row.kind in LINKED_KINDS else row for rows in self.rows.values() for row in rows
        }
        twin.rows = {kind: [copies[row] for row in rows] for kind, rows in self.rows.items()}
        twin.by_key = {kind: {key: copies[row] for key, row in table.items()} for kind, table in self.by_key.items()}
        twin._subordinate = None
        twin._in_progress = set()
        return twin

    # --- rows --------------------------------------------------------------------------------------------------------

    def add(self, rows: Iterable[Row]) -> list[Row]:
        """Take ``rows`` in, those that are there already with the same meaning left out; gives the new ones. Raises
        SchemaError, and then nothing has changed."""
        added: list[Row] = []
        try:
            for row in rows:
                table = self.by_key[row.kind]
                for key in row.keys:
                    if key in table:
                        break
                else:
                    for key in row.keys:
                        table[key] = row
                    added.append(row)
                    continue
                self._check_same(row, table[key])
        except SchemaError:
            self._discard(added)
            raise
        for row in added:
            self.rows[row.kind].append(row)
        self._subordinate = None
        return added

    def link_these(self, rows: Iterable[Row]) -> None:
        """Link all of ``rows``, which were added last. Raises SchemaError, and then they are gone again."""
        rows = list(rows)
        try:
            for row in rows:
                if row.kind == "ldapSyntaxes":
                    self._add_syntax(row)
            for row in rows:
                self.link(row)
        except SchemaError:
            self._discard(rows)
            raise

    def take_out(self, row: Row) -> None:
        """Forget a row and its element; what refers to that is the caller's business."""
        self._discard([row])

    def _discard(self, gone: list[Row]) -> None:
        for row in gone:
            table = self.by_key[row.kind]
            for key in row.keys:
                table.pop(key, None)  # a definition may give a name twice
            if row in self.rows[row.kind]:
                self.rows[row.kind].remove(row)
            element = row.linked
            if isinstance(element, Syntax):
                del self.syntaxes[element.oid]
            if isinstance(element, AttributeType):
                above = element.superior
                while above is not None:
                    above.subtypes.discard(element)
                    above = above.superior
            if isinstance(element, ObjectClass | ContentRule):
                self.must_order.pop(element, None)
            if isinstance(element, ContentRule):
                self.not_order.pop(element, None)
        elements = {id(row.linked) for row in gone if row.linked is not None}
        self.types = {key: t for key, t in self.types.items() if id(t) not in elements}
        self.classes = {key: c for key, c in self.classes.items() if id(c) not in elements}
        self._subordinate = None

    @staticmethod
    def _check_same(row: Row, other: Row) -> None:
        if row.definition.same_as(other.definition):
            return
        hint = "take one of the two out"
        if {"nis", "rfc2307bis"} == {_stem(row.source), _stem(other.source)}:
            hint = "nis and rfc2307bis exclude each other, load one of them"
        place = f"{other.source}:{other.line}"
        raise row.error(
            f"{other.subject.decode()!r} at {place} has the same OID or name and is defined differently; {hint}"
        )

    def _add_syntax(self, row: Row) -> None:
        """Make the syntax of a definition where it is a new one: values as of the one that X-SUBST names, or any
        octets."""
        d = row.definition
        if d.oid not in self.syntaxes:
            substitute = (d.many("X-SUBST") or ("",))[0]
            known = self.syntaxes.get(substitute or _OCTET_STRING)
            if known is None:
                reason = f"X-SUBST names the syntax {substitute}, which is not defined"
                raise row.error(reason, f'Substitute syntax not found: "{row.text.decode()}"')
            row.linked = replace(known, oid=d.oid, description=d.one("DESC") or "", definition=str(d))
            self.syntaxes[d.oid] = row.linked

    def link(self, row: Row) -> object:
        """The element of ``row``; None where none is made (what is only published). Raises SchemaError."""
        if row.linked is None and row.kind in LINKED_KINDS:
            if row in self._in_progress:
                superior = row.definition.many("SUP") or (row.definition.one("SUP") or "",)
                terse = f'{_NOT_FOUND[row.kind]} not found: "{superior[0]}"'
                raise row.error("it is its own superior, by way of SUP; break the circle", terse)
            self._in_progress.add(row)
            try:
                _LINKERS[row.kind](self, row)
            finally:
                self._in_progress.discard(row)
        elif row.kind not in LINKED_KINDS:
            _ = row.definition  # reading it is the check
        return row.linked

    def link_all(self, kind: str) -> None:
        """Link everything of ``kind``."""
        for row in self.rows[kind]:
            self.link(row)

    # --- references --------------------------------------------------------------------------------------------------

    def attribute_type(self, name: bytes) -> AttributeType | None:
        """By name or OID, in any case of letters."""
        name = name.lower()
        found = self.types.get(name)
        if found is None:
            row = self.by_key["attributeTypes"].get(name)
            if row is not None:
                self.link(row)
                found = self.types.get(name)
        return found

    def object_class(self, name: bytes) -> ObjectClass | None:
        """By name or OID, in any case of letters."""
        name = name.lower()
        found = self.classes.get(name)
        if found is None:
            row = self.by_key["objectClasses"].get(name)
            if row is not None:
                self.link(row)
                found = self.classes.get(name)
        return found

    def _need(self, row: Row, keyword: str, name: str, look_up: Callable[[bytes], _T | None], what: str) -> _T:
        found = look_up(name.encode())
        if found is None:
            reason = f"{keyword} names the {what} {name!r}, which is not defined; load the schema that defines it, too"
            inapt = keyword in ("ORDERING", "SUBSTR")
            terse = "AttributeType inappropriate matching rule" if inapt else f"{_NOT_FOUND[what]} not found"
            raise row.error(reason, f'{terse}: "{name}"')
        return found

    def _types(self, row: Row, keyword: str) -> tuple[AttributeType, ...]:
        names = row.definition.many(keyword)
        return tuple([self._need(row, keyword, name, self.attribute_type, "attribute type") for name in names])

    def _class(self, row: Row, keyword: str, name: str) -> ObjectClass:
        return self._need(row, keyword, name, self.object_class, "object class")

    def _rule(self, row: Row, keyword: str, kind: str) -> MatchingRule | None:
        name = row.definition.one(keyword)
        if name is None:
            return None
        rule = self._need(row, keyword, name, lambda n: self.rules.get(n.decode().lower()), "matching rule")
        if rule.kind != kind:
            reason = f"{keyword} names {name}, which is a rule for {rule.kind}"
            raise row.error(reason, f'AttributeType inappropriate matching rule: "{name}"')
        return rule

    # --- attribute types ---------------------------------------------------------------------------------------------

    def _link_type(self, row: Row) -> None:
        d = row.definition
        above: AttributeType | None = None
        if (sup := d.one("SUP")) is not None:
            above = self._need(row, "SUP", sup, self.attribute_type, "attribute type")
        syntax, length = self._syntax(row, above)
        usage = _USAGES.get((d.one("USAGE") or "userApplications").lower())
        if usage is None:
            raise row.error(f"USAGE {d.one('USAGE')} is none of {', '.join(u.value for u in Usage)}")
        collective = d.flag("COLLECTIVE")
        if above is not None and above.usage is not usage:
            operational = d.oid if usage is not Usage.USER else above.oid
            raise row.error(
                f"its USAGE is {usage.value}, that of its superior {above.name.decode()} {above.usage.value}",
                f'"{operational}" is operational',
            )
        inapt = f'AttributeType inappropriate USAGE: "{d.name}"'
        if d.flag("NO-USER-MODIFICATION") and usage is Usage.USER:
            raise row.error("NO-USER-MODIFICATION is for operational attributes; add a USAGE or take it out", inapt)
        if collective and (usage is not Usage.USER or d.flag("SINGLE-VALUE")):
            raise row.error("a COLLECTIVE attribute can be neither operational nor SINGLE-VALUE", inapt)
        equality = self._rule(row, "EQUALITY", "equality") or (above.equality if above else None)
        if d.oid in _OF_CLASSES:  # a value is a class that exists, whatever the syntax of that number allows elsewhere
            syntax, equality = self._of_classes
        attribute_type = AttributeType(
            oid=d.oid,
            names=d.names,
            name=d.name.encode(),
            superior=above,
            equality=equality,
            ordering=self._rule(row, "ORDERING", "ordering") or (above.ordering if above else None),
            substrings=self._rule(row, "SUBSTR", "substrings") or (above.substrings if above else None),
            syntax=syntax,
            length=length,
            single_value=d.flag("SINGLE-VALUE"),
            collective=collective,
            no_user_modification=d.flag("NO-USER-MODIFICATION"),
            usage=usage,
            obsolete=d.flag("OBSOLETE"),
            definition=str(d),
        )
        attribute_type.subtypes.add(attribute_type)
        while above is not None:
            above.subtypes.add(attribute_type)
            above = above.superior
        row.linked = attribute_type
        for key in row.keys:
            self.types[key] = attribute_type
        self.types[attribute_type.name] = attribute_type
        for below in self._rows_below(row):
            if below not in self._in_progress:
                self.link(below)

    def _syntax(self, row: Row, above: AttributeType | None) -> tuple[Syntax, int | None]:
        text = row.definition.one("SYNTAX")
        if text is None:
            if above is None:
                terse = f'AttributeType SYNTAX or SUPerior required: "{row.definition.name}"'
                raise row.error("it has neither SUP nor SYNTAX; give it one of them", terse)
            return above.syntax, above.length
        oid, brace, length = text.partition("{")
        syntax = self.syntaxes.get(oid)
        if syntax is None:
            what = "Syntax not found" if oid[:1].isdigit() else "OID could not be expanded"
            raise row.error(f"SYNTAX {oid} is not defined", f'{what}: "{oid}"')
        if brace and not length.removesuffix("}").isdigit():
            raise row.error(f"SYNTAX {text}: the length in braces is no number")
        return syntax, int(length.removesuffix("}")) if brace else None

    def _rows_below(self, row: Row) -> list[Row]:
        """The rows of direct subtypes. SUP is found by a look at the text, so it may be one too many, never one too
        few."""
        if self._subordinate is None:
            self._subordinate = {}
            table = self.by_key["attributeTypes"]
            for other in self.rows["attributeTypes"]:
                if b"SUP" in other.text.upper():
                    for name in _SUPERIOR.findall(other.text):
                        above = table.get(name.lower())
                        if above is not None:
                            self._subordinate.setdefault(above, []).append(other)
        return self._subordinate.get(row, [])

    # --- classes and rules -------------------------------------------------------------------------------------------

    def _link_class(self, row: Row) -> None:
        d = row.definition
        kinds = [kind for kind in Kind if d.flag(kind.value)]
        if len(kinds) > 1:
            raise row.error(f"it can't be {' and '.join(kind.value for kind in kinds)} at once")
        kind = kinds[0] if kinds else Kind.STRUCTURAL
        superiors = tuple([self._class(row, "SUP", name) for name in d.many("SUP")])
        for above in superiors:
            if above.kind is not kind and above.kind is not Kind.ABSTRACT:
                name = above.name.decode()
                raise row.error(
                    f"a class that is {kind.value} can't have the {above.kind.value} {name} above it",
                    f'user-defined ObjectClass has inappropriate SUPerior: "{name}"',
                )
        must = list(self._types(row, "MUST"))
        may = set(self._types(row, "MAY"))
        for above in superiors:
            must += [t for t in self.must_order[above] if t not in must]
            may |= above.may
        object_class = ObjectClass(
            oid=d.oid,
            names=d.names,
            name=d.name.encode(),
            superiors=superiors,
            kind=kind,
            must=frozenset(must),
            may=frozenset(may),
            obsolete=d.flag("OBSOLETE"),
            definition=str(d),
        )
        object_class.ancestors = frozenset({object_class}).union(*[above.ancestors for above in superiors])
        self.must_order[object_class] = tuple(must)
        row.linked = object_class
        for key in row.keys:
            self.classes[key] = object_class
        self.classes[object_class.name] = object_class

    def _link_content_rule(self, row: Row) -> None:
        d = row.definition
        structural = self._class(row, "the OID", d.oid)
        if structural.kind is not Kind.STRUCTURAL:
            raise row.error(f"its OID is that of {structural.name.decode()}, which is not a structural class")
        auxiliaries = [self._class(row, "AUX", name) for name in d.many("AUX")]
        for auxiliary in auxiliaries:
            if auxiliary.kind is not Kind.AUXILIARY:
                name = auxiliary.name.decode()
                terse = f'Content Rule AUX contains inappropriate object class: "{name}"'
                raise row.error(f"AUX names {name}, which is not an auxiliary class", terse)
        must, may, forbidden = self._types(row, "MUST"), self._types(row, "MAY"), self._types(row, "NOT")
        for forbidden_type in forbidden:
            required = structural.must.union(must, *[auxiliary.must for auxiliary in auxiliaries])
            if forbidden_type in required:
                raise row.error(f"NOT names {forbidden_type.name.decode()}, which is required")
        rule = ContentRule(
            oid=d.oid,
            names=d.names,
            auxiliaries=frozenset(auxiliaries),
            must=frozenset(must),
            may=frozenset(may),
            forbidden=frozenset(forbidden),
            obsolete=d.flag("OBSOLETE"),
            definition=str(d),
        )
        self.must_order[rule] = must
        self.not_order[rule] = forbidden
        row.linked = rule

    def _link_name_form(self, row: Row) -> None:
        d = row.definition
        name = d.one("OC")
        if name is None or not d.many("MUST"):
            raise row.error("a name form says OC and MUST")
        row.linked = NameForm(
            oid=d.oid,
            names=d.names,
            object_class=self._class(row, "OC", name),
            must=frozenset(self._types(row, "MUST")),
            may=frozenset(self._types(row, "MAY")),
            obsolete=d.flag("OBSOLETE"),
            definition=str(d),
        )


_LINKERS: dict[str, Callable[[Links, Row], None]] = {
    "attributeTypes": Links._link_type,
    "objectClasses": Links._link_class,
    "dITContentRules": Links._link_content_rule,
    "nameForms": Links._link_name_form,
}


def _stem(source: str) -> str:
    return source.replace("\\", "/").rpartition("/")[2].partition(".")[0]
