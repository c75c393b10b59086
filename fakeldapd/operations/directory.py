"""The directory as a handler: the innermost one, a request in and a stream of actions out.

It dispatches by the kind of request, checks the controls that came along, and is the one place where an error becomes
the answer of the operation that raised it. What nobody foresaw becomes ``other`` (80), logged with its traceback, which
the client never sees.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from fakeldapd.directory.dit import DIT, Node, Virtual
from fakeldapd.directory.entry import Entries, Entry
from fakeldapd.directory.evaluate import Purpose, View
from fakeldapd.directory.operational import Stamps, is_configuration
from fakeldapd.operations.access import Access, DefaultAccess
from fakeldapd.operations.add import add
from fakeldapd.operations.bind import bind
from fakeldapd.operations.compare import compare
from fakeldapd.operations.controls.table import CONTROLS, NO_CONTROLS, read_controls
from fakeldapd.operations.delete import delete
from fakeldapd.operations.extended import extended
from fakeldapd.operations.limits import UNLIMITED, LimitRule, Limits, find_limits
from fakeldapd.operations.modify import modify, undecodable_modify
from fakeldapd.operations.modifydn import modify_dn
from fakeldapd.operations.request import Action, Disconnect, Raw, Request, Response, Session, Signal, Wait, failure
from fakeldapd.operations.sasl.settings import SASLSettings
from fakeldapd.operations.search import check_search, search
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import notice_of_disconnection
from fakeldapd.protocol.result import LDAPError, ProtocolError, ResultCode
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeType
from fakeldapd.schema.registry import Schema

if TYPE_CHECKING:
    from fakeldapd.operations.policy import Policy
    from fakeldapd.overlays.overlay import Overlay
    from fakeldapd.schema.revision import SchemaState

log = logging.getLogger("fakeldapd")

_OUTSIDE = (ResultCode.NO_SUCH_OBJECT, ResultCode.UNWILLING_TO_PERFORM)
"""What operations say of a DN that is in no naming context, among other things."""

Operation = Callable[["Directory", Request, Mapping[bytes, Any]], Iterator[Action]]


@dataclass(slots=True, frozen=True)
class Row:
    """One operation: where it is specified, a test of it, and what performs it; None: whoever pulls the iterators."""

    name: str
    source: str
    shown_by: str
    perform: Operation | None


_UTILS = "clients/test_ldap_utils.py::test_ldap"
OPERATIONS: Mapping[type, Row] = {
    m.BindRequest: Row("Bind", "RFC 4511 section 4.2", f"{_UTILS}whoami", bind),
    m.UnbindRequest: Row(
        "Unbind",
        "RFC 4511 section 4.3",
        "server/test_protocol.py::test_unbind_closes_and_what_follows_is_dropped",
        None,
    ),
    m.SearchRequest: Row("Search", "RFC 4511 section 4.5", f"{_UTILS}search", search),
    m.ModifyRequest: Row("Modify", "RFC 4511 section 4.6", f"{_UTILS}modify", modify),
    m.AddRequest: Row("Add", "RFC 4511 section 4.7", f"{_UTILS}add", add),
    m.DeleteRequest: Row("Delete", "RFC 4511 section 4.8", f"{_UTILS}delete", delete),
    m.ModifyDNRequest: Row("Modify DN", "RFC 4511 section 4.9", f"{_UTILS}modrdn", modify_dn),
    m.CompareRequest: Row("Compare", "RFC 4511 section 4.10", f"{_UTILS}compare", compare),
    m.AbandonRequest: Row(
        "Abandon", "RFC 4511 section 4.11", "server/test_protocol.py::test_abandon_ends_one_operation_silently", None
    ),
    m.ExtendedRequest: Row("Extended", "RFC 4511 section 4.12", "clients/test_ldap3.py::test_extended", extended),
}

_PERFORMED: Mapping[type, Operation] = {
    **{kind: row.perform for kind, row in OPERATIONS.items() if row.perform is not None},
    m.UndecodableModifyRequest: undecodable_modify,
}


def run_at_once(work: Callable[[], None], done: Signal) -> None:
    """Do slow work here and now: what a process without a reactor does."""
    work()
    done.fire()


def _both(first: View, second: View) -> View:
    def view(node: Node, entry: Entry) -> Entry:
        return second(node, first(node, entry))

    return view


class Directory:
    """A DIT under a schema, and who may do what to it. Calling it with a Request gives the actions that answer.

    ``suffixes`` are the naming contexts as configured; their spelling is what the root DSE shows. ``offers_tls`` says
    whether TLS can begin where StartTLS asks for it, ``sasl`` which SASL mechanisms there are and whose names mean
    whom. ``clock`` gives seconds since the epoch; limits and time stamps go by it. ``background(work, done)`` does slow
    work elsewhere and fires ``done`` in the thread that runs the handler. ``overlays`` are as configured; the attribute
    has them in the order of calling. ``counted`` makes entryUUIDs the same in every run. ``viewing`` are the
    overlays that show more than is stored, in values of the types in ``viewed``, None: in any. ``controls`` is the
    table of those that this directory has, by OID.
    """

    operations: ClassVar[Mapping[type, Operation]] = _PERFORMED

    def __init__(
        self,
        schema: Schema,
        suffixes: Sequence[DN],
        *,
        admin_dn: DN | None = None,
        admin_password: bytes = b"",
        limits: Limits | None = None,
        access: Access | None = None,
        read_only: bool = False,
        offers_tls: bool = False,
        sasl: SASLSettings | None = None,
        clock: Callable[[], float] = time.time,
        background: Callable[[Callable[[], None], Signal], None] = run_at_once,
        overlays: "Sequence[Overlay]" = (),
        counted: bool = False,
    ) -> None:
        self.schema = schema
        self.suffixes = tuple(suffixes)
        self.dit = DIT(suffixes)
        self.entries = Entries(schema)
        self.stamps = Stamps(schema, clock, counted=counted)
        self.admin_dn = admin_dn
        self.admin_password = admin_password
        self.limits = limits or Limits()
        self.limit_rules: Sequence[LimitRule] = ()
        self.policy: Policy | None = None
        self.allow: frozenset[str] = frozenset()
        self.disallow: frozenset[str] = frozenset()
        self.access: Access = access or DefaultAccess(schema)
        self.read_only = read_only
        self.offers_tls: bool = offers_tls
        self.sasl = sasl or SASLSettings()
        self.clock = clock
        self.kept_subschema: tuple[object, Virtual] | None = None
        self._background = background
        self._configuration: Directory | None = None
        self.overlays = tuple(reversed(overlays))
        self.controls = {**CONTROLS}
        for overlay in self.overlays:
            overlay.attached(self)
            self.controls.update(overlay.controls)
        self.viewing = tuple(overlay for overlay in overlays if overlay.views)
        self.viewed: frozenset[AttributeType] | None = frozenset()
        for overlay in self.viewing:
            types = overlay.seen_types
            self.viewed = None if self.viewed is None or types is None else self.viewed | types

    def __call__(self, request: Request) -> Iterator[Action]:
        """Answer one request. Abandon and Unbind have no answer and are performed by whoever pulls the iterators."""
        op = request.op
        operation = self.operations.get(type(op))
        if operation is None:
            return
        session = request.session
        try:
            if type(op) is m.BindRequest:  # even one that is refused for its controls (RFC 4513 section 4)
                session.become(None)
                if session.sasl is not None:
                    session.sasl.bind_begins()
            elif session.sasl is not None and session.sasl.exchange is not None:
                raise LDAPError(ResultCode.OPERATIONS_ERROR, "SASL bind in progress")
            controls = NO_CONTROLS
            if request.controls:
                if type(op) is m.SearchRequest:
                    check_search(self, op)
                controls = read_controls(op, request.controls, self.controls)
                for oid, value in controls.items():
                    prepare = self.controls[oid].prepare
                    if prepare is not None:
                        request = prepare(self, request, value)
            if self.policy is not None and (refusal := self.policy.check(self, request)) is not None:
                yield Response(failure(op, refusal))
                return
            actions = operation(self, request, controls)
            if self.overlays:
                for overlay in reversed(self.overlays):  # the first is to be the outermost
                    actions = overlay.around(self, request, controls, actions)
            yield from actions
        except LDAPError as error:
            if error.code not in _OUTSIDE or not self._is_configuration(op):
                yield Response(failure(op, error), request.response_controls)
                return
        except ProtocolError as error:  # a control's value isn't LDAP
            yield Raw(notice_of_disconnection(ResultCode.PROTOCOL_ERROR, error.diagnostic))
            yield Disconnect()
            return
        except Exception:
            log.exception("internal error in %s", type(op).__name__)
            yield Response(failure(op, LDAPError(ResultCode.OTHER, "internal error")))
            return
        else:
            return
        if self._configuration is None:  # made when first asked for
            from fakeldapd.operations.configuration import Configuration

            self._configuration = Configuration(self)
        yield from self._configuration(request)

    def _is_configuration(self, op: m.RequestOp) -> bool:
        """Whether an operation that found nothing was for cn=config or below, and that is no naming context of ours."""
        try:
            dn = self.schema.dn(op.base if type(op) is m.SearchRequest else getattr(op, "dn", b""))
        except LDAPError:
            return False
        return is_configuration(dn) and self.dit.context(dn) is None

    def restore_schema(self, state: "SchemaState") -> None:
        """Have the definitions of ``state`` again, for the entries that are there now."""
        self.schema.restore(state)
        self.entries.forget_layouts()
        self.dit.renew(self.entries, noted=False)
        self._configuration = None

    def view(self, request: Request, controls: Mapping[bytes, Any], purpose: Purpose) -> View | None:
        """What a search or compare with these controls sees of entries where overlays show something else; None where
        none does.
        """
        found: View | None = None
        for overlay in self.viewing:
            view = overlay.view(request, controls, purpose)
            if view is not None:
                found = view if found is None else _both(found, view)
        return found

    def elsewhere(self, work: Callable[[], None]) -> Wait:
        """Have slow work done in the background; the action to yield before its effects are there."""
        done = Signal()
        self._background(work, done)
        return Wait(done)

    def enforce(self, policy: "Policy") -> None:
        """Have every request checked from now on. ``allow`` and ``disallow`` are for whom the rest concerns."""
        self.policy = policy
        self.allow, self.disallow = policy.allow, policy.disallow
        self.controls.update(policy.stricter(self.controls))

    def limits_for(self, session: Session) -> Limits:
        """What searches of this session may take."""
        if not self.limit_rules:
            return UNLIMITED if session.is_admin else self.limits
        return find_limits(self.limit_rules, self.limits, session)

    def is_admin(self, dn: DN) -> bool:
        """Whether this is the administrator's DN."""
        return self.admin_dn is not None and dn.key == self.admin_dn.key

    def may_update(self, session: Session) -> None:
        """Raise LDAPError where updates aren't for this session, whatever they are."""
        if session.identity is None and "update_anon" not in self.allow:
            raise LDAPError(ResultCode.STRONGER_AUTH_REQUIRED, "modifications require authentication")
        if self.read_only:
            raise LDAPError(ResultCode.UNWILLING_TO_PERFORM, "operation restricted")
