"""Searches whose results are taken as they come: derive from ``AsyncSearchHandler``, or use what is here.

search = List(connection)
search.startSearch("dc=example,dc=org", ldap.SCOPE_SUBTREE, "(cn=a*)")
search.processResults()
search.allResults
"""

from collections.abc import Sequence
from typing import Any

from fakeldapd import ldap, ldif
from fakeldapd.ldap.pkginfo import __version__  # noqa: F401

SEARCH_RESULT_TYPES = {ldap.RES_SEARCH_ENTRY, ldap.RES_SEARCH_RESULT, ldap.RES_SEARCH_REFERENCE}
ENTRY_RESULT_TYPES = {ldap.RES_SEARCH_ENTRY, ldap.RES_SEARCH_RESULT}


class WrongResultType(Exception):
    """A message came that is no answer to a search."""

    def __init__(self, receivedResultType: int, expectedResultTypes: Any) -> None:
        super().__init__()
        self.receivedResultType = receivedResultType
        self.expectedResultTypes = expectedResultTypes

    def __str__(self) -> str:
        expected = ", ".join([str(kind) for kind in self.expectedResultTypes])
        return f"Received wrong result type {self.receivedResultType} (expected one of {expected})."


class AsyncSearchHandler:
    """One search on the connection ``l``; override the methods that say they do nothing."""

    def __init__(self, l: Any) -> None:  # noqa: E741  # python-ldap's name
        self._l = l
        self._msgId: int | None = None
        self._afterFirstResult = 1
        self.beginResultsDropped = 0
        self.endResultBreak = 0

    def startSearch(
        self,
        searchRoot: str,
        searchScope: int,
        filterStr: str,
        attrList: Sequence[str] | None = None,
        attrsOnly: int = 0,
        timeout: float = -1,
        sizelimit: int = 0,
        serverctrls: Any = None,
        clientctrls: Any = None,
    ) -> None:
        """Send the search, with the arguments of ``search_ext``."""
        self._msgId = self._l.search_ext(
            searchRoot, searchScope, filterStr, attrList, attrsOnly, serverctrls, clientctrls, timeout, sizelimit
        )
        self._afterFirstResult = 1

    def preProcessing(self) -> Any:
        """Called before anything is received. Does nothing."""

    def afterFirstResult(self) -> Any:
        """Called when the first message has come. Does nothing."""

    def postProcessing(self) -> Any:
        """Called at the end. Does nothing."""

    def _processSingleResult(self, resultType: int, resultItem: Any) -> Any:
        """Called for each entry and reference. Does nothing."""

    def processResults(self, ignoreResultsNumber: int = 0, processResultsCount: int = 0, timeout: float = -1) -> int:
        """Take the results: skip some, then process so many, or all for 0. ``timeout`` seconds for each.

        Returns 1 if some were left, and the search is abandoned then, else 0. ``beginResultsDropped`` is how many were
        skipped, ``endResultBreak`` how many there were until the end. Raises what ``result3`` raises.
        """
        self.preProcessing()
        self.beginResultsDropped = self.endResultBreak = partial = 0
        last = ignoreResultsNumber + processResultsCount
        while not partial:
            kind, items = self._next(timeout)
            if not items:
                break
            if kind not in SEARCH_RESULT_TYPES:
                raise WrongResultType(kind, SEARCH_RESULT_TYPES)
            for item in items:
                if processResultsCount and self.endResultBreak >= last:
                    partial = 1
                    break
                self.endResultBreak += 1
                if self.endResultBreak <= ignoreResultsNumber:
                    self.beginResultsDropped += 1
                else:
                    self._processSingleResult(kind, item)
        if partial and self._msgId is not None:
            self._l.abandon(self._msgId)
        self.postProcessing()
        return partial

    def _next(self, timeout: float) -> tuple[int, Any]:
        kind = items = None
        while kind is None and not items:
            kind, items, _, _ = self._l.result3(self._msgId, 0, timeout)
            if self._afterFirstResult:
                self.afterFirstResult()
                self._afterFirstResult = 0
        return kind or 0, items


class List(AsyncSearchHandler):
    """Keeps all: ``allResults`` is a list of ``(type, (dn, attributes))``."""

    def __init__(self, l: Any) -> None:  # noqa: E741
        super().__init__(l)
        self.allResults: list[tuple[int, Any]] = []

    def _processSingleResult(self, resultType: int, resultItem: Any) -> None:
        self.allResults.append((resultType, resultItem))


class Dict(AsyncSearchHandler):
    """Keeps entries: ``allEntries`` has the attributes by DN."""

    def __init__(self, l: Any) -> None:  # noqa: E741
        super().__init__(l)
        self.allEntries: dict[str, Any] = {}

    def _processSingleResult(self, resultType: int, resultItem: Any) -> None:
        if resultType in ENTRY_RESULT_TYPES:
            self.allEntries[resultItem[0]] = resultItem[1]


class IndexedDict(Dict):
    """Keeps entries, and by each of ``indexed_attrs`` the DNs for a value: ``index[attribute][value]`` is a list."""

    def __init__(self, l: Any, indexed_attrs: Sequence[str] | None = None) -> None:  # noqa: E741
        super().__init__(l)
        self.indexed_attrs = indexed_attrs or ()
        self.index: dict[str, dict[bytes, list[str]]] = {name: {} for name in self.indexed_attrs}

    def _processSingleResult(self, resultType: int, resultItem: Any) -> None:
        super()._processSingleResult(resultType, resultItem)
        if resultType in ENTRY_RESULT_TYPES:
            dn, attributes = resultItem
            for name, found in self.index.items():
                for value in attributes.get(name, ()):
                    found.setdefault(value, []).append(dn)


class FileWriter(AsyncSearchHandler):
    """Writes into the file ``f``, ``headerStr`` first and ``footerStr`` last."""

    def __init__(self, l: Any, f: Any, headerStr: str = "", footerStr: str = "") -> None:  # noqa: E741
        super().__init__(l)
        self._f = f
        self.headerStr = headerStr
        self.footerStr = footerStr

    def preProcessing(self) -> None:
        """Write the header."""
        self._f.write(self.headerStr)

    def postProcessing(self) -> None:
        """Write the footer."""
        self._f.write(self.footerStr)


class LDIFWriter(FileWriter):
    """Writes entries as LDIF; ``writer_obj`` is an ``ldif.LDIFWriter`` or a file."""

    def __init__(self, l: Any, writer_obj: Any, headerStr: str = "", footerStr: str = "") -> None:  # noqa: E741
        self._ldif_writer = writer_obj if isinstance(writer_obj, ldif.LDIFWriter) else ldif.LDIFWriter(writer_obj)
        super().__init__(l, self._ldif_writer._output_file, headerStr, footerStr)

    def _processSingleResult(self, resultType: int, resultItem: Any) -> None:
        if resultType in ENTRY_RESULT_TYPES:
            self._ldif_writer.unparse(*resultItem)
