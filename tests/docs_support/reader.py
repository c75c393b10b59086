"""Somebody who works through a page: types its commands, one after another, into a shell in an empty directory.

A command that starts a server is left running, in the background, until the next one is started; it takes a free port,
and the 1389 of the page becomes that port in what is typed and what is expected from then on. What is about this
machine (make, pip, systemctl ...) is not typed; ``not_typed`` gives it to whoever wants to look at it.

Commands believe that they write to a terminal: where standard output is a file, programs hold it back, and what they
say on standard error comes first.
"""

import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from types import TracebackType
from typing import Self

from docs_support.blocks import ROOT, Block

from fakeldapd.cli import COMMANDS

LONG = 60
PORTS = {"ldap": "1389", "ldaps": "1636"}
"""The ports that pages have."""

NOT_TYPED = frozenset(["make", "git", "pip", "sudo", "twist", "twistd", "cd"])
LDAP_TOOLS = frozenset(
    ["ldapsearch", "ldapadd", "ldapmodify", "ldapdelete", "ldapmodrdn", "ldapcompare", "ldapwhoami", "ldappasswd"]
)


def program(command: str) -> str:
    """The program that a command starts with, behind what it sets in the environment."""
    words = command.split()
    return next((word for word in words if not re.match(r"[A-Z_]+=", word)), "")


def not_typed(given: Iterable[Block]) -> list[str]:
    """The commands of a page that are not typed."""
    return [c for b in given if b.language in ("sh", "console") for c, _ in b.commands() if program(c) in NOT_TYPED]


def needed(given: Iterable[Block]) -> list[str]:
    """The programs of other packages that a page uses."""
    said = "\n".join(
        command for block in given if block.language in ("sh", "console") for command, _ in block.commands()
    )
    return sorted(LDAP_TOOLS & set(re.findall(r"[a-z]+", said)))


def serves(command: str) -> bool:
    """Whether a command starts a server."""
    words = shlex.split(command.split("\n", 1)[0], posix=False)
    if words[:2] == ["make", "run"]:
        return True
    others = {*COMMANDS, "--help", "--version"} - {"serve"}
    return program(command) == "fakeldapd" and not others.intersection(words) and ">" not in words


class Reader:
    """One reader in ``folder``; a context manager, since a server may have to be ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "here"
        self._folder.mkdir()
        programs = folder / "bin"
        programs.mkdir()
        for name, what in (("fakeldapd", "-m fakeldapd"), ("python", "")):
            file = programs / name
            file.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {what} "$@"\n')
            file.chmod(0o755)
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("FAKELDAPD_", "PYTEST_"))},
            "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)]),
            "PYTHONPATH": str(ROOT),
            "FAKELDAPD_LISTEN": "ldap://127.0.0.1:0",
            "XDG_STATE_HOME": str(folder / "state"),
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "100",
            "TERM": "dumb",
        }
        if "fakeldapd.pytest_plugin" not in [each.value for each in entry_points(group="pytest11")]:
            self._environ["PYTEST_PLUGINS"] = "fakeldapd.pytest_plugin"  # not installed, run from a checkout
        self._server: subprocess.Popen[str] | None = None
        self._ports = dict(PORTS)
        self._code = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end_server()

    def read(self, given: Iterable[Block]) -> None:
        """Do what the blocks say. AssertionError with the line of the page where that isn't so."""
        printed = ""
        for block in given:
            if block.file is not None:
                self._folder.joinpath(block.file).write_text(block.body)
            elif block.language in ("console", "sh"):
                for command, expected in block.commands():
                    self._command(block, command, expected)
            elif block.language == "python":
                code, printed = self._type([sys.executable, "-c", self._here(block.body)])
                assert code == 0, f"line {block.line}: {printed}"
            elif block.words == ("output",):
                self._compare(block, "python", block.body, printed)

    def _command(self, block: Block, command: str, expected: str | None) -> None:
        if serves(command):
            if program(command) == "make":
                command = "fakeldapd"
            self._code, printed = self._serve(command)
        elif program(command) in NOT_TYPED:
            return
        else:
            words = ["bash", "-c", f"(exit {self._code})\n{self._here(command)}"]
            self._code, printed = self._type(words)
        if expected is None:
            assert self._code == 0, f"line {block.line}: {command}: ends with {self._code}:\n{printed}"
        else:
            self._compare(block, command, expected, printed)

    def _type(self, words: list[str]) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            typed = subprocess.Popen(
                words, cwd=self._folder, env=self._environ, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
            )
            os.close(theirs)
            printed = b""
            with suppress(OSError):  # how Linux says that nobody has the other end open any more
                while piece := terminal.read(65536):
                    printed += piece
        return typed.wait(LONG), printed.decode().replace("\r\n", "\n")

    def _serve(self, command: str) -> tuple[int, str]:
        """Start a server; what it printed until it was ready, or until it ended."""
        self._end_server()
        command = re.sub(f":({'|'.join(PORTS.values())})\\b", ":0", command)
        self._server = subprocess.Popen(
            ["bash", "-c", f"exec env {command}"],
            cwd=self._folder,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        printed = ""
        assert self._server.stdout is not None
        for line in self._server.stdout:
            printed += line
            if line.startswith("fakeldapd ready"):
                urls = [url.partition("://") for url in line.split()[2:]]
                self._ports |= {scheme: rest.rpartition(":")[2] for scheme, _, rest in urls if scheme in PORTS}
                return 0, printed
        return self._server.wait(LONG), printed

    def _end_server(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.terminate()
            server.communicate(timeout=LONG)

    def _here(self, text: str) -> str:
        return re.sub("|".join(PORTS.values()), lambda found: self._real[found[0]], text)

    @property
    def _real(self) -> dict[str, str]:
        """The port of a page, and what it really is."""
        return {PORTS[scheme]: port for scheme, port in self._ports.items()}

    def _compare(self, block: Block, command: str, expected: str, printed: str) -> None:
        wanted = _lines(self._here(expected))
        pieces = [r"(?:.*\n)*?" if line == "..." else f"{_pattern(line)}\n" for line in wanted]
        found = "".join(f"{line}\n" for line in _lines(printed))
        assert re.fullmatch("".join(pieces), found), (
            f"line {block.line}: {command}\nprints\n{found}\nand not\n" + "\n".join(wanted)
        )


def _pattern(line: str) -> str:
    return ".*".join(re.escape(piece) for piece in line.split("..."))


def _lines(text: str) -> list[str]:
    """Without what nobody sees: white space at the end of lines, empty lines around."""
    return [line.rstrip() for line in text.strip("\n").split("\n")] if text.strip() else []
