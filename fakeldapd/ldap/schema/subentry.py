"""The definitions of one server, from its subschema subentry."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any, TypeAlias
from urllib.request import urlopen

from fakeldapd import ldap, ldapurl, ldif
from fakeldapd.ldap.cidict import cidict
from fakeldapd.ldap.schema.models import (
    NOT_HUMAN_READABLE_LDAP_SYNTAXES,  # noqa: F401
    AttributeType,
    AttributeUsage,  # noqa: F401
    DITContentRule,
    DITStructureRule,
    Entry,  # noqa: F401
    LDAPSyntax,
    MatchingRule,
    MatchingRuleUse,
    NameForm,
    ObjectClass,
    SchemaElement,  # noqa: F401
)
from fakeldapd.ldap.schema.tokenizer import extract_tokens, split_tokens  # noqa: F401

Filters: TypeAlias = Iterable[tuple[str, Any]] | None
"""Pairs of an attribute of definitions and the values it may have."""

SCHEMA_CLASS_MAPPING = cidict(
    {
        found.schema_attribute: found
        for found in (
            ObjectClass,
            AttributeType,
            LDAPSyntax,
            MatchingRule,
            MatchingRuleUse,
            DITContentRule,
            DITStructureRule,
            NameForm,
        )
    }
)
"""The class for each attribute of a subschema subentry."""

SCHEMA_ATTRS = list(SCHEMA_CLASS_MAPPING)
SCHEMA_ATTR_MAPPING: dict[Any, str] = {found: name for name, found in SCHEMA_CLASS_MAPPING.items()}
o = SCHEMA_ATTR_MAPPING


class SubschemaError(ValueError):
    """A schema that cannot be."""


class OIDNotUnique(SubschemaError):
    """Two definitions of a kind have one OID. ``desc`` is the second one's text."""

    def __init__(self, desc: str | bytes) -> None:
        super().__init__(desc)
        self.desc = desc

    def __str__(self) -> str:
        return (
            f"OID not unique for {self.desc!r}" if isinstance(self.desc, bytes) else f"OID not unique for {self.desc}"
        )


class NameNotUnique(SubschemaError):
    """Two definitions of a kind have one name. ``desc`` is the second one's text."""

    def __init__(self, desc: str | bytes) -> None:
        super().__init__(desc)
        self.desc = desc

    def __str__(self) -> str:
        return (
            f"NAME not unique for {self.desc!r}" if isinstance(self.desc, bytes) else f"NAME not unique for {self.desc}"
        )


class SubSchema:
    """The definitions of ``sub_schema_sub_entry``, a dict of attributes and values.

    ``check_uniqueness``: 0 the last definition of an OID or a name counts; 1 a name twice raises NameNotUnique, an OID
    twice is kept aside; 2 an OID twice raises OIDNotUnique as well. ``sed`` has the definitions by class and OID,
    ``name2oid`` the OIDs by class and name.
    """

    def __init__(self, sub_schema_sub_entry: Mapping[str, Iterable[str | bytes]], check_uniqueness: int = 1) -> None:
        self.name2oid: dict[Any, cidict] = {}
        self.sed: dict[Any, dict[str, Any]] = {}
        self.non_unique_oids: Any = {}
        self.non_unique_names: Any = {}
        entry = cidict(sub_schema_sub_entry)
        for name, kind in SCHEMA_CLASS_MAPPING.items():
            self.name2oid[kind] = cidict()
            self.sed[kind] = {}
            self.non_unique_names[kind] = cidict()
            for text in entry.get(name, ()):
                if text:
                    self._add(kind, text, check_uniqueness or 0)
        self.non_unique_oids = list(self.non_unique_oids)

    def _add(self, kind: Any, text: str | bytes, check_uniqueness: int) -> None:
        element = kind(text)
        oid = element.get_id()
        if check_uniqueness and oid in self.sed[kind]:
            self.non_unique_oids[oid] = None
            if check_uniqueness == 1:
                oid = next(key for key in (f"{oid};{number}" for number in count(1)) if key not in self.sed[kind])
            else:
                raise OIDNotUnique(text)
        self.sed[kind][oid] = element
        for name in getattr(element, "names", ()):
            if check_uniqueness and name in self.name2oid[kind]:
                raise NameNotUnique(text)
            self.name2oid[kind][name] = oid

    def ldap_entry(self) -> dict[str, list[str]]:
        """The definitions as attributes of an entry."""
        return {
            SCHEMA_ATTR_MAPPING[kind]: [str(element) for element in elements.values()]
            for kind, elements in self.sed.items()
            if elements
        }

    def listall(self, schema_element_class: Any, schema_element_filters: Filters = None) -> list[str]:
        """The OIDs of all definitions of a class; with filters an OID once for each filter that is true of it."""
        elements = self.sed[schema_element_class]
        if not schema_element_filters:
            return list(elements)
        filters = list(schema_element_filters)
        return [
            oid
            for oid, element in elements.items()
            for name, values in filters
            if hasattr(element, name) and getattr(element, name) in values
        ]

    def tree(self, schema_element_class: Any, schema_element_filters: Filters = None) -> cidict:
        """The OIDs below each OID; below ``"_"`` those without a superior. For object classes and attribute types."""
        if schema_element_class not in (ObjectClass, AttributeType):
            raise AssertionError  # not an assert: pytest rewrites those, and python-ldap's stay as they are
        found = self.listall(schema_element_class, schema_element_filters)
        tree = cidict({"_": [], **{oid: [] for oid in found}})
        for oid in found:
            element = self.sed[schema_element_class][oid]
            for superior in element.sup or ("_",):
                above = tree.get("_" if superior == "_" else self.getoid(schema_element_class, superior))
                if above is not None:
                    above.append(oid)
        return tree

    def getoid(self, se_class: Any, nameoroid: str, raise_keyerror: int = 0) -> str:
        """The OID for a name, options left off; what is unknown is returned, or raises KeyError."""
        name = nameoroid.split(";")[0].strip()
        if name in self.name2oid[se_class]:
            oid: str = self.name2oid[se_class][name]
            return oid
        if raise_keyerror and name not in self.sed[se_class]:
            raise KeyError(f"No registered {se_class.__name__}-OID for nameoroid {name!r}")
        return name

    def get_inheritedattr(self, se_class: Any, nameoroid: str, name: str) -> Any:
        """An attribute of a definition, where it is None that of its first superior. Raises KeyError."""
        element = self.sed[se_class][self.getoid(se_class, nameoroid)]
        value = getattr(element, name, None)
        if value is None and getattr(element, "sup", None):
            return self.get_inheritedattr(se_class, element.sup[0], name)
        return value

    def get_obj(self, se_class: Any, nameoroid: str, default: Any = None, raise_keyerror: int = 0) -> Any:
        """The definition for a name or an OID, else ``default``, or KeyError."""
        oid = self.getoid(se_class, nameoroid)
        if oid in self.sed[se_class]:
            return self.sed[se_class][oid]
        if raise_keyerror:
            raise KeyError(
                f"No ldap.schema.{se_class.__name__} instance with nameoroid {nameoroid!r} and se_oid {oid!r}"
            )
        return default

    def get_inheritedobj(self, se_class: Any, nameoroid: str, inherited: Iterable[str] | None = None) -> Any:
        """A copy of the definition, with the attributes ``inherited`` from superiors; None if there is none."""
        element = copy.copy(self.get_obj(se_class, nameoroid))
        if element is not None:
            for name in inherited or ():
                setattr(element, name, self.get_inheritedattr(se_class, nameoroid, name))
        return element

    def get_syntax(self, nameoroid: str) -> str | None:
        """The syntax that an attribute type's own definition names. Raises AttributeError for an unknown one."""
        syntax: str | None = self.get_inheritedobj(AttributeType, self.getoid(AttributeType, nameoroid)).syntax
        return syntax

    def get_structural_oc(self, oc_list: Iterable[str]) -> str | None:
        """The OID of the first structural class of ``oc_list`` that is no superclass of another one; None for none."""
        found = [self.getoid(ObjectClass, name) for name in oc_list]
        known = self.sed[ObjectClass]
        structural = [oid for oid in found if oid in known and known[oid].kind == 0]
        superior = {above for oid in structural for above in self._superclasses(oid)}
        return next((oid for oid in structural if oid not in superior), None)

    def _superclasses(self, oid: str) -> set[str]:
        found: set[str] = set()
        waiting = [oid]
        while waiting:
            element = self.sed[ObjectClass].get(waiting.pop())
            for name in element.sup if element else ():
                above = self.getoid(ObjectClass, name)
                if above not in found:
                    found.add(above)
                    waiting.append(above)
        return found

    def get_applicable_aux_classes(self, nameoroid: str) -> Sequence[str]:
        """The auxiliary classes of the DIT content rule with this OID, else the OIDs of all auxiliary classes."""
        rule = self.sed[DITContentRule].get(nameoroid)
        if rule is not None:
            names: tuple[str, ...] = rule.aux
            return names
        return self.listall(ObjectClass, [("kind", [2])])

    def attribute_types(
        self,
        object_class_list: Iterable[str],
        attr_type_filter: Filters = None,
        raise_keyerror: int = 1,
        ignore_dit_content_rule: int = 0,
    ) -> tuple[cidict, cidict]:
        """What object classes require, and what they allow besides: two cidicts of AttributeType by OID.

        ``attr_type_filter`` leaves those for which all of its conditions are true. What the schema doesn't know raises
        KeyError, or is left out; an attribute type that it doesn't know is None then.
        """
        names = list(object_class_list)
        must, may = cidict(), cidict()
        waiting = [self.getoid(ObjectClass, name) for name in names]
        seen = set()
        while waiting:
            oid = waiting.pop(0)
            if oid in seen:
                continue
            seen.add(oid)
            if oid not in self.sed[ObjectClass]:
                if raise_keyerror:
                    raise KeyError(oid)
                continue
            element = self.sed[ObjectClass][oid]
            self._collect(must, element.must, raise_keyerror)
            self._collect(may, element.may, raise_keyerror)
            waiting += [self.getoid(ObjectClass, name) for name in element.sup]
        if not ignore_dit_content_rule:
            self._apply_content_rule(self.get_structural_oc(names), must, may, raise_keyerror)
        for oid in must:
            may.pop(oid, None)
        return _filtered(must, attr_type_filter), _filtered(may, attr_type_filter)

    def _collect(self, into: cidict, names: Iterable[str], raise_keyerror: int) -> None:
        for name in names:
            oid = self.getoid(AttributeType, name, raise_keyerror=raise_keyerror)
            into[oid] = self.get_obj(AttributeType, name, raise_keyerror=raise_keyerror)

    def _apply_content_rule(self, structural: str | None, must: cidict, may: cidict, raise_keyerror: int) -> None:
        rule = self.sed[DITContentRule].get(structural or "")
        if rule is None:
            return
        self._collect(must, rule.must, raise_keyerror)
        self._collect(may, rule.may, raise_keyerror)
        for name in rule.nots:
            may.pop(self.getoid(AttributeType, name), None)


def _filtered(types: cidict, conditions: Filters) -> cidict:
    wanted = list(conditions or ())
    return cidict(
        {
            oid: found
            for oid, found in types.items()
            if all(getattr(found, name, None) in values for name, values in wanted)
        }
    )


def urlfetch(uri: str, trace_level: int = 0) -> tuple[str | None, SubSchema | None]:
    """The subschema subentry's DN and the schema of ``uri``: an LDAP URL, or another one of a file in LDIF.

    An LDAP URL's ``who`` and ``cred`` bind first. ``(None, None)`` if the server names no subschema subentry.
    """
    uri = uri.strip()
    entry: Any
    if uri.startswith(("ldap:", "ldaps:", "ldapi:")):
        url = ldapurl.LDAPUrl(uri)
        module: Any = ldap
        connection = module.initialize(url.initializeUrl(), trace_level)
        connection.simple_bind_s(url.who or "", url.cred or "")
        dn = connection.search_subschemasubentry_s(url.dn)
        entry = None if dn is None else connection.read_subschemasubentry_s(dn, attrs=url.attrs)
        connection.unbind_s()
    else:
        with urlopen(uri) as file:
            records = ldif.LDIFRecordList(file, max_entries=1)
            records.parse()
        dn, entry = records.all_records[0]
    if dn is None:
        return None, None
    return dn, SubSchema(entry)
