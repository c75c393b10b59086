"""fakeldapd passwd: a hash on standard output, and the password nowhere."""

import getpass
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fakeldapd.directory.passwords import verify

Run = Callable[..., Any]


class _Input(io.TextIOWrapper):
    """Standard input that may be a terminal."""

    def __init__(self, octets: bytes, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(octets), encoding="utf-8")
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What is typed at a terminal's prompts, one answer after another."""

    def typed(*answers: str) -> None:
        waiting: Iterator[str] = iter(answers)
        monkeypatch.setattr(sys, "stdin", _Input(b"", terminal=True))
        monkeypatch.setattr(getpass, "getpass", lambda prompt: next(waiting))

    return typed


@pytest.mark.parametrize(
    ("arguments", "begins"),
    [
        ([], "{SSHA}"),
        (["--scheme", "SHA"], "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="),
        (["--scheme", "{ssha512}"], "{SSHA512}"),
        (["--scheme", "crypt"], "{CRYPT}$6$"),
        (["--scheme", "PBKDF2-SHA256"], "{PBKDF2-SHA256}10000$"),
    ],
)
def test_given(arguments: list[str], begins: str, run: Run) -> None:
    done = run("passwd", *arguments, "-s", "secret")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(begins)
    assert verify(done.out.strip().encode(), b"secret")
    assert "secret" not in done.out


@pytest.mark.parametrize(
    ("octets", "password"),
    [(b"secret\n", b"secret"), (b"secret\r\nsecond\n", b"secret"), (b" a b ", b" a b "), (b"\xff\xfe\n", b"\xff\xfe")],
)
def test_from_standard_input(octets: bytes, password: bytes, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Input(octets))
    done = run("passwd")
    assert done.code == 0
    assert verify(done.out.strip().encode(), password)


def test_from_a_terminal(run: Run, typed: Callable[..., None]) -> None:
    typed("secret", "secret")
    done = run("passwd")
    assert done.code == 0
    assert verify(done.out.strip().encode(), b"secret")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (("secret", "Secret"), "fakeldapd passwd: the two passwords differ\n"),
        (("", ""), "fakeldapd passwd: the password is empty; a bind without a password is anonymous\n"),
    ],
)
def test_terminal_refused(answers: tuple[str, ...], said: str, run: Run, typed: Callable[..., None]) -> None:
    typed(*answers)
    done = run("passwd")
    assert (done.code, done.out, done.err) == (2, "", said)


def test_unknown_scheme(run: Run) -> None:
    done = run("passwd", "--scheme", "ROT13", "-s", "secret")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("fakeldapd passwd: unknown password scheme 'ROT13': it must be one of SSHA, ")
    assert "secret" not in done.err


def test_as_a_process() -> None:
    command = [sys.executable, "-W", "error", "-m", "fakeldapd", "passwd", "--scheme", "CRYPT"]
    done = subprocess.run(command, input=b"secret\n", capture_output=True, cwd=Path(__file__).parents[2])
    assert (done.returncode, done.stderr) == (0, b"")
    assert verify(done.stdout.rstrip(b"\n"), b"secret")
