"""RFC 4515: filters as text and back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import FilterSyntaxError, escape, parse, to_text
from fakeldapd.protocol.filter_ber import encode_filter

BOB = m.Equality(b"cn", b"bob")
ANY_SN = m.Present(b"sn")

CANONICAL: dict[str, m.Filter] = {
    # the examples of RFC 4515 section 4
    "(cn=Babs Jensen)": m.Equality(b"cn", b"Babs Jensen"),
    "(!(cn=Tim Howes))": m.Not(m.Equality(b"cn", b"Tim Howes")),
    "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))": m.And(
        (
            m.Equality(b"objectClass", b"Person"),
            m.Or((m.Equality(b"sn", b"Jensen"), m.Substrings(b"cn", initial=b"Babs J"))),
        )
    ),
    "(o=univ*of*mich*)": m.Substrings(b"o", b"univ", (b"of", b"mich")),
    "(seeAlso=)": m.Equality(b"seeAlso", b""),
    "(cn:caseExactMatch:=Fred Flintstone)": m.Extensible(b"caseExactMatch", b"cn", b"Fred Flintstone"),
    "(cn:=Betty Rubble)": m.Extensible(None, b"cn", b"Betty Rubble"),
    "(sn:dn:2.4.6.8.10:=Barney Rubble)": m.Extensible(b"2.4.6.8.10", b"sn", b"Barney Rubble", True),
    "(o:dn:=Ace Industry)": m.Extensible(None, b"o", b"Ace Industry", True),
    "(:1.2.3:=Wilma Flintstone)": m.Extensible(b"1.2.3", None, b"Wilma Flintstone"),
    "(:dn:2.4.6.8.10:=Dino)": m.Extensible(b"2.4.6.8.10", None, b"Dino", True),
    r"(o=Parens R Us \28for all your parenthetical needs\29)": m.Equality(
        b"o", b"Parens R Us (for all your parenthetical needs)"
    ),
    r"(cn=*\2a*)": m.Substrings(b"cn", any=(b"*",)),
    r"(filename=C:\5cMyFile)": m.Equality(b"filename", rb"C:\MyFile"),
    r"(bin=\00\00\00\04)": m.Equality(b"bin", b"\0\0\0\4"),
    "(sn=Lučić)": m.Equality(b"sn", "Lučić".encode()),
    r"(1.3.6.1.4.1.1466.0=\04\02Hi)": m.Equality(b"1.3.6.1.4.1.1466.0", b"\4\2Hi"),
    # RFC 4526
    "(&)": m.And(()),
    "(|)": m.Or(()),
    "(!(|(&)(|)))": m.Not(m.Or((m.And(()), m.Or(())))),
    # every item
    "(cn=*)": m.Present(b"cn"),
    "(cn>=b)": m.GreaterOrEqual(b"cn", b"b"),
    "(cn<=b)": m.LessOrEqual(b"cn", b"b"),
    "(cn~=b)": m.Approx(b"cn", b"b"),
    "(cn>=)": m.GreaterOrEqual(b"cn", b""),
    "(cn=a*)": m.Substrings(b"cn", initial=b"a"),
    "(cn=*a)": m.Substrings(b"cn", final=b"a"),
    "(cn=*a*)": m.Substrings(b"cn", any=(b"a",)),
    "(cn=a*b)": m.Substrings(b"cn", b"a", (), b"b"),
    "(cn=a*b*c*d)": m.Substrings(b"cn", b"a", (b"b", b"c"), b"d"),
    "(cn;lang-en;x-1=b)": m.Equality(b"cn;lang-en;x-1", b"b"),
    "(cn;lang-en:dn:caseIgnoreMatch:=b)": m.Extensible(b"caseIgnoreMatch", b"cn;lang-en", b"b", True),
    "(cn=a=b:=c)": m.Equality(b"cn", b"a=b:=c"),
    "(cn= b )": m.Equality(b"cn", b" b "),
    "(cn=ü*€)": m.Substrings(b"cn", "ü".encode(), (), "€".encode()),
    r"(cn=\ff\fea)": m.Equality(b"cn", b"\xff\xfea"),
}
TAKEN: dict[str | bytes, m.Filter] = {
    "cn=bob": BOB,
    "cn=*": m.Present(b"cn"),
    "cn:dn:=b": m.Extensible(None, b"cn", b"b", True),
    "( cn=bob)": BOB,
    "(\n\t cn=bob)": BOB,
    "( & ( cn=bob) (sn=*)\n)": m.And((BOB, ANY_SN)),
    "(& (| ) )": m.And((m.Or(()),)),
    "(! (cn=bob) )": m.Not(BOB),
    r"(cn=\62o\62)": BOB,
    r"(cn=\6D\6d\4A)": m.Equality(b"cn", b"mmJ"),
    r"(cn=\c3\BC)": m.Equality(b"cn", "ü".encode()),
    r"(cn=a\)b\(c\*d\\e)": m.Equality(b"cn", rb"a)b(c*d\e"),
    r"(sn=Lu\c4\8di\c4\87)": m.Equality(b"sn", "Lučić".encode()),
    "(:DN:2.4.6.8.10:=Dino)": m.Extensible(b"2.4.6.8.10", None, b"Dino", True),
    "(cn::=b)": m.Extensible(None, b"cn", b"b"),
    "(cn:dn:dn:=b)": m.Extensible(b"dn", b"cn", b"b", True),
    b"(cn=\xff*)": m.Substrings(b"cn", b"\xff"),
    b"(cn=\xc3\xbc)": m.Equality(b"cn", "ü".encode()),
}
REFUSED: dict[str | bytes, tuple[int, str]] = {
    "": (0, "no '='"),
    "()": (1, "no '='"),
    "(cn)": (1, "no '='"),
    "(cn>b)": (1, "no '='"),
    "(cn=bob": (7, "ends too soon"),
    "(&(cn=bob)": (10, "ends too soon"),
    "(&": (2, "ends too soon"),
    "(": (1, "ends too soon"),
    "(!": (2, "ends too soon"),
    "(cn=bob))": (8, "ends before this"),
    "(cn=bob)x": (8, "ends before this"),
    "(cn=bob) ": (8, "ends before this"),
    "(a=b)(c=d)": (5, "ends before this"),
    "&(a=b)(c=d)": (1, "a '(' within an item"),
    " (a=b)": (1, "a '(' within an item"),
    "cn=bob)": (6, "a ')' without its '('"),
    "(cn=a(b)": (5, r"write \28"),
    "((cn=bob))": (1, "a '(' within an item"),
    "(!)": (2, "a filter was expected"),
    "(!cn=bob)": (2, "a filter was expected"),
    "(&cn=bob)": (2, "a filter was expected"),
    "(&(a=b)junk)": (7, "a filter was expected"),
    "(!(a=b)(c=d))": (7, "a negation has one filter"),
    "(=b)": (1, "not an attribute description"),
    "(cn =b)": (1, "not an attribute description"),
    "(*=b)": (1, "not an attribute description"),
    "(cn;=b)": (1, "not an attribute description"),
    "(1.=b)": (1, "not an attribute description"),
    "(c_n=b)": (1, "not an attribute description"),
    "(-cn=b)": (1, "not an attribute description"),
    "(cn!=b)": (1, "not an attribute description"),
    "(ü=b)": (1, "not an attribute description"),
    "(cn:dn=b)": (1, "not an attribute description"),
    "(:=b)": (1, "neither attribute nor matching rule"),
    "(:dn:=b)": (1, "neither attribute nor matching rule"),
    "(cn:a:b:=x)": (3, "not a matching rule"),
    "(cn:a b:=x)": (3, "not a matching rule"),
    "(cn=**)": (4, "two '*' side by side"),
    "(cn=a**b)": (4, "two '*' side by side"),
    "(cn>=b*)": (6, "a '*' where no substrings can be"),
    "(cn:=*)": (5, "a '*' where no substrings can be"),
    r"(cn=\6)": (4, "a backslash without two hexadecimal digits"),
    r"(cn=üü\zz)": (6, "a backslash without two hexadecimal digits"),
    "cn=b\\": (4, "a backslash at the end"),
    "(cn=b\0)": (5, "a NUL"),
    "(cn=\ud800)": (4, "not a character"),
    "(ü=\\": (3, "a backslash at the end"),
    b"(cn=\xff\xffa(": (7, "a '(' within an item"),
}


@pytest.mark.parametrize(("text", "filter"), CANONICAL.items())
def test_there_and_back(text: str, filter: m.Filter) -> None:
    assert parse(text) == filter
    assert parse(text.encode()) == filter
    assert to_text(filter) == text


@pytest.mark.parametrize(("text", "filter"), TAKEN.items())
def test_taken(text: str | bytes, filter: m.Filter) -> None:
    assert parse(text) == filter


@pytest.mark.parametrize(("text", "where"), REFUSED.items())
def test_refused(text: str | bytes, where: tuple[int, str]) -> None:
    with pytest.raises(FilterSyntaxError) as caught:
        parse(text)
    assert (caught.value.position, where[1] in caught.value.reason) == (where[0], True), str(caught.value)
    assert f"at position {where[0]} of the filter {text!r}: " in str(caught.value)


@pytest.mark.parametrize("sign", ["!", "&", "|"])
@pytest.mark.parametrize("depth", [1, 1000])
def test_the_bound_for_the_depth(sign: str, depth: int) -> None:
    text = f"({sign}" * depth + "(a=b)" + ")" * depth
    filter = parse(text, max_depth=depth)
    assert to_text(filter) == text
    with pytest.raises(FilterSyntaxError, match=f"more than {depth} filters"):
        parse(f"({sign}{text})", max_depth=depth)


def test_any_depth_can_be_written() -> None:
    filter: m.Filter = BOB
    for _ in range(5000):
        filter = m.Not(m.And((filter,)))
    assert to_text(filter) == "(!(&" * 5000 + "(cn=bob)" + "))" * 5000
    assert encode_filter(filter).endswith(b"\x04\x02cn\x04\x03bob")


def test_undefined_is_written_as_slapd_logs_it() -> None:
    assert to_text(m.And((m.Undefined(0xAA), BOB))) == "(&(?=undefined)(cn=bob))"


VALUE = st.binary(max_size=10) | st.text(max_size=10).map(str.encode)
PART = VALUE.filter(bool)
NAME = st.from_regex(r"\A([a-zA-Z][a-zA-Z0-9-]{0,5}|[0-9]+(\.[0-9]+){1,3})(;[a-z0-9-]{1,4}){0,2}\Z").map(str.encode)
RULE = st.from_regex(r"\A[a-ce-z][a-zA-Z0-9-]{1,5}\Z").map(str.encode)
substrings = st.builds(
    m.Substrings, NAME, st.none() | PART, st.lists(PART, max_size=3).map(tuple), st.none() | PART
).filter(lambda item: item != m.Substrings(item.attribute))
items = st.one_of(
    *[st.builds(kind, NAME, VALUE) for kind in (m.Equality, m.GreaterOrEqual, m.LessOrEqual, m.Approx)],
    st.builds(m.Present, NAME),
    substrings,
    st.builds(m.Extensible, st.none() | RULE, NAME, VALUE, st.booleans()),
    st.builds(m.Extensible, RULE, st.none(), VALUE, st.booleans()),
)
filters = st.recursive(
    items,
    lambda inner: st.one_of(
        st.builds(m.And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(m.Or, st.lists(inner, max_size=3).map(tuple)),
        st.builds(m.Not, inner),
    ),
)


@given(filters)
def test_every_filter_there_and_back(filter: m.Filter) -> None:
    text = to_text(filter)
    assert parse(text) == filter
    assert text.isprintable() or not text.isascii()


@given(st.text(alphabet="()&|!=*\\~<>:dnc1a ;\0ü") | st.binary())
def test_any_text_is_a_filter_or_refused(text: str | bytes) -> None:
    try:
        filter = parse(text)
    except FilterSyntaxError as refused:
        error = refused
    else:
        assert parse(to_text(filter)) == filter or b":dn:" in (text.encode() if isinstance(text, str) else text).lower()
        return
    assert 0 <= error.position <= len(text)


@given(items)
def test_ldaptor_reads_items_alike(filter: m.Filter) -> None:
    """ldaptor's parser is the oracle, for what it can: no octet above 127, no extensible filters."""
    from ldaptor.ldapfilter import InvalidLDAPFilter, parseFilter

    text = to_text(filter)
    if isinstance(filter, m.Extensible) or not text.isascii() or re.search(r"\\[89a-f]", text):
        return
    try:
        theirs = parseFilter(text).toWire()
    except InvalidLDAPFilter:
        return
    assert theirs == encode_filter(filter)


@pytest.mark.parametrize(
    ("value", "text"), [(b"", ""), (b"abc", "abc"), (b"*", r"\2a"), (b"\n\x7f", r"\0a\7f"), (b"\xc3", r"\c3")]
)
def test_escape(value: bytes, text: str) -> None:
    assert escape(value) == text
