"""ldaptor's client, on a reactor of its own in a process of its own: the test run has none."""

import subprocess
import sys

from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, BASE, PASSWORD

PROGRAM = """
import sys
from ldaptor.protocols.ldap import ldaperrors, ldapclient, ldapsyntax
from twisted.internet import defer, endpoints, protocol, reactor, task

PORT, BASE, ADMIN, PASSWORD = int(sys.argv[1]), *sys.argv[2:]


@defer.inlineCallbacks
def main(reactor):
    endpoint = endpoints.HostnameEndpoint(reactor, "127.0.0.1", PORT)
    client = yield endpoints.connectProtocol(endpoint, ldapclient.LDAPClient())
    yield client.bind(ADMIN, PASSWORD)
    base = ldapsyntax.LDAPEntry(client, BASE)
    found = yield base.search(filterText="(uid=alice)")
    print([entry.dn.getText() for entry in found], sorted(v.decode() for v in found[0].get("mail")))
    people = ldapsyntax.LDAPEntry(client, "ou=people," + BASE)
    new = yield people.addChild("cn=new", {"objectClass": ["person"], "cn": ["new"], "sn": ["N"]})
    new["sn"] = ["M"]
    yield new.commit()
    yield new.move("cn=newer,ou=groups," + BASE)
    yield ldapsyntax.LDAPEntry(client, "cn=newer,ou=groups," + BASE).delete()
    try:
        yield ldapsyntax.LDAPEntry(client, "cn=newer,ou=groups," + BASE).fetch()
    except ldaperrors.LDAPNoSuchObject:
        print("gone")
    yield ldapsyntax.LDAPEntry(client, "uid=alice,ou=people," + BASE).setPassword(b"changed")
    yield client.unbind()


task.react(main)
"""


def test_ldaptor(writable: Fakeldapd) -> None:
    arguments = [sys.executable, "-W", "ignore", "-c", PROGRAM, str(writable.port), BASE, ADMIN, PASSWORD]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "['uid=alice,ou=people,dc=example,dc=com'] ['Alice.Adams@example.org', 'alice@example.com']",
        "gone",
    ]
