# Ref: FIX 4.4, volume 1, data types Price and Qty
"""Prices of 1/10,000, averages and quantities as FIX writes them, and back."""

import re
from functools import lru_cache

from host.fix.shown import quoted

__all__ = ["average_of", "average_text", "price_of", "price_text", "shares_of"]

_PLACES = 4
_UNIT = 10_000
#: Of an average, which may have any number of places.
_AVERAGE = re.compile(rb"(-?)(?=\.?[0-9])([0-9]{0,15})(?:\.([0-9]{0,4})([0-9]?)[0-9]*)?")
_DECIMAL = re.compile(rb"(-?)(?=\.?[0-9])([0-9]{0,15})(?:\.([0-9]{0,4})0{0,12})?")
#: Decimals of an average price.
_AVERAGE_PLACES = 6


@lru_cache(maxsize=65_536)
def price_text(price: int) -> bytes:
    """Return ``price``, of 1/10,000, as a decimal number with two places, or three or four where it needs them."""
    whole, fraction = divmod(abs(price), _UNIT)
    digits = b"%04d" % fraction
    return b"%b%d.%b%b" % (b"-" if price < 0 else b"", whole, digits[:2], digits[2:].rstrip(b"0"))


@lru_cache(maxsize=65_536)
def price_of(value: bytes) -> int:
    """Return the price, of 1/10,000, that ``value`` says. Raises ValueError if it is no decimal number or finer."""
    found = _DECIMAL.fullmatch(value)
    if found is None:
        raise ValueError(f"{quoted(value)}: not a decimal number of at most {_PLACES} places")
    price = int(found[2] or b"0") * _UNIT + int((found[3] or b"").ljust(_PLACES, b"0"))
    return -price if found[1] else price


def shares_of(value: bytes) -> int:
    """Return the number of shares that ``value`` says. Raises ValueError for what is negative or no whole number."""
    found = price_of(value)
    if found < 0 or found % _UNIT:
        raise ValueError(f"quantity must be a whole number, not {quoted(value)}")
    return found // _UNIT


def average_of(value: bytes) -> int:
    """Return the average price that ``value`` says, to the nearest 1/10,000, halves away from 0. Raises ValueError if
    it is no decimal number."""
    found = _AVERAGE.fullmatch(value)
    if found is None:
        raise ValueError(f"{quoted(value)}: not a decimal number")
    sign, whole, digits, next_digit = found.groups()
    average = int(whole or b"0") * _UNIT + int((digits or b"").ljust(_PLACES, b"0")) + ((next_digit or b"0") >= b"5")
    return -average if sign else average


def average_text(notional: int, count: int) -> bytes:
    """Return ``notional`` (price x shares) over ``count`` shares to six places, halves up; 0 without shares."""
    if not count:
        return b"0.00"
    if not notional % count:
        return price_text(notional // count)
    finer = 10 ** (_AVERAGE_PLACES - _PLACES)
    average = (2 * notional * finer + count) // (2 * count)
    whole, fraction = divmod(average, 10 ** _AVERAGE_PLACES)
    digits = b"%06d" % fraction
    return b"%d.%b%b" % (whole, digits[:2], digits[2:].rstrip(b"0"))
