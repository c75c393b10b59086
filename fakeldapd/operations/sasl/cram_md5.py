"""CRAM-MD5 (RFC 2195): the client proves that it knows the password by a keyed digest of a challenge."""

import hmac
import secrets
import time

from fakeldapd.operations.sasl.applicant import Applicant
from fakeldapd.operations.sasl.exchange import Challenge, Exchange, Fault

_MAX = 1024


def start(applicant: Applicant, initial: bytes | None) -> Exchange:
    """Challenge and response."""
    if initial is not None:
        raise Fault.BAD_PROTOCOL.error("Remote sent first but mech does not allow it.")
    challenge = f"<{secrets.randbits(31)}.{int(time.time())}@{applicant.host}>".encode()
    response = (yield Challenge(challenge)) or b""
    if len(response) > _MAX:
        raise Fault.BAD_PROTOCOL.error(f"CRAM-MD5 input longer than {_MAX} bytes")
    user, _, digest = response.rpartition(b" ")
    if not user:
        raise Fault.BAD_PROTOCOL.error("need authentication name")
    applicant.claims(user)
    applicant.look()
    if not hmac.compare_digest(digest, proof(applicant.secret(), challenge)):
        raise Fault.BAD_AUTHENTICATION.error("incorrect digest response")
    return None


def proof(password: bytes, challenge: bytes) -> bytes:
    """The digest that the right client sends, in hexadecimal."""
    return hmac.digest(password, challenge, "md5").hex().encode()
