"""The house stays in order: imports point one way, Twisted stays in its room, files and functions stay short."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fakeldapd"

ROOMS = {
    "protocol": 0,
    "schema": 1,
    "directory": 2,
    "operations": 3,
    "overlays": 4,
    "middleware": 4,
    "server": 5,
    "recording": 5,
    "double": 6,
    "ldap": 7,
    "fakeldap": 8,
}
"""A room may import from itself and from rooms with a lower number."""

MADE_OF_SETTINGS = {"double", "slapdtest"}
"""Rooms that may also import the modules at the top which make a directory out of settings."""

BELONGS_TO = {"ldapurl": "ldap", "ldif": "ldap"}
"""Modules at the top that python-ldap has at the top: the same room as its others."""

USES_THE_SHIM = {"ldap", "fakeldap"}
"""Nobody else imports the shim, so that a daemon never does ..."""

LEADS_TO_THE_SHIM = {"slapdtest", "shim", "commands/shim_wheel.py"}
"""... but who is asked for it."""

KNOW_NOTHING = {"config", "directives", "logs"}
"""Modules at the top that import nothing of ours but each other."""

STARTERS = {"commands/record.py", "commands/serve.py", "commands/twist.py"}
"""Outside server/, the only files that touch Twisted: they start it."""

LDAPTOR_OUTSIDE_SERVER = {"protocol": ("ldaptor.protocols.ldap.ldaperrors",), "schema": ("ldaptor.schema",)}

FORBIDDEN_NAMES = re.compile(r"Manager|Engine|Utils?$|Helper", re.IGNORECASE)
"""Words that don't say what something does."""


def python_files(*folders: str) -> list[Path]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if not path.is_symlink())


SOURCES = python_files("fakeldapd", "scripts")
EVERYTHING = python_files("fakeldapd", "scripts", "tests")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every module imported at run time, with its line; what only type checkers import doesn't count."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case ast.Import(names=names):
                yield from ((alias.name, node.lineno) for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield module, node.lineno
                yield from ((f"{module}.{alias.name}", node.lineno) for alias in names)
        yield from imports(node)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room_of(top: str) -> str:
    """The room that a folder or a module at the top is."""
    return BELONGS_TO.get(top, top)


@pytest.mark.parametrize("path", python_files("fakeldapd"), ids=name)
def test_imports_point_one_way(path: Path) -> None:
    parts = path.relative_to(PACKAGE).parts
    room = room_of(parts[0] if len(parts) > 1 else path.stem)
    for module, line in imports(parsed(path)):
        if not module.startswith("fakeldapd."):
            continue
        target = room_of(module.split(".")[1])
        where = f"{name(path)}:{line} imports {module}"
        if room in KNOW_NOTHING:
            assert target in KNOW_NOTHING, where
        elif room in ROOMS and target != room:
            if room in MADE_OF_SETTINGS and target in ("config", "loading", "certificates", "serving"):
                continue
            assert target in ROOMS, where
            assert ROOMS[target] < ROOMS[room], where


@pytest.mark.parametrize("path", python_files("fakeldapd"), ids=name)
def test_the_shim_is_imported_by_nobody_else(path: Path) -> None:
    parts = path.relative_to(PACKAGE).parts
    room = room_of(parts[0].removesuffix(".py"))
    if room in USES_THE_SHIM or not LEADS_TO_THE_SHIM.isdisjoint((room, "/".join(parts))):
        return
    for module, line in imports(parsed(path)):
        top = module.split(".")
        assert top[0] not in ("pyasn1", "pyasn1_modules"), f"{name(path)}:{line}"
        assert top[0] != "fakeldapd" or len(top) < 2 or room_of(top[1]) not in USES_THE_SHIM, f"{name(path)}:{line}"


@pytest.mark.parametrize("path", python_files("fakeldapd"), ids=name)
def test_twisted_and_ldaptor_stay_in_the_server(path: Path) -> None:
    inside = path.relative_to(PACKAGE)
    if inside.parts[0] == "server" or str(inside) in STARTERS:
        return
    allowed = LDAPTOR_OUTSIDE_SERVER.get(inside.parts[0], ())
    for module, line in imports(parsed(path)):
        if module.split(".")[0] in ("twisted", "ldaptor", "zope"):
            assert module.startswith(allowed) if allowed else False, f"{name(path)}:{line} imports {module}"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_the_global_reactor_is_never_imported_at_import_time(path: Path) -> None:
    tree = parsed(path)
    inside_functions = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "twisted.internet" and id(node) not in inside_functions:
            assert "reactor" not in [alias.name for alias in node.names], f"{name(path)}:{node.lineno}"


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 500
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or node.lineno) - node.lineno <= 60, f"{name(path)}:{node.lineno} {node.name}"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_names_say_what_things_do(path: Path) -> None:
    assert not FORBIDDEN_NAMES.search(path.stem)
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.ClassDef):
            assert not FORBIDDEN_NAMES.search(node.name), f"{name(path)}:{node.lineno} {node.name}"


@pytest.mark.parametrize("path", EVERYTHING, ids=name)
def test_nothing_is_left_for_later(path: Path) -> None:
    if path == Path(__file__):
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        assert not re.search(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError", line), f"{name(path)}:{number}"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_modules_open_with_what_they_are_for(path: Path) -> None:
    assert ast.get_docstring(parsed(path)), name(path)
