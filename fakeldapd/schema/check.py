"""What an entry may be: slapd's checks of classes, attributes and values, with its codes, its texts and its order.

slapd checks a finished entry (``check_entry``, or its parts one by one): first attributes that have a place of their
own (``ref``, ``namingContexts``, collective attributes), then that the structural classes are one chain, then the DIT
content rule, then class by class in the order of the values what each requires, and last, in the order of the
attributes, what nobody allows. The first fault is the answer. Values are checked before, one attribute after the
other, as they come in a request (``check_values``).

``extensibleObject`` allows every attribute, yet what classes require is still required. Operational attributes need
no class to allow them. Superiors of the structural class don't require anything of their own, it inherits what they
do.

Name forms and DIT structure rules are read and published and not enforced: slapd knows neither.

Under LENIENT, values and what classes require are checked; the chain, abstract classes, content rules' AUX and NOT,
places and what is allowed are not. Under OFF only duplicate values are.
"""

from collections.abc import Iterable, Iterator
from typing import NoReturn

from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import RDN
from fakeldapd.schema.elements import AttributeDescription, AttributeType, ClassSet, ContentRule, Kind, ObjectClass
from fakeldapd.schema.registry import Schema, SchemaCheck
from fakeldapd.schema.syntaxes import no_value

_OBJECT_CLASS = "2.5.4.0"
_STRICT, _LENIENT, _OFF = SchemaCheck.STRICT, SchemaCheck.LENIENT, SchemaCheck.OFF


def _violation(diagnostic: str) -> NoReturn:
    raise LDAPError(ResultCode.OBJECT_CLASS_VIOLATION, diagnostic)


# --- entries ---------------------------------------------------------------------------------------------------------


def check_entry(schema: Schema, classes: ClassSet, present: Iterable[AttributeDescription]) -> None:
    """All that slapd checks of a finished entry but its name, in slapd's order. ``present`` in the entry's order.
    Raises LDAPError."""
    present = tuple(present)
    check_places(schema, classes, present)
    check_classes(schema, classes, ())
    check_contents(schema, classes, present)


def check_classes(schema: Schema, classes: ClassSet, class_values: tuple[bytes, ...]) -> None:
    """Whether the structural classes are one chain. Raises LDAPError 65.

    ``class_values`` are the values that ``classes`` was made from; they are taken from ``classes`` itself, as slapd
    stores them.
    """
    if schema.check is not _STRICT:
        return
    best: ObjectClass | None = None
    for position, object_class in enumerate(classes.classes):
        if object_class.kind is not Kind.STRUCTURAL:
            continue
        if best is None or best in object_class.ancestors:
            best = object_class
        elif object_class not in best.ancestors:
            later = classes.classes[position + 1 :]
            if not _common_subclass(best, object_class, later):
                chain = f"{best.name.decode()}/{object_class.name.decode()}"
                _violation(f"invalid structural object class chain ({chain})")
    if best is None:
        _violation("no structural object class provided")
    if best.obsolete:
        _violation("")


def _common_subclass(one: ObjectClass, other: ObjectClass, later: tuple[ObjectClass, ...]) -> bool:
    return any(c.kind is Kind.STRUCTURAL and one in c.ancestors and other in c.ancestors for c in later)


def check_structural_change(schema: Schema, old: ClassSet, new: ClassSet) -> None:
    """Whether an entry may go from ``old`` to ``new``: its structural class stays. Raises LDAPError 69."""
    if schema.check is _STRICT and old.structural is not new.structural and old.structural and new.structural:
        before, after = old.structural.name.decode(), new.structural.name.decode()
        raise LDAPError(
            ResultCode.OBJECT_CLASS_MODS_PROHIBITED,
            f"structural object class modification from '{before}' to '{after}' not allowed",
        )


def check_attributes(schema: Schema, classes: ClassSet, present: Iterable[AttributeDescription]) -> None:
    """Whether what is required is there and what is there is allowed. ``present`` in the entry's order. Raises
    LDAPError 65."""
    present = tuple(present)
    check_places(schema, classes, present)
    check_contents(schema, classes, present)


_ROOT_DSE = (
    "1.3.6.1.4.1.1466.101.120.6",  # altServer
    "1.3.6.1.4.1.1466.101.120.5",  # namingContexts
    "1.3.6.1.4.1.1466.101.120.13",  # supportedControl
    "1.3.6.1.4.1.1466.101.120.7",  # supportedExtension
    "1.3.6.1.4.1.1466.101.120.15",  # supportedLDAPVersion
    "1.3.6.1.4.1.1466.101.120.14",  # supportedSASLMechanisms
    "1.3.6.1.4.1.4203.1.3.5",  # supportedFeatures
)
_PLACES: dict[str, tuple[str | None, str]] = {
    **dict.fromkeys(_ROOT_DSE, (None, "only allowed in the root DSE")),
    "2.5.4.1": ("is_alias", "only allowed in the alias"),  # aliasedObjectName
    "2.16.840.1.113730.3.1.34": ("is_referral", "only allowed in the referral"),  # ref
    "2.5.18.6": ("is_subentry", "only allowed in the subentry"),  # subtreeSpecification
    "2.5.18.5": (None, "not supported!"),  # administrativeRole
    "1.3.6.1.4.1.1466.101.119.3": (None, "not supported in context"),  # entryTtl
}
"""Attribute types that belong in one kind of entry: what must hold of the ClassSet (None: nothing will do), and what
slapd says."""

_CLASS_PLACES: dict[str, tuple[str | None, str]] = {
    "1.3.6.1.4.1.4203.1.4.1": (None, "only allowed in the root DSE"),  # OpenLDAProotDSE
    "2.5.20.1": ("is_subentry", "only allowed in subentries"),  # subschema
    "1.3.6.1.4.1.1466.101.119.2": (None, "not supported in context"),  # dynamicObject
}
"""The same of object classes."""

_OBJECT_CLASS = "2.5.4.0"
_COLLECTIVE_SUBENTRY = b"collectiveAttributeSubentry"


def check_places(schema: Schema, classes: ClassSet, present: tuple[AttributeDescription, ...]) -> None:
    """Whether attributes that belong in one kind of entry are in one of that kind. Raises LDAPError 65."""
    for diagnostic in _misplaced(schema, classes, present):
        _violation(diagnostic)


def check_contents(schema: Schema, classes: ClassSet, present: tuple[AttributeDescription, ...]) -> None:
    """Whether what classes require is there and what is there is allowed. Raises LDAPError 65."""
    for diagnostic in _bad_contents(schema, classes, present):
        _violation(diagnostic)


def violations(schema: Schema, classes: ClassSet, present: Iterable[AttributeDescription]) -> Iterator[LDAPError]:
    """Everything for which ``check_attributes`` would refuse an entry, the error that it would raise first."""
    present = tuple(present)
    for diagnostic in (*_misplaced(schema, classes, present), *_bad_contents(schema, classes, present)):
        yield LDAPError(ResultCode.OBJECT_CLASS_VIOLATION, diagnostic)


def _misplaced(schema: Schema, classes: ClassSet, present: tuple[AttributeDescription, ...]) -> Iterator[str]:
    if schema.check is not _STRICT:
        return
    for description in present:
        place = _PLACES.get(description.type.oid)
        if place is not None and not (place[0] and getattr(classes, place[0])):
            yield f'attribute "{description.name.decode()}" {place[1]}'
        if description.type.collective and not any(c.name == _COLLECTIVE_SUBENTRY for c in classes.all):
            yield f"'{description.type.name.decode()}' can only appear in {_COLLECTIVE_SUBENTRY.decode()}"


def _bad_contents(schema: Schema, classes: ClassSet, present: tuple[AttributeDescription, ...]) -> Iterator[str]:
    if schema.check is _OFF:
        return
    strict = schema.check is _STRICT
    types = {description.type for description in present}
    rule = None if classes.structural is None else schema.content_rule(classes.structural)
    if rule is not None:
        yield from _against_rule(schema, rule, types, strict)
    unrelated: list[ObjectClass] = []
    if not strict and classes.structural is not None:  # where chains don't hold, each of several requires what it does
        above = classes.structural.ancestors
        unrelated = [c for c in classes.classes if c.kind is Kind.STRUCTURAL and c not in above]
    for object_class in classes.classes:
        if strict:
            yield from _bad_class(object_class, classes, rule)
        if object_class.kind is Kind.AUXILIARY or object_class is classes.structural or object_class in unrelated:
            for required in schema.must(object_class):
                if required not in types:
                    name = object_class.name.decode()
                    yield f"object class '{name}' requires attribute '{required.name.decode()}'"
    if strict and not classes.allows_all:
        must, may = classes.must, classes.may
        for description in present:
            attribute_type = description.type
            known = attribute_type in must or attribute_type in may or attribute_type.oid == _OBJECT_CLASS
            if not known and not attribute_type.operational:
                yield f"attribute '{description.name.decode()}' not allowed"


def _against_rule(schema: Schema, rule: ContentRule, types: set[AttributeType], strict: bool) -> Iterator[str]:
    name = rule.names[0] if rule.names else rule.oid
    if rule.obsolete:
        yield f"content rule '{name}' is obsolete"
    for required in schema.must(rule):
        if required not in types:
            yield f"content rule '{name}' requires attribute '{required.name.decode()}'"
    if strict:
        for precluded in schema.forbidden(rule):
            if precluded in types:
                yield f"content rule '{name}' precluded attribute '{precluded.name.decode()}'"


def _bad_class(object_class: ObjectClass, classes: ClassSet, rule: ContentRule | None) -> Iterator[str]:
    if object_class.obsolete:
        yield f"objectClass '{object_class.name.decode()}' is OBSOLETE"
    place = _CLASS_PLACES.get(object_class.oid)
    if place is not None and not (place[0] and getattr(classes, place[0])):
        yield f'objectClass "{object_class.oid}" {place[1]}'
    if object_class.kind is Kind.ABSTRACT:
        if not any(c.kind is not Kind.ABSTRACT and object_class in c.ancestors for c in classes.classes):
            yield f"instantiation of abstract objectClass '{object_class.name.decode()}' not allowed"
    elif object_class.kind is Kind.AUXILIARY and rule is not None and object_class not in rule.auxiliaries:
        name = rule.names[0] if rule.names else rule.oid
        yield f"class '{object_class.name.decode()}' not allowed by content rule '{name}'"


# --- names -----------------------------------------------------------------------------------------------------------


def check_naming(rdn: RDN) -> None:
    """Whether entries can be named by these types at all; whether the values are there is the directory's. Raises
    LDAPError 64."""
    types = rdn.types if isinstance(rdn.types, tuple) else (rdn.types,)
    for description in types:
        attribute_type = description.type
        if attribute_type.operational:
            fault = "is operational"
        elif attribute_type.collective:
            fault = "is collective"
        elif attribute_type.obsolete:
            fault = "is obsolete"
        elif attribute_type.equality is None:
            fault = "has no equality matching rule"
        else:
            continue
        raise LDAPError(ResultCode.NAMING_VIOLATION, f"naming attribute '{attribute_type.name.decode()}' {fault}")


# --- values ----------------------------------------------------------------------------------------------------------


def check_values(
    schema: Schema,
    description: AttributeDescription,
    values: tuple[bytes, ...],
    *,
    duplicates: bool = True,
    sent: bytes | None = None,
) -> None:
    """Whether ``values`` may go into one attribute together. ``duplicates`` False: they are to be deleted, so there
    may be several of a single-valued attribute, and the same twice. ``sent``: the description as the client spelled
    it, which slapd repeats.

    Raises LDAPError 21 for a value that doesn't fit the syntax, 19 for several values of one that takes one and for
    an attribute that is obsolete, 20 for a value that is there twice.
    """
    attribute_type = description.type
    if len(values) == 1 and attribute_type.syntax.validate(values[0]) and not attribute_type.obsolete:
        return
    if schema.check is not _OFF:
        validate = attribute_type.syntax.validate
        if schema.check is _LENIENT and attribute_type.oid == _OBJECT_CLASS:  # unknown classes are welcome
            validate = bool
        for number, value in enumerate(values):
            if not validate(value):
                _refuse(description, sent, number)
        if attribute_type.obsolete and schema.check is _STRICT and values:
            raise LDAPError(ResultCode.CONSTRAINT_VIOLATION, f"{_shown(description, sent)}: attribute is obsolete")
        if len(values) > 1 and attribute_type.single_value and duplicates:
            raise LDAPError(ResultCode.CONSTRAINT_VIOLATION, f"{_shown(description, sent)}: multiple values provided")
    if len(values) > 1 and duplicates:
        _check_duplicates(schema, description, values, sent)


def _check_duplicates(
    schema: Schema, description: AttributeDescription, values: tuple[bytes, ...], sent: bytes | None
) -> None:
    rule = description.type.equality
    seen: dict[object, int] = {}
    for number, value in enumerate(values):
        normal: object = value
        if rule is not None:
            normal = rule.normalise(value)
            if normal is None:
                if schema.check is _STRICT:
                    diagnostic = f"{_shown(description, sent)}: value #{number} normalization failed"
                    raise LDAPError(ResultCode.INVALID_ATTRIBUTE_SYNTAX, diagnostic)
                normal = value
        first = seen.setdefault(normal, number)
        if first != number:
            diagnostic = f"{description.name.decode()}: value #{first} provided more than once"
            raise LDAPError(ResultCode.ATTRIBUTE_OR_VALUE_EXISTS, diagnostic)


def _refuse(description: AttributeDescription, sent: bytes | None, number: int) -> NoReturn:
    syntax = description.type.syntax
    reason = f"value #{number} invalid per syntax"
    if syntax.validate is no_value:
        reason = f"no validator for syntax {syntax.oid}"
    raise LDAPError(ResultCode.INVALID_ATTRIBUTE_SYNTAX, f"{_shown(description, sent)}: {reason}")


def _shown(description: AttributeDescription, sent: bytes | None) -> str:
    return (description.name if sent is None else sent).decode(errors="replace")
