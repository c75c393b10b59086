"""Faults of a directory in this process: the shim makes of them what python-ldap makes of a server's."""

import re
import threading
from typing import Any

import pytest
from clients.outcomes import BASE, LONG, ROWS, WAITS, of_python_ldap

import fakeldapd.ldap as ldap
from fakeldapd import FakeDirectory, RuleError

URL = "ldap://faulty.example"
PEOPLE = {"users": {name: {"password": "secret"} for name in ("ada", "bob", "cyd")}}
SHORT = 0.1
WAITING_FOR_THE_REST = "TIMEOUT"
"""Of half a message: libldap reads the rest without a thought for its timeout, the shim keeps that."""


def has_sockets(said: str) -> bool:
    """Whether a fault is of a connection or a handshake."""
    return said.startswith(('op="connect"', 'op="tls"')) and 'action="down"' not in said


def rows() -> list[Any]:
    found = []
    for first, (_, cell, _) in ROWS:
        said = re.match("`(.+?)`", first)
        assert said is not None
        seen = cell.replace("`", "").removesuffix(" after its timeout")
        found.append(pytest.param(said[1], "StartTLS" in first, seen, id=first))
    return found


@pytest.fixture
def directory() -> Any:
    directory = FakeDirectory(PEOPLE)
    ldap.register(URL, directory)
    yield directory
    ldap.register(URL, None)


def read(said: str) -> dict[str, Any]:
    class Server:
        url = URL
        base_dn = BASE

    return dict(eval(f"dict({said})", {"server": Server}))


@pytest.mark.parametrize(("said", "start_tls", "seen"), [row for row in rows() if not has_sockets(row.values[0])])
def test_as_over_a_socket(directory: FakeDirectory, said: str, start_tls: bool, seen: str) -> None:
    fault = directory.fault(**read(said))
    seconds = SHORT if "TIMEOUT" in seen or seen == WAITS else LONG
    found = of_python_ldap(URL, "", start_tls=start_tls, seconds=seconds, ldap=ldap)
    assert found == (WAITING_FOR_THE_REST if seen == WAITS else seen)
    assert fault.hits == ("down" not in said)
    fault.close()
    assert of_python_ldap(URL, "", start_tls=False, seconds=LONG, ldap=ldap) == "3 entries"


@pytest.mark.parametrize("said", sorted({row.values[0] for row in rows() if has_sockets(row.values[0])}))
def test_what_there_is_no_socket_for(directory: FakeDirectory, said: str) -> None:
    with pytest.raises(RuleError, match="there are no sockets to this directory: give it a FakeLDAPServer"):
        directory.fault(**read(said))


def test_an_abandon(directory: FakeDirectory) -> None:
    connection = ldap.initialize(URL)
    directory.fault(op="search", action="hang")
    with directory.fault(op="abandon", action="ignore") as fault:
        connection.abandon(connection.search(BASE, ldap.SCOPE_SUBTREE))
        assert not directory.requests.search()[0].is_over
    connection.abandon(connection.search(BASE, ldap.SCOPE_SUBTREE))
    assert directory.requests.search()[1].is_over
    assert fault.hits == 1
    directory.fault(op="abandon", action="reset")
    connection.abandon(connection.search(BASE, ldap.SCOPE_SUBTREE))
    with pytest.raises(ldap.SERVER_DOWN):
        connection.result()


def test_a_name_of_its_own() -> None:
    mine = FakeDirectory(PEOPLE)
    ldap.register("fake://mine", mine)
    try:
        connection = ldap.initialize("fake://mine")
        with mine.fault(op="search", code="busy"), pytest.raises(ldap.BUSY):
            connection.search_s(BASE, ldap.SCOPE_BASE)
        assert connection.search_s(BASE, ldap.SCOPE_BASE)
    finally:
        ldap.register("fake://mine", None)


def test_the_log_hears_of_what_has_no_answer(directory: FakeDirectory) -> None:
    connection = ldap.initialize(URL)
    connection.search_s(BASE, ldap.SCOPE_BASE)
    connection.abandon(99)
    with pytest.raises(AssertionError, match="1 of 1 connections had no Unbind"):
        directory.assert_unbound(timeout=0)
    connection.unbind_s()
    directory.assert_unbound()
    directory.assert_order("search", "abandon", "unbind")


def test_what_hangs_goes_on_when_the_fault_is_closed(directory: FakeDirectory) -> None:
    """Without an answer, so who waits is answered by the next question."""
    fault = directory.fault(op="search", action="hang")
    connection = ldap.initialize(URL)
    number = connection.search(BASE, ldap.SCOPE_SUBTREE)
    closing = threading.Thread(target=fault.close)
    closing.start()
    with pytest.raises(ldap.TIMEOUT):
        connection.result(number, timeout=SHORT)
    closing.join()
    assert directory.requests.search()[0].is_over
    assert connection.search_s(BASE, ldap.SCOPE_BASE)
