from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakeldapd.schema import times

# Which values are valid at all is in values_as_slapd_takes_them.txt.


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        (b"20240101000000Z", b"20240101000000Z"),
        (b"2024010100Z", b"20240101000000Z"),
        (b"202401010000Z", b"20240101000000Z"),
        (b"20240101000000,50Z", b"20240101000000.5Z"),
        (b"20240101000000.000Z", b"20240101000000Z"),
        (b"2024010100.5Z", b"20240101000000.5Z"),
        (b"20240101000000+01", b"20231231230000Z"),
        (b"20240101000000-0130", b"20240101013000Z"),
        (b"20240228233000-0100", b"20240229003000Z"),
        (b"20230228233000-0100", b"20230301003000Z"),
        (b"20240301003000+0100", b"20240229233000Z"),
        (b"20231231235960Z", b"20231231235960Z"),
        (b"00000101000000Z", b"00000101000000Z"),
        (b"00000101000000+0100", None),
        (b"99991231235959-0100", None),
        (b"19000229000000Z", None),
        (b"20240101000061Z", None),
        (b"20240101240000Z", None),
        (b"20240101000000+2400", None),
        (b"20240101000000+0060", None),
        (b"20240101000000", None),
    ],
)
def test_generalized_time(value: bytes, normal: bytes | None) -> None:
    assert times.generalized_time(value) == normal


def test_a_fraction_sorts_behind_the_full_second() -> None:
    ordered = [
        b"20231231235959.9Z",
        b"20240101000000Z",
        b"20240101000000.05Z",
        b"20240101000000.5Z",
        b"20240101000001Z",
    ]
    assert sorted(ordered, key=lambda value: times.generalized_time_order(value) or b"") == ordered
    assert times.generalized_time_order(b"x") is None


@given(
    st.datetimes(min_value=datetime(1000, 1, 2), max_value=datetime(9999, 12, 30)),
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
)
def test_offsets_are_those_of_the_library(moment: datetime, minutes: int) -> None:
    there = moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(minutes=minutes)))
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
    written = there.strftime("%Y%m%d%H%M%S") + offset
    assert times.generalized_time(written.encode()) == moment.strftime("%Y%m%d%H%M%SZ").encode()


@given(st.from_regex(rb"[0-9]{8,16}([.,][0-9]{0,3})?(Z|[+-][0-9]{0,5})?", fullmatch=True))
def test_a_normal_form_is_stable(value: bytes) -> None:
    normal = times.generalized_time(value)
    assert normal is None or times.generalized_time(normal) == normal


def test_the_server_of_a_change_sequence_number() -> None:
    assert times.csn_server(b"20240101000000.123456Z#000000#0AB#000000") == b"0ab"
    assert times.csn_server(b"x") is None
    assert [times.server_id(value) for value in (b"0Ab", b"00g", b"0", b"0000")] == [b"0ab", None, None, None]


@given(st.binary(max_size=45))
def test_no_octets_break_them(value: bytes) -> None:
    assert times.csn(value) is None or len(times.csn(value) or b"") == 40
    assert times.generalized_time(value) is None or (times.generalized_time(value) or b"").endswith(b"Z")
