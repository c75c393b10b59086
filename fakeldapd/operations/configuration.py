"""The configuration directory, ``cn=config``, as far as it holds the schema: one entry below ``cn=schema,cn=config``
for each schema, with its definitions as values. Whoever adds or changes those entries changes the schema of the running
server, at once and for every connection.

It is a Directory of its own, made when somebody first asks for it. The operations on other naming contexts know nothing
of it: a request for cn=config comes here when they have found that it isn't for one of theirs. Only the administrator
gets to see anything. Others are told what slapd tells them: that nothing is there, or that they mustn't.

A change is all or nothing. Its definitions are put into a ``Revision`` of the schema one after another, as slapd does,
so each may refer only to what is there by then; only when all of them are in is the revision put in force.

What slapd refuses is refused: deleting an entry, changing the order of entries, taking out macros, DIT content rules
and what is built in. Refused besides is taking out a definition that entries or other definitions need: slapd does it,
and is left with entries that can't be modified any more. Configuration other than schema isn't here.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from fakeldapd.directory.dit import DIT, Node, Virtual
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.evaluate import Guard, never
from fakeldapd.directory.operational import CONFIG_DN
from fakeldapd.directory.ordered import numbered, plain, split
from fakeldapd.operations.access import Level
from fakeldapd.operations.add import check_each, has_value, new_entry, not_writable
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.compare import compare
from fakeldapd.operations.controls.manage_dsa_it import MANAGE_DSA_IT
from fakeldapd.operations.controls.relax_rules import RELAX_RULES
from fakeldapd.operations.controls.table import NO_CONTROLS
from fakeldapd.operations.definitions import KINDS, Changes, put_in_order
from fakeldapd.operations.directory import Directory, Operation
from fakeldapd.operations.modify import read_changes
from fakeldapd.operations.request import Action, Request, Response, Session
from fakeldapd.operations.search import search
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN, RDN, escape
from fakeldapd.schema.elements import AttributeDescription, AttributeType

_HARMLESS = frozenset((MANAGE_DSA_IT, RELAX_RULES, b"1.3.6.1.1.22"))
"""Controls that may be critical, and don't matter: the last is Don't Use Copy."""
_SCHEMA_DN = b"cn=schema," + CONFIG_DN
_BUILT_IN = "system.schema"
_OTHER_DSA = LDAPError(ResultCode.AFFECTS_MULTIPLE_DSAS, "cannot rename between DSAs")


class _AdministratorOnly:
    """Access rules that leave nobody else anything."""

    def guard(self, session: Session, attribute_type: AttributeType | None, level: Level) -> Guard | None:
        return None if session.is_admin else never


class _Node(Node):
    """A node whose entry doesn't say whether it has subordinates; slapd's don't either."""

    __slots__ = ()

    virtual = True


def _position(rdn: bytes) -> int | None:
    """The position that an RDN says."""
    return split(rdn.partition(b"=")[2])[0]


class _Tree(DIT):
    def __init__(self, suffix: DN) -> None:
        super().__init__((suffix,))
        self.contexts[suffix.key] = Virtual(suffix)

    def add_below(self, parent: Node, rdn: RDN, entry: Entry) -> Node:
        node = _Node(parent, rdn)
        self._attach(parent, node)
        self.put(node, entry)
        return node

    def rename(self, node: Node, rdn: RDN, superior: Node | None = None, entry: Entry | None = None) -> None:
        super().rename(node, rdn, superior, entry)
        parent = node.parent
        assert parent is not None
        siblings = sorted((parent.children or {}).items(), key=lambda item: _position(item[0]) or 0)
        parent.children = dict(siblings)  # it stays where it was


class Configuration(Directory):
    """``cn=config`` and what is below. ``served`` is the directory whose schema it shows and changes, ``root`` the node
    of ``cn=schema,cn=config``."""

    def __init__(self, served: Directory) -> None:
        super().__init__(
            served.schema,
            (),
            admin_dn=served.admin_dn,
            access=_AdministratorOnly(),
            read_only=served.read_only,
            clock=served.clock,
        )
        self.served = served
        self.dit = _Tree(self.schema.dn(CONFIG_DN))
        self._sources = 0
        self._add_entry(CONFIG_DN, b"olcGlobal", {})
        self.root = self._add_entry(_SCHEMA_DN, b"olcSchemaConfig", self._texts(_BUILT_IN, built_in=True))

    def __call__(self, request: Request) -> Iterator[Action]:
        """Answer one request."""
        self._catch_up()
        return super().__call__(request)

    # --- the entries -------------------------------------------------------------------------------------------------

    def _catch_up(self) -> None:
        """Add entries for schemas that were loaded since somebody last asked."""
        sources = list(self.schema.sources)
        for source in sources[self._sources :]:
            if source != _BUILT_IN:
                name = source.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or source
                rdn = self.schema.rdn(b"cn={%d}%b" % (self.count, escape(name.encode())))
                dn = rdn.text + b"," + _SCHEMA_DN
                self._add_entry(dn, b"olcSchemaConfig", self._texts(source))
        self._sources = len(sources)

    @property
    def count(self) -> int:
        """How many schemas there are besides the built-in one: the next one's position."""
        return len(self.root.children or ())

    def _texts(self, source: str, *, built_in: bool = False) -> dict[bytes, Values]:
        texts = self.schema.definitions_from(source)
        if built_in:
            texts["ldapSyntaxes"] = self.schema.syntaxes()
        found = {name: [text.encode() for text in texts[kind]] for name, kind in KINDS.items()}
        return {name: tuple(values) if built_in else numbered(values) for name, values in found.items()}

    def _add_entry(self, text: bytes, object_class: bytes, values: dict[bytes, Values]) -> Node:
        dn = self.schema.dn(text)
        assert dn.rdn is not None
        attributes: dict[AttributeDescription, Values] = {self.entries.object_class: (object_class,)}
        for description, value in dn.rdn.avas:
            attributes[description] = (value,)
        attributes |= {self.schema.attribute(name): found for name, found in values.items()}
        return self.dit.add(dn, new_entry(self, dn.rdn, attributes, CONFIG_DN))

    def find(self, dn: DN) -> Node:
        """The node of ``dn``. Raises LDAPError 32 with the closest superior that is there."""
        node = self.dit.nearest(dn)
        assert node is not None  # nobody gets here for what isn't below cn=config, which is always there
        if self.dit.find(dn) is not node:
            raise LDAPError(ResultCode.NO_SUCH_OBJECT, matched_dn=node.text)
        return node

    def identity(self, session: Session) -> bytes:
        """Whose name goes into modifiersName."""
        assert session.identity is not None
        return session.identity.text


# --- the operations ---------------------------------------------------------------------------------------------------


def _search(configuration: Configuration, request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    op = cast(m.SearchRequest, request.op)
    node = configuration.find(configuration.schema.dn(op.base))
    if not request.session.is_admin:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    if op.scope == m.Scope.SUBORDINATE:  # slapd's cn=config gives nothing here
        yield Response(m.SearchResultDone())
        return
    assert node.entry is not None
    yield from search(configuration, request, controls)


def _compare(configuration: Configuration, request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    op = cast(m.CompareRequest, request.op)
    if not request.session.is_admin:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    configuration.find(configuration.schema.dn(op.dn))
    yield from compare(configuration, request, controls)


def _add(configuration: Configuration, request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Add a schema."""
    op = cast(m.AddRequest, request.op)
    schema = configuration.schema
    dn = schema.dn(op.dn)
    attributes, refusal = check_each(schema, op.attributes)
    configuration.may_update(request.session)
    if refusal is not None:
        raise refusal
    if not request.session.is_admin:
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
    assert dn.rdn is not None
    identity = configuration.identity(request.session)
    entry = new_entry(configuration, dn.rdn, dict(attributes), identity)
    if entry.classes.structural is not schema.object_class(b"olcSchemaConfig"):
        raise LDAPError(ResultCode.OBJECT_CLASS_VIOLATION)
    if configuration.dit.find(dn) is not None:
        raise LDAPError(ResultCode.ENTRY_ALREADY_EXISTS)
    assert dn.parent is not None
    if configuration.find(dn.parent) is not configuration.root:
        reason = "only schemas can be added to cn=config, below cn=schema,cn=config"
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, reason)
    rdn = _new_rdn(configuration, dn.rdn)
    changes = Changes(configuration.served, rdn.text.decode(errors="replace"))
    for description in attributes:
        if description.type.name in KINDS:
            attributes[description] = put_in_order(description, attributes[description])
    for name in KINDS:
        description = schema.attribute(name)
        for value in plain(attributes.get(description, ())):
            changes.put_in(description, value)
    cn, name = dn.rdn.avas[0]
    attributes[cn] = tuple([value for value in attributes.get(cn, ()) if not has_value(cn, (value,), name)])
    changes.put_in_force(configuration)
    entry = new_entry(configuration, rdn, attributes, identity)
    root = configuration.root
    Commit(configuration, request, controls).add(root, root.dn.child(rdn), entry)
    yield Response(m.AddResponse())


def _new_rdn(configuration: Configuration, rdn: RDN) -> RDN:
    """The RDN with its position, the next one. Raises LDAPError 53 where it asks for one that is taken, 64 for one that
    is no number."""
    if len(rdn.avas) > 1:
        raise LDAPError(ResultCode.NAMING_VIOLATION)
    name = rdn.text.partition(b"=")[2]
    position, rest = split(name)
    if position is None and name.startswith(b"{"):
        raise LDAPError(ResultCode.NAMING_VIOLATION)
    if position is not None and position < configuration.count:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "operation requires sibling renumbering")
    return configuration.schema.rdn(b"cn={%d}%b" % (configuration.count, rest))


def _modify(configuration: Configuration, request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Change the definitions of a schema."""
    op = cast(m.ModifyRequest, request.op)
    schema = configuration.schema
    edits = read_changes(schema, op.changes)
    configuration.may_update(request.session)
    for change, edit in zip(op.changes, edits, strict=True):
        if edit.description.type.no_user_modification:
            raise not_writable(change.type)
    node = configuration.find(schema.dn(op.dn))
    if not request.session.is_admin:
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
    old = node.entry
    assert old is not None
    rdn = node.rdn.text if node.rdn is not None else CONFIG_DN
    changes = Changes(configuration.served, rdn.decode(errors="replace"), built_in=node is configuration.root)
    for edit in edits:
        changes.take(edit, old)
    after: dict[AttributeDescription, Values] = {d: numbered(texts) for d, texts in changes.after.items()}
    changes.check(configuration, configuration.entries.change(old, after))
    changes.make()
    changes.put_in_force(configuration)
    entry = configuration.entries.change(cast(Entry, node.entry), after)
    stamps = configuration.stamps.modified(configuration.identity(request.session))
    Commit(configuration, request, controls).put(node, configuration.entries.change(entry, stamps))
    yield Response(m.ModifyResponse())


def _delete(configuration: Configuration, request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Refuse to: schemas can't be taken out as a whole."""
    op = cast(m.DeleteRequest, request.op)
    configuration.may_update(request.session)
    node = configuration.find(configuration.schema.dn(op.dn))
    raise LDAPError(ResultCode.NOT_ALLOWED_ON_NON_LEAF if node.children else ResultCode.UNWILLING_TO_PERFORM)
    yield  # a generator like the others


def _modify_dn(configuration: Configuration, request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Give a schema another name; its position stays."""
    op = cast(m.ModifyDNRequest, request.op)
    schema = configuration.schema
    configuration.may_update(request.session)
    dn, rdn = schema.dn(op.dn), schema.rdn(op.new_rdn)
    outside = op.new_superior is not None and configuration.dit.context(schema.dn(op.new_superior)) is None
    if outside or dn.parent is None or configuration.dit.context(dn.parent) is None:
        raise _OTHER_DSA
    node = configuration.find(dn)
    if not request.session.is_admin:
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
    if node is configuration.root:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "renaming not allowed for this entry")
    if op.new_superior is not None:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM)
    assert dn.rdn is not None
    cn, value = rdn.avas[0]
    if _position(rdn.text) != _position(dn.rdn.text) or len(rdn.avas) > 1 or cn is not dn.rdn.avas[0][0]:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "schema reordering not supported")
    assert node.entry is not None
    entry = configuration.entries.change(node.entry, {cn: (value,)})
    stamps = configuration.stamps.modified(configuration.identity(request.session))
    entry = configuration.entries.change(entry, stamps)
    Commit(configuration, request, controls).rename(node, rdn, configuration.root, entry)
    yield Response(m.ModifyDNResponse())


def _for(operation: Callable[[Configuration, Request, Mapping[bytes, Any]], Iterator[Action]]) -> Operation:
    """The operation as a Directory calls it, which is a Configuration here. Raises LDAPError 12 for critical controls
    that the configuration doesn't go with; others mean nothing to it.
    """

    def perform(directory: Directory, request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
        for control in request.controls:
            if control.criticality and control.oid in controls and control.oid not in _HARMLESS:
                raise LDAPError(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, "critical control unavailable in context")
        yield from operation(cast(Configuration, directory), request, NO_CONTROLS)

    return perform


Configuration.operations = {
    m.SearchRequest: _for(_search),
    m.CompareRequest: _for(_compare),
    m.AddRequest: _for(_add),
    m.ModifyRequest: _for(_modify),
    m.DeleteRequest: _for(_delete),
    m.ModifyDNRequest: _for(_modify_dn),
}
