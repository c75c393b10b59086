"""The shim in python-ldap's place, and python-ldap back in its own."""

from pathlib import Path

import pytest
from shim_support.programs import Done, run, write

OTHER = {
    "ldap/__init__": "from ldap.functions import initialize\nfrom ldap import dn\nclass LDAPError(Exception): pass\n",
    "ldap/functions": "def initialize(uri): return 'the other one'\n",
    "ldap/dn": "def str2dn(text): return text\n",
    "ldap/modlist": "",
    "ldapurl": "class LDAPUrl: pass\n",
    "app_whole": "import ldap\ndef connect(uri): return ldap.initialize(uri)\n",
    "app_part": "from ldap.dn import str2dn\n",
    "app_late": "def connect(uri):\n    import ldap\n    return ldap.initialize(uri)\n",
    "app_both": "import app_part\nimport ldap\n",
}
"""Something that has python-ldap's names, and code that uses it."""

BEGIN = """
import sys
import fakeldapd, fakeldapd.ldap as shim
NAMES = ("ldap", "ldapurl", "ldif", "slapdtest", "_ldap")
def family():
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] in NAMES}
def refused(call, *arguments, **more):
    try:
        call(*arguments, **more)
    except (shim.InstallError, ValueError) as error:
        return str(error)
    raise AssertionError("not refused")
"""

PROGRAMS = {
    "every module is there by its name": """
with shim.installed() as given:
    import ldap, ldap.modlist, ldap.controls.ppolicy, ldapurl, ldif, _ldap
    from ldap.filter import escape_filter_chars
    assert ldap is given is shim and ldap.modlist is sys.modules["fakeldapd.ldap.modlist"]
    assert ldap.controls.ppolicy is sys.modules["fakeldapd.ldap.controls.ppolicy"]
    assert (ldapurl, ldif, _ldap) == (fakeldapd.ldapurl, fakeldapd.ldif, shim._ldap)
    assert {name: module.__spec__.name for name, module in family().items()} == {
        name: "fakeldapd." + {"_ldap": "ldap._ldap"}.get(name, name) for name in family()}
assert family() == {}
""",
    "modules are imported when they are asked for": """
with shim.installed():
    import ldap
    assert "ldap.dn" in sys.modules and "ldap.controls.ppolicy" not in sys.modules and "ldif" not in sys.modules
    assert "fakeldapd.ldap.controls.ppolicy" not in sys.modules
""",
    "what is not there is not there": """
import importlib.util
with shim.installed():
    for name in ("ldap.nothing", "ldap.dn.nothing", "ldap.controls.nothing", "ldapurl.nothing"):
        try:
            __import__(name)
        except ModuleNotFoundError as error:
            assert error.name == name, error
        else:
            raise AssertionError(name)
    assert importlib.util.find_spec("ldap.nothing") is None
    assert importlib.util.find_spec("ldap.schema") is not None
""",
    "what was there is there again": """
import ldap, ldap.modlist, ldapurl
before = family()
del ldap, ldapurl
with shim.installed():
    import ldap, ldap.controls.vlv, ldapurl, ldif
    assert ldap is shim
assert family() == before and all(module is before[name] for name, module in family().items())
import ldap
assert ldap.initialize("") == "the other one" and ldap.dn.str2dn("x") == "x"
""",
    "nested": """
shim.install()
import app_late
with shim.installed():
    import ldap.controls.vlv
    shim.install()
    shim.uninstall()
    assert isinstance(app_late.connect("fake://a"), shim.ldapobject.SimpleLDAPObject)
import ldap
assert ldap is shim
shim.uninstall()
assert app_late.connect("fake://a") == "the other one"
assert "isn't installed" in refused(shim.uninstall)
assert not any(type(finder).__module__.startswith("fakeldapd") for finder in sys.meta_path)
""",
    "an error in the block": """
try:
    with shim.installed(uris={"*": fakeldapd.FakeDirectory(empty=True)}):
        1 / 0
except ZeroDivisionError:
    pass
assert family() == {} and shim.transport.opening.registered() == {}
""",
    "something else put in its place meanwhile": """
import types
mine = types.ModuleType("ldap")
with shim.installed():
    sys.modules["ldap"] = mine
    with shim.installed():
        import ldap
        assert ldap is shim
    assert sys.modules["ldap"] is mine
assert "ldap" not in sys.modules
""",
    "an import that is blocked stays blocked": """
sys.modules["slapdtest"] = None
with shim.installed():
    assert sys.modules.get("slapdtest", 1) == 1
assert sys.modules.pop("slapdtest") is None
""",
    "directories behind URIs": """
one, two, three = (fakeldapd.FakeDirectory(empty=True, base=f"dc={n}") for n in ("one", "two", "three"))
opening = shim.transport.opening
shim.register("ldap://a", one)
def base(uri):
    import ldap
    return ldap.initialize(uri).read_rootdse_s()["namingContexts"]
with shim.installed(uris={"ldap://a/": two, "*": three}):
    assert base("ldap://a:389") == [b"dc=two"] and base("ldaps://b") == [b"dc=three"]
    with shim.installed(uris={"*": one}):
        assert base("ldaps://b") == [b"dc=one"]
    assert base("ldaps://b") == [b"dc=three"]
assert opening.registered() == {"ldap://a:389": one}
refused(shim.install, {"ldap://c": two, "nothing": one})
assert opening.registered() == {"ldap://a:389": one} and family() == {}
""",
    "refused, since a module has it": """
import app_whole
before = family()
said = refused(shim.install)
assert said.startswith("app_whole has imported python-ldap already: ") and "-p fakeldapd.shim" in said, said
assert family() == before and not sys.meta_path[0].__class__.__module__.startswith("fakeldapd")
with shim.installed(force=True):
    import ldap
    assert ldap is shim and app_whole.connect("fake://a") == "the other one"
assert family() == before
""",
    "refused, since modules have parts of it": """
import app_both
said = refused(shim.install)
assert said.startswith("app_part has imported python-ldap already, and so have app_both: "), said
""",
    "refused to who has it himself": """
import ldap.modlist
assert refused(shim.install).startswith("__main__ has imported")
""",
    "not refused when nobody has kept it": """
import app_late
assert app_late.connect("") == "the other one"
with shim.installed():
    assert isinstance(app_late.connect("fake://a"), shim.ldapobject.SimpleLDAPObject)
assert app_late.connect("") == "the other one"
""",
    "exceptions are the same": """
with shim.installed():
    import ldap
    try:
        ldap.initialize("fake://a").search_s("dc=nowhere", ldap.SCOPE_BASE)
    except ldap.NO_SUCH_OBJECT as error:
        assert isinstance(error, shim.LDAPError)
""",
}


def program(folder: Path, text: str) -> Done:
    """What comes of it in this folder, where nothing may warn."""
    write(folder, {"program": BEGIN + text})
    return run("-W", "error", "program.py", cwd=folder)


ALL = """
import os, traceback
for case, text in PROGRAMS.items():
    sys.stdout.flush()
    if not os.fork():
        try:
            exec(compile(text, "program", "exec"), globals())
            print(case)
        finally:
            traceback.print_exc() if sys.exc_info()[1] else None
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)
    os.wait()
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """What comes of all programs, each in a process of its own that has imported the shim and nothing else."""
    folder = tmp_path_factory.mktemp("programs")
    write(folder, OTHER)
    return program(folder, f"PROGRAMS = {PROGRAMS!r}\n{ALL}")


@pytest.mark.parametrize("case", PROGRAMS)
def test_installing(case: str, done: Done) -> None:
    assert case in done.out.splitlines(), done.err


@pytest.mark.requires("python:ldap")
def test_with_python_ldap_itself(tmp_path: Path) -> None:
    done = program(
        tmp_path,
        """
import ldap, ldap.modlist, ldapurl, ldif, _ldap
before = family()
names = {name: dict(vars(module)) for name, module in before.items()}
assert refused(shim.install).startswith("__main__ has imported")
del ldap, ldapurl, ldif, _ldap
with shim.installed():
    import ldap, ldap.ldapobject, _ldap, ldif
    assert ldap is shim and isinstance(ldap.initialize("ldap://a"), shim.ldapobject.SimpleLDAPObject)
    del ldap, ldif, _ldap
assert family() == before
assert {name: dict(vars(module)) for name, module in before.items()} == names
""",
    )
    assert (done.code, done.out) == (0, ""), done.err


def test_the_plugin_imports_nothing_before_it_is_wanted(tmp_path: Path) -> None:
    text = "import sys, fakeldapd.shim; print([name for name in sys.modules if name.startswith('fakeldapd.')])"
    assert run("-c", text, cwd=tmp_path).out == "['fakeldapd.shim']\n"
