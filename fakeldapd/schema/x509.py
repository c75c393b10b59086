"""X.509 values (RFC 4523): whether octets have the shape of a certificate, a list, a key; and what their exact
matching rules compare.

The shape is looked at as loosely as slapd does: the order of tags at the upper levels, no signature, no algorithm, no
extension. A Certificate Pair is whatever begins like a SEQUENCE.

Exact matching reads the two text forms of an assertion, that of RFC 4523 and slapd's older one for certificates:

    { serialNumber 5, issuer rdnSequence:"cn=ca" }        { issuer rdnSequence:"cn=ca", thisUpdate "20240101000000Z" }
    5$cn=ca
"""

import re
from collections.abc import Callable
from functools import cache

_INTEGER, _BIT_STRING, _OCTET_STRING, _OID = 0x02, 0x03, 0x04, 0x06
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_SEQUENCE, _SET = 0x30, 0x31

DnKey = Callable[[bytes], bytes]
"""The normal form of a DN's text; raises LDAPError."""


_Element = tuple[int, int, int]
"""A tag, and where the contents begin and end."""


def _header(octets: bytes, at: int, end: int) -> _Element | None:
    """Tag of the element at ``at``, and where its contents begin and end; None when it doesn't fit."""
    if at + 2 > end:
        return None
    tag, length, start = octets[at], octets[at + 1], at + 2
    if length > 0x80:
        count = length & 0x7F
        if count > 4 or start + count > end:
            return None
        length, start = int.from_bytes(octets[start : start + count], "big"), start + count
    elif length == 0x80:
        return None
    return (tag, start, start + length) if start + length <= end else None


def elements(octets: bytes, at: int, end: int) -> list[_Element] | None:
    """Tag, start and end of each element between two offsets; None when they aren't whole."""
    found = []
    while at < end:
        element = _header(octets, at, end)
        if element is None:
            return None
        found.append(element)
        at = element[2]
    return found


_LIST = 0x130
"""A SEQUENCE that is empty or begins with a SEQUENCE: no AlgorithmIdentifier, which may stand in the same place."""

_Part = tuple[tuple[int, ...], bool]
"""What may come next: its tags, and whether it may be left out."""

_TIMES = (_UTC_TIME, _GENERALIZED_TIME)
_CERTIFICATE: tuple[_Part, ...] = (
    ((_INTEGER,), False),
    *[((_SEQUENCE,), False)] * 5,  # algorithm, issuer, validity, subject, key
    ((0xA1,), True),
    ((0xA2,), True),
    ((0xA3,), True),
    ((_SEQUENCE,), False),
    ((_BIT_STRING,), False),
)
_CERTIFICATE_LIST: tuple[_Part, ...] = (
    ((_INTEGER,), True),
    ((_SEQUENCE,), False),
    ((_SEQUENCE,), False),  # issuer
    (_TIMES, False),
    (_TIMES, True),
    ((_LIST,), True),
    ((0xA0,), True),
    ((_SEQUENCE,), False),
    ((_BIT_STRING,), False),
)
_ATTRIBUTE_CERTIFICATE: tuple[_Part, ...] = (
    ((_INTEGER,), False),
    ((_SEQUENCE,), False),  # holder
    ((0xA0,), False),  # issuer
    ((_SEQUENCE,), False),
    ((_INTEGER,), False),
    ((_SEQUENCE,), False),
    ((_SEQUENCE,), False),
    ((_BIT_STRING,), True),
    ((_LIST,), True),
    ((_SEQUENCE,), False),
    ((_BIT_STRING,), False),
)
_PRIVATE_KEY: tuple[_Part, ...] = (
    ((_INTEGER,), False),
    ((_SEQUENCE,), False),
    ((_OCTET_STRING,), False),
    ((0xA0,), True),
)


def _enter(octets: bytes, at: int, tag: int) -> int | None:
    """Where the contents begin of the element at ``at``. slapd doesn't mind where they end."""
    element = _header(octets, at, len(octets))
    return element[1] if element is not None and element[0] == tag else None


def _is_list(octets: bytes, element: _Element) -> bool:
    tag, start, end = element
    return tag == _SEQUENCE and (start == end or octets[start] == _SEQUENCE)


def _parts(octets: bytes, at: int, pattern: tuple[_Part, ...], *, whole: bool = True) -> list[_Element | None] | None:
    """The elements from ``at`` on, one for each part of the pattern; None when they are others, or (``whole``) more."""
    found: list[_Element | None] = []
    element = _header(octets, at, len(octets))
    for tags, optional in pattern:
        if element is not None and (element[0] in tags or (_LIST in tags and _is_list(octets, element))):
            found.append(element)
            at = element[2]
            element = _header(octets, at, len(octets))
        elif optional:
            found.append(None)
        else:
            return None
    return found if not whole or at == len(octets) else None


def _signed(octets: bytes) -> int | None:
    """Where the contents begin of what is signed: those of a SEQUENCE in a SEQUENCE."""
    outer = _enter(octets, 0, _SEQUENCE)
    return _enter(octets, outer, _SEQUENCE) if outer is not None else None


def _certificate(octets: bytes) -> list[_Element | None] | None:
    """The elements of a certificate from the serial number on."""
    at = _signed(octets)
    if at is None:
        return None
    version = _enter(octets, at, 0xA0)
    if version is not None:
        number = _header(octets, version, len(octets))
        if number is None or number[0] != _INTEGER:
            return None
        at = number[2]
    return _parts(octets, at, _CERTIFICATE)


def is_certificate(octets: bytes) -> bool:
    """Whether octets have the shape of a Certificate (RFC 5280 section 4.1)."""
    return _certificate(octets) is not None


def _certificate_list(octets: bytes) -> list[_Element | None] | None:
    """The elements of a certificate list from the version on."""
    at = _signed(octets)
    return _parts(octets, at, _CERTIFICATE_LIST, whole=False) if at is not None else None


def is_certificate_list(octets: bytes) -> bool:
    """Whether octets have the shape of a CertificateList (RFC 5280 section 5.1)."""
    return _certificate_list(octets) is not None


def is_attribute_certificate(octets: bytes) -> bool:
    """Whether octets have the shape of an AttributeCertificate (RFC 5755 section 4.1)."""
    at = _signed(octets)
    return at is not None and _parts(octets, at, _ATTRIBUTE_CERTIFICATE) is not None


def is_private_key(octets: bytes) -> bool:
    """Whether octets have the shape of a PrivateKeyInfo (RFC 5208 section 5)."""
    at = _enter(octets, 0, _SEQUENCE)
    return at is not None and _parts(octets, at, _PRIVATE_KEY) is not None


def is_sequence(octets: bytes) -> bool:
    """Whether octets begin with a SEQUENCE: all that slapd wants of a Certificate Pair."""
    return len(octets) >= 2 and octets[0] == _SEQUENCE


# --- names ------------------------------------------------------------------------------------------------------------


def _dotted(octets: bytes) -> bytes:
    """An OBJECT IDENTIFIER's contents as numbers with dots."""
    arcs, number = [], 0
    for octet in octets:
        number = number << 7 | octet & 0x7F
        if octet < 0x80:
            arcs.append(number)
            number = 0
    first = min(arcs[0] // 40, 2) if arcs else 0
    return b".".join(b"%d" % arc for arc in [first, arcs[0] - 40 * first, *arcs[1:]]) if arcs else b""


_ENCODINGS = {0x14: "latin-1", 0x1C: "utf-32-be", 0x1E: "utf-16-be"}


def _escaped(tag: int, octets: bytes) -> bytes:
    """An attribute value of a name as it stands in a DN: every octet that isn't a letter or a digit escaped (RFC 4514
    section 2.4)."""
    if tag in _ENCODINGS:
        octets = octets.decode(_ENCODINGS[tag], "replace").encode()
    return b"".join(
        [b"%c" % octet if 48 <= octet <= 57 or 65 <= (octet & 0xDF) <= 90 else b"\\%02x" % octet for octet in octets]
    )


def name_text(octets: bytes, start: int, end: int) -> bytes | None:
    """The RDNSequence whose contents lie between two offsets, as a DN (RFC 4514), its types as OIDs; None when it is
    broken."""
    rdns = []
    for tag, at, until in elements(octets, start, end) or ():
        avas = []
        for ava_tag, ava_at, ava_until in elements(octets, at, until) or ():
            parts = elements(octets, ava_at, ava_until)
            if tag != _SET or ava_tag != _SEQUENCE or parts is None or len(parts) != 2 or parts[0][0] != _OID:
                return None
            (_, oid_at, oid_end), (value_tag, value_at, value_end) = parts
            avas.append(_dotted(octets[oid_at:oid_end]) + b"=" + _escaped(value_tag, octets[value_at:value_end]))
        if not avas:
            return None
        rdns.append(b"+".join(avas))
    return b",".join(reversed(rdns))


def certificate_subject(octets: bytes) -> bytes | None:
    """The subject of a certificate as a DN (RFC 4514), its types as OIDs; None for what isn't a certificate."""
    parts = _certificate(octets)
    return _text(octets, parts[4]) if parts else None


def _text(octets: bytes, name: _Element | None) -> bytes | None:
    return name_text(octets, name[1], name[2]) if name is not None else None


def certificate_normal(octets: bytes, dn_key: DnKey) -> bytes | None:
    """Serial number and issuer of a certificate, as certificateExactMatch compares them (RFC 4523 section 2.5).

    None for what isn't a certificate; ``dn_key`` may raise LDAPError for an issuer the schema doesn't know.
    """
    parts = _certificate(octets)
    serial = parts and parts[0]
    issuer = _text(octets, parts[2]) if parts else None
    if not serial or issuer is None:
        return None
    return _serial_and_issuer(int.from_bytes(octets[serial[1] : serial[2]], "big", signed=True), dn_key(issuer))


def _serial_and_issuer(serial: int, issuer: bytes) -> bytes:
    return b'{ serialNumber 0x%x, issuer rdnSequence:"%b" }' % (serial, issuer)


def certificate_list_normal(octets: bytes, dn_key: DnKey, time: Callable[[bytes], bytes | None]) -> bytes | None:
    """Issuer and time of a certificate list, as certificateListExactMatch compares them (RFC 4523 section 2.8)."""
    parts = _certificate_list(octets)
    issued = parts and parts[3]
    issuer = _text(octets, parts[2]) if parts else None
    if not issued or issuer is None:
        return None
    text = octets[issued[1] : issued[2]]
    if issued[0] == _UTC_TIME:  # RFC 5280 section 4.1.2.5.1: two digits of the year, of 1950 to 2049
        text = (b"19" if text[:2] >= b"50" else b"20") + text
    this_update = time(text)
    return _issuer_and_time(dn_key(issuer), this_update) if this_update is not None else None


def _issuer_and_time(issuer: bytes, time: bytes) -> bytes:
    return b'{ issuer rdnSequence:"%b", thisUpdate "%b" }' % (issuer, time)


# --- assertions -------------------------------------------------------------------------------------------------------


@cache
def _component() -> "re.Pattern[bytes]":
    return re.compile(
        rb"""\ *(?:serialNumber\ +(?P<serial>0|[1-9][0-9]*|0x[1-9a-fA-F][0-9a-fA-F]*|'[1-9a-fA-F][0-9a-fA-F]*'H)
        |issuer\ +(?:rdnSequence:)?"(?P<issuer>(?:[^"]|"")*)"
        |thisUpdate\ +"(?P<time>[^"]*)")\ *(?P<end>[,}])""",
        re.VERBOSE,
    )


def _components(text: bytes) -> dict[str, bytes] | None:
    """The components of ``{ name value, name value }``: two of them, each once, in any order (RFC 3641)."""
    if text[:1] != b"{":
        return None
    at, found, ended = 1, dict[str, bytes](), False
    while not ended:
        match = _component().match(text, at)
        name = match and match.lastgroup and next(n for n in ("serial", "issuer", "time") if match[n] is not None)
        if match is None or name is None or name in found:
            return None
        found[name] = match[name]
        at, ended = match.end(), match["end"] == b"}"
    return found if at == len(text) and len(found) == 2 else None


_DIGITS = 4000  # an INTEGER of a certificate has 20 octets at most; Python itself refuses more than 4300 digits


def certificate_assertion(text: bytes, dn_key: DnKey) -> bytes | None:
    """The normal form of a certificateExactMatch assertion; None when it is none, LDAPError from ``dn_key`` for its
    issuer."""
    serial, separator, issuer = text.partition(b"$")
    if not (separator and serial.isdigit() and issuer):
        found = _components(text)
        if found is None or "serial" not in found or "issuer" not in found:
            return None
        serial, issuer = found["serial"], found["issuer"].replace(b'""', b'"')
    if len(serial) > _DIGITS:
        return None
    if serial[:1] == b"'":
        return _serial_and_issuer(int(serial[1:-2], 16), dn_key(issuer))
    return _serial_and_issuer(int(serial, 16 if serial[:2] == b"0x" else 10), dn_key(issuer))


def certificate_list_assertion(text: bytes, dn_key: DnKey, time: Callable[[bytes], bytes | None]) -> bytes | None:
    """The normal form of a certificateListExactMatch assertion; None when it is none, LDAPError from ``dn_key`` for
    its issuer."""
    found = _components(text)
    if found is None or "issuer" not in found or "time" not in found:
        return None
    this_update = time(found["time"])
    return (
        _issuer_and_time(dn_key(found["issuer"].replace(b'""', b'"')), this_update) if this_update is not None else None
    )
