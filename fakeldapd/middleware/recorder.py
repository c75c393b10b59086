"""Every request and what came of it, kept for who asks afterwards.

What is done while an operation runs is little: a row is put into a ``Log``, with what is secret replaced by hashes (see
``secrets``), and gets its result when there is one. Names, text and other structure are made of it when somebody looks.
A log is bounded, the oldest rows go first.

A log has *epochs*: ``clear`` begins another one. A record belongs to the epoch in which its request came, so a request
that ends later, or hangs for ever, never shows up in a later one.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from fakeldapd.middleware.secrets import Secret, concealed, concealed_answer, known_to_be_secret
from fakeldapd.operations.request import Action, Entries, Handler, Pause, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.messages import (
    BindRequest,
    CompareRequest,
    Equality,
    Present,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
)
from fakeldapd.schema.dn import DN

LIMIT = 10_000
"""How many records a log keeps unless told otherwise."""

SENT = 20
"""Of how many entries of one answer a record keeps more than their number, unless told otherwise."""

Encoded: TypeAlias = tuple[bytes, tuple[bytes, ...]]
"""An entry that was sent: its DN and encoded PartialAttributes."""


class Peer:
    """A connection in a log. ``number`` counts from 1 in each epoch; ``unbound`` and ``closed`` say how it ended."""

    __slots__ = ("closed", "name", "number", "unbound")

    def __init__(self, number: int, name: str) -> None:
        self.number = number
        self.name = name
        self.unbound = False
        self.closed = False


Asker: TypeAlias = tuple[Peer, DN | None, bool, bool, int]
"""Who asks, what of a connection is the same for many requests: connection, identity (None: anonymous), whether that is
the administrator, whether by TLS, the security strength factor."""


# What a row holds, by position. A list takes a fraction of the time that an object with these attributes takes.
_NUMBER, _ASKER, _MESSAGE_ID, _OP, _CONTROLS, _AT, _BEGAN, _ENDED, _RESULT, _ENTRIES, _SENT, _OTHER, _BECAME = range(13)


def _of(position: int) -> Any:
    return property(lambda record: record.row[position])


def _of_asker(position: int) -> Any:
    return property(lambda record: record.row[_ASKER][position])


class Record:
    """One request: a row of a Log with names for what is in it. ``number`` counts from 1 in each epoch. Who asked
    (``identity``, None: anonymous) and whether by TLS is as it was when the request came.

    ``at`` is in seconds since the epoch by the directory's clock, ``began`` and ``ended`` (None: not yet) in seconds by
    one that only runs forward. ``result`` is the final response, ``entries`` how many were sent, ``sent`` the first of
    them, ``other`` whatever else the answer was made of, pauses left out.
    """

    __slots__ = ("row",)

    def __init__(self, row: list[Any]) -> None:
        self.row = row

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and self.row is other.row

    def __hash__(self) -> int:
        return id(self.row)

    number = _of(_NUMBER)
    message_id = _of(_MESSAGE_ID)
    op = _of(_OP)
    controls = _of(_CONTROLS)
    peer = _of_asker(0)
    identity = _of_asker(1)
    is_admin = _of_asker(2)
    tls = _of_asker(3)
    ssf = _of_asker(4)
    at = _of(_AT)
    began = _of(_BEGAN)
    ended = _of(_ENDED)
    result = _of(_RESULT)
    entries = _of(_ENTRIES)
    sent = _of(_SENT)
    other = _of(_OTHER)

    @property
    def became(self) -> DN | None:
        """The identity after a Bind."""
        became: tuple[DN | None] | None = self.row[_BECAME]
        found: DN | None = self.identity if became is None else became[0]
        return found


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
        self.rows: deque[list[Any]] = deque(maxlen=self.limit)
        self.peers: deque[Peer] = deque(maxlen=self.limit)
        self.epoch = object()
        self.seen = 0
        self._met = 0

    def hide(self, secret: bytes) -> Secret:
        """What is kept of a secret."""
        return Secret(secret, self.salt)

    def snapshot(self) -> list[Record]:
        """The records that are kept, oldest first. May be called from any thread."""
        return [Record(row) for row in _list(self.rows)]

    def connections(self) -> list[Peer]:
        """The connections that have asked for something in this epoch, in that order. May be called from any thread."""
        return _list(self.peers)

    def begin(self, session: Session, message_id: int, op: Any, controls: tuple[m.Control, ...]) -> list[Any]:
        """Keep a request that has come."""
        watched: Any = session.witness
        if watched is None or watched.epoch is not self.epoch:
            watched = self._meet(session)
        who = watched.asker
        if who[1] is not session.identity or who[3] is not session.tls or who[2] is not session.is_admin:
            who = watched.renew(session)
        kind = op.__class__
        if kind is SearchRequest:
            filter = op.filter
            of = filter.__class__
            if of is not Present and (of is not Equality or known_to_be_secret(filter.attribute) is not False):
                op = concealed(op, self.hide)
        elif kind is not CompareRequest or known_to_be_secret(op.attribute) is not False:
            op = concealed(op, self.hide)
        self.seen = number = self.seen + 1
        row = [number, who, message_id, op, controls, self.clock(), self.seconds(), None, None, 0, (), None, None]
        self.rows.append(row)
        return row

    def _meet(self, session: Session) -> "_Watched":
        self._met += 1
        peer = Peer(self._met, session.peer)
        self.peers.append(peer)
        watched = session.witness = _Watched(self, peer, session)
        return watched

    def wake(self) -> None:
        """Let those look who wait for something to happen."""
        if self.waiting:
            with self.changed:
                self.changed.notify_all()


class _Watched:
    """A connection being watched: the witness of its session."""

    __slots__ = ("_log", "asker", "epoch", "peer")

    def __init__(self, log: Log, peer: Peer, session: Session) -> None:
        self._log = log
        self.peer = peer
        self.epoch = log.epoch
        self.renew(session)

    def renew(self, session: Session) -> Asker:
        """Who asks from now on."""
        self.asker: Asker = (self.peer, session.identity, session.is_admin, session.tls, session.ssf)
        return self.asker

    def told(self, session: Session, op: m.RequestOp | None, message_id: int, controls: tuple[m.Control, ...]) -> None:
        """See Witness."""
        log = self._log
        if op is None:
            self.peer.closed = True
        else:
            row = log.begin(session, message_id, op, controls)
            row[_ENDED] = row[_BEGAN]
            if op.__class__ is m.UnbindRequest:
                row[_ASKER][0].unbound = True
        log.wake()


_PLAIN = frozenset((SearchResultDone, m.CompareResponse, m.ModifyResponse, m.AddResponse, m.DeleteResponse))
"""Final responses that hold no secret."""

_AT_ONCE = 4
"""So many actions are taken from the handler to see whether there are more: most answers have no more, and then there
needn't be a generator for them."""


def recorder(log: Log) -> Callable[[Handler], Handler]:
    """A middleware that keeps every request in ``log``, and what the handler answers."""

    def around(handler: Handler) -> Handler:
        def recorded(request: Request) -> Iterator[Action]:
            row = log.begin(request.session, request.message_id, request.op, request.controls)
            if log.waiting:
                log.wake()
            taken: list[Action] = []
            try:
                actions: Iterator[Any] = handler(request)
                for action in actions:
                    taken.append(action)
                    kind = action.__class__
                    if kind is Response and action.op.__class__ in _PLAIN:
                        row[_RESULT] = action
                    elif kind is Entries and not row[_ENTRIES] and len(action.entries) <= log.sent:
                        row[_SENT] = action.entries
                        row[_ENTRIES] = len(action.entries)
                    elif kind is not Pause:
                        _note(log, row, action)
                        if kind is not Response and kind is not Entries:
                            return _rest(log, row, request, taken, actions)
                    if len(taken) == _AT_ONCE:
                        return _rest(log, row, request, taken, actions)
            except BaseException:
                _end(log, row, request)
                raise
            if log.waiting or request.op.__class__ is BindRequest:
                _end(log, row, request)
            else:
                row[_ENDED] = log.seconds()
            return iter(taken)

        return recorded

    return around


def _rest(log: Log, row: list[Any], request: Request, taken: list[Action], rest: Iterator[Action]) -> Iterator[Action]:
    """An answer that takes longer: what has been taken of it, and then the rest."""
    try:
        yield from taken
        for action in rest:
            _note(log, row, action)
            yield action
    finally:
        _end(log, row, request)


def _end(log: Log, row: list[Any], request: Request) -> None:
    row[_ENDED] = log.seconds()
    if request.op.__class__ is BindRequest:
        row[_BECAME] = (request.session.identity,)
    if log.waiting:
        log.wake()


def _note(log: Log, row: list[Any], action: Action) -> None:
    """An action of the answer."""
    kind = action.__class__
    if kind is Entries:
        _note_entries(log, row, action.entries)  # type: ignore[union-attr]
    elif kind is Response:
        op = action.op  # type: ignore[union-attr]
        of = op.__class__
        if of is SearchResultEntry:
            _note_entries(log, row, ((op.dn, op.attributes),))  # type: ignore[union-attr]
        elif of is m.SearchResultReference or of is m.IntermediateResponse:
            _note_other(row, action)
        elif of is m.BindResponse or of is m.ExtendedResponse:
            answer = concealed_answer(row[_OP], op, log.hide)
            row[_RESULT] = action if answer is op else Response(answer, action.controls)  # type: ignore[union-attr]
        else:
            row[_RESULT] = action
    elif kind is not Pause:
        _note_other(row, action)


def _note_entries(log: Log, row: list[Any], entries: Sequence[Encoded]) -> None:
    before = row[_ENTRIES]
    row[_ENTRIES] = before + len(entries)
    if not before and len(entries) <= log.sent:
        row[_SENT] = entries
    elif before < log.sent:
        row[_SENT] = [*row[_SENT], *entries[: log.sent - before]]


def _note_other(row: list[Any], action: Action) -> None:
    if row[_OTHER] is None:
        row[_OTHER] = []
    row[_OTHER].append(action)


def _list(kept: "deque[Any]") -> list[Any]:
    while True:
        try:
            return list(kept)
        except RuntimeError:  # another thread has added to it meanwhile
            continue
