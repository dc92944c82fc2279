"""Writes to ring memory, as words that a Keeper takes."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import fifo, wiring
from amaranth.lib.wiring import In, Out

from gateware.hostlink.keeper import KeptWord
from gateware.interfaces import RingWrite
from gateware.link.verdicts import VerdictWrite
from wire.risk import VERDICT_DTYPE

__all__ = ["VERDICTS_WAITING", "VERDICT_WORDS", "EventWords", "VerdictWords"]

_WORD_BYTES = 8
VERDICT_WORDS = VERDICT_DTYPE.itemsize // _WORD_BYTES
#: Verdicts that can wait: as many as slots of a window, which may all be published when the gate takes the first.
VERDICTS_WAITING = 16


class EventWords(wiring.Component):
    """Gives the words of the event ring the number of their record, which the ring tells only at its end.

    Latency: none. Throughput: a word a cycle. Reset: numbers begin from 1, as the ring's.

    Members
    -------
    i : writes to ring memory
    o : words
    """

    def __init__(self, *, words: int, kept: int):
        self.kept = kept
        super().__init__({"i": In(RingWrite), "o": Out(KeptWord(words=words, kept=kept))})

    def elaborate(self, platform):
        m = Module()
        slot = Signal(range(self.kept), init=1)
        m.d.comb += [
            self.o.valid.eq(self.i.valid), self.o.slot.eq(slot), self.o.index.eq(self.i.addr),
            self.o.data.eq(self.i.data)]
        with m.If(self.o.valid & (self.o.index == 0)):
            m.d.sync += slot.eq(slot + 1)
        return m


class VerdictWords(wiring.Component):
    """Takes whole verdicts apart.

    Latency: the number of a verdict, its last word, is on ``o`` VERDICT_WORDS + 1 cycles after it is on ``i``, if none
    is before it. Throughput: a verdict in VERDICT_WORDS cycles. Overflow: a verdict that finds VERDICTS_WAITING before
    it is dropped, and strobes ``lost``; it is missing in its place. Reset forgets those that wait.

    Members
    -------
    i : whole verdicts
    o : words
    lost : strobe
    """

    def __init__(self, *, kept: int):
        super().__init__({"i": In(VerdictWrite), "o": Out(KeptWord(words=VERDICT_WORDS, kept=kept)), "lost": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.waiting = waiting = fifo.SyncFIFO(width=len(self.i.data), depth=VERDICTS_WAITING)
        index = Signal(range(VERDICT_WORDS), init=1)
        m.d.comb += [
            waiting.w_en.eq(self.i.valid), waiting.w_data.eq(self.i.data), waiting.r_en.eq(index == 0)]
        m.d.sync += [self.lost.eq(self.i.valid & ~waiting.w_rdy), self.o.valid.eq(waiting.r_rdy)]
        with m.If(waiting.r_rdy):
            m.d.sync += [
                index.eq(Mux(index == VERDICT_WORDS - 1, 0, index + 1)), self.o.index.eq(index),
                self.o.slot.eq(waiting.r_data), self.o.data.eq(waiting.r_data.word_select(index, 8 * _WORD_BYTES))]
        return m
