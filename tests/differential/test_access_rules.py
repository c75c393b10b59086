"""Random access rules in a real slapd and in fakeldapd, and random questions: the answers are equal, line by line.

Ten sets of rules; FAKELDAPD_DIFFERENTIAL=N asks N questions in all, FAKELDAPD_DIFFERENTIAL_SEED takes another first
seed. A failure shows the seed, the rules and the question.
"""

import difflib
import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from oracle import wire
from oracle.access import Asking
from oracle.client import Client
from oracle.compare import UNIVERSE, Subject
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, BASE, PASSWORD, Slapd
from oracle.steps import PASSWORDS, Row, row

pytestmark = pytest.mark.requires("slapd")
LENGTH = 40
COUNT = max(1, int(os.environ.get("FAKELDAPD_DIFFERENTIAL", "400")) // LENGTH)
FIRST = int(os.environ.get("FAKELDAPD_DIFFERENTIAL_SEED", "0"))
DATABASE = "olcDatabase={1}mdb,cn=config"


class Theirs:
    """A slapd whose rules can be changed while it runs, and another one when it has died of a question."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.start()

    def start(self) -> None:
        self.stack.close()
        self.server = self.stack.enter_context(Slapd(UNIVERSE))
        self.subject = Subject(self.server, [BASE])
        self.stack.callback(self.subject.client.__exit__)


@pytest.fixture(scope="module")
def theirs() -> Iterator[Theirs]:
    """One for a worker."""
    with ExitStack() as stack:
        yield Theirs(stack)


def set_rules(subject: Subject, rules: list[str]) -> None:
    """Give slapd other rules."""
    with Client(subject.server.port) as client:
        assert client.ask(wire.bind_op(ADMIN, PASSWORD)).code == 0
        answer = client.ask(wire.modify_op(DATABASE, [(2, "olcAccess", rules)]))
        assert answer.code == 0, answer.lines()


def asked(subject: Subject, situation: Row) -> list[str]:
    """What a question brings, and what it changed; the first state is back afterwards."""
    with Client(subject.server.port) as client:
        out = []
        if situation.by is not None:
            out += client.ask(wire.bind_op(situation.by, PASSWORDS[situation.by])).lines()
        for step in situation.steps:
            out += step.run(client)
    if situation.writes:
        out += subject.state()
        subject.reset()
    return out


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_rules(seed: int, theirs: Theirs) -> None:
    asking = Asking(seed)
    rules = asking.rules()
    set_rules(theirs.subject, rules)
    with ExitStack() as stack:
        server = stack.enter_context(Fakeldapd(UNIVERSE, {"access": rules}))
        ours = Subject(server, [BASE])
        stack.callback(ours.client.__exit__)
        for _ in range(LENGTH):
            question = asking.question()
            situation = row("", None, question.step, by=question.by)
            try:
                wanted = asked(theirs.subject, situation)
            except (OSError, IndexError, RuntimeError):
                wanted = ["closed"]
            if "closed" in wanted:  # some rules are too much for slapd
                theirs.start()
                return
            found = asked(ours, situation)
            shown = "\n".join([f"seed {seed}", *rules, f"{question.by}: {question.step.text}", "slapd -, fakeldapd +"])
            assert found == wanted, shown + "\n" + "\n".join(difflib.ndiff(wanted, found))
    if theirs.subject.state():  # a reset doesn't bring back who modified an entry
        theirs.start()
