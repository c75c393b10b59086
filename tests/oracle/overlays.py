"""The overlays whose settings are written as in slapd.conf: their directives, and the servers that have them on."""

import shlex
from collections.abc import Mapping

PEOPLE = "ou=people,dc=example,dc=com"
GROUPS = "ou=groups,dc=example,dc=com"

DIRECTIVES: Mapping[str, tuple[str, ...]] = {
    "unique": ("unique_attributes", "unique_uri", "unique_base", "unique_ignore", "unique_strict"),
    "constraint": ("constraint_attribute",),
    "retcode": ("retcode-parent", "retcode-item", "retcode-indir", "retcode-sleep"),
    "valsort": ("valsort-attr",),
    "dynlist": ("dynlist-attrset",),
}
"""An overlay -> its directives, of which the first may go unsaid."""


def directive_lines(name: str, words: str) -> list[str]:
    """A line of slapd.conf for each directive of a setting."""
    lines: list[str] = []
    for word in shlex.split(words):
        if word in DIRECTIVES[name]:
            lines.append(word)
            continue
        if not lines:
            lines.append(DIRECTIVES[name][0])
        quoted = word.replace("\\", "\\\\").replace('"', '\\"')
        lines[-1] += f' "{quoted}"'
    return lines


UNIQUE_MANY = f"""unique:
unique_uri 'strict ldap:///{PEOPLE}?employeeNumber?one'
unique_uri 'ldap:///?telephoneNumber,title?sub?(objectClass=posixAccount) ldap:///{GROUPS}?description?sub'
unique_uri 'serialize ldap:///{PEOPLE}?cn?sub'"""
IGNORED = "objectClass,sn,cn,gidNumber,givenName,displayName"
CONSTRAINT = rf"""constraint:
mail regex '^.*@example\.com$'
constraint_attribute mail negregex ^root@
constraint_attribute mail count 2
constraint_attribute givenName regex ^[[:upper:]][[:alnum:]-]*$
constraint_attribute title regex '^(a{{2,3}}|(Dr|Prof)\. .*|Engineer)$'
constraint_attribute initials regex '^[]\w]+$|^[a-z]\\[a-z]$'
constraint_attribute roomNumber regex ^..(..)?$
constraint_attribute displayName regex '^\w+ \w+$'
constraint_attribute employeeType size 5
constraint_attribute description count 2
constraint_attribute carLicense count 0
constraint_attribute userPassword count 1
constraint_attribute st,l count 1
constraint_attribute postalAddress count 0 restrict=ldap:///???(uid=nobody)
constraint_attribute uidNumber size 4
constraint_attribute pager,mobile regex '^\+1 '
constraint_attribute homePhone regex '^\+1 ' restrict=ldap:///{PEOPLE}??sub?(employeeNumber=*)
constraint_attribute destinationIndicator regex ^y restrict=ldap:///{PEOPLE}
constraint_attribute ou regex ^y restrict=ldap:///{PEOPLE}??one
constraint_attribute sn regex '^[^x]' restrict=ldap:///???(cn=eve)
constraint_attribute manager uri ldap:///{PEOPLE}?manager?sub
constraint_attribute departmentNumber uri ldap:///{PEOPLE}?givenName,sn,title?sub?(uid=bob)
"""

SETS = {
    "description": "(this/givenName + [ ] + this/sn) & this/cn",
    "title": "this/uid&[bob]",
    "l": "[x] | [bob] & this/uid",
    "street": "this & user",
    "pager": "this/manager/uid & [bob]",
    "mobile": f"this/-1 & [{PEOPLE}]",
    "initials": "this/-2 & [dc=example,dc=com]",
    "facsimileTelephoneNumber": "this/-* & [dc=example,dc=com]",
    "roomNumber": f"this/roomNumber & [ldap:///{PEOPLE}??sub?(uid=bob)]/sn",
    "carLicense": "([a] | [c]) + ([b] | [d]) & [cd]",
    "postalCode": "[ab] & [a] + [b]",
    "employeeType": f"[uid=] + this/uid + [,{PEOPLE}] & this",
    "employeeNumber": f"this->manager & [uid=bob,{PEOPLE}]",
    "st": "this/nosuch",
    "o": "this/objectClass & [posixAccount]",
    "ou": f"this/entryDN & [uid=bob,{PEOPLE}]",
    "businessCategory": "this/name | this/businessCategory & [A b]",
    "homePhone": f"[UID=Alice, {PEOPLE}]/manager/uid & [bob]",
    "labeledURI": "[]",
}
CONSTRAINT_SETS = "constraint:" + " ".join(f"constraint_attribute {name} set '{words}'" for name, words in SETS.items())

RETCODE = """retcode:
retcode-parent ou=codes,dc=example,dc=com
retcode-item cn=busy 0x33 'text=busy, come later'
retcode-item cn=slow 3 op=search sleeptime=1
retcode-item cn=away 10 ref=ldap://other.example/dc=x
retcode-item cn=notice 52 unsolicited=1.2.3.4
retcode-item cn=matched 32 matched=ou=people,dc=example,dc=com
retcode-item cn=gone 52 flags=disconnect
retcode-item cn=pre 52 flags=pre-disconnect
retcode-item cn=post 52 flags=post-disconnect
retcode-item cn=fine 0
retcode-item cn=octal 010"""

VALSORT = f"""valsort:
valsort-attr description dc=example,dc=com alpha-ascend
valsort-attr title dc=example,dc=com alpha-descend
valsort-attr uidNumber dc=example,dc=com numeric-ascend
valsort-attr businessCategory {GROUPS} alpha-ascend
valsort-attr carLicense dc=example,dc=com weighted
valsort-attr departmentNumber dc=example,dc=com weighted alpha-descend"""

SEVERAL = [
    "memberof",
    "refint:member manager seeAlso",
    r"constraint:mail regex '^.*@example\.com$' constraint_attribute manager count 1",
    "unique:mail uid",
    "valsort:description dc=example,dc=com alpha-descend",
    "dynlist:groupOfURLs memberURL member",
    "retcode:retcode-indir retcode-parent ou=nowhere,dc=example,dc=com",
]
TWICE = ["memberof", "memberof:group-oc=groupOfUniqueNames member-ad=uniqueMember memberof-ad=seeAlso"]
WITHOUT_MSUSER = "core,cosine,inetorgperson,nis,misc,dyngroup"
"""msuser.schema defines a memberOf that slapd's overlay can't use."""

RULES = [
    "to attrs=userPassword by self write by anonymous auth by * none",
    f'to dn.exact="uid=bob,{PEOPLE}" by users read by * none',
    f'to dn.exact="uid=carol,{PEOPLE}" attrs=mail by users read by * none',
    "to attrs=employeeNumber by users read by * none",
    "to attrs=telephoneNumber by users read by * search",
    'to dn.exact="ou=odd,dc=example,dc=com" by users read by * none',
    "to attrs=memberURL by users read by * none",
    "to * by * read",
]
"""Access rules under which users see more than others, and nobody else the URLs of lists."""

VARIANTS: dict[str, dict[str, object]] = {
    "retcode": {"overlay": ["retcode:retcode-parent ou=nowhere,dc=example,dc=com retcode-indir"]},
    "retcode, rules": {
        "overlay": ["retcode:retcode-indir retcode-parent ou=nowhere,dc=example,dc=com"],
        "access": [
            f'to dn.exact="cn=error,{PEOPLE}" by dn.exact="uid=alice,{PEOPLE}" read by * none',
            "to * by * read",
        ],
    },
    "retcode-parent": {"overlay": [RETCODE]},
    "valsort": {"overlay": [VALSORT]},
    "dynlist": {"overlay": ["dynlist:dynlist-attrset groupOfURLs memberURL"]},
    "dynlist-group": {"overlay": ["dynlist:dynlist-attrset groupOfURLs memberURL member"]},
    "dynlist-mapped": {"overlay": ["dynlist:groupOfURLs memberURL description:mail title:uid"]},
    "dynlist-mapped-to-itself": {"overlay": ["dynlist:groupOfURLs memberURL mail:mail"]},
    "dynlist-mixed": {"overlay": ["dynlist:groupOfURLs memberURL member description:mail"]},
    "dynlist-two-members": {"overlay": ["dynlist:groupOfURLs memberURL member manager"]},
    "dynlist, rules": {"overlay": ["dynlist:groupOfURLs memberURL"], "access": RULES},
    "dynlist-group, rules": {"overlay": ["dynlist:groupOfURLs memberURL member"], "access": RULES},
    "constraint": {"overlay": [CONSTRAINT]},
    "constraint, sets": {"overlay": [CONSTRAINT_SETS]},
    "unique": {"overlay": ["unique:unique_uri ldap:///?mail,uid?sub?"]},
    "unique-many": {"overlay": [UNIQUE_MANY]},
    "unique-legacy": {"overlay": [f"unique:unique_base {PEOPLE} unique_attributes description sn unique_strict TRUE"]},
    "unique-all": {"overlay": [f"unique:unique_uri 'ignore ldap:///{PEOPLE}?{IGNORED}?sub'"]},
}
"""Options by the names that rows use; all of these begin with the usual entries."""

MEMBER_OF = {
    "dynamic": "member+memberOf",
    "static": "member+memberOf@groupOfNames",
    "nested": "member+memberOf@groupOfNames*",
    "user attribute": "member+seeAlso",
}
MEMBER_OF_RULES = [
    "to attrs=userPassword by anonymous auth",
    f'to dn.exact="cn=static,{GROUPS}" by users read by * none',
    f'to attrs=employeeType by dn.exact="uid=bob,{PEOPLE}" read by * none',
    f'to dn.exact="uid=dave,{PEOPLE}" attrs=entryDN by users read by * none',
    "to attrs=memberURL,member by users read by * none",
    "to * by * read",
]
AMONG_LISTS: dict[str, dict[str, object]] = {
    **{f"memberOf, {n}": {"overlay": [f"dynlist:groupOfURLs memberURL {s}"]} for n, s in MEMBER_OF.items()},
    "memberOf, rules": {
        "overlay": ["dynlist:groupOfURLs memberURL member+memberOf@groupOfNames"],
        "access": MEMBER_OF_RULES,
    },
    "memberOf, hidden": {
        "overlay": ["dynlist:groupOfURLs memberURL member+memberOf@groupOfNames"],
        "access": ["to attrs=userPassword by anonymous auth", "to attrs=memberOf by users read", "to * by * read"],
    },
    "dynlist-group, lists": {"overlay": ["dynlist:groupOfURLs memberURL member"]},
    "dynlist-group, lists, rules": {
        "overlay": ["dynlist:groupOfURLs memberURL member"],
        "access": MEMBER_OF_RULES,
    },
}
"""The same where there are static and dynamic groups, within one another."""
for _options in AMONG_LISTS.values():
    _options["schema"] = WITHOUT_MSUSER

AMONG_GROUPS: dict[str, dict[str, object]] = {
    "several": {"overlay": SEVERAL, "schema": WITHOUT_MSUSER},
    "several, the other way": {"overlay": SEVERAL[::-1], "schema": WITHOUT_MSUSER},
    "memberof twice": {"overlay": TWICE, "schema": WITHOUT_MSUSER},
}
"""The same where there are more groups, and a memberOf that slapd's overlay can use."""
