"""One adder for many sums, one after the other."""

from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Adder", "Step"]


class Step:
    """An addition: ``when`` it is done, of ``a`` and ``b``, or what ``subtract`` says; each of both may be left out."""

    def __init__(self, when, a, b, subtract=0, *, a_if=None, b_if=None):
        self.when, self.a, self.b, self.subtract = when, a, b, subtract
        self.a_if = when if a_if is None else when & a_if
        self.b_if = when if b_if is None else when & b_if


class Adder(wiring.Component):
    """Adds or subtracts, and ends a sum at the ends of its range: -(2**bits - 1) or 0, and 2**bits - 1.

    Latency: 1 cycle to the sum, 2 to the one that is within its range. Throughput: one a cycle. Sums wrap in ``width``
    bits.

    Members
    -------
    a_0, b_0, subtract_0 : operands
    total_1, total_2 : their sum or difference a cycle later, and two
    floor_2, narrow_2 : the range of ``total_2`` begins with 0; it has ``narrow`` bits
    ended_2, left_2 : the sum within its range, and whether it was beyond
    """

    def __init__(self, *, width: int, bits: int, narrow: int):
        if not narrow <= bits < width:
            raise ValueError(f"narrow, bits and width must rise, not be {narrow}, {bits} and {width}")
        self.width, self.bits, self.narrow = width, bits, narrow
        number = signed(width)
        super().__init__({
            "a_0": In(number), "b_0": In(number), "subtract_0": In(1), "total_1": Out(number), "total_2": Out(number),
            "floor_2": In(1), "narrow_2": In(1), "ended_2": Out(signed(bits + 1)), "left_2": Out(1)})

    def steps(self, m, steps):
        """Give operands in ``steps``, no two of them at once; at other times 0."""
        for port, operands in ((self.a_0, [(step.a, step.a_if) for step in steps]),
                               (self.b_0, [(step.b, step.b_if) for step in steps])):
            sources = {}
            for value, given in operands:
                sources.setdefault(id(value), (value, []))[1].append(given)
            m.d.comb += port.eq(reduce(or_, (
                Mux(reduce(or_, given), Value.cast(value), 0) for value, given in sources.values())))
        m.d.comb += self.subtract_0.eq(reduce(or_, (step.when & step.subtract for step in steps)))

    def elaborate(self, platform):
        m = Module()
        a, b, subtract = Signal.like(self.a_0), Signal.like(self.b_0), Signal()
        carry = Signal(self.width + 1)
        m.d.sync += [
            a.eq(self.a_0), b.eq(self.b_0), subtract.eq(self.subtract_0),
            self.total_2.eq(self.total_1)]
        # The lowest bit carries the 1 which a difference lacks.
        added = Signal(self.width)
        m.d.comb += [
            added.eq(Mux(subtract, ~b, b)),
            carry.eq((a << 1 | 1) + (added << 1 | subtract)), self.total_1.eq(carry[1:])]

        # Whether the low bits of the sum are all 0 is known without the sum: while they are, either operand's bit
        # carries into the next one.
        low = (a ^ added ^ Cat(subtract, a | added))[:self.bits]
        halves_2 = Signal(2)
        m.d.sync += halves_2.eq(Cat(low[:self.bits // 2].any(), low[self.bits // 2:].any()))
        none_2 = halves_2 == 0

        total, high = self.total_2, Const((1 << self.bits) - 1, self.bits)
        negative = total[-1]
        above, below = Signal(), Signal()
        m.d.comb += [
            above.eq(~negative & (total[self.bits:-1].any() | self.narrow_2 & total[self.narrow:self.bits].any())),
            below.eq(negative & (self.floor_2 | ~total[self.bits:-1].all() | none_2)),
            self.left_2.eq(above | below),
            self.ended_2.eq(Mux(above, Mux(self.narrow_2, high >> self.bits - self.narrow, high), Mux(
                below, Mux(self.floor_2, 0, -high), total)))]
        return m
