"""``fakeldapd explain``: why a search finds what it finds, and not the rest, clause by clause.

The entries are those of LDIF files, or of a server, from which everything in the search's scope is fetched; the schema
is ours, lenient with what a server's entries have of their own. A server's access rules aren't known here: what they
keep from whoever fetches isn't there.
"""

import argparse
import itertools
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fakeldapd import config
from fakeldapd.commands import client
from fakeldapd.config import ConfigError

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

OPTIONS = frozenset(["base", "schema", "schema_check", "overlay", "access"])
"""The server's options that decide what a search finds."""

INTERMIXED = True
"""Options may stand among the files and the search."""

SCOPES = ("base", "one", "sub", "subordinate")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the entries are, and the search."""
    parser.usage = "fakeldapd explain (FILE.ldif ... | --url URL) BASE SCOPE FILTER [options]"
    parser.add_argument(
        "search", nargs="+", metavar="FILE.ldif ... BASE SCOPE FILTER", help=f"SCOPE: {', '.join(SCOPES)}"
    )
    parser.add_argument(
        "--as", dest="identity", metavar="DN", help='who asks ("" for nobody; default: who may see all)'
    )
    parser.add_argument("--all", action="store_true", help="show every entry in scope, not just the nearest")
    config.add_arguments(parser, OPTIONS)
    client.add_arguments(parser)
    parser.set_defaults(url=None)


def run(arguments: argparse.Namespace) -> int:
    """Explain; gives the exit code: 0 where something matches, 1 where nothing does, 2 for wrong usage, 3 where there
    are no entries to look at, 4 where there is no connection.
    """
    from fakeldapd.double.explain import SHOWN, explain, session_of
    from fakeldapd.loading import LoadError
    from fakeldapd.protocol import messages as m
    from fakeldapd.protocol.filter import FilterSyntaxError
    from fakeldapd.protocol.result import LDAPError

    try:
        arguments.files, (base, scope, filter) = _search(arguments)
        directory = _from_files(arguments) if arguments.url is None else _fetched(arguments, base, scope)
        session = session_of(directory, arguments.identity)
        found = explain(directory, session, base, (scope, m.Scope(SCOPES.index(scope))), filter)
    except (client.UsageError, ConfigError, FilterSyntaxError) as error:
        return client.complain("explain", error, client.USAGE)
    except client.CannotConnect as error:
        return client.complain("explain", error, client.CANNOT_CONNECT)
    except (LoadError, LDAPError, client.ConnectionLost) as error:
        return client.complain("explain", error, client.BAD_DATA)
    text = found.text(None if arguments.all else SHOWN)
    sys.stdout.buffer.write(text.encode(errors="surrogateescape") + b"\n")
    sys.stdout.buffer.flush()
    return client.OK if found.matched else 1


def _search(arguments: argparse.Namespace) -> tuple[list[str], tuple[str, str, str]]:
    """The files, and what is searched for. Raises UsageError."""
    words: list[str] = arguments.search
    files, search = words[:-3], words[-3:]
    if len(search) < 3:
        raise client.UsageError("BASE, SCOPE and FILTER are expected, in this order")
    if arguments.url is None and not files:
        raise client.UsageError("name an LDIF file before BASE, SCOPE and FILTER, or a server with --url")
    if arguments.url is not None and files:
        raise client.UsageError(f"either --url or {files[0]}, not both; a filter with blanks needs quotes")
    base, scope, filter = search
    if scope not in SCOPES:
        from fakeldapd.double.names import nearest

        raise client.UsageError(f"SCOPE {scope!r}: one of {', '.join(SCOPES)} is expected{nearest(scope, SCOPES)}")
    return files, (base, scope, filter)


def _settings(arguments: argparse.Namespace) -> config.Config:
    wanted = {config.PREFIX + name.upper() for name in OPTIONS}
    environ = {name: value for name, value in os.environ.items() if name in wanted}
    return config.from_arguments(arguments, environ)


def _from_files(arguments: argparse.Namespace) -> "Directory":
    """A directory with what the files hold."""
    from fakeldapd.loading import build

    return build(_settings(arguments))


def _fetched(arguments: argparse.Namespace, base: str, scope: str) -> "Directory":
    """A directory with what a server has in the search's scope. Raises what connecting and loading do."""
    from dataclasses import replace

    from fakeldapd.commands import dump
    from fakeldapd.directory import ldif
    from fakeldapd.directory.ldifwriter import write_record
    from fakeldapd.loading import build

    settings = _settings(arguments)
    connection = client.connect(arguments)
    try:
        records = [write_record(dn, attributes) for dn, attributes in _entries(connection, base, scope)]
    except dump.Incomplete as error:
        raise client.ConnectionLost(str(error)) from None
    finally:
        client.close(connection)
    if not records:
        raise client.ConnectionLost(f"'{base}': the server shows nothing there")
    check = "lenient" if settings.schema_check == "strict" else settings.schema_check
    settings = replace(settings, base=settings.base or (base,), schema_check=check, ldif_no_syntax_check=True)
    return build(settings, records=ldif.read(b"".join(records), arguments.url))


def _entries(connection: object, base: str, scope: str) -> Iterator[tuple[bytes, list[tuple[bytes, list[bytes]]]]]:
    from fakeldapd.commands import dump

    supported, _ = dump.facts(connection)
    paged = dump.PAGED_RESULTS.encode() in supported
    every, wanted, controls = "(objectClass=*)", ["*", "+"], [client.MANAGE_DSA_IT]
    found = dump.fetch(connection, base, every, wanted, False, controls, "BASE")
    if scope == "one":
        found = itertools.chain(found, dump.fetch(connection, base, every, wanted, paged, controls, "LEVEL"))
    elif scope != "base":
        found = dump.superiors_first(dump.fetch(connection, base, every, wanted, paged, controls))
    yield from found
