"""Who a client certificate says one is: the subject as slapd has it after SASL EXTERNAL, and as our session has it."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from oracle import certificates
from oracle.slapd import Slapd

from fakeldapd.certificates import client
from fakeldapd.schema.registry import Schema
from fakeldapd.schema.x509 import certificate_subject

pytestmark = pytest.mark.requires("slapd", "ldapwhoami")

SUBJECTS = [
    "uid=alice,ou=people,dc=example,dc=com",
    "cn=Alice  B,dc=Example",
    "cn=x,mail=A@b.C",
    "cn=zed+uid=Abc,o=Acme",
    "uid=Abc+cn=zed",
    'cn=JÜrgen\\, J. \\+ \\"x\\"\\\\ \\#',
    "serialNumber=12,c=DE,o=Acme Inc,ou=R&D",
    "givenName=A,sn=B,title=Dr,l=L,st=S,street=Way 1",
]


@pytest.fixture(scope="module")
def slapd() -> Iterator[Slapd]:
    made = certificates.made()
    options = {"tls-cert": made.certificate, "tls-key": made.key, "tls-ca": made.ca, "tls-client-cert": "try"}
    with Slapd(None, options) as server:
        yield server


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_is_the_dn_that_slapd_makes_of_it(slapd: Slapd, subject: str, tmp_path: Path) -> None:
    made = certificates.made()
    pem = client(made.ca.parent, subject)
    file = tmp_path / "own.pem"
    file.write_bytes(pem)
    env = {"LDAPTLS_CACERT": str(made.ca), "LDAPTLS_CERT": str(file), "LDAPTLS_KEY": str(file)}
    said = subprocess.run(
        ["ldapwhoami", "-Q", "-Y", "EXTERNAL", "-ZZ", "-H", f"ldap://127.0.0.1:{slapd.port}"],
        env={**os.environ, **env},
        capture_output=True,
        timeout=60,
    )
    theirs = re.sub(rb"\\([89A-F][0-9A-F])", lambda found: bytes.fromhex(found[1].decode()), said.stdout)
    octets = certificate_subject(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER))
    assert octets is not None
    assert theirs == b"dn:" + Schema.load().dn(octets).key + b"\n"
