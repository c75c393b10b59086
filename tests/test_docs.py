"""README and docs are true: examples work, links lead somewhere, and what is said of options and tables is so.

Each page is read by a reader of its own (``docs_support.reader``), who does everything that it says, in its order.
"""

import re
import shlex
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
from docs_support.blocks import ROOT, Block, anchors, blocks, inline_code, links, pages
from docs_support.reader import Reader, needed, not_typed, program, serves

from fakeldapd import cli, config
from fakeldapd.directory.passwords import SCHEMES
from fakeldapd.schema.registry import DEFAULT_SCHEMAS

NAMES = [str(page.relative_to(ROOT)) for page in pages()]
OF_OTHERS = {"docs/architecture.md", "docs/performance.md"}
"""Pages for builders: the options there are not ours."""

ELSEWHERE = frozenset(["--now", "--editable", "--nodaemon", "--help", "--version"])
"""Options of other programs, and those that every command has."""


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def reading(name: str) -> object:
    """The page as a parameter, with what it needs."""
    return pytest.param(name, marks=pytest.mark.requires(*needed(blocks(text(name)))), id=name)


# --- the examples ---


@pytest.mark.parametrize("name", [reading(name) for name in NAMES])
def test_the_examples_work(name: str, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader:
        reader.read(blocks(text(name)))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_typed_is_there(name: str) -> None:
    makefile, setup = text("Makefile"), ConfigParser()
    setup.read(ROOT / "setup.cfg")
    shown = [code for code in inline_code(text(name)) if re.match("(make|pip install) ", code)]
    for command in not_typed(blocks(text(name))) + shown:
        words = shlex.split(command)
        if words[0] == "sudo":
            words = words[1:]
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), command
        elif words[0] == "cp":
            assert all((ROOT / word).exists() for word in words[1:-1]), command
        elif words[:2] == ["pip", "install"]:
            extras = re.findall(r"\.\[(.+)\]", command)
            assert words[-1].startswith("."), command
            assert all(extra in setup["options.extras_require"] for extra in extras), command


def test_the_first_two_commands_of_the_readme() -> None:
    given = [block for block in blocks(text("README.md")) if block.language == "sh"]
    commands = [command for block in given for command, _ in block.commands()]
    assert [command for command in commands if program(command) == "make"] == ["make run", "make test"]
    assert commands[0] == "make run"


# --- what is said outside of examples ---


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    for link in links(text(name)):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        page = (ROOT / name).parent / target if target else ROOT / name
        assert page.exists(), link
        if anchor:
            assert anchor in anchors(page.read_text(encoding="utf-8")), link


def test_every_page_is_in_the_index() -> None:
    listed = {link.partition("#")[0] for link in links(text("docs/index.md"))}
    assert listed >= {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"}


@pytest.fixture(scope="module")
def options() -> set[str]:
    """The options of all commands, from their help."""
    found: set[str] = set()
    for command in cli.COMMANDS:
        words = [sys.executable, "-m", "fakeldapd", command, "--help"]
        shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        found |= set(re.findall(r"^ +(?:-\w(?: \w+)?, )?(--[a-z-]+)", shown, re.MULTILINE))
    return found


def test_every_option_is_explained(options: set[str]) -> None:
    page = text("docs/command-line.md")
    for name, _ in config.options():
        assert name == "files" or f"| `--{name.replace('_', '-')}`" in page
    explained = {option for code in inline_code(page) for option in re.findall(r"--[a-z-]+", code)}
    assert options <= explained
    assert explained <= options | ELSEWHERE


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OF_OTHERS and name != "CONTRIBUTING.md"])
def test_every_option_that_is_mentioned_exists(name: str, options: set[str]) -> None:
    said = [*inline_code(text(name)), *(command for block in blocks(text(name)) for command in _ours(block))]
    mentioned = {option for piece in said for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", piece)}
    assert mentioned <= options | ELSEWHERE


def _ours(block: Block) -> list[str]:
    if block.language not in ("sh", "console"):
        return []
    return [command for command, _ in block.commands() if "fakeldapd" in command]


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_that_is_mentioned_exists(name: str) -> None:
    known = {config.PREFIX + option.upper() for option, _ in config.options()}
    tests = {"FAKELDAPD_REQUIRE_ALL", "FAKELDAPD_FUZZ", "FAKELDAPD_DIFFERENTIAL", "FAKELDAPD_DIFFERENTIAL_SEED"}
    assert set(re.findall(r"FAKELDAPD_[A-Z_]*[A-Z]", text(name))) <= known | tests


def test_the_table_of_schemas() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w*)", text("docs/schema.md"), re.MULTILINE)
    shipped = {path.stem for path in (ROOT / "schemas").glob("*.schema")} - {"system"}
    assert {name for name, _ in rows} == shipped
    assert {name for name, default in rows if default} == set(DEFAULT_SCHEMAS)


def test_the_table_of_password_schemes() -> None:
    rows = re.findall(r"^\| (`[A-Z0-9`, -]+) \|", text("docs/passwords.md"), re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"[A-Z0-9-]+", row)} == set(SCHEMES) - {"CLEARTEXT"}


def test_tables_made_from_the_program_are_up_to_date() -> None:
    done = subprocess.run([sys.executable, "scripts/make_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


# --- the reader ---


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("make run", True),
        ("fakeldapd", True),
        ("fakeldapd serve people.ldif", True),
        ("FAKELDAPD_EMPTY=yes fakeldapd --base dc=x", True),
        ("fakeldapd check people.ldif", False),
        ("fakeldapd --help", False),
        ("ldapsearch -x -D 'cn=admin, o=it''s' fakeldapd", False),
    ],
)
def test_what_starts_a_server(command: str, answer: bool) -> None:
    assert serves(command) is answer


WRONG = {
    "other output": "```console\n$ echo one\ntwo\n```\n",
    "more output": "```console\n$ echo one; echo two\none\n```\n",
    "less output": "```console\n$ echo one\none\ntwo\n```\n",
    "output of nothing": "```console\n$ true\none\n```\n",
    "exit code": "```sh\nfalse\n```\n",
    "python": "```python\nraise SystemExit(1)\n```\n",
    "output of python": "```python\nprint(1)\n```\n\n```text output\n2\n```\n",
    "a server that does not start": "```sh\nfakeldapd nowhere.ldif\n```\n",
}


@pytest.mark.parametrize("case", WRONG)
def test_the_reader_sees_what_is_wrong(case: str, tmp_path: Path) -> None:
    with Reader(tmp_path) as reader, pytest.raises(AssertionError, match=r"^line \d"):
        reader.read(blocks(WRONG[case]))


def test_the_reader_is_content_with_what_is_right(tmp_path: Path) -> None:
    page = """\
```text file=a
x
y
```
```console
$ cat a
...
$ cat \\
> a
x
y
$ (exit 3)
$ echo $?
3
$ echo a b c; echo e >&2
a ... c
e
```
"""
    with Reader(tmp_path) as reader:
        reader.read(blocks(page))
