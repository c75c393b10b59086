"""Directories with overlays, without a socket."""

from collections.abc import Callable
from functools import cache

import pytest

from fakeldapd.directory.ldif import read
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.load import Loader
from fakeldapd.operations.request import Request, Response, Session
from fakeldapd.overlays.overlay import Overlay
from fakeldapd.protocol.messages import LDAPResult, RequestOp
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

dn: uid=bob,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: bob
cn: Bob Builder
sn: Builder
manager: uid=ada,ou=people,dc=example,dc=com

dn: cn=all,dc=example,dc=com
objectClass: groupOfNames
cn: all
member: uid=ada,ou=people,dc=example,dc=com
member: uid=bob,ou=people,dc=example,dc=com
"""


@cache
def the_schema() -> Schema:
    """One for all tests: that memberof changes it once is what they want."""
    return Schema.load()


class Served:
    """A directory and its administrator."""

    def __init__(self, *overlays: Overlay, ldif: str = LDIF) -> None:
        schema = the_schema()
        self.directory = Directory(
            schema,
            [schema.dn(b"dc=example,dc=com")],
            admin_dn=schema.dn(b"cn=admin,dc=example,dc=com"),
            overlays=overlays,
        )
        Loader(self.directory).load(read(ldif))
        for overlay in self.directory.overlays:
            overlay.loaded(self.directory)
        self.session = Session(identity=self.directory.admin_dn, is_admin=True)

    def code(self, op: RequestOp) -> int:
        """The result code of an operation."""
        *_, last = self.directory(Request(self.session, 1, op))
        assert isinstance(last, Response)
        assert isinstance(last.op, LDAPResult)
        return last.op.code

    def values(self, dn: str, name: str) -> list[str]:
        """The values that an entry stores, sorted."""
        schema = self.directory.schema
        entry = self.directory.dit.get(schema.dn(dn.encode()))
        assert entry is not None, dn
        return sorted(value.decode() for value in entry.values(schema.attribute(name.encode())))

    def everything(self) -> dict[bytes, tuple[bytes, ...]]:
        """All that is stored, by DN."""
        nodes = self.directory.dit.nodes()
        return {node.text: node.entry.attributes for node in nodes if node.entry is not None}


@pytest.fixture
def serve() -> Callable[..., Served]:
    return Served
