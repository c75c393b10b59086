"""``--overlay``: names, settings, and what is refused."""

import pytest

from fakeldapd.cli import main
from fakeldapd.overlays.memberof import MemberOf
from fakeldapd.overlays.refint import Refint
from fakeldapd.overlays.setting import SettingError
from fakeldapd.overlays.table import ALWAYS_ON, OVERLAYS, REFUSED, read_overlays

LISTS: list[tuple[list[str], list[type]]] = [
    ([], []),
    (["memberof"], [MemberOf]),
    (["memberof,refint:member"], [MemberOf, Refint]),
    (["refint:member nothing=cn=x,dc=y,memberof"], [Refint, MemberOf]),
    (["refint:member", "memberof:dangling=drop,sssvlv,deref"], [Refint, MemberOf]),
    (["sssvlv", " deref "], []),
    (["memberof:dn='cn=a b,dc=c' refint=true"], [MemberOf]),
]


@pytest.mark.parametrize(("texts", "kinds"), LISTS, ids=str)
def test_lists(texts: list[str], kinds: list[type]) -> None:
    assert [type(overlay) for overlay in read_overlays(texts)] == kinds


WRONG = [
    ("nosuch", "nosuch: there is no such overlay; there are constraint, deref, dynlist, memberof, ppolicy"),
    ("syncprov", "syncprov: this overlay of slapd is not supported: replication"),
    ("sssvlv:10", "sssvlv: server-side sorting and virtual list views is always on"),
    ("memberof:member", "memberof: member: NAME=VALUE is expected"),
    ("memberof:colour=red", "memberof: colour=red: there is no setting colour; there are dangling"),
    ("memberof:dangling=maybe", "memberof: maybe: one of ignore, drop, error"),
    ("memberof:refint=maybe", "memberof: maybe: one of true, false"),
    ("memberof:dangling-error=0", "memberof: dangling-error=0: a result code"),
    ("memberof:dn=a dn=b", "memberof: dn=b: dn is set twice"),
    ("memberof:dn='cn=a", "memberof: dn='cn=a: No closing quotation"),
    ("refint", "refint: no attribute is named"),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=[text for text, _ in WRONG])
def test_what_is_refused(text: str, said: str) -> None:
    with pytest.raises(SettingError) as caught:
        read_overlays([text])
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nosuch", "--overlay nosuch: there is no such overlay"),
        ("refint:colour", "--overlay colour: there is no such attribute"),
        ("refint:cn", "--overlay cn: this attribute's values are not DNs"),
        ("refint:member nothing=garbage", "--overlay garbage: invalid DN"),
        ("memberof:group-oc=nosuch", "--overlay nosuch: there is no such object class"),
    ],
)
def test_the_command_says_what_is_wrong(text: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--overlay", text]) == 2
    assert said in capsys.readouterr().err


def test_every_name_has_one_meaning_and_help_lists_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert len({*OVERLAYS, *ALWAYS_ON, *REFUSED}) == len(OVERLAYS) + len(ALWAYS_ON) + len(REFUSED)
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in (*OVERLAYS, *ALWAYS_ON))
