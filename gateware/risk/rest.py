"""When the gate may rest: nothing is in it, and nothing is on its way to it."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Rest"]


class Rest(wiring.Component):
    """Tells whether the clock of the gate's pipelines may stand still, which a simulator gains from.

    Latency: ``awake`` rises with ``stir``, none; it falls CYCLES cycles after the last stir: more than a slot or a
    command stays in the pipelines.

    Members
    -------
    stir : something comes, is offered, or waits to leave
    awake : the clock is needed for the edge at the end of this cycle
    """

    CYCLES = 64

    def __init__(self):
        super().__init__({"stir": In(1), "awake": Out(1)})

    def elaborate(self, platform):
        m = Module()
        left = Signal(range(self.CYCLES + 1))
        m.d.comb += self.awake.eq(self.stir | left.any())
        with m.If(self.stir):
            m.d.sync += left.eq(self.CYCLES)
        with m.Elif(left.any()):
            m.d.sync += left.eq(left - 1)
        return m
