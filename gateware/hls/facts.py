"""What is known about values on one path through a rule."""

from functools import reduce

from gateware.hls.ir import Op, Value
from gateware.hls.ranges import Interval, result_range, union

__all__ = ["Facts"]

#: Operations whose range is worth deriving again once their operands are known better.
_DERIVED = (Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.MOD, Op.SHR)

#: Conclusions from conclusions are drawn so often.
_DEPTH = 32
#: Conclusions are drawn from so many parts of a condition.
_MOST = 32


def _within(known: Interval, low: int, high: int) -> Interval:
    """The part of ``known`` in low..high, or all of it if there is none."""
    low, high = max(low, known[0]), min(high, known[1])
    return (low, high) if low <= high else known


def _parts(condition: Value) -> list[Value]:
    """The operands of an AND or OR; of a chain of such, the last _MOST."""
    parts: dict[Value, None] = {}
    left = list(condition.args)
    while left and len(parts) < _MOST:
        part = left.pop()
        if part.op is condition.op:
            left += part.args
        else:
            parts[part] = None
    return list(parts)


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

    def become(self, other: "Facts") -> None:
        """Hold what ``other`` holds, and nothing else."""
        self.ranges, self.differences = dict(other.ranges), dict(other.differences)

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

    def narrow(self, value: Value, low: int, high: int, depth: int = _DEPTH) -> bool:
        """Note that ``value`` is in low..high here, and what follows for its operands. Return whether that can be."""
        known = self.range(value)
        low, high = max(low, known[0]), min(high, known[1])
        if low > high:
            return False
        if value.op is Op.CONST or (low, high) == self.ranges.get(value, (value.low, value.high)):
            return True
        self.ranges[value] = low, high
        if value.op not in (Op.ADD, Op.SUB) or not depth:
            return True
        a, b = value.args
        (a_low, a_high), (b_low, b_high) = self.range(a), self.range(b)
        if value.op is Op.ADD:
            ranges = (low - b_high, high - b_low), (low - a_high, high - a_low)
        else:
            ranges = (low + b_low, high + b_high), (a_low - high, a_high - low)
        return self.narrow(a, *ranges[0], depth - 1) and self.narrow(b, *ranges[1], depth - 1)

    def note(self, a: Value, b: Value, least: int) -> None:
        """Note that a - b is at least ``least``."""
        known = self.differences.get((a, b))
        self.differences[a, b] = least if known is None else max(known, least)

    def assume(self, condition: Value, truth: bool, depth: int = _DEPTH, alternatives: bool = True) -> bool:
        """Note that ``condition``, a boolean, has the value ``truth``. Return False if that is known to be impossible.

        alternatives: whether to look for what is common to the parts of an OR, one of which must be true.
        """
        if not self.narrow(condition, int(truth), int(truth)):
            return False
        if not depth:
            return True
        match condition.op, truth:
            case (Op.AND, True) | (Op.OR, False):
                return all(self.assume(part, truth, depth - 1, alternatives) for part in _parts(condition))
            case (Op.AND, False) | (Op.OR, True):
                return not alternatives or self._one_of(_parts(condition), truth, depth - 1)
            case (Op.XOR, _):
                a, b = condition.args
                return b.op is not Op.CONST or self.assume(a, truth != bool(b.low), depth - 1, alternatives)
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

    def _one_of(self, conditions: list[Value], truth: bool, depth: int) -> bool:
        """Note that one of ``conditions``, if they are not too many, has the value ``truth``."""
        if len(conditions) >= _MOST:
            return True
        paths = [path for condition in conditions if (path := self.copy()).assume(condition, truth, depth, False)]
        if paths:
            self.become(reduce(Facts.join, paths))
        return bool(paths)

    def _differ(self, a: Value, b: Value) -> bool:
        """Note that a is not b, if b is a number at an end of a's range."""
        (low, high), (number, other) = self.range(a), self.range(b)
        if number != other:
            return True
        return self.narrow(a, low + (low == number), high - (high == number))
