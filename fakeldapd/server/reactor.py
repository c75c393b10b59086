"""What is wanted of a reactor besides sockets: slow work in its threads, and Twisted's own log where ours goes."""

import logging
from collections.abc import Callable
from typing import Any, cast

from fakeldapd.operations.request import Signal

_log = logging.getLogger(__name__)


def in_thread(reactor: Callable[[], Any]) -> Callable[[Callable[[], None], Signal], None]:
    """A ``background`` for a Directory: work is done in the reactor's thread pool, the signal is fired in the reactor's
    thread.

    ``reactor`` gives the reactor when it is needed, since a directory is loaded before there is one. An exception of
    the work is logged; the signal is fired all the same.
    """

    def background(work: Callable[[], None], done: Signal) -> None:
        loop = reactor()

        def run() -> None:
            try:
                work()
            except Exception:
                _log.exception("work in a thread failed")
            finally:
                loop.callFromThread(done.fire)

        loop.callInThread(run)

    return background


def log_to_logging() -> None:
    """Let what Twisted logs from WARNING up go through ``logging``."""
    from twisted.logger import (
        FilteringLogObserver,
        LogLevel,
        LogLevelFilterPredicate,
        STDLibLogObserver,
        globalLogBeginner,
    )

    observer: Any = FilteringLogObserver(
        cast(Any, STDLibLogObserver("twisted")), [cast(Any, LogLevelFilterPredicate(defaultLogLevel=LogLevel.warn))]
    )
    globalLogBeginner.beginLoggingTo([observer], discardBuffer=True, redirectStandardIO=False)
