"""The C object behind a connection: the methods that send a request, and those that wait for an answer.

They take positional arguments only, check every one before anything is sent, and say no as C does. Who wants Python's
manners takes ``ldapobject``.
"""

from typing import Any

from fakeldapd.ldap._ldap import arguments as a
from fakeldapd.ldap._ldap import results as r
from fakeldapd.ldap._ldap.filters import FilterSyntaxError, filter_of
from fakeldapd.ldap._ldap.handle import ALL, ANY, Failure, Handle
from fakeldapd.ldap.errors import (
    CONNECT_ERROR,
    DECODING_ERROR,
    FILTER_ERROR,
    LOCAL_ERROR,
    NOT_SUPPORTED,
    PARAM_ERROR,
    SASL_BIND_IN_PROGRESS,
    TIMEOUT,
    LDAPError,
)
from fakeldapd.ldap.transport import TLSFailed
from fakeldapd.ldap.values import OPT_DEREF, OPT_SIZELIMIT, OPT_TIMELIMIT
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.ber import element, encode_integer
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.protocol.encode import encode_message

CANCEL = b"1.3.6.1.1.8"
WHO_AM_I = b"1.3.6.1.4.1.4203.1.11.3"
PASSWORD_MODIFY = b"1.3.6.1.4.1.4203.1.11.1"

_SEQUENCE, _INTEGER = b"\x30", b"\x02"
_NOTHING = m.Present(b"objectClass")
_ENTRY = r.TYPES[m.SearchResultEntry]
_DATA = frozenset({m.SearchResultEntry, m.SearchResultReference, m.IntermediateResponse})
_WITHOUT_RESULT = frozenset({r.TYPES[each] for each in _DATA})


class LDAP:
    """A connection, as ``_ldap.initialize`` gives it."""

    __slots__ = ("_open",)

    def __init__(self, handle: Handle) -> None:
        self._open: Handle | None = handle

    def __del__(self) -> None:
        handle, self._open = self._open, None
        if handle is not None:
            handle.unbind(None)

    def _handle(self) -> Handle:
        if self._open is None:
            raise LDAPError("LDAP connection invalid")
        return self._open

    # --- requests ---

    def _controls(self, handle: Handle, server: Any, client: Any) -> "tuple[m.Control, ...] | None":
        """Raises TypeError, and NOT_SUPPORTED for a client control that is critical, since there are none."""
        if server is None and client is None:
            return None
        controls = a.controls(server)
        if any(each.criticality for each in a.controls(client) or ()):
            raise r.client_error_of(handle, NOT_SUPPORTED)
        return controls

    def _send(
        self,
        handle: Handle,
        op: m.RequestOp,
        controls: "tuple[m.Control, ...] | None",
        *,
        message_id: int = 0,
        octets: bytes | None = None,
    ) -> int:
        """Send it. Raises what the handle's error is."""
        if controls and handle.version < 3 and any(each.criticality for each in controls):
            handle.next_id()
            raise r.client_error_of(handle, NOT_SUPPORTED)
        try:
            return handle.send(op, controls, message_id, octets)
        except Failure as failure:
            raise r.client_error(handle, failure.errno) from None

    def _extended(self, handle: Handle, op: m.ExtendedRequest, controls: "tuple[m.Control, ...] | None") -> int:
        if handle.version < 3:
            raise r.client_error_of(handle, NOT_SUPPORTED)
        return self._send(handle, op, controls)

    def add_ext(self, *given: Any) -> int:
        """``(dn, modlist[, serverctrls[, clientctrls]])``: the message id."""
        dn, modlist, server, client = a.take("add_ext", given, 2, 4)
        name = a.text("add_ext", 1, dn)
        handle = self._handle()
        attributes = a.entry(modlist)
        controls = self._controls(handle, server, client)
        try:
            return self._send(handle, m.AddRequest(name, a.complete(attributes)), controls)
        except a.NoValues:
            handle.next_id()
            raise r.client_error_of(handle, PARAM_ERROR) from None

    def modify_ext(self, *given: Any) -> int:
        """``(dn, modlist[, serverctrls[, clientctrls]])``: the message id."""
        dn, modlist, server, client = a.take("modify_ext", given, 2, 4)
        name = a.text("modify_ext", 1, dn)
        handle = self._handle()
        changes = a.changes(modlist)
        return self._send(handle, m.ModifyRequest(name, changes), self._controls(handle, server, client))

    def delete_ext(self, *given: Any) -> int:
        """``(dn[, serverctrls[, clientctrls]])``: the message id."""
        dn, server, client = a.take("delete_ext", given, 1, 3)
        op = m.DeleteRequest(a.text("delete_ext", 1, dn))
        handle = self._handle()
        return self._send(handle, op, self._controls(handle, server, client))

    def compare_ext(self, *given: Any) -> int:
        """``(dn, attribute, value[, serverctrls[, clientctrls]])``: the message id."""
        dn, name, value, server, client = a.take("compare_ext", given, 3, 5)
        op = m.CompareRequest(
            a.text("compare_ext", 1, dn), a.text("compare_ext", 2, name), a.octets("compare_ext", 3, value)
        )
        handle = self._handle()
        return self._send(handle, op, self._controls(handle, server, client))

    def rename(self, *given: Any) -> int:
        """``(dn, newrdn[, newsuperior[, delold[, serverctrls[, clientctrls]]]])``: the message id."""
        dn, rdn, superior, delete_old, server, client = a.take("rename", given, 2, 6, (None, 1, None, None))
        op = m.ModifyDNRequest(
            a.text("rename", 1, dn),
            a.text("rename", 2, rdn),
            new_superior=a.optional_text("rename", 3, superior),
            delete_old_rdn=a.integer(delete_old) != 0,
        )
        handle = self._handle()
        controls = self._controls(handle, server, client)
        if op.new_superior is not None and handle.version < 3:
            handle.next_id()
            raise r.client_error_of(handle, NOT_SUPPORTED)
        return self._send(handle, op, controls)

    def search_ext(self, *given: Any) -> int:
        """``(base, scope, filterstr[, attrlist[, attrsonly[, serverctrls[, clientctrls[, timeout[, sizelimit]]]]]])``:
        the message id.
        """
        rest = (None, 0, None, None, -1.0, 0)
        base, scope, filterstr, names, only, server, client, timeout, size = a.take("search_ext", given, 3, 9, rest)
        name = a.text("search_ext", 1, base)
        scope = a.integer(scope)
        if filterstr.__class__ is not str:
            a.text("search_ext", 3, filterstr)
        only, timeout, size = a.integer(only), a.real(timeout), a.integer(size)
        handle = self._handle()
        attributes = a.attribute_names(names)
        controls = self._controls(handle, server, client)
        settings = handle.options.settings
        if timeout < 0:
            seconds = settings[OPT_TIMELIMIT]
        elif int(timeout * 1_000_000) == 0:
            raise r.client_error(handle)
        else:
            seconds = int(timeout) or 1
        size = settings[OPT_SIZELIMIT] if size < 0 else size
        try:
            a.text("search_ext", 3, filterstr)
            wanted = filter_of(filterstr)
        except FilterSyntaxError:
            handle.next_id()
            raise r.client_error_of(handle, FILTER_ERROR) from None
        op = m.SearchRequest(name, scope, settings[OPT_DEREF], size, seconds, only != 0, wanted or _NOTHING, attributes)
        if wanted is not None:
            return self._send(handle, op, controls)
        message_id = handle.next_id()
        octets = _without_filter(encode_message(message_id, op, controls or ()))
        return self._send(handle, op, controls, message_id=message_id, octets=octets)

    def simple_bind(self, *given: Any) -> int:
        """``(who, cred[, serverctrls[, clientctrls]])``: the message id."""
        who, password, server, client = a.take("simple_bind", given, 2, 4)
        name = a.optional_text("simple_bind", 1, who) or b""
        secret = a.optional_octets("simple_bind", 2, password) or b""
        handle = self._handle()
        op = m.BindRequest(handle.version, name, m.SimpleAuthentication(secret))
        return self._send(handle, op, self._controls(handle, server, client))

    def passwd(self, *given: Any) -> int:
        """``(user, oldpw, newpw[, serverctrls[, clientctrls]])``: the message id."""
        user, old, new, server, client = a.take("passwd", given, 3, 5)
        fields = [a.optional_octets("passwd", 1 + number, each) for number, each in enumerate((user, old, new))]
        handle = self._handle()
        controls = self._controls(handle, server, client)
        parts = [element(bytes([0x80 + tag]), each) for tag, each in enumerate(fields) if each is not None]
        value = element(_SEQUENCE, b"".join(parts)) if parts else None
        return self._extended(handle, m.ExtendedRequest(PASSWORD_MODIFY, value), controls)

    def extop(self, *given: Any) -> int:
        """``(oid, value[, serverctrls[, clientctrls]])``: the message id."""
        oid, value, server, client = a.take("extended_operation", given, 2, 4)
        name = a.text("extended_operation", 1, oid)
        octets = a.optional_octets("extended_operation", 2, value)
        handle = self._handle()
        controls = self._controls(handle, server, client)
        return self._extended(handle, m.ExtendedRequest(name, octets), controls)

    def cancel(self, *given: Any) -> int:
        """``(cancelid[, serverctrls[, clientctrls]])``: the message id."""
        cancelled, server, client = a.take("cancel", given, 1, 3)
        value = element(_SEQUENCE, encode_integer(_INTEGER, a.integer(cancelled)))
        handle = self._handle()
        return self._extended(handle, m.ExtendedRequest(CANCEL, value), self._controls(handle, server, client))

    def abandon_ext(self, *given: Any) -> None:
        """``(msgid[, serverctrls[, clientctrls]])``."""
        message_id, server, client = a.take("abandon_ext", given, 1, 3)
        message_id = a.integer(message_id)
        handle = self._handle()
        controls = self._controls(handle, server, client)
        try:
            handle.abandon(message_id, controls)
        except Failure as failure:
            raise r.client_error(handle, failure.errno) from None

    def unbind_ext(self, *given: Any) -> None:
        """``([serverctrls[, clientctrls]])``: the object is of no use any more."""
        server, client = a.take("unbind_ext", given, 0, 2)
        handle = self._handle()
        controls = self._controls(handle, server, client)
        self._open = None
        handle.unbind(controls)

    # --- answers ---

    def result4(self, *given: Any) -> tuple[Any, ...]:
        """``([msgid[, all[, timeout[, add_ctrls[, add_intermediates[, add_extop]]]]]])``: type, data, message id,
        controls, and with add_extop the name and value of an extended response; all None when polling finds nothing.

        Raises the result's class, and TIMEOUT when the time is over.
        """
        defaults = (ANY, ALL, -1.0, 0, 0, 0)
        message_id, how_many, timeout, add_ctrls, add_intermediates, add_extop = a.take(
            "result4", given, 0, 6, defaults
        )
        message_id, how_many, timeout = a.integer(message_id), a.integer(how_many), a.real(timeout)
        add_ctrls, add_intermediates, add_extop = map(a.integer, (add_ctrls, add_intermediates, add_extop))
        handle = self._handle()
        try:
            found = handle.wait(message_id, how_many, handle.deadline(timeout))
        except Failure as failure:
            raise r.client_error(handle, failure.errno) from None
        if found is None:
            if timeout == 0:
                return (None, None, None, None)
            raise TIMEOUT
        kind, messages = found
        last: Any = messages[-1]
        if last.op.__class__ is m.UndecodableResponse and kind not in _WITHOUT_RESULT:
            raise r.undecodable(last)
        controls: list[r.ControlTuple] = []
        if kind not in _WITHOUT_RESULT:
            handle.note(last.op)
            if last.op.code:
                raise r.result_error(messages[0], last, handle.errno)
            if last.controls:
                controls = r.control_tuples(last.controls)
        try:
            data = r.data(messages, add_ctrls != 0, add_intermediates != 0)
        except r.Undecodable:
            raise r.client_error_of(handle, DECODING_ERROR) from None
        answer = (kind, data, messages[0].message_id, controls)
        if not add_extop:
            return answer
        op = last.op
        if not isinstance(op, m.ExtendedResponse):
            return (*answer, None, None)
        return (*answer, None if op.name is None else op.name.decode(), op.value)

    def _answer(self, handle: Handle, message_id: int) -> Any:
        """Wait for the one answer to a request; its operation. Raises its class, TIMEOUT with the dict."""
        try:
            found = handle.wait(message_id, ALL, handle.deadline(None))
        except Failure as failure:
            raise r.client_error(handle, failure.errno) from None
        if found is None:
            raise r.client_error(handle)
        op: Any = found[1][-1].op
        handle.note(op)
        return op

    def whoami_s(self, *given: Any) -> str | None:
        """``([serverctrls[, clientctrls]])``: the authorization identity, None where the answer has no value."""
        server, client = a.take("whoami_s", given, 0, 2)
        handle = self._handle()
        controls = self._controls(handle, server, client)
        op = self._answer(handle, self._extended(handle, m.ExtendedRequest(WHO_AM_I), controls))
        if op.code:
            raise r.client_error(handle)
        return None if op.value is None else op.value.decode()

    def start_tls_s(self, *given: Any) -> None:
        """``()``: TLS begins. Raises LOCAL_ERROR where it is there already, CONNECT_ERROR where it can't begin."""
        a.take("start_tls_s", given, 0, 0)
        handle = self._handle()
        if handle.tls is not None:
            raise r.client_error_of(handle, LOCAL_ERROR)
        op = self._answer(handle, self._extended(handle, m.ExtendedRequest(STARTTLS), None))
        if op.code:
            raise r.client_error(handle)
        try:
            handle.start_tls()
        except TLSFailed as failed:
            handle.diagnostic = failed.info.encode() or None
            raise r.client_error_of(handle, CONNECT_ERROR) from None

    def sasl_bind_s(self, *given: Any) -> Any:
        """``(dn, mechanism, cred, serverctrls, clientctrls)``: the server's challenge, 0 when the bind is done."""
        dn, mechanism, credentials, server, client = a.take("sasl_bind_s", given, 5, 5)
        name = a.optional_text("sasl_bind_s", 1, dn) or b""
        called = a.optional_text("sasl_bind_s", 2, mechanism)
        octets = a.optional_octets("sasl_bind_s", 3, credentials)
        handle = self._handle()
        controls = self._controls(handle, server, client)
        op = self.bind_once(handle, name, called, octets, controls)
        if op.code == SASL_BIND_IN_PROGRESS.errnum:
            return op.code if op.server_sasl_creds is None else op.server_sasl_creds
        if op.code:
            raise r.client_error(handle)
        return op.code

    def bind_once(
        self,
        handle: Handle,
        name: bytes,
        mechanism: bytes | None,
        octets: bytes | None,
        controls: "tuple[m.Control, ...] | None",
    ) -> m.BindResponse:
        """One step of a bind and its answer."""
        if mechanism is None:
            choice: Any = m.SimpleAuthentication(octets or b"")
        else:
            choice = m.SaslCredentials(mechanism, octets)
            if handle.version < 3:
                raise r.client_error_of(handle, NOT_SUPPORTED)
        message_id = self._send(handle, m.BindRequest(handle.version, name, choice), controls)
        return self._answer(handle, message_id)  # type: ignore[no-any-return]

    def sasl_interactive_bind_s(self, *given: Any) -> int:
        """``(who, object, serverctrls, clientctrls, flags)``: a SASL bind whose object gives what is asked for; 0."""
        who, asked, server, client, flags = a.take("sasl_interactive_bind_s", given, 5, 5)
        name = a.text("sasl_interactive_bind_s", 1, who)
        a.integer(flags)
        handle = self._handle()
        controls = self._controls(handle, server, client)
        from fakeldapd.ldap._ldap.sasl import bind_interactively

        return bind_interactively(self, handle, name, asked, controls)

    # --- options ---

    def get_option(self, *given: Any) -> Any:
        """``(option)``: its value. Raises ValueError."""
        (option,) = a.take("get_option", given, 1, 1)
        return self._handle().options.get(option)

    def set_option(self, *given: Any) -> None:
        """``(option, value)``. Raises ValueError, TypeError."""
        option, value = a.take("set_option", given, 2, 2)
        self._handle().options.set(option, value)


def _without_filter(octets: bytes) -> bytes:
    """A search request with nothing in its filter's place: what libldap makes of an empty text."""
    from fakeldapd.protocol.ber import header

    placeholder = b"\x87\x0bobjectClass"
    _, start, _ = header(octets, 0)
    identifier_end = header(octets, start)[2]
    _, op_start, op_end = header(octets, identifier_end)
    body = octets[op_start:op_end].replace(placeholder, b"", 1)
    return element(_SEQUENCE, octets[start:identifier_end] + element(b"\x63", body) + octets[op_end:])
