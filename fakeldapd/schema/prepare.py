"""String preparation: the normal forms of text values (RFC 4518), as slapd makes them.

Every function takes a value as octets and gives its normal form as octets (UTF-8), or None when the octets are not a
value of the kind that it prepares. An input that is its own normal form is returned as it is, the same object: most
stored values are kept beside their normal forms, and so cost nothing more.

Short ASCII values go through nothing but methods of ``bytes``; Unicode is looked at only when a value needs it.

What slapd does differently from RFC 4518, and so do we:

* Nothing is prohibited (section 2.4): surrogates, private use, NUL and unassigned code points stay; so do sequences
  of more than four octets. Only truncated and overlong sequences make a value invalid.
* Nothing is mapped to nothing and no control character to a space (section 2.2): soft hyphen, zero width space and
  TAB stay.
* Case is folded by the simple lower-case mapping, before normalisation, of letters only: sharp s stays, Roman numeral
  twelve becomes "XII".
* Normalisation is that of Unicode 3.2, apart from the compatibility characters at the end of slapd's table, which it
  misses.
* A value of spaces only becomes one space, and the ends of other values carry none (section 2.6.1 keeps one at each
  end, and two between words).
* A telephone number keeps its case, and loses no hyphen but ``-`` itself (section 2.6.3 knows eight more).
"""

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

_UNICODE = unicodedata.ucd_3_2_0

INITIAL, ANY, FINAL = "initial", "any", "final"


# --- UTF-8 ------------------------------------------------------------------------------------------------------------


@cache
def _sequences() -> "re.Pattern[bytes]":
    """What slapd takes for UTF-8: the encoding of 31 bits by RFC 2279, shortest forms, surrogates not excluded."""
    import re

    return re.compile(
        rb"(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|[\xe1-\xef][\x80-\xbf])[\x80-\xbf]"
        rb"|(?:\xf0[\x90-\xbf]|[\xf1-\xf7][\x80-\xbf])[\x80-\xbf]{2}|(?:\xf8[\x88-\xbf]|[\xf9-\xfb][\x80-\xbf])[\x80-\xbf]{3}"
        rb"|(?:\xfc[\x84-\xbf]|\xfd[\x80-\xbf])[\x80-\xbf]{4})*+"
    )


def is_utf8(value: bytes) -> bool:
    """Whether slapd takes octets for UTF-8 (the empty string is)."""
    if value.isascii():
        return True
    try:
        value.decode()
    except UnicodeDecodeError:
        return _sequences().fullmatch(value) is not None
    return True


class _Lower(dict[int, int]):
    """For ``str.translate``: the simple lower-case mapping of the letters of Unicode 3.2; filled as characters are
    met."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        lowered = character.lower()
        folded = code
        if lowered != character and _UNICODE.category(character) in ("Lu", "Lt"):
            # The one letter whose full mapping differs from its simple one is I with dot above.
            simple = lowered[0] if code == 0x130 else lowered
            if _UNICODE.category(simple) != "Cn":
                folded = ord(simple)
        if len(self) < 10_000:  # no client can make it grow without bound
            self[code] = folded
        return folded


_LOWER = _Lower()


@cache
def _not_decomposed() -> "re.Pattern[str]":
    """Characters with a compatibility mapping that slapd's search of its table doesn't reach."""
    import re

    return re.compile("([\uf900\uf901\U0001d60f-\U0001d7ff\U0002f800-\U0002fa1d]+)")


def _normalise(text: str) -> str:
    """Normalisation form KC of Unicode 3.2 as slapd computes it."""
    if text < "\uf900" and max(text) < "\uf900":
        return _UNICODE.normalize("NFKC", text)
    parts = _not_decomposed().split(text)  # every second one is of characters to leave alone
    parts[::2] = [_UNICODE.normalize("NFKC", part) for part in parts[::2]]
    return "".join(parts)


def _unicode(value: bytes, fold: bool) -> bytes | None:
    """Case folding and normalisation; spaces are left alone."""
    if not is_utf8(value):
        return None
    text = value.decode("utf-8", "surrogateescape")  # what Python doesn't take for UTF-8 goes through as it is
    return _normalise(text.translate(_LOWER) if fold else text).encode("utf-8", "surrogateescape")


# --- spaces (RFC 4518 section 2.6.1) ----------------------------------------------------------------------------------


def _squeeze(value: bytes) -> bytes:
    """No space at the ends, one between words; of spaces only, one."""
    if b" " in value and (b"  " in value or value[0] == 32 or value[-1] == 32):
        return b" ".join(filter(None, value.split(b" "))) or b" "
    return value


def _squeeze_piece(value: bytes, position: str) -> bytes:
    """One component of a substrings assertion: the ends that face a ``*`` may keep one space.

    A final component of spaces only becomes empty, and so matches every end, in slapd.
    """
    if b" " not in value:
        return value
    words = b" ".join(filter(None, value.split(b" ")))
    if not words:
        return b"" if position == FINAL else b" "
    if value[0] == 32 and position != INITIAL:
        words = b" " + words
    if value[-1] == 32 and position != FINAL:
        words += b" "
    return words


# --- directory strings (UTF-8) ----------------------------------------------------------------------------------------


def case_ignore(value: bytes) -> bytes | None:
    """The normal form under caseIgnoreMatch (RFC 4517 section 4.2.11); None for what isn't UTF-8, and for the empty
    string."""
    if value.isascii():
        low = value.lower()
        if b" " in low and (b"  " in low or low[0] == 32 or low[-1] == 32):
            return b" ".join(filter(None, low.split(b" "))) or b" "
        return (value if low == value else low) or None
    low_or_none = _unicode(value, True)
    return low_or_none and _squeeze(low_or_none)


def case_exact(value: bytes) -> bytes | None:
    """The normal form under caseExactMatch (RFC 4517 section 4.2.4); None for what isn't UTF-8, and for the empty
    string."""
    prepared = value if value.isascii() else _unicode(value, False)
    return _squeeze(prepared) if prepared else None


def case_ignore_piece(value: bytes, position: str) -> bytes | None:
    """One component of an assertion of caseIgnoreSubstringsMatch; ``position`` is "initial", "any" or "final"."""
    prepared = value.lower() if value.isascii() else _unicode(value, True)
    return _squeeze_piece(prepared, position) if prepared else None


def case_exact_piece(value: bytes, position: str) -> bytes | None:
    """One component of an assertion of caseExactSubstringsMatch."""
    prepared = value if value.isascii() else _unicode(value, False)
    return _squeeze_piece(prepared, position) if prepared else None


# --- IA5 strings, and strings that know fewer spaces ------------------------------------------------------------------


def ia5_case_ignore(value: bytes) -> bytes | None:
    """The normal form under caseIgnoreIA5Match (RFC 4517 section 4.2.12); None for what isn't ASCII.

    In slapd a value of spaces only becomes empty, and what follows a NUL doesn't count.
    """
    if not value.isascii():
        return None
    low = value.lower()
    if b"\0" in low:
        low = low[: low.index(0)]
    if b" " in low and (b"  " in low or low[0] == 32 or low[-1] == 32):
        return b" ".join(filter(None, low.split(b" ")))
    return value if low == value else low


def ia5_case_exact(value: bytes) -> bytes | None:
    """The normal form under caseExactIA5Match (RFC 4517 section 4.2.3), made as that of ``ia5_case_ignore``."""
    if not value.isascii():
        return None
    if b"\0" in value:
        value = value[: value.index(0)]
    if b" " in value and (b"  " in value or value[0] == 32 or value[-1] == 32):
        return b" ".join(filter(None, value.split(b" ")))
    return value


def ia5_case_ignore_piece(value: bytes, position: str) -> bytes | None:
    """One component of caseIgnoreIA5SubstringsMatch: slapd prepares it as if it were a whole value, so an end keeps
    no space."""
    return ia5_case_ignore(value)


def ia5_case_exact_piece(value: bytes, position: str) -> bytes | None:
    """One component of caseExactIA5SubstringsMatch."""
    return ia5_case_exact(value)


def numeric(value: bytes) -> bytes | None:
    """The normal form of a Numeric String: without spaces (RFC 4518 section 2.6.2), of spaces only one; None for
    other characters."""
    if value.isdigit():
        return value
    digits = value.replace(b" ", b"")
    if digits.isdigit():
        return digits
    return b" " if value and not digits else None


_PRINTABLE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'()+,-./:=? "


def is_printable(value: bytes) -> bool:
    """Whether octets are a PrintableString (RFC 4517 section 3.2) of at least one character."""
    return not value.translate(None, _PRINTABLE) and value != b""


def telephone(value: bytes) -> bytes | None:
    """The normal form of a Telephone Number: without spaces and hyphens (RFC 4518 section 2.6.3), of those only one
    space."""
    if not is_printable(value):
        return None
    return value.translate(None, b" -") or b" "


def numeric_piece(value: bytes, position: str) -> bytes | None:
    """One component of numericStringSubstringsMatch."""
    return numeric(value)


def telephone_piece(value: bytes, position: str) -> bytes | None:
    """One component of telephoneNumberSubstringsMatch."""
    return telephone(value)


# --- lists of lines ---------------------------------------------------------------------------------------------------


def is_postal_address(value: bytes) -> bool:
    """Whether octets are lines of UTF-8 between ``$``, a backslash only in ``\\24`` and ``\\5C`` (RFC 4517 section
    3.3.28).

    slapd takes empty lines, and the empty string.
    """
    if b"\\" in value:
        value = value.replace(b"\\24", b"").replace(b"\\5C", b"").replace(b"\\5c", b"")
        if b"\\" in value:
            return False
    return is_utf8(value)


def case_ignore_list(value: bytes) -> bytes | None:
    """The normal form under caseIgnoreListMatch (RFC 4517 section 4.2.13): each line as under caseIgnoreMatch,
    escapes kept."""
    if not is_postal_address(value):
        return None
    return b"$".join([case_ignore(line) or b"" for line in value.split(b"$")])


def case_ignore_list_piece(value: bytes, position: str) -> bytes | None:
    """One component of caseIgnoreListSubstringsMatch; slapd prepares each line of it as it does a whole component."""
    if not is_postal_address(value):
        return None
    return b"$".join([case_ignore_piece(line, position) or b"" for line in value.split(b"$")])
