"""Requests in a file: what a service was asked, a line for each."""

import json
import logging
import os
from pathlib import Path
from typing import Any

import pytest
from double.client import ADA, BASE, PEOPLE, Asking

from fakeldapd import FakeDirectory
from fakeldapd.double.request_file import RequestFile
from fakeldapd.middleware.recorder import recorder
from fakeldapd.operations.request import Request
from fakeldapd.protocol import messages as m


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory(PEOPLE)


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def asking(directory: FakeDirectory, file: RequestFile) -> Asking:
    directory.set_layer("recorder", recorder(file))
    return Asking(directory)


def test_a_line_for_each(directory: FakeDirectory, tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    client = asking(directory, RequestFile(path))
    client.bind()
    client.search("(uid=ada)", attributes=("mail", "userPassword"))
    client.modify(ADA, "userPassword", "better")
    client.bind(password="wrong")
    client.unbind()
    lines = written(path)
    assert [(each["number"], each["op"], each["connection"]) for each in lines] == [
        (number, op, 1) for number, op in enumerate(("bind", "search", "modify", "bind", "unbind"), 1)
    ]
    assert [each["result"] and each["result"]["code"] for each in lines] == [0, 0, 0, 49, None]
    assert lines[1]["filter"] == "(uid=ada)"
    assert lines[1]["identity"] == ADA
    [[dn, attributes]] = lines[1]["sent"]
    assert (dn, attributes["mail"]) == (ADA, ["ada@example.com"])
    assert lines[0]["password"]["secret"].startswith("{SSHA256}")
    assert not [word for word in ("secret1", '"secret"]', "better", "wrong") if word in path.read_text()]
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_takes_long_is_written_when_it_ends(directory: FakeDirectory, tmp_path: Path) -> None:
    path = tmp_path / "asked"
    directory.fault(op="search", action="hang")
    directory.set_layer("recorder", recorder(RequestFile(path)))
    client, other = Asking(directory), Asking(directory)
    search = m.SearchRequest(BASE.encode(), 2, 0, 0, 0, False, m.Present(b"cn"))
    hanging: Any = directory.handler(Request(client.session, 1, search))
    next(hanging)
    other.bind()
    assert [each["op"] for each in written(path)] == ["bind"]
    hanging.close()
    assert [(each["number"], each["op"], each["outcome"]) for each in written(path)] == [
        (2, "bind", "0 success"),
        (1, "search", "no answer"),
    ]


def test_the_file_is_bounded_and_the_one_before_stays(directory: FakeDirectory, tmp_path: Path) -> None:
    path, before = tmp_path / "asked", tmp_path / "asked.1"
    path.write_text("of the last run\n", encoding="utf-8")
    client = asking(directory, RequestFile(path, largest=2000))
    assert path.read_text(encoding="utf-8") == "of the last run\n"  # before anything has come
    client.bind()
    assert before.read_text(encoding="utf-8") == "of the last run\n"
    for _ in range(50):
        client.bind()
        assert path.stat().st_size <= 2000
    numbers = [each["number"] for each in written(before) + written(path)]
    assert numbers == list(range(numbers[0], 52))
    assert sorted(os.listdir(tmp_path)) == ["asked", "asked.1"]


def test_what_can_t_be_written_is_said_once(
    directory: FakeDirectory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(OSError, match="No such file"):
        RequestFile(tmp_path / "nowhere" / "asked")
    client = asking(directory, file := RequestFile(Path("/dev/full")))
    with caplog.at_level(logging.ERROR):
        assert client.bind() == client.bind() == 0
    assert [record.message for record in caplog.records] == ["/dev/full: requests are written no more"]
    file.close()
