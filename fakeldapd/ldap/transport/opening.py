"""From a URI to a transport: a directory in this process that is registered for it, or a socket.

``fake://name`` is always in this process: the directory of that name, made when it is first asked for, empty but for
what it takes. ``register`` puts a directory behind any other URI, and behind all of them with ``"*"``.
"""

import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

from fakeldapd.ldap.transport import ConnectionLost, Transport
from fakeldapd.ldap.transport.inprocess import Behind, InProcess
from fakeldapd.ldap.transport.tls import TLSSettings
from fakeldapd.protocol.url import LDAPURL, URLSyntaxError

FAKE = "fake://"
EVERYTHING = "*"
DEFAULT_BASE = "dc=example,dc=com"
_PORTS = {"ldap": 389, "ldaps": 636}


Settings: TypeAlias = Callable[[], TLSSettings]


class BadURI(ValueError):
    """Nothing that can be connected to."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where one server is. ``path`` is for ldapi, ``name`` for what is in this process; ``rest`` is what the URI has
    behind the server, which concerns nobody.
    """

    scheme: str
    host: str = ""
    port: int = 0
    path: str = ""
    name: str = ""
    rest: str = field(default="", compare=False)

    @property
    def server(self) -> str:
        """The URI of the server, without ``rest``."""
        if self.scheme == "fake":
            return FAKE + self.name
        if self.scheme == "ldapi":
            return "ldapi://" + quote(self.path, safe="")
        return f"{self.scheme}://{self.host_name}"

    @property
    def host_name(self) -> str:
        """Host and port, the path of a local socket."""
        if self.scheme in ("ldap", "ldaps"):
            return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        return self.path or self.name

    def over_tls(self) -> "Address":
        """The same server with TLS from the beginning."""
        return replace(self, scheme="ldaps") if self.scheme == "ldap" else self

    def __str__(self) -> str:
        return self.server + self.rest


def addresses(uri: str) -> tuple[Address, ...]:
    """The servers that ``uri`` names, separated by blanks or commas. Raises BadURI."""
    if uri.lower().startswith(FAKE):
        return (_address(uri),)
    return tuple([_address(each) for each in _SEPARATORS.split(uri) if each])


_SEPARATORS = re.compile(r"\s+|,\s*(?=ldap)")
_SERVER = re.compile(r"(ldap[si]?)://([^/?]*)(.*)", re.IGNORECASE | re.DOTALL)


def _address(uri: str) -> Address:
    if uri.lower().startswith(FAKE):
        return Address("fake", name=uri[len(FAKE) :])
    uri = uri.removeprefix("<").removesuffix(">").removeprefix("URL:")
    match = _SERVER.fullmatch(uri)
    try:
        url = LDAPURL.parse(uri)
    except URLSyntaxError as error:
        raise BadURI(str(error)) from None
    assert match is not None
    rest = match[3] if match[3].startswith("/") and match[3] != "/" else ""
    if url.scheme == "ldapi":
        return Address("ldapi", path=url.host, rest=rest)
    if match[2].endswith(":"):
        raise BadURI(f"{uri!r} has no port behind its ':'")
    return Address(url.scheme, url.host, url.port or _PORTS[url.scheme], rest=rest)


def uri_text(servers: tuple[Address, ...]) -> str | None:
    """The URIs of these servers, None where there are none."""
    return " ".join([str(each) for each in servers]) or None


DEFAULT_LOCAL = "/var/run/slapd/ldapi"
"""Where Debian's libldap looks for a local server that is not named."""

_registered: dict[str, Any] = {}
_named: dict[str, Any] = {}
_lock = threading.Lock()


def register(uri: str, directory: Any) -> None:
    """Put ``directory`` behind ``uri``, as application code writes it, or behind every URI (``"*"``).

    ``directory`` is a fakeldapd.FakeDirectory, or any handler. One that is registered already is replaced; connections
    that are open go on with the one they have. None takes the URI out again. Raises ValueError for what is no URI,
    TypeError for what nobody can ask in this thread: a server's directory is asked over its URL.
    """
    if directory is not None and (getattr(directory, "is_served", False) or not _can_be_asked(directory)):
        raise TypeError(f"{directory!r} is no FakeDirectory or handler; a server is asked over its own URL")
    keys = [uri] if uri == EVERYTHING else [each.server for each in addresses(uri)]
    if not keys:
        raise BadURI(f"{uri!r} names no server")
    with _lock:
        for key in keys:
            if directory is None:
                _registered.pop(key, None)
            else:
                _registered[key] = directory


def _can_be_asked(directory: Any) -> bool:
    return callable(getattr(directory, "handler", directory))


def registered() -> dict[str, Any]:
    """What is behind which URI, a copy."""
    with _lock:
        return dict(_registered)


def directory_at(address: Address) -> Any | None:
    """What answers at this address in this process, None where a socket is to be tried."""
    found = _registered.get(address.server)
    if found is None and address.scheme == "fake":
        return _named_directory(address.name)
    return _registered.get(EVERYTHING) if found is None else found


def _named_directory(name: str) -> Any:
    """The directory of that name: ``name`` alone, or with its naming context behind a slash."""
    with _lock:
        if (found := _named.get(name)) is None:
            from fakeldapd.double.directory import FakeDirectory

            _, _, base = name.partition("/")
            found = _named[name] = FakeDirectory(empty=True, base=unquote(base) or DEFAULT_BASE)
        return found


def forget_named() -> None:
    """Drop every directory that ``fake://`` has made: the next one of the same name is empty."""
    with _lock:
        _named.clear()


def open_transport(address: Address, settings: Settings, connect_timeout: float | None) -> Transport:
    """A connection. ``settings`` gives what holds for TLS; ``connect_timeout`` in seconds. Raises ConnectionLost."""
    directory = directory_at(address)
    if directory is not None:
        credentials = (os.getuid(), os.getgid()) if address.scheme == "ldapi" else None
        tls = settings() if address.scheme == "ldaps" else None
        return InProcess(Behind(directory), tls=tls, credentials=credentials)
    from fakeldapd.ldap.transport import wire

    if address.scheme == "ldapi":
        return wire.Wire(wire.connect_local(address.path or DEFAULT_LOCAL, connect_timeout), "")
    connected = wire.connect_tcp(address.host or "localhost", address.port, connect_timeout)
    return wire.Wire(connected, address.host or "localhost", settings() if address.scheme == "ldaps" else None)


def open_first(servers: tuple[Address, ...], settings: Settings, timeout: float | None) -> tuple[Transport, Address]:
    """A connection to the first of the servers that is there. Raises ConnectionLost, for the last of them."""
    number, info = 0, ""
    for address in servers:
        try:
            return open_transport(address, settings, timeout), address
        except ConnectionLost as lost:
            number, info = lost.errno, lost.info
    raise ConnectionLost(number, info)
