"""A search's filter from its text, as libldap reads it. What is read is remembered: programs ask the same again."""

from functools import lru_cache

from fakeldapd.protocol.filter import FilterSyntaxError, parse
from fakeldapd.protocol.messages import Filter


@lru_cache(1024)
def filter_of(text: str) -> Filter | None:
    """The filter; None for the empty text, which libldap sends as nothing at all. Raises FilterSyntaxError."""
    return parse(text) if text else None


__all__ = ["FilterSyntaxError", "filter_of"]
