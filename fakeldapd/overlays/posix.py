"""Regular expressions as regex(7) has them and slapd uses them: POSIX extended ones, over octets.

Python's differ in brackets, where a backslash is a plain character and ``[:alpha:]`` a class, in the line feed, which
is a character like any other, and in ``$``, which stands for the very end.
"""

import re

_CLASSES = {
    "alpha": "A-Za-z",
    "digit": "0-9",
    "alnum": "A-Za-z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\t-\r ",
    "blank": r" \t",
    "punct": r"!-/:-@\[-`{-~",
    "print": " -~",
    "graph": "!-~",
    "cntrl": r"\x00-\x1f\x7f",
    "xdigit": "0-9A-Fa-f",
}
_ESCAPES = {"<": r"\b(?=\w)", ">": r"\b(?<=\w)", "`": r"\A", "'": r"\Z"}
_KEPT = "wWsSbB123456789"
_REPEATS = re.compile(r"[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\}")


def compile_posix(text: str) -> re.Pattern[bytes]:
    """The expression for ``search``. Raises ValueError, saying what is wrong with it."""
    out: list[str] = []
    at = 0
    repeated = False
    while at < len(text):
        c = text[at]
        repeat = _REPEATS.match(text, at)
        if repeat is not None:
            if repeated or not out or out[-1] in ("(", "|"):
                raise ValueError(f"{text}: there is nothing for {repeat[0]} to repeat")
            out.append(repeat[0])
            at = repeat.end()
            repeated = True
            continue
        repeated = False
        if c == "[":
            bracket, at = _bracket(text, at)
            out.append(bracket)
            continue
        at += 1
        if c == "\\":
            if at == len(text):
                raise ValueError(f"{text}: a backslash at the end")
            c = text[at]
            at += 1
            out.append(_ESCAPES.get(c) or (f"\\{c}" if c in _KEPT else re.escape(c)))
        else:
            out.append(r"\Z" if c == "$" else c if c in "^.()|" else re.escape(c))
    try:
        return re.compile("".join(out).encode(), re.DOTALL)
    except re.error as error:
        raise ValueError(f"{text}: {error.msg}") from None


def _bracket(text: str, start: int) -> tuple[str, int]:
    """The bracket expression that begins at ``start`` in Python's form, and where it ends."""
    at = start + 1
    out = ["["]
    if text[at : at + 1] == "^":
        out.append("^")
        at += 1
    first = at
    while True:
        c = text[at : at + 1]
        if not c:
            raise ValueError(f"{text}: a bracket isn't closed")
        if c == "]" and at > first:
            return "".join(out) + "]", at + 1
        if c == "[" and text[at + 1 : at + 2] in (":", ".", "="):
            kind = text[at + 1]
            end = text.find(f"{kind}]", at + 2)
            name = text[at + 2 : end]
            if end < 0 or (kind == ":" and name not in _CLASSES) or (kind != ":" and len(name) != 1):
                raise ValueError(f"{text}: there is no such class of characters: {text[at:]}")
            out.append(_CLASSES[name] if kind == ":" else re.escape(name))
            at = end + 2
            continue
        between = c == "-" and at > first and text[at + 1 : at + 2] not in ("]", "")
        out.append("-" if between else re.escape(c))
        at += 1
