"""The seam that overlays hook into: what they are told, in which order, and that a write that fails leaves nothing."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import Purpose, View
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.modify import Edit
from fakeldapd.operations.request import Action, Request, Response
from fakeldapd.overlays.overlay import Overlay, rewrite
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from overlays.conftest import Served

BASE = b"dc=example,dc=com"
PEOPLE = b"ou=people," + BASE
ADA, BOB, GROUP = b"uid=ada," + PEOPLE, b"uid=bob," + PEOPLE, b"cn=all," + BASE
NEW = b"cn=new," + PEOPLE
PERSON = (m.Attribute(b"objectClass", (b"person",)), m.Attribute(b"cn", (b"new",)), m.Attribute(b"sn", (b"new",)))
CHANGE = (m.Change(m.ModifyOperation.REPLACE, b"description", (b"x",)),)

Serve = Callable[..., "Served"]

WRITES: dict[str, tuple[m.RequestOp, list[str]]] = {
    "add": (m.AddRequest(NEW, PERSON), ["adding cn=new", "added cn=new"]),
    "modify": (m.ModifyRequest(ADA, CHANGE), ["modifying uid=ada", "modified uid=ada"]),
    "delete": (m.DeleteRequest(ADA), ["deleting uid=ada", "deleted uid=ada"]),
    "rename": (
        m.ModifyDNRequest(ADA, b"uid=a", True, None),
        ["renaming uid=ada uid=a", "renamed uid=ada uid=a"],
    ),
    "rename of a subtree": (
        m.ModifyDNRequest(PEOPLE, b"ou=folk", True, None),
        ["renaming ou=people ou=folk", "renamed ou=people ou=folk"],
    ),
    "password": (
        m.ExtendedRequest(
            b"1.3.6.1.4.1.4203.1.11.1",
            ber.element(b"\x30", ber.element(b"\x80", ADA) + ber.element(b"\x82", b"new password")),
        ),
        ["modifying uid=ada", "modified uid=ada"],
    ),
}


def rdn(dn: DN) -> str:
    assert dn.rdn is not None
    return dn.rdn.text.decode()


class Told(Overlay):
    """Writes down what it is told; where ``refuse`` is the beginning of that, it refuses."""

    def __init__(self, name: str = "", log: list[str] | None = None, refuse: str = "never") -> None:
        self.name = name
        self.log: list[str] = [] if log is None else log
        self.refuse = refuse

    def note(self, *words: str) -> None:
        self.log.append(" ".join([*filter(None, [self.name]), *words]))
        if words[0] == self.refuse:
            raise LDAPError(ResultCode.CONSTRAINT_VIOLATION, "no")

    def adding(self, commit: Commit, dn: DN, attributes: Any) -> None:
        self.note("adding", rdn(dn))

    def added(self, commit: Commit, node: Node, entry: Entry) -> None:
        assert node.entry is entry
        self.note("added", rdn(node.dn))

    def modifying(self, commit: Commit, dn: DN, edits: list[Edit]) -> None:
        self.note("modifying", rdn(dn))

    def modified(self, commit: Commit, node: Node, old: Entry, new: Entry) -> None:
        assert node.entry is new
        self.note("modified", rdn(node.dn))

    def deleting(self, commit: Commit, dn: DN) -> None:
        self.note("deleting", rdn(dn))

    def deleted(self, commit: Commit, dn: DN, old: Entry) -> None:
        self.note("deleted", rdn(dn))

    def renaming(self, commit: Commit, dn: DN, new_dn: DN) -> None:
        self.note("renaming", rdn(dn), rdn(new_dn))

    def renamed(self, commit: Commit, node: Node, old_dn: DN, old: Entry) -> None:
        self.note("renamed", rdn(old_dn), rdn(node.dn))


class Follows(Told):
    """Changes the group with whatever is written, before others are asked."""

    def follow(self, commit: Commit) -> None:
        if commit.depth == 1:
            group = commit.directory.dit.find(commit.directory.schema.dn(GROUP))
            assert group is not None
            description = commit.directory.schema.attribute(b"description")
            rewrite(commit, group, [Edit(m.ModifyOperation.ADD, description, (b"followed",))], b"cn=overlay")

    def note(self, *words: str) -> None:
        pass

    def added(self, commit: Commit, node: Node, entry: Entry) -> None:
        self.follow(commit)

    def modified(self, commit: Commit, node: Node, old: Entry, new: Entry) -> None:
        self.follow(commit)

    def deleted(self, commit: Commit, dn: DN, old: Entry) -> None:
        self.follow(commit)

    def renamed(self, commit: Commit, node: Node, old_dn: DN, old: Entry) -> None:
        self.follow(commit)


@pytest.mark.parametrize("name", WRITES)
def test_an_overlay_is_told_of_every_write(name: str, serve: Serve) -> None:
    overlay = Told()
    op, expected = WRITES[name]
    assert serve(overlay).code(op) == 0
    assert overlay.log == expected


@pytest.mark.parametrize("name", WRITES)
def test_the_last_one_configured_comes_first(name: str, serve: Serve) -> None:
    log: list[str] = []
    op, (before, after) = WRITES[name]
    assert serve(Told("one", log), Told("two", log)).code(op) == 0
    assert log == [f"two {before}", f"one {before}", f"two {after}", f"one {after}"]


@pytest.mark.parametrize("name", WRITES)
def test_what_follows_is_written_past_all_overlays(name: str, serve: Serve) -> None:
    overlay = Told()
    op, (before, after) = WRITES[name]
    served = serve(overlay, Follows())
    assert served.code(op) == 0
    assert overlay.log == [before, "modifying cn=all", "modified cn=all", after]
    assert served.values(GROUP.decode(), "description") == ["followed"]
    assert served.values(GROUP.decode(), "modifiersName") == ["cn=overlay"]


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("which", [0, 1])
def test_what_is_refused_leaves_nothing(name: str, which: int, serve: Serve) -> None:
    op, expected = WRITES[name]
    served = serve(Told(refuse=expected[which].split()[0]), Follows())
    before, size = served.everything(), len(served.directory.dit)
    assert served.code(op) == 19
    assert served.everything() == before
    assert len(served.directory.dit) == size


def test_the_root_of_a_naming_context_comes_and_goes_as_a_whole(serve: Serve) -> None:
    domain = (m.Attribute(b"objectClass", (b"domain",)), m.Attribute(b"dc", (b"example",)))
    served = serve(Told(refuse="added"), ldif="")
    assert served.code(m.AddRequest(b"DC=Example,dc=com", domain)) == 19
    assert served.everything() == {}
    assert served.directory.dit.contexts[BASE].suffix.text == BASE
    served = serve(Told(refuse="deleted"), ldif="dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n")
    assert served.code(m.DeleteRequest(BASE)) == 19
    assert list(served.everything()) == [BASE]


class Fills(Overlay):
    """Has every new entry described, and every modified one."""

    def adding(self, commit: Commit, dn: DN, attributes: Any) -> None:
        attributes[commit.directory.schema.attribute(b"description")] = (b"filled",)

    def modifying(self, commit: Commit, dn: DN, edits: list[Edit]) -> None:
        title = commit.directory.schema.attribute(b"title")
        edits.append(Edit(m.ModifyOperation.REPLACE, title, (b"filled",)))


def test_an_overlay_may_change_what_is_asked_for(serve: Serve) -> None:
    served = serve(Fills())
    assert served.code(m.AddRequest(NEW, PERSON)) == 0
    assert served.values(NEW.decode(), "description") == ["filled"]
    assert served.code(m.ModifyRequest(ADA, CHANGE)) == 0
    assert served.values(ADA.decode(), "title") == ["filled"]


class Seen(Overlay):
    """Everybody looks clever, and is."""

    views = True

    def __init__(self, only: bool) -> None:
        self.only = only

    def attached(self, directory: Directory) -> None:
        self.directory = directory
        self.title = directory.schema.attribute(b"title")
        self.seen_types = frozenset({self.title.type})

    def only_seen(self, op: m.SearchRequest) -> bool:
        return self.only

    def view(self, request: Request, controls: Mapping[bytes, Any], purpose: Purpose) -> View:
        return lambda node, entry: self.directory.entries.change(entry, {self.title: (b"clever",)})


@pytest.mark.parametrize(
    ("filter_", "count", "count_only_seen"),
    [
        (m.Equality(b"title", b"Clever"), 1, 1),
        (m.Equality(b"title", b"stupid"), 0, 0),
        (m.Not(m.Equality(b"title", b"clever")), 1, 0),
        (m.Not(m.Equality(b"uid", b"ada")), 0, 0),
        (m.And((m.Equality(b"uid", b"ada"), m.Present(b"title"))), 1, 1),
        (m.Substrings(b"title", b"cl"), 1, 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("only", [True, False])
def test_searches_and_compares_see_what_an_overlay_shows(
    filter_: m.Filter, count: int, count_only_seen: int, only: bool, serve: Serve
) -> None:
    served = serve(Seen(only))
    op = m.SearchRequest(PEOPLE, m.Scope.ONE, 0, 0, 0, False, m.And((m.Equality(b"uid", b"ada"), filter_)), (b"title",))
    entries = [e for action in served.directory(Request(served.session, 1, op)) for e in getattr(action, "entries", ())]
    assert len(entries) == (count_only_seen if only else count)
    assert all(b"clever" in attributes[0] for _, attributes in entries)
    assert served.code(m.CompareRequest(ADA, b"title", b"CLEVER")) == 6


class Around(Overlay):
    """Counts answers, and answers a delete itself."""

    def __init__(self) -> None:
        self.codes: list[int] = []

    def around(
        self, directory: Directory, request: Request, controls: Mapping[bytes, Any], actions: Iterator[Action]
    ) -> Iterator[Action]:
        if isinstance(request.op, m.DeleteRequest):
            yield Response(m.DeleteResponse(ResultCode.BUSY))
            return
        request.response_controls += (m.Control(b"1.2.3"),)
        try:
            yield from actions
        except LDAPError as error:
            self.codes.append(error.code)
            raise


def test_an_overlay_may_answer_itself_and_add_controls_to_answers(serve: Serve) -> None:
    overlay = Around()
    served = serve(overlay)
    assert served.code(m.DeleteRequest(ADA)) == ResultCode.BUSY
    for op, code in ((m.ModifyRequest(ADA, CHANGE), 0), (m.ModifyRequest(NEW, CHANGE), 32)):
        (response,) = served.directory(Request(served.session, 1, op))
        assert isinstance(response, Response)
        assert isinstance(response.op, m.LDAPResult)
        assert (response.op.code, response.controls) == (code, (m.Control(b"1.2.3"),))
    assert overlay.codes == [32]
