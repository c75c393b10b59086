"""The words of slapd.conf(5) that options take: allow, disallow, require, restrict, security."""

from collections.abc import Callable, Sequence

ALLOW = ("bind_v2", "bind_anon_cred", "bind_anon_dn", "update_anon", "proxy_authz_anon")
DISALLOW = (
    "bind_anon",
    "bind_simple",
    "tls_2_anon",
    "tls_authc",
    "proxy_authz_non_critical",
    "dontusecopy_non_critical",
)
REQUIRE = ("bind", "LDAPv3", "authc", "SASL", "strong", "none")
SECURITY = (
    "ssf",
    "transport",
    "tls",
    "sasl",
    "update_ssf",
    "update_transport",
    "update_tls",
    "update_sasl",
    "simple_bind",
)
RESTRICT = ("bind", "add", "modify", "rename", "delete", "search", "compare", "read", "write", "extended", "all")


def one_of(known: Sequence[str], prefix: str = "") -> Callable[[str], str]:
    """Reads one of these words, in any case, or something that begins with ``prefix``; else ValueError is raised."""

    def read(text: str) -> str:
        for word in known:
            if text.lower() == word.lower():
                return word
        if prefix and text.lower().startswith(prefix):
            return prefix + text[len(prefix) :]
        raise ValueError(f"one of {', '.join(known)} is expected")

    return read


def factor(text: str) -> tuple[str, int]:
    """Reads ``NAME=N``. Raises ValueError."""
    name, _, number = text.partition("=")
    if not number.isascii() or not number.isdigit():
        raise ValueError(f"a whole number from 0 up is expected behind {name}=")
    return one_of(SECURITY)(name.strip()), int(number)
