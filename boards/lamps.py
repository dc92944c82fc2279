"""What a board's LEDs say."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["MEANINGS", "Lamps"]

#: LEDs of a board that has four, in this order.
MEANINGS = ("link", "alive", "stale", "killed")
#: Halves of a second's blink of a single LED, slow and fast.
SLOW, FAST = 2, 16


class Lamps(wiring.Component):
    """``count`` LEDs: one for each of ``MEANINGS``, or, when there are fewer, the first one speaks for all.

    A single one is dark without a link, steady when there is a link and no feed, blinks once a second while the feed is
    alive, and eight times while it is stale. Latency: one cycle.

    Members
    -------
    link : every port has a gigabit link
    alive : a session of the feed is followed, and is not silent
    stale : the books are behind
    killed : the risk gate is shut
    o : LEDs
    """

    def __init__(self, *, count: int, hz: int):
        if count < 1:
            raise ValueError(f"count must be at least 1, not {count}")
        self.count, self.hz = count, hz
        super().__init__({**{name: In(1) for name in MEANINGS}, "o": Out(count)})

    def elaborate(self, platform):
        m = Module()
        if self.count >= len(MEANINGS):
            m.d.sync += [self.o[n].eq(getattr(self, name)) for n, name in enumerate(MEANINGS)]
            return m
        left, beats = Signal(range(self.hz // FAST), init=self.hz // FAST - 1), Signal(range(FAST // SLOW))
        fast, slow = Signal(), Signal()
        m.d.sync += left.eq(left - 1)
        with m.If(left == 0):
            m.d.sync += [left.eq(self.hz // FAST - 1), fast.eq(~fast), beats.eq(beats + 1)]
            with m.If(beats == FAST // SLOW - 1):
                m.d.sync += [beats.eq(0), slow.eq(~slow)]
        with m.If(self.alive & self.stale):
            m.d.sync += self.o[0].eq(self.link & fast)
        with m.Elif(self.alive):
            m.d.sync += self.o[0].eq(self.link & slow)
        with m.Else():
            m.d.sync += self.o[0].eq(self.link)
        return m
