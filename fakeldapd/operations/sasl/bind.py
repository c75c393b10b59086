"""A Bind with SASL (RFC 4511 section 4.2, RFC 4513 section 5.2): begin an exchange or go on with one.

An exchange that has begun goes on with the next SASL Bind whatever mechanism that names, as in slapd; one with an empty
name, a simple one, or one that is refused for other reasons ends it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fakeldapd.operations.request import Action, Request, Response, Session
from fakeldapd.operations.sasl.applicant import Applicant
from fakeldapd.operations.sasl.exchange import Challenge, Exchange, Fault, Mechanism, Negotiation
from fakeldapd.operations.sasl.table import MECHANISMS
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory
    from fakeldapd.operations.sasl.settings import SASLSettings


def sasl_bind(directory: "Directory", request: Request, credentials: m.SaslCredentials) -> Iterator[Action]:
    """One step. Raises LDAPError 7, 48, 49, 50, 80; 14 is a response with a challenge."""
    session = request.session
    if not credentials.mechanism:
        raise LDAPError(ResultCode.AUTH_METHOD_NOT_SUPPORTED, "no SASL mechanism provided")
    negotiation = session.sasl
    if negotiation is None:
        negotiation = session.sasl = Negotiation()
    under_way, negotiation.interrupted = negotiation.interrupted, None
    try:
        if under_way is None:
            under_way = _begin(directory, session, credentials)
            response = None
        else:
            response = credentials.credentials
        applicant, exchange = under_way
        last = None
        while True:
            try:
                step = exchange.send(response)
            except StopIteration as end:
                last = end.value
                break
            if isinstance(step, Challenge):
                negotiation.exchange = under_way
                said = negotiation.said.encode(errors="surrogateescape")
                code = int(ResultCode.SASL_BIND_IN_PROGRESS)
                yield Response(m.BindResponse(code, b"", said, server_sasl_creds=step.octets))
                return
            response = None
            yield step
        identity = applicant.admitted()
    except LDAPError as error:
        negotiation.failed(error.diagnostic)
        raise
    negotiation.has_succeeded(applicant.mechanism)
    session.become(identity, is_admin=identity is not None and directory.is_admin(identity))
    yield Response(m.BindResponse(server_sasl_creds=last or None))


def _begin(directory: "Directory", session: Session, credentials: m.SaslCredentials) -> tuple[Applicant, Exchange]:
    """A new exchange. Raises LDAPError 7, 48 where the mechanism isn't there for this session."""
    name = credentials.mechanism.decode(errors="surrogateescape")
    row = MECHANISMS.get(name.upper().removesuffix("-PLUS"))  # a suffix that Cyrus SASL doesn't mind with any of them
    if row is None:
        raise Fault.NO_MECHANISM.error(f"Couldn't find mech {name}")
    refused = refusal(row, session, directory.sasl)
    if refused is not None:
        raise refused
    applicant = Applicant(directory, session, row.name)
    said = credentials.credentials
    if row.client_first and not said and (said is None or not row.takes_empty):
        return applicant, _asked_to_begin(row, applicant)
    return applicant, row.start(applicant, said)


def _asked_to_begin(row: Mechanism, applicant: Applicant) -> Exchange:
    initial = yield Challenge(b"")
    return (yield from row.start(applicant, initial or b""))


def refusal(row: Mechanism, session: Session, settings: "SASLSettings") -> LDAPError | None:
    """Why a mechanism isn't there for a session, None where it is."""
    if settings.min_ssf > session.ssf:
        return Fault.TOO_WEAK.error(f"mech {row.name} is too weak")
    missing = settings.required - row.properties
    if "noplain" in missing:
        if not session.ssf:
            return Fault.NOT_ENCRYPTED.error("security flags do not match required")
        missing -= {"noplain"}
    if missing:
        return Fault.NO_MECHANISM.error("security flags do not match required")
    return None if row.offered(session) else Fault.NO_MECHANISM.error()


def offered(directory: "Directory", session: Session) -> list[bytes]:
    """The names of the mechanisms that are there for a session, as the root DSE lists them."""
    return [row.name.encode() for row in MECHANISMS.values() if refusal(row, session, directory.sasl) is None]
