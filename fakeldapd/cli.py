"""The command line: which command is meant, and its parser. What a command does is in fakeldapd/commands/, one file
each.

A command's module is imported only when it is the one to run, so that ``fakeldapd --version`` and a server that never
dumps anything don't pay for the others.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence

from fakeldapd import __version__
from fakeldapd.overlays.table import help_lines

COMMANDS = {
    "serve": "serve a directory over LDAP (the default command)",
    "check": "say whether LDIF files can be loaded, and everything that is wrong with them",
    "dump": "write a server's entries as LDIF",
    "load": "send LDIF to a server",
    "record": "pass everything on to a real server, and write down what a test needs to do without it",
    "explain": "say why a search finds what it finds, and not the rest",
    "ca": "print the certificate authority of --tls auto, for clients to trust",
    "passwd": "hash a password for userPassword",
    "shim-wheel": "write a wheel that stands for python-ldap in a test environment",
}

_SERVE_EPILOG = """\
other commands (each has its own --help):
{commands}
examples:
  fakeldapd                                   a sample directory on ldap://127.0.0.1:1389
  fakeldapd people.ldif                       your own entries; the base is the DN of the first one
  fakeldapd --empty --base dc=test --listen ldap://127.0.0.1:0
                                              nothing but the administrator, on a free port
  fakeldapd --schema core,cosine,./my.schema --schema-check lenient people.ldif
  fakeldapd --tls auto --listen ldap://127.0.0.1:1389 --listen ldaps://127.0.0.1:1636
                                              with StartTLS, and with TLS from the first octet
  FAKELDAPD_LISTEN='ldap://127.0.0.1:389;ldap://[::1]:389' fakeldapd

overlays (--overlay NAME:SETTING, where a SETTING is words, as in --overlay 'refint:member manager'):
{overlays}

Every option can be given as an environment variable: FAKELDAPD_ and its name in capitals, as in FAKELDAPD_SIZE_LIMIT=0;
lists are separated by newlines or `;`. What is on the command line counts more.

When it is ready, one line goes to standard output: `fakeldapd ready URL [URL ...]`. Everything else goes to standard
error. Exit codes: 0 ended as asked, 2 wrong usage, 3 bad data or schema, 4 cannot listen.
"""


def _parser(command: str) -> argparse.ArgumentParser:
    if command == "serve":
        others = "".join(f"  fakeldapd {name:10} {what}\n" for name, what in COMMANDS.items() if name != "serve")
        parser = argparse.ArgumentParser(
            prog="fakeldapd",
            usage="fakeldapd [serve] [FILE.ldif ...] [options]",
            description="A fake LDAP server that answers as OpenLDAP's slapd does.",
            epilog=_SERVE_EPILOG.format(commands=others, overlays="\n".join(help_lines())),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
    else:
        parser = argparse.ArgumentParser(prog=f"fakeldapd {command}", description=COMMANDS[command], allow_abbrev=False)
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--version", action="version", version=f"fakeldapd {__version__}")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that ``argv`` (without the program's name) asks for; gives the exit code."""
    rest = list(sys.argv[1:] if argv is None else argv)
    command = rest.pop(0) if rest and rest[0] in COMMANDS else "serve"
    if rest == ["--version"]:
        print(f"fakeldapd {__version__}")
        return 0
    module = importlib.import_module(f"fakeldapd.commands.{command.replace('-', '_')}")
    parser = _parser(command)
    module.add_arguments(parser)
    parse = parser.parse_intermixed_args if getattr(module, "INTERMIXED", False) else parser.parse_args
    return int(module.run(parse(rest)))
