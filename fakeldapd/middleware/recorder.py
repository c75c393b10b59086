"""Every request and what came of it, kept for who asks afterwards.

What is done while an operation runs is little: a ``Record`` is put into a ``Log``, with what is secret replaced by
hashes (see ``secrets``), and gets its result when there is one. Text and other structure is made of it when
somebody looks. A log is bounded, the oldest records go first.

A log has *epochs*: ``clear`` begins another one. A record belongs to the epoch in which its request came, so a request
that ends later, or hangs for ever, never shows up in a later one.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from fakeldapd.middleware.secrets import Secret, concealed, concealed_answer
from fakeldapd.operations.request import Action, Entries, Handler, Pause, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.schema.dn import DN

LIMIT = 10_000
"""How many records a log keeps unless told otherwise."""

SENT = 20
"""Of how many entries of one answer a record keeps more than their number, unless told otherwise."""

Encoded: TypeAlias = tuple[bytes, tuple[bytes, ...]]
"""An entry that was sent: its DN and encoded PartialAttributes."""


class Peer:
    """A connection in a log. ``number`` counts from 1 in each epoch; ``unbound`` and ``closed`` say how it ended."""

    __slots__ = ("closed", "epoch", "name", "number", "unbound")

    def __init__(self, number: int, name: str, epoch: object) -> None:
        self.number = number
        self.name = name
        self.epoch = epoch
        self.unbound = False
        self.closed = False


class Record:
    """One request. ``number`` counts from 1 in each epoch. Who asked (``identity``, None: anonymous) and whether by
    TLS is as it was when the request came; ``became`` is the identity after a Bind.

    ``at`` is in seconds since the epoch by the directory's clock, ``began`` and ``ended`` (None: not yet) in seconds by
    one that only runs forward. ``result`` is the final response, ``entries`` how many were sent, ``sent`` the first of
    them, ``other`` whatever else the answer was made of, pauses left out.
    """

    __slots__ = (
        "at",
        "became",
        "began",
        "controls",
        "ended",
        "entries",
        "identity",
        "is_admin",
        "message_id",
        "number",
        "op",
        "other",
        "peer",
        "result",
        "sent",
        "ssf",
        "tls",
    )

    at: float
    became: DN | None
    began: float
    controls: tuple[m.Control, ...]
    ended: float | None
    entries: int
    identity: DN | None
    is_admin: bool
    message_id: int
    number: int
    op: Any
    other: list[Action] | None
    peer: Peer
    result: Response | None
    sent: Sequence[Encoded]
    ssf: int
    tls: bool


class Log:
    """The records of one directory. ``clock`` gives seconds since the epoch, ``seconds`` what durations are measured
    by. ``seen`` is how many requests there have been in this epoch, those that are no longer kept included. ``sent``
    is of how many entries of an answer more is kept than their number.
    """

    def __init__(
        self,
        limit: int = LIMIT,
        clock: Callable[[], float] = time.time,
        seconds: Callable[[], float] = time.perf_counter,
        sent: int = SENT,
    ) -> None:
        if limit < 1:
            raise ValueError(f"limit={limit}: a log keeps one request at least")
        self.limit = limit
        self.sent = sent
        self.clock = clock
        self.seconds = seconds
        self.salt = os.urandom(8)
        self.changed = threading.Condition()
        self.waiting = 0
        """How many threads wait for ``changed``: while nobody does, nobody is told."""
        self.clear()

    def clear(self) -> None:
        """Begin another epoch, with nothing in it."""
        self.records: deque[Record] = deque(maxlen=self.limit)
        self.peers: deque[Peer] = deque(maxlen=self.limit)
        self.epoch = object()
        self.seen = 0
        self._met = 0

    def hide(self, secret: bytes) -> Secret:
        """What is kept of a secret."""
        return Secret(secret, self.salt)

    def snapshot(self) -> list[Record]:
        """The records that are kept, oldest first. May be called from any thread."""
        return _list(self.records)

    def connections(self) -> list[Peer]:
        """The connections that have asked for something in this epoch, in that order. May be called from any thread."""
        return _list(self.peers)

    def begin(self, session: Session, message_id: int, op: m.RequestOp, controls: tuple[m.Control, ...]) -> Record:
        """Keep a request that has come."""
        peer: Any = session.witness
        if peer.__class__ is not _Watched or peer.peer.epoch is not self.epoch:
            peer = self._meet(session)
        record = Record()
        record.peer = peer.peer
        self.seen = record.number = self.seen + 1
        record.message_id = message_id
        record.op = concealed(op, self.hide)
        record.controls = controls
        record.identity = record.became = session.identity
        record.is_admin = session.is_admin
        record.tls = session.tls
        record.ssf = session.ssf
        record.result = record.other = record.ended = None
        record.sent = ()
        record.entries = 0
        record.at = self.clock()
        self.records.append(record)
        record.began = self.seconds()
        return record

    def _meet(self, session: Session) -> "_Watched":
        self._met += 1
        peer = Peer(self._met, session.peer, self.epoch)
        self.peers.append(peer)
        watched = session.witness = _Watched(self, peer)
        return watched

    def wake(self) -> None:
        """Let those look who wait for something to happen."""
        if self.waiting:
            with self.changed:
                self.changed.notify_all()


class _Watched:
    """A connection being watched: the witness of its session."""

    __slots__ = ("_log", "peer")

    def __init__(self, log: Log, peer: Peer) -> None:
        self._log = log
        self.peer = peer

    def told(self, session: Session, op: m.RequestOp | None, message_id: int, controls: tuple[m.Control, ...]) -> None:
        """See Witness."""
        log = self._log
        if op is None:
            self.peer.closed = True
        else:
            record = log.begin(session, message_id, op, controls)
            record.ended = record.began
            if op.__class__ is m.UnbindRequest:
                record.peer.unbound = True
        log.wake()


def recorder(log: Log) -> Callable[[Handler], Handler]:
    """A middleware that keeps every request in ``log``, and what the handler answers."""

    def around(handler: Handler) -> Handler:
        def recorded(request: Request) -> Iterator[Action]:
            record = log.begin(request.session, request.message_id, request.op, request.controls)
            if log.waiting:
                log.wake()
            try:
                for action in handler(request):
                    kind = action.__class__
                    if kind is Response:
                        _note(log, record, action)  # type: ignore[arg-type]
                    elif kind is Entries:
                        entries = action.entries  # type: ignore[union-attr]
                        if record.entries < log.sent:
                            _keep(record, entries, log.sent)
                        record.entries += len(entries)
                    elif kind is not Pause:
                        if record.other is None:
                            record.other = []
                        record.other.append(action)
                    yield action
            finally:
                record.ended = log.seconds()
                if request.op.__class__ is m.BindRequest:
                    record.became = request.session.identity
                if log.waiting:
                    log.wake()

        return recorded

    return around


def _keep(record: Record, entries: Sequence[Encoded], most: int) -> None:
    """Some of the entries that are being sent."""
    if not record.sent and len(entries) <= most:
        record.sent = entries
    else:
        record.sent = [*record.sent, *entries[: most - record.entries]]


def _note(log: Log, record: Record, response: Response) -> None:
    """A response is being sent."""
    op = response.op
    kind = op.__class__
    if kind is m.SearchResultEntry:
        if record.entries < log.sent:
            _keep(record, [(op.dn, op.attributes)], log.sent)  # type: ignore[union-attr]
        record.entries += 1
    elif kind is not m.SearchResultReference and kind is not m.IntermediateResponse:
        answer = concealed_answer(record.op, op, log.hide)
        record.result = response if answer is op else Response(answer, response.controls)
    elif record.other is None:
        record.other = [response]
    else:
        record.other.append(response)


def _list(kept: "deque[Any]") -> list[Any]:
    while True:
        try:
            return list(kept)
        except RuntimeError:  # another thread has added to it meanwhile
            continue
