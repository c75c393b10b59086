"""StartTLS (RFC 4511 section 4.14): whether TLS may begin on this connection, in slapd's words.

TLS itself is the transport's; here is only what has to be so before it begins. A client that was bound isn't any more:
who it is was said in clear. (RFC 4513 section 3.2 leaves that to the server.)
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from fakeldapd.operations.request import Action, Request, Response, StartTLS
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory


def start_tls(directory: "Directory", request: Request) -> Iterator[Action]:
    """Let TLS begin, as anonymous. Raises LDAPError 2 for a request value, 1 where TLS is there already or another
    operation is running.
    """
    session = request.session
    if cast(m.ExtendedRequest, request.op).value is not None:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "no request data expected")
    if session.tls:
        raise LDAPError(ResultCode.OPERATIONS_ERROR, "TLS already started")
    if session.outstanding > 1:
        raise LDAPError(ResultCode.OPERATIONS_ERROR, "cannot start TLS when operations are outstanding")
    if "tls_2_anon" not in directory.disallow:
        session.become(None)
        if session.sasl is not None:
            session.sasl.mechanism = ""
    elif "tls_authc" in directory.disallow and session.identity is not None:
        raise LDAPError(ResultCode.OPERATIONS_ERROR, "cannot start TLS after authentication")
    yield Response(m.ExtendedResponse())
    yield StartTLS()
