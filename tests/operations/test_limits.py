"""Limits for some: how they are read, and for whom they are."""

import pytest

from fakeldapd.operations.directory import Directory
from fakeldapd.operations.limits import Limits, LimitsError, read_limits
from fakeldapd.operations.request import Session

ADA = b"uid=ada,ou=people,dc=example,dc=com"
GENERAL = Limits(500, 3600)


@pytest.mark.parametrize(
    ("words", "limits"),
    [
        ("size=5", Limits(5)),
        ("size=unlimited", Limits(0)),
        ("SIZE.SOFT=5 size.hard=8", Limits(5, size_hard=8)),
        ("size.soft=8 size.hard=5", Limits(8)),
        ("size.soft=5 size.hard=none", Limits(5, size_hard=0)),
        ("size.soft=unlimited size.hard=5", Limits(0)),
        ("size.hard=soft", Limits()),
        ("size.hard=5 size=9", Limits(9)),
        ("size.unchecked=0", Limits(unchecked=0)),
        ("size.unchecked=disabled", Limits(unchecked=0)),
        ("size.unchecked=7 size.unchecked=none", Limits()),
        ("size.pr=10", Limits(page=10)),
        ("size.pr=noEstimate", Limits()),
        ("size.pr=10 size.prtotal=5", Limits(page=5, page_total=5)),
        ("size.prtotal=disabled", Limits(page_total=-1)),
        ("size.prtotal=hard", Limits()),
        ("size.prtotal=unlimited", Limits(page_total=0)),
        ("time=5", Limits(time=5)),
        ("time.soft=5 time.hard=9", Limits(time=5, time_hard=9)),
        ("size=1 time=2", Limits(1, 2)),
    ],
)
def test_limits(directory: Directory, words: str, limits: Limits) -> None:
    (rule,) = read_limits([f"* {words}"], GENERAL, directory)
    assert rule.limits == limits


@pytest.mark.parametrize(
    ("limits", "asked", "got"),
    [
        (Limits(5), 0, 5),
        (Limits(5), 3, 3),
        (Limits(5), 9, 5),
        (Limits(0), 0, 0),
        (Limits(0), 9, 9),
        (Limits(5, size_hard=8), 0, 5),
        (Limits(5, size_hard=8), 7, 7),
        (Limits(5, size_hard=8), 9, 8),
        (Limits(5, size_hard=0), 0, 5),
        (Limits(5, size_hard=0), 99, 99),
    ],
)
def test_what_a_search_gets(limits: Limits, asked: int, got: int) -> None:
    assert limits.for_search(asked, 0)[0] == got


@pytest.mark.parametrize(
    ("who", "ada", "anonymous"),
    [
        ("*", True, True),
        ("users", True, False),
        ("ANONYMOUS", False, True),
        (ADA.decode(), True, False),
        (f"dn={ADA.decode().upper()}", True, False),
        (f'dn.exact="{ADA.decode()}"', True, False),
        ("dn.self.subtree=dc=example,dc=com", True, False),
        ("dn.onelevel=ou=people,dc=example,dc=com", True, False),
        ("dn.one=dc=example,dc=com", False, False),
        ("dn.children=dc=com", True, False),
        ("dn.regex=^uid=a", True, False),
        ("dn.regex=^uid=b", False, False),
        ("dn.regex=.*", True, True),
        ("dn.anonymous=x", False, True),
        ("dn=*", True, True),
        ("group=cn=none,dc=example,dc=com", False, False),
    ],
)
def test_for_whom(directory: Directory, who: str, ada: bool, anonymous: bool) -> None:
    directory.limit_rules = read_limits([f"{who} size=1"], GENERAL, directory)
    directory.limits = GENERAL
    assert directory.limits_for(Session(identity=directory.schema.dn(ADA))) == (Limits(1) if ada else GENERAL)
    assert directory.limits_for(Session()) == (Limits(1) if anonymous else GENERAL)
    assert directory.limits_for(Session(identity=directory.admin_dn, is_admin=True)) == Limits(0, 0)


def test_the_first_counts(directory: Directory) -> None:
    directory.limit_rules = read_limits(["users size=1", "* size=2", "limits anonymous size=3"], GENERAL, directory)
    assert directory.limits_for(Session()).size == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("users", "'users': WHO and at least one limit are expected"),
        ("users size", "'size' is no limit; known are size, size.soft"),
        ("users size.foo=1", "'size.foo=1' is no limit"),
        ("users size=x", "'size=x': 'x' is not possible here"),
        ("users size=0", "'size=0': '0' is not possible here"),
        ("users time=-1", "'time=-1': '-1' is not possible here"),
        ("garbage size=1", "'garbage' is neither a WHO nor a DN"),
        ("dn.foo=dc=com size=1", "unknown style in 'dn.foo'"),
        ("dn.this.subtree=dc=com size=1", "dn.this is not supported"),
        ("dn.regex=( size=1", "bad regular expression '('"),
        ("group/noSuch=dc=com size=1", "there is no class noSuch"),
        ("group.exact=dc=com size=1", "a group has no style"),
        ('users "size=1', "a quote"),
    ],
)
def test_what_is_no_limit(directory: Directory, text: str, said: str) -> None:
    with pytest.raises(LimitsError) as caught:
        read_limits([text], GENERAL, directory)
    assert said in str(caught.value)
