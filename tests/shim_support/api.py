"""python-ldap's API as data (``tests/shim/python-ldap-api.json``), and whether a module of ours has it.

The data was made by introspection of python-ldap 3.4.8; its ``about`` says how names, signatures and values are
written. Nothing here needs python-ldap.
"""

import importlib
import inspect
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

API: dict[str, Any] = json.loads((Path(__file__).parents[1] / "shim" / "python-ldap-api.json").read_text("utf-8"))

DELIVERED = (
    "_ldap",
    "ldap",
    "ldap.async",
    "ldap.asyncsearch",
    "ldap.cidict",
    "ldap.compat",
    "ldap.constants",
    "ldap.controls",
    "ldap.controls.deref",
    "ldap.controls.libldap",
    "ldap.controls.openldap",
    "ldap.controls.pagedresults",
    "ldap.controls.ppolicy",
    "ldap.controls.psearch",
    "ldap.controls.pwdpolicy",
    "ldap.controls.readentry",
    "ldap.controls.sessiontrack",
    "ldap.controls.simple",
    "ldap.controls.sss",
    "ldap.controls.vlv",
    "ldap.dn",
    "ldap.extop",
    "ldap.extop.dds",
    "ldap.extop.passwd",
    "ldap.filter",
    "ldap.functions",
    "ldap.ldapobject",
    "ldap.logger",
    "ldap.modlist",
    "ldap.pkginfo",
    "ldap.resiter",
    "ldap.sasl",
    "ldap.schema",
    "ldap.schema.models",
    "ldap.schema.subentry",
    "ldap.schema.tokenizer",
    "ldap.syncrepl",
    "ldapurl",
    "ldif",
    "slapdtest",
    "slapdtest._slapdtest",
)
"""The modules that are checked. What names something of another module is checked as soon as that one is here."""

_TOPS = frozenset(name.split(".")[0] for name in API["modules"])
_OURS = {"_ldap": "fakeldapd.ldap._ldap"}
_BY_IMPORTS = frozenset({"KNOWN_RESPONSE_CONTROLS"})
"""Whose value depends on what was imported before."""

_MENDED = frozenset(
    {
        ("ldap.constants", "Feature", "c_template"),
        ("slapdtest._slapdtest", "_slapdtest", "SLAPD_CONF_TEMPLATE"),
        ("slapdtest._slapdtest", "SlapdObject", "slapd_conf_template"),
    }
)
"""What is text of python-ldap's C, or of its configuration of slapd, and ours to say otherwise."""


@cache
def module(name: str) -> ModuleType:
    """Our module for python-ldap's ``name``."""
    return importlib.import_module(_OURS.get(name, f"fakeldapd.{name}"))


def resolve(path: str) -> Any:
    """What ``path`` is in ours, as ``ldap.controls.RequestControl``, or in the module it names."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        try:
            found: Any = module(name) if parts[0] in _TOPS else importlib.import_module(name)
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            found = getattr(found, part)
        return found
    raise LookupError(path)


def is_delivered(path: str) -> bool:
    """Whether ``path``, ``module ldap.dn`` or ``ldap.dn.str2dn``, is of a module that is checked."""
    if path.startswith("module "):
        return path.removeprefix("module ") in ("ldap", *DELIVERED)
    return path.rpartition(".")[0] in DELIVERED or (path.startswith("ldap.") and path.removeprefix("ldap.").isupper())


def complaints(name: str) -> Iterator[str]:
    """What a module of ours lacks or has otherwise than python-ldap's ``name``, a line for each."""
    told, found = API["modules"][name], module(name)
    if "all" in told and sorted(told["all"]) != sorted(found.__all__):
        yield f"__all__ is {sorted(found.__all__)}, not {sorted(told['all'])}"
    for member, description in told.get("names", {}).items():
        yield from _of_member(name, f"{name}.{member}", found, member, description)
    for member, target in (told.get("reexports") or {}).items():
        if is_delivered(target):
            wanted = resolve(target.removeprefix("module "))
            if getattr(found, member, None) is not wanted:
                yield f"{name}.{member} is not {target}"


def _of_member(name: str, path: str, holder: Any, member: str, told: dict[str, Any]) -> Iterator[str]:
    if not hasattr(holder, member):
        yield f"{path} is missing"
        return
    found = getattr(holder, member)
    kind = told["kind"]
    if kind in ("function", "method"):
        yield from _of_signature(path, found, told["params"], bound=False)
    elif kind == "class" and "members" in told:
        yield from _of_class(name, path, found, told)
    elif kind in ("constant", "attribute") and member not in _BY_IMPORTS:
        if (name, *path.split(".")[-2:]) not in _MENDED and member != "_abc_impl" and not same(told["value"], found):
            yield f"{path} is {found!r}, not {told['value']!r}"
    elif kind == "object" and not _is_of_type(found, told["type"]):
        yield f"{path} is a {type(found)}, not a {told['type']}"


def _of_class(name: str, path: str, found: Any, told: dict[str, Any]) -> Iterator[str]:
    for base in told["bases"]:
        if not issubclass(found, resolve("builtins." + base if "." not in base else base)):
            yield f"{path} is not derived from {base}"
    if "call" in told and not any(base.startswith("pyasn1.") for base in told["bases"]):
        wanted = [] if not told["call"] and issubclass(found, Exception) else told["call"]
        if wanted:
            yield from _of_signature(path, found, wanted, bound=True)
    for member, description in told["members"].items():
        if description["kind"] == "property":
            if not isinstance(inspect.getattr_static(found, member), property):
                yield f"{path}.{member} is no property"
        else:
            yield from _of_member(name, f"{path}.{member}", found, member, description)


def _of_signature(path: str, found: Any, told: list[list[str]], *, bound: bool) -> Iterator[str]:
    try:
        parameters = list(inspect.signature(found).parameters.values())
    except (TypeError, ValueError):
        yield f"{path} has no signature"
        return
    ours = [_parameter(parameter) for parameter in parameters]
    if ours != told:
        yield f"{path} takes {ours}, not {told}"


def _parameter(parameter: inspect.Parameter) -> list[str]:
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    name = next((sign for kind, sign in stars.items() if kind is parameter.kind), "") + parameter.name
    if parameter.default is inspect.Parameter.empty:
        return [name]
    return [name, "sys.stdout" if hasattr(parameter.default, "isatty") else repr(parameter.default)]


def _is_of_type(found: Any, path: str) -> bool:
    if path == "member_descriptor":
        return type(found).__name__ == path
    wanted: type = resolve(path if "." in path else "builtins." + path)
    return isinstance(found, wanted)


def same(told: Any, found: Any) -> bool:
    """Whether a value is what the data says."""
    if not isinstance(told, dict):
        return type(told) is type(found) and bool(told == found)
    kind: str = "omitted" if "omitted" in told else next(iter(told))
    value: Any = told[kind]
    match kind:
        case "omitted":
            return bool(len(found) == told["length"])
        case "bytes":
            return bool(repr(found) == value)
        case "list" | "tuple":
            return len(value) == len(found) and all(map(same, value, found))
        case "set":
            return set(value) == set(found)
        case "dict":
            return value.keys() == found.keys() and all(same(value[key], found[key]) for key in value)
        case "map":
            return len(value) == len(found) and all(
                any(same(key, ours) and same(item, found[ours]) for ours in found) for key, item in value
            )
        case "class":
            return bool(found is resolve(value))
        case "type" | "from_environment":
            return _is_of_type(found, value)
    raise LookupError(kind)
