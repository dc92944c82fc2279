"""From words to chunks: the core's side of the transmitter."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from gateware.interfaces import FRAME_WORD
from gateware.net.mac.chunks import CHUNK_BYTES, ChunkStream, Kind
from gateware.net.mac.crc import BITS

__all__ = ["SendStream", "Split"]

#: Words of frames without FCS, which can wait; with ``error`` the frame is given up.
SendStream = stream.Signature(FRAME_WORD)


class Split(wiring.Component):
    """Puts out each word as two chunks, or as one when it has no more than four bytes.

    Latency: none, the first chunk of a word is on ``o`` in that cycle. Throughput: one chunk a cycle. Errors: a last
    word with ``error`` puts out LOST, and so does a ``first`` that comes before the last word; words without a
    ``first`` before them are ignored. Reset: puts out LOST for a frame that was under way, and ignores its rest.

    Members
    -------
    i : words
    o : chunks
    done : strobe, a frame's last chunk was put out
    """

    i: In(SendStream)
    o: Out(ChunkStream)
    done: Out(1)

    def elaborate(self, platform):
        m = Module()
        word, chunk = self.i.payload, self.o.payload
        # ``open_``: the last chunk put out was of a frame that goes on; ``ours``: that was after the last reset.
        upper, open_, ours = Signal(), Signal(reset_less=True), Signal()
        left, here = Signal(4), Signal()
        m.d.comb += [
            left.eq(word.count - Mux(upper, CHUNK_BYTES, 0)),
            here.eq(left <= CHUNK_BYTES),
            self.done.eq(self.o.valid & self.o.ready & (chunk.kind != Kind.MORE) & (chunk.kind != Kind.LOST))]
        for lane in range(CHUNK_BYTES):
            byte = Mux(upper, word.data[BITS:], word.data[:BITS]).word_select(lane, 8)
            m.d.comb += chunk.data.word_select(lane, 8).eq(Mux(left > lane, byte, 0))
        with m.If(open_ & (~ours | self.i.valid & word.first & ~upper)):
            m.d.comb += [self.o.valid.eq(1), chunk.kind.eq(Kind.LOST)]
        with m.Elif(~open_ & ~word.first):
            m.d.comb += self.i.ready.eq(1)
        with m.Else():
            m.d.comb += [self.o.valid.eq(self.i.valid), self.i.ready.eq(self.o.ready & (here | upper))]
            with m.If(word.last & word.error):
                m.d.comb += [chunk.kind.eq(Kind.LOST), self.i.ready.eq(self.o.ready)]
            with m.Elif(word.last & here):
                m.d.comb += chunk.kind.eq(left)
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [
                upper.eq((chunk.kind == Kind.MORE) & ~self.i.ready), open_.eq(chunk.kind == Kind.MORE),
                ours.eq(chunk.kind == Kind.MORE)]
        return m
