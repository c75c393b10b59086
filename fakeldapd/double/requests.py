"""What a directory was asked, as a test wants to look at it.

``directory.requests`` is a sequence of ``RecordedRequest``, oldest first; ``requests.search(base=...)`` and its like
give those that fit, as another such sequence. What may be asked for is in ``fakeldapd.double.criteria``. Names, values
and filters are compared by what they mean, not by how they are written.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Unpack, overload

from fakeldapd.double.criteria import Afterwards, Setting
from fakeldapd.double.recorded import RecordedRequest
from fakeldapd.double.wanted import Ops, Wanted
from fakeldapd.middleware.recorder import Log
from fakeldapd.schema.registry import Schema


class Requests(Sequence[RecordedRequest]):
    """Some requests, in the order in which they came."""

    def __init__(self, found: Iterable[RecordedRequest], log: Log, schema: Callable[[], Schema]) -> None:
        self._found_ones = list(found)
        self._log = log
        self._schema = schema

    def _found(self) -> list[RecordedRequest]:
        return self._found_ones

    @overload
    def __getitem__(self, index: int) -> RecordedRequest: ...
    @overload
    def __getitem__(self, index: slice) -> "Requests": ...
    def __getitem__(self, index: int | slice) -> "RecordedRequest | Requests":
        found = self._found()
        return self._some(found[index]) if isinstance(index, slice) else found[index]

    def __len__(self) -> int:
        return len(self._found())

    def __iter__(self) -> Iterator[RecordedRequest]:
        return iter(self._found())

    def __str__(self) -> str:
        return "\n".join(map(str, self._found())) or "no requests"

    def __repr__(self) -> str:
        return f"<{len(self)} requests>"

    def _some(self, found: Iterable[RecordedRequest]) -> "Requests":
        return Requests(found, self._log, self._schema)

    def wanted(self, op: Ops, criteria: Mapping[str, Any]) -> Wanted:
        """What is asked for, made ready. Raises ValueError and TypeError for what makes no sense."""
        return Wanted(op, criteria, Setting.of(self._schema(), self._log.hide))

    # --- those that fit -----------------------------------------------------------------------------------------------

    def of(self, op: Ops = None, **criteria: Unpack[Afterwards]) -> "Requests":
        """Those of these operations (None: any) that fit. Raises ValueError and TypeError with the nearest name."""
        wanted = self.wanted(op, criteria)
        return self._some(request for request in self._found() if wanted.fits(request))

    def bind(self, dn: str | None = None, /, **criteria: Unpack[Afterwards]) -> "Requests":
        """The binds: ``dn``, ``method`` ("simple" or a SASL mechanism), ``password``, ``code`` ..."""
        return self.of("bind", **given(criteria, dn=dn))

    def unbind(self, **criteria: Unpack[Afterwards]) -> "Requests":
        """The unbinds."""
        return self.of("unbind", **criteria)

    def search(
        self, base: str | None = None, filter: str | None = None, /, **criteria: Unpack[Afterwards]
    ) -> "Requests":
        """The searches: ``base``, ``scope``, ``filter``, ``attributes``, ``size_limit``, ``entries``, ``code`` ..."""
        return self.of("search", **given(criteria, base=base, filter=filter))

    def modify(self, dn: str | None = None, /, **criteria: Unpack[Afterwards]) -> "Requests":
        """The modifications: ``dn``, ``attribute``, ``value``, ``changes`` (as ``directory.modify`` takes them) ..."""
        return self.of("modify", **given(criteria, dn=dn))

    def add(self, dn: str | None = None, /, **criteria: Unpack[Afterwards]) -> "Requests":
        """The additions: ``dn``, ``attributes`` (a dict of some of them) ..."""
        return self.of("add", **given(criteria, dn=dn))

    def delete(self, dn: str | None = None, /, **criteria: Unpack[Afterwards]) -> "Requests":
        """The deletions: ``dn`` ..."""
        return self.of("delete", **given(criteria, dn=dn))

    def rename(self, dn: str | None = None, /, **criteria: Unpack[Afterwards]) -> "Requests":
        """The renames: ``dn``, ``new_rdn``, ``new_superior``, ``keep_old`` ..."""
        return self.of("rename", **given(criteria, dn=dn))

    def compare(self, dn: str | None = None, /, **criteria: Unpack[Afterwards]) -> "Requests":
        """The comparisons: ``dn``, ``attribute``, ``value`` ..."""
        return self.of("compare", **given(criteria, dn=dn))

    def extended(self, name: str | None = None, /, **criteria: Unpack[Afterwards]) -> "Requests":
        """The extended operations: ``name``, an OID ..."""
        return self.of("extended", **given(criteria, name=name))

    def abandon(self, **criteria: Unpack[Afterwards]) -> "Requests":
        """The abandons."""
        return self.of("abandon", **criteria)

    @property
    def writes(self) -> "Requests":
        """Everything that changes the directory, where it succeeds."""
        return self.of("write")

    def after(self, what: "RecordedRequest | int | datetime") -> "Requests":
        """Those behind a request, a number, or a time by the directory's clock."""
        return self._some(r for r in self._found() if _place(r, what) > 0)

    def before(self, what: "RecordedRequest | int | datetime") -> "Requests":
        """Those before a request, a number, or a time by the directory's clock."""
        return self._some(r for r in self._found() if _place(r, what) < 0)

    def between(
        self, first: "RecordedRequest | int | datetime", last: "RecordedRequest | int | datetime"
    ) -> "Requests":
        """Those behind the first and before the last."""
        return self.after(first).before(last)

    # --- as something else --------------------------------------------------------------------------------------------

    def as_json(self) -> str:
        """All of it, as a JSON list of what ``RecordedRequest.as_dict`` gives."""
        return json.dumps([request.as_dict() for request in self._found()], indent=2, ensure_ascii=False) + "\n"

    def as_ldif(self) -> str:
        """The changes that succeeded, as LDIF change records. Passwords are hashes, which let the right one in."""
        from fakeldapd.double.export import as_ldif

        return as_ldif(self._found())

    def as_code(self, client: str = "ldapsearch", url: str = "ldap://127.0.0.1:1389") -> str:
        """A program that asks the same again: with ``client`` "ldapsearch" (a shell script), "python-ldap" or "ldap3".

        ``url`` is where it asks unless LDAP_URL is set. It reads secrets from environment variables, which it names at
        its beginning. Raises ValueError for another client.
        """
        from fakeldapd.double.replay import as_code

        return as_code(self._found(), client, url)


class RequestLog(Requests):
    """All requests since the start or the last reset, as far as they are kept."""

    def __init__(self, log: Log, schema: Callable[[], Schema]) -> None:
        super().__init__((), log, schema)
        self.log = log

    def _found(self) -> list[RecordedRequest]:
        return [RecordedRequest(record, self.log) for record in self.log.snapshot()]

    def __len__(self) -> int:
        return len(self.log.rows)

    @property
    def seen(self) -> int:
        """How many there have been, those that are no longer kept included."""
        return self.log.seen

    @property
    def dropped(self) -> int:
        """How many are no longer kept, because there were more than ``log.limit``."""
        return max(self.log.seen - len(self.log.rows), 0)

    def clear(self) -> None:
        """Forget all of them. What is still running doesn't come back."""
        self.log.clear()

    def wait_for(
        self,
        op: Ops = None,
        *,
        timeout: float = 5.0,
        answered: bool = True,
        count: int = 1,
        **criteria: Unpack[Afterwards],
    ) -> RecordedRequest:
        """Wait until a request has come that fits (``count`` of them), and give the last of those.

        With ``answered`` it must be over, too, otherwise it needs only to have come. One that is there already is as
        good. ``timeout`` in seconds; raises TimeoutError with what has come instead, ValueError and TypeError.
        """
        wanted = self.wanted(op, criteria)

        def found() -> list[RecordedRequest]:
            fitting = [r for r in self._found() if (r.is_over or not answered) and wanted.fits(r)]
            return fitting if len(fitting) >= count else []

        there = self.log.wait(found, timeout)
        if not there:
            from fakeldapd.double.verify import not_seen

            raise TimeoutError(f"waited {timeout:g} s: {not_seen(self, wanted, count, answered)}")
        return there[-1]


def _place(request: RecordedRequest, what: "RecordedRequest | int | datetime") -> float:
    """Below 0 where the request comes before, above where behind."""
    if isinstance(what, datetime):
        return (request.at - (what if what.tzinfo else what.replace(tzinfo=UTC))).total_seconds()
    return request.number - (what.number if isinstance(what, RecordedRequest) else what)


def given(criteria: Afterwards, **more: Any) -> Afterwards:
    """Criteria with more of them, where these say anything."""
    said: Any = {name: value for name, value in more.items() if value is not None}
    return said | criteria  # type: ignore[no-any-return]
