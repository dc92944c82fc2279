# Ref: FIX 4.4, volume 1, UTCTimestamp; micro- and nanoseconds as in FIX 5.0 SP2, extension pack 206
"""UTCTimestamp to nanoseconds since 1970 and back."""

import re
from datetime import date
from functools import lru_cache

from host.fix.shown import quoted

__all__ = ["MILLISECONDS", "day", "parse", "stamp"]

_SECOND = 1_000_000_000
_EPOCH = date(1970, 1, 1).toordinal()
_UNIT = {3: 1_000_000, 6: 1_000, 9: 1}
#: A fraction of a second, by its milliseconds.
MILLISECONDS = tuple(b".%03d" % number for number in range(1000))
_TIMESTAMP = re.compile(rb"([0-9]{8})-([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)")
#: Bytes before the fraction of a second.
_WHOLE = 17


@lru_cache(maxsize=64)
def _seconds(seconds: int) -> bytes:
    days, rest = divmod(seconds, 86_400)
    try:
        at = date.fromordinal(_EPOCH + days)
    except (ValueError, OverflowError):
        raise ValueError(f"{seconds} s since 1970: not in the years 1 to 9999") from None
    return b"%04d%02d%02d-%02d:%02d:%02d" % (at.year, at.month, at.day, rest // 3600, rest // 60 % 60, rest % 60)


@lru_cache(maxsize=256)
def day(text: bytes) -> int:
    """Return the days from 1970 to YYYYMMDD. Raises ValueError if there is no such day."""
    if len(text) != 8 or not text.isdigit():
        raise ValueError(f"{quoted(text)}: not YYYYMMDD")
    return date(int(text[:4]), int(text[4:6]), int(text[6:])).toordinal() - _EPOCH


def stamp(now: int, digits: int = 3) -> bytes:
    """Return ``now``, ns since 1970, as a UTCTimestamp with 3, 6 or 9 digits of a second; what is finer is cut off.

    Raises ValueError for other ``digits`` and for times outside the years 1 to 9999.
    """
    seconds, rest = divmod(now, _SECOND)
    if digits == 3:
        return _seconds(seconds) + MILLISECONDS[rest // 1_000_000]
    if digits not in _UNIT:
        raise ValueError(f"{digits} digits of a second: not 3, 6 or 9")
    return b"%b.%0*d" % (_seconds(seconds), digits, rest // _UNIT[digits])


@lru_cache(maxsize=1024)
def _whole(value: bytes) -> int:
    """Return the ns since 1970 of a timestamp without a fraction."""
    found = _TIMESTAMP.fullmatch(value)
    if found is None:
        raise ValueError(f"{quoted(value)}: not a UTCTimestamp")
    days, hours, minutes, seconds = found.groups()
    return ((day(days) * 24 + int(hours)) * 3600 + int(minutes) * 60 + int(seconds)) * _SECOND


def parse(value: bytes) -> int:
    """Return the ns since 1970 of a UTCTimestamp with 0, 3, 6 or 9 digits; the leap second :60 is the one after :59.

    Raises ValueError.
    """
    fraction = value[_WHOLE + 1:]
    unit = _UNIT.get(len(fraction))
    if unit is None or value[_WHOLE] != ord(".") or not fraction.isdigit():
        if len(value) == _WHOLE:
            return _whole(value)
        raise ValueError(f"{quoted(value)}: not a UTCTimestamp")
    return _whole(value[:_WHOLE]) + int(fraction) * unit
