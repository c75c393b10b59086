"""Beside what else runs a loop in a process: pytest-twisted, pytest-asyncio, Daphne, in an environment of their own."""

import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

IN_A_REACTOR_S_TESTS = """
import pytest
import pytest_twisted
from twisted.internet import reactor, task, threads
from twisted.internet.defer import CancelledError, ensureDeferred

from fakeldapd import FakeLDAPServer
from fakeldapd.server.thread import THREAD

@pytest.fixture
def plain():
    with FakeLDAPServer() as server:
        yield server

@pytest_twisted.async_yield_fixture
async def own():
    async with FakeLDAPServer() as server:
        yield server

def test_fixtures(ldap_server, plain, own, make_ldap_server):
    assert all(len(server.directory) > 5 for server in (ldap_server, plain, own))

def test_a_plain_with():
    with pytest.raises(RuntimeError, match="async with"):
        FakeLDAPServer().start()

@pytest.mark.ldap_options(size_limit=3)
@pytest_twisted.ensureDeferred
async def test_a_coroutine(ldap_server):
    await task.deferLater(reactor, 0)
    ldap_server.reset()
    with pytest.raises(RuntimeError, match="async with"):
        FakeLDAPServer().start()
    async with FakeLDAPServer() as server:
        assert await threads.deferToThread(lambda: len(server.directory)) > 5

@pytest_twisted.ensureDeferred
async def test_cancelled():
    async def use():
        async with FakeLDAPServer():
            await task.deferLater(reactor, 100)

    users = THREAD._users
    begun = ensureDeferred(use())
    begun.cancel()
    with pytest.raises(CancelledError):
        await begun
    assert THREAD._users == users
"""

IN_ASYNCIO = """
import asyncio
import pytest

from fakeldapd import FakeLDAPServer

@pytest.mark.asyncio
async def test_either_form(ldap_server):
    with FakeLDAPServer() as one:
        async with FakeLDAPServer() as two:
            for server in (ldap_server, one, two):
                _, writer = await asyncio.open_connection(server.host, server.port)
                writer.close()
                await writer.wait_closed()
"""

UNDER_DAPHNE = """
import socket
import threading
import urllib.request

from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from twisted.internet import reactor

from fakeldapd import FakeLDAPServer

said = [type(reactor).__name__]
with FakeLDAPServer() as before:
    said.append(len(before.directory) > 5)

async def application(scope, receive, send):
    try:
        FakeLDAPServer().start()
    except RuntimeError as error:
        said.append("async with" in str(error))
    async with FakeLDAPServer() as server:
        said.append(len(server.directory) > 5)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"answer"})

def ask():
    ready.wait()
    with FakeLDAPServer():
        said.append(urllib.request.urlopen(f"http://127.0.0.1:{port}/").read().decode())
    reactor.callFromThread(reactor.stop)

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
ready = threading.Event()
asking = threading.Thread(target=ask)
asking.start()
where = build_endpoint_description_strings("127.0.0.1", port)
Server(application, endpoints=where, signal_handlers=False, ready_callable=ready.set).run()
asking.join()
print(*said)
"""


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has these packages beside all that this one has."""
    folder = tmp_path_factory.mktemp("beside")
    venv.create(folder, with_pip=True)
    [site] = folder.glob("lib/python*/site-packages")
    (site / "beside.pth").write_text(sysconfig.get_path("purelib"))
    python = folder / "bin" / "python"
    words = f"{python} -m pip install --quiet --disable-pip-version-check pytest-twisted pytest-asyncio daphne"
    got = subprocess.run(words.split(), capture_output=True, text=True, timeout=300)
    if got.returncode and not os.environ.get("FAKELDAPD_REQUIRE_ALL"):
        pytest.skip(f"{words}: {got.stderr[-300:]}")
    assert got.returncode == 0, got.stderr
    return python


def run(python: Path, folder: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run([python, *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("reactor", ["default", "asyncio"])
def test_pytest_twisted(python: Path, tmp_path: Path, reactor: str) -> None:
    (tmp_path / "test_it.py").write_text(IN_A_REACTOR_S_TESTS)
    plugins = ("-p", "pytest_twisted", "-p", "fakeldapd.pytest_plugin")
    assert "4 passed" in run(python, tmp_path, "-W", "error", "-m", "pytest", "-q", f"--reactor={reactor}", *plugins)


def test_pytest_asyncio(python: Path, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(IN_ASYNCIO)
    plugins = ("-p", "pytest_asyncio.plugin", "-p", "fakeldapd.pytest_plugin")
    assert "1 passed" in run(python, tmp_path, "-m", "pytest", "-q", *plugins)


def test_daphne(python: Path, tmp_path: Path) -> None:
    said = run(python, tmp_path, "-c", UNDER_DAPHNE).split()
    assert said == ["AsyncioSelectorReactor", "True", "True", "True", "answer"]
