"""Values of controls as octets: whatever they are, reading them ends, with a value or with an LDAPError."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakeldapd.operations.controls import (
    deref,
    matched_values,
    paged_results,
    search_options,
    server_side_sort,
    session_tracking,
    subentries,
    virtual_list_view,
)
from fakeldapd.operations.controls.server_side_sort import AskedKey
from fakeldapd.operations.controls.session_tracking import Tracked
from fakeldapd.operations.controls.table import CONTROLS, read_controls
from fakeldapd.operations.controls.virtual_list_view import Window
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.ber import element, encode_integer
from fakeldapd.protocol.filter_ber import encode_filter
from fakeldapd.protocol.result import LDAPError, ProtocolError

SEARCH = m.SearchRequest(b"", 0, 0, 0, 0, False, m.Present(b"cn"))
OIDS = sorted(CONTROLS)


def octets(value: bytes, tag: bytes = b"\x04") -> bytes:
    return element(tag, value)


def integer(number: int) -> bytes:
    return encode_integer(b"\x02", number)


def sequence(*parts: bytes, tag: bytes = b"\x30") -> bytes:
    return element(tag, b"".join(parts))


def refusal(read: Callable[[], object]) -> int | None:
    """The code of the error that reading ends with (a broken assertion ends the connection, 2); None: with a value."""
    try:
        read()
    except LDAPError as error:
        return error.code
    except ProtocolError:
        return 2
    return None


KEYS = st.lists(
    st.builds(AskedKey, st.binary(max_size=20), st.none() | st.binary(max_size=20), st.booleans()), min_size=1
)
NUMBERS = st.integers(0, 2**31 - 1)
WELL_FORMED: list[tuple[Any, Any, Any]] = [
    (
        paged_results.read,
        st.tuples(NUMBERS, st.binary(max_size=300)),
        lambda v: sequence(integer(v[0]), octets(v[1])),
    ),
    (
        server_side_sort.read,
        KEYS.map(tuple),
        lambda keys: sequence(
            *[
                sequence(
                    octets(key.attribute),
                    b"" if key.rule is None else octets(key.rule, b"\x80"),
                    b"\x81\x01\xff" if key.reverse else b"",
                )
                for key in keys
            ]
        ),
    ),
    (
        virtual_list_view.read,
        st.builds(
            Window, NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.none(), st.just(b"") | st.binary(min_size=8, max_size=8)
        ),
        lambda w: sequence(
            integer(w.before),
            integer(w.after),
            sequence(integer(w.offset), integer(w.length), tag=b"\xa0"),
            octets(w.context) if w.context else b"",
        ),
    ),
    (
        virtual_list_view.read,
        st.builds(Window, NUMBERS, NUMBERS, st.just(0), st.just(0), st.binary(max_size=200), st.just(b"")),
        lambda w: sequence(integer(w.before), integer(w.after), octets(w.value, b"\x81")),
    ),
    (
        deref.read,
        st.lists(
            st.tuples(st.binary(max_size=20), st.lists(st.binary(max_size=20), min_size=1, max_size=5).map(tuple)),
            min_size=1,
            max_size=5,
        ).map(tuple),
        lambda v: sequence(*[sequence(octets(name), sequence(*map(octets, wanted))) for name, wanted in v]),
    ),
    (
        matched_values.read,
        st.lists(
            st.builds(m.Equality, st.binary(max_size=20), st.binary(max_size=20))
            | st.builds(m.Present, st.binary(max_size=20)),
            max_size=5,
        ).map(tuple),
        lambda v: sequence(*map(encode_filter, v)),
    ),
    (search_options.read, st.integers(-(2**31), 2**31 - 1), lambda v: sequence(integer(v))),
    (subentries.read, st.booleans(), lambda v: b"\x01\x01\xff" if v else b"\x01\x01\x00"),
    (
        session_tracking.read,
        st.builds(
            Tracked, st.binary(max_size=128), st.binary(max_size=200), st.binary(min_size=1, max_size=200), st.binary()
        ),
        lambda v: sequence(*map(octets, v)),
    ),
]


@pytest.mark.parametrize("number", range(len(WELL_FORMED)), ids=lambda n: WELL_FORMED[n][0].__module__.split(".")[-1])
@given(data=st.data())
def test_what_is_well_formed_is_read(number: int, data: st.DataObject) -> None:
    read, values, encode = WELL_FORMED[number]
    value = data.draw(values)
    assert read(encode(value)) == value


@pytest.mark.parametrize("oid", OIDS, ids=bytes.decode)
@given(value=st.none() | st.binary(max_size=60), criticality=st.booleans())
@example(value=None, criticality=True)
@example(value=b"", criticality=True)
@example(value=b"\x30\x84\xff\xff\xff\xff", criticality=False)
@example(value=b"\x30" * 60, criticality=False)
def test_any_octets_end_in_a_value_or_an_error(oid: bytes, value: bytes | None, criticality: bool) -> None:
    assert refusal(lambda: read_controls(SEARCH, (m.Control(oid, criticality, value),))) in (None, 2, 12, 53)


@pytest.mark.parametrize("number", range(len(WELL_FORMED)), ids=lambda n: WELL_FORMED[n][0].__module__.split(".")[-1])
@given(data=st.data())
def test_what_is_cut_off_is_an_error_or_something_else(number: int, data: st.DataObject) -> None:
    read, values, encode = WELL_FORMED[number]
    whole = encode(data.draw(values))
    size = data.draw(st.integers(0, len(whole) - 1))
    assert refusal(lambda: read(whole[:size])) in (None, 2)


def test_filters_nested_deep_are_refused() -> None:
    deep: m.Filter = m.Present(b"cn")
    for _ in range(2000):
        deep = m.Not(deep)
    with pytest.raises(LDAPError, match="nested too deeply"):
        matched_values.read(sequence(encode_filter(deep)))
