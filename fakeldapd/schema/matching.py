"""Matching rules (RFC 4517 section 4.2, RFC 4523, RFC 4530, Active Directory's and slapd's own).

One row of ``_ROWS`` is one rule: OID, name, the syntax of its assertions, its kind, and the function that makes
normal forms of values. Two values match for equality when their normal forms are equal, and sort as those do. A row
may name another function for assertions where an assertion isn't a value (the numbers inside a certificate, how a
word sounds), another comparison than ``==``, and the attributes an extensible filter may use it with.

What slapd does differently from the RFCs, and so do we:

* bitStringMatch counts leading zero bits; uniqueMemberMatch wants the same UID, or none on either side.
* caseIgnoreListSubstringsMatch finds text across lines.
* The bit rules of Active Directory are undefined for an asserted integer of more than 64 bits.
* In an extensible filter ordering rules mean "value < assertion" (RFC 4517 section 4.1), and substrings rules nothing.

Where we part from slapd:

* It never matches a certificate whose issuer has a character that isn't ASCII.
* It finds an attribute certificate by a text of serial number and issuer; ours wants the certificate itself.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from fakeldapd.schema import approx, normal, prepare, times
from fakeldapd.schema.elements import AttributeType, MatchingRule, Syntax
from fakeldapd.schema.syntaxes import OBJECT_CLASS, Definitions

_STANDARD = "1.3.6.1.4.1.1466.115.121.1."
_BIT_STRING, _BOOLEAN, _CERTIFICATE, _CERTIFICATE_LIST = [_STANDARD + number for number in ("6", "7", "8", "9")]
_COUNTRY, _DN, _TEXT, _TIME, _IA5 = [_STANDARD + number for number in ("11", "12", "15", "24", "26")]
_INTEGER, _NAME_AND_UID, _NUMERIC, _OID, _OCTETS = [_STANDARD + number for number in ("27", "34", "36", "38", "40")]
_POSTAL, _PRINTABLE, _TELEPHONE, _SUBSTRING = [_STANDARD + number for number in ("41", "44", "50", "58")]
_UUID, _RDN = "1.3.6.1.1.16.1", "1.2.36.79672281.1.5.0"
_ATTRIBUTE_CERTIFICATE, _PRIVATE_KEY = "1.3.6.1.4.1.4203.666.11.10.2.1", "1.2.840.113549.1.8.1.1"
_CSN, _SERVER_ID, _AUTHORISATION = (
    "1.3.6.1.4.1.4203.666.11.2.1",
    "1.3.6.1.4.1.4203.666.11.2.4",
    "1.3.6.1.4.1.4203.666.2.7",
)

_STRINGS = (_PRINTABLE, _COUNTRY, _TELEPHONE)
_DEFINITIONS = tuple(_STANDARD + number for number in ("3", "16", "30", "31", "35", "37", "54"))


_4517, _4523 = "RFC 4517 section 4.2.", "RFC 4523 section 3."
_AD, _OPENLDAP = "MS-ADTS section 3.1.1.3.4.4", "OpenLDAP"


class _Row(NamedTuple):
    """One rule. Where ``bound``, ``normalise`` and ``assertion`` are functions of the schema that give those
    functions."""

    oid: str
    name: str
    source: str
    syntax: str
    kind: str
    normalise: Any
    matches: Callable[[Any, Any], bool]
    piece: Callable[[bytes, str], bytes | None] | None
    assertion: Any
    bound: bool
    listed: bool
    uses: tuple[str, ...] | None


def _equality(
    oid: str,
    name: str,
    source: str,
    syntax: str,
    normalise: Any,
    *,
    matches: Callable[[Any, Any], bool] = normal.equal,
    assertion: Any = None,
    bound: bool = False,
    listed: bool = True,
    uses: tuple[str, ...] | None = None,
) -> _Row:
    return _Row(oid, name, source, syntax, "equality", normalise, matches, None, assertion, bound, listed, uses)


def _ordering(
    oid: str,
    name: str,
    source: str,
    syntax: str,
    normalise: normal.Normalise,
    *,
    listed: bool = True,
    uses: tuple[str, ...] | None = None,
) -> _Row:
    return _Row(oid, name, source, syntax, "ordering", normalise, normal.below, None, None, False, listed, uses)


def _substrings(
    oid: str,
    name: str,
    source: str,
    normalise: normal.Normalise,
    piece: Callable[[bytes, str], bytes | None],
    *,
    syntax: str = _SUBSTRING,
    uses: tuple[str, ...] = (),
) -> _Row:
    # slapd has no syntax check for an assertion of it as a whole, so that an extensible filter with it is undefined.
    return _Row(
        oid, name, source, syntax, "substrings", normalise, normal.equal, piece, normal.nothing, False, True, uses
    )


def _tree(number: str, name: str, matches: Callable[[Any, Any], bool]) -> _Row:
    oid = "1.3.6.1.4.1.4203.666.4." + number
    return _equality(oid, name, _OPENLDAP, _DN, normal.dn, matches=matches, bound=True, listed=False)


def _sound(number: str, name: str, syntax: str, value: Any, assertion: Any, *uses: str) -> _Row:
    return _equality(
        "1.3.6.1.4.1.4203.666.4." + number,
        name,
        _OPENLDAP,
        syntax,
        value,
        matches=approx.sounds_match,
        assertion=assertion,
        listed=False,
        uses=(syntax, *uses),
    )


# In the order of slapd's subschema. ``uses`` is () where slapd allows no extensible filter, None for that syntax alone.
_ROWS: tuple[_Row, ...] = (
    _ordering("1.3.6.1.1.16.3", "UUIDOrderingMatch", "RFC 4530 section 2.3", _UUID, normal.uuid, uses=()),
    _equality("1.3.6.1.1.16.2", "UUIDMatch", "RFC 4530 section 2.2", _UUID, normal.uuid, uses=()),
    _equality(
        "1.2.840.113556.1.4.804", "integerBitOrMatch", _AD, _INTEGER, normal.integer_of_64_bits, matches=normal.any_bit
    ),
    _equality(
        "1.2.840.113556.1.4.803",
        "integerBitAndMatch",
        _AD,
        _INTEGER,
        normal.integer_of_64_bits,
        matches=normal.all_bits,
    ),
    _substrings(
        "1.3.6.1.4.1.4203.1.2.1",
        "caseExactIA5SubstringsMatch",
        _OPENLDAP,
        prepare.ia5_case_exact,
        prepare.ia5_case_exact_piece,
        syntax=_IA5,
    ),
    _substrings(
        "1.3.6.1.4.1.1466.109.114.3",
        "caseIgnoreIA5SubstringsMatch",
        _4517 + "8",
        prepare.ia5_case_ignore,
        prepare.ia5_case_ignore_piece,
        syntax=_IA5,
    ),
    _equality(
        "1.3.6.1.4.1.1466.109.114.2",
        "caseIgnoreIA5Match",
        _4517 + "7",
        _IA5,
        prepare.ia5_case_ignore,
        uses=(_IA5, _COUNTRY),
    ),
    _equality(
        "1.3.6.1.4.1.1466.109.114.1",
        "caseExactIA5Match",
        _4517 + "3",
        _IA5,
        prepare.ia5_case_exact,
        uses=(_IA5, _COUNTRY),
    ),
    _equality(
        "2.5.13.38",
        "certificateListExactMatch",
        _4523 + "5",
        "1.3.6.1.1.15.5",
        normal.certificate_list,
        assertion=normal.certificate_list_assertion,
        bound=True,
        uses=(_CERTIFICATE_LIST,),
    ),
    _equality(
        "2.5.13.34",
        "certificateExactMatch",
        _4523 + "1",
        "1.3.6.1.1.15.1",
        normal.certificate,
        assertion=normal.certificate_assertion,
        bound=True,
        uses=(_CERTIFICATE,),
    ),
    _equality(
        "2.5.13.30",
        "objectIdentifierFirstComponentMatch",
        _4517 + "25",
        _OID,
        lambda schema: normal.oid_first_component,
        assertion=normal.definition,
        bound=True,
        uses=(_OID, *_DEFINITIONS),
    ),
    _equality(
        "2.5.13.29",
        "integerFirstComponentMatch",
        _4517 + "18",
        _INTEGER,
        normal.integer_first_component,
        assertion=normal.integer,
        uses=(_INTEGER, _STANDARD + "17"),
    ),
    _ordering("2.5.13.28", "generalizedTimeOrderingMatch", _4517 + "17", _TIME, times.generalized_time_order),
    _equality("2.5.13.27", "generalizedTimeMatch", _4517 + "16", _TIME, times.generalized_time),
    _equality("2.5.13.23", "uniqueMemberMatch", _4517 + "31", _NAME_AND_UID, normal.name_and_uid, bound=True),
    _substrings(
        "2.5.13.21", "telephoneNumberSubstringsMatch", _4517 + "30", prepare.telephone, prepare.telephone_piece
    ),
    _equality("2.5.13.20", "telephoneNumberMatch", _4517 + "29", _TELEPHONE, prepare.telephone),
    _substrings("2.5.13.19", "octetStringSubstringsMatch", "X.520", normal.octets, normal.octets_piece, syntax=_OCTETS),
    _ordering("2.5.13.18", "octetStringOrderingMatch", _4517 + "28", _OCTETS, normal.octets),
    _equality("2.5.13.17", "octetStringMatch", _4517 + "27", _OCTETS, normal.octets),
    _equality("2.5.13.16", "bitStringMatch", _4517 + "1", _BIT_STRING, normal.bit_string),
    _ordering("2.5.13.15", "integerOrderingMatch", _4517 + "20", _INTEGER, normal.integer),
    _equality("2.5.13.14", "integerMatch", _4517 + "19", _INTEGER, normal.integer),
    _equality("2.5.13.13", "booleanMatch", _4517 + "2", _BOOLEAN, normal.boolean),
    _substrings(
        "2.5.13.12",
        "caseIgnoreListSubstringsMatch",
        _4517 + "10",
        prepare.case_ignore_list,
        prepare.case_ignore_list_piece,
    ),
    _equality("2.5.13.11", "caseIgnoreListMatch", _4517 + "9", _POSTAL, prepare.case_ignore_list),
    _substrings("2.5.13.10", "numericStringSubstringsMatch", _4517 + "24", prepare.numeric, prepare.numeric_piece),
    _ordering("2.5.13.9", "numericStringOrderingMatch", _4517 + "23", _NUMERIC, prepare.numeric),
    _equality("2.5.13.8", "numericStringMatch", _4517 + "22", _NUMERIC, prepare.numeric),
    _substrings(
        "2.5.13.7", "caseExactSubstringsMatch", _4517 + "6", prepare.case_exact, prepare.case_exact_piece, uses=_STRINGS
    ),
    _ordering("2.5.13.6", "caseExactOrderingMatch", _4517 + "5", _TEXT, prepare.case_exact, uses=(_TEXT, *_STRINGS)),
    _equality("2.5.13.5", "caseExactMatch", _4517 + "4", _TEXT, prepare.case_exact, uses=(_TEXT, *_STRINGS)),
    _substrings(
        "2.5.13.4",
        "caseIgnoreSubstringsMatch",
        _4517 + "13",
        prepare.case_ignore,
        prepare.case_ignore_piece,
        uses=_STRINGS,
    ),
    _ordering("2.5.13.3", "caseIgnoreOrderingMatch", _4517 + "12", _TEXT, prepare.case_ignore, uses=(_TEXT, *_STRINGS)),
    _equality("2.5.13.2", "caseIgnoreMatch", _4517 + "11", _TEXT, prepare.case_ignore, uses=(_TEXT, *_STRINGS)),
    _equality("1.2.36.79672281.1.13.3", "rdnMatch", _OPENLDAP, _RDN, normal.rdn, bound=True),
    _equality("2.5.13.1", "distinguishedNameMatch", _4517 + "15", _DN, normal.dn_key, bound=True),
    _equality("2.5.13.0", "objectIdentifierMatch", _4517 + "26", _OID, normal.object_identifier),
    # Known to slapd, but not in its subschema.
    _sound(
        "4", "directoryStringApproxMatch", _TEXT, approx.value_sounds, approx.assertion_sounds, _PRINTABLE, _COUNTRY
    ),
    _sound("5", "IA5StringApproxMatch", _IA5, approx.ia5_value_sounds, approx.ia5_assertion_sounds, _COUNTRY),
    _tree("9", "dnSubtreeMatch", normal.within),
    _tree("8", "dnOneLevelMatch", normal.child),
    _tree("10", "dnSubordinateMatch", normal.strictly_below),
    _tree("11", "dnSuperiorMatch", normal.strictly_above),
    _equality("1.3.6.1.4.1.4203.666.11.2.2", "CSNMatch", _OPENLDAP, _CSN, times.csn, listed=False, uses=()),
    _ordering("1.3.6.1.4.1.4203.666.11.2.3", "CSNOrderingMatch", _OPENLDAP, _CSN, times.csn, listed=False),
    _equality(
        "1.3.6.1.4.1.4203.666.11.2.5",
        "CSNSIDMatch",
        _OPENLDAP,
        _SERVER_ID,
        times.csn_server,
        assertion=times.server_id,
        listed=False,
        uses=(_CSN,),
    ),
    _equality(
        "1.3.6.1.4.1.4203.666.4.12",
        "authzMatch",
        _OPENLDAP,
        _AUTHORISATION,
        normal.authorisation,
        assertion=normal.asserted_authorisation,
        bound=True,
        listed=False,
        uses=(),
    ),
    _equality(
        "1.3.6.1.4.1.4203.666.4.13",
        "privateKeyMatch",
        _OPENLDAP,
        _PRIVATE_KEY,
        normal.private_key,
        listed=False,
        uses=(),
    ),
    _equality(
        "2.5.13.45",
        "attributeCertificateExactMatch",
        _OPENLDAP,
        "1.3.6.1.4.1.4203.666.11.10.2.2",
        normal.attribute_certificate,
        listed=False,
        uses=(_ATTRIBUTE_CERTIFICATE,),
    ),
    _equality(
        "1.3.6.1.4.1.4203.666.4.2",
        "OpenLDAPaciMatch",
        _OPENLDAP,
        "1.3.6.1.4.1.4203.666.2.1",
        normal.nothing,
        listed=False,
        uses=(),
    ),
    _equality(
        "2.5.13.22", "presentationAddressMatch", "RFC 2252 section 8.1", _STANDARD + "43", normal.nothing, listed=False
    ),
    _equality(
        "2.5.13.24", "protocolInformationMatch", "RFC 2252 section 8.1", _STANDARD + "42", normal.nothing, listed=False
    ),
    # Active Directory's rule in chain: who evaluates the filter follows the chain, two DNs alone can only be equal.
    _equality("1.2.840.113556.1.4.1941", "", _AD, _DN, normal.dn_key, bound=True, listed=False),
)

_USES = {row.oid: row.uses if row.uses is not None else (row.syntax,) for row in _ROWS}

_APPROXIMATE = {
    "2.5.13.2": "1.3.6.1.4.1.4203.666.4.4",
    "2.5.13.5": "1.3.6.1.4.1.4203.666.4.4",
    "1.3.6.1.4.1.1466.109.114.1": "1.3.6.1.4.1.4203.666.4.5",
    "1.3.6.1.4.1.1466.109.114.2": "1.3.6.1.4.1.4203.666.4.5",
}


def approximate(equality: MatchingRule, rules: dict[str, MatchingRule]) -> MatchingRule:
    """The rule that ``~=`` means for attributes with an equality rule: one of sound for strings, else the same."""
    oid = _APPROXIMATE.get(equality.oid)
    return rules[oid] if oid is not None else equality


_ALONE = ("2.5.21.4", "2.5.21.5", "2.5.21.6", "2.5.21.8")
"""matchingRules, attributeTypes, objectClasses, matchingRuleUse: each has its own rule in slapd, like objectClass."""


def applies_to(rule: MatchingRule, attribute_type: AttributeType) -> bool:
    """Whether an extensible filter may use a rule with an attribute; for rules with a definition it is what slapd lists
    as matchingRuleUse (RFC 4512 section 4.1.4)."""
    syntax = attribute_type.syntax
    if syntax.oid not in _USES[rule.oid] or attribute_type.oid in _ALONE:
        return False
    return not (syntax.oid == _OID and syntax.pretty is not None)  # that of objectClass


def build_rules(schema: Definitions, syntaxes: dict[str, Syntax]) -> dict[str, MatchingRule]:
    """Every rule by OID and by name in lower case, and that of objectClass by ``OBJECT_CLASS``, bound to their schema.

    ``definition`` is empty for what slapd's subschema doesn't list. The schema is asked nothing before a value is
    normalised.
    """
    rules: dict[str, MatchingRule] = {}
    for row in _ROWS:
        normalise, assertion = row.normalise, row.assertion
        if row.bound:
            normalise = normalise(schema)
            assertion = assertion and assertion(schema)
        rule = rules[row.oid] = MatchingRule(
            oid=row.oid,
            names=(row.name,) if row.name else (),
            syntax=syntaxes[row.syntax],
            kind=row.kind,
            normalise=normalise,
            assertion=assertion or normalise,
            matches=row.matches,
            piece=row.piece,
            definition=f"( {row.oid} NAME '{row.name}' SYNTAX {row.syntax} )" if row.listed else "",
            source=row.source,
        )
        if row.name:
            rules[row.name.lower()] = rule
    public, known = rules["2.5.13.0"], normal.object_class(schema)
    rules[OBJECT_CLASS] = MatchingRule(
        oid=public.oid,
        names=public.names,
        source=public.source,
        syntax=syntaxes[OBJECT_CLASS],
        kind=public.kind,
        normalise=known,
        assertion=known,
        matches=normal.equal,
    )
    return rules
