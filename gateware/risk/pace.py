"""Rule 18, of an account or a symbol."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.compiled import Compiled
from gateware.risk.kept import twice
from rules import rate
from wire.risk import TIME_BITS

__all__ = ["Pace"]


class Pace(wiring.Component):
    """A token bucket kept as the time to which it is used up.

    A request comes in cycle 2; whether it is too fast is known in its cycle 5, the time after it in cycle 6.
    Throughput: one a cycle.

    Members
    -------
    now_2, interval_2, tolerance_2 : the request's time and limits
    earliest_4, earliest_5 : as the ``Sums`` of account or symbol have it
    applies_4, follows_4 : the rule is about the request; it is, and the one before is of the same account or symbol
    stopped_4 : any request breaks the rule
    early_5, early_after_5 : this one does; it does if the one before is accepted, which any bit tells
    barred_5, barred_after_5 : the same, from registers of their own, as of ``Headroom``
    earliest_6 : the time as it is if the request is accepted
    """

    now_2: In(TIME_BITS)
    interval_2: In(32)
    tolerance_2: In(48)
    earliest_4: In(TIME_BITS + 1)
    earliest_5: In(TIME_BITS + 1)
    applies_4: In(1)
    follows_4: In(1)
    stopped_4: Out(1)
    early_5: Out(1)
    early_after_5: Out(2)
    barred_5: Out(1)
    barred_after_5: Out(2)
    earliest_6: Out(TIME_BITS + 1)

    def __init__(self, *, clock_mhz: float):
        self.clock_mhz = clock_mhz
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        rule = Compiled(m, clock_mhz=self.clock_mhz)

        def held(name, value):
            register = Signal.like(value, name=name)
            m.d.sync += register.eq(value)
            return register

        now = {2: self.now_2}
        interval = {2: self.interval_2}
        stopped_3 = held("stopped_3", rule("stopped", rate.stopped, interval=self.interval_2))
        m.d.sync += self.stopped_4.eq(stopped_3)
        for cycle in (3, 4, 5):
            now[cycle] = held(f"now_{cycle}", now[cycle - 1])
            interval[cycle] = held(f"interval_{cycle}", interval[cycle - 1])

        # Cycle 3: what the time must not be beyond; and if the request before takes an interval, before it does.
        last_3 = held("last_3", rule("latest", rate.latest, now=self.now_2, tolerance=self.tolerance_2))
        last_4 = held("last_4", last_3)
        less_4 = held("less_4", last_3 - interval[4])
        # Cycle 4: that one takes it from the time as it is, or from its own time.
        early_5 = held("is_early_5", rule("early", rate.early, last=last_4, earliest=self.earliest_4))
        after_5 = held("is_early_after_5", Cat(
            rule("early_after_bucket", rate.early, last=less_4, earliest=self.earliest_4),
            rule("early_after_request", rate.early, last=less_4, earliest=now[5])))
        for applies, follows, early, after in zip(
                twice(m, self.applies_4, "applies_5"), twice(m, self.follows_4, "follows_5"),
                (self.early_5, self.barred_5), (self.early_after_5, self.barred_after_5), strict=True):
            m.d.comb += [early.eq(early_5 & applies), after.eq(after_5 & follows.replicate(2))]
        # Cycle 5.
        fresh_5 = held("fresh_5", now[4] + interval[4])
        fresh_6 = held("fresh_6", fresh_5)
        used_6 = held("used_6", self.earliest_5 + interval[5])
        full_6 = held("full_6", self.earliest_5 <= now[5])
        m.d.comb += self.earliest_6.eq(Mux(full_6, fresh_6, used_6))
        return m
