"""Suites written for slapdtest: with slapd and python-ldap, with this server and either client."""

from pathlib import Path

import pytest
from shim_support.programs import run, write

SUITE = '''
import os, unittest
import ldap, slapdtest
from ldap.ldapobject import ReconnectLDAPObject, SimpleLDAPObject
from slapdtest import SlapdObject, SlapdTestCase, requires_init_fd, requires_ldapi, requires_sasl, requires_tls

slapdtest.SlapdObject.TMPDIR = os.environ["RUNDIR"]
BASE = """\\
dn: {suffix}
objectClass: dcObject
objectClass: organization
dc: slapd-test
o: slapd-test

dn: {root}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: Manager
userPassword: {password}

dn: cn=Foo,{suffix}
objectClass: organizationalRole
cn: Foo
"""
SHOES = """\\
dn: cn=shoes,cn=schema,cn=config
objectClass: olcSchemaConfig
cn: shoes
olcAttributeTypes: ( 1.3.6.1.4.1.56207.1.1.9 NAME 'shoeSize' EQUALITY integerMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 )
"""
PERSON = """\\
dn: cn={0},o=other
objectClass: inetOrgPerson
cn: {0}
sn: {0}
userPassword: p{0}
"""


class Case(SlapdTestCase):
    ldap_object_class = SimpleLDAPObject

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        server = cls.server
        server.ldapadd(BASE.format(suffix=server.suffix, root=server.root_dn, password=server.root_pw))

    def names(self):
        found = self._open_ldap_conn().search_s(self.server.suffix, ldap.SCOPE_SUBTREE, attrlist=["1.1"])
        return sorted(dn.partition(",")[0] for dn, _ in found)

    def role(self, name):
        return f"dn: cn={name},{self.server.suffix}\\nobjectClass: organizationalRole\\ncn: {name}\\n"


class TestIt(Case):
    def test_the_administrator(self):
        self.assertEqual(self._open_ldap_conn().whoami_s(), "dn:" + self.server.root_dn)
        with self.assertRaises(ldap.INVALID_CREDENTIALS):
            self._open_ldap_conn(self.server.root_dn, "wrong")

    def test_everybody_reads(self):
        found = ldap.initialize(self.server.ldap_uri).search_s(self.server.root_dn, ldap.SCOPE_BASE)
        self.assertEqual(found[0][1]["userPassword"], [b"password"])

    @requires_ldapi()
    @requires_sasl()
    def test_local(self):
        connection = ldap.initialize(self.server.ldapi_uri)
        connection.sasl_external_bind_s()
        self.assertEqual(connection.whoami_s(), "dn:" + self.server.root_dn.lower())

    @requires_tls()
    @requires_sasl()
    def test_certificates(self):
        connection = ldap.initialize(self.server.ldap_uri)
        connection.set_option(ldap.OPT_X_TLS_CACERTFILE, self.server.cafile)
        connection.set_option(ldap.OPT_X_TLS_CERTFILE, self.server.clientcert)
        connection.set_option(ldap.OPT_X_TLS_KEYFILE, self.server.clientkey)
        connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_HARD)
        connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        connection.start_tls_s()
        connection.sasl_external_bind_s()
        self.assertEqual(connection.whoami_s().lower(), "dn:cn=client,ou=slapd-test,o=python-ldap,c=de")

    @requires_init_fd()
    def test_is_here(self):
        self.assertTrue(ldap.INIT_FD_AVAIL)

    def test_changes(self):
        server = self.server
        server.ldapadd(self.role("One"))
        server.ldapmodify(f"dn: cn=One,{server.suffix}\\nchangetype: modify\\nreplace: street\\nstreet: x\\n")
        server.slapadd(f"dn: ou=Two,{server.suffix}\\nobjectClass: organizationalUnit\\nou: Two\\n")
        server.ldapadd(f"dn: cn=Three,ou=Two,{server.suffix}\\nobjectClass: organizationalRole\\ncn: Three\\n")
        self.assertEqual(self.names(), ["cn=Foo", "cn=Manager", "cn=One", "cn=Three", "dc=slapd-test", "ou=Two"])
        self.assertEqual(self._open_ldap_conn().read_s(f"cn=One,{server.suffix}")["street"], [b"x"])
        with self.assertRaisesRegex(RuntimeError, "not allowed on non-leaf"):
            server.ldapdelete(f"ou=Two,{server.suffix}")
        server.ldapdelete(f"ou=Two,{server.suffix}", recursive=True)
        server.ldapmodify(f"dn: cn=One,{server.suffix}\\nchangetype: modrdn\\nnewrdn: cn=First\\ndeleteoldrdn: 1\\n")
        server.ldapmodify(f"dn: cn=First,{server.suffix}\\nchangetype: delete\\n")
        self.assertEqual(self.names(), ["cn=Foo", "cn=Manager", "dc=slapd-test"])

    def test_what_goes_wrong(self):
        server = self.server
        with self.assertRaisesRegex(RuntimeError, r"ldap_add: Already exists \\(68\\)"):
            server.ldapadd(self.role("Foo"))
        with self.assertRaisesRegex(RuntimeError, r"(?s)Foo.*Bar.*Already exists"):
            server.ldapadd(self.role("Foo") + "\\n" + self.role("Bar"), ["-c"])
        self.assertIn("cn=Bar", self.names())
        server.ldapdelete(f"cn=Bar,{server.suffix}")
        with self.assertRaisesRegex(RuntimeError, r"No such object \\(32\\).n.tmatched DN: " + server.suffix):
            server.ldapdelete(f"cn=No,{server.suffix}")
        with self.assertRaises(RuntimeError):
            server.ldapadd("nonsense")
        with self.assertRaisesRegex(RuntimeError, "incompatible with previous authentication choice"):
            server.ldapwhoami(["-x"])

    def test_who(self):
        server = self.server
        local = b"dn:" + server.root_dn.lower().encode()
        self.assertEqual(server._cli_popen(server.PATH_LDAPWHOAMI)[0].strip().lower(), local)
        server.cli_sasl_external = 0
        try:
            self.assertEqual(server._cli_popen(server.PATH_LDAPWHOAMI)[0].strip(), b"dn:" + server.root_dn.encode())
            with self.assertRaisesRegex(RuntimeError, "-D previously specified"):
                server.ldapwhoami(["-D", ""])
            server.root_pw = "wrong"
            with self.assertRaisesRegex(RuntimeError, r"ldap_bind: Invalid credentials \\(49\\)"):
                server.ldapwhoami()
        finally:
            server.cli_sasl_external = 1
            del server.root_pw


class TestItsLife(SlapdTestCase):
    ldap_object_class = ReconnectLDAPObject
    names = Case.names

    @classmethod
    def setUpClass(cls):
        cls.server = cls.server_class()

    def setUp(self):
        server = self.server
        server.start()
        server.ldapadd(BASE.format(suffix=server.suffix, root=server.root_dn, password=server.root_pw))

    def tearDown(self):
        self.server.stop()
        self.server.stop()
        self.assertFalse(os.path.exists(self.server.testrundir))

    def test_restart(self):
        connection = self._open_ldap_conn()
        self.server.restart()
        self.assertEqual(connection.whoami_s(), "dn:" + self.server.root_dn)
        self.server.terminate()
        self.server.wait()
        with self.assertRaises(ldap.SERVER_DOWN):
            ldap.initialize(self.server.ldap_uri).whoami_s()
        self.server.resume()
        self.server.start()
        self.assertEqual(len(self.names()), 3)

    def test_begin_anew(self):
        self.server.stop()
        self.server.start()
        with self.assertRaises(ldap.NO_SUCH_OBJECT):
            self.names()
        self.server.ldapadd(BASE.format(suffix=self.server.suffix, root=self.server.root_dn, password="x"))

    def test_in_a_block(self):
        with SlapdObject() as other:
            self.assertNotEqual(other.port, self.server.port)
            other.ldapwhoami()
        self.assertIsNone(other._proc)

    def test_schema(self):
        self.server.slapadd(SHOES, ["-n0"])
        self.server.restart()
        with self.assertRaises(ldap.OBJECT_CLASS_VIOLATION):
            self._open_ldap_conn().modify_s(f"cn=Foo,{self.server.suffix}", [(ldap.MOD_ADD, "shoeSize", b"43")])


MORE = """
olcAccess: {0}to attrs=userPassword by anonymous auth by * none
olcAccess: {1}to * by users read

dn: cn=module{9},cn=config
objectClass: olcModuleList
cn: module{9}
olcModulePath: /usr/lib/ldap
olcModuleLoad: unique

dn: olcOverlay=unique,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcUniqueConfig
olcOverlay: unique
olcUniqueURI: ldap:///?cn?sub
"""


class OtherSlapd(SlapdObject):
    suffix = "o=other"
    root_cn = "boss"
    root_pw = "secret"
    openldap_schema_files = ("core.ldif", "cosine.ldif", "inetorgperson.ldif")

    def gen_config(self):
        text = super().gen_config().replace("olcAllows: bind_v2", "olcSizeLimit: 2\\nolcDisallows: bind_anon")
        return text.rstrip("\\n") + MORE


class TestOther(SlapdTestCase):
    ldap_object_class = SimpleLDAPObject
    server_class = OtherSlapd

    def test_it_is_as_configured(self):
        self.server.ldapadd("dn: o=other\\nobjectClass: organization\\no: other\\n")
        self.server.ldapadd("\\n".join(map(PERSON.format, "abc")))
        boss = self._open_ldap_conn()
        self.assertEqual(boss.whoami_s(), "dn:cn=boss,o=other")
        with self.assertRaises(ldap.CONSTRAINT_VIOLATION):
            boss.add_s("cn=a,cn=b,o=other", [("objectClass", b"organizationalRole"), ("cn", b"a")])
        user = self._open_ldap_conn("cn=a,o=other", "pa")
        self.assertEqual(set(user.read_s("cn=b,o=other")), {"objectClass", "cn", "sn"})
        with self.assertRaises(ldap.SIZELIMIT_EXCEEDED):
            user.search_s("o=other", ldap.SCOPE_SUBTREE)
        with self.assertRaises(ldap.INAPPROPRIATE_AUTH):
            ldap.initialize(self.server.ldap_uri).simple_bind_s()


if __name__ == "__main__":
    unittest.main()
'''
OURS_WITH_PYTHON_LDAP = """
import sys, unittest
import fakeldapd.slapdtest, fakeldapd.slapdtest._slapdtest
sys.modules["slapdtest"], sys.modules["slapdtest._slapdtest"] = fakeldapd.slapdtest, fakeldapd.slapdtest._slapdtest
unittest.main("suite", argv=["suite"])
"""
NEEDS = ("python:ldap", "slapd", "slapadd", "ldapadd", "ldapmodify", "ldapdelete", "ldapwhoami")
WAYS = {
    "slapd, python-ldap": pytest.param(("-m", "unittest", "suite"), marks=pytest.mark.requires(*NEEDS)),
    "fakeldapd, python-ldap": pytest.param(("ours.py",), marks=pytest.mark.requires("python:ldap")),
    "fakeldapd, the shim": pytest.param(("-m", "fakeldapd.ldap", "--", "-m", "unittest", "suite")),
}


@pytest.mark.parametrize("words", WAYS.values(), ids=WAYS)
def test_a_suite(words: tuple[str, ...], tmp_path: Path) -> None:
    write(tmp_path, {"suite": SUITE, "ours": OURS_WITH_PYTHON_LDAP})
    done = run(*words, cwd=tmp_path, RUNDIR=str(tmp_path))
    assert "\nOK\n" in done.err, done.err
    assert "Ran 13 tests" in done.err
    assert not list(tmp_path.glob("python-ldap-test-*"))
