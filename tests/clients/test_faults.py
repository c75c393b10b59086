"""The table of docs/faults.md is true: what ldap3, python-ldap and ldapsearch make of each fault, over real sockets."""

import gc
import importlib.util
import re
import shutil
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from clients.outcomes import CLIENTS, LONG, ROWS, WAITS, outcomes

from fakeldapd import FakeLDAPServer
from fakeldapd.double.faults import CONNECT_ACTIONS, TLS_ACTIONS
from fakeldapd.middleware.faults import ACTIONS
from fakeldapd.protocol import messages as m

PEOPLE = {"users": {name: {"password": "secret"} for name in ("ada", "bob", "cyd")}}


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with FakeLDAPServer(PEOPLE, tls=True) as server:
        yield server


def present() -> list[str]:
    """The clients that are here."""
    there = {"ldap3": True, "python-ldap": importlib.util.find_spec("ldap"), "ldapsearch": shutil.which("ldapsearch")}
    return [name for name in CLIENTS if there[name]]


def parameter(first: str, others: list[str]) -> Any:
    return pytest.param(first, others, marks=[pytest.mark.slow] if WAITS in others else [], id=first)


@pytest.mark.parametrize(("first", "cells"), [parameter(*row) for row in ROWS])
def test_what_clients_make_of_it(server: Any, first: str, cells: list[str]) -> None:
    said = re.match("`(.+?)`", first)
    assert said is not None
    fault = server.fault(**eval(f"dict({said[1]})", {"server": server}))

    def let_go() -> None:
        if fault.kinds == {m.UnbindRequest}:  # nobody waits for an answer to it
            server.wait_for("unbind", count=len(expected), timeout=LONG)
        fault.close()
        server.reset(connections="drop")

    expected = {name: cell.replace("`", "") for name, cell in zip(CLIENTS, cells, strict=True) if name in present()}
    seen = outcomes(server, expected, ldaps="ldaps://" in first, start_tls="StartTLS" in first, let_go=let_go)
    for name, cell in expected.items():
        assert seen[name] in cell.removesuffix(" after its timeout").split(" or "), name
    assert fault.hits == (0 if fault.action == "down" else len(expected))


def asked_by_each(server: Any) -> dict[str, str]:
    """What each client that is here makes of the server, one after the other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # ldap3 leaves sockets open
        made = {name: CLIENTS[name](server.url, "", start_tls=False, seconds=LONG) for name in present()}
        gc.collect()
    return made


BUSY = {"ldap3": "LDAPBusyResult", "python-ldap": "BUSY", "ldapsearch": "Server is busy (51)"}
DOWN = {
    "ldap3": "LDAPSocketOpenError",
    "python-ldap": "SERVER_DOWN",
    "ldapsearch": "ldap_sasl_bind(SIMPLE): Can't contact LDAP server (-1)",
}


def here(all_of_them: dict[str, str]) -> dict[str, str]:
    return {name: all_of_them[name] for name in present()}


def test_busy_some_times_then_fine(server: Any) -> None:
    with server.fault(op="search", code="busy", count=2 * len(present())) as fault:
        seen = [asked_by_each(server) for _ in range(3)]
    assert seen == [here(BUSY), here(BUSY), dict.fromkeys(present(), "3 entries")]
    assert fault.hits == 2 * len(present())


def test_the_same_port_and_the_same_data_after_it_was_down(server: Any) -> None:
    url = server.url
    server.directory.delete(f"uid=cyd,ou=people,{server.base_dn}")
    for _ in range(2):
        with server.fault(op="connect", action="down"):
            assert asked_by_each(server) == here(DOWN)
        assert server.url == url
        assert asked_by_each(server) == dict.fromkeys(present(), "2 entries")
    server.reset(connections="drop")


def test_a_delay_of_a_range_and_the_second_time_only(server: Any) -> None:
    with server.fault(op="search", delay=(0.01, 0.02)) as slow, server.fault(op="bind", nth=2, code=52) as second:
        seen = asked_by_each(server)
    assert list(seen.values()).count("3 entries") == len(seen) - 1
    assert (slow.hits, second.hits) == (len(seen) - 1, 1)
    server.reset(connections="drop")


def test_stubs(server: Any) -> None:
    """To each client an entry that isn't there, then a code, then what is there."""
    eve = {"entries": {f"uid=eve,{server.base_dn}": {"uid": "eve"}}}
    for name in present():
        with server.stub(op="search", base=server.base_dn, answers=[eve, {"code": "busy"}]) as stub:
            seen = [CLIENTS[name](server.url, "", start_tls=False, seconds=LONG) for _ in range(3)]
        assert seen == ["1 entry", BUSY[name], "3 entries"]
        assert stub.hits == 2
    gc.collect()


@pytest.mark.requires("python:ldap", "ldapsearch")
def test_all_clients_were_asked() -> None:
    assert present() == list(CLIENTS)


def test_every_action_is_in_the_table() -> None:
    shown = {(op, action) for first, _ in ROWS for op, action in re.findall(r'op="(\w+)".*?action="([\w-]+)"', first)}
    of_requests = {action for op, action in shown if op not in ("connect", "tls")}
    implied = {"error", "delay", "size-limit"}
    assert of_requests | implied == set(ACTIONS)
    assert {action for op, action in shown if op == "connect"} == set(CONNECT_ACTIONS)
    assert {action for op, action in shown if op == "tls"} == set(TLS_ACTIONS)
