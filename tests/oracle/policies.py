"""Words for situations of password policies: tests/differential/rows/ppolicy*.py."""

from collections.abc import Iterable
from dataclasses import replace as replaced
from typing import Any

from oracle import wire
from oracle.steps import (
    PASSWORD_MODIFY,
    Row,
    Step,
    add,
    critical,
    extended,
    modify,
    row,
    uncritical,
)
from oracle.steps import bind as plain_bind

OID = "1.3.6.1.4.1.42.2.27.8.5.1"
ASK = (uncritical(OID),)
MUST = (critical(OID),)
PEOPLE = "ou=people,dc=example,dc=com"
USER = f"uid=user,{PEOPLE}"


def policy(name: str) -> str:
    """The DN of a policy."""
    return f"cn={name},ou=policies,dc=example,dc=com"


def named(changes: dict[str, list[tuple[Any, ...]]]) -> Iterable[tuple[str, list[tuple[Any, ...]]]]:
    """Modifications with their names."""
    return changes.items()


def user(under: str = "", *more: str, password: str = "secret") -> Step:
    """Add the user, with a policy of its own."""
    attributes = ["objectClass: inetOrgPerson", "cn: u", "sn: u"]
    attributes += [f"pwdPolicySubentry: {policy(under)}"] if under else []
    attributes += [f"userPassword: {password}"] if password else []
    return add(USER, *attributes, *more)


def bind(*arguments: Any, **keywords: Any) -> Step:
    """Bind, which writes where policies are."""
    return replaced(plain_bind(*arguments, **keywords), writes=True)


def login(password: str = "secret", dn: str = USER) -> Step:
    """Bind with the control."""
    return bind(dn, password, controls=ASK)


def ruled(
    name: str, expect: Any, under: str, *steps: Step, setup: tuple[Step, ...] = (), server: str = "ppolicy"
) -> Row:
    """A row about the user under a policy."""
    return row(f"{under or 'default'}: {name}", expect, *steps, setup=[user(under), *setup], server=server)


def change(*changes: tuple[Any, ...], dn: str = USER) -> Step:
    """Modify with the control."""
    return modify(dn, *changes, controls=ASK)


def replace(password: str) -> Step:
    """Replace the password."""
    return change(("replace", "userPassword", password))


def exchange(old: str, new: str, second: str = "add") -> Step:
    """Delete the old password and add the new one."""
    return change(("delete", "userPassword", old), (second, "userPassword", new))


def passmod(old: str | None, new: str | None, dn: str | None = None) -> Step:
    """Password Modify with the control."""
    parts = [wire.octets(part, tag) for tag, part in ((0x80, dn), (0x81, old), (0x82, new)) if part is not None]
    return extended(PASSWORD_MODIFY, wire.sequence(*parts), controls=ASK)


RESET = modify(USER, ("replace", "pwdReset", "TRUE"))
TEXT = "Operations are restricted to bind/unbind/abandon/StartTLS/modify password"
WRONG = login("wrong")
