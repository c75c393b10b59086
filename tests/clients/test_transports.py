"""Real clients over every transport of one server at once: ldap://, StartTLS, ldaps://, ldapi://; IPv4 and IPv6."""

import json
import os
import signal
import ssl
import subprocess
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oracle import certificates
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, PASSWORD, Slapd

from fakeldapd.certificates import client, ensure

UNIVERSE = Path(__file__).parents[1] / "differential" / "universe.ldif"
ALICE = "uid=alice,ou=people,dc=example,dc=com"
LISTEN = ["ldaps://127.0.0.1:0", "ldaps://[::1]:0", "ldap://[::1]:0", "ldaps://localhost:0"]


class Place:
    """A running server, its URLs by name, and the authority to trust."""

    def __init__(self, server: Fakeldapd, ca: Path, folder: Path) -> None:
        self.server = server
        self.ca = ca
        self.folder = folder
        ldap, ldaps, ldaps6, ldap6, ldaps_name, ldapi = server.urls
        self.urls = {
            "ldap": ldap,
            "ldap6": ldap6,
            "ldaps": ldaps,
            "ldaps6": ldaps6,
            "ldaps name": ldaps_name,
            "ldapi": ldapi,
        }

    def tool(self, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        """Run one of OpenLDAP's tools."""
        env = {**os.environ, "LDAPTLS_CACERT": str(self.ca), **environ}
        return subprocess.run(words, capture_output=True, text=True, timeout=60, env=env)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server that was started with --tls auto and asks clients for certificates."""
    folder = tmp_path_factory.mktemp("place")
    options = {
        "tls": "auto",
        "tls-directory": folder / "tls",
        "tls-client-cert": "try",
        "ready-file": folder / "ready.json",
        "listen": [*LISTEN, "ldapi://" + str(folder / "ldapi").replace("/", "%2F")],
    }
    with Fakeldapd(UNIVERSE, options) as server:
        facts = json.loads((folder / "ready.json").read_text())
        assert facts["urls"] == server.urls
        yield Place(server, Path(facts["ca_file"]), folder)
    assert not (folder / "ldapi").exists()


WAYS = [
    ("ldap", ()),
    ("ldap6", ()),
    ("ldap", ("-ZZ",)),
    ("ldap6", ("-ZZ",)),
    ("ldaps", ()),
    ("ldaps6", ()),
    ("ldaps name", ()),
    ("ldapi", ()),
]


@pytest.mark.requires("ldapsearch", "ldapwhoami")
@pytest.mark.parametrize(("name", "options"), WAYS, ids=[" ".join([name, *options]) for name, options in WAYS])
def test_openldaps_clients(place: Place, name: str, options: tuple[str, ...]) -> None:
    at = ("-x", "-H", place.urls[name], *options, "-D", ALICE, "-w", "alice-secret")
    said = place.tool("ldapwhoami", *at)
    assert (said.stdout, said.stderr) == (f"dn:{ALICE}\n", "")
    found = place.tool("ldapsearch", "-LLL", *at, "-b", "ou=people,dc=example,dc=com", "(uid=bob)", "1.1")
    assert (found.stdout, found.returncode) == ("dn: uid=bob,ou=people,dc=example,dc=com\n\n", 0)


@pytest.mark.requires("ldapwhoami")
@pytest.mark.parametrize(("name", "options"), [("ldaps", ()), ("ldap", ("-ZZ",))])
def test_a_client_that_does_not_trust_the_authority(place: Place, name: str, options: tuple[str, ...]) -> None:
    other = str(certificates.made().ca)
    said = place.tool("ldapwhoami", "-x", "-H", place.urls[name], *options, LDAPTLS_CACERT=other)
    assert said.returncode != 0
    assert said.stdout == ""


@pytest.mark.requires("ldapwhoami")
@pytest.mark.parametrize(("name", "options"), [("ldaps", ()), ("ldap", ("-ZZ",))])
def test_a_client_with_a_certificate(place: Place, name: str, options: tuple[str, ...]) -> None:
    own = place.folder / "own.pem"
    own.write_bytes(client(place.folder / "tls", ALICE))
    said = place.tool(
        *("ldapwhoami", "-x", "-H", place.urls[name], *options), LDAPTLS_CERT=str(own), LDAPTLS_KEY=str(own)
    )
    assert (said.stdout, said.returncode) == ("anonymous\n", 0)


@pytest.mark.requires("openssl")
@pytest.mark.parametrize(
    ("version", "works"), [("-tls1", False), ("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)]
)
@pytest.mark.parametrize("way", [(), ("-starttls", "ldap")], ids=["ldaps", "StartTLS"])
def test_versions(place: Place, way: tuple[str, ...], version: str, works: bool) -> None:
    url = place.urls["ldap" if way else "ldaps"]
    words = ["openssl", "s_client", "-connect", url.partition("://")[2], "-CAfile", str(place.ca), version, *way]
    words += ["-cipher", "ALL:@SECLEVEL=0", "-verify_return_error", "-verify_ip", "127.0.0.1"]
    said = subprocess.run(words, input="", capture_output=True, text=True, timeout=60)
    assert ("Verification: OK" in said.stdout and "Cipher is (NONE)" not in said.stdout) is works, said.stdout


def ldap3() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import ldap3

        return ldap3


@pytest.mark.filterwarnings("ignore:ssl.match_hostname")
@pytest.mark.parametrize("name", ["ldaps", "ldaps6", "ldaps name", "ldap", "ldapi"])
def test_ldap3(place: Place, name: str) -> None:
    library = ldap3()
    tls = library.Tls(
        validate=ssl.CERT_REQUIRED,
        ca_certs_file=str(place.ca),
        valid_names=["localhost"],  # from Python 3.12 on ldap3 doesn't see the addresses in a certificate
        version=ssl.PROTOCOL_TLS_CLIENT,
    )
    server = library.Server(place.urls[name], tls=tls, get_info=library.ALL, connect_timeout=60)
    connection = library.Connection(server, ALICE, "alice-secret", receive_timeout=60)
    connection.open()
    if name == "ldap":
        assert connection.start_tls()
        assert not connection.extend.standard.who_am_i()
    assert connection.bind()
    assert connection.extend.standard.who_am_i() == f"dn:{ALICE}"
    assert connection.search("dc=example,dc=com", "(objectClass=person)", attributes=["*"], size_limit=50)
    assert "1.3.6.1.4.1.1466.20037" in {each[0] for each in server.info.supported_extensions}
    connection.unbind()


@pytest.mark.requires("python:ldap")
@pytest.mark.parametrize("name", ["ldaps", "ldap", "ldapi"])
def test_python_ldap(place: Place, name: str) -> None:
    import ldap

    connection = ldap.initialize(place.urls[name])
    connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(place.ca))
    connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
    connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
    connection.simple_bind_s(ALICE, "alice-secret")
    if name == "ldap":
        connection.start_tls_s()
        assert connection.whoami_s() == ""
        with pytest.raises(ldap.LDAPError):
            connection.start_tls_s()
        connection.simple_bind_s(ALICE, "alice-secret")
    assert connection.whoami_s() == f"dn:{ALICE}"
    connection.unbind_s()


@pytest.mark.requires("ldapwhoami")
def test_certificates_are_read_again_on_sighup(tmp_path: Path) -> None:
    first, second = (tmp_path / "first", tmp_path / "second")
    for each in (first, second):
        each.mkdir()
    before, after = ensure(first), ensure(second)
    options = {"tls-cert": before.certificate, "tls-key": before.key, "listen": "ldaps://127.0.0.1:0"}

    def trusts(server: Fakeldapd, ca: Path) -> bool:
        env = {**os.environ, "LDAPTLS_CACERT": str(ca)}
        words = ["ldapwhoami", "-x", "-H", server.urls[1]]
        return subprocess.run(words, env=env, capture_output=True, timeout=60).returncode == 0

    def hang_up(server: Fakeldapd, count: int, said: str) -> None:
        assert server.process is not None
        server.process.send_signal(signal.SIGHUP)
        while server.log().count(said) < count:
            assert server.process.poll() is None

    with Fakeldapd(None, options) as server:
        assert (trusts(server, before.ca), trusts(server, after.ca)) == (True, False)
        before.certificate.write_bytes(after.certificate.read_bytes())
        hang_up(server, 1, "certificates are not reloaded: --tls-key")
        assert trusts(server, after.ca) is False
        before.key.write_bytes(after.key.read_bytes())
        hang_up(server, 1, "certificates reloaded")
        assert trusts(server, after.ca) is True


@pytest.fixture
def _not_ignored() -> Iterator[None]:
    """The tests may run under nohup, and what they start inherits that."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_not_ignored")
def test_sighup_ends_a_server_without_certificates(tmp_path: Path) -> None:
    with Fakeldapd(None, {"listen": "ldapi://" + str(tmp_path / "ldapi").replace("/", "%2F")}) as server:
        assert server.process is not None
        assert (tmp_path / "ldapi").exists()
        server.process.send_signal(signal.SIGHUP)
        assert server.process.wait(60) == 0
        assert not (tmp_path / "ldapi").exists()


@pytest.mark.requires("ldapwhoami")
@pytest.mark.parametrize("mode", ["none", "try", "demand"])
@pytest.mark.parametrize("own", ["", "alice", "stranger"])
@pytest.mark.requires("slapd")
def test_client_certificates_as_slapd(tmp_path: Path, mode: str, own: str) -> None:
    """Who gets through, with StartTLS: the same clients as with slapd."""
    made = certificates.made()
    options = {"tls-cert": made.certificate, "tls-key": made.key, "tls-ca": made.ca, "tls-client-cert": mode}
    env = {**os.environ, "LDAPTLS_CACERT": str(made.ca)}
    if own:
        directory = made.ca.parent if own == "alice" else tmp_path
        (tmp_path / "own.pem").write_bytes(client(directory, ALICE))
        env |= dict.fromkeys(("LDAPTLS_CERT", "LDAPTLS_KEY"), str(tmp_path / "own.pem"))
    codes = []
    for kind in (Slapd, Fakeldapd):
        with kind(UNIVERSE, options) as server:
            words = ["ldapwhoami", "-x", "-ZZ", "-H", f"ldap://127.0.0.1:{server.port}", "-D", ADMIN, "-w", PASSWORD]
            done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=60)
            codes.append((done.returncode == 0, done.stdout))
    assert codes[0] == codes[1]
