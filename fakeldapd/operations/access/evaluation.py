"""Access rules at work.

For a session, most of what rules say can be found out before any entry is looked at: which rules are about attributes
of a type, and which of their clauses can be about this session at all. What is left is a ``Verdict``: often a constant,
so that there is nothing to check (or nothing to be had), otherwise a shorter list of rules to go through for an entry.
Types that the same rules are about share one verdict, and its guards.

The rules are those of the naming contexts. The root DSE and the subschema subentry may be read by everybody, as in a
slapd whose rules stand in the sections of its databases.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import Guard, Setting, Test
from fakeldapd.operations.access import CHILDREN, Level
from fakeldapd.operations.access.rules import DECIDED, NEEDED, READABLE, Change, Clause, Flow, Rule, What
from fakeldapd.operations.access.who import Check, Surroundings
from fakeldapd.operations.request import Session
from fakeldapd.schema.elements import AttributeType
from fakeldapd.schema.registry import Schema

if TYPE_CHECKING:
    from fakeldapd.directory.dit import DIT, Node

_Bound: TypeAlias = tuple[tuple[Check, ...], Change, Flow]
"""A clause that may be about a session: what is to be checked for each entry, and what happens when all of it holds."""

_UPDATES = frozenset((Level.ADD, Level.DELETE, Level.WRITE))


class BoundRule:
    """A rule as far as it is about one session. ``what`` None: it is about every entry."""

    __slots__ = ("clauses", "test", "what")

    def __init__(self, what: What | None, test: Test | None, clauses: Sequence[_Bound]) -> None:
        self.what = what
        self.test = test
        self.clauses = clauses


class Verdict:
    """What rules say of attributes of some types to one session."""

    __slots__ = ("_dit", "_guards", "_last", "constant", "rules")

    def __init__(self, rules: Sequence[BoundRule], dit: "DIT") -> None:
        self.rules = rules
        self.constant = _constant(rules)
        self._dit = dit
        self._guards: dict[int, Guard] = {}
        self._last: tuple[Node | None, Entry | None, int, int] = (None, None, 0, 0)

    def guard(self, needed: int) -> Guard | None:
        """What decides whether all these privileges are there; None: they always are."""
        if self.constant is not None and self.constant & needed == needed:
            return None
        found = self._guards.get(needed)
        if found is None:
            found = self._guards[needed] = _Guard(self, needed)
        return found

    def privileges(self, node: "Node", entry: Entry) -> int:
        """The privileges in an entry, and DECIDED unless the rules ended without a stop."""
        if self.constant is not None:
            return self.constant
        last = self._last  # an entry is asked about several times in a row: for the filter, itself, its attributes
        if last[1] is entry and last[0] is node and last[2] == self._dit.changes:
            return last[3]
        found = self._evaluate(node, entry)
        self._last = (node, entry, self._dit.changes, found)
        return found

    def _evaluate(self, node: "Node", entry: Entry) -> int:
        mask = 0
        key = _key(node)
        for rule in self.rules:
            groups = (key,) if rule.what is None else rule.what.groups(key)
            if groups is None or (rule.test is not None and rule.test(node, entry) is not True):
                continue
            for checks, change, flow in rule.clauses:
                if all(check(node, entry, key, groups) for check in checks):
                    mask = change(mask)
                    if flow is not Flow.CONTINUE:
                        break
            else:
                return DECIDED  # by * none stop
            if flow is Flow.STOP:
                return mask | DECIDED
        return mask


class _Guard:
    """See Guard in evaluate.py."""

    __slots__ = ("needed", "verdict")

    def __init__(self, verdict: Verdict, needed: int) -> None:
        self.verdict = verdict
        self.needed = needed

    def __call__(self, node: "Node", entry: Entry) -> bool:
        if node.virtual:
            return not self.needed & ~(READABLE | DECIDED)
        return self.verdict.privileges(node, entry) & self.needed == self.needed


def _key(node: "Node") -> bytes:
    """The key of a node's DN."""
    parts: list[bytes] = []
    while (parent := node.parent) is not None:
        parts.append(node.rdn.key)  # type: ignore[union-attr]
        node = parent
    parts.append(node.suffix.key)  # type: ignore[union-attr]
    return b",".join(parts)


def _constant(rules: Sequence[BoundRule]) -> int | None:
    """The privileges that the rules give in every entry; None where it depends."""
    mask = 0
    for rule in rules:
        if rule.what is not None or rule.test is not None:
            return None
        for checks, change, flow in rule.clauses:
            if checks:
                return None
            mask = change(mask)
            if flow is not Flow.CONTINUE:
                break
        else:
            return DECIDED
        if flow is Flow.STOP:
            return mask | DECIDED
    return mask


class RuleAccess:
    """Access as rules have it; groups are looked up in ``dit``."""

    def __init__(self, schema: Schema, dit: "DIT", rules: Sequence[Rule]) -> None:
        self.schema = schema
        self.dit = dit
        self.rules = tuple(rules)
        self._version = -1
        self._tests: tuple[Test | None, ...] = ()
        self._applicable: dict[AttributeType, tuple[int, ...]] = {}
        self._entry, self._children = _type(schema, b"entry"), _type(schema, CHILDREN)

    def guard(self, session: Session, attribute_type: AttributeType | None, level: Level) -> Guard | None:
        """See Access.guard."""
        if session.is_admin or level == Level.NONE:
            return None
        if self._version != self.schema.version:
            self._understand()
        if attribute_type is None:
            attribute_type = self._entry
        elif level in _UPDATES and attribute_type.no_user_modification and attribute_type is not self._children:
            return None  # what a client can't write comes from the server itself
        return self._verdict(session, attribute_type).guard(NEEDED[level])

    def _understand(self) -> None:
        """Make ready what follows from the schema."""
        self._version = self.schema.version
        setting = Setting(self.schema, self.dit.find)
        filters = (rule.what.filter for rule in self.rules)
        self._tests = tuple(None if f is None else compile_filter(setting, f) for f in filters)
        self._applicable = {}
        self._entry, self._children = _type(self.schema, b"entry"), _type(self.schema, CHILDREN)

    def _verdict(self, session: Session, attribute_type: AttributeType) -> Verdict:
        kept = session.kept.get(self)
        strength = (session.tls, session.ssf, self._version)
        if kept is None or kept[0] != strength:
            kept = session.kept[self] = (strength, {})
        verdicts: dict[tuple[int, ...], Verdict] = kept[1]
        applicable = self._applicable.get(attribute_type)
        if applicable is None:
            numbers = range(len(self.rules))
            applicable = tuple(i for i in numbers if self.rules[i].what.covers(attribute_type))
            self._applicable[attribute_type] = applicable
        found = verdicts.get(applicable)
        if found is None:
            found = verdicts[applicable] = Verdict([self._bind(session, i) for i in applicable], self.dit)
        return found

    def _bind(self, session: Session, number: int) -> BoundRule:
        rule = self.rules[number]
        clauses = []
        for clause in rule.clauses:
            checks = _bind_conditions(clause, session, self)
            if checks is None:
                continue
            clauses.append((checks, clause.change, clause.flow))
            if not checks and clause.flow is not Flow.CONTINUE:
                break
        return BoundRule(rule.what if rule.what.style else None, self._tests[number], clauses)


def _bind_conditions(clause: Clause, session: Session, surroundings: Surroundings) -> tuple[Check, ...] | None:
    """What is to be checked for each entry; None where a condition doesn't hold for the session."""
    checks = []
    for condition in clause.conditions:
        found = condition.bind(session, surroundings)
        if found is False:
            return None
        if found is not True:
            checks.append(found)
    return tuple(checks)


def _type(schema: Schema, name: bytes) -> AttributeType:
    found = schema.attribute_type(name)
    assert found is not None  # both are built in
    return found
