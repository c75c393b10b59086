"""A recording as files: LDIF with every entry that was seen, and canned answers to every question that was asked.

``ldif`` has of an entry all attributes that anybody was shown, each as it was shown last. Superiors that nobody saw are
made up, so that it loads. ``stubs`` are questions and answers as ``FakeDirectory.load_stubs`` takes them.
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from fakeldapd.directory.ldifwriter import VERSION, write_record
from fakeldapd.operations.load import COMPUTED_ATTRIBUTES
from fakeldapd.protocol import messages as m
from fakeldapd.recording import names
from fakeldapd.recording.anonymous import Anonymous, Kept
from fakeldapd.recording.classify import base_name
from fakeldapd.recording.conversation import Exchange, Recording, filter_values
from fakeldapd.recording.questions import question, text

LDIF, STUBS = "recorded.ldif", "recorded.stubs.json"
FORM = "fakeldapd stubs 1"
"""What the file of stubs says it is."""

_CLASSES = {
    "dc": b"domain",
    "ou": b"organizationalUnit",
    "o": b"organization",
    "c": b"country",
    "l": b"locality",
    "uid": b"account",
    "cn": b"applicationProcess",
}
"""What a superior is made of, by the attribute of its RDN."""

_Attributes = dict[str, tuple[bytes, tuple[bytes, ...]]]


class Written:
    """The two files, as texts. ``bases`` are the naming contexts; ``entries`` and ``answers`` count."""

    def __init__(self, recording: Recording, *, keep_values: bool = False) -> None:
        exchanges = [each for each in recording.exchanges if each.result is not None]
        self._shown = Kept() if keep_values else Anonymous()
        for exchange in exchanges:
            _learn(self._shown, exchange)
        self._entries: dict[str, tuple[bytes, _Attributes]] = {}
        self._there: dict[str, bytes] = {}
        for exchange in exchanges:
            self._see(exchange)
        self.entries = len(self._entries)
        self.stubs, self.answers = self._stubs(exchanges)
        self._make_superiors()
        self.bases = tuple(dn.decode(errors="surrogateescape") for dn in self._tops())
        self.ldif = self._ldif()

    # --- entries ------------------------------------------------------------------------------------------------------

    def _see(self, exchange: Exchange) -> None:
        """Take in the entries of an answer, and that of whom was let in."""
        if isinstance(exchange.op, m.BindRequest):
            shown = self._shown.dn(exchange.op.name)
            if (
                exchange.result is not None
                and exchange.result.code == 0
                and _has_password(exchange.op)
                and names.split(shown)
            ):
                self._entries.setdefault(names.key(shown), (shown, {}))
        if not isinstance(exchange.op, m.SearchRequest):
            return
        if exchange.result is not None and exchange.result.code == 0 and exchange.op.base:
            base = self._shown.dn(exchange.op.base)
            self._there[names.key(base)] = base
        for dn, attributes in exchange.entries:
            if not dn:
                contexts = [each.values for each in attributes if base_name(each.type) == "namingcontexts"]
                bases = [self._shown.dn(value) for values in contexts for value in values if value]
                self._there.update((names.key(base), base) for base in bases)
            if exchange.op.types_only or not names.split(dn) or _is_subschema(attributes):
                continue
            shown = self._shown.dn(dn)
            found = self._entries.setdefault(names.key(shown), (shown, {}))[1]
            for description, values in self._values(attributes):
                name = text(description).lower()
                if name.encode() not in COMPUTED_ATTRIBUTES and ";range=" not in name:
                    found[name] = (description, values)

    def _values(self, attributes: Iterable[m.Attribute]) -> Iterable[tuple[bytes, tuple[bytes, ...]]]:
        for description, values in attributes:
            shown = self._shown.values(description, values)
            if shown:
                yield description, shown

    def _make_superiors(self) -> None:
        for shown, _ in list(self._entries.values()):
            rdns = names.split(shown) or ()
            top = next((at for at in range(len(rdns)) if rdns[at:] == _domain_of(rdns)), None)
            if top is None:
                known = [at for at in range(len(rdns)) if self._is_known(names.join(rdns[at:]))]
                top = known[-1] if known else 0
            for at in range(top, 0, -1):
                superior = names.join(rdns[at:])
                self._entries.setdefault(names.key(superior), (superior, {}))
        for shown, attributes in self._entries.values():
            _complete(shown, attributes)

    def _is_known(self, dn: bytes) -> bool:
        key = names.key(dn)
        return key in self._entries or key in self._there

    def _tops(self) -> list[bytes]:
        """Entries without a superior: the naming contexts."""
        found = []
        for shown, _ in self._entries.values():
            rdns = names.split(shown) or ()
            if not any(names.key(names.join(rdns[at:])) in self._entries for at in range(1, len(rdns))):
                found.append(shown)
        return found

    def _ldif(self) -> bytes:
        head = [
            "# What fakeldapd record saw: every entry that was found, with the attributes that were shown.",
            "# Superiors that nobody saw are made up, and entries of those who bound; so are object classes not shown.",
            f'# To have it answer: FakeLDAPServer(ldif="{LDIF}", stubs="{STUBS}", {self.settings})',
        ]
        comment = "".join(f"{line}\n" for line in head).encode(errors="backslashreplace")
        order = sorted(self._entries.values(), key=lambda entry: len(names.split(entry[0]) or ()))
        return comment + VERSION + b"".join(write_record(dn, attributes.values()) for dn, attributes in order)

    @property
    def settings(self) -> str:
        """What FakeLDAPServer needs besides the files, as Python."""
        base = f", base={list(self.bases)!r}" if len(self.bases) > 1 else ""
        return 'schema_check="off"' + base

    # --- answers ------------------------------------------------------------------------------------------------------

    def _stubs(self, exchanges: list[Exchange]) -> tuple[str, int]:
        found: dict[str, dict[str, Any]] = {}
        for exchange in exchanges:
            said = question(exchange.op, exchange.controls, self._shown)
            if said is None:
                continue
            if said["op"] != "bind" and exchange.identity is not None:
                said["identity"] = text(self._shown.dn(exchange.identity)) or "anonymous"
            stub = found.setdefault(json.dumps(said, sort_keys=True), {**said, "answers": []})
            stub["answers"].append(self._answer(exchange))
        for stub in found.values():
            if all(answer == stub["answers"][0] for answer in stub["answers"]):
                del stub["answers"][1:]
        lines = ",\n".join(json.dumps(stub) for stub in found.values())  # one to a line, for whoever compares
        return f'{{"form": {json.dumps(FORM)}, "stubs": [\n{lines}\n]}}\n', len(found)

    def _answer(self, exchange: Exchange) -> dict[str, Any]:
        result = exchange.result
        assert result is not None
        answer: dict[str, Any] = {"code": result.code}
        if result.diagnostic:
            answer["text"] = _template(self._shown.text(result.diagnostic))
        if result.matched_dn:
            answer["matched_dn"] = _template(self._shown.dn(result.matched_dn))
        if result.referral and result.code == 10:
            answer["referral"] = [_template(self._shown.url(each)) for each in result.referral]
        if exchange.references:
            answer["references"] = [_template(self._shown.url(each)) for each in exchange.references]
        if exchange.entries:
            answer["entries"] = [
                [_template(self._shown.dn(dn)), self._entry(exchange, each)] for dn, each in exchange.entries
            ]
        return answer

    def _entry(self, exchange: Exchange, attributes: tuple[m.Attribute, ...]) -> dict[str, Any]:
        if isinstance(exchange.op, m.SearchRequest) and exchange.op.types_only:
            return {text(each.type): [] for each in attributes}
        return {text(name): [_template(value) for value in values] for name, values in self._values(attributes)}


def _template(octets: bytes) -> Any:
    """As an answer's text is written: braces stand for themselves when they are doubled; octets that are no text in
    base64.
    """
    try:
        return octets.decode().replace("{", "{{").replace("}", "}}")
    except UnicodeDecodeError:
        return {"base64": b64encode(octets).decode()}


def _learn(shown: Kept, exchange: Exchange) -> None:
    op = exchange.op
    for name in ("name", "base", "dn", "new_rdn", "new_superior"):
        value = getattr(op, name, None)
        if value and not isinstance(op, m.ExtendedRequest):
            shown.learn_dn(value)
    if isinstance(op, m.SearchRequest):
        for description, value in filter_values(op.filter):
            shown.learn(description, (value,))
    elif isinstance(op, m.CompareRequest):
        shown.learn(op.attribute, (op.value,))
    elif isinstance(op, m.AddRequest | m.ModifyRequest):
        for each in op.attributes if isinstance(op, m.AddRequest) else op.changes:
            shown.learn(each.type, each.values)
    if exchange.result is not None:
        shown.learn_dn(exchange.result.matched_dn)
    for dn, attributes in exchange.entries:
        shown.learn_dn(dn)
        for attribute in attributes:
            shown.learn(attribute.type, attribute.values)


def _has_password(op: m.BindRequest) -> bool:
    return isinstance(op.authentication, m.SimpleAuthentication) and bool(op.authentication.password)


def _is_subschema(attributes: tuple[m.Attribute, ...]) -> bool:
    return any(base_name(each.type) in ("attributetypes", "objectclasses") for each in attributes) or any(
        base_name(each.type) == "objectclass" and b"subschema" in map(bytes.lower, each.values) for each in attributes
    )


def _domain_of(rdns: tuple[names.RDN, ...]) -> tuple[names.RDN, ...] | None:
    """The dc= at the end of a name; None where there are none."""
    at = len(rdns)
    while at and len(rdns[at - 1]) == 1 and rdns[at - 1][0][0].lower() == b"dc":
        at -= 1
    return rdns[at:] or None


def _complete(dn: bytes, attributes: _Attributes) -> None:
    """Object classes where none were shown, and the values that are in the RDN."""
    rdn = (names.split(dn) or ((),))[0]
    if "objectclass" not in attributes:
        structural = _CLASSES.get(text(rdn[0][0]).lower(), b"applicationProcess")
        attributes["objectclass"] = (b"objectClass", (structural, b"extensibleObject"))
    for description, value in rdn:
        name = text(description).lower()
        kept, values = attributes.get(name, (description, ()))
        if value.lower() not in map(bytes.lower, values):
            attributes[name] = (kept, (*values, value))
