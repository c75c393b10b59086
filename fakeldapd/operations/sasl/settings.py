"""What is configured of SASL, in the words of slapd.conf(5): sasl-secprops, authz-policy, authz-regexp.

``secprops`` and ``mapping`` read those; they raise ValueError saying what is wrong.
"""

import re
from dataclasses import dataclass
from typing import TypeAlias

PROPERTIES = ("noplain", "noactive", "nodict", "noanonymous", "forwardsec", "passcred")
"""What may be asked of a mechanism."""

Mapping: TypeAlias = tuple[re.Pattern[bytes], bytes]
"""A pattern for SASL names, and what a name that it fits stands for: a DN or a URL with $1 to $9."""

_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~",
    "xdigit": "0-9A-Fa-f",
}
"""The character classes of POSIX."""


@dataclass(frozen=True, slots=True)
class SASLSettings:
    """``required`` are the properties that a mechanism must have, ``min_ssf`` the strength that the connection must,
    ``policy`` none, from, to, any or all, ``host`` what the server calls itself in challenges; empty: the machine's
    name.
    """

    required: frozenset[str] = frozenset(("noplain", "noanonymous"))
    min_ssf: int = 0
    policy: str = "none"
    mappings: tuple[Mapping, ...] = ()
    host: str = ""


def secprops(text: str) -> tuple[frozenset[str], int]:
    """The required properties and the least strength that a value of sasl-secprops asks for.

    A maxssf or maxbufsize is about security layers, of which there are none: any will do.
    """
    required = set()
    min_ssf = 0
    for word in text.lower().split(","):
        name, equals, number = word.strip().partition("=")
        if name in PROPERTIES and not equals:
            required.add(name)
        elif name in ("minssf", "maxssf", "maxbufsize") and number.isdecimal():
            min_ssf = int(number) if name == "minssf" else min_ssf
        elif word.strip() not in ("none", ""):
            raise ValueError(f"{word.strip()}: none, {', '.join(PROPERTIES)}, minssf=N or maxssf=N is expected")
    return frozenset(required), min_ssf


_WORD = r'\s*(?:"((?:[^"\\]|\\.)*)"|(\S+))'


def mapping(text: str) -> Mapping:
    """A pattern (a POSIX extended regular expression) and what it maps to, with white space between; either may stand
    in quotation marks, and must if it has a space in it and isn't the last.
    """
    first = re.match(_WORD, text)
    if first is None:
        raise ValueError("a pattern and a DN or URL are expected")
    rest = text[first.end() :].strip()
    if len(rest) > 1 and rest[0] == rest[-1] == '"':
        rest = rest[1:-1]
    if not rest:
        raise ValueError("a DN or URL is expected behind the pattern")
    pattern = first[2] if first[1] is None else re.sub(r'\\(["\\])', r"\1", first[1])
    if re.search(r"\$(?!\d)", rest):
        raise ValueError("a digit is expected behind $")
    return posix_regex(pattern.encode()), rest.encode()


def posix_regex(pattern: bytes) -> re.Pattern[bytes]:
    """A POSIX extended regular expression, which doesn't mind case. Raises ValueError."""
    text = pattern.decode("latin-1")
    try:
        return re.compile(_as_python(text).encode("latin-1"), re.IGNORECASE | re.DOTALL)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{text}: {error}") from None


_BRACKETS = r"\\.|\[(\^?)(\]?(?:\[:[a-z]+:\]|[^\]])*)\]"


def _as_python(pattern: str) -> str:
    """A POSIX extended regular expression as Python wants it: in brackets a backslash is a backslash, and classes have
    names."""

    def brackets(found: re.Match[str]) -> str:
        if found[2] is None:
            return found[0]
        inside = re.sub(r"[\\\[\]&~|](?!:[a-z]+:\])", r"\\\g<0>", found[2].replace("[:", "\0").replace(":]", "\1"))
        inside = re.sub("\0([a-z]+)\1", lambda name: _CLASSES.get(name[1], ""), inside)
        return f"[{found[1]}{inside}]"

    return re.sub(_BRACKETS, brackets, pattern, flags=re.DOTALL)


def expand(template: bytes, found: re.Match[bytes]) -> bytes:
    """The template with what its groups found; a group that isn't there is empty."""

    def group(reference: re.Match[bytes]) -> bytes:
        number = int(reference[1])
        return (found[number] or b"") if number <= found.re.groups else b""

    return re.sub(rb"[$%](\d)", group, template)
