"""ANONYMOUS (RFC 4505): nobody, with a trace that nobody reads. Refused unless sasl-secprops lacks noanonymous."""

from fakeldapd.operations.sasl.applicant import Applicant
from fakeldapd.operations.sasl.exchange import Exchange


def start(applicant: Applicant, initial: bytes | None) -> Exchange:
    """Anything will do."""
    yield from ()
    return None
