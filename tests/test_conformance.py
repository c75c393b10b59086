"""docs/conformance.md is true: what the tables point to is there, and what they call absent is not."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from fakeldapd.directory import compile
from fakeldapd.operations import extended, rootdse
from fakeldapd.operations.controls import table as controls
from fakeldapd.operations.directory import OPERATIONS, Directory
from fakeldapd.operations.request import Request, Response, Session
from fakeldapd.operations.sasl import table as sasl
from fakeldapd.overlays.ppolicy import PasswordPolicy
from fakeldapd.overlays.valsort import ValSort
from fakeldapd.protocol import messages as m
from fakeldapd.schema.matching import build_rules
from fakeldapd.schema.registry import Schema
from fakeldapd.schema.syntaxes import build_syntaxes

TESTS = Path(__file__).parent
TABLES: tuple[Mapping[Any, Any], ...] = (
    OPERATIONS,
    controls.CONTROLS,
    PasswordPolicy.controls,
    ValSort.controls,
    extended.EXTENDED,
    sasl.MECHANISMS,
    rootdse.FEATURES,
)
ROWS = {str(row.name): row for table in TABLES for row in table.values()}
ABSENT = (*controls.ABSENT.values(), *extended.ABSENT.values(), *sasl.ABSENT.values())
SOURCE = re.compile(
    r"RFC \d{4} (section \d+(\.\d+)*|appendix [A-Z])|(MS-ADTS|draft-[a-z0-9-]+)( section \d+(\.\d+)*)?|X\.520|OpenLDAP"
)


@pytest.mark.parametrize("name", ROWS)
def test_the_test_is_there(name: str) -> None:
    path, _, test = ROWS[name].shown_by.partition("::")
    assert re.search(rf"^def {re.escape(test)}\(", (TESTS / path).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", [str(row.name) for table in TABLES[1:] for row in table.values()])
def test_the_test_has_a_real_client(name: str) -> None:
    """All but some operations: that Abandon and Unbind have no answer is nothing that a client could tell."""
    assert ROWS[name].shown_by.startswith("clients/")


def test_every_row_has_a_name_of_its_own() -> None:
    assert len(ROWS) == sum(map(len, TABLES))


def sources() -> Iterator[str]:
    """Whatever the page says of where something is specified."""
    filters = (*compile.SETS.values(), *compile.ITEMS.values())
    schema = Schema.load()
    syntaxes = build_syntaxes(schema)
    rules = build_rules(schema, syntaxes)
    for row in (*ROWS.values(), *ABSENT, *filters, *syntaxes.values(), *rules.values()):
        yield row.source


@pytest.mark.parametrize("source", sorted(set(sources())))
def test_sources_are_written_in_one_way(source: str) -> None:
    assert SOURCE.fullmatch(source)


def test_every_filter_that_can_be_decoded_is_there() -> None:
    kinds = set(get_args(m.Filter)) - {m.Undefined}
    assert {*compile.SETS, *compile.ITEMS} == kinds


# --- what is not there ---


def code(directory: Directory, op: m.RequestOp, *sent: m.Control) -> int:
    """The result code of one operation."""
    *_, last = directory(Request(Session(), 1, op, sent))
    assert isinstance(last, Response)
    assert isinstance(last.op, m.LDAPResult)
    return int(last.op.code)


@pytest.fixture(scope="module")
def directory() -> Directory:
    schema = Schema.load()
    return Directory(schema, [schema.dn(b"dc=example,dc=com")])


ROOT = m.SearchRequest(b"", 0, 0, 0, 0, False, m.Present(b"objectClass"), (b"+",))
ASKED: dict[str, Callable[[bytes], tuple[m.RequestOp, tuple[m.Control, ...], int]]] = {
    "control": lambda oid: (ROOT, (m.Control(oid, True),), 12),
    "extended": lambda oid: (m.ExtendedRequest(oid), (), 2),
    "mechanism": lambda name: (m.BindRequest(3, b"", m.SaslCredentials(name)), (), 7),
}
UNKNOWN = [
    *(("control", oid) for oid in controls.ABSENT),
    *(("extended", oid) for oid in extended.ABSENT),
    *(("mechanism", name.encode()) for name in sasl.ABSENT),
]


@pytest.mark.parametrize(("kind", "name"), UNKNOWN)
def test_what_is_absent_is_as_unknown_as_anything(kind: str, name: bytes, directory: Directory) -> None:
    op, sent, expected = ASKED[kind](name)
    assert code(directory, op, *sent) == expected
    [entry] = next(iter(directory(Request(Session(), 1, ROOT, ())))).entries  # type: ignore[union-attr]
    assert all(name not in attribute for attribute in entry[1])
