"""Extended operations (RFC 4511 section 4.12): the table by OID."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from fakeldapd.operations.cancel import CANCEL, cancel
from fakeldapd.operations.controls.row import Absent
from fakeldapd.operations.passmod import PASSWORD_MODIFY, password_modify
from fakeldapd.operations.request import Action, Request, Response
from fakeldapd.operations.starttls import start_tls
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

WHO_AM_I = b"1.3.6.1.4.1.4203.1.11.3"
"""RFC 4532."""


def always(directory: "Directory") -> bool:
    """Offered by every server."""
    return True


@dataclass(slots=True, frozen=True)
class Row:
    """One extended operation. ``source`` and ``shown_by`` are for the conformance page: where it is specified, and a
    test of it. ``advertised``: whether the root DSE names it; ``offered``: whether this server has it at all.
    """

    name: str
    perform: Callable[["Directory", Request], Iterator[Action]]
    source: str
    shown_by: str
    advertised: bool = True
    offered: Callable[["Directory"], bool] = always


def extended(directory: "Directory", request: Request, controls: Mapping[bytes, Any]) -> Iterator[Action]:
    """Perform the operation that the request names. Raises LDAPError 2 where there is none of that name."""
    op = cast(m.ExtendedRequest, request.op)
    row = EXTENDED.get(op.name)
    if row is None or not row.offered(directory):
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "unsupported extended operation")
    yield from row.perform(directory, request)


def who_am_i(directory: "Directory", request: Request) -> Iterator[Action]:
    """Say the authorization identity (RFC 4532): ``dn:`` and the DN as slapd has it, nothing for an
    anonymous session.
    """
    op = cast(m.ExtendedRequest, request.op)
    if op.value is not None:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "no request data expected")
    identity = request.session.identity
    yield Response(m.ExtendedResponse(value=b"" if identity is None else b"dn:" + identity.text))


EXTENDED: Mapping[bytes, Row] = {
    CANCEL: Row("Cancel", cancel, "RFC 3909 section 2", "clients/test_update_controls.py::test_python_ldap_cancels"),
    STARTTLS: Row(
        "StartTLS",
        start_tls,
        "RFC 4511 section 4.14",
        "clients/test_transports.py::test_openldaps_clients",
        offered=lambda directory: directory.offers_tls,
    ),
    PASSWORD_MODIFY: Row(
        "Password Modify", password_modify, "RFC 3062 section 2", "clients/test_ldap_utils.py::test_ldappasswd"
    ),
    WHO_AM_I: Row("Who am I?", who_am_i, "RFC 4532 section 2", "clients/test_ldap_utils.py::test_ldapwhoami"),
}

ABSENT: Mapping[bytes, Absent] = {
    b"1.3.6.1.1.21.1": Absent("Start Transaction", "RFC 5805 section 2.1"),
    b"1.3.6.1.1.21.3": Absent("End Transaction", "RFC 5805 section 2.3"),
    b"1.3.6.1.4.1.1466.101.119.1": Absent("Refresh (dynamic entries)", "RFC 2589 section 4.1"),
}
"""Extended operations that are not there."""
