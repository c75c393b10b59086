"""The text of access rules, up to words: lines of slapd.conf(5), values of ``olcAccess``, LDIF.

A rule may stand in a text as ``access to ...``, as ``to ...``, or as ``olcAccess: {n}to ...``. Rules that all have
numbers are put in their order. A text that has lines of ``olcAccess`` or ``dn`` is LDIF: of it only the values of
olcAccess count, those of one database and behind them those of the frontend, as in slapd; those of the configuration
itself are left out. Any other text is lines of slapd.conf: a line that begins with white space goes on with the one
before it, a line that begins with ``#`` is a comment. Directives that aren't about access are refused.

Words are separated by white space; double quotes hold words together, a backslash takes the meaning from what follows
it, itself included.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

FRONTEND = "frontend"
"""The database of slapd's whose rules come behind those of every other."""
_PASSED_OVER = ("config", "monitor")
_NUMBER = re.compile(r"\s*\{(-?\d+)\}")
_LDIF = re.compile(r"(?:dn|olcAccess)\s*:", re.IGNORECASE)
_DN = re.compile(r"dn\s*:\s*(?:olcDatabase=(?:\{-?\d+\})?(\w+))?", re.IGNORECASE)
_OLC_ACCESS = re.compile(r"olcAccess\s*:(:?)\s*(.*)\Z", re.IGNORECASE | re.DOTALL)


class AccessSyntaxError(ValueError):
    """A rule is no good. ``str`` says where it stands, and why."""


@dataclass(frozen=True, slots=True)
class Directive:
    """One rule: its words, the first of which is ``to``, where it stands (``FILE:LINE``, or the option's name), and the
    number that it has there.
    """

    where: str
    words: tuple[str, ...]
    number: int | None = None

    def error(self, reason: str) -> AccessSyntaxError:
        """What is wrong with it."""
        return AccessSyntaxError(f"{self.where}: {reason}")


def directives(text: str, source: str, *, numbered: bool = True) -> list[Directive]:
    """The rules in a text. ``numbered``: say the line after the source's name. Raises AccessSyntaxError."""
    lines = text.splitlines()
    is_ldif = any(_LDIF.match(line) for line in lines)
    placed = [
        (f"{source}:{number}" if numbered else source, line) for number, line in _logical(lines, keep_space=not is_ldif)
    ]
    if is_ldif:
        return _of_databases(placed)
    return in_order([_directive(line, where) for where, line in placed])


def in_order(found: list[Directive]) -> list[Directive]:
    """The rules in the order of their numbers, where all have one."""
    if any(directive.number is None for directive in found):
        return found
    return sorted(found, key=lambda directive: directive.number or 0)


def _directive(rule: str, where: str) -> Directive:
    position = _NUMBER.match(rule)
    words = split(rule[position.end() :] if position else rule, where)
    if words and words[0].lower() == "access":
        words = words[1:]
    elif words and words[0].lower() not in ("to", "by"):
        raise AccessSyntaxError(f"{where}: '{words[0]}' is no access rule; one begins with 'access to' or 'to'")
    return Directive(where, tuple(words), int(position[1]) if position else None)


def _of_databases(lines: list[tuple[str, str]]) -> list[Directive]:
    """The rules in lines of LDIF. Raises AccessSyntaxError where a second database has some."""
    database, entry = "", ""
    of_one: dict[str, list[Directive]] = {}
    of_all: list[Directive] = []
    for where, line in lines:
        if begins := _DN.match(line):
            database, entry = (begins[1] or "").lower(), line
        rule = _value(line, where)
        if rule is None or database in _PASSED_OVER:
            continue
        directive = _directive(rule, where)
        if database == FRONTEND:
            of_all.append(directive)
            continue
        of_one.setdefault(entry, []).append(directive)
        if len(of_one) > 1:
            raise directive.error("rules of a second database; here the same rules are for all naming contexts")
    return [directive for found in (*of_one.values(), of_all) for directive in in_order(found)]


def _logical(lines: list[str], *, keep_space: bool) -> Iterator[tuple[int, str]]:
    """Lines with those that continue them, without comments and empty ones; each with the number of its first."""
    begun: tuple[int, str] | None = None
    for number, line in enumerate(lines, 1):
        if begun is not None and line[:1] in (" ", "\t") and (keep_space or begun[1]):
            begun = (begun[0], begun[1] + (line if keep_space else line[1:]))
            continue
        if begun is not None and _counts(begun[1]):
            yield begun
        begun = (number, line)
    if begun is not None and _counts(begun[1]):
        yield begun


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _value(line: str, where: str) -> str | None:
    found = _OLC_ACCESS.match(line)
    if found is None:
        return None
    if not found[1]:
        return found[2]
    try:
        return base64.b64decode(found[2], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise AccessSyntaxError(f"{where}: the base64 of this olcAccess can't be read") from None


def split(line: str, where: str) -> list[str]:
    """The words of a line. Raises AccessSyntaxError where a quote is not closed."""
    words: list[str] = []
    word: list[str] | None = None
    quoted = False
    characters = iter(line)
    for character in characters:
        if character == "\\":
            word = word or []
            word.append(next(characters, ""))
        elif character == '"':
            quoted = not quoted
            word = word or []
        elif character.isspace() and not quoted:
            if word is not None:
                words.append("".join(word))
            word = None
        else:
            word = word or []
            word.append(character)
    if quoted:
        raise AccessSyntaxError(f'{where}: a quote (") is not closed')
    if word is not None:
        words.append("".join(word))
    return words
