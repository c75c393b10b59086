"""``FakeDirectory.stub(...)``: what is said of a canned answer becomes a rule in force, or a RuleError."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypedDict

from fakeldapd.double.criteria import items, read_code
from fakeldapd.double.data import DataError, values_of
from fakeldapd.double.faults import in_words
from fakeldapd.double.matching import MATCHING, Matching, check_arguments, only, read_matching
from fakeldapd.double.names import RuleError, nearest, one_of
from fakeldapd.middleware.rules import Rules
from fakeldapd.middleware.stubs import FIELDS, Answer, Asked, Stub, Template, Text, Thought, stubs
from fakeldapd.operations.request import RESPONSES
from fakeldapd.protocol import filter as filters
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import ResultCode

if TYPE_CHECKING:
    from fakeldapd.double.directory import Attributes, FakeDirectory


class AnswerSaid(TypedDict, total=False):
    """An answer. ``entries``: attributes by DN, or pairs; ``references``: URIs that a search goes on at. ``code``: a
    number or a name, else success. ``value`` and ``name``: an extended response's. Every text is a template.
    """

    entries: "Mapping[str, Attributes] | Iterable[tuple[str, Attributes]]"
    references: str | Iterable[str]
    code: int | str
    text: str
    matched_dn: str
    referral: str | Iterable[str]
    value: str | bytes
    name: str


class StubSaid(Matching, AnswerSaid, total=False):
    """What is said of a stub: which requests it is about, and the answer, or ``answers`` one after another, or
    ``answer``, a function of an Asked that gives one or None.

    ``afterwards``: what follows the last of several answers: "directory", "last" or "cycle". ``priority``: the higher
    is asked first; of the same, the later.
    """

    answers: "Sequence[AnswerSaid | Thinking]"
    answer: "Thinking"
    afterwards: str
    priority: int


Thinking = Callable[[Asked], "AnswerSaid | None"]

ANSWER = tuple(AnswerSaid.__annotations__)
_MORE = ("answers", "answer", "afterwards", "priority")
_AFTERWARDS = ("directory", "last", "cycle")


class Stubs:
    """The stubs of a directory, in the order in which they are asked."""

    def __init__(self, directory: "FakeDirectory") -> None:
        self._directory = directory
        self._rules: Rules[Stub] = Rules()
        directory.with_reset(lambda: self._have(()))

    @property
    def all(self) -> tuple[Stub, ...]:
        """Those in force."""
        return self._rules.all

    def add(self, said: Mapping[str, Any]) -> Stub:
        """Have one more. Raises RuleError."""
        check_arguments(said, (*MATCHING, *ANSWER, *_MORE))
        stub = read_stub(self._directory, {name: value for name, value in said.items() if value is not None})
        self._directory._within(lambda: self._have((stub, *self.all)))
        stub.on_close = lambda: self._close(stub)
        return stub

    def _close(self, gone: Stub) -> None:
        with suppress(RuntimeError):  # the server has ended, and the rule with it
            self._directory._within(lambda: self._remove(gone))

    def _have(self, rules: Iterable[Stub]) -> None:
        was = bool(self._rules.all)
        self._rules.put(sorted(rules, key=lambda stub: -stub.priority))
        if was is not bool(self._rules.all):
            self._directory.set_layer("stubs", None if was else stubs(self._rules))

    def _remove(self, gone: Stub) -> None:
        self._have(each for each in self.all if each is not gone)


def read_stub(directory: "FakeDirectory", said: Mapping[str, Any]) -> Stub:
    """The rule. Raises RuleError."""
    rule = read_matching(directory, {name: said[name] for name in MATCHING if name in said})
    here = {name: said[name] for name in ANSWER if name in said}
    given = [bool(here), "answers" in said, "answer" in said]
    if sum(given) != 1:
        raise RuleError(
            "one of these is expected: an answer's entries, code ...; answers, a list of such; answer, a function"
        )
    afterwards = said.get("afterwards", "directory")
    if afterwards not in _AFTERWARDS:
        raise one_of("afterwards", afterwards, _AFTERWARDS)
    if "afterwards" in said and "answers" not in said:
        raise RuleError("afterwards goes with answers, a list; one answer is given as often as count says")
    several = said["answers"] if "answers" in said else (said.get("answer", here),)
    if isinstance(several, Mapping) or not several:
        raise RuleError("answers: a list of answers is expected")
    if not rule["kinds"] <= RESPONSES.keys():
        raise RuleError("unbind and abandon have no answer")
    reader = _Reader(directory, said)
    answers = [reader.read_any(each) for each in several]
    for answer in answers:
        rule["kinds"] = _kinds(rule["kinds"], answer)
    priority = said.get("priority", 0)
    if not isinstance(priority, int):
        raise RuleError(f"priority={priority!r}: a whole number is expected")
    rule["said"] = in_words(said)
    afterwards = afterwards if "answers" in said else "last"
    return Stub(answers, directory.inner.schema, afterwards=afterwards, priority=priority, **rule)


def _kinds(kinds: frozenset[type], answer: "Answer | Thought") -> frozenset[type]:
    if isinstance(answer, Answer):
        if answer.entries or answer.references:
            return only(kinds, (m.SearchRequest,), "an answer with entries or references", "a search")
        if answer.value is not None or answer.name is not None:
            return only(kinds, (m.ExtendedRequest,), "an answer with a value or a name", "an extended operation")
    return kinds


class _Reader:
    """Reads the answers of one stub: its filter says which attributes there are for templates, too."""

    def __init__(self, directory: "FakeDirectory", said: Mapping[str, Any]) -> None:
        self._schema = directory.inner.schema
        self._own: set[str] = set()
        for filter in (said[name] for name in ("filter", "clause") if name in said):
            found = [item.attribute for item in items(filters.parse(filter)) if hasattr(item, "attribute")]
            self._own |= {name.decode().lower() for name in found if name}

    def read_any(self, said: Any) -> "Answer | Thought":
        """An answer, or a function that gives one. Raises RuleError."""
        if callable(said):

            def think(asked: Asked) -> Answer | None:
                found = said(asked)
                return None if found is None else self.read(found)

            return think
        return self.read(said)

    def read(self, said: Any) -> Answer:
        """An answer. Raises RuleError."""
        if not isinstance(said, Mapping):
            raise RuleError(
                f"{said!r}: an answer is a dict such as {{'entries': ...}} or {{'code': 'busy'}}, or a function"
            )
        for name in said:
            if name not in ANSWER:
                raise RuleError(f"an answer has no {name!r}{nearest(name, ANSWER)}")
        found: dict[str, Any] = {"code": read_code(said.get("code", 0))}
        if said.get("referral"):
            if found["code"] not in (0, ResultCode.REFERRAL):
                raise RuleError(f"referral goes with the code 10 (referral), not with {found['code']}")
            found["code"] = int(ResultCode.REFERRAL)
        for name in ("references", "referral"):
            found[name] = tuple(self._text(name, each) for each in _several(said.get(name, ())))
        for name in ("text", "matched_dn", "value"):
            if name in said:
                found[name] = self._text(name, said[name], in_dn=name == "matched_dn")
        if "name" in said:
            found["name"] = said["name"].encode()
        entries = said.get("entries", ())
        pairs = entries.items() if isinstance(entries, Mapping) else entries
        found["entries"] = tuple(self._entry(*pair) for pair in pairs)
        return Answer(**found)

    def _entry(self, dn: str, attributes: "Attributes") -> Any:
        if not isinstance(attributes, Mapping):
            raise RuleError(f"entries: {dn}: attributes are expected, not {type(attributes).__name__}")
        read = []
        for name, given in attributes.items():
            several = given if not isinstance(given, str | bytes) and isinstance(given, Iterable) else (given,)
            try:
                values = [each if isinstance(each, str) else values_of(each, f"{dn}: {name}")[0] for each in several]
            except DataError as error:
                raise RuleError(f"entries: {error}") from None
            read.append((name.encode(), tuple(self._text(f"{dn}: {name}", value) for value in values)))
        return self._text("entries", dn, in_dn=True), tuple(read)

    def _text(self, what: str, given: Any, *, in_dn: bool = False) -> Text:
        if isinstance(given, bytes):
            return given
        if not isinstance(given, str):
            raise RuleError(f"{what}: text is expected, not {type(given).__name__}")
        try:
            template = Template(given, in_dn=in_dn)
        except ValueError as error:
            raise RuleError(f"{what}: {error}; write {{{{ and }}}} for braces") from None
        for name in template.names:
            known = name in FIELDS or name.lower() in self._own or self._schema.find(name.encode()) is not None
            if not known:
                hint = nearest(name, (*FIELDS, *self._own))
                raise RuleError(
                    f"{what}: {given!r}: {{{name}}} is nothing known{hint}; write {{{{{name}}}}} for just these letters"
                )
        return template if template.names or "{" in given or "}" in given else given.encode(errors="surrogateescape")


def _several(given: Any) -> Iterable[Any]:
    return (given,) if isinstance(given, str) else tuple(given)
