"""Changes of the schema over LDAP, put to a real slapd and to fakeldapd one after another: the answers are equal.

A server's first schema is not to be had back, so these are not situations with a state to return to, but one story told
to two servers of its own. What they answer differently on purpose is in DIFFERENT, with the reason.
"""

import pytest
from oracle.client import Client
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, PASSWORD, Slapd
from oracle.steps import Step, add, bind, compare, delete, modify, rename, search

pytestmark = pytest.mark.requires("slapd")

SCHEMA = "cn=schema,cn=config"
CORE = f"cn={{0}}core,{SCHEMA}"
FIRST, SECOND = f"cn={{7}}first,{SCHEMA}", f"cn={{8}}second,{SCHEMA}"
TYPES, CLASSES, RULES = "olcAttributeTypes", "olcObjectClasses", "olcDitContentRules"
MACROS, SYNTAXES = "olcObjectIdentifier", "olcLdapSyntaxes"
CONFIG = "objectClass: olcSchemaConfig"
TEXT = "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15"
NOTE = f"( 1.9.1 NAME 'note' EQUALITY caseIgnoreMatch {TEXT} )"
OTHER = f"( 1.9.2 NAME 'other' EQUALITY caseIgnoreMatch {TEXT} )"
NOTED = "( 1.9.3 NAME 'noted' SUP top AUXILIARY MAY note )"
WIDER = NOTED.replace("MAY note", "MUST description MAY ( note $ other )")
BASE = "dc=example,dc=com"
ADA = f"uid=ada,{BASE}"


def new(name: str, *attributes: str | tuple[str, ...]) -> Step:
    return add(f"cn={name},{SCHEMA}", CONFIG, *attributes)


def show(dn: str, *attributes: str) -> Step:
    return search(dn, "(objectClass=*)", *attributes, scope="base")


HIDDEN: tuple[Step, ...] = (
    show("cn=config"),
    show(SCHEMA),
    show(f"cn=nope,{SCHEMA}"),
    compare(SCHEMA, "cn", "schema"),
    compare(f"cn=nope,{SCHEMA}", "cn", "schema"),
    new("first", (TYPES, NOTE)),
    modify(CORE, ("add", TYPES, NOTE)),
    modify(f"cn=nope,{SCHEMA}", ("add", TYPES, NOTE)),
    delete(CORE),
    delete(f"cn=nope,{SCHEMA}"),
    delete(SCHEMA),
    rename(CORE, "cn={0}x"),
    rename("cn=config", "cn=x"),
    show("", "configContext", "namingContexts"),
)

BEGINNING: tuple[Step, ...] = (
    bind(ADMIN, PASSWORD),
    add(BASE, "objectClass: domain", "dc: example"),
    add(ADA, "objectClass: inetOrgPerson", "uid: ada", "cn: Ada", "sn: L", "userPassword: ada"),
)
USE = modify(ADA, ("add", "objectClass", "noted"), ("add", "note", "hello"))

STORY: tuple[Step, ...] = (
    *BEGINNING,
    # what stands there
    search(SCHEMA, "(objectClass=*)", "cn", "objectClass", scope="one"),
    search(SCHEMA, "(cn={2}inetorgperson)", "cn", "entryDN", "hasSubordinates"),
    search(SCHEMA, "(objectClass=*)", "1.1", scope="children"),
    show(f"cn=core,{SCHEMA}"),
    compare(CORE, "cn", "{0}CORE"),
    compare(CORE, "cn", "core"),
    # a schema comes, and is used
    modify(ADA, ("add", "note", "hello")),
    new("first", (TYPES, NOTE), (CLASSES, NOTED)),
    show(FIRST),
    show(FIRST, "+"),
    USE,
    search(BASE, "(&(note=HELLO)(objectClass=noted))", "note"),
    new("first", (TYPES, NOTE)),
    new("{7}first", (TYPES, OTHER)),
    new("{3}x", (TYPES, OTHER)),
    new("{x}x", (TYPES, OTHER)),
    new(
        "second",
        "cn: second",
        (TYPES, "{1}( mine:2 NAME 'b' SUP a )", "{0}( mine:1 NAME 'a' SYNTAX mine:3 )"),
        (SYNTAXES, "( 1.8.3 DESC 'x' )"),
        (CLASSES, "( mine:4 NAME 'c' SUP person MUST a )"),
        (MACROS, "mine 1.8"),
    ),
    show(SECOND),
    # what is refused
    *[
        new("bad", (TYPES, OTHER, text))
        for text in (
            "garbage",
            NOTE,
            f"( 1.9.1 NAME 'x' {TEXT} )",
            f"( 1.9.9 NAME 'note' {TEXT} )",
            "( 1.9.9 NAME 'x'",
            "( 1.9.9 NAME )",
            "( 1.9.9 NAME 'x' FOO )",
            "( 1.9.9 NAME 'x' NAME 'y' )",
            "( nope NAME 'x' SUP name )",
            "( 1.9.9 NAME 'x_y' SUP name )",
            "( 1.9.9 NAME 'x' )",
            "( 1.9.9 NAME 'x' SUP nosuch )",
            "( 1.9.9 NAME 'x' SYNTAX 1.2.3 )",
            "( 1.9.9 NAME 'x' SYNTAX nosuch )",
            f"( 1.9.9 NAME 'x' EQUALITY nosuch {TEXT} )",
            f"( 1.9.9 NAME 'x' ORDERING nosuch {TEXT} )",
            f"( 1.9.9 NAME 'x' EQUALITY integerMatch {TEXT} )",
            f"( 1.9.9 NAME 'x' {TEXT} NO-USER-MODIFICATION )",
            "( 1.9.9 NAME 'x' SUP cn USAGE directoryOperation )",
            "{0}( 1.9.9 NAME 'x' SUP name )",
        )
    ],
    *[
        new("bad", (name, text))
        for name, text in (
            (CLASSES, "garbage"),
            (CLASSES, "( 1.9.9 NAME 'x' SUP nosuch )"),
            (CLASSES, "( 1.9.9 NAME 'x' MAY ( cn $ nosuch ) )"),
            (CLASSES, "( 1.9.9 NAME 'x' SUP person AUXILIARY )"),
            (CLASSES, "( 2.5.6.6 NAME 'x' )"),
            (RULES, "garbage"),
            (RULES, "( 1.9.9 NAME 'x' )"),
            (RULES, "( 2.5.6.6 NAME 'x' AUX organization )"),
            (SYNTAXES, "( 1.8.3 DESC 'y' )"),
            (SYNTAXES, "( 1.8.9 X-SUBST '1.2.3' )"),
            (MACROS, "garbage"),
            (MACROS, "a b c"),
            (MACROS, "x nosuch:1"),
            (MACROS, "mine 1.7"),
            ("sn", "x"),
        )
    ],
    add(f"cn=x,{SCHEMA}", "objectClass: person", "sn: x"),
    add(f"cn=x,cn=nope,{SCHEMA}", CONFIG),
    # a schema changes
    modify(ADA, ("add", "other", "x")),
    modify(FIRST, ("add", TYPES, "{0}" + OTHER), ("delete", CLASSES, "{0}"), ("add", CLASSES, WIDER)),
    show(FIRST),
    modify(ADA, ("add", "other", "x")),
    modify(ADA, ("add", "other", "x"), ("add", "description", "x")),
    modify(FIRST, ("replace", TYPES, NOTE.replace("caseIgnore", "caseExact"), OTHER)),
    search(BASE, "(note=HELLO)", "note"),
    modify(FIRST, ("add", TYPES, OTHER)),
    modify(FIRST, ("add", TYPES, "{9}" + OTHER)),
    modify(FIRST, ("add", TYPES, f"( 1.9.5 NAME 'five' {TEXT} )"), ("add", CLASSES, "( 1.9.6 NAME 'six' MAY seven )")),
    modify(ADA, ("add", "five", "x")),
    modify(FIRST, ("delete", TYPES, "{0}" + OTHER)),
    modify(FIRST, ("delete", TYPES, "{7}")),
    modify(FIRST, ("delete", RULES)),
    modify(FIRST, ("delete", RULES, "{0}")),
    modify(FIRST, ("replace", RULES)),
    modify(FIRST, ("replace", RULES, "( 1.9.9 NAME 'x' )")),
    modify(FIRST, ("delete", MACROS)),
    modify(FIRST, ("replace", MACROS)),
    modify(FIRST, ("add", "cn", "x")),
    modify(FIRST, ("add", "objectClass", "extensibleObject")),
    modify(FIRST, ("add", "description", "x")),
    modify(FIRST, ("increment", TYPES, "1")),
    modify(f"cn=nope,{SCHEMA}", ("add", TYPES, OTHER)),
    modify(SECOND, ("delete", MACROS)),
    modify(SECOND, ("delete", CLASSES), ("delete", TYPES, "{1}")),
    show(SECOND),
    modify(SECOND, ("add", TYPES, "( mine:2 NAME 'b' SUP a )", f"{{0}}( mine:6 NAME 'six' {TEXT} )")),
    show(SECOND),
    modify(SECOND, ("add", RULES, "( 2.16.840.1.113730.3.2.2 NAME 'r' NOT seeAlso )")),
    modify(ADA, ("add", "seeAlso", "cn=x")),
    modify(SECOND, ("delete", RULES)),
    # it can be renamed a little, and not deleted
    rename(FIRST, "cn=other"),
    rename(FIRST, "cn={8}other"),
    rename(FIRST, "cn={7}other", SCHEMA),
    rename(FIRST, "cn={7}other", BASE),
    rename(FIRST, "cn={7}other"),
    rename(SCHEMA, "cn=other"),
    search(SCHEMA, "(objectClass=*)", "cn", scope="one"),
    delete(SECOND),
    delete(SCHEMA),
    delete(f"cn=nope,{SCHEMA}"),
)

DIFFERENT: tuple[tuple[str, Step, str, str], ...] = (
    (
        "slapd would be left with entries of a class that is not defined, which cannot be modified any more",
        modify(FIRST, ("delete", CLASSES)),
        "modify 0",
        'modify 53 "what is in use can\'t be taken out: entries have noted"',
    ),
    (
        "cn=config holds schemas and nothing else",
        add("cn=x,cn=config", CONFIG),
        "add 0",
        'add 53 "only schemas can be added to cn=config, below cn=schema,cn=config"',
    ),
)


def test_the_same_answers() -> None:
    with Slapd() as slapd, Fakeldapd() as ours, Client(slapd.port) as their_client, Client(ours.port) as our_client:
        for step in HIDDEN + STORY:
            assert (step.text, step.run(our_client)) == (step.text, step.run(their_client))
        with Client(slapd.port) as their_user, Client(ours.port) as our_user:
            for step in (bind(ADA, "ada"), *HIDDEN):
                assert (step.text, step.run(our_user)) == (step.text, step.run(their_user))


def test_other_answers() -> None:
    with Slapd() as slapd, Fakeldapd() as ours, Client(slapd.port) as their_client, Client(ours.port) as our_client:
        for step in (*BEGINNING, new("first", (TYPES, NOTE), (CLASSES, NOTED)), USE):
            assert (step.text, step.run(our_client)) == (step.text, step.run(their_client))
        for _, step, theirs, mine in DIFFERENT:
            assert (step.text, step.run(their_client)) == (step.text, [theirs])
            assert (step.text, step.run(our_client)) == (step.text, [mine])
