"""StartTLS on a connection that has been told to begin it: what was sent before goes out, what came in clear behind the
request is dropped, so that it can't pass for what comes under TLS, and the layer is put in between.
"""

import logging
from typing import TYPE_CHECKING

from fakeldapd.protocol.connection import Connection
from fakeldapd.server.outlet import Outlet

if TYPE_CHECKING:
    from fakeldapd.server.protocol import LDAPServer

_log = logging.getLogger(__name__)


def begin_tls(server: "LDAPServer", connection: Connection, outlet: Outlet) -> bool:
    """Begin TLS; gives False where this server has no certificate for it, and the client can only be cut off."""
    if server.factory.tls is None:
        _log.error("%s closed: a handler began TLS, which is not offered here", server.session.peer)
        return False
    dropped = connection.discard()
    if dropped:
        _log.info("%s sent %d octets in clear behind StartTLS, which are dropped", server.session.peer, dropped)
    outlet.give_way()
    server.factory.over_tls.begin(server)
    return True
