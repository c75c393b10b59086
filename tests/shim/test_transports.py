"""Every transport to a real server, for python-ldap and for the shim."""

import importlib
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from oracle import certificates
from oracle.compare import UNIVERSE
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, BASE, PASSWORD

pytestmark = pytest.mark.requires("python:ldap")

PEOPLE = f"ou=people,{BASE}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fakeldapd]:
    """One that listens everywhere."""
    path = tmp_path_factory.mktemp("ldapi") / "s"
    made = certificates.made()
    options = {
        "listen": ["ldaps://127.0.0.1:0", f"ldapi://{str(path).replace('/', '%2F')}"],
        "tls-cert": made.certificate,
        "tls-key": made.key,
    }
    with Fakeldapd(UNIVERSE, options) as running:
        yield running


@pytest.fixture(params=["ldap", "fakeldapd.ldap"])
def ldap(request: pytest.FixtureRequest) -> Any:
    """python-ldap, then the shim."""
    importlib.import_module(f"{request.param}.sasl")
    return importlib.import_module(request.param)


def trusting(ldap: Any, uri: str) -> Any:
    connection = ldap.initialize(uri)
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(certificates.made().ca))
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    return connection


def test_ldaps(ldap: Any, server: Fakeldapd) -> None:
    connection = trusting(ldap, server.urls[1])
    connection.simple_bind_s(ADMIN, PASSWORD)
    assert connection.whoami_s() == f"dn:{ADMIN}"
    assert connection.get_option(ldap.OPT_X_TLS_VERSION) == "TLS1.3"
    assert connection.fileno() > 2
    with pytest.raises(ldap.LOCAL_ERROR):
        connection.start_tls_s()
    connection.unbind_s()


def test_what_holds_for_tls_is_settled_when_it_is_needed(server: Fakeldapd, monkeypatch: pytest.MonkeyPatch) -> None:
    from fakeldapd import ldap
    from fakeldapd.ldap._ldap.options import DEFAULTS

    monkeypatch.setattr(DEFAULTS, "tls", None)
    monkeypatch.setattr(DEFAULTS, "settings", dict(DEFAULTS.settings))
    assert ldap.initialize(server.urls[0]).simple_bind_s()[0] == ldap.RES_BIND
    ldap.set_option(ldap.OPT_X_TLS_CACERTFILE, str(certificates.made().ca))
    assert ldap.initialize(server.urls[1]).simple_bind_s()[0] == ldap.RES_BIND


def test_an_authority_that_is_not_trusted(ldap: Any, server: Fakeldapd) -> None:
    connection = ldap.initialize(server.urls[1])
    with pytest.raises(ldap.SERVER_DOWN) as caught:
        connection.simple_bind_s()
    assert caught.value.args[0]["info"]
    never = ldap.initialize(server.urls[1])
    never.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_NEVER)
    never.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    assert never.simple_bind_s()[0] == ldap.RES_BIND


def test_a_name_that_the_certificate_is_not_for(ldap: Any, server: Fakeldapd) -> None:
    port = server.urls[1].rpartition(":")[2].rstrip("/")
    connection = trusting(ldap, f"ldaps://127.0.0.2:{port}")
    with pytest.raises(ldap.SERVER_DOWN):
        connection.simple_bind_s()


def test_tls_to_a_port_without(ldap: Any, server: Fakeldapd) -> None:
    connection = trusting(ldap, f"ldaps://127.0.0.1:{server.port}")
    with pytest.raises(ldap.SERVER_DOWN):
        connection.simple_bind_s()


def test_a_local_socket(ldap: Any, server: Fakeldapd) -> None:
    connection = ldap.initialize(server.urls[2])
    assert connection.whoami_s() == ""
    assert connection.sasl_external_bind_s() is None
    peer = f"gidNumber={os.getgid()}+uidNumber={os.getuid()},cn=peercred,cn=external,cn=auth"
    assert connection.whoami_s() == f"dn:{peer}"
    assert connection.get_option(ldap.OPT_X_SASL_USERNAME) == peer
    connection.set_option(ldap.OPT_X_SASL_SSF_EXTERNAL, 256)
    with pytest.raises(ldap.INSUFFICIENT_ACCESS) as caught:
        connection.sasl_external_bind_s(authz_id=f"dn:uid=alice,{PEOPLE}")
    assert caught.value.args[0]["info"] == "SASL(-14): authorization failure: not authorized"
    assert connection.whoami_s() == ""


def test_a_local_socket_that_is_not_there(ldap: Any, tmp_path: Path) -> None:
    connection = ldap.initialize("ldapi://" + str(tmp_path / "none").replace("/", "%2F"))
    with pytest.raises(ldap.SERVER_DOWN) as caught:
        connection.simple_bind_s()
    assert caught.value.args[0]["errno"] == 2
    assert caught.value.args[0]["info"] == "No such file or directory"


def test_several_uris(ldap: Any, server: Fakeldapd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    connection = ldap.initialize(f"ldap://127.0.0.1:{port} ldap://127.0.0.1:{server.port}")
    assert connection.simple_bind_s()[0] == ldap.RES_BIND


@pytest.mark.parametrize("uri", ["ldap://127.0.0.1:{}", "ldaps://127.0.0.1:{}", "ldap://localhost:{}"])
def test_refused(ldap: Any, uri: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    connection = ldap.initialize(uri.format(port))
    for ask in (connection.simple_bind, connection.whoami_s, lambda: connection.search(BASE, 2)):
        with pytest.raises(ldap.SERVER_DOWN) as caught:
            ask()
        told = caught.value.args[0]
        assert (told["errno"], told["info"]) == (107, "Transport endpoint is not connected")


def test_a_server_that_doesnt_take_us_in(ldap: Any) -> None:
    """A network timeout is how long connecting takes; what takes long is a queue that is full."""
    with socket.socket() as listener, ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(2):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        connection = ldap.initialize(f"ldap://127.0.0.1:{listener.getsockname()[1]}")
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 0.05)
        with pytest.raises(ldap.SERVER_DOWN) as caught:
            connection.simple_bind()
        assert (caught.value.args[0]["errno"], caught.value.args[0]["info"]) == (110, "Connection timed out")


def test_a_server_that_comes_later(ldap: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    connection = ldap.initialize(f"ldap://127.0.0.1:{port}")
    with pytest.raises(ldap.SERVER_DOWN):
        connection.simple_bind()
    with socket.create_server(("127.0.0.1", port)):
        assert connection.simple_bind() > 0
        connection.unbind_s()


def test_a_name_that_does_not_resolve(ldap: Any) -> None:
    connection = ldap.initialize("ldap://nothing.invalid")
    with pytest.raises(ldap.SERVER_DOWN) as caught:
        connection.simple_bind_s()
    assert "errno" not in caught.value.args[0]


def test_a_socket_that_is_connected(ldap: Any, server: Fakeldapd) -> None:
    connected = socket.create_connection(("127.0.0.1", server.port))
    connection = ldap.initialize(f"ldap://127.0.0.1:{server.port}", fileno=connected.detach())
    connection.simple_bind_s(ADMIN, PASSWORD)
    assert connection.whoami_s() == f"dn:{ADMIN}"
    connection.unbind_s()


def test_what_is_no_socket(ldap: Any) -> None:
    """It is written to and read from all the same."""
    read, write = os.pipe()
    connection = ldap.initialize("ldap://h", fileno=write)
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 1)
    assert connection.simple_bind() == 1
    assert os.read(read, 100) == b"0\x0c\x02\x01\x01`\x07\x02\x01\x03\x04\x00\x80\x00"
    connection.unbind_s()
    assert os.read(read, 100) == b"0\x05\x02\x01\x02B\x00"
    os.close(read)
    connection = ldap.initialize("ldap://h", fileno=os.open(os.devnull, os.O_RDWR))
    with pytest.raises(ldap.SERVER_DOWN):
        connection.simple_bind_s()
    connection.unbind_s()
    gone = os.open(os.devnull, os.O_RDWR)
    os.close(gone)
    with pytest.raises(ldap.SERVER_DOWN) as caught:
        ldap.initialize("ldap://h", fileno=gone).simple_bind_s()
    assert caught.value.args[0]["errno"] == 9
