"""Faults on demand: what a server does only when something has gone wrong.

A fault is a rule with an action, one row of ``ACTIONS``: a generator that performs it in the place of the handler, or
around it. Everything is said in actions, so that a fault is the same on a socket and without one, and a test of it
compares lists.

Of the rules that are in force the first that takes a request acts, alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from fakeldapd.middleware.rules import Rule, Rules
from fakeldapd.operations.request import (
    Action,
    Delay,
    Disconnect,
    Entries,
    Handler,
    Middleware,
    Raw,
    Request,
    Response,
    Signal,
    StartTLS,
    Wait,
    failure,
)
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import encode_message, notice_of_disconnection
from fakeldapd.protocol.result import LDAPError

GARBAGE = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
)
"""What isn't LDAP: the server of something else listens at this port."""

UNANSWERED = (m.UnbindRequest, m.AbandonRequest)
"""What has no answer: of the actions only some can happen to it."""

ANOTHER_ID = 1000
"""How far the message id of ``wrong-id`` is from the right one."""


class Fault(Rule):
    """A rule and what happens to what it takes.

    ``code``, ``text``, ``matched_dn`` and ``referral`` are the answer's; ``delay`` gives seconds, each time anew;
    ``after_entries``: so many entries of the real answer first; ``performed``: the operation is done, only its answer
    isn't sent; ``octets`` what ``garbage`` sends; ``size_limit`` in entries.
    """

    word = "fault"

    def __init__(
        self,
        action: str,
        *,
        code: int = 0,
        text: str = "",
        matched_dn: bytes = b"",
        referral: tuple[bytes, ...] = (),
        delay: Callable[[], float] | None = None,
        after_entries: int | None = None,
        performed: bool = False,
        octets: bytes = GARBAGE,
        size_limit: int = 0,
        **rule: Any,
    ) -> None:
        super().__init__(**rule)
        self.action = action
        self.code = code
        self.text = text
        self.matched_dn = matched_dn
        self.referral = referral
        self.delay = delay
        self.after_entries = after_entries
        self.performed = performed
        self.octets = octets
        self.size_limit = size_limit
        self._hanging: set[Signal] = set()

    def perform(self, handler: Handler, request: Request) -> Iterator[Action]:
        """What happens to a request that was taken."""
        if self.delay is not None:
            yield Delay(self.delay())
        yield from ACTIONS[self.action].perform(self, handler, request)

    def hang(self) -> Iterator[Action]:
        """Nothing more, until ``let_go``."""
        signal = Signal()
        self._hanging.add(signal)
        try:
            yield Wait(signal)
        finally:
            self._hanging.discard(signal)

    def let_go(self) -> None:
        """End what hangs, without an answer: to be called where requests are handled."""
        for signal in list(self._hanging):
            signal.fire()


def faults(rules: Rules[Fault]) -> Middleware:
    """The middleware of these rules, as they are at the time of a request."""

    def middleware(handler: Handler) -> Handler:
        def faulty(request: Request) -> Iterator[Action]:
            for fault in rules.by_kind.get(request.op.__class__, ()):
                if fault.takes(request):
                    return fault.perform(handler, request)
            return handler(request)

        return faulty

    return middleware


# --- the answer's pieces ----------------------------------------------------------------------------------------------


def end_identity(request: Request) -> None:
    """Be anonymous, where a Bind is answered without being performed (RFC 4513 section 4)."""
    if type(request.op) is m.BindRequest:
        request.session.become(None)
        if request.session.sasl is not None:
            request.session.sasl.bind_begins()


def messages(handler: Handler, request: Request, message_id: int) -> Iterator[Action]:
    """The answer with each message as Raw octets, under that message id."""
    for action in handler(request):
        if type(action) is Entries:
            for response in action.responses():
                yield Raw(encode_message(message_id, response.op))
        elif type(action) is Response:
            yield Raw(encode_message(message_id, action.op, action.controls))
        else:
            yield action


def _before(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    """What precedes the fault: some entries, or the operation without its answer."""
    if fault.after_entries is not None:
        yield from _first(fault.after_entries, handler(request))
    elif fault.performed:
        for action in handler(request):
            if type(action) not in (Response, Entries, Raw):
                yield action
    else:
        end_identity(request)


def _first(left: int, actions: Iterator[Action]) -> Iterator[Action]:
    """So many entries, or all that there are."""
    if not left:
        return
    for action in actions:
        if type(action) is Entries:
            action = Entries(action.entries[:left])
            left -= len(action.entries)
        elif type(action) is Response:
            if isinstance(action.op, m.LDAPResult):
                return
            left -= type(action.op) is m.SearchResultEntry
        yield action
        if not left:
            return


def _last_changed(actions: Iterable[Action], change: Callable[[bytes], Iterable[Action]]) -> Iterator[Action]:
    """Raw messages as they are, but for the last."""
    held: Raw | None = None
    for action in actions:
        if type(action) is Raw:
            if held is not None:
                yield held
            held = action
            continue
        if held is not None and type(action) in (StartTLS, Disconnect):
            yield from change(held.octets)
            held = None
        yield action
    if held is not None:
        yield from change(held.octets)


def _spoilt(fault: Fault, handler: Handler, request: Request, change: Callable[[bytes], bytes]) -> Iterator[Action]:
    """The answer up to one message, which is the last or that behind ``after_entries``, and that one spoilt."""
    yield from _last_changed(
        _up_to(fault.after_entries, messages(handler, request, request.message_id)),
        lambda octets: (Raw(change(octets)),),
    )


def _up_to(number: int | None, actions: Iterable[Action]) -> Iterator[Action]:
    """The first so many messages and one more, or all (None: in any case)."""
    left = number
    for action in actions:
        yield action
        if left is not None and type(action) is Raw:
            if not left:
                return
            left -= 1


def _half(octets: bytes) -> bytes:
    return octets[: len(octets) // 2]


def _corrupted(octets: bytes) -> bytes:
    """The message with an octet inside of its protocolOp that no BER has there: a length of 0xFF (X.690 section
    8.1.3.5). Where the message ends can still be told.
    """
    at = _contents(octets, 0)
    at = _contents(octets, at) + octets[at + 1]  # behind the messageID
    at = _contents(octets, at)
    return octets[: at + 1] + b"\xff" + octets[at + 2 :]


def _contents(octets: bytes, at: int) -> int:
    """Where the contents of the element begin that begins at ``at``."""
    first = octets[at + 1]
    return at + 2 + (first & 0x7F if first & 0x80 else 0)


# --- the actions ------------------------------------------------------------------------------------------------------


def _error(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    yield from _before(fault, handler, request)
    error = LDAPError(fault.code, fault.text, matched_dn=fault.matched_dn, referral=fault.referral)
    yield Response(failure(request.op, error))


def _delay(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    return handler(request)


def _hang(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    yield from _before(fault, handler, request)
    yield from fault.hang()


def _drop(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    yield from _before(fault, handler, request)
    yield Disconnect()


def _reset(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    yield from _before(fault, handler, request)
    yield Disconnect(abort=True)


def _drop_after(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    yield from handler(request)
    yield Disconnect()


def _reset_after(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    yield from handler(request)
    yield Disconnect(abort=True)


def _notice(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    yield from _before(fault, handler, request)
    yield Raw(notice_of_disconnection(fault.code, fault.text))
    yield Disconnect()


def _truncate(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    yield from _spoilt(fault, handler, request, _half)
    yield from fault.hang()
    yield Disconnect()  # the connection is of no use any more


def _drop_midway(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    yield from _spoilt(fault, handler, request, _half)
    yield Disconnect()


def _corrupt(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    return _spoilt(fault, handler, request, _corrupted)


def _garbage(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    yield from _before(fault, handler, request)
    yield Raw(fault.octets)
    if type(request.op) in UNANSWERED:
        yield from handler(request)


def _ignore(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    return iter(())


def _wrong_id(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    return messages(handler, request, request.message_id + ANOTHER_ID)


def _duplicate(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    actions = messages(handler, request, request.message_id)
    return _last_changed(actions, lambda octets: (Raw(octets), Raw(octets)))


def _entry_after_done(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    """An entry that was found comes once more; where none was, the base without attributes."""
    base = request.op.base if isinstance(request.op, m.SearchRequest) else b""
    late = Response(m.SearchResultEntry(base, ()))
    for action in handler(request):
        if type(action) is Entries and action.entries:
            late = Response(m.SearchResultEntry(*action.entries[-1]))
        elif type(action) is Response and type(action.op) is m.SearchResultEntry:
            late = action
        yield action
    yield late


def _single_octets(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    for action in messages(handler, request, request.message_id):
        yield Raw(action.octets, apart=True) if type(action) is Raw else action


def _size_limit(fault: Fault, handler: Handler, request: Request) -> Iterator[Action]:
    op = request.op
    assert isinstance(op, m.SearchRequest)
    limit = min(op.size_limit or fault.size_limit, fault.size_limit)
    return handler(Request(request.session, request.message_id, replace(op, size_limit=limit), request.controls))


Perform: TypeAlias = Callable[[Fault, Handler, Request], Iterator[Action]]


@dataclass(frozen=True, slots=True)
class Row:
    """One action: how it is performed, what it is, the arguments it takes beside ``delay``, those it needs, and the
    kinds of requests it is for (none: all that have an answer), ``also`` those without one."""

    perform: Perform
    what: str
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    kinds: tuple[type, ...] = ()
    also: tuple[type, ...] = ()


_PARTLY = ("after_entries", "performed")
_SEARCH = (m.SearchRequest,)

ACTIONS: Mapping[str, Row] = {
    "error": Row(
        _error, "answers with a result code", ("code", "text", "matched_dn", "referral", *_PARTLY), needs=("code",)
    ),
    "delay": Row(_delay, "takes its time, then answers as always", needs=("delay",), also=UNANSWERED),
    "hang": Row(_hang, "never answers", _PARTLY),
    "drop": Row(_drop, "closes the connection instead of an answer", _PARTLY, also=(m.AbandonRequest,)),
    "reset": Row(_reset, "resets the connection (RST) instead of an answer", _PARTLY, also=UNANSWERED),
    "drop-after": Row(_drop_after, "answers, then closes the connection"),
    "reset-after": Row(_reset_after, "answers, then resets the connection (RST)"),
    "notice": Row(_notice, "sends a Notice of Disconnection, then closes", ("code", "text", *_PARTLY), also=UNANSWERED),
    "truncate": Row(_truncate, "sends half a message, and never the rest", ("after_entries",)),
    "drop-midway": Row(_drop_midway, "sends half a message, then closes the connection", ("after_entries",)),
    "corrupt": Row(_corrupt, "sends a message of the right length with broken BER in it", ("after_entries",)),
    "garbage": Row(_garbage, "sends something that isn't LDAP", ("octets", *_PARTLY), also=UNANSWERED),
    "wrong-id": Row(_wrong_id, "answers under another message id"),
    "duplicate": Row(_duplicate, "sends the final answer twice"),
    "entry-after-done": Row(_entry_after_done, "sends an entry behind the end of a search", kinds=_SEARCH),
    "single-octets": Row(_single_octets, "sends the answer octet by octet"),
    "size-limit": Row(
        _size_limit, "finds no more entries than this", ("size_limit",), needs=("size_limit",), kinds=_SEARCH
    ),
    "ignore": Row(_ignore, "goes on as if nothing had come", kinds=UNANSWERED, also=UNANSWERED),
}
"""What a fault may do, by name."""
