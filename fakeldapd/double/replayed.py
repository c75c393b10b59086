"""``FakeDirectory.load_stubs``: what ``fakeldapd record`` has written of a server's answers is answered again.

All questions of a file are one rule. A question that was asked several times, and answered differently, gets its
answers in that order, and then the last one. What wasn't asked then falls through to the directory.
"""

import json
from base64 import b64decode
from binascii import Error as Base64Error
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakeldapd.double.names import RuleError, nearest
from fakeldapd.double.stubs import AnswerSaid, read_stub
from fakeldapd.middleware.stubs import Asked
from fakeldapd.protocol.result import LDAPError
from fakeldapd.recording.anonymous import Kept
from fakeldapd.recording.questions import FIELDS, OPERATIONS, SCOPES, key, question
from fakeldapd.recording.written import FORM

if TYPE_CHECKING:
    from fakeldapd.double.directory import FakeDirectory
    from fakeldapd.middleware.rules import Rule

_KEPT = Kept()
_OPS = ("bind", "search", "compare", "add", "delete", "modify", "rename")


class Replay:
    """The answers of a file for a directory. Raises RuleError, saying where in the file it is wrong."""

    def __init__(self, directory: "FakeDirectory", path: str | Path) -> None:
        self._directory = directory
        self._known: dict[tuple[Any, ...], list[AnswerSaid]] = {}
        for place, stub in _read(path):
            self._take(place, stub)

    def _take(self, place: str, stub: Any) -> None:
        if not isinstance(stub, dict):
            raise RuleError(f"{place}: a question with its answers is expected")
        said = {name: value for name, value in stub.items() if name != "answers"}
        _check(place, said)
        try:
            answers = [_answer(each) for each in stub.get("answers", ())]
            read_stub(self._directory, {"answers": answers})
        except (RuleError, AttributeError, TypeError, ValueError) as error:
            raise RuleError(f"{place}: answers: {error}") from None
        if said.get("identity", "anonymous") != "anonymous" and not _is_name(self._directory, said["identity"]):
            del said["identity"]
        self._known.setdefault(key(said), []).extend(answers)

    def begin(self) -> "Rule":
        """Answer from now on, each question with its first answer first."""
        counted: dict[tuple[Any, ...], int] = {}

        def answer(asked: Asked) -> AnswerSaid | None:
            said = question(asked.request.op, asked.request.controls, _KEPT)
            if said is None:
                return None
            for wanted in (key({**said, "identity": asked.identity or "anonymous"}), key(said)):
                if wanted in self._known:
                    answers = self._known[wanted]
                    number = counted.get(wanted, 0)
                    counted[wanted] = min(number + 1, len(answers) - 1)
                    return answers[number]
            return None

        return self._directory.stub(answer=answer)


def _read(path: str | Path) -> list[tuple[str, Any]]:
    """The stubs of a file, each with its place."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise RuleError(f"stubs {path}: {error.strerror}") from None
    except ValueError as error:
        raise RuleError(f"stubs {path}: {error}") from None
    if not isinstance(document, dict) or document.get("form") != FORM or not isinstance(document.get("stubs"), list):
        raise RuleError(f"stubs {path}: this isn't a file that fakeldapd record writes ({FORM!r})")
    return [(f"stubs {path}: the {number}. stub", each) for number, each in enumerate(document["stubs"], 1)]


def _check(place: str, said: dict[str, Any]) -> None:
    for name, value in said.items():
        if name not in FIELDS:
            raise RuleError(f"{place}: there is no {name!r}{nearest(name, FIELDS)}")
        wanted = {"attributes": list, "changes": list, "controls": list, "types_only": bool, "password": bool}.get(
            name, str
        )
        if not isinstance(value, wanted):
            raise RuleError(f"{place}: {name}={value!r}: a {wanted.__name__} is expected")
    choices = (("op", _OPS), ("scope", SCOPES))
    for name, allowed in choices:
        if name in said and said[name] not in allowed:
            raise RuleError(f"{place}: {name} {said[name]!r}: one of {', '.join(allowed)} is expected")
    if "op" not in said or "dn" not in said:
        raise RuleError(f"{place}: op and dn are missing, or one of them")
    if not all(isinstance(each, list) and len(each) == 2 for each in said.get("changes", ())):
        raise RuleError(f"{place}: changes: pairs are expected, such as ['{OPERATIONS[2]}', 'mail']")


def _is_name(directory: "FakeDirectory", identity: str) -> bool:
    """Whether somebody can be bound as this: of what is no DN here nobody ever is."""
    try:
        directory.inner.schema.dn(identity.encode(errors="surrogateescape"))
    except LDAPError:
        return False
    return True


def _answer(said: Any) -> Any:
    """An answer with octets for what is in base64."""
    if isinstance(said, dict) and set(said) == {"base64"}:
        try:
            return b64decode(said["base64"], validate=True)
        except Base64Error as error:
            raise ValueError(f"base64: {error}") from None
    if isinstance(said, dict):
        return {name: _answer(value) for name, value in said.items()}
    return [_answer(each) for each in said] if isinstance(said, list) else said
