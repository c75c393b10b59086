"""Definitions of schema elements as text (RFC 4512 section 4.1): reading them, and printing them as slapd does.

One reader serves all kinds, driven by a table for each: which keywords a kind has, what follows each of them, and
(the order of the table) how slapd prints them. The reader takes the keywords in any order and takes what files in the
field have besides the letter of the RFC: names, OIDs and USAGE with or without quotes, lists of one with or without
parentheses, OIDs with a macro (``ofo:1.2``).

What it refuses is a definition that could mean two things: an unknown keyword, a keyword twice, an unclosed quote or
parenthesis, anything behind the closing parenthesis. A definition says nothing about what it refers to: linking is
the registry's.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

Field: TypeAlias = str | tuple[str, ...] | bool
"""What a keyword says: True for a flag, a tuple for a list, else a word or the inside of a quoted string."""


class SchemaError(Exception):
    """A schema that can't be used. ``source`` is a file name or what else the text came from, ``line`` counts from 1,
    and is None where no line is to blame; ``reason`` says what to change; ``terse`` is what slapd says instead to a
    client that sent the definition, empty where that isn't known."""

    def __init__(self, source: str, line: int | None, reason: str, terse: str = "") -> None:
        super().__init__(source, line, reason, terse)
        self.source = source
        self.line = line
        self.reason = reason
        self.terse = terse

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{place}: {self.reason}"


class _Mistake(Exception):
    """What is wrong with a definition's text, before it is known where that text stands; and slapd's words for it."""

    def __init__(self, reason: str, terse: str = "") -> None:
        super().__init__(reason)
        self.terse = terse


# --- the kinds of definitions, and their keywords in slapd's order of printing ---------------------------------------

_FLAG, _NAMES, _STRING, _WORD, _WORDS, _RULES = "flag", "names", "string", "word", "words", "rules"

_COMMON = {"NAME": _NAMES, "DESC": _STRING, "OBSOLETE": _FLAG}

KEYWORDS: Mapping[str, Mapping[str, str]] = {
    "attributeTypes": {
        **_COMMON,
        "SUP": _WORD,
        "EQUALITY": _WORD,
        "ORDERING": _WORD,
        "SUBSTR": _WORD,
        "SYNTAX": _WORD,
        "SINGLE-VALUE": _FLAG,
        "COLLECTIVE": _FLAG,
        "NO-USER-MODIFICATION": _FLAG,
        "USAGE": _WORD,
    },
    "objectClasses": {
        **_COMMON,
        "SUP": _WORDS,
        "ABSTRACT": _FLAG,
        "STRUCTURAL": _FLAG,
        "AUXILIARY": _FLAG,
        "MUST": _WORDS,
        "MAY": _WORDS,
    },
    "ldapSyntaxes": {"DESC": _STRING},
    "matchingRules": {**_COMMON, "SYNTAX": _WORD},
    "matchingRuleUse": {**_COMMON, "APPLIES": _WORDS},
    "dITContentRules": {**_COMMON, "AUX": _WORDS, "MUST": _WORDS, "MAY": _WORDS, "NOT": _WORDS},
    "dITStructureRules": {**_COMMON, "FORM": _WORD, "SUP": _RULES},
    "nameForms": {**_COMMON, "OC": _WORD, "MUST": _WORDS, "MAY": _WORDS},
}
"""Keyed by the attribute of the subschema subentry that publishes the kind (RFC 4512 section 4.2)."""

KIND_NAMES = {
    "attributeTypes": "attribute type",
    "objectClasses": "object class",
    "ldapSyntaxes": "syntax",
    "matchingRules": "matching rule",
    "matchingRuleUse": "matching rule use",
    "dITContentRules": "DIT content rule",
    "dITStructureRules": "DIT structure rule",
    "nameForms": "name form",
}


class Definition:
    """One definition. ``kind`` is a key of ``KEYWORDS``; ``oid`` is a numeric OID (the rule id of a DIT structure
    rule); ``fields`` maps keywords, upper case, to what they say, extensions (``X-...``) in the order in which they
    came."""

    __slots__ = ("fields", "kind", "oid")

    def __init__(self, kind: str, oid: str, fields: dict[str, Field]) -> None:
        self.kind = kind
        self.oid = oid
        self.fields = fields

    @property
    def names(self) -> tuple[str, ...]:
        """The short names, in order."""
        return self.many("NAME")

    @property
    def name(self) -> str:
        """The first name, or the OID where there is none."""
        names = self.many("NAME")
        return names[0] if names else self.oid

    def flag(self, keyword: str) -> bool:
        """Whether ``keyword`` is there."""
        return keyword in self.fields

    def one(self, keyword: str) -> str | None:
        """The word or string behind ``keyword``."""
        value = self.fields.get(keyword)
        return value if isinstance(value, str) else None

    def many(self, keyword: str) -> tuple[str, ...]:
        """The list behind ``keyword``; empty where it isn't there."""
        value = self.fields.get(keyword, ())
        return value if isinstance(value, tuple) else ()

    def same_as(self, other: "Definition") -> bool:
        """Whether both mean the same: descriptions, extensions and the case of letters don't count."""
        return self._meaning() == other._meaning()

    def _meaning(self) -> str:
        fields = {k: v for k, v in self.fields.items() if k != "DESC" and not k.startswith("X-")}
        return str(Definition(self.kind, self.oid, fields)).lower()

    def __str__(self) -> str:
        """The text as slapd prints it: its order of fields, one space between tokens."""
        parts = ["(", self.oid]
        fields = self.fields
        for keyword, shape in KEYWORDS[self.kind].items():
            if keyword in fields:
                parts.append(keyword)
                _print(parts, shape, fields[keyword])
        for keyword, value in fields.items():
            if keyword.startswith("X-"):
                parts.append(keyword)
                _print(parts, _NAMES, value)
        parts.append(")")
        return " ".join(parts)

    def __repr__(self) -> str:
        return f"<{self.kind} {self}>"


def _print(parts: list[str], shape: str, value: Field) -> None:
    if shape is _STRING:
        parts.append(f"'{value}'")
    elif isinstance(value, str):
        parts.append(value)
    elif isinstance(value, tuple):
        items = [f"'{v}'" for v in value] if shape is _NAMES else value
        if len(items) == 1:
            parts.append(items[0])
        else:
            parts += ("(", (" " if shape in (_NAMES, _RULES) else " $ ").join(items), ")")


# --- reading ---------------------------------------------------------------------------------------------------------

_TOKENS = re.compile(r"'[^']*'|[()$']|[^\s()$']+")
_OID = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))+\Z")
_RULE_ID = re.compile(r"[0-9]+\Z")
_WORD_TEXT = re.compile(r"[A-Za-z0-9_.:;{}-]+\Z")
_DESCR = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.;-]*\Z")
_UNCLOSED = "Missing closing parenthesis before end of input"


class _Tokens:
    """The tokens of one definition and how far they are read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _TOKENS.findall(text)
        self._next = 0

    def take(self, what: str) -> str:
        if self._next == len(self._tokens):
            raise _Mistake(f"the text ends where {what} should stand; is a closing parenthesis missing?", _UNCLOSED)
        token: str = self._tokens[self._next]
        if token == "'":
            raise _Mistake("a quote is not closed")
        self._next += 1
        return token

    def word(self, what: str) -> str:
        token = self.take(what)
        if token in ("(", ")", "$"):
            raise _Mistake(f"{token!r} stands where {what} should")
        return token[1:-1] if token[0] == "'" else token

    def list(self, what: str, separator: str | None) -> tuple[str, ...]:
        token = self.take(what)
        if token != "(":
            self._next -= 1
            return (self.word(what),)
        items: list[str] = []
        while (token := self.take(f"{what} or ')'")) != ")":
            if token == "(":
                raise _Mistake(f"a parenthesis within the list of {what}s")
            if token == "$":
                if separator != "$":
                    raise _Mistake(f"'$' in a list of {what}s; separate them by spaces")
                continue
            items.append(token[1:-1] if token[0] == "'" else token)
        return tuple(items)

    def rest(self) -> str:
        return " ".join(self._tokens[self._next :])

    def unread(self) -> str:
        """The text behind the last token taken, as it stands there."""
        taken = list(_TOKENS.finditer(self._text))[: self._next]
        return self._text[taken[-1].end() :] if taken else self._text


def _read_string(tokens: _Tokens, keyword: str) -> Field:
    return tokens.word(f"the text of {keyword}")


def _plain(word: str) -> str:
    if not _WORD_TEXT.match(word):
        raise _Mistake(f"{word!r} is no name and no OID")
    return word


def _read_word(tokens: _Tokens, keyword: str) -> Field:
    return _plain(tokens.word(f"the value of {keyword}"))


def _read_words(tokens: _Tokens, keyword: str) -> Field:
    return tuple([_plain(word) for word in tokens.list("name or OID", "$")])


def _read_rules(tokens: _Tokens, keyword: str) -> Field:
    return tuple([_plain(word) for word in tokens.list("rule", None)])


def _read_names(tokens: _Tokens, keyword: str) -> Field:
    try:
        names = tokens.list("name", None)
    except _Mistake as mistake:
        raise _Mistake(str(mistake), f"Expecting a name before {tokens.unread()}") from None
    for name in names:
        if keyword == "NAME" and not _DESCR.match(name):
            reason = f"{name!r} can't be a name: letters, digits and hyphens, with a letter first"
            raise _Mistake(reason, f'Invalid NAME: "{name}"')
    return names


_READERS: Mapping[str, Callable[[_Tokens, str], Field]] = {
    _FLAG: lambda tokens, keyword: True,
    _NAMES: _read_names,
    _STRING: _read_string,
    _WORD: _read_word,
    _WORDS: _read_words,
    _RULES: _read_rules,
}


def parse(
    kind: str, text: str, *, macros: Mapping[str, str] | None = None, source: str = "<text>", line: int | None = None
) -> Definition:
    """Read ``text``, "(" to ")", as a definition of ``kind`` (a key of ``KEYWORDS``).

    ``macros`` maps lower-case names of OIDs to OIDs. Raises SchemaError, which ``source`` and ``line`` go into.
    """
    try:
        return _parse(kind, text, macros or {})
    except _Mistake as mistake:
        raise SchemaError(source, line, f"{KIND_NAMES[kind]}: {mistake}", mistake.terse) from None


def _parse(kind: str, text: str, macros: Mapping[str, str]) -> Definition:
    tokens = _Tokens(text)
    if tokens.take("'('") != "(":
        raise _Mistake("a definition begins with '('")
    oid = expand(tokens.word("an OID"), macros)
    if not (_RULE_ID if kind == "dITStructureRules" else _OID).match(oid):
        reason = f"{oid!r} is neither a numeric OID nor a macro that objectidentifier defines before it"
        raise _Mistake(reason, f'OID could not be expanded: "{oid}"')
    shapes = KEYWORDS[kind]
    fields: dict[str, Field] = {}
    while (token := tokens.take("a keyword or ')'")) != ")":
        keyword = token.upper()
        if keyword in fields:
            raise _Mistake(f"{keyword} stands there twice", f"Duplicate option before {tokens.unread()}")
        shape = shapes.get(keyword)
        if shape is None:
            if not keyword.startswith("X-"):
                known = " ".join(shapes)
                unread = tokens.unread()
                raise _Mistake(
                    f"{token} is no keyword of it; those are {known} and X-...", f"Unexpected token before {unread}"
                )
            shape = _NAMES
        if (value := _READERS[shape](tokens, keyword)) != ():
            fields[keyword] = value
    if rest := tokens.rest():
        raise _Mistake(f"{rest[:40]!r} stands behind the closing parenthesis")
    syntax = fields.get("SYNTAX")
    if isinstance(syntax, str) and not syntax[:1].isdigit():
        fields["SYNTAX"] = expand(syntax, macros)
    if fields.get("USAGE") == "userApplications":  # the default, which slapd leaves out
        del fields["USAGE"]
    return Definition(kind, oid, fields)


def expand(oid: str, macros: Mapping[str, str]) -> str:
    """``oid`` with a leading macro replaced: ``ofo``, ``ofo:1.2``; anything else as it is."""
    if oid[:1].isdigit():
        return oid
    name, colon, suffix = oid.partition(":")
    base = macros.get(name.lower())
    if base is None:
        return oid
    return f"{base}.{suffix}" if colon else base
