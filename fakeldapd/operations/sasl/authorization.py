"""Who may become whom: slapd's authz-policy and the rules in authzTo and authzFrom (slapd.conf(5)).

Everybody may become anonymous or stay who they are, and the administrator anybody in a naming context. For others,
depending on the policy, a rule in their own entry's authzTo must name the other, or one in the other's authzFrom them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fakeldapd.directory.operational import is_configuration
from fakeldapd.operations.access import Level, allowed
from fakeldapd.operations.request import Session
from fakeldapd.operations.sasl.names import BadName, mapped, matching, url_nodes, user_dn
from fakeldapd.operations.sasl.settings import posix_regex
from fakeldapd.protocol import messages as m
from fakeldapd.schema import authz
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_MECHANISM_OF_RULES = b"authz"
"""What slapd calls the mechanism of a rule ``u:NAME``, which says none."""


def may_become(directory: "Directory", session: Session, who: DN | None, target: DN | None) -> bool:
    """Whether ``who`` may have the authorization identity ``target``; None is anonymous. ``session`` is who asks, and
    whose access rights hold for what has to be looked at.
    """
    if target is None or target.rdn is None:
        return True
    if who is None:
        return False
    if who.key == target.key:
        return True
    if directory.is_admin(who) and (directory.dit.context(target) is not None or is_configuration(target)):
        return True
    policy = directory.sasl.policy
    if policy == "none":
        return False
    to = policy != "from" and _rule_names(directory, session, who, b"authzTo", target)
    if policy == "to" or (to and policy == "any") or (not to and policy == "all"):
        return to
    return _rule_names(directory, session, target, b"authzFrom", who)


def _rule_names(directory: "Directory", session: Session, owner: DN, attribute: bytes, dn: DN) -> bool:
    """Whether a rule in the entry of ``owner`` names ``dn``."""
    node = directory.dit.find(owner)
    if node is None or node.entry is None:
        return False
    description = directory.schema.attribute(attribute)
    if not allowed(directory.access.guard(session, description.type, Level.AUTH), node):
        return False
    return any(rule_names(directory, session, rule, dn) for rule in node.entry.values(description))


def rule_names(directory: "Directory", session: Session, rule: bytes, dn: DN) -> bool:
    """Whether a value of authzTo or authzFrom names ``dn``."""
    schema = directory.schema
    written = authz.rule(authz.cut_number(rule)[1], schema, lambda name: schema.dn(name).key)
    if written is None:
        return False
    kind, _, rest = written.partition(b":")
    if kind == b"ldap":
        return any(node.dn.key == dn.key for node in url_nodes(directory, session, written))
    if kind.lower() == b"u" or kind[:2].lower() == b"u.":
        return _user(directory, session, kind, rest, dn)
    if kind.startswith(b"group"):
        return _in_group(directory, session, kind, rest, dn)
    return _KINDS[kind](directory, rest, dn)


def _exact(directory: "Directory", name: bytes, dn: DN) -> bool:
    return name in (b"*", dn.key)


def _subtree(directory: "Directory", name: bytes, dn: DN) -> bool:
    return dn.is_within(directory.schema.dn(name))


def _children(directory: "Directory", name: bytes, dn: DN) -> bool:
    return name != dn.key and dn.is_within(directory.schema.dn(name))


def _one_level(directory: "Directory", name: bytes, dn: DN) -> bool:
    return dn.parent is not None and dn.parent.key == name


def _regex(directory: "Directory", pattern: bytes, dn: DN) -> bool:
    try:
        return posix_regex(pattern).search(dn.key) is not None
    except ValueError:
        return False


_KINDS: dict[bytes, Callable[["Directory", bytes, DN], bool]] = {
    b"dn": _exact,
    b"dn.subtree": _subtree,
    b"dn.children": _children,
    b"dn.onelevel": _one_level,
    b"dn.regex": _regex,
}


def _user(directory: "Directory", session: Session, kind: bytes, name: bytes, dn: DN) -> bool:
    """``u[.mechanism[/realm]]:name``."""
    mechanism, _, realm = kind[2:].partition(b"/")
    try:
        named = user_dn(directory, name, mechanism or _MECHANISM_OF_RULES, realm)
    except BadName:
        return False
    return mapped(directory, session, named).key == dn.key


def _in_group(directory: "Directory", session: Session, kind: bytes, name: bytes, dn: DN) -> bool:
    """``group[/class[/attribute]]:name``."""
    words = kind.split(b"/")
    object_class = words[1] if len(words) > 1 else b"groupOfNames"
    attribute = words[2] if len(words) > 2 else b"member"
    wanted = m.And((m.Equality(b"objectClass", object_class), m.Equality(attribute, dn.text)))
    return any(matching(directory, session, directory.schema.dn(name), m.Scope.BASE, wanted))
