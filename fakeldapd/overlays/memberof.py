"""memberof: the members of a group say which groups they are members of.

The attribute is stored with the members, so filters find it as they find others; clients can't write it. Groups are
entries of one object class; the attribute of theirs that names the members can be chosen, and so can the attribute of
the members. A group that is renamed, itself or with a subtree, is renamed with its members; one that is deleted is gone
from them. With ``refint`` it is the other way, too: when a member is renamed or deleted, its groups follow, as far as
the schema lets them.

What is written for it changes the attribute and modifiersName, and no time stamps, as in slapd. Two things slapd
doesn't do: it leaves members alone when a group is renamed with a subtree, and it knows nothing of groups that were
there before it was turned on.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.operations.add import has_value
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.modify import Edit
from fakeldapd.overlays import setting as read
from fakeldapd.overlays.overlay import Overlay, rewrite
from fakeldapd.overlays.setting import SettingError, read_setting
from fakeldapd.protocol.messages import ModifyOperation
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription, ObjectClass
from fakeldapd.schema.registry import Schema

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

_SYNTAXES = ("1.3.6.1.4.1.1466.115.121.1.12", "1.3.6.1.4.1.1466.115.121.1.34")
_DEFINITION = (
    "( 1.2.840.113556.1.2.102 NAME 'memberOf' DESC 'Group that the entry belongs to' EQUALITY distinguishedNameMatch "
    "SYNTAX 1.3.6.1.4.1.1466.115.121.1.12 NO-USER-MODIFICATION USAGE dSAOperation "
    "X-ORIGIN 'iPlanet Delegated Administrator' )"
)
_SOURCE = "overlay memberof"
_DANGLING = "adding non-existing object as group member"


@dataclass(slots=True, frozen=True)
class Settings:
    """The words of the setting; ``identity`` empty stands for the administrator."""

    group_class: str = "groupOfNames"
    member: str = "member"
    member_of: str = "memberOf"
    dangling: str = "ignore"
    dangling_error: int = ResultCode.CONSTRAINT_VIOLATION
    refint: bool = False
    identity: str = ""


class MemberOf(Overlay):
    """Keeps memberOf right."""

    _class: ObjectClass
    _member: AttributeDescription
    _member_of: AttributeDescription
    _identity: bytes

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def attached(self, directory: "Directory") -> None:
        """See Overlay."""
        schema, settings = directory.schema, self._settings
        if settings.member_of.lower() == "memberof":
            define_member_of(schema)
        self._class = read.object_class(schema, settings.group_class)
        self._member = read.attribute(schema, settings.member, _SYNTAXES)
        self._member_of = read.attribute(schema, settings.member_of, _SYNTAXES)
        admin = b"" if directory.admin_dn is None else directory.admin_dn.text
        self._identity = read.dn_text(schema, settings.identity) if settings.identity else admin

    def loaded(self, directory: "Directory") -> None:
        """Write down what the groups that were loaded say and their members don't."""
        missing: dict[Node, list[bytes]] = {}
        for group in directory.dit.nodes():
            assert group.entry is not None
            for value in self._members(group.entry):
                member = self._find(directory, value)
                if member is None or member.entry is None:
                    continue
                have = member.entry.values(self._member_of)
                if not has_value(self._member_of, have, group.text):
                    missing.setdefault(member, []).append(group.text)
        for node, groups in missing.items():
            assert node.entry is not None
            values = (*node.entry.values(self._member_of), *groups)
            directory.dit.put(node, directory.entries.change(node.entry, {self._member_of: values}))

    # --- before -------------------------------------------------------------------------------------------------------

    def adding(self, commit: Commit, dn: DN, attributes: dict[AttributeDescription, Values]) -> None:
        """See Overlay."""
        if self._settings.dangling == "ignore" or self._member not in attributes:
            return
        classes = commit.directory.schema.class_set(attributes.get(commit.directory.entries.object_class, ()))
        if self._class in classes.all:
            attributes[self._member] = self._existing(commit, attributes[self._member])

    def modifying(self, commit: Commit, dn: DN, edits: list[Edit]) -> None:
        """See Overlay."""
        if self._settings.dangling == "ignore" or commit.depth:
            return
        entry = commit.directory.dit.get(dn)
        if entry is None or self._class not in entry.classes.all:
            return
        for edit in list(edits):
            if edit.description is self._member and edit.values and edit.operation != ModifyOperation.DELETE:
                left = self._existing(commit, edit.values)
                if not left:
                    edits.remove(edit)
                elif len(left) < len(edit.values):
                    edits[edits.index(edit)] = Edit(edit.operation, edit.description, left)

    def _existing(self, commit: Commit, values: Values) -> Values:
        """The values that name entries. Raises LDAPError where there are others and that is an error."""
        left = tuple([value for value in values if self._find(commit.directory, value) is not None])
        if len(left) < len(values) and self._settings.dangling == "error":
            raise LDAPError(self._settings.dangling_error, _DANGLING)
        return left

    # --- after --------------------------------------------------------------------------------------------------------

    def added(self, commit: Commit, node: Node, entry: Entry) -> None:
        """See Overlay. A group that is a member of itself doesn't hear of it here, as in slapd."""
        for value in self._members(entry):
            member = self._find(commit.directory, value)
            if member is not node:
                self._change(commit, member, self._member_of, come=node.text)

    def modified(self, commit: Commit, node: Node, old: Entry, new: Entry) -> None:
        """See Overlay."""
        before, after = self._members(old), self._members(new)
        if before == after:
            return
        for value in before:
            if not has_value(self._member, after, value):
                self._change(commit, self._find(commit.directory, value), self._member_of, gone=node.text)
        for value in after:
            if not has_value(self._member, before, value):
                self._change(commit, self._find(commit.directory, value), self._member_of, come=node.text)

    def deleted(self, commit: Commit, dn: DN, old: Entry) -> None:
        """See Overlay."""
        for value in self._members(old):
            self._change(commit, self._find(commit.directory, value), self._member_of, gone=dn.text)
        if self._settings.refint:
            for value in old.values(self._member_of):
                self._change(commit, self._find(commit.directory, value), self._member, gone=dn.text)

    def renamed(self, commit: Commit, node: Node, old_dn: DN, old: Entry) -> None:
        """See Overlay."""
        directory, new_dn = commit.directory, node.dn
        if new_dn.key == old_dn.key:
            return
        for each in [node, *node.below()]:
            if each.entry is None:
                continue
            groups = each.entry.values(self._member_of) if self._settings.refint else ()
            members = self._members(each.entry)
            if not groups and not members:
                continue
            now = each.dn
            before = now.rebase(new_dn, old_dn)
            for found in self._moved(directory, members, old_dn, new_dn):
                self._change(commit, found, self._member_of, gone=before.text, come=now.text)
            for found in self._moved(directory, groups, old_dn, new_dn):
                self._change(commit, found, self._member, gone=before.text, come=now.text)

    # --- what it is made of -------------------------------------------------------------------------------------------

    def _members(self, entry: Entry) -> Values:
        return entry.values(self._member) if self._class in entry.classes.all else ()

    @staticmethod
    def _find(directory: "Directory", value: bytes) -> Node | None:
        """The node that a value names."""
        try:
            return directory.dit.find(directory.schema.dn(value))
        except LDAPError:  # a value with a unique identifier behind the DN
            return None

    def _moved(self, directory: "Directory", values: Iterable[bytes], old_dn: DN, new_dn: DN) -> Iterator[Node]:
        """The nodes that values name, where they stand now that a subtree has moved."""
        for value in values:
            node = self._find(directory, value)
            if node is None:
                try:
                    dn = directory.schema.dn(value)
                except LDAPError:
                    continue
                node = directory.dit.find(dn.rebase(old_dn, new_dn)) if dn.is_within(old_dn) else None
            if node is not None:
                yield node

    def _change(
        self,
        commit: Commit,
        node: Node | None,
        description: AttributeDescription,
        *,
        gone: bytes | None = None,
        come: bytes | None = None,
    ) -> None:
        """Take one value away and put another in, as far as it isn't so already and the schema allows it."""
        if node is None or node.entry is None:
            return
        have = node.entry.values(description)
        edits = []
        if gone is not None and has_value(description, have, gone):
            edits.append(Edit(ModifyOperation.DELETE, description, (gone,)))
        if come is not None and (edits or gone is None) and not has_value(description, have, come):
            edits.append(Edit(ModifyOperation.ADD, description, (come,)))
        if edits:
            try:
                rewrite(commit, node, edits, self._identity)
            except LDAPError:
                return  # a group that must have its last member keeps it


def define_member_of(schema: Schema) -> None:
    """Let memberOf be what the overlay of slapd defines, whatever a schema file says: operational, and not for users to
    modify.
    """
    known = schema.attribute_type(b"memberOf")
    if known is None:
        schema.add(f"attributetype {_DEFINITION}", _SOURCE)
    elif not known.no_user_modification:
        revision = schema.revision()
        revision.take_out("attributeTypes", known.definition or f"( {known.oid} )", _SOURCE)
        revision.put_in("attributeTypes", _DEFINITION, _SOURCE)
        revision.complete()
        schema.put_in_force(revision)


_NAMES = ("dangling", "dangling-error", "dn", "group-oc", "member-ad", "memberof-ad", "refint")


def make(setting: str) -> MemberOf:
    """The overlay with a setting as in the table. Raises SettingError."""
    words, found = read_setting(setting, _NAMES)
    if words:
        raise SettingError(f"{words[0]}: NAME=VALUE is expected, the name being one of {', '.join(_NAMES)}")
    code = found.get("dangling-error", str(int(ResultCode.CONSTRAINT_VIOLATION)))
    if not code.isdecimal() or not int(code):
        raise SettingError(f"dangling-error={code}: a result code other than 0 is expected")
    return MemberOf(
        Settings(
            group_class=found.get("group-oc", "groupOfNames"),
            member=found.get("member-ad", "member"),
            member_of=found.get("memberof-ad", "memberOf"),
            dangling=read.one_of(found.get("dangling", "ignore"), ("ignore", "drop", "error")),
            dangling_error=int(code),
            refint=read.yes_or_no(found.get("refint", "FALSE")),
            identity=found.get("dn", ""),
        )
    )
