"""Where to listen: URLs read and refused, free ports, what systemd passes and wants to hear."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakeldapd.server import listen
from fakeldapd.server.listen import CannotListen, Inherited, ListenAddress, ListenError, LocalAddress


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ldap://127.0.0.1:1389", ListenAddress("127.0.0.1", 1389)),
        ("ldap://127.0.0.1", ListenAddress("127.0.0.1", 389)),
        ("ldap://127.0.0.1:0/", ListenAddress("127.0.0.1", 0)),
        ("LDAP://127.8.9.10:1", ListenAddress("127.8.9.10", 1)),
        ("ldap://[::1]:1389", ListenAddress("::1", 1389)),
        ("ldap://localhost:1389", ListenAddress("localhost", 1389)),
        ("ldaps://localhost", ListenAddress("localhost", 636, tls=True)),
        ("LDAPS://[::1]:0", ListenAddress("::1", 0, tls=True)),
        ("ldapi://%2Ftmp%2FLDAP%20i", LocalAddress("/tmp/LDAP i")),
        ("LDAPI://%2ftmp%2fx/", LocalAddress("/tmp/x")),
        ("ldapi://%2Ftmp%2F100%25", LocalAddress("/tmp/100%")),
    ],
)
def test_local_urls(text: str, expected: ListenAddress | LocalAddress) -> None:
    assert listen.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("127.0.0.1:1389", "not an LDAP URL"),
        ("http://127.0.0.1", "not an LDAP URL"),
        ("", "not an LDAP URL"),
        ("ldap://", "no address"),
        ("ldap://:1389", "no address"),
        ("ldap://127.0.0.1:ldap", "1389"),
        ("ldap://127.0.0.1:65536", "1389"),
        ("ldap://[::1", "1389"),
        ("ldap://127.0.0.1/dc=example", "only a host and a port"),
        ("ldap://127.0.0.1/?uid", "only a host and a port"),
        ("ldap://alice@127.0.0.1", "only a host and a port"),
        ("ldap://0.0.0.0:1389", "--allow-remote"),
        ("ldap://[::]:1389", "--allow-remote"),
        ("ldap://192.0.2.1:1389", "--allow-remote"),
        ("ldaps://0.0.0.0:636", "--allow-remote"),
        ("ldapi://", "as in ldapi://%2Ftmp%2Fldapi"),
        ("ldapi:///", "as in ldapi://%2Ftmp%2Fldapi"),
        ("ldapi:///run/x", "as in ldapi://%2Frun%2Fx"),
        ("ldapi://tmp%2Fx", "as in ldapi://%2Ftmp%2Fldapi"),
        ("ldapi://%2Ftmp%2Fx/dc=example", "%2F for each slash"),
        ("ldapi://%2Ftmp%00", "%2F for each slash"),
        ("ldap://name.invalid", "write an address"),
    ],
)
def test_refused_urls_say_what_to_write(text: str, reason: str) -> None:
    with pytest.raises(ListenError, match="--listen") as caught:
        listen.parse(text)
    assert reason in str(caught.value)


def test_remote_addresses_when_asked_for() -> None:
    assert listen.parse("ldap://0.0.0.0:1389", allow_remote=True) == ListenAddress("0.0.0.0", 1389)


@pytest.mark.parametrize(
    ("address", "url"),
    [
        (ListenAddress("::1", 0), "ldap://[::1]:5"),
        (ListenAddress("localhost", 0), "ldap://localhost:5"),
        (ListenAddress("::1", 0, tls=True), "ldaps://[::1]:5"),
    ],
)
def test_urls_keep_the_spelling_of_the_host(address: ListenAddress, url: str) -> None:
    assert address.url(5) == url


FACTORY: Any = None


class Port:
    """What a reactor gives for a listening socket."""

    def __init__(self, number: int) -> None:
        self.host = "127.0.0.1"
        self.port = number

    def getHost(self) -> "Port":
        return self


class Reactor:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[Any] = []

    def listenTCP(self, port: int, factory: Any, backlog: int, interface: str) -> Port:
        self.asked.append((port, backlog, interface))
        if self.error:
            raise self.error
        return Port(port or 4321)

    def adoptStreamPort(self, fd: int, family: int, factory: Any) -> Port:
        self.asked.append((fd, family))
        return Port(1389)


def test_a_free_port_is_reported() -> None:
    reactor = Reactor()
    assert ListenAddress("localhost", 0).open(reactor, FACTORY, 7)[1] == "ldap://localhost:4321"
    assert reactor.asked == [(0, 7, "127.0.0.1")]


@pytest.mark.parametrize(("number", "hint"), [(13, "--listen ldap://127.0.0.1:1389"), (98, "free port"), (99, "")])
def test_what_the_system_refuses(number: int, hint: str) -> None:
    from twisted.internet.error import CannotListenError

    error = CannotListenError("127.0.0.1", 389, OSError(number, os.strerror(number)))
    with pytest.raises(CannotListen) as caught:
        ListenAddress("127.0.0.1", 389).open(Reactor(error), FACTORY, 7)
    assert str(caught.value).startswith(f"ldap://127.0.0.1:389: {os.strerror(number)}")
    assert hint in str(caught.value)


def test_a_host_that_nobody_knows() -> None:
    with pytest.raises(CannotListen, match=r"name\.invalid"):
        ListenAddress("name.invalid", 389).open(Reactor(), FACTORY, 7)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"LISTEN_FDS": "1"},
        {"LISTEN_PID": "1", "LISTEN_FDS": "1"},
        {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "0"},
        {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "many"},
    ],
)
def test_no_sockets_from_systemd(environ: dict[str, str]) -> None:
    with pytest.raises(ListenError, match="no sockets were passed"):
        listen.inherited(environ)
    assert environ == {}


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A listening socket, passed at its own number instead of 3."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setattr(listen, "_FIRST_INHERITED", listening.fileno())
        yield listening


def variables(name: str = "ldap") -> dict[str, str]:
    return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": name, "OTHER": "stays"}


def test_sockets_from_systemd(passed: socket.socket) -> None:
    environ = variables()
    assert listen.inherited(environ) == [Inherited(passed.fileno())]
    assert environ == {"OTHER": "stays"}
    reactor = Reactor()
    duplicate = os.dup(passed.fileno())
    assert Inherited(duplicate).open(reactor, FACTORY, 0)[1] == "ldap://127.0.0.1:1389"
    assert reactor.asked == [(duplicate, socket.AF_INET)]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(duplicate)


def test_a_socket_of_the_name_ldaps_begins_with_tls(passed: socket.socket) -> None:
    assert listen.inherited(variables("ldaps")) == [Inherited(passed.fileno(), tls=True)]


def test_a_passed_descriptor_that_is_no_listening_socket(
    passed: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as other:
        monkeypatch.setattr(listen, "_FIRST_INHERITED", other.fileno())
        with pytest.raises(ListenError, match="ListenStream"):
            listen.inherited(variables())


def test_a_passed_socket_others_can_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("", 0)) as listening:
        monkeypatch.setattr(listen, "_FIRST_INHERITED", listening.fileno())
        with pytest.raises(ListenError, match="--allow-remote"):
            listen.inherited(variables())
        assert listen.inherited(variables(), allow_remote=True) == [Inherited(listening.fileno())]


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told(abstract: bool, tmp_path: Path) -> None:
    name = f"@fakeldapd-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind("\0" + name[1:] if abstract else name)
        listen.notify({"NOTIFY_SOCKET": name}, "READY=1")
        listen.notify({}, "nobody asked")
        assert heard.recv(100) == b"READY=1"
