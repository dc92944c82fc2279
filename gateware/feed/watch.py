"""How far the books are behind the feed: the gap and its window, the silence."""

from amaranth.hdl import Assert, Format, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["GapWatch", "SilenceWatch"]


class GapWatch(wiring.Component):
    """Gap and its window.

    A gap opens when a packet was heard and ``expected`` is below ``highest``, and is filled when ``expected`` reaches
    ``highest``. It becomes stale when ``gap_packets`` packets ahead (the one that opened it among them) or
    ``gap_cycles`` cycles pass without progress, which is any message taken; it stays stale until it is filled.

    Timing: ``highest`` follows 2 cycles after ``heard``, the gap opens 5 cycles after it, closes 4 cycles after
    ``expected`` has caught up; progress starts the window anew 4 cycles later; stale within 2 cycles of its window's
    end. So all that a packet sets off has happened before the next packet's messages count, if that one's first word is
    at least two cycles behind the verdict, as those of gateware/net are, and a gap that a packet fills is closed before
    it opens another. A new setting takes effect at once.

    Members
    -------
    heard, ahead, number : In
        A packet was heard; it has messages and they are ahead; the number after its last message.
    expected, progress : In
        Number of the next message; a message was taken.
    gap_packets, gap_cycles : In(32)
        The window; 0: never stale by packets, by time.
    resync, seq_set : In
        Forget the gap; ``highest`` is ``seq_set`` two cycles later.
    highest : Out(64)
        Highest number that follows a message heard of; 1 after reset.
    gap, stale : Out(1)
        A gap is open; it has outlived its window.
    opened, expired, filled, recovered : Out(1)
        Strobes: gap opened, became stale, was filled, was filled while stale.
    """

    heard: In(1)
    ahead: In(1)
    number: In(64)
    expected: In(64)
    progress: In(1)
    gap_packets: In(32)
    gap_cycles: In(32)
    resync: In(1)
    seq_set: In(64)
    highest: Out(64, init=1)
    gap: Out(1)
    stale: Out(1)
    opened: Out(1)
    expired: Out(1)
    filled: Out(1)
    recovered: Out(1)

    def elaborate(self, platform):
        m = Module()
        half = 32

        def less(a, b):
            """Return ``a < b`` in two cycles."""
            low, high, same, result = (Signal(name=f"less_{n}") for n in ("low", "high", "same", "result"))
            m.d.sync += [low.eq(a[:half] < b[:half]), high.eq(a[half:] < b[half:]), same.eq(a[half:] == b[half:])]
            m.d.comb += result.eq(high | (same & low))
            return result

        resyncing = Signal()
        resync_number = Signal.like(self.seq_set)
        compared = Signal()
        m.d.sync += [resyncing.eq(self.resync), resync_number.eq(self.seq_set), compared.eq(self.heard)]
        higher = less(self.highest, self.number)
        with m.If(resyncing):
            m.d.sync += self.highest.eq(resync_number)
        with m.Elif(compared & higher):
            m.d.sync += self.highest.eq(self.number)

        behind = Signal()
        m.d.sync += behind.eq(less(self.expected, self.highest))

        # ``behind`` speaks of the packet's number 4 cycles after the packet was heard.
        heard = Signal(4)
        ahead = Signal(4)
        opens = heard[-1] & behind & ~self.gap
        was_behind = Signal()
        m.d.sync += was_behind.eq(behind)
        closes = self.gap & ~behind & ~was_behind
        m.d.sync += [
            heard.eq((heard << 1) | self.heard), ahead.eq((ahead << 1) | (self.heard & self.ahead)),
            self.opened.eq(opens), self.filled.eq(closes), self.recovered.eq(closes & self.stale),
            self.expired.eq(0),
        ]

        # The window.
        packets = Signal(32)
        cycles = Signal(32)
        by_packets = Signal()
        by_cycles = Signal()
        spent = Signal()
        progress = Signal(4)
        m.d.sync += progress.eq((progress << 1) | self.progress)
        restart = ~self.gap | closes | progress[-1]
        m.d.comb += spent.eq((by_packets | by_cycles) & self.gap & ~restart)
        m.d.sync += [
            by_packets.eq(~restart & (self.gap_packets != 0) & (packets >= self.gap_packets)),
            by_cycles.eq(~restart & (self.gap_cycles != 0) & (cycles >= self.gap_cycles)),
        ]
        with m.If(restart):
            m.d.sync += [packets.eq(ahead[-1] & behind), cycles.eq(1)]
        with m.Elif(~self.stale):
            m.d.sync += [packets.eq(packets + ahead[-1]), cycles.eq(cycles + 1)]

        with m.If(opens):
            m.d.sync += self.gap.eq(1)
        with m.If(spent & ~self.stale):
            m.d.sync += [self.stale.eq(1), self.expired.eq(1)]
        with m.If(closes):
            m.d.sync += [self.gap.eq(0), self.stale.eq(0)]
        with m.If(self.resync | resyncing):
            m.d.sync += [
                heard.eq(0), ahead.eq(0), self.gap.eq(0), self.stale.eq(0),
                self.opened.eq(0), self.filled.eq(0), self.recovered.eq(0), self.expired.eq(0),
            ]
        m.d.sync += [
            Assert(~self.stale | self.gap, Format("stale without a gap")),
            Assert(~(self.opened & self.filled), Format("a gap opened and filled at once")),
        ]
        return m


class SilenceWatch(wiring.Component):
    """Silence of the feed.

    Timing: silent 2 cycles after ``silence_cycles`` cycles without a packet, heard again one cycle after ``heard``.
    Nothing is silent before the first packet after reset. A silence lasts until a packet is heard, whatever becomes of
    the setting, and through ``resync``.

    Members
    -------
    heard : In(1)
        A packet of the session was heard, on whatever line.
    silence_cycles : In(32)
        Cycles without a packet until the feed is silent; 0: never.
    silent : Out(1)
        The feed is silent.
    fell, rose : Out(1)
        Strobes: it fell silent, it is heard again.
    """

    heard: In(1)
    silence_cycles: In(32)
    silent: Out(1)
    fell: Out(1)
    rose: Out(1)

    def elaborate(self, platform):
        m = Module()
        started = Signal()
        enabled = Signal()
        cycles = Signal(32)
        spent = Signal()
        m.d.sync += [
            enabled.eq(self.silence_cycles != 0),
            spent.eq(enabled & ~self.heard & (cycles >= self.silence_cycles)),
            self.fell.eq(0),
            self.rose.eq(0),
        ]
        with m.If(self.heard | ~enabled | ~started):
            m.d.sync += cycles.eq(1)
        with m.Elif(~self.silent):
            m.d.sync += cycles.eq(cycles + 1)
        with m.If(self.heard):
            m.d.sync += [started.eq(1), self.silent.eq(0), self.rose.eq(self.silent)]
        with m.Elif(started & spent & ~self.silent):
            m.d.sync += [self.silent.eq(1), self.fell.eq(1)]
        return m
