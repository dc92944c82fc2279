"""What is known about values on one path through a rule."""

from collections.abc import Iterator
from functools import reduce

from gateware.hls.ir import Op, Value
from gateware.hls.ranges import Interval, result_range, union

__all__ = ["Facts"]

#: Operations whose range is worth deriving again once their operands are known better.
_DERIVED = (Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.MOD, Op.SHR)


def _within(known: Interval, low: int, high: int) -> Interval:
    """The part of ``known`` in low..high, or all of it if there is none."""
    low, high = max(low, known[0]), min(high, known[1])
    return (low, high) if low <= high else known


def _parts(condition: Value) -> Iterator[Value]:
    """The operands of an AND or OR; of a chain of such, all."""
    for part in condition.args:
        if part.op is condition.op:
            yield from _parts(part)
        else:
            yield part


class Facts:
    """Ranges of values, and least differences between two values, that hold on a path: under the conditions which lead
    there. Nothing here holds elsewhere."""

    def __init__(self) -> None:
        self.ranges: dict[Value, Interval] = {}
        self.differences: dict[tuple[Value, Value], int] = {}

    def copy(self) -> "Facts":
        """The same facts, to which others can be added."""
        copy = Facts()
        copy.ranges, copy.differences = dict(self.ranges), dict(self.differences)
        return copy

    def join(self, other: "Facts") -> "Facts":
        """What holds on both paths."""
        both = Facts()
        for value in self.ranges.keys() & other.ranges.keys():
            both.ranges[value] = union(self.ranges[value], other.ranges[value])
        for pair in self.differences.keys() & other.differences.keys():
            both.differences[pair] = min(self.differences[pair], other.differences[pair])
        return both

    def range(self, value: Value, depth: int = 2) -> Interval:
        """The range of ``value`` on this path, never empty; any one if the path cannot be taken."""
        known = self.ranges.get(value, (value.low, value.high))
        if known[0] < known[1] and depth and value.op in _DERIVED:
            args = tuple(self.range(arg, depth - 1) for arg in value.args)
            derived = self.bounded(value.op, value.args, result_range(value.op, args, value.attribute))
            return _within(known, *derived)
        return known

    def bounded(self, op: Op, args: tuple[Value, ...], bounds: Interval) -> Interval:
        """``bounds`` of a result, narrowed by the known differences of its operands if it is one."""
        if op is not Op.SUB:
            return bounds
        least = self.differences.get((args[0], args[1]), bounds[0])
        return _within(bounds, least, -self.differences.get((args[1], args[0]), -bounds[1]))

    def narrow(self, value: Value, low: int, high: int) -> bool:
        """Note that ``value`` is in low..high here. Return whether that can be."""
        known = self.range(value)
        low, high = max(low, known[0]), min(high, known[1])
        if low > high:
            return False
        if value.op is Op.CONST or (low, high) == self.ranges.get(value, (value.low, value.high)):
            return True
        self.ranges[value] = low, high
        if value.op not in (Op.ADD, Op.SUB):
            return True
        a, b = value.args
        (a_low, a_high), (b_low, b_high) = self.range(a), self.range(b)
        if value.op is Op.ADD:
            return self.narrow(a, low - b_high, high - b_low) and self.narrow(b, low - a_high, high - a_low)
        return self.narrow(a, low + b_low, high + b_high) and self.narrow(b, a_low - high, a_high - low)

    def note(self, a: Value, b: Value, least: int) -> None:
        """Note that a - b is at least ``least``."""
        known = self.differences.get((a, b))
        self.differences[a, b] = least if known is None else max(known, least)

    def assume(self, condition: Value, truth: bool, alternatives: bool = True) -> bool:
        """Note that ``condition``, a boolean, has the value ``truth``. Return False if that is known to be impossible.

        alternatives: whether to look for what is common to the parts of an OR, one of which must be true.
        """
        if not self.narrow(condition, int(truth), int(truth)):
            return False
        match condition.op, truth:
            case (Op.AND, True) | (Op.OR, False):
                return all(self.assume(part, truth, alternatives) for part in condition.args)
            case (Op.AND, False) | (Op.OR, True):
                return not alternatives or self._one_of(list(_parts(condition)), truth)
            case (Op.XOR, _):
                a, b = condition.args
                return b.op is not Op.CONST or self.assume(a, truth != bool(b.low), alternatives)
            case (Op.LT, _):
                a, b = condition.args
                gap = 1 if truth else 0
                small, large = (a, b) if truth else (b, a)
                self.note(large, small, gap)
                highest, lowest = self.range(large)[1] - gap, self.range(small)[0] + gap
                return (self.narrow(small, self.range(small)[0], highest)
                        and self.narrow(large, lowest, self.range(large)[1]))
            case (Op.EQ, True):
                a, b = condition.args
                self.note(a, b, 0)
                self.note(b, a, 0)
                return self.narrow(a, *self.range(b)) and self.narrow(b, *self.range(a))
            case (Op.EQ, False):
                a, b = condition.args
                return self._differ(a, b) and self._differ(b, a)
        return True

    def _one_of(self, conditions: list[Value], truth: bool) -> bool:
        """Note that one of ``conditions`` has the value ``truth``."""
        paths = [path for condition in conditions if (path := self.copy()).assume(condition, truth, False)]
        if paths:
            common = reduce(Facts.join, paths)
            self.ranges, self.differences = common.ranges, common.differences
        return bool(paths)

    def _differ(self, a: Value, b: Value) -> bool:
        """Note that a is not b, if b is a number at an end of a's range."""
        (low, high), (number, other) = self.range(a), self.range(b)
        if number != other:
            return True
        return self.narrow(a, low + (low == number), high - (high == number))
