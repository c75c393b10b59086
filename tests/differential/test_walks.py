"""Random operation sequences put to a real slapd and to fakeldapd: code, matchedDN, diagnostic, entries and the
directory afterwards.

A thousand operations; FAKELDAPD_DIFFERENTIAL=N makes it N, FAKELDAPD_DIFFERENTIAL_SEED another first seed. A failure
names the seed and prints the shortest list of operations found that still differs, as lines that can be pasted into
rows/.
"""

import os

import pytest
from oracle.compare import Subjects
from oracle.side_by_side import walk

pytestmark = pytest.mark.requires("slapd")
LENGTH = 50
COUNT = max(1, int(os.environ.get("FAKELDAPD_DIFFERENTIAL", "1000")) // LENGTH)
FIRST = int(os.environ.get("FAKELDAPD_DIFFERENTIAL_SEED", "0"))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_walk(seed: int, slapd: Subjects, ours: Subjects) -> None:
    walk(slapd, ours, seed, LENGTH)
