"""``fakeldapd ca``: the authority of ``--tls auto``, for clients to trust, and certificates for clients."""

import argparse
import os
import sys

from fakeldapd import certificates
from fakeldapd.config import PREFIX

OK, USAGE = 0, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this command."""
    parser.add_argument(
        "--tls-directory",
        metavar="DIR",
        default=os.environ.get(PREFIX + "TLS_DIRECTORY", ""),
        help="where the server keeps it (default: as for the server)",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--path", action="store_true", help="print the name of its file instead")
    what.add_argument(
        "--client", metavar="DN", help="make a certificate for a client of this name instead, and print it and its key"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for, made where it isn't there yet; gives the exit code."""
    try:
        directory = certificates.directory(arguments.tls_directory, os.environ)
        if arguments.client is not None:
            shown = certificates.client(directory, arguments.client).decode()
        else:
            made = certificates.ensure(directory)
            shown = f"{made.ca}\n" if arguments.path else made.ca.read_text(encoding="ascii")
    except certificates.CertificateError as error:
        print(f"fakeldapd ca: {error}", file=sys.stderr)
        return USAGE
    sys.stdout.write(shown)
    return OK
