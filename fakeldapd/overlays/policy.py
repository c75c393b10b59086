"""What password policies are made of: the numbers of a policy, the times of an account, and the control's values
(draft-behera-ldap-password-policy).

Nothing here writes or knows of requests; ``ppolicy`` does.
"""

import time
from calendar import timegm
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from enum import IntEnum

from fakeldapd.directory.entry import Entry
from fakeldapd.directory.passwords import SCHEMES, verify
from fakeldapd.protocol import ber
from fakeldapd.schema.elements import AttributeDescription
from fakeldapd.schema.registry import Schema
from fakeldapd.schema.times import generalized_time

_DEFAULT_RECORDED = 5
_OCTET_STRING = b"1.3.6.1.4.1.1466.115.121.1.40"
_KNOWN = frozenset(scheme.encode() for scheme in SCHEMES)


class PolicyError(IntEnum):
    """What a response control says went wrong (section 6.2 of the draft; the last is OpenLDAP's)."""

    PASSWORD_EXPIRED = 0
    ACCOUNT_LOCKED = 1
    CHANGE_AFTER_RESET = 2
    PASSWORD_MOD_NOT_ALLOWED = 3
    MUST_SUPPLY_OLD_PASSWORD = 4
    INSUFFICIENT_PASSWORD_QUALITY = 5
    PASSWORD_TOO_SHORT = 6
    PASSWORD_TOO_YOUNG = 7
    PASSWORD_IN_HISTORY = 8
    PASSWORD_TOO_LONG = 9


@dataclass(slots=True, frozen=True, kw_only=True)
class Policy:
    """The rules of one policy, each named as its attribute; times in seconds, lengths in octets. The defaults are those
    of an entry without a policy.
    """

    pwdMinAge: int = 0
    pwdMaxAge: int = 0
    pwdInHistory: int = 0
    pwdCheckQuality: int = 0
    pwdMinLength: int = 0
    pwdMaxLength: int = 0
    pwdExpireWarning: int = 0
    pwdGraceAuthNLimit: int = 0
    pwdGraceExpiry: int = 0
    pwdLockout: bool = False
    pwdLockoutDuration: int = 0
    pwdMaxFailure: int = 0
    pwdFailureCountInterval: int = 0
    pwdMustChange: bool = False
    pwdAllowUserChange: bool = True
    pwdSafeModify: bool = False
    pwdMinDelay: int = 0
    pwdMaxDelay: int = 0
    pwdMaxIdle: int = 0
    pwdMaxRecordedFailure: int = 0

    @property
    def recorded(self) -> int:
        """How many failures are kept."""
        most = max(self.pwdMaxRecordedFailure, self.pwdMaxFailure)
        return most or (_DEFAULT_RECORDED if self.pwdMinDelay else 0)

    def delay(self, failures: int) -> int:
        """The seconds to wait after a failure, when there were so many before it."""
        longest = self.pwdMaxDelay or self.pwdMinDelay
        return min(self.pwdMinDelay << min(failures, 32), longest)


class PolicyReader:
    """Reads policies from entries under one schema."""

    def __init__(self, schema: Schema) -> None:
        self._attributes = [(each.name, schema.attribute(each.name.encode())) for each in fields(Policy)]

    def read(self, entry: Entry) -> Policy:
        """The policy that an entry states."""
        found: dict[str, int | bool] = {}
        for name, description in self._attributes:
            if description in entry:
                (value,) = entry.values(description)[:1]
                found[name] = value == b"TRUE" if value in (b"TRUE", b"FALSE") else int(value)
        return Policy(**found)  # type: ignore[arg-type]


NO_POLICY = Policy()


def name_attributes(schema: Schema) -> None:
    """Let a value of pwdAttribute be an attribute by name or OID, stored by its name: its syntax alone has only OIDs,
    and only those are found by filters.
    """

    def pretty(value: bytes) -> bytes | None:
        found = schema.attribute_type(value)
        return None if found is None else found.name

    def normal(value: bytes) -> bytes | None:
        found = schema.attribute_type(value)
        return None if found is None else found.oid.encode()

    named = schema.attribute(b"pwdAttribute").type
    assert named.equality is not None
    named.syntax = replace(named.syntax, validate=lambda value: pretty(value) is not None, pretty=pretty)
    named.equality = replace(named.equality, normalise=normal)


# --- times ------------------------------------------------------------------------------------------------------------


def seconds(value: bytes) -> int | None:
    """A Generalized Time as seconds since the epoch; 0 for what was before, None for what is no time."""
    normal = generalized_time(value)
    if normal is None:
        return None
    if normal[:4] < b"1970":
        return 0
    return timegm(time.strptime(normal[:14].decode(), "%Y%m%d%H%M%S"))


def stamp(now: float) -> bytes:
    """Seconds since the epoch as a Generalized Time."""
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(int(now))).encode()


def fine_stamp(now: float, taken: Iterable[bytes]) -> bytes:
    """The same with microseconds: the first such time from ``now`` on that isn't ``taken``."""
    micro = round(now * 1_000_000)
    while True:
        value = b"%b.%06dZ" % (stamp(micro // 1_000_000)[:-1], micro % 1_000_000)
        if value not in taken:
            return value
        micro += 1


def first_time(entry: Entry, description: AttributeDescription) -> int | None:
    """The time that an attribute of one value gives, in seconds; None where it isn't there or is no time."""
    values = entry.values(description)
    return seconds(values[0]) if values else None


# --- passwords --------------------------------------------------------------------------------------------------------


def scheme(password: bytes) -> bytes | None:
    """The scheme, in upper case, of a value that is hashed or marked as clear text; None for a password in clear."""
    if password[:1] != b"{":
        return None
    name = password[1 : password.find(b"}")].upper()
    return name if b"}" in password and name in _KNOWN else None


def quality(policy: Policy, password: bytes) -> PolicyError | None:
    """What is wrong with a new password. What is hashed can't be read, and only the strict check minds that."""
    if not password or len(password) < policy.pwdMinLength:
        return PolicyError.PASSWORD_TOO_SHORT
    if policy.pwdMaxLength and len(password) > policy.pwdMaxLength:
        return PolicyError.PASSWORD_TOO_LONG
    if policy.pwdCheckQuality == 2 and scheme(password) not in (None, b"CLEARTEXT"):
        return PolicyError.INSUFFICIENT_PASSWORD_QUALITY
    return None


def fits(stored: Iterable[bytes], password: bytes) -> bool:
    """Whether ``password`` is one of the stored ones."""
    return any(verify(value, password) for value in stored)


def history_value(now: float, password: bytes) -> bytes:
    """An old password as pwdHistory keeps it (section 5.3.6)."""
    return b"#".join((stamp(now), _OCTET_STRING, b"%d" % len(password), password))


def history_passwords(values: Iterable[bytes]) -> list[bytes]:
    """The passwords of a history, as they were stored; values of another form are left out."""
    found = []
    for value in values:
        parts = value.split(b"#", 3)
        if len(parts) == 4 and parts[2].isdigit() and int(parts[2]) == len(parts[3]):
            found.append(parts[3])
    return found


def grown_history(values: Sequence[bytes], new: bytes, most: int) -> tuple[bytes, ...]:
    """A history with one more value, of which the oldest go when there would be more than ``most``."""
    return tuple(sorted((*values, new), key=lambda value: value.split(b"#", 1)[0])[-most:]) if most > 0 else ()


# --- the control's values ---------------------------------------------------------------------------------------------


def response_value(
    *, expires_in: int | None = None, grace_left: int | None = None, error: PolicyError | None = None
) -> bytes:
    """PasswordPolicyResponseValue (section 6.2): at most one warning, and perhaps an error."""
    parts = b""
    if expires_in is not None:
        parts += ber.element(b"\xa0", ber.element(b"\x80", _integer(expires_in)))
    elif grace_left is not None:
        parts += ber.element(b"\xa0", ber.element(b"\x81", _integer(grace_left)))
    if error is not None:
        parts += ber.element(b"\x81", _integer(error))
    return ber.element(b"\x30", parts)


def _integer(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True)
