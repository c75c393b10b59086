"""Shorthand for pyasn1's types, as the definitions of controls and extended operations need them."""

from typing import Any

from pyasn1.codec.ber import decoder
from pyasn1.type import namedtype, tag


def context(number: int, constructed: bool = False) -> Any:
    """The context-specific tag ``[number]``."""
    return tag.Tag(tag.tagClassContext, tag.tagFormatConstructed if constructed else tag.tagFormatSimple, number)


def components(*types: Any, **required: Any) -> Any:
    """The components of a SEQUENCE or CHOICE: named ones that have to be there, or pyasn1's NamedType objects."""
    return namedtype.NamedTypes(*types, *[namedtype.NamedType(name, found) for name, found in required.items()])


def optional(name: str, found: Any) -> Any:
    """An OPTIONAL component."""
    return namedtype.OptionalNamedType(name, found)


def default(name: str, found: Any) -> Any:
    """A component with a DEFAULT, which ``found`` has as its value."""
    return namedtype.DefaultedNamedType(name, found)


def decode(octets: Any, definition: Any) -> Any:
    """What ``octets`` are under ``definition``, a pyasn1 object. Raises PyAsn1Error."""
    return decoder.decode(octets, asn1Spec=definition)[0]
