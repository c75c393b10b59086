"""Results one after another, with a generator."""

from collections.abc import Iterator
from typing import Any

from fakeldapd.ldap.pkginfo import __author__, __license__, __version__  # noqa: F401


class ResultProcessor:
    """For a class derived from SimpleLDAPObject."""

    def allresults(self, msgid: int, timeout: float = -1, add_ctrls: int = 0) -> Iterator[tuple[Any, ...]]:
        """``(type, data, msgid, controls)`` of each message of a search until the last one, as ``result4`` has them."""
        connection: Any = self
        while True:
            found = connection.result4(msgid, 0, timeout, add_ctrls=add_ctrls)
            if not found[0] or not found[1]:
                return
            yield found[:4]
