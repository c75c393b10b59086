"""What ``--tls auto`` makes and keeps: where, for whom, how long, and what becomes of files that are no good."""

import os
import socket
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from fakeldapd import certificates
from fakeldapd.certificates import CertificateError, Made


def load(file: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(file.read_bytes())


def octets(made: Made) -> list[bytes]:
    return [file.read_bytes() for file in (made.ca, made.certificate, made.key)]


def test_who_it_is_for(tmp_path: Path) -> None:
    certificate = load(certificates.ensure(tmp_path).certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert set(names.get_values_for_type(x509.DNSName)) >= {"localhost"}
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1"), ip_address("::1")]
    assert certificate.not_valid_after_utc - datetime.now(UTC) <= timedelta(days=398)


@pytest.mark.parametrize(
    ("host", "names"), [("box", ["localhost", "box"]), ("localhost", ["localhost"]), ("!", ["localhost"])]
)
def test_this_machines_name_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, names: list[str]
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: host)

    def unknown(*_: object, **__: object) -> list[object]:
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    made = certificates.ensure(tmp_path)
    found = load(made.certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert found.get_values_for_type(x509.DNSName) == names
    before = octets(made)
    assert octets(certificates.ensure(tmp_path)) == before
    monkeypatch.setattr(socket, "gethostname", lambda: "another")
    after = octets(certificates.ensure(tmp_path))
    assert (after[0] == before[0], after[1] == before[1]) == (True, False)


@pytest.mark.requires("openssl")
@pytest.mark.parametrize(
    ("which", "checks"),
    [
        ("server.pem", ("-purpose", "sslserver", "-verify_hostname", "localhost")),
        ("server.pem", ("-purpose", "sslserver", "-verify_ip", "::1")),
        ("client.pem", ("-purpose", "sslclient")),
    ],
)
def test_another_program_finds_it_good(tmp_path: Path, which: str, checks: tuple[str, ...]) -> None:
    made = certificates.ensure(tmp_path)
    (tmp_path / "client.pem").write_bytes(certificates.client(tmp_path, "cn=somebody"))
    words = ["openssl", "verify", "-x509_strict", "-CAfile", str(made.ca), *checks, str(tmp_path / which)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_it_is_kept_and_only_the_keys_are_secret(tmp_path: Path) -> None:
    before_us = os.umask(0o077)
    try:
        made = certificates.ensure(tmp_path)
    finally:
        os.umask(before_us)
    before = octets(made)
    assert octets(certificates.ensure(tmp_path)) == before
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {"ca.pem": 0o644, "ca-key.pem": 0o600, "server.pem": 0o644, "server-key.pem": 0o600}


def test_servers_that_start_at_once_make_one_authority(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: certificates.ensure(tmp_path).ca.read_bytes(), range(8)))
    assert len(set(made)) == 1
    certificates.ensure(tmp_path)


@pytest.mark.parametrize("file", ["ca.pem", "ca-key.pem", "server.pem", "server-key.pem"])
@pytest.mark.parametrize("how", ["gone", "empty", "junk", "another"])
def test_what_is_no_good_is_made_anew(tmp_path: Path, file: str, how: str) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    made = certificates.ensure(tmp_path / "here")
    certificates.ensure(tmp_path / "there")
    before = octets(made)
    if how == "gone":
        (tmp_path / "here" / file).unlink()
    elif how == "another":
        (tmp_path / "here" / file).write_bytes((tmp_path / "there" / file).read_bytes())
    else:
        (tmp_path / "here" / file).write_bytes(b"" if how == "empty" else b"junk")
    after = octets(certificates.ensure(tmp_path / "here"))
    assert after[1] != before[1]
    assert (after[0] != before[0]) is file.startswith("ca")
    load(made.certificate).verify_directly_issued_by(load(made.ca))


@pytest.mark.parametrize(("days", "renewed"), [(300, False), (340, True), (3640, True)])
def test_it_is_renewed_before_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, renewed: bool
) -> None:
    before = octets(certificates.ensure(tmp_path))
    later = datetime.now(UTC) + timedelta(days=days)
    monkeypatch.setattr(certificates, "_now", lambda: later)
    after = octets(certificates.ensure(tmp_path))
    assert (after[1] != before[1]) is renewed
    assert (after[0] != before[0]) is (days > 3000)


@pytest.mark.parametrize(
    ("dn", "subject"),
    [
        ("uid=alice,ou=people,dc=example,dc=com", "UID=alice,OU=people,DC=example,DC=com"),
        ("CN=Alice\\, A.,O=Acme", "CN=Alice\\, A.,O=Acme"),
        ("mail=a@b.c", "1.2.840.113549.1.9.1=a@b.c"),
        ("cn=Jürgen", "CN=Jürgen"),
    ],
)
def test_certificates_for_clients(tmp_path: Path, dn: str, subject: str) -> None:
    made = certificates.ensure(tmp_path)
    certificate = x509.load_pem_x509_certificate(certificates.client(tmp_path, dn))
    assert certificate.subject.rfc4514_string() == subject
    certificate.verify_directly_issued_by(load(made.ca))


@pytest.mark.parametrize("dn", ["garbage", "nosuch=x", "cn=a,", "c=too long"])
def test_names_that_are_none(tmp_path: Path, dn: str) -> None:
    with pytest.raises(CertificateError, match=r"is no DN, or one with other attributes than uid, cn, "):
        certificates.client(tmp_path, dn)


# --- where it is kept ---


@pytest.mark.parametrize(
    ("chosen", "environ", "expected"),
    [
        ("{tmp}/mine", {"HOME": "{tmp}"}, "{tmp}/mine"),
        ("", {"HOME": "{tmp}"}, "{tmp}/.local/state/fakeldapd"),
        ("", {"HOME": "{tmp}", "XDG_STATE_HOME": "{tmp}/state"}, "{tmp}/state/fakeldapd"),
        ("", {"HOME": "{tmp}", "STATE_DIRECTORY": "{tmp}/one:{tmp}/two"}, "{tmp}/one"),
        ("", {"HOME": "{tmp}/file/home"}, "{tmp}/temporary/fakeldapd-{uid}"),
        ("", {}, "{tmp}/temporary/fakeldapd-{uid}"),
    ],
)
def test_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chosen: str, environ: dict[str, str], expected: str
) -> None:
    (tmp_path / "temporary").mkdir()
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    places = {"tmp": str(tmp_path), "uid": os.getuid()}
    given = {name: value.format(**places) for name, value in environ.items()}
    assert str(certificates.directory(chosen.format(**places), given)) == expected.format(**places)


def test_a_directory_that_others_may_write_into_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(CertificateError, match="others may write into it"):
        certificates.directory(str(tmp_path), {})


def test_a_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CertificateError, match="File exists"):
        certificates.directory(str(tmp_path / "file"), {})


def test_certificates_with_a_flaw(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match="has no authority"):
        certificates.flawed(tmp_path, "expired")
    authority = load(certificates.ensure(tmp_path).ca)
    made = {}
    for flaw in certificates.FLAWS:
        certificate, key = certificates.flawed(tmp_path, flaw)
        made[flaw] = x509.load_pem_x509_certificate(certificate)
        assert b"PRIVATE KEY" in key
    assert made["expired"].not_valid_after_utc < datetime.now(UTC)
    assert made["self-signed"].issuer == made["self-signed"].subject
    names = made["wrong-name"].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["another.example"]
    for flaw in ("expired", "wrong-name"):
        made[flaw].verify_directly_issued_by(authority)
