"""Attribute types that no definition gave: what the lenient schema takes an unknown name for.

Values in UTF-8 are Directory Strings under caseIgnoreMatch and its kin; others are compared octet by octet. Anything
is a value. A type is kept as long as something (an entry, a filter) holds its description, so names made up by
clients don't pile up.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakValueDictionary

from fakeldapd.schema.elements import AttributeType, MatchingRule, Normal, Syntax

_NAME = re.compile(rb"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)\Z")
_DIRECTORY_STRING = "1.3.6.1.4.1.1466.115.121.1.15"


class ImplicitTypes:
    """Makes types for names, one for each name whatever its case of letters."""

    def __init__(self, syntaxes: dict[str, Syntax], rules: dict[str, MatchingRule]) -> None:
        self._syntaxes = syntaxes
        self._rules = rules
        self._types: WeakValueDictionary[bytes, AttributeType] = WeakValueDictionary()
        self._parts: tuple[Syntax, MatchingRule, MatchingRule, MatchingRule] | None = None

    def get(self, name: bytes) -> AttributeType | None:
        """The type for ``name``, spelled as it was first asked for; None where that can't be a name (RFC 4512 section
        1.4)."""
        found = self._types.get(name.lower())
        if found is None and _NAME.match(name):
            if self._parts is None:
                self._parts = self._make_parts()
            syntax, equality, ordering, substrings = self._parts
            text = name.decode()
            found = AttributeType(
                oid=text,
                names=(text,),
                name=name,
                superior=None,
                equality=equality,
                ordering=ordering,
                substrings=substrings,
                syntax=syntax,
                implicit=True,
            )
            found.subtypes.add(found)
            self._types[name.lower()] = found
        return found

    def _make_parts(self) -> tuple[Syntax, MatchingRule, MatchingRule, MatchingRule]:
        syntax = replace(self._syntaxes[_DIRECTORY_STRING], validate=lambda value: True)

        def tolerant(name: str) -> MatchingRule:
            rule = self._rules[name]
            piece = rule.piece

            def or_octets(normalise: Callable[[bytes], Normal | None]) -> Callable[[bytes], Normal | None]:
                def normal(value: bytes) -> Normal | None:
                    found = normalise(value)
                    return value if found is None else found

                return normal

            def piece_or_octets(value: bytes, position: str) -> bytes | None:
                found = piece(value, position) if piece is not None else None
                return value if found is None else found

            return replace(
                rule,
                syntax=syntax,
                normalise=or_octets(rule.normalise),
                assertion=or_octets(rule.assertion),
                piece=None if piece is None else piece_or_octets,
            )

        names = ("caseignorematch", "caseignoreorderingmatch", "caseignoresubstringsmatch")
        equality, ordering, substrings = (tolerant(name) for name in names)
        return syntax, equality, ordering, substrings
