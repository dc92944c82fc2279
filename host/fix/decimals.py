# Ref: FIX 4.4, volume 1, data types Price and Qty
"""Prices of 1/10,000 as FIX writes them, and back."""

import re
from functools import lru_cache

__all__ = ["price_of", "price_text"]

_PLACES = 4
_UNIT = 10_000
_DECIMAL = re.compile(rb"(-?)([0-9]{1,15})(?:\.([0-9]{0,4})0{0,12})?")


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
        raise ValueError(f"{value!r}: not a decimal number of at most {_PLACES} places")
    price = int(found[2]) * _UNIT + int((found[3] or b"").ljust(_PLACES, b"0"))
    return -price if found[1] else price
