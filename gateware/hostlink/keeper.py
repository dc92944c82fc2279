# Ref: wire/hostlink.py
"""Records of a ring, kept for a while, as datagrams."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, Signature
from amaranth.utils import ceil_log2

from gateware.hostlink.registers import RING_REQUEST
from gateware.net.ip.udp import PAYLOAD_WORD
from gateware.ram import Ram
from wire.hostlink import RING_HEADER, RING_MAGIC, RING_PAYLOAD_BYTES, Ring

__all__ = ["MOST_RECORDS", "KeptWord", "Keeper"]

WORD_BYTES = 8
#: Most records of a datagram, and the fewest that are kept.
MOST_RECORDS, LEAST_KEPT = 8, 8
_NUMBER_BITS = 32


def KeptWord(*, words: int, kept: int) -> Signature:
    """Return the signature of words of records: ``slot`` is the record's number modulo ``kept``, and word 0, which is
    its number, comes last. Words of a record do not mix with another's."""
    return Signature({
        "valid": Out(1), "slot": Out(range(kept)), "index": Out(range(words)), "data": Out(8 * WORD_BYTES)})


class Keeper(wiring.Component):
    """Keeps the last records of a ring, and sends each once, and again when it is asked for.

    Up to ``most`` whole records, as many as wait, go into a datagram, in their order; that is MOST_RECORDS, fewer if
    ``kept`` has no room for three times as many and two, or a frame none. Records of which more wait
    than ``safe`` are not sent, and strobe ``overrun`` each; ``safe`` of the last ``kept`` are those that cannot be
    overwritten while a datagram is filled, whose words must not wait behind the first. A request sends one datagram of
    the records from its number on, or from the oldest that is safe; with none, if that number is still to come. A
    request takes the place of one that waits.

    Latency: the first word is on ``o`` 4 cycles after word 0 of a record is on ``i``. Throughput: a word in two
    cycles. Overflow: above. Errors: a record that is missing on ``i`` is missing in what is sent: in its place stands
    an older one. Reset forgets the records, and what is asked for, and cuts the datagram under way.

    Members
    -------
    i : words of records
    stream : send what comes; while it is low, nothing waits
    resend : request
    last : number of the last record
    o : payloads
    overrun : strobe
    """

    def __init__(self, *, ring: Ring, words: int, kept: int = 32):
        self.ring, self.words, self.kept = Ring(ring), words, kept
        if not 2 <= words <= RING_PAYLOAD_BYTES // WORD_BYTES:
            raise ValueError(f"words must be 2..{RING_PAYLOAD_BYTES // WORD_BYTES}, not {words}")
        if kept & (kept - 1) or kept < LEAST_KEPT:
            raise ValueError(f"kept must be a power of 2 of at least {LEAST_KEPT}, not {kept}")
        # Two cycles a word to fill a datagram, and a cycle a word, and one for its number, to write a record: while a
        # datagram of ``most`` is filled, twice as many and two are written, and as many are to be safe.
        self.most = min(MOST_RECORDS, RING_PAYLOAD_BYTES // (WORD_BYTES * words), (kept - 2) // 3)
        self.safe = kept - 2 * self.most - 2
        super().__init__({
            "i": In(KeptWord(words=words, kept=kept)), "stream": In(1), "resend": In(RING_REQUEST),
            "last": Out(8 * WORD_BYTES), "o": Out(stream.Signature(PAYLOAD_WORD)), "overrun": Out(1)})

    def elaborate(self, platform):
        m = Module()
        index_bits, slot_bits = ceil_log2(self.words), ceil_log2(self.kept)
        m.submodules.ram = ram = Ram(width=8 * WORD_BYTES, depth=1 << index_bits + slot_bits)
        m.d.sync += [
            ram.w_en.eq(self.i.valid), ram.w_addr.eq(Cat(self.i.index, self.i.slot)), ram.w_data.eq(self.i.data)]

        # The slot of the next record, a cycle after ``last``, when its predecessor is in memory; and how many wait,
        # which are never more than are kept, as one is dropped in every cycle in which there are too many.
        last, following, complete = self.last, Signal(slot_bits, init=1), Signal()
        m.d.sync += [complete.eq(self.i.valid & (self.i.index == 0)), following.eq(last + 1)]
        with m.If(self.i.valid & (self.i.index == 0)):
            m.d.sync += last.eq(self.i.data)
        waiting, late = Signal(slot_bits), Signal()
        begun, left = Signal(), Signal(range(self.most + 1))
        m.d.comb += late.eq(waiting > self.safe)
        m.d.sync += self.overrun.eq(self.stream & late)
        with m.If(~self.stream):
            m.d.sync += waiting.eq(0)
        with m.Else():
            m.d.sync += waiting.eq(waiting + complete - Mux(begun, left, late))

        # How far a number that is asked for is behind the last one. One to come is as far behind as one that is long
        # past: the former is within the upper half.
        asked, number, behind = Signal(), Signal(_NUMBER_BITS), Signal(_NUMBER_BITS)
        m.d.sync += behind.eq(last - number)
        with m.If(self.resend.valid):
            m.d.sync += [asked.eq(1), number.eq(self.resend.number)]

        # A datagram: ``left`` records from slot ``first`` on. Those to be sent again begin ``ahead`` of the next one,
        # which grows with every record, but to no more than are safe.
        first, ahead, word, again = Signal(slot_bits), Signal(slot_bits), Signal(index_bits), Signal()
        ready = Signal(slot_bits)
        out = self.o.payload
        m.d.comb += [ram.r_addr.eq(Cat(word, first)), ready.eq(Mux(again, ahead, waiting))]
        with m.If(complete & (ahead != 0) & (ahead != self.safe)):
            m.d.sync += ahead.eq(ahead + 1)

        def wait():
            m.d.sync += again.eq(0)
            m.next = "Wait"

        with m.FSM():
            with m.State("Wait"):
                m.d.sync += left.eq(Mux(ready > self.most, self.most, ready))
                with m.If(asked):
                    m.d.sync += [again.eq(1), asked.eq(self.resend.valid)]
                    m.next = "Measure"
                with m.Elif(self.stream & (waiting != 0)):
                    m.next = "Head"
            with m.State("Measure"):
                m.d.sync += ahead.eq(behind[:slot_bits] + 1 + complete)
                with m.If(behind[-1]):
                    m.d.sync += ahead.eq(0)
                with m.Elif(behind >= self.safe - 1):
                    m.d.sync += ahead.eq(self.safe)
                m.next = "Count"
            with m.State("Count"):
                m.d.sync += left.eq(Mux(ready > self.most, self.most, ready))
                m.next = "Head"
            with m.State("Head"):
                fields = {"magic": RING_MAGIC, "ring": self.ring, "count": left, "words": self.words, "resent": again,
                          "reserved": 0}
                m.d.sync += [
                    self.o.valid.eq(1), out.data.eq(_big_endian(RING_HEADER, fields)), out.count.eq(WORD_BYTES),
                    out.last.eq(left == 0)]
                m.next = "Send Head"
            with m.State("Send Head"):
                with m.If(self.o.ready):
                    m.d.sync += self.o.valid.eq(0)
                    m.next = "Oldest"
                    with m.If(out.last):
                        wait()
            with m.State("Oldest"):
                # It may have taken long until the head was taken; as many records as it says are still there.
                m.d.sync += [word.eq(0), first.eq(following - Mux(again | self.stream, ready, left))]
                with m.If(again | ~late):
                    m.d.comb += begun.eq(~again)
                    m.next = "Fetch"
            with m.State("Fetch"):
                m.next = "Load"
            with m.State("Load"):
                m.d.sync += [
                    self.o.valid.eq(1), out.data.eq(ram.r_data), out.last.eq((left == 1) & (word == self.words - 1)),
                    word.eq(word + 1)]
                with m.If(word == self.words - 1):
                    m.d.sync += [word.eq(0), first.eq(first + 1), left.eq(left - 1)]
                m.next = "Send"
            with m.State("Send"):
                with m.If(self.o.ready):
                    m.d.sync += self.o.valid.eq(0)
                    m.next = "Load"
                    with m.If(out.last):
                        wait()
        return m


def _big_endian(layout, values):
    """Return the bytes of ``layout`` as they go into a word whose first byte is lowest."""
    parts = []
    for field in layout.fields:
        value, bits = values[field.name], 8 * field.size
        whole = C(value, bits) if isinstance(value, int) else Cat(value, C(0, bits - len(value)))
        parts += [whole.word_select(n, 8) for n in reversed(range(field.size))]
    return Cat(parts)
