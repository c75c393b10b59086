"""LDAP requests as octets, and answers read back, for tests: deliberately not the codec of fakeldapd.

What judges a server must not read its answers with that server's own eyes, and half of what is sent here is not LDAP at
all. So this is the smallest BER that will do: ``tlv`` and its friends make octets, ``read`` and ``children`` take them
apart. Text and bytes are taken alike; a filter is RFC 4515 text, or bytes that are sent as they are.
"""

from collections.abc import Iterator, Sequence

Octets = str | bytes


def as_bytes(value: Octets) -> bytes:
    """UTF-8 of a text; bytes as they are."""
    return value.encode() if isinstance(value, str) else value


def length(size: int) -> bytes:
    """A definite length in its shortest form (X.690 section 8.1.3)."""
    if size < 0x80:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag: int, content: bytes = b"") -> bytes:
    """One element with a one-octet tag."""
    return bytes([tag]) + length(len(content)) + content


def octets(value: Octets, tag: int = 0x04) -> bytes:
    """OCTET STRING."""
    return tlv(tag, as_bytes(value))


def integer(number: int, tag: int = 0x02) -> bytes:
    """INTEGER or ENUMERATED in its shortest form."""
    return tlv(tag, number.to_bytes(max(1, (number + (number < 0)).bit_length() // 8 + 1), "big", signed=True))


def boolean(value: bool | int, tag: int = 0x01) -> bytes:
    """BOOLEAN; an integer gives that very octet."""
    return tlv(tag, bytes([0xFF if value is True else int(value)]))


def sequence(*parts: bytes, tag: int = 0x30) -> bytes:
    """SEQUENCE, or any other constructed element."""
    return tlv(tag, b"".join(parts))


def read(data: bytes, start: int = 0) -> tuple[int, bytes, int]:
    """(tag, content, end) of the element at ``start``. Raises IndexError where octets are missing."""
    tag, size = data[start], data[start + 1]
    start += 2
    if size & 0x80:
        count = size & 0x7F
        if len(data) < start + count:
            raise IndexError("length is cut off")
        size = int.from_bytes(data[start : start + count], "big")
        start += count
    if len(data) < start + size:
        raise IndexError("content is cut off")
    return tag, data[start : start + size], start + size


def children(content: bytes) -> list[tuple[int, bytes]]:
    """The elements inside a constructed one."""
    found = []
    at = 0
    while at < len(content):
        tag, inner, at = read(content, at)
        found.append((tag, inner))
    return found


def number(content: bytes) -> int:
    """The value of an INTEGER's content."""
    return int.from_bytes(content, "big", signed=True)


# --- filters ----------------------------------------------------------------------------------------------------------


def unescape(text: str) -> bytes:
    """An assertion value of RFC 4515: ``\\2a`` is one octet."""
    first, *rest = text.split("\\")
    return first.encode() + b"".join(bytes.fromhex(part[:2]) + part[2:].encode() for part in rest)


def _items(text: str) -> Iterator[str]:
    depth = start = 0
    for at, character in enumerate(text):
        if character == "(":
            if not depth:
                start = at
            depth += 1
        elif character == ")":
            depth -= 1
            if not depth:
                yield text[start : at + 1]


def _substrings(attribute: str, value: str) -> bytes:
    initial, *middle, final = value.split("*")
    parts = [octets(unescape(initial), 0x80)] if initial else []
    parts += [octets(unescape(part), 0x81) for part in middle if part]
    parts += [octets(unescape(final), 0x82)] if final else []
    return sequence(octets(attribute), sequence(*parts), tag=0xA4)


def _extensible(left: str, value: str) -> bytes:
    attribute, *options = left.split(":")
    dn_attributes = "dn" in options
    rule = next((option for option in options if option != "dn"), "")
    return sequence(
        octets(rule, 0x81) if rule else b"",
        octets(attribute, 0x82) if attribute else b"",
        octets(unescape(value), 0x83),
        boolean(True, 0x84) if dn_attributes else b"",
        tag=0xA9,
    )


def encode_filter(text: Octets) -> bytes:
    """The BER of a filter's text. Only well-formed text: a test that wants another writes its octets."""
    if isinstance(text, bytes):
        return text
    inner = text[1:-1]
    if inner[:1] in ("&", "|"):
        return sequence(*map(encode_filter, _items(inner[1:])), tag=0xA0 if inner[0] == "&" else 0xA1)
    if inner[:1] == "!":
        return sequence(encode_filter(inner[1:]), tag=0xA2)
    left, _, value = inner.partition("=")
    if left.endswith(":"):
        return _extensible(left[:-1], value)
    if left[-1:] in ("~", ">", "<"):
        tag = {"~": 0xA8, ">": 0xA5, "<": 0xA6}[left[-1]]
        return sequence(octets(left[:-1]), octets(unescape(value)), tag=tag)
    if value == "*":
        return octets(left, 0x87)
    if "*" in value:
        return _substrings(left, value)
    return sequence(octets(left), octets(unescape(value)), tag=0xA3)


# --- protocol operations ----------------------------------------------------------------------------------------------


def strings(values: Sequence[Octets], tag: int = 0x30) -> bytes:
    """SEQUENCE OF or SET OF OCTET STRING."""
    return sequence(*map(octets, values), tag=tag)


def attribute(kind: Octets, values: Sequence[Octets]) -> bytes:
    """PartialAttribute."""
    return sequence(octets(kind), strings(values, 0x31))


def control(oid: Octets, critical: bool | int | None = None, value: Octets | None = None) -> bytes:
    """Control; ``critical`` None leaves the BOOLEAN out, False sends it as FALSE."""
    return sequence(
        octets(oid), b"" if critical is None else boolean(critical), b"" if value is None else octets(value)
    )


def message(message_id: int, operation: bytes, controls: Sequence[bytes] | None = None) -> bytes:
    """LDAPMessage; ``controls`` are encoded ones, None: absent."""
    return sequence(integer(message_id), operation, b"" if controls is None else sequence(*controls, tag=0xA0))


def bind_op(dn: Octets, password: Octets | None = "", version: int = 3, authentication: bytes | None = None) -> bytes:
    """BindRequest; ``authentication`` replaces the simple password."""
    choice = octets(password or "", 0x80) if authentication is None else authentication
    return sequence(integer(version), octets(dn), choice, tag=0x60)


def sasl(mechanism: Octets, credentials: Octets | None = None) -> bytes:
    """AuthenticationChoice.sasl."""
    return sequence(octets(mechanism), b"" if credentials is None else octets(credentials), tag=0xA3)


def search_op(
    base: Octets,
    scope: int,
    deref: int,
    size: int,
    time: int,
    types_only: bool,
    filter: Octets,
    names: Sequence[Octets],
) -> bytes:
    """SearchRequest."""
    return sequence(
        octets(base),
        integer(scope, 0x0A),
        integer(deref, 0x0A),
        integer(size),
        integer(time),
        boolean(types_only),
        encode_filter(filter),
        strings(names),
        tag=0x63,
    )


def modify_op(dn: Octets, changes: Sequence[tuple[int, Octets, Sequence[Octets]]]) -> bytes:
    """ModifyRequest."""
    encoded = [sequence(integer(kind, 0x0A), attribute(name, values)) for kind, name, values in changes]
    return sequence(octets(dn), sequence(*encoded), tag=0x66)


def add_op(dn: Octets, attributes: Sequence[tuple[Octets, Sequence[Octets]]]) -> bytes:
    """AddRequest."""
    return sequence(octets(dn), sequence(*(attribute(*pair) for pair in attributes)), tag=0x68)


def modify_dn_op(dn: Octets, rdn: Octets, delete_old: bool, superior: Octets | None) -> bytes:
    """ModifyDNRequest."""
    above = b"" if superior is None else octets(superior, 0x80)
    return sequence(octets(dn), octets(rdn), boolean(delete_old), above, tag=0x6C)


def compare_op(dn: Octets, name: Octets, value: Octets) -> bytes:
    """CompareRequest."""
    return sequence(octets(dn), sequence(octets(name), octets(value)), tag=0x6E)


def extended_op(name: Octets, value: Octets | None = None) -> bytes:
    """ExtendedRequest."""
    return sequence(octets(name, 0x80), b"" if value is None else octets(value, 0x81), tag=0x77)
