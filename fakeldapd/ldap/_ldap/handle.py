"""What libldap does for a connection: message ids, matching answers to requests, waiting, the last error.

A ``Handle`` has one transport to its server, opened when the first request is sent, and others to the servers that
referrals have led to (``referrals``). An answer belongs to a request by its message id; what belongs to none is
dropped. Entries that come by way of a referral get the message id of the request that led there.

Errors are kept as libldap keeps them: ``error_number``, ``matched`` and ``diagnostic`` are those of the last error or
result, and what is not told anew may be left over from an earlier one.
"""

import select
import time
from dataclasses import replace
from typing import Any

from fakeldapd.ldap import values as v
from fakeldapd.ldap._ldap.options import DEFAULTS, Options
from fakeldapd.ldap._ldap.results import type_of
from fakeldapd.ldap.transport import ConnectionLost, TLSFailed, Transport
from fakeldapd.ldap.transport.opening import Address, open_first
from fakeldapd.ldap.transport.tls import TLSSettings
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import encode_message

SUCCESS, SERVER_DOWN, LOCAL_ERROR, TIMEOUT, PARAM_ERROR = 0, -1, -2, -5, -9
UNAVAILABLE_CRITICAL = 12
ANY = -1
ONE, ALL, RECEIVED = 0, 1, 2
_PROTOCOL_VERSION, _REFERRALS, _OPT_TIMEOUT = v.OPT_PROTOCOL_VERSION, v.OPT_REFERRALS, v.OPT_TIMEOUT

_SLICE = 0.005

REFERRAL = 10

INTERMEDIATE = frozenset({m.SearchResultEntry, m.SearchResultReference, m.IntermediateResponse})
"""Answers that aren't the last one."""

INTERMEDIATE_TAGS = frozenset({0x64, 0x73, 0x79})


class Failure(Exception):
    """A call failed: ``error_number`` of the handle says how. ``errno`` is the system's, 0 for none."""

    def __init__(self, errno: int = 0) -> None:
        super().__init__(errno)
        self.errno = errno


class Sent:
    """A request that has not been answered completely. ``parent`` is the one whose answer was the referral to here."""

    __slots__ = (
        "children",
        "code",
        "controls",
        "diagnostic",
        "final",
        "hops",
        "matched_dn",
        "message_id",
        "op",
        "parent",
        "server",
        "transport",
    )

    def __init__(
        self,
        message_id: int,
        op: m.RequestOp,
        controls: tuple[m.Control, ...],
        transport: Transport,
        server: Address | None,
        parent: "Sent | None" = None,
    ) -> None:
        self.message_id = message_id
        self.op = op
        self.controls = controls
        self.transport = transport
        self.server = server
        self.parent = parent
        self.hops: int = 0 if parent is None else parent.hops + 1
        self.children = 0  # requests that go on elsewhere for this one
        self.final: m.LDAPMessage | None = None  # the last answer, while they do
        self.code = SUCCESS  # what all of it comes to
        self.matched_dn = b""
        self.diagnostic = b""

    def merge(self, child: "Sent") -> None:
        """What went on elsewhere is over: its error counts where there has been none."""
        if child.code != SUCCESS and self.code == SUCCESS:
            self.code = child.code
            self.diagnostic = child.diagnostic
            if 32 <= child.code <= 36:  # errors that have to do with a name
                self.matched_dn = child.matched_dn

    def answer(self) -> m.LDAPMessage:
        """The last answer with what has come of all of it."""
        assert self.final is not None
        op: Any = self.final.op
        if (op.code, op.matched_dn, op.diagnostic) != (self.code, self.matched_dn, self.diagnostic):
            op = replace(op, code=self.code, matched_dn=self.matched_dn, diagnostic=self.diagnostic, referral=())
        return m.LDAPMessage(self.message_id, op, self.final.controls)


class Handle:
    """One connection as libldap sees it."""

    def __init__(self, servers: tuple[Address, ...]) -> None:
        self.error_number = SUCCESS
        self.diagnostic: bytes | None = None
        self.matched: bytes | None = None
        self.sasl_username: str | None = None
        self.sasl_begun = False
        self.options: Options = DEFAULTS.copy(self, servers)
        self._settings = self.options.settings
        self.transport: Transport | None = None
        self.server: Address | None = None  # where the transport leads
        self._lost: int | None = None  # the error number with which the connection was lost
        self._others: dict[Address, Transport] = {}
        self._last_id = 0
        self.errno = 0  # what following a referral has left behind while waiting
        self._sent: dict[int, Sent] = {}
        self._answers: dict[int, list[m.LDAPMessage]] = {}
        self._complete: set[int] = set()

    # --- facts for options ---

    @property
    def fileno(self) -> int:
        """The descriptor, -1 before there is a connection."""
        return -1 if self.transport is None else self.transport.fileno

    @property
    def tls(self) -> Any:
        """TLSFacts of the connection, None without TLS."""
        return None if self.transport is None else self.transport.tls

    @property
    def version(self) -> int:
        """OPT_PROTOCOL_VERSION."""
        return self._settings[_PROTOCOL_VERSION]  # type: ignore[no-any-return]

    def start_tls(self) -> None:
        """TLS begins on the connection. Raises TLSFailed; nothing more can be sent then."""
        assert self.transport is not None
        try:
            self.transport.start_tls(self.options.tls_settings())
        except TLSFailed:
            self._lost = 0
            raise

    # --- errors ---

    def fail(self, code: int, errno: int = 0, *, info: str | None = None) -> Failure:
        """Note an error of the client's own; the exception to raise. What was noted of an earlier one stays."""
        self.error_number = code
        if info is not None:
            self.diagnostic = info.encode()
        return Failure(errno)

    def note(self, result: m.LDAPResult) -> None:
        """Note a result as the last one."""
        self.error_number = int(result.code)
        self.matched = result.matched_dn or None
        self.diagnostic = result.diagnostic or None

    # --- sending ---

    def next_id(self) -> int:
        """The message id of the next request."""
        self._last_id += 1
        return self._last_id

    def open(self) -> Transport:
        """The transport, opened now if it isn't yet. Raises Failure."""
        if self._lost is not None:
            raise self.fail(SERVER_DOWN, self._lost)
        if self.transport is None:
            try:
                self.transport, self.server = self.connect(self.options.servers)
            except ConnectionLost as lost:
                raise self.fail(SERVER_DOWN, lost.errno, info=lost.info or None) from None
        return self.transport

    def adopt(self, descriptor: int) -> None:
        """Go on with a socket that is connected already, or with whatever else that descriptor is."""
        from fakeldapd.ldap.transport.wire import Wire, opened

        self.server = self.options.servers[0] if self.options.servers else None
        host = "" if self.server is None else self.server.host
        self.transport = Wire(opened(descriptor), host or "localhost")

    def connect(self, servers: tuple[Address, ...]) -> tuple[Transport, Address]:
        """A new transport to the first of these servers that is there. Raises ConnectionLost."""
        network_timeout = self._settings.get(v.OPT_NETWORK_TIMEOUT)

        def settings() -> TLSSettings:  # only who wants TLS settles what holds for it
            found = self.options.tls_settings()
            found.timeout = network_timeout
            return found

        if self._settings.get(v.OPT_X_TLS) == v.OPT_X_TLS_HARD:
            servers = tuple([each.over_tls() for each in servers])
        return open_first(servers, settings, network_timeout)

    def send(
        self, op: m.RequestOp, controls: tuple[m.Control, ...] | None, message_id: int = 0, octets: bytes | None = None
    ) -> int:
        """Send a request; gives its message id. ``controls`` None: those of the options. ``octets``: send these in its
        place. Raises Failure.
        """
        transport = self.transport
        if transport is None or self._lost is not None:
            transport = self.open()
        if controls is None:
            controls = self._settings.get(v.OPT_SERVER_CONTROLS) or ()
        if not message_id:
            self._last_id = message_id = self._last_id + 1
        try:
            if octets is None:
                transport.send(message_id, op, controls)
            else:
                transport.send_octets(octets)
        except ConnectionLost as lost:
            raise self._connection_lost(transport, lost) from None
        self._sent[message_id] = Sent(message_id, op, controls, transport, self.server)
        self.error_number = SUCCESS
        return message_id

    def _connection_lost(self, transport: Transport, lost: ConnectionLost) -> Failure:
        if lost.info:
            self.diagnostic = lost.info.encode()
        for message_id, sent in list(self._sent.items()):
            if sent.transport is transport:
                del self._sent[message_id]
        if transport is self.transport:
            self._lost = lost.errno
        else:
            transport.close()
        return self.fail(SERVER_DOWN, lost.errno)

    def abandon(self, message_id: int, controls: tuple[m.Control, ...] | None) -> None:
        """Forget a request; tell the server where it may not be done with it. Raises Failure."""
        had = self._answers.pop(message_id, None)
        complete = message_id in self._complete
        self._complete.discard(message_id)
        if had is not None and complete:
            return
        transport = self.transport
        if transport is None or self._lost is not None:  # nothing is opened for it
            raise self.fail(SERVER_DOWN)
        sent = self._sent.pop(message_id, None)
        if sent is not None:
            transport = sent.transport
        for child in [each for each in self._sent.values() if _root(each).message_id == message_id]:
            del self._sent[child.message_id]
        try:
            transport.send(self.next_id(), m.AbandonRequest(message_id), controls or ())
        except ConnectionLost as lost:
            raise self._connection_lost(transport, lost) from None

    def unbind(self, controls: tuple[m.Control, ...] | None) -> None:
        """Say good-bye and close everything."""
        for transport in (self.transport, *self._others.values()):
            if transport is not None:
                transport.close(encode_message(self.next_id(), m.UnbindRequest(), controls or ()))
        self.transport = None
        self._others.clear()
        self._lost = 0

    # --- receiving ---

    def deadline(self, timeout: float | None) -> float | None:
        """When waiting for so many seconds ends; None or less than 0: when OPT_TIMEOUT says."""
        if timeout is None or timeout < 0:
            timeout = self._settings.get(_OPT_TIMEOUT)
        return None if timeout is None else time.monotonic() + timeout

    def wait(self, message_id: int, how_many: int, deadline: float | None) -> tuple[int, list[m.LDAPMessage]] | None:
        """Answers to a request (ANY: to whichever has some): one, all when they are complete, or what is there. With
        them goes a type: of the last one where it was waited for, of the first where all had been received before.

        None when it is ``deadline``. Raises Failure.
        """
        self.errno = 0
        found = self._take(message_id, how_many)
        if found is not None:
            return type_of(found[0].op), found
        while True:
            if self._lost is not None or self.transport is None:
                raise self.fail(SERVER_DOWN, self._lost or 0)
            transport: Transport | None = self.transport
            try:
                if self._others:
                    transport = self._readable(deadline)
                message = None if transport is None else transport.receive(deadline)
            except ConnectionLost as lost:
                assert transport is not None
                raise self._connection_lost(transport, lost) from None
            if transport is None or message is None:
                self.error_number = TIMEOUT
                return None
            self._arrived(transport, message)
            found = self._take(message_id, how_many)
            if found is not None:
                return type_of(found[-1].op), found

    def _take(self, message_id: int, how_many: int) -> list[m.LDAPMessage] | None:
        answers = self._answers
        if message_id == ANY:
            if not answers:
                return None
            message_id = next(reversed(answers))  # the one that began to be answered last, complete or not
        found = answers.get(message_id)
        if not found or (how_many == ALL and message_id not in self._complete):
            return None
        if how_many == ONE and len(found) > 1:
            return [found.pop(0)]
        del answers[message_id]
        self._complete.discard(message_id)
        return found

    def _readable(self, deadline: float | None) -> Transport | None:
        """Of several transports one that has something to receive; None when it is ``deadline``."""
        used = {id(sent.transport) for sent in self._sent.values()}
        transports = [each for each in self._others.values() if id(each) in used]
        if self.transport is not None:
            transports.append(self.transport)
        if len(transports) == 1:
            return transports[0]
        sockets = {each.fileno: each for each in transports if each.fileno >= 0}
        while True:
            for each in transports:
                if each.has_received:
                    return each
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            # what is in this process has nothing to select
            slice_ = left if len(sockets) == len(transports) else min(_SLICE, _SLICE if left is None else left)
            ready, _, _ = select.select(sockets, [], [], slice_)
            if ready:
                return sockets[ready[0]]
            if left == 0.0:
                return None

    def _arrived(self, transport: Transport, message: m.LDAPMessage) -> None:
        """Sort an answer in. Raises Failure for a notice of disconnection."""
        op = message.op
        sent = self._sent.get(message.message_id)
        if sent is None or sent.transport is not transport:
            if message.message_id == 0 and isinstance(op, m.ExtendedResponse):
                self._unsolicited(op)
            return
        if op.__class__ in INTERMEDIATE or getattr(op, "tag", 0) in INTERMEDIATE_TAGS:
            if op.__class__ is m.SearchResultReference and self._settings[_REFERRALS]:
                self._chase(sent, op.uris)
            self._answers.setdefault(_root(sent).message_id, []).append(_with_id(message, _root(sent).message_id))
            return
        sent.final = message
        if op.__class__ is m.UndecodableResponse:
            op = m.UnknownResponse(tag=op.tag)
        if sent.parent is None and not sent.children and op.code != REFERRAL:  # type: ignore[union-attr]
            del self._sent[message.message_id]  # nearly always
            self._answers.setdefault(message.message_id, []).append(message)
            self._complete.add(message.message_id)
            return
        self._settle(sent, op)

    def _settle(self, sent: Sent, result: Any) -> None:
        """A request has its last answer, and a referral is in it, or has been."""
        sent.code, sent.matched_dn, sent.diagnostic = int(result.code), result.matched_dn, result.diagnostic
        if (
            sent.code == REFERRAL
            and result.referral
            and self._settings[_REFERRALS]
            and self._chase(sent, result.referral)
        ):
            sent.code, sent.matched_dn, sent.diagnostic = SUCCESS, b"", b""
        if sent.parent is None and sent.code == REFERRAL and not sent.children:
            del self._sent[sent.message_id]
            self._answers.setdefault(sent.message_id, []).append(sent.final)  # type: ignore[arg-type]
            self._complete.add(sent.message_id)
            return
        while not sent.children and sent.final is not None:
            self._sent.pop(sent.message_id, None)
            parent = sent.parent
            if parent is None:
                self._answers.setdefault(sent.message_id, []).append(sent.answer())
                self._complete.add(sent.message_id)
                return
            self._leave(sent.transport)
            parent.merge(sent)
            parent.children -= 1
            sent = parent

    def _leave(self, transport: Transport) -> None:
        """Close a transport that a referral has led to, once nothing goes on there any more."""
        if transport is self.transport or any(each.transport is transport for each in self._sent.values()):
            return
        self._others = {server: each for server, each in self._others.items() if each is not transport}
        transport.close(encode_message(self.next_id(), m.UnbindRequest()))

    def _chase(self, sent: Sent, uris: tuple[bytes, ...]) -> bool:
        """Go where a referral leads; gives whether anybody is there."""
        from fakeldapd.ldap._ldap.referrals import chase

        return chase(self, sent, uris)

    def other(self, server: Address) -> Transport:
        """A transport to another server, bound as nobody. Raises ConnectionLost."""
        if self.transport is not None and server == self.server:
            return self.transport
        found = self._others.get(server)
        if found is None:
            opened, _ = self.connect((server,))
            opened.send(self.next_id(), m.BindRequest(3, b"", m.SimpleAuthentication(b"")))
            answer = opened.receive(self.deadline(None))
            if answer is None or getattr(answer.op, "code", -1) != 0:
                opened.close()
                raise ConnectionLost
            found = self._others[server] = opened
        return found

    def follow(self, sent: Sent, op: m.RequestOp, server: Address) -> None:
        """Send what goes on elsewhere for a request. Raises ConnectionLost."""
        message_id = self.next_id()
        transport = self.other(server)
        transport.send(message_id, op, sent.controls)
        self._sent[message_id] = Sent(message_id, op, sent.controls, transport, server, sent)
        sent.children += 1

    def _unsolicited(self, op: m.ExtendedResponse) -> None:
        if op.name != m.NOTICE_OF_DISCONNECTION:
            return
        self.error_number = int(op.code)
        raise Failure


def _root(sent: Sent) -> Sent:
    while sent.parent is not None:
        sent = sent.parent
    return sent


def _with_id(message: m.LDAPMessage, message_id: int) -> m.LDAPMessage:
    if message.message_id == message_id:
        return message
    return m.LDAPMessage(message_id, message.op, message.controls)
