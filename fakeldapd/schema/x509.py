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


def _header(octets: bytes, at: int, end: int) -> tuple[int, int, int] | None:
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


def elements(octets: bytes, at: int, end: int) -> list[tuple[int, int, int]] | None:
    """Tag, start and end of each element between two offsets; None when they aren't whole."""
    found = []
    while at < end:
        element = _header(octets, at, end)
        if element is None:
            return None
        found.append(element)
        at = element[2]
    return found


def _contents(octets: bytes) -> list[tuple[int, int, int]] | None:
    """The elements of the one SEQUENCE that ``octets`` are."""
    outer = _header(octets, 0, len(octets))
    if outer is None or outer[0] != _SEQUENCE or outer[2] != len(octets):
        return None
    return elements(octets, outer[1], outer[2])


_CERTIFICATE = (_SEQUENCE, _SEQUENCE, _BIT_STRING)


def _signed(octets: bytes) -> list[tuple[int, int, int]] | None:
    """The elements of what is signed in a certificate or a list: SEQUENCE, algorithm, BIT STRING, and nothing else."""
    outer = _contents(octets)
    if outer is None or tuple(tag for tag, _, _ in outer) != _CERTIFICATE:
        return None
    return elements(octets, outer[0][1], outer[0][2])


def _certificate(octets: bytes) -> list[tuple[int, int, int]] | None:
    """The elements of a TBSCertificate from the serial number on."""
    parts = _signed(octets)
    if not parts:
        return None
    version = 0
    if parts[0][0] == 0xA0:
        number = _header(octets, parts[0][1], parts[0][2])
        if number is None or number[0] != _INTEGER:
            return None
        version = int.from_bytes(octets[number[1] : number[2]], "big")
        if version > 2:
            return None
        del parts[0]
    tags = [tag for tag, _, _ in parts]
    if tags[:6] != [_INTEGER, _SEQUENCE, _SEQUENCE, _SEQUENCE, _SEQUENCE, _SEQUENCE]:
        return None
    allowed = {0: (), 1: (0x81, 0x82, 0xA1, 0xA2), 2: (0x81, 0x82, 0xA1, 0xA2, 0xA3)}[version]
    return parts if all(tag in allowed for tag in tags[6:]) else None


def is_certificate(octets: bytes) -> bool:
    """Whether octets have the shape of a Certificate (RFC 5280 section 4.1)."""
    return _certificate(octets) is not None


def _certificate_list(octets: bytes) -> list[tuple[int, int, int]] | None:
    """The elements of a TBSCertList from the algorithm on."""
    parts = _signed(octets)
    if not parts:
        return None
    if parts[0][0] == _INTEGER:
        del parts[0]
    tags = [tag for tag, _, _ in parts]
    times = (_UTC_TIME, _GENERALIZED_TIME)
    if tags[:2] != [_SEQUENCE, _SEQUENCE] or len(tags) < 3 or tags[2] not in times:
        return None
    rest = tags[3:]
    for optional in (times, (_SEQUENCE,), (0xA0,)):
        if rest and rest[0] in optional:
            del rest[0]
    return parts if not rest else None


def is_certificate_list(octets: bytes) -> bool:
    """Whether octets have the shape of a CertificateList (RFC 5280 section 5.1)."""
    return _certificate_list(octets) is not None


def is_attribute_certificate(octets: bytes) -> bool:
    """Whether octets have the shape of an AttributeCertificate (RFC 5755 section 4.1)."""
    parts = _signed(octets)
    if not parts or parts[0][0] != _INTEGER:
        return False
    tags = [tag for tag, _, _ in parts[1:]]
    if tags and tags[-1] == _SEQUENCE and len(tags) == 7:
        tags.pop()  # extensions
    if len(tags) == 7 and tags[-1] == _BIT_STRING:
        tags.pop()
    return len(tags) == 6 and tags[0] == _SEQUENCE and tags[2:] == [_SEQUENCE, _INTEGER, _SEQUENCE, _SEQUENCE]


def is_sequence(octets: bytes) -> bool:
    """Whether octets begin with a SEQUENCE: all that slapd wants of a Certificate Pair."""
    return len(octets) >= 2 and octets[0] == _SEQUENCE


def is_private_key(octets: bytes) -> bool:
    """Whether octets have the shape of a PrivateKeyInfo (RFC 5208 section 5)."""
    parts = _contents(octets)
    if parts is None:
        return False
    tags = [tag for tag, _, _ in parts]
    return tags[:3] == [_INTEGER, _SEQUENCE, _OCTET_STRING] and tags[3:] in ([], [0xA0])


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


def certificate_normal(octets: bytes, dn_key: DnKey) -> bytes | None:
    """Serial number and issuer of a certificate, as certificateExactMatch compares them (RFC 4523 section 2.5).

    None for what isn't a certificate; ``dn_key`` may raise LDAPError for an issuer the schema doesn't know.
    """
    parts = _certificate(octets)
    if parts is None:
        return None
    issuer = name_text(octets, parts[2][1], parts[2][2])
    if issuer is None:
        return None
    return _serial_and_issuer(int.from_bytes(octets[parts[0][1] : parts[0][2]], "big", signed=True), dn_key(issuer))


def _serial_and_issuer(serial: int, issuer: bytes) -> bytes:
    return b'{ serialNumber 0x%x, issuer rdnSequence:"%b" }' % (serial, issuer)


def certificate_list_normal(octets: bytes, dn_key: DnKey, time: Callable[[bytes], bytes | None]) -> bytes | None:
    """Issuer and time of a certificate list, as certificateListExactMatch compares them (RFC 4523 section 2.8)."""
    parts = _certificate_list(octets)
    if parts is None:
        return None
    issuer = name_text(octets, parts[1][1], parts[1][2])
    text = octets[parts[2][1] : parts[2][2]]
    if parts[2][0] == _UTC_TIME:  # RFC 5280 section 4.1.2.5.1: two digits of the year, of 1950 to 2049
        text = (b"19" if text[:2] >= b"50" else b"20") + text
    this_update = time(text)
    if issuer is None or this_update is None:
        return None
    return _issuer_and_time(dn_key(issuer), this_update)


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
