"""``fakeldapd dump``: what an LDAP server holds, as LDIF that ``fakeldapd serve`` (or slapadd) loads again.

Entries come in pages where the server has the paged results control (RFC 2696). Superiors are written before what is
below them, whatever order the server has. A dump that isn't complete ends with an error and exit code 3; ``-o`` leaves
no file then.
"""

import argparse
import contextlib
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

from fakeldapd.commands import client
from fakeldapd.directory.ldifwriter import VERSION, write_record
from fakeldapd.protocol.result import ResultCode

PAGED_RESULTS = "1.2.840.113556.1.4.319"
SUBENTRIES = ("1.3.6.1.4.1.4203.1.10.1", True, b"\x01\x01\xff")
"""The control that asks for subentries, which a search shows by themselves only (RFC 3672 section 3)."""
PAGE = 500

COMPUTED = frozenset(["entrydn", "subschemasubentry", "hassubordinates", "numsubordinates"])
"""Operational attributes that no server stores, in lower case: loading them again makes no sense."""

ADVICE = {
    3: "the server's time limit; bind as its administrator (-D, -w), raise the limit, or dump parts with --base",
    4: "the server's size limit; bind as its administrator (-D, -w), raise the limit, or dump parts with --base",
    11: "an administrative limit of the server; bind as its administrator (-D, -w)",
    32: "is there an entry of this DN, and may you read it?",
}
"""What to do about result codes of a search."""

_SEPARATORS = re.compile(rb" *([,=]) *")

Found: TypeAlias = tuple[bytes, list[tuple[bytes, list[bytes]]]]
"""An entry: its DN, and its attributes with their values."""


class Incomplete(Exception):
    """There is more than what has been written."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The server, and what to take from it."""
    client.add_arguments(parser)
    parser.add_argument(
        "--base",
        action="append",
        metavar="DN",
        help="dump this subtree (default: all naming contexts); may be repeated",
    )
    parser.add_argument("--operational", action="store_true", help="operational attributes, too")
    parser.add_argument("-o", "--output", metavar="FILE", help="write to this file (default: standard output)")
    parser.add_argument("filter", nargs="?", help="which entries (default: all)")


def run(arguments: argparse.Namespace) -> int:
    """Dump; gives the exit code: 0, 2 for wrong usage, 3 where something is missing, 4 where there is no connection."""
    try:
        connection = client.connect(arguments)
        try:
            if arguments.output is None:
                _write(_dump(connection, arguments), sys.stdout.buffer.write)
                sys.stdout.buffer.flush()
            else:
                _write_file(Path(arguments.output), _dump(connection, arguments))
        finally:
            client.close(connection)
    except client.UsageError as error:
        return client.complain("dump", error, client.USAGE)
    except client.CannotConnect as error:
        return client.complain("dump", error, client.CANNOT_CONNECT)
    except (Incomplete, client.ConnectionLost) as error:
        return client.complain("dump", error, client.BAD_DATA)
    except BrokenPipeError:
        # Who reads has had enough. The interpreter would flush once more, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return client.OK


def _dump(connection: Any, arguments: argparse.Namespace) -> Iterator[Found]:
    """Every entry that is asked for."""
    supported, contexts = facts(connection)
    paged = PAGED_RESULTS.encode() in supported
    bases = arguments.base or contexts
    if not bases:
        raise client.UsageError("the server names no naming contexts; name what to dump with --base DN")
    # A referral's ref is operational (RFC 3296), and yet what it is all about.
    wanted = ["*", "+"] if arguments.operational else ["*", "ref"]
    for base in bases:
        if not arguments.base and not _exists(connection, base):
            continue  # a naming context may be empty
        filter = arguments.filter or "(objectClass=*)"
        found = fetch(connection, base, filter, wanted, paged, [client.MANAGE_DSA_IT])
        if SUBENTRIES[0].encode() in supported:
            subentries = fetch(connection, base, filter, wanted, paged, [client.MANAGE_DSA_IT, SUBENTRIES])
            found = itertools.chain(found, subentries)
        yield from found if arguments.filter else superiors_first(found)


def facts(connection: Any) -> tuple[list[bytes], list[str]]:
    """What the root DSE (RFC 4512 section 5.1) says: the controls that the server knows, and the naming contexts."""
    wanted = ["supportedControl", "namingContexts"]
    with client.talking():
        connection.search("", "(objectClass=*)", "BASE", attributes=wanted)
    facts: dict[str, list[bytes]] = {}
    for response in connection.response or ():
        if response["type"] == "searchResEntry":
            facts = {name.lower(): values for name, values in response["raw_attributes"].items()}
    contexts = [value.decode(errors="surrogateescape") for value in facts.get("namingcontexts", ())]
    return facts.get("supportedcontrol", []), [name for name in contexts if name]


def _exists(connection: Any, base: str) -> bool:
    """Whether a naming context has its first entry."""
    with client.talking():
        connection.search(base, "(objectClass=*)", "BASE", attributes=["1.1"], controls=[client.MANAGE_DSA_IT])
    return bool(connection.result["result"] != ResultCode.NO_SUCH_OBJECT)


def fetch(
    connection: Any,
    base: str,
    filter: str,
    wanted: list[str],
    paged: bool,
    controls: list[Any],
    scope: str = "SUBTREE",
) -> Iterator[Found]:
    """The entries in a scope. Raises Incomplete when the server doesn't give them all."""
    cookie: bytes | None = None
    count = 0
    while True:
        with client.talking("filter " + filter):
            connection.search(
                base,
                filter,
                scope,
                dereference_aliases="NEVER",
                attributes=wanted,
                paged_size=PAGE if paged else None,
                paged_cookie=cookie,
                controls=controls,
            )
        for response in connection.response or ():
            if response["type"] == "searchResEntry":
                count += 1
                yield _entry(response)
            elif response["type"] == "searchResRef":
                raise Incomplete(f"'{base}': the server refers to {' '.join(response['uri'])} for a part of it")
        result = connection.result
        if result["result"]:
            advice = ADVICE.get(result["result"])
            raise Incomplete(
                f"'{base}': {client.said(result)}"
                + (f" after {count} entries" if count else "")
                + f"\n({advice})" * bool(advice)
            )
        control = (result.get("controls") or {}).get(PAGED_RESULTS)
        cookie = control["value"]["cookie"] if control else None
        if not cookie:
            return


def _entry(response: Any) -> Found:
    attributes = response["raw_attributes"]
    return bytes(response["raw_dn"]), [
        (name.encode(), values) for name, values in attributes.items() if values and name.lower() not in COMPUTED
    ]


# --- order ----------------------------------------------------------------------------------------------------------


def superiors_first(entries: Iterable[Found]) -> Iterator[Found]:
    """The same entries with superiors before subordinates; those wait whose superior comes later, or never."""
    waiting: dict[bytes, list[tuple[bytes, Found]]] = {}
    written: set[bytes] = set()
    first = True
    for entry in entries:
        name = _SEPARATORS.sub(rb"\1", entry[0].lower())
        superior = _superior(name)
        if not first and superior not in written:
            waiting.setdefault(superior, []).append((name, entry))
            continue
        first = False
        ready = [(name, entry)]
        while ready:
            name, entry = ready.pop()
            written.add(name)
            yield entry
            ready.extend(reversed(waiting.pop(name, ())))
    left = [found for group in waiting.values() for found in group]
    yield from (entry for _, entry in sorted(left, key=lambda found: found[0].count(b",")))


def _superior(name: bytes) -> bytes:
    """The DN behind the first comma that isn't escaped (RFC 4514 section 2.4)."""
    at = name.find(b",")
    while at > 0 and (at - len(name[:at].rstrip(b"\\"))) % 2:
        at = name.find(b",", at + 1)
    return name[at + 1 :] if at >= 0 else b""


# --- output ---------------------------------------------------------------------------------------------------------


def _write(entries: Iterator[Found], write: Callable[[bytes], object]) -> None:
    first = next(entries, None)  # which may as well be an error: then nothing at all is written
    write(VERSION)
    for dn, attributes in itertools.chain([first] if first else [], entries):
        write(write_record(dn, attributes))


def _write_file(path: Path, entries: Iterator[Found]) -> None:
    """All or nothing: the file is there once it is complete. Raises UsageError where it cannot be."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        # It holds passwords: nobody else should read it.
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _write(entries, file.write)
        temporary.replace(path)
    except OSError as error:
        raise client.UsageError(f"--output {path}: {error.strerror}") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
