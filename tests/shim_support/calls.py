"""The table of calls: what python-ldap is asked, line by line. Each scene has connections of its own:

``l`` is bound as the administrator, ``a`` is new, ``c`` and ``d`` are the C objects of two more new ones. What a line
assigns is there for those that follow. The directory is that of the differential tests; scenes of a group follow one
another on the same one, so that what one has written the next finds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oracle import compare
from shim_support import controls_scenes as more
from shim_support import module_scenes as modules

PEOPLE = "ou=people,dc=example,dc=com"
ALICE = f"uid=alice,{PEOPLE}"


@dataclass(frozen=True)
class Group:
    """Scenes, and the server that they want: what it is loaded with, its options, whether there is a second one,
    whether certificates have to be looked at, which nobody does in one process, and whether it can only be slapd.
    """

    scenes: Mapping[str, str]
    ldif: Path = compare.UNIVERSE
    options: Mapping[str, object] = field(default_factory=dict)
    second: bool = False
    certificates: bool = False
    slapd_only: bool = False


@dataclass(frozen=True)
class Row:
    """One line of one scene."""

    group: str
    scene: str
    number: int
    line: str

    def __str__(self) -> str:
        return f"{self.scene}-{self.number}"


SCENES: dict[str, str] = {
    "initialize": """
        ldap.initialize("ldap://h").get_option(ldap.OPT_URI)
        ldap.initialize("ldap://h:5").get_option(ldap.OPT_HOST_NAME)
        ldap.initialize("ldap://a ldap://b:5/").get_option(ldap.OPT_URI)
        ldap.initialize("ldap://a,ldap://b").get_option(ldap.OPT_HOST_NAME)
        ldap.initialize("ldaps://h/dc=x?cn").get_option(ldap.OPT_URI)
        ldap.initialize("ldapi://%2ftmp%2fx").get_option(ldap.OPT_URI)
        ldap.initialize("ldapi://%2ftmp%2fx").get_option(ldap.OPT_HOST_NAME)
        ldap.initialize("ldap://[::1]:5").get_option(ldap.OPT_URI)
        ldap.initialize("ldap://").get_option(ldap.OPT_URI)
        ldap.initialize("").get_option(ldap.OPT_URI)
        ldap.initialize("<ldap://h>").get_option(ldap.OPT_URI)
        ldap.initialize("http://x")
        ldap.initialize("ldap:/h")
        ldap.initialize("ldap://h:")
        ldap.initialize("ldap://h:port")
        ldap.initialize("ldap://h/dc=x??bad")
        ldap.initialize(None)
        ldap.initialize(b"ldap://h")
        ldap.initialize(5)
        _ldap.initialize()
        ldap.initialize("ldap://h", bytes_mode=True)
        ldap.initialize("ldap://h", bytes_mode=False).bytes_mode
        ldap.initialize("ldap://h").bytes_strictness
        sorted(ldap.initialize("ldap://h").__dict__)
        ldap.initialize("ldap://h").timeout
        ldap.initialize("ldap://h").nothing
        ldap.initialize("ldap://h").unbind_s()
        ldap.initialize("ldap://h").__enter__
    """,
    "results": """
        a.fileno()
        a.simple_bind_s(ADMIN, PASSWORD)
        a.fileno() > 2 or LOCAL
        a.bind_s(ADMIN, PASSWORD)
        a.bind_s(ADMIN, PASSWORD, 5)
        a.whoami_s()
        a.add_s("cn=one,dc=example,dc=com", [("objectClass", [b"device"]), ("cn", b"one")])
        a.add_ext_s("cn=two,dc=example,dc=com", [("objectClass", (b"device",)), ("cn", [b"two"])])
        a.modify_s("cn=one,dc=example,dc=com", [(ldap.MOD_ADD, "description", b"x")])
        a.modify_ext_s("cn=one,dc=example,dc=com", [(ldap.MOD_REPLACE, "description", [b"y", b"z"])])
        a.rename_s("cn=one,dc=example,dc=com", "cn=uno")
        a.modrdn_s("cn=uno,dc=example,dc=com", "cn=one", 0)
        a.search_s("cn=one,dc=example,dc=com", 0, None, ["cn"])
        a.rename_s("cn=two,dc=example,dc=com", "cn=due", PEOPLE)
        a.delete_s("cn=one,dc=example,dc=com")
        a.delete_ext_s("cn=due," + PEOPLE)
        a.search_s(PEOPLE, ldap.SCOPE_ONELEVEL, "(uid=alice)", ["cn", "mail"])
        a.search_st(PEOPLE, 2, "(uid=nobody)", None, 0, 5)
        a.search_ext_s(ALICE, 0, attrlist=["jpegPhoto", "labeledURI"], attrsonly=1)
        a.search_s(ALICE, 0, None, ["1.1"])
        a.search_s(ALICE.upper(), 0, None, ["UID"])
        a.search_s(ALICE, 0, "(UID=Alice)", ["Cn"])
        a.compare_s(ALICE, "uid", "ALICE")
        a.compare_ext_s(ALICE, "uid", b"bob")
        i = a.compare(ALICE, "uid", b"alice"); a.result(i)
        i = a.compare(ALICE, "uid", b"bob"); a.result(i)
        a.read_s(ALICE, None, ["sn"])
        a.read_s(ALICE, "(uid=bob)")
        a.read_s("uid=nobody," + PEOPLE)
        a.find_unique_entry(PEOPLE, 2, "(uid=alice)", ["uid"])
        a.find_unique_entry(PEOPLE, 2, "(uid=nobody)")
        a.find_unique_entry(PEOPLE, 2, "(uid=*)")
        a.read_rootdse_s(attrlist=["supportedLDAPVersion"])
        a.get_naming_contexts()
        a.search_subschemasubentry_s()
        a.search_subschemasubentry_s(ALICE)
        a.search_subschemasubentry_s("uid=nobody," + PEOPLE)
        sorted(a.read_subschemasubentry_s("cn=Subschema", ["cn"]))
        a.read_subschemasubentry_s("cn=nothing")
        a.passwd_s("uid=bob," + PEOPLE, None, "new")
        a.passwd_s("uid=bob," + PEOPLE, b"new", b"newer")
        [type(x) for x in a.passwd_s("uid=bob," + PEOPLE, None, None)]
        a.passwd_s("uid=bob," + PEOPLE, "bad", "x")
        type(a.passwd_s("uid=bob," + PEOPLE, None, None, extract_newpw=True)[1].genPasswd)
        a.passwd_s("uid=nobody," + PEOPLE, None, "x")
        a.extop_s(ldap.extop.ExtendedRequest("1.3.6.1.4.1.4203.1.11.3", None))
        a.extop_s(ldap.extop.ExtendedRequest("1.2.3.4", b"x"))
        a.cancel_s(9999)
        a.abandon(9999)
        a.start_tls_s()
        a.unbind_s()
        a.unbind_s()
        a.whoami_s()
        a.get_option(17)
        a.fileno()
        a.protocol_version
    """,
    "asynchronous": """
        l.search(PEOPLE, 1, "(uid=alice)", ["uid"])
        l.result(2, 0)
        l.result(2, 0)
        l.result(2, 0, 0)
        l.result(2, 1, 0.01)
        l.result2(l.search(PEOPLE, 1, "(uid=alice)", ["uid"]))
        l.result3(l.search(PEOPLE, 1, "(uid=alice)", ["uid"]))
        l.result4(l.search(PEOPLE, 1, "(uid=alice)", ["uid"]))
        l.result4(l.search(PEOPLE, 1, "(uid=alice)", ["uid"]), add_ctrls=1)
        l.result4(l.search(PEOPLE, 1, "(uid=alice)", ["uid"]), add_ctrls=1, add_intermediates=1, add_extop=1)
        i = l.extop(ldap.extop.ExtendedRequest("1.3.6.1.4.1.4203.1.11.3", None)); l.result4(i, add_extop=1)
        i = l.extop(ldap.extop.ExtendedRequest("1.3.6.1.4.1.4203.1.11.3", None)); l.extop_result(i)
        l.result(9999, 1, 0)
        l.result2(9999, 1, 0)
        l.result3(9999, 1, 0)
        l.result4(9999, 1, 0)
        l.result(9999, 1, 0.01)
        l.error_number
        i = l.search(PEOPLE, 1, "(uid=alice)", ["uid"]); l.abandon(i)
        l.result(i, 1, 0.05)
        l.add("cn=three,dc=example,dc=com", [("objectClass", b"device"), ("cn", b"three")])
        l.result()
        l.modify("cn=three,dc=example,dc=com", [(ldap.MOD_ADD, "description", b"x")])
        l.result2()
        l.rename("cn=three,dc=example,dc=com", "cn=drei")
        l.result3()
        l.modrdn("cn=drei,dc=example,dc=com", "cn=three")
        l.result()
        l.delete("cn=three,dc=example,dc=com")
        l.result()
        l.simple_bind(ADMIN, PASSWORD)
        l.result()
        l.passwd("uid=bob," + PEOPLE, None, "new")
        l.result()
        l.cancel(4242)
        l.result()
        l.bind(ADMIN, PASSWORD)
        l.result()
        l.bind(ADMIN, PASSWORD, 99)
        l.search_ext(PEOPLE, 1, "(uid=*)", ["1.1"], sizelimit=2)
        l.result(all=0)[0]
        l.result(all=0)[0]
        l.result(all=0)
        l.search_ext_s(PEOPLE, 1, "(uid=*)", ["1.1"], sizelimit=2)
        l.search_ext_s(PEOPLE, 1, "(uid=alice)", ["1.1"], timeout=10)
        l.search_ext_s(PEOPLE, 1, "(uid=alice)", ["1.1"], timeout=0.5)
        l.search_ext_s(PEOPLE, 1, "(uid=alice)", ["1.1"], timeout=0)
        l.timeout = 10
        l.search_s(PEOPLE, 1, "(uid=alice)", ["1.1"])
        l.unbind()
        l.search(PEOPLE, 1)
    """,
    "errors": """
        a.add_s("cn=x,dc=example,dc=com", [("objectClass", b"device"), ("cn", b"x")])
        a.simple_bind_s(ADMIN, "wrong")
        a.simple_bind_s("cn=nobody,dc=example,dc=com", "wrong")
        a.simple_bind_s(ADMIN, "")
        a.simple_bind_s("nonsense", "x")
        a.whoami_s()
        a.simple_bind_s()
        l.search_s("uid=nobody," + PEOPLE, 0)
        l.error_number, l.matched_dn, l.error_string
        l.search_s(PEOPLE, 2, "(uid=alice")
        l.error_number, l.matched_dn, l.error_string
        l.search_s("dc=elsewhere", 0)
        l.matched_dn
        l.search_s("nonsense", 0)
        l.search_s(PEOPLE, 7)
        l.search_s(PEOPLE, 2, "(nosuchattribute=x)")
        l.delete_s(PEOPLE)
        l.delete_s("cn=none," + PEOPLE)
        l.delete_s("dc=elsewhere")
        l.delete_s("nonsense")
        l.add_s(ALICE, [("objectClass", b"device"), ("cn", b"x"), ("uid", b"alice")])
        l.add_s(ALICE, [("objectClass", b"account"), ("uid", b"alice")])
        l.add_s("cn=a,cn=none," + PEOPLE, [("objectClass", b"device"), ("cn", b"a")])
        l.add_s("cn=a,dc=elsewhere", [("objectClass", b"device"), ("cn", b"a")])
        l.add_s("cn=a," + PEOPLE, [])
        l.add_s("cn=a," + PEOPLE, [("objectClass", [])])
        l.add_s("cn=a," + PEOPLE, [("objectClass", b"device"), ("cn", b"a"), ("foobar", b"a")])
        l.add_s("cn=a," + PEOPLE, [("objectClass", b"device"), ("cn", b"a"), ("mail", b"a")])
        l.add_s("cn=a," + PEOPLE, [("objectClass", b"inetOrgPerson"), ("cn", b"a")])
        l.add_s("cn=a," + PEOPLE, [("cn", b"a")])
        l.add_s("cn=a," + PEOPLE, [("objectClass", b"nothing"), ("cn", b"a")])
        l.add_s("cn=a," + PEOPLE, [("objectClass", b"uidObject"), ("cn", b"a"), ("uid", b"a")])
        l.add_s("cn=a," + PEOPLE, [("objectClass", b"device"), ("cn", [b"a", b"A"])])
        l.add_s("cn=a," + PEOPLE, [("objectClass", b"device"), ("cn", b"a"), ("cn", b"b")])
        l.add_s("cn=a," + PEOPLE, [("objectClass", b"device"), ("cn", b"a"), ("createTimestamp", b"20200101000000Z")])
        l.modify_s(ALICE, [(ldap.MOD_ADD, "uid", b"alice")])
        l.modify_s(ALICE, [(ldap.MOD_ADD, "description", None)])
        l.modify_s(ALICE, [(ldap.MOD_DELETE, "description", b"none")])
        l.modify_s(ALICE, [(ldap.MOD_DELETE, "carLicense", None)])
        l.modify_s(ALICE, [(9, "description", b"x")])
        l.modify_s(ALICE, [(ldap.MOD_DELETE, "uid", None)])
        l.modify_s(ALICE, [(ldap.MOD_DELETE, "sn", [])])
        l.modify_s(ALICE, [(ldap.MOD_INCREMENT, "employeeNumber", b"1")])
        l.modify_s(ALICE, [(ldap.MOD_REPLACE, "objectClass", b"device")])
        l.modify_s(ALICE, [(ldap.MOD_REPLACE, "uidNumber", b"many")])
        l.modify_s(ALICE, [])
        l.modify_s("uid=none," + PEOPLE, [(ldap.MOD_ADD, "description", b"x")])
        l.compare_s("uid=none," + PEOPLE, "uid", b"x")
        l.compare_s(ALICE, "carLicense", b"x")
        l.compare_s(ALICE, "nosuchattribute", b"x")
        l.rename_s(ALICE, "uid=bob")
        l.rename_s(ALICE, "uid=alice")
        l.rename_s(ALICE, "nonsense")
        l.rename_s(ALICE, "uid=a,uid=b")
        l.rename_s(ALICE, "uid=alice", "ou=none,dc=example,dc=com")
        l.rename_s("uid=none," + PEOPLE, "uid=b")
        l.extop_s(ldap.extop.ExtendedRequest("1.2.3", None))
        l.sasl_interactive_bind_s("", ldap.sasl.sasl({}, "NOTHING"))
        l.sasl_bind_s("", "NOTHING", None)
        l.sasl_bind_s("", "", None)
        l.sasl_gssapi_bind_s()
        l.sasl_external_bind_s()
        l.sasl_bind_s(ADMIN, None, PASSWORD)
        l.sasl_bind_s(ADMIN, None, "bad")
    """,
    "types": """
        a.simple_bind(1, None)
        a.simple_bind(b"x", None)
        a.simple_bind(ADMIN, 3)
        a.simple_bind(ADMIN, bytearray(b"x"))
        a.simple_bind("a\\0b", "x")
        a.simple_bind_s("", "", 5)
        a.simple_bind_s("", "", [5])
        a.simple_bind_s("", "", ldap.controls.RequestControl("1.2", False))
        c.simple_bind("", "", 5)
        c.simple_bind("", "", [5])
        c.simple_bind("", "", [("1.2", 1)])
        c.simple_bind("", "", [("1.2", 1, "x")])
        c.simple_bind("", "", [("1.2", "x", None)])
        c.simple_bind("", "", [(1, 1, None)])
        c.simple_bind("", "", [["1.2", 1, None]])
        c.simple_bind("", "", None, 5)
        c.simple_bind()
        c.simple_bind(*[None] * 5)
        l.search(None, 2)
        l.search(b"", 2)
        l.search("", None)
        l.search("", "2")
        l.search("", 10**12)
        l.search("", 2, b"x")
        l.search("", 0, None, 5)
        l.search("", 0, None, "abc")
        l.search("", 0, None, [b"x"])
        l.search("", 0, None, ["a", None])
        l.search_s(ALICE, 0, None, iter(["uid"]))
        l.search_s(ALICE, 0, None, {"uid"})
        l.search_s(ALICE, 0, None, ("uid",))
        l.search_s(ALICE, 0, None, (x for x in ["uid"]))
        l.search("", 0, None, None, "x")
        l.search("", 0, None, None, None)
        l.search("", 0, None, None, 2.0)
        l.search_ext("", 0, timeout="x")
        l.search_ext("", 0, timeout=None)
        l.search_ext("", 0, sizelimit="x")
        l.search_ext("", 0, sizelimit=None)
        l.search("\\udc80", 0)
        l.add("cn=x", None)
        l.add("cn=x", 5)
        l.add("cn=x", {})
        l.add("cn=x", "ab")
        l.add("cn=x", [("a",)])
        l.add("cn=x", [("a", b"x", 3)])
        l.add("cn=x", [(b"a", b"x")])
        l.add("cn=x", [(None, b"x")])
        l.add("cn=x", [("a", "xyz")])
        l.add("cn=x", [("a", ["x"])])
        l.add("cn=x", [("a", [b"x", 5])])
        l.add("cn=x", [("a", bytearray(b"x"))])
        l.add("cn=x", [("a", None)])
        l.add("cn=x", [("a", 5)])
        l.add("cn=x", [("a", {b"x"})])
        l.add("cn=x", [["a", b"x"]])
        l.add("cn=x", [("a", [None])])
        l.add(b"cn=x", [])
        l.modify(ALICE, None)
        l.modify(ALICE, {})
        l.modify(ALICE, [(0, "a")])
        l.modify(ALICE, [("0", "a", b"x")])
        l.modify(ALICE, [(None, "a", b"x")])
        l.modify(ALICE, [(0, b"a", b"x")])
        l.modify(ALICE, [(0, "a", "xyz")])
        l.modify(ALICE, [(2.0, "a", b"x")])
        l.modify(ALICE, [(10**12, "a", b"x")])
        l.modify(ALICE, [[2, "a", b"x"]])
        l.modify_s(ALICE, [(ldap.MOD_REPLACE, "title", 5)])
        l.modify_s(ALICE, [(ldap.MOD_ADD | ldap.MOD_BVALUES, "title", b"Back")])
        l.compare(ALICE, "uid", 5)
        l.compare(ALICE, "uid", None)
        l.compare(ALICE, b"uid", b"")
        l.rename(ALICE, "uid=x", 5)
        l.rename(ALICE, "uid=x", PEOPLE, "x")
        l.rename(ALICE, None)
        l.passwd(5, None, None)
        l.passwd("x", 5, None)
        l.passwd("x", None, 5)
        c.extop(b"1.2", None)
        c.extop("1.2", 5)
        c.extop("1.2")
        l.abandon("x")
        l.cancel("x")
        l.delete(5)
        l.delete(b"x")
        l.whoami_s(5)
        l.whoami_s([5])
        l.whoami_s([ldap.controls.RequestControl("1.2", False)])
        l.whoami_s([])
        l.result("x")
        l.result(1, "x")
        l.result(1, 1, "x")
        c.sasl_bind_s("", "x")
        l.sasl_bind_s(5, "x", b"")
        l.sasl_bind_s("", 5, b"")
        l.sasl_interactive_bind_s(b"", None)
        l.sasl_interactive_bind_s("", None)
        l.sasl_interactive_bind_s("", ldap.sasl.cram_md5("a", "b"), sasl_flags="x")
        c.unbind_ext()
        c.unbind_ext()
        c.whoami_s()
        c.set_option(17, 3)
        d.search_ext("", 0, "(objectClass=*)", None, 0, None, None, 0)
        d.search_ext("", 0, "(objectClass=*)", None, 0, None, [("1.2", 1, None)])
        d.search_ext("", 0, "(objectClass=*)", ["1.1"], 0, None, [("1.2", 0, None)])
        d.result4()
        d.result4(1, 1, 0)
    """,
    "message ids": """
        d.set_option(17, 3)
        d.search_ext("", 0, "(objectClass=*")
        d.search_ext("", 0, "(objectClass=*)", ["1.1"])
        d.result4()
        d.search_ext("", 0, "(objectClass=*)", None, 0, None, None, 0)
        d.add_ext("cn=x", [("a", None)])
        d.get_option(ldap.OPT_ERROR_NUMBER)
        d.compare_ext(ALICE, "uid", b"alice")
        d.get_option(ldap.OPT_ERROR_NUMBER)
        d.result4()
        d.get_option(ldap.OPT_ERROR_NUMBER)
        d.abandon_ext(99)
        d.search_ext("", 0, "(objectClass=*)", ["1.1"])
        d.result4()
        d.search_ext("uid=none," + PEOPLE, 0, "(objectClass=*)")
        d.get_option(ldap.OPT_MATCHED_DN)
        d.result4()
        d.get_option(ldap.OPT_MATCHED_DN)
        d.search_ext("", 0, "(objectClass=*")
        d.result4(99, 1, 0)
        d.get_option(ldap.OPT_ERROR_NUMBER)
        d.search_ext("", 0, "(objectClass=*)", None, 0, None, None, 0)
        d.whoami_s()
        d.get_option(ldap.OPT_MATCHED_DN)
        c.rename("cn=x", "cn=y", "cn=z")
        c.extop("1.2", None)
        c.whoami_s()
        c.passwd("a", "b", "c")
        c.cancel(1)
        c.start_tls_s()
        c.sasl_bind_s("", "EXTERNAL", b"", None, None)
        c.search_ext("", 0, "(objectClass=*)", ["1.1"], 0, [("1.2.3", 0, None)])
        c.search_ext("", 0, "(objectClass=*)", ["1.1"], 0, [("1.2.3", 1, None)])
        i = c.simple_bind("", ""); i
        c.result4(i, 1, 5)
    """,
}

GROUPS: Mapping[str, Group] = {
    "default": Group(SCENES),
    "controls": Group(more.CONTROLS),
    "options": Group(more.OPTIONS),
    "modules": Group(modules.MODULES),
    "rights": Group(modules.RIGHTS),
    "policy": Group(modules.POLICY, options={"overlay": ["ppolicy"]}),
    "syncrepl": Group(modules.SYNCREPL, options={"overlay": ["syncprov"]}, slapd_only=True),
    "referrals": Group(more.REFERRALS, second=True),
    "sasl": Group(more.SASL, compare.SASL_PEOPLE, compare.SASL_OPTIONS),
    "tls": Group(more.TLS, options=compare.TLS),
    "tls refused": Group(more.TLS_REFUSED, options=compare.TLS, certificates=True),
}


def lines(text: str) -> list[str]:
    """The lines of a scene."""
    return [line.strip() for line in text.strip().splitlines()]


def rows() -> list[Row]:
    """Every line."""
    return [
        Row(group, scene, number, line)
        for group, found in GROUPS.items()
        for scene, text in found.scenes.items()
        for number, line in enumerate(lines(text))
    ]
