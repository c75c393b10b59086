"""Access rules from words: ``to <what> [by <who> [<access>] [<control>]]+``, as slapd.access(5) has them.

Read as slapd reads it, its laxities included: keywords in any case, a <who> left out means everybody, an <access> left
out changes nothing. What slapd knows and this server doesn't is refused by its name, in ``REFUSED``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from fakeldapd.operations.access.patterns import (
    STYLES,
    RegexError,
    compile_regex,
    expand,
    has_groups,
    without_spaces,
)
from fakeldapd.operations.access.rules import (
    NOTHING,
    Clause,
    Flow,
    ListedClass,
    ListedType,
    Rule,
    What,
    read_access,
)
from fakeldapd.operations.access.who import (
    MEASURES,
    Anonymous,
    Condition,
    Group,
    Listed,
    Named,
    Self,
    Strength,
    Users,
)
from fakeldapd.operations.access.words import AccessSyntaxError, Directive
from fakeldapd.protocol.filter import FilterSyntaxError
from fakeldapd.protocol.filter import parse as parse_filter
from fakeldapd.protocol.result import LDAPError
from fakeldapd.schema.elements import AttributeDescription
from fakeldapd.schema.registry import Schema

REFUSED: Mapping[str, str] = {
    "peername": "which address a client has",
    "sockname": "which address it has connected to",
    "domain": "which host name a client has",
    "sockurl": "which URL it has connected to",
    "set": "sets",
    "dynacl": "access rules from modules",
    "aci": "access rules in entries",
}
"""A <who> of slapd's that isn't supported -> what it would be about. ``real...`` and ``val=`` have their own sentences.
"""

_DN = "1.3.6.1.4.1.1466.115.121.1.12"
_NAME_AND_UID = "1.3.6.1.4.1.1466.115.121.1.34"
_EVERYTHING = frozenset(("*", ".*", ".*$", "^.*", "^.*$", ".*$$", "^.*$$"))
_LEVEL = re.compile(r"level\{([+-]?\d+)\}\Z", re.IGNORECASE)
_FLOWS = {flow.value: flow for flow in Flow}


def read_rules(schema: Schema, found: Iterable[Directive]) -> tuple[Rule, ...]:
    """The rules that directives stand for. Raises AccessSyntaxError."""
    return tuple(_Reading(schema, directive).rule() for directive in found)


@dataclass(frozen=True, slots=True)
class _Word:
    """One word of a <who>, taken apart: ``name.style,modifier=value``."""

    whole: str
    name: str
    style: str | None
    modifier: str
    value: str | None


def _taken_apart(word: str) -> _Word:
    left, equals, value = word.partition("=")
    name, dot, style = left.partition(".")
    style, _, modifier = style.partition(",")
    return _Word(word, name, style if dot else None, modifier.lower(), value if equals else None)


class _Reading:
    """One rule while it is read."""

    def __init__(self, schema: Schema, directive: Directive) -> None:
        self.schema = schema
        self.directive = directive
        self.words = list(directive.words)
        self.at = 0

    def error(self, reason: str) -> AccessSyntaxError:
        return self.directive.error(reason)

    def next_is(self, *keywords: str) -> bool:
        return self.at < len(self.words) and self.words[self.at].lower() in keywords

    # --- the rule ----------------------------------------------------------------------------------------------------

    def rule(self) -> Rule:
        if not self.next_is("to"):
            raise self.error("a rule begins with 'to' and what it is about")
        self.at += 1
        what = self.what()
        clauses = []
        while self.at < len(self.words):
            if not self.next_is("by"):
                raise self.error(f"'by' is expected, and not '{self.words[self.at]}'")
            self.at += 1
            if self.at == len(self.words):
                raise self.error("nothing behind 'by'")
            clauses.append(self.clause())
        if not clauses:
            raise self.error("no 'by': nobody would get any access")
        return Rule(what, tuple(clauses))

    # --- <what> ------------------------------------------------------------------------------------------------------

    def what(self) -> What:
        what = What()
        named = False
        while self.at < len(self.words) and not self.next_is("by"):
            word = self.words[self.at]
            self.at += 1
            if word == "*":
                if what.style:
                    raise self.error("two DNs in one <what>")
                continue
            left, equals, value = word.partition("=")
            if not equals:
                raise self.error(f"'{word}' is no <what>: it has no '='")
            name, _, style = left.partition(".")
            if name.lower() == "dn" and named:
                raise self.error("two DNs in one <what>")
            reader = _WHATS.get(name.lower().partition("/")[0])
            if reader is None:
                raise self.error(f"'{name}' is no <what>: dn, filter or attrs is expected")
            what = reader(self, what, style.lower(), value)
            named = named or bool(what.style)
        return what

    def what_dn(self, what: What, style: str, value: str) -> What:
        known = STYLES.get(style)
        if known is None or known in ("level", "expand"):
            raise self.error(f"unknown style '{style}' of a DN in <what>")
        if value == "*" or (known == "subtree" and not value) or (known == "regex" and value in _EVERYTHING):
            return what
        if known != "regex" or not value:
            return replace(what, style="base" if not value and known == "regex" else known, pattern=self.dn(value))
        pattern = without_spaces(value).encode()
        return replace(what, style="regex", pattern=pattern, regex=self.regex(pattern))

    def what_filter(self, what: What, style: str, value: str) -> What:
        try:
            return replace(what, filter=parse_filter(value))
        except FilterSyntaxError as error:
            raise self.error(f"bad filter '{value}' in <what>: {error}") from None

    def what_attrs(self, what: What, style: str, value: str) -> What:
        listed = tuple(self.listed(name) for name in value.split(",") if name)
        if not listed:
            raise self.error("no name behind 'attrs='")
        return replace(what, listed=(*(what.listed or ()), *listed))

    def listed(self, name: str) -> ListedType | ListedClass:
        if ";" in name:
            raise self.error(f"attrs={name}: options of attributes are not supported here")
        attribute_type = self.schema.attribute_type(name.encode())
        if attribute_type is not None:
            return ListedType(attribute_type)
        object_class = self.schema.object_class(name.lstrip("@!").encode() if name[0] in "@!" else name.encode())
        if object_class is None:
            raise self.error(f"attrs={name}: there is no such attribute or class in the schema")
        return ListedClass(object_class, others=name[0] == "!")

    def what_value(self, what: What, style: str, value: str) -> What:
        raise self.error("val= is not supported: rules are about attributes, not about single values")

    # --- by ----------------------------------------------------------------------------------------------------------

    def clause(self) -> Clause:
        conditions: list[Condition] = []
        said: set[str] = set()
        while self.at < len(self.words):
            word = _taken_apart(self.words[self.at])
            name = word.name.lower().partition("/")[0]
            self.refuse(name, word)
            reader = _WHOS.get(name)
            if reader is None:
                break
            kind = "dn" if name in _DN_KINDS else name
            if kind in said:
                raise self.error(f"'{word.whole}': two of the same kind in one <who>")
            said.add(kind)
            self.at += 1
            condition = reader(self, word)
            if condition is not None:
                conditions.append(condition)
        change, flow = NOTHING, Flow.STOP
        if self.at < len(self.words) and not self.next_is("by", *_FLOWS):
            access = self.words[self.at]
            if access.lower().startswith(("self", "realself")):
                raise self.error(f"'{access}' is not supported: rules are about attributes, not about single values")
            found = read_access(access)
            if found is None:
                raise self.error(f"'{access}' is neither a <who> nor an <access>")
            change = found
            self.at += 1
        if self.next_is(*_FLOWS):
            flow = _FLOWS[self.words[self.at].lower()]
            self.at += 1
        return Clause(tuple(conditions), change, flow)

    def refuse(self, name: str, word: _Word) -> None:
        """Raise where a <who> is one of slapd's that isn't supported."""
        if name in REFUSED and (word.value is not None or name == "aci"):
            raise self.error(f"'{word.name}' is not supported: rules can't be about {REFUSED[name]}")
        if name.startswith("real") and name.removeprefix("real") in (*_DN_KINDS, "dnattr"):
            raise self.error(f"'{word.name}' is not supported; '{word.name[4:]}' is")

    def style(self, word: _Word, *possible: str) -> str:
        """The style of a word, one of those possible."""
        written = (word.style or "").lower()
        found = "level" if written.startswith("level") else STYLES.get(written)
        if found is None or found not in possible:
            raise self.error(f"'{word.whole}': the style '{word.style}' is not possible here")
        return found

    def value(self, word: _Word) -> str:
        if not word.value:
            raise self.error(f"'{word.whole}': nothing behind '='" if word.value == "" else f"'{word.whole}': no '='")
        return word.value

    def level(self, word: _Word) -> int:
        found = _LEVEL.match(word.style or "")
        if found is None:
            raise self.error(f"'{word.whole}': level{{N}} is expected")
        return int(found[1])

    def who_any(self, word: _Word) -> Condition | None:
        return None

    def who_anonymous(self, word: _Word) -> Condition | None:
        return Anonymous()

    def who_users(self, word: _Word) -> Condition | None:
        return Users()

    def who_self(self, word: _Word) -> Condition | None:
        if self.style(word, *STYLES.values()) == "level":
            return Self(self.level(word))
        return Self()

    def who_dn(self, word: _Word) -> Condition | None:
        style = self.style(word, "base", "one", "subtree", "children", "regex", "level")
        value = word.value if style == "regex" else self.value(word)
        level = self.level(word) if style == "level" else 0
        if level < 0:
            raise self.error(f"'{word.whole}': a level below 0 is not possible here")
        expands = word.modifier == "expand"
        if style == "regex":
            if expands:
                raise self.error(f"'{word.whole}': regex expands anyway")
            return self.who_regex(value)
        assert value is not None
        if value == "*":
            return None
        if not expands:
            return Named(style, self.dn(value), level)
        if not has_groups(value.encode()):
            raise self.error(f"'{word.whole}': nothing in it to expand, such as $1")
        return Named(style, value.encode(), level, expands=True)

    def who_regex(self, value: str | None) -> Condition | None:
        """A regular expression. slapd takes one that is left out for the word users, and an empty one for anonymous."""
        if value is None or value == "*" or re.fullmatch(r"\^?\.\+\$?\$?", value):
            return Named("regex", b"users")
        if not value:
            return Named("regex", b"anonymous")
        if value in _EVERYTHING:
            return None
        pattern = without_spaces(value).encode()
        self.regex(expand(pattern, None))
        return Named("regex", pattern)

    def who_dnattr(self, word: _Word) -> Condition | None:
        self.style(word, *STYLES.values())
        description = self.attribute(self.value(word))
        if description.type.syntax.oid not in (_DN, _NAME_AND_UID):
            raise self.error(f"'{word.whole}': values of this attribute are not DNs")
        if description.type.equality is None:
            raise self.error(f"'{word.whole}': this attribute has no equality rule")
        return Listed(description)

    def who_group(self, word: _Word) -> Condition | None:
        style = self.style(word, "base", "regex", "expand")
        value = self.value(word)
        _, _, path = word.name.partition("/")
        if style == "base":
            return read_group(self.schema, self.directive, path, value)
        pattern = without_spaces(value).encode()
        self.regex(expand(pattern, None))
        return replace(read_group(self.schema, self.directive, path, ""), pattern=pattern, expands=True)

    def who_strength(self, word: _Word) -> Condition | None:
        self.style(word, "base", "regex")
        value = self.value(word)
        if not value.isascii() or not value.isdigit() or not int(value):
            raise self.error(f"'{word.whole}': a number from 1 up is expected")
        return Strength(MEASURES[word.name.lower()], int(value))

    # --- pieces ------------------------------------------------------------------------------------------------------

    def dn(self, text: str) -> bytes:
        """The key of a DN."""
        try:
            return self.schema.dn(text.encode()).key
        except LDAPError:
            raise self.error(f"bad DN '{text}'") from None

    def regex(self, pattern: bytes) -> re.Pattern[bytes]:
        try:
            return compile_regex(pattern)
        except RegexError as error:
            raise self.error(f"bad regular expression '{pattern.decode()}': {error}") from None

    def attribute(self, name: str) -> AttributeDescription:
        return _attribute(self.schema, self.directive, name)


def _attribute(schema: Schema, directive: Directive, name: str) -> AttributeDescription:
    found = schema.find(name.encode())
    if found is None:
        raise directive.error(f"there is no attribute {name} in the schema")
    if found.options:
        raise directive.error(f"{name}: options of attributes are not supported here")
    return found


def read_group(schema: Schema, directive: Directive, path: str, dn: str) -> Group:
    """The group ``CLASS/ATTRIBUTE`` (either may be missing) at a DN. Raises AccessSyntaxError."""
    class_name, _, attribute_name = path.partition("/")
    object_class = schema.object_class((class_name or "groupOfNames").encode())
    if object_class is None:
        raise directive.error(f"there is no class {class_name} in the schema")
    attribute = _attribute(schema, directive, attribute_name or "member")
    name = attribute.name.decode()
    uri = schema.attribute_type(b"labeledURI")
    is_uri = uri is not None and attribute.type in uri.subtypes
    if attribute.type.syntax.oid not in (_DN, _NAME_AND_UID) and not is_uri:
        raise directive.error(f"members of a group are DNs or URIs, and not values of {name}")
    if attribute.type not in object_class.must | object_class.may:
        raise directive.error(f"{name} is no attribute of {object_class.name.decode()}")
    try:
        return Group(schema.dn(dn.encode()).key, object_class, attribute)
    except LDAPError:
        raise directive.error(f"bad DN '{dn}'") from None


_WHATS: Mapping[str, Callable[[_Reading, What, str, str], What]] = {
    "dn": _Reading.what_dn,
    "filter": _Reading.what_filter,
    "attrs": _Reading.what_attrs,
    "attr": _Reading.what_attrs,
    "val": _Reading.what_value,
}

_DN_KINDS = ("*", "anonymous", "users", "self", "dn")
_WHOS: Mapping[str, Callable[[_Reading, _Word], Condition | None]] = {
    "*": _Reading.who_any,
    "anonymous": _Reading.who_anonymous,
    "users": _Reading.who_users,
    "self": _Reading.who_self,
    "dn": _Reading.who_dn,
    "dnattr": _Reading.who_dnattr,
    "group": _Reading.who_group,
    **dict.fromkeys(MEASURES, _Reading.who_strength),
}
