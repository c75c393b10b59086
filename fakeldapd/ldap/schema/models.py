"""Definitions (RFC 4512 section 4.1) as objects, and entries that know the schema.

An object is made of the text of a definition and gives the text back with ``str``; ``None`` or ``()`` is what a
definition doesn't say.
"""

from collections import UserDict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fakeldapd import ldap  # noqa: F401
from fakeldapd.ldap.cidict import cidict
from fakeldapd.ldap.schema.tokenizer import Tokens, extract_tokens, split_tokens

if TYPE_CHECKING:
    from fakeldapd.ldap.schema.subentry import SubSchema

NOT_HUMAN_READABLE_LDAP_SYNTAXES = {
    f"1.3.6.1.4.1.1466.115.121.1.{number}" for number in (4, 5, 8, 9, 10, 23, 28, 40, 49)
}
"""Audio, Binary, the certificates, Fax, JPEG, Octet String and Supported Algorithm."""

AttributeUsage = cidict(
    {
        "userApplication": 0,
        "userApplications": 0,
        "directoryOperation": 1,
        "distributedOperation": 2,
        "dSAOperation": 3,
    }
)
_USAGES = ("", " USAGE directoryOperation", " USAGE distributedOperation", " USAGE dSAOperation")
_KINDS = ("STRUCTURAL", "ABSTRACT", "AUXILIARY")
_NAMED: Tokens = {"NAME": (), "DESC": (None,), "OBSOLETE": None}


class SchemaElement:
    """A definition. ``schema_element_str`` is its text, str or bytes; without it the object is empty.

    ``desc`` is its description. Raises ValueError, IndexError and AssertionError for text that is no definition.
    """

    token_defaults: ClassVar[Tokens] = {"DESC": (None,)}

    def __init__(self, schema_element_str: str | bytes | None = None) -> None:
        if schema_element_str:
            if isinstance(schema_element_str, bytes):
                schema_element_str = schema_element_str.decode("utf-8")
            tokens = split_tokens(schema_element_str)
            self.set_id(tokens[1])
            self._set_attrs(tokens, extract_tokens(tokens, self.token_defaults))

    def _set_attrs(self, l: Sequence[str], d: Any) -> None:  # noqa: E741  # python-ldap's name
        self.desc = d["DESC"][0]

    def set_id(self, element_id: str) -> None:
        """Set the OID."""
        self.oid = element_id

    def get_id(self) -> str:
        """The OID."""
        return self.oid

    def key_attr(self, key: str, value: str | None, quoted: int = 0) -> str:
        """A keyword and its value, in quotes if ``quoted``; nothing without a value."""
        if value is not None and not isinstance(value, str):
            raise AssertionError(TypeError(f"value has to be of str, was {value!r}"))
        if not value:
            return ""
        return f" {key} " + (_quoted(value) if quoted else value)

    def key_list(self, key: str, values: tuple[str, ...], sep: str = " ", quoted: int = 0) -> str:
        """A keyword and its values, several of them in parentheses and with ``sep`` between; nothing without any."""
        if not isinstance(values, tuple):
            raise AssertionError(TypeError(f"values has to be a tuple, was {values!r}"))
        if not values:
            return ""
        texts = [_quoted(value) for value in values] if quoted else values
        return f" {key} {texts[0]}" if len(texts) == 1 else f" {key} ( {sep.join(texts)} )"

    def _flag(self, name: str, value: Any) -> str:
        return " " + name if value else ""

    def __str__(self) -> str:
        return "( " + self.get_id() + "".join(self._parts()) + " )"

    def _parts(self) -> tuple[str, ...]:
        """What stands behind the OID."""
        return (self.key_attr("DESC", self.desc, quoted=1),)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "\\'") + "'"


class _Named(SchemaElement):
    """A definition with names: ``names``, ``desc``, ``obsolete``."""

    names: tuple[str, ...]

    def _set_attrs(self, l: Sequence[str], d: Any) -> None:  # noqa: E741
        self.names = d["NAME"]
        self.desc = d["DESC"][0]
        self.obsolete = d["OBSOLETE"] is not None

    def _head(self) -> tuple[str, str]:
        return self.key_list("NAME", self.names, quoted=1), self.key_attr("DESC", self.desc, quoted=1)


class ObjectClass(_Named):
    """An object class: ``sup``, ``kind`` (0 structural, 1 abstract, 2 auxiliary), ``must``, ``may``, ``x_origin``."""

    schema_attribute = "objectClasses"
    token_defaults: ClassVar[Tokens] = {
        **_NAMED,
        "SUP": (),
        "STRUCTURAL": None,
        "AUXILIARY": None,
        "ABSTRACT": None,
        "MUST": (),
        "MAY": (),
        "X-ORIGIN": (),
    }

    def _set_attrs(self, l: Sequence[str], d: Any) -> None:  # noqa: E741
        super()._set_attrs(l, d)
        self.must: tuple[str, ...] = d["MUST"]
        self.may: tuple[str, ...] = d["MAY"]
        self.x_origin: tuple[str, ...] = d["X-ORIGIN"]
        self.kind = 2 if d["AUXILIARY"] is not None else 1 if d["ABSTRACT"] is not None else 0
        self.sup: tuple[str, ...] = d["SUP"]
        if self.kind == 0 and not self.sup and self.oid != "2.5.6.0":
            self.sup = ("top",)

    def _parts(self) -> tuple[str, ...]:
        return (
            *self._head(),
            self.key_list("SUP", self.sup, sep=" $ "),
            self._flag("OBSOLETE", self.obsolete),
            " " + _KINDS[self.kind],
            self.key_list("MUST", self.must, sep=" $ "),
            self.key_list("MAY", self.may, sep=" $ "),
            self.key_list("X-ORIGIN", self.x_origin, quoted=1),
        )


class AttributeType(_Named):
    """An attribute type, with what its definition says; nothing is inherited.

    ``sup``, ``equality``, ``ordering``, ``substr``, ``syntax``, ``syntax_len``, ``single_value``, ``collective``,
    ``no_user_mod``, ``usage`` (a number of ``AttributeUsage``), ``x_origin``, ``x_ordered``.
    """

    schema_attribute = "attributeTypes"
    token_defaults: ClassVar[Tokens] = {
        **_NAMED,
        "SUP": (),
        "EQUALITY": (None,),
        "ORDERING": (None,),
        "SUBSTR": (None,),
        "SYNTAX": (None,),
        "SINGLE-VALUE": None,
        "COLLECTIVE": None,
        "NO-USER-MODIFICATION": None,
        "USAGE": ("userApplications",),
        "X-ORIGIN": (),
        "X-ORDERED": (None,),
    }

    def _set_attrs(self, l: Sequence[str], d: Any) -> None:  # noqa: E741
        super()._set_attrs(l, d)
        self.sup: tuple[str, ...] = d["SUP"]
        self.equality = d["EQUALITY"][0]
        self.ordering = d["ORDERING"][0]
        self.substr = d["SUBSTR"][0]
        self.x_origin: tuple[str, ...] = d["X-ORIGIN"]
        self.x_ordered = d["X-ORDERED"][0]
        syntax, brace, length = (d["SYNTAX"][0] or "").partition("{")
        self.syntax = syntax or None
        self.syntax_len = int(length[:-1]) if brace else None
        self.single_value = d["SINGLE-VALUE"] is not None
        self.collective = d["COLLECTIVE"] is not None
        self.no_user_mod = d["NO-USER-MODIFICATION"] is not None
        self.usage = AttributeUsage.get(d["USAGE"][0], 0)

    def _parts(self) -> tuple[str, ...]:
        return (
            *self._head(),
            self.key_list("SUP", self.sup, sep=" $ "),
            self._flag("OBSOLETE", self.obsolete),
            self.key_attr("EQUALITY", self.equality),
            self.key_attr("ORDERING", self.ordering),
            self.key_attr("SUBSTR", self.substr),
            self.key_attr("SYNTAX", self.syntax),
            f"{{{self.syntax_len}}}" if self.syntax_len else "",
            self._flag("SINGLE-VALUE", self.single_value),
            self._flag("COLLECTIVE", self.collective),
            self._flag("NO-USER-MODIFICATION", self.no_user_mod),
            _USAGES[self.usage],
            self.key_list("X-ORIGIN", self.x_origin, quoted=1),
            self.key_attr("X-ORDERED", self.x_ordered, quoted=1),
        )


class LDAPSyntax(SchemaElement):
    """A syntax: ``not_human_readable``, ``x_binary_transfer_required``, ``x_subst``."""

    schema_attribute = "ldapSyntaxes"
    token_defaults: ClassVar[Tokens] = {
        "DESC": (None,),
        "X-NOT-HUMAN-READABLE": (None,),
        "X-BINARY-TRANSFER-REQUIRED": (None,),
        "X-SUBST": (None,),
    }

    def _set_attrs(self, l: Sequence[str], d: Any) -> None:  # noqa: E741
        self.desc = d["DESC"][0]
        self.x_subst = d["X-SUBST"][0]
        self.not_human_readable = self.oid in NOT_HUMAN_READABLE_LDAP_SYNTAXES or d["X-NOT-HUMAN-READABLE"][0] == "TRUE"
        self.x_binary_transfer_required = d["X-BINARY-TRANSFER-REQUIRED"][0] == "TRUE"

    def _parts(self) -> tuple[str, ...]:
        return (
            self.key_attr("DESC", self.desc, quoted=1),
            self.key_attr("X-SUBST", self.x_subst, quoted=1),
            self._flag("X-NOT-HUMAN-READABLE 'TRUE'", self.not_human_readable),
        )


class MatchingRule(_Named):
    """A matching rule: ``syntax`` of its assertions."""

    schema_attribute = "matchingRules"
    token_defaults: ClassVar[Tokens] = {**_NAMED, "SYNTAX": (None,)}

    def _set_attrs(self, l: Sequence[str], d: Any) -> None:  # noqa: E741
        super()._set_attrs(l, d)
        self.syntax = d["SYNTAX"][0]

    def _parts(self) -> tuple[str, ...]:
        return (*self._head(), self._flag("OBSOLETE", self.obsolete), self.key_attr("SYNTAX", self.syntax))


class MatchingRuleUse(_Named):
    """The attributes that a matching rule goes with: ``applies``."""

    schema_attribute = "matchingRuleUse"
    token_defaults: ClassVar[Tokens] = {**_NAMED, "APPLIES": ()}

    def _set_attrs(self, l: Sequence[str], d: Any) -> None:  # noqa: E741
        super()._set_attrs(l, d)
        self.applies: tuple[str, ...] = d["APPLIES"]

    def _parts(self) -> tuple[str, ...]:
        return (*self._head(), self._flag("OBSOLETE", self.obsolete), self.key_list("APPLIES", self.applies, sep=" $ "))


class DITContentRule(_Named):
    """What goes with a structural object class: ``aux``, ``must``, ``may``, ``nots``. The OID is the class's."""

    schema_attribute = "dITContentRules"
    token_defaults: ClassVar[Tokens] = {**_NAMED, "AUX": (), "MUST": (), "MAY": (), "NOT": ()}

    def _set_attrs(self, l: Sequence[str], d: Any) -> None:  # noqa: E741
        super()._set_attrs(l, d)
        self.aux: tuple[str, ...] = d["AUX"]
        self.must: tuple[str, ...] = d["MUST"]
        self.may: tuple[str, ...] = d["MAY"]
        self.nots: tuple[str, ...] = d["NOT"]

    def _parts(self) -> tuple[str, ...]:
        return (
            *self._head(),
            self._flag("OBSOLETE", self.obsolete),
            self.key_list("AUX", self.aux, sep=" $ "),
            self.key_list("MUST", self.must, sep=" $ "),
            self.key_list("MAY", self.may, sep=" $ "),
            self.key_list("NOT", self.nots, sep=" $ "),
        )


class DITStructureRule(_Named):
    """Where entries of a name form may stand: ``ruleid``, ``form``, ``sup``."""

    schema_attribute = "dITStructureRules"
    token_defaults: ClassVar[Tokens] = {**_NAMED, "FORM": (None,), "SUP": ()}

    def set_id(self, element_id: str) -> None:
        """Set the rule's number, a str."""
        self.ruleid = element_id

    def get_id(self) -> str:
        """The rule's number, a str."""
        return self.ruleid

    def _set_attrs(self, l: Sequence[str], d: Any) -> None:  # noqa: E741
        super()._set_attrs(l, d)
        self.form = d["FORM"][0]
        self.sup: tuple[str, ...] = d["SUP"]

    def _parts(self) -> tuple[str, ...]:
        return (
            *self._head(),
            self._flag("OBSOLETE", self.obsolete),
            self.key_attr("FORM", self.form),
            self.key_list("SUP", self.sup, sep=" $ "),
        )


class NameForm(_Named):
    """What names entries of a structural object class ``oc``: ``must``, ``may``."""

    schema_attribute = "nameForms"
    token_defaults: ClassVar[Tokens] = {**_NAMED, "OC": (None,), "MUST": (), "MAY": ()}

    def _set_attrs(self, l: Sequence[str], d: Any) -> None:  # noqa: E741
        super()._set_attrs(l, d)
        self.oc = d["OC"][0]
        self.must: tuple[str, ...] = d["MUST"]
        self.may: tuple[str, ...] = d["MAY"]

    def _parts(self) -> tuple[str, ...]:
        return (
            *self._head(),
            self._flag("OBSOLETE", self.obsolete),
            self.key_attr("OC", self.oc),
            self.key_list("MUST", self.must, sep=" $ "),
            self.key_list("MAY", self.may, sep=" $ "),
        )


class Entry(UserDict[Any, Any]):
    """An entry whose attributes are found by any of their names, or by OID; ``dn`` is its DN.

    ``data`` has them by tuples of OID and options; ``keys`` are the names as last assigned.
    """

    def __init__(self, schema: "SubSchema", dn: str, entry: Mapping[str, Any]) -> None:
        self._keytuple2attrtype: dict[tuple[str, ...], str] = {}
        self._attrtype2keytuple: dict[str, tuple[str, ...]] = {}
        self._s = schema
        self.dn = dn
        super().__init__()
        self.update(entry)

    def _at2key(self, nameoroid: str) -> tuple[str, ...]:
        """OID and options, in lower case."""
        if nameoroid not in self._attrtype2keytuple:
            name, *options = nameoroid.split(";")
            oid = self._s.getoid(AttributeType, name)
            self._attrtype2keytuple[nameoroid] = (oid, *[option.lower() for option in options])
        return self._attrtype2keytuple[nameoroid]

    def update(self, dict: Mapping[str, Any]) -> None:  # type: ignore[override]
        """Set all of these."""
        for name, values in dict.items():
            self[name] = values

    def __contains__(self, nameoroid: object) -> bool:
        return self._at2key(nameoroid) in self.data  # type: ignore[arg-type]  # an AttributeError for what is no str

    def __getitem__(self, nameoroid: str) -> Any:
        return self.data[self._at2key(nameoroid)]

    def __setitem__(self, nameoroid: str, attr_values: Any) -> None:
        key = self._at2key(nameoroid)
        self._keytuple2attrtype[key] = nameoroid
        self.data[key] = attr_values

    def __delitem__(self, nameoroid: str) -> None:
        key = self._at2key(nameoroid)
        del self.data[key]
        del self._keytuple2attrtype[key]

    def has_key(self, nameoroid: str) -> bool:
        """Whether the attribute is there."""
        return nameoroid in self

    def keys(self) -> Any:
        """The names of the attributes."""
        return self._keytuple2attrtype.values()

    def items(self) -> Any:
        """Names and values."""
        return [(name, self[name]) for name in self.keys()]  # iteration gives tuples

    def attribute_types(
        self, attr_type_filter: Iterable[tuple[str, Any]] | None = None, raise_keyerror: int = 1
    ) -> tuple[cidict, cidict]:
        """What the entry's object classes require and allow, as ``SubSchema.attribute_types``."""
        return self._s.attribute_types(self.get("objectClass", []), attr_type_filter, raise_keyerror)
