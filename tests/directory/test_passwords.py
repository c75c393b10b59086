"""Values of userPassword: known ones, what slapd makes of the same ones, and those that are made here."""

import logging
import os
import shutil
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakeldapd.directory import passwords
from fakeldapd.directory.passwords import SCHEMES, hash_password, is_slow, verify

SHA = b"5en6G6MezRroT3XKqkdPOmY/BfQ="
SHA256 = b"K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols="
KEY256 = b"Uk6C2T9vT3gJiy0khRHqdhuc4V3lg97i6EC.VSEGeR4"
SALT = b"c3Nzc3Nzc3Nzc3Nzc3Nzcw"
CRYPT6 = b"$6$o00nJmhPATn6fEET$XCcKdG3GyN.c1zTSn7C6EZGcc.T5ArD3aJayBZoHupOxpC.nzxpi5EmH6idsPx8CjOBUOgftc8QKVww3Tp2/S/"
ARGON2 = b"$argon2i$v=19$m=4096,t=3,p=1$f687UAJCXhbBAdFR7g5w2Q$FmO4Z16ZXyTl/4YYwV32t948wmj0BPAJo3q1jdJGi2E"

# (stored value, password, whether slapd's Bind succeeds), each seen on slapd 2.5.13 with its modules.
CLEAR = [
    (b"secret", b"secret", True),
    (b"secret", b"Secret", False),
    (b"secret", b"secret ", False),
    (b"{}secret", b"{}secret", True),
    (b"{}secret", b"secret", False),
    (b"{secret", b"{secret", True),
    (b"a{SHA}x", b"a{SHA}x", True),
    (b" {SHA}" + SHA, b" {SHA}" + SHA, True),
    (b" {SHA}" + SHA, b"secret", False),
    (b"{x}secret", b"{x}secret", False),
    (b"{x}secret", b"secret", False),
    (b"{UNKNOWN}secret", b"secret", False),
    (b"{CLEARTEXT}secret", b"secret", False),
    (b"{CLEARTEXT}secret", b"{CLEARTEXT}secret", False),
    (b"{cleartext}secret", b"secret", False),
]
DIGESTS = [
    (b"{SHA}" + SHA, b"secret", True),
    (b"{sHa}" + SHA, b"secret", True),
    (b"{SHA}" + SHA, b"x", False),
    (b"{SHA} " + SHA, b"secret", True),
    (b"{SHA}" + SHA[:10] + b"\n" + SHA[10:], b"secret", True),
    (b"{SHA}" + SHA[:-1], b"secret", False),
    (b"{SHA}" + SHA + b"=", b"secret", False),
    (b"{SHA}" + SHA + b"xx", b"secret", False),
    (b"{SHA}" + SHA[:-2] + b"R=", b"secret", False),
    (b"{SHA}", b"secret", False),
    (b"{SHA}!!!", b"secret", False),
    (b"{SHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", b"secret", False),
    (b"{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", b"secret", True),
    (b"{ssha}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", b"secret", True),
    (b"{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYWx0", b"x", False),
    (b"{SSHA}/oZVgUPAvVKPZJoVO9wyuPqQMBxz", b"secret", True),
    (b"{SSHA}pCQfD+bG6ZFmAoPQPaBxakRcCfLm5nKI", b"secret", True),
    (b"{SSHA}" + SHA, b"secret", False),
    (b"{SSHA}", b"secret", False),
    (b"{SMD5}mc0uWpXVVe5747A4pKhGJXNhbHQ=", b"secret", True),
    (b"{SMD5}XU1vqdLnPSQgq5HKYY9GaQH1Bn0=", b"secret", True),
    (b"{SMD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==", b"secret", False),
    (b"{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==", b"secret", True),
    (b"{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ", b"secret", False),
    (b"{MD5}mc0uWpXVVe5747A4pKhGJXNhbHQ=", b"secret", False),
    (b"{SHA256}" + SHA256, b"secret", True),
    (b"{SHA256}" + SHA256[:-1], b"secret", False),
    (b"{SSHA256}HKo915FJ+oxw39/GtwUzJetRzxfueycNlRBuuJ0Gcrki/E8ZdeXEsQ==", b"secret", True),
    (b"{SSHA256}" + SHA256, b"secret", False),
    (b"{ssha384}IvDJjOwv9Kltu1mGL1NU", b"secret", False),
]
CRYPTS = [
    (b"{CRYPT}xNfMmeqS0gBIY", b"secret", True),
    (b"{crypt}xNfMmeqS0gBIY", b"secret", True),
    (b"{CRYPT}xNfMmeqS0gBIY", b"secretx", False),
    (b"{CRYPT}abHr9elwESrHs", b"secretse", True),
    (b"{CRYPT}abHr9elwESrHs", b"secretsecret", True),
    (b"{CRYPT}$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1", b"secret", True),
    (b"{CRYPT}" + CRYPT6, b"secret", True),
    (b"{CRYPT}" + CRYPT6, b"x", False),
    (b"{CRYPT}$6$rounds=10$abcdefgh$" + b"x" * 86, b"secret", False),
    (b"{CRYPT}$9$abc$def", b"secret", False),
    (b"{CRYPT}$6$", b"secret", False),
    (b"{CRYPT}$6", b"secret", False),
    (b"{CRYPT}x", b"secret", False),
    (b"{CRYPT}", b"secret", False),
    (b"{CRYPT}!", b"secret", False),
    (b"{CRYPT}*LK*", b"secret", False),
]
# The module pw-pbkdf2 is in a package of its own (slapd-contrib), so the test below cannot ask slapd about these.
PBKDF2 = [
    (b"{PBKDF2-SHA256}1000$" + SALT + b"$" + KEY256, b"secret", True),
    (b"{pbkdf2-sha256}1000$" + SALT + b"$" + KEY256, b"secret", True),
    (b"{PBKDF2-SHA256}1000$" + SALT + b"$" + KEY256, b"x", False),
    (b"{PBKDF2-SHA256}1000$" + SALT + b"==$" + KEY256 + b"=", b"secret", True),
    (b"{PBKDF2-SHA256} +1000x$" + SALT + b"$" + KEY256 + b"$x", b"secret", True),
    (b"{PBKDF2-SHA256}1000$" + SALT + b"$" + KEY256 + b"A", b"secret", False),
    (b"{PBKDF2-SHA256}1000$" + SALT + b"$Uk6C2T9vT3gJiy0khRHqdhuc4V0", b"secret", False),
    (b"{PBKDF2-SHA256}1000$$" + KEY256, b"secret", False),
    (b"{PBKDF2-SHA256}1000$c2FsdA$qN.JnzxPIE2WfgrWPAkph8EAVeuwF7PZ0ordIY1Peq0", b"secret", False),
    (b"{PBKDF2-SHA256}0$" + SALT + b"$" + KEY256, b"secret", False),
    (b"{PBKDF2-SHA256}$" + SALT + b"$" + KEY256, b"secret", False),
    (b"{PBKDF2}", b"secret", False),
    (b"{PBKDF2}1$$", b"secret", False),
    (b"{PBKDF2-MD5}x", b"secret", False),
    (b"{PBKDF2}1000$" + SALT + b"$xD4UVVaf3.T/aojdSP5m5vpZ", b"secret", False),
]
ARGON2S = [
    (b"{ARGON2}" + ARGON2, b"secret", True),
    (b"{argon2}" + ARGON2, b"x", False),
    (b"{ARGON2}$argon2id$v=19$m=4096,t=3,p=1$f687$x", b"secret", False),
    (b"{ARGON2}x", b"secret", False),
    (b"{ARGON2}", b"secret", False),
]

needs_argon2 = pytest.mark.skipif(find_spec("argon2") is None, reason="argon2-cffi is not installed")
needs_bcrypt = pytest.mark.skipif(find_spec("bcrypt") is None, reason="bcrypt is not installed")


@pytest.mark.parametrize(("stored", "password", "fits"), CLEAR + DIGESTS + CRYPTS + PBKDF2)
def test_verify(stored: bytes, password: bytes, fits: bool) -> None:
    assert verify(stored, password) is fits


@needs_argon2
@pytest.mark.parametrize(("stored", "password", "fits"), ARGON2S)
def test_verify_argon2(stored: bytes, password: bytes, fits: bool) -> None:
    assert verify(stored, password) is fits


@needs_bcrypt
@pytest.mark.parametrize("kind", [b"$2b$", b"$2y$"])
def test_verify_bcrypt(kind: bytes) -> None:
    import bcrypt

    made = bcrypt.hashpw(b"secret", b"$2b$04$Z9biAu.LIhahZ..vtpNC8e")
    stored = b"{CRYPT}" + kind + made[4:]
    assert verify(stored, b"secret")
    assert not verify(stored, b"x")
    assert not verify(stored[:-5], b"secret")


@pytest.mark.parametrize(
    ("module", "stored", "scheme"),
    [("argon2", b"{ARGON2}" + ARGON2, "ARGON2"), ("bcrypt", b"{CRYPT}$2b$04$" + b"a" * 53, "CRYPT")],
)
def test_without_the_library(
    module: str, stored: bytes, scheme: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with caplog.at_level(logging.WARNING):
        assert not verify(stored, b"secret")
    assert caplog.messages == [
        f"cannot verify a {{{scheme}}} password: {module} is not installed (pip install 'fakeldapd[hashes]')"
    ]
    if scheme == "ARGON2":
        with pytest.raises(ValueError, match=r"ARGON2 needs argon2-cffi: pip install 'fakeldapd\[hashes\]'"):
            hash_password(b"secret", "ARGON2")


def test_kind_of_crypt_that_nobody_knows_is_logged_without_the_value(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert not verify(b"{CRYPT}$y$j9T$abcdef$ghijkl", b"secret")
    assert caplog.messages == ["a {CRYPT} password of a kind that isn't supported cannot be verified"]


@given(st.binary(max_size=60), st.binary(max_size=60))
@example(b"", b"")
@example(b"\xff", b"\xff")
def test_clear_text_is_compared_octet_by_octet(stored: bytes, password: bytes) -> None:
    if not stored.startswith(b"{"):
        assert verify(stored, password) is (stored == password)
        assert verify(stored, stored)


fast = sorted(set(SCHEMES) - {"CLEARTEXT", "CRYPT", "ARGON2"})


@given(st.sampled_from(fast), st.binary(max_size=60), st.binary(max_size=60))
def test_any_octets_behind_a_scheme(scheme: str, rest: bytes, password: bytes) -> None:
    assert verify(b"{%b}%b" % (scheme.encode(), rest), password) is False


@given(st.binary(max_size=30), st.binary(max_size=20))
@example(b"$6$rounds=99999$abc$" + b"x" * 86, b"a\0b")
@example(b"$1$\xff$", b"\xff")
@example(b"ab\xff", b"x")
def test_any_octets_behind_crypt_and_argon2(rest: bytes, password: bytes) -> None:
    for scheme in (b"{CRYPT}", b"{ARGON2}"):
        assert verify(scheme + rest, password) is False


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name != "ARGON2"])
@pytest.mark.parametrize("password", [b"secret", "jos\u00e9 {SSHA}".encode(), b"\xff\xfe", b"a" * 300])
def test_hash(scheme: str, password: bytes) -> None:
    stored = hash_password(password, scheme.lower())
    assert verify(stored, password) is True
    assert verify(stored, password + b"x") is False
    if scheme == "CLEARTEXT":
        assert stored == password
    else:
        assert stored.startswith(b"{%b}" % scheme.encode())
        again = hash_password(password, f"{{{scheme}}}")
        assert (again == stored) is (scheme in {"SHA", "MD5", "SHA256", "SHA384", "SHA512"})


@needs_argon2
def test_hash_argon2() -> None:
    stored = hash_password(b"secret", "argon2")
    assert stored.startswith(b"{ARGON2}$argon2id$")
    assert verify(stored, b"secret")
    assert not verify(stored, b"x")


def test_default_scheme_is_ssha() -> None:
    assert hash_password(b"secret").startswith(b"{SSHA}")


@pytest.mark.parametrize("scheme", ["", "{}", "NTLM", "SSHA1"])
def test_unknown_scheme(scheme: str) -> None:
    with pytest.raises(ValueError, match="it must be one of SSHA, SHA, SMD5"):
        hash_password(b"secret", scheme)


@pytest.mark.parametrize(
    ("stored", "slow"),
    [
        (b"secret", False),
        (b"", False),
        (b"{", False),
        (b"{}", False),
        (b"{SSHA}x", False),
        (b"{sha512}x", False),
        (b"{UNKNOWN}x", False),
        (b"{CLEARTEXT}x", False),
        (b"{CRYPT", False),
        (b"{CRYPT}x", True),
        (b"{pbkdf2-sha256}x", True),
        (b"{PBKDF2}x", True),
        (b"{Argon2}x", True),
    ],
)
def test_is_slow(stored: bytes, slow: bool) -> None:
    assert is_slow(stored) is slow


def test_nothing_warns_in_a_fresh_interpreter() -> None:
    script = (
        "from fakeldapd.directory.passwords import verify, hash_password\n"
        "import sys\n"
        "assert 'passlib' not in sys.modules\n"
        f"assert verify({b'{CRYPT}' + CRYPT6!r}, b'secret')\n"
        "assert verify(b'{CRYPT}xNfMmeqS0gBIY', b'secret')\n"
        "assert verify(hash_password(b'secret', 'CRYPT'), b'secret')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(passwords.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], env=environment, capture_output=True)
    assert (done.stderr, done.returncode) == (b"", 0)


# --- slapd and slappasswd --------------------------------------------------------------------------------------------


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    assert found is not None
    return found


@pytest.mark.requires("slappasswd")
@pytest.mark.parametrize(
    "arguments",
    [
        ["-h", "{SSHA}"],
        ["-h", "{SHA}"],
        ["-h", "{SMD5}"],
        ["-h", "{MD5}"],
        ["-h", "{CRYPT}"],
        ["-h", "{CRYPT}", "-c", "$6$%.16s"],
        ["-h", "{CRYPT}", "-c", "$5$%.16s"],
        ["-h", "{CRYPT}", "-c", "$1$%.8s"],
        ["-h", "{SHA384}", "-o", "module-load=pw-sha2"],
        ["-h", "{SSHA384}", "-o", "module-load=pw-sha2"],
        ["-h", "{SSHA512}", "-o", "module-load=pw-sha2"],
        pytest.param(["-h", "{ARGON2}", "-o", "module-load=argon2"], marks=needs_argon2),
    ],
    ids=" ".join,
)
def test_made_by_slappasswd(arguments: list[str]) -> None:
    command = [_program("slappasswd"), "-n", *arguments, "-s", "secret"]
    stored = subprocess.run(command, check=True, capture_output=True).stdout
    assert stored.startswith(arguments[1].encode())
    assert verify(stored, b"secret")
    assert not verify(stored, b"Secret")


_CONFIGURATION = """\
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload pw-sha2
moduleload argon2
database mdb
suffix dc=test
directory {home}
"""

MADE = [hash_password(b"secret", name) for name in SCHEMES if not name.startswith(("PBKDF2", "ARGON2", "CLEARTEXT"))]
ROWS = CLEAR + DIGESTS + CRYPTS + ARGON2S + [(stored, b"secret", True) for stored in MADE]


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a slapd with an entry for each row: cn=<number>,dc=test."""
    home = tmp_path_factory.mktemp("slapd")
    (home / "slapd.conf").write_text(_CONFIGURATION.format(home=home))
    entries = [b"dn: dc=test\nobjectClass: dcObject\nobjectClass: organization\no: test\ndc: test\n\n"]
    for number, (stored, _, _) in enumerate(ROWS):
        entry = b"dn: cn=%d,dc=test\nobjectClass: person\ncn: %d\nsn: x\nuserPassword:: %b\n\n"
        entries.append(entry % (number, number, b64encode(stored)))
    (home / "in.ldif").write_bytes(b"".join(entries))
    add = [_program("slapd"), "-Tadd", "-q", "-f", str(home / "slapd.conf"), "-l", str(home / "in.ldif")]
    subprocess.run(add, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [_program("slapd"), "-d", "0", "-f", str(home / "slapd.conf"), "-h", f"ldap://127.0.0.1:{port}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            while process.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    time.sleep(0.01)  # until it listens there is nothing to wait on
            yield port
        finally:
            process.terminate()


def _bind(connection: socket.socket, dn: bytes, password: bytes) -> int:
    """The result code of a simple Bind (RFC 4511 section 4.2). All is short enough for lengths of one octet."""
    request = b"\x02\x01\x03\x04%c%b\x80%c%b" % (len(dn), dn, len(password), password)
    message = b"\x02\x01\x01\x60%c%b" % (len(request), request)
    connection.sendall(b"\x30%c%b" % (len(message), message))
    answer = b""
    while len(answer) < 2 or len(answer) < 2 + answer[1]:
        more = connection.recv(4096)
        assert more
        answer += more
    assert answer[5] == 0x61
    return answer[answer.index(b"\x0a\x01") + 2]


@needs_argon2
@pytest.mark.requires("slapd")
def test_slapd_says_the_same(slapd: int) -> None:
    with socket.create_connection(("127.0.0.1", slapd)) as connection:
        connection.settimeout(30)
        for number, (stored, password, fits) in enumerate(ROWS):
            code = _bind(connection, b"cn=%d,dc=test" % number, password)
            assert (code, stored) == (0 if fits else 49, stored)
