"""TLS on real sockets, in a reactor of its own: ldaps://, StartTLS, client certificates, what a session knows then."""

import contextlib
import shutil
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from server_support.running import DONE, LONG, Client, Running

from fakeldapd import certificates
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.request import Action, Handler, Pause, Request, Response, Session, Signal, StartTLS, Wait
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.protocol.encode import attribute, encode_message
from fakeldapd.schema.registry import Schema
from fakeldapd.server import tls
from fakeldapd.server.service import Limits
from fakeldapd.server.tls import ServerTLS, TLSError, TLSFiles

ALICE = "uid=alice,ou=people,dc=example,dc=com"
START = m.ExtendedRequest(STARTTLS)
WHO_AM_I = m.ExtendedRequest(b"1.3.6.1.4.1.4203.1.11.3")
SEARCH = m.SearchRequest(b"", 0, 0, 0, 0, False, m.Present(b"objectClass"))

Run = Callable[..., Running]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> certificates.Made:
    """An authority, and a server's certificate."""
    return certificates.ensure(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> certificates.Made:
    """The same of somebody else."""
    return certificates.ensure(tmp_path_factory.mktemp("others"))


@pytest.fixture(scope="module")
def alice(made: certificates.Made) -> Path:
    """Alice's certificate and key."""
    return client_file(made, ALICE)


def client_file(made: certificates.Made, dn: str) -> Path:
    file = made.ca.parent / f"{abs(hash(dn))}.pem"
    file.write_bytes(certificates.client(made.ca.parent, dn))
    return file


def server_tls(made: certificates.Made, client_certificates: str = "none") -> ServerTLS:
    return ServerTLS(TLSFiles(str(made.certificate), str(made.key), str(made.ca), client_certificates))


def trusting(made: certificates.Made, own: Path | None = None) -> ssl.SSLContext:
    """What a client begins TLS with."""
    context = ssl.create_default_context(cafile=str(made.ca))
    if own is not None:
        context.load_cert_chain(own)
    return context


class Seen:
    """A handler that does as it is told, and keeps what it was asked and who asked."""

    def __init__(self) -> None:
        self.began: list[int] = []
        self.session = Session()

    def __call__(self, request: Request) -> Iterator[Action]:
        self.began.append(request.message_id)
        self.session = request.session
        if isinstance(request.op, m.ExtendedRequest) and request.op.name == STARTTLS:
            yield Response(m.ExtendedResponse())
            yield StartTLS()
        else:
            yield DONE


# --- ldaps and StartTLS ---


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda v: str(v.name))
@pytest.mark.parametrize("way", ["ldaps", "StartTLS"])
def test_both_versions_both_ways(run: Run, made: certificates.Made, version: ssl.TLSVersion, way: str) -> None:
    seen = Seen()
    running = run(seen, tls=server_tls(made))
    context = trusting(made)
    context.minimum_version = context.maximum_version = version
    with running.connect_tls(context) if way == "ldaps" else running.connect() as client:
        if way == "StartTLS":
            assert client.ask(1, START) == m.ExtendedResponse()
            assert not seen.session.tls
            client.start_tls(context)
        for number in range(2, 50):
            client.send(number)
            assert client.receive().message_id == number
        assert seen.session.tls
        assert isinstance(client.socket, ssl.SSLSocket)
        assert client.socket.version() == version.name.replace("_", ".")


@pytest.mark.parametrize(
    ("cipher", "ssf"),
    [
        ("ECDHE-ECDSA-AES128-GCM-SHA256", 128),
        ("ECDHE-ECDSA-AES256-GCM-SHA384", 256),
        ("ECDHE-ECDSA-CHACHA20-POLY1305", 256),
    ],
)
def test_the_ssf_is_the_length_of_the_ciphers_key(run: Run, made: certificates.Made, cipher: str, ssf: int) -> None:
    seen = Seen()
    context = trusting(made)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(cipher)
    with run(seen, tls=server_tls(made)).connect_tls(context) as client:
        client.send(1)
        client.receive()
    assert (seen.session.tls, seen.session.ssf) == (True, ssf)


def test_octets_behind_starttls_in_clear_are_never_looked_at(run: Run, made: certificates.Made) -> None:
    seen = Seen()
    running = run(seen, tls=server_tls(made))
    for behind in (encode_message(2, SEARCH, ()), b"\x30", b"junk"):
        with running.connect() as client:
            seen.began.clear()
            client.socket.sendall(encode_message(1, START, ()) + behind)
            assert client.receive().message_id == 1
            client.start_tls(trusting(made))
            client.send(3)
            assert client.receive().message_id == 3
            assert seen.began == [1, 3]


def test_starttls_that_had_to_wait(run: Run, made: certificates.Made) -> None:
    """Its answer and TLS come from a later turn than its request."""
    go = Signal()
    began: list[int] = []

    def handler(request: Request) -> Iterator[Action]:
        began.append(request.message_id)
        if request.message_id == 1:
            yield Wait(go)
            yield Response(m.ExtendedResponse())
            yield StartTLS()
            yield Pause()
        else:
            yield DONE

    running = run(handler, tls=server_tls(made))
    with running.connect() as client:
        client.socket.sendall(encode_message(1, START, ()) + encode_message(2, SEARCH, ()))
        while not began:
            running.call(lambda: None)
        client.socket.sendall(encode_message(3, SEARCH, ()))
        running.call(go.fire)
        assert client.receive().message_id == 1
    assert began == [1]


def test_starttls_of_the_directory(run: Run, made: certificates.Made) -> None:
    directory = Directory(Schema(), [Schema().dn(b"")], admin_dn=None, offers_tls=True)
    running = run(directory, tls=server_tls(made))
    with running.connect() as client:
        assert client.ask(1, START) == m.ExtendedResponse()
        client.start_tls(trusting(made))
        assert client.ask(2, START) == m.ExtendedResponse(1, diagnostic=b"TLS already started")
        assert client.ask(3, WHO_AM_I) == m.ExtendedResponse(value=b"")
    with running.connect_tls(trusting(made)) as client:
        assert client.ask(2, START) == m.ExtendedResponse(1, diagnostic=b"TLS already started")


def test_a_large_answer_arrives_whole(run: Run, made: certificates.Made) -> None:
    with run(stream(20_000, 500), tls=server_tls(made)).connect_tls(trusting(made)) as client:
        client.send(1, b"many")
        client.send(2)
        answers = [client.receive() for _ in range(20_002)]
    assert sum(isinstance(each.op, m.SearchResultEntry) for each in answers) == 20_000


def test_a_client_that_does_not_read_stops_its_own_search_only(run: Run, made: certificates.Made) -> None:
    handler = stream(1_000_000, 1000)
    running = run(handler, tls=server_tls(made))
    with running.connect_tls(trusting(made)) as lazy, running.connect_tls(trusting(made)) as other:
        lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.send(1, b"many")
        for number in range(2000):  # every answer is a pass of the reactor
            other.send(number)
            assert other.receive().message_id == number
        # the kernel takes a little now and then; unhindered, the search would be over
        assert running.call(lambda: handler.made) < 50_000  # type: ignore[attr-defined]


def stream(count: int, size: int) -> Handler:
    """Answers a search of base "many" with so many entries, others at once."""
    response = Response(m.SearchResultEntry(b"cn=a", (attribute(b"cn", [b"x" * size]),)))

    def handler(request: Request) -> Iterator[Action]:
        assert isinstance(request.op, m.SearchRequest)
        if request.op.base == b"many":
            for _ in range(count):
                handler.made += 1  # type: ignore[attr-defined]
                yield response
        yield DONE

    handler.made = 0  # type: ignore[attr-defined]
    return handler


# --- how a connection ends ---


def test_unbind_and_the_end_of_the_service(run: Run, made: certificates.Made) -> None:
    go = Signal()

    def handler(request: Request) -> Iterator[Action]:
        if request.message_id == 1:
            yield Wait(go)
        yield DONE

    running = run(handler, tls=server_tls(made))
    context = trusting(made)
    with running.connect_tls(context) as leaving:
        leaving.send(2)
        leaving.receive()
        leaving.socket.sendall(encode_message(3, m.UnbindRequest(), ()))
        assert leaving.socket.recv(1) == b""
    with running.connect_tls(context) as busy, running.connect_tls(context) as idle, running.connect() as shaking:
        busy.send(1)
        shaking.ask(5, START)
        while not running.call(lambda: sum(each.session.outstanding for each in running.factory.connections)):
            pass
        ended = threading.Event()
        running.call(lambda: running.service.stop(LONG).addCallback(lambda _: ended.set()))
        assert idle.socket.recv(1) == b""  # although it says nothing in reply
        running.call(go.fire)
        assert busy.receive().message_id == 1
        assert busy.socket.recv(1) == b""
        assert ended.wait(LONG)


def test_one_connection_too_many_is_closed(run: Run, made: certificates.Made) -> None:
    running = run(Seen(), Limits(max_connections=1), tls=server_tls(made))
    with running.connect_tls(trusting(made)) as first:
        first.send(1)
        assert first.receive().message_id == 1
        with pytest.raises(OSError):  # noqa: PT011  # a reset or an end, as the system pleases
            running.connect_tls(trusting(made))


@pytest.mark.parametrize(
    "octets",
    [
        encode_message(1, SEARCH, ()),
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 300,
        bytes.fromhex("160301000101") + b"\xff" * 300,
        bytes.fromhex("1603010010010000ff0303") + b"\x00" * 300,
    ],
)
@pytest.mark.parametrize("way", ["ldaps", "StartTLS"])
def test_what_is_no_tls_ends_the_connection(
    run: Run, made: certificates.Made, octets: bytes, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    running = run(Seen(), tls=server_tls(made))
    plain = socket.create_connection(("127.0.0.1", running.tls_port if way == "ldaps" else running.port), LONG)
    with Client(plain) as client:
        if way == "StartTLS":
            client.ask(1, START)
        client.socket.sendall(octets)
        ended = b"?"
        while ended:
            try:
                ended = client.socket.recv(65536)
            except ConnectionResetError:
                break
    until_nobody_is_there(running)
    assert "the TLS handshake failed" in caplog.text
    assert "Traceback" not in caplog.text


def until_nobody_is_there(running: Running) -> None:
    while running.call(lambda: len(running.factory.connections)):
        pass


def test_a_handshake_that_takes_too_long(
    run: Run, made: certificates.Made, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(tls, "HANDSHAKE_TIMEOUT", 0.05)
    running = run(Seen(), tls=server_tls(made))
    with running.connect() as asked, Client(socket.create_connection(("127.0.0.1", running.tls_port), LONG)) as silent:
        asked.ask(1, START)
        silent.socket.sendall(b"\x16\x03\x01")
        for client in (asked, silent):
            with contextlib.suppress(ConnectionResetError):
                assert client.socket.recv(1) == b""
    assert caplog.text.count("no TLS within 0.05 s") == 2


def test_slow_handshakes_are_in_nobodys_way(run: Run, made: certificates.Made) -> None:
    running = run(Seen(), tls=server_tls(made))
    slow = [Client(socket.create_connection(("127.0.0.1", running.tls_port), LONG)) for _ in range(50)]
    try:
        for each in slow:
            each.socket.sendall(bytes.fromhex("16030102"))
        with running.connect_tls(trusting(made)) as client:
            client.send(1)
            assert client.receive().message_id == 1
    finally:
        for each in slow:
            each.socket.close()


# --- client certificates ---


@pytest.mark.parametrize(
    ("mode", "own", "subject"),
    [
        ("none", "", None),
        ("none", "alice", None),
        ("none", "stranger", None),
        ("try", "", None),
        ("try", "alice", ALICE),
        ("try", "stranger", ssl.SSLError),
        ("demand", "", ssl.SSLError),
        ("demand", "alice", ALICE),
        ("demand", "stranger", ssl.SSLError),
    ],
)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda v: str(v.name))
def test_client_certificates(
    run: Run,
    made: certificates.Made,
    others: certificates.Made,
    alice: Path,
    mode: str,
    own: str,
    subject: Any,
    version: ssl.TLSVersion,
) -> None:
    schema = Schema.load()
    seen = Seen()
    running = run(seen, tls=server_tls(made, mode), read_dn=schema.dn)
    file = {"": None, "alice": alice, "stranger": client_file(others, ALICE) if own == "stranger" else None}[own]
    context = trusting(made, file)
    context.minimum_version = context.maximum_version = version

    def ask() -> None:
        with running.connect_tls(context) as client:
            client.send(1)
            client.receive()

    if subject is ssl.SSLError:
        with pytest.raises((ssl.SSLError, ConnectionResetError, AssertionError)):
            ask()
        until_nobody_is_there(running)
        assert not seen.began
        return
    ask()
    dn = seen.session.peer_certificate_subject
    assert (dn and dn.text.decode()) == subject


def test_a_subject_without_a_name_in_the_schema(run: Run, made: certificates.Made, alice: Path) -> None:
    seen = Seen()
    with run(seen, tls=server_tls(made, "try")).connect_tls(trusting(made, alice)) as client:
        client.send(1)
        client.receive()
    assert seen.session.tls
    assert seen.session.peer_certificate_subject is None


# --- files ---


def test_files_are_read_again(run: Run, made: certificates.Made, others: certificates.Made, tmp_path: Path) -> None:
    for name in ("server.pem", "server-key.pem"):
        shutil.copy(made.ca.parent / name, tmp_path)
    used = ServerTLS(TLSFiles(str(tmp_path / "server.pem"), str(tmp_path / "server-key.pem")))
    running = run(Seen(), tls=used)

    def works(trusted: certificates.Made) -> bool:
        try:
            running.connect_tls(trusting(trusted)).socket.close()
        except ssl.SSLCertVerificationError:
            return False
        return True

    with running.connect_tls(trusting(made)) as before:
        assert (works(made), works(others)) == (True, False)
        shutil.copy(others.certificate, tmp_path / "server.pem")
        with pytest.raises(TLSError, match="is not the key of the certificate"):
            used.reload()
        assert (works(made), works(others)) == (True, False)
        shutil.copy(others.key, tmp_path / "server-key.pem")
        used.reload()
        assert (works(made), works(others)) == (False, True)
        before.send(1)
        assert before.receive().message_id == 1


REFUSED: list[tuple[str, dict[str, str], str]] = [
    ("no certificate file", {"certificate": "{tmp}/none.pem"}, "--tls-cert {tmp}/none.pem: No such file"),
    ("a directory", {"certificate": "{tmp}"}, "--tls-cert {tmp}: Is a directory"),
    ("no certificate in it", {"certificate": "{tmp}/junk.pem"}, "--tls-cert {tmp}/junk.pem: there is no certificate"),
    ("a broken certificate", {"certificate": "{tmp}/broken.pem"}, "--tls-cert {tmp}/broken.pem: there is no certific"),
    ("a key where the certificate should be", {"certificate": "{key}"}, "--tls-cert {key}: there is no certificate"),
    ("no key file", {"key": "{tmp}/none.pem"}, "--tls-key {tmp}/none.pem: No such file"),
    ("no key in it", {"key": "{certificate}"}, "--tls-key {certificate}: there is no private key"),
    ("somebody else's key", {"key": "{other}"}, "--tls-key {other}: is not the key of the certificate in"),
    ("an encrypted key", {"key": "{tmp}/encrypted.pem"}, "--tls-key {tmp}/encrypted.pem: is encrypted"),
    ("no authorities file", {"authorities": "{tmp}/none.pem"}, "--tls-ca {tmp}/none.pem: No such file"),
    ("no authority in it", {"authorities": "{tmp}/junk.pem"}, "--tls-ca {tmp}/junk.pem: there is no certificate"),
    ("a weak key", {"certificate": "{tmp}/weak.pem", "key": "{tmp}/weak.pem"}, "--tls-cert {tmp}/weak.pem: ee key too"),
]


@pytest.mark.parametrize(("files", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_files_that_are_no_good(
    made: certificates.Made, others: certificates.Made, tmp_path: Path, files: dict[str, str], said: str
) -> None:
    (tmp_path / "junk.pem").write_text("junk\n")
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
    (tmp_path / "encrypted.pem").write_bytes(encrypted(made.key.read_bytes()))
    (tmp_path / "weak.pem").write_text(WEAK)
    places = {"tmp": tmp_path, "certificate": made.certificate, "key": made.key, "other": others.key}
    given = {"certificate": str(made.certificate), "key": str(made.key)}
    given |= {name: text.format(**places) for name, text in files.items()}
    with pytest.raises(TLSError) as caught:
        ServerTLS(TLSFiles(**given))
    assert str(caught.value).startswith(said.format(**places))


def encrypted(pem: bytes) -> bytes:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    return load_pem_private_key(pem, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
    )


def test_certificate_and_key_in_one_file(made: certificates.Made, alice: Path) -> None:
    ServerTLS(TLSFiles(str(alice), str(alice)))


WEAK = """\
-----BEGIN CERTIFICATE-----
MIIBdzCCASGgAwIBAgIUVQA9gdQbtQcOlwPBrqXv2GTl4IAwDQYJKoZIhvcNAQEL
BQAwDzENMAsGA1UEAwwEd2VhazAgFw0yNjExMjIxODA4MjJaGA8yMTI2MTAyOTE4
MDgyMlowDzENMAsGA1UEAwwEd2VhazBcMA0GCSqGSIb3DQEBAQUAA0sAMEgCQQDU
IUU/77ahjeqXEbKG5QwedLKNvCfj+paDk9WXAmM+vgzWUjG0mJDYxfX1akG1ZeRO
xt7LALEAzuBnRhjyj5gXAgMBAAGjUzBRMB0GA1UdDgQWBBStRRZC4h2Olo/o3MUo
RJRf9EystzAfBgNVHSMEGDAWgBStRRZC4h2Olo/o3MUoRJRf9EystzAPBgNVHRMB
Af8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA0EAZSn8fZykzHLClu82P0/ej12vjaJI
m4BcGGJ2vhj6y3qCJ/c56SFGTn2lsONyARgtVx0w29w/nJdN6JV3e0nn8w==
-----END CERTIFICATE-----
-----BEGIN PRIVATE KEY-----
MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4wggE6AgEAAkEA1CFFP++2oY3qlxGy
huUMHnSyjbwn4/qWg5PVlwJjPr4M1lIxtJiQ2MX19WpBtWXkTsbeywCxAM7gZ0YY
8o+YFwIDAQABAkEAv7jSPdcJ2TnKrH7yO7kIGv6d4jwMUaBKKOGUScd+q1Syxel8
iB1udfU5by1pHeko9j+9eV5mEtUrvXiF65HBAQIhAP2fgDhsJ2ukVuylMn2tkAxj
Uen1Tgl8FJFgHLB7bQttAiEA1h435JmDlJf/FQzVmn2XTO1bAiRFrGxEwb1KCHcI
WxMCIExbgAv8q+WhhbYbilcCMTM5l8jbXNJINB0MlbagglUFAiAwsX6UhjTePhLM
fra1A4q8+92OhyExLQ4V4S5M7oT/8QIgNndVuoaWevu+ltEFveIYzqXS131SIdyY
rOhosTgXLX4=
-----END PRIVATE KEY-----
"""
