"""The overlay retcode (slapo-retcode): errors on demand."""

from oracle.slapd import ADMIN
from oracle.steps import (
    ALICE,
    BOB,
    MANAGE,
    PEOPLE,
    Row,
    Step,
    add,
    bind,
    compare,
    delete,
    extended,
    modify,
    pipeline,
    rename,
    search,
)
from oracle.steps import row as any_row

ERROR = f"cn=error,{PEOPLE}"
OBJECT = ("objectClass: errObject", "cn: error")
AUX = ("objectClass: inetOrgPerson", "objectClass: errAuxObject", "cn: error", "sn: e")
CODES = "ou=codes,dc=example,dc=com"
HERE, PARENT = "retcode", "retcode-parent"


def stored(
    name: str,
    expect: object,
    *steps: Step,
    entry: tuple[str, ...] = (),
    of: tuple[str, ...] = OBJECT,
    by: str | None = ADMIN,
) -> Row:
    """Something done where an entry stands that makes errors."""
    setup = [add(ERROR, *of, *entry, controls=MANAGE)]
    return any_row(name, expect, *steps, by=by, setup=setup, server=HERE)


def item(name: str, expect: object, *steps: Step, by: str | None = ADMIN) -> Row:
    """Something done below the parent of configured items."""
    return any_row(name, expect, *steps, by=by, server=PARENT)


def base(dn: str = ERROR, **keywords: object) -> Step:
    """A search for one entry."""
    return search(dn, "(objectClass=*)", scope="base", **keywords)


BUSY = ("errCode: 51",)
TEXT = (*BUSY, "errText: come later", "errMatchedDN: dc=example")

ROWS = [
    stored("search", 51, base(), entry=BUSY),
    stored("search, all of it", (51, "come later"), base(), entry=TEXT),
    stored("search with filter", None, search(ERROR, "(cn=other)", scope="base"), entry=TEXT),
    stored("search one level", None, search(PEOPLE, "(cn=error)", "cn", scope="one"), entry=TEXT),
    stored("search subtree", None, search(PEOPLE, "(cn=error)", "cn"), entry=TEXT),
    stored("search subtree from it", None, search(ERROR, "(objectClass=*)", "cn"), entry=TEXT),
    stored("search subtree, not found", None, search(PEOPLE, "(uid=bob)", "uid"), entry=TEXT),
    stored("search with manageDsaIT", 0, base(controls=MANAGE), entry=TEXT),
    stored("search anonymously", 51, base(), entry=BUSY, by=None),
    stored("compare", 51, compare(ERROR, "cn", "error"), entry=TEXT),
    stored("modify", 51, modify(ERROR, ("add", "description", "x")), entry=TEXT),
    stored("delete", 51, delete(ERROR), entry=TEXT),
    stored("rename", 51, rename(ERROR, "cn=other"), entry=TEXT),
    stored("rename to it", None, rename(BOB, "cn=error"), entry=TEXT),
    stored("bind", None, bind(ERROR, "x"), entry=TEXT),
    stored("add below", None, add(f"cn=x,{ERROR}", "objectClass: device", "cn: x"), entry=TEXT),
    stored("search below", None, base(f"cn=x,{ERROR}"), entry=TEXT),
    stored("add the same", None, add(ERROR, *OBJECT, "errCode: 52"), entry=TEXT),
    any_row("add without manageDsaIT", None, add(ERROR, *OBJECT, *TEXT), by=ADMIN, server=HERE),
    any_row(
        "add without manageDsaIT, errOp search",
        None,
        add(ERROR, *OBJECT, *TEXT, "errOp: search"),
        by=ADMIN,
        server=HERE,
    ),
    any_row("add without errCode", None, add(ERROR, *OBJECT, controls=MANAGE), by=ADMIN, server=HERE),
    any_row(
        "add with a bad time",
        None,
        add(ERROR, *OBJECT, *TEXT, "errSleepTime: -1", controls=MANAGE),
        by=ADMIN,
        server=HERE,
    ),
    stored("auxiliary", 51, base(), entry=TEXT, of=AUX),
    stored("auxiliary, modify", 51, modify(ERROR, ("add", "title", "x")), entry=TEXT, of=AUX),
    stored("auxiliary, bind", None, bind(ERROR, "x"), entry=(*TEXT, "userPassword: x"), of=AUX),
    stored("auxiliary, bind with a wrong password", None, bind(ERROR, "y"), entry=(*TEXT, "userPassword: x"), of=AUX),
    stored("success", None, base(), entry=("errCode: 0", "errText: all is well")),
    stored(
        "success in a subtree",
        None,
        search(PEOPLE, "(|(uid=alice)(cn=error))", "cn", scope="one"),
        entry=("errCode: 0", "errText: well"),
    ),
    stored("unusual code", None, base(), entry=("errCode: 4711",)),
    stored("negative code", None, base(), entry=("errCode: -1",)),
    stored("negative code, modify", None, modify(ERROR, ("add", "description", "x")), entry=("errCode: -5",)),
    stored("large code", None, base(), entry=("errCode: 99999999999",)),
    stored("compare true", None, compare(ERROR, "cn", "no"), entry=("errCode: 6",)),
    *(
        stored(f"errOp {op}, {name}", None, step, entry=(*TEXT, f"errOp: {op}"))
        for op in ("search", "compare", "bind", "modify", "SEARCH")
        for name, step in (
            ("search", base()),
            ("subtree", search(PEOPLE, "(cn=error)", "cn")),
            ("modify", modify(ERROR, ("add", "description", "x"))),
            ("compare", compare(ERROR, "cn", "error")),
            ("bind", bind(ERROR, "x")),
        )
        if name in ("search", "subtree") or name == op
    ),
    stored("errOp two", 51, compare(ERROR, "cn", "error"), entry=(*TEXT, "errOp: search", "errOp: compare")),
    stored("errOp modrdn, rename", None, rename(ERROR, "cn=x"), entry=(*TEXT, "errOp: modrdn")),
    stored("errOp extended, search", None, base(), entry=(*TEXT, "errOp: extended")),
    stored("sleep", 51, base(), entry=(*TEXT, "errSleepTime: 1")),
    stored("others go on during sleep", 51, pipeline(base(ALICE), base()), entry=(*TEXT, "errSleepTime: 1")),
    stored("disconnect FALSE", None, base(), entry=(*TEXT, "errDisconnect: FALSE"), of=AUX),
    stored(
        "disconnect FALSE, subtree",
        None,
        search(PEOPLE, "(cn=error)", "cn"),
        entry=(*TEXT, "errDisconnect: FALSE"),
        of=AUX,
    ),
    item("item", (51, "busy, come later"), base(f"cn=busy,{CODES}")),
    *[
        item(f"parent: {name}, {who}", None, step, by=by)
        for who, by in (("administrator", ADMIN), ("nobody", None))
        for name, step in {
            "base": base(CODES),
            "one level": search(CODES, scope="one"),
            "subtree": search(CODES.upper()),
            "below": search(CODES, scope="children"),
            "all but operational": search(CODES, "(objectClass=*)", "*", "ref", scope="one"),
            "types only": search(CODES, scope="one", types_only=True),
            "1.1": search(CODES, "(objectClass=*)", "1.1"),
            "filter": search(CODES, "(errCode=51)", "errCode"),
            "filter or": search(CODES, "(|(errOp=rename)(cn=slow))", "errOp"),
            "filter not": search(CODES, "(!(errText=*))", "cn"),
            "filter, nothing": search(CODES, "(cn=x)"),
            "manageDsaIT": search(CODES, scope="one", controls=MANAGE),
            "size limit": search(CODES, scope="one", size=2),
            "from above": search("dc=example,dc=com", "(objectClass=errObject)"),
            "compare": compare(CODES, "ou", "codes"),
            "add": add(CODES, "objectClass: organizationalUnit", "ou: codes"),
            "modify": modify(CODES, ("add", "description", "x")),
            "delete": delete(CODES),
            "rename": rename(CODES, "ou=x"),
            "bind": bind(CODES, "x"),
        }.items()
    ],
    item("item modify", 51, modify(f"cn=busy,{CODES}", ("add", "description", "x"))),
    item("item add", 51, add(f"cn=busy,{CODES}", "objectClass: device", "cn: busy")),
    item("item delete", 51, delete(f"cn=busy,{CODES}")),
    item("item rename", 51, rename(f"cn=busy,{CODES}", "cn=x")),
    item("item compare", 51, compare(f"cn=busy,{CODES}", "cn", "busy")),
    item("item bind", None, bind(f"cn=busy,{CODES}", "x")),
    item("item bind without password", None, bind(f"cn=busy,{CODES}", "")),
    item("item in another spelling", 51, base(f"CN=Busy, {CODES.upper()}")),
    item("item subtree", None, search(f"cn=busy,{CODES}", "(objectClass=*)")),
    item("item with filter", None, search(f"cn=busy,{CODES}", "(cn=other)", scope="base")),
    item("item with manageDsaIT", None, base(f"cn=busy,{CODES}", controls=MANAGE)),
    item(
        "item modify with manageDsaIT", None, modify(f"cn=busy,{CODES}", ("add", "description", "x"), controls=MANAGE)
    ),
    item("item for search, search", 3, base(f"cn=slow,{CODES}")),
    item("item for search, compare", None, compare(f"cn=slow,{CODES}", "cn", "slow")),
    item("item for search, modify", None, modify(f"cn=slow,{CODES}", ("add", "description", "x"))),
    item("item referral", None, base(f"cn=away,{CODES}")),
    item("item unsolicited", None, base(f"cn=notice,{CODES}")),
    item("item matched", None, base(f"cn=matched,{CODES}")),
    item("item disconnect", None, base(f"cn=gone,{CODES}")),
    item("item pre-disconnect", None, base(f"cn=pre,{CODES}")),
    item("item post-disconnect", None, base(f"cn=post,{CODES}")),
    item("item success", None, base(f"cn=fine,{CODES}")),
    item("item success, modify", None, modify(f"cn=fine,{CODES}", ("add", "description", "x"))),
    item("item octal", None, base(f"cn=octal,{CODES}")),
    item("unknown item", None, base(f"cn=none,{CODES}")),
    item("below an item", None, base(f"cn=x,cn=busy,{CODES}")),
    item("item anonymously", None, base(f"cn=busy,{CODES}"), by=None),
    item("item modify anonymously", None, modify(f"cn=busy,{CODES}", ("add", "description", "x")), by=None),
    item("item by a user", None, modify(f"cn=busy,{CODES}", ("add", "description", "x")), by=ALICE),
    item("the rest of the tree", None, search("dc=example,dc=com", "(|(uid=alice)(cn=busy))", "cn")),
    item("another entry", 0, base(ALICE)),
    item("another extended operation", None, extended("1.2.3")),
    *[
        any_row(
            f"rules: {name}{shown}",
            None,
            step,
            by=by,
            setup=[add(ERROR, *OBJECT, *BUSY, controls=MANAGE)],
            server="retcode, rules",
        )
        for shown, by in (("", None), (", by a user", ALICE), (", by another", BOB))
        for name, step in {
            "search": base(),
            "search with manageDsaIT": base(controls=MANAGE),
            "search one level": search(PEOPLE, "(cn=error)", "cn", scope="one"),
            "compare": compare(ERROR, "cn", "error"),
            "modify": modify(ERROR, ("add", "description", "x")),
            "delete": delete(ERROR),
            "rename": rename(ERROR, "cn=other"),
            "bind": bind(ERROR, "x"),
        }.items()
    ],
]
