"""Cancel (RFC 3909): an operation of the same connection is ended, and both are answered."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from fakeldapd.operations.request import Action, Cancel, Request, Response
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

CANCEL = b"1.3.6.1.1.8"

_SAID = {
    ResultCode.NO_SUCH_OPERATION: "message ID not found",
    ResultCode.CANNOT_CANCEL: "operation cannot be canceled",
}


def cancel(directory: "Directory", request: Request) -> Iterator[Action]:
    """End the operation that the request names. Raises LDAPError 2 where it names none, 119 where that isn't running,
    121 where it is one that can't be ended in this way.
    """
    op = cast(m.ExtendedRequest, request.op)
    message_id = _read(op.value)
    if message_id == request.message_id:
        raise LDAPError(ResultCode.CANNOT_CANCEL, "cannot cancel self")
    action = Cancel(message_id)
    yield action
    if action.code:
        raise LDAPError(action.code, _SAID.get(ResultCode(action.code), ""))
    yield request.answer(Response(m.ExtendedResponse()))


def _read(value: bytes | None) -> int:
    """cancelRequestValue: SEQUENCE { cancelID MessageID }. Raises LDAPError 2."""
    if not value:
        text = "no message ID supplied" if value is None else "empty request data field"
        raise LDAPError(ResultCode.PROTOCOL_ERROR, text)
    try:
        tag, start, end = ber.header(value, 0)
        if tag != 0x30 or start == end:
            raise ber.BERError("not a SEQUENCE of something")
        message_id, after = ber.integer(value, start)
        ber.within(value, after)
    except IndexError:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "message ID parse failed") from None
    if message_id < 0:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "message ID invalid")
    return message_id
