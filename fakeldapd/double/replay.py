"""Requests as a program that asks the same again: a shell script of OpenLDAP's tools, or Python with a client library.

No secret is in it. It reads them from environment variables, one for each different secret, which it names at its
beginning, and it ends with 1 where an answer has another result code than the recorded one had. What can't be asked
again (SASL binds, extended operations of unknown values) is left out, with a comment that says so.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from fakeldapd.double.names import nearest
from fakeldapd.double.recorded import RecordedRequest
from fakeldapd.middleware.secrets import PasswordModify, Secret, concealed_filter
from fakeldapd.operations.controls.paged_results import PAGED_RESULTS
from fakeldapd.operations.extended import WHO_AM_I
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.protocol.filter import to_text


class Secrets:
    """The environment variables for secrets: one for each different one, named after who or what it is first of."""

    def __init__(self) -> None:
        self.names: dict[Secret, str] = {}
        self.told: dict[str, str] = {}

    def name(self, secret: Secret, what: str, of: str) -> str:
        """The variable of a secret that is ``what`` of the entry ``of``."""
        if secret not in self.names:
            stem = re.sub(r"[^A-Z0-9]+", "_", f"{_short(of)}_{what}".upper()).strip("_")
            stem = f"LDAP_{stem}" if not stem[:1].isalpha() else stem
            name, number = stem, 2
            while name in self.told:
                name, number = f"{stem}_{number}", number + 1
            self.names[secret] = name
            self.told[name] = f"{what} of {of or 'whoever asks'}"
        return self.names[secret]


def _short(dn: str) -> str:
    """The value of a DN's first RDN."""
    return dn.partition(",")[0].partition("=")[2] or "LDAP"


class Writer:
    """What the writers of all clients share. A client's own has a method for each operation, which gives lines."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.secrets = Secrets()

    def program(self, requests: Sequence[RecordedRequest]) -> str:
        """The whole program."""
        body: list[str] = []
        for request in requests:
            body += self.lines(request)
        return "\n".join([*self.beginning(), *body, *self.end()]) + "\n"

    def lines(self, request: RecordedRequest) -> list[str]:
        """The lines for one request."""
        record = request.record
        op = record.op
        reason = None
        if isinstance(op, m.BindRequest) and not isinstance(op.authentication, m.SimpleAuthentication):
            reason = f"a bind with {request.method}"
        elif isinstance(op, m.AbandonRequest | m.UndecodableModifyRequest):
            reason = f"{request.op}"
        elif isinstance(op, m.ExtendedRequest) and op.name not in (WHO_AM_I, PASSWORD_MODIFY, STARTTLS):
            reason = f"the extended operation {request.name}"
        elif request.code is None and not isinstance(op, m.UnbindRequest):
            reason = f"{request.op} that had no answer"
        elif any(isinstance(control.value, Secret) for control in request.controls):
            reason = f"{request.op} with a secret in a control"
        elif (page := paged(request)) is not None and page[1]:
            reason = "the next page of a search above"
        if reason is None:
            return ["", f"# {request.number}: {request.op}", *self.one(request)]
        return ["", f"# {request.number}: {reason}: not asked again"]

    def one(self, request: RecordedRequest) -> list[str]:
        """The lines that ask once more."""
        method: Callable[[RecordedRequest], list[str]] = getattr(self, f"write_{request.op}")
        return method(request)

    def beginning(self) -> list[str]:
        """The lines before the first request; asked for when all requests have been written."""
        raise AttributeError("beginning")

    def end(self) -> list[str]:
        """The lines behind the last."""
        raise AttributeError("end")

    # --- what requests are made of ------------------------------------------------------------------------------------

    def secret(self, secret: Any, what: str, of: str) -> str | None:
        """The variable of a secret; None for what is none."""
        return self.secrets.name(secret, what, of) if isinstance(secret, Secret) else None

    def password_of(self, request: RecordedRequest) -> str | None:
        """The variable of a bind's password; None where there is none."""
        return self.secret(request.password, "wrong password" if request.code == 49 else "password", request.dn)

    def filter(self, request: RecordedRequest) -> list[str | tuple[str]]:
        """A search's filter in pieces: text, and variables in a tuple each."""
        variables: list[str] = []

        def mark(secret: Any) -> bytes:
            variables.append(self.secrets.name(secret, "searched password", request.base))
            return MARK % (len(variables) - 1)

        text = to_text(concealed_filter(request.record.op.filter, mark))
        pieces: list[str | tuple[str]] = []
        for position, piece in enumerate(_MARKED.split(text)):
            pieces.append((variables[int(piece)],) if position % 2 else piece)
        return [piece for piece in pieces if piece]


MARK = b"fakeldapd0secret%dz"
"""What stands for a secret until the program's own words for it are put there."""

_MARKED = re.compile(r"fakeldapd0secret(\d+)z")


def paged(request: RecordedRequest) -> tuple[int, bytes] | None:
    """Size and cookie of the paged results control (RFC 2696) that a request came with."""
    for control in request.controls:
        if control.oid == PAGED_RESULTS and control.value is not None:
            try:
                _, offset, _ = ber.header(control.value, 0)
                size, offset = ber.integer(control.value, offset)
                return size, ber.octet_string(control.value, offset)[0]
            except (ber.BERError, IndexError):
                return None
    return None


def plain_controls(request: RecordedRequest) -> list[m.Control]:
    """The controls of a request without that of pages."""
    return [control for control in request.controls if control.oid != PAGED_RESULTS]


def password_modify(request: RecordedRequest) -> PasswordModify | None:
    """The passwords of a Password Modify request, None for another or one that can't be read."""
    value: Any = request.record.op.value
    return value if isinstance(value, PasswordModify) else None


def as_code(requests: Iterable[RecordedRequest], client: str, url: str) -> str:
    """See ``Requests.as_code``."""
    from fakeldapd.double.replay_python import Ldap3, PythonLdap
    from fakeldapd.double.replay_shell import Shell

    writers: dict[str, type[Writer]] = {"ldapsearch": Shell, "python-ldap": PythonLdap, "ldap3": Ldap3}
    if client not in writers:
        raise ValueError(f"client={client!r}: one of {', '.join(writers)} is expected{nearest(client, writers)}")
    return writers[client](url).program(list(requests))
