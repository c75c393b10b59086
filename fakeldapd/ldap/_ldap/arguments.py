"""The arguments of the C functions: which types they take, and what they say of others.

Every check raises what python-ldap raises, with its text; nothing has been sent then. A parameter is given to the check
with the function's name and its number, which is what the texts name.
"""

import operator
from collections.abc import Iterable
from typing import Any

from fakeldapd.protocol.messages import Attribute, Change, Control

_INT_MAX, _INT_MIN = 2**31 - 1, -(2**31)
MOD_BVALUES = 0x80
"""A bit of a modification's type that says that values are octets, which they always are."""


def type_name(value: object) -> str:
    """How the texts call the type of a value."""
    return "None" if value is None else type(value).__name__


def count(function: str, given: tuple[object, ...], least: int, most: int) -> None:
    """Raise TypeError where a function got too few or too many arguments."""
    number = len(given)
    if least <= number <= most:
        return
    if least == most:
        wanted = f"exactly {least}"
    elif number < least:
        wanted = f"at least {least}"
    else:
        wanted = f"at most {most}"
    limit = most if number > most else least
    plural = "" if limit == 1 else "s"
    raise TypeError(f"{function}() takes {wanted} argument{plural} ({number} given)")


def take(
    function: str, given: tuple[Any, ...], least: int, most: int, defaults: tuple[Any, ...] | None = None
) -> tuple[Any, ...]:
    """The arguments, with what was left out: ``defaults`` are those of the last parameters, None without. Raises
    TypeError.
    """
    number = len(given)
    if number == most:
        return given
    if not least <= number <= most:
        count(function, given, least, most)
    if defaults is None:
        return given + (None,) * (most - number)
    return given + defaults[number - most :]


def text(function: str, position: int, value: Any) -> bytes:
    """A str, as UTF-8. Raises TypeError, ValueError for a NUL, UnicodeEncodeError."""
    if value.__class__ is not str and not isinstance(value, str):
        raise TypeError(f"{function}() argument {position} must be str, not {type_name(value)}")
    return _octets(value)


def optional_text(function: str, position: int, value: Any) -> bytes | None:
    """The same, or None."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{function}() argument {position} must be str or None, not {type_name(value)}")
    return _octets(value)


def _octets(value: str) -> bytes:
    octets = value.encode()
    if b"\0" in octets:
        raise ValueError("embedded null character")
    return octets


def octets(function: str, position: int, value: Any) -> bytes:
    """A str, as UTF-8, or bytes. Raises TypeError."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if _is_buffer(value):
        raise TypeError(
            f"{function}() argument {position} must be read-only bytes-like object, not {type(value).__name__}"
        )
    raise TypeError(f"a bytes-like object is required, not '{type(value).__name__}'")


def optional_octets(function: str, position: int, value: Any) -> bytes | None:
    """The same, or None."""
    return None if value is None else octets(function, position, value)


def _is_buffer(value: Any) -> bool:
    return isinstance(value, bytearray | memoryview)


def _is_sequence(value: Any) -> bool:
    """What C takes for a sequence."""
    return hasattr(value, "__getitem__") and not isinstance(value, dict)


def integer(value: Any) -> int:
    """A C int. Raises TypeError, OverflowError."""
    number: int = value if value.__class__ is int else operator.index(value)
    if number > _INT_MAX:
        raise OverflowError("signed integer is greater than maximum")
    if number < _INT_MIN:
        raise OverflowError("signed integer is less than minimum")
    return number


def real(value: Any) -> float:
    """A C double. Raises TypeError."""
    if value.__class__ is float or value.__class__ is int:
        return value
    if isinstance(value, str | bytes) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        raise TypeError(f"must be real number, not {type(value).__name__}")
    return float(value)


def controls(value: Any) -> tuple[Control, ...] | None:
    """A sequence of ``(oid, criticality, octets or None)``; None where there is none. Raises TypeError."""
    if value is None:
        return None
    if not _is_sequence(value):
        raise TypeError("LDAPControls_from_object(): expected a list", value)
    return tuple([_control(each) for each in value])


def _control(value: Any) -> Control:
    function = "Tuple_to_LDAPControl"
    if not isinstance(value, tuple):
        raise TypeError(f"{function}(): expected a tuple", value)
    count(function, value, 3, 3)
    oid, criticality, content = value
    name = text(function, 1, oid)
    critical = integer(criticality)
    if content is not None and not isinstance(content, bytes):
        raise TypeError(f"{function}(): expected bytes", content)
    return Control(name, bool(critical & 0xFF), content)


def attribute_names(value: Any) -> tuple[bytes, ...]:
    """The attributes that a search asks for: None, or anything that gives str but a str. Raises TypeError."""
    if value is None:
        return ()
    if isinstance(value, str):
        raise TypeError("attrs_from_List(): expected *list* of strings, not a string", value)
    if not isinstance(value, Iterable):
        raise TypeError("expected list of strings or None")
    names = []
    for each in value:
        if not isinstance(each, str):
            raise TypeError("attrs_from_List(): expected string in list", each)
        names.append(each.encode())
    return tuple(names)


class NoValues(Exception):
    """An attribute of an entry to add whose values are no sequence: libldap refuses it, after everything else."""


def entry(modlist: Any) -> list[tuple[bytes, tuple[bytes, ...] | None]]:
    """The attributes of an entry to add, None for values that are no sequence. Raises TypeError."""
    found = []
    for each in _tuples(modlist, 2):
        name = text(_MOD, 1, each[0])
        found.append((name, _values(each[1])))
    return found


def changes(modlist: Any) -> tuple[Change, ...]:
    """The changes of a modification. Raises TypeError, OverflowError."""
    found = []
    for each in _tuples(modlist, 3):
        kind = integer(each[0])
        name = text(_MOD, 2, each[1])
        found.append(Change(kind & ~MOD_BVALUES, name, _values(each[2]) or ()))
    return tuple(found)


_MOD = "Tuple_to_LDAPMod"


def _tuples(modlist: Any, size: int) -> Iterable[tuple[Any, ...]]:
    if not _is_sequence(modlist):
        raise TypeError("List_to_LDAPMods(): expected list of tuples", modlist)
    for each in modlist:
        if not isinstance(each, tuple):
            raise TypeError(f"{_MOD}(): expected a tuple", each)
        count(_MOD, each, size, size)
        yield each


def _values(value: Any) -> tuple[bytes, ...] | None:
    """One value, or a sequence of them; what is neither counts as None, without a word. Raises TypeError."""
    if value.__class__ is bytes or isinstance(value, bytes):
        return (value,)
    if not _is_sequence(value):
        return None
    values = tuple(value)
    for each in values:
        if not isinstance(each, bytes):
            raise TypeError(f"{_MOD}(): expected a byte string in the list", each)
    return values


def complete(attributes: list[tuple[bytes, tuple[bytes, ...] | None]]) -> tuple[Attribute, ...]:
    """The same for the wire. Raises NoValues."""
    found = []
    for name, values in attributes:
        if values is None:
            raise NoValues
        found.append(Attribute(name, values))
    return tuple(found)
