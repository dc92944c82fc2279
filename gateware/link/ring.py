"""The event ring: which record goes where in the host's memory."""

from amaranth.hdl import Assert, Cat, Const, Format, Module, Mux, Signal
from amaranth.lib import data, fifo, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from gateware.interfaces import RECORD_WORD, RING_ADDRESS_BITS, Notice, RecordStream, RingWrite
from wire.records import RecordKind, record_dtype

__all__ = ["NOTICE_DEPTH", "MAX_LOG2_ENTRIES", "Ring", "entry_mask"]

_WORD_BYTES = 8

#: Notices that can wait.
NOTICE_DEPTH = 16

#: log2 of the greatest number of entries.
MAX_LOG2_ENTRIES = 20

_NOTICE = data.StructLayout({"event": 8, "aux": 64, "cycles": 64})


def entry_mask(log2_entries):
    """Return the mask that takes a record's place modulo the number of entries; more than the greatest count as it."""
    low = ceil_log2(MAX_LOG2_ENTRIES)
    beyond = log2_entries[low:].any()
    return Cat(beyond | (log2_entries[:low] > bit) for bit in range(MAX_LOG2_ENTRIES))


class Ring(wiring.Component):
    """Numbers records and writes them to the ring, each to slot (number - 1) modulo the number of entries.

    Word 0 of a record, its number, is written last, in the cycle after its last word. Records come from two sources:
    book records as a stream, and notices, which become FEED records: kind, cause, aux and device_cycles (the cycle of
    the notice), all else 0. A notice that waits goes first, but not two in a row while a book record waits; a record
    that has begun is never interrupted.

    Latency: a word of ``record`` is on ``ring`` one cycle later. Throughput: one word a cycle; ``record.ready`` is low
    for one cycle after each record, in which its number is written, and while a notice is written, which takes as many
    cycles as a record has words, and one more. ``ring`` cannot wait. Overflow: a notice that finds NOTICE_DEPTH before
    it is dropped, and strobes ``notices_lost``. Reset: numbers begin from 1, what was under way is abandoned.

    Members
    -------
    log2_entries : In, 0..MAX_LOG2_ENTRIES; greater ones count as the greatest
    record : book records
    notice : notices
    cycles : the cycle counter
    ring : writes to ring memory
    records : a record is complete
    notices_lost : a notice was dropped
    """

    def __init__(self, *, levels):
        self.levels = levels
        self.dtype = record_dtype(levels)
        if MAX_LOG2_ENTRIES + ceil_log2(self.dtype.itemsize // _WORD_BYTES) > RING_ADDRESS_BITS:
            raise ValueError(f"2**{MAX_LOG2_ENTRIES} records must fit, not be of {self.dtype.itemsize} bytes")
        super().__init__({
            "log2_entries": In(32), "record": In(RecordStream), "notice": In(Notice), "cycles": In(64),
            "ring": Out(RingWrite), "records": Out(1), "notices_lost": Out(1)})

    def elaborate(self, platform):
        m = Module()
        index_bits = ceil_log2(self.dtype.itemsize // _WORD_BYTES)
        used = max(self.dtype.fields[name][1] + self.dtype.fields[name][0].itemsize for name in self.dtype.names)
        last_word = -(-used // _WORD_BYTES) - 1

        # Notices, each with the cycle in which it came.
        m.submodules.notices = notices = fifo.SyncFIFO(width=_NOTICE.size, depth=NOTICE_DEPTH)
        incoming, notice = Signal(_NOTICE), Signal(_NOTICE)
        m.d.comb += [
            incoming.event.eq(self.notice.event), incoming.aux.eq(self.notice.aux), incoming.cycles.eq(self.cycles),
            notices.w_data.eq(incoming), notices.w_en.eq(self.notice.valid), notice.eq(notices.r_data)]
        m.d.sync += self.notices_lost.eq(self.notice.valid & ~notices.w_rdy)

        # Words of a FEED record.
        word = Signal(index_bits, init=1)
        feed = Const(0, 8 * _WORD_BYTES)
        for name, value in (("device_cycles", notice.cycles), ("cause", notice.event), ("aux", notice.aux),
                            ("kind", Const(RecordKind.FEED, 8))):
            at, byte = divmod(self.dtype.fields[name][1], _WORD_BYTES)
            feed = feed | Mux(word == at, Cat(Const(0, 8 * byte), value), 0)

        # Number and place of the record under way.
        number, slot, mask = Signal(64, init=1), Signal(MAX_LOG2_ENTRIES), Signal(MAX_LOG2_ENTRIES)
        m.d.sync += mask.eq(entry_mask(self.log2_entries))
        write, index = Signal(), Signal(index_bits)
        content = Signal(8 * _WORD_BYTES)
        m.d.sync += [
            self.ring.valid.eq(write), self.ring.data.eq(content), self.ring.addr.eq(Cat(index, slot & mask)),
            self.records.eq(0)]

        begun, served = Signal(), Signal()  # words of a book record were written; a notice was the last record
        # A cycle late, which is in time: between a notice's last word and the next choice its number is written.
        waits, notice_next = Signal(), Signal()
        m.d.sync += waits.eq(notices.r_rdy)
        m.d.comb += notice_next.eq(waits & ~begun & ~(served & self.record.valid))
        with m.FSM(name="writer"):
            with m.State("Book"):
                m.d.comb += [
                    self.record.ready.eq(~notice_next), write.eq(self.record.valid & ~notice_next),
                    index.eq(self.record.p.index), content.eq(self.record.p.data)]
                with m.If(notice_next):
                    m.next = "Notice"
                with m.Elif(self.record.valid):
                    m.d.sync += [begun.eq(1), served.eq(0)]
                    with m.If(self.record.p.last):
                        m.next = "Number"
            with m.State("Notice"):
                m.d.comb += [write.eq(1), index.eq(word), content.eq(feed)]
                m.d.sync += word.eq(word + 1)
                with m.If(word == last_word):
                    m.d.comb += notices.r_en.eq(1)
                    m.d.sync += [served.eq(1), word.eq(1)]
                    m.next = "Number"
            with m.State("Number"):
                m.d.comb += [write.eq(1), content.eq(number)]
                m.d.sync += [number.eq(number + 1), slot.eq(slot + 1), begun.eq(0), self.records.eq(1)]
                m.next = "Book"

        # No word is lost: one that is offered stays until it is taken, a record has each of its words once when it gets
        # its number, and a notice waits, or is on its way, or is counted as lost.
        stalled, offered = Signal(), Signal(RECORD_WORD)
        m.d.sync += stalled.eq(self.record.valid & ~self.record.ready)
        with m.If(self.record.valid):
            m.d.sync += offered.eq(self.record.p)
        m.d.sync += Assert(~stalled | self.record.valid & (self.record.p.as_value() == offered.as_value()),
                           Format("a record's word went before it was taken"))
        numbering, written = Signal(), Signal(1 << index_bits)
        m.d.comb += numbering.eq(write & (index == 0))
        with m.If(numbering):
            m.d.sync += [written.eq(0), Assert(written[1:last_word + 1].all(), Format(
                "record {} numbered with words {:x}", number, written))]
        with m.Elif(write):
            m.d.sync += [written.eq(written | 1 << index),
                         Assert(~written.bit_select(index, 1), Format("word {} of a record came again", index))]
        told = Signal(range(NOTICE_DEPTH + 3))
        m.d.sync += [
            told.eq(told + self.notice.valid - notices.r_en - self.notices_lost),
            Assert(told == notices.level + self.notices_lost, Format(
                "{} notices told, {} wait, {} lost", told, notices.level, self.notices_lost))]
        return m
