"""Who is at the other end of a connection, as far as the socket knows."""

import socket
import struct
from typing import Any

from fakeldapd.operations.request import Session

LOCAL_SSF = 71
"""What slapd counts a local socket for (its ``localSSF``): more than DES, less than anything better."""

_CREDENTIALS = struct.Struct("iII")
"""``struct ucred`` of Linux: process, user, group."""


def introduce(session: Session, transport: Any) -> None:
    """Tell a new session what its transport knows: for a local socket the client's ids, for others an address."""
    handle = transport.getHandle() if hasattr(transport, "getHandle") else None
    if isinstance(handle, socket.socket) and handle.family == socket.AF_UNIX:
        session.ssf = LOCAL_SSF
        session.peer_credentials = credentials(handle)
        session.peer = "local uid={} gid={}".format(*session.peer_credentials or ("?", "?"))
        return
    peer = transport.getPeer()
    session.peer = f"{peer.host}:{peer.port}" if hasattr(peer, "host") else str(getattr(peer, "name", "") or "")


def credentials(connected: socket.socket) -> tuple[int, int] | None:
    """User and group id of the process that connected, as the kernel says (unix(7), SO_PEERCRED); None where it
    doesn't."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return None
    _, uid, gid = _CREDENTIALS.unpack(connected.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size))
    return uid, gid
