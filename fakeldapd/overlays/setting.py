"""The SETTING of ``--overlay NAME:SETTING``: words, as in slapd.conf, of which ``name=value`` sets something."""

import shlex
from collections.abc import Collection


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
