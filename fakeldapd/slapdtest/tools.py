"""ldapadd, ldapmodify, ldapdelete and ldapwhoami, as far as test suites call them: the command lines of OpenLDAP's
programs, what they print, and no program.

They speak over a socket, as the programs do, through the shim's own connection objects.
"""

import getopt
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fakeldapd import ldap
from fakeldapd.directory.ldif import ContentRecord, LDIFError, Record, read
from fakeldapd.ldap.controls import RequestControl
from fakeldapd.ldap.ldapobject import SimpleLDAPObject
from fakeldapd.protocol import messages as m

CONTROLS = {
    "managedsait": "2.16.840.1.113730.3.4.2",
    "relax": "1.3.6.1.4.1.4203.666.5.12",
    "noop": "1.3.6.1.4.1.4203.666.5.2",
}
"""What may stand behind ``-e``, in lower case; a ``!`` before it makes the control critical."""

_OPTIONS = "H:Y:QxD:w:y:ZcvMe:rP:f:"


class ToolError(Exception):
    """A program would have ended with an error. ``str`` is what it would have said on standard error."""


@dataclass(slots=True)
class Tool:
    """One run of a program."""

    name: str
    stdin: bytes = b""
    uri: str = ""
    bind: Callable[[SimpleLDAPObject], Any] = field(default=lambda connection: connection.simple_bind_s())
    starttls: int = 0
    go_on: bool = False
    recursive: bool = False
    controls: list[RequestControl] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)

    def said(self) -> tuple[bytes, bytes]:
        """What it has printed on standard output and standard error."""
        return "".join(self.out).encode(), "".join(self.err).encode()

    def fail(self, call: str, error: ldap.LDAPError) -> None:
        """Say what the server has answered. Raises ToolError unless it goes on after errors."""
        told = error.args[0] if error.args and isinstance(error.args[0], dict) else {"desc": str(error), "result": -1}
        lines = [f"{call}: {told['desc']} ({told['result']})"]
        lines += [f"\tmatched DN: {told['matched']}"] if told.get("matched") else []
        lines += [f"\tadditional info: {told['info']}"] if told.get("info") else []
        self.err.append("".join(f"{line}\n" for line in lines))
        if not self.go_on:
            raise ToolError


def run(arguments: Sequence[str], stdin: bytes | None) -> tuple[bytes, bytes]:
    """Do what the program of that name would do; gives what it would have printed. Raises RuntimeError, saying the
    same, where it would have ended with an error, and ValueError for what can't be done here.
    """
    name = Path(arguments[0]).name
    if name not in TOOLS:
        raise ValueError(f"{name}: only {', '.join(TOOLS)} can be run here, without any program")
    tool = Tool(name, stdin or b"")
    try:
        _take_options(tool, arguments[1:])
        connection = ldap.initialize(tool.uri)
        try:
            for _ in range(min(tool.starttls, 1)):
                _call(tool, "ldap_start_tls", connection.start_tls_s)
            tool.bind(connection)
            TOOLS[name](tool, connection)
        except ldap.LDAPError as error:
            tool.go_on = False
            tool.fail("ldap_bind", error)
        finally:
            connection.unbind_s()
    except ToolError:
        failed = True
    else:
        failed = bool(tool.err)
    out, err = tool.said()
    if failed:
        raise RuntimeError(f"{list(arguments)!r} process failed:\n{out!r}\n{err!r}")
    return out, err


def _take_options(tool: Tool, arguments: Sequence[str]) -> None:
    try:
        options, tool.words = getopt.gnu_getopt(list(arguments), _OPTIONS)
    except getopt.GetoptError as error:
        raise ValueError(f"{tool.name}: {error}: it can't be used here") from None
    given: dict[str, str] = {}
    for option, value in options:
        if option == "-e":
            tool.controls.append(_control(tool, value))
        elif option == "-Z":
            tool.starttls += 1
        elif option in given and option != "-v":
            tool.err.append(f"{tool.name}: {option} previously specified\n")
            raise ToolError
        given[option] = value
    tool.uri = given.get("-H", "")
    tool.go_on, tool.recursive = "-c" in given, "-r" in given
    if "-M" in given:
        tool.controls.append(_control(tool, "manageDSAit"))
    if "-f" in given:
        tool.stdin = Path(given["-f"]).read_bytes()
    if "-Y" in given:
        if given["-Y"].upper() != "EXTERNAL":
            raise ValueError(f"{tool.name}: -Y {given['-Y']}: only EXTERNAL can be used here")
        if "-x" in given:
            tool.err.append(f"{tool.name}: incompatible with previous authentication choice\n")
            raise ToolError
        tool.bind = lambda connection: connection.sasl_external_bind_s()
    else:
        password = Path(given["-y"]).read_text(encoding="utf-8") if "-y" in given else given.get("-w", "")
        tool.bind = lambda connection: connection.simple_bind_s(given.get("-D", ""), password)


def _control(tool: Tool, text: str) -> RequestControl:
    name = text.removeprefix("!")
    if name.lower() not in CONTROLS:
        raise ValueError(f"{tool.name}: -e {text}: only {', '.join(CONTROLS)} can be used here")
    return RequestControl(CONTROLS[name.lower()], text.startswith("!"), None)


def _call(tool: Tool, call: str, do: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return do(*arguments)
    except ldap.LDAPError as error:
        tool.fail(call, error)


def _change(tool: Tool, connection: SimpleLDAPObject) -> None:
    """ldapadd and ldapmodify: what records say, one after another (RFC 2849)."""
    try:
        for record in read(io.BytesIO(tool.stdin), tool.name):
            _send(tool, connection, record)
    except LDIFError as error:
        tool.err.append(f"{error}\n")
        raise ToolError from None


def _send(tool: Tool, connection: SimpleLDAPObject, record: Record) -> None:
    dn = record.dn.decode()
    op: Any = m.AddRequest(record.dn, tuple(record.attributes)) if isinstance(record, ContentRecord) else record.op
    own = () if isinstance(record, ContentRecord) else record.controls
    controls = tool.controls + [RequestControl(each.oid.decode(), bool(each.criticality), each.value) for each in own]
    match op:
        case m.AddRequest():
            tool.out.append(f'adding new entry "{dn}"\n\n')
            added = [(each.type.decode(), list(each.values)) for each in op.attributes]
            _call(tool, "ldap_add", connection.add_ext_s, dn, added, controls)
        case m.ModifyRequest():
            tool.out.append(f'modifying entry "{dn}"\n\n')
            changes = [(int(each.operation), each.type.decode(), list(each.values) or None) for each in op.changes]
            _call(tool, "ldap_modify", connection.modify_ext_s, dn, changes, controls)
        case m.ModifyDNRequest():
            tool.out.append(f'modifying rdn of entry "{dn}"\n\n')
            superior = None if op.new_superior is None else op.new_superior.decode()
            new = op.new_rdn.decode()
            _call(tool, "ldap_rename", connection.rename_s, dn, new, superior, int(op.delete_old_rdn), controls)
        case _:
            tool.out.append(f'deleting entry "{dn}"\n\n')
            _call(tool, "ldap_delete", connection.delete_ext_s, dn, controls)


def _delete(tool: Tool, connection: SimpleLDAPObject) -> None:
    for dn in tool.words or tool.stdin.decode().split("\n"):
        if dn:
            _call(tool, "ldap_delete", _delete_below if tool.recursive else _delete_one, tool, connection, dn)


def _delete_one(tool: Tool, connection: SimpleLDAPObject, dn: str) -> None:
    connection.delete_ext_s(dn, tool.controls)


def _delete_below(tool: Tool, connection: SimpleLDAPObject, dn: str) -> None:
    found = connection.search_ext_s(dn, ldap.SCOPE_SUBTREE, attrlist=["1.1"], serverctrls=tool.controls)
    for below, _ in reversed([each for each in found if each[0] is not None]):
        _delete_one(tool, connection, below)


def _whoami(tool: Tool, connection: SimpleLDAPObject) -> None:
    said = _call(tool, "ldap_parse_whoami", connection.whoami_s)
    tool.out.append(f"{said or 'anonymous'}\n")


TOOLS: dict[str, Callable[[Tool, SimpleLDAPObject], None]] = {
    "ldapadd": _change,
    "ldapmodify": _change,
    "ldapdelete": _delete,
    "ldapwhoami": _whoami,
}
"""What each program does once it is connected and bound."""
