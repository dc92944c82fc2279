"""Verdicts that wait to be taken."""

from amaranth.hdl import Assert, Format, Module, Mux, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Queue"]


class Queue(wiring.Component):
    """First in, first out, with places promised ahead.

    A place is promised (``promise``) while ``free`` is set, and must be used by a ``put`` later, once. So the queue
    never overflows. Latency: what is put is on ``o`` in the next cycle. Throughput: one a cycle. Reset: empty.

    Members
    -------
    free : there is a place to promise
    promise : strobe
    put, item : write
    o : what was put, in its order
    level, promised : what waits; places that are used or promised
    """

    def __init__(self, *, shape, depth: int):
        if depth < 2 or depth & depth - 1:
            raise ValueError(f"depth must be a power of two of at least 2, not {depth}")
        self.shape, self.depth = shape, depth
        super().__init__({
            "free": Out(1, init=1), "promise": In(1), "put": In(1), "item": In(shape),
            "o": Out(stream.Signature(shape)), "level": Out(range(depth + 1)), "promised": Out(range(depth + 1))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.items = items = memory.Memory(shape=self.shape, depth=self.depth, init=[])
        write, read = items.write_port(), items.read_port(domain="comb")
        head, tail = Signal(range(self.depth)), Signal(range(self.depth))
        level, promised = self.level, self.promised
        taken, after = Signal(), Signal.like(promised)
        m.d.comb += [
            taken.eq(self.o.valid & self.o.ready), self.o.valid.eq(level != 0), self.o.payload.eq(read.data),
            read.addr.eq(head), write.addr.eq(tail), write.en.eq(self.put), write.data.eq(self.item),
            after.eq(Mux(self.promise == taken, promised, Mux(taken, promised - 1, promised + 1)))]
        m.d.sync += [
            head.eq(head + taken), tail.eq(tail + self.put), level.eq(level + self.put - taken),
            promised.eq(after), self.free.eq(after < self.depth),
            Assert(~self.put | (level < self.depth), Format("a verdict was lost"))]
        return m
