"""The controls by OID, and the rules that hold for every control.

A control that isn't in the table is ignored, unless it is critical; so is one that doesn't go with the operation. What
a control does is the business of its own file and of the operation.
"""

from collections.abc import Mapping
from typing import Any

from fakeldapd.operations.controls import (
    assertion,
    authorization_identity,
    deref,
    domain_scope,
    dont_use_copy,
    manage_dsa_it,
    matched_values,
    no_op,
    paged_results,
    permissive_modify,
    proxied_authorization,
    read_entry,
    relax_rules,
    search_options,
    server_side_sort,
    session_tracking,
    subentries,
    tree_delete,
    virtual_list_view,
)
from fakeldapd.operations.controls.row import Absent, Row
from fakeldapd.protocol import messages as m
from fakeldapd.protocol.result import LDAPError, ResultCode

CONTROLS: Mapping[bytes, Row] = {
    manage_dsa_it.MANAGE_DSA_IT: manage_dsa_it.ROW,
    paged_results.PAGED_RESULTS: paged_results.ROW,
    server_side_sort.SORT: server_side_sort.ROW,
    virtual_list_view.VLV: virtual_list_view.ROW,
    matched_values.MATCHED_VALUES: matched_values.ROW,
    subentries.SUBENTRIES: subentries.ROW,
    dont_use_copy.DONT_USE_COPY: dont_use_copy.ROW,
    domain_scope.DOMAIN_SCOPE: domain_scope.ROW,
    search_options.SEARCH_OPTIONS: search_options.ROW,
    deref.DEREF: deref.ROW,
    session_tracking.SESSION_TRACKING: session_tracking.ROW,
    assertion.ASSERTION: assertion.ROW,
    read_entry.PRE_READ: read_entry.PRE_ROW,
    read_entry.POST_READ: read_entry.POST_ROW,
    permissive_modify.PERMISSIVE_MODIFY: permissive_modify.ROW,
    tree_delete.TREE_DELETE: tree_delete.ROW,
    no_op.NO_OP: no_op.ROW,
    relax_rules.RELAX_RULES: relax_rules.ROW,
    proxied_authorization.PROXIED_AUTHORIZATION: proxied_authorization.ROW,
    authorization_identity.AUTHORIZATION_IDENTITY: authorization_identity.ROW,
}

ABSENT: Mapping[bytes, Absent] = {
    b"1.3.6.1.1.21.2": Absent("transaction specification", "RFC 5805 section 2.2"),
    b"1.3.6.1.4.1.4203.1.9.1.1": Absent("sync request (syncrepl)", "RFC 4533 section 2.2"),
    b"2.16.840.1.113730.3.4.3": Absent("persistent search", "draft-ietf-ldapext-psearch"),
}
"""Controls that are not there."""

NO_CONTROLS: Mapping[bytes, Any] = {}


def read_controls(
    op: m.RequestOp, controls: tuple[m.Control, ...], table: Mapping[bytes, Row] = CONTROLS
) -> Mapping[bytes, Any]:
    """The values of the controls that count for an operation, by OID; ``table`` has those that there are.

    Raises LDAPError 12 for a critical control that is unknown, or known and not for this operation; 2 for one that
    comes twice or whose value can't be read.
    """
    found: dict[bytes, Any] = {}
    for control in controls:
        row = table.get(control.oid)
        if row is None:
            if control.criticality:
                raise LDAPError(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, "critical extension is not recognized")
        elif not row.goes_with(op):
            if control.criticality:
                raise LDAPError(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, "critical extension is unavailable")
        elif control.oid in found and not row.repeatable:
            raise LDAPError(ResultCode.PROTOCOL_ERROR, f"{row.name} control specified multiple times")
        elif row.take is not None:
            row.take(control, found)
        else:
            found[control.oid] = row.read(control.value)
    return found
