"""The root DSE (RFC 4512 section 5.1) and the subschema subentry (section 4.2): entries that stand in no naming
context.

What they say is computed from the tables that dispatch, so it can't promise what isn't there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakeldapd.directory.dit import Virtual
from fakeldapd.directory.operational import CONFIG_DN, SUBSCHEMA_DN, is_subschema
from fakeldapd.operations.extended import EXTENDED
from fakeldapd.operations.request import Session
from fakeldapd.schema.dn import DN

if TYPE_CHECKING:
    from fakeldapd.operations.directory import Directory


@dataclass(slots=True, frozen=True)
class Feature:
    """What else the protocol can do here: where it is specified, and a test of it."""

    name: str
    source: str
    shown_by: str


_LDAPSEARCH = "clients/test_ldap_utils.py::test_ldapsearch"
FEATURES: Mapping[bytes, Feature] = {
    b"1.3.6.1.1.14": Feature(
        "increment in modify", "RFC 4525 section 2", "clients/test_ldap_utils.py::test_ldapmodify"
    ),
    b"1.3.6.1.4.1.4203.1.5.1": Feature(
        "all operational attributes", "RFC 3673 section 2", "clients/test_ldap3.py::test_operational_attributes"
    ),
    b"1.3.6.1.4.1.4203.1.5.2": Feature("attributes of an object class", "RFC 4529 section 2", _LDAPSEARCH),
    b"1.3.6.1.4.1.4203.1.5.3": Feature("filters that are always true or false", "RFC 4526 section 2", _LDAPSEARCH),
    b"1.3.6.1.4.1.4203.1.5.4": Feature("language tags", "RFC 3866 section 2", _LDAPSEARCH),
    b"1.3.6.1.4.1.4203.1.5.5": Feature("language ranges", "RFC 3866 section 2", _LDAPSEARCH),
}
"""By OID, in the order in which slapd's root DSE names them."""


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
