"""Where to listen: ``ldap://``, ``ldaps://`` and ``ldapi://`` URLs, and the sockets that systemd hands over.

A fake directory with a known password has no business on a network, so an address other than loopback is refused unless
it was asked for twice.
"""

import ipaddress
import os
import socket
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from twisted.internet.error import CannotListenError

from fakeldapd.server import local

if TYPE_CHECKING:
    from fakeldapd.server.service import LDAPServerFactory

LDAP_PORT, LDAPS_PORT = 389, 636
_FIRST_INHERITED = 3
"""SD_LISTEN_FDS_START."""


class ListenError(ValueError):
    """What was asked for can't be listened on at all: a matter of usage. ``str`` says what to write instead."""


class CannotListen(Exception):
    """The system refuses. ``str`` says what and why."""


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """An ``ldap://host:port`` to listen on, ``ldaps`` where ``tls``. ``host`` as it was written, without brackets;
    ``port`` 0 is any free one."""

    host: str
    port: int
    tls: bool = False

    def open(self, reactor: Any, factory: "LDAPServerFactory", backlog: int) -> tuple[Any, str]:
        """Listen; gives Twisted's port and the URL to reach it by. Raises CannotListen."""
        served = factory.over_tls if self.tls else factory
        try:
            address = _resolve(self.host, self.port)
            port = reactor.listenTCP(self.port, served, backlog=backlog, interface=address)
        except CannotListenError as error:
            hint = _HINT.get(getattr(error.socketError, "errno", 0), "")
            raise CannotListen(f"{self.url(self.port)}: {_reason(error.socketError)}{hint}") from error
        except OSError as error:
            raise CannotListen(f"{self.url(self.port)}: {_reason(error)}") from error
        return port, self.url(port.getHost().port)

    def url(self, port: int) -> str:
        """The URL of this host with that port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ldap{'s' * self.tls}://{host}:{port}"


@dataclass(frozen=True, slots=True)
class LocalAddress:
    """An ``ldapi://`` to listen on: a local socket whose file is ``path``."""

    path: str

    def open(self, reactor: Any, factory: "LDAPServerFactory", backlog: int) -> tuple[Any, str]:
        """Listen; gives the port and the URL to reach it by. Raises CannotListen."""
        try:
            listening, remove = local.bind(self.path, backlog)
        except OSError as error:
            hint = "; something listens there already: stop it, or take another path" if error.errno == 98 else ""
            raise CannotListen(f"{local.url(self.path)}: {_reason(error)}{hint}") from error
        return local.LocalPort(reactor, listening, factory, remove).start(), local.url(self.path)


@dataclass(frozen=True, slots=True)
class Inherited:
    """A listening socket that systemd opened (sd_listen_fds(3)). ``fd`` belongs to us from now on; ``tls``: begin TLS
    at once."""

    fd: int
    tls: bool = False

    def open(self, reactor: Any, factory: "LDAPServerFactory", backlog: int) -> tuple[Any, str]:
        """Accept connections on it; gives the port and the URL to reach it by. Raises CannotListen."""
        served = factory.over_tls if self.tls else factory
        try:
            os.set_blocking(self.fd, False)  # Twisted would wait in accept() otherwise
            passed = socket.socket(fileno=self.fd)
            if passed.family == socket.AF_UNIX:
                return local.LocalPort(reactor, passed, served).start(), local.url(_local_name(passed))
            with passed:  # Twisted works with a duplicate
                port = reactor.adoptStreamPort(self.fd, passed.family, served)
        except OSError as error:
            raise CannotListen(f"systemd: descriptor {self.fd}: {_reason(error)}") from error
        host = port.getHost()
        return port, ListenAddress(host.host, host.port, self.tls).url(host.port)


def _local_name(listening: socket.socket) -> str:
    """The path of a local socket, with @ for the NUL that an abstract one begins with."""
    name = listening.getsockname()
    return "@" + os.fsdecode(name[1:]) if isinstance(name, bytes) else str(name)


_HINT = {
    13: "; ports below 1024 are for root: take another, such as --listen ldap://127.0.0.1:1389",
    98: "; something listens there already: stop it, or take a free port with --listen ldap://127.0.0.1:0",
}


def _reason(error: object) -> str:
    return str(getattr(error, "strerror", None) or error)


def _resolve(host: str, port: int) -> str:
    """The numeric address of a host name, IPv4 if there is one. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found.sort(key=lambda info: info[0] is not socket.AF_INET)
    return str(found[0][4][0])


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        pass
    try:
        return all(
            ipaddress.ip_address(str(i[4][0]).partition("%")[0]).is_loopback for i in socket.getaddrinfo(host, None)
        )
    except OSError as error:
        raise ListenError(f"--listen: {host}: {_reason(error)}; write an address, such as 127.0.0.1") from error


def parse(text: str, *, allow_remote: bool = False) -> ListenAddress | LocalAddress:
    """Read an ``ldap://host[:port]``, ``ldaps://host[:port]`` or ``ldapi://path`` URL. Raises ListenError."""
    if text[:8].lower() == "ldapi://":
        return LocalAddress(_local_path(text))
    try:
        url = urlsplit(text)
        host, port = unquote(url.hostname or ""), url.port
    except ValueError as error:
        raise ListenError(f"--listen {text}: {error}; write for example ldap://127.0.0.1:1389") from None
    if url.scheme not in ("ldap", "ldaps"):
        raise ListenError(f"--listen {text}: not an LDAP URL; write for example ldap://127.0.0.1:1389")
    if not host:
        raise ListenError(f"--listen {text}: no address to listen on; write for example ldap://127.0.0.1:1389")
    if url.path.strip("/") or url.query or url.fragment or url.username is not None:
        raise ListenError(f"--listen {text}: only a host and a port are expected, as in ldap://127.0.0.1:1389")
    if not allow_remote and not _is_loopback(host):
        raise ListenError(
            f"--listen {text}: {host} is not a loopback address; to serve other machines add --allow-remote"
        )
    tls = url.scheme == "ldaps"
    return ListenAddress(host, (LDAPS_PORT if tls else LDAP_PORT) if port is None else port, tls)


def _local_path(text: str) -> str:
    """The path in an ``ldapi://`` URL, where it stands in the host's place, percent-encoded."""
    written, _, rest = text[8:].partition("/")
    path = unquote(written)
    if rest or not path.startswith("/") or "\0" in path:
        wanted = path + ("/" + rest if rest else "")
        example = wanted if wanted.startswith("/") and len(wanted) > 1 else "/tmp/ldapi"
        raise ListenError(
            f"--listen {text}: the whole path of a socket is expected, with %2F for each slash, as in "
            f"{local.url(example)}"
        )
    return path


def inherited(environ: MutableMapping[str, str], *, allow_remote: bool = False) -> list[Inherited]:
    """The sockets that systemd has opened for this process; their variables are taken out of ``environ``. Those whose
    FileDescriptorName is ``ldaps`` begin with TLS. Raises ListenError."""
    pid, count = environ.pop("LISTEN_PID", ""), environ.pop("LISTEN_FDS", "")
    names = environ.pop("LISTEN_FDNAMES", "").split(":")
    if pid != str(os.getpid()) or not count.isdigit() or count == "0":
        raise ListenError("--listen systemd: no sockets were passed; this is for a service with a .socket unit")
    fds = range(_FIRST_INHERITED, _FIRST_INHERITED + int(count))
    for fd in fds:
        os.set_inheritable(fd, False)
        _check_inherited(fd, allow_remote)
    names += [""] * len(fds)
    return [Inherited(fd, name == "ldaps") for fd, name in zip(fds, names, strict=False)]


def _check_inherited(fd: int, allow_remote: bool) -> None:
    with socket.socket(fileno=os.dup(fd)) as passed:
        listening = passed.type == socket.SOCK_STREAM and passed.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if passed.family not in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX) or not listening:
            raise ListenError("--listen systemd: only stream sockets (ListenStream=) can be served")
        if passed.family == socket.AF_UNIX:
            return
        host = str(passed.getsockname()[0])
        if not allow_remote and not _is_loopback(host):
            raise ListenError(
                f"--listen systemd: {host} is not a loopback address; to serve other machines add --allow-remote"
            )


def notify(environ: MutableMapping[str, str], state: str) -> None:
    """Tell systemd, such as ``READY=1`` (sd_notify(3)); does nothing where nobody asked to be told."""
    name = environ.get("NOTIFY_SOCKET", "")
    if not name:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.sendto(state.encode(), "\0" + name[1:] if name.startswith("@") else name)
