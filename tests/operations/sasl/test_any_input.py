"""Whatever a client says: it is let in with the right password and gets an error otherwise, never an exception."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle.sasl import cram, digest, scram

from fakeldapd.directory.ldif import read
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.load import Loader
from fakeldapd.operations.request import Request, Response, Session
from fakeldapd.operations.sasl import digest_md5, names
from fakeldapd.operations.sasl import scram as scram_module
from fakeldapd.operations.sasl.settings import SASLSettings, mapping
from fakeldapd.operations.sasl.table import MECHANISMS
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.registry import Schema

SCHEMA = Schema.load()
PASSWORDS = st.text(st.characters(exclude_characters="\0{", exclude_categories=["Cs"]), min_size=1, max_size=30)
USERS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20)
CODES = {0, 7, 14, 48, 49, 50, 80}


def directory() -> Directory:
    made = Directory(
        SCHEMA,
        [SCHEMA.dn(b"dc=example,dc=com")],
        sasl=SASLSettings(frozenset(), mappings=(mapping("^uid=.*,cn=[^,]*,cn=auth$ uid=ada,dc=example,dc=com"),)),
    )
    people = (
        "dn: dc=example,dc=com\nobjectClass: domain\n\n"
        "dn: uid=ada,dc=example,dc=com\nobjectClass: inetOrgPerson\ncn: Ada\nsn: Ada\n"
    )
    Loader(made).load(read(people))
    return made


DIRECTORY = directory()
ADA = SCHEMA.dn(b"uid=ada,dc=example,dc=com")


def set_password(password: str) -> None:
    node = DIRECTORY.dit.find(ADA)
    assert node is not None
    assert node.entry is not None
    attributes = {SCHEMA.attribute(name): values for name, values in PERSON.items()}
    attributes[SCHEMA.attribute(b"userPassword")] = [password.encode()]
    DIRECTORY.dit.put(node, DIRECTORY.entries.build(attributes))


PERSON = {b"objectClass": [b"inetOrgPerson"], b"uid": [b"ada"], b"cn": [b"Ada"], b"sn": [b"Ada"]}


def ask(session: Session, mechanism: str, credentials: bytes | None) -> m.BindResponse:
    op = m.BindRequest(3, b"", m.SaslCredentials(mechanism.encode(errors="surrogateescape"), credentials))
    [answer] = [a.op for a in DIRECTORY(Request(session, 1, op)) if isinstance(a, Response)]
    assert isinstance(answer, m.BindResponse)
    return answer


def run(mechanism: str, *messages: Any) -> int:
    session = Session(ssf=71, peer_credentials=(1, 2))
    challenge = b""
    code = -1
    for message in messages:
        said = message(challenge) if callable(message) else message
        answer = ask(session, mechanism, said.encode() if isinstance(said, str) else said)
        code, challenge = answer.code, answer.server_sasl_creds or b""
    return code


@settings(deadline=None)
@given(st.sampled_from(list(MECHANISMS)), st.lists(st.none() | st.binary(max_size=60), min_size=1, max_size=4))
def test_octets(mechanism: str, said: list[bytes | None]) -> None:
    session = Session(ssf=71, peer_credentials=(1, 2))
    assert {ask(session, mechanism, each).code for each in said} <= CODES


@given(st.text(max_size=30), st.none() | st.binary(max_size=10))
def test_mechanisms(mechanism: str, said: bytes | None) -> None:
    assert ask(Session(), mechanism, said).code in CODES


EXCHANGES: dict[str, Callable[[str, str], tuple[Any, ...]]] = {
    "PLAIN": lambda user, password: (f"\0{user}\0{password}",),
    "LOGIN": lambda user, password: (None, user, password),
    "CRAM-MD5": lambda user, password: (None, cram(user, password)),
    "DIGEST-MD5": lambda user, password: (None, digest(user.replace("\\", "").replace('"', "") or "x", password)),
    "SCRAM-SHA-256": lambda user, password: scram("sha256", user.replace("=", "=3D").replace(",", "=2C"), password),
}


@pytest.mark.parametrize("mechanism", EXCHANGES)
@settings(deadline=None)
@given(user=USERS, password=PASSWORDS, wrong=PASSWORDS)
def test_right_and_wrong(mechanism: str, user: str, password: str, wrong: str) -> None:
    if not user.strip() or user.lower() == "anonymous":
        return
    set_password(password)
    if names_somebody(user):
        assert run(mechanism, *EXCHANGES[mechanism](user, password)) == 0
    if wrong != password:
        assert run(mechanism, *EXCHANGES[mechanism](user, wrong)) in (49, 50)


def names_somebody(user: str) -> bool:
    """Whether there can be such a uid."""
    try:
        names.user_dn(DIRECTORY, user.encode(), b"plain")
    except names.BadName:
        return False
    return True


@given(st.binary(max_size=80))
def test_scram_messages(said: bytes) -> None:
    first = scram_module.read_first(b"n,,n=user,r=abc", "")
    for error in (
        refused(lambda: scram_module.read_first(said, "SCRAM")),
        refused(lambda: scram_module.read_final(said, first, b"abc", "sha1", "SCRAM")),
    ):
        assert error is None or (error.code == 80 and error.diagnostic.startswith("SASL(-5): "))


def refused(work: Callable[[], object]) -> LDAPError | None:
    """The error that it ends with."""
    try:
        work()
    except LDAPError as error:
        return error
    return None


TOKENS = st.text("abcXYZ019-_.", min_size=1, max_size=8)


@given(st.lists(st.tuples(TOKENS, st.text(st.characters(codec="utf-8"), max_size=12), st.booleans()), max_size=6))
def test_directives(said: list[tuple[str, str, bool]]) -> None:
    written = []
    for name, value, plain in said:
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        token = plain and value.isascii() and value.isalnum()
        written.append(f"{name}={value}" if token else f'{name}="{quoted}"')
    found = list(digest_md5.directives(" , ".join(written).encode()))
    assert found == [(name.lower(), value.encode()) for name, value, _ in said]


@given(st.binary(max_size=60))
def test_directives_of_anything(said: bytes) -> None:
    error = refused(lambda: list(digest_md5.directives(said)))
    assert error is None or error.code == 49


@given(USERS)
def test_names(user: str) -> None:
    try:
        dn = names.user_dn(DIRECTORY, user.encode(), b"plain", b"realm, x")
    except names.BadName:
        return
    assert dn.depth == 4
    assert dn.rdn is not None
    [(description, value)] = dn.rdn.avas
    assert description.name == b"uid"
    assert value == user.encode()
