"""What the subschema subentry shows (RFC 4512 section 4.2): every definition as text, and which types each matching
rule is for."""

from collections.abc import Callable

from fakeldapd.schema.description import Definition
from fakeldapd.schema.elements import AttributeType, MatchingRule
from fakeldapd.schema.linking import Links

_HIDDEN = "X-HIDDEN"
_USED_THOUGH_HIDDEN = ("2.5.13.22", "2.5.13.24")
"""presentationAddressMatch and protocolInformationMatch: slapd shows what they are for, but not the rules."""
_FROM_ROWS = ("attributeTypes", "objectClasses", "dITContentRules", "nameForms", "dITStructureRules")


def published(links: Links, applies: Callable[[MatchingRule, AttributeType], bool]) -> dict[str, list[bytes]]:
    """Every definition slapd would show, by the attribute that holds it; those with ``X-HIDDEN 'TRUE'`` are left
    out."""
    shown: dict[str, list[bytes]] = {}
    for kind in _FROM_ROWS:
        links.link_all(kind)
        shown[kind] = [str(row.definition).encode() for row in links.rows[kind] if not row.definition.flag(_HIDDEN)]
    shown["ldapSyntaxes"] = [syntax.definition.encode() for syntax in links.syntaxes.values() if syntax.definition]
    rules = list({id(rule): rule for rule in links.rules.values()}.values())
    shown["matchingRules"] = [rule.definition.encode() for rule in rules if rule.definition]
    types = [
        row.linked
        for row in links.rows["attributeTypes"]
        if isinstance(row.linked, AttributeType) and not row.definition.flag(_HIDDEN)
    ]
    shown["matchingRuleUse"] = []
    for rule in rules:
        if not rule.definition and rule.oid not in _USED_THOUGH_HIDDEN:
            continue
        names = tuple(t.name.decode() for t in types if applies(rule, t))
        if names:
            use = Definition("matchingRuleUse", rule.oid, {"NAME": rule.names, "APPLIES": names})
            shown["matchingRuleUse"].append(str(use).encode())
    return shown
