"""The exceptions of python-ldap, one for each result code that has one.

A negative number is the client's own: nothing of the kind came from a server. ``EXCEPTIONS`` finds the class for a
result code; a code without a class raises LDAPError itself. ``args[0]`` of what an operation raises is a dict with
``result``, ``desc`` and ``ctrls``, and where there is something to say ``info``, ``matched``, ``msgid``, ``msgtype``
and ``errno``.
"""

from typing import ClassVar


class LDAPError(Exception):
    """Base of all of them, and what a result code without a class of its own raises."""

    errnum: ClassVar[int]


class SUCCESS(LDAPError):
    """0, success."""

    errnum = 0


class OPERATIONS_ERROR(LDAPError):
    """1, operationsError."""

    errnum = 1


class PROTOCOL_ERROR(LDAPError):
    """2, protocolError."""

    errnum = 2


class TIMELIMIT_EXCEEDED(LDAPError):
    """3, timeLimitExceeded."""

    errnum = 3


class SIZELIMIT_EXCEEDED(LDAPError):
    """4, sizeLimitExceeded."""

    errnum = 4


class COMPARE_FALSE(LDAPError):
    """5, compareFalse."""

    errnum = 5


class COMPARE_TRUE(LDAPError):
    """6, compareTrue."""

    errnum = 6


class AUTH_METHOD_NOT_SUPPORTED(LDAPError):
    """7, authMethodNotSupported: never raised, STRONG_AUTH_NOT_SUPPORTED is."""

    errnum = 7


class STRONG_AUTH_NOT_SUPPORTED(LDAPError):
    """7, authMethodNotSupported: this is the class that is raised."""

    errnum = 7


class STRONG_AUTH_REQUIRED(LDAPError):
    """8, strongerAuthRequired."""

    errnum = 8


class PARTIAL_RESULTS(LDAPError):
    """9, partialResults of LDAPv2."""

    errnum = 9


class REFERRAL(LDAPError):
    """10, referral."""

    errnum = 10


class ADMINLIMIT_EXCEEDED(LDAPError):
    """11, adminLimitExceeded."""

    errnum = 11


class UNAVAILABLE_CRITICAL_EXTENSION(LDAPError):
    """12, unavailableCriticalExtension."""

    errnum = 12


class CONFIDENTIALITY_REQUIRED(LDAPError):
    """13, confidentialityRequired."""

    errnum = 13


class SASL_BIND_IN_PROGRESS(LDAPError):
    """14, saslBindInProgress."""

    errnum = 14


class NO_SUCH_ATTRIBUTE(LDAPError):
    """16, noSuchAttribute."""

    errnum = 16


class UNDEFINED_TYPE(LDAPError):
    """17, undefinedAttributeType."""

    errnum = 17


class INAPPROPRIATE_MATCHING(LDAPError):
    """18, inappropriateMatching."""

    errnum = 18


class CONSTRAINT_VIOLATION(LDAPError):
    """19, constraintViolation."""

    errnum = 19


class TYPE_OR_VALUE_EXISTS(LDAPError):
    """20, attributeOrValueExists."""

    errnum = 20


class INVALID_SYNTAX(LDAPError):
    """21, invalidAttributeSyntax."""

    errnum = 21


class NO_SUCH_OBJECT(LDAPError):
    """32, noSuchObject."""

    errnum = 32


class ALIAS_PROBLEM(LDAPError):
    """33, aliasProblem."""

    errnum = 33


class INVALID_DN_SYNTAX(LDAPError):
    """34, invalidDNSyntax."""

    errnum = 34


class IS_LEAF(LDAPError):
    """35, isLeaf of X.500."""

    errnum = 35


class ALIAS_DEREF_PROBLEM(LDAPError):
    """36, aliasDereferencingProblem."""

    errnum = 36


class X_PROXY_AUTHZ_FAILURE(LDAPError):
    """47, proxy authorization failure, before RFC 4370."""

    errnum = 47


class INAPPROPRIATE_AUTH(LDAPError):
    """48, inappropriateAuthentication."""

    errnum = 48


class INVALID_CREDENTIALS(LDAPError):
    """49, invalidCredentials."""

    errnum = 49


class INSUFFICIENT_ACCESS(LDAPError):
    """50, insufficientAccessRights."""

    errnum = 50


class BUSY(LDAPError):
    """51, busy."""

    errnum = 51


class UNAVAILABLE(LDAPError):
    """52, unavailable."""

    errnum = 52


class UNWILLING_TO_PERFORM(LDAPError):
    """53, unwillingToPerform."""

    errnum = 53


class LOOP_DETECT(LDAPError):
    """54, loopDetect."""

    errnum = 54


class NAMING_VIOLATION(LDAPError):
    """64, namingViolation."""

    errnum = 64


class OBJECT_CLASS_VIOLATION(LDAPError):
    """65, objectClassViolation."""

    errnum = 65


class NOT_ALLOWED_ON_NONLEAF(LDAPError):
    """66, notAllowedOnNonLeaf."""

    errnum = 66


class NOT_ALLOWED_ON_RDN(LDAPError):
    """67, notAllowedOnRDN."""

    errnum = 67


class ALREADY_EXISTS(LDAPError):
    """68, entryAlreadyExists."""

    errnum = 68


class NO_OBJECT_CLASS_MODS(LDAPError):
    """69, objectClassModsProhibited."""

    errnum = 69


class RESULTS_TOO_LARGE(LDAPError):
    """70, resultsTooLarge of CLDAP."""

    errnum = 70


class AFFECTS_MULTIPLE_DSAS(LDAPError):
    """71, affectsMultipleDSAs."""

    errnum = 71


class VLV_ERROR(LDAPError):
    """76, virtualListViewError."""

    errnum = 76


class OTHER(LDAPError):
    """80, other."""

    errnum = 80


class CANCELLED(LDAPError):
    """118, canceled (RFC 3909)."""

    errnum = 118


class NO_SUCH_OPERATION(LDAPError):
    """119, noSuchOperation (RFC 3909)."""

    errnum = 119


class TOO_LATE(LDAPError):
    """120, tooLate (RFC 3909)."""

    errnum = 120


class CANNOT_CANCEL(LDAPError):
    """121, cannotCancel (RFC 3909)."""

    errnum = 121


class ASSERTION_FAILED(LDAPError):
    """122, assertionFailed (RFC 4528)."""

    errnum = 122


class PROXIED_AUTHORIZATION_DENIED(LDAPError):
    """123, authorizationDenied (RFC 4370)."""

    errnum = 123


class SERVER_DOWN(LDAPError):
    """There is no connection, or it broke."""

    errnum = -1


class LOCAL_ERROR(LDAPError):
    """The client could not go on: its library, TLS or SASL said no."""

    errnum = -2


class ENCODING_ERROR(LDAPError):
    """The request cannot be encoded."""

    errnum = -3


class DECODING_ERROR(LDAPError):
    """What came cannot be decoded."""

    errnum = -4


class TIMEOUT(LDAPError):
    """No answer in time."""

    errnum = -5


class AUTH_UNKNOWN(LDAPError):
    """An authentication method that the client does not know."""

    errnum = -6


class FILTER_ERROR(LDAPError):
    """The filter is no filter: nothing was sent."""

    errnum = -7


class USER_CANCELLED(LDAPError):
    """The user gave up."""

    errnum = -8


class PARAM_ERROR(LDAPError):
    """An argument that makes no sense."""

    errnum = -9


class NO_MEMORY(LDAPError):
    """No memory."""

    errnum = -10


class CONNECT_ERROR(LDAPError):
    """The connection cannot be made as asked for, as with TLS."""

    errnum = -11


class NOT_SUPPORTED(LDAPError):
    """The client cannot do this."""

    errnum = -12


class CONTROL_NOT_FOUND(LDAPError):
    """A control that is not there."""

    errnum = -13


class NO_RESULTS_RETURNED(LDAPError):
    """No results were returned."""

    errnum = -14


class MORE_RESULTS_TO_RETURN(LDAPError):
    """More results are to come."""

    errnum = -15


class CLIENT_LOOP(LDAPError):
    """Referrals lead in a circle."""

    errnum = -16


class REFERRAL_LIMIT_EXCEEDED(LDAPError):
    """Too many referrals, one after another."""

    errnum = -17


class NO_UNIQUE_ENTRY(NO_SUCH_OBJECT):
    """``find_unique_entry`` found none or several."""


error = LDAPError
"""What python-ldap 1 called it."""

CLASSES: tuple[type[LDAPError], ...] = tuple(LDAPError.__subclasses__())
"""All that have a number of their own, in the order of this file."""

EXCEPTIONS: dict[int, type[LDAPError]] = {found.errnum: found for found in CLASSES}
"""The class to raise for a result code. Of the two with number 7 it is the last, as in python-ldap."""

for _class in (LDAPError, NO_UNIQUE_ENTRY, *CLASSES):
    _class.__module__ = "fakeldapd.ldap"  # where they are looked for, in a traceback and in a pickle
