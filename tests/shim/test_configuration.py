"""slapd's configuration as settings: what is understood, and that the rest is refused by its name."""

from pathlib import Path
from typing import Any

import pytest

from fakeldapd.slapdtest import SlapdObject
from fakeldapd.slapdtest.configuration import ConfigurationError, schema_name, schemas_of, settings_of

DATABASE = """\
dn: olcDatabase={1}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {1}mdb
olcSuffix: dc=x
olcRootDN: cn=boss,dc=x
olcRootPW: secret
olcDbDirectory: /tmp
olcDbIndex: cn eq
"""
GLOBAL = "dn: cn=config\nobjectClass: olcGlobal\ncn: config\nolcLogLevel: stats\n"
PLAIN = {
    "base": ["dc=x"],
    "admin_dn": "cn=boss,dc=x",
    "admin_password": "secret",
    "access": ["to * by * read"],
    "schema": ("core",),
}


def overlay(text: str) -> str:
    return f"{DATABASE}\ndn: olcOverlay={{0}}x,olcDatabase={{1}}mdb,cn=config\n{text}".replace("{0}x", text.split()[1])


CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "nothing special": (f"{GLOBAL}\n{DATABASE}", {}),
    "no password": (DATABASE.replace("olcRootPW: secret\n", ""), {"admin_password": None}),
    "words": (
        f"{GLOBAL}olcAllows: bind_v2 bind_anon_cred\nolcDisallows: bind_anon\nolcRequires: authc\n"
        f"olcSecurity: ssf=1 tls=2\nolcRestrict: add\n\n{DATABASE}olcRestrict: delete\n",
        {
            "allow": ["bind_v2", "bind_anon_cred"],
            "disallow": ["bind_anon"],
            "require": ["authc"],
            "security": ["ssf=1", "tls=2"],
            "restrict": ["add", "delete"],
        },
    ),
    "limits": (
        f"{GLOBAL}olcSizeLimit: 5\nolcIdleTimeout: 7\n\n{DATABASE}olcTimeLimit: unlimited\nolcLimits: {{0}}* size=9\n",
        {"size_limit": 5, "idle_timeout": 7.0, "time_limit": 0, "limits": ["* size=9"]},
    ),
    "access": (
        f"{DATABASE}olcAccess: {{0}}to attrs=cn by * none\nolcAccess: {{1}}to * by * write\nolcReadOnly: TRUE\n",
        {"access": ["to attrs=cn by * none", "to * by * write"], "read_only": True},
    ),
    "access of the frontend": (
        "dn: olcDatabase={-1}frontend,cn=config\nolcAccess: to * by * none\nolcSizeLimit: 9\n\n"
        f"{DATABASE}olcAccess: to attrs=cn by * read\n",
        {"access": ["to attrs=cn by * read", "to * by * none"], "size_limit": 9},
    ),
    "the database of the configuration": (
        f"dn: olcDatabase={{0}}config,cn=config\nolcDatabase: {{0}}config\nolcAccess: to * by * none\n\n{DATABASE}",
        {},
    ),
    "certificates": (
        f"{GLOBAL}olcTLSCACertificateFile: /a\nolcTLSCertificateFile: /b\nolcTLSCertificateKeyFile: /c\n"
        f"olcTLSVerifyClient: hard\n\n{DATABASE}",
        {"tls_ca": "/a", "tls_cert": "/b", "tls_key": "/c", "tls_client_cert": "demand"},
    ),
    "no certificate": (f"{GLOBAL}olcTLSCACertificateFile: /a\nolcTLSVerifyClient: try\n\n{DATABASE}", {}),
    "names of SASL": (
        f'{GLOBAL}olcAuthzRegexp: {{0}}"uid=(.*)" "cn=$1"\nolcAuthzPolicy: To\nolcSaslSecProps: none\n\n{DATABASE}',
        {"authz_regexp": ['"uid=(.*)" "cn=$1"'], "authz_policy": "to", "sasl_secprops": "none"},
    ),
    "modules": (f"dn: cn=module{{0}},cn=config\nolcModuleLoad: syncprov\n\n{DATABASE}", {}),
    "memberof": (
        overlay("olcOverlay: memberof\nolcMemberOfRefInt: TRUE\nolcMemberOfDN: cn=a b,dc=x\n"),
        {"overlay": ["memberof:refint=TRUE dn='cn=a b,dc=x'"]},
    ),
    "refint": (
        overlay("olcOverlay: refint\nolcRefintAttribute: member manager\nolcRefintNothing: cn=no\n"),
        {"overlay": ["refint:member manager nothing=cn=no"]},
    ),
    "ppolicy": (
        overlay(
            "olcOverlay: ppolicy\nolcPPolicyDefault: cn=p\nolcPPolicyUseLockout: TRUE\nolcPPolicyHashCleartext: FALSE\n"
        ),
        {"overlay": ["ppolicy:default=cn=p use_lockout"]},
    ),
    "unique": (
        overlay("olcOverlay: unique\nolcUniqueURI: {0}ldap:///?cn?sub\n"),
        {"overlay": ["unique:unique_uri ldap:///?cn?sub"]},
    ),
    "always there": (overlay("olcOverlay: sssvlv\nolcSssVlvMax: 4\n"), {"overlay": ["sssvlv"]}),
    "a schema of OpenLDAP": (
        f"include: file:///etc/ldap/schema/cosine.ldif\n\n{DATABASE}",
        {"schema": ("core", "cosine")},
    ),
}
REFUSED = {
    "no database": (GLOBAL, "gen_config(): no database in it"),
    "two databases": (
        f"{DATABASE}\n{DATABASE.replace('{1}', '{2}')}",
        "11: olcDatabase={2}mdb,cn=config: there is one",
    ),
    "another database": (DATABASE.replace("{1}mdb", "{1}monitor"), "there is no database monitor here"),
    "somewhere else": (f"{DATABASE}\ndn: dc=x\ndc: x\n", "dc=x: only entries below cn=config are expected"),
    "another entry": (f"{DATABASE}\ndn: olcBackend=mdb,cn=config\ncn: x\n", "there is nothing like this entry here"),
    "a global attribute": (
        f"{GLOBAL}olcTCPBuffer: 9\n\n{DATABASE}",
        "gen_config():5: cn=config: olcTCPBuffer: there is no",
    ),
    "a database's": (f"{DATABASE}olcSyncrepl: rid=1\n", "gen_config():10: olcDatabase={1}mdb,cn=config: olcSyncrepl: "),
    "an overlay's": (overlay("olcOverlay: ppolicy\nolcPPolicyForwardUpdates: TRUE\n"), "olcPPolicyForwardUpdates: "),
    "an overlay that there is not": (
        overlay("olcOverlay: syncprov\nolcSpCheckpoint: 100 10\n"),
        "there is no overlay syncprov here: replication is not supported",
    ),
    "a limit of several": (
        f"{GLOBAL}olcSizeLimit: size.soft=3\n\n{DATABASE}",
        "olcSizeLimit: size.soft=3: a number or",
    ),
    "a hash": (f"{GLOBAL}olcPasswordHash: {{CRYPT}}\n\n{DATABASE}", "olcPasswordHash: {CRYPT}: only {ssha} can be had"),
    "a change": (f"{DATABASE}\ndn: dc=x\nchangetype: delete\n", "an entry is expected"),
    "nonsense": ("database mdb\n", "gen_config():1: "),
}


@pytest.mark.parametrize("case", CASES)
def test_settings(case: str, tmp_path: Path) -> None:
    text, more = CASES[case]
    found = settings_of(text, ["core"], tmp_path)
    if case == "no password":
        assert len(found["admin_password"]) > 30
        found["admin_password"] = None
    assert found == {**PLAIN, **more}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case: str, tmp_path: Path) -> None:
    text, said = REFUSED[case]
    with pytest.raises(ConfigurationError) as raised:
        settings_of(text, ["core"], tmp_path)
    assert said in str(raised.value)


def test_a_schema_within(tmp_path: Path) -> None:
    text = "dn: cn={4}mine,cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: mine\n"
    text += "olcAttributeTypes: ( 1.9 NAME 'x' )\n"
    found = settings_of(f"{text}\n{DATABASE}", ["core"], tmp_path)
    assert Path(found["schema"][1]).read_text() == text + "\n"
    assert schemas_of(text.encode()) == [
        (
            "cn={4}mine,cn=schema,cn=config",
            {"objectClass": ["olcSchemaConfig"], "cn": ["mine"], "olcAttributeTypes": ["( 1.9 NAME 'x' )"]},
        )
    ]
    with pytest.raises(ConfigurationError, match="only schemas"):
        schemas_of(DATABASE.encode())


def test_names_of_schemas(tmp_path: Path) -> None:
    mine = tmp_path / "mine.schema"
    mine.touch()
    assert schema_name("inetorgperson.ldif", "/nowhere") == "inetorgperson"
    assert schema_name("mine.schema", str(tmp_path)) == schema_name(str(mine), "") == str(mine)
    with pytest.raises(
        ConfigurationError, match=r"openldap_schema_files: other.ldif: no schema of that name is shipped"
    ):
        schema_name("other.ldif", str(tmp_path))


def test_a_server_that_cannot_be(tmp_path: Path) -> None:
    class Replica(SlapdObject):
        TMPDIR = str(tmp_path)

        def gen_config(self) -> str:
            return super().gen_config() + "olcSyncrepl: rid=1 provider=ldap://a\n"

    server = Replica()
    with pytest.raises(ConfigurationError, match="olcSyncrepl: there is no such setting here"):
        server.start()
    server.stop()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        ("ldapsearch", [], "ldapsearch: only ldapadd, ldapmodify, ldapdelete, ldapwhoami can be run here"),
        ("ldapadd", ["-S", "x"], "ldapadd: option -S not recognized: it can't be used here"),
        ("ldapadd", ["-e", "assert=(a=b)"], "ldapadd: -e assert=(a=b): only managedsait, relax, noop can be used here"),
        ("slapadd", ["-b", "dc=x"], "slapadd: -b: it can't be used here"),
    ],
)
def test_programs_and_options_that_are_refused(
    command: str, words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SlapdObject, "TMPDIR", str(tmp_path))
    with pytest.raises(ValueError, match=r".") as raised:
        SlapdObject()._cli_popen(command, words)
    assert said in str(raised.value)
