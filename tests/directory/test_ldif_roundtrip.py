"""What is written is read back as it was, by us and by OpenLDAP's tools; any octets are records or errors."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakeldapd.directory.ldif import ChangeRecord, ContentRecord, LDIFError, read
from fakeldapd.directory.ldifwriter import VERSION, write_change, write_record
from fakeldapd.protocol.messages import (
    AddRequest,
    Attribute,
    Change,
    Control,
    DeleteRequest,
    ModifyDNRequest,
    ModifyRequest,
)

octets = (
    st.binary(max_size=200) | st.text(max_size=100).map(str.encode) | st.from_regex(rb"[ -~]{0,200}", fullmatch=True)
)
oids = st.lists(st.integers(0, 99999), min_size=1, max_size=8).map(lambda arcs: ".".join(map(str, arcs)).encode())
reserved = {b"dn", b"changetype", b"control", b"add", b"delete", b"replace", b"increment"}
descriptions = st.from_regex(rb"[A-Za-z][A-Za-z0-9-]{0,60}(;[a-z0-9-]{1,20}){0,2}", fullmatch=True).filter(
    lambda name: name.lower() not in reserved
)
values = st.lists(octets, min_size=1, max_size=4).map(tuple)
attributes = st.lists(st.builds(Attribute, descriptions, values), max_size=5, unique_by=lambda each: each.type.lower())
controls = st.lists(st.builds(Control, oids, st.booleans(), st.none() | octets), max_size=3).map(tuple)
no_values: tuple[bytes, ...] = ()
changes = st.builds(Change, st.integers(0, 3), descriptions, values | st.just(no_values))
requests = (
    st.builds(AddRequest, octets, attributes.map(tuple))
    | st.builds(DeleteRequest, octets)
    | st.builds(ModifyRequest, octets, st.lists(changes, max_size=4).map(tuple))
    | st.builds(ModifyDNRequest, octets, octets, st.booleans(), st.none() | octets)
)


@given(st.lists(st.tuples(octets, attributes), max_size=4))
def test_records(entries: list[tuple[bytes, list[Attribute]]]) -> None:
    text = VERSION + b"".join(write_record(dn, attributes) for dn, attributes in entries)
    records = list(read(text))
    assert all(isinstance(record, ContentRecord) for record in records)
    assert [(record.dn, record.attributes) for record in records if isinstance(record, ContentRecord)] == entries
    assert all(len(line) <= 78 for line in text.split(b"\n"))
    assert text.isascii()


@given(requests, controls)
def test_changes(
    op: AddRequest | DeleteRequest | ModifyRequest | ModifyDNRequest, controls: tuple[Control, ...]
) -> None:
    (record,) = read(write_change(op, controls))
    assert isinstance(record, ChangeRecord)
    assert (record.op, record.controls) == (op, controls)


@given(st.binary(max_size=300) | st.text("dn:cahgetypx# \r\n=-<;1", max_size=300).map(str.encode))
@example(b"dn: x\n \n\n\n \n#\n \n")
def test_any_octets(text: bytes) -> None:
    errors: list[LDIFError] = []
    for record in read(text, on_error=errors.append):
        assert text.split(b"\n")[record.line - 1][:2].lower() == b"dn" or not text.isascii()
    last = text.count(b"\n") + 1
    assert all(1 <= error.line <= last or not text.isascii() for error in errors)
    assert all(str(error).startswith(f"<ldif>:{error.line}: ") for error in errors)


@given(st.lists(octets.filter(bool), min_size=1, max_size=30), st.data())
def test_line_of_every_value(contents: list[bytes], data: st.DataObject) -> None:
    text = write_record(b"cn=x", [(b"cn", contents)])
    lines = text.split(b"\n")
    (record,) = read(text)
    for index in range(len(contents)):
        assert lines[record.line_of(b"cn", index) - 1].startswith(b"cn:")
    numbers = [record.line_of(b"cn", index) for index in range(len(contents))]
    assert numbers == [number for number, line in enumerate(lines, 1) if line.startswith(b"cn:")]


# --- OpenLDAP's own tools --------------------------------------------------------------------------------------------

_CONFIGURATION = """\
include {schema}/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix dc=example,dc=com
directory {directory}
"""


@pytest.fixture
def slap(tmp_path: Path) -> tuple[Path, Path]:
    """Configuration of an empty slapd database, for slapadd and slapcat."""
    directory = tmp_path / "db"
    directory.mkdir()
    configuration = tmp_path / "slapd.conf"
    configuration.write_text(_CONFIGURATION.format(schema="/etc/ldap/schema", directory=directory))
    return configuration, tmp_path


def _tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    assert found is not None
    return found


AWKWARD = (
    *(b"a" * length for length in range(55, 160)),
    *("\u00e9".encode() * length for length in range(1, 70)),
    b" begins with a space",
    b"ends with a space ",
    b"  ",
    b":colon",
    b"<less",
    b"#hash",
    b"-",
    b"a tab\tinside",
    b"\tbegins with a tab",
    b"\x7f",
    b"a\0b",
    b"a\rb",
    b"a\nb",
    b"a\r\n b",
)


@pytest.mark.requires("slapadd", "slapcat")
def test_slapadd_reads_what_is_written_and_slapcat_writes_the_same(slap: tuple[Path, Path]) -> None:
    configuration, directory = slap
    base = [
        Attribute(b"objectClass", (b"organization", b"dcObject")),
        Attribute(b"o", (b"x",)),
        Attribute(b"dc", (b"example",)),
    ]
    person = [
        Attribute(b"objectClass", (b"person",)),
        Attribute(b"cn", (b"x",)),
        Attribute(b"sn", (b"x",)),
        Attribute(b"userPassword", (b"secret", b"{SSHA}" + b"x" * 60)),
        Attribute(b"description", AWKWARD),
    ]
    entries = {b"dc=example,dc=com": base, b"cn=x,dc=example,dc=com": person}
    file = directory / "in.ldif"
    file.write_bytes(b"".join(write_record(dn, attributes) for dn, attributes in entries.items()))
    subprocess.run([_tool("slapadd"), "-f", configuration, "-l", file], check=True, capture_output=True)
    dumped = subprocess.run([_tool("slapcat"), "-f", configuration], check=True, capture_output=True).stdout
    records = [record for record in read(dumped) if isinstance(record, ContentRecord)]
    for record, (dn, attributes) in zip(records, entries.items(), strict=True):
        assert (record.dn, record.attributes[: len(attributes)]) == (dn, attributes)
    assert b"".join(write_record(record.dn, record.attributes) for record in records) == dumped
