"""One LDAP connection on a Twisted transport: octets in, actions performed, octets out.

``LDAPServer`` adds to ldaptor's BaseLDAPServer what a server must be that others are measured against; the semantics of
LDAP are the handler's. Its rules:

* What arrives in one read is answered in one write. An operation that does not wait is done inside ``dataReceived``,
  with nothing scheduled; the answer goes to the socket at once where nothing is queued before it, because the way
  through the reactor's write queue costs as much as the rest of a small operation.
* An operation that has to wait (Delay, Wait) or takes long (a slice is over at a Pause, or after so many octets) is
  parked, and others go on: operations of one connection run concurrently, and a later one may be answered first, as in
  slapd.
* Nothing is pulled from a handler that the transport has no room for, and nothing is read from a client that leaves its
  answers lying, whose bind is not finished, or that has too many operations running. What a client can make the server
  remember is bounded.
* A Bind ends what the connection has outstanding, an Abandon one operation, an Unbind or a lost connection all: the
  handler's generator is closed and no answer goes out. While a Bind is running nothing else of its connection is begun
  (RFC 4511 section 4.2.1).
* Whatever goes wrong in a handler is that operation's ``other`` (80); whatever is wrong with the octets ends the
  connection, with the notice that ProtocolError asks for or without a word.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ldaptor.protocols.ldap.ldapserver import BaseLDAPServer
from twisted.internet.interfaces import IHandshakeListener
from zope.interface import implementer

from fakeldapd.operations.request import (
    RESPONSES,
    Action,
    Cancel,
    Delay,
    Disconnect,
    Entries,
    Pause,
    Raw,
    Request,
    Response,
    Session,
    StartTLS,
    Wait,
    failure,
)
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS, Connection
from fakeldapd.protocol.encode import encode_entries, encode_message, notice_of_disconnection
from fakeldapd.protocol.result import LDAPError, ProtocolError, ResultCode
from fakeldapd.server.cancel import cancel, end_each
from fakeldapd.server.held import ALONE, CLOSED, CROWDED, FINISHING, FULL, NOTHING_BEGINS, NOTHING_RUNS, TRICKLING
from fakeldapd.server.outlet import Outlet
from fakeldapd.server.parked import Parked
from fakeldapd.server.peer import introduce
from fakeldapd.server.starttls import begin_tls
from fakeldapd.server.trickle import Trickle
from fakeldapd.server.turns import SLICE, DelayedCall
from fakeldapd.server.unanswered import differently

if TYPE_CHECKING:
    from fakeldapd.server.service import LDAPServerFactory

_log = logging.getLogger(__name__)

FLUSH_AT = 65536
"""Octets of answers collected before they are sent: what a socket takes at once."""

MAX_OUTSTANDING = 1000
"""Operations of one connection that may be running. slapd keeps as many for a bound client (conn_max_pending_auth) and
closes the connection then; here reading stops, which a client with that much patience will prefer."""

LINGER = 5.0
"""Seconds that a connection being closed gets to take what was still queued for it."""

_PAUSE = Pause()


@implementer(IHandshakeListener)
class LDAPServer(BaseLDAPServer):  # type: ignore[misc]  # ldaptor has no types
    """One connection. ``factory`` has what all of a service's connections share: handler, clock, turns, limits."""

    factory: "LDAPServerFactory"
    transport: Any
    comes_to_tls = True  # on ldaps:// the handshake comes first

    def __init__(self, factory: "LDAPServerFactory") -> None:
        super().__init__()
        self.factory = factory
        self.session = Session()
        self.handler = factory.handler
        self._seconds = factory.clock.seconds
        self._connection = Connection(max_message_size=factory.limits.max_message_size)
        self._receive = self._connection.receive
        self._held = 0  # a sum of reasons, see ``held``
        self._pending: deque[m.LDAPMessage] = deque()  # read, and not begun
        self._parked: list[Parked] = []
        self._ready: deque[Parked] = deque()  # of these, those that wait for their turn only
        self._alone: Request | None = None  # the Bind or StartTLS that is parked
        self._error: ProtocolError | None = None  # to be told once what came before it has been answered
        self._trickle: Trickle
        self._reading = True
        self._turn_asked = False
        self._deadline = self._last_active = 0.0
        self._idle_timer: DelayedCall | None = None
        self._linger_timer: DelayedCall | None = None

    # --- the life of a connection ---

    def makeConnection(self, transport: Any) -> None:
        """There is a transport: the first one, or that of TLS, which StartTLS has put before it."""
        if self.connected:
            self.transport = transport
            self._outlet = Outlet(transport, self._room_changed)
        else:
            super().makeConnection(transport)

    def handshakeCompleted(self) -> None:
        """IHandshakeListener: from now on everything goes through TLS."""
        self.transport.handshake_done(self.session, self.factory.read_dn)

    def connectionMade(self) -> None:
        """Twisted has accepted a client."""
        super().connectionMade()
        introduce(self.session, transport := self.transport)
        self.factory.connection_opened(self)
        self._outlet = Outlet(transport, self._room_changed)
        if hasattr(transport, "setTcpNoDelay"):
            transport.setTcpNoDelay(True)
        _log.debug("%s connected", self.session.peer)
        if self.factory.limits.idle_timeout:
            self._last_active = self._seconds()
            self._idle_timer = self.factory.clock.callLater(self.factory.limits.idle_timeout, self._idle)

    def connectionLost(self, reason: Any = None) -> None:
        """The connection is gone, whoever closed it."""
        super().connectionLost(reason)
        self._held |= CLOSED
        for timer in (self._idle_timer, self._linger_timer):
            if timer is not None and timer.active():
                timer.cancel()
        self._end_all()
        self._pending.clear()
        self._outlet.pieces.clear()
        self.session.end()
        _log.debug("%s disconnected", self.session.peer)
        self.factory.connection_closed(self)

    def _idle(self) -> None:
        """The idle timeout may be over: a plain close then, as in slapd. A connection with an operation running isn't
        idle."""
        limit = self.factory.limits.idle_timeout
        left = limit if self._parked else self._last_active + limit - self._seconds()
        if left > 0:
            self._idle_timer = self.factory.clock.callLater(left, self._idle)
        else:
            _log.info("%s closed: idle for %g s", self.session.peer, limit)
            self._close()

    def finish(self) -> None:
        """Answer what was read, then close: the service is stopping."""
        if not self._held & CLOSED:
            self._held |= FINISHING
            self._settle()

    def begin_anew(self, error: LDAPError) -> None:
        """Answer with ``error`` what is running or waits, and forget what searches may be gone on with."""
        end_each(error, self._parked, self._pending, self._end, self._outlet.pieces.append)
        self.session.suspended.clear()
        self._outlet.flush()
        self._settle()

    def abort(self) -> None:
        """Close at once; what was not sent is lost."""
        self._close(abort=True)

    def _close(self, *, abort: bool = False) -> None:
        """End every operation without an answer, send what was answered before, and close."""
        if self._held & CLOSED:
            if abort:
                self.transport.abortConnection()
            return
        self._outlet.flush()
        self._held |= CLOSED
        self._pending.clear()
        self._end_all()
        if abort:
            self.transport.abortConnection()
            return
        self._outlet.close()
        self._linger_timer = self.factory.clock.callLater(LINGER, self.transport.abortConnection)
        self.transport.loseConnection()

    def _notice(self, code: int, diagnostic: str) -> None:
        """Queue a Notice of Disconnection (RFC 4511 section 4.4.1)."""
        self._outlet.pieces.append(notice_of_disconnection(int(code), diagnostic))

    # --- reading ---

    def dataReceived(self, recd: bytes) -> None:
        """Begin the operations of whatever messages are complete, and send their answers together."""
        if self._held & (CLOSED | FINISHING) or self._error is not None:
            return
        self._last_active = now = self._seconds()
        self._deadline = now + SLICE
        try:
            messages = self._receive(recd)
            while messages:
                if self._pending:  # a transport may still have had something in hand when it was told to stop reading
                    self._pending.extend(messages)
                else:
                    self._begin_all(messages)
                messages = self._receive(b"")  # raises what is wrong behind them
        except ProtocolError as error:
            self._error = error
        self._outlet.flush()
        if self._held or self._pending or self._error is not None:
            self._settle()

    def _begin_all(self, messages: Sequence[m.LDAPMessage]) -> None:
        """Begin each in turn; what cannot be begun now becomes ``_pending``."""
        begin = self._begin
        session = self.session
        for done, message in enumerate(messages):
            if self._held & NOTHING_BEGINS or (not done & 15 and done and self._seconds() >= self._deadline):
                self._pending.extend(messages[done:])
                return
            unusual = _UNUSUAL.get(message.op.__class__)
            if unusual is None:
                begin(Request(session, message.message_id, message.op, message.controls, message.octets))  # type: ignore[arg-type]
            else:
                unusual(self, message)

    def _begin(self, request: Request) -> bool:
        """Start an operation, and do it where it does not have to wait. Gives whether it is over."""
        self.session.outstanding += 1
        try:
            iterator = self.handler(request)
        except Exception as error:
            self._failed(request, error, None)
            self.session.outstanding -= 1
            return True
        stopped_at = self._pull(request, iterator)
        if stopped_at is None:
            self.session.outstanding -= 1
            return True
        parked = Parked(request, iterator)
        self._parked.append(parked)
        if len(self._parked) >= MAX_OUTSTANDING:
            self._held |= CROWDED
        self._park(parked, stopped_at)
        return parked.ended

    def _begin_bind(self, message: m.LDAPMessage) -> None:
        """A Bind ends what is outstanding, and nothing is begun before it has ended itself."""
        self._end_all()
        self._begin_alone(message)

    def _begin_extended(self, message: m.LDAPMessage) -> None:
        """StartTLS is like a Bind in that nothing is begun beside it; octets behind it are held until it is decided."""
        if message.op.name == STARTTLS:  # type: ignore[union-attr]
            self._begin_alone(message)
        else:
            self._begin(Request(self.session, message.message_id, message.op, message.controls, message.octets))  # type: ignore[arg-type]

    def _begin_alone(self, message: m.LDAPMessage) -> None:
        self._held |= ALONE
        request = Request(self.session, message.message_id, message.op, message.controls, message.octets)  # type: ignore[arg-type]
        if self._begin(request):
            self._was_alone(request)
        else:
            self._alone = request

    def _was_alone(self, request: Request) -> None:
        """A Bind or StartTLS is over, whatever came of it."""
        self._held &= ~ALONE
        if self._held & CLOSED:
            return
        limits = self.factory.limits
        anonymous = self.session.identity is None and not self.session.is_admin
        size = limits.max_message_size if anonymous else limits.max_message_size_bound
        self._connection.max_message_size = size
        if not isinstance(request.op, m.BindRequest):
            self._connection.resume()

    def _begin_unanswered(self, message: m.LDAPMessage) -> None:
        """Abandon, Unbind (RFC 4511 section 4.3), or what a fault makes of them."""
        op: Any = message.op
        self.session.tell(op, message.message_id, message.controls)
        if (around := self.factory.on_unanswered) is not None:
            self._parked.append(parked := differently(around, self.session, message, self._abandon))
            self.session.outstanding += 1
            self._go_on(parked)
        elif isinstance(op, m.AbandonRequest):
            self._abandon(op)
        else:
            self._close()

    def _abandon(self, op: m.AbandonRequest) -> None:
        """RFC 4511 section 4.11: no answer, neither to this nor to the other."""
        for parked in self._parked[:]:
            if parked.request.message_id == op.message_id and type(parked.request.op) in RESPONSES:
                self._end(parked)

    # --- operations ---

    def _pull(self, request: Request, iterator: Iterator[Action]) -> Action | None:
        """Perform actions until the iterator ends (None) or cannot go on now; given back is the action it stopped
        at."""
        message_id = request.message_id
        outlet = self._outlet
        append = outlet.pieces.append
        size = outlet.size
        action: Action | None = None
        try:
            for action in iterator:
                kind = action.__class__
                if kind is Response:
                    octets = encode_message(message_id, action.op, action.controls)  # type: ignore[union-attr]
                elif kind is Entries:
                    octets = encode_entries(message_id, action.entries)  # type: ignore[union-attr]
                elif kind is Pause:
                    if self._seconds() >= self._deadline:
                        return action
                    continue
                elif kind is Cancel:
                    cancel(action, self._parked, self._pending, self._end, append)  # type: ignore[arg-type]
                    continue
                elif kind is Raw:
                    if action.apart:  # type: ignore[union-attr]
                        return action
                    octets = action.octets  # type: ignore[union-attr]
                elif kind is Wait and action.signal.fired:  # type: ignore[union-attr]
                    continue
                else:
                    return action
                append(octets)
                size += len(octets)
                if size > FLUSH_AT:
                    size = 0
                    outlet.flush()
                    if self._held & NOTHING_RUNS or self._seconds() >= self._deadline:
                        return _PAUSE
        except Exception as error:
            self._failed(request, error, action)
        finally:
            outlet.size = size
        return None

    def _failed(self, request: Request, error: Exception, last: Action | None) -> None:
        """What a handler let out becomes the operation's answer, unless it has had one."""
        if not isinstance(error, LDAPError):
            _log.error("%s: %s failed", self.session.peer, request.op.__class__.__name__, exc_info=error)
            error = LDAPError(ResultCode.OTHER, "internal error")
        if not (isinstance(last, Response) and isinstance(last.op, m.LDAPResult)):
            octets = encode_message(request.message_id, failure(request.op, error), ())
            self._outlet.pieces.append(octets)

    def _park(self, parked: Parked, action: Action) -> None:
        """Let the operation wait for what ``action`` says, or do what ends its connection."""
        if isinstance(action, Pause):
            self._wake(parked)
        elif isinstance(action, Delay):
            parked.timer = self.factory.clock.callLater(max(0.0, action.seconds), self._wake, parked)
        elif isinstance(action, Wait):
            action.signal.when_fired(lambda: self._wake(parked))
        elif isinstance(action, Disconnect):
            self._close(abort=action.abort)
        elif isinstance(action, Raw):
            self._held |= TRICKLING
            self._trickle = Trickle(action.octets, self._outlet, self.factory.clock, lambda: self._trickled(parked))
        elif isinstance(action, StartTLS):
            if begin_tls(self, self._connection, self._outlet):
                self._held &= ~FULL
                self._wake(parked)
            else:
                self._close()
        else:
            self._failed(parked.request, TypeError(f"a handler gave {action!r}, which is not an action"), None)
            self._end(parked)

    def _wake(self, parked: Parked) -> None:
        """The operation can go on at the connection's next turn: not now, since another operation may be what
        called."""
        parked.timer = None
        if not parked.ended:
            self._ready.append(parked)
            self._ask_turn()

    def _trickled(self, parked: Parked) -> None:
        self._held &= ~TRICKLING
        self._wake(parked)
        if not parked.ended:
            self._settle()

    def _ask_turn(self) -> None:
        if not self._turn_asked and not self._held & NOTHING_RUNS:
            self._turn_asked = True
            self.factory.turns.ask(self._turn)

    def _turn(self, deadline: float) -> None:
        """Go on with parked operations, then with messages that were not begun, until ``deadline``."""
        self._turn_asked = False
        self._deadline = deadline
        while self._ready and not self._held & NOTHING_RUNS:
            parked = self._ready.popleft()
            if not parked.ended:
                self._go_on(parked)
            if self._seconds() >= deadline:
                break
        else:
            if self._pending and not self._held & NOTHING_BEGINS:
                pending = list(self._pending)
                self._pending.clear()
                self._begin_all(pending)
                self._read_held()
        self._outlet.flush()
        self._settle()

    def _go_on(self, parked: Parked) -> None:
        stopped_at = self._pull(parked.request, parked.iterator)
        if stopped_at is None:
            parked.ended = True
            self._forget(parked)
        else:
            self._park(parked, stopped_at)

    def _end(self, parked: Parked) -> None:
        """Close the operation's iterator; nothing more is sent for it."""
        if self._held & TRICKLING:
            self._trickle.finish()
        self._forget(parked)
        parked.end()

    def _end_all(self) -> None:
        for parked in list(self._parked):
            self._end(parked)

    def _forget(self, parked: Parked) -> None:
        """An operation is over."""
        self._parked.remove(parked)
        self.session.outstanding -= 1
        if parked.request is self._alone:
            self._alone = None
            self._was_alone(parked.request)
            self._read_held()
        if len(self._parked) < MAX_OUTSTANDING:
            self._held &= ~CROWDED

    def _room_changed(self, full: bool) -> None:
        if full:
            self._held |= FULL
        else:
            self._held &= ~FULL
            self._settle()

    def _read_held(self) -> None:
        """Take up what a refused StartTLS has left undecoded."""
        try:
            self._pending.extend(self._receive(b""))
        except ProtocolError as error:
            self._error = error

    def _settle(self) -> None:
        """After a read, a turn, or room to write: ask for a turn, read or don't, close, whichever it is time for."""
        held = self._held
        if held & CLOSED:
            return
        if self._ready or (self._pending and not held & NOTHING_BEGINS):
            self._ask_turn()
        idle = not self._pending and not held & ALONE
        if idle and self._error is not None:
            self._protocol_error(self._error)
            return
        if idle and held & FINISHING and not self._parked:
            if self.factory.notice_on_stop:
                self._notice(ResultCode.UNAVAILABLE, "server is shutting down")
            self._close()
            return
        reading = not held and not self._pending and self._error is None
        if reading is not self._reading:
            self._reading = reading
            if reading:
                self.transport.resumeProducing()
            else:
                self.transport.pauseProducing()

    def _protocol_error(self, error: ProtocolError) -> None:
        _log.info("%s closed: %s", self.session.peer, error.diagnostic)
        if error.notice:
            self._notice(ResultCode.PROTOCOL_ERROR, error.diagnostic)
        self._close()


_UNUSUAL: dict[type, Callable[[LDAPServer, m.LDAPMessage], None]] = {
    m.BindRequest: LDAPServer._begin_bind,
    m.ExtendedRequest: LDAPServer._begin_extended,
    m.AbandonRequest: LDAPServer._begin_unanswered,
    m.UnbindRequest: LDAPServer._begin_unanswered,
}
