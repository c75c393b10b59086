"""Two servers taking the same walk: the first answer that differs, and the shortest list of moves that still shows
it."""

import difflib
from collections.abc import Sequence
from contextlib import ExitStack

from oracle import wire
from oracle.client import Answer, Client
from oracle.compare import Subject, Subjects
from oracle.slapd import ADMIN, PASSWORD
from oracle.walk import PRELUDE, USER, USER_PASSWORD, Move, Walk

Lines = list[str]
SLAPD_FAULT = 'modrdn 80 "DN index add failed"'
"""After this answer (docs/differences.toml) the two directories are no longer the same."""


class Difference(AssertionError):
    """Two servers don't agree."""


class Side:
    """One server during one walk: three connections, and its state as lines."""

    def __init__(self, subjects: Subjects, stack: ExitStack) -> None:
        stack.callback(subjects.reset, "empty")
        self.subject: Subject = subjects.get("empty")
        for step in PRELUDE:
            lines = step.run(self.subject.client)
            assert lines == ["add 0"], f"{self.subject.server.name}: {step.text}: {lines}"
        identities = {"admin": (ADMIN, PASSWORD), "user": (USER, USER_PASSWORD), "anonymous": ("", "")}
        self.clients = {who: stack.enter_context(Client(self.subject.server.port)) for who in identities}
        for who, (dn, password) in identities.items():
            assert self.clients[who].ask(wire.bind_op(dn, password)).code == 0
        self.state = self.subject.dump()

    def perform(self, move: Move) -> Lines:
        """The lines of the answer, then those of the directory where it has changed."""
        lines = move.step.run(self.clients[move.who])
        if not move.step.writes:
            return lines
        before, self.state = self.state, self.subject.dump()
        for dn, entry in sorted(self.state.items()):
            now = Answer(entries=[entry]).lines()
            if dn not in before or now != Answer(entries=[before[dn]]).lines():
                lines += [f"state: {line}" for line in now]
        return lines + [f"state: no {dn!r}" for dn in sorted(before.keys() - self.state.keys())]


def replay(slapd: Subjects, ours: Subjects, moves: Sequence[Move]) -> str:
    """The text of the first difference, "" where there is none."""
    with ExitStack() as stack:
        sides = Side(slapd, stack), Side(ours, stack)
        for move in moves:
            theirs, mine = (side.perform(move) for side in sides)
            if SLAPD_FAULT in theirs:
                return ""
            if theirs != mine:
                return "\n".join(difflib.ndiff(theirs, mine))
    return ""


def walk(slapd: Subjects, ours: Subjects, seed: int, count: int) -> None:
    """Take a walk of so many moves. Raises Difference with the seed and the shortest list of moves found that
    differs."""
    moves: list[Move] = []
    different = ""
    with ExitStack() as stack:
        sides = Side(slapd, stack), Side(ours, stack)
        source = Walk(seed)
        for _ in range(count):
            moves.append(source.move(sides[0].state))
            theirs, mine = (side.perform(moves[-1]) for side in sides)
            if SLAPD_FAULT in theirs:
                return
            if theirs != mine:
                different = "\n".join(difflib.ndiff(theirs, mine))
                break
    if different:
        moves = shortened(slapd, ours, moves)
        shown = "\n".join(map(str, moves))
        raise Difference(f"seed {seed}: slapd -, fakeldapd +\n{shown}\n{replay(slapd, ours, moves) or different}")


def shortened(slapd: Subjects, ours: Subjects, moves: list[Move]) -> list[Move]:
    """Leave out what isn't needed for a difference at the end, in chunks that grow smaller."""
    size = len(moves) // 2
    while size:
        at = 0
        while at < len(moves) - 1:
            fewer = moves[:at] + moves[min(at + size, len(moves) - 1) :]
            if replay(slapd, ours, fewer):
                moves = fewer
            else:
                at += size
        size //= 2
    return moves
