"""A server for the length of a test: on a free port of this machine, in this process, ready when the line returns.

All servers of a process share one thread with a reactor of its own. What a test asks of ``directory`` from its own
thread is done in that one, so a test never sees half a change.
"""

import atexit
import functools
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, cast

from fakeldapd import certificates
from fakeldapd.config import Config, ConfigError
from fakeldapd.double.clock import Clock
from fakeldapd.double.data import either
from fakeldapd.double.directory import OPTIONS, FakeDirectory, Snapshot, make_settings
from fakeldapd.double.verify import Verification

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

    from fakeldapd.double.data import Data
    from fakeldapd.double.diff import Diff
    from fakeldapd.double.explain import Explanation
    from fakeldapd.double.faults import FaultSaid
    from fakeldapd.double.process import Child
    from fakeldapd.double.requests import RequestLog
    from fakeldapd.double.stubs import StubSaid
    from fakeldapd.middleware.rules import Rule
    from fakeldapd.server.service import Service

_T = TypeVar("_T")

_SERVED = (*OPTIONS, "listen", "notice_on_stop")


class ServerError(RuntimeError):
    """A server that isn't running, or not here. ``str`` says what to do."""


class ServedDirectory(FakeDirectory):
    """The directory of a server: what a test does to it is done in the server's thread."""

    is_served = True

    def __init__(
        self, server: "FakeLDAPServer", data: "Data | None", clock: Clock, stubs: "str | None", settings: Config
    ) -> None:
        self._server = server
        self._make(data, clock, stubs, settings)

    def _within(self, work: Callable[[], _T]) -> _T:
        return self._server.call(work)

    @property
    def down(self) -> bool:
        """While true nothing listens, and who was connected has lost the connection. May be set."""
        return self._down

    @down.setter
    def down(self, down: bool) -> None:
        if down is not self._down:
            self._down = down
            take: Callable[[], Any] = self._server.take_down if down else self._server.take_up
            self._server.call(take)


class FakeLDAPServer(Verification):
    """A server for tests. ::

        with FakeLDAPServer(ldif="people.ldif") as server:
            application.connect(server.url)

    ``data`` (or ``ldif``), ``clock``, ``stubs`` and other settings as in FakeDirectory. ``tls=True`` makes a
    certificate for localhost and an authority: StartTLS works then, and ``ldaps_url`` is there. ``ldapi=True`` opens a
    local socket, too. ``listen`` says where instead: URLs as on the command line. ``subprocess=True`` runs it in a
    process of its own: a test sees and says there what it does here, but for functions that can't be imported there.

    What may be asked of its directory about requests, faults and stubs may be asked of the server as well.

    Entering the context is the same as ``start()``, leaving it as ``stop()``. In asyncio and in Twisted coroutines,
    write ``async with``. Raises what FakeDirectory raises, and ThreadError or ServerError.
    """

    def __init__(
        self,
        data: "Data | None" = None,
        *,
        ldif: "Data | None" = None,
        clock: Clock | datetime | str | None = None,
        stubs: str | Path | None = None,
        tls: bool | str = False,
        ldapi: bool = False,
        subprocess: bool = False,
        **settings: Any,
    ) -> None:
        self._data = either(data, ldif)
        self.clock = clock if isinstance(clock, Clock) else Clock(clock)
        self._given = settings
        self._stubs_file = None if stubs is None else str(Path(stubs).absolute())
        self._tls = "auto" if tls is True else tls or "off"
        self._ldapi = ldapi
        self._settings = make_settings({**settings, "tls": self._tls}, _SERVED)
        self._directory: ServedDirectory | None = None
        self._service: Service | None = None
        self._addresses: list[Any] = []
        self.urls: tuple[str, ...] = ()
        self._folder: str | None = None
        self._process = 0
        self._subprocess = subprocess
        self._child: Child | None = None

    # --- its life -----------------------------------------------------------------------------------------------------

    def start(self) -> "FakeLDAPServer":
        """Load, listen, and return when clients can connect."""
        from fakeldapd.server.thread import THREAD

        if self._service is not None or self._child is not None:
            raise ServerError("this server runs already; for another one, make another FakeLDAPServer")
        if self._subprocess:
            return self._start_child()
        reactor = THREAD.acquire()
        try:
            self._process = os.getpid()
            self._begin(reactor)
        except BaseException:
            self._service = self._directory = None
            self._remove_folder()
            THREAD.release()
            raise
        return self

    def _start_child(self) -> "FakeLDAPServer":
        from fakeldapd.double.process import Child
        from fakeldapd.double.remote import RemoteClock, RemoteDirectory

        settings = {**self._given, "stubs": self._stubs_file, "tls": self._tls, "ldapi": self._ldapi}
        self._child = child = Child(self._data, self.clock, settings)
        self._process = os.getpid()
        self.urls, self.ca_file = child.facts["urls"], child.facts["ca_file"]
        self._own_clock, self.clock = self.clock, RemoteClock(child)
        self._directory = cast(ServedDirectory, RemoteDirectory(child, self.clock))
        return self

    def _begin(self, reactor: Any) -> None:
        from fakeldapd.server import listen
        from fakeldapd.serving import ca_file, make_service, make_tls

        settings = self._settings
        if self._tls == "auto" and not settings.tls_directory:
            settings = replace(settings, tls_directory=_certificates())
        self._directory = directory = ServedDirectory(self, self._data, self.clock, self._stubs_file, settings)
        self._addresses = [listen.parse(url) for url in self._urls(settings)]
        service = make_service(settings, directory.inner, reactor, make_tls(settings, {}), directory.handler)
        directory.when_handled_otherwise(lambda handler: self.call(lambda: service.factory.handle_by(handler)))
        self.ca_file = ca_file(settings, {})
        directory.serve_by(service.factory)
        self._service = service
        self.call(lambda: service.listen(self._addresses))
        self.urls = tuple(service.urls)
        self._addresses = [listen.parse(url) for url in service.urls]  # the same ports, when it comes up again

    def _urls(self, settings: Config) -> list[str]:
        if "listen" in self._given:
            return list(settings.listen)
        urls = ["ldap://127.0.0.1:0"]
        if settings.offers_tls:
            urls.append("ldaps://127.0.0.1:0")
        if self._ldapi:
            self._folder = _own_folder("fakeldapd-")
            urls.append("ldapi://" + f"{self._folder}/ldapi".replace("/", "%2F"))
        return urls

    def stop(self) -> None:
        """Close everything. What the directory holds can't be reached any more. Stopping twice is the same as once."""
        from fakeldapd.server.thread import THREAD

        child, self._child = self._child, None
        service, self._service = self._service, None
        if child is not None:
            self.clock = self._own_clock
            child.end()
        if service is None or self._process != os.getpid():
            return
        try:
            THREAD.call(lambda: service.stop(0.0))
        finally:
            THREAD.release()
            self._remove_folder()

    def _remove_folder(self) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> "FakeLDAPServer":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> "FakeLDAPServer":
        from fakeldapd.server.thread import aside

        return await aside(self.start, self.stop)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        from fakeldapd.server.thread import aside

        await aside(self.stop)

    def call(self, work: Callable[[], _T]) -> _T:
        """Do work in the server's thread, wait for it, and give what it gives or raise what it raises. Raises
        ServerError where that is in another process: this one was forked, or the server has one of its own.
        """
        from fakeldapd.server.thread import THREAD

        self._must_be_here()
        if self._child is not None:
            raise ServerError(f"the server's thread is in process {self._child.pid}; leave out subprocess=True")
        return work() if THREAD.is_here else THREAD.call(work)

    def _within(self, work: Callable[[], _T]) -> _T:
        return self.directory._within(work)

    def take_down(self) -> "Deferred[None]":
        """Listen no more and drop every connection; the data stays."""
        service = self._running()
        service.factory.drop()
        return service.close()

    def take_up(self) -> None:
        """Listen again where it did."""
        self._running().listen(self._addresses)

    # --- what it is ---------------------------------------------------------------------------------------------------

    def _must_run(self) -> None:
        if self._service is None and self._child is None:
            raise ServerError("this server doesn't run: write `with FakeLDAPServer(...) as server:`, or call start()")

    def _must_be_here(self) -> None:
        if self._process != os.getpid():
            raise ServerError(
                f"the server runs in process {self._process}, and this is a fork of that one: "
                "make a FakeLDAPServer here, or fork before you start it"
            )

    def _running(self) -> "Service":
        self._must_run()
        assert self._service is not None
        return self._service

    def _known(self) -> FakeDirectory:
        """Its directory, for what may be asked of it in a forked process, too."""
        self._must_run()
        assert self._directory is not None
        return self._directory

    @property
    def directory(self) -> FakeDirectory:
        """What it serves, without a socket. Raises ServerError in a forked process, which has only a copy."""
        self._must_run()
        self._must_be_here()
        return self._known()

    def _url(self, scheme: str, missing: str) -> str:
        self._must_run()
        found = next((url for url in self.urls if url.startswith(scheme + ":")), None)
        if found is None:
            raise ServerError(f"this server has no {scheme}:// address: {missing}")
        return found

    @property
    def url(self) -> str:
        """The ``ldap://`` URL; of a server without one the first it has."""
        self._must_run()
        return next((url for url in self.urls if url.startswith("ldap:")), self.urls[0])

    @property
    def ldaps_url(self) -> str:
        """The ``ldaps://`` URL. Raises ServerError without ``tls=True``."""
        return self._url("ldaps", "write FakeLDAPServer(tls=True)")

    @property
    def ldapi_url(self) -> str:
        """The ``ldapi://`` URL. Raises ServerError without ``ldapi=True``."""
        return self._url("ldapi", "write FakeLDAPServer(ldapi=True)")

    @property
    def host(self) -> str:
        """The address that ``url`` names."""
        return self.url.partition("://")[2].rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port that ``url`` names."""
        return int(self.url.rpartition(":")[2])

    @property
    def base_dn(self) -> str:
        """The first naming context."""
        return self._known().base_dn

    @property
    def base_dns(self) -> tuple[str, ...]:
        """The naming contexts."""
        return self.directory.base_dns

    @property
    def admin_dn(self) -> str:
        """Who may do everything."""
        return self._known().admin_dn

    @property
    def admin_password(self) -> str:
        """The administrator's password."""
        return self._known().admin_password

    @property
    def down(self) -> bool:
        """While true nothing listens, and who was connected has lost the connection; the data and the port stay. May
        be set.
        """
        return self.directory.down

    @down.setter
    def down(self, down: bool) -> None:
        self.directory.down = down

    # --- going back ---------------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """The state as it is now."""
        return self.directory.snapshot()

    def restore(self, snapshot: Snapshot) -> None:
        """Be as at the time of the snapshot."""
        self.directory.restore(snapshot)

    def reset(self, *, connections: str = "keep") -> None:
        """Be as at the start: entries, schema, clock, faults, stubs, the request log, up again. Operations that are
        running are answered 52, "the directory was reset", and no search goes on with an earlier cookie;
        ``connections="drop"`` closes every connection as well.
        """
        self.directory.reset(connections=connections)

    # --- as of its directory ------------------------------------------------------------------------------------------

    def fault(self, **said: "Unpack[FaultSaid]") -> "Rule":
        """From now on something goes wrong, until the rule is closed (a context manager does it) or the server is
        reset. Said of which requests: ``op``, ``base``, ``dn``, ``under``, ``filter``, ``clause``, ``attribute``,
        ``identity``, ``connection``, ``when`` (and all else of ``double.criteria.Criteria``); of which of these:
        ``nth``, ``after``, ``count``, ``probability``, ``seed``; of what happens: ``action``, ``code``, ``text``,
        ``matched_dn``, ``referral``, ``delay``, ``after_entries``, ``performed``, ``octets``, ``size_limit`` (see
        ``double.faults.FaultSaid``). Raises RuleError for what makes no sense.
        """
        return self.directory.fault(**said)

    @property
    def faults(self) -> "tuple[Rule, ...]":
        """The faults in force, the latest first; ``hits`` of each is how many requests it has taken."""
        return self.directory.faults

    def stub(self, **said: "Unpack[StubSaid]") -> "Rule":
        """From now on something is answered that isn't in the directory, until the rule is closed or the server is
        reset. Which requests is said as of a fault; the answer: ``entries``, ``references``, ``code``, ``text``,
        ``matched_dn``, ``referral``, ``value``, ``name``, or ``answers``, ``afterwards``, or ``answer``, a function;
        and ``priority`` (see ``double.stubs.StubSaid``). Raises RuleError for what makes no sense.
        """
        return self.directory.stub(**said)

    @property
    def stubs(self) -> "tuple[Rule, ...]":
        """The stubs in force, in the order in which they are asked."""
        return self.directory.stubs

    def load_stubs(self, path: str | Path) -> "Rule":
        """From now on answer as ``fakeldapd record`` has written in that file. Raises RuleError."""
        return self.directory.load_stubs(path)

    @property
    def requests(self) -> "RequestLog":
        """What clients have asked since the start or the last reset, and what they were answered."""
        return self.directory.requests

    def asked(self) -> str:
        """The requests as text, for a report; empty where there are none, or nobody here knows of them (any more)."""
        try:
            return str(self.requests) if len(self.requests) else ""
        except RuntimeError:
            return ""

    def diff(self, snapshot: Snapshot | None = None, *, operational: bool = False) -> "Diff":
        """What has changed since the snapshot, or the start: see ``FakeDirectory.diff``."""
        return self.directory.diff(snapshot, operational=operational)

    def explain(
        self,
        base: str | None = None,
        scope: str = "sub",
        filter: str = "(objectClass=*)",
        *,
        identity: str | None = None,
    ) -> "Explanation":
        """Why a search finds what it finds, and not the rest: see ``FakeDirectory.explain``."""
        return self.directory.explain(base, scope, filter, identity=identity)


def _own_folder(prefix: str) -> str:
    """A new folder, gone when this process ends, and not when a forked child does."""
    name, process = tempfile.mkdtemp(prefix=prefix), os.getpid()

    def remove() -> None:
        if os.getpid() == process:
            shutil.rmtree(name, ignore_errors=True)

    atexit.register(remove)
    return name


@functools.cache
def _certificates() -> str:
    """A directory for certificates of this process's servers: they are made once, and trusted by nobody else."""
    name = _own_folder("fakeldapd-tls-")
    try:
        certificates.ensure(Path(name))
    except certificates.CertificateError as error:
        raise ConfigError(f"tls=True: {error}") from None
    return name
