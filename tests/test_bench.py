"""The benchmark runs, counts wrong answers, and what it writes is well-formed. How fast it is doesn't matter here."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from fakeldapd.protocol.encode import attribute, encode_message
from fakeldapd.protocol.messages import (
    BindResponse,
    IntermediateResponse,
    ProtocolOp,
    SearchResultDone,
    SearchResultEntry,
    SearchResultReference,
)

ROOT = Path(__file__).parents[1]
TINY = ["--users", "30", "--large", "40", "--rounds", "2", "--scale", "0.0005"]

ALL = "base equality and member compare bind subtree-all subtree-cn scan modify add rename delete"
SINGLE = ALL.split()
PIPELINED = [name for name in SINGLE if name not in ("subtree-all", "subtree-cn", "scan")]


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives a module of the benchmark by its name."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"scripts.benchmark.{name}")


def bench(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-W", "error", str(ROOT / "scripts" / "bench.py"), *TINY, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


def test_without_slapd_it_measures_what_there_is() -> None:
    done = bench("--alone")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines if line and line[0] in SINGLE] == SINGLE + PIPELINED
    assert "30 people, 2 rounds;" in done.stdout
    assert " ratio" not in done.stdout
    for what in ("sample, to the ready line", "loading 40 people", "scans 40: longest", "after the load runs"):
        assert what in done.stdout


def test_a_chart_needs_slapd(tmp_path: Path) -> None:
    done = bench("--alone", "--svg", str(tmp_path / "chart.svg"))
    assert done.returncode == 2
    assert "--svg" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.requires("slapd")
def test_beside_slapd_it_writes_the_page_and_the_chart(tmp_path: Path) -> None:
    page, chart = tmp_path / "page.md", tmp_path / "chart.svg"
    page.write_text("# before\n\n<!-- figures: begin -->\nold\n<!-- figures: end -->\n\nafter\n", encoding="utf-8")
    done = bench("--markdown", str(page), "--svg", str(chart))
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# before\n\n<!-- figures: begin -->\n")
    assert text.endswith("\n<!-- figures: end -->\n\nafter\n")
    assert "\nold\n" not in text
    rows = [line.replace("\\|", "") for line in text.splitlines() if line.startswith("|")]
    names = [row.split("|")[1].strip() for row in rows]
    assert [name for name in names if name in SINGLE] == SINGLE + PIPELINED
    for row, name in zip(rows, names, strict=True):
        if name in SINGLE:
            assert row.count("|") == 7
            assert "µs" in row or "ms" in row
    drawn = ElementTree.parse(chart).getroot()
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    labels = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert set(SINGLE) <= set(labels)


ENTRY = SearchResultEntry(b"uid=a", (attribute(b"description", [b"x" * 300]),))
STREAMS: list[tuple[list[ProtocolOp], list[int], int]] = [
    ([SearchResultDone(0)], [0], 0),
    ([ENTRY, ENTRY, SearchResultDone(4, b"", b"a long diagnostic " * 20)], [4], 2),
    ([SearchResultReference((b"ldap://a/",)), IntermediateResponse(b"1.2"), ENTRY, SearchResultDone(32)], [32], 1),
    ([BindResponse(49), BindResponse(0)], [49, 0], 0),
]


@pytest.mark.parametrize(("messages", "codes", "entries"), STREAMS)
def test_the_client_reads_answers_wherever_they_are_cut(
    part: Any, messages: list[ProtocolOp], codes: list[int], entries: int
) -> None:
    read_answers = part("client").read_answers
    octets = b"".join(encode_message(70_000 + number, message) for number, message in enumerate(messages))
    for cut in range(len(octets) + 1):
        first, some, rest = read_answers(octets[:cut])
        second, others, nothing = read_answers(rest + octets[cut:])
        assert (first + second, some + others, nothing) == (codes, entries, b"")


def test_a_row_with_wrong_answers_is_marked_and_not_drawn(part: Any, tmp_path: Path) -> None:
    measure, report, chart, workloads = (part(name) for name in ("measure", "report", "chart", "workloads"))
    findings = measure.Findings(10)
    row = measure.Row("base", "one entry", 1.0, {"fakeldapd": [1e-5, 3e-5, 8e-5], "slapd": [2e-5, 2e-5, 2e-5]})
    findings.rows[workloads.SINGLE, "base"] = row
    text = " ".join(report.as_text(findings).split())
    assert "30.0 µs 20.0 µs 1.50 (0.50 to 4.00) ≤ 1.0 missed" in text
    assert "!" not in text
    assert [bar.value for bar in chart.groups(findings)["base"]] == [1.5]
    row.wrong.add("fakeldapd")
    assert findings.any_wrong()
    text = " ".join(report.as_text(findings).split())
    assert "30.0 µs! 20.0 µs 1.50 (0.50 to 4.00)! ≤ 1.0 missed" in text
    with pytest.raises(ValueError, match="right answers"):
        chart.write_svg(tmp_path / "chart.svg", findings)


def test_an_answer_that_is_not_the_expected_one_counts_as_wrong(part: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    measure, workloads, client = (part(name) for name in ("measure", "workloads", "client"))
    server = type("Server", (), {"name": "fakeldapd", "port": 1, "cpu": lambda self: 0.0})()
    workload = workloads.workloads(30, 0.0001)[0]
    count = len(workload.requests)
    cases = [
        (client.Tally(client.Counter({0: count}), count), set()),
        (client.Tally(client.Counter({32: count}), 0), {"fakeldapd"}),
        (client.Tally(client.Counter({0: count}), count - 1), {"fakeldapd"}),
    ]
    for tally, wrong in cases:
        findings = measure.Findings(30)
        monkeypatch.setattr(measure, "replay", lambda *_, tally=tally, **__: tally)
        measure.run(findings, server, workloads.SINGLE, workload)
        assert findings.rows[workloads.SINGLE, "base"].wrong == wrong
