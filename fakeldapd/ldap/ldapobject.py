"""Connections: SimpleLDAPObject, and ReconnectLDAPObject, which connects again when the server was away.

What the latter has set and who it was last bound as is kept, and done again on each new connection. Only operations
that wait for their answer are sent again; what is sent without waiting isn't.
"""

import sys
import time
from collections.abc import Callable
from typing import Any, ClassVar, TextIO

from fakeldapd import ldap
from fakeldapd.ldap import _ldap
from fakeldapd.ldap.controls import DecodeControlTuples as DecodeControlTuples
from fakeldapd.ldap.controls import LDAPControl as LDAPControl
from fakeldapd.ldap.controls import RequestControlTuples as RequestControlTuples
from fakeldapd.ldap.entries import SCHEMA_ATTRS as SCHEMA_ATTRS
from fakeldapd.ldap.entries import WithEntries
from fakeldapd.ldap.errors import CONNECT_ERROR, SERVER_DOWN, TIMEOUT, UNAVAILABLE, LDAPError
from fakeldapd.ldap.errors import NO_UNIQUE_ENTRY as NO_UNIQUE_ENTRY
from fakeldapd.ldap.extop.base import ExtendedRequest as ExtendedRequest
from fakeldapd.ldap.extop.base import ExtendedResponse as ExtendedResponse
from fakeldapd.ldap.extop.passwd import PasswordModifyResponse as PasswordModifyResponse
from fakeldapd.ldap.pkginfo import __author__ as __author__
from fakeldapd.ldap.pkginfo import __license__ as __license__
from fakeldapd.ldap.pkginfo import __version__ as __version__

__all__ = ["LDAPBytesWarning", "LDAPObject", "ReconnectLDAPObject", "SimpleLDAPObject"]


class LDAPBytesWarning(BytesWarning):
    """Of python-ldap's bytes mode, which there isn't any more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class SimpleLDAPObject(WithEntries):
    """A connection to one server, which once lost stays lost.

    ``uri`` as ``ldap.initialize`` takes it; ``fileno`` is a connected socket, or its descriptor, to go on with.
    ``timeout`` (seconds, -1 for none) bounds every method that waits.
    """


LDAPObject = SimpleLDAPObject

_Simple = SimpleLDAPObject


class ReconnectLDAPObject(SimpleLDAPObject):
    """A connection that is made again when the server was away: up to ``retry_max`` times, ``retry_delay`` seconds
    apart. It can be pickled once it is bound.
    """

    __transient_attrs__: ClassVar[set[str]] = {
        "_l",
        "_ldap_object_lock",
        "_trace_file",
        "_reconnect_lock",
        "_last_bind",
    }
    _reconnect_exceptions = (SERVER_DOWN, UNAVAILABLE, CONNECT_ERROR, TIMEOUT)

    _last_bind: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]] | None
    _options: list[tuple[int, Any]]

    def __init__(
        self,
        uri: str,
        trace_level: int = 0,
        trace_file: TextIO | None = None,
        trace_stack_limit: int | None = 5,
        bytes_mode: Any = None,
        bytes_strictness: Any = None,
        retry_max: int = 1,
        retry_delay: float = 60.0,
        fileno: Any = None,
    ) -> None:
        self._uri = uri
        self._options = []
        self._last_bind = None
        super().__init__(uri, trace_level, trace_file, trace_stack_limit, bytes_mode, bytes_strictness, fileno)
        self._reconnect_lock = self._ldap_lock("reconnect")
        self._retry_max = retry_max
        self._retry_delay = retry_delay
        self._start_tls = 0
        self._reconnects_done = 0

    def __getstate__(self) -> dict[str, Any]:
        """What can be pickled. Raises TypeError before the first bind."""
        state = {name: value for name, value in self.__dict__.items() if name not in self.__transient_attrs__}
        method, args, kwargs = self._last_bind  # type: ignore[misc]  # None is the TypeError
        state["_last_bind"] = (method.__name__, args, kwargs)
        return state

    def __setstate__(self, d: dict[str, Any]) -> None:
        """Connect and bind again."""
        method, args, kwargs = d["_last_bind"]
        self.__dict__.update(d)
        self._last_bind = (getattr(SimpleLDAPObject, method), args, kwargs)
        self._ldap_object_lock = self._ldap_lock()
        self._reconnect_lock = self._ldap_lock("reconnect")
        self._trace_file = ldap._trace_file or sys.stderr
        self.reconnect(self._uri)

    def _store_last_bind(self, _method: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self._last_bind = (_method, args, kwargs)

    def _apply_last_bind(self) -> None:
        """Bind as before; as nobody where there was no bind, so that the server has been spoken to."""
        method, args, kwargs = self._last_bind or (_Simple.simple_bind_s, (None, None), {})
        method(self, *args, **kwargs)

    def _restore_options(self) -> None:
        for option, value in self._options:
            _Simple.set_option(self, option, value)

    def reconnect(self, uri: str, retry_max: int = 1, retry_delay: float = 60.0, force: bool = True) -> None:
        """Make the connection anew; without ``force`` only where there is none. Raises SERVER_DOWN, or why the bind
        was refused.
        """
        self._reconnect_lock.acquire()
        try:
            if "_l" in self.__dict__:
                if not force:
                    return
                _Simple.unbind_s(self)
            for left in range(int(retry_max) - 1, -1, -1):  # tests of python-ldap's own give a float
                self._say(f"connecting to {uri}, {left} more tries")
                try:
                    self._connect_again(uri)
                except (SERVER_DOWN, TIMEOUT):
                    if not left:
                        raise
                    time.sleep(retry_delay)
                else:
                    self._reconnects_done += 1
                    return
        finally:
            self._reconnect_lock.release()

    def _connect_again(self, uri: str) -> None:
        self._l = ldap.functions._ldap_function_call(ldap._ldap_module_lock, _ldap.initialize, uri)
        try:
            self._restore_options()
            if self._start_tls:
                _Simple.start_tls_s(self)
            self._apply_last_bind()
        except LDAPError:
            _Simple.unbind_s(self)
            raise

    def _say(self, what: str) -> None:
        if self._trace_level >= 1:
            self._trace_file.write(f"*** {self!r}: {what}\n")

    def _apply_method_s(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Do it; once more on a new connection where the old one is of no use."""
        self.reconnect(self._uri, self._retry_max, self._retry_delay, force=False)
        try:
            return func(self, *args, **kwargs)
        except self._reconnect_exceptions:
            self.reconnect(self._uri, self._retry_max, self._retry_delay, force=True)
            return func(self, *args, **kwargs)

    def _bind_method(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        answer = self._apply_method_s(func, *args, **kwargs)
        self._store_last_bind(func, *args, **kwargs)
        return answer

    def set_option(self, option: int, invalue: Any) -> None:
        """As in SimpleLDAPObject; it is set again on a new connection."""
        self._options.append((option, invalue))
        _Simple.set_option(self, option, invalue)

    def bind_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._bind_method(_Simple.bind_s, args, kwargs)

    def simple_bind_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._bind_method(_Simple.simple_bind_s, args, kwargs)

    def sasl_interactive_bind_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._bind_method(_Simple.sasl_interactive_bind_s, args, kwargs)

    def sasl_bind_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._bind_method(_Simple.sasl_bind_s, args, kwargs)

    def start_tls_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        answer = self._apply_method_s(_Simple.start_tls_s, *args, **kwargs)
        self._start_tls = 1
        return answer

    def add_ext_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._apply_method_s(_Simple.add_ext_s, *args, **kwargs)

    def cancel_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._apply_method_s(_Simple.cancel_s, *args, **kwargs)

    def compare_ext_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._apply_method_s(_Simple.compare_ext_s, *args, **kwargs)

    def delete_ext_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._apply_method_s(_Simple.delete_ext_s, *args, **kwargs)

    def extop_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._apply_method_s(_Simple.extop_s, *args, **kwargs)

    def modify_ext_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._apply_method_s(_Simple.modify_ext_s, *args, **kwargs)

    def rename_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._apply_method_s(_Simple.rename_s, *args, **kwargs)

    def search_ext_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._apply_method_s(_Simple.search_ext_s, *args, **kwargs)

    def whoami_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._apply_method_s(_Simple.whoami_s, *args, **kwargs)

    def passwd_s(self, *args: Any, **kwargs: Any) -> Any:
        """As in SimpleLDAPObject."""
        return self._apply_method_s(_Simple.passwd_s, *args, **kwargs)
