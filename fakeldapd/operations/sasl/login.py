"""LOGIN (draft-murchison-sasl-login): the server asks for name and password, one after the other."""

from fakeldapd.operations.sasl.applicant import Applicant
from fakeldapd.operations.sasl.exchange import Challenge, Exchange, Fault
from fakeldapd.operations.sasl.plain import check_password

_MAX = 1024
"""Octets that Cyrus SASL takes of each."""


def start(applicant: Applicant, initial: bytes | None) -> Exchange:
    """Two questions; the answer to the first may come before it."""
    user = initial or (yield Challenge(b"Username:")) or b""
    if len(user) > _MAX:
        raise Fault.BAD_PROTOCOL.error(f"username too long (>{_MAX} characters)")
    password = (yield Challenge(b"Password:")) or b""
    if len(password) > _MAX:
        raise Fault.BAD_PROTOCOL.error(f"clientinlen is > {_MAX} characters in LOGIN plugin")
    applicant.claims(user)
    check_password(applicant, password.partition(b"\0")[0], "checkpass failed")
    return None
