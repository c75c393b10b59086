"""Generalized Time (RFC 4517 section 3.3.13), and the change sequence numbers that slapd stamps entries with.

Text in, normal text out; no clock and no ``datetime``, so that year 0, second 60 and any number of fraction digits
work.

What slapd does differently from RFC 4517, and so do we: a fraction is always one of a second, whatever it follows
(``2024010100.5Z`` is half a second past midnight, not half an hour), and a value whose offset carries it beyond the
years 0000 to 9999 is invalid.
"""

_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _days(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 29 if month == 2 and leap else _DAYS[month - 1]


def _shifted(digits: bytes, offset: int) -> bytes | None:
    """``YYYYmmddHHMMSS`` moved by ``offset`` minutes, the second left alone; None beyond the years 0000 to 9999."""
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:8])
    shift, minutes = divmod(int(digits[8:10]) * 60 + int(digits[10:12]) + offset, 24 * 60)
    day += shift  # an offset is less than a day
    if day < 1:
        month -= 1
        if month < 1:
            year, month = year - 1, 12
        day = _days(year, month)
    elif day > _days(year, month):
        day, month = 1, month + 1
        if month > 12:
            year, month = year + 1, 1
    if not 0 <= year <= 9999:
        return None
    return b"%04d%02d%02d%02d%02d%b" % (year, month, day, minutes // 60, minutes % 60, digits[12:])


def _offset(zone: bytes) -> int | None:
    """Minutes to add for ``Z``, ``+HH`` or ``-HHMM``; None for anything else."""
    if zone == b"Z":
        return 0
    digits = zone[1:]
    if zone[:1] not in (b"+", b"-") or not digits.isdigit() or len(digits) not in (2, 4):
        return None
    hours, minutes = int(digits[:2]), int(digits[2:] or b"0")
    if hours > 23 or minutes > 59:
        return None
    return hours * 60 + minutes if zone[0] == 45 else -hours * 60 - minutes


def _digits_end(value: bytes, start: int) -> int:
    """Where the digits end that begin at ``start``."""
    end = start
    while end < len(value) and 48 <= value[end] <= 57:
        end += 1
    return end


def _is_moment(digits: bytes) -> bool:
    """Whether ``YYYYmmddHHMMSS`` is a day and a time; every minute may have a second 60."""
    if digits[8:10] > b"23" or digits[10:12] > b"59" or digits[12:14] > b"60":
        return False
    month, day = int(digits[4:6]), int(digits[6:8])
    return 0 < month < 13 and 0 < day < 32 and (day < 29 or day <= _days(int(digits[:4]), month))


def generalized_time(value: bytes) -> bytes | None:
    """The normal form ``YYYYmmddHHMMSS[.f]Z`` in UTC, the fraction without trailing zeros; None for what isn't a
    Generalized Time."""
    if len(value) == 15 and value[14] == 90 and value[:14].isdigit():
        return value if _is_moment(value) else None
    end = _digits_end(value, 0)
    digits = value[:end]
    if end == 10:
        digits += b"0000"
    elif end == 12:
        digits += b"00"
    elif end != 14:
        return None
    fraction = b""
    if value[end : end + 1] in (b".", b","):
        start, end = end + 1, _digits_end(value, end + 1)
        if start == end:
            return None
        fraction = value[start:end].rstrip(b"0")
    offset = _offset(value[end:])
    if offset is None or not _is_moment(digits):
        return None
    if offset:
        shifted = _shifted(digits, offset)
        if shifted is None:
            return None
        digits = shifted
    return b"%b.%bZ" % (digits, fraction) if fraction else digits + b"Z"


def generalized_time_order(value: bytes) -> bytes | None:
    """A normal form that sorts by time: without the ``Z``, which would sort behind a fraction's point."""
    normal = generalized_time(value)
    return normal[:-1] if normal is not None else None


# --- change sequence numbers ------------------------------------------------------------------------------------------

_HEX = b"0123456789abcdefABCDEF"


def _is_hex(value: bytes) -> bool:
    return value != b"" and not value.translate(None, _HEX)


def csn(value: bytes) -> bytes | None:
    """A change sequence number in today's form, ``YYYYmmddHHMMSS.ffffffZ#cccccc#sss#mmmmmm``; None for what isn't one.

    It sorts by time, count, server and modification. slapd takes anything between the separators of today's form, and
    checks the two forms of its releases before 2.4.
    """
    parts = value.split(b"#", 3)
    if len(parts) != 4:
        return None
    time, count, server, modification = parts
    if len(time) == 22 and len(count) == 6 and len(server) == 3 and len(modification) == 6:
        low = value[:30] + value[30:].lower()
        return value if low == value else low
    if len(value) == 31 and time[10:17:3] == b"::Z":  # 2.1: "YYYYmmddHH:MM:SSZ#0xcccc#s#mmmm"
        time = time.replace(b":", b"")
        if count[:2] != b"0x" or len(server) != 1 or len(modification) != 4:
            return None
        count, server, modification = b"00" + count[2:], b"00" + server, b"00" + modification.lower()
    elif len(value) == 32 and len(server) == 2:  # 2.2 and 2.3: "YYYYmmddHHMMSSZ#cccccc#ss#mmmmmm"
        server, modification = b"0" + server.lower(), modification.lower()
    else:
        return None
    if (
        len(time) != 15
        or not generalized_time(time[:14] + b"Z")
        or not all(map(_is_hex, (count, server, modification)))
    ):
        return None
    if len(count) != 6 or len(modification) != 6:
        return None
    return b"%b.000000Z#%b#%b#%b" % (time[:14], count, server, modification)


def csn_server(value: bytes) -> bytes | None:
    """The server ID of a change sequence number, three hexadecimal digits: what CSNSIDMatch compares."""
    normal = csn(value)
    return normal[30:33] if normal is not None else None


def server_id(value: bytes) -> bytes | None:
    """A server ID of three hexadecimal digits, in lower case; None for anything else."""
    return value.lower() if len(value) == 3 and _is_hex(value) else None
