"""What python-ldap declares: its exceptions, numbers, features and strings, as its C code is generated from them.

The values are in ``values``, the exceptions in ``errors``; here they are named, in the order python-ldap has, with the
condition under which a libldap has them. ``print_header`` writes the C of it, as python-ldap's module does.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fakeldapd.ldap import errors, values


class Constant:
    """A name that the module gets. ``requirements`` are conditions of the C preprocessor."""

    c_template: str

    def __init__(self, name: str, optional: bool = False, requirements: Sequence[str] = (), doc: str | None = None):
        self.name = name
        self.requirements = [f"defined(LDAP_{name})"] if optional else requirements
        self.doc = self.__doc__ = doc


class Error(Constant):
    """An exception."""

    c_template = "add_err({self.name});"


class Int(Constant):
    """A number."""

    c_template = "add_int({self.name});"


class TLSInt(Int):
    """A number that is only there when libldap was built with TLS."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.requirements = ["HAVE_TLS", *self.requirements]


class Feature(Constant):
    """1 where libldap can do something, else 0: ``c_feature`` is the preprocessor's name for it."""

    c_template = "add_feature({self.name}, {self.c_feature});"

    def __init__(self, name: str, c_feature: str, **kwargs: Any) -> None:
        super().__init__(name, **kwargs)
        self.c_feature = c_feature


class Str(Constant):
    """A string."""

    c_template = "add_string({self.name});"


API_2004 = "LDAP_API_VERSION >= 2004"

_CANCEL = ("defined(LDAP_API_FEATURE_CANCEL)",)
_REQUIREMENTS: dict[str, tuple[str, ...]] = {
    "CANCELLED": _CANCEL,
    "NO_SUCH_OPERATION": _CANCEL,
    "TOO_LATE": _CANCEL,
    "CANNOT_CANCEL": _CANCEL,
    "TAG_NEWSUPERIOR": (API_2004,),
    "TAG_EXOP_REQ_OID": (API_2004,),
    "TAG_EXOP_REQ_VALUE": (API_2004,),
    "TAG_EXOP_RES_OID": (API_2004,),
    "TAG_EXOP_RES_VALUE": (API_2004,),
    "TAG_SASL_RES_CREDS": (API_2004, "defined(HAVE_SASL)"),
}
"""Conditions other than that libldap has the name."""

_OPTIONAL = frozenset(
    [
        "ASSERTION_FAILED",
        "PROXIED_AUTHORIZATION_DENIED",
        "SCOPE_SUBORDINATE",
        "OPT_REFERRALS",
        "OPT_TCP_USER_TIMEOUT",
        "OPT_DEFBASE",
        "OPT_X_TLS",
        "OPT_X_TLS_VERSION",
        "OPT_X_TLS_CIPHER",
        "OPT_X_TLS_PEERCERT",
        "OPT_X_TLS_CRLCHECK",
        "OPT_X_TLS_CRLFILE",
        "OPT_X_TLS_NEWCTX",
        "OPT_X_TLS_PROTOCOL_MIN",
        "OPT_X_TLS_PACKAGE",
        "OPT_X_TLS_ECNAME",
        "OPT_X_TLS_REQUIRE_SAN",
        "OPT_X_TLS_PROTOCOL_MAX",
        "OPT_X_TLS_PROTOCOL_SSL3",
        "OPT_X_TLS_PROTOCOL_TLS1_0",
        "OPT_X_TLS_PROTOCOL_TLS1_1",
        "OPT_X_TLS_PROTOCOL_TLS1_2",
        "OPT_X_TLS_PROTOCOL_TLS1_3",
        "OPT_X_SASL_NOCANON",
        "OPT_X_SASL_USERNAME",
        "OPT_CONNECT_ASYNC",
        "OPT_X_KEEPALIVE_IDLE",
        "OPT_X_KEEPALIVE_PROBES",
        "OPT_X_KEEPALIVE_INTERVAL",
    ]
)
"""Names that some libldap don't have."""

_FEATURES = {"SASL_AVAIL": "HAVE_SASL", "TLS_AVAIL": "HAVE_TLS", "INIT_FD_AVAIL": "HAVE_LDAP_INIT_FD"}

_TWICE = ("NO_OBJECT_CLASS_MODS", "OPT_X_TLS_PEERCERT")
"""Names that python-ldap declares twice."""

_UNDECLARED = ("OPT_ON", "OPT_OFF", "LIBLDAP_R", "OPT_NAMES_DICT", "LIBLDAP_API_INFO")


def _declared() -> Iterator[Constant]:
    for name in sorted(found.__name__ for found in errors.CLASSES):
        yield from _declarations(Error, name)
    for name, value in vars(values).items():
        if not name.isupper() or name in _UNDECLARED:
            continue
        if name in _FEATURES:
            yield Feature(name, _FEATURES[name])
        else:
            yield from _declarations(Str if isinstance(value, str) else TLSInt if "_X_TLS" in name else Int, name)


def _declarations(kind: type[Constant], name: str) -> Iterator[Constant]:
    for _ in range(1 + (name in _TWICE)):
        yield kind(name, optional=name in _OPTIONAL, requirements=_REQUIREMENTS.get(name, ()))


CONSTANTS: tuple[Constant, ...] = tuple(_declared())
"""Everything that is declared."""


def print_header() -> None:
    """Print the C that makes the constants, each within the conditions it has."""
    for constant in CONSTANTS:
        for requirement in constant.requirements:
            print(f"#if {requirement}")
        print(constant.c_template.format(self=constant))
        for _ in constant.requirements:
            print("#endif")
