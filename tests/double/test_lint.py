"""What a client did that hurts in production: each check finds its own, and not what is right."""

from collections.abc import Callable
from typing import Any

import pytest
from double.client import ADA, BASE, PEOPLE, Asking, in_another_process

from fakeldapd import FakeDirectory, people
from fakeldapd.double.lint import CHECKS
from fakeldapd.operations.controls.paged_results import PAGED_RESULTS
from fakeldapd.operations.limits import Limits
from fakeldapd.operations.passmod import PASSWORD_MODIFY
from fakeldapd.protocol import ber
from fakeldapd.protocol import messages as m

Client = Callable[[FakeDirectory], Any]


def tls(directory: FakeDirectory) -> Asking:
    return Asking(directory, tls=True, ssf=256)


def bound(directory: FakeDirectory, dn: str = ADA, password: str = "secret") -> Asking:
    client = tls(directory)
    client.bind(dn, password)
    return client


def page(size: int = 2) -> m.Control:
    value = ber.element(b"\x30", ber.encode_integer(b"\x02", size) + ber.element(b"\x04", b""))
    return m.Control(PAGED_RESULTS, True, value)


def change_password(client: Asking) -> None:
    value = ber.element(b"\x30", ber.element(b"\x82", b"new"))
    client.ask(m.ExtendedRequest(PASSWORD_MODIFY, value))


def searches(client: Asking, *filters: str, times: int = 1, **options: Any) -> Asking:
    for filter in filters * times:
        client.search(filter, **{"attributes": ("cn",), **options})
    return client


def left_open(directory: FakeDirectory) -> None:
    searches(tls(directory), "(uid=ada)")


def many_connections(directory: FakeDirectory, count: int) -> None:
    for number in range(count):
        client = searches(tls(directory), f"(uid={number})")
        client.unbind()


WRONG: list[tuple[str, Client, int]] = [
    ("clear-text-bind", lambda d: Asking(d).bind(), 1),
    ("clear-text-bind", lambda d: Asking(d).ask(sasl(b"PLAIN")), 1),
    ("clear-text-bind", lambda d: change_password(Asking(d)), 1),
    ("empty-password", lambda d: tls(d).bind(ADA, ""), 1),
    ("failed-bind-ignored", lambda d: searches(bound(d, ADA, "wrong"), "(uid=ada)"), 1),
    ("unescaped-filter", lambda d: searches(bound(d), "(uid=ada)", "(uid=bob)", "(uid=a*)"), 1),
    ("unescaped-filter", lambda d: searches(bound(d), "(&(cn=x)(uid=a))", "(&(cn=x)(uid=b))", "(&(cn=x)(uid=*))"), 1),
    ("unescaped-filter", lambda d: searches(bound(d), "(&(uid=*)(uid=*))"), 1),
    ("unescaped-filter", lambda d: searches(bound(d), "(!(|(uid=a)(objectClass=*)))"), 1),
    ("bad-dn", lambda d: tls(d).search(base=f"uid=a,b,{BASE}"), 1),
    ("bad-dn", lambda d: bound(d, "ada"), 1),
    ("no-paging", lambda d: searches(bound(d), "(objectClass=*)"), 1),
    ("size-limit-ignored", lambda d: limited(d, "(objectClass=*)"), 1),
    ("size-limit-ignored", lambda d: limited(d, "(objectClass=*)", "(objectClass=*)"), 2),
    ("all-attributes", lambda d: searches(bound(d), "(uid=ada)", attributes=()), 1),
    ("all-attributes", lambda d: searches(bound(d), "(uid=ada)", attributes=("+", "*")), 1),
    ("leading-wildcard", lambda d: searches(bound(d), "(&(objectClass=person)(cn=*ada*))"), 1),
    ("asked-again", lambda d: searches(bound(d), "(uid=ada)", times=10), 10),
    ("one-by-one", lambda d: searches(bound(d), *(f"(uid={n})" for n in range(10))), 10),
    ("one-by-one", lambda d: read_each(d), 10),
    ("search-as-admin", lambda d: searches(bound(d, d.admin_dn, "admin"), "(uid=ada)"), 1),
    ("old-version", lambda d: tls(d).bind(version=2), 1),
    ("not-unbound", left_open, 1),
    ("connection-each", lambda d: many_connections(d, 10), 10),
]

RIGHT: list[tuple[str, Client]] = [
    ("clear-text-bind", lambda d: bound(d)),
    ("clear-text-bind", lambda d: Asking(d, ssf=71).bind()),
    ("clear-text-bind", lambda d: Asking(d).bind("", "")),
    ("clear-text-bind", lambda d: Asking(d).ask(sasl(b"SCRAM-SHA-256"))),
    ("clear-text-bind", lambda d: change_password(bound(d))),
    ("empty-password", lambda d: tls(d).bind("", "")),
    ("failed-bind-ignored", lambda d: bound(d, ADA, "wrong").bind()),
    ("failed-bind-ignored", lambda d: bound(d, ADA, "wrong").unbind()),
    ("failed-bind-ignored", lambda d: searches(bound(d), "(uid=ada)")),
    ("unescaped-filter", lambda d: searches(bound(d), "(uid=ada)", "(uid=\\2a)", "(mail=*)")),
    ("unescaped-filter", lambda d: searches(bound(d), "(cn=a*)", "(cn=b*)")),
    ("unescaped-filter", lambda d: searches(bound(d), "(objectClass=*)", "(&(objectClass=*)(uid=a))", "(a=b)")),
    ("bad-dn", lambda d: tls(d).search(base="dc=nowhere")),
    ("no-paging", lambda d: searches(bound(d), "(objectClass=*)", controls=(page(),))),
    ("no-paging", lambda d: searches(bound(d), "(uid=ada)")),
    ("size-limit-ignored", lambda d: searches(bound(d), "(objectClass=*)", size_limit=2)),
    ("size-limit-ignored", lambda d: limited(d, "(objectClass=*)", "(uid=ada)")),
    ("all-attributes", lambda d: searches(bound(d), "(uid=ada)", attributes=("cn", "+"))),
    ("all-attributes", lambda d: searches(bound(d), "(uid=nobody)", attributes=())),
    ("all-attributes", lambda d: tls(d).search(base="", scope=0)),
    ("all-attributes", lambda d: tls(d).search(base="cn=Subschema", scope=0)),
    ("leading-wildcard", lambda d: searches(bound(d), "(cn=ada*)", "(cn=a*b)")),
    ("asked-again", lambda d: searches(bound(d), "(uid=ada)", times=9)),
    ("one-by-one", lambda d: searches(bound(d), "(uid=ada)", times=10)),
    ("one-by-one", lambda d: searches(bound(d), *(f"(&(uid={n})(cn=a))" for n in range(10)))),
    ("search-as-admin", lambda d: searches(bound(d), "(uid=ada)")),
    ("old-version", lambda d: tls(d).bind()),
    ("not-unbound", lambda d: many_connections(d, 1)),
    ("connection-each", lambda d: many_connections(d, 9)),
]


def test_connections_that_ask_for_nothing(directory: FakeDirectory) -> None:
    closed, left = Asking(directory), Asking(directory)
    for each in (closed, left):
        directory.opened(each.session)
    closed.session.end()
    [finding] = directory.lint()
    assert [peer.number for peer in finding.idle] == [2]
    assert str(finding).splitlines()[0] == "not-unbound: a connection was left without an Unbind (1 connection)"
    assert str(finding).splitlines()[2] == "    connection 2 from 127.0.0.1:5: no request"
    assert not directory.lint(ignore="not-unbound")


def sasl(mechanism: bytes) -> m.BindRequest:
    return m.BindRequest(3, b"", m.SaslCredentials(mechanism, b"\0ada\0secret"))


def limited(directory: FakeDirectory, *filters: str) -> None:
    directory.inner.limits = Limits(size=2)
    searches(bound(directory), *filters)


def read_each(directory: FakeDirectory) -> None:
    client = bound(directory)
    for number in range(10):
        client.search(base=f"uid={number},ou=people,{BASE}", scope=0, attributes=("cn",))


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory(PEOPLE)


def test_each_check_has_its_cases() -> None:
    assert {name for name, *_ in WRONG} == set(CHECKS) == {name for name, _ in RIGHT}


@pytest.mark.parametrize(("name", "client", "count"), WRONG)
def test_what_is_wrong(directory: FakeDirectory, name: str, client: Client, count: int) -> None:
    client(directory)
    report = directory.lint(large=6)
    assert name in report
    assert len(report[name].requests) == count
    assert name not in directory.lint(large=6, ignore=[name])
    assert str(in_another_process(directory).lint(large=6)) == str(report)


@pytest.mark.parametrize(("name", "client"), RIGHT)
def test_what_is_right(directory: FakeDirectory, name: str, client: Client) -> None:
    client(directory)
    report = directory.lint(large=6)
    assert name not in report, str(report)
    assert str(in_another_process(directory).lint(large=6)) == str(report)


def test_large_is_what_slapd_cuts_off() -> None:
    directory = FakeDirectory(people(600), size_limit=0)
    searches(bound(directory, "", ""), "(objectClass=person)")
    assert "no-paging" in directory.lint()
    assert "no-paging" not in directory.lint(large=1000)


def test_the_report(directory: FakeDirectory) -> None:
    assert str(directory.lint()) == "nothing that would hurt in production"
    client = Asking(directory)
    client.bind()
    for _ in range(5):
        client.search("(uid=ada)")
    client.unbind()
    report = str(directory.lint()).splitlines()
    assert report[0] == "clear-text-bind: a password went over the network readable for everybody (1 request)"
    assert report[2].startswith("    #1 connection 1: bind dn=uid=ada")
    assert report[3] == "all-attributes (likely): every attribute was asked for (5 requests)"
    assert report[-1] == "    ... and 2 more"
    assert next(iter(directory.lint())).check == "clear-text-bind"


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        (lambda d: d.lint(ignore="no-pagin"), ValueError, "there is no check 'no-pagin'; did you mean 'no-paging'"),
        (lambda d: d.lint()["no-pagin"], KeyError, "did you mean 'no-paging'"),
    ],
)
def test_mistakes_are_named(directory: FakeDirectory, wrong: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        wrong(directory)
