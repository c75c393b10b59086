"""sasl-secprops, authz-regexp and POSIX patterns."""

import pytest

from fakeldapd.config import Config, ConfigError
from fakeldapd.loading import build
from fakeldapd.operations.sasl.settings import expand, mapping, posix_regex, secprops


@pytest.mark.parametrize(
    ("text", "required", "min_ssf"),
    [
        ("none", set(), 0),
        ("", set(), 0),
        ("noplain,noanonymous", {"noplain", "noanonymous"}, 0),
        ("NoPlain, noactive", {"noplain", "noactive"}, 0),
        ("none,nodict,minssf=56,maxssf=0,maxbufsize=65536", {"nodict"}, 56),
        ("forwardsec,passcred", {"forwardsec", "passcred"}, 0),
    ],
)
def test_secprops(text: str, required: set[str], min_ssf: int) -> None:
    assert secprops(text) == (frozenset(required), min_ssf)


@pytest.mark.parametrize("text", ["nonsense", "noplain=1", "minssf", "minssf=x", "minssf=-1"])
def test_secprops_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="is expected"):
        secprops(text)


NAME = b"uid=alice,cn=plain,cn=auth"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("uid=(.*),cn=plain,cn=auth uid=$1,dc=x", b"uid=alice,dc=x"),
        ('"uid=(.*),cn=plain,cn=auth" "uid=$1, dc=x"', b"uid=alice, dc=x"),
        ("  UID=([^,]*)   uid=%1%2,dc=$9x  ", b"uid=alice,dc=x"),
        ('uid "ldap:///dc=x??sub?(uid=$0)"', b"ldap:///dc=x??sub?(uid=uid)"),
        (r'"uid=\"?(alice)" $1', b"alice"),
        ("uid=([[:alpha:]]+) $1", b"alice"),
        ("uid=((a)|(b)) $2$3", b"a"),
        ("bob nobody", None),
        ("^cn= nobody", None),
    ],
)
def test_mapping(text: str, expected: bytes | None) -> None:
    pattern, template = mapping(text)
    found = pattern.search(NAME)
    assert (expand(template, found) if found else None) == expected


@pytest.mark.parametrize("text", ["", " ", "pattern", '"a b"', "(x y", "x $y", "x y$", "[ y", "*) z"])
def test_mapping_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        mapping(text)


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("[[:digit:]]+x", ["12x", "a1x"], ["x", "ax", ":x"]),
        ("^[^[:space:]]$", ["a"], [" ", "ab"]),
        (r"^[\]$", ["\\"], ["]", "a"]),
        (r"^[]x]$", ["]", "x"], ["["]),
        (r"^[^]x]$", ["a"], ["]", "x"]),
        (r"^[a\d]$", ["a", "d", "\\"], ["1"]),
        ("^[[a]$", ["[", "a"], ["b"]),
        (r"\[x\]", ["[x]"], ["x"]),
        (r"a\.b", ["a.b"], ["axb"]),
        ("^[&~|]$", ["&", "~", "|"], ["a"]),
        ("(a|ab)(c|bcd)", ["abcd"], ["x"]),
        ("ABC", ["abc", "ABC"], ["ab"]),
        ("[[:upper:]]", ["a", "A"], ["1"]),
        ("[a-c[:digit:]_-]{2}", ["a1", "_-"], ["xy"]),
    ],
)
def test_posix_patterns(pattern: str, fits: list[str], fits_not: list[str]) -> None:
    compiled = posix_regex(pattern.encode())
    assert [text for text in fits + fits_not if compiled.search(text.encode())] == fits


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("authz_regexp", ("uid=( x",), "--authz-regexp uid=( x: "),
        ("authz_regexp", ("one",), "--authz-regexp one: a DN or URL is expected"),
        ("sasl_secprops", "nonsense", "--sasl-secprops nonsense: "),
    ],
)
def test_options_that_are_no_good(setting: str, value: object, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build(Config.make({setting: value, "empty": True, "base": ("dc=x",)}, {}))
    assert str(caught.value).startswith(said)
