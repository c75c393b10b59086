"""SASL binds without a socket: what the transport knows, what the session keeps, what is told to nobody."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from oracle.sasl import cram, digest, scram

from fakeldapd.directory.ldif import read
from fakeldapd.middleware.access_log import access_log
from fakeldapd.operations.controls.authorization_identity import AUTHORIZATION_IDENTITY
from fakeldapd.operations.controls.paged_results import PAGED_RESULTS
from fakeldapd.operations.controls.proxied_authorization import PROXIED_AUTHORIZATION
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.load import Loader
from fakeldapd.operations.request import Action, Request, Response, Session, Signal, Wait
from fakeldapd.operations.sasl.settings import SASLSettings, mapping, secprops
from fakeldapd.operations.sasl.table import MECHANISMS
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.decode import attribute_values
from fakeldapd.schema.registry import Schema

LDIF = """\
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: uid=ada,dc=example,dc=com
objectClass: inetOrgPerson
uid: ada
cn: Ada Lovelace
sn: Lovelace
userPassword: confidential

dn: cn=admin,dc=example,dc=com
objectClass: person
cn: admin
sn: admin
"""
ADA = b"dn:uid=ada,dc=example,dc=com"
NOBODY = b""
MAPPED = mapping(r'"uid=([^,]*),cn=[^,]*,cn=auth" "uid=$1,dc=example,dc=com"')
PEER = b"gidNumber=7+uidNumber=5,cn=peercred,cn=external,cn=auth"

Bind = Callable[..., m.BindResponse]


class Background:
    """Slow work that waits until it is told to be done."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], None], Signal]] = []

    def __call__(self, work: Callable[[], None], done: Signal) -> None:
        self.waiting.append((work, done))

    def done(self) -> None:
        for work, done in self.waiting:
            work()
            done.fire()
        self.waiting.clear()


def build(schema: Schema, settings: SASLSettings | None = None, **more: Any) -> Directory:
    directory = Directory(
        schema,
        [schema.dn(b"dc=example,dc=com")],
        admin_dn=schema.dn(b"cn=admin,dc=example,dc=com"),
        admin_password=b"admin-secret",
        sasl=settings or SASLSettings(mappings=(MAPPED,)),
        **more,
    )
    Loader(directory).load(read(LDIF))
    return directory


def request(op: m.RequestOp, session: Session, *controls: m.Control) -> Request:
    return Request(session, 1, op, controls)


def bind_op(mechanism: str, credentials: bytes | None = None) -> m.BindRequest:
    return m.BindRequest(3, b"", m.SaslCredentials(mechanism.encode(), credentials))


def step(
    directory: Directory, session: Session, mechanism: str, credentials: Any = None, *controls: m.Control
) -> m.BindResponse:
    """One Bind, with its final response."""
    if isinstance(credentials, str):
        credentials = credentials.encode()
    actions = list(directory(request(bind_op(mechanism, credentials), session, *controls)))
    [response] = [action.op for action in actions if isinstance(action, Response)]
    assert isinstance(response, m.BindResponse)
    return response


def exchange(directory: Directory, session: Session, mechanism: str, *messages: Any) -> m.BindResponse:
    """Binds until the exchange is over."""
    challenge = b""
    for message in messages or (None,):
        said = message(challenge) if callable(message) else message
        response = step(directory, session, mechanism, said)
        challenge = response.server_sasl_creds or b""
    return response


def who_am_i(directory: Directory, session: Session) -> bytes:
    [action] = directory(request(m.ExtendedRequest(b"1.3.6.1.4.1.4203.1.11.3"), session))
    assert isinstance(action, Response)
    assert isinstance(action.op, m.ExtendedResponse)
    return action.op.value or b""


@pytest.fixture(scope="module")
def shared(schema: Schema) -> Directory:
    """Nothing in these tests changes it."""
    return build(schema)


IN_CLEAR = {"SCRAM-SHA-512", "SCRAM-SHA-384", "SCRAM-SHA-256", "SCRAM-SHA-224", "SCRAM-SHA-1", "DIGEST-MD5", "CRAM-MD5"}


def local() -> Session:
    return Session(ssf=71, peer_credentials=(5, 7))


def encrypted(subject: Any = None) -> Session:
    return Session(tls=True, ssf=256, peer_certificate_subject=subject)


SESSIONS = [
    (Session, IN_CLEAR),
    (encrypted, IN_CLEAR | {"PLAIN", "LOGIN"}),
    (local, IN_CLEAR | {"PLAIN", "LOGIN", "EXTERNAL"}),
]


@pytest.mark.parametrize(("make", "expected"), SESSIONS)
def test_the_root_dse_names_what_the_connection_has(
    shared: Directory, make: Callable[[], Session], expected: set[str]
) -> None:
    op = m.SearchRequest(b"", 0, 0, 0, 0, False, m.Present(b"objectClass"), (b"supportedSASLMechanisms",))
    entries, _ = shared(request(op, make()))
    [(_, [attribute])] = entries.entries  # type: ignore[union-attr]
    named = [value.decode() for value in attribute_values(attribute)]
    assert named == [name for name in MECHANISMS if name in expected]


def test_everything_in_the_table_can_be_begun(shared: Directory, schema: Schema) -> None:
    directory = build(schema, SASLSettings(frozenset()))
    for name in MECHANISMS:
        assert step(directory, local(), name).code == 14, name


@pytest.mark.parametrize("make", [encrypted, local])
def test_plain_and_login_where_nobody_listens(shared: Directory, make: Callable[[], Session]) -> None:
    session = make()
    assert exchange(shared, session, "PLAIN", b"\0ada\0confidential").code == 0
    assert who_am_i(shared, session) == ADA
    session = make()
    assert exchange(shared, session, "LOGIN", None, b"ada", b"confidential").code == 0
    assert who_am_i(shared, session) == ADA


def test_external_on_a_local_socket(shared: Directory) -> None:
    session = local()
    assert exchange(shared, session, "EXTERNAL", None, b"").code == 0
    assert who_am_i(shared, session) == b"dn:" + PEER
    assert step(shared, session, "EXTERNAL", b"dn:" + PEER).code == 0
    assert step(shared, session, "EXTERNAL", PEER).code == 0
    answer = step(shared, session, "EXTERNAL", ADA)
    assert (answer.code, answer.diagnostic) == (50, b"SASL(-14): authorization failure: not authorized")
    assert who_am_i(shared, session) == NOBODY
    answer = step(shared, session, "EXTERNAL", b"ada")
    assert (answer.code, answer.diagnostic) == (50, b"SASL(-14): authorization failure: Inappropriate authentication")
    assert step(shared, session, "EXTERNAL", b"dn:").code == 0
    assert who_am_i(shared, session) == NOBODY


def test_external_with_a_certificate(shared: Directory, schema: Schema) -> None:
    session = encrypted(schema.dn(b"CN=Ada,O=Example"))
    assert step(shared, session, "EXTERNAL", b"").code == 0
    assert who_am_i(shared, session) == b"dn:cn=ada,o=example"


def test_external_mapped_to_the_administrator(schema: Schema) -> None:
    rule = mapping("^gidnumber=[0-9]+[+]uidnumber=5,cn=peercred, cn=admin,dc=example,dc=com")
    assert rule[0].pattern.endswith(b"cn=peercred,")
    directory = build(schema, SASLSettings(mappings=(rule,)))
    session = local()
    assert step(directory, session, "EXTERNAL", b"").code == 0
    assert session.is_admin
    assert step(directory, session, "EXTERNAL", b"dn:uid=nobody,dc=example,dc=com").code == 0
    assert not session.is_admin
    assert who_am_i(directory, session) == b"dn:uid=nobody,dc=example,dc=com"


def test_peer_credentials_are_a_name_in_a_schema_of_its_own(schema: Schema) -> None:
    directory = Directory(Schema(), [])
    session = local()
    assert step(directory, session, "EXTERNAL", b"").code == 0
    assert who_am_i(directory, session) == b"dn:" + PEER


def test_the_minimum_strength_counts_that_of_the_connection(schema: Schema) -> None:
    directory = build(schema, SASLSettings(*secprops("noplain,minssf=100"), mappings=(MAPPED,)))
    assert step(directory, local(), "PLAIN", b"\0ada\0confidential").code == 48
    assert step(directory, encrypted(), "PLAIN", b"\0ada\0confidential").code == 0


# --- several steps ---------------------------------------------------------------------------------------------------


def test_slow_work_is_done_elsewhere(schema: Schema) -> None:
    background = Background()
    directory = build(schema, background=background)
    session = Session()
    first, final = scram("sha512", "ada", "confidential")
    challenge = step(directory, session, "SCRAM-SHA-512", first).server_sasl_creds or b""
    iterator = directory(request(bind_op("SCRAM-SHA-512", final(challenge).encode()), session))
    assert isinstance(next(iterator), Wait)
    background.done()
    [answer] = iterator
    assert isinstance(answer, Response)
    assert answer.op.code == 0  # type: ignore[union-attr]
    assert who_am_i(directory, session) == ADA


def test_a_bind_that_is_given_up_leaves_nothing(schema: Schema) -> None:
    directory = build(schema, background=Background())
    session = Session()
    first, final = scram("sha1", "ada", "confidential")
    challenge = step(directory, session, "SCRAM-SHA-1", first).server_sasl_creds or b""
    iterator: Iterator[Action] = directory(request(bind_op("SCRAM-SHA-1", final(challenge).encode()), session))
    next(iterator)
    iterator.close()  # type: ignore[attr-defined]
    assert who_am_i(directory, session) == NOBODY
    assert exchange(directory, session, "CRAM-MD5", None, cram("ada", "confidential")).code == 0


def test_the_salt_stays(shared: Directory) -> None:
    salts = set()
    for _ in range(3):
        answer = step(shared, Session(), "SCRAM-SHA-256", "n,,n=ada,r=abc")
        salts.add((answer.server_sasl_creds or b"").split(b",")[1])
    assert len(salts) == 1


def test_sessions_do_not_meet(shared: Directory) -> None:
    one, other = Session(), Session()
    step(shared, one, "CRAM-MD5")
    assert who_am_i(shared, other) == NOBODY
    assert step(shared, other, "CRAM-MD5", b"x").code == 80


def test_a_challenge_counts_once(shared: Directory) -> None:
    session = Session()
    challenge = step(shared, session, "CRAM-MD5").server_sasl_creds or b""
    proof = cram("ada", "confidential")(challenge)
    assert step(shared, session, "CRAM-MD5", proof).code == 0
    assert step(shared, session, "CRAM-MD5").code == 14
    assert step(shared, session, "CRAM-MD5", proof).code == 49


def test_authorization_identity_is_told_at_the_end(shared: Directory) -> None:
    control = m.Control(AUTHORIZATION_IDENTITY)
    session = Session()
    [begun] = shared(request(bind_op("CRAM-MD5"), session, control))
    assert isinstance(begun, Response)
    assert begun.controls == ()
    proof = cram("ada", "confidential")(begun.op.server_sasl_creds or b"")  # type: ignore[union-attr]
    [answer] = shared(request(bind_op("CRAM-MD5", proof), session, control))
    assert isinstance(answer, Response)
    assert answer.controls == (m.Control(b"2.16.840.1.113730.3.4.15", False, ADA),)


# --- secrets ---------------------------------------------------------------------------------------------------------

EXCHANGES: list[tuple[str, tuple[Any, ...]]] = [
    ("PLAIN", (b"\0ada\0confidential",)),
    ("PLAIN", (b"\0ada\0confidential\0",)),
    ("LOGIN", (None, b"ada", b"confidential")),
    ("LOGIN", (None, b"ada", b"confidential?")),
    ("CRAM-MD5", (None, cram("ada", "confidential"))),
    ("DIGEST-MD5", (None, digest("ada", "confidential"))),
    ("DIGEST-MD5", (None, b'confidential="')),
    ("SCRAM-SHA-1", scram("sha1", "ada", "confidential")),
    ("EXTERNAL", (b"confidential",)),
    ("NOSUCH", (b"confidential",)),
]


@pytest.mark.parametrize(("mechanism", "messages"), EXCHANGES)
def test_no_secret_in_logs(
    shared: Directory, caplog: pytest.LogCaptureFixture, mechanism: str, messages: tuple[Any, ...]
) -> None:
    caplog.set_level(logging.DEBUG)
    handler = access_log(shared)
    session = local()
    challenge = b""
    for message in messages:
        said = message(challenge) if callable(message) else message
        said = said.encode() if isinstance(said, str) else said
        asked = request(bind_op(mechanism, said), session)
        for action in handler(asked):
            assert isinstance(action, Response | Wait)
            if isinstance(action, Response):
                challenge = action.op.server_sasl_creds or b""  # type: ignore[union-attr]
        assert "confidential" not in repr(asked)
    assert mechanism in caplog.text
    for record in caplog.records:
        assert "confidential" not in record.getMessage() + repr(record.__dict__.get("ldap"))


# --- proxied authorization -------------------------------------------------------------------------------------------


def test_pages_by_proxy_are_not_the_clients_own(schema: Schema) -> None:
    """A series of pages belongs to whom it was begun as."""
    directory = build(schema)
    admin = Session(identity=directory.admin_dn, is_admin=True)
    as_ada = m.Control(PROXIED_AUTHORIZATION, True, ADA)

    def page(cookie: bytes, *controls: m.Control) -> tuple[int, bytes]:
        asked = m.Control(PAGED_RESULTS, True, ber.element(b"\x30", b"\x02\x01\x01" + ber.element(b"\x04", cookie)))
        op = m.SearchRequest(b"dc=example,dc=com", 2, 0, 0, 0, False, m.Present(b"objectClass"), (b"1.1",))
        done = list(directory(request(op, admin, asked, *controls)))[-1]
        assert isinstance(done, Response)
        value = done.controls[0].value if done.controls else b""
        return done.op.code, (value or b"")[-8:]  # type: ignore[union-attr]

    code, cookie = page(b"", as_ada)
    assert (code, len(cookie)) == (0, 8)
    assert page(cookie)[0] == 2
    code, cookie = page(cookie, as_ada)
    assert (code, len(cookie)) == (0, 8)
