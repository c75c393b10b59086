"""Names and values as tests write them: text, for octets; and what to say of a name that there isn't."""

import difflib
from collections.abc import Iterable


class RuleError(ValueError):
    """What is said of requests makes no sense. ``str`` says what is wrong with it."""


def nearest(name: str, names: Iterable[str]) -> str:
    """``; did you mean 'x'?`` where one of the names is close, else nothing."""
    found = difflib.get_close_matches(name, list(names), 1)
    return f"; did you mean {found[0]!r}?" if found else ""


def one_of(what: str, given: object, names: Iterable[str]) -> RuleError:
    """The error that says what would have been right."""
    names = [name for name in names if name]
    return RuleError(f"{what} {given!r}: one of {', '.join(names)} is expected{nearest(str(given), names)}")


def as_text(octets: bytes) -> str:
    """UTF-8 as text; octets that are none as Python's surrogate escapes, so that ``as_octets`` gives them back."""
    return octets.decode(errors="surrogateescape")


def as_octets(text: str) -> bytes:
    """The other way."""
    return text.encode(errors="surrogateescape")
