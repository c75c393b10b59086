"""Both directions of a connection, overheard: what is asked is paired with what is answered; nothing else is raised."""

import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.operations.controls.paged_results import PAGED_RESULTS
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.ber import element, encode_integer
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.protocol.encode import attribute, encode_message
from fakeldapd.protocol.filter import parse
from fakeldapd.recording import conversation
from fakeldapd.recording.conversation import ANONYMOUS, Recording, Tap

ADA = b"uid=ada,dc=example,dc=com"
SEARCH = m.SearchRequest(b"dc=example,dc=com", 2, 0, 0, 0, False, parse("(uid=ada)"))
FOUND = m.SearchResultEntry(ADA, (attribute(b"cn", [b"Ada"]),))
PLAIN = m.SaslCredentials(b"PLAIN", b"\0ada\0secret")


def bind(name: bytes = ADA, password: bytes = b"secret") -> m.BindRequest:
    return m.BindRequest(3, name, m.SimpleAuthentication(password))


def talk(tap: Tap, *said: tuple[int, Any], controls: tuple[m.Control, ...] = ()) -> None:
    """Requests and responses, in this order."""
    for message_id, op in said:
        octets = encode_message(message_id, op, controls)
        (tap.asked if type(op).__name__.endswith("Request") else tap.answered)(octets)


def test_a_question_and_its_answer() -> None:
    recording = Recording()
    talk(recording.tap("peer"), (1, SEARCH), (1, FOUND), (1, m.SearchResultDone(4)))
    [exchange] = recording.exchanges
    assert exchange.op == SEARCH
    assert exchange.entries == [(ADA, (m.Attribute(b"cn", (b"Ada",)),))]
    assert exchange.result == m.SearchResultDone(4)


def test_answers_that_overtake_each_other() -> None:
    recording = Recording()
    other = m.DeleteRequest(ADA)
    said = (1, SEARCH), (2, other), (2, m.DeleteResponse(32)), (1, FOUND), (1, m.SearchResultDone())
    talk(recording.tap("peer"), *said)
    assert [(each.op, each.result and each.result.code) for each in recording.exchanges] == [(other, 32), (SEARCH, 0)]


def test_octet_by_octet() -> None:
    recording = Recording()
    tap = recording.tap("peer")
    for octet in encode_message(1, SEARCH):
        tap.asked(bytes([octet]))
    for octet in encode_message(1, FOUND) + encode_message(1, m.SearchResultDone()):
        tap.answered(bytes([octet]))
    assert len(recording.exchanges[0].entries) == 1


@pytest.mark.parametrize(
    ("op", "code", "identity"),
    [
        (bind(), 0, ADA),
        (bind(), 49, ANONYMOUS),
        (bind(password=b""), 0, ANONYMOUS),
        (bind(b"", b""), 0, ANONYMOUS),
        (m.BindRequest(3, b"", PLAIN), 0, None),
        (m.BindRequest(3, b"", PLAIN), 49, ANONYMOUS),
    ],
)
def test_who_asks(op: m.BindRequest, code: int, identity: bytes | None) -> None:
    recording = Recording()
    talk(recording.tap("peer"), (1, op), (1, m.BindResponse(code)), (2, SEARCH), (2, m.SearchResultDone()))
    assert recording.exchanges[1].identity == identity


def test_pages_are_one_answer() -> None:
    def page(cookie: bytes) -> tuple[m.Control, ...]:
        value = element(b"\x30", encode_integer(b"\x02", 1) + element(b"\x04", cookie))
        return (m.Control(PAGED_RESULTS, False, value),)

    recording = Recording()
    tap = recording.tap("peer")
    for number, (sent, next_cookie) in enumerate([(b"", b"a"), (b"a", b"b"), (b"b", b"")], 1):
        talk(tap, (number, SEARCH), controls=page(sent))
        talk(tap, (number, FOUND))
        talk(tap, (number, m.SearchResultDone()), controls=page(next_cookie))
    [exchange] = recording.exchanges
    assert len(exchange.entries) == 3


def test_what_is_not_answered_is_not_kept() -> None:
    recording = Recording()
    talk(recording.tap("peer"), (1, SEARCH), (1, FOUND), (2, m.AbandonRequest(1)), (1, m.SearchResultDone()))
    talk(recording.tap("peer"), (1, SEARCH), (2, m.UnbindRequest()))
    talk(recording.tap("peer"), (0, m.ExtendedResponse(52)), (7, m.SearchResultDone()))
    assert recording.exchanges == []


def test_starttls_ends_the_tap(caplog: pytest.LogCaptureFixture) -> None:
    recording = Recording()
    tap = recording.tap("peer")
    talk(tap, (1, m.ExtendedRequest(STARTTLS)), (1, m.ExtendedResponse(0)))
    assert tap.is_over
    assert "StartTLS: what follows is encrypted" in caplog.text
    tap.asked(b"\x16\x03\x01")


def test_starttls_that_is_refused_does_not() -> None:
    recording = Recording()
    tap = recording.tap("peer")
    talk(tap, (1, m.ExtendedRequest(STARTTLS)), (2, SEARCH), (1, m.ExtendedResponse(2)), (2, m.SearchResultDone()))
    assert [type(each.op) for each in recording.exchanges] == [m.ExtendedRequest, m.SearchRequest]


@pytest.mark.parametrize("side", ["asked", "answered"])
def test_junk_ends_the_tap(side: str, caplog: pytest.LogCaptureFixture) -> None:
    tap = Recording().tap("peer")
    getattr(tap, side)(b"GET / HTTP/1.1\r\n" * 10)
    assert tap.is_over
    assert "not LDAP any more" in caplog.text


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=50))))
def test_nothing_is_raised(said: list[tuple[bool, bytes]]) -> None:
    tap = Recording().tap("peer")
    for asks, octets in said:
        (tap.asked if asks else tap.answered)(octets)


def test_bounds(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    recording = Recording(max_kept=10)
    tap = recording.tap("peer")
    talk(tap, (1, SEARCH), (1, FOUND))
    assert tap.is_over
    assert "so much has been recorded already" in caplog.text
    monkeypatch.setattr(conversation, "MAX_PENDING", 2)
    tap = Recording().tap("peer")
    talk(tap, (1, SEARCH), (2, SEARCH), (3, SEARCH))
    assert tap.is_over


def test_the_log_has_no_password(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "fakeldapd.record")
    talk(Recording().tap("10.0.0.1:5"), (1, bind()), (1, m.BindResponse(49)))
    assert "10.0.0.1:5 bind dn='uid=ada,dc=example,dc=com'" in caplog.text
    assert "code=49" in caplog.text
    assert "secret" not in caplog.text
