"""constraint: values beyond what their syntax asks (slapo-constraint).

What an add, a modify or a rename brings is held against a regular expression, a size, a number of values, what a
search finds, or a set; what doesn't fit is refused with constraintViolation (19).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.controls.relax_rules import RELAX_RULES
from fakeldapd.operations.modify import Edit, changes_by
from fakeldapd.overlays.directives import (
    read_directives,
    take_number,
    take_url,
    url_filter,
)
from fakeldapd.overlays.internal import entry_to_be, find_nodes, url_test
from fakeldapd.overlays.overlay import Overlay
from fakeldapd.overlays.posix import compile_posix
from fakeldapd.overlays.sets import Set, Situation, read_set
from fakeldapd.overlays.setting import SettingError, attribute
from fakeldapd.protocol.filter import FilterSyntaxError, parse
from fakeldapd.protocol.messages import ModifyDNRequest, ModifyOperation
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.protocol.url import LDAPURL
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory


Fits = Callable[["Directory", DN, bytes], bool]
"""Whether a value may be in the entry of a DN. Raises LDAPError where that can't be found out."""


def make(setting: str) -> "Constraint":
    """The overlay with the rules of a setting. Raises SettingError."""
    rules = [_read_rule(words) for _, words in read_directives(setting, ("constraint_attribute",))]
    if not rules:
        raise SettingError("what is to be constrained? constraint_attribute ATTRIBUTE regex|size|count|uri|set VALUE")
    return Constraint(rules)


@dataclass(slots=True)
class _Rule:
    """One ``constraint_attribute``: ``fits`` for each value, ``most`` for how many, or a ``set`` to hold something."""

    names: list[str]
    fits: Fits | None = None
    most: int | None = None
    set: Set | None = None
    restrict: LDAPURL | None = None
    attributes: tuple[AttributeDescription, ...] = ()
    applies: Callable[[Node, DN, Entry], bool] | None = None

    def concerns(self, node: Node, dn: DN) -> bool:
        """Whether the rule is for an entry."""
        assert node.entry is not None
        return self.applies is None or self.applies(node, dn, node.entry)

    def broken(self, node: Node, edits: Sequence[Edit]) -> bool:
        """Whether edits leave too many values. Of several attributes, slapd follows the edits of the first only."""
        assert node.entry is not None
        assert self.most is not None
        for i, description in enumerate(self.attributes):
            count: int | None = len(node.entry.values(description))
            for edit in edits:
                if i == 0 and edit.description == description:
                    assert count is not None
                    count = _counted(edit, count)
                    if count is None:
                        return True
            assert count is not None
            if count > self.most:
                return True
        return False


def _read_rule(words: Sequence[str]) -> _Rule:
    if len(words) < 3:
        raise SettingError(f"constraint_attribute {' '.join(words)}: ATTRIBUTE[,...] TYPE VALUE is expected")
    rule = _Rule(words[0].split(","))
    kind, value = words[1].lower(), words[2]
    if kind == "count":
        rule.most = take_number(value)
    elif kind == "set":
        rule.set = read_set(value)
    elif kind in _KINDS:
        rule.fits = _KINDS[kind](value)
    else:
        raise SettingError(f"{kind}: one of regex, negregex, size, count, uri and set is expected")
    for word in words[3:]:
        name, _, url = word.partition("=")
        if name != "restrict" or rule.restrict is not None:
            raise SettingError(f"{word}: only restrict=URL may follow")
        rule.restrict = take_url(url)
        if rule.restrict.attributes or rule.restrict.extensions:
            raise SettingError(f"{url}: nothing but base, scope and filter is of use here")
    return rule


# --- kinds of rules: the word behind the kind -> what says whether a value fits ---------------------------------------


def _regex(text: str) -> Fits:
    try:
        pattern = compile_posix(text)
    except ValueError as error:
        raise SettingError(str(error)) from None
    return lambda directory, dn, value: pattern.search(value.partition(b"\0")[0]) is not None


def _negregex(text: str) -> Fits:
    matches = _regex(text)
    return lambda directory, dn, value: not matches(directory, dn, value)


def _size(text: str) -> Fits:
    most = take_number(text)
    return lambda directory, dn, value: len(value) <= most


def _uri(text: str) -> Fits:
    url = take_url(text)
    if not url.attributes:
        raise SettingError(f"{text}: the URL must name attributes")
    url_filter(url)
    names = url.attributes

    def fits(directory: "Directory", dn: DN, value: bytes) -> bool:
        # slapd puts the value into the text of a filter as it is; a star finds any value therefore
        found = b"(|%s)" % b"".join(b"(%s=%s)" % (name, value) for name in names)
        if url.filter:
            given = url.filter if url.filter.startswith(b"(") else b"(%s)" % url.filter
            found = b"(&%s%s)" % (given, found)
        try:
            wanted = parse(found)
        except FilterSyntaxError:
            raise LDAPError(ResultCode.CONSTRAINT_VIOLATION) from None
        return any(True for _ in find_nodes(directory, _base(directory, url, dn), url.scope_or_default, wanted))

    return fits


_KINDS: Mapping[str, Callable[[str], Fits]] = {"regex": _regex, "negregex": _negregex, "size": _size, "uri": _uri}


def _base(directory: "Directory", url: LDAPURL, dn: DN) -> DN:
    """The base of a URL, that of the naming context of ``dn`` where it has none."""
    if url.dn:
        return directory.schema.dn(url.dn)
    context = directory.dit.context(dn)
    assert context is not None
    return context.suffix


# --- the overlay ------------------------------------------------------------------------------------------------------


class Constraint(Overlay):
    """The overlay."""

    def __init__(self, rules: list[_Rule]) -> None:
        self._rules = rules

    def attached(self, directory: "Directory") -> None:
        """Look the names up."""
        for rule in self._rules:
            rule.attributes = tuple([attribute(directory.schema, name) for name in rule.names])
            if rule.restrict is not None:
                rule.applies = url_test(directory, rule.restrict)

    def adding(self, commit: Commit, dn: DN, attributes: dict[AttributeDescription, Values]) -> None:
        """Check what the client sent; values of the RDN that it left out aren't looked at, as in slapd."""
        if RELAX_RULES in commit.controls:
            return
        node = entry_to_be(commit.directory, dn, attributes)
        if node is None or node.entry is None:
            return
        for description, values in attributes.items():
            if description.type.operational:
                continue
            for rule in self._rules:
                most = rule.most if description in rule.attributes else None
                if most is not None and len(values) > most and rule.concerns(node, dn):
                    raise _broken("add", description)
            self._check_values(commit, "add", dn, node, description, values)
            if sets := self._sets(description, node, dn):
                _check_sets(commit, "add", dn, node.entry, sets, description)

    def modifying(self, commit: Commit, dn: DN, edits: list[Edit]) -> None:
        """Check what the edits bring, whatever later ones take away again; values are counted at the end."""
        self._edited(commit, dn, edits)

    def renaming(self, commit: Commit, dn: DN, new_dn: DN) -> None:
        """Check the values of the new RDN, in slapd's order: the last first, and before them what goes."""
        op = commit.request.op
        assert new_dn.rdn is not None
        assert dn.rdn is not None
        edits = [Edit(ModifyOperation.ADD, description, (value,)) for description, value in new_dn.rdn.avas]
        if isinstance(op, ModifyDNRequest) and op.delete_old_rdn:
            edits += [Edit(ModifyOperation.DELETE, description, (value,)) for description, value in dn.rdn.avas]
        self._edited(commit, dn, edits[::-1])

    def _edited(self, commit: Commit, dn: DN, edits: list[Edit]) -> None:
        node = commit.directory.dit.find(dn)
        if node is None or node.entry is None or RELAX_RULES in commit.controls:
            return
        # slapd counts for every edit, whichever attribute it is about and whatever it does
        crowded = any(
            rule.most is not None and rule.concerns(node, dn) and rule.broken(node, edits) for rule in self._rules
        )
        for edit in edits:
            if edit.description.type.operational:
                continue
            if crowded:
                raise _broken("modify", edit.description)
            if edit.operation in (ModifyOperation.ADD, ModifyOperation.REPLACE):
                self._check_values(commit, "modify", dn, node, edit.description, edit.values)
                sets = self._sets(edit.description, node, dn) if edit.values else []
                if sets:
                    try:
                        changes = changes_by(commit.directory, node.entry, edits)
                    except LDAPError:
                        raise LDAPError(ResultCode.CONSTRAINT_VIOLATION) from None  # as in slapd
                    entry = commit.directory.entries.change(node.entry, changes)
                    _check_sets(commit, "modify", dn, entry, sets, edit.description)

    def _check_values(
        self, commit: Commit, operation: str, dn: DN, node: Node, description: AttributeDescription, values: Values
    ) -> None:
        """Raise LDAPError 19 where a value doesn't fit."""
        for rule in self._rules:
            fits = rule.fits
            if fits is None or description not in rule.attributes or not rule.concerns(node, dn):
                continue
            if not all(fits(commit.directory, dn, value) for value in values):
                raise _broken(operation, description)

    def _sets(self, description: AttributeDescription, node: Node, dn: DN) -> list[Set]:
        """The sets that an attribute of an entry is about."""
        return [
            rule.set
            for rule in self._rules
            if rule.set is not None and description in rule.attributes and rule.concerns(node, dn)
        ]


def _check_sets(
    commit: Commit, operation: str, dn: DN, entry: Entry, sets: Sequence[Set], description: AttributeDescription
) -> None:
    """Raise LDAPError 19 where a set holds nothing, once the entry is as given."""
    situation = Situation(commit.directory, dn, entry, commit.request.session.identity)
    if not all(each(situation) for each in sets):
        raise _broken(operation, description)


def _broken(operation: str, description: AttributeDescription) -> LDAPError:
    name = description.name.decode()
    return LDAPError(ResultCode.CONSTRAINT_VIOLATION, f"{operation} breaks constraint on {name}")


def _counted(edit: Edit, have: int) -> int | None:
    """How many values there are after an edit, as slapd counts them: without a look at which. None: it can't say."""
    count = len(edit.values)
    if edit.operation == ModifyOperation.ADD:
        return have + count
    if edit.operation == ModifyOperation.DELETE:
        return max(have - count, 0) if count else 0
    return count if edit.operation == ModifyOperation.REPLACE else None
