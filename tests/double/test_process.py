"""A server in a process of its own does what one in this process does, as far as it goes through a pipe."""

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import ldap3
import pytest

from fakeldapd import FakeDirectory, FakeLDAPServer, LDAPError, RuleError
from fakeldapd.directory.snapshot import SnapshotError
from fakeldapd.double.process import Held, ProcessError
from fakeldapd.double.server import ServerError
from fakeldapd.loading import LoadError
from fakeldapd.recording.written import FORM

BASE = "dc=example,dc=com"
ADA = f"uid=ada,ou=people,{BASE}"
PEOPLE = {"users": {"ada": {"password": "secret"}}}


@pytest.fixture(scope="module")
def one_server() -> Iterator[FakeLDAPServer]:
    with FakeLDAPServer(PEOPLE, subprocess=True) as server:
        yield server


@pytest.fixture
def server(one_server: FakeLDAPServer) -> FakeLDAPServer:
    one_server.reset(connections="drop")
    return one_server


class Client:
    """One connection: each method asks, and gives the result code."""

    def __init__(self, server: FakeLDAPServer) -> None:
        self._server = ldap3.Server(server.url, get_info=ldap3.NONE)
        self._connection = ldap3.Connection(self._server, ADA, "secret")
        self._connection.open()

    def bind(self, password: str = "secret") -> int:
        self._connection.password = password
        self._connection.bind()
        return int(self._connection.result["result"])

    def search(self, filter: str) -> int:
        self._connection.search(BASE, filter, attributes=["cn"])
        return int(self._connection.result["result"])

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.unbind()


@pytest.fixture
def client(server: FakeLDAPServer) -> Iterator[Client]:
    with Client(server) as client:
        yield client


def unread() -> None:
    raise ValueError("no")


class Unread:
    """Can be sent, and not be read."""

    def __reduce__(self) -> Any:
        return unread, ()


def test_all_that_goes_through_the_pipe() -> None:
    threads = threading.enumerate()
    with FakeLDAPServer(PEOPLE, clock="2026-01-31T12:00:00Z", tls=True, subprocess=True) as server:
        assert threading.enumerate() == threads
        assert server.base_dns == server.directory.base_dns == (BASE,)
        assert (server.base_dn, server.admin_dn, server.admin_password) == (BASE, f"cn=admin,{BASE}", "admin")
        assert server.ldaps_url.startswith("ldaps://")
        assert os.path.exists(server.ca_file)
        socket.create_connection((server.host, server.port)).close()
        directory = server.directory
        assert (len(directory), ADA in directory) == (3, True)
        before = server.snapshot()
        server.clock.advance(days=1)
        assert server.clock.now.isoformat() == "2026-02-01T12:00:00+00:00"
        directory.modify(ADA, {"title": "Countess"})
        ada = directory.get(ADA)
        assert ada is not None
        assert (ada["title"], ada["modifyTimestamp"]) == (["Countess"], ["20260201120000Z"])
        after = server.snapshot()
        assert server.diff(before).changed[ADA][0].added == ("Countess",)
        assert "modifyTimestamp" in str(server.diff(operational=True))
        assert [entry.dn for entry in directory] == [BASE, f"ou=people,{BASE}", ADA]
        server.restore(before)
        assert not server.diff(before)
        assert "title" not in directory.search(ADA)[0]
        server.restore(after)
        assert "title: Countess" in directory.dump()
        server.reset(connections="drop")
        assert not directory.search(filter="(title=*)")
        with pytest.raises(LDAPError) as raised:
            directory.add(f"uid=x,ou=nowhere,{BASE}", {"objectClass": "account", "uid": "x"})
        assert (raised.value.code, raised.value.matched_dn) == (32, BASE.encode())
        server.down = True
        assert server.down
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((server.host, server.port))
        server.down = False
        socket.create_connection((server.host, server.port)).close()
    with pytest.raises(ServerError, match="doesn't run"):
        _ = server.url
    assert server.clock.now.isoformat() == "2026-01-31T12:00:00+00:00"


@pytest.mark.parametrize(
    ("do", "error", "text"),
    [
        (
            lambda s: s.directory.set_layer("faults", None),
            ProcessError,
            "no 'set_layer'; it has add, delete, diff, dump",
        ),
        (lambda s: s.directory.add(ADA, {"cn": lambda: None}), ProcessError, "can't be sent to another process"),
        (lambda s: s.directory.handler, ProcessError, "no 'handler'.*leave out subprocess=True"),
        (lambda s: s.call(lambda: None), ServerError, "the server's thread is in process .*leave out subprocess=True"),
        (lambda s: s.directory.load({"users": {"x": Unread()}}), ProcessError, "can't be read in another process: no"),
        (lambda s: s.restore(FakeDirectory().snapshot()), SnapshotError, "of another directory"),
        (lambda s: s.diff(Held(0, 0)), SnapshotError, "of another directory"),
        (lambda s: s.explain(scope="subb"), ValueError, "did you mean 'sub'"),
        (lambda s: s.explain(filter="(uid=x"), ValueError, "position 6"),
        (lambda s: s.explain(identity="garbage"), LDAPError, "34.*invalid DN"),
        (lambda s: s.load_stubs("nowhere"), RuleError, "nowhere"),
        (lambda s: s.fault(kind=1), RuleError, "kind"),
        (lambda s: s.reset(connections="what"), ValueError, "keep or drop"),
    ],
)
def test_what_does_not_go_through(server: FakeLDAPServer, do: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        do(server)
    assert len(server.directory) == 3


OF_THAT_PROCESS = {
    *("handler", "inner", "layers", "set_layer", "on_unanswered", "when_handled_otherwise", "with_reset"),
    *("connections", "opened", "serve_by", "lock", "settings", "start"),
}
"""What belongs to the process that the directory is in."""


def test_all_else_is_there(server: FakeLDAPServer) -> None:
    def is_there(name: str) -> bool:
        try:
            getattr(server.directory, name)
        except ProcessError:
            return False
        return True

    names = {*dir(FakeDirectory(PEOPLE)), "is_served"}
    assert {name for name in names if name[0] != "_" and not is_there(name)} == OF_THAT_PROCESS


def test_rules() -> None:
    with FakeLDAPServer(PEOPLE, subprocess=True) as server:
        with (
            server.fault(op="connect", action="refuse") as fault,
            suppress(ConnectionError),
            socket.create_connection((server.host, server.port)) as refused,
        ):
            assert refused.recv(1) == b""
        assert fault.hits == 1
        assert repr(fault) == "<fault(op='connect', action='refuse'): 1 hit>"
        assert fault not in server.faults
        stub = server.stub(op="search", code="busy")
        assert server.stubs == (stub,)
        assert stub.hits == 0
        second = server.stub(op="bind", code="busy")
        assert list(map(repr, server.stubs)) == [repr(second), repr(stub)]
        server.stubs[0].close()
        assert [each.hits for each in server.stubs] == [0]
        assert server.faults == ()
        with pytest.raises(RuleError, match="did you mean 'busy'"):
            server.fault(code="bussy")
        with pytest.raises(ProcessError, match=r"^fault: can't be sent to another process.*leave out subprocess=True"):
            server.fault(code=1, when=lambda request: True)
        with pytest.raises(ProcessError, match=r"^stub: can't be sent"):
            server.stub(op="search", answer=lambda asked: None)
    stub.close()


def test_mistakes_come_back_from_there() -> None:
    with pytest.raises(LoadError, match="data:2"):
        FakeLDAPServer("dn: dc=x\nobjectClass: what\n", subprocess=True).start()


def test_when_the_process_is_gone() -> None:
    with FakeLDAPServer(PEOPLE, subprocess=True) as server:
        assert server._child is not None
        server._child._process.kill()
        server._child._process.wait()
        with pytest.raises(ProcessError, match="has ended"):
            len(server.directory)


# --- requests ---


def test_requests(server: FakeLDAPServer, client: Client) -> None:
    assert (len(server.requests), server.requests.seen, server.asked()) == (0, 0, "")
    assert [client.bind(), client.search("(uid=ada)"), client.bind("wrong")] == [0, 0, 49]
    requests = server.requests
    server.assert_bound(ADA, password="secret", times=1)
    server.directory.assert_bound(ADA, password="wrong", code=49)
    assert [request.op for request in requests.after(requests[0])] == ["search", "bind"]
    search = requests.search(filter="(UID=Ada)", identity=ADA)[0]
    assert search == requests[1]
    assert search.sent == [(ADA, {"cn": ["ada"]})]
    assert requests[0].password == "secret"
    assert "secret" not in requests.as_json().replace('"secret": "{SSHA256}', "")
    assert "ldapsearch" in requests.as_code()
    with pytest.raises(AssertionError, match="another secret"):
        server.assert_bound(ADA, password="other")
    client.search("(uid=bob)")
    assert len(requests) == 4
    assert server.asked() == str(requests)
    assert "clear-text-bind" in server.lint()
    requests.log.limit = 1
    requests.clear()
    assert not requests
    client.search("(uid=1)")
    client.search("(uid=2)")
    assert [request.filter for request in requests] == ["(uid=2)"]
    assert (requests.seen, requests.dropped) == (2, 1)
    requests.log.limit = 10_000
    requests.clear()


def test_who_waits_keeps_nobody_waiting(
    server: FakeLDAPServer, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = server._child
    assert child is not None
    before, sent, found, answer_to = child.ask("changed", None, 0.0), threading.Event(), [], child._answer_to

    def once_sent(number: int) -> bytes:
        sent.set()
        return answer_to(number)

    monkeypatch.setattr(child, "_answer_to", once_sent)
    waiting = threading.Thread(target=lambda: found.append(child.ask("changed", before, 30.0)))
    waiting.start()
    assert sent.wait(30)
    server.directory.modify(ADA, {"cn": "other"})
    assert ADA in server.directory
    assert found == []
    client.search("(uid=a)")
    waiting.join()
    assert found != [before]


def test_waiting_beside_others(server: FakeLDAPServer, client: Client) -> None:
    found: list[Any] = []
    requests = server.requests
    came, hangs = threading.Event(), server.fault(op="search", filter="(uid=a)", action="hang")

    def wait() -> None:
        found.append(requests.wait_for("search", answered=False, timeout=30))
        came.set()
        found.append(requests.wait_for("search", filter="(uid=b)", timeout=30))

    waiting = threading.Thread(target=wait)
    waiting.start()
    asking = threading.Thread(target=client.search, args=("(uid=a)",))
    asking.start()
    assert came.wait(30)
    assert requests[0].outcome == "no answer yet"
    server.directory.modify(ADA, {"cn": "other"})
    with Client(server) as other:
        assert other.search("(uid=b)") == 0
    waiting.join(30)
    assert [request.filter for request in found] == ["(uid=a)", "(uid=b)"]
    assert found[0] == requests[0]
    assert not found[0].is_over
    assert hangs.hits == 1
    server.reset()
    asking.join(30)
    with pytest.raises(TimeoutError, match=r"waited 0.01 s: no search.*\nno request was seen at all"):
        server.wait_for("search", timeout=0.01)


def test_what_was_found_sees_what_comes_of_it(server: FakeLDAPServer, client: Client) -> None:
    server.fault(op="search", action="delay", delay=0.01)
    asking = threading.Thread(target=client.search, args=("(uid=a)",))
    asking.start()
    found = server.wait_for("search", answered=False, timeout=30)
    asking.join(30)
    assert server.requests.search()[0] == found
    assert (found.code, found.is_over) == (0, True)


def test_a_server_that_stops_while_somebody_waits() -> None:
    said: list[str] = []

    def wait() -> None:
        try:
            requests.wait_for("search", timeout=600)
        except ProcessError as error:
            said.append(str(error))

    with FakeLDAPServer(PEOPLE, subprocess=True) as server:
        requests = server.requests
        waiting = threading.Thread(target=wait)
        waiting.start()
    waiting.join(30)
    assert len(said) == 1
    assert said[0].endswith("has ended")


def test_a_schema_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "own.schema").write_text("attributetype ( 1.3.6.1.4.1.99999.1 NAME 'colour' SUP name )\n")
    with FakeLDAPServer(
        PEOPLE, schema=["core", "cosine", "inetorgperson", str(tmp_path / "own.schema")], subprocess=True
    ) as server:
        with Client(server) as client:
            client.search("(1.3.6.1.4.1.99999.1=Dark  Red)")
        server.assert_searched(filter="(colour=dark red)")
        with pytest.raises(ValueError, match="did you mean 'colour'"):
            server.requests.search(attributes=["color"])
        with pytest.raises(ValueError, match="attribute 'memberUid'"):  # which nis has
            server.requests.search(attributes=["memberUid"])


def test_explained(server: FakeLDAPServer) -> None:
    explained = server.explain(filter="(&(uid=ada)(colour=red))")
    assert explained.matched == []
    assert explained == FakeDirectory(PEOPLE).explain(filter="(&(uid=ada)(colour=red))")


def test_stubs_of_a_file(
    server: FakeLDAPServer, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = {
        "op": "search",
        "dn": BASE,
        "scope": "sub",
        "filter": "(uid=nobody)",
        "attributes": ["cn"],
        "answers": [{"code": 51}],
    }
    Path("stubs.json").write_text(json.dumps({"form": FORM, "stubs": [said]}))
    with server.load_stubs("stubs.json") as rule:
        assert client.search("(uid=nobody)") == 51
        assert rule.hits == 1
