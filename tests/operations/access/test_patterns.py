"""Patterns: DNs by style, what is put into them, and POSIX regular expressions held against the C library's."""

import ctypes
import ctypes.util
import platform

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeldapd.operations.access.patterns import (
    MATCHES,
    NoSuchGroup,
    RegexError,
    compile_regex,
    expand,
    has_groups,
    is_at_level,
    without_spaces,
)

BASE = b"ou=people,dc=example,dc=com"
ALICE = b"uid=alice," + BASE


@pytest.mark.parametrize(
    ("style", "key", "pattern", "matches"),
    [
        ("base", ALICE, ALICE, True),
        ("base", ALICE, BASE, False),
        ("base", b"", b"", True),
        ("one", ALICE, BASE, True),
        ("one", BASE, BASE, False),
        ("one", b"cn=x," + ALICE, BASE, False),
        ("one", b"dc=com", b"", True),
        ("one", BASE, b"", False),
        ("subtree", BASE, BASE, True),
        ("subtree", b"cn=x," + ALICE, BASE, True),
        ("subtree", b"xou=people,dc=example,dc=com", BASE, False),
        ("subtree", b"dc=com", BASE, False),
        ("children", ALICE, BASE, True),
        ("children", BASE, BASE, False),
        ("children", ALICE, b"", False),
    ],
)
def test_styles(style: str, key: bytes, pattern: bytes, matches: bool) -> None:
    assert MATCHES[style](key, pattern) is matches


def test_levels() -> None:
    assert [level for level in range(5) if is_at_level(ALICE, b"dc=example,dc=com", level)] == [2]


@pytest.mark.parametrize(
    ("pattern", "expanded"),
    [
        (b"uid=$1", b"uid=b"),
        (b"$0-$1-$2", b"a-b-"),
        (b"${1}x", b"bx"),
        (b"${d1}", b"b"),
        (b"a$$", b"a$"),
        (b"a$", b"a$"),
        (b"$$1", b"$1"),
        (b"a$xyz1c", b"abc"),
        (b"none", b"none"),
        (b"$3", None),
        (b"${10}", None),
        (b"${1", None),
        (b"${v1}", None),
    ],
)
def test_expand(pattern: bytes, expanded: bytes | None) -> None:
    if expanded is None:
        with pytest.raises(NoSuchGroup):
            expand(pattern, (b"a", b"b", None))
    else:
        assert expand(pattern, (b"a", b"b", None)) == expanded


@pytest.mark.parametrize(
    ("pattern", "found"), [(b"$1", True), (b"a${1}", True), (b"a$", False), (b"$$", False), (b"a", False)]
)
def test_has_groups(pattern: bytes, found: bool) -> None:
    assert has_groups(pattern) is found


def test_spaces_behind_commas() -> None:
    assert without_spaces("^uid=[^,]+,  ou=people, dc=com$") == "^uid=[^,]+,ou=people,dc=com$"


# --- regular expressions ----------------------------------------------------------------------------------------------


class Match(ctypes.Structure):
    """regmatch_t of glibc."""

    _fields_ = [("so", ctypes.c_int), ("eo", ctypes.c_int)]


def posix(pattern: bytes, text: bytes) -> tuple[int, int] | bool | None:
    """What the C library finds: where, False for nothing; None where the expression is none."""
    libc = ctypes.CDLL(ctypes.util.find_library("c"))
    regex = ctypes.create_string_buffer(1024)
    extended, ignore_case = 1, 2
    if libc.regcomp(regex, pattern, extended | ignore_case):
        return None
    found = (Match * 1)()
    code = libc.regexec(regex, text, 1, found, 0)
    libc.regfree(regex)
    return False if code else (found[0].so, found[0].eo)


def ours(pattern: bytes, text: bytes) -> tuple[int, int] | bool | None:
    """What the rewritten expression finds."""
    try:
        found = compile_regex(pattern).search(text)
    except RegexError:
        return None
    return False if found is None else found.span()


glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has other extensions")

EXPRESSIONS = [
    b"uid=([^,]+)",
    b"^(.+,)?uid=[a-c]+,dc=x$",
    b"(a|b)*c",
    b"a{2}",
    b"a{1,2}b",
    b"a{,2}",
    b"a{2,}",
    b"a**",
    b"a+?b",
    b"(ab)+?",
    b"a*{2}",
    b"[[:alpha:]]+",
    b"[^[:digit:],]+",
    b"[]a]",
    b"[^]a]",
    b"[a-]",
    b"[a\\]",
    b"[\\w]",
    b"[.*]",
    b"[[:nope:]]",
    b"\\.",
    b"\\w+",
    b"a\\",
    b"(a)\\1",
    b"*a",
    b"(*a)",
    b"a|*b",
    b"(",
    b"a)",
    b"()",
    b"a$b",
    b"$",
    b"^^a",
    b"a{x}",
    b"{2}",
    b"[b-a]",
    b"[a",
    b".",
    b"A",
    b"\\<uid\\>",
    b"(?:a)",
    b"a{2}{3}",
]
TEXTS = [
    b"",
    b"a",
    b"aa",
    b"aab",
    b"ab,uid=abc,dc=x",
    b"UID=Abc",
    b"b-a]\\.w",
    b"a)b",
    b"a{x}",
    b"1,2\n3",
    b"a$b",
    b"aaaaaa",
]


@glibc
@pytest.mark.parametrize("pattern", EXPRESSIONS)
def test_regular_expressions(pattern: bytes) -> None:
    assert [ours(pattern, text) for text in TEXTS] == [posix(pattern, text) for text in TEXTS]


@glibc
@pytest.mark.parametrize("pattern", [b"a||b", b"(|a)", b"^(a|aa)$", b"(a|ab)(c|bcd)?$"])
def test_alternatives(pattern: bytes) -> None:
    """Of two that match Python takes the first and the C library the longer one; that something matches is the same."""
    assert [ours(pattern, t) is not False for t in TEXTS] == [posix(pattern, t) is not False for t in TEXTS]


PIECES = st.sampled_from(
    [b"a", b"b", b",", b"=", b".", b"*", b"+", b"?", b"(", b")", b"[ab]", b"[^a]", b"{2}", b"^", b"$"]
)


@glibc
@given(st.lists(PIECES, max_size=8), st.lists(st.sampled_from([b"a", b"b", b",", b"=", b"c"]), max_size=10))
@settings(max_examples=300, deadline=None)
def test_random_regular_expressions(pattern: list[bytes], text: list[bytes]) -> None:
    joined, searched = b"".join(pattern), b"".join(text)
    assert ours(joined, searched) == posix(joined, searched)
