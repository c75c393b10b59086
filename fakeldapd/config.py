"""Everything that can be set, in one table: the fields of ``Config``.

A field's name is the option's (``size_limit``: ``--size-limit``) and the environment variable's
(``FAKELDAPD_SIZE_LIMIT``); its type says how text is read, its default and help are what ``--help`` shows. The command
line, the environment and the twist plugin are all made from this table, so none of them can know an option that another
does not.
"""

import argparse
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from fakeldapd.directives import ALLOW, DISALLOW, REQUIRE, RESTRICT, SECURITY, factor, one_of

PREFIX = "FAKELDAPD_"

DEFAULT_PASSWORD = "admin"

SCHEMA_CHECKS = ("strict", "lenient", "off")
LOG_LEVELS = ("debug", "info", "warning", "error")
CLIENT_CERTIFICATES = ("none", "try", "demand")


class ConfigError(ValueError):
    """An option's value is no good, or two don't go together. ``str`` names the option and says what to do."""


def _text(text: str) -> str:
    return text


def _natural(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise ValueError("a whole number from 0 up is expected")
    return number


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ValueError("a number of seconds from 0 up is expected")
    return number


_YES = frozenset(("1", "true", "yes", "on"))
_NO = frozenset(("", "0", "false", "no", "off"))


def _flag(text: str) -> bool:
    said = text.strip().lower()
    if said not in _YES | _NO:
        raise ValueError("yes or no is expected")
    return said in _YES


@dataclass(frozen=True, slots=True)
class Option:
    """What is known of an option besides its name, type and default.

    ``many``: it may be given repeatedly, ``commas``: and as a list with commas; ``shown`` is the default in words.
    """

    help: str
    metavar: str
    read: Callable[[str], Any]
    choices: tuple[str, ...]
    many: bool
    commas: bool
    shown: str

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value on a command line."""
        return self.read is _flag

    def parse(self, text: str) -> Any:
        """One value. Raises ValueError."""
        if self.choices and text not in self.choices:
            raise ValueError(f"one of {', '.join(self.choices)} is expected")
        return self.read(text)

    def parse_all(self, texts: Iterable[str]) -> tuple[Any, ...]:
        """The values of an option that may be given repeatedly. Raises ValueError."""
        pieces = [piece.strip() for text in texts for piece in (text.split(",") if self.commas else (text,))]
        return tuple(self.parse(piece) for piece in pieces if piece)


def _option(
    default: Any,
    help: str,
    *,
    metavar: str = "",
    read: Callable[[str], Any] = _text,
    choices: Sequence[str] = (),
    many: bool = False,
    commas: bool = False,
    shown: str = "",
) -> Any:
    """A row of the table."""
    row = Option(help, metavar, _flag if default is False else read, tuple(choices), many, commas, shown)
    return field(default=default, metadata={"option": row})


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings of one server, checked. Sizes in octets, times in seconds, 0 is unlimited."""

    files: tuple[str, ...] = _option(
        (),
        "LDIF files to load, in this order; without any, a small sample directory is served",
        metavar="FILE",
        many=True,
    )
    listen: tuple[str, ...] = _option(
        ("ldap://127.0.0.1:1389",),
        "where to listen: ldap://HOST:PORT, ldaps://HOST:PORT, ldapi://PATH with %2F for each slash; "
        "port 0 takes a free one; `systemd:` takes the sockets that systemd opened",
        metavar="URL",
        many=True,
    )
    base: tuple[str, ...] = _option(
        (),
        "a naming context",
        metavar="DN",
        many=True,
        shown="the DN of the first entry; dc=example,dc=com for the sample",
    )
    admin_dn: str = _option("", "the administrator, who may do everything", metavar="DN", shown="cn=admin,<first base>")
    admin_password: str = _option(
        DEFAULT_PASSWORD, "the administrator's password, in clear or hashed as {SSHA}...", metavar="PW"
    )
    admin_password_file: str = _option("", "a file whose first line is that password", metavar="FILE")
    schema: tuple[str, ...] = _option(
        (),
        "schemas to load instead of the default ones: names or files (OpenLDAP's .schema form, or LDIF); "
        "core is always there",
        metavar="NAME|FILE",
        many=True,
        commas=True,
        shown="core,cosine,inetorgperson,nis,misc,dyngroup,msuser",
    )
    schema_check: str = _option(
        "strict",
        "strict: as slapd; lenient: unknown attributes and classes are welcome; "
        "off: syntax, MUST and SINGLE-VALUE don't count either",
        choices=SCHEMA_CHECKS,
    )
    empty: bool = _option(False, "start with no entry at all: the administrator adds the base entry")
    read_only: bool = _option(False, "refuse every change")
    anonymous: str = _option("read", "what clients may do that have not bound", choices=("read", "deny"))
    allow_remote: bool = _option(False, "listen on addresses that other machines can reach, too")
    ldif_no_syntax_check: bool = _option(False, "load values as they are, without a look at their syntax")
    ldif_file_urls: str = _option(
        "", "let LDIF take values from files (`attribute:< file:///...`) below this directory", metavar="DIR"
    )
    ldif_operational: str = _option(
        "keep",
        "operational attributes in LDIF (entryUUID, createTimestamp ...): keep them or make new ones",
        choices=("keep", "new"),
    )
    notice_on_stop: bool = _option(
        False, "send a Notice of Disconnection to every client before closing (slapd does not)"
    )
    ready_file: str = _option("", "write a JSON file once everything is ready", metavar="FILE")
    record_requests: str = _option(
        "",
        "write every request and its answer to a file, a line of JSON each, secrets as salted hashes",
        metavar="FILE",
    )
    log: str = _option("text", "how log lines on standard error look", choices=("text", "json"))
    log_level: str = _option(
        "warning", "the least important lines to log; info has one for each operation", choices=LOG_LEVELS
    )
    max_message_size: int | None = _option(
        None, "octets of a request", metavar="N", read=_natural, shown="262143 until a client has bound, then 4194303"
    )
    size_limit: int = _option(500, "entries that a search may return", metavar="N", read=_natural)
    time_limit: int = _option(3600, "seconds that a search may take", metavar="S", read=_natural)
    max_connections: int = _option(0, "connections at a time", metavar="N", read=_natural)
    idle_timeout: float = _option(
        0.0, "seconds without a request before a connection is closed", metavar="S", read=_seconds
    )
    overlay: tuple[str, ...] = _option(
        (),
        "an overlay of slapd to turn on, with its settings; or several, with commas",
        metavar="NAME[:SETTING]",
        many=True,
    )
    tls: str = _option(
        "off",
        "auto: make a certificate for localhost, and the authority that signs it; `fakeldapd ca` prints that",
        choices=("off", "auto"),
    )
    tls_directory: str = _option(
        "", "where --tls auto keeps what it makes", metavar="DIR", shown="~/.local/state/fakeldapd"
    )
    tls_cert: str = _option(
        "", "the server's certificate, and those between it and the authority (PEM)", metavar="FILE"
    )
    tls_key: str = _option("", "its key (PEM, not encrypted)", metavar="FILE", shown="the file of --tls-cert")
    tls_ca: str = _option("", "certificates of authorities whose client certificates are good (PEM)", metavar="FILE")
    tls_client_cert: str = _option(
        "none",
        "certificates of clients: none: don't ask; try: ask, and a bad one ends the connection; "
        "demand: there must be a good one",
        choices=CLIENT_CERTIFICATES,
    )
    access: tuple[str, ...] = _option(
        (),
        "access rules as slapd has them, `to WHAT by WHO LEVEL ...`, or `@FILE`; they replace the default ones",
        metavar="RULE|@FILE",
        many=True,
        shown="users write their own password, everybody reads everything but passwords",
    )
    allow: tuple[str, ...] = _option(
        (),
        f"what slapd calls allow: {', '.join(ALLOW)}",
        metavar="FEATURE",
        read=one_of(ALLOW),
        many=True,
        commas=True,
    )
    disallow: tuple[str, ...] = _option(
        (),
        f"what slapd calls disallow: {', '.join(DISALLOW)}",
        metavar="FEATURE",
        read=one_of(DISALLOW),
        many=True,
        commas=True,
    )
    require: tuple[str, ...] = _option(
        (),
        f"what clients must have done before they may do anything: {', '.join(REQUIRE)}",
        metavar="CONDITION",
        read=one_of(REQUIRE),
        many=True,
        commas=True,
    )
    security: tuple[tuple[str, int], ...] = _option(
        (),
        f"the least strengths of connections: {', '.join(SECURITY)}",
        metavar="FACTOR=N",
        read=factor,
        many=True,
        commas=True,
    )
    restrict: tuple[str, ...] = _option(
        (),
        f"operations to refuse: {', '.join(RESTRICT)}, or extended=OID",
        metavar="OPERATION",
        read=one_of(RESTRICT, "extended="),
        many=True,
        commas=True,
    )
    referral: tuple[str, ...] = _option(
        (), "where to send clients that ask for a name outside of all naming contexts", metavar="URL", many=True
    )
    limits: tuple[str, ...] = _option(
        (),
        "limits for some clients, the first that is for a client counts: "
        "`WHO size=N`, size.soft, size.hard, size.unchecked, size.pr, size.prtotal, time, time.soft, time.hard",
        metavar="WHO LIMIT ...",
        many=True,
    )
    authz_regexp: tuple[str, ...] = _option(
        (),
        "whom SASL names mean, such as uid=alice,cn=scram-sha-256,cn=auth: the first pattern found in one gives a DN, "
        "or a search URL, with $1 to $9",
        metavar="'PATTERN DN|URL'",
        many=True,
    )
    authz_policy: str = _option(
        "none",
        "whose rules say who may become whom: authzTo of the one (to), authzFrom of the other (from), any or all",
        choices=("none", "from", "to", "any", "all"),
    )
    sasl_secprops: str = _option(
        "noplain,noanonymous",
        "what SASL mechanisms must be like: none, noplain (in clear), noactive, nodict, noanonymous, passcred, "
        "minssf=N; without noplain, PLAIN and LOGIN need no TLS",
        metavar="PROPERTIES",
    )

    @classmethod
    def make(cls, given: Mapping[str, Any], environ: Mapping[str, str]) -> "Config":
        """Settings from what was given by name, else from the environment, else the defaults. Raises ConfigError."""
        values = dict(given)
        for name, option in options():
            text = environ.get(PREFIX + name.upper())
            if name in values or text is None:
                continue
            try:
                values[name] = (
                    option.parse_all(text.replace("\n", ";").split(";")) if option.many else option.parse(text)
                )
            except ValueError as error:
                raise ConfigError(f"{PREFIX}{name.upper()}={text}: {error}") from None
        if {"admin_password", "admin_password_file"} <= given.keys():
            raise ConfigError("--admin-password and --admin-password-file: give one of them")
        file = values.get("admin_password_file")
        if file and "admin_password" not in given:
            values["admin_password"] = _first_line(file)
        config = cls(**values)
        config._check()
        return config

    @property
    def offers_tls(self) -> bool:
        """Whether there is a certificate to begin TLS with."""
        return bool(self.tls_cert) or self.tls == "auto"

    def _check(self) -> None:
        if self.empty and self.files:
            raise ConfigError(f"--empty and {self.files[0]}: an empty directory has no file to load; leave one out")
        if not self.admin_password:
            raise ConfigError("--admin-password: must not be empty, since a bind without a password is anonymous")
        if not self.listen:
            raise ConfigError("--listen: no address given; write for example --listen ldap://127.0.0.1:1389")
        if self.ready_file and not Path(self.ready_file).absolute().parent.is_dir():
            raise ConfigError(f"--ready-file {self.ready_file}: there is no such directory")
        if self.record_requests:
            requests = Path(self.record_requests).absolute()
            if requests.is_dir() or not requests.parent.is_dir():
                wrong = "a file is expected" if requests.is_dir() else "there is no such directory"
                raise ConfigError(f"--record-requests {self.record_requests}: {wrong}")
        if self.access and self.anonymous == "deny":
            raise ConfigError("--access and --anonymous deny: let the access rules say what anonymous clients may do")
        if self.ldif_file_urls and not Path(self.ldif_file_urls).is_dir():
            raise ConfigError(f"--ldif-file-urls {self.ldif_file_urls}: there is no such directory")
        self._check_tls()

    def _check_tls(self) -> None:
        if self.tls == "auto" and (self.tls_cert or self.tls_key):
            raise ConfigError("--tls auto makes a certificate, and --tls-cert and --tls-key give one: leave one out")
        if self.tls_key and not self.tls_cert:
            raise ConfigError("--tls-key: the certificate that it belongs to is missing: --tls-cert FILE")
        if self.tls_directory and self.tls != "auto":
            raise ConfigError("--tls-directory: is for --tls auto only")
        if self.tls_ca and not self.offers_tls:
            raise ConfigError(f"--tls-ca {self.tls_ca}: there is no TLS without --tls auto or --tls-cert FILE")
        if self.tls_client_cert != "none":
            if not self.offers_tls:
                raise ConfigError("--tls-client-cert: there is no TLS without --tls auto or --tls-cert FILE")
            if self.tls != "auto" and not self.tls_ca:
                raise ConfigError(
                    f"--tls-client-cert {self.tls_client_cert}: who signs good ones is missing: --tls-ca FILE"
                )


def _first_line(name: str) -> str:
    try:
        with open(name, encoding="utf-8") as file:
            return file.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"--admin-password-file {name}: {reason}") from None


def _fields() -> tuple[Field[Any], ...]:
    return fields(Config)


def options() -> list[tuple[str, Option]]:
    """Every row of the table: the field's name and the option."""
    return [(each.name, each.metadata["option"]) for each in _fields()]


def default(name: str) -> Any:
    """The default of a field."""
    return Config.__dataclass_fields__[name].default


def add_arguments(parser: argparse.ArgumentParser, only: Container[str] | None = None) -> None:
    """Give the parser every option of the table, or ``only`` those of these names.

    What is not on the command line will not be in the parsed namespace.
    """
    for each in _fields():
        if only is not None and each.name not in only:
            continue
        option = cast(Option, each.metadata["option"])
        if each.name == "files":
            parser.add_argument("files", nargs="*", metavar=option.metavar, help=option.help)
            continue
        kinds: dict[str, Any] = {"metavar": option.metavar or "|".join(option.choices)}
        if option.is_flag:
            kinds = {"action": "store_true"}
        elif option.many:
            kinds["action"] = "append"
        else:
            kinds["type"] = _Reader(option)
        name = "--" + each.name.replace("_", "-")
        parser.add_argument(name, default=argparse.SUPPRESS, help=help_text(option, each.default), **kinds)


def help_text(option: Option, default: Any) -> str:
    """The line of ``--help`` for an option."""
    shown = option.shown or _in_words(default)
    repeated = "; may be repeated" if option.many else ""
    return (option.help + (f" (default: {shown})" if shown else "") + repeated).replace("%", "%%")


def _in_words(default: Any) -> str:
    if default is None or default is False or default == "":
        return ""
    if isinstance(default, tuple):
        return " ".join(default)
    return "unlimited" if default == 0 else str(default)


class _Reader:
    """An option's reader as argparse wants it: its errors reach the user in our words."""

    def __init__(self, option: Option) -> None:
        self._option = option

    def __call__(self, text: str) -> Any:
        try:
            return self._option.parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text}: {error}") from None


def from_arguments(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Config:
    """The settings that a parsed command line and the environment make. Raises ConfigError."""
    given: dict[str, Any] = {}
    for name, option in options():
        value = getattr(arguments, name, None)
        if option.many and value:
            try:
                given[name] = option.parse_all(value)
            except ValueError as error:
                raise ConfigError(f"--{name.replace('_', '-')} {' '.join(value)}: {error}") from None
        elif value is not None and not option.many:
            given[name] = value
    return Config.make(given, environ)
