"""Every request and what came of it, kept for who asks afterwards.

What is done while an operation runs is little: a row is put into a ``Log``, with the octets that the request came as,
and gets its result when there is one. Values, names, text are made of it when somebody looks. Only what is secret is
replaced by hashes at once (see ``secrets``), so that it isn't in memory any longer than it has to be. A log is bounded,
the oldest rows go first.

A log has *epochs*: ``clear`` begins another one. A record belongs to the epoch in which its request came, so a request
that ends later, or hangs for ever, never shows up in a later one.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from fakeldapd.middleware.secrets import (
    ASSERTING,
    SHOWING,
    Secret,
    asks_for_secret,
    bind_later,
    blotted,
    concealed,
    concealed_answer,
    concealed_controls,
    later,
    secrets_of,
)
from fakeldapd.operations.request import Action, Entries, Handler, Pause, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.decode import decode_message
from fakeldapd.protocol.messages import (
    BindRequest,
    BindResponse,
    LDAPMessage,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    SimpleAuthentication,
)
from fakeldapd.schema.dn import DN

_T = TypeVar("_T")

LIMIT = 10_000
"""How many records a log keeps unless told otherwise."""

SENT = 20
"""Of how many entries of one answer a record keeps more than their number, unless told otherwise."""

Encoded: TypeAlias = tuple[bytes, tuple[bytes, ...]]
"""An entry that was sent: its DN and encoded PartialAttributes."""


class Going(Protocol):
    """How a clock goes for a while."""

    def at(self, now: float) -> float:
        """What it shows when the machine's shows ``now``, both in seconds since the epoch."""
        ...


class Timepiece(Protocol):
    """A clock whose ``state`` is another one whenever it is moved: a request is kept with that, and what time it was is
    worked out when somebody asks.
    """

    @property
    def state(self) -> Going:
        """How it goes now."""
        ...


class Machine:
    """The machine's clock."""

    @property
    def state(self) -> "Machine":
        """See Timepiece."""
        return self

    def at(self, now: float) -> float:
        """See Going."""
        return now


class Peer:
    """A connection in a log. ``number`` counts from 1 in each epoch; ``asked`` says whether it has asked for anything,
    ``unbound`` and ``closed`` how it ended. ``ahead`` is by how much the machine's clock is ahead of the one that
    durations are measured by.
    """

    __slots__ = ("ahead", "asked", "closed", "name", "number", "unbound")

    def __init__(self, number: int, name: str, ahead: float) -> None:
        self.number = number
        self.name = name
        self.ahead = ahead
        self.asked = False
        self.unbound = False
        self.closed = False


# What a row holds, by position. A list takes a fraction of the time that an object with these attributes takes.
_NUMBER, _PEER, _IDENTITY, _IS_ADMIN, _TLS, _SSF, _ASKED, _GOING, _BEGAN, _ENDED = range(10)
_RESULT, _SENT, _ENTRIES, _OTHER, _BECAME = range(10, 15)


def _of(position: int) -> Any:
    return property(lambda record: record.row[position])


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
    peer = _of(_PEER)
    identity = _of(_IDENTITY)
    is_admin = _of(_IS_ADMIN)
    tls = _of(_TLS)
    ssf = _of(_SSF)
    began = _of(_BEGAN)
    ended = _of(_ENDED)
    result = _of(_RESULT)
    sent = _of(_SENT)
    other = _of(_OTHER)

    @property
    def at(self) -> float:
        """When it came."""
        when: float = self.row[_GOING].at(self.row[_BEGAN] + self.row[_PEER].ahead)
        return when

    @property
    def entries(self) -> int:
        """How many entries were sent."""
        return self.row[_ENTRIES] or len(self.row[_SENT])

    @property
    def asked(self) -> LDAPMessage:
        """What came, with nothing secret in it. It is made of what was kept when somebody asks for the first time."""
        asked = self.row[_ASKED]
        if asked.__class__ is bytes:
            asked = self.row[_ASKED] = decode_message(asked, max_filter_depth=len(asked))
        elif asked.__class__ is tuple:
            asked = self.row[_ASKED] = later(asked)
        return asked  # type: ignore[no-any-return]

    @property
    def message_id(self) -> int:
        """The messageID."""
        return self.asked.message_id

    @property
    def op(self) -> Any:
        """The request."""
        return self.asked.op

    @property
    def controls(self) -> tuple[m.Control, ...]:
        """The controls it came with."""
        return self.asked.controls

    @property
    def became(self) -> DN | None:
        """The identity after a Bind."""
        found: DN | None = self.row[_BECAME] if self.ended is not None and self._is_bind else self.identity
        return found

    @property
    def _is_bind(self) -> bool:
        return self.op.__class__ is BindRequest


class Log:
    """The records of one directory. ``clock`` is what it goes by (None: the machine's), ``seconds`` what durations are
    measured by. ``seen`` is how many requests there have been in this epoch, those that are no longer kept included.
    ``sent`` is of how many entries of an answer more is kept than their number.
    """

    def __init__(
        self,
        limit: int = LIMIT,
        clock: Timepiece | None = None,
        seconds: Callable[[], float] = time.perf_counter,
        sent: int = SENT,
    ) -> None:
        if limit < 1:
            raise ValueError(f"limit={limit}: a log keeps one request at least")
        self.limit = limit
        self.sent = sent
        self.clock = clock or Machine()
        self.seconds = seconds
        self.salt = os.urandom(8)
        self.changed = threading.Condition()
        self.waiting = 0
        """How many threads wait for ``changed``: while nobody does, nobody is told."""
        Log.clear(self)

    def clear(self) -> None:
        """Begin another epoch, with nothing in it."""
        self.rows: deque[list[Any]] = deque(maxlen=self.limit)
        self.peers: deque[Peer] = deque(maxlen=self.limit)
        self.epoch = object()
        self.seen = 0
        self._met = 0

    def hide(self, secret: bytes) -> Secret:
        """What is kept of a secret."""
        return Secret.of(secret, self.salt)

    def snapshot(self) -> list[Record]:
        """The records that are kept, oldest first. May be called from any thread."""
        return [Record(row) for row in _list(self.rows)]

    def connections(self) -> list[Peer]:
        """The connections that have come in this epoch, or asked for something, in that order. May be called from any
        thread.
        """
        return _list(self.peers)

    def begin(self, request: Request) -> list[Any]:
        """Keep a request that has come: as the octets that it came as, or what is left of it without its secrets."""
        session = request.session
        watched: Any = session.witness
        if watched is None or watched.epoch is not self.epoch:
            watched = self._first_of(session)
        op: Any = request.op
        kind = op.__class__
        asked: Any = request.octets
        if kind is SearchRequest:
            if asks_for_secret(op.filter):
                asked = None
        elif kind is BindRequest and op.authentication.__class__ is SimpleAuthentication:
            if op.authentication.password:
                asked = bind_later(request.message_id, op, request.controls, self.salt)
        elif secrets := secrets_of(op):
            asked = blotted(asked, secrets, self.salt)
        elif secrets is None:
            asked = None
        controls = request.controls
        if controls:
            controls = concealed_controls(controls, ASSERTING, self.hide)
        if not asked or controls is not request.controls:
            asked = LDAPMessage(request.message_id, concealed(op, self.hide), controls)
        self.seen = number = self.seen + 1
        row = [
            number,
            watched.peer,
            session.identity,
            session.is_admin,
            session.tls,
            session.ssf,
            asked,
            self.clock.state,
            self.seconds(),
            None,
            None,
            (),
            0,
            None,
            None,
        ]
        self.rows.append(row)
        return row

    def opened(self, session: Session) -> None:
        """A connection has come. One that isn't told of is met when it asks for something."""
        self._meet(session)

    def _meet(self, session: Session) -> "_Watched":
        self._met += 1
        peer = Peer(self._met, session.peer, time.time() - self.seconds())
        self.peers.append(peer)
        watched = session.witness = _Watched(self, peer)
        return watched

    def _first_of(self, session: Session) -> "_Watched":
        """A connection asks for the first time in this epoch."""
        watched: Any = session.witness
        if watched is None or watched.came is not self.epoch:
            watched = self._meet(session)
        watched.peer.asked = True
        watched.epoch = self.epoch
        return watched  # type: ignore[no-any-return]

    def wait(self, until: Callable[[], _T], timeout: float) -> _T:
        """Wait until that gives something true, at most ``timeout`` seconds, and give what it gave last. It is called
        again whenever something has happened.
        """
        with self.changed:
            self.waiting += 1
            try:
                return self.changed.wait_for(until, timeout)
            finally:
                self.waiting -= 1

    def wake(self) -> None:
        """Let those look who wait for something to happen."""
        if self.waiting:
            with self.changed:
                self.changed.notify_all()


class _Watched:
    """A connection being watched: the witness of its session. ``came`` is the epoch in which it came, ``epoch`` that
    in which it has asked for something.
    """

    __slots__ = ("_log", "came", "epoch", "peer")

    def __init__(self, log: Log, peer: Peer) -> None:
        self._log = log
        self.peer = peer
        self.came = log.epoch
        self.epoch: object = None

    def told(self, session: Session, op: m.RequestOp | None, message_id: int, controls: tuple[m.Control, ...]) -> None:
        """See Witness."""
        log = self._log
        if op is None:
            self.peer.closed = True
        else:
            row = log.begin(Request(session, message_id, op, controls))
            row[_ENDED] = row[_BEGAN]
            if op.__class__ is m.UnbindRequest:
                row[_PEER].unbound = True
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
            op = request.op
            row = log.begin(request)
            if log.waiting:
                log.wake()
            taken: list[Action] = []
            try:
                actions: Iterator[Any] = handler(request)
                for action in actions:
                    taken.append(action)
                    kind = action.__class__
                    if kind is Response:
                        of = action.op.__class__
                        if action.controls:
                            _note(log, row, op, action)
                        elif of in _PLAIN or (of is BindResponse and action.op.server_sasl_creds is None):
                            row[_RESULT] = action
                        else:
                            _note(log, row, op, action)
                    elif kind is Entries:
                        if row[_SENT] or len(action.entries) > log.sent:
                            _note(log, row, op, action)
                        else:
                            row[_SENT] = action.entries
                    elif kind is not Pause:
                        _note(log, row, op, action)
                        return _rest(log, row, request, taken, actions)
                    if len(taken) == _AT_ONCE:
                        return _rest(log, row, request, taken, actions)
            except BaseException:
                _end(log, row, request)
                raise
            if op.__class__ is BindRequest:
                row[_BECAME] = request.session.identity
            row[_ENDED] = log.seconds()
            if log.waiting:
                log.wake()
            return iter(taken)

        return recorded

    return around


def _rest(log: Log, row: list[Any], request: Request, taken: list[Action], rest: Iterator[Action]) -> Iterator[Action]:
    """An answer that takes longer: what has been taken of it, and then the rest."""
    try:
        yield from taken
        for action in rest:
            _note(log, row, request.op, action)
            yield action
    finally:
        _end(log, row, request)


def _end(log: Log, row: list[Any], request: Request) -> None:
    if request.op.__class__ is BindRequest:
        row[_BECAME] = request.session.identity
    row[_ENDED] = log.seconds()
    if log.waiting:
        log.wake()


def _note(log: Log, row: list[Any], asked: m.RequestOp, action: Action) -> None:
    """An action of the answer to what was asked."""
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
        else:
            answer = concealed_answer(asked, op, log.hide)
            controls = concealed_controls(action.controls, SHOWING, log.hide)  # type: ignore[union-attr]
            row[_RESULT] = Response(answer, controls)
    elif kind is not Pause:
        _note_other(row, action)


def _note_entries(log: Log, row: list[Any], entries: Sequence[Encoded]) -> None:
    before = row[_ENTRIES] or len(row[_SENT])
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
