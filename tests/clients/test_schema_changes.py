"""A schema added to the running server with OpenLDAP's tools, as a person does it: LDIF for slapd, unchanged."""

import subprocess
from collections.abc import Iterator

import pytest
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, BASE, PASSWORD

pytestmark = pytest.mark.requires("ldapadd", "ldapmodify", "ldapsearch")

PRINTERS = """\
dn: cn=printers,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: printers
olcObjectIdentifier: printers 1.3.6.1.4.1.99999
olcAttributeTypes: ( printers:1 NAME 'tray'
  DESC 'where the paper is' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
olcObjectClasses: ( printers:2 NAME 'printer' SUP device STRUCTURAL MUST tray )
"""
ENTRY = f"""\
dn: {BASE}
objectClass: domain
dc: example

dn: cn=laser,{BASE}
objectClass: printer
cn: laser
tray: Upper
"""
COLOURS = """\
dn: cn={7}printers,cn=schema,cn=config
changetype: modify
add: olcAttributeTypes
olcAttributeTypes: ( printers:3 NAME 'colours' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
-
delete: olcObjectClasses
olcObjectClasses: {0}
-
add: olcObjectClasses
olcObjectClasses: ( printers:2 NAME 'printer' SUP device STRUCTURAL MUST tray MAY colours )
-
"""
FOUR = f"""\
dn: cn=laser,{BASE}
changetype: modify
add: colours
colours: 4
-
"""


@pytest.fixture
def server() -> Iterator[Fakeldapd]:
    with Fakeldapd() as server:
        yield server


def run(server: Fakeldapd, tool: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [tool, "-x", "-H", f"ldap://127.0.0.1:{server.port}", "-D", ADMIN, "-w", PASSWORD, *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=30)


def test_a_schema_is_added_used_and_changed(server: Fakeldapd) -> None:
    for tool, text in (("ldapadd", PRINTERS), ("ldapadd", ENTRY), ("ldapmodify", COLOURS), ("ldapmodify", FOUR)):
        done = run(server, tool, text=text)
        assert (done.returncode, done.stderr) == (0, "")
    options = ("-LLL", "-o", "ldif-wrap=no")
    found = run(server, "ldapsearch", *options, "-b", BASE, "(tray=UPPER)", "colours")
    assert found.stdout == f"dn: cn=laser,{BASE}\ncolours: 4\n\n"
    found = run(
        server, "ldapsearch", *options, "-b", "cn=schema,cn=config", "-s", "one", "(cn={7}printers)", "olcObjectClasses"
    )
    assert found.stdout.splitlines()[1] == (
        "olcObjectClasses: {0}( printers:2 NAME 'printer' SUP device STRUCTURAL MUST tray MAY colours )"
    )
    found = run(server, "ldapsearch", *options, "-b", "cn=Subschema", "-s", "base", "objectClasses")
    assert "( 1.3.6.1.4.1.99999.2 NAME 'printer' SUP device STRUCTURAL MUST tray MAY colours )" in found.stdout


def test_what_is_wrong_with_a_schema_is_said(server: Fakeldapd) -> None:
    done = run(server, "ldapadd", text=PRINTERS.replace("SUP device", "SUP nosuch"))
    assert done.returncode == 80
    assert 'additional info: olcObjectClasses: ObjectClass not found: "nosuch"' in done.stderr
