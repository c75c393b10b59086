"""Requests as a Python program, with python-ldap or with ldap3: one connection for each that was recorded."""

from collections.abc import Iterable
from typing import Any

from fakeldapd.double.names import as_text
from fakeldapd.double.recorded import RecordedRequest
from fakeldapd.double.replay import Writer, paged, password_modify, plain_controls
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.protocol.connection import STARTTLS


class Python(Writer):
    """What both have in common."""

    prelude = ""
    connect = ""
    unbind = ""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._connected: set[int] = set()

    def lines(self, request: RecordedRequest) -> list[str]:
        """See Writer; a connection is made before its first request."""
        written = super().lines(request)
        asks = any(line and not line.startswith("#") for line in written)
        if asks and request.connection not in self._connected:
            self._connected.add(request.connection)
            written.insert(2, f"c{request.connection} = {self.connect}")
        return written

    def beginning(self) -> list[str]:
        """See Writer."""
        lines = ['"""Asks again what was recorded."""', "", "import os", "import sys", "", self.prelude]
        lines.append(f'URL = os.environ.get("LDAP_URL", {self.url!r})')
        return lines + [f'{name} = os.environ["{name}"]  # {what}' for name, what in self.secrets.told.items()]

    def end(self) -> list[str]:
        """See Writer."""
        return ["", "sys.exit(1 if failed else 0)"]

    def write_unbind(self, request: RecordedRequest) -> list[str]:
        """Unbind."""
        if request.connection not in self._connected:
            return ["# nothing was asked on this connection"]
        return [f"c{request.connection}.{self.unbind}"]

    # --- Python's words for it ----------------------------------------------------------------------------------------

    def expression(self, value: Any, what: str, of: str) -> str:
        """A value as bytes."""
        variable = self.secret(value, what, of)
        if variable is not None:
            return f"{variable}.encode()"
        return repr(value.encode(errors="surrogateescape") if isinstance(value, str) else bytes(value))

    def values(self, values: Iterable[Any], name: str, of: str) -> str:
        """Values as a list of bytes."""
        return "[" + ", ".join(self.expression(value, name, of) for value in values) + "]"

    def filter_expression(self, request: RecordedRequest) -> str:
        """The filter as a str."""
        pieces = self.filter(request)
        return " + ".join(f"escape_filter_chars({p[0]})" if isinstance(p, tuple) else repr(p) for p in pieces)

    def password(self, request: RecordedRequest) -> str:
        """A bind's password as a str."""
        return self.password_of(request) or '""'

    def password_modify(self, request: RecordedRequest) -> tuple[str | None, str | None, str | None] | None:
        """Of a Password Modify the user, and the variables of the old password and the new one; None for one that can't
        be asked again.
        """
        modify = password_modify(request)
        if modify is None:
            return None
        user = None if modify.user is None else as_text(modify.user)
        old, new = (
            self.secret(secret, what, user or request.identity)
            for secret, what in ((modify.old, "old password"), (modify.new, "new password"))
        )
        return user, old, new


class PythonLdap(Python):
    """python-ldap."""

    connect = "ldap.initialize(URL)"
    unbind = "unbind_s()"
    prelude = """\
import ldap
from ldap.controls import RequestControl, SimplePagedResultsControl
from ldap.filter import escape_filter_chars

failed = []


def expect(wanted, call, *arguments, **options):
    try:
        answer = call(*arguments, **options)
        got = {True: 6, False: 5}.get(answer, 0) if call.__name__.startswith("compare") else 0
    except ldap.LDAPError as error:
        got = error.args[0].get("result", -1) if error.args else -1
    if got != wanted:
        failed.append(call)
        print(f"{call.__name__}: result {wanted} is expected, not {got}", file=sys.stderr)


def all_pages(connection, size, *arguments):
    control = SimplePagedResultsControl(True, size, "")
    while True:
        given = [*arguments]
        given[5] = [*(given[5] or ()), control]
        *_, controls = connection.result3(connection.search_ext(*given))
        control.cookie = next((c.cookie for c in controls if c.controlType == control.controlType), "")
        if not control.cookie:
            return
"""

    def _call(self, request: RecordedRequest, method: str, *words: str) -> list[str]:
        return [f"expect({', '.join([str(request.code), f'c{request.connection}.{method}', *words])})"]

    def _controls(self, request: RecordedRequest) -> str:
        made = [f"RequestControl({c.oid.decode()!r}, {c.criticality}, {c.value!r})" for c in plain_controls(request)]
        return "[" + ", ".join(made) + "]" if made else "None"

    def write_bind(self, request: RecordedRequest) -> list[str]:
        """simple_bind_s."""
        protocol = [f"c{request.connection}.protocol_version = 2"] if request.version == 2 else []
        return protocol + self._call(request, "simple_bind_s", repr(request.dn), self.password(request))

    def write_search(self, request: RecordedRequest) -> list[str]:
        """search_ext_s."""
        op, connection = request.record.op, f"c{request.connection}"
        words = [repr(request.base), str(int(op.scope)), self.filter_expression(request)]
        words += [repr(request.attributes or None), str(int(op.types_only)), self._controls(request), "None"]
        words += [str(op.time_limit or -1), str(op.size_limit)]
        deref = [f"{connection}.deref = {int(op.deref)}"] if op.deref else []
        back = [f"{connection}.deref = 0"] if op.deref else []
        page = paged(request)
        if page is None:
            return deref + self._call(request, "search_ext_s", *words) + back
        called = ", ".join([str(request.code), "all_pages", connection, str(page[0]), *words])
        return [*deref, f"expect({called})", *back]

    def write_compare(self, request: RecordedRequest) -> list[str]:
        """compare_ext_s."""
        value = self.expression(request.value, request.attribute, request.dn)
        words = [repr(request.dn), repr(request.attribute), value, self._controls(request)]
        return self._call(request, "compare_ext_s", *words)

    def write_add(self, request: RecordedRequest) -> list[str]:
        """add_ext_s."""
        pairs = (f"({name!r}, {self.values(v, name, request.dn)})" for name, v in request.attributes.items())
        return self._call(request, "add_ext_s", repr(request.dn), f"[{', '.join(pairs)}]", self._controls(request))

    def write_modify(self, request: RecordedRequest) -> list[str]:
        """modify_ext_s."""
        changes = (
            f"({int(operation)}, {name!r}, {self.values(values, name, request.dn) if values else 'None'})"
            for (operation, _, _), (_, name, values) in zip(request.record.op.changes, request.changes, strict=True)
        )
        words = [repr(request.dn), f"[{', '.join(changes)}]", self._controls(request)]
        return self._call(request, "modify_ext_s", *words)

    def write_delete(self, request: RecordedRequest) -> list[str]:
        """delete_ext_s."""
        return self._call(request, "delete_ext_s", repr(request.dn), self._controls(request))

    def write_rename(self, request: RecordedRequest) -> list[str]:
        """rename_s."""
        words = [repr(request.dn), repr(request.new_rdn), repr(request.new_superior), str(int(not request.keep_old))]
        return self._call(request, "rename_s", *words, self._controls(request))

    def write_extended(self, request: RecordedRequest) -> list[str]:
        """whoami_s, passwd_s, start_tls_s."""
        name = request.record.op.name
        if name == STARTTLS:
            return self._call(request, "start_tls_s")
        if name != PASSWORD_MODIFY:
            return self._call(request, "whoami_s")
        asked = self.password_modify(request)
        if asked is None:
            return ["# not a Password Modify that could be asked again"]
        user, old, new = asked
        return self._call(request, "passwd_s", repr(user), str(old), str(new))


class Ldap3(Python):
    """ldap3, kept from doing anything clever."""

    connect = "connect()"
    unbind = "unbind()"
    prelude = """\
import ldap3
from ldap3.utils.conv import escape_filter_chars

failed = []


def connect():
    server = ldap3.Server(URL, get_info=ldap3.NONE)
    connection = ldap3.Connection(server, check_names=False, auto_referrals=False)
    connection.open()
    return connection


def bind(connection, user, password):
    connection.user, connection.password = user or None, password or None
    connection.authentication = ldap3.SIMPLE if user else ldap3.ANONYMOUS
    connection.bind()


def all_pages(connection, size, *arguments, **options):
    cookie = None
    while True:
        connection.search(*arguments, paged_size=size, paged_cookie=cookie, **options)
        controls = connection.result.get("controls") or {}
        cookie = controls.get("1.2.840.113556.1.4.319", {}).get("value", {}).get("cookie")
        if not cookie:
            return


def expect(wanted, connection, call, *arguments, **options):
    call(*arguments, **options)
    got = connection.result["result"]
    if got != wanted:
        failed.append(call)
        print(f"{call.__name__}: result {wanted} is expected, not {got}", file=sys.stderr)
"""
    scopes = ("BASE", "LEVEL", "SUBTREE")
    derefs = ("NEVER", "SEARCH", "BASE", "ALWAYS")
    operations = ("MODIFY_ADD", "MODIFY_DELETE", "MODIFY_REPLACE", "MODIFY_INCREMENT")

    def _call(self, request: RecordedRequest, call: str, *words: str) -> list[str]:
        connection = f"c{request.connection}"
        called = call if "." in call or call in ("bind", "all_pages") else f"{connection}.{call}"
        arguments = [str(request.code), connection, called, *words]
        controls = plain_controls(request)
        if controls and call != "bind":
            made = ", ".join(f"({c.oid.decode()!r}, {c.criticality}, {c.value!r})" for c in controls)
            arguments.append(f"controls=[{made}]")
        return [f"expect({', '.join(arguments)})"]

    def write_bind(self, request: RecordedRequest) -> list[str]:
        """bind."""
        if request.dn and not request.password:
            return ["# ldap3 sends no DN without a password"]
        return self._call(request, "bind", f"c{request.connection}", repr(request.dn), self.password(request))

    def write_search(self, request: RecordedRequest) -> list[str]:
        """search."""
        op = request.record.op
        if op.scope >= len(self.scopes):
            return [f"# ldap3 has no scope {request.scope}"]
        words = [repr(request.base), self.filter_expression(request), repr(self.scopes[op.scope])]
        words += [f"dereference_aliases={self.derefs[op.deref & 3]!r}", f"attributes={request.attributes or ['*']!r}"]
        words += [f"size_limit={op.size_limit}"] if op.size_limit else []
        words += [f"time_limit={op.time_limit}"] if op.time_limit else []
        words += ["types_only=True"] if op.types_only else []
        page = paged(request)
        if page is None:
            return self._call(request, "search", *words)
        return self._call(request, "all_pages", f"c{request.connection}", str(page[0]), *words)

    def write_compare(self, request: RecordedRequest) -> list[str]:
        """compare."""
        value = self.expression(request.value, request.attribute, request.dn)
        return self._call(request, "compare", repr(request.dn), repr(request.attribute), value)

    def write_add(self, request: RecordedRequest) -> list[str]:
        """add."""
        pairs = (f"{name!r}: {self.values(values, name, request.dn)}" for name, values in request.attributes.items())
        return self._call(request, "add", repr(request.dn), f"attributes={{{', '.join(pairs)}}}")

    def write_modify(self, request: RecordedRequest) -> list[str]:
        """modify."""
        changes: dict[str, list[str]] = {}
        for (operation, _, _), (_, name, values) in zip(request.record.op.changes, request.changes, strict=True):
            if operation >= len(self.operations):
                return [f"# ldap3 knows no operation {operation}"]
            made = f"({self.operations[operation]!r}, {self.values(values, name, request.dn)})"
            changes.setdefault(name, []).append(made)
        pairs = (f"{name!r}: [{', '.join(made)}]" for name, made in changes.items())
        return self._call(request, "modify", repr(request.dn), f"{{{', '.join(pairs)}}}")

    def write_delete(self, request: RecordedRequest) -> list[str]:
        """delete."""
        return self._call(request, "delete", repr(request.dn))

    def write_rename(self, request: RecordedRequest) -> list[str]:
        """modify_dn."""
        words = [repr(request.dn), repr(request.new_rdn), f"delete_old_dn={not request.keep_old}"]
        words += [f"new_superior={request.new_superior!r}"] if request.new_superior is not None else []
        return self._call(request, "modify_dn", *words)

    def write_extended(self, request: RecordedRequest) -> list[str]:
        """who_am_i, modify_password, start_tls."""
        name, connection = request.record.op.name, f"c{request.connection}"
        if name == STARTTLS:
            return self._call(request, "start_tls")
        if name != PASSWORD_MODIFY:
            return self._call(request, f"{connection}.extend.standard.who_am_i")
        asked = self.password_modify(request)
        if asked is None:
            return ["# not a Password Modify that could be asked again"]
        user, old, new = asked
        words = [f"user={user!r}", f"old_password={old}", f"new_password={new}"]
        return self._call(request, f"{connection}.extend.standard.modify_password", *words)
