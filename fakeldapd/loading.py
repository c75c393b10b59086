"""From settings to a directory: the schema, the naming contexts, the administrator, and what the LDIF files say.

A load is all or nothing: the first thing that is wrong ends it, and the error says where it stands.
"""

import gc
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fakeldapd.config import Config, ConfigError
from fakeldapd.directory import ldif
from fakeldapd.operations.access import DefaultAccess
from fakeldapd.operations.directory import Directory, run_at_once
from fakeldapd.operations.limits import Limits
from fakeldapd.operations.load import Loader
from fakeldapd.operations.request import Signal
from fakeldapd.operations.sasl.settings import SASLSettings, mapping, secprops
from fakeldapd.overlays.setting import SettingError
from fakeldapd.progress import Progress
from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.dn import DN
from fakeldapd.schema.registry import DEFAULT_SCHEMAS, Schema, SchemaCheck, SchemaError

if TYPE_CHECKING:
    from fakeldapd.overlays.overlay import Overlay

SAMPLE = Path(__file__).with_name("sample.ldif")
SAMPLE_BASE = "dc=example,dc=com"


class LoadError(Exception):
    """The schema or the data is no good. ``str`` says where and why."""


def build(
    settings: Config,
    background: Callable[[Callable[[], None], Signal], None] = run_at_once,
    on_error: Callable[[ldif.LDIFError], None] | None = None,
    *,
    records: Iterator[ldif.Record] | None = None,
    clock: Callable[[], float] = time.time,
    counted: bool = False,
) -> Directory:
    """The directory that the settings describe, loaded. Raises LoadError, or ConfigError for a DN that is none.

    ``background`` does slow work, such as checking a slow password hash (see Directory). Given ``on_error``, a mistake
    in LDIF goes there and the load goes on. ``records`` are loaded instead of the settings' files. ``clock`` and
    ``counted`` as in Directory.
    """
    schema = _schema(settings)
    collecting = gc.isenabled()
    gc.disable()  # a load makes no garbage that needs collecting, only objects to look through in vain
    try:
        sample = records is None and not settings.files
        if records is None:
            records = _records(settings, on_error)
        suffixes, records = _suffixes(settings, schema, records, sample)
        directory = Directory(
            schema,
            suffixes,
            admin_dn=_dn(schema, settings.admin_dn, "--admin-dn")
            if settings.admin_dn
            else _admin_of(schema, suffixes[0]),
            admin_password=settings.admin_password.encode(),
            limits=Limits(settings.size_limit, settings.time_limit),
            access=DefaultAccess(schema, anonymous_read=settings.anonymous == "read"),
            offers_tls=settings.offers_tls,
            sasl=_sasl(settings),
            background=background,
            overlays=_overlays(settings),
            clock=clock,
            counted=counted,
        )
        loader = Loader(
            directory,
            check_syntax=not settings.ldif_no_syntax_check,
            keep_operational=settings.ldif_operational == "keep",
            on_error=on_error,
        )
        loader.load(records)
        for overlay in directory.overlays:
            overlay.loaded(directory)
        directory.read_only = settings.read_only
        _rules(settings, directory)
    except ldif.LDIFError as error:
        raise LoadError(str(error)) from error
    except SettingError as error:
        raise ConfigError(f"--overlay {error}") from error
    except OSError as error:
        raise LoadError(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
    finally:
        if collecting:
            gc.enable()
    return directory


def _schema(settings: Config) -> Schema:
    try:
        schema = Schema.load(settings.schema or DEFAULT_SCHEMAS, SchemaCheck(settings.schema_check))
        if settings.schema:
            schema.definitions()  # what a schema needs of others has to be there; the default ones are known to fit
    except SchemaError as error:
        raise LoadError(str(error)) from error
    return schema


def _overlays(settings: Config) -> "Sequence[Overlay]":
    if not settings.overlay:
        return ()
    from fakeldapd.overlays.table import read_overlays

    return read_overlays(settings.overlay)


def _rules(settings: Config, directory: Directory) -> None:
    """Access rules, limits and policy; what they need is imported only where there are some. Raises ConfigError,
    LoadError for a bad rule in a file, OSError.
    """
    if settings.access:
        from fakeldapd.operations.access.load import OPTION, rule_access
        from fakeldapd.operations.access.words import AccessSyntaxError

        try:
            directory.access = rule_access(settings.access, directory.schema, directory.dit)
        except AccessSyntaxError as error:
            raise (ConfigError if str(error).startswith(OPTION) else LoadError)(str(error)) from error
    if settings.limits:
        from fakeldapd.operations.limits import LimitsError, read_limits

        try:
            directory.limit_rules = read_limits(settings.limits, directory.limits, directory)
        except LimitsError as error:
            raise ConfigError(f"--limits: {error}") from error
    words = (settings.allow, settings.disallow, settings.require, settings.restrict, settings.security)
    if any(words) or settings.referral:
        from fakeldapd.operations.policy import make_policy

        try:
            directory.enforce(make_policy(*words, settings.referral))
        except ValueError as error:
            raise ConfigError(str(error)) from error


def _sasl(settings: Config) -> SASLSettings:
    what = f"--sasl-secprops {settings.sasl_secprops}"
    try:
        required, min_ssf = secprops(settings.sasl_secprops)
        mappings = []
        for text in settings.authz_regexp:
            what = f"--authz-regexp {text}"
            mappings.append(mapping(text))
    except ValueError as error:
        raise ConfigError(f"{what}: {error}") from error
    return SASLSettings(required, min_ssf, settings.authz_policy, tuple(mappings))


def _dn(schema: Schema, text: str, what: str) -> DN:
    try:
        dn = schema.dn(text.encode())
    except LDAPError as error:
        raise ConfigError(f"{what} {text}: {error.diagnostic}") from error
    if dn.rdn is None:
        raise ConfigError(f"{what}: the empty DN can't be used here")
    return dn


def _admin_of(schema: Schema, suffix: DN) -> DN:
    return suffix.child(schema.rdn(b"cn=admin"))


def _suffixes(
    settings: Config, schema: Schema, records: Iterator[ldif.Record], sample: bool
) -> tuple[list[DN], Iterator[ldif.Record]]:
    """The naming contexts, and the records (of which the first may have been needed to know)."""
    if settings.base:
        suffixes = [_dn(schema, text, "--base") for text in settings.base]
        if len({dn.key for dn in suffixes}) < len(suffixes):
            raise ConfigError("--base: the same naming context twice; leave one out")
        return suffixes, records
    if sample:
        return [_dn(schema, SAMPLE_BASE, "--base")], records
    first = next(records, None)
    if first is None:
        name = settings.files[0] if settings.files else "the data"
        raise LoadError(f"{name}: no entry in it; with --base DN --empty a server starts without any")
    text = first.dn if isinstance(first, ldif.ContentRecord) else first.op.dn
    try:
        return [schema.dn(text)], itertools.chain((first,), records)
    except LDAPError as error:
        raise first.error(error.diagnostic) from error


def _records(settings: Config, on_error: Callable[[ldif.LDIFError], None] | None) -> Iterator[ldif.Record]:
    """What all files say, one after another."""
    if settings.empty:
        return
    file_urls = settings.ldif_file_urls or None
    for name in settings.files or (str(SAMPLE),):
        shown = name if settings.files else SAMPLE.name
        with open(name, "rb") as file, Progress(file, shown) as readable:
            yield from ldif.read(readable, shown, file_urls=file_urls, on_error=on_error)
