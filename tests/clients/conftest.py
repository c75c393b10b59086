"""Our server, with the directory of the differential tests, for real clients."""

from collections.abc import Iterator

import pytest
from oracle.compare import UNIVERSE
from oracle.fakeldapd import Fakeldapd


@pytest.fixture(scope="session")
def readable() -> Iterator[Fakeldapd]:
    """A server that tests only read from."""
    with Fakeldapd(UNIVERSE) as server:
        yield server


@pytest.fixture
def writable() -> Iterator[Fakeldapd]:
    """A server of the test's own."""
    with Fakeldapd(UNIVERSE) as server:
        yield server
