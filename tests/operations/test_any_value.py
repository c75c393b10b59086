"""Whatever the value of a control or an extended operation: each row of the tables ends it with an answer that has a
code of its own, or with a Notice of Disconnection, and never with an exception.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fakeldapd.directory.ldif import read
from fakeldapd.operations.controls.table import CONTROLS
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.extended import EXTENDED
from fakeldapd.operations.load import Loader
from fakeldapd.operations.request import Cancel, Disconnect, Request, Response, Session, StartTLS
from fakeldapd.overlays.table import read_overlays
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import ResultCode
from fakeldapd.schema.registry import Schema

BASE = b"dc=example,dc=com"
ADA = b"uid=ada," + BASE
PEOPLE = f"""\
dn: {BASE.decode()}
objectClass: domain
dc: example

dn: {ADA.decode()}
objectClass: inetOrgPerson
cn: Ada
sn: Lovelace
userPassword: secret
"""
OPERATIONS: tuple[Any, ...] = (
    m.SearchRequest(BASE, 2, 0, 0, 0, False, m.Present(b"objectClass"), (b"cn",)),
    m.CompareRequest(ADA, b"cn", b"ada"),
    m.AddRequest(b"cn=new," + BASE, (m.Attribute(b"objectClass", (b"device",)), m.Attribute(b"cn", (b"new",)))),
    m.DeleteRequest(b"cn=new," + BASE),
    m.ModifyRequest(ADA, (m.Change(2, b"description", (b"x",)),)),
    m.ModifyDNRequest(b"cn=new," + BASE, b"cn=newer", True),
    m.ExtendedRequest(b"1.3.6.1.4.1.4203.1.11.3"),
    m.BindRequest(3, ADA, m.SimpleAuthentication(b"secret")),
)
"""One of each kind that controls go with."""

VALUES = st.none() | st.binary(max_size=60)
NUMBER_TOO_LARGE = b"\x30\x0b\x02\x09" + b"\x7f" * 9
EXAMPLES = [None, b"", b"\x30\x00", b"\x30\x84\xff\xff\xff\xff", b"\x30" * 60, NUMBER_TOO_LARGE, b"\x02\x01\x00"]


@pytest.fixture(scope="module")
def directory() -> Directory:
    schema = Schema.load()
    made = Directory(
        schema,
        [schema.dn(BASE)],
        overlays=read_overlays([f"ppolicy,valsort:description {BASE.decode()} alpha-ascend"]),
        offers_tls=True,
        admin_dn=schema.dn(b"cn=admin," + BASE),
    )
    Loader(made).load(read(PEOPLE))
    return made


def everything() -> list[tuple[str, bytes]]:
    """Every control, those of overlays, too."""
    of_overlays = {
        oid: row
        for overlay in read_overlays(["ppolicy,valsort:cn dc=x alpha-ascend"])
        for oid, row in overlay.controls.items()
    }
    return [(row.name, oid) for oid, row in {**CONTROLS, **of_overlays}.items()]


def check(directory: Directory, op: m.RequestOp, *controls: m.Control, admin: bool) -> None:
    """Ask, and look at how it ends."""
    session = Session(identity=directory.admin_dn, is_admin=True) if admin else Session()
    last = None
    for action in directory(Request(session, 1, op, controls)):
        if isinstance(action, Cancel):
            action.code = ResultCode.NO_SUCH_OPERATION
        last = action
    if isinstance(last, Response):
        assert isinstance(last.op, m.LDAPResult)
        assert last.op.code != ResultCode.OTHER, last.op.diagnostic
    else:
        assert isinstance(last, Disconnect | StartTLS), last


def with_examples(test: Any) -> Any:
    """The values that are worth a try in any case."""
    for value in EXAMPLES:
        test = example(value=value, critical=True, admin=True)(test)
    return test


@pytest.mark.parametrize(("name", "oid"), everything(), ids=lambda each: each if isinstance(each, str) else "")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(value=VALUES, critical=st.booleans(), admin=st.booleans())
@with_examples
def test_controls(
    name: str, oid: bytes, value: bytes | None, critical: bool, admin: bool, directory: Directory
) -> None:
    row = directory.controls[oid]
    kinds = [op for op in OPERATIONS if row.goes_with(op)]
    assert kinds
    for op in kinds:
        check(directory, op, m.Control(oid, critical, value), admin=admin)


@pytest.mark.parametrize("oid", EXTENDED, ids=[row.name for row in EXTENDED.values()])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(value=VALUES, critical=st.booleans(), admin=st.booleans())
@with_examples
def test_extended_operations(
    oid: bytes, value: bytes | None, critical: bool, admin: bool, directory: Directory
) -> None:
    check(directory, m.ExtendedRequest(oid, value), admin=admin)
