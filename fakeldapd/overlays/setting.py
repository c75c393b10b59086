"""The SETTING of ``--overlay NAME:SETTING``: words, as in slapd.conf, of which ``name=value`` sets something."""

import shlex
from collections.abc import Collection
from typing import TYPE_CHECKING

from fakeldapd.protocol.result import LDAPError

if TYPE_CHECKING:
    from fakeldapd.schema.elements import AttributeDescription, ObjectClass
    from fakeldapd.schema.registry import Schema


class SettingError(ValueError):
    """A setting is no good. ``str`` says what is wrong and what would be right."""


def read_setting(text: str, names: Collection[str]) -> tuple[list[str], dict[str, str]]:
    """The words of a setting, and what those of the form ``name=value`` set. Quotes hold words with spaces together.

    Raises SettingError for ``name=`` with a name that isn't one of ``names`` and for one that comes twice.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingError(f"{text}: {error}") from None
    plain: list[str] = []
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            plain.append(word)
        elif name not in names:
            raise SettingError(f"{word}: there is no setting {name}; there are {', '.join(sorted(names))}")
        elif name in found:
            raise SettingError(f"{word}: {name} is set twice")
        else:
            found[name] = value
    return plain, found


def one_of(text: str, choices: Collection[str]) -> str:
    """A setting that is one of some words, in any case of letters. Raises SettingError."""
    said = text.lower()
    if said not in choices:
        raise SettingError(f"{text}: one of {', '.join(choices)} is expected")
    return said


def yes_or_no(text: str) -> bool:
    """A setting that is slapd's TRUE or FALSE. Raises SettingError."""
    return one_of(text, ("true", "false", "yes", "no", "on", "off")) in ("true", "yes", "on")


def attribute(schema: "Schema", name: str, syntaxes: Collection[str] = ()) -> "AttributeDescription":
    """The attribute that a setting names; its syntax must be one of ``syntaxes`` (OIDs). Raises SettingError."""
    description = schema.find(name.encode(), ranges=False)
    if description is None:
        raise SettingError(f"{name}: there is no such attribute in the schema")
    if syntaxes and description.type.syntax.oid not in syntaxes:
        raise SettingError(f"{name}: this attribute's values are not DNs")
    return description


def object_class(schema: "Schema", name: str) -> "ObjectClass":
    """The object class that a setting names. Raises SettingError."""
    found = schema.object_class(name.encode())
    if found is None:
        raise SettingError(f"{name}: there is no such object class in the schema")
    return found


def dn_text(schema: "Schema", text: str) -> bytes:
    """The DN that a setting gives, as slapd prints it. Raises SettingError."""
    try:
        return schema.dn(text.encode()).text
    except LDAPError as error:
        raise SettingError(f"{text}: {error.diagnostic}") from None
