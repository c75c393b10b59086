"""``SlapdObject`` and ``SlapdTestCase`` with the names and signatures of python-ldap's, and a FakeLDAPServer inside.

What a suite overrides to have its slapd otherwise is honoured: class attributes, ``gen_config`` and its template (see
``configuration``), ``setup_rundir`` and the other steps of ``start``. No program is run, for nothing.
"""

import atexit
import functools
import logging
import os
import shutil
import socket
import sys
import tempfile
import threading
import unittest
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote_plus

from fakeldapd import ldap as ldap
from fakeldapd.directory.ldif import LDIFError
from fakeldapd.protocol.result import LDAPError
from fakeldapd.slapdtest import tools
from fakeldapd.slapdtest.configuration import schema_name, schemas_of, settings_of

_T = TypeVar("_T")

HERE = os.path.abspath(os.path.dirname(__file__))
LOCALHOST = "127.0.0.1"
CI_DISABLED = set(os.environ.get("CI_DISABLED", "").split(":"))
HAVE_LDAPI = hasattr(socket, "AF_UNIX")

SLAPD_CONF_TEMPLATE = r"""dn: cn=config
objectClass: olcGlobal
cn: config
olcServerID: %(serverid)s
olcLogLevel: %(loglevel)s
olcAllows: bind_v2
olcAuthzRegexp: {0}"gidnumber=%(root_gid)s\+uidnumber=%(root_uid)s,cn=peercred,cn=external,cn=auth" "%(rootdn)s"
olcAuthzRegexp: {1}"C=DE, O=python-ldap, OU=slapd-test, CN=([A-Za-z]+)" "ldap://ou=people,dc=local???($1)"
olcTLSCACertificateFile: %(cafile)s
olcTLSCertificateFile: %(servercert)s
olcTLSCertificateKeyFile: %(serverkey)s
olcTLSVerifyClient: try

dn: olcDatabase=%(database)s,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: %(database)s
olcSuffix: %(suffix)s
olcRootDN: %(rootdn)s
olcRootPW: %(rootpw)s
olcDbDirectory: %(directory)s
"""
"""What ``gen_config`` fills in: the configuration as slapcat would write it."""

_CLIENT = "cn=client,ou=slapd-test,o=python-ldap,c=de"


def identity(test_item: _T) -> _T:
    """The test as it is."""
    return test_item


def skip_unless_ci(reason: str, feature: str | None = None) -> Callable[[Any], Any]:
    """Skip a test, except where the environment says CI and CI_DISABLED doesn't name the feature."""
    if not os.environ.get("CI") or feature in CI_DISABLED:
        return unittest.skip(reason)
    return identity


def requires_tls() -> Callable[[Any], Any]:
    """For tests that need TLS, which the shim has."""
    return identity if ldap.TLS_AVAIL else skip_unless_ci("test needs ldap.TLS_AVAIL", feature="TLS")


def requires_sasl() -> Callable[[Any], Any]:
    """For tests that need SASL, which the shim has."""
    return identity if ldap.SASL_AVAIL else skip_unless_ci("test needs ldap.SASL_AVAIL", feature="SASL")


def requires_ldapi() -> Callable[[Any], Any]:
    """For tests that need a local socket."""
    return identity if HAVE_LDAPI else skip_unless_ci("test needs ldapi support", feature="LDAPI")


def requires_init_fd() -> Callable[[Any], Any]:
    """For tests that make a connection of a socket."""
    return identity if ldap.INIT_FD_AVAIL else skip_unless_ci("test needs ldap.INIT_FD_AVAIL", feature="INIT_FD")


def _add_sbin(path: str) -> str:
    """A PATH with the directories of slapd behind it."""
    directories = path.split(os.pathsep)
    for sbin in ("/usr/local/sbin", "/sbin", "/usr/sbin"):
        if sbin not in directories:
            directories.append(sbin)
    return os.pathsep.join(directories)


def combined_logger(
    log_name: str,
    log_level: int | str = logging.WARNING,
    sys_log_format: str = "%(levelname)s %(message)s",
    console_log_format: str = "%(asctime)s %(levelname)s %(message)s",
) -> logging.Logger:
    """A logger that writes to standard error; LOGLEVEL in the environment says how much. Nothing goes to syslog."""
    logger = logging.getLogger(log_name)
    logger.setLevel(os.environ.get("LOGLEVEL", log_level))
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(console_log_format))
        logger.addHandler(handler)
    return logger


@functools.cache
def _certificates(process: int) -> tuple[str, str, str, str, str]:
    """Files of this process: authority, server's certificate and key, client's certificate and key."""
    from fakeldapd import certificates

    folder = Path(tempfile.mkdtemp(prefix="fakeldapd-slapdtest-"))
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == process else None)
    made = certificates.ensure(folder)
    both = certificates.client(folder, _CLIENT).decode("ascii")
    key_begins = both.rindex("-----BEGIN")
    client, key = folder / "client.pem", folder / "client.key"
    client.write_text(both[:key_begins], encoding="ascii")
    key.touch(mode=0o600)
    key.write_text(both[key_begins:], encoding="ascii")
    return str(made.ca), str(made.certificate), str(made.key), str(client), str(key)


def _client_is_in_c() -> bool:
    """Whether python-ldap itself is there: some of its calls hold the interpreter until the server has answered, which
    a server in the same one never would.
    """
    there = sys.modules.get("_ldap")
    return there is not None and there is not sys.modules["fakeldapd.ldap._ldap"]


class SlapdObject:
    """A server for tests, configured as a slapd. As a context manager it is started, and stopped at the end.

    ``suffix``, ``root_cn``, ``root_pw``, ``openldap_schema_files`` and the others may be overridden by subclasses;
    ``gen_config`` too, as long as this server has what it asks for. Raises ConfigurationError (a ValueError) at
    ``start`` where it hasn't, and what FakeLDAPServer raises.
    """

    slapd_conf_template: ClassVar[str] = SLAPD_CONF_TEMPLATE
    database: ClassVar[str] = "mdb"
    suffix: ClassVar[str] = "dc=slapd-test,dc=python-ldap,dc=org"
    root_cn: ClassVar[str] = "Manager"
    root_pw: ClassVar[str] = "password"
    slapd_loglevel: ClassVar[str] = "stats stats2"
    local_host: ClassVar[str] = LOCALHOST
    testrunsubdirs: ClassVar[Sequence[str]] = ("slapd.d",)
    openldap_schema_files: ClassVar[Sequence[str]] = ("core.ldif",)

    TMPDIR: ClassVar[str] = os.environ.get("TMP", os.getcwd())
    SCHEMADIR: ClassVar[str] = os.environ.get("SCHEMA", "/etc/ldap/schema")
    BIN_PATH: ClassVar[str] = os.environ.get("BIN", os.environ.get("PATH", os.defpath))
    SBIN_PATH: ClassVar[str] = os.environ.get("SBIN", _add_sbin(BIN_PATH))

    _log: ClassVar[logging.Logger] = combined_logger("fakeldapd.slapdtest")

    def __init__(self) -> None:
        self._proc: Any = None
        self._server: Any = None
        self._settings: dict[str, Any] = {}
        self._ended = threading.Event()
        self._port = self._avail_tcp_port()
        self.server_id = self._port % 4096
        self.testrundir = os.path.join(self.TMPDIR, f"python-ldap-test-{self._port}")
        self._slapd_conf = os.path.join(self.testrundir, "slapd.d")
        self._db_directory = os.path.join(self.testrundir, "openldap-data")
        self.ldap_uri = f"ldap://{self.hostname}:{self.port}/"
        self.ldapi_uri: str | None = None
        if HAVE_LDAPI:
            self.ldapi_uri = "ldapi://" + quote_plus(os.path.join(self.testrundir, "ldapi"))
        self.default_ldap_uri = self.ldapi_uri or self.ldap_uri
        self.cli_sasl_external: Any = HAVE_LDAPI
        self.cafile, self.servercert, self.serverkey, self.clientcert, self.clientkey = _certificates(os.getpid())
        self._find_commands()

    # --- what it is ---------------------------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The port of ``ldap_uri``."""
        return self._port

    @property
    def hostname(self) -> str:
        """The address of ``ldap_uri``."""
        return self.local_host

    @property
    def root_dn(self) -> str:
        """Who may do everything."""
        return f"cn={self.root_cn},{self.suffix}"

    def _avail_tcp_port(self) -> int:
        with socket.socket() as found:
            found.bind((self.local_host, 0))
            return int(found.getsockname()[1])

    def _find_commands(self) -> None:
        for name in ("ldapadd", "ldapdelete", "ldapmodify", "ldapwhoami"):
            setattr(self, f"PATH_{name.upper()}", self._find_command(name))
        self.PATH_SLAPADD, self.PATH_SLAPD = (self._find_command(name, in_sbin=True) for name in ("slapadd", "slapd"))

    def _find_command(self, cmd: str, in_sbin: bool = False) -> str:
        """A name: there is no program behind it."""
        return cmd

    # --- its life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin empty, and return when clients can connect. Nothing happens where it runs."""
        if self._proc is None:
            atexit.register(self.stop)
            self._cleanup_rundir()
            self.setup_rundir()
            self._write_config()
            self._test_config()
            self._start_slapd()

    def stop(self) -> None:
        """End, and forget the data."""
        if self._proc is not None:
            self.terminate()
            self.wait()
        server, self._server = self._server, None
        if server is not None:
            server.stop()
        self._cleanup_rundir()
        atexit.unregister(self.stop)

    def restart(self) -> None:
        """End, and begin again with the data as it is."""
        self.terminate()
        self.wait()
        self.resume()

    def terminate(self) -> None:
        """Listen no more and close every connection."""
        self._proc.down = True
        self._ended.set()

    def wait(self) -> None:
        """Wait until it has ended."""
        if self._proc is not None:
            self._ended.wait()
            self._stopped()

    def resume(self) -> None:
        """Begin again after ``terminate`` and ``wait``, with the data as it is."""
        self._start_slapd()

    def _stopped(self) -> None:
        self._proc = None

    def _start_slapd(self) -> None:
        from fakeldapd.double.server import FakeLDAPServer

        if self._server is None:
            listen = [uri.rstrip("/") for uri in (self.ldap_uri, self.ldapi_uri) if uri]
            settings = {**self._settings, "listen": listen, "subprocess": _client_is_in_c()}
            self._server = FakeLDAPServer(empty=True, **settings).start()
        self._server.down = False
        self._ended.clear()
        self._proc = self._server

    def __enter__(self) -> "SlapdObject":
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    # --- its configuration --------------------------------------------------------------------------------------------

    def setup_rundir(self) -> None:
        """Make the directory of this run, for the local socket and for what a suite puts there."""
        os.makedirs(self.testrundir)
        os.mkdir(self._db_directory)
        self._create_sub_dirs(self.testrunsubdirs)

    def _create_sub_dirs(self, dir_names: Iterable[str]) -> None:
        for name in dir_names:
            os.mkdir(os.path.join(self.testrundir, name))

    def _cleanup_rundir(self) -> None:
        shutil.rmtree(self.testrundir, ignore_errors=True)

    def gen_config(self) -> str:
        """slapd's configuration as LDIF. What an override may have in it: see docs/python-ldap.md."""
        return self.slapd_conf_template % {
            "serverid": hex(self.server_id),
            "loglevel": self.slapd_loglevel,
            "database": self.database,
            "directory": self._db_directory,
            "suffix": self.suffix,
            "rootdn": self.root_dn,
            "rootpw": self.root_pw,
            "root_uid": os.getuid(),
            "root_gid": os.getgid(),
            "cafile": self.cafile,
            "servercert": self.servercert,
            "serverkey": self.serverkey,
        }

    def _write_config(self) -> None:
        """Read what ``gen_config`` says, and keep it beside where slapd would."""
        text = self.gen_config()
        folder = Path(self.testrundir)
        (folder / "slapd.ldif").write_text(text, encoding="utf-8")
        schemas = [schema_name(file, self.SCHEMADIR) for file in self.openldap_schema_files]
        self._settings = settings_of(text, schemas, folder)

    def _test_config(self) -> None:
        """Have the settings looked at before anything listens."""
        from fakeldapd.double.directory import make_settings

        make_settings(self._settings)

    # --- what suites do with it ---------------------------------------------------------------------------------------

    def _cli_auth_args(self) -> list[str]:
        if self.cli_sasl_external:
            return ["-Y", "EXTERNAL", "-Q"]
        return ["-x", "-D", self.root_dn, "-w", self.root_pw]

    def _cli_popen(
        self,
        ldapcommand: str,
        extra_args: Sequence[str] | None = None,
        ldap_uri: str | None = None,
        stdin_data: bytes | None = None,
    ) -> tuple[bytes, bytes]:
        """What the program of that name would print on standard output and standard error. Raises RuntimeError where it
        would end with an error, ValueError for a program or an option that can't be had here.
        """
        if os.path.basename(ldapcommand) == "slapadd":
            return self._slapadd(stdin_data or b"", extra_args or ())
        arguments = [ldapcommand, "-H", ldap_uri or self.default_ldap_uri, *self._cli_auth_args(), *(extra_args or ())]
        return tools.run(arguments, stdin_data)

    def _slapadd(self, ldif: bytes, extra_args: Sequence[str]) -> tuple[bytes, bytes]:
        for word in extra_args:
            if word not in ("-v", "-q", "-c", "-s", "-n0", "-n1"):
                raise ValueError(f"slapadd: {word}: it can't be used here")
        if self._server is None:
            raise RuntimeError("slapadd: process failed: the server has not been started, so it has no database")
        try:
            if "-n0" in extra_args:
                for dn, attributes in schemas_of(ldif):
                    self._server.directory.add(dn, attributes)
            else:
                self._server.directory.load(ldif.decode())
        except (LDIFError, LDAPError) as error:
            raise RuntimeError(f"['slapadd'] process failed:\nb''\n{str(error).encode()!r}") from error
        return b"", b""

    def ldapwhoami(self, extra_args: Sequence[str] | None = None) -> None:
        """See whether one can bind. Raises RuntimeError."""
        self._cli_popen("ldapwhoami", extra_args=extra_args)

    def ldapadd(self, ldif: str, extra_args: Sequence[str] | None = None) -> None:
        """Add entries as the administrator. Raises RuntimeError."""
        self._cli_popen("ldapadd", extra_args=extra_args, stdin_data=ldif.encode("utf-8"))

    def ldapmodify(self, ldif: str, extra_args: Sequence[str] | None = None) -> None:
        """Carry out change records as the administrator. Raises RuntimeError."""
        self._cli_popen("ldapmodify", extra_args=extra_args, stdin_data=ldif.encode("utf-8"))

    def ldapdelete(self, dn: str, recursive: bool = False, extra_args: Sequence[str] | None = None) -> None:
        """Delete an entry as the administrator, and all below where ``recursive``. Raises RuntimeError."""
        more = [*(["-r"] if recursive else []), *(extra_args or ()), dn]
        self._cli_popen("ldapdelete", extra_args=more)

    def slapadd(self, ldif: str, extra_args: Sequence[str] | None = None) -> None:
        """Add entries past all rules but the schema's: all of them, or none where one is wrong. With ``-n0`` they are
        schemas for cn=schema,cn=config, known at once. Raises RuntimeError, ConfigurationError.
        """
        self._cli_popen("slapadd", stdin_data=ldif.encode("utf-8"), extra_args=extra_args)


class SlapdTestCase(unittest.TestCase):
    """Tests of one class share one server. A subclass says in ``ldap_object_class`` what connections are of."""

    server_class: ClassVar[type[SlapdObject]] = SlapdObject
    server: ClassVar[Any] = None
    ldap_object_class: ClassVar[Any] = None

    def _open_ldap_conn(self, who: str | None = None, cred: str | None = None, **kwargs: Any) -> Any:
        """A connection, bound as ``who``, or as the administrator."""
        connection = self.ldap_object_class(self.server.ldap_uri, **kwargs)
        connection.simple_bind_s(who or self.server.root_dn, cred or self.server.root_pw)
        return connection

    @classmethod
    def setUpClass(cls) -> None:
        """Start the server."""
        cls.server = cls.server_class()
        cls.server.start()

    @classmethod
    def tearDownClass(cls) -> None:
        """Stop the server."""
        cls.server.stop()
