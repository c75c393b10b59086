"""What a FakeLDAPServer knows of its requests: real clients on real sockets."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ldap3
import pytest
from double.client import ADA, BASE, PEOPLE

from fakeldapd import FakeLDAPServer
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import encode_message


@pytest.fixture(scope="module", params=[False, True], ids=["here", "subprocess"])
def one_server(request: pytest.FixtureRequest) -> Iterator[FakeLDAPServer]:
    with FakeLDAPServer(PEOPLE, tls=True, ldapi=True, subprocess=request.param) as server:
        yield server


@pytest.fixture
def server(one_server: FakeLDAPServer) -> FakeLDAPServer:
    one_server.reset(connections="drop")
    return one_server


@contextmanager
def connected(url: str, **options: Any) -> Iterator[Any]:
    connection = ldap3.Connection(ldap3.Server(url, get_info=ldap3.NONE), ADA, "secret", auto_bind=True, **options)
    try:
        yield connection
    finally:
        connection.unbind()


def test_in_a_test(server: FakeLDAPServer) -> None:
    start = server.snapshot()
    with connected(server.url) as connection:
        connection.search(BASE, "(uid=ada)", attributes=["cn"])
        connection.modify(ADA, {"userPassword": [(ldap3.MODIFY_REPLACE, ["better"])]})
    server.assert_bound(ADA, password="secret", times=1)
    server.assert_searched(filter="(UID=Ada)", attributes="cn", times=1)
    server.assert_modified(ADA, changes={"userPassword": "better"})
    server.assert_unbound()
    server.assert_order("bind", "search", "modify", "unbind")
    assert list(server.diff(start).changed) == [ADA]
    assert server.explain(filter="(uid=ada)").matched == [ADA]
    assert "clear-text-bind" in server.lint()
    assert [request.peer.rpartition(":")[0] for request in server.requests] == ["127.0.0.1"] * 4
    server.reset()
    server.assert_no_requests()
    with pytest.raises(AssertionError, match="no request was seen at all"):
        server.assert_bound()


def test_a_connection_that_leaks(server: FakeLDAPServer) -> None:
    with connected(server.url) as connection:
        connection.search(BASE, "(uid=ada)")
        with pytest.raises(AssertionError, match="still open: 2 requests"):
            server.assert_unbound(timeout=0.01)
    with socket.create_connection((server.host, server.port)) as raw:
        raw.sendall(encode_message(1, m.SearchRequest(b"", 0, 0, 0, 0, False, m.Present(b"objectClass"))))
        assert raw.recv(1000)
    with pytest.raises(AssertionError, match=r"1 of 2 connections had no Unbind\n.*closed without one"):
        server.assert_unbound()


def test_a_connection_that_never_asks_for_anything(server: FakeLDAPServer) -> None:
    with socket.create_connection((server.host, server.port)) as raw:
        host, port = raw.getsockname()
        said = rf"1 of 1 .*\n  connection 1 from {host}:{port}, still open: it has asked for nothing$"
        with pytest.raises(AssertionError, match=said):
            server.assert_unbound(timeout=0.01)
        server.reset()
        server.assert_unbound()  # it is of a test before
        raw.sendall(encode_message(1, m.DeleteRequest(b"cn=nobody")))
        assert raw.recv(1000)
        with pytest.raises(AssertionError, match="still open: 1 requests"):
            server.assert_unbound(timeout=0.01)
    server.reset()
    with socket.create_connection((server.host, server.port)):
        """That is how ports are probed."""
    server.assert_unbound(timeout=30)
    server.assert_no_requests()


@pytest.mark.filterwarnings("ignore:ssl.match_hostname")
def test_tls_is_seen(server: FakeLDAPServer) -> None:
    context = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=server.ca_file, valid_names=["localhost"])
    url = server.url
    connection = ldap3.Connection(ldap3.Server(url, get_info=ldap3.NONE, tls=context), ADA, "secret")
    connection.open()
    connection.start_tls()
    connection.bind()
    connection.unbind()
    with connected(server.ldapi_url):
        pass
    server.assert_requested("extended", tls=False, times=1)
    server.assert_bound(ADA, tls=True, times=1)
    server.assert_bound(ADA, tls=False, times=1)
    assert "clear-text-bind" not in server.lint()


def test_what_hangs_at_a_reset_never_shows_up(server: FakeLDAPServer) -> None:
    server.fault(op="search", action="hang")
    answers: list[Any] = []

    def ask() -> None:
        with connected(server.url) as connection:
            answers.append(connection.search(BASE, "(uid=ada)"))

    thread = threading.Thread(target=ask)
    thread.start()
    assert server.wait_for("search", answered=False, timeout=30).outcome == "no answer yet"
    server.reset()
    thread.join(30)
    assert answers == [False]
    assert not server.requests.search()


def test_waiting_for_many(server: FakeLDAPServer) -> None:
    def ask() -> None:
        with connected(server.url) as connection:
            for number in range(50):
                connection.search(BASE, f"(uid={number})")

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    assert server.wait_for("search", filter="(uid=49)", count=2, timeout=30).code == 0
    assert time.monotonic() - began < 30
    for thread in threads:
        thread.join()
    server.assert_searched(times=100)
    server.assert_unbound()
