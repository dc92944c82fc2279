"""Counters of 64 bits, for the price of a few bits each."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.select import one_of

__all__ = ["Counters"]

_BITS = 64


class Counters(wiring.Component):
    """Counts strobes, none of which is lost.

    Each counter has a small accumulator. A sweep visits one counter a cycle, round and round, empties its accumulator
    and adds what it held to a total in memory. An accumulator holds as many strobes as there can be between visits.

    Latency: ``value`` is that of ``index`` one cycle later and lacks at most the strobes of the last ``len(names) + 5``
    cycles. Throughput: a strobe of every counter in every cycle. Totals wrap at 2**64. Reset: all 0; until the first
    sweep has ended, every ``value`` is 0.

    Members
    -------
    events : a bit for each name
    index : position of a counter in ``names``
    value : its total; 0 for an index beyond
    """

    def __init__(self, *, names):
        self.names = tuple(names)
        if len(self.names) < 8 or len(set(self.names)) != len(self.names):
            raise ValueError(f"names must be at least 8, each once, not {self.names!r}")
        self.totals = memory.Memory(shape=_BITS, depth=len(self.names), init=[])
        super().__init__({
            "events": In(data.StructLayout({name: 1 for name in self.names})),
            "index": In(range(len(self.names))), "value": Out(_BITS)})

    def elaborate(self, platform):
        m = Module()
        count, half = len(self.names), _BITS // 2
        m.submodules.totals = totals = self.totals
        write, visited, asked = totals.write_port(), totals.read_port(domain="comb"), totals.read_port(domain="comb")

        # Visit: take what has come in up to the cycle before.
        visit, slot = Signal(count, init=1), Signal(range(count))
        strobes = self.events.as_value()
        gathered = [Signal(range(count + 1), name=f"gathered_{name}") for name in self.names]
        m.d.sync += [visit.eq(visit.rotate_left(1)), slot.eq(Mux(visit[-1], 0, slot + 1))]
        for n, amount in enumerate(gathered):
            with m.If(visit[n] | strobes[n]):
                m.d.sync += amount.eq(Mux(visit[n], 0, amount) + strobes[n])

        # Add, the lower half before the upper. The first sweep begins from 0, whatever lies in memory.
        first = Signal(init=1)
        with m.If(visit[-1]):
            m.d.sync += first.eq(0)
        delta, total, upper = Signal.like(gathered[0], name="delta"), Signal(_BITS), Signal(half)
        lower = Signal(half + 1)
        slots = [slot, *(Signal.like(slot, name=f"slot_{stage}") for stage in (1, 2, 3))]
        stages = Signal(3)              # the pipeline has filled
        m.d.comb += visited.addr.eq(slot)
        m.d.sync += [
            delta.eq(one_of(visit, gathered)), total.eq(Mux(first, 0, visited.data)),
            lower.eq(total[:half] + delta), upper.eq(total[half:]),
            write.data.eq(Cat(lower[:half], (upper + lower[half])[:half])),
            stages.eq(Cat(Const(1, 1), stages)), *(later.eq(now) for now, later in zip(slots, slots[1:], strict=False))]
        m.d.comb += [write.addr.eq(slots[3]), write.en.eq(stages[2])]

        # Read. The last total of the first sweep is written three cycles after its visit.
        swept = Signal()
        with m.If(~first & (slots[3] == count - 1)):
            m.d.sync += swept.eq(1)
        m.d.comb += asked.addr.eq(self.index)
        m.d.sync += self.value.eq(Mux(swept & (self.index < count), asked.data, 0))
        return m
