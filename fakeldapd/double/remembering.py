"""What a directory knows of what has happened to it, for who asks: its requests, what has changed, why a search finds
what it finds, what clients did wrong. What it takes to answer is imported when it is asked for.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from fakeldapd.double.clock import Clock
from fakeldapd.double.names import nearest
from fakeldapd.double.requests import RequestLog
from fakeldapd.double.verify import Verification
from fakeldapd.middleware.recorder import Log, recorder
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.request import Middleware, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.url import SCOPE_NAMES

if TYPE_CHECKING:
    from fakeldapd.double.diff import Diff
    from fakeldapd.double.directory import Snapshot
    from fakeldapd.double.explain import Explanation

_T = TypeVar("_T")

SCOPES = {name: m.Scope(number) for number, name in enumerate(SCOPE_NAMES)}


class Remembering(Verification):
    """A part of FakeDirectory, which has what is named here."""

    inner: Directory
    clock: Clock
    base_dn: Any
    start: "Snapshot"
    set_layer: Callable[[str, Middleware | None], None]
    with_reset: Callable[[Callable[[], None]], None]
    _within: Callable[[Callable[[], _T]], _T]

    def _begin_log(self) -> None:
        self._requests = RequestLog(Log(clock=self.clock), lambda: self.inner.schema)
        self.set_layer("recorder", recorder(self._requests.log))
        self.with_reset(self._requests.clear)

    def opened(self, session: Session) -> None:
        """A transport tells of a connection that has come. What it asks for is heard anyway."""
        self._requests.log.opened(session)

    @property
    def requests(self) -> RequestLog:
        """What clients have asked since the start or the last reset, and what they were answered."""
        return self._requests

    def diff(self, snapshot: "Snapshot | None" = None, *, operational: bool = False) -> "Diff":
        """What has changed since the snapshot; without one, since the beginning. Attributes that the server keeps
        itself count with ``operational``. ``str`` of it is to be read. Raises SnapshotError for another directory's.
        """
        from fakeldapd.double.diff import diff

        return self._within(lambda: diff(self.inner, (snapshot or self.start).tree, operational))

    def explain(
        self,
        base: str | None = None,
        scope: str = "sub",
        filter: str = "(objectClass=*)",
        *,
        identity: str | None = None,
    ) -> "Explanation":
        """Why a search finds what it finds, and not the rest: for each entry, clause by clause. ``str`` of it is to be
        read. ``identity`` is the DN of who asks ("" for anonymous); without one, the administrator. Raises ValueError
        for a filter or a scope that is none, LDAPError for an identity that is no DN.
        """
        from fakeldapd.double.explain import explain, session_of

        if scope not in SCOPES:
            raise ValueError(f"scope {scope!r}: one of {', '.join(SCOPES)} is expected{nearest(scope, SCOPES)}")
        asked = self.base_dn if base is None else base
        session = session_of(self.inner, identity)
        return self._within(lambda: explain(self.inner, session, asked, (scope, SCOPES[scope]), filter))
