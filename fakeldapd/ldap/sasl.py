"""What a SASL bind asks for: mechanisms and the values they want (RFC 4422).

``SimpleLDAPObject.sasl_interactive_bind_s`` takes one of these objects and calls its ``callback`` for whatever the
mechanism needs to know. The numbers are Cyrus SASL's.
"""

import sys
from collections.abc import Mapping

from fakeldapd.ldap.pkginfo import __version__  # noqa: F401

CB_USER = 0x4001
"""The authorisation identity."""
CB_AUTHNAME = 0x4002
"""The authentication identity."""
CB_LANGUAGE = 0x4003
CB_PASS = 0x4004
CB_ECHOPROMPT = 0x4005
CB_NOECHOPROMPT = 0x4006
CB_GETREALM = 0x4008

_trace_level = 0
_trace_file = sys.stderr


class sasl:
    """A mechanism and what it gets to know: ``cb_value_dict`` maps a ``CB_`` number to a str or bytes."""

    def __init__(self, cb_value_dict: Mapping[int, str | bytes | None] | None, mech: str | bytes) -> None:
        self.cb_value_dict = cb_value_dict or {}
        self.mech = mech if isinstance(mech, bytes) else mech.encode()

    def callback(self, cb_id: int, challenge: object, prompt: object, defresult: str | bytes | None) -> bytes:
        """The value for ``cb_id``: the one given, else ``defresult``, as UTF-8; None is nothing."""
        value = self.cb_value_dict.get(cb_id, defresult) or ""
        if _trace_level >= 1:
            shown = "***" if cb_id == CB_PASS else repr(value)
            _trace_file.write(
                f"*** id={cb_id}, challenge={challenge}, prompt={prompt}, defresult={defresult!r}\n-> {shown}\n"
            )
        return value if isinstance(value, bytes) else value.encode()


class cram_md5(sasl):
    """CRAM-MD5 (RFC 2195)."""

    def __init__(self, authc_id: str | None, password: str | bytes | None, authz_id: str = "") -> None:
        super().__init__({CB_AUTHNAME: authc_id, CB_PASS: password, CB_USER: authz_id}, "CRAM-MD5")


class digest_md5(sasl):
    """DIGEST-MD5 (RFC 2831)."""

    def __init__(self, authc_id: str | None, password: str | bytes | None, authz_id: str = "") -> None:
        super().__init__({CB_AUTHNAME: authc_id, CB_PASS: password, CB_USER: authz_id}, "DIGEST-MD5")


class gssapi(sasl):
    """GSSAPI (RFC 4752)."""

    def __init__(self, authz_id: str = "") -> None:
        super().__init__({CB_USER: authz_id}, "GSSAPI")


class external(sasl):
    """EXTERNAL (RFC 4422 appendix A): who one is by TLS or by the local socket."""

    def __init__(self, authz_id: str = "") -> None:
        super().__init__({CB_USER: authz_id}, "EXTERNAL")
