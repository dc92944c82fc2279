"""Whether a sum has room for an order, in time for the next one."""

from collections.abc import Callable

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.compiled import Compiled
from gateware.risk.kept import twice

__all__ = ["Growth", "Headroom"]


class Growth(wiring.Component):
    """What an order adds to the sums.

    Latency: 1 cycle. Throughput: one a cycle.

    Members
    -------
    held_3, asked_3 : what the order had, and asks for
    grows_4, growth_4 : whether that is more, and by how much; else 0
    """

    def __init__(self, *, grows: Callable, bits: int, clock_mhz: float):
        self.grows, self.bits, self.clock_mhz = grows, bits, clock_mhz
        super().__init__({"held_3": In(bits), "asked_3": In(bits), "grows_4": Out(1), "growth_4": Out(bits)})

    def elaborate(self, platform):
        m = Module()
        rule = Compiled(m, clock_mhz=self.clock_mhz)
        difference = Signal(self.bits)
        m.d.sync += [
            self.grows_4.eq(rule("grows", self.grows, held=self.held_3, asked=self.asked_3)),
            difference.eq(self.asked_3 - self.held_3)]
        m.d.comb += self.growth_4.eq(Mux(self.grows_4, difference, 0))
        return m


class Headroom(wiring.Component):
    """Whether a sum is beyond the room that an order leaves it, for both that may become of the order before.

    room, beyond: the rule's functions, of (allowance, asked, before) and (the sum, room); total: what the latter calls
    the sum. The sum is compared in cycle 4, when it lacks only the order before; which of the two results holds is
    known in cycle 5. Each is told twice, from registers of its own: who decides and who takes on the sums may be far
    apart. Throughput: one a cycle.

    Members
    -------
    allowance_3, asked_3 : the limit with what the order had, and what it asks for
    before_3 : what the order before adds
    sum_4 : the sum without the order before
    applies_4, follows_4 : the sum matters to the order; it does, and the order before adds to it
    beyond_5, after_first_5 : whether it matters and is beyond without, with the order before
    barred_5, barred_after_5 : the same
    """

    def __init__(self, *, room: Callable, beyond: Callable, total: str, sum_shape, allowance_bits: int, bits: int,
                 clock_mhz: float):
        self.room, self.beyond, self.total, self.clock_mhz = room, beyond, total, clock_mhz
        super().__init__({
            "allowance_3": In(allowance_bits), "asked_3": In(bits), "before_3": In(bits), "sum_4": In(sum_shape),
            "applies_4": In(1), "follows_4": In(1), "beyond_5": Out(1), "after_first_5": Out(1),
            "barred_5": Out(1), "barred_after_5": Out(1)})

    def elaborate(self, platform):
        m = Module()
        rule = Compiled(m, clock_mhz=self.clock_mhz)
        for name, before, applies, *results in (
                ("without", 0, self.applies_4, self.beyond_5, self.barred_5),
                ("with", self.before_3, self.follows_4, self.after_first_5, self.barred_after_5)):
            room = rule(f"room_{name}", self.room, allowance=self.allowance_3, asked=self.asked_3, before=before)
            room_4 = Signal.like(room, name=f"room_{name}_4")
            beyond_5 = Signal(name=f"beyond_{name}_5")
            m.d.sync += [
                room_4.eq(room),
                beyond_5.eq(rule(f"beyond_{name}", self.beyond, **{self.total: self.sum_4, "room": room_4}))]
            m.d.comb += [result.eq(beyond_5 & matters) for result, matters in zip(
                results, twice(m, applies, f"matters_{name}_5"), strict=True)]
        return m
