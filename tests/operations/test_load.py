"""Bulk load: what is wrong is told with its line, and everything that is."""

from typing import Any

import pytest

from fakeldapd.directory.ldif import LDIFError, read
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.load import Loader

BASE = "dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n\n"

TABLE = [
    (
        "dn: cn=x,dc=example,dc=com\nobjectClass: device\ncn: x\nserialNumber: 1\nc: Germany\n",
        5 + 4,
        "c: value #0 invalid",
    ),
    ("dn: cn=x,dc=example,dc=com\nobjectClass: device\nfoo: x\n", 5 + 2, "foo: attribute type undefined"),
    ("dn: cn=x,dc=example,dc=com\nobjectClass: person\ncn: x\n", 5, "requires attribute 'sn'"),
    ("dn: cn=x,dc=example,dc=com\ncn: x\n", 5, "no objectClass attribute"),
    ("dn: cn=x,dc=example,dc=com\nobjectClass: device\nmail: é\n", 5 + 2, "mail: value #0 invalid per syntax"),
    ("dn: cn=x,ou=no,dc=example,dc=com\nobjectClass: device\n", 5, "'ou=no,dc=example,dc=com' does not exist"),
    ("dn: cn=x,dc=other\nobjectClass: device\n", 5, "not below the base DN 'dc=example,dc=com'"),
    ("dn: dc=example,dc=com\nobjectClass: domain\n", 5, "an entry of this DN already"),
    ("dn: foo\nobjectClass: device\n", 5, "invalid DN"),
    (
        "dn: cn=x,dc=example,dc=com\nchangetype: delete\n",
        5,
        "NO_SUCH_OBJECT (32) (found as far as 'dc=example,dc=com')",
    ),
]


@pytest.fixture
def empty(schema: Any, clock: Any) -> Any:
    return Directory(
        schema, [schema.dn(b"dc=example,dc=com")], admin_dn=schema.dn(b"cn=admin,dc=example,dc=com"), clock=clock
    )


@pytest.mark.parametrize(("text", "line", "reason"), TABLE, ids=[t[2] for t in TABLE])
def test_errors_name_line_dn_and_reason(empty: Any, text: Any, line: Any, reason: Any) -> None:
    with pytest.raises(LDIFError) as caught:
        Loader(empty).load(read(BASE + text, "people.ldif"))
    assert caught.value.line == line
    assert str(caught.value).startswith(f"people.ldif:{line}: ")
    assert reason in str(caught.value)


def test_every_error_is_told(empty: Any) -> None:
    found: list[LDIFError] = []
    loader = Loader(empty, on_error=found.append)
    loader.load(read(BASE + "\n".join(text for text, _, _ in TABLE)))
    told = [str(error) for error in found]
    for _, _, reason in TABLE:
        assert any(reason in text for text in told)
    assert loader.count == 1


def test_operational_attributes_are_kept_or_made_anew(empty: Any, schema: Any) -> None:
    text = (
        "dn: dc=example,dc=com\nobjectClass: domain\ndc: example\nstructuralObjectClass: domain\n"
        "entryUUID: 11111111-1111-1111-1111-111111111111\ncreateTimestamp: 20010101000000Z\n"
        "entryCSN: 20010101000000.000000Z#000000#000#000000\nentryDN: dc=example,dc=com\nhasSubordinates: TRUE\n"
    )
    uuid, created = schema.attribute(b"entryUUID"), schema.attribute(b"createTimestamp")
    Loader(empty).load(read(text))
    entry = empty.dit.get(schema.dn(b"dc=example,dc=com"))
    assert entry.values(uuid) == (b"11111111-1111-1111-1111-111111111111",)
    assert entry.values(created) == (b"20010101000000Z",)
    other: Any = Directory(schema, [schema.dn(b"dc=example,dc=com")], clock=empty.clock)
    Loader(other, keep_operational=False).load(read(text))
    entry = other.dit.get(schema.dn(b"dc=example,dc=com"))
    assert entry.values(uuid) != (b"11111111-1111-1111-1111-111111111111",)
    assert entry.values(created) == (b"20231114221320Z",)


def test_syntax_checks_can_be_left_out(empty: Any, schema: Any) -> None:
    Loader(empty, check_syntax=False).load(read(BASE + "dn: cn=x,dc=example,dc=com\nobjectClass: person\nsn:\ncn: x\n"))
    assert empty.dit.get(schema.dn(b"cn=x,dc=example,dc=com")).values(schema.attribute(b"sn")) == (b"",)


def test_change_records_are_carried_out(empty: Any, schema: Any) -> None:
    text = BASE + (
        "dn: cn=x,dc=example,dc=com\nchangetype: add\nobjectClass: device\ncn: x\n\n"
        "dn: cn=x,dc=example,dc=com\nchangetype: modify\nadd: description\ndescription: new\n-\n\n"
        "dn: cn=x,dc=example,dc=com\nchangetype: modrdn\nnewrdn: cn=y\ndeleteoldrdn: 1\n"
    )
    Loader(empty).load(read(text))
    entry = empty.dit.get(schema.dn(b"cn=y,dc=example,dc=com"))
    assert entry.values(schema.attribute(b"description")) == (b"new",)
    assert entry.values(schema.attribute(b"cn")) == (b"y",)


def test_every_mistake_of_an_entry_is_told_with_its_line(empty: Any) -> None:
    text = BASE + (
        "dn: cn=x,dc=example,dc=com\nobjectClass: person\nobjectClass: noSuch\nfoo: x\nc: Germany\nc: DE\nc: Austria\n"
        "\ndn: cn=y,dc=example,dc=com\nobjectClass: person\ncn: y\nmail: y@example.com\nuid: y\n"
        "\ndn: cn=z,cn=y,dc=example,dc=com\nobjectClass: device\nbar: z\n"
    )
    found: list[LDIFError] = []
    Loader(empty, on_error=found.append).load(read(text))
    assert [(error.line, error.reason.split(": ", 1)[1]) for error in found] == [
        (7, "objectClass: value #1 invalid per syntax"),
        (8, "foo: attribute type undefined"),
        (9, "c: value #0 invalid per syntax"),
        (11, "c: value #2 invalid per syntax"),
        (13, "object class 'person' requires attribute 'sn'"),
        (16, "attribute 'mail' not allowed"),
        (17, "attribute 'uid' not allowed"),
        (21, "bar: attribute type undefined"),
    ]
