"""The examples of the RFCs."""

from binascii import a2b_base64

import pytest

from fakeldapd.operations.sasl import cram_md5, digest_md5, scram


def test_cram_md5() -> None:
    """RFC 2195 section 2."""
    challenge = b"<1896.697170952@postoffice.reston.mci.net>"
    assert cram_md5.proof(b"tanstaaftanstaaf", challenge) == b"b913a602c7eda7a495b4e6e7334d3890"


@pytest.mark.parametrize(
    ("uri", "nonce", "cnonce", "response", "server"),
    [
        (
            b"imap/elwood.innosoft.com",
            b"OA6MG9tEQGm2hh",
            b"OA6MHXh6VqTrRk",
            b"d388dad90d4bbd760a152321f2143af7",
            b"ea40f60335c427b5527b84dbabcdfffd",
        ),
        (
            b"acap/elwood.innosoft.com",
            b"OA9BSXrbuRhWay",
            b"OA9BSuZWMSpW8m",
            b"6084c6db3fede7352c551284490fd0fc",
            b"2f0b3d7c3c2e486600ef710726aa2eae",
        ),
    ],
)
def test_digest_md5(uri: bytes, nonce: bytes, cnonce: bytes, response: bytes, server: bytes) -> None:
    """RFC 2831 section 4."""
    said = {
        "username": b"chris",
        "realm": b"elwood.innosoft.com",
        "nonce": nonce,
        "nc": b"00000001",
        "cnonce": cnonce,
        "digest-uri": uri,
        "qop": b"auth",
    }
    secret = digest_md5.digest(b"chris:elwood.innosoft.com:secret")
    assert digest_md5.proof(said, secret, b"AUTHENTICATE") == response
    assert digest_md5.proof(said, secret, b"") == server


@pytest.mark.parametrize(
    ("algorithm", "client_first", "server_first", "client_final", "server_final"),
    [
        (
            "sha1",  # RFC 5802 section 5
            b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
            b"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
            b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
        ),
        (
            "sha256",  # RFC 7677 section 3
            b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
            b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
            b"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
            b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
        ),
    ],
)
def test_scram(
    algorithm: str, client_first: bytes, server_first: bytes, client_final: bytes, server_final: bytes
) -> None:
    first = scram.read_first(client_first, "SCRAM")
    nonce, salt = (part.partition(b"=")[2] for part in server_first.split(b",")[:2])
    without_proof, proof = scram.read_final(client_final, first, nonce, algorithm, "SCRAM")
    keys = scram.keys_of(algorithm, b"pencil", a2b_base64(salt), 4096)
    said = b",".join((first.bare, server_first, without_proof))
    assert scram.server_signature(keys, algorithm, said, proof) == a2b_base64(server_final[2:])
    wrong = scram.keys_of(algorithm, b"pencils", a2b_base64(salt), 4096)
    assert scram.server_signature(wrong, algorithm, said, proof) is None
