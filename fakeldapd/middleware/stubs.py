"""Canned answers over the real tree: what a directory says that isn't in it.

A stub is a rule with answers. An answer may be made of the request: texts are templates, ``{uid}`` being what the
request says that uid is, and a function may think about it. Where a stub has no answer, because its answers are used
up, or a template asks for what the request doesn't say, or the function gives None, the next stub is asked, and after
the last one the directory.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from string import Formatter
from typing import Any, TypeAlias

from fakeldapd.middleware.faults import end_identity
from fakeldapd.middleware.rules import Rule, Rules, type_name
from fakeldapd.operations.request import RESPONSES, Action, Handler, Middleware, Request, Response, failure
from fakeldapd.protocol import filter as filters
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import attribute
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import escape
from fakeldapd.schema.registry import Schema

_log = logging.getLogger("fakeldapd")

FIELDS = ("dn", "base", "filter", "identity")
"""What templates may have besides names of attributes; ``base`` is the same as ``dn``."""


class Asked:
    """A request as answers are made of it.

    ``values`` are what it says of attributes, by the schema's name for them in lower case: in an equality of its
    filter, in what it compares, adds or modifies, else in its DN (what is nearer to the entry counts); the first of
    several. ``request`` is all of it.
    """

    def __init__(self, request: Request, schema: Schema) -> None:
        self.request = request
        self._schema = schema

    @property
    def dn(self) -> str:
        """The DN that it is about: of a search the base, of a bind the name."""
        return _text(name_of(self.request.op))

    @property
    def base(self) -> str:
        """The same."""
        return self.dn

    @property
    def filter(self) -> str:
        """A search's filter."""
        op = self.request.op
        return filters.to_text(op.filter) if type(op) is m.SearchRequest else ""

    @property
    def attributes(self) -> list[str]:
        """The attributes that a search asks for."""
        op = self.request.op
        return [_text(each) for each in op.attributes] if type(op) is m.SearchRequest else []

    @property
    def identity(self) -> str:
        """Who asks; "" for nobody known."""
        who = self.request.session.identity
        return "" if who is None else _text(who.text)

    @cached_property
    def values(self) -> dict[str, str]:
        """What it says of attributes."""
        found: dict[str, str] = {}
        for name, value in self._said():
            found.setdefault(self._name(name), _text(value))
        return found

    def __getitem__(self, name: str) -> str:
        """What a template's ``{name}`` stands for. Raises KeyError."""
        return str(getattr(self, name)) if name in FIELDS else self.values[self._name(name.encode())]

    def _name(self, description: bytes) -> str:
        return type_name(self._schema, description).decode(errors="surrogateescape")

    def _said(self) -> Iterator[tuple[bytes, bytes]]:
        op = self.request.op
        if isinstance(op, m.SearchRequest):
            yield from _equalities(op.filter)
        elif isinstance(op, m.CompareRequest):
            yield op.attribute, op.value
        elif isinstance(op, m.AddRequest | m.ModifyRequest):
            said = op.attributes if isinstance(op, m.AddRequest) else op.changes
            yield from ((each.type, each.values[0]) for each in said if each.values)
        try:
            rdns = self._schema.dn(name_of(op)).rdns()
        except LDAPError:
            return
        yield from ((description.name, value) for rdn in rdns for description, value in rdn.avas)


def name_of(op: m.RequestOp) -> bytes:
    """The DN that a request is about, as it was sent; of an extended operation none."""
    match op:
        case m.SearchRequest(base=name) | m.BindRequest(name=name):
            return name
        case m.UnbindRequest() | m.AbandonRequest() | m.ExtendedRequest():
            return b""
    return op.dn


def _equalities(filter: m.Filter) -> Iterator[tuple[bytes, bytes]]:
    if isinstance(filter, m.And | m.Or):
        for each in filter.filters:
            yield from _equalities(each)
    elif isinstance(filter, m.Equality):
        yield filter.attribute, filter.value


def _text(octets: bytes) -> str:
    return octets.decode(errors="surrogateescape")


class Template:
    """Text with ``{names}`` in it; ``in_dn``: what attributes stand for is escaped as in a DN. Raises ValueError for
    braces that don't fit.
    """

    def __init__(self, text: str, *, in_dn: bool = False) -> None:
        self._pieces = []
        for literal, name, form, conversion in Formatter().parse(text):
            if form or conversion:
                raise ValueError(f"{text!r}: {{{name}}} can't have a format")
            self._pieces.append((literal, name))
        self._in_dn = in_dn
        self.names = frozenset(name for _, name in self._pieces if name is not None)

    def fill(self, asked: Asked) -> bytes:
        """The text for this request. Raises KeyError."""
        return b"".join(
            literal.encode(errors="surrogateescape") + (b"" if name is None else self._value(name, asked[name]))
            for literal, name in self._pieces
        )

    def _value(self, name: str, value: str) -> bytes:
        octets = value.encode(errors="surrogateescape")
        return escape(octets) if self._in_dn and name not in FIELDS else octets


Text: TypeAlias = Template | bytes


def _fill(text: Text, asked: Asked) -> bytes:
    return text.fill(asked) if isinstance(text, Template) else text


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: of a search entries and references first. ``value`` and ``name`` are an extended response's."""

    entries: tuple[tuple[Text, tuple[tuple[bytes, tuple[Text, ...]], ...]], ...] = ()
    references: tuple[Text, ...] = ()
    code: int = 0
    text: Text = b""
    matched_dn: Text = b""
    referral: tuple[Text, ...] = ()
    value: Text | None = None
    name: bytes | None = None

    def responses(self, asked: Asked) -> list[Response]:
        """All of it, for this request. Raises KeyError where a template asks for what the request doesn't say."""
        found = []
        for dn, attributes in self.entries:
            encoded = [attribute(name, [_fill(value, asked) for value in values]) for name, values in attributes]
            found.append(Response(m.SearchResultEntry(_fill(dn, asked), tuple(encoded))))
        found += [Response(m.SearchResultReference((_fill(each, asked),))) for each in self.references]
        result = (
            self.code,
            _fill(self.matched_dn, asked),
            _fill(self.text, asked),
            tuple(_fill(each, asked) for each in self.referral),
        )
        op = asked.request.op
        if type(op) is m.ExtendedRequest:
            value = None if self.value is None else _fill(self.value, asked)
            found.append(Response(m.ExtendedResponse(*result, self.name, value)))
        else:
            final: Any = RESPONSES[type(op)]
            found.append(Response(final(*result)))
        return found


Thought: TypeAlias = Callable[[Asked], Answer | None]


class Stub(Rule):
    """A rule and what is answered to what it takes.

    ``answers`` come one after another; ``afterwards`` says what follows the last one: "directory": nothing, "last":
    that one again, "cycle": the first.
    """

    word = "stub"

    def __init__(
        self,
        answers: Sequence[Answer | Thought],
        schema: Schema,
        *,
        afterwards: str = "directory",
        priority: int = 0,
        **rule: Any,
    ) -> None:
        super().__init__(**rule)
        self.priority = priority
        self._answers = answers
        self._afterwards = afterwards
        self._schema = schema

    def answer(self, request: Request) -> list[Response] | None:
        """What it answers; None where it doesn't."""
        if not self.fits(request):
            return None
        answer = self._next()
        if answer is None:
            return None
        asked = Asked(request, self._schema)
        try:
            if not isinstance(answer, Answer):
                answer = answer(asked)
            if answer is None:
                return None
            responses = answer.responses(asked)
        except KeyError:
            if isinstance(answer, Answer):
                return None
            responses = self._failed(request)
        except LDAPError as error:
            responses = [Response(failure(request.op, error))]
        except Exception:
            responses = self._failed(request)
        if not self.happens():
            return None
        self._bind(request, responses[-1])
        return responses

    def _bind(self, request: Request, final: Response) -> None:
        """A Bind that was answered with success makes the client who it says, any other makes it anonymous."""
        op = request.op
        end_identity(request)
        if type(op) is m.BindRequest and isinstance(final.op, m.LDAPResult) and not final.op.code and op.name:
            with suppress(LDAPError):
                request.session.become(self._schema.dn(op.name))

    def _next(self) -> Answer | Thought | None:
        number = self.hits
        if number >= len(self._answers):
            if self._afterwards == "directory":
                return None
            number = -1 if self._afterwards == "last" else number % len(self._answers)
        return self._answers[number]

    def _failed(self, request: Request) -> list[Response]:
        _log.exception("a stub's function failed: %r", self)
        return [Response(failure(request.op, LDAPError(ResultCode.OTHER, "internal error")))]


def stubs(rules: Rules[Stub]) -> Middleware:
    """The middleware of these rules, as they are at the time of a request."""

    def middleware(handler: Handler) -> Handler:
        def stubbed(request: Request) -> Iterator[Action]:
            for stub in rules.by_kind.get(request.op.__class__, ()):
                responses = stub.answer(request)
                if responses is not None:
                    return iter(responses)
            return handler(request)

        return stubbed

    return middleware
