from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.schema import prepare

# What slapd 2.5.13 makes of values under caseIgnoreMatch and caseExactMatch, seen in the normalised DNs of "Who am I?".
OBSERVED: list[tuple[str | bytes, str | bytes, str | bytes]] = [
    ("Jos\xe9", "jos\xe9", "Jos\xe9"),
    ("JOSE\u0301", "jos\xe9", "JOS\xc9"),
    ("Stra\xdfe", "stra\xdfe", "Stra\xdfe"),
    ("STRASSE", "strasse", "STRASSE"),
    ("\u0391\u03a3", "\u03b1\u03c3", "\u0391\u03a3"),
    ("\u216b", "XII", "XII"),
    ("\u24d0\u24b6", "aA", "aA"),
    ("\ufb01n", "fin", "fin"),
    ("\u0130stanbul", "istanbul", "\u0130stanbul"),
    ("I", "i", "I"),
    ("\xa0 x \u3000", "x", "x"),
    ("a\xadb", "a\xadb", "a\xadb"),
    ("a\u200bb", "a\u200bb", "a\u200bb"),
    ("a\tb", "a\tb", "a\tb"),
    ("\uff21\uff11", "a1", "A1"),
    ("\u1e9b\u0323", "\u1e69", "\u1e69"),
    ("\uac00", "\uac00", "\uac00"),
    ("\u1100\u1161", "\uac00", "\uac00"),
    ("\xc5", "\xe5", "\xc5"),
    ("a\u0323\u0301", "\u1ea1\u0301", "\u1ea1\u0301"),
    ("a\u0301\u0323", "\u1ea1\u0301", "\u1ea1\u0301"),
    ("\U0001d400", "A", "A"),
    ("\U0001d7ce", "\U0001d7ce", "\U0001d7ce"),
    ("\u8c48", "\u8c48", "\u8c48"),
    ("\u01c4", "d\u017e", "D\u017d"),
    ("\u01c5", "d\u017e", "D\u017e"),
    ("\u10a0", "\u10a0", "\u10a0"),
    ("\u04c0", "\u04c0", "\u04c0"),
    ("\u03f9", "\u03f9", "\u03f9"),
    ("\u017f", "s", "s"),
    ("\u65e5\u672c", "\u65e5\u672c", "\u65e5\u672c"),
    ("A\u030a", "\xe5", "\xc5"),
    ("\xbd", "1\u20442", "1\u20442"),
    ("\xa8", "\u0308", "\u0308"),
    ("e\u0301 ", "\xe9", "\xe9"),
    (b"\xed\xa0\x80X", b"\xed\xa0\x80x", b"\xed\xa0\x80X"),
    (b"\xf4\x90\x80\x80X", b"\xf4\x90\x80\x80x", b"\xf4\x90\x80\x80X"),
    (b"\xf8\x88\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xf8\x88\x80\x80\x80"),
    ("\x00A", "\x00a", "\x00A"),
    ("  ", " ", " "),
    (" Foo   BAR ", "foo bar", "Foo BAR"),
]


def octets(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


@pytest.mark.parametrize(("value", "folded", "exact"), OBSERVED, ids=ascii)
def test_strings_are_prepared_as_slapd_prepares_them(
    value: str | bytes, folded: str | bytes, exact: str | bytes
) -> None:
    assert prepare.case_ignore(octets(value)) == octets(folded)
    assert prepare.case_exact(octets(value)) == octets(exact)


@pytest.mark.parametrize("value", [b"", b"\x80", b"a\xe2\x82", b"\xc0\x80", b"\xe0\x80\x80", b"\xfe\x80", b"\xff"])
def test_what_is_not_utf8_has_no_normal_form(value: bytes) -> None:
    assert prepare.case_ignore(value) is None
    assert prepare.case_exact(value) is None
    assert prepare.case_ignore_piece(value, "any") is None
    assert prepare.case_exact_piece(value, "any") is None


@pytest.mark.parametrize(
    ("value", "initial", "middle", "final"),
    [
        (b"A", b"a", b"a", b"a"),
        (b" A", b"a", b" a", b" a"),
        (b"A  ", b"a ", b"a ", b"a"),
        (b"  A   B  ", b"a b ", b" a b ", b" a b"),
        (b"  ", b" ", b" ", b""),
        ("\u00a0É".encode(), "é".encode(), " é".encode(), " é".encode()),
    ],
)
def test_a_component_keeps_a_space_where_it_faces_a_star(
    value: bytes, initial: bytes, middle: bytes, final: bytes
) -> None:
    pieces = [prepare.case_ignore_piece(value, position) for position in ("initial", "any", "final")]
    assert pieces == [initial, middle, final]


@pytest.mark.parametrize("position", ["initial", "any", "final"])
def test_a_component_of_ia5_keeps_no_space(position: str) -> None:
    assert prepare.ia5_case_ignore_piece(b"  A  B ", position) == b"a b"
    assert prepare.ia5_case_exact_piece(b"  A  B ", position) == b"A B"


@pytest.mark.parametrize(
    ("prepared", "value", "normal"),
    [
        (prepare.ia5_case_ignore, b" Foo  BAR ", b"foo bar"),
        (prepare.ia5_case_ignore, b"  ", b""),
        (prepare.ia5_case_ignore, b"", b""),
        (prepare.ia5_case_ignore, b"A\0B", b"a"),
        (prepare.ia5_case_ignore, "é".encode(), None),
        (prepare.ia5_case_exact, b" Foo  BAR ", b"Foo BAR"),
        (prepare.ia5_case_exact, b"A\0B", b"A"),
        (prepare.ia5_case_exact, b"\xff", None),
        (prepare.numeric, b" 12  34", b"1234"),
        (prepare.numeric, b"0012", b"0012"),
        (prepare.numeric, b"  ", b" "),
        (prepare.numeric, b"", None),
        (prepare.numeric, b"1-2", None),
        (prepare.numeric, "²".encode(), None),
        (prepare.telephone, b"+1 555-1234", b"+15551234"),
        (prepare.telephone, b"aBc", b"aBc"),
        (prepare.telephone, b"- -", b" "),
        (prepare.telephone, b"", None),
        (prepare.telephone, b"a_b", None),
        (prepare.case_ignore_list, b" A  B $ $\\5C", b"a b$ $\\5c"),
        (prepare.case_ignore_list, b"", b""),
        (prepare.case_ignore_list, b"\\2", None),
    ],
)
def test_other_strings(prepared: Callable[[bytes], bytes | None], value: bytes, normal: bytes | None) -> None:
    assert prepared(value) == normal


@given(st.text(max_size=20))
def test_text_without_latin_compatibility_letters_has_a_fixed_point(text: str) -> None:
    # Folding comes first, so that a normal form may still hold upper-case letters that normalisation brought.
    once = prepare.case_ignore(text.encode("utf-8", "surrogatepass"))
    if once is not None:
        twice = prepare.case_ignore(once)
        assert twice is not None
        assert prepare.case_ignore(twice) == twice


@given(st.text(min_size=1, max_size=20))
def test_exact_preparation_is_idempotent(text: str) -> None:
    once = prepare.case_exact(text.encode("utf-8", "surrogatepass"))
    if once is not None:
        assert prepare.case_exact(once) == once


@given(st.from_regex(r"[ -~]{1,20}", fullmatch=True))
def test_ascii_is_prepared_by_hand_as_by_the_book(text: str) -> None:
    value = text.encode()
    words = text.split(" ")
    squeezed = " ".join([word for word in words if word]).encode() or b" "
    assert prepare.case_exact(value) == squeezed
    assert prepare.case_ignore(value) == squeezed.lower()


@given(st.binary(max_size=12))
def test_whatever_python_takes_for_utf8_is_utf8(value: bytes) -> None:
    try:
        value.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return
    assert prepare.is_utf8(value)
