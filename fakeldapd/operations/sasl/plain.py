"""PLAIN (RFC 4616): authorization identity, name and password in one message, with NULs between."""

from hmac import compare_digest

from fakeldapd.operations.sasl.applicant import Applicant
from fakeldapd.operations.sasl.exchange import Exchange, Fault

_FAILED = "Password verification failed"


def start(applicant: Applicant, initial: bytes | None) -> Exchange:
    """One message, and the end."""
    yield from ()
    authzid, nul, rest = (initial or b"").partition(b"\0")
    if not nul:
        raise Fault.BAD_PROTOCOL.error("Can only find author (no password)")
    user, nul, password = rest.partition(b"\0")
    if not nul:
        raise Fault.BAD_PROTOCOL.error("Can only find author/en (no password)")
    if b"\0" in password:
        raise Fault.BAD_PROTOCOL.error("Got more data than we were expecting in the PLAIN plugin\n")
    applicant.claims(user)
    check_password(applicant, password, _FAILED)
    applicant.asks_for(authzid)
    return None


def check_password(applicant: Applicant, password: bytes, detail: str) -> None:
    """Raise the error of a password that isn't right, or that the entry doesn't have in clear."""
    if not compare_digest(applicant.secret(detail), password):
        raise Fault.BAD_AUTHENTICATION.error(detail)
