# Ref: IEEE Std 802.3-2018, clauses 3.2 and 4.2.9
"""Bytes from the PHY, in its clock: all that happens there."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.net.mac.chunks import CHUNK, CHUNK_BYTES, ChunkStream, Kind
from gateware.net.mac.rgmii import Ddr, valid_error
from wire.ethernet import PREAMBLE, SFD

__all__ = ["Capture"]


class Capture(wiring.Component):
    """Finds frames in what the PHY sends, and puts them out in chunks, FCS and all.

    A frame begins behind the start frame delimiter; the preamble may be of any length, and of nothing but preamble.
    It ends with the carrier. Four bytes at a time are put out, and at the end the rest of them.

    Latency: a chunk is on ``o`` two cycles after its last byte is on ``i``. Throughput: one byte a cycle, with no gap
    asked for but one byte without carrier.

    Errors: when the PHY reports an error, CODING ends the frame there, without the chunk that was filling, and the rest
    of the carrier is ignored. A carrier without a frame puts out VOID, and so does an error in a preamble. Overflow: a
    chunk that finds ``o`` not ready is lost and with it the rest of the frame, and LOST is put out as soon as there is
    room; what comes until then is lost with it.

    Reset: none, its domain must not have one, as its clock comes and goes with the PHY: what was under way when the
    clock stopped goes on when it returns.

    Members
    -------
    i : what the DDR registers of the receive pins give
    o : chunks; they are not held: one that is not taken in its cycle is lost
    """

    i: In(Ddr)
    o: Out(ChunkStream)

    def elaborate(self, platform):
        m = Module()
        byte, valid, error = Signal(8), Signal(init=1), Signal()
        valid_now, error_now = valid_error(self.i.control)
        m.d.sync += [byte.eq(self.i.data), valid.eq(valid_now), error.eq(valid_now & error_now)]

        # The chunk that fills; ``full`` when it waits only to learn what comes behind.
        filling = Signal(CHUNK["data"].width)
        count = Signal(range(CHUNK_BYTES + 1))
        full = Signal()
        m.d.comb += full.eq(count == CHUNK_BYTES)

        def end(kind):
            m.d.comb += [self.o.valid.eq(1), self.o.payload.kind.eq(kind)]
            with m.If(valid):
                m.next = "Wait for Gap"
            with m.Else():
                m.next = "Wait for Frame"

        m.d.comb += self.o.payload.data.eq(filling)
        with m.FSM(init="Wait for Gap"):
            with m.State("Wait for Gap"):
                with m.If(~valid):
                    m.next = "Wait for Frame"
            with m.State("Wait for Frame"):
                m.d.sync += count.eq(0)
                with m.If(valid):
                    with m.If(error | (byte != PREAMBLE) & (byte != SFD)):
                        end(Kind.VOID)
                    with m.Elif(byte == SFD):
                        m.next = "Take Frame"
                    with m.Else():
                        m.next = "Take Preamble"
            with m.State("Take Preamble"):
                with m.If(valid & ~error & (byte == SFD)):
                    m.next = "Take Frame"
                with m.Elif(~valid | error | (byte != PREAMBLE)):
                    end(Kind.VOID)
            with m.State("Take Frame"):
                with m.If(valid & ~error):
                    m.d.comb += [self.o.valid.eq(full), self.o.payload.kind.eq(Kind.MORE)]
                    with m.If(full | (count == 0)):
                        m.d.sync += [filling.eq(byte), count.eq(1)]
                    with m.Else():
                        m.d.sync += count.eq(count + 1)
                        for lane in range(1, CHUNK_BYTES):
                            with m.If(count == lane):
                                m.d.sync += filling.word_select(lane, 8).eq(byte)
                    with m.If(full & ~self.o.ready):
                        m.next = "Tell of Loss"
                with m.Else():
                    # The kinds LAST1 to LAST4 are the numbers of their bytes.
                    ending = Signal(Kind)
                    m.d.comb += ending.eq(count)
                    with m.If(valid):
                        m.d.comb += ending.eq(Kind.CODING)
                    with m.Elif(count == 0):
                        m.d.comb += ending.eq(Kind.VOID)
                    end(ending)
                    with m.If(~self.o.ready & (ending != Kind.VOID)):
                        m.next = "Tell of Loss"
            with m.State("Tell of Loss"):
                m.d.comb += [self.o.valid.eq(1), self.o.payload.kind.eq(Kind.LOST)]
                with m.If(self.o.ready):
                    m.next = "Wait for Gap"
        return m
