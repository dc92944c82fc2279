"""The rules against sums, and the sums: what each order is judged by is what all slots before it have left.

Read from docs/risk.md: the sums of any one account and symbol are kept beside the block, each order changing them when
it is decided, one after the other; there is no pipeline in it. What the block compares and what it keeps is the same.
So an order that is accepted is within each limit by the sums as they are then, and one that is refused, or a slot that
is no order, changes none. By induction, for all times and all orders whose numbers have few bits.

Given to it, any: what price times shares is, what a replaced order holds, which orders are accepted (but for those that
are malformed, and those that break a rule of these), and sums after a report, while no order is under way.
"""

import pytest
from amaranth.hdl import Assert, Assume, Cat, Format, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from gateware.risk.intake import STAGE
from gateware.risk.limits import LIMITS
from gateware.risk.reserve import Reserve
from tests.formal.look import still
from tests.formal.prover import prove
from tests.formal.slots import BY_SUMS, PROFILE, SIZES, delayed, slot_as_read
from wire.risk import Rule

pytestmark = pytest.mark.formal

#: Bits of the numbers that orders, limits and reports have here; the block has its full widths.
BITS = 4
#: Cycles of the induction: what is under way in the block is gone after them.
DEPTH = 8


class ReserveAsSums(wiring.Component):
    """The block with orders, limits and reports of any kind. ``account``, ``symbol`` are those that are looked at.

    rules: the rules are looked at, and the sums taken to be right, which the proof without it shows.
    """

    def __init__(self, *, rules):
        self.rules = rules
        self.dut = Reserve(sizes=SIZES, clock_mhz=PROFILE.clock_hz / 1_000_000)
        super().__init__({
            "account": In(SIZES.account_bits), "symbol": In(SIZES.symbol_bits), "given": In(STAGE),
            "report_account": In(SIZES.account_bits), "report_symbol": In(SIZES.symbol_bits),
            "limits": In(LIMITS), "held_shares": In(BITS), "held_notional": In(BITS), "notional": In(BITS),
            "names_none": In(1), "accepted": In(1),
            "put": In(1), "put_account": In(SIZES.account_bits), "put_symbol": In(SIZES.symbol_bits),
            "put_pair": In(SIZES.pair_sums), "put_sums": In(SIZES.account_sums)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        still(m, self.account)
        still(m, self.symbol)

        # Small numbers only.
        def small(view, into, bits):
            """Return what is in ``view``, of each field only the low bits."""
            for name, field in view.shape().members.items():
                if isinstance(field, data.StructLayout):
                    small(view[name], into[name], bits)
                else:
                    part = Value.cast(view[name])
                    low = part[:bits].as_signed() if part.shape().signed else part[:bits]
                    m.d.comb += into[name].eq(low)

        limits_2, put_pair, put_sums = (Signal(layout) for layout in (LIMITS, SIZES.pair_sums, SIZES.account_sums))
        for wide, narrow in ((self.limits, limits_2), (self.put_pair, put_pair), (self.put_sums, put_sums)):
            small(wide, narrow, BITS)
        given = Signal(STAGE)
        m.d.comb += [given.eq(self.given), given.slot.shares.eq(self.given.slot.shares[:BITS]),
                     given.now.eq(self.given.now[:BITS])]

        # What goes in. What an order holds is there in its cycle 2, its product and its form's faults in cycle 3.
        stage = {2: slot_as_read(m, given, "stage_2")}
        for cycle in range(3, 7):
            stage[cycle] = delayed(m, stage[cycle - 1], 1, f"stage_{cycle}")
        replaces = stage[2].order & ~stage[2].new
        held_shares, held_notional, notional_3 = Signal(32), Signal(64), Signal(64)
        m.d.comb += notional_3.eq(self.notional)
        no_growth = ~stage[3].order | (~stage[3].new & self.names_none)
        accepted_6 = delayed(m, self.accepted, 1, "accepted")
        m.d.comb += [
            held_shares.eq(Mux(replaces, self.held_shares, 0)), held_notional.eq(Mux(replaces, self.held_notional, 0)),
            *(getattr(dut, f"stage_{n}").eq(stage[n]) for n in range(2, 6)),
            dut.account_2.eq(Mux(stage[2].report, self.report_account, stage[2].slot.account)),
            dut.symbol_2.eq(Mux(stage[2].report, self.report_symbol, stage[2].slot.symbol)),
            dut.limits_2.eq(limits_2), dut.held_shares_2.eq(held_shares), dut.held_notional_2.eq(held_notional),
            dut.notional_3.eq(notional_3), dut.no_growth_3.eq(no_growth),
            dut.accepted_6.eq(accepted_6), dut.taken_5.eq(self.accepted), dut.taken_6.eq(accepted_6),
            dut.put.eq(self.put), dut.put_account.eq(self.put_account), dut.put_symbol.eq(self.put_symbol),
            dut.put_pair_sums.eq(put_pair), dut.put_account_sums.eq(put_sums),
            dut.shown_account.eq(self.account), dut.shown_symbol.eq(self.symbol)]

        # The order that is decided.
        five = stage[5]
        limits = delayed(m, limits_2, 3, "limits")
        held = delayed(m, held_shares, 3, "held_shares"), delayed(m, held_notional, 3, "held_notional")
        notional, none = delayed(m, notional_3, 2, "notional"), delayed(m, no_growth, 2, "none")
        x, n, now = Signal(32, name="x"), Signal(64, name="n"), five.now
        m.d.comb += [
            x.eq(Mux(none | (five.slot.shares <= held[0]), 0, five.slot.shares - held[0])),
            n.eq(Mux(none | (notional <= held[1]), 0, notional - held[1]))]
        pair, account, symbol = (Signal(layout, name=f"own_{n}") for n, layout in enumerate((
            SIZES.pair_sums, SIZES.account_sums, SIZES.symbol_sums)))
        worst, net = (Mux(five.buy, pair.worst_buy, pair.worst_sell), Mux(five.buy, account.net_buy, account.net_sell))

        def too_fast(sums, row):
            return (row.interval == 0) | (now + row.tolerance < sums.earliest)

        broken = {
            Rule.POSITION: five.good & (x > 0) & (
                worst + x > Mux(five.buy, limits.pair.long, limits.pair.short)),
            Rule.GROSS: five.account_exists & (n > 0) & (account.gross + n > limits.account.gross),
            Rule.NET: five.account_exists & (five.buy | five.sell) & (n > 0) & (net + n > limits.account.net),
            Rule.OPEN_ORDERS: five.new & (
                five.pair_exists & (pair.pair_open >= limits.pair.open_orders)
                | five.account_exists & (account.account_open >= limits.account.open_orders)),
            Rule.RATE: (five.account_exists & too_fast(account, limits.account)
                        | five.symbol_exists & too_fast(symbol, limits.symbol)),
            Rule.SHORT_SALE: five.good & five.short & (x > 0) & (pair.short_used + x > limits.pair.locate)}
        # A sum that the slot does not speak of is none of the ones that are kept here; no rule looks at it then.
        ours = ((~five.account_exists | (five.slot.account == self.account))
                & (~five.symbol_exists | (five.slot.symbol == self.symbol)))
        m.d.comb += [
            Assume(~self.accepted | (five.order & five.good & ~none)),
            # No request is under way while a report is applied.
            Assume(~self.put | ~(stage[3].order | stage[4].order | stage[5].order | stage[6].order))]
        its_account = five.order & five.account_exists & (five.slot.account == self.account)
        its_pair = its_account & five.symbol_exists & (five.slot.symbol == self.symbol)
        its_symbol = five.order & five.symbol_exists & (five.slot.symbol == self.symbol)
        claim = Assume if self.rules else Assert
        m.d.comb += [
            claim(~its_pair | (dut.pair_5.as_value() == pair.as_value())),
            claim(~its_account | (dut.account_5.as_value() == account.as_value()))]
        if self.rules:
            any_5 = dut.broken_5 | accepted_6 & dut.after_first_5
            m.d.comb += [
                Assume(~(self.accepted & Cat(broken.values()).any())),
                Assert(dut.mask_6 & ~int(BY_SUMS) == 0, Format("another rule is not what the sums say")),
                Assert(stage[6].order | ~dut.mask_6.any(), Format("a rule of orders is not what the sums say")),
                Assert(delayed(m, any_5, 1, "any") == dut.mask_6.any(),
                       Format("whether any rule is broken is not what the sums say")),
                Assert((dut.barred_5 == dut.broken_5) & (dut.barred_after_5 == dut.after_first_5),
                       Format("what the sums are told is not what the sums say"))]
            ours_6 = delayed(m, ours & five.order, 1, "ours")
            for rule, found in broken.items():
                found_6 = delayed(m, found, 1, rule.name.lower())
                m.d.comb += Assert(~ours_6 | (dut.mask_6[int(rule).bit_length() - 1] == found_6),
                                   Format(f"rule {rule.name} is not what the sums say"))

        # What it changes; nothing changes but by an order that is accepted, or a report.
        after_pair, after_account = {}, {}
        after_pair["worst_buy"] = pair.worst_buy + Mux(five.buy, x, 0)
        after_pair["worst_sell"] = pair.worst_sell + Mux(five.buy, 0, x)
        after_pair["pair_open"] = pair.pair_open + five.new
        after_pair["short_used"] = pair.short_used + Mux(five.short, x, 0)
        after_account["gross"] = account.gross + n
        after_account["net_buy"] = account.net_buy + Mux(five.buy, n, 0)
        after_account["net_sell"] = account.net_sell + Mux(five.buy, 0, n)
        after_account["account_open"] = account.account_open + five.new

        def next_earliest(sums, row):
            return Mux(now > sums.earliest, now, sums.earliest) + row.interval

        after_account["earliest"] = next_earliest(account, limits.account)
        after_symbol = {"earliest": next_earliest(symbol, limits.symbol)}
        report_pair = (self.put_account == self.account) & (self.put_symbol == self.symbol)
        rows = ((pair, its_pair, after_pair, self.put & report_pair, put_pair, dut.shown_pair),
                (account, its_account, after_account, self.put & (self.put_account == self.account), put_sums,
                 dut.shown_account_sums),
                (symbol, its_symbol, after_symbol, 0, symbol, dut.shown_symbol_sums))
        for row, whose, after, put, reported, shown in rows:
            written = Signal.like(row, name="written")
            m.d.sync += written.eq(row)
            with m.If(self.accepted & whose):
                for name, value in after.items():
                    m.d.sync += row[name].eq(value)
            with m.If(put):
                m.d.sync += [row.eq(reported), written.eq(reported)]
            m.d.comb += claim(shown.as_value() == written.as_value())
        return m


def test_sums_are_what_all_orders_and_reports_before_have_left(tmp_path):
    outcome = prove(ReserveAsSums(rules=False), depth=DEPTH, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log


def test_a_rule_is_broken_when_the_sums_say_so(tmp_path):
    outcome = prove(ReserveAsSums(rules=True), depth=DEPTH, only="not what the sums say", folder=tmp_path)
    assert outcome.status == "PASS", outcome.log
