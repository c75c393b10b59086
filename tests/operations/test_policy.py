"""Policy where slapd beside us can't show it: connections with TLS, and identities from SASL."""

from collections.abc import Callable
from typing import Any

import pytest

from fakeldapd.operations.directory import Directory
from fakeldapd.operations.policy import make_policy
from fakeldapd.operations.request import Action, Response, Session
from fakeldapd.operations.sasl.exchange import Negotiation
from fakeldapd.protocol.filter import parse
from fakeldapd.protocol.messages import DeleteRequest, RequestOp, SearchRequest

ADA = b"uid=ada,ou=people,dc=example,dc=com"
SEARCH = SearchRequest(ADA, 0, 0, 0, 0, False, parse("(objectClass=*)"), (b"1.1",))
DELETE = DeleteRequest(b"cn=none,dc=example,dc=com")

Ask = Callable[..., list[Action]]


def enforce(directory: Directory, **words: Any) -> None:
    given = {"allow": (), "disallow": (), "require": (), "restrict": (), "security": (), "referrals": (), **words}
    directory.enforce(make_policy(**given))


@pytest.mark.parametrize(
    ("security", "tls", "ssf", "op", "answer"),
    [
        ({"ssf": 128}, True, 256, SEARCH, (0, b"")),
        ({"ssf": 128}, True, 56, SEARCH, (13, b"stronger confidentiality required")),
        ({"ssf": 64}, False, 71, SEARCH, (0, b"")),
        ({"tls": 128}, True, 128, SEARCH, (0, b"")),
        ({"tls": 128}, True, 64, SEARCH, (13, b"stronger TLS confidentiality required")),
        ({"tls": 1}, False, 71, SEARCH, (13, b"TLS confidentiality required")),
        ({"transport": 72}, False, 71, SEARCH, (13, b"stronger transport confidentiality required")),
        ({"transport": 1}, True, 256, SEARCH, (13, b"transport confidentiality required")),
        ({"sasl": 1}, True, 256, SEARCH, (13, b"SASL confidentiality required")),
        ({"update_ssf": 128}, True, 56, SEARCH, (0, b"")),
        ({"update_ssf": 128}, True, 56, DELETE, (13, b"stronger confidentiality required for update")),
        ({"update_tls": 1}, False, 0, DELETE, (13, b"TLS confidentiality required for update")),
        ({"update_tls": 1}, True, 56, DELETE, (32, b"")),
    ],
)
def test_strengths(
    directory: Directory,
    ask: Ask,
    security: dict[str, int],
    tls: bool,
    ssf: int,
    op: RequestOp,
    answer: tuple[int, bytes],
) -> None:
    enforce(directory, security=security.items())
    session = Session(identity=directory.admin_dn, is_admin=True, tls=tls, ssf=ssf)
    done = ask(op, session)[-1]
    assert isinstance(done, Response)
    assert (done.op.code, done.op.diagnostic) == answer  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("require", "identity", "sasl", "code"),
    [
        ("SASL", ADA, True, 0),
        ("SASL", ADA, False, 8),
        ("SASL", None, False, 8),
        ("strong", ADA, False, 0),
        ("strong", None, False, 8),
        ("authc", ADA, False, 0),
    ],
)
def test_required(directory: Directory, ask: Ask, require: str, identity: bytes | None, sasl: bool, code: int) -> None:
    enforce(directory, require=[require])
    session = Session()
    session.become(None if identity is None else directory.schema.dn(identity))
    session.sasl = Negotiation()
    if sasl:
        session.sasl.has_succeeded("PLAIN")
    done = ask(SEARCH, session)[-1]
    assert isinstance(done, Response)
    assert done.op.code == code  # type: ignore[union-attr]


def test_none_takes_back_what_is_required_before_it(directory: Directory, ask: Ask) -> None:
    enforce(directory, require=["authc", "none"])
    assert ask(SEARCH)[-1].op.code == 0  # type: ignore[union-attr]


def test_what_a_refusal_comes_behind_has_no_effect(directory: Directory, ask: Ask) -> None:
    """An operation is let run up to the tree; a refused delete deletes nothing."""
    enforce(directory, restrict=["delete"])
    session = Session(identity=directory.admin_dn, is_admin=True)
    before = len(directory.dit)
    assert ask(DeleteRequest(ADA), session)[-1].op.code == 53  # type: ignore[union-attr]
    assert len(directory.dit) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"restrict": ["extended=1.2.3"]}, "--restrict extended=1.2.3: only these extended operations"),
        ({"referrals": ["http://x"]}, "--referral: 'http://x' doesn't begin with ldap://"),
    ],
)
def test_what_is_no_policy(directory: Directory, words: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=r"^--re") as caught:
        enforce(directory, **words)
    assert said in str(caught.value)
