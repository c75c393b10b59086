"""The overlay ppolicy where time passes: by a clock that the tests set."""

from collections.abc import Callable

import pytest

from fakeldapd.directory.ldif import read
from fakeldapd.operations.directory import Directory
from fakeldapd.operations.load import Loader
from fakeldapd.operations.request import Request, Response, Session
from fakeldapd.overlays.policy import (
    NO_POLICY,
    Policy,
    PolicyError,
    fine_stamp,
    quality,
    response_value,
    seconds,
    stamp,
)
from fakeldapd.overlays.ppolicy import PASSWORD_POLICY, make
from fakeldapd.overlays.setting import SettingError
from fakeldapd.protocol import messages as m
from fakeldapd.schema.registry import Schema

START = 1_700_000_000
USER = b"uid=ada,dc=example,dc=com"
LDIF = """\
dn: dc=example,dc=com
objectClass: domain
dc: example

dn: cn=policy,dc=example,dc=com
objectClass: device
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
{policy}
dn: uid=ada,dc=example,dc=com
objectClass: inetOrgPerson
uid: ada
cn: Ada Lovelace
sn: Lovelace
userPassword: secret
pwdChangedTime: 20231114221320Z
"""


class Account:
    """A directory with one policy and one account, at a time of its own."""

    def __init__(self, **policy: object) -> None:
        self.now = float(START)
        schema = Schema.load()
        self.directory = Directory(
            schema,
            [schema.dn(b"dc=example,dc=com")],
            admin_dn=schema.dn(b"cn=admin,dc=example,dc=com"),
            admin_password=b"admin",
            clock=lambda: self.now,
            overlays=[make("default=cn=policy,dc=example,dc=com,use_lockout")],
        )
        lines = "".join(f"{name}: {value}\n" for name, value in policy.items())
        Loader(self.directory).load(read(LDIF.format(policy=lines)))
        self.session = Session()

    def ask(self, op: m.RequestOp) -> str:
        """The code of an answer, and what the control says: ``49 locked``."""
        control = m.Control(PASSWORD_POLICY, False, None)
        *_, last = self.directory(Request(self.session, 1, op, (control,)))
        assert isinstance(last, Response)
        assert isinstance(last.op, m.LDAPResult)
        said = [shown(each.value) for each in last.controls]
        return " ".join([str(last.op.code), *filter(None, said)])

    def bind(self, password: str = "secret") -> str:
        """Bind as the user."""
        return self.ask(m.BindRequest(3, USER, m.SimpleAuthentication(password.encode())))

    def change(self, password: str) -> str:
        """Replace the password."""
        change = m.Change(m.ModifyOperation.REPLACE, b"userPassword", (password.encode(),))
        return self.ask(m.ModifyRequest(USER, (change,)))

    def values(self, name: str) -> list[str]:
        """What the account stores."""
        schema = self.directory.schema
        entry = self.directory.dit.get(schema.dn(USER))
        assert entry is not None
        return [value.decode() for value in entry.values(schema.attribute(name.encode()))]


def shown(value: bytes | None) -> str:
    """A response value in words."""
    assert value is not None
    words = {response_value(error=error): error.name.lower() for error in PolicyError}
    words |= {response_value(expires_in=n): f"expires in {n}" for n in range(0, 4000)}
    words |= {response_value(grace_left=n): f"grace {n}" for n in range(5)}
    return {response_value(): "", **words}[value]


LOCK = {"pwdLockout": "TRUE", "pwdMaxFailure": 2, "pwdLockoutDuration": 600, "pwdFailureCountInterval": 60}
AGE = {"pwdMaxAge": 3600, "pwdExpireWarning": 600, "pwdGraceAuthNLimit": 2}
DELAY = {"pwdLockout": "TRUE", "pwdMinDelay": 10, "pwdMaxDelay": 25}

TABLE = [
    (
        "lockout ends",
        LOCK,
        [
            (0, "wrong", "49"),
            (1, "wrong", "49"),
            (2, "secret", "49 account_locked"),
            (600, "secret", "49 account_locked"),
            (601, "secret", "0"),
        ],
    ),
    ("failures expire", LOCK, [(0, "wrong", "49"), (61, "wrong", "49"), (62, "secret", "0")]),
    (
        "failures expire at the end of the interval",
        LOCK,
        [(0, "wrong", "49"), (60, "wrong", "49"), (61, "secret", "49 account_locked")],
    ),
    (
        "success forgets failures",
        LOCK,
        [(0, "wrong", "49"), (1, "secret", "0"), (2, "wrong", "49"), (3, "secret", "0")],
    ),
    (
        "failures of one moment count",
        LOCK,
        [(0, "wrong", "49"), (0, "wrong", "49"), (0, "secret", "49 account_locked")],
    ),
    (
        "locked again",
        LOCK,
        [
            (0, "wrong", "49"),
            (1, "wrong", "49"),
            (700, "wrong", "49"),
            (701, "secret", "0"),
            (702, "wrong", "49"),
            (703, "wrong", "49"),
            (704, "secret", "49 account_locked"),
        ],
    ),
    (
        "no duration",
        {**LOCK, "pwdLockoutDuration": 0},
        [(0, "wrong", "49"), (1, "wrong", "49"), (10**8, "secret", "49 account_locked")],
    ),
    (
        "without pwdLockout",
        {**LOCK, "pwdLockout": "FALSE"},
        [(0, "wrong", "49"), (1, "wrong", "49"), (2, "secret", "0")],
    ),
    ("young", AGE, [(0, "secret", "0"), (3000, "secret", "0")]),
    ("warned", AGE, [(3001, "secret", "0 expires in 599"), (3600, "secret", "0 expires in 0")]),
    (
        "grace, then expired",
        AGE,
        [(3601, "secret", "0 grace 1"), (3602, "secret", "0 grace 0"), (3603, "secret", "49 password_expired")],
    ),
    ("wrong passwords cost no grace", AGE, [(3601, "wrong", "49"), (3602, "secret", "0 grace 1")]),
    ("no grace", {"pwdMaxAge": 3600}, [(3600, "secret", "0"), (3601, "secret", "49 password_expired")]),
    (
        "grace ends",
        {**AGE, "pwdGraceExpiry": 60},
        [(3601, "secret", "0 grace 1"), (3661, "secret", "49 password_expired")],
    ),
    (
        "waiting",
        DELAY,
        [
            (0, "wrong", "49"),
            (9, "secret", "49 account_locked"),
            (10, "wrong", "49"),
            (29, "secret", "49 account_locked"),
            (30, "wrong", "49"),
            (54, "secret", "49 account_locked"),
            (55, "secret", "0"),
        ],
    ),
]


@pytest.mark.parametrize(("policy", "steps"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_binds(policy: dict[str, object], steps: list[tuple[int, str, str]]) -> None:
    account = Account(**policy)
    for after, password, answer in steps:
        account.now = float(START + after)
        assert account.bind(password) == answer, after


def test_an_expired_password_leaves_the_session_anonymous() -> None:
    account = Account(pwdMaxAge=60)
    account.now += 61
    assert account.bind() == "49 password_expired"
    assert account.session.identity is None


def test_a_new_password_begins_a_new_life() -> None:
    account = Account(**AGE, pwdMinAge=100)
    account.now += 3700
    assert account.bind() == "0 grace 1"
    assert account.change("second") == "0"
    assert account.values("pwdGraceUseTime") == []
    assert account.values("pwdChangedTime") == [stamp(account.now).decode()]
    assert account.bind("second") == "0"
    account.now += 99
    assert account.change("third") == "19 password_too_young"
    account.now += 1
    assert account.change("third") == "0"


def test_history_goes_by_time() -> None:
    account = Account(pwdInHistory=2)
    account.bind()
    for password in ("one", "two", "three"):
        account.now += 1
        assert account.change(password) == "0"
    assert [value.split("#")[3] for value in account.values("pwdHistory")] == ["one", "two"]
    assert account.change("two") == "19 password_in_history"
    assert account.change("secret") == "0"


def test_binds_leave_time_stamps_alone() -> None:
    account = Account(**LOCK)
    before = account.values("modifyTimestamp"), account.values("entryCSN")
    account.now += 5
    account.bind("wrong")
    assert (account.values("modifyTimestamp"), account.values("entryCSN")) == before
    assert account.values("pwdFailureTime") == ["20231114221325.000000Z"]


@pytest.mark.parametrize(
    ("password", "policy", "error"),
    [
        ("short", Policy(pwdMinLength=8), PolicyError.PASSWORD_TOO_SHORT),
        ("", NO_POLICY, PolicyError.PASSWORD_TOO_SHORT),
        ("long enough", Policy(pwdMinLength=8), None),
        ("too long", Policy(pwdMaxLength=7), PolicyError.PASSWORD_TOO_LONG),
        ("{ssha}AAAA", Policy(pwdCheckQuality=1), None),
        ("{ssha}AAAA", Policy(pwdCheckQuality=2), PolicyError.INSUFFICIENT_PASSWORD_QUALITY),
        ("{cleartext}x", Policy(pwdCheckQuality=2), None),
        ("{no scheme}x", Policy(pwdCheckQuality=2), None),
    ],
)
def test_quality(password: str, policy: Policy, error: PolicyError | None) -> None:
    assert quality(policy, password.encode()) == error


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (b"19700101000000Z", 0),
        (b"20231114221320Z", START),
        (b"000001010000Z", 0),
        (b"20231114231320+0100", START),
        (b"x", None),
    ],
)
def test_times(text: bytes, number: int | None) -> None:
    assert seconds(text) == number


def test_fine_stamps_differ() -> None:
    first = fine_stamp(START + 0.999999, ())
    assert first == b"20231114221320.999999Z"
    assert fine_stamp(START + 0.999999, (first,)) == b"20231114221321.000000Z"


@pytest.mark.parametrize(
    ("value", "octets"),
    [
        (response_value(), b"\x30\x00"),
        (response_value(expires_in=128), b"\x30\x06\xa0\x04\x80\x02\x00\x80"),
        (response_value(grace_left=0), b"\x30\x05\xa0\x03\x81\x01\x00"),
        (response_value(error=PolicyError.PASSWORD_IN_HISTORY), b"\x30\x03\x81\x01\x08"),
    ],
)
def test_response_values(value: bytes, octets: bytes) -> None:
    assert value == octets


@pytest.mark.parametrize(
    ("setting", "default", "flags"),
    [
        ("", "", ""),
        ("default=cn=p,dc=x", "cn=p,dc=x", ""),
        ("default=cn=p,dc=x,hash_cleartext,use_lockout", "cn=p,dc=x", "hash use"),
        ("default=cn=p,dc=x use_lockout", "cn=p,dc=x", "use"),
        ("hash_cleartext default=cn=p q,dc=x", "cn=p q,dc=x", "hash"),
        ("use_lockout=off,hash_cleartext=on", "", "hash"),
        ("disable_write", "", "disable"),
    ],
)
def test_settings(setting: str, default: str, flags: str) -> None:
    overlay = make(setting)
    assert overlay._default_text == default
    on = {"hash": overlay._hash_cleartext, "use": overlay._use_lockout, "disable": overlay._disable_write}
    assert [name for name, value in on.items() if value] == flags.split()


@pytest.mark.parametrize("setting", ["nonsense", "default=garbage", "hash_cleartext=perhaps", "cn=p,dc=x"])
def test_settings_that_are_no_good(setting: str, directory_with: Callable[[str], Directory]) -> None:
    with pytest.raises(SettingError):
        directory_with(setting)


@pytest.fixture
def directory_with() -> Callable[[str], Directory]:
    def build(setting: str) -> Directory:
        schema = Schema.load()
        return Directory(schema, [schema.dn(b"dc=example,dc=com")], overlays=[make(setting)])

    return build


def test_nothing_is_written_on_binds_where_that_is_turned_off() -> None:
    account = Account(**LOCK)
    account.directory.overlays[0]._disable_write = True  # type: ignore[attr-defined]
    for _ in range(3):
        assert account.bind("wrong") == "49"
    assert account.values("pwdFailureTime") == []
