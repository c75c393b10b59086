"""What is said of requests means the same of those that come, in a fault, and of those that came, in the log."""

from typing import Any

import pytest
from double.asking import ADA, BASE, BOB, PEOPLE, bind, search
from double.client import in_another_process

from fakeldapd import FakeDirectory
from fakeldapd.double.criteria import CRITERIA, Afterwards, Criteria
from fakeldapd.double.faults import FaultSaid
from fakeldapd.double.stubs import StubSaid
from fakeldapd.operations.extended import WHO_AM_I
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.operations.request import Request, Session
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS

OU = f"ou=people,{BASE}"
TREE_DELETE = m.Control(b"1.2.840.113556.1.4.805")
ADD = (
    m.Attribute(b"objectClass", (b"account",)),
    m.Attribute(b"uid", (b"eve",)),
    m.Attribute(b"userPassword", (b"x",)),
)
PASSWD = ber.element(b"\x30", ber.element(b"\x80", ADA.encode()))
ASKED: list[Any] = [
    bind(),
    bind(BOB, "wrong"),
    m.BindRequest(3, b"", m.SaslCredentials(b"PLAIN", b"\0ada\0secret")),
    search(),
    search(OU, "(uid=ada)", "cn", "mail"),
    search(OU.upper(), "(&(objectClass=person)(UID=ADA))", "*"),
    search(BASE, "(|(userPassword=secret)(cn;lang-de=x*))", scope=1),
    search("garbage", "(!(uid=ada))"),
    search(BASE, "(userPassword=secret)"),
    m.CompareRequest(ADA.encode(), b"userPassword", b"secret"),
    m.CompareRequest(BOB.encode(), b"commonName", b"bob"),
    m.AddRequest(f"uid=eve,{OU}".encode(), ADD),
    m.ModifyRequest(ADA.encode(), (m.Change(2, b"Title", (b"x",)), m.Change(0, b"userPassword", (b"y",)))),
    m.ModifyDNRequest(ADA.encode(), b"uid=eve", True, BASE.encode()),
    m.DeleteRequest(BOB.encode()),
    m.ExtendedRequest(WHO_AM_I),
    m.ExtendedRequest(STARTTLS),
    m.ExtendedRequest(PASSWORD_MODIFY, PASSWD),
]
SAID: list[dict[str, Any]] = [
    *(
        {"op": op}
        for op in ("bind", ["add", "Search"], "read", "write", "modrdn", "extended", "passwd", "1.3.6.1.4.1.1466.20037")
    ),
    *({"identity": who} for who in ("anonymous", "", "users", "admin", ADA.upper())),
    *({"connection": which} for which in (1, 2, "127.0.0.1:1")),
    *({"tls": tls} for tls in (True, False)),
    {"control": "1.2.840.113556.1.4.805"},
    *({name: dn} for name in ("dn", "under") for dn in (ADA, OU, BASE, "")),
    *({"base": dn} for dn in (OU, BASE)),
    *({"scope": scope} for scope in (1, "sub", "subtree")),
    *(
        {name: filter}
        for name in ("filter", "clause")
        for filter in ("(uid=ada)", "(userid={any})", "(userPassword=secret)", "(!(uid=ADA))")
    ),
    *({"attribute": name} for name in ("uid", "userPassword", "cn", "cn;lang-de", "title", "mail")),
    *(
        {"attributes": given}
        for given in ("*", ["mail", "CN"], {"uid": "EVE"}, {"userPassword": "x"}, {"userPassword": "y"})
    ),
    *({"changes": given} for given in ({"title": "X"}, [("add", "userPassword", "y")], [("add", "userPassword", "z")])),
    *({"method": name} for name in ("simple", "plain")),
    *({"password": text} for text in ("secret", "wrong", "\0ada\0secret")),
    {"deref": "never"},
    {"time_limit": 0},
    {"types_only": False},
    {"new_rdn": "UID=Eve"},
    {"new_superior": BASE},
    {"keep_old": False},
    {"user": ADA},
    {"op": "search", "under": OU, "attribute": "uid", "identity": "users"},
    {"op": ["bind", "modify"], "dn": ADA},
]


OTHER_SECRETS = [{"attributes": {"userPassword": "y"}}, {"changes": [("add", "userPassword", "z")]}]
"""Nobody says these."""


@pytest.mark.parametrize("said", SAID, ids=lambda said: str(said)[:60])
def test_the_same_of_what_comes_and_of_what_came(said: dict[str, Any]) -> None:
    directory = FakeDirectory(PEOPLE)
    first = Session(peer="127.0.0.1:1", tls=True)
    second = Session(peer="127.0.0.1:2", identity=directory.inner.schema.dn(ADA.encode()))
    third = Session(peer="127.0.0.1:3", identity=directory.inner.admin_dn, is_admin=True)
    for session in (first, second, third):  # so that they are known in this order
        list(directory.handler(Request(session, 1, m.ExtendedRequest(b"1.2.3.4"))))
    fault = directory.fault(code=4711, **said)
    for op in ASKED:
        for session in (first, second, third):
            list(directory.handler(Request(session, 1, op, (TREE_DELETE,) if type(op) is m.DeleteRequest else ())))
            session.identity, session.is_admin = {
                1: (None, False),
                2: (directory.inner.schema.dn(ADA.encode()), False),
                3: (directory.inner.admin_dn, True),
            }[int(session.peer[-1])]
    taken = [request.number for request in directory.requests.of(code=4711)]
    picked = [request.number for request in directory.requests.of(**said) if request.number > 3]
    assert taken == picked
    there = in_another_process(directory).requests
    assert [request.number for request in there.of(**said) if request.number > 3] == picked
    assert fault.hits == len(taken)
    assert bool(taken) is (said not in OTHER_SECRETS)


def test_the_words() -> None:
    """A word of Criteria can be said wherever requests are spoken of; the others of CRITERIA only of what came."""
    assert set(CRITERIA) == set(Afterwards.__annotations__)
    assert set(Criteria.__annotations__) < set(CRITERIA)
    for said in (FaultSaid, StubSaid):
        assert set(Criteria.__annotations__) < set(said.__annotations__)
    assert {name for each in SAID for name in each} == {"op", *Criteria.__annotations__}
