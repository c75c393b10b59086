"""Assertions about requests: which hold, and what they say when they don't."""

import re
import threading
from typing import Any

import pytest
from double.client import ADA, BASE, BOB, PEOPLE, Asking, in_another_process

from fakeldapd import FakeDirectory
from fakeldapd.protocol import messages as m


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory(PEOPLE)


@pytest.fixture(params=["here", "there"])
def asked(directory: FakeDirectory, request: pytest.FixtureRequest) -> FakeDirectory:
    client = Asking(directory)
    client.bind()
    client.search("(uid=ada)", attributes=("cn",))
    client.search("(uid=ada)", f"ou=people,{BASE}")
    client.search("(uid=bob)")
    client.session.is_admin = True
    client.modify(ADA, "mail", "a@x")
    client.modify(BOB, "nonsense", "x")
    client.ask(m.AddRequest(b"cn=x", ()))
    client.ask(m.CompareRequest(ADA.encode(), b"mail", b"a@x"))
    client.ask(m.ModifyDNRequest(BOB.encode(), b"uid=rob", True))
    client.ask(m.DeleteRequest(BOB.replace("bob", "rob").encode()))
    client.bind(ADA, "wrong")
    return directory if request.param == "here" else in_another_process(directory)


@pytest.mark.parametrize(
    "holds",
    [
        lambda d: d.assert_bound(),
        lambda d: d.assert_bound(ADA, times=1),
        lambda d: d.assert_bound(ADA, times=2, code=None),
        lambda d: d.assert_bound(code="invalidCredentials", password="wrong"),
        lambda d: d.assert_bound(BOB, times=0),
        lambda d: d.assert_searched(times=3),
        lambda d: d.assert_searched(filter="(UID=Ada)", times=2),
        lambda d: d.assert_searched(BASE, "(uid=ada)", attributes=["cn"], entries=1),
        lambda d: d.assert_modified(ADA, changes={"mail": "A@X"}),
        lambda d: d.assert_modified(BOB, code=17),
        lambda d: d.assert_modified(BOB, times=0),
        lambda d: d.assert_added(times=0),
        lambda d: d.assert_added(code=None),
        lambda d: d.assert_compared(ADA, attribute="mail", code="compareTrue"),
        lambda d: d.assert_renamed(BOB, new_rdn="uid=rob"),
        lambda d: d.assert_deleted(),
        lambda d: d.assert_requested("modify", under=BASE, times=2),
        lambda d: d.assert_requested(identity=ADA),
        lambda d: d.assert_order(),
        lambda d: d.assert_order("bind", ("search", {"filter": "(uid=bob)"}), "modify", "delete", "bind"),
    ],
)
def test_what_holds(asked: FakeDirectory, holds: Any) -> None:
    holds(asked)


@pytest.mark.parametrize(
    ("fails", "lines"),
    [
        (
            lambda d: d.assert_searched(BASE, "(uid=ada)", scope="one"),
            [
                f"no search with base={BASE}, filter=(uid=ada), scope=one; 1 was expected",
                "11 requests were seen, of these search: 3",
                "nearest:",
                "  #2 connection 1 by *: search *filter=(uid=ada)*",
                "      base: as expected",
                "      filter: as expected",
                "      scope: expected one",
                "*was sub",
                "  #3 connection 1 *",
                "*",
            ],
        ),
        (
            lambda d: d.assert_searched(filter="(uid=ada)", times=3),
            [
                "2 search with filter=(uid=ada); 3 were expected",
                "  #2 *",
                "  #3 *",
                "11 requests were seen, of these search: 3",
                "nearest:",
                "  #4 *",
                "      filter: expected (uid=ada)",
                "*was (uid=bob)",
            ],
        ),
        (
            lambda d: d.assert_searched(filter="(uid=bob)", times=0),
            ["1 times: search with filter=(uid=bob); none was expected", "  #4 *"],
        ),
        (
            lambda d: d.assert_bound(BOB),
            [
                f"no bind with dn={BOB}, code=success; 1 was expected",
                "*",
                "nearest:",
                "  #1 *",
                f"      dn: expected {BOB}",
                f"*was {ADA}",
                "      code: as expected",
                "*",
            ],
        ),
        (
            lambda d: d.assert_bound(ADA, password="other"),
            ["*", "nearest:", "  #1 *", "*", "      password: expected other", "*was another secret", "*"],
        ),
        (
            lambda d: d.assert_modified(BOB),
            [
                "*",
                "nearest:",
                "  #6 *: modify *",
                "      dn: as expected",
                "      code: expected success",
                "*was 17 undefinedAttributeType: *",
                "*",
            ],
        ),
        (lambda d: d.assert_requested("abandon"), ["no abandon; 1 was expected", "11 requests were seen*none", "*"]),
        (
            lambda d: d.assert_no_writes(),
            ["5 that would change the directory; none was expected", "  #5 *modify*", "*"],
        ),
        (lambda d: d.assert_no_requests(), ["11 requests; none was expected", "  #1 *", "*", "  ... and 1 more"]),
        (
            lambda d: d.assert_order("delete", ("search", {"filter": "(uid=bob)"})),
            [
                "step 2, search with filter=(uid=bob): not there behind",
                "  #10 *",
                "only before:",
                "  #4 *",
                "this is the order there was:",
                "  #1 *",
                "*",
            ],
        ),
        (lambda d: d.assert_order("abandon"), ["step 1, abandon: not there", "this is the order*", "*"]),
        (
            lambda d: d.assert_unbound(timeout=0.01),
            [
                "1 of 1 connections had no Unbind",
                "  connection 1 from 127.0.0.1:5, still open: 11 requests",
                "    the first: #1 *",
                "    the last:  #11 *",
            ],
        ),
    ],
)
def test_what_a_failure_says(asked: FakeDirectory, fails: Any, lines: list[str]) -> None:
    with pytest.raises(AssertionError) as raised:
        fails(asked)
    said = str(raised.value)
    pattern = "\n".join("(?:.|\n)*" if line == "*" else re.escape(line).replace(r"\*", ".*") for line in lines)
    assert re.fullmatch(pattern, said), said


def test_nothing_seen(directory: FakeDirectory) -> None:
    directory.assert_no_requests()
    directory.assert_no_writes()
    directory.assert_unbound()
    with pytest.raises(AssertionError, match="no bind with code=success; 1 was expected\nno request was seen at all"):
        directory.assert_bound()


def test_requests_that_are_no_longer_kept_are_told(directory: FakeDirectory) -> None:
    directory.requests.log.limit = 1
    directory.requests.clear()
    client = Asking(directory)
    client.search()
    client.search()
    with pytest.raises(AssertionError, match="1 request was seen, of these bind: none; 1 older ones are no longer"):
        directory.assert_bound()


def test_unbound(directory: FakeDirectory) -> None:
    first, second, third = (Asking(directory) for _ in range(3))
    for each in (first, second, third):
        each.search()
    first.unbind()
    second.session.end()
    soon = threading.Thread(target=third.unbind)
    soon.start()
    with pytest.raises(AssertionError, match=r"1 of 3 connections had no Unbind\n  connection 2 .*closed without one"):
        directory.assert_unbound(timeout=30)
    soon.join()
    directory.reset()
    directory.assert_unbound()


@pytest.mark.parametrize(
    ("wrong", "error", "text"),
    [
        (lambda d: d.assert_searched(times=-1), ValueError, "times=-1"),
        (lambda d: d.assert_searched(times="x"), ValueError, "times='x'"),
        (lambda d: d.assert_searched(filtr="x"), TypeError, "did you mean 'filter'"),
        (lambda d: d.assert_requested("serch"), ValueError, "did you mean 'search'"),
        (lambda d: d.assert_order("bind", ("serch", {})), ValueError, "did you mean 'search'"),
    ],
)
def test_mistakes_are_refused(asked: FakeDirectory, wrong: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        wrong(asked)
