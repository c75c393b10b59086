"""Controls of updates where no slapd can be asked: what is left of an update only tried, tree delete, bad values."""

from collections.abc import Callable
from typing import Any

import pytest

from fakeldapd.operations.controls.assertion import ASSERTION
from fakeldapd.operations.controls.no_op import NO_OP
from fakeldapd.operations.controls.read_entry import POST_READ, PRE_READ
from fakeldapd.operations.controls.tree_delete import TREE_DELETE
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.request import Action, Disconnect, Raw, Response, Session
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import notice_of_disconnection
from fakeldapd.protocol.filter_ber import encode_filter

Ask = Callable[..., list[Action]]

BASE = b"dc=example,dc=com"
PEOPLE = b"ou=people," + BASE
ADA = b"uid=ada," + PEOPLE
NEW = b"cn=new," + PEOPLE
UPDATES: dict[str, m.RequestOp] = {
    "add": m.AddRequest(NEW, (m.Attribute(b"objectClass", (b"device",)), m.Attribute(b"cn", (b"new",)))),
    "modify": m.ModifyRequest(ADA, (m.Change(m.ModifyOperation.REPLACE, b"description", (b"x",)),)),
    "delete": m.DeleteRequest(ADA),
    "rename": m.ModifyDNRequest(ADA, b"uid=a", True, None),
    "rename elsewhere": m.ModifyDNRequest(ADA, b"uid=ada", True, BASE),
    "rename of a subtree": m.ModifyDNRequest(PEOPLE, b"ou=folk", True, None),
}


def everything(directory: Directory) -> dict[bytes, tuple[bytes, ...]]:
    return {node.text: node.entry.attributes for node in directory.dit.nodes() if node.entry is not None}


def code(actions: list[Action]) -> int:
    (response,) = actions
    assert isinstance(response, Response)
    assert isinstance(response.op, m.LDAPResult)
    return response.op.code


@pytest.mark.parametrize("name", UPDATES)
def test_no_op_leaves_nothing(name: str, directory: Directory, admin: Session, ask: Ask) -> None:
    before = everything(directory)
    assert code(ask(UPDATES[name], admin, [m.Control(NO_OP, True)])) == 16654
    assert everything(directory) == before
    assert code(ask(UPDATES[name], admin)) == 0


def test_no_op_of_the_first_entry(directory: Directory, admin: Session, ask: Ask) -> None:
    tree = m.Control(TREE_DELETE, True)
    assert code(ask(m.DeleteRequest(BASE), admin, [tree, m.Control(NO_OP, True)])) == 16654
    assert len(directory.dit) == 4
    assert code(ask(m.DeleteRequest(BASE), admin, [tree])) == 0
    assert (len(directory.dit), everything(directory)) == (0, {})
    attributes = (m.Attribute(b"objectClass", (b"domain",)), m.Attribute(b"dc", (b"example",)))
    add = m.AddRequest(BASE, attributes)
    assert code(ask(add, admin, [m.Control(NO_OP, True)])) == 16654
    assert everything(directory) == {}
    assert code(ask(add, admin)) == 0


def test_indexes_follow_what_was_only_tried(directory: Directory, admin: Session, ask: Ask) -> None:
    search = m.SearchRequest(BASE, m.Scope.SUBTREE, 0, 0, 0, False, m.Equality(b"uid", b"ada"), (b"1.1",))

    def hits() -> int:
        return sum(len(getattr(action, "entries", ())) for action in ask(search, admin))

    assert hits() == 1
    for name in ("delete", "modify", "rename", "rename of a subtree"):
        ask(UPDATES[name], admin, [m.Control(NO_OP, True)])
        assert hits() == 1
    assert code(ask(m.DeleteRequest(PEOPLE), admin, [m.Control(TREE_DELETE)])) == 0
    assert hits() == 0


def test_tree_delete_needs_the_right_to_each_entry(directory: Directory, ask: Ask) -> None:
    bob = Session(identity=directory.schema.dn(b"uid=bob," + PEOPLE))
    before = everything(directory)
    assert code(ask(m.DeleteRequest(PEOPLE), bob, [m.Control(TREE_DELETE, True)])) == 50
    assert everything(directory) == before


def test_read_entries_are_search_result_entries(admin: Session, ask: Ask) -> None:
    names = ber.element(b"\x30", ber.element(b"\x04", b"description"))
    (response,) = ask(UPDATES["modify"], admin, [m.Control(PRE_READ, True, names), m.Control(POST_READ, True, names)])
    assert isinstance(response, Response)
    described = [b"0\x16\x04\x0bdescription1\x07\x04\x05first", b"0\x12\x04\x0bdescription1\x03\x04\x01x"]
    entries = [
        ber.element(b"\x64", ber.element(b"\x04", ADA) + ber.element(b"\x30", attribute)) for attribute in described
    ]
    assert response.controls == (m.Control(PRE_READ, False, entries[0]), m.Control(POST_READ, False, entries[1]))


JUNK: list[tuple[bytes, bytes | None]] = [
    (oid, value)
    for oid in (PRE_READ, POST_READ)
    for value in (
        None,
        b"",
        b"\x30",
        b"\x30\x80",
        b"\x30\x02\x04\x05",
        b"\x04\x00",
        b"\x30\x84\xff\xff\xff\xff",
        b"x" * 99,
    )
]


@pytest.mark.parametrize(("oid", "value"), JUNK, ids=repr)
def test_junk_to_read(oid: bytes, value: bytes | None, directory: Directory, admin: Session, ask: Ask) -> None:
    before = everything(directory)
    assert code(ask(UPDATES["modify"], admin, [m.Control(oid, False, value)])) == 2
    assert everything(directory) == before


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"junk", "error decoding filter"),
        (b"\xa0", "error decoding filter"),
        (b"\xa3\x02\x04\x05", "Error decoding attribute value assertion"),
        (b"\xa2\x02" * 1500, "filter nested too deeply"),
    ],
)
def test_an_assertion_that_is_no_filter_ends_the_connection(value: bytes, text: str, ask: Ask) -> None:
    notice = Raw(notice_of_disconnection(2, text))
    for op in UPDATES.values():
        assert ask(op, Session(), [m.Control(ASSERTION, True, value)]) == [notice, Disconnect()]


@pytest.mark.parametrize(
    ("filter_", "expected"), [(m.Present(b"uid"), 0), (m.Present(b"ou"), 122), (m.Undefined(175), 122)]
)
def test_assertions(filter_: Any, expected: int, admin: Session, ask: Ask) -> None:
    assert code(ask(UPDATES["modify"], admin, [m.Control(ASSERTION, True, encode_filter(filter_))])) == expected
