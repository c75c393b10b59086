"""Searches with controls, by the clients that people use."""

import subprocess
from collections.abc import Iterator

import ldap3
import pytest
from oracle.compare import UNIVERSE
from oracle.fakeldapd import Fakeldapd
from oracle.slapd import ADMIN, BASE, PASSWORD

PEOPLE, GROUPS = f"ou=people,{BASE}", f"ou=groups,{BASE}"
ALICE = f"uid=alice,{PEOPLE}"
BY_NAME = "sn:caseIgnoreOrderingMatch"
IN_ORDER = [f"{name},{PEOPLE}" for name in ("uid=alice", "uid=bob", "uid=dave", "cn=eve", "uid=carol")]
PERSON = "(objectClass=person)"
AS_STORED = "1.3.6.1.4.1.4203.666.5.14=::MAMBAf8="
"""The control of the overlay valsort that turns it off, as ldapsearch takes it."""


@pytest.fixture(scope="module")
def server() -> Iterator[Fakeldapd]:
    with Fakeldapd(UNIVERSE) as running:
        yield running


@pytest.fixture(scope="module")
def weighing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fakeldapd]:
    """A server with the overlay valsort."""
    file = tmp_path_factory.mktemp("weighing") / "weighed.ldif"
    file.write_text(f"""dn: {BASE}
objectClass: domain
dc: example

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: cn=weighed,{PEOPLE}
objectClass: device
cn: weighed
description: {{2}}b
description: {{1}}a
""")
    with Fakeldapd(file, {"overlay": [f"valsort:description {BASE} weighted"]}) as running:
        yield running


def ldapsearch(server: Fakeldapd, *arguments: str, base: str = PEOPLE, typed: str = "") -> tuple[int, list[str]]:
    """The exit code and what it printed."""
    command = ["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", f"ldap://127.0.0.1:{server.port}", "-b", base]
    done = subprocess.run([*command, *arguments], input=typed, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout.splitlines()


def dns(lines: list[str]) -> list[str]:
    return [line.removeprefix("dn: ") for line in lines if line.startswith("dn: ")]


pages = pytest.mark.requires("ldapsearch")


@pages
def test_ldapsearch_pages(server: Fakeldapd) -> None:
    code, lines = ldapsearch(server, "-E", "!pr=2/noprompt", PERSON, "1.1")
    assert code == 0
    assert sorted(dns(lines)) == sorted(IN_ORDER)
    assert sum(line.startswith("# pagedresults: cookie=") for line in lines) == 3


@pages
def test_ldapsearch_sorts(server: Fakeldapd) -> None:
    assert dns(ldapsearch(server, "-E", f"!sss={BY_NAME}", PERSON, "1.1")[1]) == IN_ORDER
    code, lines = ldapsearch(server, "-E", f"!sss=-{BY_NAME}", "-E", "pr=2/noprompt", PERSON, "1.1")
    assert (code, dns(lines)) == (0, IN_ORDER[::-1])
    assert ldapsearch(server, "-E", "!sss=sn", PERSON, "1.1")[0] == 18


@pages
def test_ldapsearch_moves_a_window(server: Fakeldapd) -> None:
    options = ("-E", f"!sss={BY_NAME}", "-E", "!vlv=0/1/1/0")
    code, lines = ldapsearch(server, *options, PERSON, "1.1", typed="1/0/4/5\n0/0:dav\n0/0/9/5\n")
    assert dns(lines) == [*IN_ORDER[0:2], *IN_ORDER[2:4], IN_ORDER[2]]
    assert code == 76  # which is how it ends


@pages
def test_ldapsearch_matches_values(server: Fakeldapd) -> None:
    assert ldapsearch(server, "-E", "!mv=(mail=*.org)", "(uid=alice)") == (
        0,
        [f"dn: {ALICE}", "mail: Alice.Adams@example.org", ""],
    )


@pages
def test_ldapsearch_dereferences(server: Fakeldapd) -> None:
    _, lines = ldapsearch(server, "-E", "!deref=member:uid,sn", "(cn=admins)", "1.1", base=GROUPS)
    assert [line for line in lines if line.startswith("# member")] == [
        f"# member: <uid=alice>;<sn=Adams>;{ALICE}",
        "# member: <uid=bob>;<sn=Brown>;uid=Bob,ou=People,dc=Example,dc=Com",
    ]


@pages
@pytest.mark.parametrize(
    ("option", "base", "count"),
    [
        ("!subentries", PEOPLE, 0),
        ("!subentries=false", PEOPLE, 6),
        ("!domainScope", f"ou=referrals,{BASE}", 1),
        ("!1.2.840.113556.1.4.1340=::MAMCAQE=", f"ou=referrals,{BASE}", 1),  # search options with the flag domain scope
        ("!dontUseCopy", PEOPLE, 6),
    ],
)
def test_ldapsearch_says_what_to_see(server: Fakeldapd, option: str, base: str, count: int) -> None:
    code, lines = ldapsearch(server, "-E", option, "1.1", base=base)
    assert (code, len(dns(lines)), "ref" in "".join(lines).replace("ou=referrals", "")) == (0, count, False)


@pages
@pytest.mark.parametrize(("options", "values"), [((), ["a", "b"]), (("-E", f"!{AS_STORED}"), ["{2}b", "{1}a"])])
def test_ldapsearch_sees_values_as_they_are_stored(
    weighing: Fakeldapd, options: tuple[str, ...], values: list[str]
) -> None:
    code, lines = ldapsearch(weighing, *options, "(cn=weighed)", "description")
    assert (code, [line.partition(": ")[2] for line in lines if line.startswith("description")]) == (0, values)


@pages
def test_ldapsearch_tracks_a_session(server: Fakeldapd) -> None:
    assert ldapsearch(server, "-e", "sessiontracking=alice", "-s", "base", "1.1")[0] == 0


def test_ldap3_pages(server: Fakeldapd) -> None:
    address = ldap3.Server(f"ldap://127.0.0.1:{server.port}", get_info=ldap3.DSA)
    connection = ldap3.Connection(address, ADMIN, PASSWORD, auto_bind=True)
    found = connection.extend.standard.paged_search(
        BASE, PERSON, attributes=["1.1"], paged_size=2, paged_criticality=True, generator=True
    )
    assert sorted(entry["dn"] for entry in found if entry["type"] == "searchResEntry") == sorted(IN_ORDER)
    assert "1.2.840.113556.1.4.319" in {oid for oid, *_ in address.info.supported_controls}
    connection.unbind()


@pytest.mark.requires("python:ldap")
def test_python_ldap_pages(server: Fakeldapd) -> None:
    import ldap
    from ldap.controls import SimplePagedResultsControl

    connection = ldap.initialize(f"ldap://127.0.0.1:{server.port}")
    control = SimplePagedResultsControl(True, size=2, cookie=b"")
    sizes, names = [], []
    while True:
        asked = connection.search_ext(PEOPLE, ldap.SCOPE_SUBTREE, PERSON, ["1.1"], serverctrls=[control])
        _, found, _, controls = connection.result3(asked)
        sizes.append(len(found))
        names += [dn for dn, _ in found]
        control.cookie = controls[0].cookie
        if not control.cookie:
            break
    assert sizes == [2, 2, 1]
    assert sorted(names) == sorted(IN_ORDER)
    with pytest.raises(ldap.PROTOCOL_ERROR, match="paged results cookie is invalid"):
        connection.search_ext_s(
            BASE, ldap.SCOPE_SUBTREE, PERSON, serverctrls=[SimplePagedResultsControl(True, size=2, cookie=b"x" * 8)]
        )
    connection.unbind_s()


@pytest.mark.requires("python:ldap")
def test_python_ldap_sorts_and_looks_through_a_window(server: Fakeldapd) -> None:
    import ldap
    from ldap.controls.sss import SSSRequestControl, SSSResponseControl
    from ldap.controls.vlv import VLVRequestControl, VLVResponseControl

    connection = ldap.initialize(f"ldap://127.0.0.1:{server.port}")
    order = SSSRequestControl(criticality=True, ordering_rules=[BY_NAME])

    def look(**how: object) -> tuple[list[str], VLVResponseControl]:
        window = VLVRequestControl(criticality=True, **how)
        asked = connection.search_ext(BASE, ldap.SCOPE_SUBTREE, PERSON, ["1.1"], serverctrls=[order, window])
        _, found, _, controls = connection.result3(asked)
        assert [c.sortResult for c in controls if isinstance(c, SSSResponseControl)] == [0]
        return [dn for dn, _ in found], next(c for c in controls if isinstance(c, VLVResponseControl))

    found, said = look(before_count=1, after_count=1, offset=2, content_count=0)
    assert (found, said.targetPosition, said.contentCount) == (IN_ORDER[:3], 2, 5)
    found, said = look(before_count=0, after_count=0, greater_than_or_equal="brown", context_id=said.contextID)
    assert (found, said.targetPosition) == (IN_ORDER[1:2], 2)
    connection.unbind_s()


@pytest.mark.requires("python:ldap")
def test_python_ldap_matches_values_and_dereferences(server: Fakeldapd) -> None:
    import ldap
    from ldap.controls import MatchedValuesControl
    from ldap.controls.deref import DereferenceControl
    from ldap.controls.sessiontrack import SessionTrackingControl

    connection = ldap.initialize(f"ldap://127.0.0.1:{server.port}")
    tracking = SessionTrackingControl("192.0.2.1", "app", "1.3.6.1.4.1.21008.108.63.1.3", "alice")
    matched = MatchedValuesControl(True, "(mail=alice@example.com)")
    found = connection.search_ext_s(ALICE, ldap.SCOPE_BASE, attrlist=["mail"], serverctrls=[matched, tracking])
    assert found == [(ALICE, {"mail": [b"alice@example.com"]})]
    deref = DereferenceControl(True, {"member": ["uid"]})
    asked = connection.search_ext(GROUPS, ldap.SCOPE_SUBTREE, "(cn=admins)", ["1.1"], serverctrls=[deref])
    _, found, _, _, _, _ = connection.result4(asked, add_ctrls=1)
    assert [entry["uid"] for _, entry in found[0][2][0].derefRes["member"]] == [["alice"], ["bob"]]
    connection.unbind_s()


@pytest.mark.requires("python:ldap")
def test_python_ldap_looks_at_a_referral_and_hears_who_it_is(server: Fakeldapd) -> None:
    import ldap
    from ldap.controls.simple import AuthorizationIdentityRequestControl, ManageDSAITControl

    connection = ldap.initialize(f"ldap://127.0.0.1:{server.port}")
    connection.set_option(ldap.OPT_REFERRALS, 0)
    asked = connection.simple_bind(ALICE, "alice-secret", serverctrls=[AuthorizationIdentityRequestControl(True)])
    *_, controls = connection.result3(asked)
    assert [control.authzId for control in controls] == [f"dn:{ALICE}".encode()]
    remote = f"cn=remote,ou=referrals,{BASE}"
    with pytest.raises(ldap.REFERRAL):
        connection.search_s(remote, ldap.SCOPE_BASE, attrlist=["1.1"])
    found = connection.search_ext_s(remote, ldap.SCOPE_BASE, attrlist=["1.1"], serverctrls=[ManageDSAITControl()])
    assert found == [(remote, {})]
    connection.unbind_s()


@pytest.mark.requires("python:ldap")
@pytest.mark.parametrize("name", ["persistent search", "syncrepl"])
def test_what_is_not_there_is_refused_where_it_is_critical(server: Fakeldapd, name: str) -> None:
    import ldap
    from ldap.controls.psearch import PersistentSearchControl
    from ldap.syncrepl import SyncRequestControl

    control = {"persistent search": PersistentSearchControl, "syncrepl": SyncRequestControl}[name](criticality=True)
    connection = ldap.initialize(f"ldap://127.0.0.1:{server.port}")
    with pytest.raises(ldap.UNAVAILABLE_CRITICAL_EXTENSION, match="critical extension is not recognized"):
        connection.search_ext_s(BASE, ldap.SCOPE_BASE, serverctrls=[control])
    control.criticality = False
    assert [dn for dn, _ in connection.search_ext_s(BASE, ldap.SCOPE_BASE, serverctrls=[control])] == [BASE]
    connection.unbind_s()
