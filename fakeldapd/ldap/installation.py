"""The shim in the place of python-ldap: ``import ldap``, ``import ldap.modlist`` and the rest find it.

Installing takes what is in ``sys.modules`` under python-ldap's names out, and puts a finder before all others that
answers for those names with this package's modules: the same objects, whichever name they are imported by. Uninstalling
puts back exactly what was there. Nothing of an installed python-ldap is changed.

What has been imported stays imported. A module that has ``ldap`` in its namespace keeps the one it has, so installing
is refused while a module has python-ldap's: it would go on talking to real servers, and nobody would notice.
"""

import importlib
import importlib.util
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from fakeldapd.ldap.transport import opening

HOMES = {
    "_ldap": "fakeldapd.ldap._ldap",
    "ldap": "fakeldapd.ldap",
    "ldapurl": "fakeldapd.ldapurl",
    "ldif": "fakeldapd.ldif",
    "slapdtest": "fakeldapd.slapdtest",
}
"""The modules that python-ldap puts at the top, and what stands for them."""


class InstallError(RuntimeError):
    """The shim can't take python-ldap's place, or isn't there to be taken away. ``str`` says why and what to do."""


def _home(name: str) -> str | None:
    """The module that stands for ``name``, None for what isn't python-ldap's."""
    top, dot, rest = name.partition(".")
    home = HOMES.get(top)
    return home and home + dot + rest


class _Finder:
    """Finds this package's modules by python-ldap's names. It is finder and loader in one."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """What leads to the module (importlib.abc.MetaPathFinder), None for what isn't ours."""
        home = _home(name)
        if home is None or importlib.util.find_spec(home) is None:
            return None
        return ModuleSpec(name, self, origin=home)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        """Nothing of its own: see exec_module."""

    def exec_module(self, module: ModuleType) -> None:
        """Put the module that there is in the place of the new one, which importlib allows a module to do."""
        home = _home(module.__name__)
        assert home is not None
        sys.modules[module.__name__] = importlib.import_module(home)


@dataclass(slots=True)
class _Installed:
    """What was there before one ``install``."""

    modules: dict[str, ModuleType]
    behind: dict[str, Any] = field(default_factory=dict)


_FINDER = _Finder()
_stack: list[_Installed] = []
_is_here_to_stay = False
_lock = threading.RLock()


def install(uris: Mapping[str, Any] | None = None, *, force: bool = False) -> None:
    """Have ``ldap``, ``ldapurl``, ``ldif``, ``slapdtest`` and ``_ldap`` mean this package from now on.

    ``uris`` puts directories (FakeDirectory, or any handler) behind URIs, as ``register`` does, until ``uninstall``;
    ``"*"`` catches all. Installing may be nested. Raises InstallError, naming the modules, where some have imported
    python-ldap already, which they would keep (``force=True`` lets them), and ValueError for what is no URI.
    """
    with _lock:
        there = _family()
        others = {name: module for name, module in there.items() if not _is_ours(name)}
        if not force and (early := _importers(others.values())):
            raise InstallError(_too_late(early))
        state = _Installed(there)
        state.behind = _put_behind(uris or {})
        for name in others:
            del sys.modules[name]
        _put_finder_first()
        _stack.append(state)
        _show_what_is_loaded()


def uninstall() -> None:
    """Put back what was there before the last ``install``. Raises InstallError where there was none."""
    with _lock:
        if not _stack:
            raise InstallError("the shim isn't installed: each uninstall() takes back one install()")
        state = _stack.pop()
        for name in _family():
            del sys.modules[name]
        sys.modules.update(state.modules)
        if not _stack and not _is_here_to_stay:
            sys.meta_path.remove(_FINDER)
        for uri, directory in state.behind.items():
            opening.register(uri, directory)


def take_the_place_of(name: str) -> None:
    """What the modules of ``fakeldapd shim-wheel`` do while they are imported: the module of that name becomes this
    package's, for good, and the finder stays for those below it.
    """
    global _is_here_to_stay
    home = _home(name)
    assert home is not None
    _put_finder_first()
    _is_here_to_stay = True
    sys.modules[name] = importlib.import_module(home)
    if name == "ldap":
        _show_what_is_loaded()


@contextmanager
def installed(uris: Mapping[str, Any] | None = None, *, force: bool = False) -> Iterator[ModuleType]:
    """``install``, and ``uninstall`` at the end. ::

    with fakeldapd.ldap.installed(uris={"*": directory}) as ldap:
        ...
    """
    install(uris, force=force)
    try:
        yield sys.modules["ldap"]
    finally:
        uninstall()


def is_installed() -> bool:
    """Whether ``import ldap`` gives this package."""
    return bool(_stack)


def _put_finder_first() -> None:
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


def _family() -> dict[str, ModuleType]:
    """What is imported under python-ldap's names."""
    return {name: module for name, module in list(sys.modules.items()) if name.partition(".")[0] in HOMES}


def _is_ours(name: str) -> bool:
    home = _home(name)
    return home in sys.modules and sys.modules[name] is sys.modules[home]


def _show_what_is_loaded() -> None:
    """``import ldap`` brings several modules along: they are there by the other name, too."""
    for name in list(sys.modules):
        if name == HOMES["ldap"] or name.startswith(HOMES["ldap"] + "."):
            sys.modules["ldap" + name.removeprefix(HOMES["ldap"])] = sys.modules[name]
    sys.modules["_ldap"] = sys.modules[HOMES["_ldap"]]


def _put_behind(uris: Mapping[str, Any]) -> dict[str, Any]:
    """Register the directories; gives what was behind each of the URIs before, None for nothing."""
    before = opening.registered()
    try:
        for uri, directory in uris.items():
            opening.register(uri, directory)
    except BaseException:
        _put_back(before)
        raise
    after = opening.registered()
    return {uri: before.get(uri) for uri in {**before, **after} if before.get(uri) is not after.get(uri)}


def _put_back(before: Mapping[str, Any]) -> None:
    for uri in opening.registered():
        opening.register(uri, before.get(uri))


def _importers(modules: Iterable[ModuleType]) -> list[str]:
    """Who has one of these modules, or a class or function of theirs; who had it first comes first.

    A module that is still being imported stands in ``sys.modules`` before what it imports, the others in the order in
    which they were ready, which is behind what they import.
    """
    theirs: set[int] = set()
    for module in modules:
        if getattr(module, "__spec__", None) is None:
            continue  # made by hand, to stand for python-ldap in a test
        theirs.update({id(module)}, (id(value) for value in _values(module) if _is_made_there(value)))
    if not theirs:
        return []
    before: list[str] = []
    behind: list[str] = []
    now = before
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        if top in HOMES:
            now = behind
        elif top != "fakeldapd" and any(id(value) in theirs for value in _values(module)):
            now.append(name)
    return behind + before[::-1]


def _values(module: Any) -> list[Any]:
    return list(getattr(module, "__dict__", {}).values())


def _is_made_there(value: Any) -> bool:
    made = isinstance(value, type | FunctionType | BuiltinFunctionType)
    return made and str(value.__module__).partition(".")[0] in HOMES


def _too_late(early: list[str]) -> str:
    first, others = early[0], early[1:]
    shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    return (
        f"{first} has imported python-ldap already{', and so have ' + shown if others else ''}: "
        "what it has got stays as it is, so installing would change nothing for it. Install before it is imported: "
        "in pytest with `-p fakeldapd.shim` or `fakeldapd_shim = true`, "
        "for a whole program with `python -m fakeldapd.ldap -- PROGRAM`"
    )
