# Ref: FIX 4.4, volume 1, data types Price, Qty, Amt, float
"""FIX's decimal numbers to exact integers and back; never a float on the way."""

import re

__all__ = ["amount", "decimal", "rounded", "whole"]

_NUMBER = re.compile(rb"(-?)([0-9]*)(?:\.([0-9]*))?")
_DIGITS = 4


def _parts(value: bytes) -> tuple[int, bytes, bytes]:
    found = _NUMBER.fullmatch(value)
    if found is None or not (found[2] or found[3]):
        raise ValueError(f"{value!r} is no number")
    return -1 if found[1] else 1, found[2], (found[3] or b"").rstrip(b"0")


def amount(value: bytes) -> int:
    """Return a price or amount in 1/10,000. Raises ValueError for what is none, or has more than four digits behind the
    point that are not 0."""
    sign, before, behind = _parts(value)
    if len(behind) > _DIGITS:
        raise ValueError(f"{value!r} has more than {_DIGITS} decimal places")
    return sign * int(before + behind.ljust(_DIGITS, b"0"))


def rounded(value: bytes) -> int:
    """Return the same of an average, which may have more digits: to the nearest, halves away from 0."""
    sign, before, behind = _parts(value)
    digits = behind.ljust(_DIGITS + 1, b"0")
    return sign * (int(before + digits[:_DIGITS]) + (digits[_DIGITS] >= ord("5")))


def whole(value: bytes) -> int:
    """Return a number of shares. Raises ValueError for what is none, negative, or no whole number."""
    sign, before, behind = _parts(value)
    if behind or sign < 0:
        raise ValueError(f"{value!r} is no whole number of shares")
    return int(before or b"0")


def decimal(units: int) -> bytes:
    """Return 1/10,000 as a decimal number, with at least two digits behind the point."""
    before, behind = divmod(abs(units), 10 ** _DIGITS)
    text = (b"%d.%04d" % (before, behind)).rstrip(b"0") if behind % 100 else b"%d.%02d" % (before, behind // 100)
    return b"-" + text if units < 0 else text
