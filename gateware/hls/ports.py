"""A pipeline whose ports are plain signals, for tools that know no streams."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.hls.pipeline import Pipeline

__all__ = ["Ports"]


class Ports(wiring.Component):
    """``pipeline`` as it is, without ``ready``, which is a constant in streams that are always ready.

    Members
    -------
    i, o : In and Out(struct), the payloads
    i_valid, o_valid : In(1) and Out(1)
    """

    def __init__(self, pipeline: Pipeline):
        self.pipeline = pipeline
        super().__init__({"i": In(pipeline.i.p.shape()), "o": Out(pipeline.o.p.shape()), "i_valid": In(1),
                          "o_valid": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.pipeline = pipeline = self.pipeline
        m.d.comb += [pipeline.i.p.eq(self.i), pipeline.i.valid.eq(self.i_valid),
                     self.o.eq(pipeline.o.p), self.o_valid.eq(pipeline.o.valid)]
        return m
