"""Packets of several senders, one after the other."""

from amaranth.hdl import Array, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Merge"]


class Merge(wiring.Component):
    """Puts out whole packets, words up to one with ``last``, of ``inputs`` streams of ``shape`` in turn.

    Latency: a packet's first word is on ``o`` two cycles after it is on its input, if no other is under way and
    ``free`` is high; the rest one cycle. Throughput: a word in two cycles, as no ready passes through to the senders in
    the cycle in which it comes. A sender that stops within a packet stops all. Reset cuts the packet under way.

    Members
    -------
    i : packets
    free : a packet may begin
    o : packets
    chosen : whose packet is under way, or was the last; it does not change while a word is on ``o``
    """

    def __init__(self, shape, *, inputs: int):
        if inputs < 2:
            raise ValueError(f"inputs must be at least 2, not {inputs}")
        self.inputs = inputs
        super().__init__({
            "i": In(stream.Signature(shape)).array(inputs), "free": In(1, init=1), "o": Out(stream.Signature(shape)),
            "chosen": Out(range(inputs))})

    def elaborate(self, platform):
        m = Module()
        passes, nearest = Signal(), Signal.like(self.chosen)
        waiting = Array(each.valid for each in self.i)
        m.d.comb += nearest.eq(self.chosen)
        for step in reversed(range(1, self.inputs)):
            behind = Signal(range(2 * self.inputs), name=f"behind{step}")
            place = Signal.like(self.chosen, name=f"place{step}")
            m.d.comb += [
                behind.eq(self.chosen + step),
                place.eq(Mux(behind >= self.inputs, behind - self.inputs, behind))]
            with m.If(waiting[place]):
                m.d.comb += nearest.eq(place)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.If(~passes & ~self.o.valid & self.free):
            m.d.sync += [passes.eq(waiting[nearest]), self.chosen.eq(nearest)]
        with m.Elif(passes & ~self.o.valid):
            with m.Switch(self.chosen):
                for n, each in enumerate(self.i):
                    with m.Case(n):
                        m.d.comb += each.ready.eq(1)
                        m.d.sync += [
                            self.o.valid.eq(each.valid), self.o.payload.eq(each.payload),
                            passes.eq(~(each.valid & each.payload.last))]
        return m
