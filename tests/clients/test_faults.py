"""The table of docs/faults.md is true: what ldap3, python-ldap and ldapsearch make of each fault, over real sockets."""

import importlib.util
import re
import shutil
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
