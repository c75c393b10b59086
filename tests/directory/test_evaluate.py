"""Filters over entries: True, False and Undefined, which finds nothing even when negated."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakeldapd.directory.compile import compile_filter
from fakeldapd.directory.evaluate import DeepTest, Setting, substrings_match
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.filter import parse

ADA = "uid=ada,ou=people,dc=example,dc=com"
BOB = "uid=bob,ou=people,dc=example,dc=com"
STAFF = "cn=staff,ou=groups,dc=example,dc=com"
ALL = "cn=all,ou=groups,dc=example,dc=com"

TABLE = [
    (ADA, "(uid=ada)", True),
    (ADA, "(uid=ADA)", True),
    (ADA, "(UID=ada)", True),
    (ADA, "(userid=ada)", True),
    (ADA, "(0.9.2342.19200300.100.1.1=ada)", True),
    (ADA, "(uid=bob)", False),
    (ADA, "(!(uid=bob))", True),
    (ADA, "(cn=ada   LOVELACE)", True),
    (ADA, "(name=lovelace)", True),
    (ADA, "(cn=Ada, comtesse de Lovelace)", True),
    (ADA, "(cn;lang-fr=Ada, comtesse de Lovelace)", True),
    (ADA, "(cn;lang-fr=Ada Lovelace)", False),
    (ADA, "(cn;lang-en=Ada Lovelace)", False),
    (ADA, "(description=wrote the first program)", True),
    (ADA, "(telephoneNumber=+15550-100)", True),
    (ADA, "(homeDirectory=/home/ada)", False),
    (ADA, "(homeDirectory=/home/Ada)", True),
    (ADA, "(uidNumber=1000)", True),
    (ADA, "(uidNumber=01000)", None),
    (ADA, "(uidNumber=abc)", None),
    (ADA, "(!(uidNumber=abc))", None),
    (ADA, "(uidNumber>=999)", True),
    (ADA, "(uidNumber>=1001)", False),
    (ADA, "(uidNumber<=1000)", True),
    (BOB, "(uidNumber>=0)", False),
    (ADA, "(cn>=a)", None),
    (ADA, "(uid>=a)", None),
    (ADA, "(mail=*)", True),
    (BOB, "(telephoneNumber=*)", False),
    (ADA, "(mail=*@example.com)", True),
    (ADA, "(mail=love*com)", True),
    (ADA, "(mail=ada*love*)", False),
    (ADA, "(uid=*a*d*a*)", True),
    (BOB, "(uid=*o*o*)", False),
    (ADA, "(uidNumber=1*)", None),
    (BOB, "(jpegPhoto=x)", None),
    (BOB, "(jpegPhoto=*)", True),
    (ADA, "(foo=bar)", None),
    (ADA, "(!(foo=bar))", None),
    (ADA, "(foo=*)", None),
    (ADA, "(!(&(foo=bar)(uid=bob)))", True),
    (ADA, "(&(foo=bar)(uid=ada))", None),
    (ADA, "(|(foo=bar)(uid=ada))", True),
    (ADA, "(|(foo=bar)(uid=bob))", None),
    (ADA, "(&)", True),
    (ADA, "(|)", False),
    (ADA, "(objectClass=person)", True),
    (ADA, "(objectClass=top)", True),
    (ADA, "(objectClass=2.5.6.6)", True),
    (BOB, "(objectClass=posixAccount)", False),
    (ADA, "(objectClass=noSuchClass)", None),
    (STAFF, f"(member={ADA})", True),
    (STAFF, "(member=UID=ada,OU=people,DC=example,DC=com)", True),
    (STAFF, "(member=notadn)", None),
    (STAFF, f"(member={STAFF})", False),
    (ADA, "(entryDN=UID=Ada,ou=people,dc=example,dc=com)", True),
    (ADA, "(hasSubordinates=FALSE)", True),
    (ADA, "(hasSubordinates=TRUE)", False),
    (ADA, "(uid:caseExactMatch:=ADA)", False),
    (ADA, "(uid:caseExactMatch:=ada)", True),
    (ADA, "(:caseExactMatch:=ada)", True),
    (ADA, "(:2.5.13.5:=Ada)", False),
    (ADA, "(uid:=ADA)", True),
    (ADA, "(ou:dn:=people)", True),
    (ADA, "(ou:=people)", False),
    (ADA, "(uid:noSuchRule:=ada)", None),
    (ADA, "(!(uid:noSuchRule:=ada))", None),
    (ADA, "(uidNumber:1.2.840.113556.1.4.803:=1000)", True),
    (ADA, "(uidNumber:1.2.840.113556.1.4.803:=8)", True),
    (ADA, "(uidNumber:1.2.840.113556.1.4.803:=7)", False),
    (ADA, "(uidNumber:1.2.840.113556.1.4.804:=9)", True),
    (ADA, "(uidNumber:1.2.840.113556.1.4.804:=7)", False),
    (ALL, f"(member={ADA})", False),
    (ALL, f"(member:1.2.840.113556.1.4.1941:={ADA})", True),
    (STAFF, f"(member:1.2.840.113556.1.4.1941:={ADA})", True),
    (ALL, "(member:1.2.840.113556.1.4.1941:=cn=nobody,dc=example,dc=com)", False),
]


@pytest.mark.parametrize(("name", "text", "truth"), TABLE, ids=[f"{n.split(',')[0]} {t}" for n, t, _ in TABLE])
def test_truth(schema: Any, dit: Any, at: Any, name: Any, text: Any, truth: Any) -> None:
    test = compile_filter(Setting(schema, dit.find), parse(text))
    node = at(name)
    assert test(node, node.entry) is truth


def test_a_chain_of_groups_may_be_a_circle(schema: Any, dit: Any, at: Any, build: Any) -> None:
    node = at(ALL)
    dit.put(node, build({"objectClass": ["groupOfNames"], "cn": ["all"], "member": [STAFF, ALL]}))
    test = compile_filter(Setting(schema, dit.find), parse("(member:1.2.840.113556.1.4.1941:=cn=x,dc=example,dc=com)"))
    assert test(node, node.entry) is False


def test_a_guard_makes_items_undefined(schema: Any, dit: Any, at: Any) -> None:
    node = at(ADA)
    mail = schema.attribute_type(b"mail")
    setting = Setting(schema, dit.find, lambda t: (lambda node, entry: False) if t is mail else None)
    for text in ("(mail=*)", "(!(mail=*))", "(mail=ada@example.com)", "(!(mail=x))", "(mail=*a*)"):
        assert compile_filter(setting, parse(text))(node, node.entry) is None
    assert compile_filter(setting, parse("(|(mail=*)(uid=ada))"))(node, node.entry) is True


@pytest.mark.parametrize(
    ("pieces", "text", "matches"),
    [
        ((b"ab", b"ab"), b"ab", False),
        ((b"ab", b"ab"), b"abab", True),
        ((b"a", b"b", b"a"), b"aba", True),
        ((b"a", b"b", b"a"), b"ab", False),
        ((None, b"aa", b"aa", None), b"aaa", False),
        ((None, b"aa", b"aa", None), b"aaaa", True),
        ((None, None), b"", True),
        ((b"a", None), b"", False),
    ],
)
def test_pieces_do_not_overlap(pieces: Any, text: Any, matches: Any) -> None:
    assert substrings_match(pieces, text) is matches


@st.composite
def nested(draw: Any) -> Any:
    """Filters that enclose one another often enough to be evaluated without recursion."""
    f = draw(st.sampled_from(ITEMS))
    for _ in range(draw(st.integers(100, 130))):
        kind = draw(st.sampled_from(["not", "and", "or", "true", "false"]))
        other = draw(st.sampled_from(ITEMS))
        if kind == "not":
            f = m.Not(f)
        elif kind in ("true", "false"):
            f = m.And((f, m.And(()))) if kind == "true" else m.Or((m.Or(()), f))
        else:
            f = (m.And if kind == "and" else m.Or)((f, other) if draw(st.booleans()) else (other, f))
    return f


ITEMS = [parse("(uid=ada)"), parse("(uid=bob)"), parse("(foo=bar)"), parse("(cn=*)")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(nested())
def test_deep_filters_are_evaluated_as_others(schema: Any, dit: Any, at: Any, f: Any) -> None:
    deep = compile_filter(Setting(schema, dit.find), f)
    assert isinstance(deep, DeepTest)
    node = at(ADA)
    assert deep(node, node.entry) is deep.root(node, node.entry)


@pytest.mark.parametrize(
    "wrap", [lambda f: m.Not(f), lambda f: m.And((f, ITEMS[0])), lambda f: m.Or((m.Not(f), ITEMS[1]))]
)
def test_a_thousand_filters_in_one_another(schema: Any, dit: Any, at: Any, wrap: Any) -> None:
    f = ITEMS[0]
    for _ in range(1000):
        f = wrap(f)
    node = at(ADA)
    assert compile_filter(Setting(schema, dit.find), f)(node, node.entry) is True
