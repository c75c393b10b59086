"""Lists of changes for add and modify, made from entries."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeAlias

from fakeldapd import ldap
from fakeldapd.ldap.pkginfo import __version__  # noqa: F401

Values: TypeAlias = Iterable[Any]
"""The values of an attribute; None among them is no value."""


def addModlist(
    entry: Mapping[str, Values], ignore_attr_types: Collection[str] | None = None
) -> list[tuple[str, Values]]:
    """What ``add_s`` wants for ``entry``: pairs of an attribute and its values.

    Attributes without values and those in ``ignore_attr_types`` (in any case) are left out.
    """
    ignored = _lowered(ignore_attr_types)
    return [
        (name, values)
        for name, values in entry.items()
        if name.lower() not in ignored and any(value is not None for value in values)
    ]


def modifyModlist(
    old_entry: Mapping[str, Values],
    new_entry: Mapping[str, Values],
    ignore_attr_types: Collection[str] | None = None,
    ignore_oldexistent: int = 0,
    case_ignore_attr_types: Collection[str] | None = None,
) -> list[tuple[int, str, list[Any] | None]]:
    """What ``modify_s`` wants to make ``new_entry`` of ``old_entry``: triples of operation, attribute and values.

    An attribute whose values differ is deleted and added. ``ignore_attr_types`` are left alone, attributes that only
    ``old_entry`` has are, too, with ``ignore_oldexistent``; values of ``case_ignore_attr_types`` are the same in any
    case. All names of attributes are, anyway.
    """
    ignored = _lowered(ignore_attr_types)
    case_ignored = _lowered(case_ignore_attr_types)
    old_names = {name.lower(): name for name in old_entry}
    changes: list[tuple[int, str, list[Any] | None]] = []
    for name, new_values in new_entry.items():
        lowered = name.lower()
        if lowered in ignored:
            continue
        new = [value for value in new_values if value is not None]
        old = (
            [value for value in old_entry[old_names.pop(lowered)] if value is not None] if lowered in old_names else []
        )
        if old and not (new and _same(old, new, lowered in case_ignored)):
            changes.append((ldap.MOD_DELETE, name, None))
            if new:
                changes.append((ldap.MOD_ADD, name, new))
        elif new and not old:
            changes.append((ldap.MOD_ADD, name, new))
    if not ignore_oldexistent:
        changes += [(ldap.MOD_DELETE, name, None) for lowered, name in old_names.items() if lowered not in ignored]
    return changes


def _lowered(names: Collection[str] | None) -> set[str]:
    return {name.lower() for name in names or ()}


def _same(old: list[Any], new: list[Any], in_any_case: bool) -> bool:
    """Whether these are as many values and, each taken once, the same ones; python-ldap does not count them."""
    if len(old) != len(new):
        return False
    if in_any_case:
        old, new = [value.lower() for value in old], [value.lower() for value in new]
    return set(old) == set(new)
