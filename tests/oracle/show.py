"""What slapd and fakeldapd answer to situations: ``python -m oracle.show [--slapd] [--different] [PART-OF-A-NAME ...]``
in tests/.

Prints each row with its steps and slapd's lines; where fakeldapd's differ, a diff. The name of a row is ``area/name``.
"""

import argparse
import difflib
import sys
from contextlib import ExitStack

from oracle.compare import Subjects, agrees
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import Slapd
from oracle.table import situations


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="What slapd and fakeldapd answer to situations.")
    parser.add_argument("parts", nargs="*", metavar="PART", help="only rows whose area/name holds one of these")
    parser.add_argument("--slapd", action="store_true", help="ask only slapd")
    parser.add_argument("--different", action="store_true", help="print only rows that differ")
    parser.add_argument("--check", action="store_true", help="print only rows where slapd is not as the row says")
    arguments = parser.parse_args()
    different = count = 0
    with ExitStack() as stack:
        slapd = stack.enter_context(Subjects(Slapd))
        ours = None if arguments.slapd else stack.enter_context(Subjects(Fakeldapd))
        for name, row in situations().items():
            if arguments.parts and not any(part in name for part in arguments.parts):
                continue
            count += 1
            theirs = slapd.lines(row)
            wrong = not agrees(row, theirs)
            mine = theirs if ours is None else ours.lines(row)
            different += mine != theirs
            if (arguments.check and not wrong) or (arguments.different and mine == theirs):
                continue
            print(f"== {name}" + (f" (server {row.server})" if row.server != "default" else ""))
            for step in row.setup:
                print(f"   setup {step.text}")
            if row.by:
                print(f"   as {row.by}")
            for step in row.steps:
                print(f"   {step.text}")
            if wrong:
                print(f"   !! the row says {row.expect}")
            shown = theirs if mine == theirs else difflib.ndiff(theirs, mine)
            print("\n".join(f"   {line.rstrip()}" for line in shown))
    print(f"{count} rows" + ("" if ours is None else f", {different} differ ('-' is slapd, '+' fakeldapd)"))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
