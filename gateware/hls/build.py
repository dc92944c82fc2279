"""Builds the graph of a rule: each operation once, with the least range, or folded away."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gateware.hls.errors import Refusal
from gateware.hls.facts import Facts
from gateware.hls.ir import MAX_BITS, Op, Port, Source, Value
from gateware.hls.ranges import Interval, result_range, spelled, union

__all__ = ["Graph"]

_COMMUTATIVE = (Op.ADD, Op.MUL, Op.AND, Op.OR, Op.XOR, Op.EQ)


class Graph:
    """Makes values. Every method that is named after an operation returns the value of it, under ``facts``.

    facts: what is known on the path on which the operations are now. source: where in the rule they are now.

    An operation that was made already on another path is used again if its range holds the result here, too; what is
    known to be narrower here goes into the facts. Raises Refusal where a range passes MAX_BITS.
    """

    def __init__(self) -> None:
        self.facts = Facts()
        self.source: Source | None = None
        self._made: dict[Any, list[Value]] = {}
        self._serial: dict[Value, int] = {}

    @contextmanager
    def on(self, facts: Facts) -> Iterator[None]:
        """Be on another path for a while."""
        before, self.facts = self.facts, facts
        try:
            yield
        finally:
            self.facts = before

    def range(self, value: Value) -> Interval:
        """The range of ``value`` on this path."""
        return self.facts.range(value)

    def input(self, port: Port) -> Value:
        """A field of a parameter."""
        return self._new(Op.INPUT, (), (port.low, port.high), port, port.boolean)

    def const(self, number: int, boolean: bool = False) -> Value:
        """A constant."""
        return self._make(Op.CONST, (), (number, number), number, boolean)

    def _new(self, op: Op, args: tuple[Value, ...], interval: Interval, attribute: Any, boolean: bool) -> Value:
        value = Value(op, args, *interval, attribute, boolean, self.source)
        if value.bits > MAX_BITS:
            raise Refusal(f"the range {spelled(*interval)} needs {value.bits} bits, more than {MAX_BITS}",
                          "write it with smaller ranges, or clamp it before by min and max")
        self._serial[value] = len(self._serial)
        return value

    def _make(self, op: Op, args: tuple[Value, ...], interval: Interval, attribute: Any, boolean: bool) -> Value:
        made = self._made.setdefault((op, args, attribute, boolean), [])
        for value in made:
            if value.low <= interval[0] and interval[1] <= value.high:
                break
        else:
            value = self._new(op, args, interval, attribute, boolean)
            made.append(value)
        if interval != (value.low, value.high):
            self.facts.narrow(value, *interval)
        return value

    def known(self, value: Value) -> Value:
        """``value``, or the constant that it can only be on this path."""
        low, high = self.range(value)
        return self.const(low, value.boolean) if low == high else value

    def _operate(self, op: Op, *args: Value, attribute: Any = None, boolean: bool = False) -> Value:
        if op in _COMMUTATIVE:
            args = tuple(sorted(args, key=lambda arg: (arg.op is Op.CONST, self._serial[arg])))
        same = len(args) == 2 and args[0] is args[1]
        interval = result_range(op, tuple(self.range(arg) for arg in args), attribute, same)
        interval = self.facts.bounded(op, args, interval)
        if interval[0] == interval[1]:
            return self.const(interval[0], boolean)
        return self._make(op, args, interval, attribute, boolean)

    def _cut(self, a: Value) -> Value:
        """``a``, without the upper bits that are 0 on this path: for operations whose cost grows with their width."""
        low, high = self.range(a)
        bits = max(1, high.bit_length())
        if low < 0 or bits >= a.bits:
            return a
        return self._make(Op.AND, (a, self.const((1 << bits) - 1)), (low, high), None, False)

    def add(self, a: Value, b: Value) -> Value:
        a, b = self.known(a), self.known(b)
        if b.op is not Op.CONST:
            a, b = b, a
        return a if (b.low, b.high) == (0, 0) else self._operate(Op.ADD, a, b)

    def sub(self, a: Value, b: Value) -> Value:
        a, b = self.known(a), self.known(b)
        return a if (b.low, b.high) == (0, 0) else self._operate(Op.SUB, a, b)

    def mul(self, a: Value, b: Value) -> Value:
        a, b = self.known(a), self.known(b)
        if b.op is not Op.CONST:
            a, b = b, a
        if b.op is Op.CONST and a.op is not Op.CONST and b.low:
            size = abs(b.low)
            if not size & size - 1:
                scaled = self.shl(a, self.const(size.bit_length() - 1))
                return scaled if b.low > 0 else self.sub(self.const(0), scaled)
        return self._operate(Op.MUL, self._cut(a), self._cut(b))

    def shl(self, a: Value, b: Value) -> Value:
        a, b = self.known(a), self._amount(b)
        if self.range(b)[1] > MAX_BITS and self.range(a) != (0, 0):
            raise Refusal(f"the amount of a shift to the left is in {spelled(*self.range(b))}",
                          f"write min(amount, n) with n of at most {MAX_BITS}")
        return a if (b.low, b.high) == (0, 0) else self._operate(Op.SHL, a, b)

    def shr(self, a: Value, b: Value) -> Value:
        a, b = self.known(a), self._amount(b)
        return a if (b.low, b.high) == (0, 0) else self._operate(Op.SHR, a, b)

    def _amount(self, b: Value) -> Value:
        b = self.known(b)
        if self.range(b)[0] < 0:
            raise Refusal(f"the amount of a shift is in {spelled(*self.range(b))}, so it can be negative",
                          "write max(amount, 0)")
        return b

    def div(self, a: Value, divisor: int) -> Value:
        """a // divisor, a constant other than 0."""
        if divisor < 0:
            return self.div(self.sub(self.const(0), a), -divisor)
        a = self.known(a)
        if not divisor & divisor - 1:
            return self.shr(a, self.const(divisor.bit_length() - 1))
        return self._operate(Op.DIV, self._cut(a), attribute=divisor)

    def mod(self, a: Value, divisor: int) -> Value:
        """a % divisor, a constant other than 0."""
        if divisor < 0:
            return self.sub(self.const(0), self.mod(self.sub(self.const(0), a), -divisor))
        a = self.known(a)
        low, high = self.range(a)
        if 0 <= low and high < divisor:
            return a
        if not divisor & divisor - 1:
            return self.bitwise(Op.AND, a, self.const(divisor - 1))
        return self._operate(Op.MOD, self._cut(a), attribute=divisor)

    def bitwise(self, op: Op, a: Value, b: Value) -> Value:
        """AND, OR or XOR; a boolean if both operands are."""
        a, b = self.known(a), self.known(b)
        boolean = a.boolean and b.boolean
        if a.op is Op.CONST:
            a, b = b, a
        if a is b and op is not Op.XOR and a.boolean == boolean:
            return a
        if a is b and op is Op.XOR:
            return self.const(0, boolean)
        if b.op is Op.CONST and a.op is not Op.CONST and a.boolean == boolean:
            low, high = self.range(a)
            ones = (1 << high.bit_length()) - 1 if low >= 0 else -1
            if b.low == 0:
                return b if op is Op.AND else a
            if op is Op.AND and (b.low & ones) == ones:
                return a
            if op is Op.OR and boolean:
                return b
            if op is Op.XOR and boolean and a.op is Op.XOR and a.args[1].op is Op.CONST:
                return a.args[0]
        return self._operate(op, a, b, boolean=boolean)

    def invert(self, a: Value) -> Value:
        """``not a`` of a boolean."""
        return self.bitwise(Op.XOR, a, self.const(1, True))

    def lt(self, a: Value, b: Value) -> Value:
        """a < b. A constant is always on the right; b < a + 1 is its complement."""
        a, b = self.known(a), self.known(b)
        (a_low, a_high), (b_low, b_high) = self.range(a), self.range(b)
        if a_high < b_low or self.facts.differences.get((b, a), 0) > 0:
            return self.const(1, True)
        if a is b or a_low >= b_high or self.facts.differences.get((a, b), -1) >= 0:
            return self.const(0, True)
        if a.op is Op.CONST:
            return self.invert(self.lt(b, self.const(a.low + 1)))
        return self.known(self._operate(Op.LT, a, b, boolean=True))

    def eq(self, a: Value, b: Value) -> Value:
        """a == b."""
        a, b = self.known(a), self.known(b)
        (a_low, a_high), (b_low, b_high) = self.range(a), self.range(b)
        if a is b or a_low == a_high == b_low == b_high:
            return self.const(1, True)
        apart = self.facts.differences.get((a, b), 0) > 0 or self.facts.differences.get((b, a), 0) > 0
        if a_high < b_low or b_high < a_low or apart:
            return self.const(0, True)
        if a.op is Op.CONST:
            a, b = b, a
        if a.boolean and b.op is Op.CONST:
            return a if b.low else self.invert(a)
        return self.known(self._operate(Op.EQ, a, b, boolean=True))

    def truth(self, a: Value) -> Value:
        """a as a boolean: whether it is not 0."""
        return a if a.boolean else self.invert(self.eq(a, self.const(0)))

    def mux(self, condition: Value, a: Value, a_facts: Facts, b: Value, b_facts: Facts) -> Value:
        """``a if condition else b``; the facts are those of the two paths at whose ends a and b are."""
        condition = self.known(condition)
        if condition.op is Op.CONST:
            return a if condition.low else b
        if a is b:
            return a
        a_range, b_range = a_facts.range(a), b_facts.range(b)
        boolean = a.boolean and b.boolean
        a = self.const(a_range[0], a.boolean) if a_range[0] == a_range[1] else a
        b = self.const(b_range[0], b.boolean) if b_range[0] == b_range[1] else b
        if a.op is b.op is Op.CONST and a.low == b.low:
            return a
        if condition.op is Op.XOR and condition.args[1].op is Op.CONST:
            return self.mux(condition.args[0], b, b_facts, a, a_facts)
        if boolean and a.op is Op.CONST:
            return self.bitwise(Op.OR, condition, b) if a.low else self.bitwise(Op.AND, self.invert(condition), b)
        if boolean and b.op is Op.CONST:
            return self.bitwise(Op.OR, self.invert(condition), a) if b.low else self.bitwise(Op.AND, condition, a)
        value = self._make(Op.MUX, (condition, a, b), union(a_range, b_range), None, boolean)
        if condition.op is Op.LT and {a, b} == set(condition.args):
            least = a is condition.args[0]
            for arm in (a, b):
                self.facts.note(*((arm, value) if least else (value, arm)), 0)
        return value

    def fork(self, condition: Value) -> tuple[Facts | None, Facts | None]:
        """The paths on which ``condition`` is true and false; None for one that cannot be taken, at most one.

        If there is one, what holds on the other holds here.
        """
        true, false = self.facts.copy(), self.facts.copy()
        if not false.assume(condition, False):
            self.facts.assume(condition, True)
            return self.facts.copy(), None
        if not true.assume(condition, True):
            self.facts.assume(condition, False)
            return None, self.facts.copy()
        return true, false

    def choose(self, condition: Value, a: Callable[[], Value], b: Callable[[], Value]) -> Value:
        """``a() if condition else b()``, each made on its own path."""
        made = []
        paths = self.fork(condition)
        for path, make in zip(paths, (a, b), strict=True):
            if path is not None:
                with self.on(path):
                    made.append(make())
        return made[0] if len(made) == 1 else self.mux(condition, made[0], paths[0], made[1], paths[1])

    def minimum(self, a: Value, b: Value) -> Value:
        least = self.choose(self.lt(b, a), lambda: b, lambda: a)
        self.facts.note(a, least, 0)
        self.facts.note(b, least, 0)
        return least

    def maximum(self, a: Value, b: Value) -> Value:
        most = self.choose(self.lt(a, b), lambda: b, lambda: a)
        self.facts.note(most, a, 0)
        self.facts.note(most, b, 0)
        return most

    def absolute(self, a: Value) -> Value:
        return self.choose(self.lt(a, self.const(0)), lambda: self.sub(self.const(0), a), lambda: a)

    def table(self, items: tuple[int, ...], index: Value, boolean: bool = False) -> Value:
        """items[index]."""
        index = self.known(index)
        low, high = self.range(index)
        if low < 0 or high >= len(items):
            raise Refusal(f"the index is in {spelled(low, high)}, the table has 0..{len(items) - 1}",
                          "clamp the index by min and max, or make the table longer")
        return self._operate(Op.TABLE, index, attribute=items, boolean=boolean)
