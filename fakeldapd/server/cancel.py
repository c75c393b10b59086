"""Ending one operation of a connection on behalf of another (RFC 3909)."""

from collections.abc import Callable, MutableSequence
from typing import TYPE_CHECKING

from fakeldapd.operations.request import RESPONSES, Cancel, failure
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.protocol.encode import encode_message
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.server.parked import Parked


def cancel(
    action: Cancel,
    parked: "MutableSequence[Parked]",
    pending: MutableSequence[m.LDAPMessage],
    end: "Callable[[Parked], None]",
    send: Callable[[bytes], None],
) -> None:
    """Perform the action on a connection's operations, those that are running and those that were not begun: the one
    that it names is answered ``canceled`` and goes on no more. ``end`` ends one that is running.
    """
    for running in parked:
        if running.request.message_id == action.message_id:
            action.code = _answer(running.request.op, action.message_id, send)
            if not action.code:
                end(running)
            return
    for message in pending:
        if message.message_id == action.message_id and type(message.op) in RESPONSES:
            action.code = _answer(message.op, action.message_id, send)
            if not action.code:
                pending.remove(message)
            return


def _answer(op: m.ProtocolOp, message_id: int, send: Callable[[bytes], None]) -> int:
    """Send the answer, where the operation is one that can be cancelled; gives the code for who asked."""
    starts_tls = isinstance(op, m.ExtendedRequest) and op.name == STARTTLS
    if starts_tls or isinstance(op, m.BindRequest) or type(op) not in RESPONSES:
        return ResultCode.CANNOT_CANCEL
    send(encode_message(message_id, failure(op, LDAPError(ResultCode.CANCELED))))  # type: ignore[arg-type]
    return ResultCode.SUCCESS


def end_each(
    error: LDAPError,
    parked: "MutableSequence[Parked]",
    pending: MutableSequence[m.LDAPMessage],
    end: "Callable[[Parked], None]",
    send: Callable[[bytes], None],
) -> None:
    """End everything that is running or read, with ``error`` for its answer."""
    for each in list(parked):
        if type(each.request.op) in RESPONSES:  # not an Unbind that takes its time
            end(each)
            send(encode_message(each.request.message_id, failure(each.request.op, error)))
    for message in pending:
        if type(message.op) in RESPONSES:
            send(encode_message(message.message_id, failure(message.op, error)))  # type: ignore[arg-type]
    pending.clear()
