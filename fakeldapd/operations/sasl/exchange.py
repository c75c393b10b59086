"""What a mechanism is: a generator that yields challenges and is sent the client's responses.

``start(applicant, initial)`` makes one; ``initial`` is the credentials of the first request, None where it had none. It
ends by returning what goes to the client with the success, None for nothing, or raises a Fault's error. In between it
may also yield a Wait for work that takes long.
"""

from collections.abc import Callable, Generator
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from fakeldapd.operations.request import Session, Wait
from fakeldapd.protocol.messages import value
from fakeldapd.protocol.result import LDAPError, ResultCode

if TYPE_CHECKING:
    from fakeldapd.operations.sasl.applicant import Applicant

SUCCESSFUL = "SASL(0): successful result: "
"""What Cyrus SASL says of a connection on which nothing has gone wrong."""


class Fault(Enum):
    """What can be wrong: the result code and the words before the detail, those of Cyrus SASL."""

    FAILURE = (ResultCode.OTHER, "SASL(-1): generic failure: ")
    NO_MECHANISM = (ResultCode.AUTH_METHOD_NOT_SUPPORTED, "SASL(-4): no mechanism available: ")
    BAD_PROTOCOL = (ResultCode.OTHER, "SASL(-5): bad protocol / cancel: ")
    BAD_AUTHENTICATION = (ResultCode.INVALID_CREDENTIALS, "SASL(-13): authentication failure: ")
    NO_USER = (ResultCode.INVALID_CREDENTIALS, "SASL(-13): user not found: ")
    NO_AUTHORIZATION = (ResultCode.INSUFFICIENT_ACCESS_RIGHTS, "SASL(-14): authorization failure: ")
    TOO_WEAK = (ResultCode.INAPPROPRIATE_AUTHENTICATION, "SASL(-15): mechanism too weak for this user: ")
    NOT_ENCRYPTED = (ResultCode.INAPPROPRIATE_AUTHENTICATION, "SASL(-16): encryption needed to use mechanism: ")

    def error(self, detail: str = "") -> LDAPError:
        """The answer to the Bind."""
        code, text = self.value
        return LDAPError(code, text + detail)


@value
class Challenge:
    """What the client has to respond to: the serverSaslCreds of a response with code 14."""

    octets: bytes


Exchange: TypeAlias = Generator[Challenge | Wait, bytes | None, bytes | None]
Start: TypeAlias = Callable[["Applicant", bytes | None], Exchange]


class Negotiation:
    """What a connection keeps of SASL.

    ``mechanism`` is the one by which the client has its present identity, empty where it hasn't it by SASL.
    ``exchange`` is under way: other operations are refused until it is over. ``interrupted`` is the same while a Bind
    is being answered, which goes on with it or not. ``said`` is the last error's text, which slapd repeats with every
    challenge until the connection has had its first success.
    """

    __slots__ = ("exchange", "interrupted", "mechanism", "said", "succeeded")

    def __init__(self) -> None:
        self.exchange: tuple[Applicant, Exchange] | None = None
        self.interrupted: tuple[Applicant, Exchange] | None = None
        self.mechanism = ""
        self.said = SUCCESSFUL
        self.succeeded = False

    def bind_begins(self) -> None:
        """Any Bind: one that doesn't go on with the exchange ends it."""
        self.interrupted, self.exchange = self.exchange, None
        self.mechanism = ""

    def failed(self, said: str) -> None:
        """The exchange has ended with an error."""
        if not self.succeeded:
            self.said = said

    def has_succeeded(self, mechanism: str) -> None:
        """The exchange has ended well."""
        self.mechanism = mechanism
        self.succeeded = True
        self.said = SUCCESSFUL


def anyone(session: Session) -> bool:
    """A mechanism that is there for every connection."""
    return True


class Mechanism:
    """A row of the table of mechanisms.

    ``source`` and ``shown_by`` are for the conformance page: where it is specified, and a test of it. ``properties``
    are those of slapd's sasl-secprops that it has; ``client_first``: the client speaks first, and where
    it doesn't is asked to by an empty challenge; ``takes_empty``: whether empty credentials are something it says;
    ``offered``: whether it is there for a connection.
    """

    __slots__ = ("client_first", "name", "offered", "properties", "shown_by", "source", "start", "takes_empty")

    def __init__(
        self,
        name: str,
        start: Start,
        properties: str,
        *,
        source: str,
        shown_by: str = "clients/test_sasl.py::test_ldapwhoami",
        client_first: bool = False,
        takes_empty: bool = True,
        offered: Callable[[Session], bool] = anyone,
    ) -> None:
        self.name = name
        self.start = start
        self.properties = frozenset(properties.split())
        self.source = source
        self.shown_by = shown_by
        self.client_first = client_first
        self.takes_empty = takes_empty
        self.offered = offered
