"""Settings that are no good are refused in words that help."""

import re

import pytest

from fakeldapd.operations.directory import Directory
from fakeldapd.overlays.posix import compile_posix
from fakeldapd.overlays.setting import SettingError
from fakeldapd.overlays.table import read_overlays
from fakeldapd.schema.registry import Schema

WRONG = {
    "unique:unique_uri ldap:///?mail": "the scope must be sub",
    "unique:unique_uri strict": "needs a URL",
    "unique:unique_uri ldap://host/?mail?sub": "without a host",
    "unique:mail unique_uri ldap:///?mail?sub": "can't be used together",
    "unique:mail unique_ignore cn": "either",
    "unique:nonsense": "nonsense",
    "unique:unique_uri ldap:///o=elsewhere?mail?sub": "no naming context",
    "unique:unique_uri 'ldap:///": "No closing quotation",
    "constraint": "what is to be constrained",
    "constraint:mail regex": "is expected",
    "constraint:mail regex ((": "unterminated",
    "constraint:mail count many": "a number is expected",
    "constraint:mail set 'this &'": "a set is missing at the end",
    "constraint:mail set '& this'": "this, user, [...] or (...) is expected, and not '&'",
    "constraint:mail set 'this this'": "'this' is too much",
    "constraint:mail set '(this'": "')' is missing",
    "constraint:mail set 'this)'": "')' is too much",
    "constraint:mail set '[a'": "'[a' can't be read",
    "constraint:mail set THIS": "'THIS' can't be read",
    "constraint:mail set this/": "'/' can't be read",
    "constraint:mail set ''": "a set is missing",
    "constraint:mail set '[ldap:///dc=x??sub?(cn=]'": "(cn=",
    "constraint:mail length 3": "one of regex",
    "constraint:mail size 3 restrict=ldap:///?mail": "nothing but base",
    "constraint:mail size 3 elsewhere": "only restrict=URL",
    "constraint:mail uri ldap:///?": "must name attributes",
    "constraint:nonsense size 3": "nonsense",
    "retcode:retcode-item cn=x 1": "needs a retcode-parent",
    "retcode:retcode-parent dc=x retcode-item cn=x one": "a number is expected",
    "retcode:retcode-parent dc=x retcode-item cn=x 1 op=dance": "dance",
    "retcode:retcode-parent dc=x retcode-item cn=x 1 ref=ldap://h": "code 10",
    "retcode:retcode-parent dc=x retcode-item cn=x 1 flags=x": "disconnect",
    "retcode:retcode-parent dc=x retcode-item x 1": "no RDN",
    "retcode:retcode-sleep": "takes one value",
    "valsort": "which values",
    "valsort:mail dc=x": "is expected",
    "valsort:mail dc=x upwards": "weighted or one of",
    "valsort:mail dc=x numeric-ascend": "can't be sorted",
    "valsort:uidNumber dc=x alpha-ascend": "can't be sorted",
    "dynlist": "which entries",
    "dynlist:groupOfURLs": "is expected",
    "dynlist:groupOfURLs mail": "not for URLs",
    "dynlist:nonsense memberURL": "nonsense",
    "dynlist:groupOfURLs memberURL mail": "not DNs",
    "dynlist:groupOfURLs memberURL member+mail": "not DNs",
    "dynlist:groupOfURLs memberURL member+memberOf@nonsense": "nonsense",
    "dynlist:groupOfURLs memberURL cn:mail+memberOf": "can't have a memberOf",
    "dynlist:groupOfURLs memberURL nonsense:mail": "nonsense",
    "dynlist:groupOfURLs memberURL cn:nonsense": "nonsense",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_said(text: str) -> None:
    schema = Schema.load()
    with pytest.raises(SettingError, match=re.escape(WRONG[text])):
        Directory(schema, [schema.dn(b"dc=example,dc=com")], overlays=read_overlays([text]))


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        (r"^[\w]$", (b"\\", b"w"), (b"a",)),
        (r"^[]]$", (b"]",), (b"a",)),
        (r"^[^]a-c-]$", (b"d",), (b"a", b"]", b"-")),
        (r"^[[:digit:]_]+$", (b"1_2",), (b"a", b"1\n")),
        (r"^a.c$", (b"a\nc",), (b"ac",)),
        (r"\.x\$$", (b".x$",), (b"ax$",)),
        (r"\<b\>", (b"a b c",), (b"abc",)),
        (r"^(a|b){2,3}$", (b"ab", b"aba"), (b"a", b"abab")),
        ("^é$", ("é".encode(),), (b"e",)),
        (r"^\y$", (b"y",), (b"x",)),
    ],
)
def test_regular_expressions_are_those_of_posix(
    pattern: str, fits: tuple[bytes, ...], fits_not: tuple[bytes, ...]
) -> None:
    compiled = compile_posix(pattern)
    assert all(compiled.search(value) for value in fits)
    assert not any(compiled.search(value) for value in fits_not)


@pytest.mark.parametrize("pattern", ["*a", "a**", "a+?", "[a", "a\\", "[[:none:]]", "(", "[z-a]"])
def test_what_is_no_regular_expression_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        compile_posix(pattern)
