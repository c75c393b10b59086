"""OpenLDAP's command-line tools, as people use them."""

import subprocess

import pytest
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, BASE, PASSWORD
from oracle.steps import ALICE, GROUPS, PEOPLE

TOOLS = ("ldapsearch", "ldapadd", "ldapmodify", "ldapmodrdn", "ldapdelete", "ldapcompare", "ldapwhoami", "ldappasswd")
pytestmark = pytest.mark.requires(*TOOLS)
AS_ADMIN = ("-D", ADMIN, "-w", PASSWORD)
AS_ALICE = ("-D", ALICE, "-w", "alice-secret")


def run(server: Fakeldapd, tool: str, *arguments: str, text: str = "") -> tuple[int, str]:
    """The exit code and everything the tool wrote."""
    command = [tool, "-x", "-H", f"ldap://127.0.0.1:{server.port}", *arguments]
    environment = {"LDAPNOINIT": "1", "PATH": "/usr/bin:/bin:/usr/local/bin"}
    done = subprocess.run(
        command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, timeout=60
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        ((), 0, "dn: uid=alice,ou=people,dc=example,dc=com"),
        (("(uid=alice)", "cn"), 0, "cn: Alice Adams"),
        (("-s", "base"), 0, "numEntries: 1"),
        (("-s", "one", "1.1"), 0, "dn: ou=people,dc=example,dc=com"),
        (("-s", "children", "(uid=*)", "1.1"), 0, "dn: uid=dave,ou=people,dc=example,dc=com"),
        (("(sn=nobody)",), 0, "result: 0 Success"),
        (("(uid=carol)", "cn"), 0, "cn:: Q2Fyb2wgSm9zw6k="),
        (("-z", "2"), 4, "result: 4 Size limit exceeded"),
        (("-l", "5", "(uid=bob)", "+"), 0, "entryDN: uid=bob,ou=people,dc=example,dc=com"),
        (("-A", "(uid=bob)"), 0, "cn:\n"),
        (("-a", "always", "-b", f"cn=to-alice,ou=aliases,{BASE}"), 0, "dn: uid=alice,ou=people,dc=example,dc=com"),
        (("-b", f"ou=none,{BASE}"), 32, f"matchedDN: {BASE}"),
        (("-b", "garbage"), 34, "Invalid DN syntax"),
        (("-b", f"cn=remote,ou=referrals,{BASE}"), 10, "ref: ldap://other.example/ou=remote,dc=example,dc=com??sub"),
        (("-M", "-b", f"cn=remote,ou=referrals,{BASE}"), 0, "dn: cn=remote,ou=referrals,dc=example,dc=com"),
        (("-b", "", "-s", "base", "+"), 0, f"namingContexts: {BASE}"),
        (("-b", "cn=Subschema", "-s", "base", "attributeTypes"), 0, "attributeTypes: ( 2.5.4.3"),
        (("(uid=alice)", "@person"), 0, "sn: Adams\n"),
        (("-s", "base", "(&)", "1.1"), 0, "numEntries: 1"),
        (("-s", "base", "(|)", "1.1"), 0, "result: 0 Success"),
        (("(cn;lang-de=Alice Ädams)", "cn;lang-de-at"), 0, "cn;lang-de-at:: QWxpY2Ugw4RkYW1lcmw="),
        (("(uid=alice)", "cn;lang-de-"), 0, "cn;lang-de-at:: QWxpY2Ugw4RkYW1lcmw="),
        (("-P", "2"), 2, "historical protocol version requested"),
        (("-e", "!1.2.3.4"), 12, "critical extension is not recognized"),
        (("-ZZ",), 1, "unsupported extended operation"),
        (("-D", ALICE, "-w", "wrong"), 49, "Invalid credentials"),
        (("-D", ALICE, "-w", "alice-secret", "(uid=alice)", "userPassword"), 0, "userPassword:: YWxpY2Utc2VjcmV0"),
    ],
)
def test_ldapsearch(readable: Fakeldapd, arguments: tuple[str, ...], code: int, expected: str) -> None:
    where = () if "-b" in arguments else ("-b", BASE)
    got, written = run(readable, "ldapsearch", "-o", "ldif-wrap=no", *where, *arguments)
    assert got == code, written
    assert expected in written


@pytest.mark.parametrize(
    ("identity", "expected"), [((), "anonymous"), (AS_ALICE, f"dn:{ALICE}"), (AS_ADMIN, f"dn:{ADMIN}")]
)
def test_ldapwhoami(readable: Fakeldapd, identity: tuple[str, ...], expected: str) -> None:
    assert run(readable, "ldapwhoami", *identity) == (0, expected + "\n")


@pytest.mark.parametrize(
    ("assertion", "code", "expected"),
    [
        ("cn:ALICE  adams", 6, "TRUE"),
        ("cn:Bob", 5, "FALSE"),
        ("pager:1", 16, "No such attribute"),
        ("foo:x", 17, "Undefined"),
    ],
)
def test_ldapcompare(readable: Fakeldapd, assertion: str, code: int, expected: str) -> None:
    got, written = run(readable, "ldapcompare", ALICE, assertion)
    assert got == code
    assert expected in written


def test_ldapadd(writable: Fakeldapd) -> None:
    text = f"dn: cn=new,{PEOPLE}\nobjectClass: person\ncn: new\nsn:: w6Q=\ndescription: folded\n  line\n"
    assert run(writable, "ldapadd", *AS_ADMIN, text=text)[0] == 0
    code, written = run(writable, "ldapsearch", "-b", BASE, "(sn=Ä)", "description")
    assert code == 0
    assert "description: folded line" in written
    code, written = run(writable, "ldapadd", *AS_ADMIN, text=text)
    assert code == 68
    assert "Already exists" in written
    code, written = run(writable, "ldapadd", *AS_ALICE, text=text.replace("cn=new", "cn=newer"))
    assert code == 50
    assert "no write access to parent" in written


def test_ldapmodify(writable: Fakeldapd) -> None:
    changes = f"""\
dn: {ALICE}
changetype: modify
replace: title
title: Chief
-
add: description
description: added
-
delete: mail
mail: alice@example.com
-
increment: uidNumber
uidNumber: 5
-

dn: uid=bob,{PEOPLE}
changetype: modrdn
newrdn: uid=robert
deleteoldrdn: 1
newsuperior: {GROUPS}

dn: uid=dave,{PEOPLE}
changetype: delete

dn: uid=erin,{PEOPLE}
changetype: add
objectClass: account
uid: erin
"""
    code, written = run(writable, "ldapmodify", *AS_ADMIN, text=changes)
    assert code == 0, written
    _, written = run(writable, "ldapsearch", "-b", ALICE, "-s", "base", "title", "description", "mail", "uidNumber")
    for expected in ("title: Chief", "description: added", "mail: Alice.Adams@example.org", "uidNumber: 1005"):
        assert expected in written
    assert "mail: alice@example.com" not in written
    _, written = run(writable, "ldapsearch", "-b", BASE, "(|(uid=robert)(uid=dave)(uid=erin))", "uid")
    assert f"dn: uid=robert,{GROUPS}" in written
    assert f"dn: uid=erin,{PEOPLE}" in written
    assert f"dn: uid=dave,{PEOPLE}" not in written


def test_ldapmodrdn(writable: Fakeldapd) -> None:
    assert run(writable, "ldapmodrdn", *AS_ADMIN, "-r", ALICE, "uid=alicia") == (0, "")
    assert run(writable, "ldapmodrdn", *AS_ADMIN, PEOPLE, "ou=persons")[0] == 0
    code, written = run(writable, "ldapsearch", "-b", f"uid=alicia,ou=persons,{BASE}", "-s", "base", "uid")
    assert code == 0
    assert "uid: alicia" in written


def test_ldapdelete(writable: Fakeldapd) -> None:
    code, written = run(writable, "ldapdelete", *AS_ADMIN, PEOPLE)
    assert code == 66
    assert "subordinate objects must be deleted first" in written
    assert run(writable, "ldapdelete", *AS_ADMIN, ALICE) == (0, "")
    assert run(writable, "ldapdelete", *AS_ADMIN, ALICE)[0] == 32
    assert run(writable, "ldapdelete", "-r", *AS_ADMIN, GROUPS) == (0, "")


def test_ldappasswd(writable: Fakeldapd) -> None:
    assert run(writable, "ldappasswd", *AS_ALICE, "-a", "alice-secret", "-s", "changed") == (0, "")
    assert run(writable, "ldapwhoami", *AS_ALICE)[0] == 49
    assert run(writable, "ldapwhoami", "-D", ALICE, "-w", "changed")[0] == 0
    code, written = run(writable, "ldappasswd", *AS_ADMIN, ALICE)
    assert code == 0
    generated = written.split("New password: ")[1].strip()
    assert run(writable, "ldapwhoami", "-D", ALICE, "-w", generated) == (0, f"dn:{ALICE}\n")
