"""What is done with entries on a connection: updates, comparison, searches, and reading what the server says of itself.

Of most operations there are four: ``add_ext`` sends the request and gives its message id, for ``result`` to wait for;
``add_ext_s`` waits itself; ``add`` and ``add_s`` are the same without controls. str goes in for what is text, bytes for
what is a value, and so it comes out.
"""

from collections.abc import Iterable
from typing import Any

from fakeldapd.ldap import values as v
from fakeldapd.ldap.connected import Connected, control_tuples
from fakeldapd.ldap.errors import (
    COMPARE_FALSE,
    COMPARE_TRUE,
    INSUFFICIENT_ACCESS,
    NO_SUCH_ATTRIBUTE,
    NO_SUCH_OBJECT,
    NO_UNIQUE_ENTRY,
    PROTOCOL_ERROR,
    UNDEFINED_TYPE,
)

SCHEMA_ATTRS = [
    "objectClasses",
    "attributeTypes",
    "ldapSyntaxes",
    "matchingRules",
    "matchingRuleUse",
    "dITContentRules",
    "dITStructureRules",
    "nameForms",
]
"""What a subschema subentry is asked for."""

Entry = dict[str, list[bytes]]


class WithEntries(Connected):
    """A connection with all that python-ldap's has."""

    # --- updates ---

    def add_ext(self, dn: str, modlist: Any, serverctrls: Any = None, clientctrls: Any = None) -> int:
        """Add an entry; ``modlist`` is a list of ``(attribute, values)``."""
        return self._send(self._l.add_ext, dn, modlist, *control_tuples(serverctrls, clientctrls))

    def add_ext_s(self, dn: str, modlist: Any, serverctrls: Any = None, clientctrls: Any = None) -> tuple[Any, ...]:
        """The same, waiting: type, data, message id, controls."""
        return self._answered(self.add_ext(dn, modlist, serverctrls, clientctrls))

    def add(self, dn: str, modlist: Any) -> int:
        """add_ext without controls."""
        return self.add_ext(dn, modlist, None, None)

    def add_s(self, dn: str, modlist: Any) -> tuple[Any, ...]:
        """add_ext_s without controls."""
        return self.add_ext_s(dn, modlist, None, None)

    def modify_ext(self, dn: str, modlist: Any, serverctrls: Any = None, clientctrls: Any = None) -> int:
        """Change an entry; ``modlist`` is a list of ``(MOD_..., attribute, values)``."""
        return self._send(self._l.modify_ext, dn, modlist, *control_tuples(serverctrls, clientctrls))

    def modify_ext_s(self, dn: str, modlist: Any, serverctrls: Any = None, clientctrls: Any = None) -> tuple[Any, ...]:
        """The same, waiting: type, data, message id, controls."""
        return self._answered(self.modify_ext(dn, modlist, serverctrls, clientctrls))

    def modify(self, dn: str, modlist: Any) -> int:
        """modify_ext without controls."""
        return self.modify_ext(dn, modlist, None, None)

    def modify_s(self, dn: str, modlist: Any) -> tuple[Any, ...]:
        """modify_ext_s without controls."""
        return self.modify_ext_s(dn, modlist, None, None)

    def delete_ext(self, dn: str, serverctrls: Any = None, clientctrls: Any = None) -> int:
        """Delete an entry."""
        return self._send(self._l.delete_ext, dn, *control_tuples(serverctrls, clientctrls))

    def delete_ext_s(self, dn: str, serverctrls: Any = None, clientctrls: Any = None) -> tuple[Any, ...]:
        """The same, waiting: type, data, message id, controls."""
        return self._answered(self.delete_ext(dn, serverctrls, clientctrls))

    def delete(self, dn: str) -> int:
        """delete_ext without controls."""
        return self.delete_ext(dn, None, None)

    def delete_s(self, dn: str) -> tuple[Any, ...]:
        """delete_ext_s without controls."""
        return self.delete_ext_s(dn, None, None)

    def rename(
        self,
        dn: str,
        newrdn: str,
        newsuperior: str | None = None,
        delold: int = 1,
        serverctrls: Any = None,
        clientctrls: Any = None,
    ) -> int:
        """Give an entry another RDN, and another superior where one is given."""
        controls = control_tuples(serverctrls, clientctrls)
        return self._send(self._l.rename, dn, newrdn, newsuperior, delold, *controls)

    def rename_s(
        self,
        dn: str,
        newrdn: str,
        newsuperior: str | None = None,
        delold: int = 1,
        serverctrls: Any = None,
        clientctrls: Any = None,
    ) -> tuple[Any, ...]:
        """The same, waiting: type, data, message id, controls."""
        message_id = self.rename(dn, newrdn, newsuperior, delold, serverctrls, clientctrls)
        return self._answered(message_id)

    def modrdn(self, dn: str, newrdn: str, delold: int = 1) -> int:
        """Give an entry another RDN."""
        return self.rename(dn, newrdn, None, delold)

    def modrdn_s(self, dn: str, newrdn: str, delold: int = 1) -> tuple[Any, ...]:
        """The same, waiting."""
        return self.rename_s(dn, newrdn, None, delold)

    def compare_ext(self, dn: str, attr: str, value: Any, serverctrls: Any = None, clientctrls: Any = None) -> int:
        """Ask whether an entry has this value."""
        return self._send(self._l.compare_ext, dn, attr, value, *control_tuples(serverctrls, clientctrls))

    def compare_ext_s(self, dn: str, attr: str, value: Any, serverctrls: Any = None, clientctrls: Any = None) -> bool:
        """The same, waiting. Raises PROTOCOL_ERROR for an answer that is neither yes nor no."""
        message_id = self.compare_ext(dn, attr, value, serverctrls, clientctrls)
        try:
            answer = self._answered(message_id)
        except COMPARE_TRUE:
            return True
        except COMPARE_FALSE:
            return False
        raise PROTOCOL_ERROR(f"Compare operation returned wrong result: {answer!r}")

    def compare(self, dn: str, attr: str, value: Any) -> int:
        """compare_ext without controls."""
        return self.compare_ext(dn, attr, value, None, None)

    def compare_s(self, dn: str, attr: str, value: Any) -> bool:
        """compare_ext_s without controls."""
        return self.compare_ext_s(dn, attr, value, None, None)

    # --- search ---

    def search_ext(
        self,
        base: str,
        scope: int,
        filterstr: str | None = None,
        attrlist: Iterable[str] | None = None,
        attrsonly: int = 0,
        serverctrls: Any = None,
        clientctrls: Any = None,
        timeout: float = -1,
        sizelimit: int = 0,
    ) -> int:
        """Search; ``timeout`` in seconds is sent as the time limit."""
        if filterstr is None:
            filterstr = "(objectClass=*)"
        controls = control_tuples(serverctrls, clientctrls)
        return self._send(
            self._l.search_ext, base, scope, filterstr, attrlist, attrsonly, *controls, timeout, sizelimit
        )

    def search_ext_s(
        self,
        base: str,
        scope: int,
        filterstr: str | None = None,
        attrlist: Iterable[str] | None = None,
        attrsonly: int = 0,
        serverctrls: Any = None,
        clientctrls: Any = None,
        timeout: float = -1,
        sizelimit: int = 0,
    ) -> Any:
        """The same, waiting so long: a list of ``(dn, attributes)``, and ``(None, URIs)`` for references."""
        message_id = self.search_ext(
            base, scope, filterstr, attrlist, attrsonly, serverctrls, clientctrls, timeout, sizelimit
        )
        return self.result(message_id, all=1, timeout=timeout)[1]

    def search(
        self,
        base: str,
        scope: int,
        filterstr: str | None = None,
        attrlist: Iterable[str] | None = None,
        attrsonly: int = 0,
    ) -> int:
        """search_ext without controls and limits."""
        return self.search_ext(base, scope, filterstr, attrlist, attrsonly, None, None)

    def search_s(
        self,
        base: str,
        scope: int,
        filterstr: str | None = None,
        attrlist: Iterable[str] | None = None,
        attrsonly: int = 0,
    ) -> Any:
        """search_ext_s without controls."""
        return self.search_ext_s(base, scope, filterstr, attrlist, attrsonly, None, None, timeout=self.timeout)

    def search_st(
        self,
        base: str,
        scope: int,
        filterstr: str | None = None,
        attrlist: Iterable[str] | None = None,
        attrsonly: int = 0,
        timeout: float = -1,
    ) -> Any:
        """The same with a limit of time."""
        return self.search_ext_s(base, scope, filterstr, attrlist, attrsonly, None, None, timeout)

    def read_s(
        self,
        dn: str,
        filterstr: str | None = None,
        attrlist: Iterable[str] | None = None,
        serverctrls: Any = None,
        clientctrls: Any = None,
        timeout: float = -1,
    ) -> Entry | None:
        """The attributes of one entry; None where the filter doesn't match."""
        found = self.search_ext_s(
            dn, v.SCOPE_BASE, filterstr, attrlist, serverctrls=serverctrls, clientctrls=clientctrls, timeout=timeout
        )
        return found[0][1] if found else None

    def find_unique_entry(
        self,
        base: str,
        scope: int = v.SCOPE_SUBTREE,
        filterstr: str | None = None,
        attrlist: Iterable[str] | None = None,
        attrsonly: int = 0,
        serverctrls: Any = None,
        clientctrls: Any = None,
        timeout: float = -1,
    ) -> Any:
        """The one entry that matches. Raises NO_UNIQUE_ENTRY for none, or SIZELIMIT_EXCEEDED for several."""
        found = self.search_ext_s(
            base, scope, filterstr, attrlist, attrsonly, serverctrls, clientctrls, timeout, sizelimit=2
        )
        if len(found) != 1:
            raise NO_UNIQUE_ENTRY(f"No or non-unique search result for {filterstr!r}")
        return found[0]

    # --- the server's own entries ---

    def read_rootdse_s(self, filterstr: str | None = None, attrlist: Iterable[str] | None = None) -> Entry | None:
        """What the server says of itself; everything unless ``attrlist`` says what."""
        return self.read_s("", filterstr, attrlist or ["*", "+"])

    def get_naming_contexts(self) -> list[bytes]:
        """The DNs under which the server has entries."""
        return (self.read_rootdse_s(attrlist=["namingContexts"]) or {}).get("namingContexts", [])

    def search_subschemasubentry_s(self, dn: str | None = None) -> str | None:
        """The DN of the subschema subentry that holds for ``dn``, or for the server; None where it can't be told."""
        try:
            found = self.read_s(dn or "", None, ["subschemaSubentry"])
        except (NO_SUCH_OBJECT, NO_SUCH_ATTRIBUTE, INSUFFICIENT_ACCESS):
            found = None
        except UNDEFINED_TYPE:
            return None
        if found is None:
            return None
        values = {name.lower(): each for name, each in found.items()}.get("subschemasubentry")
        if values:
            return values[0].decode()
        return self.search_subschemasubentry_s() if dn else None

    def read_subschemasubentry_s(self, subschemasubentry_dn: str, attrs: Iterable[str] | None = None) -> Entry | None:
        """The schema as a subschema subentry; None where there is no such entry."""
        try:
            return self.read_s(subschemasubentry_dn, "(objectClass=subschema)", attrs or SCHEMA_ATTRS)
        except NO_SUCH_OBJECT:
            return None
