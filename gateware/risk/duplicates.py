"""Rule 19: orders that passed not long ago."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.compiled import Compiled
from gateware.risk.interfaces import Sizes
from rules import repeat
from wire.risk import TIME_BITS

__all__ = ["Duplicates"]


class Duplicates(wiring.Component):
    """The last accepted new orders, each compared with every request, and requests under way with those behind them.

    A request comes in cycle 2; whether it is a duplicate is known in its cycle 5. Accepted, it is remembered from its
    cycle 6 on. Throughput: one a cycle. Reset: nothing is remembered.

    Members
    -------
    order_2, now_2 : the request and its time
    window_2 : cycles in which an order is a duplicate
    broken_5 : the rule is broken, by a new order whose account, symbol, side and type exist
    accepted_6, push_6 : the request in cycle 6 was accepted, and is new; the same, for the memory

    Attributes
    ----------
    passed, known : the memory, and which of its places hold an order; there once it is elaborated, for proofs
    """

    def __init__(self, *, sizes: Sizes, clock_mhz: float):
        self.sizes, self.clock_mhz = sizes, clock_mhz
        #: Codes of existing sides and types need no more bits.
        self.order = data.StructLayout({
            "account": sizes.account_bits, "symbol": sizes.symbol_bits, "side": 3, "type": 2, "price": 32,
            "shares": 32})
        super().__init__({
            "order_2": In(self.order), "now_2": In(TIME_BITS), "window_2": In(32), "broken_5": Out(1),
            "accepted_6": In(1), "push_6": In(1)})

    def elaborate(self, platform):
        m = Module()
        rule = Compiled(m, clock_mhz=self.clock_mhz)
        passed = data.StructLayout({"order": self.order, "time": TIME_BITS})
        at = {cycle: Signal(passed, name=f"order_{cycle}") for cycle in range(2, 7)}
        m.d.comb += [at[2].order.eq(self.order_2), at[2].time.eq(self.now_2)]
        for cycle in range(3, 7):
            m.d.sync += at[cycle].eq(at[cycle - 1])
        since = rule("since", repeat.since, now=self.now_2, window=self.window_2)
        after = Signal.like(since)
        m.d.sync += after.eq(since)

        def fields(order):
            return {name: order[name] for name, _ in self.order}

        def again(name, other, known=1):
            """Return whether the order in cycle 4 asks for the same as ``other`` did in its cycle 3, not long ago."""
            alike, recent = Signal(name=f"alike_{name}"), Signal(name=f"recent_{name}")
            m.d.sync += [
                alike.eq(rule(f"alike_{name}", repeat.alike, asked=fields(at[3].order), passed=fields(other.order))),
                recent.eq(rule(f"recent_{name}", repeat.recent, time=other.time, after=after) & known)]
            return alike & recent

        # Cycle 3. The newest comes first, and each that comes pushes the oldest out.
        size = self.sizes.profile.duplicates
        memory = [Signal(passed, name=f"passed_{n}") for n in range(size)]
        known = Signal(size)
        self.passed, self.known = memory, known
        with m.If(self.push_6):
            m.d.sync += [*(here.eq(newer) for here, newer in zip(memory, [at[6], *memory], strict=False)),
                         known.eq(Cat(1, known))]

        hits_4 = Cat(again(n, other, known[n]) for n, other in enumerate(memory))
        first_4, second_4, third_4 = (again(f"ahead_{cycle}", at[cycle]) for cycle in (4, 5, 6))

        # Cycle 4: the hits of the memory as it is by now.
        def pushed(accepted, first, hits):
            return Mux(accepted, Cat(first, hits[:-1]), hits)

        accepted_7, all_4, all_5, most_5 = Signal(), Signal(size), Signal(), Signal()
        m.d.comb += all_4.eq(pushed(self.accepted_6, second_4, pushed(accepted_7, third_4, hits_4)))
        m.d.sync += [
            accepted_7.eq(self.accepted_6), all_5.eq(all_4.any()), most_5.eq(all_4[:-1].any() | first_4)]
        m.d.comb += self.broken_5.eq(Mux(self.accepted_6, most_5, all_5))
        return m
