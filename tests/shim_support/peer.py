"""A server that does what it is told, on a socket: for everything that no real server would do when asked.

A script is what comes for the first request, for the second, and so on; each is a list of what is sent, in order:
operations (``m.BindResponse()``), operations with controls or another message id (``With``), octets, and CLOSE or
RESET. What the client has sent is kept, message by message.
"""

import socket
import struct
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import encode_message

LEFT_LYING = 2
"""Seconds after which a client counts as gone: libldap doesn't always close what it has no use for any more."""

CLOSE, RESET = "close", "reset"


@dataclass(frozen=True)
class With:
    """A response with another message id than the request's (``shift`` is added, ``message_id`` replaces), or
    with controls.
    """

    op: m.ProtocolOp
    controls: tuple[m.Control, ...] = ()
    shift: int = 0
    message_id: int | None = None


Sent = m.ProtocolOp | With | bytes | str
Script = Sequence[Sequence[Sent]]


class Peer:
    """Start with ``with``. ``greeting`` is sent to whoever connects."""

    def __init__(self, script: Script, greeting: Sequence[Sent] = ()) -> None:
        self._script = list(script)
        self._greeting = greeting
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(20)
        self._last: object = None
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self.received: list[bytes] = []
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait until the clients are gone: who connects now is served last."""
        with socket.socket() as last:
            last.bind(("127.0.0.1", 0))
            self._last = last.getsockname()
            last.connect(self._listener.getsockname())
            self._thread.join(20)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, address = self._listener.accept()
                with connection:
                    if address == self._last:
                        return
                    connection.settimeout(LEFT_LYING)
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        """One connection after another."""
        if self._greeting and not self._send(connection, self._greeting, 0):
            return
        kept = bytearray()
        with suppress(OSError):
            while octets := connection.recv(65536):
                kept += octets
                while (size := _message_size(kept)) and len(kept) >= size:
                    request = bytes(kept[:size])
                    del kept[:size]
                    self.received.append(request)
                    replies = self._script.pop(0) if self._script and not _says_goodbye(request) else []
                    if not self._send(connection, replies, _message_id(request)):
                        return

    def _send(self, connection: socket.socket, replies: Sequence[Sent], message_id: int) -> bool:
        """Send; gives whether the connection goes on."""
        octets = b""
        for each in replies:
            if isinstance(each, str):
                connection.sendall(octets)
                if each == RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:  # and read on, for else the kernel would reset the connection when something comes
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):
                        pass
                return False
            octets += each if isinstance(each, bytes) else _encoded(each, message_id)
        connection.sendall(octets)
        return True


def _encoded(reply: Any, message_id: int) -> bytes:
    if not isinstance(reply, With):
        return encode_message(message_id, reply)
    number = message_id + reply.shift if reply.message_id is None else reply.message_id
    return encode_message(number, reply.op, reply.controls)


def _message_size(octets: bytearray) -> int:
    """Octets of the message that begins here, 0 when that can't be told yet."""
    if len(octets) < 2:
        return 0
    if octets[1] < 128:
        return 2 + octets[1]
    lengths = octets[1] - 128
    if len(octets) < 2 + lengths:
        return 0
    return 2 + lengths + int.from_bytes(octets[2 : 2 + lengths], "big")


def _says_goodbye(octets: bytes) -> bool:
    """Whether this is an UnbindRequest: nothing in a script is for it."""
    return octets.endswith(b"\x42\x00")


def _message_id(octets: bytes) -> int:
    at = 2 if octets[1] < 128 else 2 + octets[1] - 128
    return int.from_bytes(octets[at + 2 : at + 2 + octets[at + 1]], "big")
