"""Attributes that the server keeps, written by clients, with relax rules and without; and entries below subentries."""

from differential.rows.update_controls import NEW, NO_OP, PERSON, RELAX, asserting
from oracle.policies import USER, ruled
from oracle.slapd import ADMIN, PASSWORD
from oracle.steps import ALICE, BOB, GROUPS, MANAGE, PEOPLE, Row, Step, add, bind, critical, delete, modify, rename, row

TIME = "20200101000000Z"
KEPT = {
    "createTimestamp": TIME,
    "creatorsName": ALICE,
    "entryCSN": "20200101000000.000000Z#000000#000#000000",
    "entryDN": ALICE,
    "entryUUID": "11111111-1111-1111-1111-111111111111",
    "hasSubordinates": "TRUE",
    "modifiersName": ALICE,
    "modifyTimestamp": TIME,
    "structuralObjectClass": "person",
    "subschemaSubentry": ALICE,
    "entryTtl": "5",
    "pwdLastSuccess": TIME,
}
OF_POLICIES = {
    "pwdAccountLockedTime": TIME,
    "pwdAccountTmpLockoutEnd": TIME,
    "pwdChangedTime": TIME,
    "pwdEndTime": TIME,
    "pwdFailureTime": TIME,
    "pwdGraceUseTime": TIME,
    "pwdHistory": f"{TIME}#1.3.6.1.4.1.1466.115.121.1.40#1#x",
    "pwdPolicySubentry": ALICE,
    "pwdReset": "TRUE",
    "pwdStartTime": TIME,
}
RELAXED = {"": None, ", relaxed": [critical(RELAX)]}

SUBENTRY = f"cn=sub,{PEOPLE}"
BELOW = f"cn=new,{SUBENTRY}"
SETUP = [add(SUBENTRY, "objectClass: subentry", "objectClass: extensibleObject", "cn: sub", "subtreeSpecification: {}")]


def below(name: str, code: int | None, step: Step, by: str | None = ADMIN) -> Row:
    return row(f"below a subentry: {name}", code, step, by=by, setup=SETUP)


ROWS = [
    *[
        row(f"{name}: {kind}{relaxed}", None, modify(BOB, change, controls=controls), by=ADMIN)
        for relaxed, controls in RELAXED.items()
        for name, value in KEPT.items()
        for kind, change in (
            ("replace", ("replace", name, value)),
            ("replace by nothing", ("replace", name)),
            ("delete", ("delete", name)),
        )
    ],
    *[
        row(f"{name}: add an entry{relaxed}", None, add(NEW, *PERSON, f"{name}: {value}", controls=controls), by=ADMIN)
        for relaxed, controls in RELAXED.items()
        for name, value in KEPT.items()
    ],
    *[
        row(f"{name}: by a user{relaxed}", None, modify(ALICE, ("replace", name, value), controls=controls), by=ALICE)
        for relaxed, controls in RELAXED.items()
        for name, value in (KEPT | OF_POLICIES).items()
    ],
    *[
        ruled(f"{name}: {kind}{relaxed}", None, "", bind(ADMIN, PASSWORD), modify(USER, change, controls=controls))
        for relaxed, controls in RELAXED.items()
        for name, value in OF_POLICIES.items()
        for kind, change in (
            ("replace", ("replace", name, value)),
            ("add", ("add", name, value)),
            ("delete", ("delete", name)),
        )
    ],
    *[
        ruled(
            f"{name}: add an entry{relaxed}",
            None,
            "",
            bind(ADMIN, PASSWORD),
            add(NEW, *PERSON, f"{name}: {value}", controls=controls),
        )
        for relaxed, controls in RELAXED.items()
        for name, value in OF_POLICIES.items()
    ],
    below("add", 65, add(BELOW, *PERSON)),
    below("add a subentry", 65, add(BELOW, "objectClass: subentry", "cn: new", "subtreeSpecification: {}")),
    below("add what the schema refuses", 65, add(BELOW, "objectClass: person", "cn: new")),
    below("add by a user", 50, add(BELOW, *PERSON), by=ALICE),
    below("add by nobody", 8, add(BELOW, *PERSON), by=None),
    below("add two levels down", 32, add(f"cn=x,{BELOW}", "objectClass: person", "cn: x", "sn: x")),
    below("add with manageDsaIT", 65, add(BELOW, *PERSON, controls=MANAGE)),
    below("add with relax rules", 65, add(BELOW, *PERSON, controls=[critical(RELAX)])),
    below("add with no-op", 65, add(BELOW, *PERSON, controls=[critical(NO_OP)])),
    below("add with an assertion", None, add(BELOW, *PERSON, controls=[asserting("(cn=x)")])),
    below("move", None, rename(ALICE, "uid=alice", SUBENTRY)),
    below("move the subentry", None, rename(SUBENTRY, "cn=other", GROUPS)),
    below("delete the subentry", None, delete(SUBENTRY)),
]
