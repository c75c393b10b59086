"""What ``--tls auto`` makes: a certificate authority for this user, and a certificate for localhost that it signs.

Both are kept, so that a client which trusts the authority once goes on trusting servers started later, several at a
time. The authority may also sign certificates for clients, whose names are DNs.

The certificate is for this machine's name, too: OpenLDAP's clients take ``localhost`` in a URL for that name.

cryptography does the work, and is imported when there is work to do.
"""

import contextlib
import fcntl
import os
import re
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography import x509

LOCALHOST = "localhost"
ADDRESSES = ("127.0.0.1", "::1")
"""What the server's certificate is for, besides this machine's name."""

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_AUTHORITY_DAYS = 3650
_SERVER_DAYS = 365  # some clients refuse certificates that are good for more than 398
_RENEWED_BEFORE = timedelta(days=30)
_CLOCKS_DIFFER = timedelta(hours=1)


class CertificateError(Exception):
    """The certificates can't be made or kept. ``str`` says why."""


@dataclass(frozen=True, slots=True)
class Made:
    """Files (PEM): the authority's certificate, the server's certificate and its key."""

    ca: Path
    certificate: Path
    key: Path


def directory(chosen: str, environ: Mapping[str, str]) -> Path:
    """Where the files are kept: the directory that was chosen, else the user's own. Raises CertificateError."""
    if chosen:
        return _usable(Path(chosen))
    candidates = []
    if environ.get("STATE_DIRECTORY"):  # systemd's StateDirectory=
        candidates.append(Path(environ["STATE_DIRECTORY"].split(":")[0]))
    if environ.get("XDG_STATE_HOME"):
        candidates.append(Path(environ["XDG_STATE_HOME"]) / "fakeldapd")
    elif environ.get("HOME"):
        candidates.append(Path(environ["HOME"]) / ".local" / "state" / "fakeldapd")
    for candidate in candidates:
        with contextlib.suppress(CertificateError):
            return _usable(candidate)
    return _usable(Path(tempfile.gettempdir()) / f"fakeldapd-{os.getuid()}")


def _usable(path: Path) -> Path:
    """The directory, made where it is missing. One that others may write into is no place for a key."""
    try:
        path.mkdir(mode=0o755, parents=True, exist_ok=True)
        found = path.stat()
    except OSError as error:
        raise CertificateError(f"{path}: {error.strerror}") from None
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o022:
        raise CertificateError(f"{path}: belongs to somebody else, or others may write into it")
    if not os.access(path, os.W_OK | os.X_OK):
        raise CertificateError(f"{path}: can't be written into")
    return path.absolute()


def ensure(path: Path) -> Made:
    """The authority and the server's certificate in this directory, made or renewed where need be. Raises
    CertificateError.
    """
    with _kept(path) as keep:
        authority, authority_key = _authority(path, keep)
        made = Made(path / "ca.pem", path / "server.pem", path / "server-key.pem")
        present = _load(made.certificate, made.key)
        if present is None or not _fits(present[0], authority):
            certificate, key = _server(authority, authority_key, [LOCALHOST, *_names()], ADDRESSES)
            keep(made.key, _key_pem(key), 0o600)
            keep(made.certificate, _pem(certificate) + _pem(authority), 0o644)
        return made


_TYPES = {
    "uid": "USER_ID",
    "cn": "COMMON_NAME",
    "sn": "SURNAME",
    "givenName": "GIVEN_NAME",
    "mail": "EMAIL_ADDRESS",
    "email": "EMAIL_ADDRESS",
    "title": "TITLE",
    "serialNumber": "SERIAL_NUMBER",
    "ou": "ORGANIZATIONAL_UNIT_NAME",
    "o": "ORGANIZATION_NAME",
    "l": "LOCALITY_NAME",
    "st": "STATE_OR_PROVINCE_NAME",
    "street": "STREET_ADDRESS",
    "c": "COUNTRY_NAME",
    "dc": "DOMAIN_COMPONENT",
}
"""Attribute types that a client's name may have, and what cryptography calls them."""


def client(path: Path, dn: str) -> bytes:
    """A certificate for a client whose subject is ``dn`` (RFC 4514), and its key: PEM, in this order. Raises
    CertificateError.
    """
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    types = {name: getattr(NameOID, oid) for name, oid in _TYPES.items()}
    types |= {name.upper(): oid for name, oid in types.items()}
    try:
        subject = x509.Name.from_rfc4514_string(dn, types)
    except ValueError:
        known = ", ".join(_TYPES)
        raise CertificateError(f"{dn}: is no DN, or one with other attributes than {known}") from None
    with _kept(path) as keep:
        authority, authority_key = _authority(path, keep)
    key = _new_key()
    builder = _certificate(subject, authority.subject, key, _SERVER_DAYS, ca=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    return _pem(_sign(builder, authority, authority_key)) + _key_pem(key)


FLAWS = ("expired", "self-signed", "wrong-name")
"""What may be wrong with a server's certificate."""


def flawed(path: Path, flaw: str) -> tuple[bytes, bytes]:
    """A certificate that a client had better refuse, for one of FLAWS only, and its key: PEM. Raises CertificateError,
    also where the directory has no authority.
    """
    if not (path / "ca-key.pem").exists():
        raise CertificateError(f"{path}: has no authority that could sign it")
    with _kept(path) as keep:
        authority, authority_key = _authority(path, keep)
    hosts, addresses = [LOCALHOST, *_names()], ADDRESSES
    if flaw == "expired":
        certificate, key = _server(authority, authority_key, hosts, addresses, timedelta(days=30), -1)
    elif flaw == "wrong-name":
        certificate, key = _server(authority, authority_key, ["another.example"], ())
    else:
        certificate, key = _server(None, None, hosts, addresses)
        return _pem(certificate), _key_pem(key)
    return _pem(certificate) + _pem(authority), _key_pem(key)


_Keep = Callable[[Path, bytes, int], None]


@contextlib.contextmanager
def _kept(path: Path) -> Iterator[_Keep]:
    """The directory to ourselves, and what writes a file in it. OSError and missing libraries as CertificateError."""

    def keep(file: Path, octets: bytes, mode: int) -> None:
        temporary = file.with_name(f".{file.name}.new")
        temporary.unlink(missing_ok=True)
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(octets)
            os.fchmod(out.fileno(), mode)
        temporary.replace(file)

    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # servers that start at the same time make one authority
            yield keep
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CertificateError(f"{error.filename or path}: {error.strerror}") from None
    except ImportError as error:
        raise CertificateError(f"{error.name} is missing: pip install 'fakeldapd[tls]'") from None


def _load(certificate: Path, key: Path) -> "tuple[x509.Certificate, Any] | None":
    """What is in two files; None where that can't be used, or not for long."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        with_key = load_pem_private_key(key.read_bytes(), None)
    except (FileNotFoundError, ValueError, TypeError):
        return None
    if found.public_key() != with_key.public_key() or found.not_valid_after_utc - _now() < _RENEWED_BEFORE:
        return None
    return found, with_key


def _authority(path: Path, keep: _Keep) -> "tuple[x509.Certificate, Any]":
    present = _load(path / "ca.pem", path / "ca-key.pem")
    if present is not None:
        return present
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    key = _new_key()
    number = f"{x509.random_serial_number():x}"[:8]  # clients confuse authorities of one name and different keys
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"fakeldapd test authority {number}")])
    builder = _certificate(name, name, key, _AUTHORITY_DAYS, ca=True)
    certificate = _sign(builder, None, key)
    keep(path / "ca-key.pem", _key_pem(key), 0o600)
    keep(path / "ca.pem", _pem(certificate), 0o644)
    return certificate, key


def _server(
    authority: "x509.Certificate | None",
    authority_key: Any,
    hosts: Sequence[str],
    addresses: Sequence[str],
    begun: timedelta = _CLOCKS_DIFFER,
    days: int = _SERVER_DAYS,
) -> "tuple[x509.Certificate, Any]":
    """A server's certificate and its key; without an authority it is signed with that key itself."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = _new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0])])
    issuer = name if authority is None else authority.subject
    builder = _certificate(name, issuer, key, days, ca=False, begun=begun)
    names = [*map(x509.DNSName, hosts), *(x509.IPAddress(ip_address(each)) for each in addresses)]
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    return _sign(builder, authority, key if authority is None else authority_key), key


_UNUSED = (
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "encipher_only",
    "decipher_only",
)
"""Uses of a key that none of ours has."""


def _certificate(
    subject: "x509.Name", issuer: "x509.Name", key: Any, days: int, *, ca: bool, begun: timedelta = _CLOCKS_DIFFER
) -> "x509.CertificateBuilder":
    """A certificate but for its signature (RFC 5280 section 4.1), with the extensions that each has. It is good since
    ``begun`` ago.
    """
    from cryptography import x509

    usage = dict.fromkeys(_UNUSED, False)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_now() - begun)
        .not_valid_after(_now() + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _sign(builder: "x509.CertificateBuilder", authority: "x509.Certificate | None", key: Any) -> "x509.Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    if authority is not None:
        identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        issued_by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
        builder = builder.add_extension(issued_by, critical=False)
    return builder.sign(key, SHA256())


def _names() -> list[str]:
    """This machine's name, and the whole of it where that is another."""
    name = socket.gethostname()
    found = [name]
    with contextlib.suppress(OSError, UnicodeError):
        found += [str(info[3]) for info in socket.getaddrinfo(name, None, flags=socket.AI_CANONNAME)[:1]]
    return [each for each in dict.fromkeys(found) if each != LOCALHOST and _NAME.fullmatch(each)]


def _fits(certificate: "x509.Certificate", authority: "x509.Certificate") -> bool:
    """Whether a server's certificate is of this authority and for this machine."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(authority)
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound):
        return False
    name = socket.gethostname()
    return not _NAME.fullmatch(name) or name in found.get_values_for_type(x509.DNSName) or name == LOCALHOST


def _new_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

    return generate_private_key(SECP256R1())


def _pem(certificate: "x509.Certificate") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    octets: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return octets


def _now() -> datetime:
    return datetime.now(UTC)
