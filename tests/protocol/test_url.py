"""RFC 4516: LDAP URLs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import FilterSyntaxError
from fakeldapd.protocol.url import LDAPURL, Extension, URLSyntaxError

UMICH = b"o=University of Michigan,c=US"

CANONICAL: dict[str, LDAPURL] = {
    # the examples of RFC 4516 section 4
    "ldap:///o=University%20of%20Michigan,c=US": LDAPURL(dn=UMICH),
    "ldap://ldap1.example.net/o=University%20of%20Michigan,c=US": LDAPURL(host="ldap1.example.net", dn=UMICH),
    "ldap://ldap1.example.net/o=University%20of%20Michigan,c=US?postalAddress": LDAPURL(
        host="ldap1.example.net", dn=UMICH, attributes=(b"postalAddress",)
    ),
    "ldap://ldap1.example.net:6666/o=University%20of%20Michigan,c=US??sub?(cn=Babs%20Jensen)": LDAPURL(
        host="ldap1.example.net", port=6666, dn=UMICH, scope=2, filter=b"(cn=Babs Jensen)"
    ),
    "ldap://ldap2.example.com/o=Question%3F,c=US?mail": LDAPURL(
        host="ldap2.example.com", dn=b"o=Question?,c=US", attributes=(b"mail",)
    ),
    "ldap://ldap3.example.com/o=Babsco,c=US???(four-octet=%5C00%5C00%5C00%5C04)": LDAPURL(
        host="ldap3.example.com", dn=b"o=Babsco,c=US", filter=rb"(four-octet=\00\00\00\04)"
    ),
    "ldap://ldap.example.com/o=An%20Example%5C2C%20Inc.,c=US": LDAPURL(
        host="ldap.example.com", dn=rb"o=An Example\2C Inc.,c=US"
    ),
    "ldap://ldap.example.net": LDAPURL(host="ldap.example.net"),
    "ldap:///??sub??e-bindname=cn=Manager%2Cdc=example%2Cdc=com": LDAPURL(
        scope=2, extensions=(Extension("e-bindname", b"cn=Manager,dc=example,dc=com"),)
    ),
    "ldap:///??sub??!e-bindname=cn=Manager%2Cdc=example%2Cdc=com": LDAPURL(
        scope=2, extensions=(Extension("e-bindname", b"cn=Manager,dc=example,dc=com", True),)
    ),
    # and more
    "ldap://": LDAPURL(),
    "ldaps://a:636": LDAPURL("ldaps", "a", 636),
    "ldap://127.0.0.1:3890/dc=x??base": LDAPURL(host="127.0.0.1", port=3890, dn=b"dc=x", scope=0),
    "ldap://[::1]": LDAPURL(host="::1"),
    "ldap://[2001:db8::7]:389/c=GB?objectClass?one": LDAPURL(
        host="2001:db8::7", port=389, dn=b"c=GB", attributes=(b"objectClass",), scope=1
    ),
    "ldap:///dc=x??subordinate": LDAPURL(dn=b"dc=x", scope=3),
    "ldap:///dc=x?*,+,cn;lang-en": LDAPURL(dn=b"dc=x", attributes=(b"*", b"+", b"cn;lang-en")),
    "ldap:///o=%C3%BC%FF": LDAPURL(dn=b"o=\xc3\xbc\xff"),
    "ldap:///????x,!1.2.3=,y=%00%25": LDAPURL(
        extensions=(Extension("x"), Extension("1.2.3", b"", True), Extension("y", b"\0%"))
    ),
    "ldapi://%2Fvar%2Frun%2Fldapi": LDAPURL("ldapi", "/var/run/ldapi"),
    "ldapi://%2Ftmp%2Fa%3Ab/dc=x??sub": LDAPURL("ldapi", "/tmp/a:b", dn=b"dc=x", scope=2),
    "ldapi://": LDAPURL("ldapi"),
}
TAKEN: dict[str | bytes, LDAPURL] = {
    "LDAP://ldap1.example.com/c=GB?objectClass?ONE": LDAPURL(
        host="ldap1.example.com", dn=b"c=GB", attributes=(b"objectClass",), scope=1
    ),
    "ldap://ldap.example.net/": LDAPURL(host="ldap.example.net"),
    "ldap://ldap.example.net/?": LDAPURL(host="ldap.example.net"),
    "ldap://a????": LDAPURL(host="a"),
    "ldap://a?cn": LDAPURL(host="a", attributes=(b"cn",)),
    "ldap://a:/": LDAPURL(host="a"),
    "ldap://[::1]:/": LDAPURL(host="::1"),
    "ldap:///dc=x??subtree": LDAPURL(dn=b"dc=x", scope=2),
    "ldap:///dc=x??Children": LDAPURL(dn=b"dc=x", scope=3),
    "ldap:///o=ü é": LDAPURL(dn="o=ü é".encode()),
    "ldap:///o=%c3%BC": LDAPURL(dn="o=ü".encode()),
    "ldap:///o=a/b": LDAPURL(dn=b"o=a/b"),
    "ldapi:///": LDAPURL("ldapi"),
    "ldap://%61/": LDAPURL(host="a"),
    b"ldap:///o=\xc3\xbc": LDAPURL(dn="o=ü".encode()),
}
REFUSED: dict[str | bytes, str] = {
    "": "doesn't begin with",
    "http://a/": "doesn't begin with",
    "ldap:a": "doesn't begin with",
    "ldap:///dc=x??everything": "it may be base, one, sub or subord",
    "ldap:///?????": "more than four",
    "ldap://a:389:1/": "write an IPv6 address in brackets",
    "ldap://::1/": "write an IPv6 address in brackets",
    "ldap://a:x/": "a number up to 65535",
    "ldap://a:65536/": "a number up to 65535",
    "ldap://a:²/": "a number up to 65535",
    "ldap://[::1/": "no IPv6 address",
    "ldap://[::1]1/": "no IPv6 address",
    "ldap://[a]/": "no IPv6 address",
    "ldap:///dc=%zz": "write %25 for one",
    "ldap:///dc=%4": "write %25 for one",
    "ldap:///dc=% 4": "write %25 for one",
    "ldap:///????=x": "an extension without a type",
    "ldap:///????a,": "an extension without a type",
    b"ldap:///\xff": "not UTF-8",
}


@pytest.mark.parametrize(("text", "url"), CANONICAL.items())
def test_there_and_back(text: str, url: LDAPURL) -> None:
    assert LDAPURL.parse(text) == url
    assert str(url) == text


@pytest.mark.parametrize(("text", "url"), TAKEN.items())
def test_taken(text: str | bytes, url: LDAPURL) -> None:
    assert LDAPURL.parse(text) == url
    assert LDAPURL.parse(str(url)) == url


@pytest.mark.parametrize(("text", "reason"), REFUSED.items())
def test_refused(text: str | bytes, reason: str) -> None:
    with pytest.raises(URLSyntaxError) as caught:
        LDAPURL.parse(text)
    assert reason in str(caught.value)


def test_defaults() -> None:
    url = LDAPURL.parse("ldap:///dc=x")
    assert (url.port_or_default, url.scope_or_default) == (389, m.Scope.BASE)
    assert url.filter_or_default == m.Present(b"objectClass")
    assert LDAPURL.parse("ldaps://a").port_or_default == 636
    assert LDAPURL.parse("ldapi://").port_or_default is None


def test_what_is_given_comes_before_the_defaults() -> None:
    url = LDAPURL.parse("ldap://a:7/dc=x??one?(cn=b%2A)")
    assert (url.port_or_default, url.scope_or_default) == (7, m.Scope.ONE)
    assert url.filter_or_default == m.Substrings(b"cn", initial=b"b")
    with pytest.raises(FilterSyntaxError):
        _ = LDAPURL.parse("ldap:///???(").filter_or_default


OCTETS = st.binary(max_size=8) | st.text(max_size=8).map(str.encode)
WORD = st.from_regex(r"\A[a-z][a-z0-9.-]{0,8}\Z")
urls = st.builds(
    LDAPURL,
    st.sampled_from(["ldap", "ldaps"]),
    WORD | st.sampled_from(["", "::1", "fe80::1"]),
    st.none() | st.integers(0, 65535),
    OCTETS,
    st.lists(WORD.map(str.encode), max_size=3).map(tuple),
    st.none() | st.integers(0, 3),
    st.none() | OCTETS.filter(bool),
    st.lists(st.builds(Extension, WORD, st.none() | OCTETS, st.booleans()), max_size=3).map(tuple),
)


@given(urls)
def test_every_url_there_and_back(url: LDAPURL) -> None:
    text = str(url)
    assert text.isascii()
    assert text.isprintable()
    assert LDAPURL.parse(text) == url


@given(st.text(alphabet="ldapi:/?%2F=,[]!1a").map("ldap://".__add__) | st.text() | st.binary())
def test_any_text_is_a_url_or_refused(text: str | bytes) -> None:
    try:
        url = LDAPURL.parse(text)
    except URLSyntaxError:
        return
    assert LDAPURL.parse(str(url)) == url


@pytest.mark.parametrize("text", ["ldap://%f1/dc=x", "ldap:///??sub??%f1=%f2"])
def test_octets_that_are_no_text_come_back(text: str) -> None:
    assert LDAPURL.parse(str(LDAPURL.parse(text))) == LDAPURL.parse(text)
