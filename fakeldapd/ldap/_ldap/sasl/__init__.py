"""A SASL bind from the client's side (RFC 4422): what libsasl does for python-ldap.

``bind_interactively`` chooses a mechanism, asks the caller's object for what that needs, and exchanges messages with
the server until the bind is done. The mechanisms are in ``mechanisms`` and ``scram``, one generator each: it yields
what to send and gets the server's challenge. None of them protects the connection afterwards; TLS does that.
"""

import os
from typing import TYPE_CHECKING, Any

from fakeldapd.ldap._ldap import results as r
from fakeldapd.ldap._ldap.handle import Failure, Handle
from fakeldapd.ldap._ldap.sasl.mechanisms import MECHANISMS, Asking, Mechanism, Refused
from fakeldapd.ldap.errors import AUTH_UNKNOWN, LOCAL_ERROR, SASL_BIND_IN_PROGRESS
from fakeldapd.ldap.values import OPT_X_SASL_SECPROPS
from fakeldapd.protocol import messages as m

if TYPE_CHECKING:
    from fakeldapd.ldap._ldap.connection import LDAP

DEFAULT_PROPERTIES = "noanonymous,noplain"
"""What a mechanism must not be, unless OPT_X_SASL_SECPROPS says otherwise."""

_NO_MECHANISM = "SASL(-4): no mechanism available: "


def bind_interactively(
    connection: "LDAP", handle: Handle, name: bytes, asked: Any, controls: tuple[m.Control, ...] | None
) -> int:
    """Bind as ``asked`` says (``mech`` and ``callback``); gives 0.

    Raises AUTH_UNKNOWN where there is no such mechanism, LOCAL_ERROR where it can't go on, and what the server says.
    """
    wanted: bytes = asked.mech
    try:
        handle.open()
    except Failure as failure:
        raise r.client_error(handle, failure.errno) from None
    names = (wanted or b" ".join(offered(connection, handle))).decode().split()
    handle.sasl_begun = True
    mechanism = choose(handle, names)
    conversation = Asking(asked.callback, handle.server)
    if mechanism.external:
        conversation.username = external_name(handle)
    exchange = mechanism.exchange(conversation)
    try:
        message = next(exchange)
        while True:
            handle.sasl_username = conversation.username
            op = connection.bind_once(handle, name, mechanism.name.encode(), message, controls)
            if op.code == SASL_BIND_IN_PROGRESS.errnum:
                message = exchange.send(op.server_sasl_creds or b"")
            elif op.code:
                raise r.client_error(handle)
            else:
                if op.server_sasl_creds:
                    exchange.send(op.server_sasl_creds)
                return 0
    except StopIteration:  # the mechanism is done; whether the server is has been looked at
        return 0
    except Refused as refused:
        handle.diagnostic = str(refused).encode()
        raise r.client_error_of(handle, LOCAL_ERROR) from None


def choose(handle: Handle, names: list[str]) -> Mechanism:
    """The best of the mechanisms that are asked for. Raises AUTH_UNKNOWN."""
    properties = handle.options.settings.get(OPT_X_SASL_SECPROPS, DEFAULT_PROPERTIES).split(",")
    for mechanism in MECHANISMS:
        if mechanism.name not in names or any(each in properties for each in mechanism.properties):
            continue
        if mechanism.external and not may_be_external(handle):
            continue
        return mechanism
    detail = "" if names == ["EXTERNAL"] else "No worthy mechs found"
    handle.diagnostic = (_NO_MECHANISM + detail).encode()
    raise r.client_error_of(handle, AUTH_UNKNOWN)


def may_be_external(handle: Handle) -> bool:
    """Whether the server knows who we are from elsewhere: a local socket, or our certificate."""
    transport = handle.transport
    if transport is None:
        return False
    return transport.is_local or (transport.tls is not None and handle.options.tls_settings().certificate is not None)


def external_name(handle: Handle) -> str | None:
    """Who EXTERNAL makes us on a local socket, as libldap puts it; None for a certificate's name."""
    if handle.transport is None or not handle.transport.is_local:
        return None
    return f"gidNumber={os.getegid()}+uidNumber={os.geteuid()},cn=peercred,cn=external,cn=auth"


def offered(connection: "LDAP", handle: Handle) -> tuple[bytes, ...]:
    """The mechanisms that the server's root DSE names."""
    everything = m.SearchRequest(b"", 0, 0, 0, 0, False, m.Present(b"objectClass"), (b"supportedSASLMechanisms",))
    message_id = handle.send(everything, None)
    found = handle.wait(message_id, 1, handle.deadline(None))
    entries: list[Any] = [] if found is None else r.data(found[1], False, False)
    return tuple([value for _, attributes in entries for values in attributes.values() for value in values])
