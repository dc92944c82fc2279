"""From a finished scan to the words of a book record."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.book.operation import Sizes
from gateware.book.scan import LEVEL, SIDE
from gateware.book.ticks import price_of
from gateware.interfaces import RecordStream
from wire.records import LEVEL_BYTES, RecordKind, record_dtype

__all__ = ["Publisher", "SUBJECT", "INFO"]

#: What is known of a symbol's last message. ``count``: book messages applied to the symbol.
INFO = data.StructLayout({
    "feed_seq": 64, "exchange_ns": 48, "cycles": 64, "cause": 8, "count": 32, "last_price": 32, "last_shares": 32,
    "lat_best": 8})


def SUBJECT(sizes: Sizes) -> data.StructLayout:
    """Layout of all that a record tells beside the levels below the best, taken in one cycle."""
    return data.StructLayout({
        "symbol": sizes.symbol_bits, "locate": 16, "state": 32, "base": sizes.tick_bits, "bank": 1, "info": INFO,
        "best": data.ArrayLayout(sizes.best, 2), "sides": data.ArrayLayout(SIDE(sizes), 2)})


class Publisher(wiring.Component):
    """Writes a book record: levels first, then the header, whose counts are known by then.

    A level is shown if its rank is below its side's limit; the best of a side is shown in any case. Crossed and
    incomplete are added to the state word here.

    Latency: first word 5 cycles after ``start``; one word a cycle while ``o`` is ready: 37 cycles a record of 256
    bytes. ``ready`` is low meanwhile; ``start`` while it is low is not allowed. Reset abandons the record.

    Members
    -------
    start, subject, cycles : begin a record; cycles: the cycle counter
    ready : idle
    cut : strobe, the record shows fewer levels than the scan found or would have
    entry_address, entry : the level table
    o : record words
    """

    #: Cycles from the word with a message's last byte on ``rx`` to the message at the book.
    LAT_DECODE = 3

    def __init__(self, *, sizes: Sizes):
        self.sizes = sizes
        self.number_bits = (sizes.profile.levels - 1).bit_length()
        super().__init__({
            "start": In(1), "subject": In(SUBJECT(sizes)), "cycles": In(64), "ready": Out(1), "cut": Out(1),
            "entry_address": Out(self.number_bits + 2), "entry": In(LEVEL(sizes)), "o": Out(RecordStream)})

    def elaborate(self, platform):
        m = Module()
        sizes, levels = self.sizes, self.sizes.profile.levels
        dtype = record_dtype(levels)
        subject = Signal(SUBJECT(sizes))
        lat_levels = Signal(16)

        # The best of each side, as a level.
        best_tick = Signal(data.ArrayLayout(sizes.tick_bits, 2))
        offsets = [subject.best[0].rank ^ ((1 << sizes.window_bits) - 1), subject.best[1].rank]
        crossed = Signal()
        best_prices = [price_of(m, best_tick[n], sizes) for n in range(2)]

        # Level words: two levels of 12 bytes are three words. The level at hand was read a cycle before, the next
        # one is being read.
        side, place, phase = Signal(), Signal(range(levels)), Signal(2)
        next_side, next_place = Signal(), Signal(range(levels))
        level, in_scan = Signal(LEVEL(sizes)), Signal()
        shown = Signal(data.ArrayLayout(range(levels + 1), 2))
        shows = Signal()                # all levels before this one are shown
        next_known = subject.sides[next_side]
        m.d.comb += self.entry_address.eq(Cat(next_place, next_side, subject.bank))
        read = Signal()
        with m.If(read):
            m.d.sync += [
                level.eq(self.entry), side.eq(next_side), place.eq(next_place), next_place.eq(next_place + 1),
                in_scan.eq((next_place < next_known.count) & (self.entry.rank < next_known.limit))]
            with m.If(next_place == levels - 1):
                m.d.sync += [next_place.eq(0), next_side.eq(~next_side)]
        price, shares, orders = Signal(32), Signal(32), Signal(32)
        from_best, show = Signal(), Signal()
        best = subject.best[side]
        m.d.comb += [
            from_best.eq((place == 0) & best.any & ~in_scan), show.eq(shows & in_scan | from_best),
            price.eq(Mux(from_best, Mux(side, best_prices[1], best_prices[0]), level.price) & show.replicate(32)),
            shares.eq(Mux(from_best, best.cell.shares, level.cell.shares) & show.replicate(32)),
            orders.eq(Mux(from_best, best.cell.orders, level.cell.orders) & show.replicate(32))]
        held = Signal(64)

        # Header.
        whole = Signal(2)
        for n in range(2):
            untouched = subject.sides[n].limit.all() & subject.sides[n].exhausted & ~subject.sides[n].incomplete
            m.d.comb += whole[n].eq(untouched | (shown[n] == levels))
        state = Signal(32)
        incomplete = subject.sides[0].incomplete | subject.sides[1].incomplete
        m.d.comb += state.eq(subject.state | Cat(Const(0, 17), incomplete, crossed))
        info = subject.info
        header = _words(dtype, {
            "feed_seq": info.feed_seq, "exchange_ns": info.exchange_ns, "device_cycles": info.cycles, "state": state,
            "locate": subject.locate, "symbol": subject.symbol, "cause": info.cause, "last_price": info.last_price,
            "last_shares": info.last_shares, "kind": Const(RecordKind.BOOK, 8), "bids_valid": shown[0],
            "asks_valid": shown[1], "whole": whole, "lat_decode": Const(self.LAT_DECODE, 8), "lat_best": info.lat_best,
            "lat_levels": lat_levels, "aux": info.count})
        word = Signal(range(dtype.itemsize // 8))
        advance = Signal()
        m.d.comb += advance.eq(~self.o.valid | self.o.ready)
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)

        first_level = dtype.fields["bids"][1] // 8
        after_levels = (dtype.fields["asks"][1] + levels * LEVEL_BYTES) // 8
        m.d.sync += self.cut.eq(0)
        with m.FSM(name="publish"):
            with m.State("Idle"):
                m.d.comb += self.ready.eq(1)
                m.d.sync += [
                    subject.eq(self.subject), next_side.eq(0), next_place.eq(0), phase.eq(0), shown.eq(0), shows.eq(1),
                    lat_levels.eq(self.cycles - self.subject.info.cycles), word.eq(first_level)]
                with m.If(self.start):
                    m.next = "Place Best"
            with m.State("Place Best"):
                m.d.sync += [
                    *(best_tick[n].eq(subject.base + offset) for n, offset in enumerate(offsets)),
                    crossed.eq(subject.best[0].any & subject.best[1].any & (offsets[0] >= offsets[1]))]
                m.next = "Price Best"
            with m.State("Price Best"):
                m.next = "Price Best Again"
            with m.State("Price Best Again"):
                m.d.comb += read.eq(1)
                m.next = "Write Levels"
            with m.State("Write Levels"):
                with m.If(advance):
                    m.d.sync += [self.o.valid.eq(1), self.o.p.index.eq(word), self.o.p.last.eq(0), word.eq(word + 1)]
                    with m.If(phase != 2):
                        m.d.comb += read.eq(1)
                        m.d.sync += [shows.eq(show), shown[side].eq(shown[side] + show)]
                    with m.Switch(phase):
                        with m.Case(0):
                            m.d.sync += [self.o.p.data.eq(Cat(price, shares)), held.eq(orders), phase.eq(1)]
                        with m.Case(1):
                            m.d.sync += [
                                self.o.p.data.eq(Cat(held[:32], price)), held.eq(Cat(shares, orders)), phase.eq(2)]
                        with m.Default():
                            m.d.sync += [self.o.p.data.eq(held), phase.eq(0)]
                            with m.If(place == 0):      # the level at hand is the first of a side again
                                m.d.sync += shows.eq(1)
                                with m.If(~side):
                                    if after_levels < dtype.itemsize // 8:
                                        m.next = "Fill"
                                    else:
                                        m.d.sync += word.eq(1)
                                        m.next = "Write Header"
            with m.State("Fill"):
                with m.If(advance):
                    m.d.sync += [self.o.valid.eq(1), self.o.p.index.eq(word), self.o.p.data.eq(0), word.eq(word + 1)]
                    with m.If(word == dtype.itemsize // 8 - 1):
                        m.d.sync += word.eq(1)
                        m.next = "Write Header"
            with m.State("Write Header"):
                with m.If(advance):
                    m.d.sync += [self.o.valid.eq(1), self.o.p.index.eq(word), word.eq(word + 1)]
                    with m.Switch(word):
                        for index in range(1, first_level):
                            with m.Case(index):
                                m.d.sync += self.o.p.data.eq(header[index])
                    with m.If(word == first_level - 1):
                        m.d.sync += self.o.p.last.eq(1)
                        m.d.sync += self.cut.eq(~whole.all())
                        m.next = "Idle"
        return m


def _words(dtype, values):
    """Return {number: 64-bit value} of the header words of ``dtype`` that hold ``values``, all zero-extended."""
    words = {}
    for name, value in values.items():
        field, offset = dtype.fields[name][:2]
        part = Mux(1, value, Const(0, 8 * field.itemsize))[:8 * field.itemsize] << 8 * (offset % 8)
        words[offset // 8] = words.get(offset // 8, Const(0, 64)) | part
    return words
