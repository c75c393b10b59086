"""Why a search finds what it finds: for each entry in its scope, each clause of the filter and what makes it true.

A clause is True, False or Undefined (RFC 4511 section 4.5.1.7). The evaluation is the search's own; what is added are
the reasons. All clauses are evaluated, those, too, that a search needn't look at any more.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import Purpose, Setting, Truth, View
from fakeldapd.double.names import as_text
from fakeldapd.double.reasons import Reasons
from fakeldapd.operations.access import Level
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.request import Request, Session
from fakeldapd.operations.rootdse import virtual_entry
from fakeldapd.operations.search import find_base
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import parse, to_text
from fakeldapd.protocol.result import LDAPError, ResultCode

SHOWN = 20
"""How many candidates ``str`` of an Explanation has."""

MAX_DEPTH = 100
"""Into how many filters within one another an explanation goes."""

_WORDS: Mapping[Truth, str] = {True: "True", False: "False", None: "Undefined"}


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the filter for one entry: its text, whether it is True, False or Undefined (None), and why."""

    text: str
    truth: Truth
    why: str = ""
    parts: "tuple[Clause, ...]" = ()

    def lines(self, indent: int = 0) -> Iterator[str]:
        """To be read."""
        pad = "  " * indent
        yield f"{pad}{_WORDS[self.truth]:9} {self.text}" + (f"  {self.why}" if self.why else "")
        for part in self.parts:
            yield from part.lines(indent + 1)

    def leaves(self) -> "Iterator[Clause]":
        """The clauses that have no parts."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry in scope. ``passed_over`` says why it isn't even looked at, or isn't sent although the filter matches;
    empty: it is.
    """

    dn: str
    clause: Clause
    passed_over: str = ""

    @property
    def matches(self) -> bool:
        """Whether the search finds it."""
        return self.clause.truth is True and not self.passed_over

    def __str__(self) -> str:
        verdict = "matches" if self.matches else "doesn't match"
        if self.passed_over:
            verdict = f"is not sent: {self.passed_over}"
        return "\n".join([f"{self.dn or '(the root DSE)'} {verdict}", *self.clause.lines(1)])


@dataclass(frozen=True, slots=True)
class Explanation:
    """A search explained. ``problem`` says why there is nothing to look at, where that is so; ``identity`` is who asks
    (empty: anonymous).
    """

    base: str
    scope: str
    filter: str
    identity: str
    candidates: tuple[Candidate, ...] = ()
    problem: str = ""

    @property
    def matched(self) -> list[str]:
        """The DNs of what is found."""
        return [candidate.dn for candidate in self.candidates if candidate.matches]

    def __getitem__(self, dn: str) -> Candidate:
        """The candidate of that DN. Raises KeyError."""
        for candidate in self.candidates:
            if candidate.dn.lower() == dn.lower():
                return candidate
        raise KeyError(f"{dn} is not in the scope of this search")

    @property
    def undefined(self) -> dict[str, str]:
        """What is Undefined whatever the entry: clauses and why."""
        if not self.candidates:
            return {}
        found = [{c.text: c.why for c in each.clause.leaves() if c.truth is None} for each in self.candidates]
        return {text: why for text, why in found[0].items() if all(other.get(text) == why for other in found)}

    def __str__(self) -> str:
        return self.text(SHOWN)

    def text(self, most: int | None = None) -> str:
        """To be read: what matches first, then what nearly does; ``most`` of them, None: all."""
        lines = [f"base {self.base or '(the root DSE)'}, scope {self.scope}, filter {self.filter}"]
        lines.append(f"asked by {self.identity or 'nobody (anonymous)'}")
        if self.problem:
            return "\n".join([*lines, self.problem])
        count = len(self.candidates)
        lines.append(f"{len(self.matched)} of {count} {'entry' if count == 1 else 'entries'} in scope match")
        lines += [f"Undefined for every entry: {text}  {why}" for text, why in self.undefined.items()]
        ordered = sorted(self.candidates, key=_nearness, reverse=True)
        for candidate in ordered[:most]:
            lines += ["", str(candidate)]
        if most is not None and count > most:
            lines += ["", f"... and {count - most} more"]
        return "\n".join(lines)


def _nearness(candidate: Candidate) -> tuple[bool, int]:
    return candidate.matches, sum(leaf.truth is True for leaf in candidate.clause.leaves())


def session_of(directory: Directory, identity: str | None) -> Session:
    """A session of that DN; "": anonymous, None: of the administrator. Raises LDAPError 34."""
    if identity is None:
        return Session(identity=directory.admin_dn, is_admin=True)
    dn = directory.schema.dn(identity.encode(errors="surrogateescape")) if identity else None
    return Session(identity=dn, is_admin=dn is not None and directory.is_admin(dn))


def explain(directory: Directory, session: Session, base: str, scope: tuple[str, int], filter: str) -> Explanation:
    """Explain a search of that session. Raises FilterSyntaxError. Nobody else may be at the directory meanwhile."""
    parsed = parse(filter, max_depth=MAX_DEPTH)
    name, number = scope
    identity = "" if session.identity is None else as_text(session.identity.text)

    def explained(*candidates: Candidate, problem: str = "") -> Explanation:
        return Explanation(base, name, to_text(parsed), identity, candidates, problem)

    op = m.SearchRequest(base.encode(errors="surrogateescape"), number, 0, 0, 0, False, parsed)
    view = directory.view(Request(session, 0, op), {}, Purpose.FILTER) if directory.viewing else None
    explaining = _Explaining(directory, session, op, view)
    try:
        dn = directory.schema.dn(op.base)
        if number == m.Scope.BASE and (virtual := virtual_entry(directory, dn, session)) is not None:
            return explained(explaining.candidate(virtual))
        node = find_base(directory, session, op, dn, {})
    except LDAPError as error:
        return explained(problem=_problem(directory, error))
    return explained(*(explaining.candidate(each, node) for each in _in_scope(node, number) if each.entry is not None))


def _in_scope(base: Node, scope: int) -> list[Node]:
    if scope == m.Scope.BASE:
        return [base]
    if scope == m.Scope.ONE:
        return list((base.children or {}).values())
    return [base] * (scope == m.Scope.SUBTREE) + list(base.below())


def _problem(directory: Directory, error: LDAPError) -> str:
    """Why a search has no base."""
    said = str(error)
    if error.code == ResultCode.INVALID_DN_SYNTAX:
        return f"{said}\nthe base is no DN, or has an attribute type that the schema doesn't know"
    if error.code == ResultCode.REFERRAL:
        return f"{said}\nthe base is at or below a referral: {', '.join(map(as_text, error.referral))}"
    if error.code != ResultCode.NO_SUCH_OBJECT:
        return said
    if not error.matched_dn:
        contexts = ", ".join(as_text(dn.text) for dn in directory.suffixes)
        return f"{said}\nthe base is not there, nor anything above it; there is {contexts}"
    lines = [said, f"the base is not there; the nearest entry above it is {as_text(error.matched_dn)}"]
    node = directory.dit.find(directory.schema.dn(error.matched_dn))
    below = [as_text(each.text) for each in (node.children or {}).values()] if node is not None else []
    more = [f"  ... and {len(below) - SHOWN} more"] if len(below) > SHOWN else []
    return "\n".join(
        [*lines, *(["below that there is:"] if below else []), *(f"  {dn}" for dn in below[:SHOWN]), *more]
    )


class _Explaining:
    """One filter, explained for one entry after another, as ``view`` shows it."""

    def __init__(self, directory: Directory, session: Session, op: m.SearchRequest, view: View | None) -> None:
        self._directory = directory
        self._session = session
        self._filter = op.filter
        find, viewed = directory.dit.find, directory.viewed
        self._view = view
        only_seen = view is None or any(overlay.only_seen(op) for overlay in directory.viewing)
        self._stored = None if only_seen else _Explaining(directory, session, op, None)
        self._plain = Setting(directory.schema, find, None, view, viewed)
        self._setting = Setting(directory.schema, find, None, view, viewed)
        access = directory.access
        if not session.is_admin:
            self._setting.guard = lambda attribute_type: access.guard(session, attribute_type, Level.SEARCH)
        self._reasons = Reasons(directory.schema)
        self._tests: dict[int, tuple[Any, Any]] = {}

    def candidate(self, node: Node, base: Node | None = None) -> Candidate:
        """An entry."""
        assert node.entry is not None
        passed_over = "" if base is None else self._passed_over(node, node.entry, base)
        clause = self._clause(self._filter, node, node.entry)
        if clause.truth is not True and self._stored is not None:  # which is enough
            stored = self._stored._clause(self._filter, node, node.entry)
            clause = stored if stored.truth is True else clause
        return Candidate(as_text(node.text), clause, passed_over)

    def _passed_over(self, node: Node, entry: Entry, base: Node) -> str:
        guard = self._directory.access.guard(self._session, None, Level.READ)
        if guard is not None and not guard(node, entry):
            return "the access rules hide this entry from who asks"
        if entry.classes.is_referral and node is not base:
            return "it is a referral, and a reference is sent in its place (unless there is ManageDsaIT)"
        if entry.classes.is_subentry and node is not base:
            return "it is a subentry (only searches with the control for subentries find it)"
        return ""

    def _clause(self, filter: m.Filter, node: Node, entry: Entry) -> Clause:
        text = to_text(filter)
        match filter:
            case m.And(filters=parts):
                clauses = tuple(self._clause(part, node, entry) for part in parts)
                truths = [clause.truth for clause in clauses]
                return Clause(text, False if False in truths else None if None in truths else True, "", clauses)
            case m.Or(filters=parts):
                clauses = tuple(self._clause(part, node, entry) for part in parts)
                truths = [clause.truth for clause in clauses]
                return Clause(text, True if True in truths else None if None in truths else False, "", clauses)
            case m.Not(filter=part):
                clause = self._clause(part, node, entry)
                truth = None if clause.truth is None else not clause.truth
                return Clause(text, truth, "what is Undefined stays so" * (truth is None), (clause,))
            case _:
                return self._item(filter, text, node, entry)

    def _item(self, filter: Any, text: str, node: Node, entry: Entry) -> Clause:
        tests = self._tests.get(id(filter))
        if tests is None:
            tests = compile_filter(self._setting, filter), compile_filter(self._plain, filter)
            self._tests[id(filter)] = tests
        guarded, plain = tests
        truth, without = guarded(node, entry), plain(node, entry)
        seen = entry if self._view is None else self._view(node, entry)
        if truth is None and without is not None:
            return Clause(text, None, self._reasons.denied(filter))
        if truth is not without:
            return Clause(text, truth, "the access rules keep some of the values from who asks")
        return Clause(text, truth, self._reasons.of(filter, truth, plain, node, seen))
