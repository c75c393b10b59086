"""The controls by OID, and the rules that hold for every control.

A control that isn't in the table is ignored, unless it is critical; so is one that doesn't go with the operation. What
a control does is the business of its own file and of the operation.
"""

from collections.abc import Mapping
from typing import Any

from fakeldapd.operations.controls import (
    deref,
    domain_scope,
    dont_use_copy,
    manage_dsa_it,
    matched_values,
    paged_results,
    search_options,
    server_side_sort,
    session_tracking,
    subentries,
    virtual_list_view,
)
from fakeldapd.operations.controls.row import Row
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
}

NO_CONTROLS: Mapping[bytes, Any] = {}


def read_controls(op: m.RequestOp, controls: tuple[m.Control, ...]) -> Mapping[bytes, Any]:
    """The values of the controls that count for an operation, by OID.

    Raises LDAPError 12 for a critical control that is unknown, or known and not for this operation; 2 for one that
    comes twice or whose value can't be read.
    """
    found: dict[bytes, Any] = {}
    for control in controls:
        row = CONTROLS.get(control.oid)
        if row is None:
            if control.criticality:
                raise LDAPError(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, "critical extension is not recognized")
        elif type(op) not in row.operations:
            if control.criticality:
                raise LDAPError(ResultCode.UNAVAILABLE_CRITICAL_EXTENSION, "critical extension is unavailable")
        elif control.oid in found and not row.repeatable:
            raise LDAPError(ResultCode.PROTOCOL_ERROR, f"{row.name} control specified multiple times")
        elif row.take is not None:
            row.take(control, found)
        else:
            found[control.oid] = row.read(control.value)
    return found
