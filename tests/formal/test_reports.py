"""Reports: each sum stays what can be added up from the orders and their fills, and never below 0.

A sum is what the report's own order has in it, and the rest: that of all other orders, however many. The proof says
that the rest is after a report what it was before, for each sum, so that a sum which was what the table of open orders
adds up to is so again; and what is read from docs/risk.md of the order itself. By induction over the cycles of one
report, for all times, any order, sums, position and cost; numbers have few bits, since products are hard for the
solver. So no end of a range is reached here, and no account is shut.
"""

import pytest
from amaranth.hdl import Assert, Assume, Cat, Format, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from gateware.risk.intake import STAGE
from gateware.risk.interfaces import REPORT_CYCLES
from gateware.risk.reports import Reports
from tests.formal.prover import prove
from tests.formal.slots import PROFILE, SIZES
from wire.risk import Kind, OrderType, Side

pytestmark = pytest.mark.formal

#: Bits of shares and prices, and of sums.
BITS, SUM_BITS = 2, 7
#: From before a report starts to after it is done.
DEPTH = REPORT_CYCLES + 2
SUM = signed(24)
HIGHEST = (1 << 32) - 1


def worst_case(entry):
    """Return shares and notional of the worst case of an entry."""
    order, waiting = entry.order, entry.replace
    return tuple(
        Mux(order.live, Mux(waiting.pending & (then > now), then, now), 0)
        for now, then in ((order.open, waiting.open), (order.notional, waiting.notional)))


def well_kept(entry):
    """Return what is always true of an entry."""
    order, waiting = entry.order, entry.replace
    return Cat(
        ~order.live | (order.open != 0) | waiting.pending, order.live | ((order.open == 0) & ~waiting.pending),
        ~order.live | order.used,
        order.notional == order.open[:BITS + 1] * order.price[:BITS + 1],
        ~waiting.pending | (waiting.open != 0) & (waiting.notional == waiting.open[:BITS] * waiting.price[:BITS])).all()


class ReportsOnSums(wiring.Component):
    """The block with one report after the other, of any order."""

    def __init__(self):
        self.dut = Reports(sizes=SIZES, clock_mhz=PROFILE.clock_hz / 1_000_000)
        super().__init__({
            "start": In(1), "stage": In(STAGE), "entry": In(SIZES.entry),
            "shares": In(BITS), "price": In(BITS), "old_price": In(BITS),
            "open": In(BITS), "new_open": In(BITS), "filled": In(BITS + 1), "filled_notional": In(SUM_BITS),
            "at": In(BITS), "new_at": In(BITS),
            **{name: In(signed(SUM_BITS)) for name in ("worst_buy", "worst_sell", "net_buy", "net_sell")},
            **{name: In(SUM_BITS) for name in ("pair_open", "short_used", "gross", "account_open")}})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        stage, entry = Signal(STAGE), Signal(SIZES.entry)
        pair, account, worth = Signal(SIZES.pair_sums), Signal(SIZES.account_sums), Signal(64)
        before = Signal(SIZES.entry)
        order = entry.order
        m.d.comb += [
            stage.eq(self.stage), stage.slot.shares.eq(self.shares), stage.slot.price.eq(self.price),
            stage.slot.client.eq(Cat(self.stage.slot.client[:32], self.old_price)),
            entry.eq(self.entry), order.open.eq(self.open), order.price.eq(self.at),
            order.notional.eq(self.open * self.at), entry.replace.open.eq(self.new_open),
            entry.replace.price.eq(self.new_at), entry.replace.notional.eq(self.new_open * self.new_at),
            entry.history.filled.eq(self.filled), entry.history.filled_notional.eq(self.filled_notional),
            Assume(~self.start | well_kept(entry)),
            # The gate lets a slot enter when the last report is done, so that the next begins two cycles later.
            Assume(~self.start | (dut.cycle == 0)),
            Assume((stage.slot.kind >= Kind.ACK) & (stage.slot.kind <= Kind.CORRECT)),
            dut.start.eq(self.start), dut.stage_2.eq(stage), dut.entry_2.eq(entry), dut.notional_3.eq(worth),
            # They stand still, so the cycle in which it looks at them does not matter.
            *(getattr(dut, name).eq(row) for name in dut.signature.members for part, row in (
                ("pair_", pair), ("account_", account)) if name.startswith(part) and name[-1].isdigit()),
            dut.shown_account.eq(before.order.account), dut.shown_symbol.eq(before.order.symbol)]
        with m.If(self.start):
            m.d.sync += [before.eq(entry), worth.eq(stage.slot.shares[:BITS] * stage.slot.price[:BITS])]
            for row, names in ((pair, ("worst_buy", "worst_sell", "pair_open", "short_used")),
                               (account, ("gross", "net_buy", "net_sell", "account_open"))):
                m.d.sync += [row[name].eq(getattr(self, name)) for name in names]

        # The cycle after it is done: positions and costs are written then.
        done, matched, shut = Signal(), Signal(), Signal()
        old, new = {}, {}
        for name, was, now in (("entry", before, dut.entry), ("pair", pair, dut.pair),
                               ("account", account, dut.account_sums)):
            old[name], new[name] = Signal.like(was, name=f"old_{name}"), Signal.like(now, name=f"new_{name}")
            m.d.sync += [old[name].eq(was), new[name].eq(now)]
        old["ledger"], new["ledger"] = Signal.like(dut.shown, name="old_ledger"), dut.shown
        m.d.sync += [done.eq(dut.done), matched.eq(dut.matched), shut.eq(dut.shut), old["ledger"].eq(dut.shown)]
        side = old["entry"].order.side
        buy, short = side == Side.BUY, (side == Side.SELL_SHORT) | (side == Side.SELL_SHORT_EXEMPT)
        own = {}
        for when, states in (("old", old), ("new", new)):
            shares, value = worst_case(states["entry"])
            live, ledger = states["entry"].order.live, states["ledger"]
            own[when] = {
                "worst_buy": Mux(buy, shares, 0) + ledger.position,
                "worst_sell": Mux(buy, 0, shares) - ledger.position,
                "pair_open": live, "short_used": Mux(short, shares + states["entry"].history.filled, 0),
                "gross": value + Mux(ledger.cost < 0, -ledger.cost, ledger.cost),
                "net_buy": Mux(buy, value, 0) + ledger.cost_sum,
                "net_sell": Mux(buy, 0, value) - ledger.cost_sum, "account_open": live}
        kind = {name: "notional" if name in ("gross", "net_buy", "net_sell") else "shares" for name in own["old"]}
        small = 1 << SUM_BITS
        for name in ("position", "cost", "cost_sum"):
            m.d.comb += Assume(~done | (old["ledger"][name] < small) & (old["ledger"][name] >= -small))
        for name in own["old"]:
            row = "pair" if name in SIZES.pair_sums.members else "account"
            rest, rest_after = Signal(SUM, name=f"rest_{name}"), Signal(SUM, name=f"rest_{name}_after")
            m.d.comb += [
                rest.eq(old[row][name] - own["old"][name]), rest_after.eq(new[row][name] - own["new"][name]),
                # Sums are what the orders add up to, and these are not below 0.
                Assume(~done | (rest >= 0)),
                Assert(~(done & matched) | (rest_after == rest),
                       Format(f"{kind[name]}: {name} is not the sum of its parts"))]

        # Where the order rests (rule 20) is told once, if it is elsewhere than before, or no longer.
        rests, rests_live, rests_at = Signal(), Signal(), Signal(32)
        with m.If(dut.rests):
            m.d.sync += [rests.eq(1), rests_live.eq(dut.entry.order.live), rests_at.eq(dut.rests_at)]
        with m.If(self.start):
            m.d.sync += rests.eq(0)
        was, is_ = old["entry"], new["entry"]
        market, price = was.order.type == OrderType.MARKET, is_.order.price
        m.d.comb += [
            Assert(~(done & matched) | rests | Cat(
                was.order.live == is_.order.live, was.order.price == price,
                was.replace.pending == is_.replace.pending, was.replace.price == is_.replace.price).all(),
                   Format("rests: an order moves, and it is not told")),
            Assert(~(done & rests) | matched & was.order.live & (rests_live == is_.order.live) & (~rests_live | (
                ~is_.replace.pending & (rests_at == Mux(market, 0, Mux(buy, HIGHEST - price, price))))),
                   Format("rests: an order does not rest where it is told")),
            Assert(~dut.rests | (dut.cycle == 10), Format("rests: told in another cycle"))]

        # What became of the order: shares that are filled are in the position, what they cost in the cost.
        was, is_ = old["entry"].history, new["entry"].history
        change = {name: Signal(SUM, name=f"change_{name}")
                  for name in ("position", "cost", "cost_sum", "filled", "value")}
        for name in ("position", "cost", "cost_sum"):
            m.d.comb += change[name].eq(new["ledger"][name] - old["ledger"][name])
        m.d.comb += [
            change["filled"].eq(is_.filled - was.filled),
            change["value"].eq(is_.filled_notional - was.filled_notional),
            Assert(~(done & matched) | (change["position"] == Mux(buy, change["filled"], -change["filled"])),
                   Format("shares: the position moves by other than what was filled")),
            Assert(~(done & matched) | (change["cost"] == Mux(buy, change["value"], -change["value"]))
                   & (change["cost_sum"] == change["cost"]),
                   Format("notional: the cost moves by other than what was paid")),
            Assert(~(done & matched) | well_kept(new["entry"]), Format("notional: an entry contradicts itself")),
            Assert(~done | ~shut, Format("notional: an account is shut, though no sum has come to an end")),
            Assert(~done | matched | (new["ledger"].as_value() == old["ledger"].as_value()),
                   Format("shares: a report that does not match changes the position or cost"))]
        return m


@pytest.mark.parametrize("what", ["shares", "rests", pytest.param("notional", marks=pytest.mark.soak)])
def test_sums_stay_what_orders_and_fills_add_up_to(what, tmp_path):
    outcome = prove(ReportsOnSums(), depth=DEPTH, only=f"{what}: ", folder=tmp_path)
    assert outcome.status == "PASS", outcome.log
