"""Password policies: changing passwords."""

from oracle.policies import (
    ASK,
    PEOPLE,
    RESET,
    TEXT,
    USER,
    WRONG,
    bind,
    change,
    exchange,
    login,
    named,
    passmod,
    policy,
    replace,
    ruled,
)
from oracle.slapd import ADMIN, PASSWORD
from oracle.steps import add, compare, delete, modify, passwd, rename, row, search, whoami

RESET_ROWS = [
    ruled("bind", 0, "must-change", login(), setup=(RESET,)),
    ruled("bind without control", 0, "must-change", bind(USER, "secret"), whoami(), setup=(RESET,)),
    ruled(
        "pwdReset FALSE",
        0,
        "must-change",
        login(),
        search(USER, scope="base"),
        setup=(modify(USER, ("replace", "pwdReset", "FALSE")),),
    ),
    ruled("pwdReset without pwdMustChange", 0, "", login(), search(USER, scope="base"), setup=(RESET,)),
    ruled("search", (50, TEXT), "must-change", login(), search(USER, scope="base"), setup=(RESET,)),
    ruled(
        "search with control", None, "must-change", login(), search(USER, scope="base", controls=ASK), setup=(RESET,)
    ),
    ruled(
        "search of the root DSE",
        0,
        "must-change",
        login(),
        search("", "(objectClass=*)", "vendorName", scope="base"),
        setup=(RESET,),
    ),
    ruled("search outside", None, "must-change", login(), search("dc=elsewhere"), setup=(RESET,)),
    ruled("compare", (50, TEXT), "must-change", login(), compare(USER, "cn", "u"), setup=(RESET,)),
    ruled(
        "compare without entry",
        None,
        "must-change",
        login(),
        compare(f"uid=nobody,{PEOPLE}", "cn", "u"),
        setup=(RESET,),
    ),
    ruled(
        "add",
        (50, TEXT),
        "must-change",
        login(),
        add(f"ou=x,{PEOPLE}", "objectClass: organizationalUnit", controls=ASK),
        setup=(RESET,),
    ),
    ruled("add of junk", None, "must-change", login(), add(f"ou=x,{PEOPLE}", "foo: x", controls=ASK), setup=(RESET,)),
    ruled("delete", (50, TEXT), "must-change", login(), delete(USER), setup=(RESET,)),
    ruled("rename", None, "must-change", login(), rename(USER, "uid=x"), setup=(RESET,)),
    ruled("rename to junk", None, "must-change", login(), rename(USER, "junk"), setup=(RESET,)),
    ruled("modify", (50, TEXT), "must-change", login(), change(("replace", "description", "x")), setup=(RESET,)),
    ruled(
        "modify of more than the password",
        (50, TEXT),
        "must-change",
        login(),
        change(("replace", "userPassword", "new"), ("replace", "description", "x")),
        setup=(RESET,),
    ),
    ruled("who am I", 0, "must-change", login(), whoami(), setup=(RESET,)),
    ruled(
        "new password",
        0,
        "must-change",
        login(),
        replace("new"),
        search(USER, "(objectClass=*)", "cn", scope="base"),
        setup=(RESET,),
    ),
    ruled(
        "new password by Password Modify",
        0,
        "must-change",
        login(),
        passmod("secret", "new"),
        search(USER, "(objectClass=*)", "cn", scope="base"),
        setup=(RESET,),
    ),
    ruled("new password, then bind", 0, "must-change", login(), replace("new"), login("new"), setup=(RESET,)),
    ruled(
        "bind as another",
        0,
        "must-change",
        login(),
        bind(ADMIN, PASSWORD),
        search(USER, "(objectClass=*)", "cn", scope="base"),
        setup=(RESET,),
    ),
    ruled(
        "bind anonymously",
        0,
        "must-change",
        login(),
        bind(),
        search(USER, "(objectClass=*)", "cn", scope="base"),
        setup=(RESET,),
    ),
    ruled("new password by admin", None, "must-change", bind(ADMIN, PASSWORD), replace("new"), login("new")),
    ruled(
        "new password by admin, who keeps pwdReset",
        None,
        "must-change",
        bind(ADMIN, PASSWORD),
        change(("replace", "userPassword", "new"), ("replace", "pwdReset", "TRUE")),
        login("new"),
    ),
    ruled(
        "new password by admin takes pwdReset away",
        None,
        "must-change",
        bind(ADMIN, PASSWORD),
        replace("new"),
        login("new"),
        setup=(RESET,),
    ),
    ruled("user sets pwdReset", None, "must-change", login(), modify(USER, ("replace", "pwdReset", "FALSE"))),
]

QUALITY_ROWS = [
    *(
        ruled(f"replace with {text!r}", None, under, login(), replace(text))
        for under in ("quality", "quality-strict", "length-unchecked")
        for text in (
            "short",
            "long enough",
            "seven77",
            "eight888",
            "",
            "{SSHA}AAAA",
            "{CLEARTEXT}x",
            "{CLEARTEXT}long enough",
            "{SSHA}l3JiZO4Iop45DobvHrQOKoyxfy5xsKZr",
            "{no scheme}",
            "{SSHA",
            "much too long for it",
            "pässwö",
        )
    ),
    ruled(
        "too short without control",
        (19, "Password fails quality checking policy"),
        "quality",
        login(),
        modify(USER, ("replace", "userPassword", "short")),
    ),
    ruled("too short by admin", 0, "quality", bind(ADMIN, PASSWORD), replace("short")),
    ruled("too short, Password Modify", 19, "quality", login(), passmod("secret", "short")),
    ruled("too long, Password Modify", 19, "quality", login(), passmod("secret", "much too long for it")),
    ruled("too short, Password Modify without control", 19, "quality", login(), passwd(None, "secret", "short")),
    ruled("Password Modify", 0, "quality", login(), passmod("secret", "long enough"), login("long enough")),
    ruled("generated", 0, "quality", login(), passwd(None, "secret")),
    ruled(
        "added by admin, two passwords",
        (19, "Password policy only allows one password value"),
        "quality",
        bind(ADMIN, PASSWORD),
        add(
            f"uid=x,{PEOPLE}",
            "objectClass: inetOrgPerson",
            "cn: u",
            "sn: u",
            "userPassword: a",
            "userPassword: b",
            controls=ASK,
        ),
    ),
    ruled(
        "two passwords by replace",
        None,
        "quality",
        login(),
        change(("replace", "userPassword", "long enough", "enough long")),
    ),
    ruled(
        "two passwords by admin",
        None,
        "",
        bind(ADMIN, PASSWORD),
        change(("replace", "userPassword", "long enough", "enough long")),
    ),
    ruled("second password added", None, "", login(), change(("add", "userPassword", "new"))),
    ruled("two adds", None, "", login(), change(("add", "userPassword", "new"), ("add", "userPassword", "newer"))),
    ruled("nothing", None, "quality", login(), change(("replace", "userPassword"))),
    ruled("deleted", None, "quality", login(), change(("delete", "userPassword"))),
    ruled("no rights", None, "quality", login(dn=f"uid=plain,{PEOPLE}"), replace("short")),
    ruled("no rights, good password", 50, "quality", login(dn=f"uid=plain,{PEOPLE}"), replace("long enough")),
    ruled("anonymous", 8, "quality", replace("short")),
]

TAKEN_AWAY_ROWS = [
    ruled(f"{name} by admin", None, under, bind(ADMIN, PASSWORD), change(*changes))
    for under in ("history", "must-change", "young")
    for name, changes in named(
        {
            "delete": [("delete", "userPassword")],
            "delete the value": [("delete", "userPassword", "secret")],
            "replace with nothing": [("replace", "userPassword")],
        }
    )
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
    ruled(
        "delete hashed and add",
        0,
        "safe",
        login(),
        exchange("secret", "new"),
        setup=(modify(USER, ("replace", "userPassword", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")),),
    ),
    ruled(
        "delete hashed by its hash",
        None,
        "safe",
        login(),
        exchange("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "new"),
        setup=(modify(USER, ("replace", "userPassword", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")),),
    ),
    ruled(
        "delete hashed and add",
        None,
        "",
        login(),
        exchange("secret", "new"),
        setup=(modify(USER, ("replace", "userPassword", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")),),
    ),
    ruled(
        "delete wrong one of hashed and add",
        None,
        "",
        login(),
        exchange("wrong", "new"),
        setup=(modify(USER, ("replace", "userPassword", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=")),),
    ),
    ruled("back to the first", 19, "history", login(), replace("new"), replace("secret")),
    ruled("back to the first, third", 19, "history", login(), replace("new"), replace("newer"), replace("secret")),
    ruled(
        "back to the first, fourth",
        0,
        "history",
        login(),
        replace("new"),
        replace("newer"),
        replace("newest"),
        replace("secret"),
    ),
    ruled("by Password Modify, back", 19, "history", login(), passmod("secret", "new"), passmod("new", "secret")),
    ruled("by Password Modify, the same", 19, "history", login(), passmod("secret", "new"), passmod("new", "new")),
    ruled(
        "by admin, remembered", 19, "history", bind(ADMIN, PASSWORD), replace("new"), login("new"), replace("secret")
    ),
    ruled("Password Modify by admin", 0, "history", bind(ADMIN, PASSWORD), passmod(None, "new", USER), login("new")),
    row(
        "in the history from before",
        19,
        login(dn=f"uid=remembering,{PEOPLE}"),
        change(("replace", "userPassword", "one"), dn=f"uid=remembering,{PEOPLE}"),
        server="ppolicy",
    ),
    row(
        "the history from before grows",
        0,
        login(dn=f"uid=remembering,{PEOPLE}"),
        change(("replace", "userPassword", "three"), dn=f"uid=remembering,{PEOPLE}"),
        server="ppolicy",
    ),
    ruled(
        "history is kept under another policy",
        None,
        "history",
        login(),
        replace("new"),
        bind(ADMIN, PASSWORD),
        modify(USER, ("replace", "pwdPolicySubentry", policy("default"))),
        login("new"),
        replace("newer"),
    ),
    ruled("everything right", None, "all", login(), exchange("secret", "long enough")),
    ruled(
        "policy is gone",
        0,
        "",
        login("wrong"),
        login(),
        replace("x"),
        setup=(modify(USER, ("replace", "pwdPolicySubentry", policy("nosuch"))),),
    ),
    ruled(
        "policy is no policy",
        0,
        "",
        login("wrong"),
        login(),
        replace("x"),
        setup=(modify(USER, ("replace", "pwdPolicySubentry", PEOPLE)),),
    ),
    ruled(
        "default policy changes",
        49,
        "",
        bind(ADMIN, PASSWORD),
        modify(policy("default"), ("replace", "pwdLockout", "TRUE"), ("replace", "pwdMaxFailure", "1")),
        WRONG,
        login(),
    ),
    ruled("default policy deleted", 0, "", bind(ADMIN, PASSWORD), delete(policy("default")), WRONG, login()),
    row(
        "policy without pwdAttribute",
        65,
        bind(ADMIN, PASSWORD),
        add(policy("x"), "objectClass: device", "objectClass: pwdPolicy", "cn: x"),
        server="ppolicy",
    ),
    row(
        "policy for another attribute",
        None,
        bind(ADMIN, PASSWORD),
        add(policy("x"), "objectClass: device", "objectClass: pwdPolicy", "cn: x", "pwdAttribute: description"),
        server="ppolicy",
    ),
    row(
        "policy with an attribute by OID",
        None,
        bind(ADMIN, PASSWORD),
        add(policy("x"), "objectClass: device", "objectClass: pwdPolicy", "cn: x", "pwdAttribute: 2.5.4.35"),
        server="ppolicy",
    ),
    row(
        "policy with a number that is none",
        21,
        bind(ADMIN, PASSWORD),
        add(
            policy("x"),
            "objectClass: device",
            "objectClass: pwdPolicy",
            "cn: x",
            "pwdAttribute: userPassword",
            "pwdMaxAge: x",
        ),
        server="ppolicy",
    ),
    row(
        "policy with a checker",
        0,
        bind(ADMIN, PASSWORD),
        add(
            policy("x"),
            "objectClass: device",
            "objectClass: pwdPolicy",
            "objectClass: pwdPolicyChecker",
            "cn: x",
            "pwdAttribute: userPassword",
        ),
        server="ppolicy",
    ),
]

HASH_ROWS = [
    ruled("added", 0, "", login(), server="ppolicy-hash"),
    ruled("replaced", 0, "", login(), replace("new"), login("new"), server="ppolicy-hash"),
    ruled("by admin", 0, "", bind(ADMIN, PASSWORD), replace("new"), login("new"), server="ppolicy-hash"),
    ruled(
        "hashed", 0, "", login(), replace("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="), login("secret"), server="ppolicy-hash"
    ),
    ruled("delete and add", None, "", login(), exchange("secret", "new"), login("new"), server="ppolicy-hash"),
    ruled("history, back", 19, "history", login(), replace("new"), replace("secret"), server="ppolicy-hash"),
    ruled("cleartext scheme", None, "", login(), replace("{CLEARTEXT}new"), server="ppolicy-hash"),
    ruled("Password Modify", 0, "", login(), passmod("secret", "new"), login("new"), server="ppolicy-hash"),
]

ROWS = [*RESET_ROWS, *QUALITY_ROWS, *CHANGE_ROWS, *TAKEN_AWAY_ROWS]
ROWS += [
    row(f"hash_cleartext: {each.name}", each.expect, *each.steps, setup=each.setup, server=each.server)
    for each in HASH_ROWS
]
