"""Referral entries, continuation references, manageDsaIT (RFC 3296, RFC 4511 section 4.1.10)."""

from oracle.slapd import ADMIN
from oracle.steps import (
    ALICE, MANAGE, MANAGE_DSA_IT, PEOPLE, REFERRALS, REMOTE, add, bind, compare, critical, delete, modify, rename, row, search, uncritical,
)

ALL = "(objectClass=*)"
BELOW = f"uid=x,ou=y,{REMOTE}"
TWO = f"cn=two,{REFERRALS}"
NO_DN = f"cn=no-dn,{REFERRALS}"
REFERRAL = ("objectClass: referral", "objectClass: extensibleObject", "cn: new")
NEW = f"cn=new,{REFERRALS}"

ROWS = [
    *(
        row(f"search {name}, {scope}", None, search(dn, ALL, "1.1", scope=scope))
        for name, dn in {"referral": REMOTE, "below": BELOW, "two": TWO, "below two": f"cn=x,{TWO}", "no DN": NO_DN, "below no DN": f"cn=x,{NO_DN}",
                         "parent": REFERRALS}.items()
        for scope in ("base", "one", "sub", "children")
    ),
    row("search base in other spelling", 10, search(BELOW.upper(), ALL, "1.1", scope="base")),
    row("search inline with the rest", 0, search("dc=example,dc=com", ALL, "1.1")),
    row("search filter does not count", 0, search(REFERRALS, "(cn=nothing)", "1.1")),
    row("search filter finds another", 0, search("dc=example,dc=com", "(uid=alice)", "1.1")),
    row("search one level from above", 0, search("dc=example,dc=com", ALL, "1.1", scope="one")),
    row("search with manageDsaIT", 0, search(REFERRALS, ALL, "*", "ref", controls=MANAGE)),
    row("search referral with manageDsaIT", 0, search(REMOTE, ALL, scope="base", controls=MANAGE)),
    row("search below with manageDsaIT", None, search(BELOW, ALL, scope="base", controls=MANAGE)),
    row("search with uncritical manageDsaIT", 0, search(REFERRALS, ALL, "1.1", controls=[uncritical(MANAGE_DSA_IT)])),
    row("manageDsaIT with a value", 2, search(REFERRALS, ALL, "1.1", controls=[critical(MANAGE_DSA_IT, "x")])),
    row("manageDsaIT with an empty value", None, search(REFERRALS, ALL, "1.1", controls=[critical(MANAGE_DSA_IT, "")])),
    row("manageDsaIT twice", None, search(REFERRALS, ALL, "1.1", controls=[critical(MANAGE_DSA_IT), critical(MANAGE_DSA_IT)])),
    row("search deref always", None, search(REFERRALS, ALL, "1.1", deref=3)),
    row("search referral deref always", 10, search(REMOTE, ALL, "1.1", deref=3)),
    row("search types only", 0, search(REFERRALS, ALL, types_only=True)),
    row("compare", 10, compare(REMOTE, "cn", "remote")),
    row("compare below", 10, compare(BELOW, "cn", "remote")),
    row("compare with manageDsaIT", 6, compare(REMOTE, "cn", "remote", controls=MANAGE)),
    row("compare ref with manageDsaIT", None, compare(REMOTE, "ref", "ldap://other.example/ou=remote,dc=example,dc=com", controls=MANAGE)),
    row("bind", 49, bind(REMOTE, "x")),
    row("modify", 10, modify(REMOTE, ("add", "description", "x")), by=ADMIN),
    row("modify below", 10, modify(BELOW, ("add", "description", "x")), by=ADMIN),
    row("modify, anonymous", None, modify(REMOTE, ("add", "description", "x"))),
    row("modify, a user", None, modify(REMOTE, ("add", "description", "x")), by=ALICE),
    row("modify with manageDsaIT", 0, modify(REMOTE, ("add", "description", "x"), controls=MANAGE), by=ADMIN),
    row("modify below with manageDsaIT", None, modify(BELOW, ("add", "description", "x"), controls=MANAGE), by=ADMIN),
    row("modify ref", 10, modify(REMOTE, ("replace", "ref", "ldap://moved.example/dc=moved"), controls=MANAGE), search(BELOW), by=ADMIN),
    row("modify ref to two", 10, modify(REMOTE, ("add", "ref", "ldap://moved.example/dc=moved"), controls=MANAGE), search(BELOW), by=ADMIN),
    row("modify ref away", None, modify(REMOTE, ("delete", "ref"), controls=MANAGE), by=ADMIN),
    row("delete", 10, delete(REMOTE), by=ADMIN),
    row("delete below", 10, delete(BELOW), by=ADMIN),
    row("delete with manageDsaIT", 0, delete(REMOTE, controls=MANAGE), by=ADMIN),
    row("delete, anonymous", None, delete(REMOTE)),
    row("add below", 10, add(f"cn=x,{REMOTE}", "objectClass: device", "cn: x"), by=ADMIN),
    row("add far below", 10, add(f"cn=x,{BELOW}", "objectClass: device", "cn: x"), by=ADMIN),
    row("add below, anonymous", None, add(f"cn=x,{REMOTE}", "objectClass: device", "cn: x")),
    row("add below with manageDsaIT", None, add(f"cn=x,{REMOTE}", "objectClass: device", "cn: x", controls=MANAGE), by=ADMIN),
    row("add the same", None, add(REMOTE, "objectClass: device", "cn: remote"), by=ADMIN),
    row("add the same with manageDsaIT", 68, add(REMOTE, "objectClass: device", "cn: remote", controls=MANAGE), by=ADMIN),
    row("rename", 10, rename(REMOTE, "cn=renamed"), by=ADMIN),
    row("rename below", 32, rename(BELOW, "cn=renamed"), by=ADMIN),
    row("rename with manageDsaIT", 0, rename(REMOTE, "cn=renamed", controls=MANAGE), by=ADMIN),
    row("rename to below a referral", (80, "new superior is a referral"), rename(ALICE, "uid=alice", REMOTE), by=ADMIN),
    row("rename to below a referral with manageDsaIT", None, rename(ALICE, "uid=alice", REMOTE, controls=MANAGE), by=ADMIN),
    row("rename to far below a referral", None, rename(ALICE, "uid=alice", BELOW), by=ADMIN),
    row("rename to the DN of a referral", 68, rename(ALICE, "cn=remote", REFERRALS), by=ADMIN),
    row("new referral", 10, add(NEW, *REFERRAL, "ref: ldap://new.example/dc=new"), search(f"cn=x,{NEW}"), by=ADMIN),
    row("new referral without extensibleObject", None, add(NEW, "objectClass: referral", "cn: new", "ref: ldap://new.example/dc=new"), by=ADMIN),
    row("new referral without ref", None, add(NEW, *REFERRAL), by=ADMIN),
    row("ref without referral", 65, add(NEW, "objectClass: device", "objectClass: extensibleObject", "cn: new", "ref: ldap://new.example"), by=ADMIN),
    row("new referral without URL", None, add(NEW, *REFERRAL, "ref: garbage"), by=ADMIN),
    row("new referral to an http URL", None, add(NEW, *REFERRAL, "ref: http://new.example/x"), search(NEW), search(f"cn=x,{NEW}"), by=ADMIN),
    row("new referral with a label", None, add(NEW, *REFERRAL, "ref: ldap://new.example/dc=new label"), search(NEW), by=ADMIN),
    row("new referral with attributes", None, add(NEW, *REFERRAL, "ref: ldap://new.example/dc=new?cn,sn?one?(cn=x)"), search(NEW), search(f"cn=x,{NEW}"), by=ADMIN),
    row("new referral with a scope base", None, add(NEW, *REFERRAL, "ref: ldap://new.example/dc=new??base"), search(NEW), search(f"cn=x,{NEW}", scope="one"), by=ADMIN),
    row("new referral with an extension", None, add(NEW, *REFERRAL, "ref: ldap://new.example/dc=new????!x=1"), search(NEW), by=ADMIN),
    row("new referral with an escaped DN", None, add(NEW, *REFERRAL, "ref: ldap://new.example/cn=a%20b%2Cc,dc=new"), search(NEW), search(f"cn=x y,{NEW}"), by=ADMIN),
    row("new referral to ldapi", None, add(NEW, *REFERRAL, "ref: ldapi://%2Ftmp%2Fx/dc=new"), search(NEW), by=ADMIN),
    row("new referral to no host", None, add(NEW, *REFERRAL, "ref: ldap:///dc=new"), search(NEW), search(f"cn=x,{NEW}"), by=ADMIN),
    row("new referral to IPv6", None, add(NEW, *REFERRAL, "ref: ldap://[::1]:1389/dc=new"), search(NEW), by=ADMIN),
    row("new referral with bad DN", None, add(NEW, *REFERRAL, "ref: ldap://new.example/garbage"), search(NEW), search(f"cn=x,{NEW}"), by=ADMIN),
    row("search below with special characters", 10, search(f"cn=a\\, b?c#d,{REMOTE}")),
    row("search below outside ASCII", 10, search(f"cn=Jürgen,{REMOTE}")),
    row("search below as a user", 10, search(BELOW), by=ALICE),
    row("references among people", None, search(PEOPLE, ALL, "1.1", scope="one"), setup=[
        add(f"cn=new,{PEOPLE}", *REFERRAL, "ref: ldap://new.example/dc=new", controls=MANAGE)]),
]
