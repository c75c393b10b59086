"""The mechanisms by name, in the order in which slapd's root DSE lists them."""

from collections.abc import Mapping

from fakeldapd.operations.sasl import anonymous, cram_md5, digest_md5, external, login, plain, scram
from fakeldapd.operations.sasl.exchange import Mechanism

_PASSWORD = "noplain noanonymous"

_ROWS = (
    *(
        Mechanism(name, scram.starting(algorithm), f"{_PASSWORD} noactive", client_first=True, takes_empty=False)
        for name, algorithm in scram.ALGORITHMS
    ),
    Mechanism("DIGEST-MD5", digest_md5.start, _PASSWORD),
    Mechanism("EXTERNAL", external.start, f"{_PASSWORD} nodict", client_first=True, offered=external.offered),
    Mechanism("CRAM-MD5", cram_md5.start, _PASSWORD),
    Mechanism("PLAIN", plain.start, "noanonymous passcred", client_first=True),
    Mechanism("LOGIN", login.start, "noanonymous passcred"),
    Mechanism("ANONYMOUS", anonymous.start, "noplain", client_first=True),
)

MECHANISMS: Mapping[str, Mechanism] = {row.name: row for row in _ROWS}
