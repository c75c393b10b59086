"""The log line of each operation: what it says, and that no secret is in it."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from fakeldapd.middleware.access_log import access_log, describe
from fakeldapd.operations.request import Action, Delay, Request, Response, Session
from fakeldapd.protocol import messages as m

SECRET = b"top-secret"


@pytest.mark.parametrize(
    ("op", "name", "fields"),
    [
        (
            m.BindRequest(3, b"cn=a", m.SimpleAuthentication(SECRET)),
            "bind",
            {"dn": "cn=a", "method": "simple"},
        ),
        (
            m.BindRequest(3, b"", m.SaslCredentials(b"PLAIN", SECRET)),
            "bind",
            {"dn": "", "method": "PLAIN"},
        ),
        (m.BindRequest(3, b"cn=a", m.UnknownAuthentication(9)), "bind", {"dn": "cn=a"}),
        (
            m.SearchRequest(
                b"o=a",
                1,
                0,
                0,
                0,
                False,
                m.And((m.Equality(b"UserPassword;x", SECRET), m.Not(m.Or((m.Equality(b"cn", b"b"),))))),
                (b"cn", b"sn"),
            ),
            "search",
            {
                "base": "o=a",
                "scope": "one",
                "filter": "(&(UserPassword;x=hidden)(!(|(cn=b))))",
                "attributes": "cn sn",
            },
        ),
        (
            m.SearchRequest(b"\xff", 7, 0, 0, 0, False, m.Substrings(b"2.5.4.35", SECRET)),
            "search",
            {"base": "\\xff", "scope": 7, "filter": "(2.5.4.35=hidden)", "attributes": ""},
        ),
        (
            m.ModifyRequest(b"cn=a", (m.Change(2, b"userPassword", (SECRET,)), m.Change(0, b"sn", (b"x",)))),
            "modify",
            {"dn": "cn=a", "attributes": "userPassword sn"},
        ),
        (m.AddRequest(b"cn=a", (m.Attribute(b"userPassword", (SECRET,)),)), "add", {"dn": "cn=a"}),
        (m.DeleteRequest(b"cn=a"), "delete", {"dn": "cn=a"}),
        (m.ModifyDNRequest(b"cn=a", b"cn=b", True), "modifydn", {"dn": "cn=a", "new_rdn": "cn=b"}),
        (
            m.ModifyDNRequest(b"cn=a", b"cn=b", True, b"o=c"),
            "modifydn",
            {"dn": "cn=a", "new_rdn": "cn=b", "new_superior": "o=c"},
        ),
        (
            m.CompareRequest(b"cn=a", b"userPassword", SECRET),
            "compare",
            {"dn": "cn=a", "attribute": "userPassword"},
        ),
        (m.ExtendedRequest(b"1.2.3", SECRET), "extended", {"oid": "1.2.3"}),
        (m.UnbindRequest(), "unbind", {}),
        (m.AbandonRequest(1), "abandon", {}),
    ],
)
def test_operations_are_described_without_their_secrets(op: Any, name: str, fields: dict[str, Any]) -> None:
    assert describe(op) == (name, fields)
    assert SECRET.decode() not in str(describe(op))


def logged(caplog: pytest.LogCaptureFixture, *actions: Any, pull: int = 100) -> Any:
    """The log record of an operation that gives these actions, of which so many are pulled."""
    caplog.set_level(logging.INFO, "fakeldapd")

    def handler(request: Request) -> Iterator[Action]:
        for action in actions:
            if isinstance(action, Exception):
                raise action
            yield action

    ticks = iter((1.0, 1.5))
    op = m.SearchRequest(b"o=a", 2, 0, 0, 0, False, m.Present(b"cn"))
    iterator: Any = access_log(handler, lambda: next(ticks))(Request(Session(peer="10.0.0.1:5"), 7, op))
    passed = [action for _, action in zip(range(pull), iterator, strict=False)]
    assert passed == list(actions)[: len(passed)]
    iterator.close()
    [record] = caplog.records
    return record


def test_an_answered_operation(caplog: pytest.LogCaptureFixture) -> None:
    entry = Response(m.SearchResultEntry(b"cn=a", ()))
    record = logged(caplog, entry, Delay(1), entry, Response(m.SearchResultDone(4, diagnostic=b"enough")))
    assert record.ldap == {
        "operation": "search",
        "client": "10.0.0.1:5",
        "id": 7,
        "who": "",
        "base": "o=a",
        "scope": "sub",
        "filter": "(cn=*)",
        "attributes": "",
        "code": 4,
        "diagnostic": "enough",
        "entries": 2,
        "ms": 500.0,
    }
    assert record.getMessage().startswith("search client='10.0.0.1:5' id=7 who='' base='o=a'")


def test_an_abandoned_operation(caplog: pytest.LogCaptureFixture) -> None:
    record = logged(caplog, Response(m.SearchResultEntry(b"cn=a", ())), Delay(1), pull=2)
    assert "code" not in record.ldap
    assert record.ldap["ended"] == "without an answer"


def test_an_exception_passes_through(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="oops"):
        logged(caplog, ValueError("oops"))
    assert vars(caplog.records[0])["ldap"]["ended"] == "without an answer"


def test_a_tracked_session_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """A proxy says for whom it acts, and another before it did, too; what can't be read is passed over."""
    first = b"\x30\x0f\x04\x01a\x04\x01b\x04\x01\x31\x04\x04mary"
    values = (first, b"junk", first.replace(b"mary", b"jo\xffe"))
    controls = tuple(m.Control(b"1.3.6.1.4.1.21008.108.63.1", False, value) for value in values)
    with caplog.at_level(logging.INFO, "fakeldapd.access"):
        list(access_log(lambda request: iter(()))(Request(Session(), 1, m.DeleteRequest(b"cn=a"), controls)))
    assert caplog.records[0].ldap["session"] == "mary jo\\xffe"  # type: ignore[attr-defined]
