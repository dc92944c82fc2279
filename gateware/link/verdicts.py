"""Verdicts, numbered, for the host's memory."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, Signature

from gateware.link.ring import MAX_LOG2_ENTRIES, entry_mask
from gateware.risk.interfaces import VERDICT
from wire.risk import VERDICT_DTYPE

__all__ = ["VerdictWrite", "Verdicts"]

#: A whole verdict for entry ``index`` of the verdict ring, in every cycle in which ``valid`` is high.
VerdictWrite = Signature({
    "valid": Out(1), "index": Out(MAX_LOG2_ENTRIES), "data": Out(8 * VERDICT_DTYPE.itemsize)})


class Verdicts(wiring.Component):
    """Gives each verdict its number, from 1 without gaps, and its entry: number - 1 modulo the number of entries.

    Latency: none, a verdict is on ``ring`` in the cycle in which it is on ``i``. Throughput: one a cycle; ``i`` never
    waits. Reset: numbers begin from 1.

    Members
    -------
    log2_entries : 0..MAX_LOG2_ENTRIES; greater ones count as the greatest
    i : verdicts of the gate
    ring : writes
    """

    def __init__(self):
        super().__init__({
            "log2_entries": In(32), "i": In(stream.Signature(VERDICT)), "ring": Out(VerdictWrite)})

    def elaborate(self, platform):
        m = Module()
        number, entry, mask = Signal(64, init=1), Signal(MAX_LOG2_ENTRIES), Signal(MAX_LOG2_ENTRIES)
        m.d.sync += mask.eq(entry_mask(self.log2_entries))
        m.d.comb += [
            self.i.ready.eq(1), self.ring.valid.eq(self.i.valid), self.ring.index.eq(entry & mask),
            self.ring.data.eq(Cat(number, self.i.payload))]
        with m.If(self.i.valid):
            m.d.sync += [number.eq(number + 1), entry.eq(entry + 1)]
        return m
