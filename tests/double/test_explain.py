"""Explanations: each clause with its reason, and never another verdict than the search's."""

from typing import Any

import pytest
from double.client import ADA, BASE, BOB, PEOPLE, Asking
from hypothesis import given, settings
from hypothesis import strategies as st

from fakeldapd import FakeDirectory, LDAPError
from fakeldapd.double.explain import Clause
from fakeldapd.operations.request import Entries
from fakeldapd.protocol.filter import FilterSyntaxError

DIRECTORY = FakeDirectory(
    [
        PEOPLE,
        {
            f"cn=away,{BASE}": {"objectClass": ["referral", "extensibleObject"], "ref": "ldap://else/"},
            f"cn=printer,{BASE}": {
                "objectClass": ["device", "extensibleObject"],
                "serialNumber": "7",
                "uidNumber": 5,
                "ou;lang-en": "x",
            },
            f"cn=sub,{BASE}": {"objectClass": ["subentry", "extensibleObject"], "subtreeSpecification": "{}"},
        },
    ],
    overlay="memberof",
    access=[
        "to dn.exact=cn=printer,dc=example,dc=com by anonymous none by * read",
        "to attrs=mail by anonymous none by * read",
        "to attrs=userPassword by * none",
        "to * by * read",
    ],
)


def clause(filter: str, dn: str = ADA, identity: str | None = None) -> Clause:
    return DIRECTORY.explain(BASE, "sub", filter, identity=identity)[dn].clause


@pytest.mark.parametrize(
    ("filter", "truth", "why"),
    [
        ("(uid=ada)", True, ""),
        ("(uid=ADA)", True, "uid is 'ada'"),
        ("(uid=bob)", False, "uid is 'ada'"),
        ("(mail=ada*)", True, "mail is 'ada@example.com'"),
        ("(title=x)", False, "the entry has no title"),
        ("(title=*)", False, "the entry has no title"),
        ("(cn=*)", True, "cn has 1 value"),
        ("(objectClass=*)", True, "objectClass has 1 value"),
        ("(objectClass=inetOrgPerson)", True, ""),
        ("(objectClass=person)", True, "inetOrgPerson is a subclass of it"),
        ("(objectClass=device)", False, "objectClass is 'inetOrgPerson'"),
        ("(objectClass=persn)", None, "there is no object class 'persn'; did you mean 'person'?"),
        ("(mial=x)", None, "the schema has no attribute type mial; did you mean 'mail'?"),
        ("(mial=*)", None, "the schema has no attribute type mial; did you mean 'mail'?"),
        ("(jpegPhoto=x)", None, "jpegPhoto has no equality rule"),
        ("(jpegPhoto~=x)", None, "jpegPhoto has no equality rule"),
        ("(mail>=x)", None, "mail has no ordering rule"),
        ("(member=*x)", None, "member has no substrings rule"),
        (
            "(uidNumber=x)",
            None,
            "'x' is no value of the syntax Integer, which the rule integerMatch of uidNumber compares",
        ),
        (
            "(createTimestamp>=x)",
            None,
            "'x' is no value of the syntax Generalized Time, which the rule generalizedTimeOrderingMatch of "
            "createTimestamp compares",
        ),
        ("(userPassword=secret)", True, ""),
        ("(userPassword=other)", False, "userPassword is kept secret here"),
        ("(cn:nothing:=x)", None, "there is no matching rule nothing"),
        ("(jpegPhoto:=x)", None, "jpegPhoto has no equality rule"),
        ("(cn:caseIgnoreSubstringsMatch:=x)", None, "caseIgnoreSubstringsMatch is a rule for substrings, which can't "),
        ("(cn:integerMatch:=5)", None, "the rule integerMatch doesn't apply to cn"),
        ("(cn:integerMatch:=x)", None, "'x' is no value of the syntax Integer"),
        ("(ou:dn:=people)", True, ""),
        ("(ou:dn:=groups)", False, "the entry has no ou, and its DN has none that matches"),
        ("(:caseIgnoreMatch:=nothing)", False, "no value of an attribute with that rule matches"),
        ("(:caseIgnoreMatch:=ada)", True, ""),
        ("(entryDN=*)", True, "entryDN has 1 value"),
        ("(memberOf=*)", True, "memberOf has 1 value"),
        ("(cn;lang-en=x)", False, "the entry has no cn;lang-en"),
    ],
)
def test_items(filter: str, truth: bool | None, why: str) -> None:
    found = clause(filter)
    assert found.truth is truth
    assert found.why.startswith(why)
    assert bool(found.why) is bool(why)


@pytest.mark.parametrize(
    ("filter", "dn", "identity", "truth", "why"),
    [
        ("(mail=ada@example.com)", ADA, "", None, "the access rules keep mail from who asks"),
        ("(mail=ada@example.com)", ADA, BOB, True, ""),
        ("(userPassword=secret)", ADA, ADA, None, "the access rules keep userPassword from who asks"),
    ],
)
def test_access(filter: str, dn: str, identity: str, truth: bool | None, why: str) -> None:
    found = clause(filter, dn, identity)
    assert (found.truth, found.why) == (truth, why)


@pytest.mark.parametrize(
    ("filter", "truth"),
    [
        (f"(memberOf=cn=all,{BASE})", False),
        (f"(member={ADA})", True),
        (f"(!(member={ADA}))", True),  # as it is stored it has no member, which is enough for slapd
        (f"(!(|(member={ADA})(memberOf=cn=x)))", False),
    ],
)
def test_dynamic_lists(filter: str, truth: bool) -> None:
    group = {"objectClass": "groupOfURLs", "memberURL": f"ldap:///{BASE}??sub?(uid=*)"}
    overlay = "dynlist:groupOfURLs memberURL member+memberOf"
    directory = FakeDirectory([PEOPLE, {f"cn=all,{BASE}": group}], overlay=overlay)
    assert directory.explain(BASE, "sub", filter)[f"cn=all,{BASE}"].clause.truth is truth
    sent = [dn for each in Asking(directory).search(filter) if isinstance(each, Entries) for dn, _ in each.entries]
    assert (f"cn=all,{BASE}".encode() in sent) is truth


def test_several_values() -> None:
    directory = FakeDirectory({"users": {"ada": {"mail": ["a@x", "b@x", "c@y"], "title": [str(n) for n in range(8)]}}})
    [found] = [c for c in directory.explain(filter="(mail=*x)").candidates if c.matches]
    assert found.clause.why == "mail 'a@x', 'b@x' matches"
    assert directory.explain(filter="(title=9)")[ADA].clause.why == "title is '0', '1', '2', '3', '4' and 3 more"


def test_sets() -> None:
    found = clause("(&(uid=ada)(|(foo=x)(uid=bob))(!(bar=x))(!(cn=x)))")
    assert [part.truth for part in found.parts] == [True, None, None, True]
    assert [part.truth for part in found.parts[1].parts] == [None, False]
    assert found.parts[2].why == "what is Undefined stays so"
    assert found.truth is None
    assert [leaf.text for leaf in found.leaves()] == ["(uid=ada)", "(foo=x)", "(uid=bob)", "(bar=x)", "(cn=x)"]
    assert clause("(&)").truth is True
    assert clause("(|)").truth is False


def test_what_is_passed_over() -> None:
    found = DIRECTORY.explain(identity="")
    assert found[f"cn=away,{BASE}"].passed_over.startswith("it is a referral")
    assert found[f"cn=sub,{BASE}"].passed_over.startswith("it is a subentry")
    assert found[f"cn=printer,{BASE}"].passed_over == "the access rules hide this entry from who asks"
    assert f"cn=printer,{BASE} is not sent: the access rules hide" in found.text()
    with pytest.raises(KeyError, match="not in the scope"):
        found["cn=nobody"]


@pytest.mark.parametrize(
    ("base", "scope", "texts"),
    [
        ("ou=poeple," + BASE, "sub", [f"nearest entry above it is {BASE}", f"  ou=people,{BASE}", "NO_SUCH_OBJECT"]),
        ("dc=elsewhere", "sub", ["nor anything above it; there is dc=example,dc=com"]),
        ("garbage", "sub", ["INVALID_DN_SYNTAX", "the base is no DN"]),
        (f"cn=x,cn=away,{BASE}", "sub", ["REFERRAL", "ldap://else/"]),
    ],
)
def test_a_base_that_is_none(base: str, scope: str, texts: list[str]) -> None:
    found = DIRECTORY.explain(base, scope)
    assert (found.candidates, found.matched, found.undefined) == ((), [], {})
    for text in texts:
        assert text in str(found)


def test_the_root_dse() -> None:
    [candidate] = DIRECTORY.explain("", "base").candidates
    assert candidate.matches
    assert str(candidate).startswith("(the root DSE) matches")


def test_as_text() -> None:
    found = DIRECTORY.explain(f"ou=people,{BASE}", "one", "(&(uid=ada)(foo=x))")
    assert str(found).splitlines() == [
        f"base ou=people,{BASE}, scope one, filter (&(uid=ada)(foo=x))",
        f"asked by {DIRECTORY.admin_dn}",
        "0 of 2 entries in scope match",
        "Undefined for every entry: (foo=x)  the schema has no attribute type foo",
        "",
        f"{ADA} doesn't match",
        "  Undefined (&(uid=ada)(foo=x))",
        "    True      (uid=ada)",
        "    Undefined (foo=x)  the schema has no attribute type foo",
        "",
        f"{BOB} doesn't match",
        "  False     (&(uid=ada)(foo=x))",
        "    False     (uid=ada)  uid is 'bob'",
        "    Undefined (foo=x)  the schema has no attribute type foo",
    ]
    assert found.text(1).splitlines()[-1] == "... and 1 more"


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        (lambda: DIRECTORY.explain(scope="subb"), ValueError, "did you mean 'sub'"),
        (lambda: DIRECTORY.explain(filter="(uid=ada"), FilterSyntaxError, "position 8"),
        (lambda: DIRECTORY.explain(filter="(!" * 101 + "(a=b)" + ")" * 101), FilterSyntaxError, "more than 100"),
        (lambda: DIRECTORY.explain(identity="garbage"), LDAPError, "invalid DN"),
    ],
)
def test_mistakes_are_refused(wrong: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        wrong()


_ITEMS = st.sampled_from(
    [
        "(uid=ada)",
        "(uid=b*)",
        "(objectClass=person)",
        "(objectClass=nothing)",
        "(mail=*)",
        "(mail=ada@example.com)",
        "(foo=x)",
        "(uidNumber>=3)",
        "(uidNumber=x)",
        "(userPassword=*)",
        "(userPassword=secret)",
        "(cn:dn:=ada)",
        "(ou:dn:=people)",
        "(memberOf=*)",
        "(member=uid=ada,ou=people,dc=example,dc=com)",
        "(:caseIgnoreMatch:=bob)",
        "(name=ada*)",
        "(ou=x)",
        "(cn~=Lovelace)",
        "(jpegPhoto=x)",
        "(structuralObjectClass=device)",
    ]
)
_FILTERS = st.recursive(
    _ITEMS,
    lambda inner: st.one_of(
        inner.map(lambda f: f"(!{f})"),
        st.lists(inner, max_size=3).map(lambda fs: f"(&{''.join(fs)})"),
        st.lists(inner, max_size=3).map(lambda fs: f"(|{''.join(fs)})"),
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(
    filter=_FILTERS,
    scope=st.sampled_from(["base", "one", "sub", "subordinate"]),
    base=st.sampled_from([BASE, f"ou=people,{BASE}", ADA]),
    identity=st.sampled_from(["", ADA, DIRECTORY.admin_dn]),
)
def test_the_verdict_is_the_searchs(filter: str, scope: str, base: str, identity: str) -> None:
    client = Asking(DIRECTORY)
    dn = DIRECTORY.inner.schema.dn(identity.encode()) if identity else None
    client.session.become(dn, is_admin=identity == DIRECTORY.admin_dn)
    actions = client.search(filter, base, {"base": 0, "one": 1, "sub": 2, "subordinate": 3}[scope])
    found = {dn.decode() for action in actions if isinstance(action, Entries) for dn, _ in action.entries}
    explained = DIRECTORY.explain(base, scope, filter, identity=identity)
    assert set(explained.matched) == found
