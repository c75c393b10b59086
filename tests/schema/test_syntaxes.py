from ast import literal_eval
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.elements import Syntax
from fakeldapd.schema.registry import Schema
from fakeldapd.schema.syntaxes import OBJECT_CLASS, build_syntaxes, no_value

SYNTAXES = build_syntaxes(Schema.load(["nis"]))
STANDARD = "1.3.6.1.4.1.1466.115.121.1."

FACTS = [
    literal_eval(line)
    for line in Path(__file__).with_name("values_as_slapd_takes_them.txt").read_text().splitlines()
    if not line.startswith("#")
]


def stored(syntax: Syntax, value: bytes) -> bytes | None:
    """What is stored of a value; None where it is refused."""
    if not syntax.validate(value):
        return None
    return value if syntax.pretty is None else syntax.pretty(value)


def test_takes_and_stores_what_slapd_takes_and_stores() -> None:
    expected = [(*fact, None)[:3] for fact in FACTS]
    assert [(oid, value, stored(SYNTAXES[oid], value)) for oid, value, _ in expected] == expected


@pytest.mark.parametrize(
    ("value", "name"),
    [(b"person", b"person"), (b"PERSON", b"person"), (b"2.5.6.6", b"person"), (b"noSuch", None), (b"cn", None)],
)
def test_an_object_class_is_stored_by_its_name(value: bytes, name: bytes | None) -> None:
    assert stored(SYNTAXES[OBJECT_CLASS], value) == name


def test_what_slapd_has_no_validator_for_holds_no_value() -> None:
    unchecked = {oid.removeprefix(STANDARD) for oid, syntax in SYNTAXES.items() if syntax.validate is no_value}
    assert {"1", "2", "13", "19", "21", "23", "25", "42", "43", "51", "58"} <= unchecked
    assert not unchecked & {"5", "12", "15", "26", "27", "28", "40"}


PUBLISHED = [
    "1.2.36.79672281.1.5.0",
    "1.2.840.113549.1.8.1.1",
    "1.3.6.1.1.1.0.0",
    "1.3.6.1.1.1.0.1",
    "1.3.6.1.1.16.1",
    "1.3.6.1.4.1.4203.666.11.10.2.1",
    *[
        f"{STANDARD}{n}"
        for n in (*range(4, 13), 14, 15, 22, 24, 26, 27, 28, 34, 36, 38, 39, 40, 41, 44, 45, 49, 50, 52)
    ],
]


def test_the_subschema_lists_the_syntaxes_that_slapd_lists() -> None:
    listed = [oid for oid, syntax in SYNTAXES.items() if syntax.definition]
    assert len(listed) == 33
    assert sorted(listed) == sorted(PUBLISHED)


@pytest.mark.parametrize(
    ("oid", "definition"),
    [
        (STANDARD + "15", "( 1.3.6.1.4.1.1466.115.121.1.15 DESC 'Directory String' )"),
        (STANDARD + "28", "( 1.3.6.1.4.1.1466.115.121.1.28 DESC 'JPEG' X-NOT-HUMAN-READABLE 'TRUE' )"),
        (
            STANDARD + "8",
            "( 1.3.6.1.4.1.1466.115.121.1.8 DESC 'Certificate' X-BINARY-TRANSFER-REQUIRED 'TRUE'"
            " X-NOT-HUMAN-READABLE 'TRUE' )",
        ),
        ("1.2.840.113549.1.8.1.1", "( 1.2.840.113549.1.8.1.1 DESC 'PKCS#8 PrivateKeyInfo' )"),
    ],
)
def test_definitions_are_those_of_slapd(oid: str, definition: str) -> None:
    assert SYNTAXES[oid].definition == definition


def test_binary_transfer_is_required_of_what_slapd_requires_it_of() -> None:
    required = {syntax.description for syntax in SYNTAXES.values() if syntax.binary}
    assert required == {
        "ACI Item",
        "Certificate",
        "Certificate List",
        "Certificate Pair",
        "PKCS#8 PrivateKeyInfo",
        "Supported Algorithm",
        "X.509 AttributeCertificate",
    }


def test_the_schema_is_not_asked_before_a_value_is() -> None:
    class Untouchable:
        def __getattr__(self, name: str) -> object:
            raise AssertionError(name)

    build_syntaxes(Untouchable())  # type: ignore[arg-type]


@given(st.sampled_from(sorted(SYNTAXES)), st.binary(max_size=60))
def test_no_octets_break_a_check(oid: str, value: bytes) -> None:
    assert SYNTAXES[oid].validate(value) in (True, False)


@given(st.sampled_from(FACTS), st.data())
def test_what_is_stored_is_taken_again_as_it_is(fact: tuple[str, bytes], data: st.DataObject) -> None:
    syntax, value = SYNTAXES[fact[0]], bytearray(fact[1])
    for _ in range(data.draw(st.integers(0, 2))):
        value.insert(data.draw(st.integers(0, len(value))), data.draw(st.sampled_from(b" 0aZ-+.,$'#=\\\xc3\0")))
    try:
        first = stored(syntax, bytes(value))
    except LDAPError:  # pragma: no cover
        pytest.fail("what was found valid can't be stored")
    if first is not None:
        assert stored(syntax, first) == first
