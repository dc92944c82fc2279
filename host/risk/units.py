"""Amounts as people write them, made exact integers; never a float on the way."""

import re
from decimal import Decimal, InvalidOperation

__all__ = ["PRICE_UNITS", "price", "duration", "cycles_at_least", "cycles_at_most"]

#: Units of a price or notional in one dollar (ITCH Price(4)).
PRICE_UNITS = 10_000

_NS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "min": 60_000_000_000, "h": 3_600_000_000_000}
_DURATION = re.compile(r"\s*([0-9_]+(?:\.[0-9]+)?)\s*(ns|us|ms|s|min|h)\s*")


def price(text: object) -> int:
    """Return ``text``, dollars as a decimal number in a string ("1_000.25"), in units of 1/10,000.

    Raises ValueError for what is none, is negative, or has more than four decimal places.
    """
    if isinstance(text, bool) or not isinstance(text, str | int):
        raise ValueError(f'must be dollars in quotes, like "1_000.25", not {text!r}')
    try:
        units = Decimal(str(text).replace("_", "")) * PRICE_UNITS
    except InvalidOperation:
        raise ValueError(f'must be dollars in quotes, like "1_000.25", not {text!r}') from None
    if not units.is_finite() or units < 0:
        raise ValueError(f"must be a number of dollars that is not negative, not {text!r}")
    if units != units.to_integral_value():
        raise ValueError(f"must have at most four decimal places, {text!r} has more")
    return int(units)


def duration(text: object) -> int:
    """Return ``text``, like "500ms", "1.5 s" or "2min", in ns. Raises ValueError for what is none, or no whole ns."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f'must be a time with its unit ({", ".join(_NS)}), like "500ms", not {text!r}')
    ns = Decimal(match[1].replace("_", "")) * _NS[match[2]]
    if ns != ns.to_integral_value():
        raise ValueError(f"must be a whole number of ns, {text!r} is {ns}")
    return int(ns)


def cycles_at_least(ns: int, clock_hz: int) -> int:
    """Return the fewest cycles of a clock of ``clock_hz`` that last ``ns`` or longer."""
    return -(-ns * clock_hz // 1_000_000_000)


def cycles_at_most(ns: int, clock_hz: int) -> int:
    """Return the most cycles of a clock of ``clock_hz`` that last no longer than ``ns``."""
    return ns * clock_hz // 1_000_000_000
