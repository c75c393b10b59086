"""Calls of python-ldap's modules that make something of a connection; see ``calls``."""

from collections.abc import Callable
from typing import Any

PATIENCE = 10.0

MODULES = {
    "urlfetch": """
        ldap.schema.urlfetch(uri)[0]
        dn, schema = ldap.schema.urlfetch(uri + "/" + PEOPLE)
        dn, schema.get_obj(ldap.schema.AttributeType, "uid").oid, schema.get_obj(ldap.schema.ObjectClass, "person").must
        dn, schema = ldap.schema.urlfetch(uri + "/?objectClasses")
        len(schema.listall(ldap.schema.ObjectClass)) > 20, schema.listall(ldap.schema.AttributeType)
        ldap.schema.urlfetch(uri + "/uid=nobody," + PEOPLE)
        ldap.schema.urlfetch(uri + "/no dn")
        WHO = "bindname=" + ADMIN.replace(",", "%2C") + ",X-BINDPW="
        ldap.schema.urlfetch(uri + "/????" + WHO + PASSWORD)[0]
        ldap.schema.urlfetch(uri + "/????" + WHO + "wrong")
    """,
    "asyncsearch": """
        s = ldap.asyncsearch.List(l)
        s.startSearch(PEOPLE, 1, "(uid=*)", ["uid"])
        s.processResults()
        sorted(s.allResults, key=str), s.beginResultsDropped, s.endResultBreak
        s = ldap.asyncsearch.List(l); s.startSearch(PEOPLE, 1, "(uid=*)", ["uid"])
        s.processResults(1, 2), len(s.allResults), s.beginResultsDropped, s.endResultBreak
        l.whoami_s()
        s = ldap.asyncsearch.List(l); s.startSearch(PEOPLE, 1, "(uid=*)", ["uid"], sizelimit=2)
        s.processResults()
        len(s.allResults)
        s = ldap.asyncsearch.Dict(l); s.startSearch(PEOPLE, 1, "(|(uid=alice)(uid=bob))", ["uid"])
        s.processResults(), sorted(s.allEntries.items())
        s = ldap.asyncsearch.IndexedDict(l, ["uid"]); s.startSearch(PEOPLE, 1, "(|(uid=alice)(uid=bob))", ["uid"])
        s.processResults(), sorted(s.allEntries.items()), sorted(s.index["uid"].items())
        s = ldap.asyncsearch.LDIFWriter(l, io.StringIO(), "head\\n", "foot\\n")
        s.startSearch(PEOPLE, 1, "(uid=alice)", ["uid", "sn"])
        s.processResults(), s._f.getvalue()
        s = ldap.asyncsearch.List(l); s.startSearch("uid=nobody," + PEOPLE, 0, "(uid=*)")
        s.processResults()
        s = ldap.asyncsearch.List(l); s.startSearch(PEOPLE, 1, "(uid=*")
        s = ldap.asyncsearch.List(l); s._msgId = l.delete("uid=nobody," + PEOPLE)
        s.processResults()
    """,
    "resiter": """
        r = iterating(ldap, uri); r.simple_bind_s(ADMIN, PASSWORD)
        i = r.search(PEOPLE, 1, "(|(uid=alice)(uid=bob))", ["uid"])
        sorted(r.allresults(i), key=str)
        page = ldap.controls.SimplePagedResultsControl(True, size=2, cookie="")
        i = r.search_ext(PEOPLE, 1, "(uid=*)", ["1.1"], serverctrls=[page])
        [(each[0], len(each[1]), each[2]) for each in r.allresults(i, add_ctrls=1)]
        i = r.search_ext(PEOPLE, 1, "(uid=*)", ["1.1"], sizelimit=1); found = r.allresults(i)
        len(next(found)[1])
        next(found)
        next(r.allresults(r.search("uid=nobody," + PEOPLE, 0)))
        next(r.allresults(9999, 0.01))
    """,
    "syncrepl with a server that doesn't provide it": """
        s = consumer(ldap, uri); s.simple_bind_s(ADMIN, PASSWORD)
        i = s.syncrepl_search(PEOPLE, 1); s.syncrepl_poll(i, all=1)
        s.log
        s.whoami_s()
    """,
}

RIGHTS = {
    "rights": """
        a.add_s("cn=a," + PEOPLE, [("objectClass", b"device"), ("cn", b"a")])
        a.modify_s(ALICE, [(ldap.MOD_ADD, "title", b"x")])
        a.delete_s(ALICE)
        a.rename_s(ALICE, "uid=x")
        a.search_s(ALICE, 0, None, ["userPassword", "uid"])
        a.simple_bind_s(ALICE, "alice-secret")
        a.add_s("cn=a," + PEOPLE, [("objectClass", b"device"), ("cn", b"a")])
        a.modify_s(ALICE, [(ldap.MOD_ADD, "title", b"x")])
        a.delete_s(ALICE)
        a.rename_s(ALICE, "uid=x")
        a.compare_s(ALICE, "userPassword", "alice-secret")
        a.passwd_s(ALICE, "alice-secret", "new")
        a.passwd_s("uid=bob," + PEOPLE, None, "new")
        a.simple_bind_s(ALICE, "alice-secret")
        a.whoami_s()
        a.simple_bind_s(ALICE, "new")
        proxied = ldap.controls.simple.ProxyAuthzControl(True, b"dn:uid=bob," + PEOPLE.encode())
        a.search_ext_s(ALICE, 0, None, ["1.1"], serverctrls=[proxied])
        l.search_ext_s(ALICE, 0, None, ["userPassword", "uid"], serverctrls=[proxied])
        l.search_ext_s(ALICE, 0, serverctrls=[ldap.controls.simple.ProxyAuthzControl(True, "dn:")])
    """,
    "entries": """
        PERSON = [("objectClass", b"inetOrgPerson"), ("cn", b"Zoe"), ("sn", b"Z")]
        ZOE = "uid=zoe," + PEOPLE
        l.add_s(ZOE, [*PERSON, ("objectClass", b"posixAccount"), ("uidNumber", [b"1", b"2"])])
        l.add_s(ZOE, PERSON)
        l.search_s(ZOE, 0)
        l.modify_s(ZOE, [(ldap.MOD_REPLACE, "title", None), (ldap.MOD_REPLACE, "mail", [])])
        l.modify_s(ZOE, [(ldap.MOD_ADD, "title", [b"a", b"b"]), (ldap.MOD_DELETE, "title", [b"a"])])
        l.modify_s(ZOE, [(ldap.MOD_ADD, "title", b"B")])
        l.modify_s(ZOE, [(ldap.MOD_DELETE, "title", [])])
        l.modify_s(ZOE, [(ldap.MOD_INCREMENT, "title", b"1")])
        l.modify_s(ZOE, [(ldap.MOD_REPLACE, "objectClass", [b"device"])])
        l.rename_s(ZOE, "uid=zoey", delold=0)
        l.read_s("uid=zoey," + PEOPLE, attrlist=["uid"])
        l.add_s("cn=few," + PEOPLE, [("objectClass", b"groupOfNames"), ("cn", b"few"), ("member", ALICE.encode())])
        l.modify_s("cn=few," + PEOPLE, [(ldap.MOD_DELETE, "member", ALICE.encode())])
        l.modify_s("cn=few," + PEOPLE, [(ldap.MOD_DELETE, "cn", b"few")])
        l.modify_s("cn=few," + PEOPLE, ldap.modlist.modifyModlist({"member": [b"cn=a"]}, {"member": [b"cn=b"]}))
        l.read_s("cn=few," + PEOPLE, attrlist=["member"])
        l.rename_s("cn=few," + PEOPLE, "cn=many", "ou=none," + PEOPLE)
        l.delete_s("cn=few," + PEOPLE)
    """,
    "subschema": """
        dn = l.search_subschemasubentry_s(ALICE); dn
        sorted(l.read_subschemasubentry_s(dn, ["attributeTypes", "objectClasses"]))
        ldap.schema.SubSchema(l.read_subschemasubentry_s(dn)).get_obj(ldap.schema.ObjectClass, "inetOrgPerson").sup
    """,
    "traced": """
        f = io.StringIO(); t = ldap.initialize(uri, trace_level=1, trace_file=f); t.whoami_s()
        [line.partition("> ")[2] for line in f.getvalue().splitlines() if line.startswith("***")]
        f = io.StringIO(); t = ldap.initialize(uri, trace_level=2, trace_file=f); t.search_s(ALICE, 0, None, ["uid"])
        [line.partition("> ")[2] for line in f.getvalue().splitlines() if line.startswith("***")]
        t.search_s("uid=nobody," + PEOPLE, 0)
        f.getvalue().count("NO_SUCH_OBJECT")
    """,
}

POLICY = {
    "policy": """
        wanted = ldap.controls.ppolicy.PasswordPolicyControl()
        i = a.simple_bind(ALICE, "alice-secret", serverctrls=[wanted])
        [(type(c).__name__, c.timeBeforeExpiration, c.graceAuthNsRemaining, c.error) for c in a.result3(i)[3]]
        a.simple_bind_s(ALICE, "wrong", serverctrls=[wanted])
        caught = failure(lambda: a.simple_bind_s(ALICE, "wrong", serverctrls=[wanted]))
        [(type(c).__name__, c.error) for c in ldap.controls.DecodeControlTuples(caught.args[0]["ctrls"])]
        i = l.modify_ext(ALICE, [(ldap.MOD_REPLACE, "userPassword", b"x")], serverctrls=[wanted]); l.result3(i)[:3]
    """,
}

SYNCREPL = {
    "refreshOnly": """
        s = consumer(ldap, uri); s.simple_bind_s(ADMIN, PASSWORD)
        i = s.syncrepl_search(PEOPLE, 1, filterstr="(|(uid=alice)(uid=bob))", attrlist=["uid"])
        s.syncrepl_poll(i, all=1)
        s.taken()
        i = s.syncrepl_search(PEOPLE, 1, filterstr="(|(uid=alice)(uid=bob))", attrlist=["uid"])
        s.syncrepl_poll(i)
        s.taken()
        i = s.syncrepl_search(PEOPLE, 1, cookie="nonsense"); s.syncrepl_poll(i, all=1)
        i = s.syncrepl_search("uid=nobody," + PEOPLE, 1); s.syncrepl_poll(i, all=1)
        i = s.syncrepl_search(PEOPLE, 1, mode="nonsense")
    """,
    "refreshAndPersist": """
        s = consumer(ldap, uri); s.simple_bind_s(ADMIN, PASSWORD)
        i = s.syncrepl_search(PEOPLE, 1, "refreshAndPersist", filterstr="(uid=*)", attrlist=["uid", "title"])
        s.until(i, "done")
        ("done",) in s.log, ("entry", ALICE) in [each[:2] for each in s.taken()]
        ZOE = [("objectClass", b"inetOrgPerson"), ("uid", b"zoe"), ("cn", b"Zoe"), ("sn", b"Z")]
        l.add_s("uid=zoe," + PEOPLE, ZOE)
        s.until(i, "entry"), s.taken()[0]
        l.modify_s("uid=zoe," + PEOPLE, [(ldap.MOD_ADD, "title", b"x")])
        s.until(i, "entry"), [each for each in s.taken() if each[0] == "entry"]
        l.delete_s("uid=zoe," + PEOPLE)
        s.until(i, "delete"), [each for each in s.taken() if each[0] == "delete"]
        s.abandon(i)
        s.whoami_s()
    """,
}
"""They want slapd with its overlay syncprov."""


def patient(ldap: Any, connection: Any) -> Any:
    """The connection, which doesn't wait for ever."""
    connection.set_option(ldap.OPT_TIMEOUT, PATIENCE)
    return connection


def failure(call: Callable[[], Any]) -> Exception:
    """What a call raises."""
    try:
        call()
    except Exception as error:
        return error
    raise AssertionError("it has raised nothing")


def iterating(ldap: Any, uri: str) -> Any:
    """A connection with ``allresults``."""

    class Iterating(ldap.ldapobject.SimpleLDAPObject, ldap.resiter.ResultProcessor):  # type: ignore[misc]
        pass

    return patient(ldap, Iterating(uri))


def consumer(ldap: Any, uri: str) -> Any:
    """A connection that keeps a log of what it is told; of identifiers and cookies, which differ, their number."""

    class Consumer(ldap.ldapobject.SimpleLDAPObject, ldap.syncrepl.SyncreplConsumer):  # type: ignore[misc]
        cookie: str | None = None

        def __init__(self, uri: str) -> None:
            super().__init__(uri)
            self.log: list[Any] = []

        def syncrepl_get_cookie(self) -> str | None:
            return self.cookie

        def syncrepl_set_cookie(self, cookie: str) -> None:
            self.cookie = cookie

        def syncrepl_present(self, uuids: Any, refreshDeletes: bool = False) -> None:
            self.log.append(("present", uuids and len(uuids), refreshDeletes))

        def syncrepl_delete(self, uuids: Any) -> None:
            self.log.append(("delete", len(uuids)))

        def syncrepl_entry(self, dn: str, attrs: Any, uuid: str) -> None:
            self.log.append(("entry", dn, attrs))

        def syncrepl_refreshdone(self) -> None:
            self.log.append(("done",))

        def taken(self) -> list[Any]:
            taken, self.log = self.log, []
            return taken

        def until(self, message_id: int, kind: str) -> bool:
            """Take messages until there is something of that kind."""
            while kind not in [each[0] for each in self.log]:
                self.syncrepl_poll(message_id, timeout=10)
            return True

    return patient(ldap, Consumer(uri))
