"""Data for a directory in whatever form a test has it: LDIF, dicts, YAML or JSON.

Everything becomes LDIF records, so it is checked the same way. A dict (or a YAML or JSON document) is either entries by
their DNs,

    {"ou=people,dc=example,dc=com": {"objectClass": "organizationalUnit"}, ...}

or the short form, which makes the usual tree::

    base: dc=example,dc=com
    users:
      ada: {password: secret, cn: Ada Lovelace, mail: ada@example.com}
      bob: {}
    groups:
      staff: [ada, bob]
    entries:
      ou=printers,dc=example,dc=com: {objectClass: organizationalUnit}

Users are inetOrgPersons below ``ou=people`` (posixAccounts, too, where they have a ``uidNumber``), groups are
groupOfNames below ``ou=groups``; a member is a user's name or a DN. The naming attribute's value needn't be given.
"""

import itertools
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from fakeldapd.directory import ldif
from fakeldapd.directory.ldifwriter import write_record
from fakeldapd.double.names import nearest
from fakeldapd.schema.dn import escape

Data: TypeAlias = "str | bytes | os.PathLike[str] | Mapping[str, Any] | Iterable[Data]"
"""LDIF as text or octets, YAML or JSON as text; the path of a file with either; a dict; or several of these, one after
another."""

SHORT = ("base", "users", "groups", "entries")
"""The words of the short form."""


class DataError(ValueError):
    """Data that makes no sense. ``str`` says what, and what to write instead."""


def either(data: "Data | None", ldif: "Data | None") -> "Data | None":
    """What was given, by one name or the other. Raises TypeError where it was given by both."""
    if data is not None and ldif is not None:
        raise TypeError("data and ldif mean the same; give one of them")
    return ldif if data is None else data


def read(data: Data) -> Iterator[ldif.Record]:
    """The records that the data makes. Raises DataError, ldif.LDIFError, OSError."""
    if isinstance(data, Mapping):
        yield from ldif.read(_from_mapping(data, "data"), "data")
    elif isinstance(data, bytes):
        yield from ldif.read(data, "data")
    elif isinstance(data, os.PathLike):
        yield from _from_file(Path(data))
    elif isinstance(data, str):
        if not _is_text(data):
            yield from _from_file(Path(data))
        elif (form := _form_of(data)) is not None:
            yield from _of_document(form(data, "data"), "data")
        else:
            yield from ldif.read(data, "data")
    elif isinstance(data, Iterable):
        yield from itertools.chain.from_iterable(map(read, data))
    else:
        raise DataError(f"{type(data).__name__} is no data; give LDIF, the path of a file, or a dict")


def _is_text(data: str) -> bool:
    """Whether this is the data itself, not the name of a file with some."""
    return "\n" in data or data.lower().startswith(("dn:", "version:", "#", "{")) or not data.strip()


def _form_of(text: str) -> "Callable[[str, str], Any] | None":
    """What reads it: JSON begins with a brace, YAML with a word of the short form or a DN. None: LDIF."""
    lines = (line.strip() for line in text.split("\n"))
    first = next((line for line in lines if line and not line.startswith(("#", "---"))), "")
    if first.startswith("{"):
        return _json
    if first.lower().startswith(("dn:", "version:")):
        return None
    key = first.rpartition(":")[0] if first.endswith(":") else first.partition(": ")[0]
    return _yaml if key in SHORT or "=" in key else None


def _from_file(path: Path) -> Iterator[ldif.Record]:
    suffix = path.suffix.lower()
    if suffix in (".yaml", ".yml", ".json"):
        form = _json if suffix == ".json" else _yaml
        yield from _of_document(form(path.read_bytes(), str(path)), str(path))
        return
    with path.open("rb") as file:
        yield from ldif.read(file, str(path))


def _of_document(found: Any, where: str) -> Iterator[ldif.Record]:
    if not isinstance(found, Mapping):
        raise DataError(f"{where}: entries by their DNs are expected, or {', '.join(SHORT)}")
    yield from ldif.read(_from_mapping(found, where), where)


def _json(text: str | bytes, where: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{where}: not JSON: {error}") from None


def _yaml(text: str | bytes, where: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise DataError(f"{where}: YAML needs PyYAML: pip install 'fakeldapd[yaml]'; JSON needs nothing") from None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"{where}: not YAML: {error}") from None


# --- dicts ------------------------------------------------------------------------------------------------------------


def _from_mapping(data: Mapping[str, Any], where: str) -> bytes:
    names = [name for name in data if isinstance(name, str) and "=" not in name]
    if not names and data:
        return b"".join(_entry(dn, attributes, where) for dn, attributes in data.items())
    for name in names:
        if name not in SHORT:
            raise DataError(f"{where}: {name!r} is no DN and none of {', '.join(SHORT)}{nearest(name, SHORT)}")
    return b"".join(_short(data, where))


def _short(data: Mapping[str, Any], where: str) -> Iterator[bytes]:
    base = str(data.get("base") or "dc=example,dc=com")
    users, groups = _section(data, "users", where), _section(data, "groups", where)
    yield _base_entry(base)
    if users:
        yield _entry(f"ou=people,{base}", {"objectClass": "organizationalUnit"}, where)
    for name, given in users.items():
        yield _entry(*_user(name, given or {}, base, where), where)
    if groups:
        yield _entry(f"ou=groups,{base}", {"objectClass": "organizationalUnit"}, where)
    for name, given in groups.items():
        yield _entry(*_group(name, given, users, base, where), where)
    for dn, attributes in _section(data, "entries", where).items():
        yield _entry(dn, attributes, where)


def _section(data: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    found = data.get(name)
    found = {} if found is None else found
    if not isinstance(found, Mapping):
        raise DataError(f"{where}: {name}: a mapping by name is expected, not {type(found).__name__}")
    return {str(key): value for key, value in found.items()}


_CLASSES = {"dc": ("domain",), "o": ("organization",), "ou": ("organizationalUnit",), "c": ("country",)}


def _base_entry(base: str) -> bytes:
    kind = base.partition("=")[0].strip().lower()
    classes = _CLASSES.get(kind)
    if classes is None:
        raise DataError(
            f"base {base!r}: one of {', '.join(_CLASSES)} is expected first; else give the entry in entries"
        )
    return _entry(base, {"objectClass": classes}, "data")


def _user(name: str, given: Any, base: str, where: str) -> tuple[str, dict[str, Any]]:
    if not isinstance(given, Mapping):
        raise DataError(f"{where}: users: {name}: attributes are expected, not {type(given).__name__}")
    attributes = dict(given)
    if "password" in attributes:
        attributes["userPassword"] = attributes.pop("password")
    classes = ["inetOrgPerson"]
    common = str(attributes.setdefault("cn", attributes.get("displayName", name)))
    attributes.setdefault("sn", (common.split() or [common])[-1])
    if "uidNumber" in attributes:
        classes.append("posixAccount")
        attributes.setdefault("gidNumber", attributes["uidNumber"])
        attributes.setdefault("homeDirectory", f"/home/{name}")
    return f"uid={_escaped(name)},ou=people,{base}", {"objectClass": classes, **attributes}


def _group(name: str, given: Any, users: Mapping[str, Any], base: str, where: str) -> tuple[str, dict[str, Any]]:
    attributes = dict(given) if isinstance(given, Mapping) else {"members": given}
    members = attributes.pop("members", attributes.pop("member", None)) or ()
    members = [members] if isinstance(members, str) else list(members)
    if not members:
        raise DataError(f"{where}: groups: {name}: a groupOfNames needs a member; name a user, or give a DN")
    dns = []
    for member in map(str, members):
        if "=" not in member and member not in users:
            raise DataError(f"{where}: groups: {name}: no user {member!r}{nearest(member, users)}")
        dns.append(member if "=" in member else f"uid={_escaped(member)},ou=people,{base}")
    return f"cn={_escaped(name)},ou=groups,{base}", {"objectClass": "groupOfNames", "member": dns, **attributes}


def _escaped(value: str) -> str:
    return escape(value.encode(errors="surrogateescape")).decode(errors="surrogateescape")


def _entry(dn: str, attributes: Any, where: str) -> bytes:
    if not isinstance(attributes, Mapping):
        raise DataError(f"{where}: {dn}: attributes are expected, not {type(attributes).__name__}")
    encoded = [(name.encode(), values_of(value, f"{where}: {dn}: {name}")) for name, value in attributes.items()]
    return write_record(dn.encode(errors="surrogateescape"), encoded)


def values_of(given: Any, what: str) -> list[bytes]:
    """Values as they are sent: of a str, bytes, a number or truth value, or several of them. Raises DataError."""
    several = given if isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping) else (given,)
    return [_value(each, what) for each in several]


def _value(given: Any, what: str) -> bytes:
    if isinstance(given, bytes):
        return given
    if isinstance(given, bool):
        return b"TRUE" if given else b"FALSE"
    if isinstance(given, str | int):
        return str(given).encode(errors="surrogateescape")
    raise DataError(f"{what}: a value is a str, bytes or a number, not {type(given).__name__}")
