"""Password policies with clients that know the control: ldap-utils and python-ldap."""

import subprocess
from collections.abc import Iterator

import pytest
from oracle.compare import DEFAULT_POLICY, POLICIES
from oracle.fakeldapd import Fakeldapd

PEOPLE = "ou=people,dc=example,dc=com"


@pytest.fixture(scope="module")
def server() -> Iterator[Fakeldapd]:
    with Fakeldapd(POLICIES, {"overlay": [f"ppolicy:default={DEFAULT_POLICY},use_lockout"]}) as running:
        yield running


def run(server: Fakeldapd, *command: str) -> tuple[int, str]:
    """The exit code of an LDAP tool and everything that it wrote."""
    name, *rest = command
    words = [name, "-x", "-H", f"ldap://127.0.0.1:{server.port}", *rest]
    environment = {"LDAPNOINIT": "1", "PATH": "/usr/bin:/bin:/usr/local/bin"}
    done = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment, timeout=60
    )
    return done.returncode, done.stdout


@pytest.mark.requires("ldapwhoami")
@pytest.mark.parametrize(
    ("user", "password", "code", "said"),
    [
        ("plain", "secret", 0, f"dn:uid=plain,{PEOPLE}"),
        ("plain", "wrong", 49, "Invalid credentials"),
        ("expired", "secret", 49, "Password expired"),
        ("locked-for-ever", "secret", 49, "Account locked"),
        ("graced-once", "secret", 0, "0 grace logins remain"),
    ],
)
def test_ldapwhoami(server: Fakeldapd, user: str, password: str, code: int, said: str) -> None:
    got, written = run(server, "ldapwhoami", "-e", "ppolicy", "-D", f"uid={user},{PEOPLE}", "-w", password)
    assert (got, said in written) == (code, True), written


@pytest.mark.requires("ldappasswd")
@pytest.mark.parametrize(
    ("new", "code", "said"),
    [
        ("one", 1, "Password is in history of old passwords"),
        ("secret", 1, "Password is not being changed from existing value"),
        ("three", 0, ""),
    ],
)
def test_ldappasswd(server: Fakeldapd, new: str, code: int, said: str) -> None:
    who = f"uid=remembering,{PEOPLE}"
    got, written = run(server, "ldappasswd", "-e", "ppolicy", "-D", who, "-w", "secret", "-s", new)
    assert (got, said in written) == (code, True), written


@pytest.mark.requires("ldapsearch")
def test_the_control_is_advertised(server: Fakeldapd) -> None:
    _, written = run(server, "ldapsearch", "-LLL", "-b", "", "-s", "base", "supportedControl")
    assert "supportedControl: 1.3.6.1.4.1.42.2.27.8.5.1" in written


@pytest.mark.requires("python:ldap")
def test_python_ldap(server: Fakeldapd) -> None:
    import ldap
    from ldap.controls.ppolicy import PasswordPolicyControl

    def bind(user: str, password: str) -> tuple[object, object, object]:
        client = ldap.initialize(f"ldap://127.0.0.1:{server.port}")
        try:
            number = client.simple_bind(f"uid={user},{PEOPLE}", password, serverctrls=[PasswordPolicyControl()])
            *_, controls = client.result3(number)
        except ldap.INVALID_CREDENTIALS as error:
            given = error.args[0]["ctrls"]
            control = PasswordPolicyControl()
            control.decodeControlValue(given[0][2])
            controls = [control]
        finally:
            client.unbind_s()
        (control,) = controls
        return control.timeBeforeExpiration, control.graceAuthNsRemaining, control.error

    assert bind("plain", "secret") == (None, None, None)
    assert bind("graced", "secret") == (None, 1, None)
    assert bind("expired", "secret") == (None, None, 0)
    assert bind("not-yet", "secret") == (None, None, 1)
