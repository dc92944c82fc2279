# Ref: FIX 4.4, volume 1, data types Price and Qty
"""Prices and quantities of FIX as the exchange's integers, and back. Prices are of 1/10,000."""

__all__ = ["average", "decimal", "price", "shares"]

_PLACES = 4
_UNIT = 10 ** _PLACES
#: Decimals of an average price.
_AVERAGE_PLACES = 6


def price(value: bytes) -> int:
    """Return the price that ``value`` says. Raises ValueError for what is no decimal number, or finer than 1/10,000."""
    whole, _, fraction = value.partition(b".")
    sign, digits = (-1, whole[1:]) if whole.startswith(b"-") else (1, whole)
    kept, rest = fraction[:_PLACES], fraction[_PLACES:]
    if not (digits + fraction).isdigit() or rest.strip(b"0"):
        raise ValueError(f"price must be a decimal number with at most {_PLACES} places, not {value!r}")
    return sign * (int(digits or b"0") * _UNIT + int(kept.ljust(_PLACES, b"0")))


def shares(value: bytes) -> int:
    """Return the number of shares that ``value`` says. Raises ValueError for what is no whole number."""
    found = price(value)
    if found % _UNIT:
        raise ValueError(f"quantity must be a whole number, not {value!r}")
    return found // _UNIT


def decimal(number: int, places: int = _PLACES) -> bytes:
    """Return ``number`` of 10^-places as a decimal number, with two places at least."""
    whole, fraction = divmod(abs(number), 10 ** places)
    digits = b"%0*d" % (places, fraction)
    return b"%s%d.%s" % (b"-" if number < 0 else b"", whole, digits[:2] + digits[2:].rstrip(b"0"))


def average(notional: int, count: int) -> bytes:
    """Return ``notional`` (price x shares) over ``count`` shares, to six places, halves up; 0 without shares."""
    if not count:
        return b"0.00"
    finer = 10 ** (_AVERAGE_PLACES - _PLACES)
    return decimal((2 * notional * finer + count) // (2 * count), _AVERAGE_PLACES)
