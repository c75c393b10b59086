"""A directory without a socket: requests in, lists of actions out."""

from collections.abc import Callable
from typing import Any

import pytest

from fakeldapd.directory.ldif import read
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.load import Loader
from fakeldapd.operations.request import Action, Request, Session
from fakeldapd.protocol.messages import RequestOp
from fakeldapd.schema.registry import Schema

LDIF = """\
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: uid=ada,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: ada
cn: Ada Lovelace
sn: Lovelace
userPassword: secret
description: first

dn: uid=bob,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: bob
cn: Bob Builder
sn: Builder
userPassword: {SSHA}AAAA
"""


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def schema() -> Schema:
    return Schema.load()


@pytest.fixture
def directory(schema: Schema, clock: Clock) -> Directory:
    directory = Directory(
        schema,
        [schema.dn(b"dc=example,dc=com")],
        admin_dn=schema.dn(b"cn=admin,dc=example,dc=com"),
        admin_password=b"admin",
        clock=clock,
    )
    Loader(directory).load(read(LDIF))
    return directory


@pytest.fixture
def admin(directory: Directory) -> Session:
    return Session(identity=directory.admin_dn, is_admin=True)


@pytest.fixture
def ask(directory: Directory) -> Callable[..., list[Action]]:
    def ask(op: RequestOp, session: Session | None = None, controls: Any = ()) -> list[Action]:
        return list(directory(Request(session or Session(), 1, op, tuple(controls))))

    return ask
