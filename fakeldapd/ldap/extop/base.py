"""What extended requests and responses are derived from. ``ldap.extop`` has them."""

from typing import Any


class ExtendedRequest:
    """A request: its OID, and its value in BER or None."""

    requestName: str | None

    def __init__(self, requestName: str | None, requestValue: Any) -> None:
        self.requestName = requestName
        self.requestValue = requestValue

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.requestName},{self.requestValue!r})"

    def encodedRequestValue(self) -> Any:
        """The value in BER; None for none."""
        return self.requestValue


class ExtendedResponse:
    """A response: its OID or None, and ``responseValue``, which ``decodeResponseValue`` made of the octets."""

    responseName: str | None

    def __init__(self, responseName: str | None, encodedResponseValue: Any) -> None:
        self.responseName = responseName
        self.responseValue = self.decodeResponseValue(encodedResponseValue)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.responseName},{self.responseValue!r})"

    def decodeResponseValue(self, value: Any) -> Any:
        """What ``value``, in BER, means."""
        return value
