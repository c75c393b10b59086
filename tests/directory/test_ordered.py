"""Values that begin with their position."""

import pytest

from fakeldapd.directory import ordered

PREFIXES = [
    (b"{0}x", (0, b"x")),
    (b"{12}", (12, b"")),
    (b"{1}{2}x", (1, b"{2}x")),
    (b"x{1}", (None, b"x{1}")),
    (b"{-1}x", (None, b"{-1}x")),
    (b"{}x", (None, b"{}x")),
    (b"", (None, b"")),
]


@pytest.mark.parametrize(("value", "parts"), PREFIXES)
def test_prefixes(value: bytes, parts: tuple[int | None, bytes]) -> None:
    assert ordered.split(value) == parts


def test_numbers_come_and_go() -> None:
    assert ordered.numbered([b"a", b"b"]) == (b"{0}a", b"{1}b")
    assert ordered.plain([b"{0}a", b"b"]) == [b"a", b"b"]


NEW = [
    ([b"b", b"a"], [b"b", b"a"]),
    ([b"{3}d", b"{1}b", b"{1}c", b"{0}a"], [b"a", b"b", b"c", b"d"]),
    ([b"{0}a", b"b"], None),
    ([], []),
]


@pytest.mark.parametrize(("values", "expected"), NEW)
def test_the_values_of_a_new_entry(values: list[bytes], expected: list[bytes] | None) -> None:
    assert ordered.in_order(values) == expected


def test_each_value_goes_where_it_says() -> None:
    values = [b"a", b"b"]
    assert [ordered.insert(values, v) for v in (b"{1}c", b"{1}d", b"e", b"{0}f", b"{99}g")] == [
        b"c",
        b"d",
        b"e",
        b"f",
        b"g",
    ]
    assert values == [b"f", b"a", b"d", b"c", b"b", b"e", b"g"]


FOUND = [(b"{1}", 1), (b"{1}B  c", 1), (b"{1}a", None), (b"a", 0), (b"b C", 1), (b"x", None), (b"{2}", None)]


@pytest.mark.parametrize(("value", "position"), FOUND)
def test_values_are_named_by_position_or_text(value: bytes, position: int | None) -> None:
    assert ordered.find([b"a", b"b c"], value) == position
