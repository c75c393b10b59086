"""``fakeldapd serve``: load a directory, listen, say so, and end when told to.

Twisted is imported only after the data has been read and found good: what is wrong is said sooner, and no port is open
before.
"""

import argparse
import contextlib
import functools
import gc
import json
import logging
import os
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from fakeldapd import __version__, config, logs
from fakeldapd.config import DEFAULT_PASSWORD, Config, ConfigError
from fakeldapd.serving import ca_file, listen_addresses, make_service, make_tls, reload_tls

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory
    from fakeldapd.server.service import Service
    from fakeldapd.server.tls import ServerTLS

_log = logging.getLogger(__name__)

OK, USAGE, BAD_DATA, CANNOT_LISTEN = 0, 2, 3, 4

SAMPLE_USERS = (
    ("uid=alice,ou=people,dc=example,dc=com", "alice-secret"),
    ("uid=bob,ou=people,dc=example,dc=com", "bob-secret"),
    ("uid=carol,ou=people,dc=example,dc=com", "carol-secret"),
)
"""Users of the sample directory that the banner suggests, with their passwords."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of Config."""
    config.add_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; gives the exit code."""
    from fakeldapd.loading import LoadError, build
    from fakeldapd.server.listen import CannotListen, ListenError  # imports Twisted: not for --help

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)  # a load can take a while; once running, the reactor is told instead
    try:
        settings = config.from_arguments(arguments, os.environ)
        logs.configure(settings.log, settings.log_level)
        addresses = listen_addresses(settings, os.environ)
        remove_ready_file(settings)
        tls = make_tls(settings, os.environ)
        from fakeldapd.server.reactor import in_thread

        directory = build(settings, in_thread(_reactor))
        settle_memory()
        reactor = _reactor()

        service = make_service(settings, directory, reactor, tls)
        service.listen(addresses)
    except (ConfigError, ListenError) as error:
        return _complain(error, USAGE, hint="fakeldapd --help lists the options")
    except LoadError as error:
        return _complain(error, BAD_DATA)
    except CannotListen as error:
        return _complain(error, CANNOT_LISTEN)
    return _serve(settings, directory, service, reactor)


def _reactor() -> Any:
    from twisted.internet import reactor

    return reactor


def _leave(number: int, frame: object) -> NoReturn:
    raise SystemExit(OK)


def _complain(error: Exception, code: int, hint: str = "") -> int:
    print(f"fakeldapd: {error}", file=sys.stderr)
    if hint:
        print(f"({hint})", file=sys.stderr)
    return code


_COLLECT = (20_000, 50, 100)


def settle_memory() -> None:
    """Keep the cyclic garbage collector from walking over the directory again and again.

    What has been loaded stays, so it is left out. What comes later (normalised values, indexes) mostly stays, too, and
    what doesn't is freed without the collector: so it is asked less often. With the interpreter's own thresholds
    every search through 100,000 entries would cost a collection of 30 ms, in which nobody is answered.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)


def _serve(settings: Config, directory: "Directory", service: "Service", reactor: Any) -> int:
    """Run the reactor until told to stop."""
    from fakeldapd.server.listen import notify
    from fakeldapd.server.reactor import log_to_logging

    log_to_logging()
    code = OK

    def stop() -> None:
        notify(os.environ, "STOPPING=1")
        service.stop().addCallback(lambda _: reactor.running and reactor.stop())

    def started() -> None:
        nonlocal code
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: reactor.callFromThread(stop))
        on_hangup(settings, service.factory.tls, reactor, stop)
        try:
            announce(settings, directory, service.urls)
        except OSError as error:
            code = _complain(ConfigError(f"--ready-file {settings.ready_file}: {error.strerror}"), USAGE)
            stop()
            return
        notify(os.environ, "READY=1")

    reactor.callWhenRunning(started)
    reactor.run()
    remove_ready_file(settings)
    return code


def on_hangup(
    settings: Config, tls: "ServerTLS | None", reactor: Any, otherwise: Callable[[], None] | None = None
) -> None:
    """Let SIGHUP reload the certificates. Where there are none it means ``otherwise``, unless it is ignored (nohup)."""
    if tls is not None:
        reload = functools.partial(reload_tls, settings, tls, os.environ)
    elif otherwise is not None and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        reload = functools.partial(otherwise)
    else:
        return
    signal.signal(signal.SIGHUP, lambda *_: reactor.callFromThread(reload))


def announce(settings: Config, directory: "Directory", urls: list[str]) -> None:
    """Say that it is ready: the banner, the ready file, and last the ready line. Raises OSError for the ready file.

    The streams are those that the process began with: twist puts its log in their place.
    """
    bases = [dn.text.decode() for dn in directory.suffixes]
    admin_dn = directory.admin_dn.text.decode() if directory.admin_dn else ""
    print(banner(settings, urls, bases, admin_dn), file=sys.__stderr__, flush=True)
    if settings.ready_file:
        facts = {"urls": urls, "pid": os.getpid(), "bases": bases, "admin_dn": admin_dn}
        facts["ca_file"] = ca_file(settings, os.environ)
        write_atomically(Path(settings.ready_file), json.dumps(facts) + "\n")
    print("fakeldapd ready", *urls, file=sys.__stdout__, flush=True)


def banner(settings: Config, urls: list[str], bases: list[str], admin_dn: str) -> str:
    """What a person wants to know who has just started it. A password is shown only where everybody knows it."""
    is_default = settings.admin_password == DEFAULT_PASSWORD
    ca = ca_file(settings, os.environ)
    sample = not settings.files and not settings.empty
    lines = [
        f"fakeldapd {__version__}",
        *(f"  listening on  {url}" for url in urls),
        *([f"  CA            {ca}"] if ca else []),
        *(f"  base DN       {base}" for base in bases),
        f"  admin DN      {admin_dn}",
    ]
    if is_default:
        lines.append(f"  password      {DEFAULT_PASSWORD}")
    if sample:
        lines += [f"  a user        {dn}   password {password}" for dn, password in SAMPLE_USERS]
    password = f"-w {DEFAULT_PASSWORD}" if is_default else "-W"
    what = "'(uid=alice)'" if sample else "-s base"
    base = bases[0] if bases and not settings.empty else ""
    trust = f"LDAPTLS_CACERT={shlex.quote(ca)} " if ca and urls[0].startswith("ldaps:") else ""
    lines.append(f"try:  {trust}ldapsearch -x -H {urls[0]} -D {_quoted(admin_dn)} {password} -b {_quoted(base)} {what}")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    """As a shell takes it for one word."""
    return "'" + text.replace("'", "'\\''") + "'"


def write_atomically(path: Path, text: str) -> None:
    """Whoever reads ``path`` finds nothing or all of it. Raises OSError."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def remove_ready_file(settings: Config) -> None:
    """A ready file from before says something that isn't so."""
    if settings.ready_file:
        Path(settings.ready_file).unlink(missing_ok=True)
