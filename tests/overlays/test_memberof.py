"""memberof and refint: after any writes, members and groups say the same of one another."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeldapd.operations.directory import Directory
from fakeldapd.overlays import memberof, refint
from fakeldapd.protocol import messages as m

if TYPE_CHECKING:
    from overlays.conftest import Served

Serve = Callable[..., "Served"]

BASE = "dc=example,dc=com"
UNITS = [f"ou={name},{BASE}" for name in ("a", "b")]
NAMES = [f"cn={name},{unit}" for name in ("p", "q", "r") for unit in UNITS]
LDIF = f"dn: {BASE}\nobjectClass: domain\ndc: example\n"
LDIF += "".join(f"\ndn: {unit}\nobjectClass: organizationalUnit\nou: {unit[3]}\n" for unit in UNITS)

names = st.sampled_from(NAMES)
moves = st.lists(
    st.one_of(
        st.tuples(st.just("add"), names, st.lists(names, min_size=1, max_size=3, unique=True)),
        st.tuples(st.just("replace"), names, st.lists(names, min_size=1, max_size=3, unique=True)),
        st.tuples(st.just("delete"), names, st.none()),
        st.tuples(st.just("rename"), st.one_of(names, st.sampled_from(UNITS)), names),
    ),
    max_size=12,
)


def request(kind: str, dn: str, argument: list[str] | str | None) -> m.RequestOp:
    """One move as a request."""
    name = dn.encode()
    if kind == "delete":
        return m.DeleteRequest(name)
    if kind == "rename" and dn in UNITS:  # to another name and back again with the next such move
        return m.ModifyDNRequest(name, b"ou=a" if dn == UNITS[1] else b"ou=b", True, None)
    if kind == "rename":
        rdn, _, superior = str(argument).partition(",")
        return m.ModifyDNRequest(name, rdn.encode(), True, superior.encode())
    members = tuple(each.encode() for each in argument or ())
    if kind == "replace":
        return m.ModifyRequest(name, (m.Change(m.ModifyOperation.REPLACE, b"member", members),))
    attributes = (
        m.Attribute(b"objectClass", (b"groupOfNames",)),
        m.Attribute(b"cn", (dn[3:4].encode(),)),
        m.Attribute(b"member", members),
    )
    return m.AddRequest(name, attributes)


def groups_of(directory: Directory, name: bytes) -> dict[bytes, set[bytes]]:
    """DN -> the DNs in one attribute, of all entries that have any."""
    description = directory.schema.attribute(name)
    found = {}
    for node in directory.dit.nodes():
        assert node.entry is not None
        values = {directory.schema.dn(value).key for value in node.entry.values(description)}
        if values:
            found[node.dn.key] = values
    return found


def turned(relation: dict[bytes, set[bytes]], there: set[bytes]) -> dict[bytes, set[bytes]]:
    """The other way round, as far as both ends are there."""
    found: dict[bytes, set[bytes]] = {}
    for one, others in relation.items():
        for other in others & there:
            found.setdefault(other, set()).add(one)
    return found


def without_oneself(relation: dict[bytes, set[bytes]]) -> dict[bytes, set[bytes]]:
    """Only what leads from one entry to another: a new group doesn't hear of itself."""
    return {one: left for one, others in relation.items() if (left := others - {one})}


@pytest.mark.parametrize("with_refint", [False, True])
def test_members_and_groups_agree(with_refint: bool, serve: Serve) -> None:
    @settings(max_examples=60, deadline=None)
    @given(moves)
    def check(moves: list[tuple[str, str, list[str] | str | None]]) -> None:
        if with_refint:
            served = serve(memberof.make(""), refint.make("member"), ldif=LDIF)
        else:
            served = serve(memberof.make("dangling=error"), ldif=LDIF)
        dangling, there, member = False, set[bytes](), dict[bytes, set[bytes]]()
        for move in moves:
            if not with_refint and move[0] == "rename" and move[1] not in UNITS:
                continue  # what was a member leaves dangling values behind, which nobody takes away
            before = served.everything()
            if served.code(request(*move)):
                assert served.everything() == before
            there = {node.dn.key for node in served.directory.dit.nodes()}
            member = groups_of(served.directory, b"member")
            dangling = dangling or any(not members <= there for members in member.values())
        member_of = groups_of(served.directory, b"memberOf")
        assert all(groups <= there for groups in member_of.values())
        expected = turned(member, there)
        if with_refint and not dangling:  # who comes after the group that names it doesn't hear of it, as in slapd
            assert without_oneself(member_of) == without_oneself(expected)
        elif with_refint:
            assert all(groups <= expected.get(name, set()) for name, groups in member_of.items())

    check()


def test_groups_in_the_data_are_known_to_their_members(serve: Serve) -> None:
    served = serve(memberof.make(""))
    for name in ("ada", "bob"):
        assert served.values(f"uid={name},ou=people,{BASE}", "memberOf") == [f"cn=all,{BASE}"]
    found = served.directory.schema.attribute(b"memberOf").type
    assert (found.operational, found.no_user_modification) == (True, True)


def test_other_classes_and_attributes(serve: Serve) -> None:
    served = serve(memberof.make("group-oc=organizationalUnit member-ad=seeAlso memberof-ad=manager dn=cn=me"))
    ada = f"uid=ada,ou=people,{BASE}"
    change = m.Change(m.ModifyOperation.ADD, b"seeAlso", (ada.encode(),))
    assert served.code(m.ModifyRequest(f"ou=people,{BASE}".encode(), (change,))) == 0
    assert served.values(ada, "manager") == [f"ou=people,{BASE}"]
    assert served.values(ada, "modifiersName") == ["cn=me"]


def test_refint_keeps_what_the_schema_needs_unless_there_is_something_else(serve: Serve) -> None:
    delete = [m.DeleteRequest(f"uid={name},ou=people,{BASE}".encode()) for name in ("ada", "bob")]
    served = serve(refint.make("member manager"))
    assert [served.code(op) for op in delete] == [0, 0]
    assert served.values(f"cn=all,{BASE}", "member") == [f"uid=bob,ou=people,{BASE}"]
    served = serve(refint.make("member manager nothing=cn=nobody"))
    assert served.code(delete[0]) == 0
    assert served.values(f"uid=bob,ou=people,{BASE}", "manager") == ["cn=nobody"]
    assert served.code(delete[1]) == 0
    assert served.values(f"cn=all,{BASE}", "member") == ["cn=nobody"]
