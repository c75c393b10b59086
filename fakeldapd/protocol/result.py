"""Result codes, and the two errors of the protocol: one for each party to blame.

``LDAPError`` is how everything above the wire says no: it becomes the result of the operation that raised it, in one
place (operations/directory.py). ``ProtocolError`` says that the peer's octets are not LDAP: it ends the connection.
"""

from enum import IntEnum
from typing import Any


class ResultCode(IntEnum):
    """resultCode of an LDAPResult (RFC 4511 section 4.1.9 and appendix A; RFC 3909, 4370, 4528; slapd's no-op)."""

    SUCCESS = 0
    OPERATIONS_ERROR = 1
    PROTOCOL_ERROR = 2
    TIME_LIMIT_EXCEEDED = 3
    SIZE_LIMIT_EXCEEDED = 4
    COMPARE_FALSE = 5
    COMPARE_TRUE = 6
    AUTH_METHOD_NOT_SUPPORTED = 7
    STRONGER_AUTH_REQUIRED = 8
    REFERRAL = 10
    ADMIN_LIMIT_EXCEEDED = 11
    UNAVAILABLE_CRITICAL_EXTENSION = 12
    CONFIDENTIALITY_REQUIRED = 13
    SASL_BIND_IN_PROGRESS = 14
    NO_SUCH_ATTRIBUTE = 16
    UNDEFINED_ATTRIBUTE_TYPE = 17
    INAPPROPRIATE_MATCHING = 18
    CONSTRAINT_VIOLATION = 19
    ATTRIBUTE_OR_VALUE_EXISTS = 20
    INVALID_ATTRIBUTE_SYNTAX = 21
    NO_SUCH_OBJECT = 32
    ALIAS_PROBLEM = 33
    INVALID_DN_SYNTAX = 34
    ALIAS_DEREFERENCING_PROBLEM = 36
    INAPPROPRIATE_AUTHENTICATION = 48
    INVALID_CREDENTIALS = 49
    INSUFFICIENT_ACCESS_RIGHTS = 50
    BUSY = 51
    UNAVAILABLE = 52
    UNWILLING_TO_PERFORM = 53
    LOOP_DETECT = 54
    NAMING_VIOLATION = 64
    OBJECT_CLASS_VIOLATION = 65
    NOT_ALLOWED_ON_NON_LEAF = 66
    NOT_ALLOWED_ON_RDN = 67
    ENTRY_ALREADY_EXISTS = 68
    OBJECT_CLASS_MODS_PROHIBITED = 69
    AFFECTS_MULTIPLE_DSAS = 71
    VLV_ERROR = 76
    OTHER = 80
    CANCELED = 118
    NO_SUCH_OPERATION = 119
    TOO_LATE = 120
    CANNOT_CANCEL = 121
    ASSERTION_FAILED = 122
    AUTHORIZATION_DENIED = 123
    NO_OPERATION = 16654


class LDAPError(Exception):
    """An operation's answer other than success.

    ``code`` is any integer (a fault may ask for one that no RFC knows), ``diagnostic`` the diagnosticMessage,
    ``matched_dn`` the matchedDN as UTF-8 octets, ``referral`` the URIs that go with code 10.
    """

    def __init__(
        self, code: int, diagnostic: str = "", *, matched_dn: bytes = b"", referral: tuple[bytes, ...] = ()
    ) -> None:
        super().__init__(code, diagnostic, matched_dn, referral)
        self.code = code
        self.diagnostic = diagnostic
        self.matched_dn = matched_dn
        self.referral = referral

    def __reduce__(self) -> Any:
        return _unpickled, self.args

    def __str__(self) -> str:
        try:
            name = ResultCode(self.code).name
        except ValueError:
            name = "result code"
        return f"{name} ({int(self.code)})" + (f": {self.diagnostic}" if self.diagnostic else "")


def _unpickled(code: int, diagnostic: str, matched_dn: bytes, referral: tuple[bytes, ...]) -> LDAPError:
    return LDAPError(code, diagnostic, matched_dn=matched_dn, referral=referral)


class ProtocolError(Exception):
    """The peer's octets are not LDAP: nothing more can be read on this connection.

    ``notice`` says whether the peer is told by a Notice of Disconnection (RFC 4511 section 4.4.1) with protocolError
    and ``diagnostic``, or the connection is closed without a word. Which of the two follows slapd.
    """

    def __init__(self, diagnostic: str, *, notice: bool) -> None:
        super().__init__(diagnostic)
        self.diagnostic = diagnostic
        self.notice = notice
