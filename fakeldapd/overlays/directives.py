"""A SETTING written as in slapd.conf: directives by their whole names one after another, each with its words."""

import shlex
from collections.abc import Sequence

from fakeldapd.overlays.setting import SettingError
from fakeldapd.protocol.filter import FilterSyntaxError, parse
from fakeldapd.protocol.messages import Filter, Present
from fakeldapd.protocol.result import LDAPError
from fakeldapd.protocol.url import LDAPURL, URLSyntaxError
from fakeldapd.schema.dn import DN
from fakeldapd.schema.registry import Schema

Directive = tuple[str, list[str]]
"""A directive's name and the words behind it."""


def read_directives(text: str, names: Sequence[str]) -> list[Directive]:
    """The directives of a setting; words before the first one are those of ``names[0]``, which may go unsaid.

    Single or double quotes hold words together; a backslash is a character like any other. Raises SettingError.
    """
    found: list[Directive] = []
    for word in _words(text):
        if word.lower() in names:
            found.append((word.lower(), []))
            continue
        if not found:
            found.append((names[0], []))
        found[-1][1].append(word)
    return found


def _words(text: str) -> list[str]:
    reader = shlex.shlex(text, posix=True, punctuation_chars=False)
    reader.whitespace_split = True
    reader.commenters = reader.escape = ""
    try:
        return list(reader)
    except ValueError as error:
        raise SettingError(f"{text}: {error}") from None


def take_url(text: str) -> LDAPURL:
    """An LDAP URL about this directory: one with a host is none. Raises SettingError."""
    try:
        url = LDAPURL.parse(text)
    except URLSyntaxError as error:
        raise SettingError(str(error)) from None
    if url.host:
        raise SettingError(f"{text}: the URL is about this server, so write ldap:/// without a host")
    return url


def url_filter(url: LDAPURL) -> Filter:
    """The filter of a URL. Raises SettingError."""
    try:
        return parse(url.filter) if url.filter else Present(b"objectClass")
    except FilterSyntaxError as error:
        raise SettingError(f"{url}: {error}") from None


def take_dn(schema: Schema, text: str | bytes) -> DN:
    """A DN. Raises SettingError."""
    octets = text.encode() if isinstance(text, str) else text
    try:
        return schema.dn(octets)
    except LDAPError as error:
        raise SettingError(f"{octets.decode(errors='replace')}: {error.diagnostic}") from None


def take_number(text: str) -> int:
    """A number from 0. Raises SettingError."""
    if not (text.isascii() and text.isdigit()):
        raise SettingError(f"{text}: a number is expected")
    return int(text)
