"""``fakeldapd check``: load LDIF as ``fakeldapd serve`` would, and tell everything that is wrong with it.

It is the server's own loading, with a list of mistakes where the server gives up at the first. Each mistake is a line
on standard output, ``file:line: dn: reason``, as compilers print theirs.
"""

import argparse
import os
import sys
from typing import TYPE_CHECKING

from fakeldapd import config
from fakeldapd.config import ConfigError

if TYPE_CHECKING:
    from fakeldapd.directory.ldif import LDIFError

OPTIONS = frozenset(
    ["files", "base", "schema", "schema_check", "ldif_no_syntax_check", "ldif_file_urls", "ldif_operational"]
)
"""The server's options that decide whether LDIF is good."""

OK, USAGE, BAD_DATA = 0, 2, 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Files, and how strict to be with them."""
    config.add_arguments(parser, OPTIONS)


def run(arguments: argparse.Namespace) -> int:
    """Check the files; gives the exit code: 0, 2 for wrong usage, 3 where something is wrong."""
    from fakeldapd.loading import LoadError, build

    errors: list[LDIFError] = []

    def tell(error: "LDIFError") -> None:
        errors.append(error)
        print(error)

    try:
        directory = build(_settings(arguments), on_error=tell)
    except ConfigError as error:
        print(f"fakeldapd check: {error}", file=sys.stderr)
        return USAGE
    except LoadError as error:
        if not errors or error.__cause__ is not None:  # else there is no entry, for the reasons told already
            print(f"fakeldapd check: {error}", file=sys.stderr)
            return BAD_DATA
    if errors:
        return _summary(errors)
    count = len(directory.dit)
    print(f"good: {count} {'entry' if count == 1 else 'entries'}")
    return OK


def _settings(arguments: argparse.Namespace) -> config.Config:
    if not getattr(arguments, "files", None):
        raise ConfigError("FILE: name the LDIF files to check")
    wanted = {config.PREFIX + name.upper() for name in OPTIONS - {"files"}}
    environ = {name: value for name, value in os.environ.items() if name in wanted}
    return config.from_arguments(arguments, environ)


def _summary(errors: "list[LDIFError]") -> int:
    print(f"fakeldapd check: {len(errors)} {'mistake' if len(errors) == 1 else 'mistakes'}", file=sys.stderr)
    if any("attribute type undefined" in error.reason or "objectClass: value #" in error.reason for error in errors):
        print("(--schema adds definitions; --schema-check lenient does without them)", file=sys.stderr)
    return BAD_DATA
