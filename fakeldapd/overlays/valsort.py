"""valsort: values in an order (slapo-valsort).

Searches give the values of an attribute sorted, in letters or in numbers, or by weights that stand before them in
braces, ``{3}value``, and that searches leave out. Adds and modifies must give such weights (19). A control of
searches asks for the values as they are stored.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fakeldapd.directory.dit import Node
from fakeldapd.directory.entry import Entry, Values
from fakeldapd.directory.evaluate import Purpose, View
from fakeldapd.operations.commit import Commit
from fakeldapd.operations.controls.row import Row, some_value, with_criticality
from fakeldapd.operations.modify import Edit
from fakeldapd.operations.request import Action, Request
from fakeldapd.operations.rootdse import virtual_entry
from fakeldapd.overlays.directives import read_directives, take_dn
from fakeldapd.overlays.overlay import Overlay
from fakeldapd.overlays.setting import SettingError, attribute
from fakeldapd.protocol import ber
from fakeldapd.protocol.messages import Scope, SearchRequest
from fakeldapd.protocol.result import LDAPError, ResultCode
from fakeldapd.schema.dn import DN
from fakeldapd.schema.elements import AttributeDescription
from fakeldapd.schema.registry import Schema

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

VALUE_SORT = b"1.3.6.1.4.1.4203.666.5.14"

_MOST = 4
"""Octets that a BOOLEAN may have in slapd."""

_NUMERIC = ("1.3.6.1.4.1.1466.115.121.1.27", "1.3.6.1.4.1.1466.115.121.1.36")
_METHODS = ("alpha-ascend", "alpha-descend", "numeric-ascend", "numeric-descend")
_WEIGHT = re.compile(rb"\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*|)\}")


def make(setting: str) -> "ValSort":
    """The overlay with the orders of a setting. Raises SettingError."""
    lines = [words for _, words in read_directives(setting, ("valsort-attr",))]
    if not lines:
        raise SettingError("which values are to be sorted? valsort-attr ATTRIBUTE BASE METHOD")
    return ValSort(lines)


@dataclass(slots=True, frozen=True)
class _Order:
    """The order of one attribute's values below a base; ``method`` "" where only weights count."""

    description: AttributeDescription
    base: DN
    weighted: bool
    method: str

    def sorted(self, values: Values) -> Values:
        """The values as searches show them."""
        rows = [_weighed(value) for value in values] if self.weighted else [(0, value) for value in values]
        if self.method:
            rows.sort(key=lambda row: self._key(row[1]), reverse=self.method.endswith("descend"))
        rows.sort(key=lambda row: row[0])
        return tuple([value for _, value in rows])

    def _key(self, value: bytes) -> Any:
        if self.method.startswith("numeric"):
            return int(value.replace(b" ", b"") or b"0")
        rule = self.description.type.equality
        normal = None if rule is None else rule.normalise(value)
        return normal if isinstance(normal, bytes) else value


def _weighed(value: bytes) -> tuple[int, bytes]:
    """The weight of a value, and the value without it. What was there before the overlay may have none."""
    _, brace, behind = value.partition(b"{")
    found = _WEIGHT.match(behind)
    if not brace or found is None:
        return 0, value
    return _number(found), behind[found.end() :]


def _number(found: re.Match[bytes]) -> int:
    """The number that strtol(3) makes of it."""
    digits = found[2] or b"0"
    base = 16 if digits[:2] in (b"0x", b"0X") else 8 if digits[:1] == b"0" else 10
    return int(found[1] + digits, base)


def _is_virtual(directory: "Directory", request: Request) -> bool:
    """Whether a search is for an entry that stands in no naming context."""
    op = request.op
    if type(op) is not SearchRequest or op.scope != Scope.BASE:
        return False
    return virtual_entry(directory, directory.schema.dn(op.base), request.session) is not None


def _read_control(value: bytes | None) -> bool:
    """SEQUENCE { BOOLEAN }: whether values are to be sent as they are stored. As in slapd the types aren't looked at,
    and what is behind isn't either.
    """
    value = some_value("valSort", value)
    try:
        _, start, _ = ber.header(value, 0)
        _, start, end = ber.header(value, start)
    except IndexError:
        start, end = 0, _MOST + 1
    if end - start > _MOST:
        raise LDAPError(ResultCode.PROTOCOL_ERROR, "valSort control: flag decoding error")
    return any(value[start:end])


class ValSort(Overlay):
    """The overlay."""

    views = True
    controls: Mapping[bytes, Row] = {
        VALUE_SORT: Row(
            "valSort",
            (SearchRequest,),
            _read_control,
            source="OpenLDAP",
            shown_by="clients/test_search_controls.py::test_ldapsearch_sees_values_as_they_are_stored",
            advertised=False,
            take=with_criticality(_read_control, VALUE_SORT),
            repeatable=True,
        )
    }

    def __init__(self, lines: Sequence[Sequence[str]]) -> None:
        self._lines = lines
        self._orders: list[_Order] = []

    def attached(self, directory: "Directory") -> None:
        """Look the names up."""
        self._directory = directory
        self._orders = [_read_order(directory.schema, words) for words in self._lines]

    def view(self, request: Request, controls: Mapping[bytes, Any], purpose: Purpose) -> View | None:
        """Entries that are sent, with their values in order."""
        _, as_stored = controls.get(VALUE_SORT, (False, False))
        return self._sorted if purpose is Purpose.SEND and not as_stored else None

    def _sorted(self, node: Node, entry: Entry) -> Entry:
        changes: dict[AttributeDescription, Values] = {}
        for order in self._orders:
            if order.description in entry and node.dn.is_within(order.base):
                have = changes.get(order.description, entry.values(order.description))
                changes[order.description] = order.sorted(have)
        return self._directory.entries.change(entry, changes) if changes else entry

    def around(
        self, directory: "Directory", request: Request, controls: Mapping[bytes, Any], actions: Iterator[Action]
    ) -> Iterator[Action]:
        """The control has no place in the root DSE and the subschema, which belong to no database. Raises LDAPError
        12.
        """
        critical, _ = controls.get(VALUE_SORT, (False, False))
        if critical and _is_virtual(directory, request):
            raise LDAPError(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, "critical control unavailable in context")
        return actions

    def adding(self, commit: Commit, dn: DN, attributes: dict[AttributeDescription, Values]) -> None:
        """Check the weights."""
        self._check(dn, lambda order: attributes.get(order.description, ()))

    def modifying(self, commit: Commit, dn: DN, edits: list[Edit]) -> None:
        """Check the weights, those of values to delete, too, as slapd does."""
        self._check(dn, lambda order: [v for e in edits if e.description == order.description for v in e.values])

    def _check(self, dn: DN, values_for: Callable[[_Order], Sequence[bytes]]) -> None:
        for order in self._orders:
            if not order.weighted or not dn.is_within(order.base):
                continue
            for value in values_for(order):
                _, brace, behind = value.partition(b"{")
                if not brace:
                    raise LDAPError(ResultCode.CONSTRAINT_VIOLATION, "weight missing from attribute")
                if _WEIGHT.match(behind) is None:
                    raise LDAPError(ResultCode.CONSTRAINT_VIOLATION, "weight is misformatted")


def _read_order(schema: Schema, words: Sequence[str]) -> _Order:
    """One ``valsort-attr``. Raises SettingError."""
    if len(words) < 3:
        raise SettingError(f"valsort-attr {' '.join(words)}: ATTRIBUTE BASE METHOD is expected")
    description = attribute(schema, words[0])
    methods = [word.lower() for word in words[2:]]
    weighted = methods[0] == "weighted"
    methods = methods[1:] if weighted else methods
    if len(methods) > 1 or any(method not in _METHODS for method in methods):
        raise SettingError(f"{' '.join(words[2:])}: weighted or one of {', '.join(_METHODS)} is expected")
    method = methods[0] if methods else ""
    numeric = description.type.syntax.oid in _NUMERIC
    if method and method.startswith("numeric") != numeric:
        kind = "numbers" if numeric else "text"
        raise SettingError(f"{words[0]}: values of this attribute are {kind}, which can't be sorted by {method}")
    return _Order(description, take_dn(schema, words[1]), weighted, method)
