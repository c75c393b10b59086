"""Names taken apart without a schema, and put together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.recording import names


@pytest.mark.parametrize(
    ("dn", "rdns"),
    [
        (b"", ()),
        (b"dc=com", (((b"dc", b"com"),),)),
        (b"cn=A B , dc = com", (((b"cn", b"A B"),), ((b"dc", b"com"),))),
        (b"cn=a+sn=b;dc=com", (((b"cn", b"a"), (b"sn", b"b")), ((b"dc", b"com"),))),
        (b"cn=a\\,b\\2Bc,dc=com", (((b"cn", b"a,b+c"),), ((b"dc", b"com"),))),
        (b'cn="a,b",dc=com', (((b"cn", b"a,b"),), ((b"dc", b"com"),))),
        (b"2.5.4.3=\\C3\\A9", (((b"2.5.4.3", "é".encode()),),)),
        (b"cn=a\\ ", (((b"cn", b"a "),),)),
        (b"ada@example.com", None),
        (b"cn=a,,dc=com", None),
        (b"cn=a,", None),
    ],
)
def test_split(dn: bytes, rdns: object) -> None:
    assert names.split(dn) == rdns


@given(st.lists(st.lists(st.tuples(st.just(b"cn"), st.binary(min_size=1)), min_size=1, max_size=2), max_size=3))
def test_what_is_joined_is_split_to_the_same(given: list[list[tuple[bytes, bytes]]]) -> None:
    rdns = tuple(tuple(rdn) for rdn in given)
    assert names.split(names.join(rdns)) == rdns


@given(st.binary())
def test_nothing_else_is_raised(octets: bytes) -> None:
    names.split(octets)
    assert names.key(octets) == names.key(octets)


def test_keys() -> None:
    assert names.key(b"CN=Ada , DC=com") == names.key(b"cn=ada,dc=COM")
    assert names.key(b"sn=b+cn=a") == names.key(b"cn=a+sn=b")
    assert names.key(b"cn=a,cn=b") != names.key(b"cn=b,cn=a")
