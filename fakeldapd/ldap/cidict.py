"""A mapping whose keys are the same in whatever case, as attribute descriptions are (RFC 4512 section 2.5).

A key is kept in the spelling of the last assignment.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, ValuesView
from typing import Any

from fakeldapd.ldap.pkginfo import __version__  # noqa: F401


class cidict(MutableMapping[str, Any]):
    """Keys in any case; ``KeyError`` names the key as it was asked for."""

    __slots__ = ("_keys", "_data")  # noqa: RUF023  # python-ldap's order

    def __init__(self, default: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        self._keys: dict[str, str] = {}
        self._data: dict[str, Any] = {}
        if default:
            self.update(default)

    def __getitem__(self, key: str) -> Any:
        found = key.lower()
        if found not in self._data:
            raise KeyError(key)
        return self._data[found]

    def __setitem__(self, key: str, value: Any) -> None:
        found = key.lower()
        self._keys[found] = key
        self._data[found] = value

    def __delitem__(self, key: str) -> None:
        found = key.lower()
        if found not in self._data:
            raise KeyError(key)
        del self._keys[found]
        del self._data[found]

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys.values())

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: object) -> bool:
        return key.lower() in self._keys  # type: ignore[attr-defined]  # an AttributeError for what is no str

    def clear(self) -> None:
        """Remove all keys."""
        self._keys.clear()
        self._data.clear()

    def copy(self) -> "cidict":
        """A new mapping with the same values."""
        return type(self)(self)

    __copy__ = copy

    def has_key(self, key: str) -> bool:
        """Whether ``key`` is there. Deprecated: use ``in``."""
        return key in self

    @property
    def data(self) -> dict[str, Any]:
        """The values by their keys in lower case. Deprecated."""
        warnings.warn(
            "ldap.cidict.cidict.data is an internal attribute; it may be removed at any time",
            DeprecationWarning,
            stacklevel=2,
        )
        return self._data


def _warn() -> None:
    warnings.warn(
        "strlist functions are deprecated and will be removed in 4.0",
        DeprecationWarning,
        stacklevel=3,
    )


def strlist_minus(a: Iterable[str], b: Iterable[str]) -> list[str]:
    """The strings of ``a`` that are not in ``b``. Deprecated."""
    _warn()
    left_out = {each.lower() for each in b}
    return [each for each in a if each.lower() not in left_out]


def strlist_intersection(a: Iterable[str], b: Iterable[str]) -> list[str]:
    """The strings of ``b`` that are in ``a``, in the spelling ``a`` has last. Deprecated."""
    _warn()
    spelled = {each.lower(): each for each in a}
    return [spelled[each.lower()] for each in b if each.lower() in spelled]


def strlist_union(a: Iterable[str], b: Iterable[str]) -> ValuesView[Any]:
    """The strings of ``a`` and ``b``, each once, in the last spelling. Deprecated."""
    _warn()
    return cidict({each: each for each in (*a, *b)}).values()
