"""Assertions about what was asked, and what they say when they fail: the nearest requests there were, field by field.

They raise AssertionError for what was not as expected, ValueError or TypeError where the expectation itself makes no
sense.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack

from fakeldapd.double.criteria import Afterwards
from fakeldapd.double.recorded import RecordedRequest
from fakeldapd.double.requests import RequestLog, Requests, given
from fakeldapd.double.wanted import Ops, Wanted
from fakeldapd.middleware.recorder import Peer

if TYPE_CHECKING:
    from fakeldapd.double.lint import Report

NEAREST = 3
"""How many near misses a failed assertion shows."""

_COMPARED = 500  # among so many of the last it looks for them

Step: TypeAlias = "str | tuple[str, Mapping[str, Any]]"
"""A step of ``assert_order``: an operation, or one with criteria."""


def assert_requested(requests: Requests, op: Ops, times: int | None, criteria: Mapping[str, Any]) -> None:
    """There were ``times`` such requests; None: one or more."""
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 0):
        raise ValueError(f"times={times!r}: a number is expected, or None for one or more")
    wanted = requests.wanted(op, criteria)
    found = [request for request in requests if wanted.fits(request)]
    if (times is None and found) or len(found) == times:
        return
    if times is not None and len(found) > times:
        raise AssertionError(_too_many(wanted, found, times))
    raise AssertionError(not_seen(requests, wanted, 1 if times is None else times))


def _too_many(wanted: Wanted, found: Sequence[RecordedRequest], times: int) -> str:
    expected = "none was" if times == 0 else f"{times} {'was' if times == 1 else 'were'}"
    return "\n".join([f"{len(found)} times: {wanted}; {expected} expected", *_lines(found)])


def not_seen(requests: Requests, wanted: Wanted, times: int, answered: bool = True) -> str:
    """What to say where too few requests fit: which did, and which nearly did."""
    there = list(requests)
    found = [request for request in there if wanted.fits(request)]
    lines = [f"{len(found) or 'no'} {wanted}; {times} {'was' if times == 1 else 'were'} expected", *_lines(found)]
    running = [request for request in found if not request.is_over]
    if answered and running:
        lines.append(f"{len(running)} of them have come and have no answer yet; answered=False waits for no answer")
    of_op = [request for request in there if wanted.of_operation(request)]
    lines.append(_seen(requests, there, of_op, wanted.operations.said))
    known = {request.number for request in found}
    others = [request for request in of_op or there if request.number not in known][-_COMPARED:]
    misses = sorted(others, key=lambda request: _nearness(wanted, request), reverse=True)[:NEAREST]
    if misses:
        lines.append("nearest:")
    for request in misses:
        lines += _miss(wanted, request)
    return "\n".join(lines)


def _lines(found: Sequence[RecordedRequest], most: int = 10) -> list[str]:
    more = [f"  ... and {len(found) - most} more"] if len(found) > most else []
    return [f"  {request}" for request in found[:most]] + more


def _seen(requests: Requests, there: Sequence[RecordedRequest], of_op: Sequence[RecordedRequest], op: str) -> str:
    if not there:
        return "no request was seen at all"
    said = f"{len(there)} {'request was' if len(there) == 1 else 'requests were'} seen"
    if op:
        said += f", of these {op}: {len(of_op) or 'none'}"
    if isinstance(requests, RequestLog) and requests.dropped:
        said += f"; {requests.dropped} older ones are no longer kept"
    return said


def _nearness(wanted: Wanted, request: RecordedRequest) -> tuple[int, float, int]:
    """How many criteria fit (what was asked counts more than what came of it), how alike the others are, which came
    last.
    """
    differences = wanted.differences(request)
    likeness = sum(_alike(each.wanted, each.was) for each in differences if not each.fits)
    return sum((2 if each.name != "code" else 1) * each.fits for each in differences), likeness, request.number


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()


def _miss(wanted: Wanted, request: RecordedRequest) -> list[str]:
    lines = [f"  {request}"]
    if not wanted.of_operation(request):
        return lines
    for each in wanted.differences(request):
        if each.fits:
            lines.append(f"      {each.name}: as expected")
        else:
            lines += [
                f"      {each.name}: expected {each.wanted}",
                f"      {' ' * len(each.name)}       was {each.was}",
            ]
    return lines


def assert_no_writes(requests: Requests) -> None:
    """Nothing was asked that changes the directory, whether or not it succeeded."""
    writes = list(requests.writes)
    if writes:
        raise AssertionError(
            "\n".join([f"{len(writes)} that would change the directory; none was expected", *_lines(writes)])
        )


def assert_no_requests(requests: Requests) -> None:
    """Nothing was asked at all."""
    there = list(requests)
    if there:
        raise AssertionError("\n".join([f"{len(there)} requests; none was expected", *_lines(there)]))


def assert_order(requests: Requests, steps: Sequence[Step]) -> None:
    """There were requests that fit the steps, one behind the other; others may be between."""
    rest = list(requests)
    before: RecordedRequest | None = None
    for place, step in enumerate(steps, 1):
        op, criteria = (step, {}) if isinstance(step, str) else step
        wanted = requests.wanted(op, criteria)
        at = next((index for index, request in enumerate(rest) if wanted.fits(request)), None)
        if at is None:
            earlier = [r for r in requests if wanted.fits(r)]
            said = f"step {place}, {wanted}: not there" + (f" behind\n  {before}" if before is not None else "")
            if earlier:
                said += "\nonly before:\n" + "\n".join(_lines(earlier))
            raise AssertionError(f"{said}\nthis is the order there was:\n" + "\n".join(_lines(list(requests), 50)))
        before = rest[at]
        rest = rest[at + 1 :]


def assert_unbound(requests: RequestLog, timeout: float) -> None:
    """Every connection has said goodbye with an Unbind. One that is open gets ``timeout`` seconds for it, since an
    Unbind has no answer that a client could wait for. One that has asked for nothing may also be closed without: that
    is how ports are probed.
    """
    log = requests.log

    def settled() -> bool:
        return all(peer.unbound or peer.closed for peer in log.connections())

    log.wait(settled, timeout)
    leaked = [peer for peer in log.connections() if not peer.unbound and (peer.asked or not peer.closed)]
    if leaked:
        lines = [f"{len(leaked)} of {len(log.connections())} connections had no Unbind"]
        for peer in leaked:
            lines += _connection(requests, peer)
        raise AssertionError("\n".join(lines))


def _connection(requests: Requests, peer: Peer) -> list[str]:
    asked = [request for request in requests if request.connection == peer.number]
    state = "closed without one" if peer.closed else "still open"
    count = f"{len(asked)} requests" if peer.asked else "it has asked for nothing"
    lines = [f"  connection {peer.number} from {peer.name or 'this process'}, {state}: {count}"]
    return lines + ([f"    the first: {asked[0]}", f"    the last:  {asked[-1]}"] if asked else [])


class Verification:
    """What may be asserted of a directory's requests, and looked for in them: a part of FakeDirectory.

    ``times`` is how often exactly; without it, once or more. Changes and binds must have succeeded, unless ``code``
    says what came of them (None: anything). All other criteria are those of ``directory.requests``.
    """

    @property
    def requests(self) -> RequestLog:
        """The requests that are spoken of."""
        raise AttributeError("requests")

    _within: Callable[[Callable[[], None]], None]

    def assert_requested(self, op: Ops = None, *, times: int | None = None, **criteria: Unpack[Afterwards]) -> None:
        """There was such a request."""
        assert_requested(self.requests, op, times, criteria)

    def assert_bound(
        self, dn: str | None = None, /, *, times: int | None = None, **criteria: Unpack[Afterwards]
    ) -> None:
        """There was such a bind."""
        assert_requested(self.requests, "bind", times, _done(criteria, dn))

    def assert_searched(
        self,
        base: str | None = None,
        filter: str | None = None,
        /,
        *,
        times: int | None = None,
        **criteria: Unpack[Afterwards],
    ) -> None:
        """There was such a search."""
        assert_requested(self.requests, "search", times, given(criteria, base=base, filter=filter))

    def assert_compared(
        self, dn: str | None = None, /, *, times: int | None = None, **criteria: Unpack[Afterwards]
    ) -> None:
        """There was such a comparison."""
        assert_requested(self.requests, "compare", times, given(criteria, dn=dn))

    def assert_added(
        self, dn: str | None = None, /, *, times: int | None = None, **criteria: Unpack[Afterwards]
    ) -> None:
        """There was such an addition."""
        assert_requested(self.requests, "add", times, _done(criteria, dn))

    def assert_modified(
        self, dn: str | None = None, /, *, times: int | None = None, **criteria: Unpack[Afterwards]
    ) -> None:
        """There was such a modification."""
        assert_requested(self.requests, "modify", times, _done(criteria, dn))

    def assert_renamed(
        self, dn: str | None = None, /, *, times: int | None = None, **criteria: Unpack[Afterwards]
    ) -> None:
        """There was such a rename."""
        assert_requested(self.requests, "rename", times, _done(criteria, dn))

    def assert_deleted(
        self, dn: str | None = None, /, *, times: int | None = None, **criteria: Unpack[Afterwards]
    ) -> None:
        """There was such a deletion."""
        assert_requested(self.requests, "delete", times, _done(criteria, dn))

    def assert_no_writes(self) -> None:
        """Nothing was asked that changes the directory."""
        assert_no_writes(self.requests)

    def assert_no_requests(self) -> None:
        """Nothing was asked at all."""
        assert_no_requests(self.requests)

    def assert_order(self, *steps: Step) -> None:
        """Requests came in this order, others maybe between them: ``("bind", ("search", {"filter": "(uid=ada)"}))``."""
        assert_order(self.requests, steps)

    def assert_unbound(self, *, timeout: float = 1.0) -> None:
        """No connection was left without an Unbind; the last of them have ``timeout`` seconds."""
        for _ in range(2):  # a server has looked for new connections between one and the other
            self._within(lambda: None)
        assert_unbound(self.requests, timeout)

    def wait_for(
        self,
        op: Ops = None,
        *,
        timeout: float = 5.0,
        answered: bool = True,
        count: int = 1,
        **criteria: Unpack[Afterwards],
    ) -> RecordedRequest:
        """Wait until such a request has come, and give it. Raises TimeoutError with what has come instead."""
        return self.requests.wait_for(op, timeout=timeout, answered=answered, count=count, **criteria)

    def lint(self, *, large: int = 500, ignore: Iterable[str] = ()) -> "Report":
        """What clients did that works here and hurts in production; see ``fakeldapd.double.lint``. ``large`` is from
        how many entries on an answer should come in pages, ``ignore`` names checks to leave out. Raises ValueError.
        """
        from fakeldapd.double.lint import lint

        return lint(self.requests, large=large, ignore=ignore)


def _done(criteria: Afterwards, dn: str | None) -> Afterwards:
    """With the code of success, unless another one is said, or (None) any."""
    found = given(criteria, dn=dn)
    found.setdefault("code", 0)
    if found["code"] is None:
        del found["code"]
    return found
