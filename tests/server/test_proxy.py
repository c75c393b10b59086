"""Connections passed on: every octet, in both directions, whatever it is, and no faster than the peer reads."""

import random
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakeldapd import FakeLDAPServer
from fakeldapd.server.listen import ListenAddress, LocalAddress
from fakeldapd.server.proxy import ProxyFactory, Upstream
from fakeldapd.server.service import Service
from fakeldapd.server.thread import THREAD
from fakeldapd.server.tls import TLSError

Start = Callable[..., str]


class Heard:
    """A tap that keeps everything."""

    def __init__(self, peer: str) -> None:
        self.peer = peer
        self.sent, self.got = bytearray(), bytearray()

    def asked(self, octets: bytes) -> None:
        self.sent += octets

    def answered(self, octets: bytes) -> None:
        self.got += octets


class Broken(Heard):
    """A tap with a mistake in it."""

    def asked(self, octets: bytes) -> None:
        raise RuntimeError("this tap has a mistake in it")


class Proxies:
    """Starts proxies, and ends them."""

    def __init__(self) -> None:
        self.taps: list[Heard] = []
        self._services: list[tuple[Any, Any]] = []

    def start(self, upstream: Upstream, kind: type[Heard] = Heard, path: str = "") -> str:
        """Gives the URL."""

        def tap(peer: str) -> Heard:
            self.taps.append(kind(peer))
            return self.taps[-1]

        def begin() -> Any:
            factory: Any = ProxyFactory(upstream, THREAD.reactor, tap)
            service = Service(factory, THREAD.reactor)
            service.listen([LocalAddress(path) if path else ListenAddress("127.0.0.1", 0)])
            return factory, service

        self._services.append(THREAD.call(begin))
        return str(self._services[-1][1].urls[0])

    def probe(self, upstream: Upstream) -> None:
        THREAD.call(lambda: upstream.probe(THREAD.reactor))

    def end(self) -> None:
        for factory, service in self._services:
            THREAD.call(service.close)
            THREAD.call(factory.finish)


@pytest.fixture
def proxies() -> Iterator[Proxies]:
    THREAD.acquire()
    found = Proxies()
    try:
        yield found
        found.end()
    finally:
        THREAD.release()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def connect(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port_of(url)), timeout=30)


def upstream_of(listening: socket.socket) -> Upstream:
    return Upstream(*listening.getsockname())


def read(connection: socket.socket, count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        piece = connection.recv(1 << 16)
        assert piece, f"the connection was closed after {len(found)} octets"
        found += piece
    return bytes(found)


def test_every_octet_in_both_directions(proxies: Proxies, listening: socket.socket) -> None:
    octets = random.Random(1).randbytes(3_000_000)
    with connect(proxies.start(upstream_of(listening))) as client:
        server, _ = listening.accept()
        with server:
            for sender, receiver in ((client, server), (server, client)):
                thread = threading.Thread(target=sender.sendall, args=(octets,))
                thread.start()
                assert read(receiver, len(octets)) == octets
                thread.join()
            client.shutdown(socket.SHUT_WR)
            assert server.recv(1) == b""
    [tap] = proxies.taps
    assert (bytes(tap.sent), bytes(tap.got)) == (octets, octets)
    assert tap.peer.startswith("127.0.0.1:")


def test_what_the_server_said_last_still_arrives(proxies: Proxies, listening: socket.socket) -> None:
    octets = random.Random(2).randbytes(1_000_000)
    with connect(proxies.start(upstream_of(listening))) as client:
        server, _ = listening.accept()
        with server:
            thread = threading.Thread(target=_say_and_close, args=(server, octets))
            thread.start()
            assert read(client, len(octets)) == octets
            assert client.recv(1) == b""
            thread.join()


def _say_and_close(server: socket.socket, octets: bytes) -> None:
    server.sendall(octets)
    server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("slow", ["client", "server"])
def test_who_reads_slowly_is_waited_for(slow: str, proxies: Proxies, listening: socket.socket) -> None:
    """The sender stands still long before everything has been taken in."""
    with connect(proxies.start(upstream_of(listening))) as client:
        server, _ = listening.accept()
        with server:
            sender, receiver = (server, client) if slow == "client" else (client, server)
            sent = _send_until_it_stands_still(sender)
            assert sent < 64_000_000
            assert len(proxies.taps[0].got) + len(proxies.taps[0].sent) <= sent
            assert read(receiver, sent) == bytes(sent)


def _send_until_it_stands_still(sender: socket.socket) -> int:
    sender.settimeout(1)
    sent = 0
    while sent < 256_000_000:
        try:
            sent += sender.send(bytes(65536))
        except TimeoutError:
            break
    return sent


def test_a_mistake_in_the_tap_is_not_noticed(
    proxies: Proxies, listening: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(proxies.start(upstream_of(listening), Broken)) as client:
        server, _ = listening.accept()
        with server:
            for _ in range(2):
                client.sendall(b"junk")
                assert read(server, 4) == b"junk"
    assert "this connection isn't recorded any more" in caplog.text


def test_a_server_that_is_gone(proxies: Proxies, listening: socket.socket, caplog: pytest.LogCaptureFixture) -> None:
    url = proxies.start(upstream_of(listening))
    listening.close()
    with connect(url) as client:
        assert client.recv(1) == b""
    assert "cannot reach the server" in caplog.text


def test_a_server_that_cannot_be_reached(proxies: Proxies, listening: socket.socket) -> None:
    upstream = upstream_of(listening)
    proxies.probe(upstream)
    listening.close()
    with pytest.raises(Exception, match="refused"):
        proxies.probe(upstream)


def test_local_sockets_on_both_sides(proxies: Proxies, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as client:
        listening.bind(str(tmp_path / "server"))
        listening.listen()
        upstream = Upstream("", None, path=str(tmp_path / "server"))
        assert upstream.url.startswith("ldapi://%2F")
        proxies.start(upstream, path=str(tmp_path / "proxy"))
        client.connect(str(tmp_path / "proxy"))
        server, _ = listening.accept()
        with server:
            client.sendall(b"to")
            assert read(server, 2) == b"to"
            server.sendall(b"fro")
            assert read(client, 3) == b"fro"
    assert proxies.taps[0].peer == "a local client"


# --- TLS --------------------------------------------------------------------------------------------------------------

WHO_AM_I = bytes.fromhex("301e02010177198017312e332e362e312e342e312e343230332e312e31312e33")


@pytest.fixture(scope="module")
def secure() -> Iterator[FakeLDAPServer]:
    with FakeLDAPServer(tls=True) as server:
        yield server


@pytest.mark.parametrize("trust", ["ca_file", "insecure"])
def test_tls_to_the_server(trust: str, secure: FakeLDAPServer, proxies: Proxies) -> None:
    given: dict[str, Any] = {"ca_file": secure.ca_file} if trust == "ca_file" else {"insecure": True}
    upstream = Upstream("localhost", port_of(secure.ldaps_url), tls=True, **given)
    proxies.probe(upstream)
    with connect(proxies.start(upstream)) as client:
        client.sendall(WHO_AM_I)
        assert client.recv(1 << 16).startswith(b"\x30")


@pytest.mark.parametrize("host", ["localhost", "other.example"])
def test_a_certificate_that_nobody_vouches_for(host: str, secure: FakeLDAPServer, proxies: Proxies) -> None:
    ca_file = secure.ca_file if host == "other.example" else ""
    upstream = Upstream(host, port_of(secure.ldaps_url), tls=True, ca_file=ca_file or "")
    upstream._host = "localhost"
    with pytest.raises(Exception, match=r"certificate|SSL|Verification"):
        proxies.probe(upstream)


def test_files_that_are_no_good(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "broken").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    for name in ("missing", "empty", "broken"):
        with pytest.raises(TLSError, match=f"--ca-file .*{name}"):
            Upstream("localhost", 636, tls=True, ca_file=str(tmp_path / name))
