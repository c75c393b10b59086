"""The things a schema is made of, linked to each other: what ``registry.Schema`` builds from definitions and hands out.

All of them compare and hash by identity: within one Schema there is exactly one object for each syntax, matching rule,
attribute type, object class and attribute description, so ``is`` and dictionaries keyed by them are right and fast.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeAlias

Normal: TypeAlias = Hashable
"""The normal form of a value under a matching rule. Two values match for equality when their normal forms are equal;
those of an ordering rule also compare with ``<``. Strings are normalised to ``bytes`` (prepared as RFC 4518 says, in
UTF-8), integers to
``int``, DNs to ``DN.key``, booleans to ``bool``."""


class Usage(Enum):
    """RFC 4512 section 4.1.2."""

    USER = "userApplications"
    DIRECTORY = "directoryOperation"
    DISTRIBUTED = "distributedOperation"
    DSA = "dSAOperation"


class Kind(Enum):
    """RFC 4512 section 2.4."""

    ABSTRACT = "ABSTRACT"
    STRUCTURAL = "STRUCTURAL"
    AUXILIARY = "AUXILIARY"


@dataclass(slots=True, eq=False, repr=False)
class Syntax:
    """An LDAP syntax (RFC 4512 section 4.1.5, RFC 4517 section 3).

    ``validate`` says whether octets are a value of it. ``binary`` marks the syntaxes whose attributes are transferred
    with ``;binary`` only (RFC 4523), ``human_readable`` is False for those that are not text. ``pretty``, where a
    syntax has one, gives a value in the form in which slapd stores and returns it; None or LDAPError for what is none.
    ``source`` is where it is specified, for the conformance page.
    """

    oid: str
    description: str
    validate: Callable[[bytes], bool]
    binary: bool = False
    human_readable: bool = True
    definition: str = ""
    source: str = ""
    pretty: Callable[[bytes], bytes | None] | None = None

    def __repr__(self) -> str:
        return f"<syntax {self.oid}>"


@dataclass(slots=True, eq=False, repr=False)
class MatchingRule:
    """A matching rule (RFC 4512 section 4.1.3, RFC 4517 section 4).

    ``normalise`` takes an attribute value, ``assertion`` an assertion value; each gives a normal form, or None when the
    value does not conform to the syntax (a filter item is then Undefined). ``matches(assertion, value)`` compares two
    normal forms: for an equality rule that is ``==``; ordering rules answer "value < assertion" and are used through
    ``<`` on the normal forms.

    ``kind`` is "equality", "ordering" or "substrings". A substrings rule has ``piece`` besides: ``piece(value,
    position)`` with position "initial", "any" or "final" gives the normal form (``bytes``) of one component; components
    are then looked for, in order and without overlap, in the ``normalise``d value. ``source`` is where it is specified,
    for the conformance page.
    """

    oid: str
    names: tuple[str, ...]
    syntax: Syntax
    kind: str
    normalise: Callable[[bytes], Normal | None]
    assertion: Callable[[bytes], Normal | None]
    matches: Callable[[Any, Any], bool]
    piece: Callable[[bytes, str], bytes | None] | None = None
    definition: str = ""
    source: str = ""

    @property
    def name(self) -> str:
        """The first name, or the OID where it has none."""
        return self.names[0] if self.names else self.oid

    def __repr__(self) -> str:
        return f"<matching rule {self.name}>"


@dataclass(slots=True, eq=False, weakref_slot=True, repr=False)
class AttributeType:
    """An attribute type with what it inherits from its supertypes resolved (RFC 4512 section 4.1.2).

    ``name`` is the name in the spelling of its definition, as slapd returns it. ``subtypes`` holds the type itself and
    all its direct and indirect subtypes. ``implicit`` marks a type that no definition gave: the lenient schema makes
    those up.
    """

    oid: str
    names: tuple[str, ...]
    name: bytes
    superior: "AttributeType | None"
    equality: MatchingRule | None
    ordering: MatchingRule | None
    substrings: MatchingRule | None
    syntax: Syntax
    length: int | None = None
    single_value: bool = False
    collective: bool = False
    no_user_modification: bool = False
    usage: Usage = Usage.USER
    obsolete: bool = False
    definition: str = ""
    implicit: bool = False
    subtypes: "set[AttributeType]" = field(default_factory=set)
    operational: bool = field(init=False)
    """Whether it is returned only when asked for by name or by ``+`` (RFC 4512 section 3.4, RFC 3673)."""

    def __post_init__(self) -> None:
        self.operational = self.usage is not Usage.USER

    def __repr__(self) -> str:
        return f"<attribute type {self.name.decode()}>"


@dataclass(slots=True, eq=False, weakref_slot=True, repr=False)
class AttributeDescription:
    """An attribute type with options (RFC 4512 section 2.5), one object for each distinct description of a schema.

    ``options`` are lower-case and sorted; ``name`` is how it is returned (``cn;lang-en``, the type in the spelling of
    its definition). ``header`` is the BER encoding of ``name`` as an OCTET STRING, which an encoded PartialAttribute
    begins with.
    """

    type: AttributeType
    options: tuple[bytes, ...]
    name: bytes
    header: bytes

    def __repr__(self) -> str:
        return f"<attribute {self.name.decode()}>"


@dataclass(slots=True, eq=False, repr=False)
class ObjectClass:
    """An object class (RFC 4512 section 4.1.1). ``must`` and ``may`` include what the superiors require and allow;
    ``ancestors`` holds the class itself and all its direct and indirect superiors."""

    oid: str
    names: tuple[str, ...]
    name: bytes
    superiors: "tuple[ObjectClass, ...]"
    kind: Kind
    must: frozenset[AttributeType]
    may: frozenset[AttributeType]
    ancestors: "frozenset[ObjectClass]" = frozenset()
    obsolete: bool = False
    definition: str = ""

    def __repr__(self) -> str:
        return f"<object class {self.name.decode()}>"


@dataclass(slots=True, eq=False)
class ContentRule:
    """A DIT content rule (RFC 4512 section 4.1.6), by the structural class it governs."""

    oid: str
    names: tuple[str, ...]
    auxiliaries: frozenset[ObjectClass]
    must: frozenset[AttributeType]
    may: frozenset[AttributeType]
    forbidden: frozenset[AttributeType]
    obsolete: bool = False
    definition: str = ""


@dataclass(slots=True, eq=False)
class NameForm:
    """A name form (RFC 4512 section 4.1.7.2)."""

    oid: str
    names: tuple[str, ...]
    object_class: ObjectClass
    must: frozenset[AttributeType]
    may: frozenset[AttributeType]
    obsolete: bool = False
    definition: str = ""


@dataclass(slots=True, eq=False)
class ClassSet:
    """What the values of one objectClass attribute mean together. The Schema makes one for each distinct set of values
    and keeps it.

    ``classes`` as listed (known ones), ``all`` with every superior, ``structural`` the most subordinate structural
    class or None, ``must`` and ``may`` together with those of the content rule, ``allows_all`` (extensibleObject, or a
    class that the lenient schema doesn't know).
    """

    classes: tuple[ObjectClass, ...]
    all: frozenset[ObjectClass]
    structural: ObjectClass | None
    must: frozenset[AttributeType]
    may: frozenset[AttributeType]
    allows_all: bool
    is_alias: bool
    is_referral: bool
    is_subentry: bool
