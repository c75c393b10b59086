"""Rules about requests: which of them a rule takes, how often it has, and the list that middleware looks them up in.

A rule says of what kind a request must be, and what else must hold (``tests``). Of the requests that fit it may take
some only: the third, those after the second, two in all, one in ten. Faults and stubs are such rules.

A list of rules is looked up by kind of request, so that a rule about binds costs a search next to nothing.
"""

import random
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Generic, Self, TypeVar

from fakeldapd.operations.request import RESPONSES, Request
from fakeldapd.schema.registry import Schema

Test = Callable[[Request], bool]


class Occasions:
    """Which of the requests that fit are taken: the ``nth`` (the first is 1), those behind the first ``after``,
    ``count`` in all, each with a ``probability``. None: this isn't asked. ``seed`` makes chance the same in every run.
    """

    __slots__ = ("_after", "_count", "_nth", "_probability", "_taken", "random", "seen")

    def __init__(
        self,
        *,
        nth: Collection[int] | None = None,
        after: int = 0,
        count: int | None = None,
        probability: float | None = None,
        seed: int = 0,
    ) -> None:
        self.random = random.Random(seed)
        self.seen = 0
        self._nth = nth
        self._after = after
        self._count = count
        self._probability = probability
        self._taken = 0

    def come(self) -> bool:
        """One more request fits; gives whether it is taken."""
        self.seen += 1
        if self.seen <= self._after or (self._nth is not None and self.seen not in self._nth):
            return False
        if self._count is not None and self._taken >= self._count:
            return False
        if self._probability is not None and self.random.random() >= self._probability:
            return False
        self._taken += 1
        return True


class Rule:
    """A rule, in force until it is closed; a context manager closes it.

    ``kinds`` are types of requests, none: all of them. ``tests`` must all say yes. ``said`` is the rule in its
    maker's words.
    """

    word = "rule"

    def __init__(
        self,
        *,
        kinds: Collection[type] = (),
        tests: Iterable[Test] = (),
        occasions: Occasions | None = None,
        said: str = "",
    ) -> None:
        self.kinds = frozenset(kinds or RESPONSES)
        self.hits = 0
        """How many requests it has taken."""
        self.on_close: Callable[[], None] = lambda: None
        self.occasions = occasions or Occasions()
        self._tests = tuple(tests)
        self._said = said

    def fits(self, request: Request) -> bool:
        """Whether this request, which is of one of its kinds, passes the tests."""
        for test in self._tests:  # noqa: SIM110 -- a generator would cost more than the test
            if not test(request):
                return False
        return True

    def takes(self, request: Request) -> bool:
        """Whether it takes this request, which is of one of its kinds; counted."""
        return self.fits(request) and self.happens()

    def happens(self) -> bool:
        """Whether it takes what fits; counted."""
        if not self.occasions.come():
            return False
        self.hits += 1
        return True

    def close(self) -> None:
        """Be in force no longer. Again does nothing."""
        self.on_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{self.word}({self._said}): {self.hits} hit{'s' * (self.hits != 1)}>"


R = TypeVar("R", bound=Rule)


class Rules(Generic[R]):
    """Rules in the order in which they are asked. Another thread may change the list while requests are answered."""

    def __init__(self) -> None:
        self.all: tuple[R, ...] = ()
        self.by_kind: Mapping[type, tuple[R, ...]] = {}

    def put(self, rules: Iterable[R]) -> None:
        """Have these rules from now on."""
        self.all = found = tuple(rules)
        kinds = {kind for rule in found for kind in rule.kinds}
        self.by_kind = {kind: tuple(rule for rule in found if kind in rule.kinds) for kind in kinds}

    def __iter__(self) -> Iterator[R]:
        return iter(self.all)


def type_name(schema: Schema, description: bytes) -> bytes:
    """The name of an attribute type, the same however a request spells it, and without options."""
    found = schema.find(description)
    return description.partition(b";")[0].lower() if found is None else found.type.name.lower()
