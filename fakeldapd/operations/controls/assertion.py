"""Assertion (RFC 4528): the operation is carried out only if a filter is true of the entry that it is about.

As in slapd, Undefined is not true, attributes that the session may not search are Undefined, and what counts is the
entry as it is stored, whatever overlays make of it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry
from fakeldapd.directory.evaluate import Setting
from fakeldapd.operations.access import Level
from fakeldapd.operations.controls.row import UPDATES, Row, some_value
from fakeldapd.operations.request import Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter_ber import MAX_FILTER_DEPTH, read_filter
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

ASSERTION = b"1.3.6.1.1.12"


def read(value: bytes | None) -> m.Filter:
    """The filter. Raises LDAPError 2 where there is none, ProtocolError where it can't be read."""
    return read_filter(some_value("assert", value), 0, MAX_FILTER_DEPTH)[0]


ROW = Row(
    "assert",
    (m.SearchRequest, m.CompareRequest, *UPDATES),
    read,
    source="RFC 4528 section 3",
    shown_by="clients/test_update_controls.py::test_ldapmodify",
)


def check_assertion(
    directory: "Directory", session: Session, controls: Mapping[bytes, Any], node: Node, entry: Entry | None
) -> None:
    """Raise LDAPError 122 where there is an assertion and it isn't true of an entry at a node."""
    filter_ = controls.get(ASSERTION)
    if filter_ is None or entry is None:
        return
    setting = Setting(directory.schema, directory.dit.find)
    if not session.is_admin:
        setting.guard = lambda attribute_type: directory.access.guard(session, attribute_type, Level.SEARCH)
    if compile_filter(setting, filter_)(node, entry) is not True:
        raise LDAPError(ResultCode.ASSERTION_FAILED)
