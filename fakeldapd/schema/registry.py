"""The schema in force (RFC 4512 section 4): what a name, a description, a set of classes or a DN means.

A ``Schema`` holds every definition it was given and links each when it is first looked up (``linking``), so making
one costs milliseconds however large the files are. A file given by its path is checked at once and completely; what
is shipped was checked by the tests. Every look-up of the hot paths is one dictionary ``get`` once its answer is
known; those dictionaries are bounded, since their keys are the peers' choice.

Two strictnesses share this class. Under STRICT an attribute or class that isn't defined is an error with slapd's code
and text. Under LENIENT and OFF an attribute type is made up for every well-formed name, and unknown classes allow
everything.
"""

import re
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.description import SchemaError
from fakeldapd.schema.dn import DN, RDN, DNReader
from fakeldapd.schema.elements import (
    AttributeDescription,
    AttributeType,
    ClassSet,
    ContentRule,
    Kind,
    MatchingRule,
    ObjectClass,
    Syntax,
)
from fakeldapd.schema.implicit import ImplicitTypes
from fakeldapd.schema.linking import Links
from fakeldapd.schema.matching import applies_to, approximate, build_rules
from fakeldapd.schema.publication import published
from fakeldapd.schema.sources import Row, cut
from fakeldapd.schema.syntaxes import build_syntaxes

if TYPE_CHECKING:
    from fakeldapd.schema.revision import Revision, SchemaState

__all__ = ["DEFAULT_SCHEMAS", "AttributeDescriptionError", "Schema", "SchemaCheck", "SchemaError"]

DEFAULT_SCHEMAS = ("core", "cosine", "inetorgperson", "nis", "misc", "dyngroup", "msuser")
"""What ``Schema.load`` loads when nothing is asked for."""

_SHIPPED = Path(__file__).parent.parent / "schemas"
_ALWAYS = ("system", "core")

_CACHED = 4096
_LONGEST_CACHED = 256
_WELL_FORMED = re.compile(rb"[A-Za-z0-9][A-Za-z0-9.;-]*\Z")
_EXTENSIBLE, _ALIAS, _REFERRAL, _SUBENTRY = b"extensibleObject", b"alias", b"referral", b"subentry"


class SchemaCheck(Enum):
    """How much of the schema holds. DNs, naming, duplicate values and NO-USER-MODIFICATION hold always."""

    STRICT = "strict"
    LENIENT = "lenient"
    OFF = "off"


class AttributeDescriptionError(LDAPError):
    """A description that stands for nothing here (17). ``diagnostic`` is what slapd says to an update, ``reason`` the
    part of it behind the description, ``inapt`` whether slapd says that part to a compare, too (to all others it says
    nothing)."""

    def __init__(self, description: bytes, reason: str) -> None:
        shown = description.partition(b"\0")[0].decode(errors="surrogateescape")
        super().__init__(ResultCode.UNDEFINED_ATTRIBUTE_TYPE, f"{shown}: {reason}")
        self.reason = reason
        self.inapt = reason.startswith(("empty", "AttributeDescription"))


class Schema:
    """All definitions of a server, and what is remembered of looking things up in them.

    ``Schema()`` has the built-in definitions and ``core`` only. Elements keep their identity as long as the Schema
    lives.
    """

    def __init__(self, check: SchemaCheck = SchemaCheck.STRICT, *, names_or_files: Sequence[str] = ()) -> None:
        self.check = check
        self.version = 0
        """Counts the changes; what was worked out under an older one may be out of date."""
        self._lenient = check is not SchemaCheck.STRICT
        syntaxes = build_syntaxes(self)
        self._links = Links(syntaxes, build_rules(self, syntaxes))
        self._macros: dict[str, str] = {}
        self.sources: dict[str, tuple[str, ...]] = {}
        """Where definitions came from, in order, and the names of the macros that each source defined."""
        self._plain: dict[AttributeType, AttributeDescription] = {}
        self._passing: WeakValueDictionary[tuple[AttributeType, tuple[bytes, ...]], AttributeDescription] = (
            WeakValueDictionary()
        )
        self._for_updates: dict[bytes, AttributeDescription] = {}
        self._found: dict[bytes, AttributeDescription | None] = {}
        self._without_ranges: dict[bytes, AttributeDescription | None] = {}
        self._class_sets: dict[tuple[bytes, ...], ClassSet] = {}
        self.checked_classes: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}
        """Values of objectClass that have been checked, as sent, and as they are stored."""
        self.sought: dict[bytes, Any] = {}
        """What the compiler of filters has made of the names of attribute types."""
        self._definitions: dict[str, list[bytes]] | None = None
        self._names = DNReader(self)
        self.dn: Callable[[bytes], DN] = self._names.dn
        """The DN that a text stands for; ``LDAPError(34, "invalid DN")`` where it stands for none. Remembered, within
        bounds."""
        self.rdn: Callable[[bytes], RDN] = self._names.rdn
        """The RDN that a text stands for; ``LDAPError(34, "invalid new RDN")`` where it stands for none."""
        self._implicit = ImplicitTypes(self._links.syntaxes, self._links.rules)
        self._load(names_or_files)

    @classmethod
    def load(cls, names_or_files: Sequence[str] = DEFAULT_SCHEMAS, check: SchemaCheck = SchemaCheck.STRICT) -> "Schema":
        """A schema with the built-in definitions, ``core``, and those named: names of shipped schemas, or files in
        OpenLDAP's form or LDIF (whatever has a path separator in it or ends in ``.schema`` or ``.ldif``). Raises
        SchemaError."""
        return cls(check, names_or_files=names_or_files)

    def _load(self, names_or_files: Sequence[str]) -> None:
        given = [*_ALWAYS, *[name for name in dict.fromkeys(names_or_files) if name not in _ALWAYS]]
        if "nis" in given and "rfc2307bis" in given:
            reason = "nis and rfc2307bis define the same names differently and exclude each other; load one of them"
            raise SchemaError("rfc2307bis", None, reason)
        eager: list[Row] = []
        for name in given:
            file = "/" in name or "\\" in name or name.endswith((".schema", ".ldif"))
            path = Path(name) if file else _SHIPPED / f"{name}.schema"
            source = name if file else path.name
            rows = self._links.add(cut(_read_file(path, name, file), source, self._macros))
            self._note_source(source, self._macros)
            if file:
                eager += rows
        self._links.link_these(eager)

    def add(self, source_text: str | bytes, source_name: str) -> None:
        """Add the definitions in ``source_text`` (either form), all or none of them. Raises SchemaError."""
        text = source_text.encode() if isinstance(source_text, str) else source_text
        macros = dict(self._macros)
        rows = self._links.add(cut(text, source_name, macros))
        self._links.link_these(rows)
        self._note_source(source_name, macros)
        self._macros.update(macros)
        self._changed()

    def _note_source(self, source: str, macros: dict[str, str]) -> None:
        known = {name for names in self.sources.values() for name in names}
        self.sources[source] = (*self.sources.get(source, ()), *[name for name in macros if name not in known])

    def _changed(self) -> None:
        self.version += 1
        for names in (self._for_updates, self._found, self._without_ranges, self.sought):
            names.clear()
        for classes in (self._class_sets, self.checked_classes):
            classes.clear()
        self._names.forget()
        self._definitions = None

    def revision(self) -> "Revision":
        """A change of this schema to work on, which ``put_in_force`` ends."""
        from fakeldapd.schema.revision import Revision

        return Revision(self._links, self._macros, self.applies)

    def put_in_force(self, revision: "Revision") -> None:
        """Make a completed revision this schema. Elements that stay keep their identity; entries with classes that are
        defined differently now need new layouts."""
        for element in revision.gone():
            if isinstance(element, AttributeType):
                self._plain.pop(element, None)
        revision.settle()
        self._links = revision.links
        self._macros = revision.macros
        self._changed()

    @property
    def state(self) -> "SchemaState":
        """What ``restore`` goes back to."""
        from fakeldapd.schema.revision import SchemaState

        rows = {kind: tuple(rows) for kind, rows in self._links.rows.items()}
        return SchemaState(self.version, rows, dict(self._macros), dict(self.sources))

    def restore(self, state: "SchemaState") -> None:
        """Have the definitions of ``state`` again. Elements that stay keep their identity; entries need new layouts,
        unless ``version`` was the state's anyway."""
        from fakeldapd.schema.revision import go_back

        if self.version != state.version:
            revision = self.revision()
            revision.macros = dict(state.macros)
            go_back(revision, state.rows)
            self.put_in_force(revision)
            self.sources = dict(state.sources)

    def syntaxes(self) -> list[str]:
        """The built-in syntaxes as RFC 4512 text."""
        added = {row.linked for row in self._links.rows["ldapSyntaxes"]}
        return [s.definition for s in self._links.syntaxes.values() if s.definition and s not in added]

    def definitions_from(self, source: str) -> dict[str, list[str]]:
        """What one of the ``sources`` defines, by kind, as RFC 4512 text; macros as ``name OID`` by
        ``objectIdentifiers``."""
        found = {
            kind: [str(row.definition) for row in rows if row.source == source]
            for kind, rows in self._links.rows.items()
        }
        found["objectIdentifiers"] = [f"{name} {self._macros[name]}" for name in self.sources[source]]
        return found

    # --- elements ----------------------------------------------------------------------------------------------------

    def attribute_type(self, name: bytes) -> AttributeType | None:
        """The attribute type with that name, alias or OID, in any case of letters."""
        return self._links.types.get(name) or self._links.attribute_type(name)

    def object_class(self, name: bytes) -> ObjectClass | None:
        """The object class with that name, alias or OID, in any case of letters."""
        return self._links.classes.get(name) or self._links.object_class(name)

    def matching_rule(self, name: bytes) -> MatchingRule | None:
        """The matching rule with that name or OID, in any case of letters."""
        return self._links.rules.get(name.decode(errors="replace").lower())

    def approximate(self, equality: MatchingRule) -> MatchingRule:
        """The rule that ``~=`` means for attributes with this equality rule."""
        return approximate(equality, self._links.rules)

    def syntax(self, oid: str) -> Syntax | None:
        """The syntax with that OID."""
        return self._links.syntaxes.get(oid)

    def must(self, element: ObjectClass | ContentRule) -> tuple[AttributeType, ...]:
        """``element.must`` in slapd's order: its own, as listed, then those of its superiors."""
        return self._links.must_order[element]

    def forbidden(self, rule: ContentRule) -> tuple[AttributeType, ...]:
        """``rule.forbidden`` as listed."""
        return self._links.not_order[rule]

    def content_rule(self, structural: ObjectClass) -> ContentRule | None:
        """The DIT content rule for entries of that structural class."""
        row = self._links.by_key["dITContentRules"].get(structural.oid.encode())
        if row is None:
            return None
        rule = self._links.link(row)
        return rule if isinstance(rule, ContentRule) else None

    # --- attribute descriptions --------------------------------------------------------------------------------------

    def attribute(self, description: bytes) -> AttributeDescription:
        """The description as an update may use it. Raises AttributeDescriptionError, also for a language range and
        for a missing ``;binary``. Remembered, within bounds."""
        found = self._for_updates.get(description)
        if found is None:
            found = self.describe(description)
            if found.type.syntax.binary and b"binary" not in found.options:
                raise AttributeDescriptionError(description, "requires ;binary transfer")
            if _has_range(found):
                raise AttributeDescriptionError(description, "inappropriate use of tag range option")
            remember(self._for_updates, description, found)
        return found

    def find(self, description: bytes, ranges: bool = True) -> AttributeDescription | None:
        """The description as a search or compare may use it: ``;binary`` may be missing, and options may be language
        ranges (``cn;lang-en-``, RFC 3866 section 2.4), in a filter as in an attribute list, unless ``ranges`` is
        False. None where it stands for nothing. Remembered, within bounds."""
        known = self._found if ranges else self._without_ranges
        try:
            return known[description]
        except KeyError:
            pass
        found: AttributeDescription | None
        try:
            found = self.describe(description)
        except AttributeDescriptionError:
            found = None
        if found is not None and not ranges and _has_range(found):
            found = None
        remember(known, description, found)
        return found

    def describe(self, description: bytes) -> AttributeDescription:
        """The description that ``description`` spells, whatever for. Raises AttributeDescriptionError."""
        if not _WELL_FORMED.match(description):
            reason = (
                "AttributeDescription contains inappropriate characters"
                if description
                else "empty AttributeDescription"
            )
            raise AttributeDescriptionError(description, reason)
        name, semicolon, tail = description.partition(b";")
        attribute_type = self.attribute_type(name)
        if attribute_type is None and self._lenient:
            attribute_type = self._implicit.get(name)
        if attribute_type is None:
            raise AttributeDescriptionError(description, "attribute type undefined")
        if not semicolon:
            return self._describe(attribute_type, ())
        if attribute_type.operational:
            raise AttributeDescriptionError(description, "operational attribute with options undefined")
        options: set[bytes] = set()
        for option in tail.lower().split(b";"):
            if option == b"binary":
                if option in options:
                    raise AttributeDescriptionError(description, 'option "binary" specified multiple times')
                if not attribute_type.syntax.binary:
                    raise AttributeDescriptionError(description, 'option "binary" not supported with type')
            elif not option:
                raise AttributeDescriptionError(description, "zero length option is invalid")
            elif not option.startswith(b"lang-"):
                raise AttributeDescriptionError(description, "unrecognized option")
            options.add(option)
        return self._describe(attribute_type, tuple(sorted(options)))

    def _describe(self, attribute_type: AttributeType, options: tuple[bytes, ...]) -> AttributeDescription:
        passing = bool(options) or attribute_type.implicit  # clients could make any number of these
        found = self._passing.get((attribute_type, options)) if passing else self._plain.get(attribute_type)
        if found is None:
            name = b";".join((attribute_type.name, *options))
            found = AttributeDescription(attribute_type, options, name, _octet_string(name))
            if passing:
                self._passing[attribute_type, options] = found
            else:
                self._plain[attribute_type] = found
        return found

    def naming_description(self, name: bytes) -> AttributeDescription | None:
        """What ``name`` stands for in an RDN; ``dn`` asks."""
        attribute_type = self.attribute_type(name)
        if attribute_type is None and self._lenient and _WELL_FORMED.match(name):
            attribute_type = self._implicit.get(name)
        return None if attribute_type is None else self._describe(attribute_type, ())

    # --- sets of classes ---------------------------------------------------------------------------------------------

    def class_set(self, values: tuple[bytes, ...]) -> ClassSet:
        """What the values of an objectClass attribute mean together. Raises LDAPError 21 for a class that isn't
        defined, under STRICT. Remembered, within bounds."""
        found = self._class_sets.get(values)
        if found is not None:
            return found
        classes: list[ObjectClass] = []
        unknown = False
        for number, value in enumerate(values):
            object_class = self.object_class(value)
            if object_class is not None:
                classes.append(object_class)
            elif self._lenient:
                unknown = True
            else:
                diagnostic = f"objectClass: value #{number} invalid per syntax"
                raise LDAPError(ResultCode.INVALID_ATTRIBUTE_SYNTAX, diagnostic)
        found = self._make_class_set(tuple(classes), unknown)
        if sum(map(len, values)) <= 1024:
            if len(self._class_sets) >= _CACHED:
                self._class_sets.clear()
            self._class_sets[values] = found
        return found

    def remember_classes(self, values: tuple[bytes, ...], stored: tuple[bytes, ...]) -> None:
        """These values of objectClass have been checked: next time they need not be. Remembered, within bounds."""
        if sum(map(len, values)) <= 1024:
            if len(self.checked_classes) >= _CACHED:
                self.checked_classes.clear()
            self.checked_classes[values] = stored

    def _make_class_set(self, classes: tuple[ObjectClass, ...], allows_all: bool) -> ClassSet:
        structural: ObjectClass | None = None
        everything: set[ObjectClass] = set()
        for object_class in classes:
            everything |= object_class.ancestors
            if object_class.kind is Kind.STRUCTURAL and (structural is None or structural in object_class.ancestors):
                structural = object_class
        must: set[AttributeType] = set()
        may: set[AttributeType] = set()
        for object_class in classes:
            must |= object_class.must
            may |= object_class.may
        rule = None if structural is None else self.content_rule(structural)
        if rule is not None:
            must |= rule.must
            may |= rule.may
        names = {object_class.name for object_class in everything}
        return ClassSet(
            classes=classes,
            all=frozenset(everything),
            structural=structural,
            must=frozenset(must),
            may=frozenset(may),
            allows_all=allows_all or _EXTENSIBLE in names,
            is_alias=_ALIAS in names,
            is_referral=_REFERRAL in names,
            is_subentry=_SUBENTRY in names,
        )

    # --- rules, publication ------------------------------------------------------------------------------------------

    def applies(self, rule: MatchingRule, attribute_type: AttributeType) -> bool:
        """Whether an extensible match may use ``rule`` on values of that type (what matchingRuleUse publishes)."""
        return applies_to(rule, attribute_type)

    def definitions(self) -> dict[str, list[bytes]]:
        """Every definition that slapd would show, as RFC 4512 text, by the attribute of the subschema subentry it
        belongs in."""
        if self._definitions is None:
            self._definitions = published(self._links, self.applies)
        return self._definitions


def remember(known: dict[bytes, Any], description: bytes, found: object) -> None:
    """Note what a description stands for, within bounds: how they are spelled is the clients' choice."""
    if len(description) <= _LONGEST_CACHED:
        if len(known) >= _CACHED:
            known.clear()
        known[description] = found


def _has_range(description: AttributeDescription) -> bool:
    return any(option.endswith(b"-") for option in description.options)


def _octet_string(octets: bytes) -> bytes:
    length = len(octets)
    if length < 128:
        return bytes((4, length)) + octets
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((4, 128 + len(size))) + size + octets


def _read_file(path: Path, name: str, file: bool) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        if file:
            raise SchemaError(name, None, "there is no such file") from None
        shipped = ", ".join(sorted(p.stem for p in _SHIPPED.glob("*.schema") if p.stem != "system"))
        raise SchemaError(
            name, None, f"no schema of that name is shipped (those are {shipped}); a file needs its path"
        ) from None
    except OSError as error:
        raise SchemaError(name, None, f"it can't be read: {error.strerror}") from None
