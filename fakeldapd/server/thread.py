"""One reactor in a thread of its own, for servers in other people's programs.

The first who needs it starts it, the last who is done with it ends it; it starts and stops in a millisecond or so. It
is never installed as Twisted's global reactor, which may belong to the program we are in, or to nobody: neither that
reactor nor an asyncio loop hears of it. A forked child has none of it, and may start its own.
"""

import asyncio
import atexit
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import FrameType
from typing import Any, TypeVar

_T = TypeVar("_T")


class ThreadError(RuntimeError):
    """What was asked for can't be done in this thread, or in this process. ``str`` says what to do instead."""


class ReactorThread:
    """The thread and its reactor. ``reactor`` is None while nobody needs one."""

    def __init__(self) -> None:
        self.reactor: Any = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._users = 0

    def acquire(self) -> Any:
        """The reactor, started where nobody else uses it. Raises ThreadError in the thread of a running reactor."""
        refuse_in_reactor_thread()
        with self._lock:
            if self._users == 0:
                self._start()
            self._users += 1
            return self.reactor

    def release(self) -> None:
        """One of those who acquired it is done."""
        with self._lock:
            self._users -= 1
            if self._users:
                return
            reactor, thread = self.reactor, self._thread
            self.reactor = self._thread = None
        reactor.callFromThread(reactor.stop)
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def call(self, work: Callable[[], _T]) -> _T:
        """Do work in the reactor's thread and wait for what comes of it, or raises; a Deferred is waited for, too.
        Must not be called there.
        """
        done: Future[_T] = Future()

        def settle(result: Any) -> None:
            from twisted.python.failure import Failure

            if isinstance(result, Failure):
                done.set_exception(result.value)
            else:
                done.set_result(result)

        def run() -> None:
            from twisted.internet.defer import Deferred

            try:
                result: Any = work()
            except BaseException as error:
                done.set_exception(error)
                return
            if isinstance(result, Deferred):
                result.addBoth(settle)
            else:
                done.set_result(result)

        reactor = self.reactor
        if reactor is None:
            raise ThreadError("there is no server any more; what belonged to it can't be reached")
        reactor.callFromThread(run)
        return done.result()

    @property
    def is_here(self) -> bool:
        """Whether this is the reactor's thread."""
        return self._thread is threading.current_thread()

    def _start(self) -> None:
        reactor = self.reactor = _make_reactor()
        started = threading.Event()
        reactor.callWhenRunning(started.set)
        self._thread = threading.Thread(target=_run, args=(reactor,), name="fakeldapd", daemon=True)
        self._thread.start()
        started.wait()

    def forget(self) -> None:
        """After a fork, in the child: there is no thread here. What the parent has is left alone."""
        self.__init__()  # type: ignore[misc]


def _run(reactor: Any) -> None:
    """Run it until it is stopped, and close what a reactor keeps open, because it is made to live as long as a process:
    the pipe that wakes it.
    """
    reactor.run(installSignalHandlers=False)
    waker, reactor.waker = reactor.waker, None
    reactor.removeReader(waker)
    waker.connectionLost(None)
    poller = getattr(reactor, "_poller", None)
    if poller is not None:
        poller.close()


def _make_reactor() -> Any:
    """A reactor that nobody else has."""
    from twisted.internet.selectreactor import SelectReactor
    from twisted.python import threadable

    base: Any = SelectReactor
    if sys.platform.startswith("linux"):
        from twisted.internet.epollreactor import EPollReactor

        base = EPollReactor

    class PrivateReactor(base):  # type: ignore[misc]
        def startRunning(self, *arguments: Any, **named: Any) -> None:
            # Every reactor that starts declares its thread to be the I/O thread of the process. The program's own
            # reactor goes by that declaration, so it is put back.
            before = threadable.ioThread
            super().startRunning(*arguments, **named)
            threadable.ioThread = before

    return PrivateReactor()


def _let_go_of_reserve() -> None:
    """At the end of the process close the file that Twisted keeps open in case descriptors run out: otherwise Python
    warns of it, and a program that makes errors of warnings hears of us.
    """
    tcp = sys.modules.get("twisted.internet.tcp")
    kept = getattr(getattr(tcp, "_reservedFD", None), "_fileDescriptor", None)
    if kept is not None:
        kept.close()


def refuse_in_reactor_thread() -> None:
    """Raise ThreadError where a Twisted reactor runs in this thread: waiting here would stop it. One that merely rests
    in another greenlet, as pytest-twisted's while an ordinary test runs, stands still anyhow.
    """
    if THREAD.is_here:
        raise ThreadError("this is the thread of the servers, which would stand still meanwhile: start it elsewhere")
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is None or not getattr(reactor, "running", False):
        return
    running = (reactor, getattr(reactor, "_asyncioEventloop", reactor))
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        if any(frame.f_locals.get("self") is each for each in running):
            raise ThreadError(
                "a Twisted reactor runs in this thread and would stand still meanwhile: "
                "write `async with FakeLDAPServer(...) as server:` in a coroutine"
            )
        frame = frame.f_back


async def aside(work: Callable[[], _T], undo: Callable[[], object] = lambda: None) -> _T:
    """Do work in a thread of its own, without stopping the loop that this coroutine runs in, asyncio's or Twisted's.
    Who is cancelled meanwhile waits for the end of it, and has it undone.
    """
    done: Any
    if _in_asyncio():
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        in_loop: Callable[..., object] = loop.call_soon_threadsafe
        succeed, fail = done.set_result, done.set_exception
    elif getattr(sys.modules.get("twisted.internet.reactor"), "running", False):
        from twisted.internet import reactor
        from twisted.internet.defer import Deferred

        done, in_loop = Deferred(), reactor.callFromThread
        succeed, fail = done.callback, done.errback
    else:
        return work()
    made: list[_T] = []

    def run() -> None:
        try:
            made.append(work())
        except BaseException as error:
            in_loop(fail, error)
        else:
            in_loop(lambda: made and succeed(made[0]))

    thread = threading.Thread(target=run, name="fakeldapd-aside")
    thread.start()
    try:
        return await done  # type: ignore[no-any-return]
    except BaseException:
        thread.join()
        if made:
            made.clear()
            undo()
        raise
    finally:
        thread.join()


def _in_asyncio() -> bool:
    """Whether the coroutine is a task of asyncio's, not of a Twisted reactor on top of it."""
    with contextlib.suppress(RuntimeError):
        return asyncio.current_task() is not None
    return False


THREAD = ReactorThread()
"""The one of this process."""

os.register_at_fork(after_in_child=THREAD.forget)
atexit.register(_let_go_of_reserve)
