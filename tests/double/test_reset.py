"""After a reset everything that has state is as it was at the start: with a server, and in this process."""

from collections.abc import Iterator
from typing import Any

import pytest

import fakeldapd.ldap as ldap
from fakeldapd import FakeDirectory, FakeLDAPServer
from fakeldapd.ldap.controls import SimplePagedResultsControl

BASE = "dc=example,dc=com"
ADA = f"uid=ada,ou=people,{BASE}"
POLICY = f"cn=default,{BASE}"
PEOPLE: dict[str, Any] = {"users": {name: {"password": "secret"} for name in ("ada", "bob", "cyd")}}
LOCKS: dict[str, Any] = {
    POLICY: {
        "objectClass": ["device", "pwdPolicy"],
        "cn": "default",
        "pwdAttribute": "userPassword",
        "pwdLockout": "TRUE",
        "pwdMaxFailure": 1,
    }
}
SETTINGS: dict[str, Any] = {"overlay": f"ppolicy:default={POLICY}", "clock": "2026-01-31T12:00:00Z"}
URL = "ldap://reset.example"
LONG = 20.0


@pytest.fixture(scope="module")
def served() -> Iterator[FakeLDAPServer]:
    with FakeLDAPServer([PEOPLE, LOCKS], **SETTINGS) as server:
        yield server


@pytest.fixture(params=["a server", "in this process"])
def directory(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Either, with ``connect``."""
    if request.param == "a server":
        server = request.getfixturevalue("served")
        server.reset(connections="drop")
        server.connect = lambda: ldap.initialize(server.url)
        yield server
        return
    inside: Any = FakeDirectory([PEOPLE, LOCKS], **SETTINGS)
    ldap.register(URL, inside)
    inside.connect, inside.directory = (lambda: ldap.initialize(URL)), inside
    yield inside
    ldap.register(URL, None)


def names(connection: Any, **more: Any) -> set[str]:
    return {dn for dn, _ in connection.search_ext_s(BASE, ldap.SCOPE_SUBTREE, "(uid=*)", ["1.1"], **more)}


def test_entries(directory: Any) -> None:
    connection = directory.connect()
    before = names(connection)
    connection.simple_bind_s(directory.admin_dn, directory.admin_password)
    connection.delete_s(ADA)
    connection.rename_s(f"uid=bob,ou=people,{BASE}", "uid=rob")
    assert names(connection) != before
    directory.reset()
    assert names(connection) == before
    assert connection.whoami_s() == f"dn:{directory.admin_dn}"
    assert str(directory.diff()) == str(FakeDirectory({}).diff())


def test_paging_cookies(directory: Any) -> None:
    connection = directory.connect()
    page = SimplePagedResultsControl(True, size=2, cookie="")
    message_id = connection.search_ext(BASE, ldap.SCOPE_SUBTREE, serverctrls=[page])
    _, found, _, controls = connection.result3(message_id)
    assert len(found) == 2
    assert controls[0].cookie
    directory.reset()
    page.cookie = controls[0].cookie
    with pytest.raises(ldap.LDAPError):
        connection.search_ext_s(BASE, ldap.SCOPE_SUBTREE, serverctrls=[page])


def test_lockouts_and_the_clock(directory: Any) -> None:
    connection = directory.connect()
    for password in ("wrong", "secret"):
        with pytest.raises(ldap.INVALID_CREDENTIALS):
            connection.simple_bind_s(ADA, password)
    directory.clock.advance(days=90)
    now = directory.clock()
    directory.reset()
    assert now - directory.clock() == 90 * 86400
    connection.simple_bind_s(ADA, "secret")


def test_faults_and_stubs(directory: Any) -> None:
    connection = directory.connect()
    fault = directory.fault(op="search", code="busy")
    stub = directory.stub(op="compare", code="busy")
    directory.fault(op="unbind", action="ignore")
    for ask in (lambda: names(connection), lambda: connection.compare_s(ADA, "uid", "ada")):
        with pytest.raises(ldap.BUSY):
            ask()
    directory.reset()
    assert (directory.faults, directory.stubs) == ((), ())
    assert names(connection)
    assert connection.compare_s(ADA, "uid", "ada")
    assert (fault.hits, stub.hits) == (1, 1)


def test_running_searches_and_the_log(directory: Any) -> None:
    connection = directory.connect()
    directory.fault(op="search", action="hang")
    message_id = connection.search(BASE, ldap.SCOPE_SUBTREE)
    directory.wait_for("search", answered=False, timeout=LONG)
    directory.reset()
    assert not directory.requests
    with pytest.raises(ldap.UNAVAILABLE, match="the directory was reset"):
        connection.result(message_id)
    assert names(connection)
    assert [request.op for request in directory.requests] == ["search"]


@pytest.mark.parametrize("where", ["the server", "its directory"])
def test_connections(directory: Any, where: str) -> None:
    reset = (directory if where == "the server" else directory.directory).reset
    connection = directory.connect()
    connection.simple_bind_s(ADA, "secret")
    reset(connections="keep")
    assert connection.whoami_s() == f"dn:{ADA}"
    reset(connections="drop")
    with pytest.raises(ldap.SERVER_DOWN):
        connection.whoami_s()
    with pytest.raises(ValueError, match="keep or drop is expected"):
        reset(connections="kept")


def test_down(directory: Any) -> None:
    directory.down = True
    with pytest.raises(ldap.SERVER_DOWN):
        directory.connect().whoami_s()
    directory.reset()
    assert directory.connect().whoami_s() == ""
