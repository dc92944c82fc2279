# Ref: Nasdaq MoldUDP64 1.00
"""The header of a MoldUDP64 packet, and how many of its blocks are still to come."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.feed.extractor import LANES
from gateware.interfaces import DatagramStream
from wire.moldudp64 import END_OF_SESSION, HEADER, HEARTBEAT

__all__ = ["SESSION_BYTES", "Mold"]

SESSION, SEQUENCE, COUNT = HEADER.fields
SESSION_BYTES = SESSION.size


class Mold(wiring.Component):
    """Packet header.

    Timing: with the word that brings a field's last byte on ``i`` in cycle t, the field stands from cycle t+1 on, until
    the next packet's takes its place; ``none``, ``heartbeat``, ``ended`` and ``final`` follow the count one cycle
    later. Throughput: one word a cycle. A word that comes in the cycle of a bad verdict is not taken; a ``first`` word
    starts over.

    Members
    -------
    i : In(DatagramStream)
        MoldUDP64 packets.
    block : In(1)
        A block has ended. At least one cycle apart from the count.
    session, sequence, count : Out
        The header. Byte 0 of the session is the first.
    numbered : Out(1)
        The session and the sequence number are new in this cycle.
    whole : Out(1)
        The last byte of the header was in the word of the cycle before, and in the datagram.
    bare : Out(1)
        With ``whole``: the datagram ends with the header.
    none : Out(1)
        No blocks: a heartbeat or an end of session.
    heartbeat, ended : Out(1)
        Which of the two.
    final : Out(1)
        One block is left to end.
    """

    i: In(DatagramStream)
    block: In(1)
    session: Out(data.ArrayLayout(8, SESSION_BYTES))
    sequence: Out(64)
    count: Out(16)
    numbered: Out(1)
    whole: Out(1)
    bare: Out(1)
    none: Out(1)
    heartbeat: Out(1)
    ended: Out(1)
    final: Out(1)

    def elaborate(self, platform):
        m = Module()

        taken = Signal()
        start_kept = Signal(3)
        start = Signal(3)
        m.d.comb += [
            taken.eq(self.i.valid & ~(self.i.verdict_done & self.i.verdict_bad)),
            start.eq(Mux(self.i.p.first, self.i.p.lane, start_kept)),
        ]

        # Header byte 8q + k is in lane (start + k) mod 8 of word q, or of word q + 1 if that sum passes the word's end.
        words = (HEADER.size - 1 + LANES - 1) // LANES + 1
        index_kept = Signal(words)
        index = Signal(words)
        turned = Signal(data.ArrayLayout(8, LANES))
        m.d.comb += index.eq(Mux(self.i.p.first, 1, index_kept))
        with m.If(taken):
            m.d.sync += [start_kept.eq(start), index_kept.eq(index << 1)]
        rotated = self.i.p.data
        for bit in range(3):
            rotated = Mux(start[bit], rotated.rotate_right(8 << bit), rotated)
        m.d.comb += turned.eq(rotated)

        header = Signal(data.ArrayLayout(8, HEADER.size))
        comes = Signal(HEADER.size)
        for x in range(HEADER.size):
            q, k = divmod(x, LANES)
            m.d.comb += comes[x].eq(taken & Mux(start >= LANES - k, index[q + 1], index[q]) if k else taken & index[q])
            with m.If(comes[x]):
                m.d.sync += header[x].eq(turned[k])

        def number(field):
            return [header[field.offset + field.size - 1 - b] for b in range(field.size)]

        end_lane = Signal(3)
        m.d.comb += [
            end_lane.eq(start + HEADER.size - 1),
            *(self.session[x].eq(header[SESSION.offset + x]) for x in range(SESSION.size)),
            *(self.sequence.word_select(b, 8).eq(byte) for b, byte in enumerate(number(SEQUENCE))),
            *(self.count.word_select(b, 8).eq(byte) for b, byte in enumerate(number(COUNT))),
        ]
        counted = Signal()
        m.d.sync += [
            self.numbered.eq(comes[SEQUENCE.offset + SEQUENCE.size - 1]),
            counted.eq(comes[HEADER.size - 1]),
            self.whole.eq(comes[HEADER.size - 1] & (~self.i.p.last | (self.i.p.count > end_lane))),
            self.bare.eq(comes[HEADER.size - 1] & self.i.p.last & (self.i.p.count == end_lane + 1)),
        ]

        left = Signal(16)
        with m.If(counted):
            m.d.sync += [
                self.heartbeat.eq(self.count == HEARTBEAT),
                self.ended.eq(self.count == END_OF_SESSION),
                self.none.eq((self.count == HEARTBEAT) | (self.count == END_OF_SESSION)),
                self.final.eq(self.count == 1),
                left.eq(self.count),
            ]
        with m.Elif(self.block):
            m.d.sync += [self.final.eq(left == 2), left.eq(left - 1)]
        return m
