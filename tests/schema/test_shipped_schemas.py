"""The schema files we ship: how they are written, that they hang together, that their facts are those of OpenLDAP's."""

import re
from collections import Counter
from pathlib import Path

import pytest

import fakeldapd
from fakeldapd.schema import description
from fakeldapd.schema.description import Definition, SchemaError
from fakeldapd.schema.elements import AttributeType, Kind, Usage
from fakeldapd.schema.registry import Schema

SHIPPED = Path(fakeldapd.__file__).parent / "schemas"
OPENLDAP = Path("/etc/ldap/schema")

NEEDS = {
    "core": [],
    "cosine": [],
    "inetorgperson": ["cosine"],
    "nis": ["cosine"],
    "rfc2307bis": ["cosine"],
    "misc": [],
    "dyngroup": [],
    "openldap": ["cosine", "inetorgperson"],
    "java": [],
    "msuser": ["cosine", "inetorgperson", "nis"],
    "ppolicy": [],
}
"""What each file wants loaded before it, besides core."""

ALL_WITH = {
    nis: ["core", "cosine", "inetorgperson", nis, "misc", "dyngroup", "openldap", "java", "msuser", "ppolicy"]
    for nis in ("nis", "rfc2307bis")
}

NOT_IN_OPENLDAP = {"msuser": {"securityPrincipal", "container"}}
"""Definitions a file of ours has beyond OpenLDAP's file of that name."""

KINDS = {"attributetype": "attributeTypes", "objectclass": "objectClasses"}


def read(path: Path) -> list[Definition]:
    """The definitions of a ``.schema`` file: comments gone, continuation lines joined, its own macros expanded."""
    text = re.sub(r"^#.*\n", "", path.read_text("utf-8"), flags=re.MULTILINE)
    macros: dict[str, str] = {}
    found = []
    for statement in re.sub(r"\n[ \t]+", " ", text).splitlines():
        keyword, _, rest = statement.replace("\t", " ").partition(" ")
        if keyword.lower() == "objectidentifier":
            name, oid = rest.split()
            macros[name.lower()] = description.expand(oid, macros)
        elif keyword:
            found.append(description.parse(KINDS[keyword.lower()], rest, macros=macros, source=path.name))
    return found


def shipped(name: str) -> list[Definition]:
    return read(SHIPPED / f"{name}.schema")


@pytest.fixture(scope="module")
def default() -> Schema:
    return Schema.load()


files = pytest.mark.parametrize("name", ["system", *NEEDS])


def test_these_files_and_no_others() -> None:
    assert {path.name for path in SHIPPED.iterdir()} == {f"{name}.schema" for name in ["system", *NEEDS]}


# --- how they are written -------------------------------------------------------------------------


@files
def test_lines(name: str) -> None:
    text = (SHIPPED / f"{name}.schema").read_bytes().decode("utf-8")
    assert text.startswith("# ")
    assert text.endswith(")\n")
    wrong = [line for line in text.splitlines() if len(line) > 120 or "\t" in line or line != line.rstrip()]
    assert wrong == []


@files
def test_one_definition_is_one_block(name: str) -> None:
    text = (SHIPPED / f"{name}.schema").read_text("utf-8")
    definition = re.compile(r"(attributetype|objectclass) \( \S+ NAME ('\S+'|\( .+ \))(\n {4,8}\S.*)+ \)")
    macros = re.compile(r"objectidentifier \S+ \S+(\nobjectidentifier \S+ \S+)*")
    comment = re.compile(r"#.*(\n#.*)*")
    blocks = text.rstrip("\n").split("\n\n")
    assert [b for b in blocks if not any(kind.fullmatch(b) for kind in (definition, macros, comment))] == []


@files
def test_only_what_slapd_builds_in_hides_definitions_or_keeps_users_from_writing(name: str) -> None:
    hidden = [d.name for d in shipped(name) if d.many("X-HIDDEN")]
    operational = [d.name for d in shipped(name) if d.one("USAGE") or d.flag("NO-USER-MODIFICATION")]
    assert (bool(hidden), bool(operational)) == (name == "system", name in ("system", "ppolicy"))


# --- that they hang together ----------------------------------------------------------------------


@pytest.mark.parametrize("nis", ALL_WITH)
def test_no_oid_and_no_name_stands_for_two_things(nis: str) -> None:
    every = [d for name in ["system", *ALL_WITH[nis]] for d in shipped(name)]
    assert [oid for oid, count in Counter(d.oid for d in every).items() if count > 1] == []
    for kind in KINDS.values():
        names = Counter(name.lower() for d in every if d.kind == kind for name in d.names)
        assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize(("name", "needs"), NEEDS.items())
def test_each_file_loads_with_what_it_needs(name: str, needs: list[str]) -> None:
    check_links(Schema.load([*needs, name]), ["system", "core", *needs, name])


@pytest.mark.parametrize("nis", ALL_WITH)
def test_all_files_load_together(nis: str) -> None:
    check_links(Schema.load(ALL_WITH[nis]), ["system", *ALL_WITH[nis]])


def check_links(schema: Schema, names: list[str]) -> None:
    for definition in (d for name in names for d in shipped(name)):
        if definition.kind == "attributeTypes":
            check_attribute_type(schema, definition)
        else:
            check_object_class(schema, definition)


def check_attribute_type(schema: Schema, definition: Definition) -> None:
    found = attribute_type(schema, definition.oid)
    assert [attribute_type(schema, name) for name in definition.names] == [found] * len(definition.names)
    if superior := definition.one("SUP"):
        assert found.superior is attribute_type(schema, superior)
        assert found in found.superior.subtypes
    rules = {"EQUALITY": found.equality, "ORDERING": found.ordering, "SUBSTR": found.substrings}
    for keyword, rule in rules.items():
        if named := definition.one(keyword):
            expected = schema.matching_rule(named.encode())
            assert rule is not None, (definition.name, keyword)
            assert expected is not None, named
            assert rule.oid == expected.oid
    if named := definition.one("SYNTAX"):
        oid, _, length = named.rstrip("}").partition("{")
        assert found.syntax.oid == oid
        assert found.length == (int(length) if length else None)
    flags = (found.single_value, found.collective, found.no_user_modification)
    assert flags == tuple(definition.flag(f) for f in ("SINGLE-VALUE", "COLLECTIVE", "NO-USER-MODIFICATION"))
    assert found.usage is Usage(definition.one("USAGE") or "userApplications")


def check_object_class(schema: Schema, definition: Definition) -> None:
    found = schema.object_class(definition.oid.encode())
    assert found is not None, definition
    assert [schema.object_class(name.encode()) for name in definition.names] == [found] * len(definition.names)
    superiors = [schema.object_class(name.encode()) for name in definition.many("SUP")]
    assert None not in superiors
    if superiors:
        assert list(found.superiors) == superiors
    must = {attribute_type(schema, name) for name in definition.many("MUST")}
    may = {attribute_type(schema, name) for name in definition.many("MAY")}
    for superior in found.superiors:
        must |= superior.must
        may |= superior.may
    assert found.must == must
    assert found.may - must == may - must
    assert found.kind is next((kind for kind in Kind if definition.flag(kind.value)), Kind.STRUCTURAL)


def attribute_type(schema: Schema, name: str) -> AttributeType:
    found = schema.attribute_type(name.encode())
    assert found is not None, name
    return found


def test_core_is_always_there() -> None:
    assert Schema.load([]).object_class(b"person") is not None


@pytest.mark.parametrize("names", [["nis", "rfc2307bis"], ["rfc2307bis", "nis"]])
def test_nis_and_rfc2307bis_exclude_each_other_and_say_so(names: list[str]) -> None:
    with pytest.raises(SchemaError) as caught:
        Schema.load(["cosine", *names])
    assert "nis" in str(caught.value).replace("rfc2307bis", "")
    assert "rfc2307bis" in str(caught.value)


# --- that their facts are right -------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in NEEDS if name != "rfc2307bis"])
def test_the_facts_are_those_of_openldap(name: str) -> None:
    path = OPENLDAP / f"{name}.schema"
    if not path.exists():
        pytest.skip(f"{path} is not there; Debian's package slapd has it")
    ours, theirs = facts(shipped(name)), facts(read(path))
    assert {names for _, names in ours.keys() - theirs.keys()} == {(n,) for n in NOT_IN_OPENLDAP.get(name, ())}
    assert theirs.keys() - ours.keys() == set()
    assert {key: ours[key] for key in theirs} == theirs


def facts(definitions: list[Definition]) -> dict[tuple[str, tuple[str, ...]], dict[str, description.Field]]:
    """All a definition says but its description. A class that names no kind is structural (RFC 4512 section 4.1.1)."""
    found = {(d.oid, d.names): {k: v for k, v in d.fields.items() if k != "DESC"} for d in definitions}
    for d in definitions:
        if d.kind == "objectClasses" and not any(d.flag(kind.value) for kind in Kind):
            found[d.oid, d.names]["STRUCTURAL"] = True
    return found


@pytest.mark.parametrize(
    ("name", "kind", "must", "may"),
    [
        ("posixGroup", "AUXILIARY", "gidNumber", "userPassword memberUid description"),
        ("groupOfMembers", "STRUCTURAL", "cn", "businessCategory seeAlso owner ou o description member"),
        ("ipNetwork", "STRUCTURAL", "ipNetworkNumber", "cn ipNetmaskNumber l description manager"),
        ("ipHost", "AUXILIARY", "cn ipHostNumber", "userPassword l description manager"),
        ("nisKeyObject", "AUXILIARY", "cn nisPublicKey nisSecretKey", "uidNumber description"),
        ("automount", "STRUCTURAL", "automountKey automountInformation", "description"),
    ],
)
def test_what_rfc2307bis_does_differently(name: str, kind: str, must: str, may: str) -> None:
    found = next(d for d in shipped("rfc2307bis") if d.name == name)
    assert (found.flag(kind), found.many("MUST"), found.many("MAY")) == (True, tuple(must.split()), tuple(may.split()))


@pytest.mark.parametrize(
    ("name", "oid"),
    [
        ("sAMAccountName", "1.2.840.113556.1.4.221"),
        ("userPrincipalName", "1.2.840.113556.1.4.656"),
        ("objectSid", "1.2.840.113556.1.4.146"),
        ("objectGUID", "1.2.840.113556.1.4.2"),
        ("objectCategory", "1.2.840.113556.1.4.782"),
        ("userAccountControl", "1.2.840.113556.1.4.8"),
        ("whenCreated", "1.2.840.113556.1.2.2"),
        ("pwdLastSet", "1.2.840.113556.1.4.96"),
        ("lastLogon", "1.2.840.113556.1.4.52"),
        ("groupType", "1.2.840.113556.1.4.750"),
        ("memberOf", "1.2.840.113556.1.2.102"),
    ],
)
def test_the_active_directory_attributes_clients_ask_for_are_user_attributes(
    default: Schema, name: str, oid: str
) -> None:
    found = attribute_type(default, name)
    assert (found.oid, found.operational, found.no_user_modification) == (oid, False, False)


@pytest.mark.parametrize(
    ("name", "superiors"),
    [
        ("user", ("mstop", "organizationalPerson")),
        ("group", ("mstop",)),
        ("computer", ("user",)),
        ("container", ("mstop",)),
    ],
)
def test_the_active_directory_classes(default: Schema, name: str, superiors: tuple[str, ...]) -> None:
    found = default.object_class(name.encode())
    assert found is not None
    assert tuple(superior.names[0] for superior in found.superiors) == superiors
