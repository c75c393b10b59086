"""retcode where slapd can't be asked, because it fails or because time or the connection is what counts."""

import pytest

from fakeldapd.directory.ldif import read
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.load import Loader
from fakeldapd.operations.request import Action, Delay, Disconnect, Entries, Raw, Request, Response, Session
from fakeldapd.overlays.table import read_overlays
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.encode import encode_message
from fakeldapd.schema.registry import Schema

BASE = b"dc=example,dc=com"
LDIF = """\
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: cn=error,dc=example,dc=com
objectClass: errObject
cn: error
errCode: 51
"""


def ask(op: m.RequestOp, *lines: str, overlay: str = "retcode") -> list[Action]:
    """What the admin is answered where an errObject has these lines."""
    schema = Schema.load()
    admin = schema.dn(b"cn=admin,dc=example,dc=com")
    directory = Directory(schema, [schema.dn(BASE)], admin_dn=admin, overlays=read_overlays([overlay]))
    Loader(directory).load(read(LDIF + "".join(f"{line}\n" for line in lines)))
    return list(directory(Request(Session(identity=admin, is_admin=True), 7, op)))


COMPARE = m.CompareRequest(b"cn=error,dc=example,dc=com", b"cn", b"error")
MODIFY = m.ModifyRequest(b"cn=error,dc=example,dc=com", (m.Change(m.ModifyOperation.ADD, b"description", (b"x",)),))
SEARCH = m.SearchRequest(BASE, 2, 0, 0, 0, False, m.Present(b"objectClass"), (b"1.1",))
BUSY = m.CompareResponse(51)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), [Response(BUSY)]),
        (("errSleepTime: 3",), [Delay(3), Response(BUSY)]),
        (("errSleepTime: -3",), [Response(BUSY)]),
        (("errDisconnect: TRUE",), [Disconnect()]),
        (("errDisconnect: FALSE",), [Response(BUSY), Disconnect()]),
        (("errUnsolicitedOID: 0",), [Raw(encode_message(0, BUSY))]),
        (
            ("errUnsolicitedOID: 1.2.3", "errUnsolicitedData: abc"),
            [Raw(encode_message(0, m.ExtendedResponse(51, b"", b"", (), b"1.2.3", b"abc")))],
        ),
        (("errOp: search",), [Response(m.CompareResponse(6))]),
    ],
)
def test_compare(lines: tuple[str, ...], expected: list[Action]) -> None:
    assert ask(COMPARE, *lines) == expected


def test_an_entry_for_another_operation_can_be_modified() -> None:
    assert ask(MODIFY, "errOp: compare") == [Response(m.ModifyResponse())]
    assert ask(MODIFY) == [Response(m.ModifyResponse(51))]


def test_a_search_ends_where_it_would_send_the_entry() -> None:
    assert ask(SEARCH, "errText: later") == [
        Entries([(BASE, ())]),
        Response(m.SearchResultDone(51, diagnostic=b"later")),
    ]


@pytest.mark.parametrize(("seconds", "least", "most"), [("2", 2, 2), ("-2", 0, 2)])
def test_everything_may_take_its_time(seconds: str, least: int, most: int) -> None:
    delay, answer = ask(COMPARE, overlay=f"retcode:retcode-sleep {seconds}")
    assert isinstance(delay, Delay)
    assert least <= delay.seconds <= most
    assert answer == Response(m.CompareResponse(6))
