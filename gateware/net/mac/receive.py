# Ref: IEEE Std 802.3-2018, clauses 3.2 and 4.2.9; RFC 2819, section 4 (which error is which)
"""From chunks to words: the core's side of the receiver."""

from amaranth.hdl import Array, C, Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.interfaces import FrameStream
from gateware.net.mac.chunks import CHUNK_BYTES, ChunkStream, Kind
from gateware.net.mac.crc import BEGIN, BITS, crc_next, residue
from wire.ethernet import MAX_WITH_FCS, MIN_WITH_FCS

__all__ = ["FATES", "EVENTS", "Receive"]

#: What becomes of a carrier, exactly one of them for each.
FATES = (
    "good",         # a frame of right size and FCS
    "fcs",          # a frame of right size and wrong FCS
    "runts",        # too short a frame with the right FCS
    "fragments",    # and with a wrong one
    "oversized",    # too long a frame with the right FCS
    "jabbers",      # and with a wrong one
    "coding",       # the PHY reported an error
    "lost",         # the queue to the core was full
    "void",         # no start frame delimiter, or nothing behind it
    "refused",      # a frame that began while the receiver was off
    "cut",          # a frame under way when it was put off
)
EVENTS = data.StructLayout({name: 1 for name in FATES})


class Receive(wiring.Component):
    """Makes words of chunks, takes off the FCS and judges it.

    Cut-through: a word is put out as soon as its bytes are known to be no FCS, which is when one chunk more came.
    The last word has ``error`` when the frame is not good. A frame of which words were put out always gets a last
    word; of a frame of no more than 4 bytes with FCS nothing is put out.

    Latency: a word is on ``o`` two cycles after the chunk behind it is on ``i``, the last word two cycles after the
    frame's last chunk; its event strobes with it. Throughput: one chunk a cycle; ``i`` is always ready.

    Errors: a frame of more than ``max_bytes`` with its FCS gets its last word there, in error, and no more; it counts
    when it ends. When ``enable`` falls, a frame under way gets its last word, in error, two cycles later, and the rest
    of it is ignored, whenever it comes. One that ends in CODING or LOST gets its last word, in error. Reset forgets the
    frame under way, and what is left of it is neither put out nor counted.

    Members
    -------
    i : chunks
    enable : take frames
    o : frames without FCS
    events : strobes, one for each carrier
    """

    i: In(ChunkStream)
    enable: In(1)
    o: Out(FrameStream)
    events: Out(EVENTS)

    def __init__(self, *, max_bytes: int = MAX_WITH_FCS):
        if not MIN_WITH_FCS <= max_bytes <= 16_000:
            raise ValueError(f"max_bytes must be {MIN_WITH_FCS}..16000, not {max_bytes}")
        self.max_bytes = max_bytes
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        chunk, size = self.i.payload, self.i.payload.kind
        more = size == Kind.MORE
        least = MIN_WITH_FCS // CHUNK_BYTES
        most, rest = divmod(self.max_bytes, CHUNK_BYTES)

        # First stage: which chunk of which frame. ``between`` frames outlives a reset, or the rest of one would become
        # a frame of its own; ``open_`` frames do not.
        between, open_ = Signal(init=1, reset_less=True), Signal()
        place, at = Signal(range(most + 2)), Signal(range(most + 2))
        filled, belongs, cuts = Signal(), Signal(), Signal()
        m.d.comb += [
            self.i.ready.eq(1), at.eq(Mux(between, 0, place)),
            filled.eq(self.i.valid & (size <= Kind.LAST4)),
            belongs.eq(self.i.valid & self.enable & (between | open_)),
            cuts.eq(open_ & ~self.enable)]
        with m.If(self.i.valid):
            m.d.sync += [between.eq(~more), open_.eq(belongs & more)]
        with m.If(cuts):
            m.d.sync += open_.eq(0)

        # Second stage: the chunk, and the CRC with it. Bytes that are not there went into it as zeros.
        here, first, odd, ended, count = Signal(), Signal(), Signal(), Signal(), Signal(3)
        stopped, short, long = Signal(), Signal(), Signal()
        part, crc = Signal(BITS), Signal(BITS)
        early = Signal(data.StructLayout({name: 1 for name in ("coding", "lost", "void", "refused", "cut")}))
        with m.If(filled):
            m.d.sync += [
                crc.eq(crc_next(Mux(between, C(BEGIN, BITS), crc), chunk.data)), place.eq(at + (at <= most)),
                part.eq(chunk.data), count.eq(size), first.eq(between), odd.eq(at[0]),
                short.eq((at < least - 1) | (at == least - 1) & (size < CHUNK_BYTES)),
                long.eq(Mux(more, at >= (most if rest else most - 1), (at > most) | (at == most) & (size > rest)))]
        m.d.sync += [
            here.eq(belongs & filled), ended.eq(belongs & filled & ~more),
            stopped.eq(cuts | belongs & ~filled & ~between),
            early.coding.eq(belongs & (size == Kind.CODING)), early.lost.eq(belongs & (size == Kind.LOST)),
            early.void.eq(belongs & (size == Kind.VOID)),
            early.refused.eq(self.i.valid & between & ~self.enable), early.cut.eq(cuts)]

        right = Signal()
        residues = Array(C(residue(CHUNK_BYTES - n), BITS) for n in range(1, CHUNK_BYTES + 1))
        m.d.comb += right.eq(crc == residues[(count - 1)[:2]])

        # Third stage: words. The one that fills is put out when a chunk comes behind it, and then still has FCS in it
        # if that chunk is the last.
        low, high, held = Signal(BITS), Signal(BITS), Signal(4)
        fresh, closed, emit = Signal(), Signal(), Signal()
        m.d.comb += emit.eq(~closed & (stopped | here & ~first & (~odd | ended | long)))
        with m.If(here):
            with m.If(odd):
                m.d.sync += [high.eq(part), held.eq(2 * CHUNK_BYTES)]
            with m.Else():
                m.d.sync += [low.eq(part), held.eq(CHUNK_BYTES)]
        with m.If(emit):
            m.d.sync += fresh.eq(0)
        with m.If(here):
            m.d.sync += closed.eq(~first & (closed | long))
            with m.If(first):
                m.d.sync += fresh.eq(1)
        m.d.sync += [
            self.o.valid.eq(emit), self.o.p.data.eq(Cat(low, Mux(here & odd, part, high))),
            self.o.p.first.eq(fresh), self.o.p.last.eq(stopped | ended | long),
            self.o.p.count.eq(Mux(stopped, held, Mux(ended, Mux(odd, count, count + CHUNK_BYTES), 2 * CHUNK_BYTES))),
            self.o.p.error.eq(stopped | long | ended & (short | ~right))]

        whole = ~(short | long | closed)
        m.d.sync += [
            *(self.events[name].eq(ended & fate & (right if fine else ~right)) for name, fate, fine in (
                ("good", whole, True), ("fcs", whole, False), ("runts", short, True), ("fragments", short, False),
                ("oversized", long | closed, True), ("jabbers", long | closed, False))),
            *(self.events[name].eq(early[name]) for name in early.shape().members)]
        return m
