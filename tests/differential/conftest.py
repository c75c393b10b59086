"""slapd and fakeldapd side by side, one of each for a worker, started when the first test asks."""

from collections.abc import Iterator

import pytest
from oracle.compare import Subjects
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import Slapd


@pytest.fixture(scope="session")
def slapd() -> Iterator[Subjects]:
    """Real slapds, one for each configuration."""
    with Subjects(Slapd) as subjects:
        yield subjects


@pytest.fixture(scope="session")
def ours() -> Iterator[Subjects]:
    """Our servers, one for each configuration."""
    with Subjects(Fakeldapd) as subjects:
        yield subjects
