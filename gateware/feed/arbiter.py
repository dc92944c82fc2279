"""In sequence or not at all: which blocks of a packet become messages."""

from amaranth.hdl import Assert, Format, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.feed.mold import SESSION_BYTES

__all__ = ["Arbiter"]


class Arbiter(wiring.Component):
    """In-sequence acceptance.

    A packet is judged once, when its sequence number is known: it is of another session, or ahead of the expected
    number, or its first ``skip`` messages were taken before (old) and the rest are new. The judgement stands two cycles
    after ``numbered``, in time for the end of the first block. Each block that ends is then old, taken or ahead by one
    bit of state.

    Timing: ``block`` in cycle t, the strobes in t+1; in the cycle of ``taken``, ``expected`` still is the number of the
    message taken, from t+2 on it is one more. Throughput: one block a cycle.

    ``resync`` in cycle t: the packet under way is dropped to its end; a block that ends in cycle t is still taken,
    under its old number; ``expected`` is ``seq_set`` from cycle t+2 on. The number wraps after 2**64 - 1.

    Members
    -------
    session, sequence, numbered : In
        Header of the packet under way (Mold).
    begun : In(1)
        A packet has begun: its first word was on ``i`` three cycles before.
    learn : In(1)
        The packet proved good: its session is the one to follow, if none is known.
    block, known, fits : In(1)
        A whole block has ended; its type is known; its length fits its type.
    short : In(1)
        A block too short for any message was met.
    inject, inject_known, inject_fits : In(1)
        The same of the host's message, which is to be taken. Never in the cycle of a block.
    line, again : In(1)
        Line of the packet under way; it is replayed: its old messages and those ahead have been counted before.
    resync, seq_set : In
        Expect ``seq_set`` next and forget the session.
    clear : In(1)
        Forget ``feed_error``; a wrong length in the same cycle prevails.
    expected : Out(64)
        Number of the next message; 1 after reset.
    valid : Out(1)
        A message is presented: taken, of known type and right length.
    taken, from_line, from_a, from_b, injected, old, ahead, unknown, wrong : Out(1)
        What became of a block: taken, and from where; dropped as old or ahead. Of those taken, the type is not known
        or the length does not fit.
    matches, leads : Out(1)
        The packet under way is of the session followed; and is ahead.
    ignored : Out(1)
        The packet under way was overtaken by ``resync``.
    session_known : Out(1)
        There is a session to follow.
    feed_error : Out(1)
        A message of wrong length was taken since ``clear``.
    """

    session: In(data.ArrayLayout(8, SESSION_BYTES))
    sequence: In(64)
    numbered: In(1)
    begun: In(1)
    learn: In(1)
    block: In(1)
    known: In(1)
    fits: In(1)
    short: In(1)
    inject: In(1)
    inject_known: In(1)
    inject_fits: In(1)
    line: In(1)
    again: In(1)
    resync: In(1)
    seq_set: In(64)
    clear: In(1)
    expected: Out(64, init=1)
    valid: Out(1)
    taken: Out(1)
    from_line: Out(1)
    from_a: Out(1)
    from_b: Out(1)
    injected: Out(1)
    old: Out(1)
    ahead: Out(1)
    unknown: Out(1)
    wrong: Out(1)
    matches: Out(1)
    leads: Out(1)
    ignored: Out(1)
    session_known: Out(1)
    feed_error: Out(1)

    def elaborate(self, platform):
        m = Module()

        resyncing = Signal()
        resync_number = Signal.like(self.seq_set)
        m.d.sync += [resyncing.eq(self.resync), resync_number.eq(self.seq_set)]

        # Session. The bytes are kept of every packet while none is known; ``learn`` makes them count.
        kept = Signal.like(self.session)
        same_bytes = Signal(SESSION_BYTES)
        same = Signal()
        m.d.sync += [
            *(same_bytes[x].eq(self.session[x] == kept[x]) for x in range(SESSION_BYTES)),
            same.eq(same_bytes.all()),
        ]

        # First cycle: how far the packet starts before the expected number, in halves.
        half = 32
        low = Signal(half + 1)
        high = Signal(half + 1)
        judging = Signal()
        m.d.sync += [
            judging.eq(self.numbered),
            low.eq(self.expected[:half] - self.sequence[:half]),
            high.eq(self.expected[half:] - self.sequence[half:]),
        ]

        # Second cycle. More than 65,535 old messages are as good as 65,535: no packet has more.
        borrow, beyond = low[half], high[half]
        skip_bits = 16
        rest_zero = Signal()
        no_high = Signal()
        leads = Signal()
        equal = Signal()
        distance = Signal(skip_bits)
        m.d.comb += [
            rest_zero.eq(high[1:half] == 0),
            no_high.eq(rest_zero & (high[0] == borrow)),
            leads.eq(beyond | (rest_zero & ~high[0] & borrow)),
            equal.eq(rest_zero & ~high[0] & ~borrow & (low[:half] == 0)),
            distance.eq(low[:skip_bits] | (~no_high | low[skip_bits:half].any()).replicate(skip_bits)),
        ]
        matches = Signal()
        old = Signal()
        taking = Signal()
        skip = Signal(skip_bits)
        m.d.comb += matches.eq(same | ~self.session_known)

        with m.If(self.begun):
            m.d.sync += self.ignored.eq(0)
        with m.If(judging & ~self.ignored & ~self.resync & ~resyncing):
            m.d.sync += [
                self.matches.eq(matches),
                self.leads.eq(matches & leads),
                taking.eq(matches & equal),
                old.eq(matches & ~leads & ~equal),
                skip.eq(distance),
            ]
            with m.If(~self.session_known):
                m.d.sync += kept.eq(self.session)
        with m.Elif(self.block & old):
            m.d.sync += skip.eq(skip - 1)
            with m.If(skip == 1):
                m.d.sync += [old.eq(0), taking.eq(1)]

        with m.If(self.learn):
            m.d.sync += self.session_known.eq(1)
        with m.If(self.resync):
            m.d.sync += self.session_known.eq(0)
        with m.If(self.resync | resyncing):
            m.d.sync += [self.matches.eq(0), self.leads.eq(0), taking.eq(0), old.eq(0), self.ignored.eq(1)]

        # What became of the block, or of the host's message.
        ends = self.block | self.short
        m.d.sync += [
            self.valid.eq((self.block & taking & self.fits) | (self.inject & self.inject_fits)),
            self.unknown.eq((self.block & taking & ~self.known) | (self.inject & ~self.inject_known)),
            self.wrong.eq((self.block & taking & self.known & ~self.fits) | (self.short & taking)
                          | (self.inject & self.inject_known & ~self.inject_fits)),
            self.taken.eq((ends & taking) | self.inject),
            self.from_line.eq(ends & taking),
            self.from_a.eq(ends & taking & ~self.line),
            self.from_b.eq(ends & taking & self.line),
            self.injected.eq(self.inject),
            self.old.eq(ends & old & ~self.again),
            self.ahead.eq(ends & self.leads & ~self.again),
        ]
        with m.If(resyncing):
            m.d.sync += self.expected.eq(resync_number)
        with m.Elif(self.taken):
            m.d.sync += self.expected.eq(self.expected + 1)
        with m.If(self.wrong):
            m.d.sync += self.feed_error.eq(1)
        with m.Elif(self.clear):
            m.d.sync += self.feed_error.eq(0)

        m.d.sync += [
            Assert(~(self.inject & ends), Format("an injected message met a block of the line")),
            Assert(~(self.block & self.short), Format("a short block met another")),
            Assert(self.from_a + self.from_b + self.injected == self.taken, Format("one message of many sources")),
            Assert(self.valid + self.unknown + self.wrong == self.taken, Format("one message of many fates")),
            Assert(self.taken + self.old + self.ahead <= 1, Format("one block taken and dropped")),
        ]
        return m
