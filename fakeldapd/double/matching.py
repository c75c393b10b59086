"""What faults and stubs may be told of the requests that they are about: arguments become a rule's kinds and tests.

Which requests fit is said in the words of ``double.criteria``; besides, a rule may take only some of those that fit.
Whatever makes no sense is a RuleError at once, with the nearest name that does: a rule that never takes anything
because of a typing error would be a test that shows nothing.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fakeldapd.double.criteria import Criteria, Setting, a_number
from fakeldapd.double.names import RuleError, nearest
from fakeldapd.double.wanted import Wanted
from fakeldapd.middleware.rules import Occasions, Test
from fakeldapd.operations.request import RESPONSES, Request

if TYPE_CHECKING:
    from fakeldapd.double.directory import FakeDirectory


class Matching(Criteria, total=False):
    """What rules may say of requests: besides Criteria, ``op``, an operation or several (see
    ``double.wanted.OPERATIONS``), and ``when``, a function of the Request.

    Of what fits: ``nth``: the first is 1; several in a list. ``after``: those behind the first so many. ``count``: so
    many in all. ``probability``: of each, with a ``seed``.
    """

    op: str | Iterable[str]
    when: Callable[[Request], bool]
    nth: int | Collection[int]
    after: int
    count: int
    probability: float
    seed: int


MATCHING = tuple(Matching.__annotations__)
_CRITERIA = tuple(Criteria.__annotations__)


def check_arguments(given: Collection[str], known: Collection[str]) -> None:
    """Raise RuleError for an argument that there isn't."""
    for name in given:
        if name not in known:
            raise RuleError(f"there is no argument {name!r}{nearest(name, known)}")


def occasions(given: Mapping[str, Any]) -> Occasions:
    """Which of the requests that fit are taken. Raises RuleError."""
    nth, after, count, probability = (given.get(name) for name in ("nth", "after", "count", "probability"))
    if nth is not None:
        if after is not None or count is not None:
            raise RuleError("nth says which requests it takes: after and count don't go with it")
        nth = frozenset(a_number("nth", each, 1) for each in ((nth,) if isinstance(nth, int) else nth))
    if probability is not None and not (isinstance(probability, int | float) and 0 < probability <= 1):
        raise RuleError(f"probability={probability!r}: a number above 0 and up to 1 is expected")
    return Occasions(
        nth=nth,
        after=0 if after is None else a_number("after", after, 0),
        count=None if count is None else a_number("count", count, 1),
        probability=probability,
        seed=a_number("seed", given.get("seed", 0), 0),
    )


def read_matching(directory: "FakeDirectory", given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a Rule. Raises RuleError."""
    criteria = {name: given[name] for name in _CRITERIA if given.get(name) is not None}
    setting = Setting.of(directory.inner.schema, directory.requests.log.hide)
    wanted = Wanted(given.get("op"), criteria, setting, _CRITERIA)
    tests: list[Test] = []
    if criteria or wanted.operations.oids:
        tests.append(wanted.takes)
    if given.get("when") is not None:
        tests.append(_when(given["when"]))
    said = ", ".join(f"{name}={value!r}" for name, value in given.items() if value is not None)
    kinds = wanted.kinds if given.get("op") is not None else wanted.kinds & RESPONSES.keys()
    return {"kinds": kinds, "tests": tests, "occasions": occasions(given), "said": said}


def only(kinds: frozenset[type], possible: Collection[type], name: str, what: str) -> frozenset[type]:
    """Of the kinds those that can have it. Raises RuleError where that is none."""
    found = kinds & frozenset(possible)
    if not found:
        raise RuleError(f"{name} is of {what}, which op doesn't name")
    return found


def _when(given: Any) -> Test:
    if not callable(given):
        raise RuleError(f"when={given!r}: a function of the request is expected")
    return lambda request: bool(given(request))
