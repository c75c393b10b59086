"""What is said on connections that belong to others: both directions are decoded, questions paired with their answers.

A ``Tap`` gets copies of the octets of one connection and has no say in it: octets that are no LDAP, TLS or a SASL
security layer end the tap, never the connection. What is kept is bounded; when it is full, taps end, too.

The pages of one search (RFC 2696) count as one answer.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from fakeldapd.middleware.access_log import describe
from fakeldapd.operations.controls.paged_results import PAGED_RESULTS, read
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS, Connection
from fakeldapd.protocol.decode import attribute
from fakeldapd.protocol.result import LDAPError, ProtocolError

_log = logging.getLogger("fakeldapd.record")

MAX_MESSAGE = 1 << 26
"""Octets of the largest message that is looked at."""
MAX_KEPT = 1 << 28
"""Octets of answers that are kept."""
MAX_FILTER_DEPTH = 100
"""How many filters may enclose another: it is gone through by recursion later."""
MAX_PENDING = 10_000
"""Requests of one connection that wait for their answers."""

ANONYMOUS = b""


@dataclass(slots=True, eq=False)
class Exchange:
    """A question and its answer. ``identity`` is the name that the client had bound with, ANONYMOUS, or None where
    only the server knows who it is (SASL).
    """

    identity: bytes | None
    op: m.RequestOp
    controls: tuple[m.Control, ...] = ()
    entries: list[tuple[bytes, tuple[m.Attribute, ...]]] = field(default_factory=list)
    references: list[bytes] = field(default_factory=list)
    result: m.LDAPResult | None = None


class Recording:
    """The exchanges of all connections, in the order in which they were answered first."""

    def __init__(self, max_kept: int = MAX_KEPT) -> None:
        self.exchanges: list[Exchange] = []
        self.connections = 0
        self._left = max_kept

    def tap(self, peer: str) -> "Tap":
        """Another connection."""
        self.connections += 1
        return Tap(self, peer)

    def has_room(self, octets: int) -> bool:
        """Whether so many octets of answers can be kept, too."""
        self._left -= octets
        return self._left >= 0


class Tap:
    """Overhears one connection: give it what the client sends, ``asked``, and what the server sends, ``answered``."""

    def __init__(self, recording: Recording, peer: str) -> None:
        self._recording = recording
        self._peer = peer
        self._requests = Connection(max_message_size=MAX_MESSAGE, max_filter_depth=MAX_FILTER_DEPTH)
        self._responses = Connection(max_message_size=MAX_MESSAGE, client=True)
        self._pending: dict[int, Exchange] = {}
        self._series: dict[bytes, Exchange] = {}
        self._identity: bytes | None = ANONYMOUS
        self._starttls: int | None = None
        self.is_over = False

    def asked(self, octets: bytes) -> None:
        """The client has sent this."""
        self._take(self._requests, octets, self._request)

    def answered(self, octets: bytes) -> None:
        """The server has sent this."""
        if not self.is_over and not self._recording.has_room(len(octets)):
            self._end("so much has been recorded already that this connection isn't any more")
        self._take(self._responses, octets, self._response)

    def _take(self, connection: Connection, octets: bytes, meet: Callable[[m.LDAPMessage], None]) -> None:
        if self.is_over:
            return
        try:
            for message in connection.receive(octets):
                meet(message)
                if self.is_over:
                    return
        except ProtocolError as error:
            self._end(f"not LDAP any more ({error}): what follows is passed on, and not recorded")

    def _end(self, why: str) -> None:
        self.is_over = True
        self._pending.clear()
        self._series.clear()
        _log.warning("%s: %s", self._peer, why)

    # --- questions ----------------------------------------------------------------------------------------------------

    def _request(self, message: m.LDAPMessage) -> None:
        op: Any = message.op
        if isinstance(op, m.UnbindRequest):
            return
        if isinstance(op, m.AbandonRequest):
            self._pending.pop(op.message_id, None)
            return
        if len(self._pending) >= MAX_PENDING:
            self._end(f"more than {MAX_PENDING} requests without an answer: it isn't recorded any more")
            return
        if isinstance(op, m.ExtendedRequest) and op.name == STARTTLS:
            self._starttls = message.message_id
        begun = self._series.pop(cookie_of(message.controls), None) if self._series else None
        self._pending[message.message_id] = begun or Exchange(self._identity, op, message.controls)

    # --- answers ------------------------------------------------------------------------------------------------------

    def _response(self, message: m.LDAPMessage) -> None:
        op: Any = message.op
        exchange = self._pending.get(message.message_id)
        if exchange is None:
            return
        if isinstance(op, m.SearchResultEntry):
            exchange.entries.append((op.dn, tuple(attribute(each) for each in op.attributes)))
        elif isinstance(op, m.SearchResultReference):
            exchange.references += op.uris[:1]  # the others are other ways to the same place
        elif isinstance(op, m.LDAPResult):
            del self._pending[message.message_id]
            self._final(message, exchange, op)

    def _final(self, message: m.LDAPMessage, exchange: Exchange, result: m.LDAPResult) -> None:
        if exchange.result is None:
            self._recording.exchanges.append(exchange)
        exchange.result = result
        name, fields = describe(exchange.op)
        said = " ".join(f"{key}={value!r}" for key, value in fields.items())
        _log.info("%s %s %s code=%d entries=%d", self._peer, name, said, result.code, len(exchange.entries))
        if isinstance(exchange.op, m.BindRequest):
            self._identity = _bound(exchange.op, result.code)
        cookie = cookie_of(message.controls)
        if cookie:
            self._series = {cookie: exchange}
        if message.message_id == self._starttls:
            self._starttls = None
            if result.code == 0:
                self._end(
                    "StartTLS: what follows is encrypted and can't be recorded; let the client speak ldap:// "
                    "without StartTLS to fakeldapd, and give fakeldapd the server's ldaps:// URL"
                )
            else:
                self._requests.resume()
                self._take(self._requests, b"", self._request)


def _bound(op: m.BindRequest, code: int) -> bytes | None:
    if isinstance(op.authentication, m.SimpleAuthentication):
        return op.name if code == 0 and op.authentication.password else ANONYMOUS
    return None if code in (0, 14) else ANONYMOUS


def cookie_of(controls: tuple[m.Control, ...]) -> bytes:
    """The cookie of a paged results control; b"" where there is none."""
    for control in controls:
        if control.oid == PAGED_RESULTS:
            try:
                return read(control.value)[1]
            except LDAPError:
                return b""
    return b""


def filter_values(filter: m.Filter) -> Iterator[tuple[bytes, bytes]]:
    """The attributes and values that a filter asks for."""
    match filter:
        case m.And(filters=several) | m.Or(filters=several):
            for each in several:
                yield from filter_values(each)
        case m.Not(filter=one):
            yield from filter_values(one)
        case m.Substrings(attribute=name, initial=initial, any=between, final=final):
            yield from ((name, piece) for piece in (initial, *between, final) if piece)
        case m.Present() | m.Undefined():
            return
        case _:
            yield filter.attribute or b"", filter.value
