"""Authorization identity (RFC 3829): the answer to a successful Bind says who the client is now.

slapd knows it from a module of its contrib directory only, and doesn't name it in the root DSE.
"""

from collections.abc import Iterable, Iterator

from fakeldapd.operations.controls.row import Row, no_value
from fakeldapd.operations.request import Action, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import ResultCode

AUTHORIZATION_IDENTITY = b"2.16.840.1.113730.3.4.16"
_RESPONSE = b"2.16.840.1.113730.3.4.15"

ROW = Row(
    "authzid",
    (m.BindRequest,),
    no_value("authzid"),
    advertised=False,
    source="RFC 3829 section 3",
    shown_by="clients/test_sasl.py::test_authorization_identity_is_asked_for",
)


def with_identity(session: Session, actions: Iterable[Action]) -> Iterator[Action]:
    """The actions of a Bind; its success with the authzId of whom the session belongs to then, empty for anonymous."""
    for action in actions:
        if type(action) is Response and action.op.code == ResultCode.SUCCESS:  # type: ignore[union-attr]
            identity = session.identity
            said = b"" if identity is None else b"dn:" + identity.text
            yield Response(action.op, (*action.controls, m.Control(_RESPONSE, False, said)))
        else:
            yield action
