"""Servers for the length of a test: started, reached, taken down, reset, and gone without a trace."""

import asyncio
import inspect
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from fakeldapd import Clock, FakeDirectory, FakeLDAPServer
from fakeldapd.config import ConfigError
from fakeldapd.double.criteria import CRITERIA, Afterwards
from fakeldapd.double.faults import FaultSaid
from fakeldapd.double.server import ServerError
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import encode_message
from fakeldapd.server.listen import CannotListen, ListenError
from fakeldapd.server.thread import THREAD, ThreadError

BASE = "dc=example,dc=com"
PEOPLE = {"users": {"ada": {"password": "secret"}, "bob": {}}}
ADA = f"uid=ada,ou=people,{BASE}"
LONG = 20.0
BIND = m.BindRequest(3, ADA.encode(), m.SimpleAuthentication(b"secret"))
STARTTLS = m.ExtendedRequest(b"1.3.6.1.4.1.1466.20037")


def lookup(dn: str = ADA) -> m.SearchRequest:
    return m.SearchRequest(dn.encode(), 0, 0, 0, 0, False, m.Present(b"objectClass"), (b"1.1",))


class Client:
    """A few octets on a socket, and what comes back."""

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(LONG)
        self.socket = sock
        self.octets = b""

    def ask(self, op: m.RequestOp, message_id: int = 1) -> None:
        self.socket.sendall(encode_message(message_id, op))

    def ended(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def code(self) -> int:
        """The result code of the next final answer."""
        while True:
            found = final_code(self.octets)
            if found is not None:
                return found
            octets = self.socket.recv(65536)
            assert octets, "the connection was closed"
            self.octets += octets


def final_code(octets: bytes) -> int | None:
    """The code of the last message, where it is complete and a final response: 30 len 02 01 id TAG len 0A 01 code."""
    at = 0
    while at + 2 <= len(octets):
        size = octets[at + 1]
        assert size < 128
        message = octets[at : at + 2 + size]
        if len(message) == 2 + size and message[5] != 0x64:
            return message[9]
        at += 2 + size
    return None


@pytest.fixture
def server() -> Iterator[FakeLDAPServer]:
    with FakeLDAPServer(PEOPLE) as running:
        yield running


def connect(server: FakeLDAPServer) -> Client:
    return Client(socket.create_connection((server.host, server.port), LONG))


def ask(server: FakeLDAPServer, op: m.RequestOp) -> int:
    client = connect(server)
    with client.socket:
        client.ask(op)
        return client.code()


def test_what_it_is(server: FakeLDAPServer) -> None:
    assert server.url == f"ldap://127.0.0.1:{server.port}"
    assert server.urls == (server.url,)
    assert (server.base_dn, server.admin_dn) == (BASE, f"cn=admin,{BASE}")
    assert server.admin_password == "admin"
    assert ask(server, BIND) == 0


def test_what_the_test_changes_is_what_clients_see(server: FakeLDAPServer) -> None:
    assert ask(server, lookup()) == 0
    server.directory.delete(ADA)
    assert ask(server, lookup()) == 32
    server.reset()
    assert ask(server, lookup()) == 0
    without = server.snapshot()
    server.directory.delete(ADA)
    server.restore(without)
    assert ask(server, lookup()) == 0


def test_any_number_at_once_and_nothing_is_left() -> None:
    before = threading.enumerate()
    with FakeLDAPServer(PEOPLE) as one, FakeLDAPServer(base="dc=x", empty=True) as two, FakeLDAPServer() as three:
        assert len({one.port, two.port, three.port}) == 3
        assert [len(server.directory) for server in (one, two)] == [4, 0]
        assert [t.name for t in threading.enumerate() if t not in before].count("fakeldapd") == 1
        left_open = connect(one)
    assert left_open.ended()
    left_open.socket.close()
    assert threading.enumerate() == before
    assert THREAD.reactor is None
    for server in (one, two, three):
        with pytest.raises(ServerError, match="doesn't run"):
            _ = server.url
        server.stop()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="there is no /proc")
def test_no_descriptor_is_left() -> None:
    script = """
import asyncio, gc, os
from fakeldapd import FakeLDAPServer
async def use():
    async with FakeLDAPServer() as server:
        server.down = True
        server.down = False
def open_ones():
    with FakeLDAPServer(tls=True, ldapi=True), FakeLDAPServer() as server:
        server.reset(connections="drop")
    asyncio.run(use())
    gc.collect()
    return len(os.listdir("/proc/self/fd"))
print(len({open_ones() for _ in range(4)}))
"""
    assert run_script(script) == "1\n"


def test_again_on_the_same_object() -> None:
    server = FakeLDAPServer(PEOPLE)
    for _ in range(2):
        with server:
            assert ask(server, BIND) == 0
            with pytest.raises(ServerError, match="runs already"):
                server.start()


def test_tls(tmp_path: Any) -> None:
    with FakeLDAPServer(PEOPLE, tls=True, ldapi=True) as server:
        context = ssl.create_default_context(cafile=server.ca_file)
        secure = socket.create_connection(("127.0.0.1", int(server.ldaps_url.rpartition(":")[2])), LONG)
        with context.wrap_socket(secure, server_hostname="localhost") as wrapped:
            client = Client(wrapped)
            client.ask(BIND)
            assert client.code() == 0
        client = connect(server)
        client.ask(STARTTLS)
        assert client.code() == 0
        with context.wrap_socket(client.socket, server_hostname="127.0.0.1") as wrapped:
            client = Client(wrapped)
            client.ask(BIND)
            assert client.code() == 0
        path = server.ldapi_url.removeprefix("ldapi://").replace("%2F", "/")
        with socket.socket(socket.AF_UNIX) as local:
            local.connect(path)
            client = Client(local)
            client.ask(BIND)
            assert client.code() == 0
    assert not os.path.exists(path)


def test_what_was_not_asked_for_is_named(server: FakeLDAPServer) -> None:
    with pytest.raises(ServerError, match=r"no ldaps:// address: write FakeLDAPServer\(tls=True\)"):
        _ = server.ldaps_url
    with pytest.raises(ServerError, match="ldapi=True"):
        _ = server.ldapi_url
    assert ask(server, STARTTLS) == 2
    with pytest.raises(AttributeError, match="no attribute 'urrl'"):
        _ = server.urrl  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"listen": "ldap://192.0.2.1:0"}, ListenError, "192.0.2.1"),
        ({"siz_limit": 3}, TypeError, "did you mean 'size_limit'"),
        ({"tls": "sometimes"}, ConfigError, "off, auto"),
        ({"data": "dn: dc=x\nobjectClass: what\n"}, Exception, "data:2"),
    ],
)
def test_mistakes_are_named_and_leave_nothing(arguments: Any, error: type[Exception], text: str) -> None:
    before = threading.enumerate()
    with pytest.raises(error, match=text):
        FakeLDAPServer(**arguments).start()
    assert threading.enumerate() == before


def test_what_is_asked_of_the_directory_may_be_asked_of_the_server() -> None:
    """Methods that are there to see: for help(), for an editor, for a type checker. What is said of requests, too."""
    inside = ("add", "get", "search", "modify", "delete", "rename", "load", "dump")
    around = ("connections", "layers", "on_unanswered", "opened", "serve_by", "set_layer", "with_reset")
    powers = {name for name in dir(FakeDirectory) if not name.startswith("_")} - {*inside, *around}
    powers.remove("when_handled_otherwise")
    for name in powers:
        here, there = getattr(FakeLDAPServer, name), getattr(FakeDirectory, name)
        assert here.__doc__
        if callable(here) and name != "reset":
            assert list(inspect.signature(here).parameters) == list(inspect.signature(there).parameters), name
    assert "__getattr__" not in vars(FakeLDAPServer)
    assert {"base", "clause", "nth", "action"} <= set(FaultSaid.__annotations__)
    assert {"base", "clause", "code"} <= set(Afterwards.__annotations__) <= {*CRITERIA}
    assert set(CRITERIA) == set(Afterwards.__annotations__)


def test_a_port_that_is_taken(server: FakeLDAPServer) -> None:
    with pytest.raises(CannotListen, match="something listens there already"):
        FakeLDAPServer(listen=server.url).start()
    assert ask(server, BIND) == 0


def test_down_and_up_again(server: FakeLDAPServer) -> None:
    client = connect(server)
    url = server.url
    server.directory.delete(ADA)
    server.down = True
    assert client.ended()
    client.socket.close()
    with pytest.raises(ConnectionRefusedError):
        connect(server)
    server.down = False
    assert server.url == url
    assert ask(server, lookup()) == 32
    server.directory.down = True
    server.reset()
    assert ask(server, lookup()) == 0


@pytest.mark.parametrize("kept", [True, False])
def test_reset_and_connections(server: FakeLDAPServer, kept: bool) -> None:
    client = connect(server)
    with client.socket:
        client.ask(BIND)
        assert client.code() == 0
        server.reset(connections="keep" if kept else "drop")
        if kept:
            client.octets = b""
            client.ask(lookup(), 2)
            assert client.code() == 0
        else:
            assert client.ended()
    with pytest.raises(ValueError, match="keep or drop"):
        server.reset(connections="kept")


def test_reset_answers_what_is_running(server: FakeLDAPServer) -> None:
    from fakeldapd.operations.request import Action, Handler, Request, Wait

    begun = threading.Event()

    def never(handler: Handler) -> Handler:
        def waiting(request: Request) -> Iterator[Action]:
            begun.set()
            yield Wait()
            yield from handler(request)

        return waiting

    server.directory.set_layer("faults", never)
    client = connect(server)
    with client.socket:
        client.ask(lookup())
        assert begun.wait(LONG)
        server.reset()
        assert client.code() == 52
        client.octets = b""
        server.directory.set_layer("faults", None)
        client.ask(lookup(), 2)
        assert client.code() == 0


def test_the_clock_of_a_server() -> None:
    with FakeLDAPServer(PEOPLE, clock="2026-01-31T12:00:00Z") as server:
        server.clock.advance(days=1)
        server.directory.modify(ADA, {"title": "x"})
        ada = server.directory.get(ADA)
        assert ada is not None
        assert ada["modifyTimestamp"] == ["20260201120000Z"]
        assert isinstance(server.clock, Clock)


def test_asyncio() -> None:
    async def use() -> int:
        async with FakeLDAPServer(PEOPLE) as server:
            reader, writer = await asyncio.open_connection(server.host, server.port)
            writer.write(encode_message(1, BIND))
            octets = await reader.read(100)
            writer.close()
            await writer.wait_closed()
            code = final_code(octets)
            assert code is not None
            return code

    assert asyncio.run(use()) == 0
    assert THREAD.reactor is None


def run_script(script: str, *options: str) -> str:
    """What a script prints in a process of its own, where warnings are errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", script], capture_output=True, text=True, timeout=LONG
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


IN_A_REACTOR = """
{install}
from twisted.internet import reactor, task, threads
from twisted.internet.defer import CancelledError, ensureDeferred
from twisted.python import threadable
from fakeldapd import FakeLDAPServer
from fakeldapd.server.thread import THREAD
def use():
    with FakeLDAPServer() as server:
        return len(server.directory)
async def enter():
    async with FakeLDAPServer():
        pass
async def main():
    await task.deferLater(reactor, 0)
    try:
        FakeLDAPServer().start()
    except RuntimeError as error:
        print(error)
    cancelled = ensureDeferred(enter())
    cancelled.cancel()
    try:
        await cancelled
    except CancelledError:
        print(THREAD.reactor)
    async with FakeLDAPServer() as server:
        print(len(server.directory) > 5, threadable.isInIOThread())
        print(await threads.deferToThread(use) > 5, threadable.isInIOThread())
task.react(lambda reactor: ensureDeferred(main()))
"""


@pytest.mark.parametrize(
    "install",
    [
        "",
        "from twisted.internet import asyncioreactor; asyncioreactor.install()",
        "from twisted.internet import selectreactor; selectreactor.install()",
    ],
)
def test_beside_a_twisted_program(install: str) -> None:
    said, *rest = run_script(IN_A_REACTOR.format(install=install)).splitlines()
    assert "async with FakeLDAPServer(...) as server:" in said
    assert rest == ["None", "True True", "True True"]


def test_the_global_reactor_is_never_installed() -> None:
    script = """
import sys
from fakeldapd import FakeLDAPServer
with FakeLDAPServer(tls=True) as server:
    print(server.url.startswith("ldap://127.0.0.1:"))
print("twisted.internet.reactor" in sys.modules)
"""
    assert run_script(script).split() == ["True", "False"]


def test_a_forked_child() -> None:
    script = """
import os, socket, sys
from urllib.parse import unquote
from fakeldapd import FakeLDAPServer
with FakeLDAPServer(tls=True, ldapi=True) as server:
    child = os.fork()
    if not child:
        for ask in (
            lambda: server.directory, lambda: server.requests, server.reset, server.snapshot, server.assert_no_requests,
            lambda: server.fault(code=1), lambda: server.wait_for("bind"), lambda: setattr(server, "down", True),
        ):
            try:
                ask()
            except RuntimeError as error:
                print("fork of that one" in str(error))
        print(socket.create_connection((server.host, server.port)).close(), server.base_dn)
        with FakeLDAPServer(tls=True, ldapi=True) as own:
            print(len(own.directory) > 5)
        server.stop()
        sys.exit()
    print(os.waitpid(child, 0)[1], len(server.directory) > 5)
    print(os.path.exists(server.ca_file), os.path.exists(unquote(server.ldapi_url).removeprefix("ldapi://")))
print(os.path.exists(server.ca_file), os.path.exists(unquote(server.urls[-1]).removeprefix("ldapi://")))
"""
    *child, _, parent, kept, gone = run_script(script).splitlines()
    assert child == ["True"] * 8 + [f"None {BASE}"]
    assert (parent, kept, gone) == ("0 True", "True True", "True False")


def test_a_forked_child_of_who_has_a_server_in_another_process() -> None:
    script = """
import os, sys
from fakeldapd import FakeLDAPServer
with FakeLDAPServer(subprocess=True) as server:
    child = os.fork()
    if not child:
        for ask in (lambda: server.directory, server.reset, server.snapshot):
            try:
                ask()
            except RuntimeError as error:
                print("fork of that one" in str(error))
        server.stop()
        sys.exit()
    print(os.waitpid(child, 0)[1], len(server.directory) > 5)
"""
    assert run_script(script).splitlines() == ["True"] * 3 + ["0 True"]


def test_in_the_thread_of_the_servers(server: FakeLDAPServer) -> None:
    def start() -> None:
        with FakeLDAPServer():
            pass

    with pytest.raises(ThreadError, match="the thread of the servers"):
        server.call(start)


def test_beside_a_reactor_that_rests_in_another_greenlet(monkeypatch: pytest.MonkeyPatch) -> None:
    """As pytest-twisted's while a fixture is made: it is said to run, and isn't what has called us."""
    monkeypatch.setitem(sys.modules, "twisted.internet.reactor", SimpleNamespace(running=True))
    with FakeLDAPServer(PEOPLE) as server:
        assert ask(server, BIND) == 0


def test_cancelled_while_it_starts() -> None:
    async def use() -> None:
        async with FakeLDAPServer():
            raise AssertionError("it was cancelled")

    async def main() -> None:
        task = asyncio.create_task(use())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    before = threading.enumerate()
    asyncio.run(main())
    assert threading.enumerate() == before


def test_after_it_stopped_its_directory_says_so() -> None:
    with FakeLDAPServer(PEOPLE) as server:
        directory = server.directory
    with pytest.raises(ThreadError, match="no server any more"):
        directory.get(ADA)
