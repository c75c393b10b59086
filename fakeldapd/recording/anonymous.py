"""Values that may be shown in the place of those that were seen: the same for the same everywhere, and no way back.

Words are replaced, not values: Ada Lovelace becomes Name1 Name2, her address name1.name2@example.com, her home
/home/name1, and a filter that asks for ``(cn=ada*)`` asks for ``(cn=name1*)``. So what belonged together still does.
Numbers are given in the order in which words are met, which is that of the conversation: the same conversation gives
the same text, and nobody can guess a name and check it.

``Kept`` has the same methods and leaves values as they are. Secrets go in both.
"""

import re
from collections.abc import Callable, Iterable

from fakeldapd.protocol import messages as m
from fakeldapd.protocol.url import LDAPURL, URLSyntaxError
from fakeldapd.recording import names
from fakeldapd.recording.classify import ORDINARY, base_name, hides, kind, looks_hashed

HIDDEN = b"hidden"
"""What stands for a secret where something has to."""

_MAIL = re.compile(r"([^\s@<>,;:\"'()\[\]/=]+)@([^\W_](?:[\w.-]*[^\W_])?)")
_WORD = re.compile(r"[^\W_]+")
_DIALLED = re.compile(r"\+?\(?\d[\d ().\-/]{3,}\d")
_DN_LIKE = re.compile(rb" *[A-Za-z][A-Za-z0-9-]* *=.*[,;] *[A-Za-z][A-Za-z0-9-]* *=", re.DOTALL)
_TOO_SHORT = 3
"""Words with fewer letters are only replaced where names stand."""


class Kept:
    """Values as they were, but for secrets."""

    def learn(self, description: bytes, values: Iterable[bytes]) -> None:
        """Take notice of values: what is in names isn't to be shown elsewhere, either."""

    def learn_dn(self, dn: bytes) -> None:
        """Take notice of a name."""

    def dn(self, dn: bytes) -> bytes:
        """A distinguished name, or what was sent for one."""
        return dn

    def text(self, text: bytes) -> bytes:
        """A server's own words."""
        return text

    def url(self, url: bytes) -> bytes:
        """A referral."""
        return url

    def values(self, description: bytes, values: Iterable[bytes]) -> tuple[bytes, ...]:
        """What may be shown of an attribute's values; each once."""
        if hides(description):
            return ()
        return tuple(dict.fromkeys(value for value in values if not looks_hashed(value)))

    def asserted(self, description: bytes, value: bytes) -> bytes:
        """A value that a client asks for."""
        return next(iter(self.values(description, (value,))), HIDDEN)

    def filter(self, filter: m.Filter) -> m.Filter:
        """A filter with the values that may be shown."""
        match filter:
            case m.And(filters=each):
                return m.And(tuple(self.filter(one) for one in each))
            case m.Or(filters=each):
                return m.Or(tuple(self.filter(one) for one in each))
            case m.Not(filter=one):
                return m.Not(self.filter(one))
            case m.Present() | m.Undefined():
                return filter
            case m.Substrings(attribute=name, initial=initial, any=between, final=final):
                shown: Callable[[bytes | None], bytes | None] = lambda each: each and self.asserted(name, each)  # noqa: E731
                return m.Substrings(
                    name, shown(initial), tuple(self.asserted(name, each) for each in between), shown(final)
                )
            case m.Extensible(rule=rule, attribute=attribute, value=value, dn_attributes=dn_attributes):
                return m.Extensible(rule, attribute, self.asserted(attribute or b"", value), dn_attributes)
        return type(filter)(filter.attribute, self.asserted(filter.attribute, filter.value))


class Anonymous(Kept):
    """Others in their place. Everything that is to be replaced has to be learned before the first thing is asked for,
    or else what was a name may stand in what came before.
    """

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        self._domains: dict[str, str] = {}
        self._phones: dict[str, str] = {}
        self._known: set[str] = set()
        self._known_phones: set[str] = set()

    def learn(self, description: bytes, values: Iterable[bytes]) -> None:
        """Take notice of values."""
        name = base_name(description)
        for value in values:
            if kind(name) == "dn" or _is_dn(value):
                self.learn_dn(value)
            elif kind(name) == "phone":
                self._known_phones.add(_digits(value.decode(errors="ignore")))
            elif kind(name) == "name" and not hides(description):
                text = value.decode(errors="ignore")
                text = _MAIL.sub(lambda found: found[1] + " ", text)
                self._known.update(
                    word
                    for word in map(str.casefold, _WORD.findall(text))
                    if len(word) >= _TOO_SHORT and not word.isdigit() and word not in ORDINARY
                )

    def learn_dn(self, dn: bytes) -> None:
        """Take notice of a name."""
        for rdn in names.split(dn) or ():
            for description, value in rdn:
                self.learn(description, (value,))

    def dn(self, dn: bytes) -> bytes:
        """The name with others in its RDNs; what is no name (such as what Active Directory binds with) as text."""
        rdns = names.split(dn)
        if rdns is None:
            return self._replaced(dn)
        return names.join(tuple(tuple((name, self.asserted(name, value)) for name, value in rdn) for rdn in rdns))

    def text(self, text: bytes) -> bytes:
        """Without the words that are names, and without mail addresses."""
        return self._map(text, lambda word: self._word(word) if word.casefold() in self._known else word)

    def url(self, url: bytes) -> bytes:
        """Another host, and the DN replaced. The filter of a URL isn't kept."""
        try:
            parsed = LDAPURL.parse(url)
        except URLSyntaxError:
            return b"ldap://example.com"
        host = self._domain(parsed.host) if parsed.host else ""
        shown = LDAPURL(parsed.scheme, host, parsed.port, self.dn(parsed.dn), parsed.attributes, parsed.scope)
        return str(shown).encode(errors="surrogateescape")

    def values(self, description: bytes, values: Iterable[bytes]) -> tuple[bytes, ...]:
        """Others in their places; octets that are no text are left out."""
        if hides(description):
            return ()
        said = kind(base_name(description))
        found = [self._value(said, base_name(description), value) for value in values if not looks_hashed(value)]
        if said == "harmless":
            return tuple(dict.fromkeys(each for each in found if each is not None))
        return tuple({each.lower(): each for each in found if each is not None}.values())

    def _value(self, said: str, name: str, value: bytes) -> bytes | None:
        if said == "harmless":
            return value
        if name == "ref" or value[:7].lower() == b"ldap://" or value[:8].lower() == b"ldaps://":
            return self.url(value)
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return None
        if "\0" in text:
            return None
        if said == "tree":
            return self.text(value)
        if said == "phone":
            return self._phone(text).encode()
        return self.dn(value) if said == "dn" or _is_dn(value) else self._replaced(value)

    # --- words --------------------------------------------------------------------------------------------------------

    def _replaced(self, octets: bytes) -> bytes:
        return self._map(octets, self._word)

    def _map(self, octets: bytes, word: Callable[[str], str]) -> bytes:
        """Mail addresses, telephone numbers and words replaced, what is between them as it was."""
        text = octets.decode(errors="replace")
        pieces, at = [], 0
        for found in _MAIL.finditer(text):
            pieces.append(self._between(text[at : found.start()], word))
            local = _WORD.sub(lambda each: self._word(each[0]), found[1])
            pieces.append(f"{local}@{self._domain(found[2])}")
            at = found.end()
        pieces.append(self._between(text[at:], word))
        return "".join(pieces).encode()

    def _between(self, text: str, word: Callable[[str], str]) -> str:
        """The same with a text that has no mail addresses: a telephone number in it is one that somebody has."""
        pieces, at = [], 0
        for found in _DIALLED.finditer(text):
            if _digits(found[0]) in self._known_phones:
                pieces += [_WORD.sub(lambda each: word(each[0]), text[at : found.start()]), self._phone(found[0])]
                at = found.end()
        return "".join([*pieces, _WORD.sub(lambda each: word(each[0]), text[at:])])

    def _word(self, word: str) -> str:
        folded = word.casefold()
        if folded in ORDINARY:
            return word
        if folded.isdecimal():
            return self._numbers.setdefault(folded, str(len(self._numbers) + 1))
        shown = self._words.setdefault(folded, f"name{len(self._words) + 1}")
        if len(word) > 1 and word.isupper():
            return shown.upper()
        return shown.capitalize() if word[:1].isupper() else shown

    def _domain(self, domain: str) -> str:
        number = len(self._domains) + 1
        return self._domains.setdefault(domain.casefold(), "example.com" if number == 1 else f"d{number}.example")

    def _phone(self, text: str) -> str:
        """A number of a country that there isn't."""
        number = len(self._phones) + 1
        return self._phones.setdefault(_digits(text) or text, f"+999 {number // 10_000:03d} {number % 10_000:04d}")


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _is_dn(value: bytes) -> bool:
    return _DN_LIKE.match(value) is not None and names.split(value) is not None
