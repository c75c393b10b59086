"""Filters as text (RFC 4515): escaping values, filling in templates."""

import time

from fakeldapd.ldap.pkginfo import __version__  # noqa: F401
from fakeldapd.ldap.seconds import strf_secs

_SPECIAL = str.maketrans({character: f"\\{ord(character):02x}" for character in "\\*()\0"})
_KEPT = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz:;<=>?@[]^_`")


def escape_filter_chars(assertion_value: str, escape_mode: int = 0) -> str:
    r"""``assertion_value`` as it stands in a filter.

    ``escape_mode`` 0 escapes what RFC 4515 section 3 wants escaped, 1 all but letters, digits and some signs, 2
    everything. 1 and 2 write code points, as python-ldap does: ``é`` becomes ``\e9``. Raises TypeError for what is no
    str and ValueError for another mode.
    """
    if not isinstance(assertion_value, str):
        raise TypeError("assertion_value must be of type str.")
    if escape_mode == 0:
        return assertion_value.translate(_SPECIAL)
    if escape_mode not in (1, 2):
        raise ValueError("escape_mode must be 0, 1 or 2.")
    kept = _KEPT if escape_mode == 1 else frozenset[str]()
    return "".join([each if each in kept else f"\\{ord(each):02x}" for each in assertion_value])


def filter_format(filter_template: str, assertion_values: list[str] | tuple[str, ...]) -> str:
    """``filter_template`` with each ``%s`` replaced by a value, escaped.

    Raises TypeError where the numbers of ``%s`` and of values differ.
    """
    return filter_template % tuple(escape_filter_chars(value) for value in assertion_values)


def time_span_filter(
    filterstr: str = "",
    from_timestamp: float = 0,
    until_timestamp: float | None = None,
    delta_attr: str = "modifyTimestamp",
) -> str:
    """A filter for entries whose ``delta_attr`` is between two times, the second excluded, and ``filterstr``.

    Times are seconds since the epoch; ``until_timestamp`` None is now, and then a negative ``from_timestamp`` is that
    many seconds before. Raises ValueError where they are the wrong way round.
    """
    if until_timestamp is None:
        until_timestamp = time.time()
        if from_timestamp < 0:
            from_timestamp = until_timestamp + from_timestamp
    if from_timestamp > until_timestamp:
        raise ValueError(
            f"from_timestamp {from_timestamp!r} must not be greater than until_timestamp {until_timestamp!r}"
        )
    since, until = strf_secs(from_timestamp), strf_secs(until_timestamp)
    return f"(&{filterstr}({delta_attr}>={since})(!({delta_attr}>={until})))"
