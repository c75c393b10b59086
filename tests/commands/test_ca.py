"""``fakeldapd ca``: what it prints, and where from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from fakeldapd import certificates
from fakeldapd.server.tls import ServerTLS, TLSFiles

Run = Callable[..., Any]


def test_it_prints_the_authority_made_or_kept(run: Run, tmp_path: Path) -> None:
    first, second = (run("ca", "--tls-directory", tmp_path) for _ in range(2))
    assert first == second
    shown = first.out
    assert shown == (tmp_path / "ca.pem").read_text()
    assert x509.load_pem_x509_certificate(shown.encode()).subject.rfc4514_string().startswith("CN=fakeldapd")


def test_its_path(run: Run, tmp_path: Path) -> None:
    assert run("ca", "--tls-directory", tmp_path, "--path").out == f"{tmp_path / 'ca.pem'}\n"


def test_the_environment_says_where(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKELDAPD_TLS_DIRECTORY", str(tmp_path))
    assert run("ca", "--path").out == f"{tmp_path / 'ca.pem'}\n"


def test_a_certificate_for_a_client(run: Run, tmp_path: Path) -> None:
    done = run("ca", "--tls-directory", tmp_path, "--client", "uid=alice,dc=example,dc=com")
    (tmp_path / "alice.pem").write_text(done.out)
    made = certificates.ensure(tmp_path)
    ServerTLS(TLSFiles(str(tmp_path / "alice.pem"), str(tmp_path / "alice.pem"), str(made.ca)))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--client", "garbage"], "garbage: is no DN"),
        (["--tls-directory", "/dev/null/x"], "/dev/null/x: Not a directory"),
    ],
)
def test_what_is_wrong(run: Run, tmp_path: Path, words: list[str], said: str) -> None:
    done = run("ca", "--tls-directory", tmp_path, *words)
    assert (done.code, done.out) == (2, "")
    assert f"fakeldapd ca: {said}" in done.err
