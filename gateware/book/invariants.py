"""What the book keeps at all times. Nothing here acts; synthesis removes it all."""

from amaranth.hdl import Assert, Cat, Format, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In

from gateware.book.operation import Sizes, delay
from gateware.interfaces import MessageStream
from wire.itch50 import BOOK_TYPES

__all__ = ["Invariants"]

#: Order messages in flight at most, and a place: they are two cycles apart.
PLACES = 16
SEQ_BITS = 16


class Invariants(wiring.Component):
    """Listens to a Book and asserts, in every cycle:

    * every order message of a followed symbol that came while no clear was under way commits ``depth`` cycles after it
      was on ``i`` (a Replace one later), and nothing commits else: best price and record, of its symbol, in sequence;
    * no level goes below zero unless one has outgrown its bits since the last clear;
    * a record is begun only when the publisher is idle.

    Acts on nothing; has no outputs. Latency: a message's fate is checked in the cycle in which it is due. Reset forgets
    what is in flight, as it does in the book.

    Members
    -------
    i : messages, cycle 0
    hit, index : two cycles after ``i``, the symbol that the message belongs to
    clearing, cleared : a clear is under way; strobe, its marks fall
    best_valid, best_symbol : a best price is told
    commit, commit_symbol, commit_seq : what a record tells changes
    overflow, underflow : strobes of the levels
    start, ready : of the publisher
    """

    def __init__(self, *, sizes: Sizes, depth: int):
        if not 4 <= depth < 2 * PLACES - 1:
            raise ValueError(f"depth must be 4..{2 * PLACES - 2}, not {depth}")
        self.sizes, self.depth = sizes, depth
        symbol = sizes.symbol_bits
        super().__init__({
            "i": In(MessageStream), "hit": In(1), "index": In(symbol), "clearing": In(1), "cleared": In(1),
            "best_valid": In(1), "best_symbol": In(symbol), "commit": In(1), "commit_symbol": In(symbol),
            "commit_seq": In(64), "overflow": In(1), "underflow": In(1), "start": In(1), "ready": In(1)})

    def elaborate(self, platform):
        m = Module()
        kind, symbol_bits = self.i.p.data[0], self.sizes.symbol_bits

        # Whether a message operates is known two cycles after it, for the new order of a Replace one later.
        replace = delay(m, self.i.valid & (kind == ord("U")), 3, "replace")
        order = delay(m, self.i.valid & Cat(kind == ord(letter) for letter in BOOK_TYPES if letter != "U").any(), 2,
                      "order")
        seq = delay(m, self.i.p.seq[:SEQ_BITS], 3, "seq")
        hit, index = delay(m, self.hit, 1, "hit"), delay(m, self.index, 1, "index")

        # Those in flight, each with the cycle in which it is due.
        flight = data.StructLayout({"due": 6, "symbol": symbol_bits, "seq": SEQ_BITS})
        m.submodules.flights = flights = memory.Memory(shape=flight, depth=PLACES, init=[])
        begin, end = flights.write_port(), flights.read_port(domain="comb")
        now, inside, due = Signal(6), Signal(range(PLACES + 1)), Signal()
        m.d.sync += [now.eq(now + 1), inside.eq(inside + begin.en - due)]
        m.d.comb += [
            begin.en.eq((order[2] & hit[0] | replace[3] & hit[1]) & ~self.clearing),
            begin.data.symbol.eq(Mux(replace[3], index[1], index[0])),
            begin.data.seq.eq(Mux(replace[3], seq[3], seq[2])), begin.data.due.eq(now + self.depth - 2),
            due.eq((inside != 0) & (end.data.due == now))]
        with m.If(begin.en):
            m.d.sync += begin.addr.eq(begin.addr + 1)
        with m.If(due):
            m.d.sync += end.addr.eq(end.addr + 1)

        m.d.sync += [
            Assert(~begin.en | (inside != PLACES), Format("{} order messages in flight", inside)),
            Assert(self.best_valid == due, Format("best price told: {}, due: {}", self.best_valid, due)),
            Assert(~due | self.best_valid & (self.best_symbol == end.data.symbol), Format(
                "best price of symbol {} where one of {} is due", self.best_symbol, end.data.symbol)),
            Assert(~due | self.commit & (self.commit_symbol == end.data.symbol), Format(
                "commit {} of symbol {} where one of {} is due", self.commit, self.commit_symbol, end.data.symbol)),
            Assert(~due | (self.commit_seq[:SEQ_BITS] == end.data.seq), Format(
                "commit of message {} where that of {} is due, both modulo 2**16", self.commit_seq[:SEQ_BITS],
                end.data.seq))]

        excused = Signal()
        with m.If(self.overflow):
            m.d.sync += excused.eq(1)
        with m.If(self.cleared):
            m.d.sync += excused.eq(0)
        m.d.sync += [
            Assert(~self.underflow | excused, Format("a level below zero, and none has outgrown its bits")),
            Assert(~self.start | self.ready, Format("a record begun while another is written"))]
        return m
