"""The overlays by name: those that ``--overlay`` turns on, those whose function is always on here, and those that this
server hasn't got, each with the reason.

An overlay's module is imported only when it is turned on.
"""

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakeldapd.overlays.setting import SettingError

if TYPE_CHECKING:
    from fakeldapd.overlays.overlay import Overlay


@dataclass(slots=True, frozen=True)
class Row:
    """One overlay: ``module`` in this package has ``make(setting) -> Overlay``; ``setting`` and ``help`` say what may
    stand behind the name, and what it does.
    """

    module: str
    setting: str
    help: str


OVERLAYS: Mapping[str, Row] = {
    "memberof": Row(
        "memberof",
        "[group-oc=CLASS] [member-ad=ATTRIBUTE] [memberof-ad=ATTRIBUTE] [dangling=ignore|drop|error] "
        "[dangling-error=CODE] [refint=TRUE|FALSE] [dn=DN]",
        "memberOf on the members of groups, kept right by the server",
    ),
    "ppolicy": Row(
        "ppolicy",
        "[default=DN] [hash_cleartext] [use_lockout] [disable_write]",
        "rules for passwords: lockout, expiry, history, quality",
    ),
    "refint": Row(
        "refint",
        "ATTRIBUTE ... [nothing=DN] [modifiersname=DN]",
        "values that name an entry follow when it is renamed and go when it is deleted",
    ),
    "retcode": Row(
        "retcode",
        "[retcode-indir] [retcode-parent DN] [retcode-item RDN CODE [op=,text=,sleeptime=,matched=,flags=...]] "
        "[retcode-sleep SECONDS]",
        "errors on demand, by entries of the class errObject or by items below a DN",
    ),
    "valsort": Row(
        "valsort",
        "ATTRIBUTE BASE [weighted] alpha-ascend|alpha-descend|numeric-ascend|numeric-descend [valsort-attr ...]",
        "searches give values in an order",
    ),
    "dynlist": Row(
        "dynlist",
        "CLASS [URL] URL-ATTRIBUTE [[MAPPED:]MEMBER-ATTRIBUTE[+MEMBEROF[@CLASS][*]] ...] [dynlist-attrset ...]",
        "groups and lists that are made of searches, and memberOf for them",
    ),
    "unique": Row(
        "unique",
        "ATTRIBUTE ... | unique_uri [strict|ignore] ldap:///BASE?ATTRIBUTE,...?sub?FILTER",
        "no two entries have the same value",
    ),
    "constraint": Row(
        "constraint",
        "ATTRIBUTE,... regex|negregex|size|count|uri|set VALUE [restrict=URL] [constraint_attribute ...]",
        "values fit more than their syntax",
    ),
}

ALWAYS_ON: Mapping[str, str] = {
    "deref": "the dereference control",
    "seqmod": "one modification of an entry after another",
    "sssvlv": "server-side sorting and virtual list views",
}
"""Overlays of slapd whose function needs no turning on here."""

REFUSED: Mapping[str, str] = {
    "accesslog": "operations are logged with --log-level info",
    "auditlog": "operations are logged with --log-level info",
    "autogroup": "dynlist shows the members of dynamic groups",
    "chain": "referrals are not followed for clients",
    "collect": "collective attributes are not supported",
    "dds": "dynamic entries are not supported",
    "dyngroup": "dynlist does what it does",
    "homedir": "no directories of users are made",
    "lastbind": "nobody notes when somebody has bound",
    "otp": "one-time passwords are not supported",
    "pcache": "there is nothing to cache",
    "remoteauth": "there is no other server that could know passwords",
    "rwm": "names are not rewritten",
    "syncprov": "replication is not supported",
    "translucent": "there is no other server behind this one",
}
"""Overlays of slapd that aren't here."""


def read_overlays(texts: Iterable[str]) -> "list[Overlay]":
    """The overlays that ``--overlay`` asks for, in order: each text a list of ``NAME`` or ``NAME:SETTING`` with commas.

    A comma within a setting stays there: one begins a new overlay where nothing before it was a setting, or where the
    name of an overlay follows. Raises SettingError.
    """
    found: list[Overlay] = []
    for text in texts:
        for name, setting in _split(text):
            overlay = _make(name, setting)
            if overlay is not None:
                found.append(overlay)
    return found


def _split(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for piece in text.split(","):
        name, _, setting = piece.partition(":")
        name = name.strip()
        if found and found[-1][1] and name not in OVERLAYS and name not in ALWAYS_ON and name not in REFUSED:
            found[-1] = (found[-1][0], f"{found[-1][1]},{piece}")
        elif name or setting:
            found.append((name, setting))
    return found


def _make(name: str, setting: str) -> "Overlay | None":
    if name in ALWAYS_ON:
        if setting.strip():
            raise SettingError(f"{name}: {ALWAYS_ON[name]} is always on here and has no settings")
        return None
    if name in REFUSED:
        raise SettingError(f"{name}: this overlay of slapd is not supported: {REFUSED[name]}")
    row = OVERLAYS.get(name)
    if row is None:
        raise SettingError(f"{name}: there is no such overlay; there are {', '.join(sorted({*OVERLAYS, *ALWAYS_ON}))}")
    try:
        overlay: Overlay = importlib.import_module(f"fakeldapd.overlays.{row.module}").make(setting)
    except SettingError as error:
        raise SettingError(f"{name}: {error}") from None
    return overlay


def help_lines() -> Iterable[str]:
    """What ``--help`` says of overlays, line by line."""
    for name, row in OVERLAYS.items():
        yield f"  {name:10} {row.help}"
        yield f"  {'':10} {row.setting}"
    yield f"  {', '.join(ALWAYS_ON)}: accepted, since what they do is always on"
