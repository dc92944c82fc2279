# Ref: IEEE Std 802.3-2018, clauses 3.2 and 4.2.8
"""Chunks to bytes for the PHY, in its transmit clock."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.net.mac.chunks import CHUNK, CHUNK_BYTES, ChunkStream, Kind
from gateware.net.mac.crc import BEGIN, BITS, crc_next
from gateware.net.mac.rgmii import Ddr, control
from wire.ethernet import FCS_BYTES, GAP_BYTES, MIN_FRAME, PREAMBLE, PREAMBLE_BYTES, SFD

__all__ = ["Transmit"]


class Transmit(wiring.Component):
    """Sends frames: preamble, padding to the least size, FCS, and at least 12 bytes of gap behind each.

    Latency: the first byte of the preamble is on ``o`` four cycles after a frame's first chunk on ``i``, its first
    byte eight cycles later. Throughput: one byte a cycle; a chunk that is there in time costs nothing.

    Errors: a chunk that is not there in time, or LOST, ends the frame with one byte marked as error, so that no
    receiver takes it for whole; the rest of it is taken and ignored. ``i`` must bring a chunk every four cycles from
    eight cycles after the first, each two cycles before it is needed; whole frames that wait in a queue do.

    Reset: ends the carrier at once, without FCS; the rest of the frame is taken and ignored.

    Members
    -------
    i : chunks of frames without FCS
    o : what the DDR registers of the transmit pins send
    broken : strobe, a frame was ended by an error
    """

    i: In(ChunkStream)
    o: Out(Ddr)
    broken: Out(1)

    def elaborate(self, platform):
        m = Module()
        # Two chunks are held here, as what becomes of one is known too late in a cycle for the queue that they come
        # from. What is held outlives a reset, as what is in the queue does.
        chunk, held, take = Signal(CHUNK, reset_less=True), Signal(reset_less=True), Signal()
        following, follows = Signal(CHUNK, reset_less=True), Signal(reset_less=True)
        kind = chunk.kind
        m.d.comb += self.i.ready.eq(~follows)
        with m.If(~follows):
            m.d.sync += [following.eq(self.i.payload), follows.eq(self.i.valid)]
        with m.If(~held | take):
            m.d.sync += [chunk.eq(following), held.eq(follows)]
            with m.If(follows):
                m.d.sync += follows.eq(0)

        # First stage: which byte. Second stage: the sum, and the byte or a byte of the sum.
        byte, valid, error, summed, check = Signal(8), Signal(), Signal(), Signal(), Signal()
        first = Signal(data.StructLayout({"byte": 8, "valid": 1, "error": 1, "summed": 1, "check": 1}))
        crc = Signal(BITS, init=BEGIN)
        m.d.sync += [
            first.byte.eq(byte), first.valid.eq(valid), first.error.eq(error), first.summed.eq(summed),
            first.check.eq(check), crc.eq(BEGIN), self.o.data.eq(Mux(first.check, ~crc[:8], first.byte)),
            self.o.control.eq(control(first.valid, first.error))]
        with m.If(first.summed):
            m.d.sync += crc.eq(crc_next(crc, first.byte))
        with m.Elif(first.check):
            m.d.sync += crc.eq(crc[8:])

        # Frames in ``i`` outlive a reset.
        between = Signal(init=1, reset_less=True)
        with m.If(held & take):
            m.d.sync += between.eq(kind != Kind.MORE)

        # Bytes sent in a frame up to what needs no padding, bytes of what is sent otherwise, and of gap still to keep.
        sent, step = Signal(range(MIN_FRAME + 1)), Signal(range(PREAMBLE_BYTES + 1))
        gap = Signal(range(GAP_BYTES + 1), init=GAP_BYTES)
        m.d.sync += gap.eq(GAP_BYTES)

        def send(value):
            m.d.comb += [byte.eq(value), valid.eq(1)]

        def send_summed(value):
            send(value)
            m.d.comb += summed.eq(1)
            m.d.sync += [sent.eq(sent + (sent != MIN_FRAME)), step.eq(0)]

        with m.FSM(init="Ignore Rest"):
            with m.State("Ignore Rest"):
                m.d.comb += take.eq(~between)
                with m.If(gap != 0):
                    m.d.sync += gap.eq(gap - 1)
                with m.If(between):
                    m.next = "Wait"
            with m.State("Wait"):
                m.d.sync += [sent.eq(0), step.eq(1), gap.eq(gap - (gap != 0))]
                with m.If(held & (kind > Kind.LAST4)):
                    m.d.comb += take.eq(1)
                with m.Elif(held & (gap == 0)):
                    send(PREAMBLE)
                    m.next = "Send Preamble"
            with m.State("Send Preamble"):
                send(PREAMBLE)
                m.d.sync += step.eq(step + 1)
                with m.If(step == PREAMBLE_BYTES):
                    m.d.comb += byte.eq(SFD)
                    m.d.sync += step.eq(0)
                    m.next = "Send Data"
            with m.State("Send Data"):
                with m.If(~held | (kind > Kind.LAST4)):
                    send(0)
                    m.d.comb += [error.eq(1), self.broken.eq(1), take.eq(1)]
                    m.next = "Ignore Rest"
                with m.Else():
                    send_summed(chunk.data.word_select(step[:2], 8))
                    m.d.sync += step.eq(step + 1)
                    with m.If((step == CHUNK_BYTES - 1) & (kind == Kind.MORE)):
                        m.d.comb += take.eq(1)
                        m.d.sync += step.eq(0)
                    with m.If((kind != Kind.MORE) & (step + 1 == kind)):
                        m.d.comb += take.eq(1)
                        m.d.sync += step.eq(0)
                        m.next = "Send Check"
                        with m.If(sent < MIN_FRAME - 1):
                            m.next = "Send Padding"
            with m.State("Send Padding"):
                send_summed(0)
                with m.If(sent == MIN_FRAME - 1):
                    m.next = "Send Check"
            with m.State("Send Check"):
                send(0)
                m.d.comb += check.eq(1)
                m.d.sync += step.eq(step + 1)
                with m.If(step == FCS_BYTES - 1):
                    m.next = "Wait"
        return m
