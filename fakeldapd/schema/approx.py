"""Approximate matching (RFC 4511 section 4.5.1.7.6): what slapd means by ``~=``, which is that words sound alike.

Value and assertion lose their accents and all else that isn't ASCII, and are cut at spaces. Every word of the
assertion must sound like a word of the value, in the same order; the value may have more words. What is heard of a
word are the letters before the first digit or mark: ``smith-jones`` sounds like ``smith``, and ``123`` like nothing,
which sounds like ``456``.

A sound is a metaphone of four characters at most: vowels count at the beginning only, and letters that English speaks
alike become one. It is slapd's metaphone, with its own ear: a B is heard at the end of a word only.
"""

import string
import unicodedata
from functools import lru_cache
from typing import TypeAlias

from fakeldapd.schema.prepare import case_exact, ia5_case_exact, is_utf8

Sounds: TypeAlias = tuple[str, ...]

_VOWELS, _FRONT_VOWELS = frozenset("AEIOU"), frozenset("EIY")
_AS_WRITTEN = frozenset("FJLMNR")
_ALWAYS = {"Q": "K", "V": "F", "Z": "S"}
_LISTENED, _HEARD = 31, 4
_BREAK = (string.digits + string.punctuation + string.whitespace + "\0").encode()
_LETTERS = string.ascii_letters.encode()


def _letters(word: bytes) -> str:
    """The letters that count, upper-case."""
    for at, octet in enumerate(word):
        if octet in _BREAK:
            word = word[:at]
            break
    return bytes([octet for octet in word if octet in _LETTERS]).upper().decode()[:_LISTENED]


def _opening(letters: str) -> tuple[str, int]:
    """The letters as they are spoken at the beginning of a word, and where sound begins."""
    pair = letters[:2]
    if pair in ("PN", "KN", "GN", "AE", "WR"):
        return letters, 1
    if pair == "WH":
        return " W" + letters[2:], 1
    return ("S" + letters[1:] if letters[0] == "X" else letters), 0


class _At:
    """A place in a word: the letter there and those around it, a space where there is none."""

    __slots__ = ("after", "before", "first", "last", "padded", "place")

    def __init__(self, padded: str, place: int, start: int, end: int) -> None:
        self.padded, self.place = padded, place
        self.before, self.after = padded[place - 1], padded[place + 1]
        self.first, self.last = place == start, place == end - 1

    def __getitem__(self, distance: int) -> str:
        return self.padded[self.place + distance]


def _b(at: _At) -> str:
    return "B" if at.last and at.before != "M" else ""


def _c(at: _At) -> str:
    if at.before == "S" and at.after in _FRONT_VOWELS:
        return ""
    if at.after == "I" and at[2] == "A":
        return "X"
    if at.after in _FRONT_VOWELS:
        return "S"
    if at.after == "H":
        return "K" if at.before == "S" or (at.first and at[2] not in _VOWELS) else "X"
    return "K"


def _d(at: _At) -> str:
    return "J" if at.after == "G" and at[2] in _FRONT_VOWELS else "T"


def _g(at: _At) -> str:
    silent = (
        (at.after == "J" and at[2] not in _VOWELS)
        or (at.after == "N" and at[2] == "E" and at[3] == "D")
        or (at.before == "D" and at.after in _FRONT_VOWELS)
    )
    if silent:
        return ""
    return "G" if at.after in _FRONT_VOWELS and at[2] != "G" else "K"


def _h(at: _At) -> str:
    return "H" if at.before not in "CGPST" and (at.before not in _VOWELS or at.after in _VOWELS) else ""


def _k(at: _At) -> str:
    return "" if at.before == "C" else "K"


def _p(at: _At) -> str:
    return "F" if at.after == "H" else "P"


def _s(at: _At) -> str:
    return "X" if at.after == "H" or (at.after == "I" and at[2] in "OA") else "S"


def _t(at: _At) -> str:
    if at.after == "I" and at[2] in "OA":
        return "X"
    if at.after == "H":
        return "0"
    return "" if at.after == "C" and at[2] == "H" else "T"


def _w(at: _At) -> str:
    return at[0] if at.after in _VOWELS else ""


def _x(at: _At) -> str:
    return "S" if at.first else "KS"


_SPOKEN = {"B": _b, "C": _c, "D": _d, "G": _g, "H": _h, "K": _k, "P": _p, "S": _s, "T": _t, "W": _w, "X": _x, "Y": _w}


@lru_cache(maxsize=1024)
def sound(word: bytes) -> str:
    """How one word sounds: at most four of ``0AEIOUBFGHJKLMNPRSTWXY``; empty where there is nothing to hear."""
    letters = _letters(word)
    if not letters:
        return ""
    letters, start = _opening(letters)
    padded = " " * 4 + " " * start + letters[start:] + " " * 4
    start, end = start + 4, len(letters) + 4
    heard = ""
    swallowed = -1
    for place in range(start, end):
        letter = padded[place]
        if place == swallowed:
            continue
        if letter == padded[place - 1] and letter != "C":
            continue
        if letter in _AS_WRITTEN or (place == start and letter in _VOWELS):
            heard += letter
        elif letter in _ALWAYS:
            heard += _ALWAYS[letter]
        elif letter in _SPOKEN:
            heard += _SPOKEN[letter](_At(padded, place, start, end))
            if letter == "X" and place != start:
                swallowed = place + 1  # slapd spends the next letter's turn on the S of KS
        if len(heard) >= _HEARD:
            break
    return heard[:_HEARD]


def _ascii(value: bytes) -> bytes:
    if value.isascii():
        return value
    text = unicodedata.ucd_3_2_0.normalize("NFKD", value.decode("utf-8", "surrogateescape"))
    return text.encode("ascii", "ignore")


def value_sounds(value: bytes) -> Sounds | None:
    """How each word of a Directory String sounds, words without a letter included; None for what isn't UTF-8."""
    return _value_sounds(case_exact(value) or b"") if is_utf8(value) else None


def ia5_value_sounds(value: bytes) -> Sounds | None:
    """How each word of an IA5 String sounds."""
    normal = ia5_case_exact(value)
    return _value_sounds(normal) if normal is not None else None


def _value_sounds(normal: bytes) -> Sounds:
    # slapd listens to normal forms: spaces that those lack are no missing words. Behind a NUL it hears nothing.
    return tuple([sound(word) for word in _ascii(normal).partition(b"\0")[0].split(b" ")])


def assertion_sounds(value: bytes) -> Sounds | None:
    """How each word of an assertion for a Directory String sounds; None for what isn't UTF-8, and the empty string."""
    if not value or not is_utf8(value):
        return None
    return tuple([sound(word) for word in _ascii(value).replace(b"\0", b" ").split(b" ") if word])


def ia5_assertion_sounds(value: bytes) -> Sounds | None:
    """How each word of an assertion for an IA5 String sounds; None for what isn't ASCII."""
    normal = ia5_case_exact(value)
    return tuple([sound(word) for word in normal.split(b" ") if word]) if normal is not None else None


def sounds_match(assertion: Sounds, value: Sounds) -> bool:
    """Whether what is heard in the assertion, if anything, is heard in the value in the same order."""
    rest = iter(value)
    return assertion != () and all(wanted in rest for wanted in assertion)


def approx_matches(assertion: bytes, value: bytes) -> bool:
    """Whether ``(attribute~=assertion)`` is true of ``value``; False too for what isn't UTF-8."""
    wanted, heard = assertion_sounds(assertion), value_sounds(value)
    return wanted is not None and heard is not None and sounds_match(wanted, heard)
