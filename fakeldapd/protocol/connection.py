"""One end of an LDAP connection without a socket: octets in, messages out, and the other way round.

``receive`` has three outcomes and no fourth: messages; none, which means "need more"; ProtocolError. Messages that
are complete before a bad one are given first, the next call raises, and so does every later one. If it ever raises
anything else, or takes longer for the same octets because they come in smaller pieces, that is a bug.

An announced length above ``max_message_size`` is refused when it is read, before anything is kept. Octets that
begin no LDAPMessage are waited for until the element they announce is complete, and refused then, as slapd does
("GET / HTTP/1.1" begins one of 69 octets).

Reading stops by itself in two places:

* behind an UnbindRequest: nothing that follows is looked at (RFC 4511 section 4.3);
* behind StartTLS (RFC 4511 section 4.14.1), since what follows in clear must not be taken for what came under TLS.
  For a server that is behind the ExtendedRequest, for a client behind the successful response to the one it sent.
  What comes then is held, undecoded, until either TLS begins: ``discard`` drops what is held (and counts it, since
  an honest peer has sent nothing); or it doesn't: ``resume``, and the next ``receive``, even of b"", goes on with
  what is held. Whoever holds bounds what it reads meanwhile: nothing is refused for its size before it is decoded.
"""

from fakeldapd.protocol.decode import ANY_RESPONSE, REQUESTS, RESPONSES, decode_contents
from fakeldapd.protocol.encode import encode_message
from fakeldapd.protocol.filter_ber import MAX_FILTER_DEPTH
from fakeldapd.protocol.messages import (
    Control,
    ExtendedRequest,
    ExtendedResponse,
    LDAPMessage,
    ProtocolOp,
    UnbindRequest,
)
from fakeldapd.protocol.result import ProtocolError

STARTTLS = b"1.3.6.1.4.1.1466.20037"
"""requestName of StartTLS."""

MAX_ANONYMOUS_MESSAGE = 262_143
"""Octets within the largest message that slapd takes from a client that isn't bound (``sockbuf_max_incoming``)."""

MAX_BOUND_MESSAGE = 4_194_303
"""The same once the client is bound (``sockbuf_max_incoming_auth``)."""

_STOPS = frozenset({UnbindRequest, ExtendedRequest, ExtendedResponse})


class Connection:
    """One end of a connection.

    ``client`` False: requests are read, True: responses are; ``lenient``: one whose contents are broken comes as
    an UndecodableResponse, one of an unknown kind as an UnknownResponse. ``max_message_size`` is in octets,
    the outermost tag and length not counted, and 0 is no limit; it may be set at any time and holds for what is read
    from then on.
    ``max_filter_depth`` is how many filters may enclose another.
    """

    __slots__ = (
        "_buffer",
        "_error",
        "_held",
        "_needed",
        "_over",
        "_readers",
        "_starttls_id",
        "max_filter_depth",
        "max_message_size",
    )

    def __init__(
        self,
        *,
        max_message_size: int = MAX_ANONYMOUS_MESSAGE,
        max_filter_depth: int = MAX_FILTER_DEPTH,
        client: bool = False,
        lenient: bool = False,
    ) -> None:
        self.max_message_size = max_message_size
        self.max_filter_depth = max_filter_depth
        self._readers = (ANY_RESPONSE if lenient else RESPONSES) if client else REQUESTS
        self._buffer = bytearray()  # The beginning of a message, or what is held.
        self._needed = 0  # With how many octets in the buffer reading can go on.
        self._held = False
        self._over = False
        self._starttls_id: int | None = None
        self._error: ProtocolError | None = None

    def receive(self, data: bytes) -> list[LDAPMessage]:
        """The messages that are complete with ``data``; none if more is needed. Raises ProtocolError, nothing else."""
        if self._error is not None:
            raise self._error
        if self._buffer:
            self._buffer += data
            if self._held or len(self._buffer) < self._needed:
                return []
            data = bytes(self._buffer)
            self._buffer.clear()
        elif self._held:
            self._buffer += data
            return []
        if self._over:
            return []
        return self._decode(data)

    def _decode(self, data: bytes) -> list[LDAPMessage]:
        messages: list[LDAPMessage] = []
        offset, end = 0, len(data)
        self._needed = 2
        try:
            while end - offset > 1:
                size, start = data[offset + 1], offset + 2
                if size > 127:
                    start += size - 128
                    if not 129 <= size <= 132:
                        raise ProtocolError("a length of the indefinite form or of more than four octets", notice=False)
                    if start > end:
                        self._needed = start - offset
                        break
                    size = int.from_bytes(data[offset + 2 : start], "big")
                stop = start + size
                if size > self.max_message_size > 0:
                    raise ProtocolError("a message larger than this connection takes", notice=False)
                if stop > end:
                    self._needed = stop - offset
                    break
                if data[offset] != 0x30:
                    raise ProtocolError("not an LDAPMessage", notice=False)
                octets = data if stop - offset == end else data[offset:stop]
                message = decode_contents(octets, start - offset, self._readers, self.max_filter_depth)
                messages.append(message)
                offset = stop
                if type(message.op) in _STOPS and self._stops_at(message):
                    break
        except ProtocolError as error:
            self._error = error
            if messages:
                return messages
            raise
        if offset < end and not self._over:
            self._buffer += data[offset:]
        return messages

    def _stops_at(self, message: LDAPMessage) -> bool:
        op = message.op
        if isinstance(op, UnbindRequest):
            self._over = True
        elif isinstance(op, ExtendedRequest):
            self._held = op.name == STARTTLS
        elif isinstance(op, ExtendedResponse) and message.message_id == self._starttls_id:
            self._held = op.code == 0
            self._starttls_id = None
        return self._over or self._held

    def resume(self) -> None:
        """Go on reading in clear: StartTLS was refused. The next ``receive`` begins with what is held."""
        self._held = False
        self._needed = 0

    def discard(self) -> int:
        """TLS begins: drop what is held, and give how many octets that was. What is received next came under TLS."""
        dropped = len(self._buffer)
        self._buffer.clear()
        self._held = False
        return dropped

    def send(self, message_id: int, op: ProtocolOp, controls: tuple[Control, ...] = ()) -> bytes:
        """The octets of this message, to be sent by whoever owns the socket."""
        if type(op) is ExtendedRequest and op.name == STARTTLS:
            self._starttls_id = message_id
        return encode_message(message_id, op, controls)
