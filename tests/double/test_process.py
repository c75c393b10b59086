"""A server in a process of its own does what one in this process does, as far as it goes through a pipe."""

import os
import socket
import threading
from contextlib import suppress
from typing import Any

import pytest

from fakeldapd import FakeLDAPServer, LDAPError, RuleError
from fakeldapd.double.process import ProcessError
from fakeldapd.double.server import ServerError
from fakeldapd.loading import LoadError

BASE = "dc=example,dc=com"
ADA = f"uid=ada,ou=people,{BASE}"
PEOPLE = {"users": {"ada": {"password": "secret"}}}


def test_all_that_goes_through_the_pipe() -> None:
    threads = threading.enumerate()
    with FakeLDAPServer(PEOPLE, clock="2026-01-31T12:00:00Z", tls=True, subprocess=True) as server:
        assert threading.enumerate() == threads
        assert (server.base_dn, server.admin_dn, server.admin_password) == (BASE, f"cn=admin,{BASE}", "admin")
        assert server.ldaps_url.startswith("ldaps://")
        assert os.path.exists(server.ca_file)
        socket.create_connection((server.host, server.port)).close()
        directory = server.directory
        assert (len(directory), ADA in directory) == (3, True)
        before = server.snapshot()
        server.clock.advance(days=1)
        directory.modify(ADA, {"title": "Countess"})
        ada = directory.get(ADA)
        assert ada is not None
        assert (ada["title"], ada["modifyTimestamp"]) == (["Countess"], ["20260201120000Z"])
        after = server.snapshot()
        server.restore(before)
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
        (lambda s: s.directory.set_layer("faults", None), ProcessError, "no 'set_layer'; it has add, delete, dump"),
        (lambda s: s.directory.add(ADA, {"cn": lambda: None}), ProcessError, "can't be sent to another process"),
        (lambda s: s.clock.state, AttributeError, "it has advance, set, stop"),
        (lambda s: s.reset(connections="what"), ValueError, "keep or drop"),
    ],
)
def test_what_does_not_go_through(do: Any, error: type[Exception], text: str) -> None:
    with FakeLDAPServer(PEOPLE, subprocess=True) as server, pytest.raises(error, match=text):
        do(server)


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
        stub = server.stub(op="search", code="busy")
        assert stub.hits == 0
        second = server.stub(op="bind", code="busy")
        assert list(map(repr, server.stubs)) == [repr(second), repr(stub)]
        server.stubs[0].close()
        assert [each.hits for each in server.stubs] == [0]
        assert server.faults == ()
        with pytest.raises(RuleError, match="did you mean 'busy'"):
            server.fault(code="bussy")
        with pytest.raises(ProcessError, match="can't be sent"):
            server.fault(code=1, when=lambda request: True)
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
