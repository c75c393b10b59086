"""OpenLDAP's own: a search that only counts."""

from typing import Any

from pyasn1.type import univ

from fakeldapd import ldap
from fakeldapd.ldap import asn1
from fakeldapd.ldap.controls.base import KNOWN_RESPONSE_CONTROLS, ResponseControl
from fakeldapd.ldap.controls.simple import ValueLessRequestControl

__all__ = ["SearchNoOpControl", "SearchNoOpMixIn"]


class SearchNoOpControl(ValueLessRequestControl, ResponseControl):
    """Search, but send no entries: the answer has ``resultCode``, ``numSearchResults``, ``numSearchContinuations``."""

    class SearchNoOpControlValue(univ.Sequence):
        """Three numbers."""

    controlType = "1.3.6.1.4.1.4203.666.5.18"

    def __init__(self, criticality: bool = False) -> None:
        self.criticality = criticality

    def decodeControlValue(self, encodedControlValue: bytes) -> None:
        """Set the attributes. Raises PyAsn1Error."""
        value = asn1.decode(encodedControlValue, self.SearchNoOpControlValue())
        self.resultCode = int(value[0])
        self.numSearchResults = int(value[1])
        self.numSearchContinuations = int(value[2])


class SearchNoOpMixIn:
    """For a class derived from SimpleLDAPObject."""

    def noop_search_st(
        self,
        base: str,
        scope: int = ldap.SCOPE_SUBTREE,
        filterstr: str = "(objectClass=*)",
        timeout: float = -1,
    ) -> tuple[int | None, int | None]:
        """How many entries and references a search would return; ``(None, None)`` if the server doesn't say."""
        connection: Any = self
        try:
            msgid = connection.search_ext(
                base,
                scope,
                filterstr=filterstr,
                attrlist=["1.1"],
                timeout=timeout,
                serverctrls=[SearchNoOpControl(criticality=True)],
            )
            _, _, _, controls = connection.result3(msgid, all=1, timeout=timeout)
        except (ldap.TIMEOUT, ldap.TIMELIMIT_EXCEEDED, ldap.SIZELIMIT_EXCEEDED, ldap.ADMINLIMIT_EXCEEDED):
            connection.abandon(msgid)
            raise
        for control in controls:
            if control.controlType == SearchNoOpControl.controlType:
                return control.numSearchResults, control.numSearchContinuations
        return None, None


KNOWN_RESPONSE_CONTROLS[SearchNoOpControl.controlType] = SearchNoOpControl
