"""Functions of python-ldap that belong to no connection."""

import sys
from collections.abc import Callable
from typing import Any, TextIO, TypeVar

from fakeldapd import ldap
from fakeldapd.ldap import _ldap
from fakeldapd.ldap.dn import explode_dn, explode_rdn
from fakeldapd.ldap.errors import LDAPError as LDAPError
from fakeldapd.ldap.ldapobject import LDAPObject
from fakeldapd.ldap.pkginfo import __version__ as __version__
from fakeldapd.ldap.seconds import strf_secs, strp_secs
from fakeldapd.ldap.tracing import traced

__all__ = [
    "escape_str",
    "explode_dn",
    "explode_rdn",
    "get_option",
    "initialize",
    "set_option",
    "strf_secs",
    "strp_secs",
]

_T = TypeVar("_T")


def _ldap_function_call(lock: Any, func: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
    """Call a function of the C layer, alone where there is a lock."""
    if lock:
        lock.acquire()
    try:
        return traced(ldap._trace_level, ldap._trace_file, "", func.__name__, func, args, kwargs)
    finally:
        if lock:
            lock.release()


def initialize(
    uri: str,
    trace_level: int = 0,
    trace_file: TextIO = sys.stdout,
    trace_stack_limit: int | None = None,
    bytes_mode: Any = None,
    fileno: Any = None,
    **kwargs: Any,
) -> LDAPObject:
    """A connection to the server at ``uri``; nothing is sent before the first operation.

    ``ldap://``, ``ldaps://`` and ``ldapi://`` lead to a server, several are tried in order; ``fake://name`` to a
    directory in this process, which is made when it is first named. Raises LDAPError for what is no URI.
    """
    return LDAPObject(uri, trace_level, trace_file, trace_stack_limit, bytes_mode, fileno=fileno, **kwargs)


def get_option(option: int) -> Any:
    """An option that new connections begin with."""
    return _ldap_function_call(None, _ldap.get_option, option)


def set_option(option: int, invalue: Any) -> None:
    """Set an option that new connections begin with."""
    return _ldap_function_call(None, _ldap.set_option, option, invalue)


def escape_str(escape_func: Callable[[str], str], s: str, *args: str) -> str:
    """``s`` filled in (``%``) with the arguments, each escaped by ``escape_func``."""
    return s % tuple(map(escape_func, args))
