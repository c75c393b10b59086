"""LDAP syntaxes (RFC 4517 section 3.3, RFC 4523, RFC 2307, RFC 4530 and slapd's own): what octets are a value of each.

One row of ``_ROWS`` is one syntax: its OID, its description, where it is specified, what the subschema says of it, and
how values are checked. A syntax that slapd names but has no check for refuses every value (``no_value``): an attribute
of it can't hold any. That is so of Fax, Guide and many more, as slapd has it.

The checks are as strict or lax as slapd's, not as RFC 4517's grammars; comments say where the two part. Those that
need to know attribute types or DNs take them from the schema when they are called, so that a schema may be built
around them.
"""

from collections.abc import Callable
from typing import Any, Protocol

from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema import authz, prepare, times, x509
from fakeldapd.schema.elements import AttributeType, MatchingRule, ObjectClass, Syntax


class DistinguishedName(Protocol):
    """What is needed of a DN."""

    @property
    def text(self) -> bytes:
        """As slapd prints it."""

    @property
    def key(self) -> bytes:
        """Normalised."""

    @property
    def parent(self) -> Any:
        """The DN above; None for the empty DN."""

    def is_within(self, other: Any, /) -> bool:
        """Whether it is ``other`` or below it."""


class Definitions(Protocol):
    """What syntaxes and matching rules ask of the schema they belong to (registry.Schema), once values are checked."""

    def dn(self, text: bytes, /) -> DistinguishedName:
        """Read a DN; raises LDAPError."""

    def attribute_type(self, name: bytes, /) -> AttributeType | None:
        """By name or OID."""

    def object_class(self, name: bytes, /) -> ObjectClass | None:
        """By name or OID."""

    def matching_rule(self, name: bytes, /) -> MatchingRule | None:
        """By name or OID."""


Check = Callable[[bytes], bool]
Pretty = Callable[[bytes], bytes | None]


# --- checks that need nothing but the value ---------------------------------------------------------------------------


def anything(value: bytes) -> bool:
    """Any octets."""
    return True


def no_value(value: bytes) -> bool:
    """No octets: slapd names the syntax but has no check for it (its diagnostic: "X: no validator for syntax
    <OID>")."""
    return False


def _directory_string(value: bytes) -> bool:
    return value != b"" and (value.isascii() or prepare.is_utf8(value))


def _country_string(value: bytes) -> bool:
    return len(value) == 2 and prepare.is_printable(value)  # any two, not only letters of ISO 3166


def _numeric_string(value: bytes) -> bool:
    return prepare.numeric(value) is not None


def _printable_strings(value: bytes) -> bool:
    # Telex Number with any number of parts, Facsimile Telephone Number with any parameters.
    return all(map(prepare.is_printable, value.split(b"$")))


_DELIVERY_METHODS = frozenset(b"any mhs physical telex teletex g3fax g4fax ia5 videotex telephone".split())


def _delivery_method(value: bytes) -> bool:
    if value.startswith(b" ") or value.endswith(b" "):
        return False
    return all(method.strip(b" ") in _DELIVERY_METHODS for method in value.lower().split(b"$"))


def _boolean(value: bytes) -> bool:
    return value in (b"TRUE", b"FALSE")


def is_integer(value: bytes) -> bool:
    """Whether octets are an Integer (RFC 4517 section 3.3.16): no plus, no leading zero, no ``-0``."""
    if value.isdigit():
        return value[0] != 48 or len(value) == 1
    return value[:1] == b"-" and value[1:].isdigit() and value[1] != 48


def is_bit_string(value: bytes) -> bool:
    """Whether octets are a Bit String, ``'0101'B`` (RFC 4517 section 3.3.2)."""
    return value[:1] == b"'" and value[-2:] == b"'B" and len(value) >= 3 and not value[1:-2].translate(None, b"01")


def is_numeric_oid(value: bytes) -> bool:
    """Whether octets are numbers with dots; slapd takes a single number and any first arc."""
    return all(arc.isdigit() and (arc[0] != 48 or len(arc) == 1) for arc in value.split(b"."))


_NAME_CHARACTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."


def _is_name(value: bytes) -> bool:
    return not value.translate(None, _NAME_CHARACTERS)


def _netgroup_triple(value: bytes) -> bool:
    """``(host,user,domain)``, each of letters, digits, hyphens and points, or empty (RFC 2307 section 2.4)."""
    parts = value[1:-1].split(b",")
    return value[:1] == b"(" and value[-1:] == b")" and len(parts) == 3 and all(map(_is_name, parts))


def _boot_parameter(value: bytes) -> bool:
    """``key=server:path`` (RFC 2307 section 2.4)."""
    key, equals, rest = value.partition(b"=")
    server, colon, path = rest.partition(b":")
    if not equals or not colon or not _is_name(key) or not _is_name(server):
        return False
    return not path or prepare.is_printable(path)


def is_uuid(value: bytes) -> bool:
    """Whether octets are a UUID in its text form (RFC 4530 section 2.1), in either case."""
    if len(value) != 36 or not value[8] == value[13] == value[18] == value[23] == 45:
        return False
    digits = value[:8] + value[9:13] + value[14:18] + value[19:23] + value[24:]
    return not digits.translate(None, b"0123456789abcdefABCDEF")


def _generalized_time(value: bytes) -> bool:
    return times.generalized_time(value) is not None


def _csn(value: bytes) -> bool:
    return times.csn(value) is not None


def _server_id(value: bytes) -> bool:
    return times.server_id(value) is not None


# --- checks that need the schema --------------------------------------------------------------------------------------


def _uuid_text(value: bytes) -> bytes | None:
    return value.lower() if is_uuid(value) else None


def cut_name_and_uid(value: bytes) -> tuple[bytes, bytes]:
    """Name And Optional UID (RFC 4517 section 3.3.21) cut in two: the DN's text, and ``#'...'B`` or nothing."""
    name, mark, bits = value.rpartition(b"#")
    return (name, mark + bits) if mark and is_bit_string(bits) else (value, b"")


def _dn_text(schema: Definitions) -> Pretty:
    return lambda value: schema.dn(value).text


def first_rdn(value: bytes) -> bytes:
    """The text before the first separator: all that slapd reads of a value of the RDN syntax."""
    at, quoted = 0, False
    while at < len(value):
        if value[at] == 0x5C:
            at += 1
        elif value[at] == 0x22:
            quoted = not quoted
        elif value[at] in b",;" and not quoted:
            return value[:at] or value  # nothing before it: as a whole it is no DN
        at += 1
    return value


def _rdn_text(schema: Definitions) -> Pretty:
    return lambda value: schema.dn(first_rdn(value)).text


def _name_and_uid_text(schema: Definitions) -> Pretty:
    def text(value: bytes) -> bytes:
        name, uid = cut_name_and_uid(value)
        return schema.dn(name).text + uid

    return text


def _authorisation_text(schema: Definitions) -> Pretty:
    def text(value: bytes) -> bytes | None:
        number, rule = authz.cut_number(value)
        written = authz.rule(rule, schema, lambda name: schema.dn(name).text)
        return None if written is None else number + written

    return text


def _object_class_text(schema: Definitions) -> Pretty:
    def text(value: bytes) -> bytes | None:
        known = schema.object_class(value)
        return known.name if known is not None else None

    return text


def _check(pretty: Pretty) -> Check:
    """The check of a syntax whose values slapd rewrites: whether it can."""

    def check(value: bytes) -> bool:
        try:
            return pretty(value) is not None
        except LDAPError:
            return False

    return check


# --- the table --------------------------------------------------------------------------------------------------------

_STANDARD = "1.3.6.1.4.1.1466.115.121.1."

_4517, _4523 = "RFC 4517 section 3.3.", "RFC 4523 section 2."
_2252, _OPENLDAP = "RFC 2252 section 4.3.2", "OpenLDAP"

_TEXT, _OCTETS, _BINARY, _HIDDEN = range(4)
"""How a syntax is published: as text, with X-NOT-HUMAN-READABLE, with X-BINARY-TRANSFER-REQUIRED besides, or not at
all."""

_ROWS: tuple[tuple[str, str, str, int, Check], ...] = (
    (_STANDARD + "4", "Audio", _2252, _OCTETS, anything),
    (_STANDARD + "5", "Binary", _2252, _OCTETS, anything),
    (_STANDARD + "6", "Bit String", _4517 + "2", _TEXT, is_bit_string),
    (_STANDARD + "7", "Boolean", _4517 + "3", _TEXT, _boolean),
    (_STANDARD + "8", "Certificate", _4523 + "1", _BINARY, x509.is_certificate),
    (_STANDARD + "9", "Certificate List", _4523 + "2", _BINARY, x509.is_certificate_list),
    (_STANDARD + "10", "Certificate Pair", _4523 + "3", _BINARY, x509.is_sequence),
    ("1.3.6.1.4.1.4203.666.11.10.2.1", "X.509 AttributeCertificate", _OPENLDAP, _BINARY, x509.is_attribute_certificate),
    (_STANDARD + "12", "Distinguished Name", _4517 + "9", _TEXT, anything),
    ("1.2.36.79672281.1.5.0", "RDN", _OPENLDAP, _TEXT, anything),
    (_STANDARD + "14", "Delivery Method", _4517 + "5", _TEXT, _delivery_method),
    (_STANDARD + "15", "Directory String", _4517 + "6", _TEXT, _directory_string),
    (_STANDARD + "22", "Facsimile Telephone Number", _4517 + "11", _TEXT, _printable_strings),
    (_STANDARD + "24", "Generalized Time", _4517 + "13", _TEXT, _generalized_time),
    (_STANDARD + "26", "IA5 String", _4517 + "15", _TEXT, bytes.isascii),
    (_STANDARD + "27", "Integer", _4517 + "16", _TEXT, is_integer),
    (_STANDARD + "28", "JPEG", _4517 + "17", _OCTETS, anything),
    (_STANDARD + "34", "Name And Optional UID", _4517 + "21", _TEXT, anything),
    (_STANDARD + "36", "Numeric String", _4517 + "23", _TEXT, _numeric_string),
    (
        _STANDARD + "38",
        "OID",
        _4517 + "26",
        _TEXT,
        is_numeric_oid,
    ),  # no descriptors; objectClass has a syntax of its own, below
    (
        _STANDARD + "39",
        "Other Mailbox",
        _4517 + "27",
        _TEXT,
        bytes.isascii,
    ),  # whether a type and a "$" come first isn't looked at
    (_STANDARD + "40", "Octet String", _4517 + "25", _TEXT, anything),
    (_STANDARD + "41", "Postal Address", _4517 + "28", _TEXT, prepare.is_postal_address),
    (_STANDARD + "44", "Printable String", _4517 + "29", _TEXT, prepare.is_printable),
    (_STANDARD + "11", "Country String", _4517 + "4", _TEXT, _country_string),
    (
        _STANDARD + "45",
        "SubtreeSpecification",
        "RFC 3672 section 2.1",
        _TEXT,
        prepare.is_utf8,
    ),  # the grammar of RFC 3672 isn't looked at
    (_STANDARD + "49", "Supported Algorithm", _4523 + "4", _BINARY, anything),
    (_STANDARD + "50", "Telephone Number", _4517 + "31", _TEXT, prepare.is_printable),
    (_STANDARD + "52", "Telex Number", _4517 + "33", _TEXT, _printable_strings),
    ("1.3.6.1.1.1.0.0", "RFC2307 NIS Netgroup Triple", "RFC 2307 section 2.4", _TEXT, _netgroup_triple),
    ("1.3.6.1.1.1.0.1", "RFC2307 Boot Parameter", "RFC 2307 section 2.4", _TEXT, _boot_parameter),
    ("1.3.6.1.1.16.1", "UUID", "RFC 4530 section 2.1", _TEXT, is_uuid),
    ("1.2.840.113549.1.8.1.1", "PKCS#8 PrivateKeyInfo", "RFC 5208 section 5", _TEXT, x509.is_private_key),
    # Known to slapd, but not in its subschema.
    ("1.3.6.1.4.1.4203.666.11.2.1", "CSN", _OPENLDAP, _HIDDEN, _csn),
    ("1.3.6.1.4.1.4203.666.11.2.4", "CSN SID", _OPENLDAP, _HIDDEN, _server_id),
    ("1.3.6.1.4.1.4203.666.2.7", "OpenLDAP authz", _OPENLDAP, _HIDDEN, anything),
    ("1.3.6.1.4.1.4203.1.1.1", "OpenLDAP void", _OPENLDAP, _HIDDEN, no_value),
    ("1.3.6.1.4.1.4203.666.2.1", "OpenLDAP Experimental ACI", _OPENLDAP, _HIDDEN, no_value),
    ("1.3.6.1.1.15.1", "Certificate Exact Assertion", _4523 + "5", _HIDDEN, no_value),
    ("1.3.6.1.1.15.5", "Certificate List Exact Assertion", _4523 + "9", _HIDDEN, no_value),
    ("1.3.6.1.4.1.4203.666.11.10.2.2", "AttributeCertificate Exact Assertion", _OPENLDAP, _HIDDEN, no_value),
    ("1.3.6.1.4.1.4203.666.11.10.2.3", "AttributeCertificate Assertion", _OPENLDAP, _HIDDEN, no_value),
)

_UNCHECKED = {
    _STANDARD + number: (name, source)
    for number, name, source in (
        ("1", "ACI Item", _2252),
        ("2", "Access Point", _2252),
        ("3", "Attribute Type Description", _4517 + "1"),
        ("13", "Data Quality", _2252),
        ("16", "DIT Content Rule Description", _4517 + "7"),
        ("17", "DIT Structure Rule Description", _4517 + "8"),
        ("19", "DSA Quality", _2252),
        ("20", "DSE Type", _2252),
        ("21", "Enhanced Guide", _4517 + "10"),
        ("23", "Fax", _4517 + "12"),
        ("25", "Guide", _4517 + "14"),
        ("29", "Master And Shadow Access Points", _2252),
        ("30", "Matching Rule Description", _4517 + "19"),
        ("31", "Matching Rule Use Description", _4517 + "20"),
        ("32", "Mail Preference", _2252),
        ("33", "MHS OR Address", _2252),
        ("35", "Name Form Description", _4517 + "22"),
        ("37", "Object Class Description", _4517 + "24"),
        ("42", "Protocol Information", _2252),
        ("43", "Presentation Address", _2252),
        ("51", "Teletex Terminal Identifier", _4517 + "32"),
        ("54", "LDAP Syntax Description", _4517 + "18"),
        ("55", "Modify Rights", _2252),
        ("56", "LDAP Schema Definition", _2252),
        ("57", "LDAP Schema Description", _2252),
        ("58", "Substring Assertion", _4517 + "30"),
    )
} | {
    f"1.3.6.1.1.15.{number}": ("X.509 assertion", _4523 + section)
    for number, section in ((2, "6"), (3, "7"), (4, "8"), (6, "10"), (7, "11"))
}
"""Syntaxes slapd names without a check: definitions of attributes may refer to them, values don't exist."""

OBJECT_CLASS = "objectclass"
"""Key of the syntax of objectClass and structuralObjectClass: OID by its number, but a value is the name or OID of a
known class."""


def _definition(oid: str, description: str, published: int) -> str:
    if published == _HIDDEN:
        return ""
    binary = " X-BINARY-TRANSFER-REQUIRED 'TRUE'" if published == _BINARY else ""
    octets = " X-NOT-HUMAN-READABLE 'TRUE'" if published in (_BINARY, _OCTETS) else ""
    return f"( {oid} DESC '{description}'{binary}{octets} )"


_ALSO_BINARY = (_STANDARD + "1", "1.2.840.113549.1.8.1.1")
"""Transferred with ``;binary`` only, though their definitions don't say so."""


def build_syntaxes(schema: Definitions) -> dict[str, Syntax]:
    """Every syntax by OID, and that of objectClass by ``OBJECT_CLASS``, bound to the schema that DNs and names belong
    to.

    ``definition`` is empty for what slapd's subschema doesn't list. ``schema`` is asked nothing before a value is
    checked.
    """
    syntaxes = {
        oid: Syntax(
            oid=oid,
            description=description,
            validate=check,
            binary=published == _BINARY or oid in _ALSO_BINARY,
            human_readable=published in (_TEXT, _HIDDEN),
            definition=_definition(oid, description, published),
            source=source,
        )
        for oid, description, source, published, check in _ROWS
    }
    for oid, (description, source) in _UNCHECKED.items():
        syntaxes[oid] = Syntax(oid, description, no_value, binary=oid in _ALSO_BINARY, source=source)
    syntaxes[OBJECT_CLASS] = Syntax(_STANDARD + "38", "OID", anything, source=_4517 + "26")
    for key, pretty in (
        (_STANDARD + "12", _dn_text(schema)),
        ("1.2.36.79672281.1.5.0", _rdn_text(schema)),
        (_STANDARD + "34", _name_and_uid_text(schema)),
        ("1.3.6.1.1.16.1", _uuid_text),
        ("1.3.6.1.4.1.4203.666.11.2.1", times.csn),
        ("1.3.6.1.4.1.4203.666.11.2.4", times.server_id),
        ("1.3.6.1.4.1.4203.666.2.7", _authorisation_text(schema)),
        (OBJECT_CLASS, _object_class_text(schema)),
    ):
        syntaxes[key].validate = _check(pretty)
        syntaxes[key].pretty = pretty
    return syntaxes
