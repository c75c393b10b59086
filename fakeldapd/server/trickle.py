"""Octets that leave one by one, for clients that take for granted that a message comes in one piece.

Each goes out by itself, in a pass of the reactor of its own, so that a client that reads has read it before the next
one comes.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakeldapd.server.outlet import Outlet
    from fakeldapd.server.parked import Parked
    from fakeldapd.server.turns import Clock


def trickle(
    parked: "Parked", octets: bytes, outlet: "Outlet", clock: "Clock", done: "Callable[[Parked], None]"
) -> None:
    """Send them on behalf of the operation, unless it ends meanwhile, then call ``done`` with it. The connection makes
    no other answers until then.
    """
    outlet.flush()
    left = iter(octets)

    def send() -> None:
        octet = next(left, None)
        if octet is None:
            done(parked)
            return
        outlet.pieces.append(bytes((octet,)))
        outlet.flush()
        if not parked.ended:  # sending may have found that the client is gone
            parked.timer = clock.callLater(0, send)

    send()
