"""Password policies (draft-behera-ldap-password-policy, slapo-ppolicy): binds, lockout, expiry, and the control."""

from oracle.policies import (
    ASK,
    MUST,
    OID,
    PEOPLE,
    RESET,
    USER,
    WRONG,
    bind,
    change,
    login,
    named,
    passmod,
    policy,
    replace,
    ruled,
)
from oracle.slapd import ADMIN, PASSWORD
from oracle.steps import WHO_AM_I, add, compare, delete, extended, modify, rename, row, search, uncritical, whoami

CONTROL_ROWS = [
    ruled("control", 0, "", login()),
    ruled("no control", 0, "", bind(USER, "secret")),
    ruled("critical control", 0, "", bind(USER, "secret", controls=MUST)),
    ruled("control with a value", None, "", bind(USER, "secret", controls=[uncritical(OID, "x")])),
    ruled("control with an empty value", None, "", bind(USER, "secret", controls=[uncritical(OID, "")])),
    ruled("control twice", None, "", bind(USER, "secret", controls=[*ASK, *ASK])),
    ruled("control, anonymous", None, "", bind(controls=ASK)),
    ruled("control, admin", None, "", bind(ADMIN, PASSWORD, controls=ASK)),
    ruled("control, unknown user", None, "", login(dn=f"uid=nobody,{PEOPLE}")),
    ruled("control, empty password", None, "", login("")),
    ruled("control on a search", None, "", search("dc=example,dc=com", scope="base", controls=ASK)),
    ruled("critical on a search", None, "", search("dc=example,dc=com", scope="base", controls=MUST)),
    ruled("critical on a compare", None, "", compare(USER, "cn", "u", controls=MUST)),
    ruled("critical on a delete", None, "", bind(ADMIN, PASSWORD), delete(USER, controls=MUST)),
    ruled(
        "critical on an add",
        None,
        "",
        bind(ADMIN, PASSWORD),
        add(f"ou=x,{PEOPLE}", "objectClass: organizationalUnit", controls=MUST),
    ),
    ruled("critical on a rename", None, "", bind(ADMIN, PASSWORD), rename(USER, "uid=x", controls=MUST)),
    ruled("critical on who am I", None, "", extended(WHO_AM_I, controls=MUST)),
    row("critical without the overlay", None, bind(controls=MUST)),
    row("uncritical without the overlay", None, bind(controls=ASK)),
    row("a policy without the overlay", None, search("cn=Subschema", "(objectClasses=pwdPolicy)", "1.1", scope="base")),
    ruled(
        "who has no entry yet", None, "", modify(f"uid=nobody,{PEOPLE}", ("replace", "userPassword", "x"), controls=ASK)
    ),
    ruled("other change", None, "", login(), change(("replace", "description", "x"))),
    ruled("other change by admin", 0, "", bind(ADMIN, PASSWORD), change(("replace", "description", "x"))),
]

LOCK_ROWS = [
    ruled("one failure", 49, "lock", WRONG),
    ruled("one failure without the control", 49, "lock", bind(USER, "wrong")),
    ruled("failure, then success", 0, "lock", WRONG, login()),
    ruled("two failures", 0, "lock", WRONG, WRONG, login()),
    ruled("three failures", 49, "lock", WRONG, WRONG, WRONG, login()),
    ruled("three failures without the control", 49, "lock", WRONG, WRONG, WRONG, bind(USER, "secret")),
    ruled("three failures, then more", 49, "lock", WRONG, WRONG, WRONG, WRONG, WRONG),
    ruled(
        "unlocked by admin",
        0,
        "lock",
        WRONG,
        WRONG,
        WRONG,
        bind(ADMIN, PASSWORD),
        modify(USER, ("delete", "pwdAccountLockedTime")),
        login(),
    ),
    ruled(
        "unlocked, then one failure",
        49,
        "lock",
        WRONG,
        WRONG,
        WRONG,
        bind(ADMIN, PASSWORD),
        modify(USER, ("delete", "pwdAccountLockedTime")),
        WRONG,
    ),
    ruled(
        "locked, new password by admin",
        0,
        "lock",
        WRONG,
        WRONG,
        WRONG,
        bind(ADMIN, PASSWORD),
        replace("new"),
        login("new"),
    ),
    ruled(
        "locked, new password by Password Modify",
        0,
        "lock",
        WRONG,
        WRONG,
        WRONG,
        bind(ADMIN, PASSWORD),
        passmod(None, "new", USER),
        login("new"),
    ),
    ruled(
        "locked, account renamed",
        49,
        "lock",
        WRONG,
        WRONG,
        WRONG,
        bind(ADMIN, PASSWORD),
        rename(USER, "uid=x"),
        login(dn=f"uid=x,{PEOPLE}"),
    ),
    ruled(
        "locked by admin",
        49,
        "lock",
        bind(ADMIN, PASSWORD),
        modify(USER, ("replace", "pwdAccountLockedTime", "000001010000Z")),
        login(),
    ),
    ruled(
        "locked by admin with junk",
        None,
        "lock",
        bind(ADMIN, PASSWORD),
        modify(USER, ("replace", "pwdAccountLockedTime", "never")),
    ),
    ruled(
        "user sets pwdFailureTime", 19, "lock", login(), modify(USER, ("replace", "pwdFailureTime", "20200101000000Z"))
    ),
    ruled(
        "admin deletes pwdFailureTime",
        19,
        "lock",
        WRONG,
        bind(ADMIN, PASSWORD),
        modify(USER, ("delete", "pwdFailureTime")),
    ),
    ruled("two failures", 49, "lock-for-ever", WRONG, WRONG, login()),
    ruled("two failures", None, "count-only", WRONG, WRONG, login()),
    ruled("three failures", None, "count-only", WRONG, WRONG, WRONG),
    ruled("four failures", None, "record", WRONG, WRONG, WRONG, WRONG),
    ruled("a failure", None, "", WRONG),
    ruled("no password", 49, "lock", bind(ADMIN, PASSWORD), modify(USER, ("delete", "userPassword")), WRONG),
    ruled("anonymous compare counts nothing", None, "lock", compare(USER, "userPassword", "x")),
    ruled(
        "admin is above policies",
        None,
        "lock",
        bind(ADMIN, "wrong", controls=ASK),
        bind(ADMIN, "wrong"),
        bind(ADMIN, "wrong"),
        bind(ADMIN, PASSWORD),
    ),
    row(
        "failures long ago do not count",
        0,
        *[login("wrong", f"uid=failed-long-ago,{PEOPLE}")],
        login(dn=f"uid=failed-long-ago,{PEOPLE}"),
        server="ppolicy",
    ),
    row("failures long ago are dropped", 49, *[login("wrong", f"uid=failed-long-ago,{PEOPLE}")] * 2, server="ppolicy"),
    row("lockout is over", 0, login(dn=f"uid=locked-long-ago,{PEOPLE}"), server="ppolicy"),
    *(
        row(f"{who}: {password}", None, login(password, f"uid={who},{PEOPLE}"), server="ppolicy")
        for who in ("locked-before", "idle", "waiting", "waited", "two", "not-yet", "failed-long-ago")
        for password in ("secret", "wrong", "second")
    ),
    row(
        "lockout was over, two wrong passwords",
        None,
        *[login("wrong", f"uid=locked-before,{PEOPLE}")] * 3,
        server="ppolicy",
    ),
    *(
        ruled(f"{name} after failures", None, "lock", WRONG, WRONG, bind(ADMIN, PASSWORD), change(*changes))
        for name, changes in named(
            {
                "delete": [("delete", "userPassword")],
                "delete the value": [("delete", "userPassword", "secret")],
                "replace with nothing": [("replace", "userPassword")],
                "replace pwdAccountLockedTime with nothing": [("replace", "pwdAccountLockedTime")],
                "replace pwdAccountLockedTime": [("replace", "pwdAccountLockedTime", "20200101000000Z")],
                "add a password": [("add", "userPassword", "new")],
                "replace": [("replace", "userPassword", "new")],
                "add and delete": [("add", "userPassword", "new"), ("delete", "userPassword", "secret")],
                "delete and add": [("delete", "userPassword", "secret"), ("add", "userPassword", "new")],
            }
        )
    ),
    *(
        row(
            f"{name} when expired",
            None,
            bind(ADMIN, PASSWORD),
            change(*changes, dn=f"uid=graced-once,{PEOPLE}"),
            server="ppolicy",
        )
        for name, changes in named(
            {
                "delete": [("delete", "userPassword")],
                "delete the value": [("delete", "userPassword", "secret")],
                "replace with nothing": [("replace", "userPassword")],
                "add and delete": [("add", "userPassword", "new"), ("delete", "userPassword", "secret")],
                "delete wrong and add": [("delete", "userPassword", "wrong"), ("add", "userPassword", "new")],
                "another attribute": [("replace", "description", "x")],
                "pwdReset": [("replace", "pwdReset", "TRUE")],
                "rename": [("replace", "pwdPolicySubentry", policy("default"))],
            }
        )
    ),
    row("lockout is over, wrong password", 49, login("wrong", f"uid=locked-long-ago,{PEOPLE}"), server="ppolicy"),
    row("locked for ever", 49, login(dn=f"uid=locked-for-ever,{PEOPLE}"), server="ppolicy"),
    row("locked, without pwdLockout", None, login(dn=f"uid=locked-no-lockout,{PEOPLE}"), server="ppolicy"),
    row("pwdStartTime", None, login(dn=f"uid=not-yet,{PEOPLE}"), server="ppolicy"),
    row("pwdEndTime", None, login(dn=f"uid=no-longer,{PEOPLE}"), server="ppolicy"),
    ruled("locked, not told", 49, "lock-for-ever", WRONG, WRONG, login(), server="ppolicy-hash"),
]

AGE_ROWS = [
    row("expired, then who am I", 0, login(dn=f"uid=expired,{PEOPLE}"), whoami(), server="ppolicy"),
    row("expired without control", 49, bind(f"uid=expired,{PEOPLE}", "secret"), server="ppolicy"),
    row("expired", 49, login(dn=f"uid=expired,{PEOPLE}"), server="ppolicy"),
    row("expired, wrong password", 49, login("wrong", f"uid=expired,{PEOPLE}"), server="ppolicy"),
    row("without pwdChangedTime", 0, login(dn=f"uid=no-time,{PEOPLE}"), server="ppolicy"),
    row("old under no policy of age", 0, login(dn=f"uid=plain,{PEOPLE}"), server="ppolicy"),
    row("grace", 0, login(dn=f"uid=graced,{PEOPLE}"), server="ppolicy"),
    row("grace without control", 0, bind(f"uid=graced,{PEOPLE}", "secret"), whoami(), server="ppolicy"),
    row("grace, twice", 0, *[login(dn=f"uid=graced,{PEOPLE}")] * 2, server="ppolicy"),
    row("grace, thrice", 49, *[login(dn=f"uid=graced,{PEOPLE}")] * 3, server="ppolicy"),
    row("grace, once used", 0, login(dn=f"uid=graced-once,{PEOPLE}"), server="ppolicy"),
    row(
        "grace, password changed",
        0,
        login(dn=f"uid=graced,{PEOPLE}"),
        change(("replace", "userPassword", "new"), dn=f"uid=graced,{PEOPLE}"),
        login("new", f"uid=graced,{PEOPLE}"),
        server="ppolicy",
    ),
    row("grace is over", 49, login(dn=f"uid=too-late,{PEOPLE}"), server="ppolicy"),
    ruled("just set", 0, "no-warning", login()),
    ruled("just set", 0, "grace", login()),
    ruled("too young", 19, "young", login(), replace("new")),
    ruled("too young, without control", 19, "young", login(), modify(USER, ("replace", "userPassword", "new"))),
    ruled("too young, Password Modify", 19, "young", login(), passmod("secret", "new")),
    ruled("too young, by admin", 0, "young", bind(ADMIN, PASSWORD), replace("new")),
    ruled("too young, reset", 0, "young", login(), replace("new"), setup=(RESET,)),
    ruled("too young, deleting", None, "young", login(), change(("delete", "userPassword"))),
    ruled("too young, replaced with nothing", None, "young", login(), change(("replace", "userPassword"))),
]

SCHEMA_ROWS = [
    row(f"schema: {name}", None, search("cn=Subschema", f"({kind}={name})", "1.1", scope="base"), server="ppolicy")
    for kind, names in {
        "attributeTypes": ("pwdAttribute", "pwdMaxAge", "pwdHistory", "pwdAccountTmpLockoutEnd", "pwdCheckModuleArg"),
        "objectClasses": ("pwdPolicy", "pwdPolicyChecker"),
    }.items()
    for name in names
]
SCHEMA_ROWS += [
    row(f"filter {text}", None, search("dc=example,dc=com", text, "1.1"), server="ppolicy")
    for text in (
        "(pwdAttribute=userPassword)",
        "(pwdAttribute=2.5.4.35)",
        "(pwdAttribute=USERPASSWORD)",
        "(pwdAttribute=foo)",
        "(pwdMaxAge>=3600)",
        "(pwdLockout=TRUE)",
        "(pwdAccountLockedTime=*)",
        "(pwdAccountLockedTime<=20200102000000Z)",
        "(pwdFailureTime=20200101000001Z)",
        "(pwdPolicySubentry=CN=lock,ou=policies,dc=example,dc=com)",
        "(pwdHistory=*)",
        "(pwdGraceUseTime=*)",
        "(objectClass=pwdPolicy)",
        "(pwdReset=TRUE)",
        "(pwdStartTime>=20980101000000Z)",
    )
]
SCHEMA_ROWS += [
    row(
        "operational attributes",
        0,
        search(
            f"uid=locked-long-ago,{PEOPLE}",
            "(objectClass=*)",
            "pwdFailureTime",
            "pwdAccountLockedTime",
            "pwdPolicySubentry",
            scope="base",
        ),
        server="ppolicy",
    ),
    row(
        "user attributes",
        0,
        search(f"uid=locked-long-ago,{PEOPLE}", "(objectClass=*)", "*", scope="base"),
        server="ppolicy",
    ),
    row("a policy", 0, search(policy("lock"), "(objectClass=*)", "*", scope="base"), server="ppolicy"),
    row(
        "pwdAttribute of nothing",
        21,
        bind(ADMIN, PASSWORD),
        add(policy("x"), "objectClass: device", "objectClass: pwdPolicy", "cn: x", "pwdAttribute: foo"),
        server="ppolicy",
    ),
]


ROWS = [*CONTROL_ROWS, *LOCK_ROWS, *AGE_ROWS, *SCHEMA_ROWS]
