"""Counters that are told one at a time, when their turn comes."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.select import one_of

__all__ = ["BITS", "Tally"]

BITS = 32


class Tally(wiring.Component):
    """Counts strobes, none of which is lost, in one memory of one port.

    A sweep visits one counter a cycle, round and round, and adds what has come since the last visit; a counter is told
    as it is visited. Latency: ``told`` comes 2 to ``len(names) + 1`` cycles after ``ask``, with all strobes up to 2
    cycles before it. Throughput: a strobe of every counter in every cycle; one question at a time. Totals wrap at
    2**32. Reset: all 0, and no question waits.

    Members
    -------
    events : a bit for each name
    ask, index : strobe; position in ``names`` of the counter that is asked for, to be held until it is told
    told, value : strobe; its total
    """

    def __init__(self, *, names):
        self.names = tuple(names)
        if len(self.names) < 2 or len(set(self.names)) != len(self.names):
            raise ValueError(f"names must be at least 2, each once, not {self.names!r}")
        self.totals = memory.Memory(shape=BITS, depth=len(self.names), init=[])
        super().__init__({
            "events": In(data.StructLayout({name: 1 for name in self.names})), "ask": In(1),
            "index": In(range(len(self.names))), "told": Out(1), "value": Out(BITS)})

    def elaborate(self, platform):
        m = Module()
        count = len(self.names)
        m.submodules.totals = totals = self.totals
        write, visited = totals.write_port(), totals.read_port(domain="comb")

        # Visit: take what has come in up to the cycle before. The first sweep begins from 0, whatever lies in memory.
        visit, slot, first = Signal(count, init=1), Signal(range(count)), Signal(init=1)
        strobes = self.events.as_value()
        gathered = [Signal(range(count + 1), name=f"gathered_{name}") for name in self.names]
        m.d.sync += [visit.eq(visit.rotate_left(1)), slot.eq(Mux(visit[-1], 0, slot + 1))]
        with m.If(visit[-1]):
            m.d.sync += first.eq(0)
        for n, amount in enumerate(gathered):
            m.d.sync += amount.eq(Mux(visit[n], 0, amount) + strobes[n])

        # Add, a cycle later, and tell.
        total, delta, added, asked = Signal(BITS), Signal.like(gathered[0], name="delta"), Signal.like(slot), Signal()
        m.d.comb += [
            visited.addr.eq(slot), write.addr.eq(added), write.data.eq(total + delta), write.en.eq(1),
            self.value.eq(write.data)]
        m.d.sync += [total.eq(Mux(first, 0, visited.data)), delta.eq(one_of(visit, gathered)), added.eq(slot)]
        m.d.sync += self.told.eq(asked & (slot == self.index))
        with m.If(self.ask):
            m.d.sync += asked.eq(1)
        with m.Elif(slot == self.index):
            m.d.sync += asked.eq(0)
        return m
