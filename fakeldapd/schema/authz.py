"""slapd's authorisation rules, the values of authzTo and authzFrom (its syntax 1.3.6.1.4.1.4203.666.2.7,
slapd.conf(5) authz-policy).

    dn[.exact|.regex|.subtree|.children|.onelevel]:<DN or pattern or *>      a plain DN stands for dn.exact
    u[.<mechanism>[/<realm>]]:<name>
    group[/<object class>[/<attribute>]]:<DN>
    ldap:///<base>??[<scope>][?<filter>]

``rule`` reads one and writes it as slapd does; with the text of DNs for what is stored, with their normal forms for
what is compared. slapd numbers the values of X-ORDERED attributes, and those with this syntax are such in its schemas:
``{0}dn:cn=a``. A number is kept and means nothing.

Where we part from slapd: it also folds the values in a URL's filter to their normal forms; we leave them as written.
"""

import re
from collections.abc import Callable
from typing import Protocol

from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.elements import AttributeType, ObjectClass

_NUMBER = re.compile(rb"\{\d+\}")
_STYLES = (b"exact", b"regex", b"subtree", b"children", b"onelevel")
_SCOPES = (b"base", b"one", b"sub", b"subordinate")


class Names(Protocol):
    """What is asked of the schema."""

    def attribute_type(self, name: bytes, /) -> AttributeType | None:
        """By name or OID."""

    def object_class(self, name: bytes, /) -> ObjectClass | None:
        """By name or OID."""


def cut_number(value: bytes) -> tuple[bytes, bytes]:
    """The number before a value, if there is one, and the rule."""
    found = _NUMBER.match(value)
    return (value[: found.end()], value[found.end() :]) if found else (b"", value)


def rule(value: bytes, schema: Names, dn: Callable[[bytes], bytes]) -> bytes | None:
    """The rule as slapd writes it, its DNs as ``dn`` gives them; None for what is none."""
    head, colon, rest = value.partition(b":")
    words = head.lower()
    try:
        if colon and words == b"ldap":
            return _url(rest, dn)
        if colon and (words == b"u" or words.startswith(b"u.")):
            return value
        if colon and words.startswith(b"group"):
            return _group(head, rest, schema, dn)
        if colon and words == b"dn":
            return _exact(rest, dn)
        if colon and words.startswith(b"dn."):
            return _styled(words[3:], rest, dn)
        return _exact(value, dn)
    except LDAPError:
        return None


def _exact(name: bytes, dn: Callable[[bytes], bytes]) -> bytes:
    return b"dn:*" if name == b"*" else b"dn:" + dn(name)


def _styled(style: bytes, name: bytes, dn: Callable[[bytes], bytes]) -> bytes | None:
    if style not in _STYLES:
        return None
    if style == b"regex":
        return b"dn.regex:" + name
    if style == b"exact" or name == b"*":
        return _exact(name, dn)
    return b"dn." + style + b":" + dn(name)


def _group(head: bytes, name: bytes, schema: Names, dn: Callable[[bytes], bytes]) -> bytes | None:
    words = head.split(b"/") if head[5:6] == b"/" else []  # slapd doesn't mind what else follows the word
    canonical = [b"group"]
    if len(words) > 1:
        object_class = schema.object_class(words[1])
        if object_class is None:
            return None
        canonical.append(object_class.name)
    if len(words) > 2:
        attribute = schema.attribute_type(words[2])
        if attribute is None or len(words) > 3:
            return None
        canonical.append(attribute.name)
    return b"/".join(canonical) + b":" + dn(name)


def _url(rest: bytes, dn: Callable[[bytes], bytes]) -> bytes | None:
    """A URL with neither host nor attributes nor extensions (RFC 4516)."""
    from urllib.parse import quote, unquote_to_bytes  # these cost milliseconds, and few need them

    from fakeldapd.protocol.filter import FilterSyntaxError, parse, to_text

    parts = rest.split(b"?")
    if not rest.startswith(b"///") or len(parts) > 4:
        return None
    base, attributes, scope, text = [*parts, b"", b"", b""][:4]
    scope = scope.lower() or b"base"
    if attributes or scope not in _SCOPES:
        return None
    written = b"ldap:///" + quote(dn(unquote_to_bytes(base[3:])), safe="=,+;!$&'()*:@/").encode() + b"??" + scope
    if not text:
        return written
    try:
        written_filter = to_text(parse(unquote_to_bytes(text)))
    except FilterSyntaxError:
        return None
    return written + b"?" + quote(written_filter, safe="=,+;!$&'()*:@/<>~|").encode()
