"""Pages of the docs taken apart: fenced blocks, links, headings.

How a block is marked says what a test does with it:

* ``console``: commands behind ``$ `` (lines behind ``> `` go on), each with what it prints; ``...`` stands for any text
  in a line, and alone on a line for any lines;
* ``sh``: commands to paste; each must succeed, whatever it prints;
* ``python``: run; a ``text output`` block behind it is what it prints;
* ``file=NAME`` behind any language: written to that file, not run;
* everything else is only shown.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]\n]+\]\(([^)\s]+)\)")
_INLINE = re.compile(r"`([^`\n]+)`")


def pages() -> list[Path]:
    """Every page of the docs."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@dataclass(frozen=True)
class Block:
    """A fenced block; ``line`` is that of its opening fence."""

    line: int
    language: str
    words: tuple[str, ...]
    body: str

    @property
    def file(self) -> str | None:
        """The name of the file that it is."""
        return next((word.removeprefix("file=") for word in self.words if word.startswith("file=")), None)

    def commands(self) -> list[tuple[str, str | None]]:
        """The commands of a console or sh block with what they print (None: whatever)."""
        if self.language == "sh":
            return [
                (command, None) for command in re.split(r"(?<!\\)\n", self.body.strip()) if not command.startswith("#")
            ]
        found: list[tuple[str, str | None]] = []
        for piece in re.split(r"^\$ ", self.body, flags=re.MULTILINE)[1:]:
            head, *rest = piece.split("\n")
            while rest and (rest[0].startswith("> ") or rest[0] == ">"):
                head += "\n" + rest.pop(0)[2:]
            found.append((head, "\n".join(rest)))
        return found


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page."""
    found = []
    for match in _FENCE.finditer(text):
        language, *words = match["info"].split() or [""]
        found.append(Block(text.count("\n", 0, match.start()) + 1, language, tuple(words), match["body"]))
    return found


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", text)


def links(text: str) -> list[str]:
    """What a page links to."""
    return _LINK.findall(prose(text))


def inline_code(text: str) -> list[str]:
    """What stands in backticks outside of blocks."""
    return _INLINE.findall(prose(text))


def anchors(text: str) -> set[str]:
    """What links to the headings of a page end with, as GitHub makes it."""
    headings = re.findall(r"^#+ +(.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
