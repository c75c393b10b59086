"""The root DSE (RFC 4512 section 5.1) and the subschema subentry (section 4.2): entries that stand in no naming
context.

What they say is computed from the tables that dispatch, so it can't promise what isn't there.
"""

from typing import TYPE_CHECKING

from fakeldapd.directory.dit import Virtual
from fakeldapd.directory.operational import CONFIG_DN, SUBSCHEMA_DN, is_subschema
from fakeldapd.operations.extended import EXTENDED
from fakeldapd.operations.request import Session
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory

FEATURES = (
    b"1.3.6.1.1.14",  # modify-increment, RFC 4525
    b"1.3.6.1.4.1.4203.1.5.1",  # all operational attributes, RFC 3673
    b"1.3.6.1.4.1.4203.1.5.2",  # attributes of an object class, RFC 4529
    b"1.3.6.1.4.1.4203.1.5.3",  # absolute true and false filters, RFC 4526
    b"1.3.6.1.4.1.4203.1.5.4",  # language tags, RFC 3866
    b"1.3.6.1.4.1.4203.1.5.5",  # language ranges, RFC 3866
)


def virtual_entry(directory: "Directory", dn: DN, session: Session) -> Virtual | None:
    """The node of the root DSE as the session sees it, or of the subschema subentry, where ``dn`` is one of the two."""
    if dn.rdn is None:
        return _root_dse(directory, dn, session)
    if is_subschema(dn):
        return _subschema(directory, dn)
    return None


def _root_dse(directory: "Directory", dn: DN, session: Session) -> Virtual:
    from fakeldapd.operations.sasl.bind import offered  # not at the start, since it costs milliseconds

    mechanisms = offered(directory, session)
    return _node(
        directory,
        dn,
        {
            b"objectClass": [b"top", b"OpenLDAProotDSE"],
            b"structuralObjectClass": [b"OpenLDAProotDSE"],
            b"configContext": [CONFIG_DN],
            b"namingContexts": [suffix.text for suffix in directory.suffixes],
            b"supportedControl": sorted(oid for oid, row in directory.controls.items() if row.advertised),
            b"supportedExtension": sorted(
                oid for oid, row in EXTENDED.items() if row.advertised and row.offered(directory)
            ),
            b"supportedFeatures": list(FEATURES),
            b"supportedLDAPVersion": [b"3"],
            **({b"supportedSASLMechanisms": mechanisms} if mechanisms else {}),
        },
    )


def _subschema(directory: "Directory", dn: DN) -> Virtual:
    """Made anew only after a change of the schema."""
    definitions = directory.schema.definitions()
    kept = directory.kept_subschema
    if kept is not None and kept[0] is definitions:
        return kept[1]
    stamp = b"20200101000000Z"
    node = _node(
        directory,
        directory.schema.dn(SUBSCHEMA_DN),
        {
            b"objectClass": [b"top", b"subentry", b"subschema", b"extensibleObject"],
            b"cn": [b"Subschema"],
            b"structuralObjectClass": [b"subentry"],
            b"createTimestamp": [stamp],
            b"modifyTimestamp": [stamp],
            **{name.encode(): values for name, values in definitions.items()},
        },
    )
    directory.kept_subschema = (definitions, node)
    return node


def _node(directory: "Directory", dn: DN, attributes: dict[bytes, list[bytes]]) -> Virtual:
    schema = directory.schema
    node = Virtual(dn)
    node.entry = directory.entries.build({schema.attribute(name): values for name, values in attributes.items()})
    return node
