"""The load client: sends requests that are encoded already and looks only at result codes.

It is not measured, but it must not be slow either: a server that waits for its client serves one request at a turn,
however many are said to be under way. So an answer is not decoded; its headers say where it ends and what it is.
"""

import itertools
import select
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field

from fakeldapd.protocol.ber import header

SILENCE = 120.0
"""Seconds after which a server that doesn't answer is given up."""

_ENTRY, _REFERENCE, _INTERMEDIATE = 0x64, 0x73, 0x79


class Broken(Exception):
    """The server closed the connection, doesn't answer, or didn't take the administrator's bind."""


def read_answers(octets: bytes) -> tuple[list[int], int, bytes]:
    """The result codes in ``octets``, the number of entries, and what is left of a message that isn't whole yet."""
    codes: list[int] = []
    entries = at = 0
    size = len(octets)
    while at + 2 <= size:
        length, start = octets[at + 1], at + 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(octets[at + 2 : start], "big")
        if start + length > size:
            break
        operation = start + 2 + octets[start + 1]  # behind the messageID
        tag = octets[operation]
        if tag == _ENTRY:
            entries += 1
        elif tag not in (_REFERENCE, _INTERMEDIATE):
            long_form = octets[operation + 1]
            result = operation + 2 + (long_form & 0x7F if long_form & 0x80 else 0)
            codes.append(octets[result + 2])
        at = start + length
    return codes, entries, octets[at:]


class Link:
    """One connection and the requests that it has still to send."""

    def __init__(self, port: int, requests: Iterable[bytes] = ()) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), 30)
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = iter(requests)
        self._rest = b""
        self.entries = 0

    def fileno(self) -> int:
        """As a file's."""
        return self._socket.fileno()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def send(self, count: int) -> None:
        """The next ``count`` requests, if there are so many left."""
        octets = b"".join(itertools.islice(self._requests, count))
        if octets:
            self._socket.sendall(octets)

    def receive(self) -> list[int]:
        """The result codes of what has come, waiting for something to come. Raises Broken."""
        octets = self._socket.recv(1 << 18)
        if not octets:
            raise Broken("the server closed the connection")
        codes, entries, self._rest = read_answers(self._rest + octets if self._rest else octets)
        self.entries += entries
        return codes

    def ask(self, request: bytes) -> int:
        """The result code of one request. Raises Broken."""
        self._socket.sendall(request)
        while True:
            if not select.select([self], [], [], SILENCE)[0]:
                raise Broken("the server doesn't answer")
            if codes := self.receive():
                self.entries = 0
                return codes[0]

    def answer(self, request: bytes) -> bytes:
        """All that comes for one request, as octets. Raises Broken."""
        self._socket.sendall(request)
        octets = b""
        while True:
            if not select.select([self], [], [], SILENCE)[0]:
                raise Broken("the server doesn't answer")
            octets += self._socket.recv(1 << 18)
            codes, _, rest = read_answers(octets)
            if codes and not rest:
                if codes[0]:
                    raise Broken(f"the server answered {codes[0]}")
                return octets


def pages(port: int, ask: Callable[[bytes], bytes], count: int, bind: bytes, clock: Callable[[], float]) -> float:
    """The server's CPU seconds for each of ``count`` pages of one search; ``ask(cookie)`` is the request for the next.

    Raises Broken.
    """
    with closing(_bound(Link(port), bind)) as link:
        cookie = b""
        begun = clock()
        for _ in range(count):
            answer = link.answer(ask(cookie))
            cookie = _cookie(answer)
        return (clock() - begun) / count


def _cookie(answer: bytes) -> bytes:
    """The cookie in the control behind a SearchResultDone (RFC 2696): the last octet string of its value."""
    at = answer.rindex(b"1.2.840.113556.1.4.319") + len("1.2.840.113556.1.4.319")
    _, start, _ = header(answer, at)
    _, start, _ = header(answer, start)
    _, _, behind = header(answer, start)
    _, start, stop = header(answer, behind)
    return answer[start:stop]


def _bound(link: Link, bind: bytes | None) -> Link:
    if bind is not None and (code := link.ask(bind)):
        raise Broken(f"the administrator's bind got {code}")
    return link


def _readable(poll: "select.epoll") -> Iterator[int]:
    ready = poll.poll(SILENCE)
    if not ready:
        raise Broken("the server doesn't answer")
    return (descriptor for descriptor, _ in ready)


@dataclass(slots=True)
class Tally:
    """What a load run brought; ``cpu`` in seconds."""

    codes: Counter[int] = field(default_factory=Counter)
    entries: int = 0
    cpu: float = 0.0


def replay(
    port: int,
    requests: Sequence[bytes],
    *,
    connections: int,
    window: int,
    bind: bytes | None,
    clock: Callable[[], float],
) -> Tally:
    """Send ``requests``, spread over ``connections``, never more than ``window`` unanswered on any of them.

    ``bind`` is sent first on each, outside what ``clock``, the server's CPU time, measures. Raises Broken.
    """
    tally = Tally()
    with ExitStack() as stack:
        poll = stack.enter_context(select.epoll())
        links: dict[int, Link] = {}
        for number in range(connections):
            link = stack.enter_context(closing(Link(port, requests[number::connections])))
            links[link.fileno()] = _bound(link, bind)
            poll.register(link, select.EPOLLIN)
        begun = clock()
        for link in links.values():
            link.send(window)
        missing = len(requests)
        while missing > 0:
            for descriptor in _readable(poll):
                link = links[descriptor]
                if codes := link.receive():
                    link.send(len(codes))
                    tally.codes.update(codes)
                    missing -= len(codes)
        tally.cpu = clock() - begun
        tally.entries = sum(link.entries for link in links.values())
    return tally


def delays(port: int, work: Sequence[bytes], probes: Sequence[bytes], bind: bytes) -> tuple[list[float], int]:
    """What one client waits for while another keeps the server busy.

    One connection does ``work``, request after request; until that is done another asks ``probes``, one after another
    and over again. Gives the seconds that each probe took, and how many answers of either weren't success. Raises
    Broken.
    """
    took: list[float] = []
    wrong = 0
    with ExitStack() as stack:
        poll = stack.enter_context(select.epoll())
        worker, asker = (stack.enter_context(closing(Link(port, asked))) for asked in (work, itertools.cycle(probes)))
        for link in (worker, asker):
            poll.register(_bound(link, bind), select.EPOLLIN)
        missing = len(work)
        worker.send(1)
        asker.send(1)
        sent = time.perf_counter()
        while missing > 0:
            for descriptor in _readable(poll):
                link = asker if descriptor == asker.fileno() else worker
                codes = link.receive()
                now = time.perf_counter()
                wrong += any(codes)
                if not codes:
                    continue
                if link is worker:
                    missing -= 1
                else:
                    took.append(now - sent)
                    sent = now
                link.send(1)
    return took, wrong
