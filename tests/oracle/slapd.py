"""A real slapd on a free loopback port, for as long as a ``with`` block lasts.

Its configuration is what the tests hold fakeldapd to: Debian's schema files in the order of our own default, the two
access rules that Debian ships, slapd's limits. ``options`` is the dictionary that oracle.fakeldapd takes too;
SLAPD_OPTIONS translates it.
"""

import ctypes
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from oracle import overlays

SCHEMA_DIRECTORY = Path("/etc/ldap/schema")
SCHEMAS = ("core", "cosine", "inetorgperson", "nis", "misc", "dyngroup", "msuser")
BASE = "dc=example,dc=com"
ADMIN = "cn=admin,dc=example,dc=com"
PASSWORD = "secret"

CONFIGURATION = """
{includes}
pidfile {home}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
{modules}
sizelimit {size_limit}
{globals}

database config
rootdn {admin}
{databases}
"""
DATABASE = """
database mdb
suffix "{base}"
rootdn {admin}
{password}
directory {home}/db{number}
maxsize 67108864
dbnosync
index objectClass eq
{rules}
{overlays}
"""
OVERLAYS = ("sssvlv", "deref")
"""What is always on in fakeldapd and a matter of configuration in slapd."""
ACCESS = ("to attrs=userPassword by self write by anonymous auth by * none", "to * by * read")


def _words(directive: str) -> Callable[[Any], str]:
    """A directive that takes what our option takes, separated by spaces."""
    return lambda value: f"{directive} {str(value).replace(',', ' ')}"


GLOBAL_OPTIONS: Mapping[str, Callable[[Any], str]] = {
    "read-only": lambda on: "readonly on",
    "anonymous": lambda how: "require authc\ndisallow bind_anon" if how == "deny" else "",
    "time-limit": lambda seconds: f"timelimit {seconds}",
    **{word: _words(word) for word in ("allow", "disallow", "require", "restrict", "security", "referral")},
    "authz-regexp": lambda rules: "\n".join(f"authz-regexp {rule}" for rule in rules),
    "authz-policy": lambda policy: f"authz-policy {policy}",
    # fakeldapd has no security layers
    "sasl-secprops": lambda properties: f"sasl-secprops {properties},maxssf=0",
    "max-message-size": lambda size: f"sockbuf_max_incoming {size}\nsockbuf_max_incoming_auth {size}",
    "tls-cert": lambda file: f"TLSCertificateFile {file}",
    "tls-key": lambda file: f"TLSCertificateKeyFile {file}",
    "tls-ca": lambda file: f"TLSCACertificateFile {file}",
    "tls-client-cert": lambda how: f"TLSVerifyClient {'never' if how == 'none' else how}",
}
"""An option of fakeldapd's command line -> slapd.conf's directives for the same."""


OVERLAY_DIRECTIVES: Mapping[str, tuple[str, str]] = {
    "memberof": ("", "memberof-{}"),
    "refint": ("refint_attributes", "refint_{}"),
    "ppolicy": ("", "ppolicy_{}"),
}
"""An overlay -> the directive for the plain words of ``--overlay NAME:WORDS``, and that for ``name=value`` there."""


def overlay_directives(setting: str) -> str:
    """The lines of slapd.conf for one ``--overlay``."""
    name, _, words = setting.partition(":")
    if name in overlays.DIRECTIVES:
        return "\n".join([f"overlay {name}", *overlays.directive_lines(name, words)])
    plain, named = OVERLAY_DIRECTIVES.get(name, ("", "{}"))
    lines = [f"overlay {name}"]
    if several := [word for word in shlex.split(words) if "=" not in word]:
        lines.append(" ".join([plain, *several]))
    for word in shlex.split(words):
        if "=" in word:
            key, _, value = word.partition("=")
            lines.append(f'{named.format(key)} "{value}"')
    return "\n".join(lines)


def available() -> bool:
    """Whether slapd and its schema files are on this machine."""
    return program() is not None and (SCHEMA_DIRECTORY / "core.schema").exists()


def program() -> str | None:
    """Where slapd is; it is often outside a user's PATH."""
    return shutil.which("slapd") or shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:/usr/libexec")


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Between fork and exec: have the kernel end the server when the test run is killed and can't."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


class Slapd:
    """Start with ``with``; ``port`` is where it listens. ``ldif`` is a file that is loaded before it starts, None:
    empty.

    options: "base" and "overlay" lists, "schema", "size-limit" and what GLOBAL_OPTIONS knows. Raises RuntimeError with
    slapd's own words when it doesn't start.
    """

    name = "slapd"

    def __init__(self, ldif: Path | None = None, options: Mapping[str, object] | None = None) -> None:
        self.ldif = ldif
        self.options = dict(options or {})
        self.port = 0
        self._home = Path()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._home = Path(tempfile.mkdtemp(prefix="fakeldapd-oracle-"))
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _begin(self) -> None:
        self._configure()
        if self.ldif is not None:
            arguments = [str(program()), "-Tadd", "-f", str(self._home / "slapd.conf"), "-l", str(self.ldif)]
            arguments += ["-b", BASE]
            loaded = subprocess.run(arguments, capture_output=True, check=False)
            if loaded.returncode:
                raise RuntimeError(loaded.stderr.decode() + loaded.stdout.decode() or f"exit code {loaded.returncode}")
        for _ in range(5):
            if self._start():
                return
        raise RuntimeError(f"slapd does not start: {(self._home / 'log').read_text()}")

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def _configure(self) -> None:
        bases = self.options.get("base", [BASE])
        assert isinstance(bases, list)
        access = self.options.get("access", ACCESS)
        assert isinstance(access, list | tuple)
        limits = self.options.get("limits", [])
        assert isinstance(limits, list)
        rules = "\n".join([*(f"access {rule}" for rule in access), *(f"limits {rule}" for rule in limits)])
        databases = []
        for number, base in enumerate(bases):
            (self._home / f"db{number}").mkdir()
            # the password can only be given where the rootdn is below the suffix
            password = f"rootpw {PASSWORD}" if ADMIN.endswith(base) else ""
            overlays = "\n".join(map(overlay_directives, self._overlays()))
            databases.append(
                DATABASE.format(
                    base=base,
                    home=self._home,
                    number=number,
                    admin=ADMIN,
                    password=password,
                    rules=rules,
                    overlays=overlays,
                )
            )
        schemas = str(self.options.get("schema", ",".join(SCHEMAS))).split(",")
        settings = [make(self.options[key]) for key, make in GLOBAL_OPTIONS.items() if key in self.options]
        text = CONFIGURATION.format(
            includes="\n".join(f"include {SCHEMA_DIRECTORY}/{name}.schema" for name in schemas),
            home=self._home,
            modules="\n".join(dict.fromkeys(f"moduleload {each.partition(':')[0]}" for each in self._overlays())),
            admin=ADMIN,
            size_limit=self.options.get("size-limit", 500),
            globals="\n".join(settings),
            databases="".join(databases),
        )
        (self._home / "slapd.conf").write_text(text)

    def _overlays(self) -> list[str]:
        asked = self.options.get("overlay", [])
        assert isinstance(asked, list)
        return [*OVERLAYS, *asked]

    def _start(self) -> bool:
        """Whether it listens; False where another process has taken the port meanwhile."""
        self.port = free_port()
        arguments = [
            str(program()),
            "-d",
            "0",
            "-f",
            str(self._home / "slapd.conf"),
            "-h",
            f"ldap://127.0.0.1:{self.port}",
        ]
        with (self._home / "log").open("ab") as log:
            self._process = subprocess.Popen(
                arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=end_with_parent
            )
        deadline = time.monotonic() + 30
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.005)  # between tries to connect: nothing else tells that slapd listens
                continue
            return True
        return False
