"""Every kind of message: written and read again, and through two other codecs, ldaptor's and pyasn1 with ldap3's."""

import warnings
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakeldapd.protocol import messages as m
from fakeldapd.protocol.connection import Connection
from fakeldapd.protocol.decode import READERS, RESPONSES, attribute, decode_message
from fakeldapd.protocol.encode import WRITERS, encode_message
from fakeldapd.protocol.encode import attribute as encode_attribute

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

INT32 = st.integers(-(2**31), 2**31 - 1)
LIMIT = st.one_of(st.integers(0, 200), st.integers(0, 2**31 - 1))
OCTETS = st.one_of(st.binary(max_size=12), st.binary(min_size=120, max_size=140), st.binary(min_size=250, max_size=300))
SOME = st.binary(min_size=1, max_size=12)
NAME = st.sampled_from([b"cn", b"1.2.3", b"description;lang-en", b"x" * 127, b"y" * 128])
OID = st.sampled_from([b"1.2.3", b"1.3.6.1.4.1.4203.1.11.3", b"2.16.840.1.113730.3.4.2"])
TEXT = st.one_of(st.just(""), st.text(max_size=150)).map(str.encode)
VALUES = st.lists(OCTETS, max_size=3).map(tuple)


def tuples(of: st.SearchStrategy[Any], smallest: int = 0) -> st.SearchStrategy[Any]:
    return st.lists(of, min_size=smallest, max_size=3).map(tuple)


substrings = st.builds(m.Substrings, NAME, st.none() | SOME, tuples(SOME), st.none() | SOME).filter(
    lambda item: item != m.Substrings(item.attribute)
)
extensible = st.builds(m.Extensible, st.none() | OID, st.none() | NAME, OCTETS, st.booleans())
items = st.one_of(
    *[st.builds(kind, NAME, OCTETS) for kind in (m.Equality, m.GreaterOrEqual, m.LessOrEqual, m.Approx)],
    st.builds(m.Present, NAME),
    substrings,
    extensible,
)
filters = st.recursive(
    items,
    lambda inner: st.one_of(st.builds(m.And, tuples(inner)), st.builds(m.Or, tuples(inner)), st.builds(m.Not, inner)),
)

authentications = st.one_of(
    st.builds(m.SimpleAuthentication, OCTETS),
    st.builds(m.SaslCredentials, st.sampled_from([b"", b"EXTERNAL", b"PLAIN"]), st.none() | OCTETS),
)
results = (st.integers(0, 123) | st.integers(0, 20_000), TEXT, TEXT, tuples(TEXT))
encoded_attributes = st.builds(encode_attribute, NAME, VALUES)

OPS: dict[str, st.SearchStrategy[Any]] = {
    "BindRequest": st.builds(m.BindRequest, st.integers(1, 127), TEXT, authentications),
    "UnbindRequest": st.just(m.UnbindRequest()),
    "SearchRequest": st.builds(
        m.SearchRequest, TEXT, st.integers(0, 3), st.integers(0, 3), LIMIT, LIMIT, st.booleans(), filters, tuples(NAME)
    ),
    "ModifyRequest": st.builds(m.ModifyRequest, TEXT, tuples(st.builds(m.Change, st.integers(0, 3), NAME, VALUES))),
    "AddRequest": st.builds(m.AddRequest, TEXT, tuples(st.builds(m.Attribute, NAME, VALUES))),
    "DeleteRequest": st.builds(m.DeleteRequest, TEXT),
    "ModifyDNRequest": st.builds(m.ModifyDNRequest, TEXT, TEXT, st.booleans(), st.none() | TEXT),
    "CompareRequest": st.builds(m.CompareRequest, TEXT, NAME, OCTETS),
    "AbandonRequest": st.builds(m.AbandonRequest, LIMIT),
    "ExtendedRequest": st.builds(m.ExtendedRequest, OID, st.none() | OCTETS),
    "BindResponse": st.builds(m.BindResponse, *results, st.none() | OCTETS),
    "SearchResultEntry": st.builds(m.SearchResultEntry, TEXT, tuples(encoded_attributes)),
    "SearchResultReference": st.builds(m.SearchResultReference, tuples(TEXT, 1)),
    "SearchResultDone": st.builds(m.SearchResultDone, *results),
    "ModifyResponse": st.builds(m.ModifyResponse, *results),
    "AddResponse": st.builds(m.AddResponse, *results),
    "DeleteResponse": st.builds(m.DeleteResponse, *results),
    "ModifyDNResponse": st.builds(m.ModifyDNResponse, *results),
    "CompareResponse": st.builds(m.CompareResponse, *results),
    "ExtendedResponse": st.builds(m.ExtendedResponse, *results, st.none() | OID, st.none() | OCTETS),
    "IntermediateResponse": st.builds(m.IntermediateResponse, st.none() | OID, st.none() | OCTETS),
}
EVERY_KIND = pytest.mark.parametrize("kind", OPS)
controls = tuples(st.builds(m.Control, OID, st.booleans(), st.none() | OCTETS))


def test_every_kind_is_here() -> None:
    assert set(OPS) | {"UndecodableModifyRequest"} == {kind.__name__ for kind in WRITERS}
    assert len(OPS) == len(READERS)


@EVERY_KIND
@few
@given(data=st.data(), message_id=INT32 | st.integers(0, 300), with_controls=controls)
def test_written_and_read(
    kind: str, data: st.DataObject, message_id: int, with_controls: tuple[m.Control, ...]
) -> None:
    op = data.draw(OPS[kind])
    octets = encode_message(message_id, op, with_controls)
    expected = m.LDAPMessage(message_id, op, () if kind == "UnbindRequest" else with_controls)
    assert decode_message(octets) == expected
    connection = Connection(client=octets_are_a_response(octets), max_message_size=0)
    if kind == "UnbindRequest":
        assert connection.receive(octets + octets) == [expected]
    else:
        cut = data.draw(st.integers(0, len(octets)))
        assert connection.receive(octets + octets[:cut]) + connection.receive(octets[cut:]) == [expected, expected]


def octets_are_a_response(octets: bytes) -> bool:
    return type(decode_message(octets).op) in {type(op) for op in RESPONSE_EXAMPLES}


RESPONSE_EXAMPLES = [
    m.BindResponse(),
    m.SearchResultEntry(b"", ()),
    m.SearchResultReference(()),
    m.SearchResultDone(),
    m.ModifyResponse(),
    m.AddResponse(),
    m.DeleteResponse(),
    m.ModifyDNResponse(),
    m.CompareResponse(),
    m.ExtendedResponse(),
    m.IntermediateResponse(),
]


def test_every_response_is_read_by_a_client_only() -> None:
    assert len(RESPONSE_EXAMPLES) == len(RESPONSES)


@few
@given(dn=TEXT, attributes=tuples(st.tuples(NAME, VALUES)))
def test_attributes_of_an_entry(dn: bytes, attributes: tuple[tuple[bytes, tuple[bytes, ...]], ...]) -> None:
    encoded = tuple(encode_attribute(name, values) for name, values in attributes)
    op = decode_message(encode_message(1, m.SearchResultEntry(dn, encoded))).op
    assert isinstance(op, m.SearchResultEntry)
    assert tuple(tuple(attribute(each)) for each in op.attributes) == attributes


def test_undecodable_changes_stay_undecodable() -> None:
    op = m.UndecodableModifyRequest(b"dc=x", b"decoding modlist error")
    assert decode_message(encode_message(1, op)).op == op


@pytest.mark.parametrize("tag", [0x80, 0x8B, 0xA4, 0xAA, 0xBF20])
def test_undefined_stays_undefined(tag: int) -> None:
    op = m.SearchRequest(b"", 0, 0, 0, 0, False, m.And((m.Undefined(tag), m.Present(b"cn"))))
    assert decode_message(encode_message(1, op)).op == op


# --- other codecs ----------------------------------------------------------------------------------------------------


def through_pyasn1(octets: bytes) -> bytes:
    from pyasn1.codec.ber import decoder, encoder

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ldap3.protocol import rfc4511

        decoded, rest = decoder.decode(octets, asn1Spec=rfc4511.LDAPMessage())
        assert not rest
        return bytes(encoder.encode(decoded))


PYASN1_READS = OPS | {  # ldap3's definitions of And, Or and Not can't be decoded
    "SearchRequest": st.builds(
        m.SearchRequest, TEXT, st.integers(0, 3), st.integers(0, 3), LIMIT, LIMIT, st.booleans(), items, tuples(NAME)
    )
}


@EVERY_KIND
@few
@given(data=st.data(), message_id=st.integers(0, 2**31 - 1), with_controls=controls)
def test_pyasn1_reads_it_alike(
    kind: str, data: st.DataObject, message_id: int, with_controls: tuple[m.Control, ...]
) -> None:
    op = data.draw(PYASN1_READS[kind])
    octets = encode_message(message_id, op, with_controls)
    expected = m.LDAPMessage(message_id, op, () if kind == "UnbindRequest" else with_controls)
    assert decode_message(through_pyasn1(octets)) == expected


def through_ldaptor(octets: bytes) -> bytes:
    from ldaptor.protocols import pureber, pureldap

    context = pureldap.LDAPBERDecoderContext_TopLevel(
        inherit=pureldap.LDAPBERDecoderContext_LDAPMessage(
            fallback=pureldap.LDAPBERDecoderContext(fallback=pureber.BERDecoderContext()),
            inherit=pureldap.LDAPBERDecoderContext(fallback=pureber.BERDecoderContext()),
        )
    )
    decoded, used = pureber.berDecodeObject(context, octets)
    assert used == len(octets)
    return bytes(decoded.toWire())


def as_ldaptor_has_it(op: Any) -> Any:
    """ldaptor drops referrals, and what is optional and empty."""
    if isinstance(op, m.LDAPResult):
        op = replace(op, referral=())
    if isinstance(op, m.ExtendedResponse):
        op = replace(op, name=op.name or None, value=op.value or None)
    if isinstance(op, m.BindResponse):
        op = replace(op, server_sasl_creds=op.server_sasl_creds or None)
    if isinstance(op, m.BindRequest) and isinstance(op.authentication, m.SaslCredentials):
        op = replace(op, authentication=replace(op.authentication, credentials=op.authentication.credentials or None))
    return op


@pytest.mark.parametrize("kind", sorted(OPS.keys() - {"IntermediateResponse"}))
@few
@given(data=st.data(), message_id=st.integers(0, 2**31 - 1))
def test_ldaptor_reads_it_alike(kind: str, data: st.DataObject, message_id: int) -> None:
    op = as_ldaptor_has_it(data.draw(OPS[kind]))
    assert decode_message(through_ldaptor(encode_message(message_id, op))) == m.LDAPMessage(message_id, op)
