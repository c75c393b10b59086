"""SASL with the clients that people have: ldap-utils with Cyrus SASL, python-ldap, ldap3."""

import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ldap3 import ANONYMOUS, DIGEST_MD5, PLAIN, SASL, Connection, Server
from oracle import certificates
from oracle.compare import SASL_OPTIONS, SASL_PEOPLE
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import BASE, Slapd
from oracle.steps import ALICE, CAROL, PEOPLE

from fakeldapd.certificates import client

ALICE_IS = f"dn:{ALICE}"
MECHANISMS = (
    "CRAM-MD5",
    "DIGEST-MD5",
    "SCRAM-SHA-1",
    "SCRAM-SHA-224",
    "SCRAM-SHA-256",
    "SCRAM-SHA-384",
    "SCRAM-SHA-512",
    "PLAIN",
    "LOGIN",
)
IN_CLEAR = ("PLAIN", "LOGIN")
"""What the client itself refuses on a connection in clear, unless it is told otherwise."""

WITH_AUTHZID = tuple(name for name in MECHANISMS if name not in ("CRAM-MD5", "LOGIN"))
plugins = pytest.mark.requires("ldapwhoami", "ldapsearch", "sasl:scram", "sasl:plain", "sasl:digestmd5")
python_ldap = pytest.mark.requires("python:ldap", "sasl:scram", "sasl:plain", "sasl:digestmd5")


@pytest.fixture(scope="module")
def server() -> Iterator[Fakeldapd]:
    """A server where people may become others, and passwords may go over the wire."""
    with Fakeldapd(SASL_PEOPLE, SASL_OPTIONS | {"authz-policy": "any", "sasl-secprops": "noanonymous"}) as running:
        yield running


def whoami(server: Fakeldapd, mechanism: str, user: str, password: str, *more: str) -> tuple[int, str]:
    command = ["ldapwhoami", "-Q", "-H", f"ldap://127.0.0.1:{server.port}", "-Y", mechanism, "-U", user, "-w", password]
    command += ["-O", "none"] if mechanism in IN_CLEAR else []
    environment = {"LDAPNOINIT": "1", "PATH": "/usr/bin:/bin:/usr/local/bin"}
    done = subprocess.run(
        [*command, *more], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, timeout=60
    )
    return done.returncode, done.stdout.strip()


@plugins
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_ldapwhoami(server: Fakeldapd, mechanism: str) -> None:
    assert whoami(server, mechanism, "alice", "alice-secret") == (0, ALICE_IS)
    code, said = whoami(server, mechanism, "alice", "wrong")
    assert code == 49
    assert "authentication failure" in said
    assert whoami(server, mechanism, "bob", "bob-secret")[0] == 49  # hashed


@plugins
@pytest.mark.parametrize("mechanism", WITH_AUTHZID)
def test_ldapwhoami_as_somebody_else(server: Fakeldapd, mechanism: str) -> None:
    assert whoami(server, mechanism, "rule00", "secret", "-X", "u:carol") == (0, f"dn:{CAROL}")
    assert whoami(server, mechanism, "rule00", "secret", "-X", f"dn:{CAROL}") == (0, f"dn:{CAROL}")
    code, said = whoami(server, mechanism, "rule00", "secret", "-X", "u:alice")
    assert code == 50
    assert "not authorized" in said


@plugins
def test_ldapwhoami_with_a_realm(server: Fakeldapd) -> None:
    """DIGEST-MD5: another realm than the server's makes another user."""
    assert whoami(server, "DIGEST-MD5", "alice", "alice-secret", "-R", socket.gethostname()) == (0, ALICE_IS)
    code, said = whoami(server, "DIGEST-MD5", "alice@elsewhere", "alice-secret")
    assert code == 80
    assert "unable to canonify user" in said


@plugins
@pytest.mark.requires("sasl:anonymous")
def test_ldapwhoami_as_nobody() -> None:
    command = ["ldapwhoami", "-Q", "-Y", "ANONYMOUS", "-O", "none", "-H"]
    said = []
    for properties in ("none", "noplain,noanonymous"):
        with Fakeldapd(SASL_PEOPLE, {"sasl-secprops": properties}) as server:
            done = subprocess.run(
                [*command, f"ldap://127.0.0.1:{server.port}"], capture_output=True, text=True, timeout=60
            )
            said.append((done.returncode, done.stdout.strip()))
    assert said == [(0, "anonymous"), (7, "")]


@plugins
def test_security_layers_are_not_there(server: Fakeldapd) -> None:
    code, said = whoami(server, "DIGEST-MD5", "alice", "alice-secret", "-O", "minssf=1")
    assert code != 0
    assert "too weak" in said or "No worthy mechs" in said


@plugins
def test_ldapsearch_by_proxy(server: Fakeldapd) -> None:
    base = ["ldapsearch", "-LLL", "-x", "-H", f"ldap://127.0.0.1:{server.port}", "-b", BASE]
    user = ["-D", f"uid=rule00,{PEOPLE}", "-w", "secret"]
    own = [*base, *user, "-e", f"!authzid=dn:{CAROL}", "(uid=carol)", "userPassword"]
    assert "userPassword" in subprocess.run(own, capture_output=True, text=True, timeout=60).stdout
    denied = subprocess.run([*base, *user, "-e", f"!authzid={ALICE_IS}"], capture_output=True, text=True, timeout=60)
    assert denied.returncode == 123
    assert "not authorized to assume identity" in denied.stderr


@plugins
def test_authorization_identity_is_asked_for(server: Fakeldapd) -> None:
    code, said = whoami(server, "SCRAM-SHA-256", "alice", "alice-secret", "-e", "bauthzid")
    assert (code, said.splitlines()[-1]) == (0, ALICE_IS)


# --- what the connection says of the client ---


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fakeldapd]:
    """A server with every transport."""
    made = certificates.made()
    path = str(tmp_path_factory.mktemp("socket") / "ldapi").replace("/", "%2F")
    options = {
        **SASL_OPTIONS,
        "tls-cert": made.certificate,
        "tls-key": made.key,
        "tls-ca": made.ca,
        "tls-client-cert": "try",
        "listen": ["ldaps://127.0.0.1:0", f"ldapi://{path}"],
    }
    with Fakeldapd(SASL_PEOPLE, options) as running:
        yield running


def external(url: str, *more: str, own: Path | None = None) -> tuple[int, str]:
    environ = {**os.environ, "LDAPTLS_CACERT": str(certificates.made().ca)}
    if own is not None:
        environ |= dict.fromkeys(("LDAPTLS_CERT", "LDAPTLS_KEY"), str(own))
    words = ["ldapwhoami", "-Q", "-H", url, "-Y", "EXTERNAL", *more]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ, timeout=60)
    return done.returncode, done.stdout.strip()


@plugins
def test_external_on_ldapi(encrypted: Fakeldapd) -> None:
    url = encrypted.urls[2]
    peer = f"dn:gidNumber={os.getegid()}+uidNumber={os.geteuid()},cn=peercred,cn=external,cn=auth"
    assert external(url) == (0, peer)
    assert external(url, "-X", peer) == (0, peer)
    assert external(url, "-X", "dn:") == (0, "anonymous")
    code, said = external(url, "-X", ALICE_IS)
    assert code == 50
    assert "not authorized" in said


@plugins
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("way", [1, 2], ids=["ldaps", "ldapi"])
def test_passwords_in_clear_where_nobody_listens(encrypted: Fakeldapd, mechanism: str, way: int) -> None:
    words = ["ldapwhoami", "-Q", "-H", encrypted.urls[way], "-Y", mechanism, "-U", "alice", "-w", "alice-secret"]
    environ = {**os.environ, "LDAPTLS_CACERT": str(certificates.made().ca)}
    done = subprocess.run(words, capture_output=True, text=True, env=environ, timeout=60)
    assert (done.stdout.strip(), done.stderr) == (ALICE_IS, "")


@plugins
@pytest.mark.requires("slapd")
@pytest.mark.parametrize("subject", [ALICE, "CN=Ada Lovelace,OU=Engines,O=Example,C=GB", ""])
def test_external_with_a_certificate_as_slapd(tmp_path: Path, subject: str) -> None:
    made = certificates.made()
    own = tmp_path / "own.pem" if subject else None
    if own is not None:
        own.write_bytes(client(made.ca.parent, subject))
    options = {
        **SASL_OPTIONS,
        "tls-cert": made.certificate,
        "tls-key": made.key,
        "tls-ca": made.ca,
        "tls-client-cert": "try",
    }
    answers = []
    for kind in (Slapd, Fakeldapd):
        with kind(SASL_PEOPLE, options) as running:
            url = f"ldap://127.0.0.1:{running.port}"
            answers.append([external(url, "-ZZ", own=own), external(url, "-ZZ", "-X", "u:carol", own=own)])
    assert answers[0] == answers[1]
    if subject:
        assert answers[1][0] == (0, f"dn:{subject.lower()}")
    else:
        assert "SASL(-4): no mechanism available:" in answers[1][0][1]


# --- in programs ---


@pytest.fixture
def ldap() -> Any:
    """The module: it isn't everywhere."""
    pytest.importorskip("ldap.sasl")
    return pytest.importorskip("ldap")


@python_ldap
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_python_ldap(ldap: Any, server: Fakeldapd, mechanism: str) -> None:
    def answers(password: str) -> Any:
        given = {ldap.sasl.CB_AUTHNAME: "alice", ldap.sasl.CB_PASS: password, ldap.sasl.CB_USER: ""}
        return ldap.sasl.sasl(given, mechanism)

    connection = ldap.initialize(f"ldap://127.0.0.1:{server.port}")
    if mechanism in IN_CLEAR:
        connection.set_option(ldap.OPT_X_SASL_SECPROPS, "none")
    connection.sasl_interactive_bind_s("", answers("alice-secret"))
    assert connection.whoami_s() == ALICE_IS
    with pytest.raises(ldap.INVALID_CREDENTIALS):
        connection.sasl_interactive_bind_s("", answers("wrong"))
    assert connection.whoami_s() == ""
    connection.sasl_interactive_bind_s("", answers("alice-secret"))
    connection.modify_s(ALICE, [(ldap.MOD_REPLACE, "userPassword", b"alice-secret")])
    connection.unbind_s()


@python_ldap
def test_python_ldap_by_steps(ldap: Any, server: Fakeldapd) -> None:
    connection = ldap.initialize(f"ldap://127.0.0.1:{server.port}")
    challenge = connection.sasl_bind_s("", "DIGEST-MD5", b"")
    assert b'qop="auth",' in challenge
    with pytest.raises(ldap.OPERATIONS_ERROR):
        connection.whoami_s()
    connection.unbind_s()


@python_ldap
def test_python_ldap_by_proxy(ldap: Any, server: Fakeldapd) -> None:
    from ldap.controls.simple import ProxyAuthzControl

    connection = ldap.initialize(f"ldap://127.0.0.1:{server.port}")
    connection.simple_bind_s(f"uid=rule00,{PEOPLE}", "secret")
    control = ProxyAuthzControl(True, f"dn:{CAROL}".encode())
    found = connection.search_ext_s(CAROL, ldap.SCOPE_BASE, attrlist=["userPassword"], serverctrls=[control])
    assert found == [(CAROL, {"userPassword": [b"carol-one", b"carol-two"]})]
    assert connection.search_ext_s(CAROL, ldap.SCOPE_BASE, attrlist=["userPassword"]) == [(CAROL, {})]
    refused = ProxyAuthzControl(True, ALICE_IS.encode())
    with pytest.raises(ldap.PROXIED_AUTHORIZATION_DENIED):
        connection.search_ext_s(CAROL, ldap.SCOPE_BASE, serverctrls=[refused])
    connection.unbind_s()


LDAP3 = {
    DIGEST_MD5: ("", "alice", "alice-secret", None),
    PLAIN: ("", "alice", "alice-secret"),
}


@pytest.mark.parametrize("mechanism", LDAP3)
def test_ldap3(server: Fakeldapd, mechanism: str) -> None:
    credentials = LDAP3[mechanism]
    where = Server("127.0.0.1", port=server.port)
    connection = Connection(where, authentication=SASL, sasl_mechanism=mechanism, sasl_credentials=credentials)
    assert connection.bind()
    assert connection.extend.standard.who_am_i() == ALICE_IS
    connection.unbind()
    credentials = tuple("wrong" if part == "alice-secret" else part for part in credentials)
    connection = Connection(where, authentication=SASL, sasl_mechanism=mechanism, sasl_credentials=credentials)
    assert not connection.bind()
    assert connection.result["result"] == 49
    connection.unbind()


def test_ldap3_as_somebody_else(server: Fakeldapd) -> None:
    credentials = ("", "rule00", "secret", f"dn:{CAROL}")
    where = Server("127.0.0.1", port=server.port)
    connection = Connection(where, authentication=SASL, sasl_mechanism=DIGEST_MD5, sasl_credentials=credentials)
    assert connection.bind()
    assert connection.extend.standard.who_am_i() == f"dn:{CAROL}"
    connection.unbind()


def test_ldap3_anonymous_after_all(server: Fakeldapd) -> None:
    connection = Connection(Server("127.0.0.1", port=server.port), authentication=ANONYMOUS)
    assert connection.bind()
    assert not connection.extend.standard.who_am_i()
    connection.unbind()
