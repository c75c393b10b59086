"""Steps for searches with controls that order, page and trim.

Their answers have entries in the order they came, and cookies and contexts not as octets, which no two servers share.
"""

from collections.abc import Callable, Sequence

from oracle import wire
from oracle.client import Answer, Client, show
from oracle.steps import PEOPLE, SCOPES, Step
from oracle.wire import Octets

PAGED = "1.2.840.113556.1.4.319"
SORT = "1.2.840.113556.1.4.473"
SORTED = "1.2.840.113556.1.4.474"
VLV = "2.16.840.1.113730.3.4.9"
VLV_RESPONSE = "2.16.840.1.113730.3.4.10"

Controls = Sequence[bytes]

COOKIES = {b"": "none", b"\xff" * 8: "ones", bytes(8): "zeros"}
"""Cookies that mean something by themselves."""


def page(size: int, cookie: bytes = b"", critical: bool | None = True) -> bytes:
    """The paged results control."""
    return wire.control(PAGED, critical, wire.sequence(wire.integer(size), wire.octets(cookie)))


def key(name: Octets, rule: Octets | None = None, reverse: bool | None = None) -> bytes:
    """One key of the sort control."""
    parts = [wire.octets(name)]
    parts += [] if rule is None else [wire.octets(rule, 0x80)]
    parts += [] if reverse is None else [wire.boolean(reverse, 0x81)]
    return wire.sequence(*parts)


def sort(*keys: bytes, critical: bool | None = True) -> bytes:
    """The sort control."""
    return wire.control(SORT, critical, wire.sequence(*keys))


def window(
    before: int,
    after: int,
    target: tuple[int, int] | Octets,
    context: bytes | None = None,
    critical: bool | None = True,
) -> bytes:
    """The virtual list view control; ``target`` is (offset, count) or a value."""
    if isinstance(target, tuple):
        choice = wire.sequence(*map(wire.integer, target), tag=0xA0)
    else:
        choice = wire.octets(target, 0x81)
    rest = b"" if context is None else wire.octets(context)
    return wire.control(VLV, critical, wire.sequence(wire.integer(before), wire.integer(after), choice, rest))


def _parts(value: bytes | None) -> list[bytes]:
    return [content for _, content in wire.children(wire.children(value or b"")[0][1])]


def control_value(answer: Answer, oid: str) -> list[bytes]:
    """The contents of the elements of a response control; empty where it isn't there."""
    return next((_parts(value) for name, _, value in answer.controls if name == oid.encode()), [])


def lines(answer: Answer) -> list[str]:
    """The answer as text."""
    out = []
    for dn, attributes in answer.entries:
        out.append(f"entry {show(dn)}")
        for name, values in sorted(attributes):
            out += [f"    {show(name)}: {show(value)}" for value in values] or [f"    {show(name)}"]
    controls, answer.controls, answer.entries = answer.controls, [], []
    out += answer.lines()
    for oid, critical, value in controls:
        if oid == PAGED.encode():
            size, cookie = _parts(value)
            shown = COOKIES.get(cookie, "some")
            out.append(f"paged, estimate {wire.number(size)}, cookie {shown}")
        elif oid == VLV_RESPONSE.encode():
            target, count, code, *context = _parts(value)
            numbers = " ".join(str(wire.number(each)) for each in (target, count, code))
            out.append(f"list {numbers}" + (f", context of {len(context[0])}" if context else ""))
        else:
            out.append(f"control {show(oid)} {critical!r} {value!r}")
    return out


Ask = Callable[[Client, Controls], Answer]


def asking(
    *attributes: Octets,
    base: Octets = PEOPLE,
    filter: Octets = "(objectClass=person)",
    scope: str = "sub",
    size: int = 0,
    types_only: bool = False,
) -> Ask:
    """A search that takes its controls later."""
    operation = wire.search_op(base, SCOPES[scope], 0, size, 0, types_only, filter, attributes or ("1.1",))
    return lambda client, controls: client.ask(operation, controls)


def listed(*controls: bytes, ask: Ask | None = None, text: str = "") -> Step:
    """One search, its entries in the order they came."""
    how = ask or asking()
    return Step(text or f"listed({controls!r})", lambda client: lines(how(client, controls)))


def pages(
    *sizes: int | tuple[int, bytes] | Step, controls: Controls = (), ask: Ask | None = None, counted: bool = True
) -> Step:
    """A series of pages; (size, cookie) sends that cookie instead of the last one, a Step is something else in between.

    ``counted``: entries as their number.
    """
    how = ask or asking()

    def run(client: Client) -> list[str]:
        out: list[str] = []
        cookie = b""
        for size in sizes:
            if isinstance(size, Step):
                out += size.run(client)
                continue
            if isinstance(size, tuple):
                size, cookie = size
            answer = how(client, [*controls, page(size, cookie)])
            parts = control_value(answer, PAGED)
            cookie = parts[1] if parts else cookie
            if counted:
                out.append(f"{len(answer.entries)} entries")
                answer.entries = []
            out += lines(answer)
        return out

    return Step(f"pages({sizes}, {controls!r})", run)


def reused(*controls: bytes) -> Step:
    """A page, the next one, and again with the cookie of the first."""

    def run(client: Client) -> list[str]:
        how = asking()
        first = control_value(how(client, [*controls, page(1)]), PAGED)[1]
        how(client, [*controls, page(1, first)])
        return lines(how(client, [*controls, page(1, first)]))

    return Step(f"reused({controls!r})", run)


def moved(
    sorting: bytes, *windows: Callable[[bytes], Controls], first: bytes = window(0, 0, (1, 0)), ask: Ask | None = None
) -> Step:
    """A list, and then windows on it: each a function of the context."""
    how = ask or asking()

    def run(client: Client) -> list[str]:
        context = control_value(how(client, [sorting, first]), VLV_RESPONSE)[3]
        return [line for controls in windows for line in lines(how(client, controls(context)))]

    return Step(f"moved({sorting!r}, {len(windows)})", run)
