"""EXTERNAL (RFC 4422 appendix A): TLS has seen a certificate, or the kernel knows who has connected."""

from typing import TYPE_CHECKING

from fakeldapd.operations.request import Session
from fakeldapd.operations.sasl.applicant import Applicant
from fakeldapd.operations.sasl.exchange import Exchange
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory


def offered(session: Session) -> bool:
    """Whether the connection says who is at its other end."""
    return session.peer_certificate_subject is not None or session.peer_credentials is not None


def start(applicant: Applicant, initial: bytes | None) -> Exchange:
    """The client sends the authorization identity that it wants, or nothing."""
    applicant.claims_dn(peer_dn(applicant.directory, applicant.session))
    applicant.asks_for(initial or b"")
    yield from ()
    return None


def peer_dn(directory: "Directory", session: Session) -> DN:
    """The subject of the client's certificate, or the DN that slapd makes of user and group ids on ldapi."""
    if session.peer_certificate_subject is not None:
        return session.peer_certificate_subject
    uid, gid = session.peer_credentials or (0, 0)
    return directory.schema.dn(b"gidNumber=%d+uidNumber=%d,cn=peercred,cn=external,cn=auth" % (gid, uid))
