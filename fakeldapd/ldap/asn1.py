"""Shorthand for pyasn1's types, as the definitions of controls and extended operations need them."""

from typing import Any

from pyasn1.codec.ber import decoder
from pyasn1.type import namedtype, tag


def context(number: int, constructed: bool = False) -> Any:
    """The context-specific tag ``[number]``."""
    return tag.Tag(tag.tagClassContext, tag.tagFormatConstructed if constructed else tag.tagFormatSimple, number)


def components(**types: Any) -> Any:
    """The components of a SEQUENCE or CHOICE by name, in order: types, or what ``optional`` and ``default`` return."""
    named = [
        (found[0](name, found[1]) if isinstance(found, tuple) else namedtype.NamedType(name, found))
        for name, found in types.items()
    ]
    return namedtype.NamedTypes(*named)


def optional(found: Any) -> tuple[Any, Any]:
    """An OPTIONAL component."""
    return namedtype.OptionalNamedType, found


def default(found: Any) -> tuple[Any, Any]:
    """A component with a DEFAULT, which ``found`` has as its value."""
    return namedtype.DefaultedNamedType, found


def decode(octets: Any, definition: Any) -> Any:
    """What ``octets`` are under ``definition``, a pyasn1 object. Raises PyAsn1Error."""
    return decoder.decode(octets, asn1Spec=definition)[0]
