"""SASL names as DNs, and what the rules of authz-regexp make of them (slapd.conf(5)).

A user who has said ``alice`` to CRAM-MD5 is called ``uid=alice,cn=cram-md5,cn=auth``. The first rule whose pattern is
found in that name says who it really is: a DN, or a URL whose search must find exactly one entry. Where no rule fits,
or what it says leads nowhere, the name stays as it is. Rules see every name, also those of EXTERNAL and of ``dn:``.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.dit import Node
from fakeldapd.directory.evaluate import Setting, Test
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.request import Session
from fakeldapd.operations.sasl.settings import expand
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema import authz
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

INVALID_SYNTAX = "Invalid syntax"
ENCODING_ERROR = "Encoding error"
INAPPROPRIATE = "Inappropriate authentication"

_SPECIAL = frozenset(b'",+;<>\\=#\0')
_SCOPES = {
    b"base": m.Scope.BASE,
    b"one": m.Scope.ONE,
    b"sub": m.Scope.SUBTREE,
    b"subordinate": m.Scope.SUBORDINATE,
}


class BadName(ValueError):
    """A name that is none. ``str`` says so in slapd's words."""


def user_dn(directory: "Directory", user: bytes, mechanism: bytes = b"", realm: bytes = b"") -> DN:
    """The DN of a SASL name, rules not yet applied. Raises BadName."""
    try:
        (user + realm).decode()
    except UnicodeDecodeError:
        raise BadName(ENCODING_ERROR) from None
    parts = [b"uid=" + _escaped(user), *(b"cn=" + _escaped(part) for part in (realm, mechanism) if part), b"cn=auth"]
    return _dn(directory, b",".join(parts))


def _escaped(value: bytes) -> bytes:
    """A value as it stands in a DN."""
    return b"".join(
        b"\\%02X" % c if c in _SPECIAL or (c in b" \t\r\n" and at in (0, len(value) - 1)) else bytes((c,))
        for at, c in enumerate(value)
    )


def _dn(directory: "Directory", text: bytes) -> DN:
    try:
        return directory.schema.dn(text)
    except LDAPError:
        raise BadName(INVALID_SYNTAX) from None


def identity(directory: "Directory", session: Session, authzid: bytes, mechanism: bytes = b"") -> DN | None:
    """The DN that an authzId (RFC 4513 section 5.2.1.8) stands for; None is anonymous. Raises BadName."""
    if authzid.lower() == b"anonymous":
        return None
    prefix, colon, rest = authzid.partition(b":")
    if prefix.lower() == b"u" and colon:
        return mapped(directory, session, user_dn(directory, rest, mechanism))
    if prefix.lower() == b"dn" and colon:
        dn = _dn(directory, rest)
        return None if dn.rdn is None else mapped(directory, session, dn)
    raise BadName(INAPPROPRIATE)


def mapped(directory: "Directory", session: Session, dn: DN) -> DN:
    """The DN that the rules make of a name, in its normal form."""
    schema = directory.schema
    for pattern, template in directory.sasl.mappings:
        found = pattern.search(dn.key)
        if found is None:
            continue
        said = authz.rule(expand(template, found), schema, lambda name: schema.dn(name).key) or b""
        if said.startswith(b"ldap:"):
            nodes = list(_two(url_nodes(directory, session, said)))
            return schema.dn(nodes[0].dn.key) if len(nodes) == 1 else schema.dn(dn.key)
        target = said.removeprefix(b"dn:")
        if said.startswith(b"dn:") and target not in (b"", b"*"):
            return schema.dn(target)
        break
    return schema.dn(dn.key)


def _two(nodes: Iterator[Node]) -> Iterator[Node]:
    for _, node in zip(range(2), nodes, strict=False):
        yield node


def url_nodes(directory: "Directory", session: Session, url: bytes) -> Iterator[Node]:
    """The nodes that a search URL in its normal form finds. One without a filter finds nothing, as in slapd."""
    from urllib.parse import unquote_to_bytes  # costs milliseconds, and few need it

    from fakeldapd.protocol.filter import parse

    base, _, scope, *filters = url.removeprefix(b"ldap:///").split(b"?")
    if filters:
        dn = directory.schema.dn(unquote_to_bytes(base))
        yield from matching(directory, session, dn, _SCOPES[scope], parse(unquote_to_bytes(filters[0])))


def matching(directory: "Directory", session: Session, base: DN, scope: int, filter: m.Filter) -> Iterator[Node]:
    """The nodes that fit a filter which the session may use for authentication: access level auth is enough. To look
    there it must have that for the base, too; entries that are found are not asked about, as in slapd.
    """
    dit, access = directory.dit, directory.access
    top = dit.find(base)
    if top is None or top.entry is None or not allowed(access.guard(session, None, Level.AUTH), top):
        return
    setting = Setting(directory.schema, dit.find)
    setting.guard = lambda attribute_type: access.guard(session, attribute_type, Level.AUTH)
    test = compile_filter(setting, filter)
    for node in _in_scope(directory, top, scope, test):
        entry = node.entry
        if entry is not None and test(node, entry) is True:
            yield node


_WITHIN: dict[int, Callable[[Node, Node], bool]] = {
    m.Scope.ONE: lambda node, top: node.parent is top,
    m.Scope.SUBTREE: Node.is_within,
    m.Scope.SUBORDINATE: lambda node, top: node is not top and node.is_within(top),
}


def _in_scope(directory: "Directory", top: Node, scope: int, test: Test) -> Iterator[Node]:
    """The nodes in scope that may fit, each once."""
    if scope == m.Scope.BASE:
        yield top
        return
    within = _WITHIN[scope]
    candidates = directory.dit.indexes.candidates(test)
    if candidates is None:
        yield from (node for node in (top, *top.below()) if within(node, top))
        return
    seen: set[Node] = set()
    for nodes in candidates[0]:
        for node in nodes or ():
            if node not in seen and within(node, top):
                seen.add(node)
                yield node
