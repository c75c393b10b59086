"""The shim's modules answer as python-ldap's: the calls of ``calls/*.txt``, put to both."""

from pathlib import Path

import pytest
from shim_support.expressions import expressions, outcome

FILES = sorted((Path(__file__).parent / "calls").glob("*.txt"))
CALLS = [
    pytest.param(line, id=f"{path.stem}-{number}-{line[:60]}")
    for path in FILES
    for number, line in enumerate(expressions(path), 1)
]


@pytest.mark.requires("python:ldap")
@pytest.mark.parametrize("expression", CALLS)
def test_a_call_comes_to_the_same(expression: str) -> None:
    assert outcome("fakeldapd.", expression) == outcome("", expression)


@pytest.mark.parametrize("expression", CALLS)
def test_a_call_comes_to_something(expression: str) -> None:
    """Without python-ldap it is at least seen that the expression is one, and that nothing but it raises."""
    found = outcome("fakeldapd.", expression)
    assert found[:2] not in [("raised", "NameError"), ("raised", "SyntaxError")]
