"""What goes into a handler and what comes out of it: Request, Session, and the actions.

A handler is any callable that takes a Request and gives an iterator of actions. What the outside world must do is a
value, so the same handlers serve a socket, a process without one, and tests that compare lists.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from fakeldapd.protocol.messages import (
    AbandonRequest,
    AddRequest,
    AddResponse,
    BindRequest,
    BindResponse,
    CompareRequest,
    CompareResponse,
    Control,
    DeleteRequest,
    DeleteResponse,
    ExtendedRequest,
    ExtendedResponse,
    FinalResponse,
    LDAPResult,
    ModifyDNRequest,
    ModifyDNResponse,
    ModifyRequest,
    ModifyResponse,
    RequestOp,
    ResponseOp,
    SearchRequest,
    SearchResultDone,
    SearchResultEntry,
    UndecodableModifyRequest,
    value,
)
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.sasl.exchange import Negotiation


class Witness(Protocol):
    """Who is told what happens on a connection beside the requests that handlers answer."""

    def told(self, session: "Session", op: RequestOp | None, message_id: int, controls: tuple[Control, ...]) -> None:
        """An Abandon or an Unbind has come, or (None) the connection has ended."""
        ...


@dataclass(slots=True, eq=False)
class Session:
    """What the server knows of one connection, for as long as it lives.

    ``identity`` is the authorization identity's DN, None while anonymous; ``is_admin`` whether that is the
    administrator (slapd's rootdn), who is above access rules and limits. ``outstanding`` is how many operations of this
    connection are running, the present one included. ``peer`` names the other end for logs. ``protocol`` is the version
    that a Bind has asked for, 0 before the first. ``kept`` is what needn't be worked out again while the identity is
    the same, ``suspended`` are searches that the client may go on with, by the OID of the control that does it.

    What the transport knows: ``tls`` whether it is encrypted by TLS; ``ssf`` its security strength factor as slapd
    counts it, the bits of the cipher's key, 71 on ldapi, 0 in clear; ``peer_certificate_subject`` the DN in the
    certificate that the client has shown and that was found good; ``peer_credentials`` the client's user and group ids
    on ldapi. ``sasl`` is there once the client has tried SASL (see ``operations.sasl``).

    ``witness`` is who keeps a log of the connection: it is told with ``tell`` of what no handler is asked for.
    """

    identity: DN | None = None
    is_admin: bool = False
    outstanding: int = 0
    peer: str = ""
    tls: bool = False
    ssf: int = 0
    peer_certificate_subject: DN | None = None
    peer_credentials: tuple[int, int] | None = None
    sasl: "Negotiation | None" = None
    kept: dict[Any, Any] = field(default_factory=dict)
    suspended: dict[bytes, Any] = field(default_factory=dict)
    protocol: int = 0
    witness: "Witness | None" = None

    def tell(self, op: RequestOp, message_id: int = 0, controls: tuple[Control, ...] = ()) -> None:
        """An Abandon or an Unbind has come."""
        if self.witness is not None:
            self.witness.told(self, op, message_id, controls)

    def end(self) -> None:
        """The connection has ended."""
        self.suspended.clear()
        if self.witness is not None:
            self.witness.told(self, None, 0, ())

    def become(self, identity: DN | None, *, is_admin: bool = False) -> None:
        """Change the identity, as the end of a Bind does (RFC 4513 section 4)."""
        self.identity = identity
        self.is_admin = is_admin
        self.kept.clear()
        self.suspended.clear()

    @property
    def by_sasl(self) -> bool:
        """Whether the last Bind that succeeded was one with SASL, and no other has begun."""
        return self.sasl is not None and bool(self.sasl.mechanism)

    @property
    def author(self) -> bytes:
        """The name that goes into creatorsName and modifiersName."""
        return b"cn=anonymous" if self.identity is None else self.identity.text


@dataclass(slots=True, eq=False)
class Request:
    """One request of one session. ``controls`` are those that came with it, in order; ``octets`` is the message as it
    came, b"" where it didn't come as octets.

    ``response_controls`` go with its final response, be that a success or a failure: whoever has one to send puts it
    there while the operation runs.
    """

    session: Session
    message_id: int
    op: RequestOp
    controls: tuple[Control, ...] = ()
    octets: bytes = b""
    response_controls: tuple[Control, ...] = ()

    def answer(self, response: "Response") -> "Response":
        """A final response with the controls that go with it."""
        return Response(response.op, self.response_controls) if self.response_controls else response


class Signal:
    """Fires once; whoever waits for it is called then, or at once where it has fired."""

    __slots__ = ("_callbacks", "fired")

    def __init__(self) -> None:
        self.fired = False
        self._callbacks: list[Callable[[], None]] = []

    def fire(self) -> None:
        """Fire. Callbacks run in this call, in the order they were added; firing again does nothing."""
        if self.fired:
            return
        self.fired = True
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def when_fired(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` once when the signal fires."""
        if self.fired:
            callback()
        else:
            self._callbacks.append(callback)


@value
class Response:
    """Send this response under the request's message id."""

    op: ResponseOp
    controls: tuple[Control, ...] = ()


@value
class Entries:
    """Send these entries found by a search, in order: DNs, each with encoded PartialAttributes.

    Many in one action, since an action for each would cost as much as everything else about a large answer.
    """

    entries: Sequence[tuple[bytes, tuple[bytes, ...]]]

    def responses(self) -> Iterator[Response]:
        """The same as one Response each, for who wants to look at them or change them."""
        for dn, attributes in self.entries:
            yield Response(SearchResultEntry(dn, attributes))


@value
class Pause:
    """Nothing to send yet: let others have a turn if this slice has been long enough."""


@value
class Delay:
    """Go on after so many seconds of the server's clock."""

    seconds: float


@dataclass(slots=True, eq=False)
class Wait:
    """Go on when the signal has fired."""

    signal: Signal = field(default_factory=Signal)


@dataclass(slots=True, eq=False)
class Cancel:
    """End another operation of this connection, with ``canceled`` (118) as its answer (RFC 3909).

    ``code`` is what came of it once the iterator is pulled again: success (0), noSuchOperation (119), or cannotCancel
    (121) for a Bind, StartTLS or the operation that asks.
    """

    message_id: int
    code: int = ResultCode.NO_SUCH_OPERATION


@value
class Raw:
    """Send these octets as they are; ``apart``: each by itself, and nothing else of the connection between them."""

    octets: bytes
    apart: bool = False


@value
class StartTLS:
    """Begin TLS on this connection once everything before has been sent."""


@value
class Disconnect:
    """Close the connection after what was sent before; ``abort`` resets it (RST) instead."""

    abort: bool = False


Action: TypeAlias = Response | Entries | Pause | Delay | Wait | Cancel | Raw | StartTLS | Disconnect
Handler: TypeAlias = Callable[[Request], Iterator[Action]]
Middleware: TypeAlias = Callable[[Handler], Handler]


def unanswered(abandon: Callable[[AbandonRequest], object]) -> Handler:
    """What is done for Abandon and Unbind (RFC 4511 sections 4.11 and 4.3), in the form of a handler, so that a
    middleware can go around it; ``abandon`` ends the operation that the first one names.
    """

    def usual(request: Request) -> Iterator[Action]:
        if isinstance(request.op, AbandonRequest):
            abandon(request.op)
        else:
            yield Disconnect()

    return usual


RESPONSES: Mapping[type, type[LDAPResult]] = {
    BindRequest: BindResponse,
    SearchRequest: SearchResultDone,
    ModifyRequest: ModifyResponse,
    UndecodableModifyRequest: ModifyResponse,
    AddRequest: AddResponse,
    DeleteRequest: DeleteResponse,
    ModifyDNRequest: ModifyDNResponse,
    CompareRequest: CompareResponse,
    ExtendedRequest: ExtendedResponse,
}
"""The final response of each request that has one."""


def failure(op: RequestOp, error: LDAPError) -> FinalResponse:
    """The final response that says an error."""
    response: Any = RESPONSES[type(op)]
    return response(  # type: ignore[no-any-return]
        int(error.code), error.matched_dn, error.diagnostic.encode(errors="surrogateescape"), error.referral
    )
