"""Abandon and Unbind, which have no answer, where something else may be made of them (faults).

No handler is asked for them. What the server does is put into the form of one here, so that
``LDAPServerFactory.on_unanswered``, a middleware, can go around it.
"""

import logging
from collections.abc import Callable

from fakeldapd.operations.request import Middleware, Request, Session, unanswered
from fakeldapd.protocol import messages as m
from fakeldapd.server.parked import Parked

_log = logging.getLogger(__name__)


def differently(
    around: Middleware, session: Session, message: m.LDAPMessage, abandon: Callable[[m.AbandonRequest], None]
) -> Parked:
    """What comes of an Abandon or an Unbind, as an operation; ``abandon`` is what the server does for the first."""
    request = Request(session, message.message_id, message.op, message.controls)  # type: ignore[arg-type]
    usual = unanswered(abandon)
    try:
        return Parked(request, around(usual)(request))
    except Exception:
        _log.exception("%s: %s failed", session.peer, request.op.__class__.__name__)
        return Parked(request, usual(request))
