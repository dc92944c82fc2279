"""The rules that an order breaks or not whatever is under way: its form, size, price and names."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.compiled import Compiled
from gateware.risk.intake import STAGE
from gateware.risk.interfaces import Sizes
from gateware.risk.limits import LIMITS, TICK_BITS
from rules import form, market, price, short, size
from wire.risk import ALL_SYMBOLS, Fault, Kind, Rule

__all__ = ["Judge"]


class Judge(wiring.Component):
    """Rules 5, 8 to 13 and the price test of rule 21, and what the others need to know of the order alone.

    Latency: 5 cycles from a slot's entry. Throughput: one a cycle.

    Members
    -------
    stage_1 .. stage_5 : the slots in their cycles
    tick_1, limits_1, limits_2 : limits of the slots in cycles 1 and 2
    entry_2 : of the table of orders, at the place of the slot in cycle 2
    notional_3 : effective price times shares
    no_growth_3 : the slot in cycle 3 is no order, or a REPLACE of what it does not name rightly
    broken_4, late_5 : a rule is broken; one is that takes a cycle more, COLLAR or MALFORMED for the tick
    fault_5, mask_5 : Fault, and Rule as far as it is judged here
    low_5 : the price test is not passed, were short sales restricted
    """

    def __init__(self, *, sizes: Sizes, clock_mhz: float):
        self.sizes, self.clock_mhz = sizes, clock_mhz
        super().__init__({
            **{f"stage_{n}": In(STAGE) for n in range(1, 6)}, "tick_1": In(TICK_BITS),
            "limits_1": In(LIMITS), "limits_2": In(LIMITS), "entry_2": In(sizes.entry),
            "notional_3": Out(64), "no_growth_3": Out(1), "broken_4": Out(1), "late_5": Out(1), "fault_5": Out(9),
            "mask_5": Out(22), "low_5": Out(1)})

    def elaborate(self, platform):
        m = Module()
        rule = Compiled(m, clock_mhz=self.clock_mhz)
        one, two, three = self.stage_1, self.stage_2, self.stage_3
        limits, order_2, waiting_2 = self.limits_2, self.entry_2.order, self.entry_2.replace

        def held(name, value, cycles):
            for n in range(cycles):
                register = Signal.like(value, name=f"{name}_{n}")
                m.d.sync += register.eq(value)
                value = register
            return value

        # Cycle 1, and what takes more than one.
        asked = {name: getattr(one.slot, name)
                 for name in ("kind", "side", "type", "token", "account", "symbol", "shares", "price")}
        shape_2 = held("shape", rule("shape_faults", form.shape_faults, asked=asked), 1)
        matters_5 = held("matters", rule("tick_matters", form.tick_matters, kind=one.slot.kind, type=one.slot.type,
                                         symbol_exists=one.symbol_exists), 4)
        off_5 = rule.pipelined("off_tick", price.off_tick, cycles=4, price=one.slot.price, tick=self.tick_1)
        m.d.comb += self.notional_3.eq(rule.pipelined(
            "notional", size.notional, cycles=2, price=one.effective, shares=one.slot.shares))
        bps_2 = held("bps", Mux(one.buy, self.limits_1.symbol.collar_buy, self.limits_1.symbol.collar_sell), 1)
        units_2 = held("units", Mux(one.buy, self.limits_1.symbol.units_buy, self.limits_1.symbol.units_sell), 1)
        collar_5 = rule.pipelined(
            "collar", price.collar, cycles=4, arrival={"bps": 1, "units": 1}, buy=one.buy, price=one.effective,
            has_touch=one.touch.has, touch=one.touch.price, has_last=one.quote.last.has, last=one.quote.last.price,
            bps=bps_2, units=units_2)
        mass = one.valid & (one.slot.kind == Kind.MASS_CANCEL)
        mass_2 = held("mass", mass, 1)
        all_2 = held("all_symbols", mass & (one.slot.symbol == ALL_SYMBOLS), 1)

        # Cycles 2, 3. What is the same as in the table is found a cycle earlier: then it is 0, else it is not.
        tag = two.slot.token[self.sizes.place_bits:]
        differs = {"token": Cat(tag[n:n + 4] != order_2.tag[n:n + 4] for n in range(0, len(tag), 4))}
        differs |= {name: getattr(two.slot, name) != order_2[name] for name in ("account", "symbol", "side", "type")}
        entry = {"used": order_2.used, "live": order_2.live, "pending": waiting_2.pending} | differs
        entry = {name: held(f"entry_{name}", value, 1) for name, value in entry.items()}
        asked = dict.fromkeys((*differs, "shares", "price"), 0) | {"kind": three.slot.kind}
        shape_3 = held("shape_faults_3", shape_2, 1)
        token_3 = rule("token_faults", form.token_faults, asked=asked, entry=entry)
        m.d.comb += self.no_growth_3.eq(
            ~three.order | (~three.new & (token_3 & int(Fault.TOKEN | Fault.ORDER)).any()))
        unknown_2 = Signal()
        m.d.comb += unknown_2.eq((two.order | mass_2) & rule(
            "unknown", market.unknown,
            account_known=two.account_exists & (mass_2 | limits.account.enable),
            symbol_known=all_2 | (two.symbol_exists & (mass_2 | limits.symbol.enable))))
        symbol_2 = two.order & two.symbol_exists
        found = {
            Rule.UNKNOWN: held("unknown", unknown_2, 2),
            Rule.RESTRICTED: held("restricted", symbol_2 & rule(
                "on_list", market.restricted, listed=limits.symbol.restricted), 2),
            Rule.MAX_SHARES: held("max_shares", two.order & two.pair_exists & rule(
                "shares_over", size.max_shares, shares=two.slot.shares, limit=limits.pair.max_shares), 2),
            Rule.BAND: held("band", symbol_2 & rule(
                "outside", price.band, price=two.effective, low=limits.symbol.band_low,
                high=limits.symbol.band_high), 2)}
        m.d.comb += self.low_5.eq(held("low", rule(
            "at_the_bid", short.at_the_bid, market=two.market, price=two.slot.price, has_bid=two.quote.bid.has,
            bid=two.quote.bid.price), 3))

        # Cycle 3.
        most_3 = held("max_notional", limits.pair.max_notional, 1)
        found[Rule.MAX_NOTIONAL] = held("notional_over", three.order & three.pair_exists & rule(
            "too_much", size.too_much, value=self.notional_3, limit=most_3), 1)
        request_3 = three.valid & ~three.report
        faulty_4 = held("faulty", request_3 & rule("faulty_form", form.faulty, form=shape_3, token=token_3), 1)
        fault_5 = held("fault", Mux(request_3, shape_3 | token_3, 0), 2)

        # Cycle 4: nearly all is known.
        m.d.comb += self.broken_4.eq(Cat(faulty_4, *found.values()).any())
        faulty_5 = held("faulty_5", faulty_4, 1)
        found = {name: held(f"{name.name.lower()}_5", broken, 1) for name, broken in found.items()}

        # Cycle 5.
        tick_5 = rule("tick_fault", form.tick_fault, matters=matters_5, off_tick=off_5) & self.stage_5.order
        found[Rule.MALFORMED] = rule("malformed", form.malformed, other=faulty_5, tick=tick_5)
        four = self.stage_4
        looked_5 = held("collar_applies", four.order & four.symbol_exists & (four.buy | four.sell), 1)
        found[Rule.COLLAR] = looked_5 & collar_5
        m.d.comb += [
            self.late_5.eq(matters_5 & off_5 | found[Rule.COLLAR]),
            self.fault_5.eq(fault_5 | Mux(tick_5, int(Fault.TICK), 0)),
            *(self.mask_5[int(name).bit_length() - 1].eq(broken) for name, broken in found.items())]
        return m
