"""What the commands that talk to a server share: the options that say which one, and a connection to it.

The client is ldap3, imported only here and only by a run that needs it. It is kept from doing anything clever: no
schema is read, no name checked, no referral followed; values stay octets.
"""

import argparse
import contextlib
import functools
import getpass
import importlib
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from fakeldapd.directory.ldif import ChangeOp
from fakeldapd.protocol.messages import AddRequest, Control, DeleteRequest, ModifyDNRequest, ModifyRequest

OK, USAGE, BAD_DATA, CANNOT_CONNECT = 0, 2, 3, 4

DEFAULT_URL = "ldap://127.0.0.1:1389"

MANAGE_DSA_IT = ("2.16.840.1.113730.3.4.2", False, None)
"""Referral entries are entries to us (RFC 3296); not critical, since not every server has them."""


class UsageError(Exception):
    """The command line asks for something that can't be."""


class CannotConnect(Exception):
    """There is no server, or it doesn't let us in."""


class ConnectionLost(Exception):
    """The server went away, or didn't answer as LDAP servers do."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which server, and who to be there."""
    group = parser.add_argument_group("the server")
    group.add_argument(
        "--url", default=DEFAULT_URL, metavar="URL", help=f"ldap://, ldaps:// or ldapi:// (default: {DEFAULT_URL})"
    )
    group.add_argument("-D", "--bind-dn", metavar="DN", help="the DN to bind as (default: anonymous)")
    password = group.add_mutually_exclusive_group()
    password.add_argument("-w", "--password", metavar="PW", help="its password (default: a prompt)")
    password.add_argument("-y", "--password-file", metavar="FILE", help="a file whose first line is its password")
    group.add_argument("-Z", "--starttls", action="store_true", help="begin TLS before anything else")
    group.add_argument("--ca-file", metavar="FILE", help="certificates to trust (default: the system's)")
    group.add_argument("--insecure", action="store_true", help="trust any certificate")


def ldap3() -> Any:
    """The module. pyasn1 has renamed what it uses, and says so: that one warning is of no use to anybody here."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="(tagMap|typeMap) is deprecated", category=DeprecationWarning)
        return importlib.import_module("ldap3")


def connect(arguments: argparse.Namespace) -> Any:
    """A bound ldap3 Connection; ``close`` it. Raises UsageError or CannotConnect."""
    password = _password(arguments)
    library = ldap3()
    exceptions = library.core.exceptions
    tls = _tls(library, arguments)
    try:
        server = library.Server(_server(arguments.url), get_info=library.NONE, tls=tls, connect_timeout=30)
    except (exceptions.LDAPException, ValueError) as error:
        raise UsageError(f"--url {arguments.url}: {error}") from None
    connection = library.Connection(
        server,
        user=arguments.bind_dn,
        password=password,
        authentication=library.SIMPLE if arguments.bind_dn else library.ANONYMOUS,
        check_names=False,
        auto_referrals=False,
        return_empty_attributes=True,
    )
    try:
        _enter(connection, arguments)
    except exceptions.LDAPException as error:
        _drop(connection)
        raise CannotConnect(f"{arguments.url}: {tls.refused or error}") from None
    except CannotConnect:
        _drop(connection)
        raise
    return connection


def _enter(connection: Any, arguments: argparse.Namespace) -> None:
    connection.open()
    if arguments.starttls and not connection.start_tls():
        raise CannotConnect(f"{arguments.url}: StartTLS: {said(connection.result)}")
    if not connection.bind():
        raise CannotConnect(f"{arguments.url}: bind as '{arguments.bind_dn or ''}': {said(connection.result)}")


def _drop(connection: Any) -> None:
    """Close without a word; ldap3 forgets a socket that didn't connect."""
    if connection.socket is not None:
        connection.socket.close()


@contextlib.contextmanager
def talking(what: str = "") -> Iterator[None]:
    """ldap3's exceptions as ours: ConnectionLost, or UsageError where ``what`` (a filter) is no good."""
    exceptions = ldap3().core.exceptions
    try:
        yield
    except exceptions.LDAPInvalidFilterError:
        raise UsageError(f"{what}: is not a filter of RFC 4515") from None
    except (exceptions.LDAPException, OSError) as error:
        raise ConnectionLost(f"the connection broke: {error}") from None


def send(connection: Any, op: ChangeOp, controls: tuple[Control, ...] = ()) -> Any:
    """One update, exactly as it is given, and its result. Raises ConnectionLost.

    ldap3's own methods take dictionaries, which lose the order of changes, and refuse what a server should answer.
    """
    rfc4511 = importlib.import_module("ldap3.protocol.rfc4511")
    name, request = _BUILDERS[type(op)](rfc4511, op)
    passed = [(control.oid.decode(), control.criticality, control.value) for control in controls] or None
    with talking():
        try:
            connection.post_send_single_response(connection.send(name, request, passed))
        except UnicodeDecodeError:  # ldap3 wants text where it remembers what it has sent
            return {"result": 34, "description": "invalidDNSyntax", "message": "the DN is not UTF-8; nothing was sent"}
    return connection.result


def _attribute(rfc4511: Any, into: Any, description: bytes, values: Sequence[bytes]) -> Any:
    into["type"] = rfc4511.AttributeDescription(description)
    into["vals"] = rfc4511.Vals()
    for position, value in enumerate(values):
        into["vals"][position] = rfc4511.AttributeValue(value)
    return into


def _add(rfc4511: Any, op: AddRequest) -> tuple[str, Any]:
    request = rfc4511.AddRequest()
    request["entry"] = rfc4511.LDAPDN(op.dn)
    request["attributes"] = rfc4511.AttributeList()
    for position, (description, values) in enumerate(op.attributes):
        request["attributes"][position] = _attribute(rfc4511, rfc4511.Attribute(), description, values)
    return "addRequest", request


def _delete(rfc4511: Any, op: DeleteRequest) -> tuple[str, Any]:
    return "delRequest", rfc4511.DelRequest(op.dn)


def _modify(rfc4511: Any, op: ModifyRequest) -> tuple[str, Any]:
    request = rfc4511.ModifyRequest()
    request["object"] = rfc4511.LDAPDN(op.dn)
    request["changes"] = rfc4511.Changes()
    for position, (operation, description, values) in enumerate(op.changes):
        change = rfc4511.Change()
        change["operation"] = rfc4511.Operation(operation)
        change["modification"] = _attribute(rfc4511, rfc4511.PartialAttribute(), description, values)
        request["changes"][position] = change
    return "modifyRequest", request


def _rename(rfc4511: Any, op: ModifyDNRequest) -> tuple[str, Any]:
    request = rfc4511.ModifyDNRequest()
    request["entry"] = rfc4511.LDAPDN(op.dn)
    request["newrdn"] = rfc4511.RelativeLDAPDN(op.new_rdn)
    request["deleteoldrdn"] = rfc4511.DeleteOldRDN(op.delete_old_rdn)
    if op.new_superior is not None:
        request["newSuperior"] = rfc4511.NewSuperior(op.new_superior)
    return "modDNRequest", request


_BUILDERS: dict[type, Callable[[Any, Any], tuple[str, Any]]] = {
    AddRequest: _add,
    DeleteRequest: _delete,
    ModifyRequest: _modify,
    ModifyDNRequest: _rename,
}


def close(connection: Any) -> None:
    """Unbind. A server that is gone is as good."""
    with contextlib.suppress(ConnectionLost), talking():
        connection.unbind()


def complain(command: str, error: object, code: int) -> int:
    """Say on standard error what is wrong; gives ``code``."""
    print(f"fakeldapd {command}: {error}", file=sys.stderr)
    return code


def said(result: Any) -> str:
    """A result as one line: name, code and text, and what else came with it."""
    text = f"{result['description']} ({result['result']})"
    if result.get("message"):
        text += f": {result['message']}"
    if result.get("dn"):
        text += f" (found as far as '{result['dn']}')"
    if result.get("referrals"):
        text += f" (go to {' or '.join(result['referrals'])})"
    return text


def _server(url: str) -> str:
    """The URL without a slash behind it. Raises UsageError where it names more than a server, or none."""
    scheme, _, rest = url.partition("://")
    rest = rest.rstrip("/")
    if scheme.lower() not in ("ldap", "ldaps", "ldapi") or not rest:
        raise UsageError(f"--url {url}: it must be ldap://HOST:PORT, ldaps://HOST:PORT or ldapi://PATH")
    if "/" in rest and scheme.lower() != "ldapi":
        raise UsageError(f"--url {url}: only the server is expected here, nothing behind it")
    return f"{scheme}://{rest}"


def _password(arguments: argparse.Namespace) -> bytes | None:
    """As octets: ldap3 would normalise text."""
    if not arguments.bind_dn:
        if arguments.password is not None or arguments.password_file is not None:
            raise UsageError("a password needs a DN: give -D, too")
        return None
    if arguments.password_file is not None:
        try:
            with Path(arguments.password_file).open("rb") as file:
                password = file.readline().rstrip(b"\r\n")
        except OSError as error:
            raise UsageError(f"--password-file {arguments.password_file}: {error.strerror}") from None
    elif arguments.password is not None:
        password = str(arguments.password).encode(errors="surrogateescape")
    elif sys.stdin.isatty():
        password = getpass.getpass(f"Password of {arguments.bind_dn}: ").encode()
    else:
        raise UsageError("-D needs a password: -w, -y, or a terminal to ask on")
    if not password:
        raise UsageError("the password is empty; without -D the bind is anonymous")
    return password


def _tls(library: Any, arguments: argparse.Namespace) -> Any:
    """ldap3's settings for TLS. It checks names itself, and from Python 3.12 on finds no addresses in a certificate;
    here OpenSSL checks them (RFC 4513 section 3.1.3).
    """
    import ssl

    @functools.cache
    def context() -> ssl.SSLContext:
        made = ssl.create_default_context(cafile=arguments.ca_file)
        if arguments.insecure:
            made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        return made

    if arguments.ca_file is not None:  # the machine's authorities take a while to read: only where there is TLS
        try:
            context()
        except OSError as error:  # ssl.SSLError is one
            raise UsageError(f"--ca-file {arguments.ca_file}: {error.strerror or error}") from None

    class Tls(library.Tls):  # type: ignore[misc]
        refused = ""  # what is wrong with the certificate; of the exception ldap3 makes text in text

        def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
            host = connection.server.host
            try:
                connection.socket = context().wrap_socket(
                    connection.socket, server_hostname=host, do_handshake_on_connect=do_handshake
                )
            except ssl.SSLCertVerificationError as error:
                wrong = error.verify_message.rstrip(".")
                self.refused = (
                    f"the server's certificate: {wrong} (--ca-file FILE names its authority, --insecure trusts any)"
                )
                raise

    return Tls()
