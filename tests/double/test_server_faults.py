"""Faults of connections and handshakes, and what a server makes of the end of a fault."""

import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from double.asking import PEOPLE, bind, search

from fakeldapd import FakeLDAPServer, RuleError
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import Connection
from fakeldapd.protocol.encode import encode_message

LONG = 20.0


@pytest.fixture(scope="module", params=[False, True], ids=["here", "subprocess"])
def one_server(request: pytest.FixtureRequest) -> Iterator[FakeLDAPServer]:
    with FakeLDAPServer(PEOPLE, tls=True, subprocess=request.param) as server:
        yield server


@pytest.fixture
def server(one_server: FakeLDAPServer) -> FakeLDAPServer:
    one_server.reset(connections="drop")
    return one_server


class Client:
    """A few octets on a socket, and what comes back."""

    def __init__(self, server: FakeLDAPServer, port: int | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port or server.port), LONG)
        self._connection = Connection(client=True, max_message_size=0)

    def send(self, number: int, op: m.RequestOp) -> None:
        self.socket.sendall(encode_message(number, op))

    def receive(self) -> list[tuple[int, str]]:
        """What comes next: message ids and kinds of responses; nothing: it is closed."""
        octets = self.socket.recv(1 << 16)
        return [(each.message_id, type(each.op).__name__) for each in self._connection.receive(octets)]

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()


BOUND = [(1, "BindResponse")]


def reset_or_closed(client: Client) -> bool:
    try:
        return client.socket.recv(1) == b""
    except ConnectionError:
        return True


def test_the_second_connection_is_refused(server: FakeLDAPServer) -> None:
    fault = server.fault(op="connect", action="refuse", nth=2)
    with Client(server) as first:
        with suppress(ConnectionError), Client(server) as second:
            assert second.socket.recv(1) == b""
        with Client(server) as third:
            for client in (first, third):
                client.send(1, bind())
                assert client.receive() == BOUND
    assert fault.hits == 1


def test_silence_ends_with_the_fault(server: FakeLDAPServer) -> None:
    with Client(server) as before, server.fault(op="connect", action="silent") as fault:
        with Client(server) as client, Client(server, int(server.ldaps_url.rpartition(":")[2])) as over_tls:
            for each in (client, over_tls):
                each.send(1, bind())
            before.send(1, bind())
            assert before.receive() == BOUND
            fault.close()
            assert reset_or_closed(client)
            assert reset_or_closed(over_tls)
        before.send(2, bind())
        assert before.receive() == [(2, "BindResponse")]


def test_down_and_up_again(server: FakeLDAPServer) -> None:
    url = server.url
    with Client(server) as client:
        client.send(1, bind())
        client.receive()
        with server.fault(op="connect", action="down"):
            assert server.down
            assert reset_or_closed(client)
            with pytest.raises(ConnectionRefusedError):
                Client(server)
        assert not server.down
    assert server.url == url
    server.fault(op="connect", action="down")
    server.reset()
    with Client(server) as client:
        client.send(1, bind())
        assert client.receive() == BOUND


@pytest.mark.parametrize("op", [bind(), search()])
def test_a_connection_is_of_use_again_when_what_hangs_is_let_go(server: FakeLDAPServer, op: Any) -> None:
    with Client(server) as client:
        with server.fault(action="hang") as fault:
            client.send(1, op)
            while not fault.hits:
                pass
        client.send(2, bind())
        assert client.receive() == [(2, "BindResponse")]


def test_half_a_message_ends_with_its_connection(server: FakeLDAPServer) -> None:
    with Client(server) as client:
        with server.fault(action="truncate"):
            client.send(1, bind())
            assert client.receive() == []
        assert reset_or_closed(client)


# --- what has no answer ---


def test_an_abandon_that_is_ignored(server: FakeLDAPServer) -> None:
    with server.fault(op="search", delay=0.05), Client(server) as client:
        with server.fault(op="abandon", action="ignore", count=1) as fault:
            client.send(1, search("", scope=0))
            client.send(2, m.AbandonRequest(1))
            assert client.receive() == [(1, "SearchResultEntry"), (1, "SearchResultDone")]
        assert fault.hits == 1
        client.send(3, search())
        client.send(4, m.AbandonRequest(3))
        client.send(5, bind())
        assert client.receive() == [(5, "BindResponse")]
    assert [request.op for request in server.requests] == ["search", "abandon", "search", "abandon", "bind"]


def test_an_abandon_that_is_heeded_late(server: FakeLDAPServer) -> None:
    with server.fault(op="search", action="hang"), server.fault(op="abandon", delay=0.01), Client(server) as client:
        client.send(1, search())
        client.send(2, m.AbandonRequest(1))
        assert not server.wait_for("search", timeout=LONG).answered


def broken(request: Any) -> float:
    """What a test says of requests, and has a mistake in it."""
    return 1 / 0


UNANSWERED: list[tuple[dict[str, Any], m.RequestOp, list[Any] | None]] = [
    ({"op": "abandon", "action": "drop"}, m.AbandonRequest(9), []),
    ({"op": "abandon", "action": "reset"}, m.AbandonRequest(9), None),
    ({"op": "abandon", "action": "notice", "code": 2}, m.AbandonRequest(9), [(0, "ExtendedResponse")]),
    ({"op": "unbind", "action": "reset"}, m.UnbindRequest(), None),
    ({"op": "unbind", "action": "notice"}, m.UnbindRequest(), [(0, "ExtendedResponse")]),
    ({"op": "unbind", "delay": 0.01}, m.UnbindRequest(), []),
    ({"op": "unbind", "octets": encode_message(7, m.SearchResultDone())}, m.UnbindRequest(), [(7, "SearchResultDone")]),
    ({"op": "unbind", "when": broken, "action": "reset"}, m.UnbindRequest(), []),
]


@pytest.mark.parametrize(("said", "op", "comes"), UNANSWERED, ids=lambda case: str(case)[:40])
def test_how_a_connection_ends(
    server: FakeLDAPServer, said: dict[str, Any], op: m.RequestOp, comes: list[Any] | None
) -> None:
    """``comes`` before the end; None: it is reset."""
    fault = server.fault(**said)
    with Client(server) as client:
        client.send(1, bind())
        assert client.receive() == BOUND
        client.send(2, op)
        if comes is None:
            with pytest.raises(ConnectionResetError):
                client.receive()
        else:
            assert client.receive() == comes
            assert reset_or_closed(client)
    assert fault.hits == ("when" not in said)


def test_an_unbind_that_is_ignored(server: FakeLDAPServer) -> None:
    with Client(server) as client, server.fault(op=["unbind", "abandon"], identity="users", action="ignore"):
        client.send(1, bind())
        assert client.receive() == BOUND
        client.send(2, m.UnbindRequest())
        server.wait_for("unbind", timeout=LONG)
        assert select.select([client.socket], [], [], 0)[0] == []
        server.reset()
        assert select.select([client.socket], [], [], 0)[0] == []
        server.reset(connections="drop")
        assert reset_or_closed(client)


def test_a_reset_while_an_unbind_waits(server: FakeLDAPServer) -> None:
    with Client(server) as client:
        server.fault(op="unbind", connection=1, delay=0.2)
        client.send(1, bind())
        assert client.receive() == BOUND
        client.send(2, m.UnbindRequest())
        server.wait_for("unbind", timeout=LONG)
        server.reset()
        assert reset_or_closed(client)


def test_octet_by_octet(server: FakeLDAPServer) -> None:
    with Client(server) as client, server.fault(action="single-octets"):
        client.send(1, search())
        client.send(2, search("", scope=0))
        seen: list[tuple[int, str]] = []
        while len(seen) < 10:
            seen += client.receive()
    assert {number for number, kind in seen if kind == "SearchResultDone"} == {1, 2}


@pytest.mark.parametrize(
    ("action", "complaint"),
    [("expired", "certificate has expired"), ("self-signed", "self.signed certificate"), ("wrong-name", "mismatch")],
)
def test_certificates(server: FakeLDAPServer, action: str, complaint: str) -> None:
    context = ssl.create_default_context(cafile=str(server.ca_file))
    port = int(server.ldaps_url.rpartition(":")[2])

    def connect() -> None:
        with (
            socket.create_connection(("127.0.0.1", port), LONG) as plain,
            context.wrap_socket(plain, server_hostname="localhost"),
        ):
            pass

    connect()
    with (
        server.fault(op="tls", action=action, count=1),
        pytest.raises(ssl.SSLCertVerificationError, match=complaint),
    ):
        connect()
    connect()


def test_what_a_server_cannot_do() -> None:
    with FakeLDAPServer(PEOPLE) as server:
        with pytest.raises(RuleError, match="this server has no TLS; start it with tls=True"):
            server.fault(op="tls", action="drop")
        with pytest.raises(RuleError, match="nothing else can be said of it"):
            server.fault(op="connect", action="down", count=1)
        late = server.fault(action="hang")
        stub = server.stub(code=1)
    late.close()
    stub.close()


def test_rules_end_with_a_reset(server: FakeLDAPServer) -> None:
    server.fault(op="connect", action="refuse")
    server.fault(op="tls", action="expired")
    server.fault(code="busy")
    server.stub(code="busy")
    assert [len(server.faults), len(server.stubs)] == [3, 1]
    server.reset()
    assert [len(server.faults), len(server.stubs)] == [0, 0]
    with Client(server) as client:
        client.send(1, bind())
        assert client.receive() == BOUND
