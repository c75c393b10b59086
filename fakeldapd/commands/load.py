"""``fakeldapd load``: send LDIF to an LDAP server, entry by entry, as ldapadd and ldapmodify do.

Entries are added, change records carried out, in the order of the files. The first error ends it, with ``--continue``
none does; each error names file, line and DN. What a server keeps for itself (entryUUID, createTimestamp and the like,
as slapcat writes them) is left out, or sent with the Relax Rules control on request.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from fakeldapd.commands import client
from fakeldapd.directory.ldif import ChangeRecord, LDIFError, Readable, Record, read
from fakeldapd.progress import Progress
from fakeldapd.protocol.messages import AddRequest, Attribute, Control

COMPUTED = frozenset([b"entrydn", b"subschemasubentry", b"hassubordinates", b"numsubordinates"])
KEPT_BY_SERVERS = COMPUTED | frozenset(
    [
        b"contextcsn",
        b"createtimestamp",
        b"creatorsname",
        b"entrycsn",
        b"entryuuid",
        b"modifiersname",
        b"modifytimestamp",
        b"structuralobjectclass",
    ]
)
"""Attributes that a user cannot write (RFC 4512 section 3.4, RFC 4530, RFC 5020), in lower case."""

RELAX_RULES = Control(b"1.3.6.1.4.1.4203.666.5.12", True)
"""draft-zeilenga-ldap-relax, under slapd's OID."""


class Stopped(Exception):
    """An error has been told, and loading ends with it."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The server, and the files."""
    client.add_arguments(parser)
    parser.add_argument("-c", "--continue", dest="go_on", action="store_true", help="go on after an error")
    parser.add_argument(
        "--ldif-file-urls",
        metavar="DIR",
        help="let LDIF take values from files (`attribute:< file:///...`) below this directory",
    )
    parser.add_argument(
        "--ldif-operational",
        choices=("new", "keep"),
        default="new",
        help="operational attributes in LDIF: let the server make new ones, or send them with the Relax Rules control"
        " (default: new)",
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help="LDIF (default: standard input)")


def run(arguments: argparse.Namespace) -> int:
    """Load; gives the exit code: 0, 2 for wrong usage, 3 where something went wrong, 4 where there is no connection."""
    try:
        for name in arguments.files:
            open(name, "rb").close()  # before anything is sent
        connection = client.connect(arguments)
    except OSError as error:
        return client.complain("load", f"{error.filename}: {error.strerror}", client.USAGE)
    except client.UsageError as error:
        return client.complain("load", error, client.USAGE)
    except client.CannotConnect as error:
        return client.complain("load", error, client.CANNOT_CONNECT)
    loading = _Loading(connection, arguments)
    try:
        for name in arguments.files:
            with open(name, "rb") as file, Progress(file, name) as readable:
                loading.take(readable, name)
        if not arguments.files:
            loading.take(sys.stdin.buffer, "<stdin>")
    except Stopped:
        pass
    except client.ConnectionLost as error:
        client.complain("load", error, client.BAD_DATA)
        loading.errors += 1
    finally:
        client.close(connection)
    mistakes = f", {loading.errors} {'error' if loading.errors == 1 else 'errors'}" if loading.errors else ""
    print(
        f"fakeldapd load: {loading.done} {'record' if loading.done == 1 else 'records'} done{mistakes}", file=sys.stderr
    )
    return client.BAD_DATA if loading.errors else client.OK


class _Loading:
    def __init__(self, connection: Any, arguments: argparse.Namespace) -> None:
        self.connection = connection
        self.file_urls: str | None = arguments.ldif_file_urls
        self.go_on: bool = arguments.go_on
        self.keep: bool = arguments.ldif_operational == "keep"
        self.done = 0
        self.errors = 0

    def take(self, file: Readable, name: str) -> None:
        """Send what is in a file. Raises Stopped after an error that ends it."""
        for record in read(file, name, file_urls=self.file_urls, on_error=self.tell):
            if record.dn or isinstance(record, ChangeRecord):  # the root DSE is in dumps of everything
                self.send(record)

    def tell(self, error: LDIFError) -> None:
        self.errors += 1
        print(error, file=sys.stderr)
        if not self.go_on:
            raise Stopped

    def send(self, record: Record) -> None:
        result = client.send(self.connection, *self.request(record))
        if result["result"]:
            self.tell(record.error(client.said(result)))
        else:
            self.done += 1

    def request(self, record: Record) -> Any:
        """The request that a record stands for, and its controls."""
        if isinstance(record, ChangeRecord):
            op, controls = record.op, record.controls
            if not isinstance(op, AddRequest):
                return op, controls
        else:
            op, controls = AddRequest(record.dn, tuple(record.attributes)), ()
        return AddRequest(op.dn, tuple(self._without(op.attributes))), controls + (RELAX_RULES,) * self.keep

    def _without(self, attributes: tuple[Attribute, ...]) -> Iterator[Attribute]:
        left_out = COMPUTED if self.keep else KEPT_BY_SERVERS
        return (attribute for attribute in attributes if attribute.type.lower() not in left_out)
