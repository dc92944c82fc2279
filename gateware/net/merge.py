"""Frames of several ports as one stream."""

from amaranth.hdl import Assert, Format, Module, Mux, Signal
from amaranth.lib import data, fifo, wiring
from amaranth.lib.wiring import In, Out

from gateware.interfaces import FRAME_WORD, FrameStream
from wire.ethernet import MAX_WITH_FCS

__all__ = ["Merge"]

_WORD_BYTES = FRAME_WORD["data"].width // 8
#: Longest frame that a MAC puts out: it cuts longer ones off.
_LONGEST = -(-MAX_WITH_FCS // _WORD_BYTES)


class Merge(wiring.Component):
    """Puts the frames of ``ports`` ports behind each other, whole; which of two that wait is next goes by turns.

    A frame that nobody is ahead of passes as it comes; one that comes while another passes waits in its port's queue,
    and leaves it at a word a cycle.

    Latency: two cycles when no frame is ahead. Throughput: one word a cycle. Overflow: a frame that begins when its
    port's queue has no room for the longest one is dropped whole, and strobes ``dropped``; two ports at line rate
    never do this, as the core takes more words than they bring. Errors: the words of a frame must all come, up to the
    one with ``last``, or the other ports wait. Reset: forgets all frames.

    Members
    -------
    i : frames of each port
    o : frames of all
    dropped : strobe for each port
    """

    def __init__(self, *, ports: int, depth: int = 512):
        if ports < 1:
            raise ValueError(f"ports must be at least 1, not {ports}")
        if depth < 2 * _LONGEST:
            raise ValueError(f"depth must be at least two longest frames, {2 * _LONGEST} words, not {depth}")
        self.ports, self.depth = ports, depth
        super().__init__({
            "i": In(FrameStream).array(ports), "o": Out(FrameStream), "dropped": Out(data.ArrayLayout(1, ports))})

    def elaborate(self, platform):
        m = Module()
        ready, words, chosen = Signal(self.ports), [], Signal(self.ports)
        for n, port in enumerate(self.i):
            m.submodules[f"queue_{n}"] = queue = fifo.SyncFIFOBuffered(width=FRAME_WORD.size, depth=self.depth)

            # Whether a frame is taken is decided at its first word.
            room, taken, takes = Signal(name=f"room_{n}", init=1), Signal(name=f"taken_{n}"), Signal(name=f"takes_{n}")
            comes = Signal(name=f"comes_{n}")
            m.d.comb += [
                takes.eq((room & port.p.first) | (taken & ~port.p.first)), comes.eq(port.valid & takes)]
            m.d.sync += [
                room.eq(queue.level < self.depth - _LONGEST - 2), self.dropped[n].eq(port.valid & port.p.first & ~room)]
            with m.If(port.valid):
                m.d.sync += taken.eq(takes & ~port.p.last)

            # A port offers a word in a register, filled from the queue, and past it when nothing can be in it.
            free, drained = Signal(name=f"free_{n}"), Signal(name=f"drained_{n}", init=1)
            offered = Signal(FRAME_WORD, name=f"offered_{n}")
            m.d.comb += [
                free.eq(~ready[n] | chosen[n]), queue.r_en.eq(free),
                queue.w_data.eq(port.p), queue.w_en.eq(comes & ~(drained & free))]
            m.d.sync += [
                drained.eq((queue.level == 0) & ~queue.w_en),
                Assert(~queue.w_en | queue.w_rdy, Format("a word of port {} found no room", n))]
            with m.If(free):
                m.d.sync += [
                    ready[n].eq(queue.r_rdy | (drained & comes)), offered.eq(Mux(queue.r_rdy, queue.r_data, port.p))]
            words.append(offered)

        # Whose turn it is: of the frame under way, else of the first that waits behind the port that was last.
        open_, owner = Signal(), Signal(self.ports, init=1 << self.ports - 1)
        with m.If(open_):
            m.d.comb += chosen.eq(owner & ready)
        with m.Else():
            for last in range(self.ports):
                with m.If(owner[last]):
                    for n in reversed(range(last + 1, last + 1 + self.ports)):
                        with m.If(ready[n % self.ports]):
                            m.d.comb += chosen.eq(1 << n % self.ports)
        m.d.sync += self.o.valid.eq(chosen.any())
        for n, word in enumerate(words):
            with m.If(chosen[n]):
                m.d.sync += [
                    self.o.p.eq(word), owner.eq(1 << n), open_.eq(~word.last),
                    Assert(word.first != open_, Format("port {}: a frame's words do not follow each other", n))]
        return m
