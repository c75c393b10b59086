"""A connection to a directory in this process: a handler's actions are performed here, without socket or thread.

What the socket server does with actions is done here, too, with these differences:

* An operation runs when it is sent, as far as it can without waiting: when ``send`` returns, an update is done.
* What waits goes on when somebody receives on its connection and what it waits for is there.
* TLS is pretended: there is no handshake, and a client's certificate is taken for a good one.
* Messages pass as objects. Only what a handler gives as octets (Raw) is read, and everything behind it, since it may be
  a part of a message.

A directory may be used by several threads: one handler is pulled by one of them at a time.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from fakeldapd.ldap.transport import ConnectionLost, TLSFacts, TLSFailed
from fakeldapd.ldap.transport.tls import TLSSettings
from fakeldapd.operations.request import (
    RESPONSES,
    Action,
    Cancel,
    Delay,
    Disconnect,
    Entries,
    Handler,
    Middleware,
    Pause,
    Raw,
    Request,
    Response,
    Session,
    StartTLS,
    Wait,
    failure,
    unanswered,
)
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS, Connection
from fakeldapd.protocol.encode import encode_message
from fakeldapd.protocol.result import LDAPError, ProtocolError, ResultCode
from fakeldapd.schema.dn import DN

TLS_SSF = 256
"""What the operations are told that TLS is worth, where there is none and everybody pretends."""

LOCAL_SSF = 71
"""slapd's number for a local socket."""

_ENOTCONN = 107
"""What python-ldap says when nobody listens."""


class Behind:
    """What is behind a URI: a handler, whether it is there, and a lock for who pulls it.

    ``directory`` is a handler, or has one as its attribute ``handler``, which may become another one. It may have, too:
    ``down``, which says whether the server is away; ``connections``, a set, and then it calls ``drop`` of each of them
    when it goes away, and ``begin_anew`` when it is reset; ``on_unanswered``, a middleware around Abandon and Unbind;
    ``opened``, which is told of each session that begins; ``lock``, an RLock, which whoever else changes it takes.
    """

    def __init__(self, directory: Any) -> None:
        self._directory = directory
        self._opened: Callable[[Session], None] | None = getattr(directory, "opened", None)
        self._is_handler = not hasattr(directory, "handler")
        self.connections: set[Any] | None = getattr(directory, "connections", None)
        self.lock = getattr(directory, "lock", None) or _lock_of(directory)

    def opened(self, session: Session) -> None:
        """A connection has come."""
        if self._opened is not None:
            self._opened(session)

    @property
    def handler(self) -> Handler:
        """What answers now."""
        return self._directory if self._is_handler else self._directory.handler  # type: ignore[no-any-return]

    @property
    def on_unanswered(self) -> Middleware | None:
        """What goes around Abandon and Unbind."""
        return getattr(self._directory, "on_unanswered", None)

    @property
    def down(self) -> bool:
        """Whether the server is away."""
        return bool(getattr(self._directory, "down", False))

    def shown(self, subject: bytes | None) -> DN | None:
        """Who a client certificate of that subject (None: there is none) is for, None for nobody, as the directory's
        option ``tls_client_cert`` has it: nobody is asked for one, or some have one, or all must. Raises TLSFailed.
        """
        asked: str = getattr(getattr(self._directory, "settings", None), "tls_client_cert", "none")
        if asked == "demand" and subject is None:
            raise TLSFailed
        if asked == "none" or subject is None:
            return None
        try:
            return self._directory.inner.schema.dn(subject)  # type: ignore[no-any-return]
        except LDAPError:  # the schema has no name for it
            return None


_locks: "WeakKeyDictionary[Any, threading.RLock]" = WeakKeyDictionary()
"""The same for the same handler, however many connections and URIs lead to it."""


def _lock_of(handler: Any) -> threading.RLock:
    try:
        return _locks.setdefault(handler, threading.RLock())
    except TypeError:  # nothing that can be remembered weakly
        return threading.RLock()


class _Running:
    """An operation that waits: for ``due`` (seconds of ``time.monotonic``), or for a signal when that is None."""

    __slots__ = ("due", "ended", "iterator", "request")

    def __init__(self, request: Request, iterator: Iterator[Action], due: float | None) -> None:
        self.request = request
        self.iterator = iterator
        self.due = due
        self.ended = False


class Pretended:
    """TLSFacts of a layer that isn't there."""

    version = "TLS1.3"
    cipher = "AES-256-GCM"
    peer_certificate = None
    bits = TLS_SSF


class InProcess:
    """One connection. ``tls``: as if to an ldaps port, with these settings; ``credentials``: as if to a local socket,
    by this user.

    Raises ConnectionLost when the server is away, or wants a certificate that isn't there.
    """

    fileno = -1

    def __init__(
        self, server: Behind, *, tls: TLSSettings | None = None, credentials: tuple[int, int] | None = None
    ) -> None:
        if server.down:
            raise ConnectionLost(_ENOTCONN)
        self.is_local = credentials is not None
        self.tls: TLSFacts | None = None
        self.session = Session(peer="in this process", peer_credentials=credentials)
        if credentials is not None:
            self.session.ssf = LOCAL_SSF
        self._server = server
        self._received: deque[m.LDAPMessage] = deque()
        self._running: list[_Running] = []
        self._ready: deque[_Running] = deque()
        self._woken = threading.Condition(server.lock)
        self._alone: Request | None = None  # the Bind or StartTLS that waits: nothing is begun beside it
        self._pending: deque[tuple[int, m.RequestOp, tuple[m.Control, ...]]] = deque()
        self._octets: Connection | None = None  # reads what a handler gave as octets, and all that comes behind
        self._closed = False
        self._polls = server.connections is None
        server.opened(self.session)
        if server.connections is not None:
            server.connections.add(self)
        if tls is not None:
            self._tls_begins()
            self._identify(tls)

    # --- requests ---

    def send(self, message_id: int, op: m.RequestOp, controls: tuple[m.Control, ...] = ()) -> None:
        """Begin the operation, and do it where it doesn't have to wait. Raises ConnectionLost."""
        self._check()
        with self._server.lock:
            if self._alone is not None:
                self._pending.append((message_id, op, controls))
            else:
                self._begin(message_id, op, controls)

    def send_octets(self, octets: bytes) -> None:
        """What is no message ends the connection, as the server would."""
        self._check()
        reading = Connection()
        with self._server.lock:
            try:
                for message in [*reading.receive(octets), *reading.receive(b"")]:
                    self._begin(message.message_id, message.op, message.controls)  # type: ignore[arg-type]
            except ProtocolError as error:
                if error.notice:
                    diagnostic = error.diagnostic.encode()
                    notice = m.ExtendedResponse(
                        int(ResultCode.PROTOCOL_ERROR), b"", diagnostic, (), m.NOTICE_OF_DISCONNECTION
                    )
                    self._give(0, notice, ())
                self._end_connection()

    def _check(self) -> None:
        if self._polls and self._server.down:
            self.drop()
        if self._closed:
            raise ConnectionLost

    def _begin(self, message_id: int, op: m.RequestOp, controls: tuple[m.Control, ...]) -> None:
        request = Request(self.session, message_id, op, controls)
        handler = self._server.handler
        if isinstance(op, m.AbandonRequest | m.UnbindRequest):
            self.session.tell(op, message_id, controls)
            around = self._server.on_unanswered
            handler = unanswered(self._abandon)
            if around is not None:
                handler = around(handler)
        elif isinstance(op, m.BindRequest):
            for running in self._running[:]:
                self._end(running)
            self._alone = request
        elif isinstance(op, m.ExtendedRequest) and op.name == STARTTLS:
            self._alone = request
        self.session.outstanding += 1
        try:
            iterator = handler(request)
        except Exception as error:
            self._failed(request, error)
            self._over(request)
            return
        self._pull(request, iterator, None)

    def _abandon(self, op: m.AbandonRequest) -> None:
        """RFC 4511 section 4.11."""
        for running in [each for each in self._running if each.request.message_id == op.message_id]:
            self._end(running)

    # --- actions ---

    def _pull(self, request: Request, iterator: Iterator[Action], running: _Running | None) -> None:
        """Perform actions until the iterator ends, or waits."""
        message_id = request.message_id
        answered = False
        try:
            for action in iterator:
                kind = action.__class__
                if kind is Response:
                    answered = isinstance(action.op, m.LDAPResult)  # type: ignore[union-attr]
                    self._give(message_id, action.op, action.controls)  # type: ignore[union-attr]
                elif kind is Entries:
                    for dn, attributes in action.entries:  # type: ignore[union-attr]
                        self._give(message_id, m.SearchResultEntry(dn, attributes), ())
                elif kind is Delay or kind is Wait:
                    if self._park(request, iterator, action, running):
                        return
                elif kind is not Pause:
                    self._perform(request, action)
                    if self._closed:
                        return
        except Exception as error:
            if not answered:
                self._failed(request, error)
        if running is not None:
            self._forget(running)
        self._over(request)

    def _perform(self, request: Request, action: Action) -> None:
        """What happens seldom."""
        if isinstance(action, Cancel):
            self._cancel(action)
        elif isinstance(action, Raw):
            self._read(action.octets)
        elif isinstance(action, StartTLS):
            self._tls_begins()
        elif isinstance(action, Disconnect):  # what came before a reset can be received, as from a socket
            self._end_connection()
        else:
            raise TypeError(f"a handler gave {action!r}, which is not an action")

    def _give(self, message_id: int, op: m.ResponseOp, controls: tuple[m.Control, ...]) -> None:
        """One message for the client."""
        if self._octets is not None:
            self._read(encode_message(message_id, op, controls))
        else:
            self._received.append(m.LDAPMessage(message_id, op, controls))

    def _read(self, octets: bytes) -> None:
        if self._octets is None:
            self._octets = Connection(max_message_size=0, client=True, lenient=True)
        try:
            self._received.extend(self._octets.receive(octets))
        except ProtocolError:
            self._end_connection()

    def _failed(self, request: Request, error: Exception) -> None:
        if not isinstance(error, LDAPError):
            error = LDAPError(ResultCode.OTHER, "internal error")
        if type(request.op) in RESPONSES:
            self._give(request.message_id, failure(request.op, error), ())

    def _park(self, request: Request, iterator: Iterator[Action], action: Action, running: _Running | None) -> bool:
        """Let the operation wait; False where there is nothing to wait for any more."""
        if isinstance(action, Wait) and action.signal.fired:
            return False
        if running is None:
            running = _Running(request, iterator, None)
            self._running.append(running)
        if isinstance(action, Delay):
            running.due = time.monotonic() + max(0.0, action.seconds)
        elif isinstance(action, Wait):
            running.due = None
            waiting = running
            action.signal.when_fired(lambda: self._wake(waiting))
        return True

    def _wake(self, running: _Running) -> None:
        """A signal has fired, in whatever thread."""
        with self._woken:
            self._ready.append(running)
            self._woken.notify_all()

    def _cancel(self, action: Cancel) -> None:
        """RFC 3909: the operation that is named is answered ``canceled`` and goes on no more."""
        for running in self._running:
            op = running.request.op
            if running.request.message_id != action.message_id:
                continue
            starts_tls = isinstance(op, m.ExtendedRequest) and op.name == STARTTLS
            if starts_tls or isinstance(op, m.BindRequest) or type(op) not in RESPONSES:
                action.code = ResultCode.CANNOT_CANCEL
                return
            self._give(action.message_id, failure(op, LDAPError(ResultCode.CANCELED)), ())
            self._end(running)
            action.code = ResultCode.SUCCESS
            return

    def _tls_begins(self) -> None:
        self.session.tls = True
        self.session.ssf = TLS_SSF
        self.tls = Pretended()

    def _identify(self, settings: TLSSettings) -> None:
        try:
            self.session.peer_certificate_subject = self._server.shown(settings.subject)
        except TLSFailed:
            self.drop()
            raise

    # --- the ends of operations and of the connection ---

    def _over(self, request: Request) -> None:
        """An operation has ended by itself; what had to wait for a Bind or StartTLS is begun."""
        self.session.outstanding -= 1
        if request is self._alone:
            self._alone = None
            while self._pending and self._alone is None and not self._closed:
                self._begin(*self._pending.popleft())

    def _forget(self, running: _Running) -> None:
        running.ended = True
        if running in self._running:
            self._running.remove(running)

    def _end(self, running: _Running) -> None:
        """Close the iterator; nothing more comes of this operation."""
        self._forget(running)
        close = getattr(running.iterator, "close", None)
        if close is not None:
            with suppress(Exception):
                close()
        self._over(running.request)

    def _end_connection(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._pending.clear()
        for running in self._running[:]:
            self._end(running)
        self.session.end()
        self._woken.notify_all()

    # --- answers ---

    @property
    def has_received(self) -> bool:
        """Whether ``receive`` has something to give at once."""
        with self._server.lock:
            self._go_on()
            return bool(self._received) or self._closed or (self._polls and self._server.down)

    def receive(self, deadline: float | None) -> m.LDAPMessage | None:
        """The next message; None when it is ``deadline``. Raises ConnectionLost."""
        if self._received and not self._polls:
            return self._received.popleft()
        with self._woken:
            while True:
                self._go_on()
                if self._polls and self._server.down:
                    self.drop()
                if self._received:
                    return self._received.popleft()
                if self._closed:
                    raise ConnectionLost
                now = time.monotonic()
                ends = [each.due for each in self._running if each.due is not None]
                if deadline is not None:
                    if now >= deadline:
                        return None
                    ends.append(deadline)
                self._woken.wait(max(0.0, min(ends) - now) if ends else None)

    def _go_on(self) -> None:
        """Pull what doesn't have to wait any more."""
        if not self._running:
            self._ready.clear()
            return
        now = time.monotonic()
        for running in self._running:
            if running.due is not None and running.due <= now:
                running.due = None
                self._ready.append(running)
        while self._ready and not self._closed:
            running = self._ready.popleft()
            if not running.ended:
                self._pull(running.request, running.iterator, running)

    def start_tls(self, settings: TLSSettings) -> None:
        """The handler has begun it. Raises TLSFailed where it hasn't."""
        if self.tls is None:
            self.close()
            raise TLSFailed
        self._identify(settings)

    def begin_anew(self, error: LDAPError) -> None:
        """Answer with ``error`` what is running or waits, and forget what searches may be gone on with."""
        with self._server.lock:
            pending = [Request(self.session, *each) for each in self._pending]
            self._pending.clear()
            for request in [*(running.request for running in self._running), *pending]:
                self._failed(request, error)
            for running in self._running[:]:
                self._end(running)
            self.session.suspended.clear()
            self._woken.notify_all()

    def drop(self) -> None:
        """The server has gone away: what it has answered and nobody has received is lost."""
        with self._server.lock:
            self._received.clear()
            self._end_connection()

    def close(self, octets: bytes = b"") -> None:
        """Say what is given, an Unbind, and end every operation."""
        if octets:
            with suppress(ConnectionLost):
                self.send_octets(octets)
        self.drop()
