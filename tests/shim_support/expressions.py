"""Calls written as expressions, put to python-ldap's modules and to ours, and what comes out of them as plain data.

An expression sees the modules under their names (``dn``, ``ldif``, ``sss`` ...), and helpers for what takes more than
one call. Outcomes compare equal when values, types of objects with their attributes, and exceptions with their class
and arguments do.
"""

import importlib
import io
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import GeneratorType
from typing import Any

MODULES = {
    "ldap": "ldap",
    "asyncsearch": "ldap.asyncsearch",
    "ci": "ldap.cidict",
    "controls": "ldap.controls",
    "deref": "ldap.controls.deref",
    "libldap": "ldap.controls.libldap",
    "openldap": "ldap.controls.openldap",
    "paged": "ldap.controls.pagedresults",
    "ppolicy": "ldap.controls.ppolicy",
    "psearch": "ldap.controls.psearch",
    "pwdpolicy": "ldap.controls.pwdpolicy",
    "readentry": "ldap.controls.readentry",
    "sessiontrack": "ldap.controls.sessiontrack",
    "simple": "ldap.controls.simple",
    "sss": "ldap.controls.sss",
    "vlv": "ldap.controls.vlv",
    "dn": "ldap.dn",
    "extop": "ldap.extop",
    "filter": "ldap.filter",
    "modlist": "ldap.modlist",
    "resiter": "ldap.resiter",
    "sasl": "ldap.sasl",
    "schema": "ldap.schema",
    "models": "ldap.schema.models",
    "syncrepl": "ldap.syncrepl",
    "tokenizer": "ldap.schema.tokenizer",
    "ldapurl": "ldapurl",
    "ldif": "ldif",
}


SUBSCHEMA: dict[str, list[bytes]] = {
    "objectClasses": [
        b"( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
        b"( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY ( userPassword $ telephoneNumber ) )",
        b"( 2.5.6.7 NAME 'organizationalPerson' SUP person STRUCTURAL MAY title )",
        b"( 9.1 NAME ( 'aux' 'auxAlias' ) SUP top AUXILIARY MAY ( mail $ cn ) MUST uid )",
        b"( 9.2 NAME 'aux2' AUXILIARY MAY nosuch )",
        b"( 9.3 NAME 'other' SUP top STRUCTURAL )",
        b"( 9.4 NAME 'orphan' SUP missing )",
        b"( 9.5 NAME 'extensibleObject' SUP top AUXILIARY )",
    ],
    "attributeTypes": [
        b"( 2.5.4.0 NAME 'objectClass' EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )",
        b"( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch"
        b" SYNTAX 1.3.6.1.4.1.1466.115.121.1.15{32768} )",
        b"( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )",
        b"( 2.5.4.4 NAME 'sn' SUP name )",
        b"( 2.5.4.35 NAME 'userPassword' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40{128} )",
        b"( 2.5.4.20 NAME 'telephoneNumber' SYNTAX 1.3.6.1.4.1.1466.115.121.1.50 )",
        b"( 2.5.4.12 NAME 'title' SUP name )",
        b"( 8.1 NAME 'mail' SYNTAX 1.3.6.1.4.1.1466.115.121.1.26{256} SINGLE-VALUE )",
        b"( 8.2 NAME 'uid' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
        b"( 8.3 NAME 'op' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 USAGE dSAOperation NO-USER-MODIFICATION )",
    ],
    "ldapSyntaxes": [
        b"( 1.3.6.1.4.1.1466.115.121.1.15 DESC 'Directory String' )",
        b"( 1.3.6.1.4.1.1466.115.121.1.40 DESC 'Octet String' X-NOT-HUMAN-READABLE 'TRUE' )",
    ],
    "matchingRules": [
        b"( 2.5.13.2 NAME 'caseIgnoreMatch' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )",
    ],
    "matchingRuleUse": [
        b"( 2.5.13.2 NAME 'caseIgnoreMatch' APPLIES ( cn $ sn ) )",
    ],
    "dITContentRules": [
        b"( 2.5.6.6 NAME 'pcr' AUX ( aux $ aux2 ) MUST title MAY mail NOT telephoneNumber )",
    ],
    "dITStructureRules": [
        b"( 1 NAME 'sr' FORM nf )",
        b"( 2 NAME 'sr2' FORM nf SUP 1 )",
    ],
    "nameForms": [
        b"( 7.1 NAME 'nf' OC person MUST cn )",
    ],
    "cn": [
        b"Subschema",
    ],
    "modifyTimestamp": [
        b"x",
    ],
}
"""A small subschema subentry."""

ENTRY = {
    "objectClass": [b"person", b"aux"],
    "cn": [b"x"],
    "commonName": [b"z"],
    "SN": [b"y"],
    "unknown": [b"q"],
    "mail;lang-en": [b"m"],
    "2.5.4.12": [b"t"],
}


@cache
def expressions(path: Path) -> list[str]:
    """The lines of a file that are not empty and no comment."""
    lines = path.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@cache
def namespace(prefix: str) -> dict[str, Any]:
    """What an expression sees: python-ldap's modules for ``""``, ours for ``"fakeldapd."``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        seen: dict[str, Any] = {name: importlib.import_module(prefix + path) for name, path in MODULES.items()}
    seen |= {"after": after, "encoded": encoded, "decoded": decoded, "Messages": Messages, "io": io}
    seen["subschema"] = seen["schema"].SubSchema(SUBSCHEMA)
    seen["entry"] = seen["schema"].Entry(seen["subschema"], "cn=x", ENTRY)
    ldif = seen["ldif"]
    seen["parsed"] = lambda text, method="parse", **options: _parsed(ldif, text, method, options)
    seen["written"] = lambda dn, record, **options: _written(ldif, dn, record, options)
    seen["consumed"] = lambda messages, **options: _consumed(seen["syncrepl"], messages, options)
    seen["searched"] = lambda kind, messages, *numbers: _searched(seen["asyncsearch"], kind, messages, numbers)
    seen["iterated"] = lambda messages: _iterated(seen["resiter"], messages)
    return seen


def outcome(prefix: str, expression: str) -> Any:
    """What ``expression`` comes to, as plain data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return plain(eval(expression, dict(namespace(prefix))))
        except Exception as error:
            return plain(error)


def plain(value: Any) -> Any:
    """``value`` without what differs between python-ldap's objects and ours: where their classes are."""
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return (type(value).__name__, value)
    if isinstance(value, BaseException):
        return ("raised", type(value).__name__, [plain(_without_errno(argument)) for argument in value.args])
    if isinstance(value, type) or callable(value):
        return ("named", value.__name__)
    if hasattr(value, "prettyPrint"):
        return (type(value).__name__, value.prettyPrint())
    if isinstance(value, Mapping) and type(value).__name__ != "Entry":
        return (type(value).__name__, [(plain(key), plain(item)) for key, item in value.items()])
    if isinstance(value, list | tuple | GeneratorType):
        return (type(value).__name__, [plain(item) for item in value])
    if isinstance(value, set | frozenset):
        return (type(value).__name__, sorted(map(str, value)))
    attributes = getattr(value, "__dict__", {})
    return (type(value).__name__, sorted((name, plain(item)) for name, item in attributes.items() if name[0] != "_"))


def _without_errno(argument: Any) -> Any:
    """libldap's errors tell the C library's errno, which some other call may have set."""
    return {key: item for key, item in argument.items() if key != "errno"} if type(argument) is dict else argument


def after(thing: Any, method: str, *arguments: Any) -> Any:
    """What a method returns, and what its object is then."""
    returned = getattr(thing, method)(*arguments)
    return returned, thing


def encoded(control: Any) -> Any:
    """A request control, and its value."""
    return control, control.encodeControlValue()


def decoded(control: Any, octets: bytes) -> Any:
    """A response control that has decoded ``octets``."""
    return after(control, "decodeControlValue", octets)


class Messages:
    """In place of a connection: gives the messages one after another, and notes the calls."""

    def __init__(self, messages: list[Any]) -> None:
        self.messages = list(messages)
        self.calls: list[Any] = []

    def _next(self) -> Any:
        message = self.messages.pop(0) if self.messages else EOFError("no more")
        if isinstance(message, Exception):
            raise message
        return message

    def search_ext(self, *arguments: Any, **options: Any) -> int:
        self.calls.append(("search_ext", arguments, options))
        return 7

    def result3(self, *arguments: Any, **options: Any) -> Any:
        self.calls.append(("result3", arguments, options))
        return self._next()

    def result4(self, *arguments: Any, **options: Any) -> Any:
        self.calls.append(("result4", arguments, options))
        return self._next()

    def abandon(self, *arguments: Any) -> None:
        self.calls.append(("abandon", arguments))


def _parsed(ldif: Any, text: str | bytes, method: str, options: dict[str, Any]) -> Any:
    seen: list[Any] = []

    class Parser(ldif.LDIFParser):  # type: ignore[misc]
        def handle(self, *arguments: Any) -> None:
            seen.append(("entry", arguments))

        def handle_modify(self, *arguments: Any) -> None:
            seen.append(("modify", arguments))

    parser = Parser(io.BytesIO(text) if isinstance(text, bytes) else io.StringIO(text), **options)
    try:
        getattr(parser, method)()
    except Exception as error:
        seen.append(error)
    counters = parser.version, parser.line_counter, parser.byte_counter, parser.records_read, parser.changetype_counter
    return seen, counters


def _written(ldif: Any, dn: Any, record: Any, options: dict[str, Any]) -> Any:
    file = io.StringIO()
    writer = ldif.LDIFWriter(file, **options)
    try:
        writer.unparse(dn, record)
    except Exception as error:
        return file.getvalue(), error
    return file.getvalue(), writer.records_written


def _consumed(syncrepl: Any, messages: list[Any], options: dict[str, Any]) -> Any:
    log: list[Any] = []

    class Consumer(Messages, syncrepl.SyncreplConsumer):  # type: ignore[misc]
        def syncrepl_set_cookie(self, *arguments: Any) -> None:
            log.append(("cookie", arguments))

        def syncrepl_present(self, uuids: Any, refreshDeletes: bool = False) -> None:
            log.append(("present", uuids, refreshDeletes))

        def syncrepl_delete(self, *arguments: Any) -> None:
            log.append(("delete", arguments))

        def syncrepl_entry(self, *arguments: Any) -> None:
            log.append(("entry", arguments))

        def syncrepl_refreshdone(self) -> None:
            log.append("done")

    consumer = Consumer(messages)
    consumer.syncrepl_search("dc=x", 2)
    while consumer.messages:
        try:
            log.append(consumer.syncrepl_poll(**options))
        except Exception as error:
            log.append(error)
    return log, consumer.calls


def _searched(asyncsearch: Any, kind: str, messages: list[Any], numbers: tuple[int, ...]) -> Any:
    connection = Messages(messages)
    search = getattr(asyncsearch, kind)(connection)
    search.startSearch("dc=x", 2, "(a=b)")
    try:
        returned = search.processResults(*numbers)
    except Exception as error:
        returned = error
    return returned, search, connection.calls


def _iterated(resiter: Any, messages: list[Any]) -> Any:
    class Connection(Messages, resiter.ResultProcessor):  # type: ignore[misc]
        pass

    connection = Connection(messages)
    return list(connection.allresults(7)), connection.calls
