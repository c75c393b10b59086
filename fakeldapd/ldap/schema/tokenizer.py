"""Definitions as lists of words."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

UNESCAPE_PATTERN = re.compile(r"\\(.)")
_TOKEN = re.compile(r"\s*(?:([()$])|'((?:[^'\\]|\\.)*)'(?!\w)|([^\s()$']+)|(\S))")

Tokens: TypeAlias = dict[str, tuple[str | None, ...] | None]
"""What stands behind each keyword; None where the keyword isn't there."""


def split_tokens(s: str) -> list[str]:
    """The words, quoted strings (without their quotes) and parentheses of ``s``.

    Raises ValueError for quotes or parentheses that don't go together.
    """
    tokens: list[str] = []
    depth = 0
    for match in _TOKEN.finditer(s):
        sign, quoted, word, rest = match.groups()
        if rest is not None:
            raise ValueError(rest, s)
        if word is not None:
            tokens.append(word)
        elif quoted is not None:
            tokens.append(UNESCAPE_PATTERN.sub(r"\1", quoted))
        elif sign == "$":
            if depth == 0:
                raise ValueError(f"'$' outside parenthesis in {s!r}")
        else:
            depth += 1 if sign == "(" else -1
            tokens.append(sign)
    if depth:
        raise ValueError(f"Unbalanced parenthesis in {s!r}")
    return tokens


def extract_tokens(l: Sequence[str], known_tokens: Mapping[str, tuple[str | None, ...] | None]) -> Tokens:  # noqa: E741
    """What stands behind each of the ``known_tokens``, whose values are the defaults; other words are skipped.

    Raises AssertionError if ``l`` is not in parentheses.
    """
    if l[0] != "(" or l[-1] != ")":
        raise AssertionError(ValueError(l))
    found: Tokens = dict(known_tokens)
    position = 0
    while position < len(l):
        token = l[position]
        position += 1
        if token not in known_tokens or position == len(l):
            continue
        if l[position] in known_tokens:
            found[token] = ()
        elif l[position] == "(":
            end = l.index(")", position)
            found[token] = tuple([word for word in l[position + 1 : end] if word != "$"])
            position = end + 1
        else:
            found[token] = (l[position],)
            position += 1
    return found
