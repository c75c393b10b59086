"""Reading what people already have: exports and search results of the servers and tools that are around."""

import logging
from pathlib import Path

import pytest

from fakeldapd.directory.ldif import ChangeRecord, ContentRecord, Record, read
from fakeldapd.protocol.messages import AddRequest, DeleteRequest, ModifyDNRequest, ModifyRequest

FILES = Path(__file__).parents[1] / "data" / "ldif"


def _attributes(record: Record) -> dict[bytes, tuple[bytes, ...]]:
    found = record.attributes if isinstance(record, ContentRecord) else record.op.attributes  # type: ignore[union-attr]
    assert len({attribute.type.lower() for attribute in found}) == len(found)
    return {attribute.type: attribute.values for attribute in found}


# For each file: the line and DN of each record, and some of the attributes of the last.
TABLE: dict[str, tuple[list[tuple[int, str]], dict[str, tuple[str, ...]]]] = {
    "slapcat": (
        [
            (1, "dc=example,dc=com"),
            (15, "ou=people,dc=example,dc=com"),
            (28, "uid=jos\u00e9,ou=people,dc=example,dc=com"),
        ],
        {
            "cn": ("Jos\u00e9 Garc\u00eda",),
            "userPassword": ("{SSHA}pCQfD+bG6ZFmAoPQPaBxakRcCfLm5nKI",),
            "entryUUID": ("5f1c2a3e-0b7c-103f-9d6a-4b1f1f6b7c03",),
            "modifiersName": ("uid=jos\u00e9,ou=people,dc=example,dc=com",),
        },
    ),
    "ldapsearch": (
        [
            (11, "dc=example,dc=com"),
            (19, "ou=people,dc=example,dc=com"),
            (
                25,
                "ou=a name that is long enough for the comment above the entry to be folded\\2C too,ou=people,"
                "dc=example,dc=com",
            ),
            (32, "uid=alice,ou=people,dc=example,dc=com"),
        ],
        {
            "objectClass": ("inetOrgPerson",),
            "uid": ("alice",),
            "cn": ("Alice Adams",),
            "sn": ("Adams",),
            "description": (" begins with a space",),
        },
    ),
    "db2ldif": (
        [
            (4, "dc=example,dc=com"),
            (20, "ou=people,dc=example,dc=com"),
            (27, "uid=demo_user,ou=people,dc=example,dc=com"),
        ],
        {"objectClass": ("top", "nsPerson", "nsAccount"), "userPassword": ("{PBKDF2-SHA512}10000$salt$key",)},
    ),
    "ldifde": (
        [
            (1, "DC=corp,DC=example,DC=com"),
            (15, "CN=Users,DC=corp,DC=example,DC=com"),
            (25, "CN=J\u00fcrgen,CN=Users,DC=corp,DC=example,DC=com"),
        ],
        {
            "objectClass": ("top", "person", "organizationalPerson", "user"),
            "cn": ("J\u00fcrgen",),
            "memberOf": (
                "CN=Everybody Who Has A Desk In The Building At The River,CN=Users,DC=corp,DC=example,DC=com",
            ),
        },
    ),
    "unboundid": (
        [(3, "dc=example,dc=com"), (9, "uid=bob,dc=example,dc=com")],
        {
            "sn": ("Br\u00fcwn ",),
            "userPassword": ("{SSHA256}AkoePqtzWcEEHTY8x0slR9IEsBO2Ql1hZ3/uo8y1v8cCi4yr5G3bxw==",),
        },
    ),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", TABLE)
def test_file(name: str, newline: str, encoding: str) -> None:
    text = (FILES / f"{name}.ldif").read_text(encoding="utf-8")
    records = list(read(text.replace("\n", newline).encode(encoding)))
    places, some = TABLE[name]
    assert [(record.line, record.dn.decode()) for record in records] == places
    attributes = _attributes(records[-1])
    for description, values in some.items():
        assert attributes[description.encode()] == tuple(value.encode() for value in values)
    wanted = AddRequest if name == "ldifde" else ContentRecord
    assert {type(record.op) if isinstance(record, ChangeRecord) else type(record) for record in records} == {wanted}


def test_control_line_of_ldapsearch_is_no_attribute() -> None:
    last = list(read((FILES / "ldapsearch.ldif").read_bytes()))[-1]
    assert _attributes(last).keys() == {name.encode() for name in TABLE["ldapsearch"][1]}


def test_changes() -> None:
    kinds = [AddRequest, ModifyDNRequest, ModifyDNRequest, ModifyRequest, ModifyRequest, DeleteRequest]
    records = list(read((FILES / "changes.ldif").read_bytes()))
    assert all(isinstance(record, ChangeRecord) for record in records)
    assert [type(record.op) for record in records if isinstance(record, ChangeRecord)] == kinds
    assert [record.line for record in records] == [4, 11, 16, 23, 39, 44]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("0 Success", []),
        ("4 Size limit exceeded", ["half.ldif: made by a search that ended early: '4 Size limit exceeded'"]),
        (
            "32 No such object\nmatchedDN: dc=example,dc=com\ntext: gone",
            ["half.ldif: made by a search that ended early: '32 No such object'"],
        ),
    ],
)
def test_result_of_a_search_that_ended_early(result: str, said: list[str], caplog: pytest.LogCaptureFixture) -> None:
    text = f"dn: cn=x\ncn: x\n\n# search result\nsearch: 2\nresult: {result}\n\n# numResponses: 2\n"
    with caplog.at_level(logging.WARNING):
        assert [record.dn for record in read(text, "half.ldif")] == [b"cn=x"]
    assert caplog.messages == said
