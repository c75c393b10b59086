"""Searches in stages, without a socket: what is kept, for how long, and what it costs."""

from collections.abc import Iterable
from typing import Any

import pytest

from fakeldapd.operations.controls.paged_results import PAGED_RESULTS
from fakeldapd.operations.controls.server_side_sort import SORT, sort_form
from fakeldapd.operations.controls.virtual_list_view import MOST_LISTS, VLV, VLV_RESPONSE
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.request import Action, Entries, Pause, Request, Response, Session
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.ber import element, encode_integer, header, integer, octet_string
from fakeldapd.protocol.decode import attribute
from fakeldapd.protocol.filter import parse
from fakeldapd.schema.registry import Schema

BASE = b"dc=example,dc=com"
DEVICES = 1000


@pytest.fixture
def many(directory: Directory) -> Directory:
    schema, entries = directory.schema, directory.entries
    for i in range(DEVICES):
        name = b"device%d" % i
        attributes = {b"objectClass": (b"device",), b"cn": (name,), b"serialNumber": (b"%d" % (i * 7 % DEVICES),)}
        directory.dit.add(
            schema.dn(b"cn=%b,%b" % (name, BASE)),
            entries.build({schema.attribute(k): v for k, v in attributes.items()}),
        )
    return directory


def sequence(*parts: bytes, tag: bytes = b"\x30") -> bytes:
    return element(tag, b"".join(parts))


def number(value: int) -> bytes:
    return encode_integer(b"\x02", value)


def page(size: int, cookie: bytes = b"") -> m.Control:
    return m.Control(PAGED_RESULTS, True, sequence(number(size), element(b"\x04", cookie)))


def by(name: bytes) -> m.Control:
    rule = b"caseIgnoreOrderingMatch"
    return m.Control(SORT, True, sequence(sequence(element(b"\x04", name), element(b"\x80", rule))))


def window(offset: int, context: bytes = b"") -> m.Control:
    target = sequence(number(offset), number(0), tag=b"\xa0")
    return m.Control(VLV, True, sequence(number(0), number(0), target, element(b"\x04", context) if context else b""))


def request(session: Session, *controls: m.Control, text: str = "(objectClass=device)", time: int = 0) -> Request:
    op = m.SearchRequest(BASE, 2, 0, 0, time, False, parse(text), (b"serialNumber",))
    return Request(session, 1, op, controls)


def run(directory: Directory, session: Session, *controls: m.Control, **keywords: Any) -> tuple[list[bytes], Response]:
    return gathered(directory(request(session, *controls, **keywords)))


def gathered(actions: Iterable[Action]) -> tuple[list[bytes], Response]:
    names, last = [], None
    for action in actions:
        if isinstance(action, Entries):
            names += [dn for dn, _ in action.entries]
        last = action
    assert isinstance(last, Response)
    return names, last


def code(response: Response) -> int:
    assert isinstance(response.op, m.SearchResultDone)
    return response.op.code


def cookie_of(response: Response) -> bytes:
    control = next(c for c in response.controls if c.oid == PAGED_RESULTS)
    assert control.value is not None
    _, offset, _ = header(control.value, 0)
    _, offset = integer(control.value, offset)
    return octet_string(control.value, offset)[0]


def context_of(response: Response) -> bytes:
    control = next(c for c in response.controls if c.oid == VLV_RESPONSE)
    assert control.value is not None
    return control.value[-8:]


@pytest.mark.parametrize("controls", [(), (by(b"serialNumber"),)], ids=["as found", "sorted"])
@pytest.mark.parametrize("size", [1, 7, 128, 129, 500, 1000, 1001])
def test_pages_together_are_the_search(
    many: Directory, admin: Session, controls: tuple[m.Control, ...], size: int
) -> None:
    whole, _ = run(many, admin, *controls)
    names: list[bytes] = []
    cookie = b""
    while True:
        found, done = run(many, admin, page(size, cookie), *controls)
        assert code(done) == 0
        names += found
        cookie = cookie_of(done)
        if not cookie:
            break
        assert len(found) == size
    assert names == whole
    assert len(names) == DEVICES
    assert not admin.suspended


def test_sorted_is_sorted(many: Directory, admin: Session) -> None:
    values = []
    for action in many(request(admin, by(b"serialNumber"))):
        if isinstance(action, Entries):
            values += [attribute(encoded).values[0] for _, attributes in action.entries for encoded in attributes]
    assert values == sorted(values)
    assert len(values) == DEVICES


def test_what_changes_between_pages(many: Directory, admin: Session) -> None:
    first, done = run(many, admin, page(10))
    for name in (b"cn=device15", b"cn=device16", b"cn=device900"):
        node = many.dit.find(many.schema.dn(name + b"," + BASE))
        assert node is not None
        many.dit.remove(node)
    changed = many.dit.find(many.schema.dn(b"cn=device17," + BASE))
    assert changed is not None
    assert changed.entry is not None
    many.dit.put(changed, many.entries.change(changed.entry, {many.entries.object_class: (b"locality",)}))
    rest, done = run(many, admin, page(5000, cookie_of(done)))
    assert len(first) + len(rest) == DEVICES - 4
    assert not {b"cn=device%d,%b" % (i, BASE) for i in (15, 16, 17, 900)} & {*rest}
    assert cookie_of(done) == b""


def test_the_last_page_is_known_even_where_the_rest_has_gone(many: Directory, admin: Session) -> None:
    _, done = run(many, admin, page(DEVICES - 1))
    assert cookie_of(done)
    node = many.dit.find(many.schema.dn(b"cn=device999," + BASE))
    assert node is not None
    many.dit.remove(node)
    found, done = run(many, admin, page(5, cookie_of(done)))
    assert (found, code(done), cookie_of(done)) == ([], 0, b"")


@pytest.mark.parametrize("controls", [(), (by(b"serialNumber"),)], ids=["as found", "sorted"])
def test_a_cookie_is_for_its_connection_and_once(
    many: Directory, admin: Session, controls: tuple[m.Control, ...]
) -> None:
    other = Session(identity=many.admin_dn, is_admin=True)
    _, done = run(many, admin, page(2), *controls)
    cookie = cookie_of(done)
    run(many, other, page(2), *controls)
    assert code(run(many, other, page(2, cookie), *controls)[1]) in (2, 53)
    assert code(run(many, Session(), page(2, cookie), *controls)[1]) == 2
    assert code(run(many, admin, page(2, cookie), *controls)[1]) == 0
    assert code(run(many, admin, page(2, cookie), *controls)[1]) == 53
    admin.become(many.admin_dn, is_admin=True)
    assert code(run(many, admin, page(2, cookie), *controls)[1]) == 2


def test_a_page_costs_the_page(many: Directory, admin: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    _, done = run(many, admin, page(10), text="(!(cn=x))")
    examined = 0

    class Counting:
        def __init__(self, test: Any) -> None:
            self.test = test

        def __call__(self, node: Any, entry: Any) -> Any:
            nonlocal examined
            examined += 1
            return self.test(node, entry)

    series = admin.suspended[PAGED_RESULTS]
    series.finding.test = Counting(series.finding.test)
    for _ in range(10):
        found, done = run(many, admin, page(10, cookie_of(done)), text="(!(cn=x))")
        assert len(found) == 10
    assert examined <= 10 * (10 + 1) + 2 * 128


def test_an_abandoned_page_ends_the_series(many: Directory, admin: Session) -> None:
    _, done = run(many, admin, page(10))
    cookie = cookie_of(done)
    actions = many(request(admin, page(10, cookie)))
    next(actions)
    actions.close()  # type: ignore[attr-defined]
    assert not admin.suspended
    assert code(run(many, admin, page(10, cookie))[1]) == 2


def test_one_series_is_kept(many: Directory, admin: Session) -> None:
    for _ in range(10):
        run(many, admin, page(10))
    assert list(admin.suspended) == [PAGED_RESULTS]


def test_the_time_limit_is_for_a_page(many: Directory, admin: Session, clock: Any) -> None:
    _, done = run(many, admin, page(500), time=10)
    clock.now += 60
    found, done = run(many, admin, page(500, cookie_of(done)), time=10)
    assert (len(found), code(done)) == (500, 0)


def test_lists_are_kept_within_bounds(many: Directory, admin: Session) -> None:
    contexts = []
    for offset in range(2, MOST_LISTS + 2):
        _, done = run(many, admin, by(b"serialNumber"), window(offset))
        contexts.append(context_of(done))
    assert code(run(many, admin, by(b"serialNumber"), window(1))[1]) == 51
    found, done = run(many, admin, by(b"serialNumber"), window(3, contexts[0]))
    assert (len(found), code(done)) == (1, 0)
    admin.become(many.admin_dn, is_admin=True)
    assert not admin.suspended


def test_a_window_passes_over_what_has_gone(many: Directory, admin: Session) -> None:
    found, done = run(many, admin, by(b"serialNumber"), window(5))
    node = many.dit.find(many.schema.dn(found[0]))
    assert node is not None
    many.dit.remove(node)
    found, done = run(many, admin, by(b"serialNumber"), window(5, context_of(done)))
    assert (found, code(done)) == ([], 0)


@pytest.mark.parametrize("controls", [(by(b"serialNumber"),), (page(900),), (by(b"serialNumber"), window(500))])
def test_others_have_turns_meanwhile(many: Directory, admin: Session, controls: tuple[m.Control, ...]) -> None:
    assert any(isinstance(action, Pause) for action in many(request(admin, *controls, text="(!(cn=x))")))


def test_every_type_can_be_sorted_by_its_own_rules(schema: Schema) -> None:
    samples = (
        b"1",
        b"x",
        b"TRUE",
        b"FALSE",
        b"20200101000000Z",
        b"cn=a,dc=b",
        b"1.2.3",
        b"\xff",
        b"",
        b"a$b",
        b"'01'B",
    )
    types = {t for name in schema.definitions()["attributeTypes"] if (t := _named(schema, name)) is not None}
    assert len(types) > 200
    for attribute_type in types:
        for rule in {attribute_type.ordering, attribute_type.equality, attribute_type.substrings} - {None}:
            assert rule is not None
            form = sort_form(attribute_type, rule)
            assert sorted(f for v in samples if (f := form(v)) is not None) is not None


def _named(schema: Schema, definition: bytes) -> Any:
    return schema.attribute_type(definition.split()[1])
