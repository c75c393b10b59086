"""Password policies (draft-behera-ldap-password-policy, slapo-ppolicy): what shows without waiting."""

from dataclasses import replace as replaced
from typing import Any

from oracle import wire
from oracle.slapd import ADMIN, PASSWORD
from oracle.steps import bind as plain_bind
from oracle.steps import (
    PASSWORD_MODIFY,
    WHO_AM_I,
    Row,
    Step,
    add,
    compare,
    critical,
    delete,
    extended,
    modify,
    passwd,
    rename,
    row,
    search,
    uncritical,
    whoami,
)

OID = "1.3.6.1.4.1.42.2.27.8.5.1"
ASK = (uncritical(OID),)
MUST = (critical(OID),)
PEOPLE = "ou=people,dc=example,dc=com"
USER = f"uid=user,{PEOPLE}"


def policy(name: str) -> str:
    """The DN of a policy."""
    return f"cn={name},ou=policies,dc=example,dc=com"


def user(under: str = "", *more: str, password: str = "secret") -> Step:
    """Add the user, with a policy of its own."""
    attributes = ["objectClass: inetOrgPerson", "cn: u", "sn: u"]
    attributes += [f"pwdPolicySubentry: {policy(under)}"] if under else []
    attributes += [f"userPassword: {password}"] if password else []
    return add(USER, *attributes, *more)


def bind(*arguments: Any, **keywords: Any) -> Step:
    """Bind, which writes where policies are."""
    return replaced(plain_bind(*arguments, **keywords), writes=True)


def login(password: str = "secret", dn: str = USER) -> Step:
    """Bind with the control."""
    return bind(dn, password, controls=ASK)


def ruled(name: str, expect: Any, under: str, *steps: Step, setup: tuple[Step, ...] = (), server: str = "ppolicy") -> Row:
    """A row about the user under a policy."""
    return row(f"{under or 'default'}: {name}", expect, *steps, setup=[user(under), *setup], server=server)


def change(*changes: tuple[Any, ...], dn: str = USER) -> Step:
    """Modify with the control."""
    return modify(dn, *changes, controls=ASK)


def replace(password: str) -> Step:
    """Replace the password."""
    return change(("replace", "userPassword", password))


def exchange(old: str, new: str, second: str = "add") -> Step:
    """Delete the old password and add the new one."""
    return change(("delete", "userPassword", old), (second, "userPassword", new))


def passmod(old: str | None, new: str | None, dn: str | None = None) -> Step:
    """Password Modify with the control."""
    parts = [wire.octets(part, tag) for tag, part in ((0x80, dn), (0x81, old), (0x82, new)) if part is not None]
    return extended(PASSWORD_MODIFY, wire.sequence(*parts), controls=ASK)


RESET = modify(USER, ("replace", "pwdReset", "TRUE"))
TEXT = "Operations are restricted to bind/unbind/abandon/StartTLS/modify password"
WRONG = login("wrong")

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
    ruled("critical on an add", None, "", bind(ADMIN, PASSWORD), add(f"ou=x,{PEOPLE}", "objectClass: organizationalUnit", controls=MUST)),
    ruled("critical on a rename", None, "", bind(ADMIN, PASSWORD), rename(USER, "uid=x", controls=MUST)),
    ruled("critical on who am I", None, "", extended(WHO_AM_I, controls=MUST)),
    row("critical without the overlay", None, bind(controls=MUST)),
    row("uncritical without the overlay", None, bind(controls=ASK)),
    row("a policy without the overlay", None, search("cn=Subschema", "(objectClasses=pwdPolicy)", "1.1", scope="base")),
    ruled("who has no entry yet", None, "", modify(f"uid=nobody,{PEOPLE}", ("replace", "userPassword", "x"), controls=ASK)),
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
    ruled("unlocked by admin", 0, "lock", WRONG, WRONG, WRONG, bind(ADMIN, PASSWORD),
          modify(USER, ("delete", "pwdAccountLockedTime")), login()),
    ruled("unlocked, then one failure", 49, "lock", WRONG, WRONG, WRONG, bind(ADMIN, PASSWORD),
          modify(USER, ("delete", "pwdAccountLockedTime")), WRONG),
    ruled("locked, new password by admin", 0, "lock", WRONG, WRONG, WRONG, bind(ADMIN, PASSWORD), replace("new"), login("new")),
    ruled("locked, new password by Password Modify", 0, "lock", WRONG, WRONG, WRONG, bind(ADMIN, PASSWORD), passmod(None, "new", USER), login("new")),
    ruled("locked, account renamed", 49, "lock", WRONG, WRONG, WRONG, bind(ADMIN, PASSWORD), rename(USER, "uid=x"), login(dn=f"uid=x,{PEOPLE}")),
    ruled("locked by admin", 49, "lock", bind(ADMIN, PASSWORD), modify(USER, ("replace", "pwdAccountLockedTime", "000001010000Z")), login()),
    ruled("locked by admin with junk", None, "lock", bind(ADMIN, PASSWORD), modify(USER, ("replace", "pwdAccountLockedTime", "never"))),
    ruled("user sets pwdFailureTime", 19, "lock", login(), modify(USER, ("replace", "pwdFailureTime", "20200101000000Z"))),
    ruled("admin deletes pwdFailureTime", 19, "lock", WRONG, bind(ADMIN, PASSWORD), modify(USER, ("delete", "pwdFailureTime"))),
    ruled("two failures", 49, "lock-for-ever", WRONG, WRONG, login()),
    ruled("two failures", None, "count-only", WRONG, WRONG, login()),
    ruled("three failures", None, "count-only", WRONG, WRONG, WRONG),
    ruled("four failures", None, "record", WRONG, WRONG, WRONG, WRONG),
    ruled("a failure", None, "", WRONG),
    ruled("no password", 49, "lock", bind(ADMIN, PASSWORD), modify(USER, ("delete", "userPassword")), WRONG),
    ruled("anonymous compare counts nothing", None, "lock", compare(USER, "userPassword", "x")),
    ruled("admin is above policies", None, "lock", bind(ADMIN, "wrong", controls=ASK), bind(ADMIN, "wrong"), bind(ADMIN, "wrong"), bind(ADMIN, PASSWORD)),
    row("failures long ago do not count", 0, *[login("wrong", f"uid=failed-long-ago,{PEOPLE}")], login(dn=f"uid=failed-long-ago,{PEOPLE}"), server="ppolicy"),
    row("failures long ago are dropped", 49, *[login("wrong", f"uid=failed-long-ago,{PEOPLE}")] * 2, server="ppolicy"),
    row("lockout is over", 0, login(dn=f"uid=locked-long-ago,{PEOPLE}"), server="ppolicy"),
    *(
        row(f"{who}: {password}", None, login(password, f"uid={who},{PEOPLE}"), server="ppolicy")
        for who in ("locked-before", "idle", "waiting", "waited", "two", "not-yet", "failed-long-ago")
        for password in ("secret", "wrong", "second")
    ),
    row("lockout was over, two wrong passwords", None, *[login("wrong", f"uid=locked-before,{PEOPLE}")] * 3, server="ppolicy"),
    *(
        ruled(f"{name} after failures", None, "lock", WRONG, WRONG, bind(ADMIN, PASSWORD), change(*changes))
        for name, changes in {
            "delete": [("delete", "userPassword")],
            "delete the value": [("delete", "userPassword", "secret")],
            "replace with nothing": [("replace", "userPassword")],
            "replace pwdAccountLockedTime with nothing": [("replace", "pwdAccountLockedTime")],
            "replace pwdAccountLockedTime": [("replace", "pwdAccountLockedTime", "20200101000000Z")],
            "add a password": [("add", "userPassword", "new")],
            "replace": [("replace", "userPassword", "new")],
            "add and delete": [("add", "userPassword", "new"), ("delete", "userPassword", "secret")],
            "delete and add": [("delete", "userPassword", "secret"), ("add", "userPassword", "new")],
        }.items()
    ),
    *(
        row(f"{name} when expired", None, bind(ADMIN, PASSWORD), change(*changes, dn=f"uid=graced-once,{PEOPLE}"), server="ppolicy")
        for name, changes in {
            "delete": [("delete", "userPassword")],
            "delete the value": [("delete", "userPassword", "secret")],
            "replace with nothing": [("replace", "userPassword")],
            "add and delete": [("add", "userPassword", "new"), ("delete", "userPassword", "secret")],
            "delete wrong and add": [("delete", "userPassword", "wrong"), ("add", "userPassword", "new")],
            "another attribute": [("replace", "description", "x")],
            "pwdReset": [("replace", "pwdReset", "TRUE")],
            "rename": [("replace", "pwdPolicySubentry", policy("default"))],
        }.items()
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
    row("grace, password changed", 0, login(dn=f"uid=graced,{PEOPLE}"), change(("replace", "userPassword", "new"), dn=f"uid=graced,{PEOPLE}"), login("new", f"uid=graced,{PEOPLE}"), server="ppolicy"),
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

RESET_ROWS = [
    ruled("bind", 0, "must-change", login(), setup=(RESET,)),
    ruled("bind without control", 0, "must-change", bind(USER, "secret"), whoami(), setup=(RESET,)),
    ruled("pwdReset FALSE", 0, "must-change", login(), search(USER, scope="base"), setup=(modify(USER, ("replace", "pwdReset", "FALSE")),)),
    ruled("pwdReset without pwdMustChange", 0, "", login(), search(USER, scope="base"), setup=(RESET,)),
    ruled("search", (50, TEXT), "must-change", login(), search(USER, scope="base"), setup=(RESET,)),
    ruled("search with control", None, "must-change", login(), search(USER, scope="base", controls=ASK), setup=(RESET,)),
    ruled("search of the root DSE", 0, "must-change", login(), search("", "(objectClass=*)", "vendorName", scope="base"), setup=(RESET,)),
    ruled("search outside", None, "must-change", login(), search("dc=elsewhere"), setup=(RESET,)),
    ruled("compare", (50, TEXT), "must-change", login(), compare(USER, "cn", "u"), setup=(RESET,)),
    ruled("compare without entry", None, "must-change", login(), compare(f"uid=nobody,{PEOPLE}", "cn", "u"), setup=(RESET,)),
    ruled("add", (50, TEXT), "must-change", login(), add(f"ou=x,{PEOPLE}", "objectClass: organizationalUnit", controls=ASK), setup=(RESET,)),
    ruled("add of junk", None, "must-change", login(), add(f"ou=x,{PEOPLE}", "foo: x", controls=ASK), setup=(RESET,)),
    ruled("delete", (50, TEXT), "must-change", login(), delete(USER), setup=(RESET,)),
    ruled("rename", None, "must-change", login(), rename(USER, "uid=x"), setup=(RESET,)),
    ruled("rename to junk", None, "must-change", login(), rename(USER, "junk"), setup=(RESET,)),
    ruled("modify", (50, TEXT), "must-change", login(), change(("replace", "description", "x")), setup=(RESET,)),
    ruled("modify of more than the password", (50, TEXT), "must-change", login(), change(("replace", "userPassword", "new"), ("replace", "description", "x")), setup=(RESET,)),
    ruled("who am I", 0, "must-change", login(), whoami(), setup=(RESET,)),
    ruled("new password", 0, "must-change", login(), replace("new"), search(USER, "(objectClass=*)", "cn", scope="base"), setup=(RESET,)),
    ruled("new password by Password Modify", 0, "must-change", login(), passmod("secret", "new"), search(USER, "(objectClass=*)", "cn", scope="base"), setup=(RESET,)),
    ruled("new password, then bind", 0, "must-change", login(), replace("new"), login("new"), setup=(RESET,)),
    ruled("bind as another", 0, "must-change", login(), bind(ADMIN, PASSWORD), search(USER, "(objectClass=*)", "cn", scope="base"), setup=(RESET,)),
    ruled("bind anonymously", 0, "must-change", login(), bind(), search(USER, "(objectClass=*)", "cn", scope="base"), setup=(RESET,)),
    ruled("new password by admin", None, "must-change", bind(ADMIN, PASSWORD), replace("new"), login("new")),
    ruled("new password by admin, who keeps pwdReset", None, "must-change", bind(ADMIN, PASSWORD), change(("replace", "userPassword", "new"), ("replace", "pwdReset", "TRUE")), login("new")),
    ruled("new password by admin takes pwdReset away", None, "must-change", bind(ADMIN, PASSWORD), replace("new"), login("new"), setup=(RESET,)),
    ruled("user sets pwdReset", None, "must-change", login(), modify(USER, ("replace", "pwdReset", "FALSE"))),
]

QUALITY_ROWS = [
    *(
        ruled(f"replace with {text!r}", None, under, login(), replace(text))
        for under in ("quality", "quality-strict", "length-unchecked")
        for text in ("short", "long enough", "seven77", "eight888", "", "{SSHA}AAAA", "{CLEARTEXT}x", "{CLEARTEXT}long enough",
                     "{SSHA}l3JiZO4Iop45DobvHrQOKoyxfy5xsKZr", "{no scheme}", "{SSHA", "much too long for it", "pässwö")
    ),
    ruled("too short without control", (19, "Password fails quality checking policy"), "quality", login(), modify(USER, ("replace", "userPassword", "short"))),
    ruled("too short by admin", 0, "quality", bind(ADMIN, PASSWORD), replace("short")),
    ruled("too short, Password Modify", 19, "quality", login(), passmod("secret", "short")),
    ruled("too long, Password Modify", 19, "quality", login(), passmod("secret", "much too long for it")),
    ruled("too short, Password Modify without control", 19, "quality", login(), passwd(None, "secret", "short")),
    ruled("Password Modify", 0, "quality", login(), passmod("secret", "long enough"), login("long enough")),
    ruled("generated", 0, "quality", login(), passwd(None, "secret")),
    ruled("added by admin, two passwords", (19, "Password policy only allows one password value"), "quality", bind(ADMIN, PASSWORD),
          add(f"uid=x,{PEOPLE}", "objectClass: inetOrgPerson", "cn: u", "sn: u", "userPassword: a", "userPassword: b", controls=ASK)),
    ruled("two passwords by replace", None, "quality", login(), change(("replace", "userPassword", "long enough", "enough long"))),
    ruled("two passwords by admin", None, "", bind(ADMIN, PASSWORD), change(("replace", "userPassword", "long enough", "enough long"))),
    ruled("second password added", None, "", login(), change(("add", "userPassword", "new"))),
    ruled("two adds", None, "", login(), change(("add", "userPassword", "new"), ("add", "userPassword", "newer"))),
    ruled("nothing", None, "quality", login(), change(("replace", "userPassword"))),
    ruled("deleted", None, "quality", login(), change(("delete", "userPassword"))),
    ruled("no rights", None, "quality", login(dn=f"uid=plain,{PEOPLE}"), replace("short")),
    ruled("no rights, good password", 50, "quality", login(dn=f"uid=plain,{PEOPLE}"), replace("long enough")),
    ruled("anonymous", 8, "quality", replace("short")),
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
        "(pwdAttribute=userPassword)", "(pwdAttribute=2.5.4.35)", "(pwdAttribute=USERPASSWORD)", "(pwdAttribute=foo)",
        "(pwdMaxAge>=3600)", "(pwdLockout=TRUE)", "(pwdAccountLockedTime=*)", "(pwdAccountLockedTime<=20200102000000Z)",
        "(pwdFailureTime=20200101000001Z)", "(pwdPolicySubentry=CN=lock,ou=policies,dc=example,dc=com)", "(pwdHistory=*)",
        "(pwdGraceUseTime=*)", "(objectClass=pwdPolicy)", "(pwdReset=TRUE)", "(pwdStartTime>=20980101000000Z)",
    )
]
SCHEMA_ROWS += [
    row("operational attributes", 0, search(f"uid=locked-long-ago,{PEOPLE}", "(objectClass=*)", "pwdFailureTime", "pwdAccountLockedTime", "pwdPolicySubentry", scope="base"), server="ppolicy"),
    row("user attributes", 0, search(f"uid=locked-long-ago,{PEOPLE}", "(objectClass=*)", "*", scope="base"), server="ppolicy"),
    row("a policy", 0, search(policy("lock"), "(objectClass=*)", "*", scope="base"), server="ppolicy"),
    row("pwdAttribute of nothing", 21, bind(ADMIN, PASSWORD), add(policy("x"), "objectClass: device", "objectClass: pwdPolicy", "cn: x", "pwdAttribute: foo"), server="ppolicy"),
]

TAKEN_AWAY_ROWS = [
    ruled(f"{name} by admin", None, under, bind(ADMIN, PASSWORD), change(*changes))
    for under in ("history", "must-change", "young")
    for name, changes in {
        "delete": [("delete", "userPassword")],
        "delete the value": [("delete", "userPassword", "secret")],
        "replace with nothing": [("replace", "userPassword")],
    }.items()
]

CHANGE_ROWS = [
    *(
        ruled(f"{how}", None, under, login(), step)
        for under in ("", "safe", "fixed", "history", "grace")
        for how, step in {
            "replace": replace("new"),
            "replace with the same": replace("secret"),
            "delete and add": exchange("secret", "new"),
            "delete and replace": exchange("secret", "new", "replace"),
            "delete wrong one and add": exchange("wrong", "new"),
            "delete all and add": change(("delete", "userPassword"), ("add", "userPassword", "new")),
            "add and delete": change(("add", "userPassword", "new"), ("delete", "userPassword", "secret")),
            "delete": change(("delete", "userPassword")),
            "delete the value": change(("delete", "userPassword", "secret")),
            "delete another value": change(("delete", "userPassword", "wrong")),
            "Password Modify": passmod("secret", "new"),
            "Password Modify without old": passmod(None, "new"),
            "Password Modify with wrong old": passmod("wrong", "new"),
            "Password Modify with the same": passmod("secret", "secret"),
            "other attribute, too": change(("replace", "userPassword", "new"), ("replace", "description", "x")),
        }.items()
    ),
    ruled("by admin", 0, "safe", bind(ADMIN, PASSWORD), replace("new")),
    ruled("by admin", 0, "fixed", bind(ADMIN, PASSWORD), replace("new")),
    ruled("by admin with the same", 0, "history", bind(ADMIN, PASSWORD), replace("secret")),
    ruled("delete hashed and add", 0, "safe", login(), exchange("secret", "new"), setup=(modify(USER, ("replace", "userPassword", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")),)),
    ruled("delete hashed by its hash", None, "safe", login(), exchange("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "new"), setup=(modify(USER, ("replace", "userPassword", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")),)),
    ruled("delete hashed and add", None, "", login(), exchange("secret", "new"), setup=(modify(USER, ("replace", "userPassword", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")),)),
    ruled("delete wrong one of hashed and add", None, "", login(), exchange("wrong", "new"), setup=(modify(USER, ("replace", "userPassword", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")),)),
    ruled("back to the first", 19, "history", login(), replace("new"), replace("secret")),
    ruled("back to the first, third", 19, "history", login(), replace("new"), replace("newer"), replace("secret")),
    ruled("back to the first, fourth", 0, "history", login(), replace("new"), replace("newer"), replace("newest"), replace("secret")),
    ruled("by Password Modify, back", 19, "history", login(), passmod("secret", "new"), passmod("new", "secret")),
    ruled("by Password Modify, the same", 19, "history", login(), passmod("secret", "new"), passmod("new", "new")),
    ruled("by admin, remembered", 19, "history", bind(ADMIN, PASSWORD), replace("new"), login("new"), replace("secret")),
    ruled("Password Modify by admin", 0, "history", bind(ADMIN, PASSWORD), passmod(None, "new", USER), login("new")),
    row("in the history from before", 19, login(dn=f"uid=remembering,{PEOPLE}"), change(("replace", "userPassword", "one"), dn=f"uid=remembering,{PEOPLE}"), server="ppolicy"),
    row("the history from before grows", 0, login(dn=f"uid=remembering,{PEOPLE}"), change(("replace", "userPassword", "three"), dn=f"uid=remembering,{PEOPLE}"), server="ppolicy"),
    ruled("history is kept under another policy", None, "history", login(), replace("new"), bind(ADMIN, PASSWORD), modify(USER, ("replace", "pwdPolicySubentry", policy("default"))), login("new"), replace("newer")),
    ruled("everything right", None, "all", login(), exchange("secret", "long enough")),
    ruled("policy is gone", 0, "", login("wrong"), login(), replace("x"), setup=(modify(USER, ("replace", "pwdPolicySubentry", policy("nosuch"))),)),
    ruled("policy is no policy", 0, "", login("wrong"), login(), replace("x"), setup=(modify(USER, ("replace", "pwdPolicySubentry", PEOPLE)),)),
    ruled("default policy changes", 49, "", bind(ADMIN, PASSWORD), modify(policy("default"), ("replace", "pwdLockout", "TRUE"), ("replace", "pwdMaxFailure", "1")), WRONG, login()),
    ruled("default policy deleted", 0, "", bind(ADMIN, PASSWORD), delete(policy("default")), WRONG, login()),
    row("policy without pwdAttribute", 65, bind(ADMIN, PASSWORD), add(policy("x"), "objectClass: device", "objectClass: pwdPolicy", "cn: x"), server="ppolicy"),
    row("policy for another attribute", None, bind(ADMIN, PASSWORD), add(policy("x"), "objectClass: device", "objectClass: pwdPolicy", "cn: x", "pwdAttribute: description"), server="ppolicy"),
    row("policy with an attribute by OID", None, bind(ADMIN, PASSWORD), add(policy("x"), "objectClass: device", "objectClass: pwdPolicy", "cn: x", "pwdAttribute: 2.5.4.35"), server="ppolicy"),
    row("policy with a number that is none", 21, bind(ADMIN, PASSWORD), add(policy("x"), "objectClass: device", "objectClass: pwdPolicy", "cn: x", "pwdAttribute: userPassword", "pwdMaxAge: x"), server="ppolicy"),
    row("policy with a checker", 0, bind(ADMIN, PASSWORD), add(policy("x"), "objectClass: device", "objectClass: pwdPolicy", "objectClass: pwdPolicyChecker", "cn: x", "pwdAttribute: userPassword"), server="ppolicy"),
]

HASH_ROWS = [
    ruled("added", 0, "", login(), server="ppolicy-hash"),
    ruled("replaced", 0, "", login(), replace("new"), login("new"), server="ppolicy-hash"),
    ruled("by admin", 0, "", bind(ADMIN, PASSWORD), replace("new"), login("new"), server="ppolicy-hash"),
    ruled("hashed", 0, "", login(), replace("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="), login("secret"), server="ppolicy-hash"),
    ruled("delete and add", None, "", login(), exchange("secret", "new"), login("new"), server="ppolicy-hash"),
    ruled("history, back", 19, "history", login(), replace("new"), replace("secret"), server="ppolicy-hash"),
    ruled("cleartext scheme", None, "", login(), replace("{CLEARTEXT}new"), server="ppolicy-hash"),
    ruled("Password Modify", 0, "", login(), passmod("secret", "new"), login("new"), server="ppolicy-hash"),
]

ROWS = [*CONTROL_ROWS, *LOCK_ROWS, *AGE_ROWS, *RESET_ROWS, *QUALITY_ROWS, *CHANGE_ROWS, *TAKEN_AWAY_ROWS, *SCHEMA_ROWS]
ROWS += [row(f"hash_cleartext: {each.name}", each.expect, *each.steps, setup=each.setup, server=each.server) for each in HASH_ROWS]
