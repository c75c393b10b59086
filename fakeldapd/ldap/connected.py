"""What every connection of the shim can do: its lock and trace, its options, waiting for answers, bind and extended
operations. ``entries`` adds what is done with entries.
"""

import os
import sys
from collections.abc import Callable
from typing import Any, ClassVar, TextIO

from fakeldapd import ldap
from fakeldapd.ldap import _ldap
from fakeldapd.ldap import values as v
from fakeldapd.ldap.controls import DecodeControlTuples, RequestControlTuples
from fakeldapd.ldap.errors import CANCELLED, PROTOCOL_ERROR, LDAPError
from fakeldapd.ldap.extop.base import ExtendedRequest, ExtendedResponse
from fakeldapd.ldap.extop.passwd import PasswordModifyResponse
from fakeldapd.ldap.locks import LDAPLock
from fakeldapd.ldap.tracing import traced

_CONTROL_OPTIONS = (v.OPT_SERVER_CONTROLS, v.OPT_CLIENT_CONTROLS)
Result4 = tuple[Any, Any, Any, list[Any], Any, Any]


def control_tuples(serverctrls: Any, clientctrls: Any) -> tuple[Any, Any]:
    """Both kinds of controls as the C object takes them."""
    return RequestControlTuples(serverctrls), RequestControlTuples(clientctrls)


class Connected:
    """A connection to one server, which once lost stays lost.

    ``uri`` as ``ldap.initialize`` takes it; ``fileno`` is a connected socket, or its descriptor, to go on with.
    ``timeout`` (seconds, -1 for none) bounds every method that waits.
    """

    CLASSATTR_OPTION_MAPPING: ClassVar[dict[str, int]] = {
        "protocol_version": v.OPT_PROTOCOL_VERSION,
        "deref": v.OPT_DEREF,
        "referrals": v.OPT_REFERRALS,
        "timelimit": v.OPT_TIMELIMIT,
        "sizelimit": v.OPT_SIZELIMIT,
        "network_timeout": v.OPT_NETWORK_TIMEOUT,
        "error_number": v.OPT_ERROR_NUMBER,
        "error_string": v.OPT_ERROR_STRING,
        "matched_dn": v.OPT_MATCHED_DN,
    }

    _l: _ldap.LDAP
    timeout: float

    def __init__(
        self,
        uri: str,
        trace_level: int = 0,
        trace_file: TextIO | None = None,
        trace_stack_limit: int | None = 5,
        bytes_mode: Any = None,
        bytes_strictness: Any = None,
        fileno: Any = None,
    ) -> None:
        self._trace_level = trace_level or ldap._trace_level
        self._trace_file: TextIO = trace_file or ldap._trace_file or sys.stderr
        self._trace_stack_limit = trace_stack_limit
        self._uri = uri
        self._ldap_object_lock = self._ldap_lock("opcall")
        if fileno is None:
            self._l = ldap.functions._ldap_function_call(ldap._ldap_module_lock, _ldap.initialize, uri)
        else:
            number = fileno.fileno() if hasattr(fileno, "fileno") else fileno
            self._l = ldap.functions._ldap_function_call(ldap._ldap_module_lock, _ldap.initialize_fd, number, uri)
        self.timeout = -1
        self.protocol_version = v.VERSION3
        if bytes_mode:
            raise ValueError("bytes_mode is *not* supported under Python 3.")

    @property
    def bytes_mode(self) -> bool:
        """False: text is str."""
        return False

    @property
    def bytes_strictness(self) -> str:
        """``error``: bytes for text are refused."""
        return "error"

    def _ldap_lock(self, desc: str = "") -> LDAPLock:
        return LDAPLock(desc=f"{desc} within {self!r}")

    def _ldap_call(self, func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a method of the C object: one thread at a time, traced where that is asked for."""
        self._ldap_object_lock.acquire()
        try:
            if not self._trace_level:
                return func(*args, **kwargs)
            who = f"{self!r} {self._uri} - {self.__class__.__name__}."
            return traced(
                self._trace_level, self._trace_file, who, func.__name__, func, args, kwargs, self._trace_stack_limit
            )
        except LDAPError as error:
            told = error.args[0] if error.args else None
            if isinstance(told, dict) and "errno" in told and "info" not in told:
                told["info"] = os.strerror(told["errno"])
            raise
        finally:
            self._ldap_object_lock.release()

    def _send(self, func: Callable[..., int], *args: Any) -> int:
        """The message id that a method of the C object gives."""
        message_id: int = self._ldap_call(func, *args)
        return message_id

    def __setattr__(self, name: str, value: Any) -> None:
        option = self.CLASSATTR_OPTION_MAPPING.get(name)
        if option is None:
            self.__dict__[name] = value
        else:
            self.set_option(option, value)

    def __getattr__(self, name: str) -> Any:
        option = self.CLASSATTR_OPTION_MAPPING.get(name)
        if option is None:
            raise AttributeError(f"{self.__class__.__name__} has no attribute {name!r}")
        return self.get_option(option)

    def fileno(self) -> int:
        """The socket's descriptor, -1 where there is none."""
        return self.get_option(v.OPT_DESC)  # type: ignore[no-any-return]

    # --- options ---

    def get_option(self, option: int) -> Any:
        """An option's value; controls as objects. Raises ValueError."""
        value = self._ldap_call(self._l.get_option, option)
        return DecodeControlTuples(value) if option in _CONTROL_OPTIONS else value

    def set_option(self, option: int, invalue: Any) -> None:
        """Set an option; controls are objects. Raises ValueError, TypeError."""
        if option in _CONTROL_OPTIONS:
            invalue = RequestControlTuples(invalue)
        self._ldap_call(self._l.set_option, option, invalue)

    # --- results ---

    def result(self, msgid: int = v.RES_ANY, all: int = 1, timeout: float | None = None) -> tuple[Any, ...]:
        """Wait for an answer: type and data. ``all`` 0 is one message, 1 all of them, 2 what there is."""
        return self.result2(msgid, all, timeout)[:2]

    def result2(self, msgid: int = v.RES_ANY, all: int = 1, timeout: float | None = None) -> tuple[Any, ...]:
        """The same with the message id."""
        return self.result3(msgid, all, timeout)[:3]

    def result3(
        self, msgid: int = v.RES_ANY, all: int = 1, timeout: float | None = None, resp_ctrl_classes: Any = None
    ) -> tuple[Any, ...]:
        """The same with the controls of the result, those of the classes that are known."""
        answer = self.result4(
            msgid, all, timeout, add_ctrls=0, add_intermediates=0, add_extop=0, resp_ctrl_classes=resp_ctrl_classes
        )
        return answer[:4]

    def _answered(self, message_id: int) -> tuple[Any, ...]:
        """The whole answer, as ``result3`` gives it, which a class of somebody's own may have another idea of."""
        return self.result3(message_id, all=1, timeout=self.timeout)

    def result4(
        self,
        msgid: int = v.RES_ANY,
        all: int = 1,
        timeout: float | None = None,
        add_ctrls: int = 0,
        add_intermediates: int = 0,
        add_extop: int = 0,
        resp_ctrl_classes: Any = None,
    ) -> Result4:
        """The same with OID and value of an extended response; data with controls and intermediate responses where
        asked for. Raises the class of a result that says no, TIMEOUT.
        """
        if timeout is None:
            timeout = self.timeout
        found = self._ldap_call(self._l.result4, msgid, all, timeout, add_ctrls, add_intermediates, add_extop)
        kind, data, message_id, controls = found[:4]
        if add_ctrls and data:
            data = [(name, content, DecodeControlTuples(each)) for name, content, each in data]
        oid, value = found[4:6] if len(found) > 4 else (None, None)
        decoded = DecodeControlTuples(controls, resp_ctrl_classes) if controls else []
        return kind, data, message_id, decoded, oid, value

    # --- bind ---

    def simple_bind(self, who: Any = None, cred: Any = None, serverctrls: Any = None, clientctrls: Any = None) -> int:
        """Ask to be ``who``, with a password; the message id."""
        return self._send(self._l.simple_bind, who, cred, *control_tuples(serverctrls, clientctrls))

    def simple_bind_s(
        self, who: Any = None, cred: Any = None, serverctrls: Any = None, clientctrls: Any = None
    ) -> tuple[Any, ...]:
        """Be ``who``: type, data, message id, controls. Raises INVALID_CREDENTIALS and others."""
        return self._answered(self.simple_bind(who, cred, serverctrls, clientctrls))

    def bind(self, who: Any, cred: Any, method: int = v.AUTH_SIMPLE) -> int:
        """simple_bind, by the name of old."""
        if method != v.AUTH_SIMPLE:  # not an assert: pytest rewrites those, and python-ldap's stay as they are
            raise AssertionError("Only simple bind supported in LDAPObject.bind()")
        return self.simple_bind(who, cred)

    def bind_s(self, who: Any, cred: Any, method: int = v.AUTH_SIMPLE) -> tuple[Any, ...]:
        """The same, waiting: type and data."""
        return self.result(self.bind(who, cred, method), all=1, timeout=self.timeout)

    def sasl_interactive_bind_s(
        self, who: str, auth: Any, serverctrls: Any = None, clientctrls: Any = None, sasl_flags: int = v.SASL_QUIET
    ) -> Any:
        """Bind by a SASL mechanism; ``auth`` is an object of ``ldap.sasl``."""
        controls = control_tuples(serverctrls, clientctrls)
        return self._ldap_call(self._l.sasl_interactive_bind_s, who, auth, *controls, sasl_flags)

    def sasl_non_interactive_bind_s(
        self,
        sasl_mech: str,
        serverctrls: Any = None,
        clientctrls: Any = None,
        sasl_flags: int = v.SASL_QUIET,
        authz_id: str = "",
    ) -> None:
        """Bind by a mechanism that asks for nothing but perhaps ``authz_id``."""
        from fakeldapd.ldap.sasl import CB_USER, sasl

        self.sasl_interactive_bind_s("", sasl({CB_USER: authz_id}, sasl_mech), serverctrls, clientctrls, sasl_flags)

    def sasl_external_bind_s(
        self, serverctrls: Any = None, clientctrls: Any = None, sasl_flags: int = v.SASL_QUIET, authz_id: str = ""
    ) -> None:
        """Be who the transport says one is: by a client certificate, or on a local socket."""
        self.sasl_non_interactive_bind_s("EXTERNAL", serverctrls, clientctrls, sasl_flags, authz_id)

    def sasl_gssapi_bind_s(
        self, serverctrls: Any = None, clientctrls: Any = None, sasl_flags: int = v.SASL_QUIET, authz_id: str = ""
    ) -> None:
        """Bind by Kerberos, which no mechanism here does. Raises AUTH_UNKNOWN."""
        self.sasl_non_interactive_bind_s("GSSAPI", serverctrls, clientctrls, sasl_flags, authz_id)

    def sasl_bind_s(self, dn: Any, mechanism: Any, cred: Any, serverctrls: Any = None, clientctrls: Any = None) -> Any:
        """One step of a SASL bind: the server's challenge (bytes), 0 when it is done."""
        return self._ldap_call(self._l.sasl_bind_s, dn, mechanism, cred, *control_tuples(serverctrls, clientctrls))

    def whoami_s(self, serverctrls: Any = None, clientctrls: Any = None) -> Any:
        """Who one is (RFC 4532). Controls are tuples here."""
        return self._ldap_call(self._l.whoami_s, serverctrls, clientctrls)

    def start_tls_s(self) -> None:
        """Begin TLS on this connection."""
        return self._ldap_call(self._l.start_tls_s)  # type: ignore[no-any-return]

    def unbind_ext(self, serverctrls: Any = None, clientctrls: Any = None) -> Any:
        """Close the connection; the object is of no use any more."""
        left = self._ldap_call(self._l.unbind_ext, *control_tuples(serverctrls, clientctrls))
        self.__dict__.pop("_l", None)
        return left

    def unbind_ext_s(self, serverctrls: Any = None, clientctrls: Any = None) -> Any:
        """The same: nothing answers."""
        return self.unbind_ext(serverctrls, clientctrls)

    def unbind(self) -> Any:
        """The same without controls."""
        return self.unbind_ext(None, None)

    def unbind_s(self) -> Any:
        """The same without controls."""
        return self.unbind_ext_s(None, None)

    # --- extended operations, and ends of others ---

    def extop(self, extreq: ExtendedRequest, serverctrls: Any = None, clientctrls: Any = None) -> int:
        """Send an extended request."""
        controls = control_tuples(serverctrls, clientctrls)
        return self._send(self._l.extop, extreq.requestName, extreq.encodedRequestValue(), *controls)

    def extop_result(self, msgid: int = v.RES_ANY, all: int = 1, timeout: float | None = None) -> tuple[Any, Any]:
        """The answer to an extended request: its OID and value, None for what it hasn't."""
        _, _, _, _, oid, value = self.result4(msgid, all=all, timeout=self.timeout, add_ctrls=1, add_extop=1)
        return oid, value

    def extop_s(
        self,
        extreq: ExtendedRequest,
        serverctrls: Any = None,
        clientctrls: Any = None,
        extop_resp_class: type[ExtendedResponse] | None = None,
    ) -> Any:
        """An extended operation: OID and value of its answer, or an object of ``extop_resp_class``."""
        message_id = self.extop(extreq, serverctrls, clientctrls)
        oid, value = self.extop_result(message_id, all=1, timeout=self.timeout)
        if extop_resp_class is None:
            return oid, value
        if extop_resp_class.responseName != oid:
            wanted = extop_resp_class.responseName
            raise PROTOCOL_ERROR(f"Wrong OID in extended response! Expected {wanted}, got {oid}")
        return extop_resp_class(oid, value)

    def passwd(self, user: Any, oldpw: Any, newpw: Any, serverctrls: Any = None, clientctrls: Any = None) -> int:
        """Change a password (RFC 3062)."""
        return self._send(self._l.passwd, user, oldpw, newpw, *control_tuples(serverctrls, clientctrls))

    def passwd_s(
        self,
        user: Any,
        oldpw: Any,
        newpw: Any,
        serverctrls: Any = None,
        clientctrls: Any = None,
        extract_newpw: bool = False,
    ) -> tuple[Any, Any]:
        """The same, waiting: None and the value of the answer, with ``extract_newpw`` as a PasswordModifyResponse."""
        message_id = self.passwd(user, oldpw, newpw, serverctrls, clientctrls)
        oid, value = self.extop_result(message_id, all=1, timeout=self.timeout)
        if oid != PasswordModifyResponse.responseName:
            raise PROTOCOL_ERROR(f"Unexpected OID {oid} in extended response!")
        if extract_newpw and value:
            return oid, PasswordModifyResponse(oid, value)
        return oid, value

    def cancel(self, cancelid: int, serverctrls: Any = None, clientctrls: Any = None) -> int:
        """Ask to end an operation (RFC 3909)."""
        return self._send(self._l.cancel, cancelid, *control_tuples(serverctrls, clientctrls))

    def cancel_s(self, cancelid: int, serverctrls: Any = None, clientctrls: Any = None) -> Any:
        """The same, waiting: type and data, None where the answer is that it was cancelled."""
        message_id = self.cancel(cancelid, serverctrls, clientctrls)
        try:
            return self.result(message_id, all=1, timeout=self.timeout)
        except CANCELLED:
            return None

    def abandon_ext(self, msgid: int, serverctrls: Any = None, clientctrls: Any = None) -> Any:
        """Forget an operation, and tell the server to."""
        return self._ldap_call(self._l.abandon_ext, msgid, *control_tuples(serverctrls, clientctrls))

    def abandon(self, msgid: int) -> Any:
        """The same without controls."""
        return self.abandon_ext(msgid, None, None)
