"""What the shim's modules write they read again, and what is random they read as python-ldap does."""

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shim_support.expressions import namespace, outcome, plain

from fakeldapd import ldapurl, ldif
from fakeldapd.ldap import control_values, dn, dn_text
from fakeldapd.ldap.filter import escape_filter_chars
from fakeldapd.ldap.modlist import modifyModlist
from fakeldapd.protocol.filter import parse
from fakeldapd.protocol.messages import Equality

# How long one example takes says nothing on a busy machine.
untimed = settings(deadline=None)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\r\n"))
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,6}", fullmatch=True)
RDNS = st.lists(st.lists(st.tuples(NAMES, TEXT), min_size=1, max_size=3), max_size=4)
# LDIF has no space before a value but " ", and python-ldap's reader strips all there is.
VALUES = st.binary(max_size=90).filter(lambda value: not value[:1].decode("latin-1").isspace())
ATTRIBUTES = st.dictionaries(NAMES, st.lists(VALUES, min_size=1, max_size=3), min_size=1, max_size=4)


@untimed
@given(RDNS)
def test_dns(rdns: list[list[tuple[str, str]]]) -> None:
    text = dn.dn2str([[(name, value, 1) for name, value in rdn] for rdn in rdns])
    assert [[(name, value) for name, value, _ in rdn] for rdn in dn.str2dn(text)] == rdns
    assert dn.is_dn(text)
    assert ",".join(dn.explode_dn(text)) == text


@untimed
@given(TEXT)
def test_filters(value: str) -> None:
    assert parse(f"(cn={escape_filter_chars(value)})") == Equality(b"cn", value.encode())


@untimed
@given(st.lists(st.tuples(NAMES.map("cn={}".format), ATTRIBUTES), max_size=3), st.integers(2, 90))
def test_ldif(entries: list[tuple[str, dict[str, list[bytes]]]], cols: int) -> None:
    file = io.StringIO()
    writer = ldif.LDIFWriter(file, cols=cols)
    for name, attributes in entries:
        writer.unparse(name, attributes)
    records = ldif.LDIFRecordList(io.StringIO(file.getvalue()))
    records.parse()
    assert records.all_records == entries


@untimed
@given(
    TEXT.map(str.strip),
    st.none() | st.lists(NAMES, min_size=1),
    st.sampled_from([None, 0, 1, 2, 3]),
    TEXT.map(str.strip),
    st.none() | TEXT.map(lambda text: text.replace("%", "")),
)
def test_urls(base: str, attrs: list[str] | None, scope: int | None, filterstr: str, who: str | None) -> None:
    url = ldapurl.LDAPUrl(hostport="host:389", dn=base, attrs=attrs, scope=scope, filterstr=filterstr or None, who=who)
    assert ldapurl.LDAPUrl(url.unparse()) == url


@untimed
@given(ATTRIBUTES, ATTRIBUTES)
def test_lists_of_changes_make_the_new_entry_of_the_old_one(old: dict[str, Any], new: dict[str, Any]) -> None:
    entry = {name.lower(): set(values) for name, values in old.items()}
    for operation, name, values in modifyModlist(old, new):
        if operation == 1:
            del entry[name.lower()]
        else:
            entry[name.lower()] = set(values or ())
    if len({name.lower() for name in old}) == len(old) and len({name.lower() for name in new}) == len(new):
        assert entry == {name.lower(): set(values) for name, values in new.items()}


PIECES = [
    "a",
    "b=",
    "=",
    ",",
    "+",
    ";",
    "\\",
    "\\2c",
    "\\c3\\a9",
    '"',
    "#",
    "0c",
    " ",
    "\t",
    "1",
    ".",
    "1.2",
    "OID.",
    "-",
]
PIECES += ["/", "<", ">", "é", "\\ ", "\\,", "cn=x", "/a=b", "\n", "\x01", "<a=b>"]
FLAGS = [form | strict for form in (0, 16, 32, 48) for strict in (0, 0x1000, 0x2000, 0x4000, 0xF000)]
STARTS = ["", "", "a=", "a=b,c=", "/a=", "1.2=", "a;x=", "<a="]


@pytest.mark.requires("python:ldap")
@untimed
@given(st.sampled_from(STARTS), st.lists(st.sampled_from(PIECES), max_size=6), st.sampled_from(FLAGS))
def test_any_dn_is_read_as_by_libldap(start: str, pieces: list[str], flags: int) -> None:
    text = start + "".join(pieces)
    assert _result(dn_text.str2dn, text, flags) == _result(namespace("")["dn"].str2dn, text, flags)


FILTER_PIECES = [
    "a",
    "b",
    "=",
    "(",
    ")",
    "((",
    "))",
    "*",
    "\\2a",
    "\\",
    "&",
    "|",
    "!",
    ":",
    ":=",
    ":dn",
    ":dn:=",
    "1.2",
]
FILTER_PIECES += [" ", "\t", "(a=b)", "(c=d*)", "a=b", ">=", "<=", "~=", ";x", "é", "-", "_"]


@pytest.mark.requires("python:ldap")
@untimed
@given(st.lists(st.sampled_from(FILTER_PIECES), min_size=1, max_size=7).map("".join).filter(str.strip))
def test_any_filter_is_encoded_as_by_libldap(text: str) -> None:
    for name in ("AssertionControl", "MatchedValuesControl"):
        expression = f"libldap.{name}(True, {text!r}).encodeControlValue()"
        assert outcome("fakeldapd.", expression) == outcome("", expression)
    assert control_values.encode_valuesreturnfilter_control("") == b"0\x00"


LINES = [
    "dn: a=b",
    "dn:: YT1i",
    "cn: x",
    "cn:: eA==",
    "CN:z",
    "sn: 1",
    " fold",
    "",
    "",
    "# c",
    "-",
    "changetype: modify",
]
LINES += [
    "changetype: add",
    "add: cn",
    "replace: sn",
    "delete: cn",
    "control: 1.2 true",
    "no",
    "cn:< file:///x",
    "y:\t q",
]


@pytest.mark.requires("python:ldap")
@untimed
@given(
    st.sampled_from(["", "dn: a=b\n", "dn: a=b\nchangetype: modify\nadd: cn\n"]),
    st.lists(st.sampled_from(LINES), max_size=12).map("\n".join),
    st.sampled_from(["", "\n", "\n\n", "\r\n"]),
)
def test_any_ldif_is_read_as_by_python_ldap(start: str, text: str, end: str) -> None:
    for method in ("parse", "parse_change_records"):
        expression = f"parsed({start + text + end!r}, {method!r})"
        assert outcome("fakeldapd.", expression) == outcome("", expression)


@pytest.mark.requires("python:ldap")
@untimed
@given(st.binary(max_size=200), st.integers(2, 90), st.sampled_from(["cn", "userCertificate;binary"]))
def test_any_value_is_written_as_by_python_ldap(value: bytes, cols: int, name: str) -> None:
    expression = f"written('cn=é', {{{name!r}: [{value!r}]}}, cols={cols})"
    assert outcome("fakeldapd.", expression) == outcome("", expression)


def _result(function: Any, *arguments: Any) -> Any:
    try:
        return plain(function(*arguments))
    except Exception as error:
        return plain(error)
