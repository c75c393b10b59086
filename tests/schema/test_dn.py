from ast import literal_eval
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.dn import MAX_LENGTH, ROOT, escape
from fakeldapd.schema.registry import DEFAULT_SCHEMAS, Schema

SCHEMA = Schema.load([*DEFAULT_SCHEMAS, "java"])

FACTS = [
    literal_eval(line)
    for line in Path(__file__).with_name("names_as_slapd_reads_them.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
ACCEPTED = [fact for fact in FACTS if len(fact) == 3]
REFUSED = [fact[0] for fact in FACTS if len(fact) == 1]


def refuses(text: bytes) -> bool:
    try:
        SCHEMA.dn(text)
    except LDAPError as error:
        return (error.code, error.diagnostic) == (34, "invalid DN")
    return False


@pytest.mark.parametrize(("text", "printed", "key"), ACCEPTED)
def test_reads_what_slapd_reads(text: bytes, printed: bytes, key: bytes) -> None:
    name = SCHEMA.dn(text)
    assert (name.text, name.key) == (printed, key)
    assert SCHEMA.dn(name.text).text == printed


@pytest.mark.parametrize("text", REFUSED)
def test_refuses_what_slapd_refuses(text: bytes) -> None:
    assert refuses(text)
    assert refuses(b"uid=a,cn=leaf," + text)


@pytest.mark.parametrize("text", [fact[0] for fact in ACCEPTED])
def test_place_makes_no_difference(text: bytes) -> None:
    alone, below = SCHEMA.dn(text), SCHEMA.dn(text + b",dc=Example,dc=com")
    assert below.text == alone.text + b",dc=Example,dc=com"
    assert below.key == alone.key + b",dc=example,dc=com"
    if alone.depth == 1:
        rdn = SCHEMA.rdn(text)
        assert (rdn.text, rdn.key) == (alone.text, alone.key)


def test_root() -> None:
    assert SCHEMA.dn(b"") is ROOT
    assert (ROOT.text, ROOT.key, ROOT.depth, ROOT.rdn, ROOT.parent, ROOT.rdns()) == (b"", b"", 0, None, None, [])


def test_length() -> None:
    assert SCHEMA.dn(b"l=" + b"a" * (MAX_LENGTH - 2)).depth == 1
    assert refuses(b"l=" + b"a" * (MAX_LENGTH - 1))


def test_as_deep_as_the_length_allows() -> None:
    text = b",".join([b"l=a"] * (MAX_LENGTH // 4))
    name = SCHEMA.dn(text)
    assert name.depth == MAX_LENGTH // 4
    assert name.text == name.key == text


@pytest.mark.parametrize(
    "text", [b"", b" ", b"cn", b"cn=", b"cn=a,sn=b", b"cn=a;sn=b", b"cn=a,", b"cn=a+", b"foo=a", b"c=deu", b"cn=a+cn=b"]
)
def test_one_rdn(text: bytes) -> None:
    with pytest.raises(LDAPError) as caught:
        SCHEMA.rdn(text)
    assert (caught.value.code, caught.value.diagnostic) == (34, "invalid new RDN")


@pytest.mark.parametrize(
    ("text", "avas"),
    [
        (b"cn=a", [(b"cn", b"a")]),
        (b"SN=b\\+ + 2.5.4.3= \\61 ", [(b"cn", b"a"), (b"sn", b"b+")]),
        (b'ou="a,b"', [(b"ou", b"a,b")]),
        (b"cn=\\00\\20", [(b"cn", b"\0 ")]),
        (b"member=CN\\=x\\, dc\\=y", [(b"member", b"cn=x,dc=y")]),
    ],
)
def test_types_and_values_of_an_rdn(text: bytes, avas: list[tuple[bytes, bytes]]) -> None:
    assert [(description.name, value) for description, value in SCHEMA.rdn(text).avas] == avas


def test_texts_are_shared_where_they_are_equal() -> None:
    for name in (SCHEMA.dn(b"uid=a,dc=example"), SCHEMA.dn(b"uid=b,uid=a,dc=example"), ROOT.child(SCHEMA.rdn(b"cn=x"))):
        assert name.text is name.key
    rdn = SCHEMA.rdn(b"cn=a+sn=b")
    assert rdn.text is rdn.key


def test_equality_goes_by_key() -> None:
    assert SCHEMA.dn(b"CN=A B , dc=x") == SCHEMA.dn(b"cn=a  b,DC=X")
    assert hash(SCHEMA.dn(b"CN=A,dc=x")) == hash(SCHEMA.dn(b"cn=a,DC=X"))
    assert SCHEMA.dn(b"cn=a") != SCHEMA.dn(b"cn=b")
    assert SCHEMA.rdn(b"cn=A") == SCHEMA.rdn(b"cn=a") != SCHEMA.rdn(b"sn=a")
    assert SCHEMA.dn(b"cn=a") != b"cn=a"
    assert len({SCHEMA.rdn(b"cn=A"), SCHEMA.rdn(b"cn=a")}) == 1


WITHIN = [
    # name, other, whether name is other or below it
    (b"", b"", True),
    (b"cn=a", b"", True),
    (b"", b"cn=a", False),
    (b"cn=a", b"CN=A", True),
    (b"cn=b,cn=a", b"cn=A", True),
    (b"cn=a", b"cn=b,cn=a", False),
    (b"cn=c,cn=b,cn=a", b"cn=a", True),
    (b"cn=ba", b"cn=a", False),
    (b"cn=x\\,cn=a", b"cn=a", False),
    (b"cn=x+sn=a,cn=b", b"sn=a,cn=b", False),
    (b"cn=x,cn=b", b"cn=y,cn=b", False),
]


@pytest.mark.parametrize(("name", "other", "within"), WITHIN)
def test_within(name: bytes, other: bytes, within: bool) -> None:
    assert SCHEMA.dn(name).is_within(SCHEMA.dn(other)) is within


@pytest.mark.parametrize(
    ("name", "old", "new", "result"),
    [
        (b"uid=x,ou=a,dc=c", b"ou=A,dc=c", b"ou=b,dc=c", b"uid=x,ou=b,dc=c"),
        (b"ou=a,dc=c", b"ou=a,dc=c", b"ou=B,dc=c", b"ou=B,dc=c"),
        (b"uid=y,uid=X,ou=a", b"ou=a", b"cn=1,cn=2,cn=3", b"uid=y,uid=X,cn=1,cn=2,cn=3"),
        (b"uid=x,ou=a", b"", b"dc=c", b"uid=x,ou=a,dc=c"),
        (b"uid=x,ou=a", b"ou=a", b"", b"uid=x"),
    ],
)
def test_rebase(name: bytes, old: bytes, new: bytes, result: bytes) -> None:
    moved = SCHEMA.dn(name).rebase(SCHEMA.dn(old), SCHEMA.dn(new))
    assert (moved.text, moved) == (result, SCHEMA.dn(result))
    assert moved.depth == SCHEMA.dn(result).depth


def test_child_and_rdns() -> None:
    parent = SCHEMA.dn(b"dc=Example,dc=com")
    child = parent.child(SCHEMA.rdn(b"cn=A+sn=b"))
    assert (child.text, child.key, child.depth) == (b"cn=A+sn=b,dc=Example,dc=com", b"cn=a+sn=b,dc=example,dc=com", 3)
    assert [rdn.text for rdn in child.rdns()] == [b"cn=A+sn=b", b"dc=Example", b"dc=com"]
    assert child.parent is parent
    assert repr(child) == "DN(b'cn=A+sn=b,dc=Example,dc=com')"
    assert repr(child.rdn) == "RDN(b'cn=A+sn=b')"
    assert not hasattr(child, "something")


def test_a_very_deep_name_made_by_child() -> None:
    rdn = SCHEMA.rdn(b"l=A")
    name = ROOT
    for _ in range(10_000):
        name = name.child(rdn)
    assert name.key == b",".join([b"l=a"] * 10_000)
    assert name.rebase(ROOT, SCHEMA.dn(b"dc=x")).text.endswith(b"l=A,dc=x")


def test_remembers_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = Schema()
    assert schema.dn(b"cn=a,dc=b") is schema.dn(b"cn=a,dc=b")
    assert schema.dn(b"cn=x,cn=a,dc=b").parent is schema.dn(b"cn=a,dc=b")
    long = b"cn=" + b"a" * 600
    assert schema.dn(long) is not schema.dn(long)
    monkeypatch.setattr("fakeldapd.schema.dn._CACHED_NAMES", 50)
    first = schema.dn(b"cn=first")
    for number in range(200):
        schema.dn(b"cn=%d" % number)
    assert schema.dn(b"cn=first") is not first
    assert schema.dn(b"cn=first") == first
    assert schema.dn(b"") is ROOT


def test_lenient_names_are_read_all_the_same() -> None:
    from fakeldapd.schema.registry import SchemaCheck

    for check in (SchemaCheck.LENIENT, SchemaCheck.OFF):
        schema = Schema(check)
        name = schema.dn(b"fooBar=X Y,FOOBAR=z,dc=Com")
        assert (name.text, name.key) == (b"fooBar=X Y,fooBar=z,dc=Com", b"fooBar=x y,fooBar=z,dc=com")
        with pytest.raises(LDAPError):
            schema.dn(b"c=deu")
        with pytest.raises(LDAPError):
            schema.dn(b"foo_bar=x")


# --- properties ------------------------------------------------------------------------------------------------------

TYPES = [b"cn", b"CN", b"commonName", b"2.5.4.3", b"sn", b"ou", b"l", b"description", b"street", b"homeDirectory"]
CANONICAL = {b"cn": b"cn", b"CN": b"cn", b"commonName": b"cn", b"2.5.4.3": b"cn"}


@st.composite
def values(draw: st.DrawFn) -> str:
    alphabet = st.sampled_from('aAzZ09 \t\n\r,;+"\\<>=#\0-_.\u00e9\u00c9\u200b\u3000\U0001f600')
    return draw(st.text(alphabet, min_size=1, max_size=8))


@st.composite
def spelled(draw: st.DrawFn, value: str) -> bytes:
    """``value`` in one of the ways in which RFC 4514 lets it be written."""
    if draw(st.booleans()) and "\0" not in value:
        return b'"' + value.replace("\\", "\\\\").replace('"', '\\"').encode() + b'"'
    parts = []
    for position, character in enumerate(value):
        edge = position in (0, len(value) - 1)
        must = character in ',;+"\\<>\0' or (character == "#" and position == 0) or (character in " \t\r\n" and edge)
        last = character == "\\" and position == len(value) - 1  # slapd reads spaces behind two backslashes as escaped
        if (
            character != "\0"
            and not last
            and character in ' ,;+"\\<>=#'
            and (must or draw(st.booleans()))
            and draw(st.booleans())
        ):
            parts.append(b"\\" + character.encode())
        elif must or last or draw(st.booleans()):
            parts.append(b"".join(b"\\%02x" % octet for octet in character.encode()))
        else:
            parts.append(character.encode())
    return b"".join(parts)


@given(st.data())
def test_spelling_makes_no_difference(data: st.DataObject) -> None:
    rdns, expected = [], []
    for _ in range(data.draw(st.integers(1, 3))):
        types = data.draw(
            st.lists(st.sampled_from(TYPES), min_size=1, max_size=3, unique_by=lambda t: CANONICAL.get(t, t))
        )
        avas = []
        for name in types:
            value = data.draw(values() if name != b"homeDirectory" else st.text("aB1/", min_size=1))
            avas.append((CANONICAL.get(name, name), value.encode(), name + b"=" + data.draw(spelled(value))))
        expected.append(sorted((name, value) for name, value, _ in avas))
        rdns.append(b" + ".join(text for _, _, text in avas))
    dn = SCHEMA.dn(data.draw(st.sampled_from([b",", b" , ", b";"])).join(rdns))
    assert [[(d.name, value) for d, value in rdn.avas] for rdn in dn.rdns()] == expected
    again = SCHEMA.dn(dn.text)
    assert (again.text, again.key) == (dn.text, dn.key)
    assert dn.text == b",".join(b"+".join(n + b"=" + escape(v) for n, v in rdn) for rdn in expected)


@given(
    st.lists(
        st.tuples(st.sampled_from(TYPES), st.text("aAbB 1,+\\#=-", min_size=1).filter(str.strip)),
        min_size=1,
        max_size=4,
    )
)
def test_a_key_is_a_name_with_itself_as_key(avas: list[tuple[bytes, str]]) -> None:
    name = SCHEMA.dn(b",".join(t + b"=" + escape(v.encode()) for t, v in avas))
    again = SCHEMA.dn(name.key)
    assert (again.key, again) == (name.key, name)


@given(st.binary(max_size=40) | st.text('cn=a,+;\\"# \0é', max_size=30).map(str.encode))
def test_any_octets_are_a_name_or_error_34(text: bytes) -> None:
    if not refuses(text):
        name = SCHEMA.dn(text)
        assert SCHEMA.dn(name.text) == name
