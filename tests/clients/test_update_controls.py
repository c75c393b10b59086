"""Controls of updates and Cancel as real clients send them: ldap-utils and python-ldap, over a socket."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from oracle.compare import UNIVERSE
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, PASSWORD
from oracle.steps import ALICE, PEOPLE

Run = Callable[..., subprocess.CompletedProcess[str]]

TREE_DELETE = "1.2.840.113556.1.4.805"


@pytest.fixture(scope="module")
def server() -> Iterator[Fakeldapd]:
    with Fakeldapd(UNIVERSE) as server:
        yield server


@pytest.fixture
def run(server: Fakeldapd) -> Run:
    def run(program: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [program, "-x", "-H", f"ldap://127.0.0.1:{server.port}", "-D", ADMIN, "-w", PASSWORD, *words]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=30)

    return run


def described(text: str) -> str:
    return f"dn: {ALICE}\nchangetype: modify\nreplace: description\ndescription: {text}\n"


def description(run: Run) -> list[str]:
    found = run("ldapsearch", "-LLL", "-o", "ldif_wrap=no", "-b", ALICE, "-s", "base", "description")
    return [line for line in found.stdout.splitlines() if line.startswith("description: ")]


MODIFY = [
    (("-e", "!assert=(uid=alice)"), 0, "description: new", ""),
    (("-e", "!assert=(uid=bob)"), 122, "description: old", "Assertion Failed (122)"),
    (("-e", "assert=(uid=bob)"), 122, "description: old", "Assertion Failed (122)"),
    (("-e", "!noop"), 16654 % 256, "description: old", "No Operation"),
    (("-e", "!relax"), 0, "description: new", ""),
    (("-M",), 0, "description: new", ""),
    (("-e", "!preread=description", "-e", "!postread=description,uid"), 0, "description: new", ""),
]


@pytest.mark.requires("ldapmodify", "ldapsearch")
@pytest.mark.parametrize(("words", "code", "left", "said"), MODIFY, ids=str)
def test_ldapmodify(words: tuple[str, ...], code: int, left: str, said: str, run: Run) -> None:
    assert run("ldapmodify", stdin=described("old")).returncode == 0
    done = run("ldapmodify", *words, stdin=described("new"))
    assert done.returncode == code, done
    assert said in done.stderr + done.stdout
    assert description(run) == [left]


@pytest.mark.requires("ldapmodify")
def test_ldapmodify_prints_what_was_read(run: Run) -> None:
    run("ldapmodify", stdin=described("old"))
    done = run("ldapmodify", "-v", "-e", "!preread=description", "-e", "!postread=description", stdin=described("new"))
    assert done.returncode == 0
    shown = done.stdout + done.stderr
    assert shown.index("description: old") < shown.index("description: new", shown.index("description: old"))


@pytest.mark.requires("ldapmodify", "ldapsearch")
def test_relax_rules_let_the_administrator_write_history(run: Run) -> None:
    change = f"dn: {ALICE}\nchangetype: modify\nreplace: createTimestamp\ncreateTimestamp: 20010203040506Z\n"
    assert run("ldapmodify", stdin=change).returncode == 19
    assert run("ldapmodify", "-e", "!relax", stdin=change).returncode == 0
    assert "20010203040506Z" in run("ldapsearch", "-LLL", "-b", ALICE, "createTimestamp").stdout


@pytest.mark.requires("ldapdelete", "ldapadd", "ldapsearch")
def test_a_subtree_is_deleted_one_by_one_or_at_once(run: Run, server: Fakeldapd) -> None:
    ldap = pytest.importorskip("ldap")
    tree = "".join(
        f"dn: {dn}ou=tree,dc=example,dc=com\nobjectClass: organizationalUnit\nou: {name}\n\n"
        for dn, name in (("", "tree"), ("ou=a,", "a"), ("ou=b,ou=a,", "b"), ("ou=c,", "c"))
    )
    assert run("ldapadd", stdin=tree).returncode == 0
    assert run("ldapdelete", "ou=tree,dc=example,dc=com").returncode == 66
    assert run("ldapdelete", "-r", "ou=tree,dc=example,dc=com").returncode == 0
    assert run("ldapadd", stdin=tree).returncode == 0
    with connection(ldap, server) as bound:
        bound.delete_ext_s("ou=tree,dc=example,dc=com", serverctrls=[ldap.controls.LDAPControl(TREE_DELETE, True)])
    assert run("ldapsearch", "-b", "ou=tree,dc=example,dc=com").returncode == 32


@pytest.mark.requires("ldapexop")
@pytest.mark.parametrize(("words", "said"), [(("cancel", "77"), "message ID not found"), (("whoami",), f"dn:{ADMIN}")])
def test_ldapexop(words: tuple[str, ...], said: str, run: Run) -> None:
    done = run("ldapexop", *words)
    assert said in done.stdout + done.stderr


def connection(ldap: Any, server: Fakeldapd) -> Any:
    """A python-ldap connection of the administrator, as a context manager."""
    bound = ldap.initialize(f"ldap://127.0.0.1:{server.port}")
    bound.simple_bind_s(ADMIN, PASSWORD)

    class Bound:
        def __enter__(self) -> Any:
            return bound

        def __exit__(self, *_: object) -> None:
            bound.unbind_s()

    return Bound()


@pytest.mark.requires("python:ldap")
def test_python_ldap(server: Fakeldapd) -> None:
    import ldap
    import ldap.controls.readentry as readentry

    change = [(ldap.MOD_REPLACE, "description", [b"python"])]
    relax = ldap.controls.RelaxRulesControl(True)
    with connection(ldap, server) as bound:
        pre, post = (
            make(criticality=True, attrList=["description"])
            for make in (readentry.PreReadControl, readentry.PostReadControl)
        )
        bound.modify_s(ALICE, [(ldap.MOD_REPLACE, "description", [b"before"])])
        message_id = bound.modify_ext(ALICE, change, serverctrls=[pre, post])
        _, _, _, controls = bound.result3(message_id)
        assert [control.entry["description"] for control in controls] == [[b"before"], [b"python"]]
        with pytest.raises(ldap.ASSERTION_FAILED):
            bound.modify_ext_s(ALICE, change, serverctrls=[ldap.controls.AssertionControl(True, "(sn=nobody)")])
        bound.modify_ext_s(ALICE, change, serverctrls=[ldap.controls.AssertionControl(True, "(sn=adams)"), relax])
        permissive = ldap.controls.LDAPControl("1.2.840.113556.1.4.1413", True)
        add = [(ldap.MOD_ADD, "description", [b"python"])]
        with pytest.raises(ldap.TYPE_OR_VALUE_EXISTS):
            bound.modify_s(ALICE, add)
        bound.modify_ext_s(ALICE, add, serverctrls=[permissive])
        new = f"cn=relaxed,{PEOPLE}"
        entry = [("objectClass", [b"device"]), ("cn", [b"relaxed"]), ("creatorsName", [ALICE.encode()])]
        with pytest.raises(ldap.CONSTRAINT_VIOLATION):
            bound.add_s(new, entry)
        bound.add_ext_s(new, entry, serverctrls=[relax])
        ((_, found),) = bound.search_s(new, ldap.SCOPE_BASE, attrlist=["creatorsName"])
        assert found == {"creatorsName": [ALICE.encode()]}
        bound.delete_s(new)


@pytest.mark.requires("python:ldap")
def test_python_ldap_cancels(tmp_path: Path) -> None:
    import ldap

    many = tmp_path / "many.ldif"
    with many.open("w") as file:
        file.write("dn: dc=example,dc=com\nobjectClass: domain\ndc: example\n")
        for number in range(10_000):
            file.write(f"\ndn: cn=c{number},dc=example,dc=com\nobjectClass: device\ncn: c{number}\n")
            file.write(f"description: {'x' * 500}\n")
    with Fakeldapd(many) as server, connection(ldap, server) as bound:
        message_id = bound.search("dc=example,dc=com", ldap.SCOPE_SUBTREE)
        bound.cancel_s(message_id)
        with pytest.raises(ldap.CANCELLED):
            _last_of(bound, message_id)
        with pytest.raises(ldap.NO_SUCH_OPERATION):
            bound.cancel_s(message_id)
        assert bound.whoami_s() == f"dn:{ADMIN}"


def _last_of(bound: Any, message_id: int) -> Any:
    """The final response to a search, past its entries."""
    while (answer := bound.result(message_id, all=0, timeout=10))[1]:
        pass
    return answer
