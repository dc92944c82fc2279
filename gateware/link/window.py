"""A window of slots: how the host hands over whole records."""

from amaranth.hdl import Assert, Cat, Format, Module, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from gateware.risk.interfaces import SLOT
from wire.pages import BUS_BITS, SLOT_BYTES, SLOTS, Page
from wire.registers import ADDRESS_BITS

__all__ = ["Window"]

_WORD_BITS = 32
_WORDS = SLOT_BYTES * 8 // _WORD_BITS


class Window(wiring.Component):
    """SLOTS slots of one page, handed on in the order in which their last words were written.

    A slot is published by the write of its last word, and the host's again when it is taken. A kind that ``kinds`` does
    not name is handed on as 0, which is none: a page cannot speak for another.

    Latency: a slot is on ``o`` in the cycle of the write that publishes it, if none is before it. Throughput: a word
    a cycle in, a slot a cycle out. Overflow: a write to a slot that is published and not yet taken does nothing but
    strobe ``overrun``. Reset: no slot is published.

    Members
    -------
    addr, w_en, w_data : the bus, as the host drives it
    o : slots
    overrun : a write was refused
    published, waiting : slots that are not the host's, and how many
    """

    def __init__(self, *, page, kinds):
        self.page, self.kinds = Page(page), tuple(kinds)
        if not self.kinds:
            raise ValueError("kinds must name at least one")
        super().__init__({
            "addr": In(BUS_BITS), "w_en": In(1), "w_data": In(_WORD_BITS),
            "o": Out(stream.Signature(SLOT)), "overrun": Out(1),
            "published": Out(SLOTS), "waiting": Out(range(SLOTS + 1))})

    def elaborate(self, platform):
        m = Module()
        low, slot_bits = ceil_log2(_WORD_BITS // 8), ceil_log2(SLOTS)
        word_bits = ceil_log2(_WORDS)

        # The write, and whether it is for a slot of this page that is the host's.
        word, slot, addressed = Signal(word_bits), Signal(slot_bits), Signal()
        index = self.addr[low:ADDRESS_BITS]
        m.d.comb += [
            word.eq(index), slot.eq(index[word_bits:]),
            addressed.eq(self.w_en & (self.addr[ADDRESS_BITS:] == self.page) & (self.addr[:low] == 0)
                         & (index[word_bits + slot_bits:] == 0))]
        published, waiting = self.published, self.waiting
        write, publish = Signal(), Signal()
        m.d.comb += [
            write.eq(addressed & ~published.bit_select(slot, 1)),
            self.overrun.eq(addressed & published.bit_select(slot, 1)), publish.eq(write & word.all())]

        # The order in which they were published. It cannot overflow: a slot is in it once.
        m.submodules.order = order = memory.Memory(shape=slot_bits, depth=SLOTS, init=[])
        order_in, order_out = order.write_port(), order.read_port(domain="comb")
        head, tail = Signal(slot_bits), Signal(slot_bits)
        first, taken = Signal(slot_bits), Signal()
        empty = waiting == 0
        with m.If(empty):
            m.d.comb += first.eq(slot)
        with m.Else():
            m.d.comb += first.eq(order_out.data)
        m.d.comb += [
            order_in.en.eq(publish), order_in.addr.eq(tail), order_in.data.eq(slot), order_out.addr.eq(head),
            self.o.valid.eq(publish | ~empty), taken.eq(self.o.valid & self.o.ready)]
        m.d.sync += [
            tail.eq(tail + publish), head.eq(head + taken), waiting.eq(waiting + publish - taken),
            published.eq((published | publish << slot) & ~(taken << first)),
            Assert(~publish | (waiting != SLOTS), Format("slot {} was published twice", slot))]

        # The words; the one that publishes a slot is on its way into memory when the slot is handed on at once.
        parts = []
        for number in range(_WORDS):
            m.submodules[f"words_{number}"] = words = memory.Memory(shape=_WORD_BITS, depth=SLOTS, init=[])
            port, read = words.write_port(), words.read_port(domain="comb")
            m.d.comb += [
                port.en.eq(write & (word == number)), port.addr.eq(slot), port.data.eq(self.w_data),
                read.addr.eq(first)]
            parts.append(read.data)
        last = Signal(_WORD_BITS)
        with m.If(empty):
            m.d.comb += last.eq(self.w_data)
        with m.Else():
            m.d.comb += last.eq(parts[-1])
        said = Signal(SLOT)
        m.d.comb += [
            said.eq(Cat(*parts[:-1], last)), self.o.payload.eq(said)]
        with m.If(~Cat(said.kind == kind for kind in self.kinds).any()):
            m.d.comb += self.o.payload.kind.eq(0)
        return m
