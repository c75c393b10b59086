"""The table of calls, asked of python-ldap and of the shim: what comes back is the same, word for word.

python-ldap with slapd is what the others are held to. Over the wire to slapd the shim has to give exactly that; with
fakeldapd behind it, over the wire and in this process, too.
"""

from collections.abc import Callable, Mapping

import pytest
from shim_support import calls
from shim_support.ways import WAYS, Outcomes, Way, asked

ROWS = calls.rows()
CALLS = [
    pytest.param(way, row, id=f"{way.name}-{row}")
    for way in WAYS[1:]
    for row in ROWS
    if way.server == "slapd" or not calls.GROUPS[row.group].slapd_only
]


@pytest.fixture(scope="session")
def outcomes() -> Callable[[Way, str], Outcomes]:
    """What came of a group of scenes in one of the ways, asked once."""
    kept: dict[tuple[Way, str], Outcomes] = {}

    def get(way: Way, group: str) -> Mapping[tuple[str, int], str]:
        if (way, group) not in kept:
            kept[way, group] = asked(way, calls.GROUPS[group], {"PEOPLE": calls.PEOPLE, "ALICE": calls.ALICE})
        return kept[way, group]

    return get


def test_there_are_enough_of_them() -> None:
    assert len(ROWS) >= 150


@pytest.mark.requires("slapd", "python:ldap")
@pytest.mark.parametrize(("way", "row"), CALLS)
def test_as_python_ldap(way: Way, row: calls.Row, outcomes: Callable[[Way, str], Outcomes]) -> None:
    if way.server == "process" and calls.GROUPS[row.group].certificates:
        pytest.skip("there is no certificate to look at in one process")
    key = row.scene, row.number
    assert outcomes(way, row.group)[key] == outcomes(WAYS[0], row.group)[key], row.line
