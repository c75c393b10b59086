"""A connection in this process and the directory that a test holds: who is told what, who may look when."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fakeldapd.ldap as ldap
from fakeldapd import FakeDirectory
from fakeldapd.certificates import client, ensure
from fakeldapd.ldap import sasl  # noqa: F401  # sasl_external_bind_s wants it
from fakeldapd.ldap.ldapobject import ReconnectLDAPObject
from fakeldapd.operations.request import Handler, Request

URI = "ldap://in.process"
BASE = "dc=example,dc=com"
ALICE = f"uid=alice,ou=people,{BASE}"


@pytest.fixture
def directory() -> Iterator[FakeDirectory]:
    """The sample, behind a URI."""
    directory = FakeDirectory()
    ldap.register(URI, directory)
    yield directory
    ldap.register(URI, None)


# --- what is told -----------------------------------------------------------------------------------------------------


def test_an_unbind_is_seen(directory: FakeDirectory) -> None:
    connection = ldap.initialize(URI)
    connection.simple_bind_s(ALICE, "alice-secret")
    with pytest.raises(AssertionError, match="connection"):
        directory.assert_unbound(timeout=0)
    connection.unbind_s()
    directory.assert_unbound(timeout=0)
    assert [request.op for request in directory.requests] == ["bind", "unbind"]


def test_a_connection_that_is_dropped_unbinds(directory: FakeDirectory) -> None:
    ldap.initialize(URI).whoami_s()
    directory.assert_unbound(timeout=0)


def test_an_abandon_is_seen(directory: FakeDirectory) -> None:
    connection = ldap.initialize(URI)
    with directory.fault(op="search", delay=60):
        connection.abandon(connection.search(BASE, ldap.SCOPE_BASE))
    assert [request.op for request in directory.requests] == ["search", "abandon"]


def test_a_connection_that_the_server_ends_has_not_unbound(directory: FakeDirectory) -> None:
    connection = ldap.initialize(URI)
    connection.whoami_s()
    directory.down = True
    directory.down = False
    connection.unbind_s()
    assert [request.op for request in directory.requests] == ["extended"]


# --- one at a time ----------------------------------------------------------------------------------------------------


def test_nobody_comes_between_the_steps_of_an_operation(directory: FakeDirectory) -> None:
    """The lock that an operation of a connection is done under is that of the directory's own methods."""
    begun, go = threading.Event(), threading.Event()
    seen: list[str] = []

    def slow(inner: Handler) -> Handler:
        def handle(request: Request) -> Any:
            begun.set()
            go.wait()
            yield from inner(request)
            seen.append("searched")

        return handle

    def look() -> None:
        directory.get(ALICE)
        seen.append("looked")

    directory.set_layer("stubs", slow)
    searching = threading.Thread(target=lambda: ldap.initialize(URI).search_s(BASE, ldap.SCOPE_BASE))
    searching.start()
    begun.wait()
    assert not directory.lock.acquire(blocking=False)
    looking = threading.Thread(target=look)
    looking.start()
    go.set()
    searching.join()
    looking.join()
    assert seen == ["searched", "looked"]


def test_a_test_changes_what_an_application_searches(directory: FakeDirectory) -> None:
    """Adds, renames, snapshots and resets by the test, searches and changes by four threads of an application."""
    failures: list[Exception] = []
    over = threading.Event()

    def work(number: int) -> None:
        connection = ldap.initialize(URI)
        try:
            connection.simple_bind_s(directory.admin_dn, directory.admin_password)
            dn = f"cn=application{number},{BASE}"
            while not over.is_set():
                found = connection.search_s(BASE, ldap.SCOPE_SUBTREE, "(&(objectClass=device)(cn=test*))", ["cn"])
                assert all(name.split(",")[0] == f"cn={entry['cn'][0].decode()}" for name, entry in found)
                connection.add_s(dn, [("objectClass", b"device"), ("cn", f"application{number}".encode())])
                connection.delete_s(dn)
        except Exception as error:
            failures.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    try:
        for thread in threads:
            thread.start()
        for each in range(60):
            dn = f"cn=test{each},{BASE}"
            directory.add(dn, {"objectClass": "device", "cn": f"test{each}"})
            directory.rename(dn, f"cn=tested{each}")
            assert len(directory.search(BASE, f"(cn=tested{each})")) == 1
            directory.delete(f"cn=tested{each},{BASE}")
            directory.snapshot()
    finally:
        over.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(interval)
    assert not failures
    directory.reset()
    assert not directory.diff()


# --- certificates -----------------------------------------------------------------------------------------------------


def trusted(uri: str, file: Path | None) -> Any:
    """A connection with TLS, and the client's certificate in that file."""
    connection = ldap.initialize(uri)
    if file is not None:
        connection.set_option(ldap.OPT_X_TLS_CERTFILE, str(file))
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    if uri.startswith("ldap:"):
        connection.start_tls_s()
    return connection


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """alice's certificate."""
    folder = tmp_path_factory.mktemp("tls")
    ensure(folder)
    (folder / "own.pem").write_bytes(client(folder, ALICE))
    return folder / "own.pem"


@pytest.mark.parametrize("uri", [URI, URI.replace("ldap:", "ldaps:")])
@pytest.mark.parametrize("asked", ["none", "try", "demand"])
def test_a_client_certificate(uri: str, asked: str, own: Path) -> None:
    ldap.register(uri, FakeDirectory(tls="auto", tls_client_cert=asked))
    try:
        connection = trusted(uri, own)
        if asked == "none":
            with pytest.raises(ldap.LDAPError):
                connection.sasl_external_bind_s()
        else:
            connection.sasl_external_bind_s()
            assert connection.whoami_s() == f"dn:{ALICE}"
        if asked == "demand":
            with pytest.raises((ldap.CONNECT_ERROR, ldap.SERVER_DOWN)):
                trusted(uri, None).whoami_s()
        else:
            assert trusted(uri, None).whoami_s() == ""
    finally:
        ldap.register(uri, None)


# --- connections that come again --------------------------------------------------------------------------------------


def test_a_connection_comes_again(directory: FakeDirectory) -> None:
    connection = ReconnectLDAPObject(URI, retry_max=3, retry_delay=0.0)
    connection.set_option(ldap.OPT_REFERRALS, 0)
    connection.simple_bind_s(ALICE, "alice-secret")
    directory.down = True
    directory.down = False
    assert connection.whoami_s() == f"dn:{ALICE}"
    assert (connection.referrals, connection._reconnects_done) == (0, 1)
    assert [request.op for request in directory.requests] == ["bind", "bind", "extended"]
    directory.down = True
    with pytest.raises(ldap.SERVER_DOWN):
        connection.whoami_s()
    directory.down = False
    assert len(connection.search_s(ALICE, ldap.SCOPE_BASE)) == 1
    with directory.fault(op="search", action="drop", count=1):
        assert len(connection.search_s(ALICE, ldap.SCOPE_BASE)) == 1
    assert connection._reconnects_done == 3
