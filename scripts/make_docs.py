"""Fills in what pages of docs/ say about tables of the program, between ``<!-- made: NAME -->`` and ``<!-- end -->``.

    python scripts/make_docs.py             write the pages anew
    python scripts/make_docs.py --check     only say which are out of date; ends with 1 if one is

A table of the program that the docs should show is a function here and a row in SECTIONS.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

# python looks in this file's directory; fakeldapd is in the one above
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from fakeldapd import config
from fakeldapd.directory import compile
from fakeldapd.double.faults import CONNECT_ACTIONS, TLS_ACTIONS
from fakeldapd.double.lint import CHECKS
from fakeldapd.middleware.faults import ACTIONS
from fakeldapd.operations import extended as extended_operations
from fakeldapd.operations.controls import table as controls_table
from fakeldapd.operations.controls.table import CONTROLS
from fakeldapd.operations.directory import OPERATIONS
from fakeldapd.operations.extended import EXTENDED
from fakeldapd.operations.rootdse import FEATURES
from fakeldapd.operations.sasl import table as sasl_table
from fakeldapd.overlays.overlay import Overlay
from fakeldapd.overlays.ppolicy import PasswordPolicy
from fakeldapd.overlays.table import OVERLAYS
from fakeldapd.overlays.valsort import ValSort
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import STARTTLS
from fakeldapd.schema.matching import build_rules
from fakeldapd.schema.registry import Schema
from fakeldapd.schema.syntaxes import build_syntaxes, no_value

SCHEMA = Schema.load()
WITH_CONTROLS: Mapping[str, type[Overlay]] = {"ppolicy": PasswordPolicy, "valsort": ValSort}
"""The overlays that bring controls along."""
DOCS = Path(__file__).resolve().parents[1] / "docs"
_SECTION = re.compile(r"(?P<begin><!-- made: (?P<name>\w+) .*?-->\n).*?(?P<end><!-- end -->)", re.DOTALL)

_VERBS = {
    m.SearchRequest: "search",
    m.CompareRequest: "compare",
    m.AddRequest: "add",
    m.DeleteRequest: "delete",
    m.ModifyRequest: "modify",
    m.ModifyDNRequest: "modify DN",
    m.ExtendedRequest: "extended",
    m.BindRequest: "bind",
}


def options() -> str:
    """The options of ``fakeldapd serve``."""
    rows = []
    for name, option in config.options():
        shown = option.metavar or "|".join(option.choices)
        written = name != "files" and "--" + name.replace("_", "-")
        said = config.help_text(option, config.default(name)).replace("%%", "%")
        rows.append([f"`{written or 'FILE'}`" + (f" {shown}" if written and shown else ""), said])
    return _table(["option", "what it is for"], rows)


def controls() -> str:
    """The request controls."""
    rows = (
        [
            row.name,
            f"`{oid.decode()}`",
            ", ".join(
                [_VERBS[kind] for kind in row.operations if kind in _VERBS]
                + [EXTENDED[each].name for each in sorted(row.extended) if each in EXTENDED]
            ),
        ]
        for oid, row in sorted(CONTROLS.items(), key=lambda item: item[1].name)
    )
    with_overlays = (
        [
            f"{row.name} (with `--overlay {name}`)",
            f"`{oid.decode()}`",
            ", ".join(_VERBS[kind] for kind in row.operations),
        ]
        for name, overlay in WITH_CONTROLS.items()
        for oid, row in overlay.controls.items()
    )
    return _table(["control", "OID", "with"], (*rows, *with_overlays))


def extended() -> str:
    """The extended operations."""
    rows = ([row.name, f"`{oid.decode()}`"] for oid, row in sorted(EXTENDED.items(), key=lambda item: item[1].name))
    return _table(["extended operation", "OID"], rows)


def differences() -> str:
    """Where slapd is not followed, from docs/differences.toml."""
    found = tomllib.loads((DOCS / "differences.toml").read_text(encoding="utf-8"))["difference"]
    rows = ([row[column] for column in ("name", "slapd", "fakeldapd", "why")] for row in found)
    return _table(["", "slapd", "fakeldapd", "why"], rows)


def overlays() -> str:
    """The overlays that can be turned on."""
    return _table(
        ["overlay", "what it does", "settings"], [[f"`{n}`", r.help, f"`{r.setting}`"] for n, r in OVERLAYS.items()]
    )


def lint() -> str:
    """What is looked for in what applications ask."""
    rows = ([f"`{name}`", check.problem + " (likely)" * check.likely, check.advice] for name, check in CHECKS.items())
    return _table(["check", "what is wrong", "what to do"], rows)


def faults() -> str:
    """What a fault may do."""
    rows = []
    for name, row in ACTIONS.items():
        takes = [f"`{each}`" for each in row.takes]
        only = {"SearchRequest": "a search", "UnbindRequest": "an unbind or abandon"}
        kinds = only[row.kinds[0].__name__] if row.kinds else ""
        rows.append([f"`{name}`", row.what, ", ".join(takes), kinds])
    return _table(["action", "what the server does", "takes", "only for"], rows)


def early_faults() -> str:
    """What may happen to connections and handshakes."""
    both = [("connect", CONNECT_ACTIONS), ("tls", TLS_ACTIONS)]
    rows = [[f"`{op}`", f"`{name}`", what] for op, actions in both for name, what in actions.items()]
    return _table(["op", "action", "what the server does"], rows)


def conforming_operations() -> str:
    """The operations."""
    rows = ([row.name, row.source, _test(row.shown_by)] for row in OPERATIONS.values())
    return _table(["operation", "specified in", "test"], rows)


def conforming_extended() -> str:
    """The extended operations, and those that are not there."""
    rows = [
        [row.name, _oid(oid), row.source, "with TLS" if oid == STARTTLS else _yes(row.advertised), _test(row.shown_by)]
        for oid, row in _by_name(EXTENDED)
    ]
    absent = [[row.name, _oid(oid), row.source, "no", "not there"] for oid, row in extended_operations.ABSENT.items()]
    return _table(["extended operation", "OID", "specified in", "in the root DSE", "test"], [*rows, *absent])


def conforming_controls() -> str:
    """The controls, and those that are not there."""
    rows = [
        [row.name, _oid(oid), row.source, _yes(row.advertised), _test(row.shown_by)] for oid, row in _by_name(CONTROLS)
    ]
    with_overlays = [
        [f"{row.name} (with `--overlay {name}`)", _oid(oid), row.source, _yes(row.advertised), _test(row.shown_by)]
        for name, overlay in WITH_CONTROLS.items()
        for oid, row in overlay.controls.items()
    ]
    absent = [[row.name, _oid(oid), row.source, "no", "not there"] for oid, row in controls_table.ABSENT.items()]
    return _table(["control", "OID", "specified in", "in the root DSE", "test"], [*rows, *with_overlays, *absent])


def conforming_mechanisms() -> str:
    """The SASL mechanisms, and those that are not there."""
    rows = [
        [f"`{row.name}`", row.source, ", ".join(sorted(row.properties)), _test(row.shown_by)]
        for row in sasl_table.MECHANISMS.values()
    ]
    absent = [[f"`{name}`", row.source, "", "not there"] for name, row in sasl_table.ABSENT.items()]
    return _table(["mechanism", "specified in", "has of sasl-secprops", "test"], [*rows, *absent])


def conforming_features() -> str:
    """The supportedFeatures of the root DSE."""
    rows = ([row.name, _oid(oid), row.source, _test(row.shown_by)] for oid, row in FEATURES.items())
    return _table(["feature", "OID", "specified in", "test"], rows)


def conforming_filters() -> str:
    """The kinds of filters."""
    kinds = {**compile.SETS, **compile.ITEMS}.values()
    return _table(["filter", "written", "specified in"], ([row.name, f"`{row.written}`", row.source] for row in kinds))


def conforming_syntaxes() -> str:
    """The syntaxes."""
    rows = (
        [each.description, f"`{oid}`", each.source, _yes(bool(each.definition)), _yes(each.validate is not no_value)]
        for oid, each in sorted(build_syntaxes(SCHEMA).items(), key=lambda item: item[1].description.lower())
        if oid == each.oid
    )
    return _table(["syntax", "OID", "specified in", "in the subschema", "has values"], rows)


def conforming_rules() -> str:
    """The matching rules."""
    found = build_rules(SCHEMA, build_syntaxes(SCHEMA)).items()
    rows = (
        [", ".join(rule.names) or "(in chain)", f"`{oid}`", rule.kind, rule.source, _yes(bool(rule.definition))]
        for oid, rule in sorted(found, key=lambda item: item[1].name.lower())
        if oid == rule.oid
    )
    return _table(["rule", "OID", "kind", "specified in", "in the subschema"], rows)


def _by_name(table: Mapping[bytes, Any]) -> list[tuple[bytes, Any]]:
    return sorted(table.items(), key=lambda item: str(item[1].name).lower())


def _oid(oid: bytes) -> str:
    return f"`{oid.decode()}`"


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


def _test(shown_by: str) -> str:
    """A link to the file, with the test as its text."""
    path, _, name = shown_by.partition("::")
    return f"[{name}](../tests/{path})"


SECTIONS: dict[str, Callable[[], str]] = {
    "options": options,
    "controls": controls,
    "extended": extended,
    "overlays": overlays,
    "differences": differences,
    "lint": lint,
    "faults": faults,
    "early_faults": early_faults,
    "conforming_operations": conforming_operations,
    "conforming_extended": conforming_extended,
    "conforming_controls": conforming_controls,
    "conforming_mechanisms": conforming_mechanisms,
    "conforming_features": conforming_features,
    "conforming_filters": conforming_filters,
    "conforming_syntaxes": conforming_syntaxes,
    "conforming_rules": conforming_rules,
}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_cell(text) for text in row] for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    """As Markdown takes it for itself: a bar ends no cell, and outside of code there are no tags."""
    pieces = text.replace("|", "\\|").split("`")
    return "`".join(piece if number % 2 else piece.replace("<", "&lt;") for number, piece in enumerate(pieces))


def filled_in(text: str) -> str:
    """A page with its sections made anew. KeyError for a section that isn't known."""
    return _SECTION.sub(lambda found: found["begin"] + SECTIONS[found["name"]]() + found["end"], text)


def out_of_date() -> Iterator[tuple[Path, str]]:
    """Pages that are not as they should be, and how they should be."""
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        wanted = filled_in(text)
        if wanted != text:
            yield page, wanted


def main() -> int:
    """The command; gives the exit code."""
    parser = argparse.ArgumentParser(description="Fill in what the docs say about tables of the program.")
    parser.add_argument("--check", action="store_true", help="only say which pages are out of date")
    check = parser.parse_args().check
    wrong = list(out_of_date())
    for page, text in wrong:
        print(f"docs/{page.name} {'is out of date: python scripts/make_docs.py' if check else 'written'}")
        if not check:
            page.write_text(text, encoding="utf-8")
    return 1 if check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
