"""Seconds since the epoch as GeneralizedTime (RFC 4517 section 3.3.13), and back."""

import calendar
import time

_FORMAT = "%Y%m%d%H%M%SZ"


def strf_secs(secs: float) -> str:
    """``secs`` since the epoch as GeneralizedTime in UTC, in whole seconds."""
    return time.strftime(_FORMAT, time.gmtime(secs))


def strp_secs(dt_str: str) -> int:
    """Seconds since the epoch of ``dt_str``, a GeneralizedTime in UTC without a fraction. Raises ValueError."""
    return calendar.timegm(time.strptime(dt_str, _FORMAT))
