"""The overlay refint: values that name an entry when it is renamed or deleted. slapd sees to them after it has
answered, so the rows wait for the last of them."""

from oracle.slapd import ADMIN
from oracle.steps import ALICE, CAROL, GROUPS, PEOPLE, Row, Step, delete, rename, row, search, until


def member(group: str, text: str, attribute: str = "member") -> Step:
    """Wait until a group has a value that ends so."""
    return until(search(f"cn={group},{GROUPS}", "(objectClass=*)", attribute, scope="base"), text)


def follow(name: str, *steps: Step, server: str = "refint") -> Row:
    return row(name, None, *steps, by=ADMIN, server=server)


ROWS = [
    follow("rename", rename(ALICE, "uid=al"), member("admins", "uid=al,"), member("unique", "uid=al,", "uniqueMember")),
    follow(
        "rename, spelling only",
        rename(ALICE, "uid=Alice"),
        member("admins", "uid=Alice,"),
        member("unique", "uid=Alice,", "uniqueMember"),
    ),
    follow("rename elsewhere", rename(CAROL, "uid=carol", GROUPS), member("inner", f"uid=carol,{GROUPS}")),
    follow(
        "rename a subtree",
        rename(PEOPLE, "ou=folk"),
        member("admins", "ou=folk,"),
        member("inner", "ou=folk,"),
        member("unique", "ou=folk,", "uniqueMember"),
    ),
    follow(
        "rename groups",
        rename(GROUPS, "ou=teams"),
        until(
            search("cn=outer,ou=teams,dc=example,dc=com", "(objectClass=*)", scope="base"),
            "seeAlso: cn=admins,ou=teams",
        ),
    ),
    follow(
        "delete",
        delete(ALICE),
        until(search(f"cn=admins,{GROUPS}", f"(!(member={ALICE}))", scope="base"), "entry cn=admins"),
        until(search(f"cn=unique,{GROUPS}", f"(!(uniqueMember={ALICE}))", scope="base"), "entry cn=unique"),
    ),
    follow(
        "delete the last, with another in its place",
        delete(CAROL),
        member("inner", "cn=nobody"),
        server="refint, nothing",
    ),
]
