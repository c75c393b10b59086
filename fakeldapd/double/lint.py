"""What a client did that works here and hurts in production.

Each check is a function of the requests and a row of CHECKS. It says what is certain where it can be seen from the
server's side, and what is likely where only the client knows; ``likely`` tells which. A check is skipped by naming it
in ``ignore``.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fakeldapd.double.names import nearest
from fakeldapd.double.recorded import RecordedRequest
from fakeldapd.double.replay import paged
from fakeldapd.double.requests import RequestLog
from fakeldapd.middleware.recorder import Peer
from fakeldapd.operations.extended import WHO_AM_I
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import to_text
from fakeldapd.protocol.result import ResultCode

LARGE = 500
"""From how many entries on an answer should come in pages: slapd gives no more unless told to (Active Directory 1000).
"""

REPEATED = 10
"""How often the same may be asked before it is worth a word."""

LOCAL_SSF = 71  # of a local socket, where nobody listens

_OF_LIBRARIES = ("", "cn=subschema")  # what client libraries read when they connect

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of mistake: the name of its check, what is wrong, what to do instead, the requests that show it.

    ``likely``: it looks like one; only the client's code can tell. ``idle`` are connections that show it without any
    request.
    """

    check: str
    problem: str
    advice: str
    requests: tuple[RecordedRequest, ...]
    likely: bool = False
    idle: tuple[Peer, ...] = ()

    def __str__(self) -> str:
        count = len(self.requests) + len(self.idle)
        likely = " (likely)" if self.likely else ""
        of = "connection" if self.idle else "request"
        head = f"{self.check}{likely}: {self.problem} ({count} {of}{'s' * (count != 1)})"
        shown = [*map(str, self.requests), *(f"connection {p.number} from {p.name}: no request" for p in self.idle)]
        more = [f"    ... and {count - _SHOWN} more"] if count > _SHOWN else []
        return "\n".join([head, f"  {self.advice}", *(f"    {each}" for each in shown[:_SHOWN]), *more])


class Report:
    """The findings, in the order of CHECKS; ``str`` of it is to be read."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings)) or "nothing that would hurt in production"

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __contains__(self, check: object) -> bool:
        return any(finding.check == check for finding in self.findings)

    def __getitem__(self, check: str) -> Finding:
        """The finding of a check. Raises KeyError."""
        for finding in self.findings:
            if finding.check == check:
                return finding
        raise KeyError(f"{check} found nothing{nearest(check, CHECKS)}")


@dataclass(frozen=True, slots=True)
class Check:
    """``find`` gives the requests that show the mistake, ``idle`` connections without any that do."""

    find: Callable[["Seen"], Iterable[RecordedRequest]]
    problem: str
    advice: str
    likely: bool = False
    idle: Callable[["Seen"], Iterable[Peer]] | None = None


class Seen:
    """What the checks look at: the requests, the searches among them, and each connection's."""

    def __init__(self, requests: RequestLog, large: int) -> None:
        self.all: Sequence[RecordedRequest] = list(requests)
        self.searches = [request for request in self.all if request.op == "search"]
        self.large = large
        self.peers = requests.log.connections()
        self.by_connection: dict[int, list[RecordedRequest]] = defaultdict(list)
        for request in self.all:
            self.by_connection[request.connection].append(request)

    def later(self, request: RecordedRequest) -> list[RecordedRequest]:
        """What the same connection asked afterwards."""
        return [r for r in self.by_connection[request.connection] if r.number > request.number]


def lint(requests: RequestLog, *, large: int = LARGE, ignore: Iterable[str] = ()) -> Report:
    """What is wrong. ``large`` is from how many entries on an answer should come in pages; ``ignore`` names checks to
    leave out. Raises ValueError for one that there isn't.
    """
    left_out = (ignore,) if isinstance(ignore, str) else tuple(ignore)
    for name in left_out:
        if name not in CHECKS:
            raise ValueError(f"there is no check {name!r}{nearest(name, CHECKS)}; there is {', '.join(CHECKS)}")
    seen = Seen(requests, large)
    findings = []
    for name, check in CHECKS.items():
        if name in left_out:
            continue
        found = tuple(check.find(seen))
        idle = () if check.idle is None else tuple(check.idle(seen))
        if found or idle:
            findings.append(Finding(name, check.problem, check.advice, found, check.likely, idle))
    return Report(findings)


# --- binds ------------------------------------------------------------------------------------------------------------


def _clear_text(seen: Seen) -> Iterator[RecordedRequest]:
    for request in seen.all:
        readable = not request.tls and request.record.ssf < LOCAL_SSF
        plain = request.op == "bind" and request.method.upper() in ("SIMPLE", "PLAIN", "LOGIN") and request.password
        if readable and (plain or (request.op == "extended" and request.fields.get("new"))):
            yield request


def _empty_password(seen: Seen) -> Iterator[RecordedRequest]:
    for request in seen.all:
        if request.op == "bind" and request.method == "simple" and request.dn and not request.password:
            yield request


def _old_version(seen: Seen) -> Iterator[RecordedRequest]:
    return (request for request in seen.all if request.op == "bind" and request.version < 3)


def _as_admin(seen: Seen) -> Iterator[RecordedRequest]:
    return (request for request in seen.all if request.record.is_admin and request.op == "search")


def _failed_bind(seen: Seen) -> Iterator[RecordedRequest]:
    """A bind that failed, after which the connection was used as if it hadn't: it is anonymous then."""
    for request in seen.all:
        if request.op != "bind" or request.code in (0, ResultCode.SASL_BIND_IN_PROGRESS, None):
            continue
        later = seen.later(request)
        if later and later[0].op not in ("bind", "unbind", "abandon"):
            yield request


# --- searches ---------------------------------------------------------------------------------------------------------


def _unpaged(seen: Seen) -> Iterator[RecordedRequest]:
    return (r for r in seen.searches if r.entries >= seen.large and paged(r) is None)


def _size_limit_ignored(seen: Seen) -> Iterator[RecordedRequest]:
    """An answer cut off by a limit, and no other search for the same; a limit that the client set itself is meant."""
    for request in seen.searches:
        if request.code not in (ResultCode.SIZE_LIMIT_EXCEEDED, ResultCode.ADMIN_LIMIT_EXCEEDED):
            continue
        if request.size_limit and request.entries >= request.size_limit:
            continue
        again = [r for r in seen.searches if r.number > request.number and r.base.lower() == request.base.lower()]
        if not any(paged(r) is not None or r.filter != request.filter for r in again):
            yield request


def _all_attributes(seen: Seen) -> Iterator[RecordedRequest]:
    for request in seen.searches:
        asked = [name for name in request.attributes if name != "+"]
        if request.base.lower() in _OF_LIBRARIES:
            continue
        if (not asked or "*" in asked) and request.entries and not request.types_only:
            yield request


def _unescaped(seen: Seen) -> Iterator[RecordedRequest]:
    """Among searches that are the same but for values, some whose value isn't a value but a pattern: that is what a
    ``*`` or a parenthesis makes of it which somebody has typed.
    """
    groups: dict[Any, dict[Any, list[RecordedRequest]]] = defaultdict(lambda: defaultdict(list))
    for request in seen.searches:
        filter = request.record.op.filter
        alike = (request.base.lower(), request.scope, tuple(request.attributes), _attributes(filter))
        groups[alike][_shape(filter)].append(request)
    for shapes in groups.values():
        usual = max(shapes, key=lambda shape: len(shapes[shape]))
        if len(shapes) > 1 and "*" not in usual:
            for shape, requests in shapes.items():
                if "*" in shape:
                    yield from requests
    for request in seen.searches:
        if _has_tautology(request.record.op.filter):
            yield request


def _attributes(filter: Any) -> frozenset[bytes]:
    return frozenset(item.attribute.lower() for item in _items(filter) if getattr(item, "attribute", None))


def _items(filter: Any) -> Iterator[Any]:
    waiting = [filter]
    while waiting:
        each = waiting.pop()
        if isinstance(each, m.And | m.Or):
            waiting += reversed(each.filters)
        elif isinstance(each, m.Not):
            waiting.append(each.filter)
        else:
            yield each


def _shape(filter: Any) -> str:
    """What kinds of items a filter has, in order: with ``*`` for those that are patterns."""
    return "".join("*" if isinstance(item, m.Present | m.Substrings) else "=" for item in _items(filter))


def _has_tautology(filter: Any) -> bool:
    """Whether something is asked for that every entry has, beside something else, or a value and any value of the same
    attribute: that is what ``*)(uid=*`` makes of ``(&(uid={})...)``.
    """
    waiting = [filter]
    while waiting:
        each = waiting.pop()
        if isinstance(each, m.And | m.Or):
            asked = [part.attribute.lower() for part in each.filters if isinstance(part, m.Equality | m.Present)]
            anything = {part.attribute.lower() for part in each.filters if isinstance(part, m.Present)}
            if isinstance(each, m.Or) and b"objectclass" in anything and len(each.filters) > 1:
                return True
            if any(asked.count(attribute) > 1 for attribute in anything):
                return True
            waiting += each.filters
        elif isinstance(each, m.Not):
            waiting.append(each.filter)
    return False


def _bad_dn(seen: Seen) -> Iterator[RecordedRequest]:
    return (r for r in seen.all if r.code == ResultCode.INVALID_DN_SYNTAX and r.place)


def _leading_wildcard(seen: Seen) -> Iterator[RecordedRequest]:
    for request in seen.searches:
        items = list(_items(request.record.op.filter))
        if request.scope != "base" and items and any(isinstance(i, m.Substrings) and i.initial is None for i in items):
            yield request


def _asked_again(seen: Seen) -> Iterator[RecordedRequest]:
    """The same search by the same identity many times."""
    groups: dict[Any, list[RecordedRequest]] = defaultdict(list)
    for request in seen.searches:
        if paged(request) is None:
            key = (request.base.lower(), request.scope, request.filter, tuple(request.attributes), request.identity)
            groups[key].append(request)
    for requests in groups.values():
        if len(requests) >= REPEATED:
            yield from requests


def _one_by_one(seen: Seen) -> Iterator[RecordedRequest]:
    """Searches that differ in one value only, one behind the other."""
    groups: dict[Any, list[RecordedRequest]] = defaultdict(list)
    for request in seen.searches:
        filter = request.record.op.filter
        if isinstance(filter, m.Present) and request.scope == "base":
            key: Any = (request.base.lower().partition(",")[2], "base", to_text(filter), request.connection)
        elif isinstance(filter, m.Equality):
            key = (request.base.lower(), request.scope, filter.attribute.lower(), request.connection)
        else:
            continue
        groups[key].append(request)
    for requests in groups.values():
        if len({(r.base.lower(), r.filter) for r in requests}) >= REPEATED:
            yield from requests


# --- connections ------------------------------------------------------------------------------------------------------


def _not_unbound(seen: Seen) -> Iterator[RecordedRequest]:
    """The last request of each connection that was left without an Unbind."""
    for peer in seen.peers:
        asked = seen.by_connection.get(peer.number)
        if not peer.unbound and asked:
            yield asked[-1]


def _open_and_idle(seen: Seen) -> Iterator[Peer]:
    """Connections that have asked for nothing, and are open still."""
    return (peer for peer in seen.peers if not peer.asked and not peer.closed)


def _connection_each(seen: Seen) -> Iterator[RecordedRequest]:
    """Connections that asked one thing only, where there are many of them."""
    work = ("search", "compare", "add", "modify", "delete", "rename")
    single = []
    for requests in seen.by_connection.values():
        asked = [r for r in requests if r.op in work or (r.op == "extended" and r.name == WHO_AM_I.decode())]
        if len(asked) == 1:
            single.append(asked[0])
    return iter(single if len(single) >= REPEATED else [])


CHECKS: dict[str, Check] = {
    "clear-text-bind": Check(
        _clear_text,
        "a password went over the network readable for everybody",
        "use ldaps:// or StartTLS before the bind; servers may refuse with confidentialityRequired (13)",
    ),
    "empty-password": Check(
        _empty_password,
        "a bind with a DN and an empty password, which many servers answer with success and take for anonymous",
        "refuse an empty password before the bind (RFC 4513 section 5.1.2): whoever types none is not logged in",
    ),
    "failed-bind-ignored": Check(
        _failed_bind,
        "after a bind that failed the connection was used further, as anonymous",
        "look at the result of the bind, and don't go on",
    ),
    "unescaped-filter": Check(
        _unescaped,
        "a filter of another form than its like, as a * or a parenthesis in unescaped input makes it",
        "escape what goes into a filter (RFC 4515 section 3): ldap.filter.escape_filter_chars, "
        "ldap3.utils.conv.escape_filter_chars",
        likely=True,
    ),
    "bad-dn": Check(
        _bad_dn,
        "a DN that is none was sent",
        "escape what goes into a DN (RFC 4514 section 2.4): ldap.dn.escape_dn_chars, ldap3.utils.dn.escape_rdn",
        likely=True,
    ),
    "no-paging": Check(
        _unpaged,
        "a large result without pages; production servers cut it off",
        "use the paged results control (RFC 2696), or a narrower filter",
    ),
    "size-limit-ignored": Check(
        _size_limit_ignored,
        "an answer was cut off by the server's size limit, and nothing was done about it",
        "treat sizeLimitExceeded (4) as an error, or ask in pages (RFC 2696)",
        likely=True,
    ),
    "all-attributes": Check(
        _all_attributes,
        "every attribute was asked for",
        "name the attributes that are used: photos, certificates and member lists can be megabytes",
        likely=True,
    ),
    "leading-wildcard": Check(
        _leading_wildcard,
        "a substring filter that begins with *, for which servers look at every entry",
        "search for a beginning, (cn=ada*), or have an index for substrings made",
        likely=True,
    ),
    "asked-again": Check(
        _asked_again,
        "the same search again and again",
        "keep the answer for a while",
        likely=True,
    ),
    "one-by-one": Check(
        _one_by_one,
        "many searches that differ in one value",
        "ask once, with an OR of the values, or with a filter for what they have in common",
        likely=True,
    ),
    "search-as-admin": Check(
        _as_admin,
        "a search by the administrator, whom no access rule and no limit concerns",
        "bind as an account of its own: in production it sees less, and gets less",
        likely=True,
    ),
    "old-version": Check(
        _old_version,
        "a bind with LDAP version 2",
        "use version 3; slapd refuses version 2 unless told otherwise",
    ),
    "not-unbound": Check(
        _not_unbound,
        "a connection was left without an Unbind",
        "close connections: unbind() in a finally, or a with block; a leak ends with no file descriptors left",
        idle=_open_and_idle,
    ),
    "connection-each": Check(
        _connection_each,
        "a connection of its own for each operation",
        "keep connections open, in a pool: TCP, TLS and bind cost more than the operation",
        likely=True,
    ),
}
"""The checks, in the order of the report."""
