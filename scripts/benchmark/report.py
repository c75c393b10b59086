"""Findings as tables, for a terminal and for a page of the docs.

Every figure is the median of what the rounds gave, with the lowest and the highest behind it. A ratio is taken round by
round, between two servers that ran one after the other. ``!`` behind a ratio says that some answers were wrong, so that
it doesn't count; "missed" stands behind an aim that the median doesn't reach.
"""

import datetime
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from scripts.benchmark.measure import Figure, Findings, Row
from scripts.benchmark.servers import slapd_version
from scripts.benchmark.workloads import MODES, PIPELINED, SINGLE

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
"""What the benchmark writes into a page stands between these lines."""

_TITLES = {
    SINGLE: "One request at a time, on one connection: the server's CPU time for one operation",
    PIPELINED: "Four connections with eight requests under way on each: the server's CPU time for one operation",
}
_WRONG = "`!`: some answers were wrong, so the row doesn't count."


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_text(self) -> str:
        """With columns as wide as they have to be."""
        rows = [self.header, *([cell.replace("`", "") for cell in row] for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([self.title, *(f"  {line.rstrip()}" for line in lines)])

    def as_markdown(self) -> str:
        """As GitHub shows it."""
        rows = [self.header, ["---"] * len(self.header), *([c.replace("|", "\\|") for c in row] for row in self.rows)]
        return "\n".join([f"### {self.title}", "", *(f"| {' | '.join(row)} |" for row in rows)])


def _duration(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def _spread(values: Sequence[float], show: Callable[[float], str]) -> str:
    """The median, with the range where there is one."""
    if not values:
        return "-"
    middle = show(median(values))
    return middle if len(values) == 1 else f"{middle} ({show(min(values))} to {show(max(values))})"


def _aim(value: float | None, aim: str) -> str:
    """What the median should stay under, and whether it does."""
    if not aim:
        return ""
    return f"≤ {aim}" + (" missed" if value is not None and value > float(aim) else "")


def _workload(row: Row, servers: Sequence[str]) -> list[str]:
    cells = [row.workload, row.what]
    cells += [_duration(median(row.cpu[name])) + ("!" if name in row.wrong else "") for name in servers]
    if "slapd" in servers:
        ratios = row.ratios("fakeldapd", "slapd")
        mark = "!" if row.wrong else ""
        cells += [_spread(ratios, lambda ratio: f"{ratio:.2f}") + mark, _aim(median(ratios), f"{row.aim}")]
    return cells


def _figure(figure: Figure, servers: Sequence[str]) -> list[str]:
    def show(value: float) -> str:
        return f"{value:.2f}"

    cells = [figure.name]
    for name in servers:
        shown = _spread(figure.values.get(name, []), show)
        cells.append(shown if shown == "-" else f"{shown} {figure.unit}" + ("!" if name in figure.wrong else ""))
    ours = figure.values.get("fakeldapd")
    return [*cells, _aim(median(ours) if ours else None, figure.aim)]


def _stages(findings: Findings) -> list[list[str]]:
    """What each stage took: the median of the differences between its end and the end of the one before."""
    rows = []
    before = [0.0] * len(next(iter(findings.stages.values()), []))
    for name, ends in findings.stages.items():
        took = [end - begin for end, begin in zip(ends, before, strict=True)]
        rows.append([name, _spread(took, lambda seconds: f"{max(seconds, 0.0):.3f}") + " s"])
        before = ends
    return rows


def _servers(findings: Findings) -> list[str]:
    """Those that were measured, ours first."""
    return sorted({name for row in findings.rows.values() for name in row.cpu})


def tables(findings: Findings) -> list[Table]:
    """All of it."""
    servers = _servers(findings)
    header = ["workload", "what", *servers, *(["ratio", "aim"] if "slapd" in servers else [])]
    found = [
        Table(
            _TITLES[mode],
            header,
            [_workload(row, servers) for (of_mode, _), row in findings.rows.items() if of_mode is mode],
        )
        for mode in MODES
    ]
    found.append(
        Table(
            "Starting, loading, memory, waiting",
            ["what", *servers, "aim"],
            [_figure(figure, servers) for figure in findings.figures.values()],
        )
    )
    found.append(Table("Where the CPU time of a start goes", ["stage", "CPU time"], _stages(findings)))
    return [table for table in found if table.rows]


def circumstances(findings: Findings) -> str:
    """On what all this was measured."""
    model = "an unknown processor"
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    python = f"{platform.python_implementation()} {platform.python_version()}"
    versions = ", ".join([python, *([slapd_version()] if "slapd" in _servers(findings) else [])])
    rounds = f"{findings.rounds} round" + ("" if findings.rounds == 1 else "s")
    today = datetime.date.today().isoformat()
    return f"{findings.users:,} people, {rounds}; {versions}, Linux {platform.release()}, {model}; {today}."


def as_text(findings: Findings) -> str:
    """For a terminal."""
    note = [_WRONG.replace("`", "")] if findings.any_wrong() else []
    return "\n\n".join([circumstances(findings), *(table.as_text() for table in tables(findings)), *note])


def write_markdown(page: Path, findings: Findings) -> None:
    """Put the tables between the marks in ``page``; without such a page or marks, make it, or add them at its end."""
    note = [_WRONG] if findings.any_wrong() else []
    parts = [BEGIN, circumstances(findings), *(table.as_markdown() for table in tables(findings)), *note, END]
    section = "\n\n".join(parts)
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    if BEGIN in text and END in text:
        before, _, rest = text.partition(BEGIN)
        text = before + section + rest.partition(END)[2]
    else:
        text = f"{text.rstrip()}\n\n{section}\n".lstrip()
    page.write_text(text, encoding="utf-8")
