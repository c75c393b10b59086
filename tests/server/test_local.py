"""Local sockets: their file from its making to its end, who is at the other end, and StartTLS."""

import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from server_support.running import DONE, LONG, Client, Running
from twisted.internet.epollreactor import EPollReactor

from fakeldapd import certificates
from fakeldapd.operations.request import Action, Request, Response, Session, StartTLS
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.protocol.encode import attribute
from fakeldapd.server import local
from fakeldapd.server.listen import CannotListen, Inherited, ListenAddress, LocalAddress
from fakeldapd.server.peer import LOCAL_SSF
from fakeldapd.server.service import LDAPServerFactory, Service
from fakeldapd.server.tls import ServerTLS, TLSFiles

Run = Callable[..., Running]


class Seen:
    def __init__(self) -> None:
        self.session = Session()

    def __call__(self, request: Request) -> Iterator[Action]:
        self.session = request.session
        if isinstance(request.op, m.ExtendedRequest) and request.op.name == STARTTLS:
            yield Response(m.ExtendedResponse())
            yield StartTLS()
        else:
            yield DONE


def test_who_is_there(run: Run, tmp_path: Path) -> None:
    seen = Seen()
    running = run(seen, path=tmp_path / "a socket")
    assert running.service.urls[-1] == local.url(str(tmp_path / "a socket"))
    assert "%20" in running.service.urls[-1]
    with running.connect_local() as client:
        for number in range(20):
            client.send(number)
            assert client.receive().message_id == number
        session = seen.session
        assert (session.tls, session.ssf, session.peer_credentials) == (False, LOCAL_SSF, (os.getuid(), os.getgid()))
        assert session.peer == f"local uid={os.getuid()} gid={os.getgid()}"
    with running.connect() as client:
        client.send(1)
        client.receive()
        assert (seen.session.tls, seen.session.ssf, seen.session.peer_credentials) == (False, 0, None)


def test_answers_go_straight_to_a_local_socket_too(run: Run, tmp_path: Path) -> None:
    running = run(Seen(), path=tmp_path / "socket")
    with running.connect_local() as client:
        client.send(1)
        client.receive()
        [connection] = running.factory.connections
        assert connection._outlet._send is not None


def test_a_large_answer_arrives_whole(run: Run, tmp_path: Path) -> None:
    response = Response(m.SearchResultEntry(b"cn=a", (attribute(b"cn", [b"x" * 500]),)))

    def handler(request: Request) -> Iterator[Action]:
        for _ in range(20_000):
            yield response
        yield DONE

    with run(handler, path=tmp_path / "socket").connect_local() as client:
        client.send(1)
        assert sum(isinstance(client.receive().op, m.SearchResultEntry) for _ in range(20_001)) == 20_000


def test_starttls_on_a_local_socket(run: Run, tmp_path: Path) -> None:
    made = certificates.ensure(tmp_path)
    seen = Seen()
    running = run(seen, path=tmp_path / "socket", tls=ServerTLS(TLSFiles(str(made.certificate), str(made.key))))
    import ssl

    with running.connect_local() as client:
        assert client.ask(1, m.ExtendedRequest(STARTTLS)) == m.ExtendedResponse()
        client.start_tls(ssl.create_default_context(cafile=str(made.ca)))
        client.send(2)
        assert client.receive().message_id == 2
        assert (seen.session.tls, seen.session.ssf) == (True, 256)
        assert seen.session.peer_credentials == (os.getuid(), os.getgid())


def test_the_file_is_for_everybody_and_goes_with_the_server(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    running = run(Seen(), path=path)
    found = path.stat()
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o666
    running.end()
    assert not path.exists()


def test_a_file_that_is_somebody_elses_by_now_stays(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    running = run(Seen(), path=path)
    path.rename(tmp_path / "moved")
    path.write_text("somebody else's")
    running.end()
    assert path.read_text() == "somebody else's"


def test_a_file_that_has_gone_is_not_missed(run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "socket"
    running = run(Seen(), path=path)
    path.unlink()
    running.end()
    assert "Traceback" not in capfd.readouterr().err


def test_the_socket_of_a_server_that_died_is_replaced(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    running = run(Seen(), path=path)
    with running.connect_local() as client:
        client.send(1)
        assert client.receive().message_id == 1


def refused(path: str) -> str:
    reactor = EPollReactor()
    try:
        service = Service(LDAPServerFactory(Seen(), reactor), reactor)
        with pytest.raises(CannotListen) as caught:
            service.listen([ListenAddress("127.0.0.1", 0), LocalAddress(path)])
        assert service.urls == []
        return str(caught.value)
    finally:
        reactor.iterate()
        reactor.removeAll()


def test_what_can_not_be_listened_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(tmp_path / "taken"))
        taken.listen()
        assert "something listens there already" in refused(str(tmp_path / "taken"))
    assert "it is no socket" in refused(str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "precious"
    assert "No such file or directory" in refused(str(tmp_path / "missing" / "socket"))
    assert "too long" in refused(str(tmp_path / ("x" * 200)))


@pytest.mark.parametrize("abstract", [False, True])
def test_a_socket_from_systemd_is_left_as_it_is(tmp_path: Path, abstract: bool) -> None:
    name = f"\0fakeldapd-{os.getpid()}" if abstract else str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as passed:
        passed.bind(name)
        passed.listen()
        if not abstract:
            os.chmod(name, 0o600)
        reactor = EPollReactor()
        service = Service(LDAPServerFactory(Seen(), reactor), reactor)
        service.listen([Inherited(os.dup(passed.fileno()))])
        assert service.urls == [local.url(name.replace("\0", "@"))]
        try:
            with socket.socket(socket.AF_UNIX) as connecting:
                connecting.settimeout(LONG)
                connecting.connect(name)
                with Client(connecting) as client:
                    client.send(1)
                    while not service.factory.connections:
                        reactor.iterate()
                    reactor.iterate()
                    assert client.receive().message_id == 1
                    client.socket.close()
                    while service.factory.connections:
                        reactor.iterate()
            service.stop()
            if not abstract:
                assert stat.S_IMODE(os.stat(name).st_mode) == 0o600
        finally:
            reactor.removeAll()


def test_without_a_descriptor_left_it_takes_a_breath(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It must not be asked again and again meanwhile."""
    import errno

    from twisted.internet.task import Clock

    class Reactor(Clock):
        def __init__(self) -> None:
            super().__init__()
            self.readers: list[object] = []

        def addReader(self, reader: object) -> None:
            self.readers.append(reader)

        def removeReader(self, reader: object) -> None:
            self.readers.remove(reader)

    class Listening:
        def accept(self) -> None:
            raise OSError(errno.EMFILE, "Too many open files")

        def fileno(self) -> int:
            return 7

        def close(self) -> None:
            pass

    reactor = Reactor()
    factory = LDAPServerFactory(Seen(), reactor)
    listening: object = Listening()
    port = local.LocalPort(reactor, listening, factory).start()  # type: ignore[arg-type]
    port.doRead()
    assert reactor.readers == []
    reactor.advance(1)
    assert reactor.readers == [port]
    port.doRead()
    port.stopListening()
    assert (reactor.readers, reactor.getDelayedCalls()) == ([], [])
