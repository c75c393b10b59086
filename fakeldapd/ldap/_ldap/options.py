"""The options of libldap: what each one takes, and what it gives back.

``OPTIONS`` has a row for each number. The values of one connection are an ``Options``; those of none are the defaults,
which a new connection gets a copy of. Some numbers don't stand for a setting but for something known of a connection
(its descriptor, its last error, its TLS): for these ``Options`` asks the connection.

An option that says when a socket gives up and the like is kept and read back, though nothing here does what libldap
would.
"""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from fakeldapd.ldap import values as v
from fakeldapd.ldap._ldap.arguments import controls, integer, text, type_name
from fakeldapd.ldap.transport.opening import Address, BadURI, addresses, uri_text
from fakeldapd.ldap.transport.tls import TLSFileMissing, TLSSettings


class Facts(Protocol):
    """What options can be asked of a connection."""

    error_number: int
    diagnostic: bytes | None
    matched: bytes | None
    sasl_username: str | None
    sasl_begun: bool

    @property
    def fileno(self) -> int:
        """The descriptor, -1 where there is none."""

    @property
    def tls(self) -> Any:
        """TLSFacts, or None."""


@dataclass(slots=True)
class Options:
    """The settings of a connection, or the defaults (``facts`` None). ``servers`` is where to connect to."""

    settings: dict[int, Any]
    facts: Facts | None = None
    servers: tuple[Address, ...] = ()
    tls: TLSSettings | None = None
    defaults: "Options | None" = field(default=None, repr=False)

    def get(self, option: int) -> Any:
        """The value of an option. Raises ValueError."""
        return _row(option).read(self, option)

    def set(self, option: int, value: Any) -> None:
        """Set an option. Raises ValueError, TypeError, OverflowError."""
        _row(option).write(self, option, value)

    def copy(self, facts: Facts, servers: tuple[Address, ...]) -> "Options":
        """The options of a new connection."""
        settings = {key: value for key, value in self.settings.items() if key not in _NOT_COPIED}
        return Options(settings, facts, servers, None, self)

    def tls_settings(self) -> TLSSettings:
        """What holds for TLS: what NEWCTX has made here, else what the defaults say when they are first needed."""
        if self.tls is not None:
            return self.tls
        if self.defaults is not None:
            return self.defaults.tls_settings()
        self.tls = self._new_tls()
        return self.tls

    def new_context(self) -> None:
        """OPT_X_TLS_NEWCTX. Raises ValueError where a file is missing."""
        made = self._new_tls()
        try:
            made.check()
        except TLSFileMissing:
            raise ValueError("option error") from None
        self.tls = made

    def _new_tls(self) -> TLSSettings:
        chosen = self.settings.get
        return TLSSettings(
            require=self.settings[v.OPT_X_TLS_REQUIRE_CERT],
            ca_file=chosen(v.OPT_X_TLS_CACERTFILE),
            ca_directory=chosen(v.OPT_X_TLS_CACERTDIR),
            certificate=chosen(v.OPT_X_TLS_CERTFILE),
            key=chosen(v.OPT_X_TLS_KEYFILE),
            ciphers=chosen(v.OPT_X_TLS_CIPHER_SUITE),
            minimum=self.settings[v.OPT_X_TLS_PROTOCOL_MIN],
            maximum=self.settings[v.OPT_X_TLS_PROTOCOL_MAX],
        )


# --- kinds of options -------------------------------------------------------------------------------------------------

Reader = Callable[[Options, int], Any]
Writer = Callable[[Options, int, Any], None]


def _read_setting(options: Options, option: int) -> Any:
    return options.settings.get(option)


def _option_error(*_: Any) -> Any:
    raise ValueError("option error")


def _unknown(_: Options, option: int, value: Any = None) -> Any:
    raise ValueError(f"unknown option {option}")


def _read_only(*_: Any) -> None:
    raise ValueError("read-only option")


def _write_only(*_: Any) -> Any:
    raise ValueError("write-only option")


@dataclass(frozen=True, slots=True)
class Row:
    """One option: how it is read and written, and the value that it has when nobody has set it."""

    read: Reader = _read_setting
    write: Writer = _unknown
    default: Any = None


def _row(option: Any) -> Row:
    return OPTIONS.get(integer(option), _UNKNOWN)


def _write_flag(options: Options, option: int, value: Any) -> None:
    options.settings[option] = -1 if value else 0


def _write_integer(options: Options, option: int, value: Any) -> None:
    options.settings[option] = integer(value)


def _write_unsigned(options: Options, option: int, value: Any) -> None:
    options.settings[option] = operator.index(value) & 0xFFFFFFFF


def _between(lowest: int, highest: int) -> Writer:
    def write(options: Options, option: int, value: Any) -> None:
        number = integer(value)
        if not lowest <= number <= highest:
            raise ValueError("option error")
        options.settings[option] = number

    return write


def _needs_int(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError(f"set_option() argument must be int, not {type_name(value)}")
    return value


def _write_ssf(options: Options, option: int, value: Any) -> None:
    options.settings[option] = _needs_int(value) & 0xFFFFFFFF


def _write_external_ssf(options: Options, option: int, value: Any) -> None:
    _needs_int(value)
    if options.facts is None or not options.facts.sasl_begun:  # there is nothing of libsasl's to tell it to
        raise ValueError("option error")


def _needs_str(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"set_option() argument must be str, not {type_name(value)}")
    text("set_option", 2, value)
    return value


def _write_text(options: Options, option: int, value: Any) -> None:
    options.settings[option] = _needs_str(value)


def _write_file(options: Options, option: int, value: Any) -> None:
    options.settings[option] = _needs_str(value) or None


def _write_no_text(options: Options, option: int, value: Any) -> None:
    _needs_str(value)
    raise ValueError("option error")


def _write_no_integer(options: Options, option: int, value: Any) -> None:
    integer(value)
    raise ValueError("option error")


_PROPERTIES = frozenset(["none", "noplain", "noactive", "nodict", "forwardsec", "noanonymous", "passcred"])
_NUMBERED = ("minssf=", "maxssf=", "maxbufsize=")


def _write_properties(options: Options, option: int, value: Any) -> None:
    words = _needs_str(value)
    for word in words.split(",") if words else ():
        name, equals, number = word.partition("=")
        if word not in _PROPERTIES and not (name + equals in _NUMBERED and number.isdigit()):
            raise ValueError("option error")
        if name == "minssf":
            options.settings[v.OPT_X_SASL_SSF_MIN] = int(number)
        elif name == "maxssf":
            options.settings[v.OPT_X_SASL_SSF_MAX] = int(number)
    options.settings[option] = words


def _write_timeout(options: Options, option: int, value: Any) -> None:
    if value is None:
        options.settings[option] = None
        return
    if isinstance(value, str | bytes) or not hasattr(value, "__float__"):
        raise TypeError(f"A float or None is expected for timeout, got {type_name(value)}")
    seconds = float(value)
    if seconds < 0 and seconds != -1:
        raise ValueError(f"timeout must be >= 0 or -1/None for infinity, got {value}")
    options.settings[option] = None if seconds == -1 else int(seconds * 1_000_000) / 1_000_000


def _write_controls(options: Options, option: int, value: Any) -> None:
    if value is None:
        raise TypeError("LDAPControls_from_object(): expected a list", None)
    options.settings[option] = controls(value)


def _read_controls(options: Options, option: int) -> Any:
    given = options.settings.get(option) or ()
    return [(each.oid.decode(), int(each.criticality), each.value) for each in given]


def _write_context(options: Options, option: int, value: Any) -> None:
    if integer(value) != 0:
        raise ValueError("option error")  # that of a server, which has no certificate
    options.new_context()


def _read_uri(options: Options, option: int) -> Any:
    return uri_text(options.servers)


def _write_uri(options: Options, option: int, value: Any) -> None:
    try:
        options.servers = addresses(_needs_str(value))
    except BadURI:
        raise ValueError("parameter error") from None


def _read_host(options: Options, option: int) -> Any:
    if not options.servers:
        return None
    return " ".join([each.host_name for each in options.servers])


def _write_host(options: Options, option: int, value: Any) -> None:
    try:
        options.servers = addresses(" ".join([f"ldap://{each}" for each in _needs_str(value).split()]))
    except BadURI:
        raise ValueError("parameter error") from None


# --- what is known of a connection ------------------------------------------------------------------------------------


def _fact(read: Callable[[Facts], Any]) -> Reader:
    """Known of a connection only."""

    def reading(options: Options, option: int) -> Any:
        if options.facts is None:
            raise ValueError("option error")
        return read(options.facts)

    return reading


def _needed(read: Callable[[Facts], Any]) -> Reader:
    """The same, where it may not be known yet."""

    def reading(options: Options, option: int) -> Any:
        found = None if options.facts is None else read(options.facts)
        if found is None:
            raise ValueError("option error")
        return found

    return reading


def _tls_fact(name: str) -> Reader:
    def reading(options: Options, option: int) -> Any:
        tls = None if options.facts is None else options.facts.tls
        return None if tls is None else getattr(tls, name)

    return reading


def _decoded(octets: bytes | None) -> str | None:
    return None if octets is None else octets.decode(errors="replace")


def _remember(name: str, convert: Callable[[Any], Any]) -> Writer:
    def write(options: Options, option: int, value: Any) -> None:
        if options.facts is None:
            convert(value)
            raise ValueError("option error")
        setattr(options.facts, name, convert(value))

    return write


def _local_flag(options: Options, option: int) -> Any:
    if options.facts is None:
        raise ValueError("option error")
    return options.settings.get(option, OPTIONS[option].default)


_SASL_MAXBUFSIZE = 0x6109
_SOCKET_BIND_ADDRESSES = 0x5014
"""Options that python-ldap reads and has no name for."""

_UNKNOWN = Row(_unknown)
_INTEGER = Row(write=_write_integer, default=0)
_TEXT = Row(write=_write_text)
_FILE = Row(write=_write_file)
_TIMEOUT = Row(write=_write_timeout)
_FLAG = Row(write=_write_flag, default=0)

OPTIONS: dict[int, Row] = {
    v.OPT_API_INFO: Row(lambda *_: dict(v.LIBLDAP_API_INFO), _read_only),
    v.OPT_DESC: Row(_fact(lambda facts: facts.fileno), _read_only),
    v.OPT_DEREF: _INTEGER,
    v.OPT_SIZELIMIT: _INTEGER,
    v.OPT_TIMELIMIT: _INTEGER,
    v.OPT_REFERRALS: Row(write=_write_flag, default=-1),
    v.OPT_RESTART: _FLAG,
    v.OPT_PROTOCOL_VERSION: Row(write=_between(v.VERSION_MIN, v.VERSION_MAX), default=v.VERSION),
    v.OPT_SERVER_CONTROLS: Row(_read_controls, _write_controls),
    v.OPT_CLIENT_CONTROLS: Row(_read_controls, _write_controls),
    v.OPT_API_FEATURE_INFO: Row(_unknown, _read_only),
    v.OPT_HOST_NAME: Row(_read_host, _write_host),
    v.OPT_ERROR_NUMBER: Row(_fact(lambda facts: facts.error_number), _remember("error_number", integer)),
    v.OPT_DIAGNOSTIC_MESSAGE: Row(
        _fact(lambda facts: _decoded(facts.diagnostic)),
        _remember("diagnostic", lambda value: _needs_str(value).encode()),
    ),
    v.OPT_MATCHED_DN: Row(
        _fact(lambda facts: _decoded(facts.matched)), _remember("matched", lambda value: _needs_str(value).encode())
    ),
    v.OPT_DEBUG_LEVEL: _INTEGER,
    v.OPT_TIMEOUT: _TIMEOUT,
    v.OPT_NETWORK_TIMEOUT: _TIMEOUT,
    v.OPT_URI: Row(_read_uri, _write_uri),
    v.OPT_DEFBASE: _TEXT,
    v.OPT_CONNECT_ASYNC: _FLAG,
    _SOCKET_BIND_ADDRESSES: Row(),
    v.OPT_TCP_USER_TIMEOUT: Row(write=_write_unsigned, default=0),
    v.OPT_X_TLS: Row(write=_between(0, 4), default=0),
    v.OPT_X_TLS_CACERTFILE: _FILE,
    v.OPT_X_TLS_CACERTDIR: _FILE,
    v.OPT_X_TLS_CERTFILE: _FILE,
    v.OPT_X_TLS_KEYFILE: _FILE,
    v.OPT_X_TLS_REQUIRE_CERT: Row(write=_between(0, 4), default=v.OPT_X_TLS_DEMAND),
    v.OPT_X_TLS_PROTOCOL_MIN: _INTEGER,
    v.OPT_X_TLS_PROTOCOL_MAX: _INTEGER,
    v.OPT_X_TLS_CIPHER_SUITE: _FILE,
    v.OPT_X_TLS_RANDOM_FILE: Row(write=_write_no_text),
    v.OPT_X_TLS_CRLCHECK: Row(_option_error, _write_no_integer),
    v.OPT_X_TLS_DHFILE: _FILE,
    v.OPT_X_TLS_CRLFILE: _FILE,
    v.OPT_X_TLS_ECNAME: _FILE,
    v.OPT_X_TLS_NEWCTX: Row(_unknown, _write_context),
    v.OPT_X_TLS_PACKAGE: Row(lambda *_: "GnuTLS"),
    v.OPT_X_TLS_VERSION: Row(_tls_fact("version")),
    v.OPT_X_TLS_CIPHER: Row(_tls_fact("cipher")),
    v.OPT_X_TLS_PEERCERT: Row(_tls_fact("peer_certificate"), _read_only),
    v.OPT_X_TLS_REQUIRE_SAN: Row(write=_between(0, 4), default=v.OPT_X_TLS_ALLOW),
    v.OPT_X_SASL_MECH: Row(_local_flag),
    v.OPT_X_SASL_REALM: Row(_local_flag),
    v.OPT_X_SASL_AUTHCID: Row(_local_flag),
    v.OPT_X_SASL_AUTHZID: Row(_local_flag),
    v.OPT_X_SASL_SSF: Row(_option_error, _read_only),
    v.OPT_X_SASL_SSF_EXTERNAL: Row(_write_only, _write_external_ssf),
    v.OPT_X_SASL_SECPROPS: Row(_write_only, _write_properties),
    v.OPT_X_SASL_SSF_MIN: Row(_local_flag, _write_ssf, 0),
    v.OPT_X_SASL_SSF_MAX: Row(_local_flag, _write_ssf, 2**31 - 1),
    _SASL_MAXBUFSIZE: Row(_local_flag, _write_ssf, 2**24 - 1),
    v.OPT_X_SASL_NOCANON: Row(_local_flag, _write_flag, 0),
    v.OPT_X_SASL_USERNAME: Row(_needed(lambda facts: facts.sasl_username)),
    v.OPT_X_KEEPALIVE_IDLE: _INTEGER,
    v.OPT_X_KEEPALIVE_PROBES: _INTEGER,
    v.OPT_X_KEEPALIVE_INTERVAL: _INTEGER,
}
"""Every option."""

_NOT_COPIED = frozenset(
    [
        v.OPT_X_TLS_CACERTFILE,
        v.OPT_X_TLS_CACERTDIR,
        v.OPT_X_TLS_CERTFILE,
        v.OPT_X_TLS_KEYFILE,
        v.OPT_X_TLS_CIPHER_SUITE,
        v.OPT_X_TLS_DHFILE,
        v.OPT_X_TLS_CRLFILE,
        v.OPT_X_TLS_ECNAME,
    ]
)
"""A connection reads these as None until they are set for it; the defaults hold all the same."""

DEFAULTS = Options(
    {number: row.default for number, row in OPTIONS.items() if row.default is not None},
    servers=addresses("ldap://localhost:389/??base"),
)
"""What connections begin with, but for the server: ``ldap.set_option`` and ``ldap.get_option``."""
