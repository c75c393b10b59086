"""LDAP URLs (RFC 4516) as python-ldap's ``ldapurl`` has them: taken apart, put together, with their extensions.

``LDAPUrl`` keeps its parts in attributes. Two extensions have attributes of their own: ``who`` is ``bindname``,
``cred`` is ``X-BINDPW``. What is read leniently here and how it is written follows python-ldap; the server reads
URLs with ``protocol.url``.
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from html import escape
from typing import Any, ClassVar
from urllib.parse import quote, unquote

from fakeldapd.ldap.pkginfo import __version__  # noqa: F401

__all__ = [
    "LDAP_SCOPE_BASE",
    "LDAP_SCOPE_ONELEVEL",
    "LDAP_SCOPE_SUBTREE",
    "SEARCH_SCOPE",
    "SEARCH_SCOPE_STR",
    "LDAPUrl",
    "LDAPUrlExtension",
    "LDAPUrlExtensions",
    "isLDAPUrl",
]

LDAP_SCOPE_BASE = 0
LDAP_SCOPE_ONELEVEL = 1
LDAP_SCOPE_SUBTREE = 2
LDAP_SCOPE_SUBORDINATES = 3

SEARCH_SCOPE: dict[str, int | None] = {
    "": None,
    "base": LDAP_SCOPE_BASE,
    "one": LDAP_SCOPE_ONELEVEL,
    "sub": LDAP_SCOPE_SUBTREE,
    "subordinates": LDAP_SCOPE_SUBORDINATES,
}
"""A scope's number by its text in a URL."""

SEARCH_SCOPE_STR: dict[int | None, str] = {number: text for text, number in SEARCH_SCOPE.items()}

_SCHEMES = ("ldap://", "ldaps://", "ldapi://")


def isLDAPUrl(s: str) -> bool:
    """Whether ``s`` begins as an LDAP URL does."""
    return s.lower().startswith(_SCHEMES)


def ldapUrlEscape(s: str | bytes) -> str:
    """``s`` percent-encoded, all but letters, digits and ``_.-~``."""
    return quote(s, safe="")


class LDAPUrlExtension:
    """One extension: ``extype``, ``exvalue`` (None for none), ``critical``. ``extensionStr`` is its text in a URL."""

    def __init__(
        self,
        extensionStr: str | None = None,
        critical: int = 0,
        extype: str | None = None,
        exvalue: str | None = None,
    ) -> None:
        self.critical = critical
        self.extype = extype
        self.exvalue = exvalue
        if extensionStr:
            self._parse(extensionStr)

    def _parse(self, extension: str) -> None:
        extension = extension.strip()
        self.critical = extension.startswith("!")
        name, equals, value = extension[self.critical :].strip().partition("=")
        self.extype = name.strip()
        self.exvalue = unquote(value.strip()) if equals else None

    def unparse(self) -> str:
        """The extension as it stands in a URL."""
        critical = "!" if self.critical else ""
        if self.exvalue is None:
            return f"{critical}{self.extype}"
        return f"{critical}{self.extype}={quote(self.exvalue)}"

    def __str__(self) -> str:
        return self.unparse()

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} instance at {hex(id(self))}: {self.__dict__}>"

    def __eq__(self, other: object) -> bool:
        # An AttributeError where the other one is no extension, as in python-ldap.
        return (self.critical, self.extype, self.exvalue) == (other.critical, other.extype, other.exvalue)  # type: ignore[attr-defined]

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


class LDAPUrlExtensions(MutableMapping[str, LDAPUrlExtension]):
    """The extensions of a URL by their types, in order."""

    __slots__ = ("_data",)

    def __init__(
        self, default: Mapping[str, LDAPUrlExtension] | Iterable[tuple[str, LDAPUrlExtension]] | None = None
    ) -> None:
        self._data: dict[str, LDAPUrlExtension] = {}
        if default is not None:
            self.update(default)

    def __setitem__(self, name: str, value: LDAPUrlExtension) -> None:
        if not isinstance(value, LDAPUrlExtension):
            raise TypeError(f"value must be LDAPUrlExtension, not {type(value).__name__}")
        if name != value.extype:
            raise ValueError(f"key {name!r} does not match extension type {value.extype!r}")
        self._data[name] = value

    def __getitem__(self, name: str) -> LDAPUrlExtension:
        return self._data[name]

    def __delitem__(self, name: str) -> None:
        del self._data[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)

    def __str__(self) -> str:
        return ",".join([str(extension) for extension in self.values()])

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} instance at {hex(id(self))}: {self._data}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._data == other._data

    __hash__ = None  # type: ignore[assignment]

    def parse(self, extListStr: str) -> None:
        """Add the extensions of the text, which a comma separates."""
        for text in extListStr.strip().split(","):
            if text:
                extension = LDAPUrlExtension(text)
                self[extension.extype or ""] = extension

    def unparse(self) -> str:
        """The extensions as they stand in a URL."""
        return ",".join([extension.unparse() for extension in self.values()])


class LDAPUrl:
    """A URL, read from ``ldapUrl`` or made of the other arguments, which also hold what ``ldapUrl`` doesn't say.

    ``attrs`` is a list or None, ``scope`` one of the numbers above or None, ``filterstr`` a filter or None.
    """

    attr2extype: ClassVar = {"who": "bindname", "cred": "X-BINDPW"}

    urlscheme: str
    hostport: str | None
    dn: str | None
    attrs: list[str] | None
    scope: int | None
    filterstr: str | None
    extensions: LDAPUrlExtensions | None

    def __init__(
        self,
        ldapUrl: str | None = None,
        urlscheme: str = "ldap",
        hostport: str = "",
        dn: str = "",
        attrs: list[str] | None = None,
        scope: int | None = None,
        filterstr: str | None = None,
        extensions: LDAPUrlExtensions | None = None,
        who: str | None = None,
        cred: str | None = None,
    ) -> None:
        self.urlscheme = urlscheme.lower()
        self.hostport = hostport
        self.dn = dn
        self.attrs = attrs
        self.scope = scope
        self.filterstr = filterstr
        self.extensions = extensions or LDAPUrlExtensions()
        if ldapUrl is not None:
            self._parse(ldapUrl)
        if who is not None:
            self.who = who
        if cred is not None:
            self.cred = cred

    def _parse(self, ldap_url: str) -> None:
        if not isLDAPUrl(ldap_url):
            raise ValueError(f"Value {ldap_url!r} for ldap_url does not seem to be a LDAP URL.")
        scheme, rest = ldap_url.split("://", 1)
        self.urlscheme = scheme.strip().lower()
        slash, question = rest.find("/"), rest.find("?")
        if question < 0 or 0 <= slash < question:
            hostport, _, behind = rest.partition("/")
        elif question == 1:
            raise ValueError("Something completely weird happened!")
        else:
            hostport, behind = rest[:question], rest[question:]
        self.hostport = unquote(hostport)
        dn, *parts = behind.split("?", 4)
        attrs, scope, filterstr, extensions = (*parts, None, None, None, None)[:4]
        self.dn = unquote(dn.strip())
        if attrs:
            self.attrs = unquote(attrs.strip()).split(",")
        if scope is not None:
            scope = scope.strip()
            if scope not in SEARCH_SCOPE:
                raise ValueError(f"Invalid search scope {scope!r}")
            self.scope = SEARCH_SCOPE[scope]
        if filterstr is not None:
            self.filterstr = unquote(filterstr.strip()) or None
        if extensions is not None:
            self.extensions = None
            if extensions:
                self.extensions = LDAPUrlExtensions()
                self.extensions.parse(extensions)

    def applyDefaults(self, defaults: Mapping[str, Any]) -> None:
        """Set the attributes that are None to the values of ``defaults``."""
        for name, value in defaults.items():
            if getattr(self, name) is None:
                setattr(self, name, value)

    def initializeUrl(self) -> str:
        """The URL for ``ldap.initialize``: scheme, host and port only."""
        hostport = ldapUrlEscape(self.hostport or "") if self.urlscheme == "ldapi" else self.hostport
        return f"{self.urlscheme}://{hostport}"

    def unparse(self) -> str:
        """The whole URL."""
        attrs = "" if self.attrs is None else ",".join(self.attrs)
        scope = SEARCH_SCOPE_STR[self.scope]
        filterstr = "" if self.filterstr is None else ldapUrlEscape(self.filterstr)
        dn = ldapUrlEscape(self.dn)  # type: ignore[arg-type]  # a TypeError for None, as in python-ldap
        url = f"{self.initializeUrl()}/{dn}?{attrs}?{scope}?{filterstr}"
        return f"{url}?{self.extensions.unparse()}" if self.extensions else url

    def htmlHREF(self, urlPrefix: str = "", hrefText: str | None = None, hrefTarget: str | None = None) -> str:
        """An HTML link to the URL, behind ``urlPrefix``, with its text and target."""
        target = "" if hrefTarget is None else f'target="{escape(hrefTarget)}" '
        text = self.unparse() if hrefText is None else hrefText
        return f'<a {target}href="{escape(urlPrefix + self.unparse())}">{escape(text, quote=False)}</a>'

    def __str__(self) -> str:
        return self.unparse()

    def __repr__(self) -> str:
        return f"<{type(self).__module__}.{type(self).__name__} instance at {hex(id(self))}: {self.__dict__}>"

    def __eq__(self, other: object) -> bool:
        names = ("urlscheme", "hostport", "dn", "attrs", "scope", "filterstr", "extensions")
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __getattr__(self, name: str) -> Any:
        if name not in self.attr2extype:
            raise AttributeError(f"{type(self).__name__} has no attribute {name}")
        extension = self.extensions.get(self.attr2extype[name]) if self.extensions else None
        return None if extension is None or extension.exvalue is None else unquote(extension.exvalue)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.attr2extype:
            self.__dict__[name] = value
            return
        kind = self.attr2extype[name]
        if value is None:
            delattr(self, name)
        else:
            extension = LDAPUrlExtension(extype=kind, exvalue=unquote(value))
            self.extensions[kind] = extension  # type: ignore[index]  # a TypeError for None, as in python-ldap

    def __delattr__(self, name: str) -> None:
        if name not in self.attr2extype:
            del self.__dict__[name]
        elif self.extensions:
            self.extensions.pop(self.attr2extype[name], None)
