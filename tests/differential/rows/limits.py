"""Size limits of request and server; which entries come within a limit is the server's choice, so only their number is
compared."""

from oracle.client import Client
from oracle.slapd import ADMIN
from oracle.steps import ALICE, PEOPLE, Row, Step, bind, row, search


def counted(step: Step) -> Step:
    """The same search with the entries counted instead of shown."""

    def run(client: Client) -> list[str]:
        lines = step.run(client)
        entries = sum(line.startswith("entry ") for line in lines)
        return [f"{entries} entries", *(line for line in lines if not line.startswith(("entry ", "    ")))]

    return Step(f"counted({step.text})", run)


ROWS: list[Row] = [
    row("asked 1", (4, "1 entries"), counted(search(PEOPLE, size=1))),
    row("asked 3", (4, "3 entries"), counted(search(PEOPLE, size=3))),
    row("asked 3, one level", (4, "3 entries"), counted(search(PEOPLE, scope="one", size=3))),
    row("asked 3, subordinates", (4, "3 entries"), counted(search(PEOPLE, scope="children", size=3))),
    row("asked 3, as admin", (4, "3 entries"), counted(search(PEOPLE, size=3)), by=ADMIN),
    row("asked 1, with an or", (4, "1 entries"), counted(search(PEOPLE, "(|(uid=alice)(uid=bob))", size=1))),
    row("asked 1, nothing of the entries", (4, "1 entries"), counted(search(PEOPLE, "(uid=*)", "1.1", size=1))),
    row("server 3, none asked", (4, "3 entries"), counted(search(PEOPLE)), server="size-limit"),
    row("server 3, 2 asked", (4, "2 entries"), counted(search(PEOPLE, size=2)), server="size-limit"),
    row("server 3, 5 asked", 4, counted(search(PEOPLE, size=5)), server="size-limit"),
    row("server 3, 100 asked", 4, counted(search(PEOPLE, size=100)), server="size-limit"),
    row(
        "server 3, 3 hits",
        (0, "3 entries"),
        counted(search(PEOPLE, "(|(uid=alice)(uid=bob)(uid=carol))")),
        server="size-limit",
    ),
    row("server 3, a user", 4, counted(search(PEOPLE)), by=ALICE, server="size-limit"),
    row("server 3, admin", 0, counted(search(PEOPLE)), by=ADMIN, server="size-limit"),
    row("server 3, admin asks 2", (4, "2 entries"), counted(search(PEOPLE, size=2)), by=ADMIN, server="size-limit"),
    row("server 3, bound on the way", 0, bind(ADMIN, "secret"), counted(search(PEOPLE)), server="size-limit"),
    row("references do not count", None, counted(search("ou=referrals,dc=example,dc=com", size=1))),
    row(
        "references do not count, 0 entries",
        None,
        counted(search("ou=referrals,dc=example,dc=com", scope="one", size=1)),
    ),
]
