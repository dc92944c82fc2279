"""Rule 20: live orders of the same account and symbol that an order would trade with."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.compiled import Compiled
from gateware.risk.interfaces import Sizes
from rules import cross

__all__ = ["Crossing"]


class Crossing(wiring.Component):
    """All live orders, each compared with every request, and requests under way with those behind them.

    A request comes in cycle 1; whether it would trade is known in its cycle 5. Accepted, it rests from its cycle 6 on,
    at its own price or at that of the order it replaces, whichever is reached sooner. Throughput: one a cycle.
    Reset: nothing rests.

    Members
    -------
    account_1, symbol_1, buy_1, market_1, price_1 : the request
    broken_5 : the rule is broken, by a request that has account, symbol and side
    accepted_6, new_6, place_6 : the request in cycle 6 was accepted; it is new
    put, put_place : strobe, an order rests elsewhere or no longer
    put_live, put_rests : whether and where
    live : places with a live order
    """

    def __init__(self, *, sizes: Sizes, clock_mhz: float):
        self.sizes, self.clock_mhz = sizes, clock_mhz
        super().__init__({
            "account_1": In(sizes.account_bits), "symbol_1": In(sizes.symbol_bits), "buy_1": In(1), "market_1": In(1),
            "price_1": In(32), "broken_5": Out(1),
            "accepted_6": In(1), "new_6": In(1), "place_6": In(sizes.place_bits),
            "put": In(1), "put_place": In(sizes.place_bits), "put_live": In(1), "put_rests": In(32),
            "live": Out(sizes.orders)})

    def elaborate(self, platform):
        m = Module()
        sizes = self.sizes
        rule = Compiled(m, clock_mhz=self.clock_mhz)
        who = data.StructLayout({"pair": sizes.pair_bits, "buy": 1})
        order = data.StructLayout({"who": who, "reaches": 32, "rests": 32})
        at = {cycle: Signal(order, name=f"order_{cycle}") for cycle in range(1, 7)}
        given = {"buy": self.buy_1, "market": self.market_1, "price": self.price_1}
        m.d.comb += [
            at[1].who.pair.eq(Cat(self.symbol_1, self.account_1)), at[1].who.buy.eq(self.buy_1),
            at[1].reaches.eq(rule("reach", cross.reach, **given)), at[1].rests.eq(rule("rests", cross.rests, **given))]
        for cycle in range(2, 7):
            m.d.sync += at[cycle].eq(at[cycle - 1])

        def meets(name, who, rests):
            met = Signal(name=f"meets_{name}")
            trades = rule(f"trades_{name}", cross.trades, reaches=at[3].reaches, resting=rests)
            m.d.comb += met.eq((who.pair == at[3].who.pair) & (who.buy != at[3].who.buy) & trades)
            return met

        # Cycle 3: compared with all that rests, and with the three orders ahead that may come to rest.
        hit_4, second_4, first_4 = Signal(sizes.orders + 1), Signal(), Signal()
        hits = []
        for place in range(sizes.orders):
            whose, rests = Signal(who, name=f"who_{place}"), Signal(32, name=f"rests_{place}")
            hits.append(meets(place, whose, rests) & self.live[place])
            with m.If(self.accepted_6 & (self.place_6 == place)):
                with m.If(self.new_6):
                    m.d.sync += [self.live[place].eq(1), whose.eq(at[6].who)]
                with m.If(self.new_6 | (at[6].rests < rests)):
                    m.d.sync += rests.eq(at[6].rests)
            with m.If(self.put & (self.put_place == place)):
                m.d.sync += [self.live[place].eq(self.put_live), rests.eq(self.put_rests)]
        ahead = {cycle: meets(f"ahead_{cycle}", at[cycle].who, at[cycle].rests) for cycle in (4, 5, 6)}
        m.d.sync += [
            hit_4.eq(Cat(*hits, ahead[6] & self.accepted_6)), second_4.eq(ahead[5]), first_4.eq(ahead[4])]
        hit_5, first_5 = Signal(), Signal()
        m.d.sync += [hit_5.eq(hit_4.any() | (second_4 & self.accepted_6)), first_5.eq(first_4)]
        m.d.comb += self.broken_5.eq(hit_5 | (first_5 & self.accepted_6))
        return m
