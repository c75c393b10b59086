"""Cancel (RFC 3909) where there is nothing to cancel: what else it does depends on who is faster."""

from oracle import wire
from oracle.slapd import ADMIN
from oracle.steps import Row, critical, extended, raw, row, whoami

CANCEL = "1.3.6.1.1.8"


def named(*numbers: int) -> bytes:
    return wire.sequence(*[wire.integer(number) for number in numbers])


def asked(name: str, expect: object, value: bytes | None, by: str | None = ADMIN) -> Row:
    return row(name, expect, extended(CANCEL, value), whoami(), by=by)


ROWS = [
    asked("unknown", None, named(77)),
    asked("unknown, anonymous", None, named(77), by=None),
    asked("zero", None, named(0)),
    asked("negative", None, named(-1)),
    asked("too large", None, named(2**40)),
    asked("no value", None, None),
    asked("empty value", None, b""),
    asked("junk", None, b"junk"),
    asked("an empty sequence", None, b"\x30\x00"),
    asked("cut off", None, b"\x30\x03\x02\x02\x01"),
    asked("not an INTEGER", None, wire.sequence(wire.octets("x"))),
    asked("two numbers", None, named(77, 78)),
    asked("octets behind", None, named(77) + b"x"),
    asked("what is over", None, named(1)),
    row("critical control", 12, extended(CANCEL, named(77), controls=[critical("1.2.3.4")])),
    row("oneself", None, raw(wire.message(5, wire.extended_op(CANCEL, named(5))), 5)),
]
