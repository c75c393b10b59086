"""Reading access rules: what slapd takes is taken, what it refuses is refused, and what isn't supported is named."""

import subprocess
from pathlib import Path

import pytest
from oracle.slapd import program

from fakeldapd.operations.access.parse import REFUSED, read_rules
from fakeldapd.operations.access.words import AccessSyntaxError, directives
from fakeldapd.schema.registry import Schema

PEOPLE = "ou=people,dc=example,dc=com"

GOOD = [
    "to * by * read",
    "TO * BY * READ",
    "to * by *",
    "to * by read",
    "to * by * stop",
    "to * by * break by users read",
    "to * by * none stop by users write continue",
    "to * by * =rscxd",
    "to * by * =",
    "to * by * +0",
    "to * by * -w",
    "to * by * =azw",
    "to * by * =RS",
    "to * by anonymous auth by users read by self write",
    "to * by self.level{1} read by self.level{-2} write",
    "to * by self.exact read",
    f"to dn={PEOPLE} by * read",
    f'to dn.exact="{PEOPLE}" by * read',
    f'to dn.baseObject="{PEOPLE}" by * read',
    f'to dn.one="{PEOPLE}" by * read',
    f'to dn.ONELEVEL="{PEOPLE}" by * read',
    f'to dn.sub="{PEOPLE}" by * read',
    f'to dn.children="{PEOPLE}" by * read',
    'to dn.subtree="" by * read',
    'to dn.base="" by * read',
    'to dn="*" by * read',
    'to dn.regex="" by * read',
    'to dn.regex=".*" by * read',
    'to dn.regex="^uid=([^,]+), ou=people" by dn.regex="^uid=$1,.*$$" read',
    'to dn.regex="[[:digit:]]+{2,3}(a|b)?" by * read',
    'to filter="(&(objectClass=person)(cn=a*))" by * read',
    "to filter=(cn=x) attrs=cn by * read",
    "to attrs=cn,sn by * read",
    "to attrs=entry,children by * read",
    "to attrs=@person by * read",
    "to attrs=!person by * read",
    "to attrs=person by * read",
    "to attrs=2.5.4.3 by * read",
    "to attr=cn by * read",
    "to attrs=cn attrs=sn by * read",
    f"to * by dn={PEOPLE} read",
    f'to * by dn.one="{PEOPLE}" read by dn.subtree="{PEOPLE}" read by dn.children="{PEOPLE}" read',
    f'to * by dn.level{{2}}="{PEOPLE}" read',
    "to * by dn.regex read",
    'to * by dn.regex="" read',
    'to * by dn.regex=".+" read',
    'to * by dn.regex=".*" read',
    'to dn.regex="(.*)" by dn.exact,expand="$1" read',
    'to dn.regex="(.*)" by dn.subtree,expand="${1}" read',
    "to * by dnattr=member read",
    "to * by dnattr=uniqueMember read",
    f'to * by group="{PEOPLE}" read',
    f'to * by group/groupOfUniqueNames/uniqueMember="{PEOPLE}" read',
    f'to * by group/groupOfNames="{PEOPLE}" read',
    f'to * by group/groupOfNames/member.exact="{PEOPLE}" read',
    'to dn.regex="(.*)" by group.expand="cn=x,$1" read',
    "to * by ssf=128 read by tls_ssf=1 read by transport_ssf=71 read by sasl_ssf=1 read",
    f'to * by users ssf=5 dnattr=member group="{PEOPLE}" read',
    'to * by dn.regex="a{1,2}$$" read',
    'to dn.regex="a\\\\.b" by * read',
]
BAD = [
    "by * read",
    "to *",
    "to",
    "to * by",
    "to * to * by * read",
    "to * read",
    "to * by * reed",
    "to * by * read read",
    "to * by * =q",
    "to * by * read stop stop",
    "to * by users anonymous read",
    "to * by * self read",
    "to * by someone read",
    "to foo=bar by * read",
    "to cn by * read",
    "to dn.foo=x by * read",
    "to dn.level{1}=dc=com by * read",
    "to dn=garbage by * read",
    "to dn=dc=a dn=dc=b by * read",
    'to dn.regex="(" by * read',
    'to dn.regex="*a" by * read',
    'to dn.regex="[a" by * read',
    'to filter="(cn=" by * read',
    "to attrs=noSuch by * read",
    "to attrs=@noSuch by * read",
    "to * by dn= read",
    "to * by dn=garbage read",
    "to * by dn.foo=dc=com read",
    "to * by dn.level{x}=dc=com read",
    "to * by dn.level{-1}=dc=com read",
    "to * by dn.exact,expand=dc=com read",
    "to * by dn.regex,expand=x$1 read",
    'to * by dn.regex="(" read',
    "to * by dnattr=cn read",
    "to * by dnattr= read",
    "to * by dnattr=noSuch read",
    "to * by dnattr=member dnattr=owner read",
    "to * by group= read",
    "to * by group=garbage read",
    "to * by group.one=dc=com read",
    "to * by group/noSuch=dc=com read",
    "to * by group/person=dc=com read",
    "to * by group/groupOfNames/cn=dc=com read",
    "to * by group=dc=com group=dc=com read",
    "to * by ssf=0 read",
    "to * by ssf=x read",
    "to * by ssf= read",
    "to * by ssf=1 ssf=2 read",
]


@pytest.fixture(scope="module")
def schema() -> Schema:
    return Schema.load(("core", "cosine", "inetorgperson"))


def read(schema: Schema, text: str) -> None:
    read_rules(schema, directives(text, "rules"))


@pytest.mark.parametrize("text", GOOD)
def test_good(schema: Schema, text: str) -> None:
    read(schema, text)


@pytest.mark.parametrize("text", BAD)
def test_bad(schema: Schema, text: str) -> None:
    with pytest.raises(AccessSyntaxError, match=r"^rules:1: ."):
        read(schema, text)


@pytest.mark.requires("slapd")
@pytest.mark.parametrize("text", [*GOOD, *BAD])
def test_slapd_says_the_same(text: str, tmp_path: Path) -> None:
    schemas = "\n".join(f"include /etc/ldap/schema/{name}.schema" for name in ("core", "cosine", "inetorgperson"))
    (tmp_path / "slapd.conf").write_text(f"{schemas}\naccess {text}\n")
    done = subprocess.run(
        [str(program()), "-Tt", "-Q", "-u", "-f", tmp_path / "slapd.conf"], capture_output=True, text=True
    )
    assert (done.returncode == 0) == (text in GOOD), done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("to attrs= by * read", "no name behind 'attrs='"),
        *((f"to * by {name}=x read", f"'{name}' is not supported") for name in REFUSED if name != "dynacl"),
        ("to * by dynacl/aci=x read", "'dynacl/aci' is not supported"),
        ("to * by aci read", "'aci' is not supported"),
        ("to * by realusers read", "'realusers' is not supported; 'users' is"),
        ("to * by realdn.exact=dc=com read", "'realdn' is not supported; 'dn' is"),
        ("to * by realdnattr=member read", "'realdnattr' is not supported; 'dnattr' is"),
        ("to * by users selfwrite", "'selfwrite' is not supported"),
        ("to * by users realselfread", "'realselfread' is not supported"),
        ("to attrs=cn val=x by * read", "val= is not supported"),
        ("to attrs=cn val/caseExactMatch.regex=x by * read", "val= is not supported"),
        ("to attrs=cn;lang-de by * read", "options of attributes are not supported"),
        ("to * by dnattr=member;lang-de read", "options of attributes are not supported"),
    ],
)
def test_what_is_not_supported_is_named(schema: Schema, text: str, said: str) -> None:
    with pytest.raises(AccessSyntaxError) as caught:
        read(schema, text)
    assert said in str(caught.value)
