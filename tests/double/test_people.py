"""Generated people: always the same, all different, and what a directory takes."""

import re
from typing import Any

import pytest

from fakeldapd import FakeDirectory, people


def test_a_directory_takes_them() -> None:
    directory = FakeDirectory(people(1000, seed=1))
    assert len(directory.search(filter="(objectClass=inetOrgPerson)")) == 1000
    assert len(directory.search(filter="(mail=*@example.com)")) == 1000
    [everyone] = directory.search(filter="(cn=everyone)")
    assert len(everyone["member"]) == 1000
    assert all(manager in directory for entry in directory if "manager" in entry for manager in entry["manager"])


def test_always_the_same() -> None:
    assert people(50, seed=1) == people(50, seed=1)
    assert people(50, seed=1) != people(50, seed=2)
    first = next(iter(people(1, seed=1)["users"].items()))
    assert (first[0], first[1]["cn"], first[1]["password"]) == ("vhorvath", "Viktor Horváth", "vhorvath-password")


def test_the_first_are_the_same_however_many_there_are() -> None:
    few, many = people(20)["users"], people(2000)["users"]
    assert list(many)[:20] == list(few)
    assert [many[uid] for uid in few] == list(few.values())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_different_and_well_formed(seed: int) -> None:
    users = people(3000, seed=seed)["users"]
    mails = [
        mail for user in users.values() for mail in ([user["mail"]] if isinstance(user["mail"], str) else user["mail"])
    ]
    assert len(set(mails)) == len(mails)
    assert len(users) == 3000
    assert all(re.fullmatch(r"[a-z0-9]+", uid) for uid in users)
    assert all(re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+@example\.com|[a-z0-9]+@example\.com", mail) for mail in mails)
    assert all(re.fullmatch(r"\+[0-9 ]+", user["telephoneNumber"]) for user in users.values())
    assert not all(user["sn"].isascii() for user in users.values())


@pytest.mark.parametrize(
    ("options", "check"),
    [
        ({"groups": False}, lambda d: not d.search(filter="(objectClass=groupOfNames)")),
        ({"posix": True}, lambda d: len(d.search(filter="(&(objectClass=posixAccount)(uidNumber>=10000))")) == 20),
        ({"base": "o=corp"}, lambda d: d.base_dn == "o=corp" and d.search(filter="(manager=*,o=corp)") == []),
        ({"mail_domain": "corp.test"}, lambda d: len(d.search(filter="(mail=*@corp.test)")) == 20),
    ],
)
def test_options(options: dict[str, Any], check: Any) -> None:
    assert check(FakeDirectory(people(20, **options)))


def test_to_be_changed_before() -> None:
    data = people(3)
    data["users"]["ada"] = {"cn": "Ada Lovelace"}
    assert FakeDirectory(data).search(filter="(cn=ada lovelace)")


@pytest.mark.parametrize("count", [0, -1, True, 1.5, "10"])
def test_mistakes_are_refused(count: Any) -> None:
    with pytest.raises(ValueError, match="one person at least"):
        people(count)
