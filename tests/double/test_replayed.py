"""What was recorded, answered again: which question it is, in which order, after a reset, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from double.asking import ADA, BASE, BOB, PEOPLE, ask, bind, code, search

from fakeldapd import FakeDirectory, FakeLDAPServer, RuleError
from fakeldapd.operations.request import Session
from fakeldapd.protocol import messages as m
from fakeldapd.recording.written import FORM

FOUND: dict[str, Any] = {"op": "search", "dn": BASE, "scope": "sub", "filter": "(mail=x@y)"}


def stubs(path: Path, *said: dict[str, Any], form: str = FORM) -> Path:
    path.write_text(json.dumps({"form": form, "stubs": said}))
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "stubs.json"


@pytest.mark.parametrize(
    ("said", "op", "session"),
    [
        (FOUND, search(BASE.upper(), "(MAIL=X@y)"), None),
        ({**FOUND, "attributes": ["cn"]}, search(BASE, "(mail=x@y)", "CN"), None),
        ({**FOUND, "identity": "anonymous"}, search(BASE, "(mail=x@y)"), None),
        ({"op": "bind", "dn": ADA, "password": True}, bind(ADA, "whatever"), None),
        ({"op": "bind", "dn": "ada@corp", "password": True}, bind("ada@corp", "whatever"), None),
        ({"op": "delete", "dn": ADA}, m.DeleteRequest(ADA.encode()), None),
        ({"op": "add", "dn": ADA}, m.AddRequest(ADA.encode(), ()), None),
        (
            {"op": "modify", "dn": ADA, "changes": [["replace", "mail"]]},
            m.ModifyRequest(ADA.encode(), (m.Change(2, b"mail", (b"any",)),)),
            None,
        ),
        (
            {"op": "rename", "dn": ADA, "new_rdn": "uid=eve", "new_superior": BASE},
            m.ModifyDNRequest(ADA.encode(), b"uid=Eve", False, BASE.encode()),
            None,
        ),
        (
            {"op": "compare", "dn": ADA, "attribute": "userPassword", "value": "hidden"},
            m.CompareRequest(ADA.encode(), b"userPassword", b"any"),
            None,
        ),
    ],
    ids=lambda each: each["op"] if isinstance(each, dict) else "",
)
def test_the_same_question(said: dict[str, Any], op: Any, session: Session | None, file: Path) -> None:
    directory = FakeDirectory(PEOPLE, stubs=stubs(file, {**said, "answers": [{"code": 54}]}))
    assert code(directory, op, session) == 54


@pytest.mark.parametrize(
    ("said", "op"),
    [
        (FOUND, search(BASE, "(mail=z@y)")),
        (FOUND, search(BASE, "(mail=x@y)", "cn")),
        (FOUND, search(BASE, "(mail=x@y)", scope=1)),
        (FOUND, search(ADA, "(mail=x@y)")),
        ({**FOUND, "identity": ADA}, search(BASE, "(mail=x@y)")),
        ({**FOUND, "controls": ["1.2.3"]}, search(BASE, "(mail=x@y)")),
        ({"op": "bind", "dn": BOB, "password": True}, bind(ADA)),
        ({"op": "bind", "dn": ADA, "password": False}, bind(ADA)),
    ],
)
def test_another_question_is_the_directorys(said: dict[str, Any], op: Any, file: Path) -> None:
    directory = FakeDirectory(PEOPLE, stubs=stubs(file, {**said, "answers": [{"code": 54}]}))
    assert code(directory, op) == 0


def test_who_asks_counts(file: Path) -> None:
    path = stubs(
        file,
        {"op": "bind", "dn": ADA, "password": True, "answers": [{"code": 0}]},
        {**FOUND, "identity": ADA, "answers": [{"code": 11}]},
        {**FOUND, "identity": "anonymous", "answers": [{"code": 12}]},
    )
    directory, session = FakeDirectory(PEOPLE, stubs=path), Session()
    assert code(directory, search(BASE, "(mail=x@y)"), session) == 12
    assert code(directory, bind(ADA, "any password"), session) == 0
    assert code(directory, search(BASE, "(mail=x@y)"), session) == 11


def test_answers_come_in_their_order_and_after_a_reset_again(file: Path) -> None:
    directory = FakeDirectory(PEOPLE, stubs=stubs(file, {**FOUND, "answers": [{"code": 51}, {"code": 0}]}))
    question = search(BASE, "(mail=x@y)")
    for _ in range(2):
        assert [code(directory, question) for _ in range(3)] == [51, 0, 0]
        directory.reset()


def test_entries_and_octets(file: Path) -> None:
    entry = [ADA, {"cn": ["{{Ada}}"], "jpegPhoto": [{"base64": "/9g="}]}]
    directory = FakeDirectory(PEOPLE)
    with directory.load_stubs(stubs(file, {**FOUND, "answers": [{"entries": [entry]}]})) as rule:
        found, _ = ask(directory, search(BASE, "(mail=x@y)"))
        assert found.dn == ADA.encode()
        assert found.attributes[0].endswith(b"{Ada}")
        assert found.attributes[1].endswith(b"\xff\xd8")
        assert rule.hits == 1
    assert len(ask(directory, search(BASE, "(mail=x@y)"))) == 1


@pytest.mark.parametrize("subprocess", [False, True])
def test_a_server_with_stubs(subprocess: bool, file: Path) -> None:
    import ldap3

    path = stubs(file, {"op": "delete", "dn": ADA, "answers": [{"code": 53, "text": "not today"}]})
    with FakeLDAPServer(PEOPLE, stubs=path, subprocess=subprocess) as server:
        for _ in range(2):
            client = ldap3.Connection(ldap3.Server(server.url, get_info=ldap3.NONE), auto_bind=True)
            client.delete(ADA)
            assert client.result["message"] == "not today"
            client.unbind()
            server.reset()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"op": "serach", "dn": BASE}, "op 'serach': one of bind, search"),
        ({"op": "search"}, "op and dn are missing"),
        ({**FOUND, "scope": "all"}, "scope 'all': one of base, one"),
        ({**FOUND, "basis": "x"}, "there is no 'basis'"),
        ({**FOUND, "attributes": "cn"}, "attributes='cn': a list is expected"),
        ({"op": "modify", "dn": ADA, "changes": ["mail"]}, "changes: pairs are expected"),
        ({**FOUND, "answers": [{"code": "buzy"}]}, "answers: code 'buzy': there is no such result code"),
        ({**FOUND, "answers": [{"entires": []}]}, "an answer has no 'entires'"),
        ({**FOUND, "answers": 5}, "answers: "),
        ({**FOUND, "answers": []}, "answers: "),
        ({**FOUND, "answers": [{"entries": [[ADA, {"cn": [{"base64": "?"}]}]]}]}, "base64: "),
        ([], "a question with its answers is expected"),
    ],
)
def test_files_that_are_no_good_say_where(said: Any, reason: str, file: Path) -> None:
    given = {"answers": [{}], **said} if isinstance(said, dict) else said
    good = {**FOUND, "answers": [{"code": 0}]}
    with pytest.raises(RuleError) as refused:
        FakeDirectory(PEOPLE).load_stubs(stubs(file, good, given))
    assert f"stubs {file}: the 2. stub: " in str(refused.value)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("{", "stubs .*: "), ("[]", "isn't a file that"), ('{"form": "other", "stubs": []}', "isn't a file that")],
)
def test_files_that_are_something_else(text: str, reason: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(RuleError, match=reason):
        FakeDirectory(stubs=file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="No such file"):
        FakeDirectory(stubs=tmp_path / "missing.json")
