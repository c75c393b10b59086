"""``fakeldapd record``: between an application and a real server, until told to stop; then what was said becomes files.

They are written when it ends, all of both or nothing. Without ``--keep-values`` nobody's name is in them, and never a
password.
"""

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from fakeldapd import logs
from fakeldapd.commands import client

if TYPE_CHECKING:
    from fakeldapd.recording.conversation import Recording
    from fakeldapd.recording.written import Written
    from fakeldapd.server.proxy import Upstream
    from fakeldapd.server.service import LDAPServerFactory

DEFAULT_LISTEN = "ldap://127.0.0.1:1389"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The server, where to be in its place, and where to write."""
    parser.add_argument("server", metavar="URL", help="the real server: ldap://, ldaps:// or ldapi://")
    parser.add_argument(
        "--listen",
        action="append",
        metavar="URL",
        help=f"where the application connects to: ldap:// or ldapi:// (default: {DEFAULT_LISTEN}); may be repeated",
    )
    parser.add_argument("--allow-remote", action="store_true", help="listen on addresses that other machines can reach")
    parser.add_argument("--output", default=".", metavar="DIR", help="where the files go (default: here)")
    parser.add_argument("--keep-values", action="store_true", help="write values as they are; never passwords")
    parser.add_argument("--ca-file", default="", metavar="FILE", help="certificates to trust (default: the system's)")
    parser.add_argument("--insecure", action="store_true", help="trust any certificate")
    parser.add_argument("--log", default="text", choices=("text", "json"), help="how log lines look (default: text)")
    parser.add_argument(
        "--log-level",
        default="info",
        choices=("debug", "info", "warning", "error"),
        help="the least important lines to log; info has one for each operation, with names (default: info)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Record until SIGTERM or SIGINT; gives the exit code: 2 for wrong usage, also where the files can't be written,
    4 where it can't listen, or not reach the server.
    """
    from fakeldapd.server import listen  # imports Twisted: not for --help
    from fakeldapd.server.tls import TLSError

    logs.configure(arguments.log, arguments.log_level)
    try:
        upstream = _upstream(arguments)
        addresses = [listen.parse(url, allow_remote=arguments.allow_remote) for url in _listen(arguments)]
        folder = _folder(arguments.output)
    except (client.UsageError, listen.ListenError, TLSError) as error:
        return client.complain("record", error, client.USAGE)
    from fakeldapd.recording.conversation import Recording

    recording = Recording()
    code = _serve(upstream, addresses, recording)
    return code or _write(recording, folder, keep_values=arguments.keep_values)


def _listen(arguments: argparse.Namespace) -> list[str]:
    urls = list(arguments.listen or (DEFAULT_LISTEN,))
    for url in urls:
        if url.lower().startswith("ldaps:"):
            raise client.UsageError(f"--listen {url}: what comes in has to be readable; write ldap:// or ldapi://")
    return urls


def _upstream(arguments: argparse.Namespace) -> "Upstream":
    """The server. Raises UsageError, TLSError."""
    from fakeldapd.server.proxy import Upstream

    url = arguments.server
    wanted = client.UsageError(f"{url}: the server's ldap://HOST:PORT, ldaps://HOST:PORT or ldapi://PATH is expected")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise wanted from None
    tls = parts.scheme == "ldaps"
    if not tls and (arguments.ca_file or arguments.insecure):
        raise client.UsageError("--ca-file and --insecure are about the server's certificate: write ldaps://")
    if parts.scheme == "ldapi":
        path = unquote(url.partition("://")[2])
        if not path.strip("/"):
            raise wanted
        return Upstream("", None, path=path)
    if parts.scheme not in ("ldap", "ldaps") or not host or parts.path.strip("/") or parts.query or parts.username:
        raise wanted
    return Upstream(host, port, tls=tls, ca_file=arguments.ca_file, insecure=arguments.insecure)


def _folder(name: str) -> Path:
    """Where to write: found out before there is something to lose. Raises UsageError."""
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise client.UsageError(f"--output {name}: {error.strerror}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise client.UsageError(f"--output {name}: may not be written to")
    return folder


def _serve(upstream: "Upstream", addresses: list[Any], recording: "Recording") -> int:
    """Pass on until told to stop; gives the exit code."""
    from twisted.internet import reactor as installed

    from fakeldapd.server.listen import CannotListen
    from fakeldapd.server.proxy import ProxyFactory, reason
    from fakeldapd.server.reactor import log_to_logging
    from fakeldapd.server.service import Service

    log_to_logging()
    reactor: Any = installed
    proxy = ProxyFactory(upstream, reactor, recording.tap)
    service = Service(cast("LDAPServerFactory", proxy), reactor)
    code = client.OK
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if stopping:
            return
        stopping = True
        service.close().addCallback(lambda _: proxy.finish()).addCallback(lambda _: reactor.running and reactor.stop())

    def give_up(error: object) -> None:
        nonlocal code
        if stopping:
            return
        code = client.complain("record", error, client.CANNOT_CONNECT)
        stop()

    def reached(_: object) -> None:
        if stopping:
            return
        try:
            service.listen(addresses)
        except CannotListen as error:
            give_up(f"cannot listen: {error}")
            return
        print(_banner(upstream, service.urls), file=sys.stderr, flush=True)
        print("fakeldapd ready", *service.urls, flush=True)

    def started() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: reactor.callFromThread(stop))
        probed = upstream.probe(reactor)
        probed.addCallbacks(reached, lambda failure: give_up(f"cannot reach {upstream.url}: {reason(failure)}"))

    reactor.callWhenRunning(started)
    reactor.run()
    return code


def _banner(upstream: "Upstream", urls: list[str]) -> str:
    return f"fakeldapd record: {' and '.join(urls)} is {upstream.url} now; Ctrl-C ends it, and writes what was said"


# --- what comes of it -------------------------------------------------------------------------------------------------


def _write(recording: "Recording", folder: Path, *, keep_values: bool) -> int:
    from fakeldapd.recording.written import LDIF, STUBS, Written

    written = Written(recording, keep_values=keep_values)
    if not written.answers:
        print(f"fakeldapd record: {recording.connections} connections, nothing to write", file=sys.stderr)
        return client.OK
    texts = {folder / LDIF: written.ldif, folder / STUBS: written.stubs.encode(errors="surrogateescape")}
    try:
        replace_all(texts)
    except OSError as error:
        return client.complain("record", f"--output {folder}: {error.strerror}", client.USAGE)
    print(_said(written, folder / LDIF, folder / STUBS), file=sys.stderr)
    return client.OK


def replace_all(texts: dict[Path, bytes]) -> None:
    """Write the files: none has its name before all have been written. Raises OSError."""
    temporary = {path: path.with_name(f"{path.name}.{os.getpid()}.tmp") for path in texts}
    try:
        for path, text in texts.items():
            temporary[path].write_bytes(text)
        for path in texts:
            temporary[path].replace(path)
    finally:
        for each in temporary.values():
            each.unlink(missing_ok=True)


def _said(written: "Written", ldif: Path, stubs: Path) -> str:
    lines = [
        f"fakeldapd record: {ldif}: {written.entries} entries below {' and '.join(written.bases) or 'nothing'}",
        f"fakeldapd record: {stubs}: answers to {written.answers} questions",
    ]
    if written.entries:
        replay = f'FakeLDAPServer(ldif="{ldif}", stubs="{stubs}", {written.settings})'
        lines.append(f"in a test: {replay}")
    return "\n".join(lines)
