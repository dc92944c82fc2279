"""Ranges of the results of operations, from the ranges of their operands."""

from collections.abc import Callable
from typing import Any

from gateware.hls.ir import MAX_BITS, Op

__all__ = ["Interval", "result_range", "union", "spelled"]

_POINT = {Op.AND: int.__and__, Op.OR: int.__or__, Op.XOR: int.__xor__}

#: Lowest and highest value, both included.
Interval = tuple[int, int]


def union(a: Interval, b: Interval) -> Interval:
    """The least range that holds both."""
    return min(a[0], b[0]), max(a[1], b[1])


def spelled(low: int, high: int) -> str:
    """A range in words: ``0..255``; bounds near a large power of two are written as such."""
    def bound(number: int) -> str:
        size = abs(number)
        if size < 1 << 20:
            return str(number)
        exponent = (size + (size >> 1)).bit_length() - 1
        rest = size - (1 << exponent)
        if abs(rest) > 1000:
            return str(number)
        text = f"2**{exponent}" + (f" {'-' if rest < 0 else '+'} {abs(rest)}" if rest else "")
        if number < 0:
            return f"-({text})" if rest else f"-{text}"
        return text
    return f"{bound(low)}..{bound(high)}"


def _corners(function: Callable[[int, int], int], a: Interval, b: Interval) -> Interval:
    results = [function(x, y) for x in a for y in b]
    return min(results), max(results)


def _halves(a: Interval) -> list[tuple[bool, Interval]]:
    """The range as (False, its part from 0) and (True, the complement of its negative part), as far as they exist."""
    halves = []
    if a[1] >= 0:
        halves.append((False, (max(a[0], 0), a[1])))
    if a[0] < 0:
        halves.append((True, (~min(a[1], -1), ~a[0])))
    return halves


def _bits_range(op: Op, a: Interval, b: Interval) -> Interval:
    """AND, OR, XOR of ranges from 0."""
    ones = (1 << max(a[1].bit_length(), b[1].bit_length())) - 1
    if op is Op.AND:
        return max(0, a[0] + b[0] - ones), min(a[1], b[1])
    return max(a[0], b[0]) if op is Op.OR else max(0, a[0] - b[1], b[0] - a[1]), min(ones, a[1] + b[1])


def _bitwise(op: Op, a: Interval, b: Interval) -> Interval:
    """AND, OR, XOR of any ranges: x & ~y is at most x, and the rest is De Morgan's."""
    if a[0] == a[1] and b[0] == b[1]:
        return (_POINT[op](a[0], b[0]),) * 2
    ranges = []
    for not_a, x in _halves(a):
        for not_b, y in _halves(b):
            if op is Op.XOR:
                inverted, part = not_a != not_b, _bits_range(op, x, y)
            elif not_a and not_b:
                inverted, part = True, _bits_range(Op.AND if op is Op.OR else Op.OR, x, y)
            elif not_a or not_b:
                inverted, kept = (False, y if not_a else x) if op is Op.AND else (True, x if not_a else y)
                part = 0, kept[1]
            else:
                inverted, part = False, _bits_range(op, x, y)
            ranges.append((~part[1], ~part[0]) if inverted else part)
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def result_range(op: Op, args: tuple[Interval, ...], attribute: Any = None, same: bool = False) -> Interval:
    """The least range known to hold ``op`` of operands in ``args``. same: both operands are one value.

    Exact except for AND, OR and XOR, where it is sound. A shift's amount is at most MAX_BITS to the left.
    """
    a, b = args[0], args[1] if len(args) > 1 else args[0]
    if op is Op.ADD:
        return a[0] + b[0], a[1] + b[1]
    if op is Op.SUB:
        return (0, 0) if same else (a[0] - b[1], a[1] - b[0])
    if op is Op.MUL:
        low, high = _corners(int.__mul__, a, b)
        return (min(a[0] ** 2, a[1] ** 2) if a[0] * a[1] > 0 else 0, high) if same else (low, high)
    if op is Op.SHL:
        amount = (min(b[0], MAX_BITS), min(b[1], MAX_BITS)) if a == (0, 0) else b
        return _corners(int.__lshift__, a, amount)
    if op is Op.SHR:
        return _corners(int.__rshift__, a, (min(b[0], MAX_BITS), min(b[1], MAX_BITS)))
    if op is Op.DIV:
        return a[0] // attribute, a[1] // attribute
    if op is Op.MOD:
        one = a[0] // attribute == a[1] // attribute
        return (a[0] % attribute, a[1] % attribute) if one else (0, attribute - 1)
    if op in (Op.AND, Op.OR, Op.XOR):
        return _bitwise(op, a, b)
    if op in (Op.EQ, Op.LT):
        return 0, 1
    if op is Op.MUX:
        return union(args[1], args[2])
    if op is Op.TABLE:
        items = attribute[max(a[0], 0):a[1] + 1]
        return min(items), max(items)
    raise ValueError(f"{op} has no operands")
