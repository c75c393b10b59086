"""Requests as a shell script of OpenLDAP's tools: each a command of its own, bound as its connection was."""

import re
from base64 import b64encode
from shlex import quote
from typing import Any

from fakeldapd.directory.ldifwriter import write_change
from fakeldapd.double.recorded import RecordedRequest
from fakeldapd.double.replay import MARK, Writer, paged, password_modify, plain_controls
from fakeldapd.middleware.access_log import SCOPES
from fakeldapd.middleware.secrets import Secret
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS

_DEREFS = {0: "never", 1: "search", 2: "find", 3: "always"}

_BEGINNING = """\
failed=0
expect() {{  # a result code, and a command that shall end with it
    wanted=$1; shift
    "$@"; got=$?
    [ "$got" = "$wanted" ] || {{ echo "$1: result $wanted is expected, not $got" >&2; failed=1; }}
}}
escaped() {{ printf %s "$1" | sed -e 's/\\\\/\\\\5c/g' -e 's/\\*/\\\\2a/g' -e 's/(/\\\\28/g' -e 's/)/\\\\29/g'; }}
encoded() {{ printf %s "$1" | base64 | tr -d '\\n'; }}
LDAP_URL=${{LDAP_URL:-{url}}}"""


class Shell(Writer):
    """Writes the script."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._as: dict[int, str] = {}
        self._tls: set[int] = set()

    def beginning(self) -> list[str]:
        """See Writer."""
        lines = ["#!/bin/sh", "# Asks again what was recorded.", _BEGINNING.format(url=quote(self.url))]
        return lines + [f': "${{{name}:?{what}}}"' for name, what in self.secrets.told.items()]

    def end(self) -> list[str]:
        """See Writer."""
        return ["", 'exit "$failed"']

    def _command(self, request: RecordedRequest, program: str, *words: str, code: int | None = None) -> str:
        """``words`` are quoted already."""
        connection = request.connection
        options = ["-x", "-H", '"$LDAP_URL"', self._as.get(connection, "")]
        if connection in self._tls:
            options.append("-ZZ")
        for control in plain_controls(request):
            value = "" if control.value is None else "=:" + b64encode(control.value).decode()
            options += ["-e", quote("!" * control.criticality + control.oid.decode() + value)]
        wanted = (request.code if code is None else code) or 0
        return " ".join(["expect", str(wanted & 255), program, *filter(None, options), *words])

    def write_bind(self, request: RecordedRequest) -> list[str]:
        """ldapwhoami, and what later commands bind as."""
        variable = self.password_of(request)
        asks = f"-D {quote(request.dn)}" + (f' -w "${variable}"' if variable else " -w ''")
        if not request.dn and not variable:
            asks = ""
        self._as[request.connection] = asks
        lines = [self._command(request, "ldapwhoami")]
        if request.code:
            self._as[request.connection] = ""
        return lines

    def write_unbind(self, request: RecordedRequest) -> list[str]:
        """Each command unbinds."""
        return ["# each command has its own connection"]

    def write_search(self, request: RecordedRequest) -> list[str]:
        """ldapsearch."""
        op = request.record.op
        words = ["-LLL", "-o", "ldif-wrap=no", "-b", quote(request.base), "-s", SCOPES.get(op.scope, "sub")]
        if op.deref:
            words += ["-a", _DEREFS.get(op.deref, "never")]
        if op.size_limit:
            words += ["-z", str(op.size_limit)]
        if op.time_limit:
            words += ["-l", str(op.time_limit)]
        if op.types_only:
            words.append("-A")
        page = paged(request)
        if page is not None:
            words += ["-E", f"pr={page[0]}/noprompt"]
        pieces = self.filter(request)
        words.append("".join(f'"$(escaped "${p[0]}")"' if isinstance(p, tuple) else quote(p) for p in pieces))
        return [self._command(request, "ldapsearch", *words, *(quote(name) for name in request.attributes))]

    def write_compare(self, request: RecordedRequest) -> list[str]:
        """ldapcompare."""
        variable = self.secret(request.value, request.attribute, request.dn)
        if variable:
            asserted = quote(request.attribute + "::") + f'"$(encoded "${variable}")"'
        else:
            asserted = quote(f"{request.attribute}::{b64encode(request.record.op.value).decode()}")
        return [self._command(request, "ldapcompare", quote(request.dn), asserted)]

    def _change(self, request: RecordedRequest) -> list[str]:
        """ldapmodify with an LDIF record."""
        variables: list[str] = []

        def marked(attribute: bytes, value: Any) -> bytes:
            if not isinstance(value, Secret):
                return bytes(value)
            variables.append(self.secrets.name(value, attribute.decode(errors="replace"), request.dn))
            return MARK % (len(variables) - 1)

        op = request.record.op
        if isinstance(op, m.AddRequest):
            op = m.AddRequest(
                op.dn, tuple(m.Attribute(n, tuple(marked(n, v) for v in values)) for n, values in op.attributes)
            )
        elif isinstance(op, m.ModifyRequest):
            op = m.ModifyRequest(
                op.dn, tuple(m.Change(o, n, tuple(marked(n, v) for v in values)) for o, n, values in op.changes)
            )
        record = write_change(op).decode(errors="surrogateescape").replace("\n ", "")
        record = re.sub(r"[$`\\]", r"\\\g<0>", record)
        for number, variable in enumerate(variables):
            mark = MARK % number
            shell = f'$(encoded "${variable}")'
            record = record.replace(f":: {b64encode(mark).decode()}\n", f":: {shell}\n")
            record = record.replace(f": {mark.decode()}\n", f":: {shell}\n")
        return [self._command(request, "ldapmodify") + " <<END", record.rstrip("\n"), "END"]

    write_add = write_modify = write_delete = write_rename = _change

    def write_extended(self, request: RecordedRequest) -> list[str]:
        """ldapwhoami, ldappasswd, or -ZZ from now on."""
        name = request.record.op.name
        if name == STARTTLS:
            if not request.code:
                self._tls.add(request.connection)
            return ["# the commands of this connection begin with StartTLS" if not request.code else "# refused"]
        if name != PASSWORD_MODIFY:
            return [self._command(request, "ldapwhoami")]
        modify = password_modify(request)
        if modify is None:
            return ["# not a Password Modify that could be asked again"]
        user = "" if modify.user is None else modify.user.decode(errors="surrogateescape")
        words = []
        for option, secret, what in (("-a", modify.old, "old password"), ("-s", modify.new, "new password")):
            if (variable := self.secret(secret, what, user or request.identity)) is not None:
                words += [option, f'"${variable}"']
        return [self._command(request, "ldappasswd", *words, *([quote(user)] if user else []))]
