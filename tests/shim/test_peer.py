"""A peer that does what no server would: what python-ldap makes of it, and what the shim does."""

from typing import Any

import pytest
from shim_support.calls import lines
from shim_support.peer_calls import CASES, REQUESTS, Case
from shim_support.reconnect_calls import RECONNECT
from shim_support.ways import WAYS, against

THEIRS, OURS = WAYS[0], WAYS[1]

pytestmark = pytest.mark.requires("python:ldap")


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_what_comes_of_it(case: Case) -> None:
    theirs, sent = against(case, THEIRS)
    ours, sent_by_us = against(case, OURS)
    assert list(zip(case.lines(), ours, strict=True)) == list(zip(case.lines(), theirs, strict=True))
    assert sent_by_us == sent


@pytest.mark.parametrize("case", RECONNECT.values(), ids=list(RECONNECT))
def test_what_is_done_again(case: Case) -> None:
    test_what_comes_of_it(case)


@pytest.mark.parametrize("line", lines(REQUESTS))
def test_what_is_sent(line: str) -> None:
    case: Any = Case([], line)
    assert against(case, OURS) == against(case, THEIRS)
