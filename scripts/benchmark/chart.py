"""The ratios to slapd as a bar chart: an SVG that reads well on a light and on a dark page and needs no fonts."""

from dataclasses import dataclass
from pathlib import Path
from statistics import median
from xml.sax.saxutils import escape

from scripts.benchmark.measure import Findings
from scripts.benchmark.workloads import MODES

_LEFT, _RIGHT, _TOP, _BAR, _GAP = 110, 60, 76, 13, 12
_WIDTH = 760
_STYLE = """
  .page { fill: #ffffff } text { fill: #24292f; font: 12px sans-serif }
  .title { font-size: 15px; font-weight: bold } .faint { fill: #57606a } .grid { stroke: #d8dee4 }
  .even { stroke: #24292f; stroke-dasharray: 4 3 } .spread { stroke: #24292f }
  .mode0 { fill: #0a7ea4 } .mode1 { fill: #e08a1e }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } text { fill: #e6edf3 } .faint { fill: #9da7b3 } .grid { stroke: #30363d }
    .even, .spread { stroke: #e6edf3 } .mode0 { fill: #39a5cc } .mode1 { fill: #f0a848 }
  }
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A median with its range; ``kind`` is the number of its colour."""

    kind: int
    value: float
    low: float
    high: float


def groups(findings: Findings) -> dict[str, list[Bar]]:
    """The bars of each workload; those with wrong answers don't count."""
    found: dict[str, list[Bar]] = {}
    for (mode, name), row in findings.rows.items():
        ratios = row.ratios("fakeldapd", "slapd")
        if ratios and not row.wrong:
            bar = Bar(MODES.index(mode), median(ratios), min(ratios), max(ratios))
            found.setdefault(name, []).append(bar)
    return found


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def draw(bars: dict[str, list[Bar]], title: str) -> str:
    """The chart as SVG."""
    highest = max([1.1, *(bar.high for group in bars.values() for bar in group)])
    scale = (_WIDTH - _LEFT - _RIGHT) / highest
    height = _TOP + sum(_BAR * len(group) + _GAP for group in bars.values())
    step = 0.25 if highest <= 2 else 1.0
    parts = [f'<rect class="page" width="{_WIDTH}" height="{height + 34}" rx="6"/>', _text(16, 26, title, "title")]
    for number, mode in enumerate(MODES):
        x = 16 + 150 * number
        parts.append(f'<rect class="mode{number}" x="{x}" y="40" width="12" height="12" rx="2"/>')
        parts.append(_text(x + 18, 50, mode.name))
    for tick in range(int(highest / step) + 1):
        at = _LEFT + tick * step * scale
        parts += [
            _line("grid", at, _TOP - 8, at, height),
            _text(at, height + 18, f"{tick * step:g}", "faint", "middle"),
        ]
    y = float(_TOP)
    for name, group in bars.items():
        parts.append(_text(_LEFT - 10, y + _BAR * len(group) / 2 + 4, name, anchor="end"))
        for bar in group:
            middle, end = y + _BAR / 2, _LEFT + bar.high * scale
            width, tall = bar.value * scale, _BAR - 2
            parts.append(
                f'<rect class="mode{bar.kind}" x="{_LEFT}" y="{y:.1f}" width="{width:.1f}" height="{tall}" rx="2"/>'
            )
            parts.append(_line("spread", _LEFT + bar.low * scale, middle - 1, end, middle - 1))
            parts.append(_text(max(end, _LEFT + width) + 6, middle + 3.5, f"{bar.value:.2f}", "faint"))
            y += _BAR
        y += _GAP
    even = _LEFT + scale
    parts += [_line("even", even, _TOP - 8, even, height), _text(even, _TOP - 14, "slapd", "faint", "middle")]
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height + 34}" role="img">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n{body}\n</svg>\n"
    )


def write_svg(path: Path, findings: Findings) -> None:
    """The chart of the findings. Raises ValueError when no row has two servers to compare."""
    bars = groups(findings)
    if not bars:
        raise ValueError("no row has both servers with right answers: there is nothing to draw")
    path.write_text(
        draw(bars, "CPU time of one operation as a multiple of slapd's (shorter is better)"), encoding="utf-8"
    )
