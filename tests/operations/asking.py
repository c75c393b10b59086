"""A session asked in few words, for tests of the configuration directory; and the definitions that they add."""

from typing import Any

from fakeldapd.operations.directory import Directory
from fakeldapd.operations.request import Action, Entries, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.decode import attribute_values

CONFIG, SCHEMA = b"cn=config", b"cn=schema,cn=config"
BASE = b"dc=example,dc=com"
ADA = b"uid=ada,ou=people," + BASE
TEXT = "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15"
NOTE = f"( 1.9.1 NAME 'note' EQUALITY caseIgnoreMatch {TEXT} )"
OTHER = f"( 1.9.2 NAME 'other' {TEXT} )"
NOTED = "( 1.9.3 NAME 'noted' SUP top AUXILIARY MAY note )"
TYPES, CLASSES, RULES = "olcAttributeTypes", "olcObjectClasses", "olcDitContentRules"
MACROS, SYNTAXES = "olcObjectIdentifier", "olcLdapSyntaxes"
ADD, DELETE, REPLACE, INCREMENT = range(4)


class Server:
    """A directory and one session, asked in few words. Each answer is (code, diagnostic, matchedDN)."""

    def __init__(self, directory: Directory, session: Session) -> None:
        self.directory = directory
        self.session = session

    def ask(self, op: m.RequestOp) -> tuple[int, str, str]:
        return outcome(list(self.directory(Request(self.session, 1, op)))[-1])

    def search(
        self, base: bytes, *attributes: bytes, scope: int = 0, filter: Any = None
    ) -> dict[str, dict[str, list[str]]]:
        op = m.SearchRequest(base, scope, 0, 0, 0, False, filter or m.Present(b"objectClass"), attributes)
        found = {}
        for action in self.directory(Request(self.session, 1, op)):
            if isinstance(action, Entries):
                for dn, encoded in action.entries:
                    found[dn.decode()] = dict(read(attribute) for attribute in encoded)
            else:
                assert outcome(action) == (0, "", "")
        return found

    def add(self, dn: bytes, *attributes: tuple[str, ...]) -> tuple[int, str, str]:
        return self.ask(
            m.AddRequest(dn, tuple(m.Attribute(n.encode(), tuple(v.encode() for v in vs)) for n, *vs in attributes))
        )

    def schema(self, name: str, *attributes: tuple[str, ...]) -> tuple[int, str, str]:
        return self.add(b"cn=%b,%b" % (name.encode(), SCHEMA), ("objectClass", "olcSchemaConfig"), *attributes)

    def modify(self, dn: bytes, *changes: tuple[Any, ...]) -> tuple[int, str, str]:
        made = [m.Change(kind, name.encode(), tuple(v.encode() for v in values)) for kind, name, *values in changes]
        return self.ask(m.ModifyRequest(dn, tuple(made)))

    def values(self, dn: bytes, name: str) -> list[str]:
        return self.search(dn, name.encode())[dn.decode()].get(name, [])


def outcome(action: Action) -> tuple[int, str, str]:
    assert isinstance(action, Response)
    op: Any = action.op
    return int(op.code), op.diagnostic.decode(), op.matched_dn.decode()


def read(encoded: bytes) -> tuple[str, list[str]]:
    start = 2 if encoded[1] < 128 else 2 + encoded[1] - 128
    name = encoded[start + 2 : start + 2 + encoded[start + 1]]
    return name.decode(), [value.decode() for value in attribute_values(encoded)]


OK = (0, "", "")


def noted(server: Server) -> Server:
    """With a schema at position 3, and Ada using it."""
    assert server.schema("test", (TYPES, NOTE), (CLASSES, NOTED)) == OK
    assert server.modify(ADA, (ADD, "objectClass", "noted"), (ADD, "note", "hello")) == OK
    return server


TEST = b"cn={3}test," + SCHEMA
