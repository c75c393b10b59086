"""What python-ldap has in C, in Python: the connection object, options, and a few encodings.

``connection.LDAP`` is the object, ``handle`` what libldap does behind it; a server is reached through
``fakeldapd.ldap.transport``.
"""

from typing import Any

from fakeldapd.ldap import values
from fakeldapd.ldap._ldap import arguments as _arguments
from fakeldapd.ldap._ldap.connection import LDAP
from fakeldapd.ldap._ldap.handle import Handle as _Handle
from fakeldapd.ldap._ldap.options import DEFAULTS as _DEFAULTS
from fakeldapd.ldap.control_values import (
    decode_page_control,
    encode_assertion_control,
    encode_page_control,
    encode_valuesreturnfilter_control,
)
from fakeldapd.ldap.dn_text import str2dn
from fakeldapd.ldap.errors import *  # noqa: F403
from fakeldapd.ldap.errors import LDAPError
from fakeldapd.ldap.pkginfo import __author__, __license__, __version__
from fakeldapd.ldap.transport.opening import BadURI as _BadURI
from fakeldapd.ldap.transport.opening import addresses as _addresses
from fakeldapd.ldap.values import *  # noqa: F403


def initialize(*given: Any) -> LDAP:
    """``(uri)``: a connection that nothing has been sent on. Raises TypeError, LDAPError for what is no URI."""
    (uri,) = _arguments.take("initialize", given, 1, 1)
    _arguments.text("initialize", 1, uri)
    return LDAP(_handle(uri))


def initialize_fd(*given: Any) -> LDAP:
    """``(fileno, uri)``: a connection on a socket that is connected already."""
    descriptor, uri = _arguments.take("initialize_fd", given, 2, 2)
    number = _arguments.integer(descriptor)
    _arguments.text("initialize_fd", 2, uri)
    handle = _handle(uri)
    handle.adopt(number)
    return LDAP(handle)


def _handle(uri: str) -> _Handle:
    try:
        return _Handle(_addresses(uri))
    except _BadURI:
        raise LDAPError(0, "Error") from None


def get_option(*given: Any) -> Any:
    """``(option)``: what new connections begin with. Raises ValueError."""
    (option,) = _arguments.take("get_option", given, 1, 1)
    return _DEFAULTS.get(option)


def set_option(*given: Any) -> None:
    """``(option, value)``: what new connections begin with. Raises ValueError, TypeError."""
    option, value = _arguments.take("set_option", given, 2, 2)
    _DEFAULTS.set(option, value)


__all__ = [
    "LDAP",
    "__author__",
    "__license__",
    "__version__",
    "decode_page_control",
    "encode_assertion_control",
    "encode_page_control",
    "encode_valuesreturnfilter_control",
    "get_option",
    "initialize",
    "initialize_fd",
    "set_option",
    "str2dn",
    "values",
]
