"""How fast is fakeldapd, beside a real slapd where there is one?

    make bench                                                       the tables, on a terminal; some minutes
    make bench ARGS=--quick                                          a first impression, under a minute
    make bench ARGS='--markdown docs/performance.md --svg docs/performance.svg'      the figures of the docs, anew

docs/performance.md says what is measured and why it is CPU time. It needs Linux, and Debian's package slapd for the
comparison. It ends with 1 if a server gave a wrong answer.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

# python looks in this file's directory; fakeldapd and this package are in the one above
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.benchmark import chart, inprocess, layers, measure, recording, report, servers
from scripts.benchmark.client import Broken
from scripts.benchmark.measure import Findings, say
from scripts.benchmark.servers import Start

ENOUGH = 420.0
"""No round begins later than so many seconds after the start, so that all of it stays under ten minutes."""

QUICK = {"users": 10_000, "large": 20_000, "rounds": 2, "scale": 0.1}


def arguments() -> argparse.Namespace:
    """The command line."""
    summary, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=10_000, metavar="N", help="people in the directory (10000)")
    parser.add_argument("--large", type=int, default=100_000, metavar="N", help="people in the large one (100000)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="how often to repeat everything (5)")
    parser.add_argument("--scale", type=float, default=1.0, metavar="F", help="1 is 20,000 base searches (1)")
    parser.add_argument("--quick", action="store_true", help=f"the same as {_as_options(QUICK)}")
    parser.add_argument("--alone", action="store_true", help="without slapd")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables between the marks of this page")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the ratios to slapd")
    if parser.parse_args().quick:
        parser.set_defaults(**QUICK)
    return parser.parse_args()


def _as_options(values: Mapping[str, float]) -> str:
    return " ".join(f"--{name} {value:g}" for name, value in values.items())


def measured(options: argparse.Namespace, kinds: dict[str, Start]) -> Findings:
    """Everything that was asked for. Raises Broken."""
    begun = time.monotonic()
    findings = Findings(options.users)
    with tempfile.TemporaryDirectory(prefix="fakeldapd-bench-") as name:
        work = Path(name)
        measure.cold_start(findings, work, options.rounds)
        measure.round_of(findings, kinds, work, options.scale)
        measure.large(findings, kinds, work, options.large)
        recording.recording(findings, work, options.scale)
        layers.layers(findings, work, options.scale)
        inprocess.shim(findings, min(1000, options.large // 2), options.large)
        inprocess.snapshots(findings)
        while findings.rounds < options.rounds:
            if time.monotonic() - begun > ENOUGH:
                say(f"{findings.rounds} rounds have to do: this has taken long enough")
                break
            measure.round_of(findings, kinds, work, options.scale)
    return findings


def main() -> int:
    """The command."""
    options = arguments()
    # so that the servers are stopped, whoever stops us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    kinds: dict[str, Start] = {"fakeldapd": servers.fakeldapd}
    if servers.slapd_program() is None:
        say("slapd is not installed (Debian: apt-get install slapd): nothing to compare with")
    elif not options.alone:
        kinds["slapd"] = servers.slapd
    if options.svg and "slapd" not in kinds:
        say("--svg draws ratios to slapd: it can't be without")
        return 2
    try:
        findings = measured(options, kinds)
    except Broken as error:
        say(f"bench: {error}")
        return 1
    print(report.as_text(findings))
    if options.markdown:
        report.write_markdown(options.markdown, findings)
    if options.svg and chart.groups(findings):
        chart.write_svg(options.svg, findings)
    return 1 if findings.any_wrong() else 0


if __name__ == "__main__":
    sys.exit(main())
