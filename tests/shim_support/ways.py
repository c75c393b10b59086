"""The ways to ask: python-ldap and the shim, over the wire to slapd and to fakeldapd, and in this process."""

import importlib
import io
import pickle
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from oracle import certificates
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, BASE, PASSWORD, Slapd
from shim_support.calls import Group, lines
from shim_support.module_scenes import consumer, failure, iterating
from shim_support.peer import Peer
from shim_support.peer_calls import Case

Outcomes = Mapping[tuple[str, int], str]
"""What came of each line, by scene and number."""

PATIENCE = 10.0
"""Seconds after which a call that waits for ever counts as one that does."""


@dataclass(frozen=True)
class Way:
    """A module and a URI for it."""

    name: str
    module: str
    server: str


WAYS = (
    Way("python-ldap, slapd", "ldap", "slapd"),
    Way("shim, slapd", "fakeldapd.ldap", "slapd"),
    Way("shim, fakeldapd", "fakeldapd.ldap", "fakeldapd"),
    Way("shim, in process", "fakeldapd.ldap", "process"),
)
SUBMODULES = ("controls", "extop", "sasl", "filter", "modlist", "ldapobject", "functions")
USERS = ("schema", "asyncsearch", "resiter", "syncrepl")
"""Modules that make something of a connection."""
CONTROLS = ("readentry", "sss", "vlv", "deref", "ppolicy")
"""Modules of controls that have to be imported for their answers to be understood."""


def tried(function: Callable[..., Any], *args: Any) -> Any:
    """What a call gives, or what it raises."""
    try:
        return function(*args)
    except Exception as error:
        return f"{type(error).__name__}{error.args}"


def set_and_get(connection: Any, option: int, value: Any) -> tuple[Any, Any]:
    """What an option reads after it has been set."""
    return connection.set_option(option, value), tried(connection.get_option, option)


def referral(uri: str, dn: str) -> list[tuple[str, list[bytes]]]:
    """The attributes of a referral object."""
    ref = f"{uri}/{dn}".encode()
    return [("objectClass", [b"referral", b"extensibleObject"]), ("ref", [ref])]


HELP = {
    "tried": tried,
    "set_and_get": set_and_get,
    "referral": referral,
    "WHO": {0x4002: "alice", 0x4004: "alice-secret"},
    "TUNED": (0x5011, 0x5012),
    "CA": str(certificates.made().ca),
    "consumer": consumer,
    "failure": failure,
    "iterating": iterating,
    "io": io,
}
"""What lines may use besides the modules."""


def load(name: str) -> Any:
    """The module, and what programs import of it."""
    module = importlib.import_module(name)
    for each in (*SUBMODULES, *USERS):
        importlib.import_module(f"{name}.{each}")
    return module


@contextmanager
def server(kind: str, group: Group, port: int = 3999) -> Iterator[str]:
    """The URI of a server that a group wants."""
    options = {key: value() if callable(value) else value for key, value in group.options.items()}
    if kind == "process":
        from fakeldapd.ldap import register

        uri = f"ldap://127.0.0.1:{port}"
        register(uri, directory(group, options))
        try:
            yield uri
        finally:
            register(uri, None)
    else:
        with (Slapd if kind == "slapd" else Fakeldapd)(group.ldif, options) as running:
            yield f"ldap://127.0.0.1:{running.port}"


def directory(group: Group, options: Mapping[str, object]) -> Any:
    """The directory that a group wants, in this process."""
    from fakeldapd import FakeDirectory

    settings: dict[str, Any] = {key.replace("-", "_"): value for key, value in options.items()}
    return FakeDirectory(group.ldif, base=BASE, admin_dn=ADMIN, admin_password=PASSWORD, **settings)


def run(way: Way, uri: str, scenes: Mapping[str, str], more: Mapping[str, Any]) -> Outcomes:
    """What comes of every line."""
    ldap = load(way.module)
    c_layer = importlib.import_module("_ldap" if way.module == "ldap" else f"{way.module}._ldap")
    outcomes = {}
    for scene, text in scenes.items():
        names: dict[str, Any] = {
            "ldap": ldap,
            "_ldap": c_layer,
            "uri": uri,
            "ADMIN": ADMIN,
            "PASSWORD": PASSWORD,
            "LOCAL": way.server == "process",
            "a": ldap.initialize(uri),
            "l": ldap.initialize(uri),
            "c": c_layer.initialize(uri),
            "d": c_layer.initialize(uri),
            **{each: importlib.import_module(f"{way.module}.controls.{each}") for each in CONTROLS},
            **more,
        }
        for name in "alcd":
            names[name].set_option(ldap.OPT_TIMEOUT, PATIENCE)
        names["l"].simple_bind_s(ADMIN, PASSWORD)
        for number, line in enumerate(lines(text)):
            outcomes[scene, number] = normal(outcome(line, names), uri)
    return outcomes


def outcome(line: str, names: dict[str, Any]) -> str:
    """The value of a line, or what it raises. Statements may stand before, separated by a semicolon and a blank."""
    *statements, last = line.split("; ")
    try:
        for each in statements:
            exec(each, names)
        try:
            code = compile(last, "<call>", "eval")
        except SyntaxError:
            exec(last, names)
            return "done"
        return repr(eval(code, names))
    except Exception as error:
        return f"raises {type(error).__name__}{error.args!r}"


_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_TLS_TEXT = re.compile(r"'info': '\((unknown error code|self-signed certificate in certificate chain)\)'")
"""What GnuTLS says of an authority that it doesn't know, and what OpenSSL says."""
_ERANGE = "'errno': 34, "
"""GnuTLS leaves it behind."""


def normal(text: str, uri: str) -> str:
    """Without what can't be the same: ports, addresses, the name of the shim's package, texts of TLS libraries."""
    text = _TLS_TEXT.sub("'info': 'TLS'", _ADDRESS.sub("", text.replace(_ERANGE, "")))
    text = text.replace("fakeldapd.ldap", "ldap").replace("ldap.controls.base", "ldap.controls")
    return text.replace(uri.rpartition(":")[2], "PORT")


def against(case: Case, way: Way) -> tuple[list[str], list[bytes]]:
    """What comes of the lines of a case, and what the peer has received."""
    ldap = load(way.module)
    with Peer(case.script, case.greeting) as peer:
        uri = f"ldap://127.0.0.1:{peer.port}"
        connection = ldap.initialize(uri)
        connection.set_option(ldap.OPT_TIMEOUT, PATIENCE)
        names = {**HELP, "ldap": ldap, "l": connection, "c": connection._l, "uri": uri, "pickle": pickle}
        outcomes = [normal(outcome(line, names), uri) for line in case.lines()]
        names.clear()
        del connection
    return outcomes, peer.received


def asked(way: Way, group: Group, more: Mapping[str, Any]) -> Outcomes:
    """What comes of a group's scenes."""
    with ExitStack() as stack:
        uri = stack.enter_context(server(way.server, group))
        other = stack.enter_context(server(way.server, group, 3998)) if group.second else ""
        return run(way, uri, group.scenes, {**HELP, **more, "other": other})
