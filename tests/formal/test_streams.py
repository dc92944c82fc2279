"""Streams of the risk gate: nothing is lost, doubled, changed or invented, and order is kept.

Each component is compared with the least that has its contract: a list. All is proved by induction, for all times.
"""

import pytest
from amaranth.hdl import Array, Assert, Assume, Cat, Format, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from gateware.link.verdicts import Verdicts
from gateware.link.window import Window
from gateware.risk.interfaces import SLOT
from gateware.risk.queue import Queue
from tests.formal.look import opened, still
from tests.formal.prover import prove
from wire.pages import SLOT_BYTES, SLOTS, Page
from wire.registers import ADDRESS_BITS
from wire.risk import Kind

pytestmark = pytest.mark.formal

PLACES = 4
KINDS = (Kind.NEW, Kind.REPLACE, Kind.CANCEL, Kind.MASS_CANCEL)
WORDS = SLOT_BYTES // 4


def keeps_its_offer(m, o):
    """Assert that what is offered on the stream ``o`` and not taken is offered again, unchanged."""
    payload = Value.cast(o.p)
    refused, offered = Signal(), Signal.like(payload, name="offered")
    m.d.sync += [refused.eq(o.valid & ~o.ready), offered.eq(payload)]
    m.d.comb += Assert(~refused | (o.valid & (offered == payload)), Format("what is offered must stay"))


class QueueAsList(wiring.Component):
    """The queue of verdicts, used as it may be: a promise while there is a free place, each used once or not yet."""

    def __init__(self):
        self.dut = Queue(shape=8, depth=PLACES)
        super().__init__(self.dut.signature)

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        inner = opened(dut)
        wiring.connect(m, wiring.flipped(self), dut)
        items, count, owed = [Signal(8, name=f"item_{n}") for n in range(PLACES)], Signal(range(9)), Signal(range(9))
        taken = dut.o.valid & dut.o.ready
        m.d.comb += [Assume(~dut.promise | dut.free), Assume(~dut.put | (owed != 0))]
        m.d.sync += [owed.eq(owed + dut.promise - dut.put), count.eq(count + dut.put - taken)]
        for n, item in enumerate(items):
            behind = items[n + 1] if n + 1 < PLACES else 0
            m.d.sync += item.eq(Mux(dut.put & (count - taken == n), dut.item, Mux(taken, behind, item)))
        keeps_its_offer(m, dut.o)
        m.d.comb += [
            Assert(dut.o.valid == (count != 0), Format("there is a verdict where none is, or none where one is")),
            Assert((count == 0) | (dut.o.p == items[0]), Format("a verdict is not the next one")),
            Assert(dut.level == count, Format("the queue counts wrong")),
            Assert(dut.promised == count + owed, Format("the queue promises wrong")),
            Assert(count + owed <= PLACES, Format("more is promised than there is")),
            Assert(dut.free == (count + owed < PLACES), Format("a free place is not free"))]
        rows = inner.submodules.items
        head = rows.read_ports[0].addr
        inner.d.comb += Assert((rows.write_ports[0].addr - head)[:2] == count[:2], Format("the ends are wrong"))
        for n, item in enumerate(items):
            look = rows.read_port(domain="comb")
            inner.d.comb += [look.addr.eq(head + n),
                             Assert((n >= count) | (look.data == item), Format("place {} is wrong", n))]
        return m


class WindowAsList(wiring.Component):
    """A window of slots, written by a host in any way."""

    def __init__(self):
        self.dut = Window(page=Page.ORDERS, kinds=KINDS)
        super().__init__({**self.dut.signature.members, "watched": In(range(SLOTS))})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        inner = opened(dut)
        for name in ("addr", "w_en", "w_data"):
            m.d.comb += getattr(dut, name).eq(getattr(self, name))
        m.d.comb += dut.o.ready.eq(self.o.ready)
        still(m, self.watched)

        page, place, word, text = Signal(32), Signal(range(SLOTS)), Signal(range(WORDS)), Signal(32)
        write = Signal()
        m.d.comb += [page.eq(self.addr - self.addr % (SLOTS * SLOT_BYTES)), place.eq(self.addr // SLOT_BYTES),
                     word.eq(self.addr // 4), text.eq(self.w_data), write.eq(self.w_en & (self.addr % 4 == 0))]
        hosts, count = Signal(SLOTS, init=(1 << SLOTS) - 1), Signal(range(SLOTS + 1))
        order = [Signal.like(place, name=f"order_{n}") for n in range(SLOTS)]
        ours = write & (page == Page.ORDERS << ADDRESS_BITS)
        publish, taken, first = Signal(), Signal(), Signal.like(place)
        m.d.comb += [
            publish.eq(ours & hosts.bit_select(place, 1) & (word == WORDS - 1)), taken.eq(dut.o.valid & dut.o.ready),
            first.eq(Mux(count == 0, place, order[0]))]
        m.d.sync += [count.eq(count + publish - taken),
                     hosts.eq((hosts & ~(publish << place)) | (taken << first))]
        for n, slot in enumerate(order):
            behind = order[n + 1] if n + 1 < SLOTS else 0
            m.d.sync += slot.eq(Mux(publish & (count - taken == n), place, Mux(taken, behind, slot)))
        text_of = Array(Signal(32, name=f"text_{n}") for n in range(WORDS))
        whole = Signal(SLOT)
        with m.If(ours & hosts.bit_select(place, 1) & (place == self.watched)):
            m.d.sync += text_of[word].eq(text)
        m.d.comb += whole.eq(Cat(*text_of[:-1], Mux(count == 0, text, text_of[-1])))
        named = Cat(whole.kind == kind for kind in KINDS).any()
        expected = Signal(SLOT)
        m.d.comb += expected.eq(whole)
        with m.If(~named):
            m.d.comb += expected.kind.eq(0)
        keeps_its_offer(m, dut.o)
        m.d.comb += [
            Assert(dut.o.valid == (publish | (count != 0)), Format("a slot is handed on unpublished, or is lost")),
            Assert(~dut.o.valid | (first != self.watched) | (dut.o.p.as_value() == expected.as_value()),
                   Format("slot {} is changed", first)),
            Assert(dut.overrun == (ours & ~hosts.bit_select(place, 1)), Format("a write is refused wrongly")),
            # What makes these hold for ever.
            Assert(dut.published == ~hosts, Format("a slot is not whose it should be")),
            Assert(dut.waiting == count, Format("the window counts wrong")),
            Assert(count == sum(hosts[n] == 0 for n in range(SLOTS)), Format("a slot is twice in order"))]
        rows = inner.submodules.order
        head = rows.read_ports[0].addr
        inner.d.comb += Assert((rows.write_ports[0].addr - head)[:4] == count[:4], Format("the ends are wrong"))
        for n, slot in enumerate(order):
            look = rows.read_port(domain="comb")
            inner.d.comb += [
                look.addr.eq(head + n), Assert((n >= count) | (look.data == slot), Format("place {} is wrong", n)),
                Assert((n >= count) | ~hosts.bit_select(slot, 1), Format("the host has slot {}", slot)),
                *(Assert((n >= count) | (slot != other), Format("slot {} is published twice", slot))
                  for other in order[:n])]
        for n, text in enumerate(text_of):
            look = getattr(inner.submodules, f"words_{n}").read_port(domain="comb")
            inner.d.comb += [look.addr.eq(self.watched), Assert(look.data == text, Format("word {} is wrong", n))]
        return m


class NumberedVerdicts(wiring.Component):
    """The verdict ring, of a size that stays as it is."""

    def __init__(self):
        self.dut = Verdicts()
        super().__init__(self.dut.signature)

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        wiring.connect(m, wiring.flipped(self), dut)
        still(m, self.log2_entries)
        # The size is looked at a cycle after it is set.
        number, settled = Signal(64, init=1), Signal()
        m.d.sync += [number.eq(number + dut.i.valid), settled.eq(1)]
        bits = len(dut.ring.index)
        m.d.comb += [
            Assert(dut.i.ready & (dut.ring.valid == dut.i.valid), Format("a verdict is lost or invented")),
            Assert((dut.ring.data[:64] == number), Format("numbers have a gap")),
            Assert(~dut.ring.valid | (dut.ring.data[64:] == dut.i.p.as_value()), Format("a verdict is changed"))]
        for log2 in range(bits + 1):
            entries = 1 << log2
            chosen = (self.log2_entries == log2) if log2 < bits else (self.log2_entries >= log2)
            m.d.comb += Assert(~(settled & chosen) | (dut.ring.index == (number - 1) % entries),
                               Format("verdict {} is in entry {}", number, dut.ring.index))
        return m


@pytest.mark.parametrize("component, depth", [
    (QueueAsList, 2), (WindowAsList, 2), (NumberedVerdicts, 3)], ids=lambda value: getattr(value, "__name__", value))
def test_stream(component, depth, tmp_path):
    outcome = prove(component(), depth=depth, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log
