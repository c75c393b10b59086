"""Connection: what it keeps, what it refuses before keeping it, and where it stops."""

import pytest

from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import MAX_ANONYMOUS_MESSAGE, MAX_BOUND_MESSAGE, STARTTLS, Connection
from fakeldapd.protocol.encode import encode_message
from fakeldapd.protocol.result import ProtocolError

TLS = m.ExtendedRequest(STARTTLS)
BAD = b"\x30\x03\x02\x01\x05"


def delete(number: int, size: int = 1) -> m.LDAPMessage:
    return m.LDAPMessage(number, m.DeleteRequest(b"x" * size))


def octets(*messages: m.LDAPMessage) -> bytes:
    return b"".join([encode_message(each.message_id, each.op, each.controls) for each in messages])


def message_of(size: int) -> m.LDAPMessage:
    """A message that has ``size`` octets behind its outermost length."""
    for overhead in range(5, 10):
        message = delete(1, size - overhead)
        if len(octets(message)[4 if size < 65536 else 5 :]) == size:
            return message
    raise AssertionError(size)


def refused(connection: Connection, data: bytes, text: str = "larger") -> None:
    with pytest.raises(ProtocolError, match=text) as caught:
        connection.receive(data)
    assert not caught.value.notice


def test_nothing_comes_of_nothing() -> None:
    connection = Connection()
    assert connection.receive(b"") == []
    assert connection.receive(octets(delete(1))) == [delete(1)]
    assert connection.receive(b"") == []


def test_what_is_complete_comes_before_what_is_wrong() -> None:
    connection = Connection()
    assert connection.receive(octets(delete(1), delete(2)) + BAD + octets(delete(3))) == [delete(1), delete(2)]
    for data in (b"", octets(delete(4)), b"x"):
        with pytest.raises(ProtocolError):
            connection.receive(data)


@pytest.mark.parametrize("size", [MAX_ANONYMOUS_MESSAGE, MAX_BOUND_MESSAGE])
def test_the_largest_message(size: int) -> None:
    large = message_of(size)
    assert Connection(max_message_size=size).receive(octets(large)) == [large]
    refused(Connection(max_message_size=size - 1), octets(large))


@pytest.mark.parametrize("header", ["3083040000", "308400040000", "30847fffffff", "3084ffffffff"])
def test_a_large_message_is_refused_when_it_is_announced(header: str) -> None:
    connection = Connection()
    for octet in bytes.fromhex(header)[:-1]:
        assert connection.receive(bytes([octet])) == []
    refused(connection, bytes.fromhex(header)[-1:])


def test_the_limit_may_be_raised_and_lowered() -> None:
    connection = Connection(max_message_size=20)
    assert connection.receive(octets(delete(1, 10))) == [delete(1, 10)]
    connection.max_message_size = 0
    assert connection.receive(octets(delete(1, 5_000_000))) == [delete(1, 5_000_000)]
    connection.max_message_size = 10
    refused(connection, octets(delete(1, 10)))


@pytest.mark.parametrize("piece", [1, 7, 1000, 65536])
def test_a_large_message_in_pieces(piece: int) -> None:
    messages = [delete(1, 300_000), delete(2), delete(3, 100_000)]
    data = octets(*messages)
    connection = Connection(max_message_size=0)
    received = []
    for start in range(0, len(data), piece):
        received += connection.receive(data[start : start + piece])
    assert received == messages


def test_many_small_messages_in_one_piece() -> None:
    messages = [delete(number) for number in range(1000)]
    data = octets(*messages)
    connection = Connection()
    assert connection.receive(data[:-1]) == messages[:-1]
    assert connection.receive(data[-1:]) == messages[-1:]


def test_nothing_is_read_behind_an_unbind() -> None:
    connection = Connection()
    unbind = m.LDAPMessage(2, m.UnbindRequest())
    assert connection.receive(octets(delete(1), unbind, delete(3)) + BAD) == [delete(1), unbind]
    assert connection.receive(octets(delete(4))) == []
    assert connection.receive(BAD * 9) == []


@pytest.mark.parametrize("behind", [b"", b"\x30", octets(delete(2)), BAD, octets(delete(2), m.LDAPMessage(3, TLS))])
def test_what_follows_starttls_in_clear_is_dropped(behind: bytes) -> None:
    connection = Connection()
    assert connection.receive(octets(delete(0), m.LDAPMessage(1, TLS)) + behind) == [delete(0), m.LDAPMessage(1, TLS)]
    assert connection.receive(b"") == []
    assert connection.receive(BAD) == []
    assert connection.discard() == len(behind + BAD)
    assert connection.receive(octets(delete(9))) == [delete(9)]


def test_reading_goes_on_where_starttls_was_refused() -> None:
    connection = Connection()
    starttls = m.LDAPMessage(1, TLS)
    assert connection.receive(octets(starttls, delete(2), starttls, delete(3))) == [starttls]
    assert connection.receive(octets(delete(4)) + BAD[:3]) == []
    connection.resume()
    assert connection.receive(b"") == [delete(2), starttls]
    assert connection.receive(b"") == []
    connection.resume()
    assert connection.receive(b"") == [delete(3), delete(4)]
    with pytest.raises(ProtocolError):
        connection.receive(BAD[3:])


def test_what_is_held_may_begin_a_message() -> None:
    connection = Connection()
    data = octets(delete(2, 300))
    assert connection.receive(octets(m.LDAPMessage(1, TLS)) + data[:1]) == [m.LDAPMessage(1, TLS)]
    connection.resume()
    assert connection.receive(b"") == []
    assert connection.receive(data[1:3]) == []
    assert connection.receive(data[3:]) == [delete(2, 300)]


def test_starttls_with_a_value_is_one_too() -> None:
    connection = Connection()
    message = m.LDAPMessage(1, m.ExtendedRequest(STARTTLS, b"x"), (m.Control(b"1.2"),))
    assert connection.receive(octets(message, delete(2))) == [message]
    connection.resume()
    assert connection.receive(b"") == [delete(2)]


def test_other_extended_requests_hold_nothing() -> None:
    message = m.LDAPMessage(1, m.ExtendedRequest(b"1.3.6.1.4.1.4203.1.11.3"))
    assert Connection().receive(octets(message, delete(2))) == [message, delete(2)]


def extended(number: int, code: int = 0) -> m.LDAPMessage:
    return m.LDAPMessage(number, m.ExtendedResponse(code))


DONE = m.LDAPMessage(8, m.SearchResultDone())


def test_a_client_reads_nothing_in_clear_behind_its_starttls() -> None:
    connection = Connection(client=True)
    connection.send(7, TLS)
    assert connection.receive(octets(extended(6), DONE, extended(7), DONE)) == [extended(6), DONE, extended(7)]
    assert connection.discard() == len(octets(DONE))
    assert connection.receive(octets(DONE, extended(7), DONE)) == [DONE, extended(7), DONE]


def test_a_client_reads_on_when_its_starttls_was_refused() -> None:
    connection = Connection(client=True)
    connection.send(7, TLS)
    assert connection.receive(octets(extended(7, 52), DONE)) == [extended(7, 52), DONE]


def test_unsolicited_notifications_reach_a_client() -> None:
    notice = m.LDAPMessage(0, m.ExtendedResponse(52, b"", b"bye", (), m.NOTICE_OF_DISCONNECTION))
    assert Connection(client=True).receive(octets(notice)) == [notice]
