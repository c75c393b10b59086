"""LDAP URLs (RFC 4516): ``ldap://host:port/dn?attributes?scope?filter?extensions``.

Taken besides: the schemes ``ldaps`` and ``ldapi`` (whose host is the percent-encoded path of a socket), IPv6
addresses in brackets (RFC 3986 section 3.2.2), and the scopes ``base``, ``one``, ``sub`` in any case, with
OpenLDAP's ``onelevel``, ``subtree``, ``subord`` and ``children``. What a URL leaves out stays None here, for a
referral gives it another meaning (RFC 4511 section 4.1.10) than RFC 4516 section 3, whose defaults are the
``..._or_default`` properties. Whether a critical extension is known is for who uses it.
"""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote_to_bytes

from fakeldapd.protocol.filter import parse
from fakeldapd.protocol.messages import Filter, Scope, value

_PORTS = {"ldap": 389, "ldaps": 636, "ldapi": None}
_SCOPES = {
    "": None,
    "base": 0,
    "one": 1,
    "onelevel": 1,
    "sub": 2,
    "subtree": 2,
    "subord": 3,
    "subordinate": 3,
    "children": 3,
}
SCOPE_NAMES = ("base", "one", "sub", "subordinate")
"""What URLs call the scopes, by their numbers in SearchRequest."""
_BAD_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_PLAIN = "!$&'()*+,;=:@/"
"""Reserved characters that stay as they are: all but '?', which has a meaning, and '#[]', which others misread."""


class URLSyntaxError(ValueError):
    """Text that is no LDAP URL; says which part of it, and what to do."""


class Extension(NamedTuple):
    """One extension of an LDAP URL; ``value`` None: absent."""

    type: str
    value: bytes | None = None
    critical: bool = False


@value
class LDAPURL:
    """An LDAP URL, its parts decoded.

    ``host`` is "" where none is given, a path for ldapi, an IPv6 address without its brackets. ``port``, ``scope`` and
    ``filter`` (its text) are None where they are left out. ``str()`` encodes nothing that need not be.
    """

    scheme: str = "ldap"
    host: str = ""
    port: int | None = None
    dn: bytes = b""
    attributes: tuple[bytes, ...] = ()
    scope: int | None = None
    filter: bytes | None = None
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def parse(cls, text: str | bytes) -> "LDAPURL":
        """The URL that ``text`` is. Raises URLSyntaxError; the filter is only looked at by ``filter_or_default``."""
        if isinstance(text, bytes):
            try:
                text = text.decode()
            except UnicodeDecodeError:
                raise URLSyntaxError(f"{text!r} is not UTF-8: percent-encode what isn't text") from None
        scheme, separator, rest = text.partition("://")
        scheme = scheme.lower()
        if not separator or scheme not in _PORTS:
            raise URLSyntaxError(f"{text!r} doesn't begin with ldap://, ldaps:// or ldapi://")
        address, parts = _split(rest, text)
        host, port = _host_and_port(scheme, address, text)
        dn, attributes, scope, filter_, extensions = parts
        if scope.lower() not in _SCOPES:
            raise URLSyntaxError(f"{text!r} has the scope {scope!r}: it may be base, one, sub or subord")
        return cls(
            scheme=scheme,
            host=host,
            port=port,
            dn=_decoded(dn, text),
            attributes=tuple([_decoded(each, text) for each in attributes.split(",")]) if attributes else (),
            scope=_SCOPES[scope.lower()],
            filter=_decoded(filter_, text) if filter_ else None,
            extensions=tuple([_extension(each, text) for each in extensions.split(",")]) if extensions else (),
        )

    @property
    def port_or_default(self) -> int | None:
        """The port, or the scheme's: 389, 636, None for ldapi."""
        return _PORTS[self.scheme] if self.port is None else self.port

    @property
    def scope_or_default(self) -> int:
        """The scope, or base."""
        return int(Scope.BASE) if self.scope is None else self.scope

    @property
    def filter_or_default(self) -> Filter:
        """The filter, or ``(objectClass=*)``. Raises FilterSyntaxError."""
        return parse(self.filter or b"(objectClass=*)")

    def __str__(self) -> str:
        host = (
            f"[{self.host}]"
            if ":" in self.host and self.scheme != "ldapi"
            else quote(self.host, safe="", errors="surrogateescape")
        )
        address = f"{self.scheme}://{host}" + ("" if self.port is None else f":{self.port}")
        parts = [
            quote(self.dn, safe=_PLAIN),
            ",".join([quote(each, safe=_PLAIN) for each in self.attributes]),
            "" if self.scope is None else SCOPE_NAMES[self.scope],
            quote(self.filter or b"", safe=_PLAIN),
            ",".join([_extension_text(each) for each in self.extensions]),
        ]
        rest = "?".join(parts).rstrip("?")
        return f"{address}/{rest}" if rest else address


def _split(rest: str, text: str) -> tuple[str, list[str]]:
    """What stands before the first slash, and the five parts behind it, "" for those that are missing."""
    end = min([at for at in (rest.find("/"), rest.find("?")) if at >= 0], default=len(rest))
    parts = rest[end:].removeprefix("/").split("?")
    if len(parts) > 5:
        raise URLSyntaxError(f"{text!r} has more than four '?': write %3F for one within a part")
    return rest[:end], parts + [""] * (5 - len(parts))


def _host_and_port(scheme: str, address: str, text: str) -> tuple[str, int | None]:
    if scheme == "ldapi":
        return _decoded(address, text).decode("utf-8", "surrogateescape"), None
    if address.startswith("["):
        host, closing, after = address[1:].partition("]")
        if not closing or ":" not in host or (after and not after.startswith(":")):
            raise URLSyntaxError(f"{text!r} has no IPv6 address in its brackets: write [::1] or [::1]:389")
        port = after[1:]
    else:
        host, _, port = address.partition(":")
        host = _decoded(host, text).decode("utf-8", "surrogateescape")
        if ":" in port:
            raise URLSyntaxError(f"{text!r} has two ':' in its host: write an IPv6 address in brackets")
    if port and not (port.isascii() and port.isdigit() and int(port) < 65536):
        raise URLSyntaxError(f"{text!r} has the port {port!r}: it must be a number up to 65535")
    return host, int(port) if port else None


def _decoded(part: str, text: str) -> bytes:
    if _BAD_PERCENT.search(part):
        raise URLSyntaxError(f"{text!r} has a '%' without two hexadecimal digits: write %25 for one")
    return unquote_to_bytes(part)


def _extension(part: str, text: str) -> Extension:
    name, equals, content = part.removeprefix("!").partition("=")
    if not name:
        raise URLSyntaxError(f"{text!r} has an extension without a type: write type=value")
    kind = _decoded(name, text).decode("utf-8", "surrogateescape")
    return Extension(kind, _decoded(content, text) if equals else None, part.startswith("!"))


def _extension_text(extension: Extension) -> str:
    content = "" if extension.value is None else "=" + quote(extension.value, safe=_PLAIN.replace(",", ""))
    return ("!" if extension.critical else "") + quote(extension.type, safe=_PLAIN, errors="surrogateescape") + content
