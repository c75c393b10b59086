"""The mechanisms by name, in the order in which slapd's root DSE lists them."""

from collections.abc import Mapping

from fakeldapd.operations.controls.row import Absent
from fakeldapd.operations.sasl import anonymous, cram_md5, digest_md5, external, login, plain, scram
from fakeldapd.operations.sasl.exchange import Mechanism

_PASSWORD = "noplain noanonymous"

_ROWS = (
    *(
        Mechanism(
            name,
            scram.starting(algorithm),
            f"{_PASSWORD} noactive",
            source="RFC 5802 section 4",
            client_first=True,
            takes_empty=False,
        )
        for name, algorithm in scram.ALGORITHMS
    ),
    Mechanism("DIGEST-MD5", digest_md5.start, _PASSWORD, source="RFC 2831 section 2"),
    Mechanism(
        "EXTERNAL",
        external.start,
        f"{_PASSWORD} nodict",
        source="RFC 4422 appendix A",
        shown_by="clients/test_sasl.py::test_external_on_ldapi",
        client_first=True,
        offered=external.offered,
    ),
    Mechanism("CRAM-MD5", cram_md5.start, _PASSWORD, source="RFC 2195 section 2"),
    Mechanism("PLAIN", plain.start, "noanonymous passcred", source="RFC 4616 section 2", client_first=True),
    Mechanism("LOGIN", login.start, "noanonymous passcred", source="draft-murchison-sasl-login"),
    Mechanism(
        "ANONYMOUS",
        anonymous.start,
        "noplain",
        source="RFC 4505 section 2",
        shown_by="clients/test_sasl.py::test_ldapwhoami_as_nobody",
        client_first=True,
    ),
)

MECHANISMS: Mapping[str, Mechanism] = {row.name: row for row in _ROWS}

ABSENT: Mapping[str, Absent] = {"GSSAPI": Absent("GSSAPI", "RFC 4752 section 3")}
"""Mechanisms that are not there."""
