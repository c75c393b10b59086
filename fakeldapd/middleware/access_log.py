"""A log line for each operation: who, what, the answer, how long. No password and no value that could be one is ever in
it."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

from fakeldapd.middleware.secrets import concealed_filter
from fakeldapd.operations.controls.session_tracking import tracked
from fakeldapd.operations.request import Action, Entries, Handler, Request, Response
from fakeldapd.protocol import filter as filters
from fakeldapd.protocol import messages as m

_log = logging.getLogger("fakeldapd.access")

SCOPES = {0: "base", 1: "one", 2: "sub", 3: "children"}
"""As OpenLDAP's tools call them."""


def access_log(handler: Handler, clock: Callable[[], float] = time.monotonic) -> Handler:
    """Log what ``handler`` answers. ``clock`` gives seconds."""

    def logged(request: Request) -> Iterator[Action]:
        began = clock()
        who = request.session.identity
        entries = 0
        result: m.LDAPResult | None = None
        ended = False
        try:
            for action in handler(request):
                if isinstance(action, Response):
                    if isinstance(action.op, m.LDAPResult):
                        result = action.op
                    else:
                        entries += 1
                elif isinstance(action, Entries):
                    entries += len(action.entries)
                yield action
            ended = True
        finally:
            name, said = describe(request.op)
            fields: dict[str, Any] = {"client": request.session.peer, "id": request.message_id}
            fields["who"] = _text(who.text) if who else ""
            fields.update(said)
            if request.controls and (session := tracked(request.controls)):
                fields["session"] = session
            if result is not None:
                fields["code"] = result.code
                if result.diagnostic:
                    fields["diagnostic"] = _text(result.diagnostic)
            elif not ended:
                fields["ended"] = "without an answer"
            if isinstance(request.op, m.SearchRequest):
                fields["entries"] = entries
            fields["ms"] = round((clock() - began) * 1000, 3)
            line = " ".join(f"{key}={value!r}" for key, value in fields.items())
            _log.info("%s %s", name, line, extra={"ldap": {"operation": name, **fields}})

    return logged


def describe(op: m.RequestOp) -> tuple[str, dict[str, Any]]:
    """An operation's name and what may be said of it."""
    name = type(op).__name__.removesuffix("Request").lower()
    match op:
        case m.BindRequest(name=dn, authentication=m.SimpleAuthentication()):
            return name, {"dn": _text(dn), "method": "simple"}
        case m.BindRequest(name=dn, authentication=m.SaslCredentials(mechanism=mechanism)):
            return name, {"dn": _text(dn), "method": _text(mechanism)}
        case m.SearchRequest():
            return name, {
                "base": _text(op.base),
                "scope": SCOPES.get(op.scope, op.scope),
                "filter": filters.to_text(concealed_filter(op.filter, _hidden)),
                "attributes": " ".join(_text(each) for each in op.attributes),
            }
        case m.ModifyRequest(dn=dn, changes=changes):
            return name, {"dn": _text(dn), "attributes": " ".join(_text(change.type) for change in changes)}
        case m.ModifyDNRequest():
            fields = {"dn": _text(op.dn), "new_rdn": _text(op.new_rdn)}
            if op.new_superior is not None:
                fields["new_superior"] = _text(op.new_superior)
            return name, fields
        case m.CompareRequest(dn=dn, attribute=attribute):
            return name, {"dn": _text(dn), "attribute": _text(attribute)}
        case m.ExtendedRequest(name=oid):
            return name, {"oid": _text(oid)}
        case m.BindRequest(name=dn) | m.AddRequest(dn=dn) | m.DeleteRequest(dn=dn):
            return name, {"dn": _text(dn)}
    return name, {}


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "backslashreplace")


def _hidden(secret: bytes) -> bytes:
    return b"hidden"
