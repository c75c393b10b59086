"""Exported programs ask a second server the same, and leave it in the same state."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from double.client import ADA, BASE, BOB, PEOPLE, Asking, in_another_process
from server_support.running import LONG, Running

from fakeldapd import FakeDirectory
from fakeldapd.double.meaning import Meaning
from fakeldapd.operations.controls.paged_results import PAGED_RESULTS
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import parse

ADMIN = f"cn=admin,{BASE}"
EVE = f"uid=eve,ou=people,{BASE}"
TRICKY = "a $b `c` \\d 'e' \"f\" *(g)"
SECRETS = {
    "ADA_PASSWORD": "secret",
    "ADA_WRONG_PASSWORD": "wro$ng",
    "ADMIN_PASSWORD": "admin",
    "EVE_USERPASSWORD": "hu)s(h*",
    "ADA_USERPASSWORD": "new'er",
    "BOB_NEW_PASSWORD": "bobs",
}
CLIENTS = [
    pytest.param("ldapsearch", marks=pytest.mark.requires("ldapsearch", "base64")),
    pytest.param("python-ldap", marks=pytest.mark.requires("python:ldap")),
    "ldap3",
]


@pytest.fixture
def second() -> Iterator[tuple[FakeDirectory, Running]]:
    directory = FakeDirectory(PEOPLE)
    server = Running(directory.handler)
    yield directory, server
    server.end()


def page(cookie: bytes = b"") -> m.Control:
    value = ber.element(b"\x30", ber.encode_integer(b"\x02", 2) + ber.element(b"\x04", cookie))
    return m.Control(PAGED_RESULTS, True, value)


def everything(directory: FakeDirectory) -> None:
    """One of each operation, with what is hard to quote."""
    client, admin = Asking(directory), Asking(directory)
    client.search("(cn=Ada \\2a \\28)")
    client.bind(ADA, "wro$ng")
    client.bind()
    client.search(f"(|(uid=ada)(cn={TRICKY.replace(chr(92), chr(92) + '5c').translate(ESCAPES)}))", attributes=("cn",))
    client.search(scope=1, size_limit=1)
    client.search("(&(objectClass=person)(!(uid=bob)))", base=f"ou=people,{BASE}", scope=0)
    client.ask(m.CompareRequest(ADA.encode(), b"mail", b"ada@example.com"))
    client.ask(m.CompareRequest(ADA.encode(), b"cn", TRICKY.encode()))
    client.ask(m.ExtendedRequest(b"1.3.6.1.4.1.4203.1.11.3"))
    admin.bind(ADMIN, "admin")
    attributes = {"objectClass": "inetOrgPerson", "sn": TRICKY, "cn": "\u00c8ve", "userPassword": "hu)s(h*"}
    admin.ask(m.AddRequest(EVE.encode(), tuple(m.Attribute(k.encode(), (v.encode(),)) for k, v in attributes.items())))
    admin.modify(ADA, "userPassword", "new'er")
    admin.modify(ADA, "description", TRICKY, " leading", operation=0)
    admin.ask(m.ModifyRequest(ADA.encode(), (m.Change(1, b"mail", ()), m.Change(0, b"mail", (b"a@x", b"b@x")))))
    admin.modify(BOB, "nonsense", "x")
    admin.search("(userPassword=hu\\29s\\28h\\2a)")
    admin.ask(m.CompareRequest(EVE.encode(), b"userPassword", b"hu)s(h*"))
    admin.ask(m.ModifyDNRequest(EVE.encode(), b"uid=eva+sn=x", False, BASE.encode()))
    admin.ask(m.DeleteRequest(b"uid=nobody," + BASE.encode()), m.Control(b"2.16.840.1.113730.3.4.2", True))
    new = ber.element(b"\x30", ber.element(b"\x80", BOB.encode()) + ber.element(b"\x82", b"bobs"))
    admin.ask(m.ExtendedRequest(PASSWORD_MODIFY, new))
    admin.search(controls=(page(),))
    [control] = directory.requests[-1].response_controls
    assert control.value is not None
    admin.search(controls=(page(control.value[7:]),))
    client.ask(m.BindRequest(3, b"", m.SaslCredentials(b"PLAIN", b"x")))
    admin.ask(m.ExtendedRequest(b"1.2.3", b"x"))
    admin.session.tell(m.AbandonRequest(3), 4)
    client.unbind()
    admin.unbind()


ESCAPES = {ord(c): f"\\{ord(c):02x}" for c in "*()"}


def run(
    code: str, client: str, port: int, tmp_path: Path, secrets: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    file = tmp_path / "replay"
    file.write_text(code, encoding="utf-8")
    command = ["sh", str(file)] if client == "ldapsearch" else [sys.executable, "-W", "ignore", str(file)]
    environ = {**os.environ, **secrets, "LDAP_URL": f"ldap://127.0.0.1:{port}", "LDAPNOINIT": "1"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=LONG * 2)


def state(directory: FakeDirectory) -> list[Any]:
    """Every entry without what is different by nature: times, numbers, fresh salts."""
    left_out = ("Timestamp", "CSN", "UUID", "pwd")
    entries = []
    for entry in directory:
        kept = {name: sorted(entry[name]) for name in entry if not any(each in name for each in left_out)}
        kept["userPassword"] = [v for v in kept.get("userPassword", []) if not v.startswith("{SSHA}")]
        entries.append((entry.dn, kept))
    return sorted(entries, key=lambda pair: pair[0])


@pytest.mark.parametrize("client", CLIENTS)
def test_the_same_again(client: str, second: tuple[FakeDirectory, Running], tmp_path: Path) -> None:
    first = FakeDirectory(PEOPLE)
    everything(first)
    code = first.requests.as_code(client, "ldap://127.0.0.1:1")
    assert in_another_process(first).requests.as_code(client, "ldap://127.0.0.1:1") == code
    assert set(re.findall(r"\b[A-Z]+_(?:[A-Z]+_)?(?:USER)?PASSWORD\b", code)) == set(SECRETS)
    assert not [secret for secret in SECRETS.values() if secret not in ("secret", "admin", "bobs") and secret in code]
    other, server = second
    done = run(code, client, server.port, tmp_path, SECRETS)
    assert done.returncode == 0, done.stderr + done.stdout
    assert state(other) == state(first)
    assert asked(other) == asked(first)
    other.assert_unbound()
    assert Asking(other).bind(BOB, "bobs") == 0


def asked(directory: FakeDirectory) -> list[Any]:
    """The requests in a form in which those of a program are the same: connections, binds and pages are its own."""
    found: list[Any] = []
    for request in directory.requests:
        if request.op not in ("search", "compare", "add", "modify", "rename", "delete"):
            continue
        if any(control.oid == PAGED_RESULTS for control in request.controls):
            continue
        fields = dict(request.fields)
        if request.op == "search":
            meaning = Meaning(directory.inner.schema)
            fields["filter"] = meaning.filter(parse(fields["filter"].replace("<secret>", "x")))
            fields["attributes"] = [name for name in fields["attributes"] if name != "*"]
        found.append((request.op, request.identity, request.code, repr(fields)))
    return sorted(found)


@pytest.mark.parametrize("client", CLIENTS)
def test_another_answer_is_told(client: str, second: tuple[FakeDirectory, Running], tmp_path: Path) -> None:
    first = FakeDirectory(PEOPLE)
    asking = Asking(first)
    asking.bind()
    asking.ask(m.DeleteRequest(f"uid=nobody,{BASE}".encode()))
    code = first.requests.as_code(client)
    done = run(code, client, second[1].port, tmp_path, {"ADA_PASSWORD": "wrong"})
    assert done.returncode == 1
    assert "result 0 is expected, not 49" in done.stderr


@pytest.mark.parametrize("client", CLIENTS)
def test_a_secret_that_is_missing_is_named(client: str, tmp_path: Path) -> None:
    first = FakeDirectory(PEOPLE)
    Asking(first).bind()
    done = run(first.requests.as_code(client), client, 1, tmp_path, {})
    assert done.returncode
    assert "ADA_PASSWORD" in done.stderr


def test_clients_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"'python_ldap': one of ldapsearch, python-ldap, ldap3 .* 'python-ldap'"):
        FakeDirectory(PEOPLE).requests.as_code("python_ldap")
