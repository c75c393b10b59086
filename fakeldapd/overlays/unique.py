"""unique: no two entries have the same value (slapo-unique).

A domain is a list of URLs, each with a base, attributes, a scope and a filter. What an add, a modify or a rename brings
is looked for in the scope; found in another entry, the operation is refused with constraintViolation (19).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Values
from fakeldapd.directory.evaluate import Setting, Test
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.controls.relax_rules import RELAX_RULES
from fakeldapd.operations.modify import Edit
from fakeldapd.overlays.directives import read_directives, take_dn, take_url, url_filter
from fakeldapd.overlays.internal import entry_to_be, find_nodes
from fakeldapd.overlays.overlay import Overlay
from fakeldapd.overlays.setting import SettingError, attribute
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.protocol.url import LDAPURL
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_DIRECTIVES = ("unique_attributes", "unique_uri", "unique_base", "unique_ignore", "unique_strict")
_KEYWORDS = ("strict", "ignore", "serialize")
_ESCAPED = re.compile(rb"[\x00-\x1f*()\\\x7f-\xff]")
_Offered = Iterable[tuple[AttributeDescription, Values]]


def make(setting: str) -> "Unique":
    """The overlay with the domains of a setting. Raises SettingError."""
    domains: list[_Domain] = []
    legacy = _Domain()
    bases: list[str] = []
    directives = read_directives(setting, _DIRECTIVES)
    for name, words in directives:
        if name == "unique_uri":
            domains.append(_read_domain(words))
        elif name == "unique_base":
            bases += words
        elif name == "unique_strict":
            legacy.strict = True
        else:
            legacy.ignore = name == "unique_ignore"
            legacy.names += words
    kinds = {name for name, _ in directives}
    if "unique_uri" in kinds and len(kinds) > 1:
        raise SettingError("unique_uri can't be used together with the older settings, which it can express, too")
    if {"unique_ignore", "unique_attributes"} <= kinds:
        raise SettingError("either unique_attributes or unique_ignore")
    if not domains:
        if len(bases) > 1:
            raise SettingError("unique_base takes one DN")
        legacy.urls.append(LDAPURL(scope=int(m.Scope.SUBTREE), dn="".join(bases).encode()))
        domains.append(legacy)
    return Unique(domains)


@dataclass(slots=True)
class _Domain:
    """What is said of values that are to be unique: where, and whether absent values count as a value."""

    urls: list[LDAPURL] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    strict: bool = False
    ignore: bool = False


def _read_domain(words: list[str]) -> _Domain:
    domain = _Domain()
    for word in " ".join(words).split():
        if word in _KEYWORDS and not domain.urls:
            domain.strict |= word == "strict"
            domain.ignore |= word == "ignore"
            continue
        url = take_url(word)
        if url.scope in (None, m.Scope.BASE):
            raise SettingError(f"{word}: the scope must be sub, one or children")
        domain.urls.append(url)
    if not domain.urls:
        raise SettingError("unique_uri needs a URL, such as ldap:///?mail?sub")
    return domain


class _Place:
    """One URL of a domain, its names looked up."""

    def __init__(self, directory: "Directory", domain: _Domain, url: LDAPURL) -> None:
        schema = directory.schema
        names = [*domain.names, *(name.decode(errors="replace") for name in url.attributes)]
        self.directory = directory
        self.strict, self.ignore = domain.strict, domain.ignore
        self.base = take_dn(schema, url.dn) if url.dn else None
        if self.base is not None and directory.dit.context(self.base) is None:
            raise SettingError(f"{url.dn.decode()}: this base is in no naming context")
        self.attributes = frozenset(attribute(schema, name) for name in names)
        self.scope = url.scope_or_default
        self.filter = url_filter(url) if url.filter else None
        self.filter_text = url.filter or b""
        self.test: Test | None = None
        if self.filter is not None:
            self.test = compile_filter(Setting(schema, directory.dit.find), self.filter)

    def concerns(self, *names: DN | None) -> bool:
        """Whether one of the DNs is at the base or below."""
        return self.base is None or any(dn is not None and dn.is_within(self.base) for dn in names)

    def check(self, dn: DN, offered: _Offered) -> None:
        """Raise LDAPError 19 where another entry than that at ``dn`` has one of the values."""
        items: list[m.Filter] = []
        texts: list[bytes] = []
        for description, values in offered:
            if description.type.operational or (description in self.attributes) is self._left_out:
                continue
            name = description.name
            for value in values:
                items.append(m.Equality(name, value))
                texts.append(b"(%s=%s)" % (name, _ESCAPED.sub(_escape, value)))
            if not values and self.strict:
                items.append(m.Present(name))
                texts.append(b"(%s=*)" % name)
        if not items:
            return
        wanted: m.Filter = m.Or(tuple(items))
        text = b"(|%s)" % b"".join(texts)
        if self.filter is not None:
            wanted, text = m.And((self.filter, wanted)), b"(&%s%s)" % (self.filter_text, text)
        for node in self._found(dn, wanted):
            if node.dn.key != dn.key:
                raise LDAPError(
                    ResultCode.CONSTRAINT_VIOLATION, f"non-unique attributes found with {text.decode('ascii')}"
                )

    @property
    def _left_out(self) -> bool:
        """Whether the attributes that are named are those that may have equal values."""
        return self.ignore or not self.attributes

    def _found(self, dn: DN, wanted: m.Filter) -> Iterator[Node]:
        base = self.base
        if base is None:
            context = self.directory.dit.context(dn)
            assert context is not None
            base = context.suffix
        return find_nodes(self.directory, base, self.scope, wanted)


def _escape(match: re.Match[bytes]) -> bytes:
    return b"\\%02X" % ord(match[0])


class Unique(Overlay):
    """The overlay."""

    def __init__(self, domains: list[_Domain]) -> None:
        self._domains = domains
        self._places: list[_Place] = []

    def attached(self, directory: "Directory") -> None:
        """Look the names up."""
        self._places = [_Place(directory, domain, url) for domain in self._domains for url in domain.urls]

    def adding(self, commit: Commit, dn: DN, attributes: dict[AttributeDescription, Values]) -> None:
        """Check what the client sent; values of the RDN that it left out aren't looked at, as in slapd."""
        for place in self._for(commit, dn):
            if place.test is not None:
                node = entry_to_be(commit.directory, dn, attributes)
                if node is None or node.entry is None or place.test(node, node.entry) is not True:
                    continue
            place.check(dn, attributes.items())

    def modifying(self, commit: Commit, dn: DN, edits: list[Edit]) -> None:
        """Check what the edits bring, whatever later ones take away again."""
        for place in self._for(commit, dn):
            place.check(
                dn, [(edit.description, edit.values) for edit in edits if edit.operation != m.ModifyOperation.DELETE]
            )

    def renaming(self, commit: Commit, dn: DN, new_dn: DN) -> None:
        """Check the values of the new RDN."""
        assert new_dn.rdn is not None
        for place in self._for(commit, dn, new_dn.parent):
            place.check(dn, [(description, (value,)) for description, value in new_dn.rdn.avas])

    def _for(self, commit: Commit, *names: DN | None) -> Iterator[_Place]:
        if RELAX_RULES in commit.controls and commit.request.session.is_admin:
            return
        for place in self._places:
            if place.concerns(*names):
                yield place
