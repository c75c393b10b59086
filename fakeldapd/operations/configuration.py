"""The configuration directory, ``cn=config``, as far as it holds the schema: one entry below ``cn=schema,cn=config`` for
each schema, with its definitions as values. Whoever adds or changes those entries changes the schema of the running
server, at once and for every connection.

It is a Directory of its own, made when somebody first asks for it. The operations of other naming contexts know nothing
of it: what they find in none of theirs comes here. Only the administrator gets to see anything. Others are told what
slapd tells them: that nothing is there, or that they mustn't.

A change is all or nothing. Its definitions are put into a ``Revision`` of the schema one after another, as slapd does, so
each may refer only to what is there by then; only when all of them are in is the revision put in force.

What slapd refuses is refused: deleting an entry, changing the order of entries, taking out macros, DIT content rules and
what is built in. Refused besides is taking out a definition that entries or other definitions need: slapd does it, and
is left with entries that can't be modified any more. Configuration other than schema isn't here.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.directory.dit import DIT, Node, Virtual
from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import Guard
from fakeldapd.directory.operational import CONFIG_DN
from fakeldapd.directory.ordered import numbered, plain, split
from fakeldapd.operations.access import Level, never
from fakeldapd.operations.add import check_each, new_entry
from fakeldapd.operations.compare import compare
from fakeldapd.operations.definitions import KINDS, Changes, put_in_order
from fakeldapd.operations.modify import read_changes
from fakeldapd.operations.request import Action, Request, Response, Session
from fakeldapd.operations.search import search
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN, RDN
from fakeldapd.schema.elements import AttributeDescription, AttributeType

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

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


class _Tree(DIT):
    def __init__(self, suffix: DN) -> None:
        super().__init__((suffix,))
        self.contexts[suffix.key] = Virtual(suffix)

    def add_below(self, parent: Node, rdn: RDN, entry: Entry) -> Node:
        node = _Node(parent, rdn)
        self._attach(parent, node)
        self.put(node, entry)
        return node


class Configuration:
    """A handler for requests to ``cn=config`` and below. ``directory`` is the one whose schema it shows and changes."""

    def __init__(self, directory: "Directory", make: "type[Directory]") -> None:
        self.directory = directory
        self.schema = schema = directory.schema
        self.inner = make(
            schema,
            (),
            admin_dn=directory.admin_dn,
            access=_AdministratorOnly(),
            read_only=directory.read_only,
            clock=directory.clock,
        )
        self.inner.dit = _Tree(schema.dn(CONFIG_DN))
        self._sources = 0
        self._add_entry(CONFIG_DN, b"olcGlobal", {}, CONFIG_DN)
        self.root = self._add_entry(_SCHEMA_DN, b"olcSchemaConfig", self._texts(_BUILT_IN, built_in=True), CONFIG_DN)
        self._catch_up()

    def __call__(self, request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
        """Answer one request that was found to be for here. Raises LDAPError."""
        self._catch_up()
        yield from _OPERATIONS[type(request.op)](self, request, controls)

    # --- the entries -------------------------------------------------------------------------------------------------

    def _catch_up(self) -> None:
        """Add entries for schemas that were loaded since somebody last asked."""
        sources = list(self.schema.sources)
        for source in sources[self._sources :]:
            if source != _BUILT_IN:
                name = source.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or source
                rdn = self.schema.rdn(b"cn={%d}%b" % (self.count, _escaped(name)))
                dn = rdn.text + b"," + _SCHEMA_DN
                self._add_entry(dn, b"olcSchemaConfig", self._texts(source), CONFIG_DN)
        self._sources = len(sources)

    @property
    def count(self) -> int:
        """How many schemas there are besides the built-in one: the next one's position."""
        return len(self.root.children or ())

    def _texts(self, source: str, *, built_in: bool = False) -> dict[bytes, tuple[bytes, ...]]:
        texts = self.schema.definitions_from(source)
        if built_in:
            texts["ldapSyntaxes"] = self.schema.syntaxes()
        found = {name: [text.encode() for text in texts[kind]] for name, kind in KINDS.items()}
        return {name: tuple(values) if built_in else numbered(values) for name, values in found.items()}

    def _add_entry(self, text: bytes, object_class: bytes, values: dict[bytes, tuple[bytes, ...]], by: bytes) -> Node:
        dn = self.schema.dn(text)
        assert dn.rdn is not None
        attributes = {self.inner.entries.object_class: (object_class,)}
        attributes |= {description: (value,) for description, value in dn.rdn.avas}
        attributes |= {self.schema.attribute(name): found for name, found in values.items()}
        return self.inner.dit.add(dn, new_entry(self.inner, dn.rdn, attributes, by))

    def find(self, dn: DN) -> Node:
        """The node of ``dn``. Raises LDAPError 32 with the closest superior that is there."""
        node = self.inner.dit.nearest(dn)
        assert node is not None  # nobody gets here for what isn't below cn=config, which is always there
        if self.inner.dit.find(dn) is not node:
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
    yield from search(configuration.inner, request, controls)


def _compare(configuration: Configuration, request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    op = cast(m.CompareRequest, request.op)
    if not request.session.is_admin:
        raise LDAPError(ResultCode.NO_SUCH_OBJECT)
    configuration.find(configuration.schema.dn(op.dn))
    yield from compare(configuration.inner, request, controls)


def _add(configuration: Configuration, request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Add a schema."""
    op = cast(m.AddRequest, request.op)
    inner, schema = configuration.inner, configuration.schema
    dn = schema.dn(op.dn)
    attributes, refusal = check_each(schema, op.attributes)
    inner.may_update(request.session)
    if refusal is not None:
        raise refusal
    if not request.session.is_admin:
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
    assert dn.rdn is not None
    identity = configuration.identity(request.session)
    entry = new_entry(inner, dn.rdn, dict(attributes), identity)
    if entry.classes.structural is not schema.object_class(b"olcSchemaConfig"):
        raise LDAPError(ResultCode.OBJECT_CLASS_VIOLATION)
    if inner.dit.find(dn) is not None:
        raise LDAPError(ResultCode.ENTRY_ALREADY_EXISTS)
    assert dn.parent is not None
    if configuration.find(dn.parent) is not configuration.root:
        reason = "only schemas can be added to cn=config, below cn=schema,cn=config"
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, reason)
    rdn = _new_rdn(configuration, dn.rdn)
    changes = Changes(configuration.directory, rdn.text.decode(errors="replace"))
    for description in attributes:
        if description.type.name in KINDS:
            attributes[description] = put_in_order(description, attributes[description])
    for name in KINDS:
        description = schema.attribute(name)
        for value in plain(attributes.get(description, ())):
            changes.put_in(description, value)
    cn, _ = dn.rdn.avas[0]
    attributes[cn] = tuple([v for v in attributes.get(cn, ()) if schema.rdn(b"cn=" + _escaped_octets(v)).key != dn.rdn.key])
    changes.put_in_force(inner)
    inner.dit.add_below(configuration.root, rdn, new_entry(inner, rdn, attributes, identity))
    yield Response(m.AddResponse())


def _new_rdn(configuration: Configuration, rdn: RDN) -> RDN:
    """The RDN with its position, the next one. Raises LDAPError 53 where it asks for one that is taken, 64 for one that
    is no number."""
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
    inner, schema = configuration.inner, configuration.schema
    edits = read_changes(schema, op.changes)
    inner.may_update(request.session)
    node = configuration.find(schema.dn(op.dn))
    if not request.session.is_admin:
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
    old = node.entry
    assert old is not None
    rdn = node.rdn.text if node.rdn is not None else CONFIG_DN
    changes = Changes(configuration.directory, rdn.decode(errors="replace"), built_in=node is configuration.root)
    for edit in edits:
        changes.take(edit, old)
    after: dict[AttributeDescription, tuple[bytes, ...]] = {d: numbered(texts) for d, texts in changes.after.items()}
    changes.check(inner, inner.entries.change(old, after))
    changes.make()
    changes.put_in_force(inner)
    entry = inner.entries.change(cast(Entry, node.entry), after)
    stamps = inner.stamps.modified(configuration.identity(request.session))
    inner.dit.put(node, inner.entries.change(entry, stamps))
    yield Response(m.ModifyResponse())


def _delete(configuration: Configuration, request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Refuse to: schemas can't be taken out as a whole."""
    op = cast(m.DeleteRequest, request.op)
    configuration.inner.may_update(request.session)
    node = configuration.find(configuration.schema.dn(op.dn))
    raise LDAPError(ResultCode.NOT_ALLOWED_ON_NON_LEAF if node.children else ResultCode.UNWILLING_TO_PERFORM)
    yield  # a generator like the others


def _modify_dn(configuration: Configuration, request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Give a schema another name; its position stays."""
    op = cast(m.ModifyDNRequest, request.op)
    inner, schema = configuration.inner, configuration.schema
    inner.may_update(request.session)
    dn, rdn = schema.dn(op.dn), schema.rdn(op.new_rdn)
    outside = op.new_superior is not None and inner.dit.context(schema.dn(op.new_superior)) is None
    if outside or dn.parent is None or inner.dit.context(dn.parent) is None:
        raise _OTHER_DSA
    node = configuration.find(dn)
    if not request.session.is_admin:
        raise LDAPError(ResultCode.INSUFFICIENT_ACCESS_RIGHTS)
    if node is configuration.root:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "renaming not allowed for this entry")
    if op.new_superior is not None:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM)
    assert dn.rdn is not None
    positions = [split(each.text.partition(b"=")[2])[0] for each in (dn.rdn, rdn)]
    cn, value = rdn.avas[0]
    if positions[0] != positions[1] or len(rdn.avas) > 1 or cn is not dn.rdn.avas[0][0]:
        raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "schema reordering not supported")
    assert node.entry is not None
    entry = inner.entries.change(node.entry, {cn: (value,)})
    stamps = inner.stamps.modified(configuration.identity(request.session))
    inner.dit.rename(node, rdn, None, inner.entries.change(entry, stamps))
    yield Response(m.ModifyDNResponse())


_OPERATIONS = {
    m.SearchRequest: _search,
    m.CompareRequest: _compare,
    m.AddRequest: _add,
    m.ModifyRequest: _modify,
    m.DeleteRequest: _delete,
    m.ModifyDNRequest: _modify_dn,
}
