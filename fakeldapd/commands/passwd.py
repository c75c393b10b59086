"""``fakeldapd passwd``: hash a password, for a userPassword in LDIF or for ``--admin-password``.

The password comes from ``-s``, from a prompt where there is a terminal, or else is the first line of standard input.
Only the hash is ever printed.
"""

import argparse
import getpass
import sys

from fakeldapd.directory.passwords import SCHEMES, hash_password

OK, USAGE = 0, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The scheme, and perhaps the password."""
    parser.add_argument(
        "--scheme",
        "-H",
        default="SSHA",
        metavar="NAME",
        help=f"how to hash it: {', '.join(SCHEMES)} (default: SSHA)",
    )
    parser.add_argument(
        "-s", dest="secret", metavar="PW", help="the password; other users of the machine may see it in `ps`"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the hash; gives the exit code."""
    try:
        print(hash_password(_password(arguments.secret), arguments.scheme).decode(errors="surrogateescape"))
    except ValueError as error:
        print(f"fakeldapd passwd: {error}", file=sys.stderr)
        return USAGE
    return OK


def _password(given: str | None) -> bytes:
    """The password. Raises ValueError where there is none, or two that differ."""
    if given is None and sys.stdin.isatty():
        given = getpass.getpass("New password: ")
        if getpass.getpass("Once more: ") != given:
            raise ValueError("the two passwords differ")
    password = sys.stdin.buffer.readline().rstrip(b"\r\n") if given is None else given.encode(errors="surrogateescape")
    if not password:
        raise ValueError("the password is empty; a bind without a password is anonymous")
    return password
