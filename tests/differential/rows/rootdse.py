"""Root DSE and subschema subentry (RFC 4512 sections 4.2 and 5.1)."""

import re
from typing import Any

from oracle.client import Client
from oracle.slapd import ADMIN
from oracle.steps import ALICE, MANAGE, Row, Step, bind, row, search

ALL = "(objectClass=*)"


def dse(name: str, *attributes: str, filter: str = ALL, **keywords: Any) -> Row:
    """A row that reads the root DSE."""
    return row(name, 0, search("", filter, *attributes, scope="base"), **keywords)


def schema(name: str, *attributes: str, filter: str = ALL, scope: str = "base", **keywords: Any) -> Row:
    """A row that reads the subschema subentry."""
    return row(
        f"schema: {name}",
        keywords.pop("expect", 0),
        search("cn=Subschema", filter, *attributes, scope=scope),
        **keywords,
    )


NOT_SHARED = re.compile(r"NAME (\( )?'(olc\w*|container|securityPrincipal)'")
DESCRIPTION = re.compile(r" DESC '[^']*'")


def definitions(kind: str) -> Row:
    """A row that reads all definitions of one kind, as a set: without their DESC, which is prose, with the words of
    each sorted, since lists of names come in any order, and without what docs/differences.toml names."""
    step = search("cn=Subschema", ALL, kind, scope="base")

    def run(client: Client) -> list[str]:
        assert step.request is not None
        entries = client.ask(*step.request).entries
        texts = [DESCRIPTION.sub("", value.decode()) for _, values in entries[0][1] for value in values]
        words = [
            [word for word in text.replace("$", "").split() if not word.startswith("olc")]
            for text in texts
            if not NOT_SHARED.search(text)
        ]
        return sorted(" ".join([first, oid, *sorted(rest)]) for first, oid, *rest in words)

    return row(f"schema: {kind}", None, Step(f"words of definitions: {step.text}", run))


ROWS = [
    *(
        definitions(kind)
        for kind in (
            "attributeTypes",
            "objectClasses",
            "ldapSyntaxes",
            "matchingRules",
            "matchingRuleUse",
            "dITContentRules",
            "nameForms",
        )
    ),
    dse("default"),
    dse("star", "*"),
    dse("1.1", "1.1"),
    dse("objectClass", "objectClass"),
    dse("namingContexts", "namingContexts"),
    dse("namingContexts in another case", "NAMINGCONTEXTS"),
    dse("subschemaSubentry", "subschemaSubentry"),
    dse("supportedLDAPVersion", "supportedLDAPVersion"),
    dse("supportedFeatures", "supportedFeatures"),
    dse("structuralObjectClass", "structuralObjectClass"),
    dse("entryDN", "entryDN"),
    dse("entryUUID", "entryUUID"),
    dse("hasSubordinates", "hasSubordinates"),
    dse("createTimestamp", "createTimestamp"),
    dse("altServer", "altServer"),
    dse("vendorName", "vendorName", "vendorVersion"),
    dse("unknown attribute", "foo"),
    dse("known attribute it hasn't", "cn"),
    row("types only", 0, search("", ALL, scope="base", types_only=True)),
    dse("class of it", "@OpenLDAProotDSE"),
    dse("as admin", by=ADMIN),
    dse("as a user", by=ALICE),
    dse("filter true", filter="(objectClass=top)"),
    dse("filter of its class", filter="(objectClass=OpenLDAProotDSE)"),
    dse("filter false", filter="(objectClass=person)"),
    dse("filter undefined", filter="(foo=bar)"),
    dse("filter not undefined", filter="(!(foo=bar))"),
    dse("filter supportedLDAPVersion", "1.1", filter="(supportedLDAPVersion=3)"),
    dse("filter presence of operational", "1.1", filter="(namingContexts=*)"),
    dse("filter namingContexts", "1.1", filter="(namingContexts=DC=Example,DC=Com)"),
    dse("filter &", filter="(&)"),
    dse("filter |", filter="(|)"),
    row("deref always", 0, search("", ALL, scope="base", deref=3)),
    row("manageDsaIT", 0, search("", ALL, scope="base", controls=MANAGE)),
    row("size limit 1", 0, search("", ALL, scope="base", size=1)),
    row("one level", None, search("", ALL, scope="one")),
    dse("two bases", "namingContexts", server="two"),
    dse("empty", "namingContexts", "subschemaSubentry", server="empty"),
    dse("read-only", "namingContexts", server="read-only"),
    schema("default"),
    schema("star", "*"),
    schema("1.1", "1.1"),
    schema("cn and objectClass", "cn", "objectClass"),
    schema("subtreeSpecification", "subtreeSpecification"),
    schema("structuralObjectClass", "structuralObjectClass"),
    schema("entryDN", "entryDN"),
    schema("entryUUID", "entryUUID"),
    schema("timestamps", "createTimestamp", "modifyTimestamp"),
    schema("subschemaSubentry", "subschemaSubentry"),
    schema("hasSubordinates", "hasSubordinates"),
    schema("filter subschema", filter="(objectClass=subschema)"),
    schema("filter subentry", "1.1", filter="(objectClass=subentry)"),
    schema("filter false", filter="(objectClass=person)"),
    schema("filter cn", "1.1", filter="(cn=subschema)"),
    schema("filter attributeTypes", "1.1", filter="(attributeTypes=cn)"),
    schema("one level", scope="one", expect=None),
    schema("sub", scope="sub", expect=None),
    schema("subordinates", scope="children", expect=None),
    row("schema: types only", 0, search("cn=Subschema", ALL, "*", "+", scope="base", types_only=True)),
    row("schema: other case of the DN", 0, search("CN=SUBSCHEMA", ALL, scope="base")),
    row("schema: below", 32, search("cn=x,cn=Subschema", ALL, scope="base")),
    row("schema: as bound", 0, bind(ALICE, "alice-secret"), search("cn=Subschema", ALL, scope="base")),
    row("schema: with unknown attribute", 0, search("cn=Subschema", ALL, "foo", scope="base")),
    row("schema: deref always", 0, search("cn=Subschema", ALL, scope="base", deref=3)),
]
