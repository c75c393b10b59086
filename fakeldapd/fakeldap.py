"""The API of the first fake LDAP server for tests, so that code written for it runs unchanged.

It came with a cloud controller, whose tests put it in python-ldap's place: ``sys.modules["ldap"] = fakeldap``. All
connections share one ``Store`` of the process. It is simple on purpose, and so is this: no schema and no tree, so an
entry may be anywhere and have anything; ``str`` values in and out; an add to a name that is taken adds to the entry; a
delete of nothing is fine. DNs and filters are understood as everywhere else in this package.

Set ``server_fail`` and every method raises SERVER_DOWN. The exceptions are those of ``fakeldapd.ldap``.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, TypeAlias

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.dit import Virtual
from fakeldapd.directory.entry import Entries
from fakeldapd.directory.evaluate import Setting
from fakeldapd.ldap import errors
from fakeldapd.ldap.descriptions import description
from fakeldapd.ldap.errors import NO_SUCH_OBJECT, OBJECT_CLASS_VIOLATION, SERVER_DOWN
from fakeldapd.protocol.filter import FilterSyntaxError, parse
from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.dn import DN, ROOT
from fakeldapd.schema.registry import Schema, SchemaCheck

__all__ = [
    "MOD_ADD",
    "MOD_DELETE",
    "MOD_REPLACE",
    "NO_SUCH_OBJECT",
    "OBJECT_CLASS_VIOLATION",
    "SCOPE_BASE",
    "SCOPE_ONELEVEL",
    "SCOPE_SUBTREE",
    "SERVER_DOWN",
    "FakeLDAP",
    "Store",
    "initialize",
    "server_fail",
]

SCOPE_BASE = 0
SCOPE_ONELEVEL = 1
SCOPE_SUBTREE = 2
MOD_ADD = 0
MOD_DELETE = 1
MOD_REPLACE = 2

server_fail = False
"""While this is true, every method of a connection raises SERVER_DOWN."""

Values: TypeAlias = str | Iterable[str] | None
Attributes: TypeAlias = dict[str, list[str]]

_PREFIX = "ldap:"
_FIRST_RDN = re.compile(r"(?:[^\\,]|\\.)*,", re.DOTALL)
_OWN_CLASS = "objectclass ( 2.25.77362945012290158 NAME 'novaProject' SUP groupOfNames STRUCTURAL )"
"""A class that filters for groupOfNames find, too."""


class Store(dict[str, dict[str, str]]):
    """What is stored: for each ``"ldap:" + dn`` a dict of attributes, their values the JSON text of a list.

    There is one for the process, ``Store.instance()``; making a second one raises RuntimeError.
    """

    _instance: "Store | None" = None

    def __init__(self) -> None:
        if Store._instance is not None:
            raise RuntimeError("there is one Store: use Store.instance()")
        super().__init__()

    @classmethod
    def instance(cls) -> "Store":
        """The one there is, made on first use."""
        if Store._instance is None:
            Store._instance = cls()
        return Store._instance

    def keys(self, pat: str | None = None) -> list[str]:  # type: ignore[override]
        """The keys, or those that match a pattern with ``*``, ``?`` and ``[...]``."""
        return [key for key in self if pat is None or fnmatchcase(key, pat)]

    def delete(self, key: str) -> None:
        """Remove a key, if it is there."""
        self.pop(key, None)

    def flushdb(self) -> None:
        """Remove everything."""
        self.clear()

    def hgetall(self, key: str) -> dict[str, str]:
        """The fields of a key; empty where there is none."""
        return self.get(key, {})

    def hget(self, key: str, field: str) -> str | None:
        """A field of a key, or None."""
        return self.hgetall(key).get(field)

    def hset(self, key: str, field: str, value: str) -> None:
        """Set a field of a key."""
        self.setdefault(key, {})[field] = value

    def hmset(self, key: str, value_dict: Mapping[str, str]) -> None:
        """Set several fields of a key."""
        self.setdefault(key, {}).update(value_dict)


def initialize(_uri: str) -> "FakeLDAP":
    """A connection; where to is not looked at."""
    return FakeLDAP()


class FakeLDAP:
    """A connection to the ``Store``."""

    def simple_bind_s(self, dn: str, password: str) -> None:
        """Accept anybody."""
        _fail_if_asked()

    def unbind_s(self) -> None:
        """Nothing: the connection can be used further."""
        _fail_if_asked()

    def add_s(self, dn: str, attr: Iterable[tuple[str, Values]]) -> None:
        """Add an entry with pairs of attribute and values. An entry that is there gets them, in place of its own."""
        _fail_if_asked()
        key = _find(dn) or _PREFIX + dn
        attributes = _attributes(key)
        for name, values in attr:
            attributes[_spelled(attributes, name)] = _listed(values)
        _write(key, attributes)

    def delete_s(self, dn: str) -> None:
        """Remove an entry, if it is there. Those below it stay."""
        _fail_if_asked()
        Store.instance().delete(_find(dn) or "")

    def modify_s(self, dn: str, attrs: Iterable[tuple[int, str, Values]]) -> None:
        """Change an entry with triples of operation, attribute and value or values; all of them or none.

        Raises NO_SUCH_OBJECT, NO_SUCH_ATTRIBUTE for a value to delete that isn't there, and OBJECT_CLASS_VIOLATION
        when a group would lose its last member.
        """
        _fail_if_asked()
        key = _find(dn)
        if key is None:
            raise _error(NO_SUCH_OBJECT)
        attributes = _attributes(key)
        for operation, name, values in attrs:
            name = _spelled(attributes, name)
            attributes[name] = _changed(operation, attributes.get(name), values)
            if name.lower() == "member" and not attributes[name] and _is_group(attributes):
                raise _error(OBJECT_CLASS_VIOLATION)
        _write(key, attributes)

    def modrdn_s(self, dn: str, newrdn: str) -> None:
        """Rename an entry within its place; its attributes stay as they are. Raises NO_SUCH_OBJECT."""
        _fail_if_asked()
        key = _find(dn)
        if key is None:
            raise _error(NO_SUCH_OBJECT)
        first = _FIRST_RDN.match(dn)
        attributes = _attributes(key)
        Store.instance().delete(key)
        _write(_PREFIX + newrdn + (f",{dn[first.end() :]}" if first else ""), attributes)

    def search_s(
        self, dn: str, scope: int, query: str | None = None, fields: Iterable[str] | None = None
    ) -> list[tuple[str, Attributes]]:
        """The entries at ``dn`` or in its subtree for which ``query`` is true, with all attributes or ``fields``.

        What is returned is the caller's to change. Raises NO_SUCH_OBJECT if there is no entry at all at ``dn`` or
        below, FILTER_ERROR, and NotImplementedError for SCOPE_ONELEVEL.
        """
        _fail_if_asked()
        if scope not in (SCOPE_BASE, SCOPE_SUBTREE):
            refusal = NotImplementedError(f"scope {scope}: there are SCOPE_BASE and SCOPE_SUBTREE")
            raise refusal
        keys = list(_at_or_below(dn, scope))
        if not keys:
            raise _error(NO_SUCH_OBJECT)
        wanted = None if not fields else {field.lower() for field in fields}
        found = []
        for key in _matching(keys, query):
            attributes = _attributes(key)
            chosen = {name: values for name, values in attributes.items() if wanted is None or name.lower() in wanted}
            found.append((key.removeprefix(_PREFIX), chosen))
        return found


def _fail_if_asked() -> None:
    if server_fail:
        raise _error(SERVER_DOWN)


def _error(kind: type[errors.LDAPError]) -> errors.LDAPError:
    return kind({"result": kind.errnum, "desc": description(kind.errnum), "ctrls": []})


# --- what is stored ---------------------------------------------------------------------------------------------------


def _attributes(key: str) -> Attributes:
    """A copy of an entry's attributes."""
    return {name: json.loads(text) for name, text in Store.instance().hgetall(key).items()}


def _write(key: str, attributes: Attributes) -> None:
    Store.instance()[key] = {name: json.dumps(values) for name, values in attributes.items()}


def _listed(values: Values) -> list[str]:
    return [values] if isinstance(values, str) else list(values or ())


def _spelled(attributes: Attributes, name: str) -> str:
    """``name`` as the entry spells it, if it has it."""
    return next((known for known in attributes if known.lower() == name.lower()), name)


def _changed(operation: int, old: list[str] | None, values: Values) -> list[str]:
    new = _listed(values)
    if operation == MOD_ADD:
        return [*(old or ()), *new]
    if operation == MOD_REPLACE:
        return new
    if old is None:
        raise _error(errors.NO_SUCH_ATTRIBUTE)
    left = list(old) if new else []
    for value in new:
        if value not in left:
            raise _error(errors.NO_SUCH_ATTRIBUTE)
        left.remove(value)
    return left


# --- what it means ----------------------------------------------------------------------------------------------------


@cache
def _entries() -> Entries:
    schema = Schema.load(check=SchemaCheck.OFF)
    schema.add(_OWN_CLASS, "fakeldap")
    return Entries(schema)


def _dn(text: str) -> DN | None:
    """The DN that a text is; None where it is none, which is only the same as the same text."""
    try:
        return _entries().schema.dn(text.encode())
    except LDAPError:
        return None


def _find(dn: str) -> str | None:
    """The key of the entry with this name, however it is written."""
    return next(_at_or_below(dn, SCOPE_BASE), None)


def _at_or_below(dn: str, scope: int) -> Iterator[str]:
    base = _dn(dn)
    for key in Store.instance():
        text = key.removeprefix(_PREFIX)
        name = _dn(text)
        if base is None or name is None:
            inside = text == dn
        else:
            inside = name.is_within(base) if scope == SCOPE_SUBTREE else name == base
        if inside:
            yield key


def _is_group(attributes: Attributes) -> bool:
    """Whether an entry is a groupOfNames or of a class derived from it."""
    classes = attributes.get(_spelled(attributes, "objectClass"), [])
    schema = _entries().schema
    group = schema.object_class(b"groupOfNames")
    return group in schema.class_set(tuple(name.encode() for name in classes)).all


def _matching(keys: list[str], query: str | None) -> Iterator[str]:
    if not query:
        yield from keys
        return
    entries = _entries()
    try:
        test = compile_filter(Setting(entries.schema, lambda dn: None), parse(query))
    except FilterSyntaxError:
        raise _error(errors.FILTER_ERROR) from None
    for key in keys:
        described: dict[Any, list[bytes]] = {}
        for name, values in _attributes(key).items():
            found = entries.schema.find(name.encode())
            if found is not None:
                described.setdefault(found, []).extend(value.encode() for value in values)
        place = _dn(key.removeprefix(_PREFIX)) or ROOT
        if test(Virtual(place), entries.build(described)):
            yield key
