"""What is written of a recording: entries with their superiors, in files that load again."""

import json
from typing import Any

import pytest

from fakeldapd import FakeDirectory
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import parse
from fakeldapd.recording.conversation import ANONYMOUS, Exchange, Recording
from fakeldapd.recording.written import Written


def seen(*entries: tuple[str, dict[str, list[bytes]]], base: str = "", code: int = 0, **more: Any) -> Exchange:
    """A search that found this."""
    op = m.SearchRequest(base.encode(), 2, 0, 0, 0, more.pop("types_only", False), parse("(objectClass=*)"))
    found = [
        (dn.encode(), tuple(m.Attribute(name.encode(), tuple(values)) for name, values in attributes.items()))
        for dn, attributes in entries
    ]
    return Exchange(ANONYMOUS, op, entries=found, result=m.SearchResultDone(code), **more)


def written(*exchanges: Exchange, keep_values: bool = True) -> Written:
    recording = Recording()
    recording.exchanges += exchanges
    return Written(recording, keep_values=keep_values)


def loaded(found: Written) -> FakeDirectory:
    return FakeDirectory(found.ldif.decode(), base=found.bases, schema_check="off")


@pytest.mark.parametrize(
    ("dns", "base", "bases", "made"),
    [
        (["cn=a,ou=x,dc=ex,dc=com"], "", ["dc=ex,dc=com"], ["ou=x,dc=ex,dc=com"]),
        (["cn=a,ou=x,o=Corp"], "o=corp", ["o=Corp"], ["ou=x,o=Corp"]),
        (["cn=a,ou=x,o=Corp", "ou=x,o=Corp"], "", ["ou=x,o=Corp"], []),
        (["cn=a,dc=one", "cn=a,dc=two"], "", ["dc=one", "dc=two"], []),
        (["cn=b,l=there,st=x,c=DE,dc=ex"], "", ["dc=ex"], ["l=there,st=x,c=DE,dc=ex", "c=DE,dc=ex"]),
    ],
)
def test_superiors_are_made(dns: list[str], base: str, bases: list[str], made: list[str]) -> None:
    found = written(seen(*((dn, {"cn": [b"x"]}) for dn in dns), base=base))
    assert list(found.bases) == bases
    directory = loaded(found)
    assert all(dn in directory for dn in (*dns, *bases, *made))
    assert found.entries == len(dns)


def test_attributes_of_several_answers_and_the_last_values() -> None:
    dn = "uid=a,dc=ex"
    found = written(
        seen((dn, {"cn": [b"old"], "mail": [b"a@ex"]})),
        seen(("UID=A,dc=ex", {"CN": [b"new"], "entryDN": [b"uid=a,dc=ex"], "member;range=0-1": [b"dc=ex"]})),
    )
    entry = loaded(found).get(dn)
    assert entry is not None
    assert (entry["cn"], entry["mail"], entry["uid"]) == (["new"], ["a@ex"], ["a"])
    assert b"entryDN" not in found.ldif
    assert b"range" not in found.ldif


def test_what_is_no_entry_of_the_tree_is_only_answered() -> None:
    root = "", {"namingContexts": [b"o=Corp"], "vendorName": [b"Them"]}
    schema = "cn=Subschema", {"objectClass": [b"subschema"], "attributeTypes": [b"( 1.2 NAME 'x' )"]}
    found = written(seen(root), seen(schema), seen(("cn=a,o=Corp", {}), types_only=True))
    assert (found.entries, found.bases, found.answers) == (0, (), 2)
    assert "Them" in found.stubs


@pytest.mark.parametrize(("code", "password", "there"), [(0, b"x", True), (49, b"x", False), (0, b"", False)])
def test_who_was_let_in_has_an_entry(code: int, password: bytes, there: bool) -> None:
    op = m.BindRequest(3, b"uid=a,ou=people,dc=ex", m.SimpleAuthentication(password))
    found = written(Exchange(ANONYMOUS, op, result=m.BindResponse(code)))
    assert found.bases == (("dc=ex",) if there else ())
    assert (b"uid=a" in found.ldif) is there


def test_octets_and_braces_go_through() -> None:
    entry = "cn={x},dc=ex", {"cn": [b"{x}"], "jpegPhoto": [b"\xff\xd8"], "description": ["é".encode()]}
    found = written(seen(entry))
    assert loaded(found).get("cn={x},dc=ex") is not None
    [stub] = json.loads(found.stubs)["stubs"]
    [[dn, attributes]] = stub["answers"][0]["entries"]
    assert (dn, attributes["cn"], attributes["jpegPhoto"]) == ("cn={{x}},dc=ex", ["{{x}}"], [{"base64": "/9g="}])


def test_the_same_answer_is_written_once_and_others_in_their_order() -> None:
    found = written(*(seen(code=code) for code in (0, 0, 0)), *(seen(base="dc=x", code=code) for code in (51, 0, 51)))
    stubs = json.loads(found.stubs)["stubs"]
    assert [[answer["code"] for answer in stub["answers"]] for stub in stubs] == [[0], [51, 0, 51]]


def test_referrals() -> None:
    exchange = seen(code=10)
    exchange.result = m.SearchResultDone(10, b"", b"ask Ada", (b"ldap://ldap.corp.test/uid=ada,dc=corp??sub",))
    exchange.references.append(b"ldap://other.corp.test/")
    [stub] = json.loads(written(exchange, keep_values=False).stubs)["stubs"]
    assert stub["answers"] == [
        {
            "code": 10,
            "text": "ask Ada",
            "referral": ["ldap://example.com/uid=name1,dc=corp??sub"],
            "references": ["ldap://d2.example"],
        }
    ]


def test_a_name_learned_last_is_not_in_what_came_first() -> None:
    first = seen(("ou=lovelace,dc=ex", {"ou": [b"lovelace"]}))
    last = seen(("uid=lovelace,ou=lovelace,dc=ex", {"sn": [b"Lovelace"], "userPassword": [b"secret"]}))
    found = written(first, last, keep_values=False)
    assert "lovelace" not in (found.ldif.decode() + found.stubs).lower()
    assert "secret" not in found.ldif.decode() + found.stubs
    assert loaded(found).get("uid=name1,ou=name1,dc=ex") is not None
