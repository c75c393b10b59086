"""The text of rules, up to words."""

import base64

import pytest

from fakeldapd.operations.access.words import AccessSyntaxError, directives, split

ENCODED = base64.b64encode(b"{0}to * by self write").decode()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("to * by * read", ["to", "*", "by", "*", "read"]),
        ("  to\t*  ", ["to", "*"]),
        ('dn="ou=a b,dc=c" x', ["dn=ou=a b,dc=c", "x"]),
        ('a"b c"d', ["ab cd"]),
        (r"a\ b c\\d", ["a b", "c\\d"]),
        (r'"a\"b"', ['a"b']),
        ('""', [""]),
        ("", []),
    ],
)
def test_words(line: str, words: list[str]) -> None:
    assert split(line, "here") == words


def test_an_open_quote() -> None:
    with pytest.raises(AccessSyntaxError, match=r'^here: a quote \("\) is not closed$'):
        split('to dn="x', "here")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("to * by * read", ["f:1: to * by * read"]),
        ("access to * by * read", ["f:1: to * by * read"]),
        ("access to *\n  by self write\n\tby * read\n", ["f:1: to * by self write by * read"]),
        ("# a comment\n  that goes on\n\nto * by * read # no comment", ["f:4: to * by * read # no comment"]),
        ("to a\n# x\nto b", ["f:1: to a", "f:3: to b"]),
        ("{0}to a\n{1}to b", ["f:1: to a", "f:2: to b"]),
        ("{1}to b\n{0}to a", ["f:2: to a", "f:1: to b"]),
        ("{1}to b\nto a", ["f:1: to b", "f:2: to a"]),
        ("olcAccess: {1}to b\nolcAccess: {0}to a", ["f:2: to a", "f:1: to b"]),
        ("olcAccess: to a\nolcAccess: to b", ["f:1: to a", "f:2: to b"]),
        ("OLCACCESS:{0}to dn=ab\n cd by *\n  x", ["f:1: to dn=abcd by * x"]),
        (f"olcAccess:: {ENCODED}", ["f:1: to * by self write"]),
        (
            "dn: olcDatabase={1}mdb,cn=config\nchangetype: modify\nreplace: olcAccess\n"
            "olcAccess: {0}to *\n  by * read\n-\n",
            ["f:4: to * by * read"],
        ),
        (
            "dn: olcDatabase={-1}frontend,cn=config\nolcAccess: {1}to d\nolcAccess: {0}to c\n\n"
            "dn: olcDatabase={0}config,cn=config\nolcAccess: {0}to * by * none\n\n"
            "dn: olcDatabase={1}mdb,cn=config\nolcAccess: {1}to b\nolcAccess: {0}to a\n",
            ["f:10: to a", "f:9: to b", "f:3: to c", "f:2: to d"],
        ),
        ("dn: cn=x\nolcSuffix: dc=x\n", []),
        ("", []),
    ],
)
def test_directives(text: str, found: list[str]) -> None:
    assert [f"{d.where}: {' '.join(d.words)}" for d in directives(text, "f")] == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("index cn eq", "f:1: 'index' is no access rule; one begins with 'access to' or 'to'"),
        ("to *\nsuffix dc=x", "f:2: 'suffix' is no access rule; one begins with 'access to' or 'to'"),
        (
            "dn: olcDatabase={1}mdb,cn=config\nolcAccess: to a\n\ndn: olcDatabase={2}mdb,cn=config\nolcAccess: to b\n",
            "f:5: rules of a second database; here the same rules are for all naming contexts",
        ),
        ("olcAccess:: %%%", "f:1: the base64 of this olcAccess can't be read"),
    ],
)
def test_what_is_no_rule(text: str, said: str) -> None:
    with pytest.raises(AccessSyntaxError) as caught:
        directives(text, "f")
    assert str(caught.value) == said
