"""What ``gen_config`` says, read: slapd's configuration as LDIF (slapd-config(5)), and the settings of a FakeLDAPServer
that it comes to.

The entries ``cn=config`` and ``cn=module``, schemas, the frontend, one database and its overlays are understood.
Attributes that only concern slapd's own files, threads and log count for nothing; every other one is refused by its
name, so that no test believes in a setting that isn't there.
"""

import io
import re
import secrets
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from fakeldapd.directory.ldif import ContentRecord, LDIFError, read
from fakeldapd.directory.ldifwriter import write_record
from fakeldapd.overlays.table import REFUSED

NAME = "gen_config()"
SHIPPED = frozenset(path.stem for path in (Path(__file__).parent.parent / "schemas").glob("*.schema"))
"""Schemas that need no file of OpenLDAP's."""


class ConfigurationError(ValueError):
    """slapd would be configured in a way that this server can't be. ``str`` names line, entry and attribute."""


Setting = tuple[str, Callable[[str], Any], bool]
"""An option of FakeLDAPServer, what it makes of a value, and whether it takes several."""


def _as_it_is(text: str) -> str:
    return text


def _words(text: str) -> list[str]:
    return text.split()


def _limit(text: str) -> int:
    """The one number of ``olcSizeLimit`` and ``olcTimeLimit``, 0 for no limit."""
    if text.lower() in ("unlimited", "none", "-1"):
        return 0
    if not text.isdigit():
        raise ValueError("a number or `unlimited` is expected here; finer limits are set with olcLimits")
    return int(text)


def _yes(text: str) -> bool:
    return text.upper() == "TRUE"


def _none_but(*allowed: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text.lower() not in allowed:
            raise ValueError(f"only {' or '.join(allowed)} can be had here")
        return text

    return check


_VERIFY = {"never": "none", "try": "try", "demand": "demand", "hard": "demand", "true": "demand"}


def _verify(text: str) -> str:
    if text.lower() not in _VERIFY:
        raise ValueError(f"only {', '.join(_VERIFY)} can be had here")
    return _VERIFY[text.lower()]


EVERYWHERE: dict[str, Setting] = {
    "olcrestrict": ("restrict", _words, True),
    "olcrequires": ("require", _words, True),
    "olcsecurity": ("security", _words, True),
    "olcsizelimit": ("size_limit", _limit, False),
    "olctimelimit": ("time_limit", _limit, False),
    "olcreadonly": ("read_only", _yes, False),
}
"""Attributes of cn=config and of databases, in lower case."""

GLOBAL: dict[str, Setting] = EVERYWHERE | {
    "olcallows": ("allow", _words, True),
    "olcdisallows": ("disallow", _words, True),
    "olcreferral": ("referral", lambda text: [text], True),
    "olcidletimeout": ("idle_timeout", float, False),
    "olcauthzregexp": ("authz_regexp", lambda text: [text], True),
    "olcauthzpolicy": ("authz_policy", str.lower, False),
    "olcsaslsecprops": ("sasl_secprops", _as_it_is, False),
    "olctlscacertificatefile": ("tls_ca", _as_it_is, False),
    "olctlscertificatefile": ("tls_cert", _as_it_is, False),
    "olctlscertificatekeyfile": ("tls_key", _as_it_is, False),
    "olctlsverifyclient": ("tls_client_cert", _verify, False),
    "olcpasswordhash": ("", _none_but("{ssha}"), False),
}
DATABASE: dict[str, Setting] = EVERYWHERE | {
    "olcsuffix": ("base", lambda text: [text], True),
    "olcrootdn": ("admin_dn", _as_it_is, False),
    "olcrootpw": ("admin_password", _as_it_is, False),
    "olcaccess": ("access", lambda text: [text], True),
    "olclimits": ("limits", lambda text: [text], True),
    "olclastmod": ("", _none_but("true"), False),
}
_OF_SLAPD_ONLY = re.compile(
    r"objectclass|cn|olcdatabase|olcoverlay|olcmodule(load|path)|olcserverid|olclog(level|file|fileonly)"
    r"|olc(pid|args|config)file|olcconfigdir|olc(tool|listener)?threads|olcthreadqueues|olcconcurrency|olcgentlehup"
    r"|olcsockbufmaxincoming(auth)?|olclocalssf|olcindex\w+|olcreverselookup|olctls(dhparam|rand)file|olcmonitoring"
    r"|olcmaxderefdepth|olcdb(directory|index|max\w+|mode|nosync|envflags|checkpoint|searchstack|rtxnsize|idlexp|multival)"
)
"""Attributes that change nothing of what clients see, in lower case."""

_PAIR, _FLAG, _LINE = "{name}={value}", "{name}", "{name} {value}"
OVERLAYS: dict[str, tuple[str, str]] = {
    "olcmemberofgroupoc": (_PAIR, "group-oc"),
    "olcmemberofmemberad": (_PAIR, "member-ad"),
    "olcmemberofmemberofad": (_PAIR, "memberof-ad"),
    "olcmemberofdangling": (_PAIR, "dangling"),
    "olcmemberofdanglingerror": (_PAIR, "dangling-error"),
    "olcmemberofrefint": (_PAIR, "refint"),
    "olcmemberofdn": (_PAIR, "dn"),
    "olcrefintattribute": ("{value}", ""),
    "olcrefintnothing": (_PAIR, "nothing"),
    "olcrefintmodifiersname": (_PAIR, "modifiersname"),
    "olcppolicydefault": (_PAIR, "default"),
    "olcppolicyhashcleartext": (_FLAG, "hash_cleartext"),
    "olcppolicyuselockout": (_FLAG, "use_lockout"),
    "olcppolicydisablewrite": (_FLAG, "disable_write"),
    "olcuniqueuri": (_LINE, "unique_uri"),
    "olcuniqueattribute": ("{value}", ""),
    "olcconstraintattribute": (_LINE, "constraint_attribute"),
    "olcvalsortattr": (_LINE, "valsort-attr"),
    "olcdynlistattrset": (_LINE, "dynlist-attrset"),
    "olcdlattrset": (_LINE, "dynlist-attrset"),
    "olcretcodeparent": (_LINE, "retcode-parent"),
    "olcretcodeitem": (_LINE, "retcode-item"),
    "olcretcodeindir": (_FLAG, "retcode-indir"),
    "olcretcodesleep": (_LINE, "retcode-sleep"),
}
"""Attributes of overlays, in lower case, and how they stand in ``overlay=``."""

SLAPDS_ACCESS = "to * by * read"
"""What slapd allows where no rule is given (slapd.access(5))."""


def schema_name(file: str, folder: str) -> str:
    """The schema that a name in ``openldap_schema_files`` means: one that is shipped, or a file (its path, or its name
    in ``folder``). Raises ConfigurationError.
    """
    path = Path(file)
    if not path.is_absolute():
        if path.stem in SHIPPED:
            return path.stem
        path = Path(folder) / path
    if not path.is_file():
        raise ConfigurationError(
            f"openldap_schema_files: {file}: no schema of that name is shipped, nor is there {path}"
        )
    return str(path)


def settings_of(text: str, schemas: Iterable[str], folder: Path) -> dict[str, Any]:
    """The settings of the FakeLDAPServer that a slapd with this configuration would be like. ``schemas`` are those of
    ``openldap_schema_files``; schemas within the text are written into files in ``folder``. Raises
    ConfigurationError, OSError.
    """
    reading = _Reading(folder)
    lines, included = _without_includes(text)
    try:
        for record in read(io.BytesIO(lines.encode()), NAME):
            if not isinstance(record, ContentRecord):
                raise ConfigurationError(f"{record.error('an entry is expected')}")
            reading.take(record)
    except LDIFError as error:
        raise ConfigurationError(str(error)) from None
    found = reading.settings
    for option, value in reading.frontend.items():
        found[option] = [*found.get(option, ()), *value] if isinstance(value, list) else found.get(option, value)
    if not reading.database:
        raise ConfigurationError(f"{NAME}: no database in it: an entry olcDatabase=mdb,cn=config is expected")
    found["schema"] = (*dict.fromkeys([*schemas, *included, *reading.schemas]),)
    found.setdefault("access", [SLAPDS_ACCESS])
    found.setdefault("admin_password", secrets.token_hex())
    if "tls_cert" not in found:
        for name in ("tls_ca", "tls_key", "tls_client_cert"):
            found.pop(name, None)
    return found


def schemas_of(ldif: bytes) -> list[tuple[str, dict[str, Sequence[str]]]]:
    """Entries below cn=schema,cn=config, as FakeDirectory.add takes them. Raises ConfigurationError for others,
    LDIFError.
    """
    found = []
    for record in read(io.BytesIO(ldif), "slapadd"):
        dn = record.dn.decode(errors="replace")
        if not isinstance(record, ContentRecord) or not dn.lower().replace(" ", "").endswith(",cn=schema,cn=config"):
            raise ConfigurationError(str(record.error("of cn=config, only schemas can be added here")))
        found.append((dn, dict(_texts(record))))
    return found


def _without_includes(text: str) -> tuple[str, list[str]]:
    """The text with empty lines for ``include: file:///...``, which is OpenLDAP's alone, and the schemas meant."""
    included: list[str] = []

    def take(found: re.Match[str]) -> str:
        included.append(schema_name(Path(found[1]).name if Path(found[1]).stem in SHIPPED else found[1], "/"))
        return ""

    return re.sub(r"^include:[ \t]*file://(\S+)[ \t]*$", take, text, flags=re.MULTILINE | re.IGNORECASE), included


class _Reading:
    """What has been found so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings: dict[str, Any] = {}
        self.frontend: dict[str, Any] = {}
        """What holds for every database, behind its own."""
        self.schemas: list[str] = []
        self.database = ""

    def take(self, record: ContentRecord) -> None:
        """One entry. Raises ConfigurationError."""
        rdns = [part.strip() for part in record.dn.decode(errors="replace").lower().split(",")]
        kind, _, name = rdns[0].partition("=")
        name = _bare(name)
        if rdns[-1] != "cn=config":
            raise _refused(record, "", "only entries below cn=config are expected")
        if rdns == ["cn=config"]:
            self.set(record, GLOBAL)
        elif kind == "olcdatabase" and name == "frontend":
            self.set(record, DATABASE, self.frontend)
        elif kind == "olcdatabase" and name == "config":
            return  # who may change cn=config, which nobody does here
        elif kind == "olcdatabase":
            self.take_database(record, name)
        elif kind == "olcoverlay":
            self.take_overlay(record, name)
        elif kind == "cn" and rdns[1:] == ["cn=schema", "cn=config"]:
            self.take_schema(record, name)
        elif rdns[0] != "cn=schema" and not name.startswith("module"):
            raise _refused(record, "", "there is nothing like this entry here")

    def take_database(self, record: ContentRecord, name: str) -> None:
        if self.database:
            raise _refused(record, "", f"there is one database here, and {self.database} is it")
        if name not in ("mdb", "hdb", "bdb", "wt", "ldif"):
            raise _refused(record, "", f"there is no database {name} here, only one as mdb")
        self.database = name
        self.set(record, DATABASE)

    def set(self, record: ContentRecord, rows: dict[str, Setting], into: dict[str, Any] | None = None) -> None:
        """Turn attributes into settings by a table."""
        into = self.settings if into is None else into
        for name, values in _texts(record):
            if _OF_SLAPD_ONLY.fullmatch(name.lower()):
                continue
            if name.lower() not in rows:
                raise _refused(record, name, "there is no such setting here")
            option, made, several = rows[name.lower()]
            for value in values:
                try:
                    result = made(_bare(value))
                except ValueError as error:
                    raise _refused(record, name, f"{value}: {error}") from None
                if several:
                    into.setdefault(option, []).extend(result)
                elif option:
                    into[option] = result

    def take_overlay(self, record: ContentRecord, name: str) -> None:
        if name in REFUSED:
            raise _refused(record, "", f"there is no overlay {name} here: {REFUSED[name]}")
        words = []
        for attribute, values in _texts(record):
            if _OF_SLAPD_ONLY.fullmatch(attribute.lower()) or attribute.lower().startswith("olcsssvlv"):
                continue
            if attribute.lower() not in OVERLAYS:
                raise _refused(record, attribute, f"the overlay {name} has no such setting here")
            form, said = OVERLAYS[attribute.lower()]
            for value in map(_bare, values):
                if form is not _FLAG or _yes(value):
                    words.append(form.format(name=said, value=shlex.quote(value) if form is _PAIR else value))
        self.settings.setdefault("overlay", []).append(f"{name}:{' '.join(words)}" if words else name)

    def take_schema(self, record: ContentRecord, name: str) -> None:
        path = self.folder / f"schema-{len(self.schemas)}-{re.sub('[^a-z0-9]', '-', name)}.ldif"
        path.write_bytes(write_record(record.dn, [(each.type, each.values) for each in record.attributes]))
        self.schemas.append(str(path))


def _bare(text: str) -> str:
    """A value without its place in the order, ``{2}``."""
    return re.sub(r"^\{-?\d+\}", "", text)


def _texts(record: ContentRecord) -> Iterator[tuple[str, Sequence[str]]]:
    for attribute in record.attributes:
        yield attribute.type.decode(), [value.decode(errors="replace") for value in attribute.values]


def _refused(record: ContentRecord, attribute: str, reason: str) -> ConfigurationError:
    if not attribute:
        return ConfigurationError(str(record.error(reason)))
    return ConfigurationError(str(record.error(f"{attribute}: {reason}", record.line_of(attribute.encode()))))
