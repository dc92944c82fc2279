"""The output stage: words as they come, or held until their frame is found good."""

from amaranth.hdl import Assert, Cat, Format, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.interfaces import DATAGRAM_WORD, DatagramStream, ReplayStream
from gateware.ram import Ram

__all__ = ["Hold", "GAP", "LAG"]

#: Idle cycles behind each datagram that is released.
GAP = 4

#: Words that can be stored until the memory is seen to be full.
LAG = 2

ENTRY = data.StructLayout({"p": DATAGRAM_WORD, "valid": 1})


class Hold(wiring.Component):
    """Puts out datagrams, one word a cycle, with or without waiting for their verdict.

    While ``active`` is low, a word on ``i`` is on ``o`` one cycle later, and so is the verdict. While it is high, words
    are stored. A good verdict releases them, the first word 5 cycles later at the earliest, the last with
    ``verdict_done``; a bad one takes them back without a trace. ``GAP`` idle cycles follow each datagram, so words must
    come with at least 5 idle cycles between two datagrams, as frames do. Then the memory drains as fast as it fills,
    and datagrams of up to ``depth`` - 32 words always fit, and of up to ``depth`` - ``GAP`` - ``LAG`` words when
    nothing is stored. One that does not fit sets ``overflow``, and must get a bad verdict.

    ``active`` follows ``hold`` when nothing is in flight: to high between any two frames, to low in the first pause
    that lets the memory run empty. Reset forgets all words.

    Members
    -------
    i : words and verdicts; each datagram begun gets a verdict, in a cycle without a word
    near : a word may come on ``i`` in this cycle
    again : words to put out, one cycle later as well, where there is no other; lost otherwise
    hold : wanted mode
    o : words and verdicts
    active : mode in force
    overflow : the datagram under way does not fit, from 2 cycles after the word in question until the verdict
    """

    i: In(DatagramStream)
    near: In(1)
    again: In(ReplayStream)
    hold: In(1)
    o: Out(DatagramStream)
    active: Out(1)
    overflow: Out(1)

    def __init__(self, *, depth: int = 512):
        if depth < 64 or depth & (depth - 1):
            raise ValueError(f"depth must be a power of two and at least 64, not {depth}")
        self.depth = depth
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.ram = ram = Ram(width=ENTRY.size, depth=self.depth)

        # Pointers have one bit more than addresses: full and empty differ in it.
        write, commit, read = (Signal(range(2 * self.depth), name=n) for n in ("write", "commit", "read"))

        # Store, one cycle after ``i``. ``rest`` makes the entries that will be the idle cycles; there is always room
        # left for these, so that only words overflow, and it is known in time. ``crowded`` lags behind by ``LAG``
        # words; at a verdict it starts anew, as the words of a datagram taken back must not crowd out the next, and
        # what is released drains as fast as the next comes in.
        word_valid, word, done, bad = Signal(), Signal(DATAGRAM_WORD), Signal(), Signal()
        rest = Signal(GAP + 1)
        entry, store = Signal(ENTRY), Signal()
        next_write, stored, crowded = Signal.like(write), Signal.like(write), Signal()
        m.d.sync += [
            word_valid.eq(self.i.valid & self.active), word.eq(self.i.p),
            done.eq(self.i.verdict_done & self.active), bad.eq(self.i.verdict_bad),
            rest.eq(Cat(self.i.valid & self.i.p.last & self.active, rest)),
            stored.eq(write - read), crowded.eq(stored >= self.depth - GAP - LAG)]
        m.d.comb += [
            store.eq((word_valid & ~crowded | rest[1:].any()) & ~self.overflow),
            entry.p.eq(word), entry.valid.eq(word_valid), next_write.eq(write + store),
            ram.w_en.eq(store), ram.w_addr.eq(write), ram.w_data.eq(entry)]
        m.d.sync += write.eq(next_write)
        with m.If(word_valid & crowded):
            m.d.sync += self.overflow.eq(1)
        with m.If(done):
            m.d.sync += [self.overflow.eq(0), stored.eq(0)]
            with m.If(bad):
                m.d.sync += [write.eq(commit), rest.eq(0)]
            with m.Else():
                m.d.sync += [commit.eq(next_write)]
        m.d.sync += [
            Assert(~(done & ~bad & self.overflow), Format("datagram released that overflowed")),
            Assert(~store | ((write - read)[:len(write)] < self.depth), Format("a word stored over another")),
            Assert(stored <= self.depth, Format("{} words stored, {} fit", stored, self.depth))]

        # Drain: the read data is registered once more, as block RAM is slow.
        pending = Signal()
        fetched, held_valid, held = Signal(), Signal(), Signal(ENTRY)
        m.d.comb += [pending.eq(read != commit), ram.r_addr.eq(read)]
        m.d.sync += [
            read.eq(read + pending), fetched.eq(pending), held_valid.eq(fetched), held.eq(ram.r_data)]

        release = Signal()
        between = Signal()
        m.d.comb += [
            release.eq(held_valid & held.valid),
            between.eq(self.again.valid & ~Mux(self.active, release, self.near))]
        m.d.sync += [
            Assert(self.near | ~self.i.valid, Format("a word came unannounced")),
            self.o.valid.eq(Mux(self.active, release, self.i.valid) | between),
            self.o.p.eq(Mux(between, self.again.p, Mux(self.active, held.p, self.i.p))),
            self.o.verdict_done.eq(Mux(self.active, release & held.p.last, self.i.verdict_done)),
            self.o.verdict_bad.eq(~self.active & self.i.verdict_bad)]

        under_way = Signal()
        with m.If(self.i.valid):
            m.d.sync += under_way.eq(1)
        with m.If(self.i.verdict_done):
            m.d.sync += under_way.eq(0)
        with m.If(~(under_way | self.i.valid | done | pending | fetched | held_valid)):
            m.d.sync += self.active.eq(self.hold)
        return m
