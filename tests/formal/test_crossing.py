"""Rule 20: an order breaks it if, and only if, it would trade with a live order of its own. By induction.

The table of orders is kept beside the block as docs/risk.md has it: each order changes it when it is accepted, a report
when the block is told. Of accounts, symbols and sides any one is looked at, the rest is there too.

Given: what other proofs say of the gate. An order enters while no other of its place is under way, nor a report; a NEW
is accepted at a place which is not live, a REPLACE where its own order is and no other waits; a report says in its
cycle 10 where its order rests from then on.
"""

import pytest
from amaranth.hdl import Assert, Assume, Cat, Format, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In

from gateware.risk.crossing import Crossing
from gateware.risk.interfaces import REPORT_CYCLES
from tests.formal.look import opened, still
from tests.formal.prover import prove
from tests.formal.slots import PROFILE, SIZES, delayed

pytestmark = pytest.mark.formal

#: From before a report enters until what it has left under way is gone.
DEPTH = REPORT_CYCLES + 8
#: Bits of prices here; the block has its full widths.
BITS = 2
HIGHEST = (1 << 32) - 1
WHOSE = data.StructLayout({"buy": 1, "symbol": SIZES.symbol_bits, "account": SIZES.account_bits})
ORDER = data.StructLayout({"whose": WHOSE, "market": 1, "place": SIZES.place_bits, "price": BITS, "valid": 1, "new": 1})
ENTRY = data.StructLayout({"live": 1, "whose": WHOSE, "market": 1, "price": BITS, "pending": 1, "new_price": BITS})


class CrossingAsTable(wiring.Component):
    """The block with orders and reports of any kind, one slot a cycle. ``whose``: the resting orders looked at."""

    def __init__(self):
        self.dut = Crossing(sizes=SIZES, clock_mhz=PROFILE.clock_hz / 1_000_000)
        super().__init__({
            "whose": In(WHOSE), "given": In(ORDER), "accepts": In(1), "reports": In(1),
            "reported": In(SIZES.place_bits), "moves": In(1), "stays": In(1), "moved_to": In(BITS)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = dut = self.dut
        block = opened(dut).submodules
        still(m, self.whose)
        table = [Signal(ENTRY, name=f"entry_{n}") for n in range(SIZES.orders)]

        def at(place):
            found = Signal(ENTRY, name="found")
            m.d.comb += found.eq(table[0])
            for n, entry in enumerate(table):
                with m.If(place == n):
                    m.d.comb += found.eq(entry)
            return found

        # Slots. A report that enters in a cycle has age 1 in the next.
        age, place = Signal(range(REPORT_CYCLES + 1)), Signal(SIZES.place_bits)
        m.d.sync += age.eq(Mux((age == 0) | (age == REPORT_CYCLES), self.reports, age + 1))
        order = {1: self.given}
        for cycle in range(2, 8):
            order[cycle] = delayed(m, order[cycle - 1], 1, f"order_{cycle}")
        reported, whose = at(self.reported), Signal(WHOSE)
        with m.If(age == 2):
            m.d.sync += [place.eq(self.reported), whose.eq(reported.whose)]
        one, two, five, six = order[1], order[2], order[5], order[6]
        accepted_6 = delayed(m, self.accepts, 1, "accepted")
        put = (age == 10) & self.moves
        moved = at(place)

        def rests(buy, market, price):
            """Return how near to the other side, 0 the nearest, as the block counts."""
            return Mux(market, 0, Mux(buy, HIGHEST - price, price))[:32]

        m.d.comb += [
            Assume(~one.valid | (age == 0)),
            Assume(~one.valid | ~Cat(order[n].valid & (order[n].place == one.place) for n in range(2, 7)).any()),
            Assume((age != 2) | ~Cat(order[n].valid & (order[n].place == self.reported) for n in range(3, 8)).any()),
            Assume(~put | moved.live),
            dut.account_1.eq(one.whose.account), dut.symbol_1.eq(one.whose.symbol), dut.buy_1.eq(one.whose.buy),
            dut.market_1.eq(one.market), dut.price_1.eq(one.price), dut.new_2.eq(two.valid & two.new),
            dut.price_2.eq(at(two.place).price), dut.accepted_6.eq(accepted_6), dut.place_6.eq(six.place),
            dut.report_cycle.eq(Mux(age >= 3, age, 0)), dut.report_place.eq(place),
            dut.report_account.eq(whose.account), dut.report_symbol.eq(whose.symbol), dut.report_buy.eq(whose.buy),
            dut.put.eq(put), dut.put_live.eq(self.stays),
            dut.put_rests.eq(rests(moved.whose.buy, moved.market, self.moved_to))]

        # The table as all slots before the one that is decided have left it.
        after = [Signal(ENTRY, name=f"after_{n}") for n in range(SIZES.orders)]
        for n, (entry, left) in enumerate(zip(table, after, strict=True)):
            m.d.comb += left.eq(entry)
            with m.If(accepted_6 & (six.place == n)):
                with m.If(six.new):
                    m.d.comb += [left.eq(0), left.live.eq(1), left.whose.eq(six.whose), left.market.eq(six.market),
                                 left.price.eq(six.price)]
                with m.Else():
                    m.d.comb += [left.pending.eq(1), left.new_price.eq(six.price)]
            m.d.sync += entry.eq(left)
            with m.If(put & (place == n)):
                m.d.sync += [entry.live.eq(self.stays), entry.price.eq(self.moved_to), entry.pending.eq(0)]
            same = (entry.whose.as_value() == five.whose.as_value()) & (entry.market == five.market)
            m.d.comb += Assume(~self.accepts | five.valid & (
                (five.place != n) | Mux(five.new, ~entry.live, entry.live & ~entry.pending & same)))

        # The rule, against each of them.
        price = Mux(five.market, Mux(five.whose.buy, HIGHEST, 0), five.price)
        trades = []
        for entry in after:
            best = Mux(entry.whose.buy,
                       Mux(entry.pending & (entry.new_price > entry.price), entry.new_price, entry.price),
                       Mux(entry.pending & (entry.new_price < entry.price), entry.new_price, entry.price))
            resting = Mux(entry.market, Mux(entry.whose.buy, HIGHEST, 0), best)
            trades.append(entry.live & (entry.whose.as_value() == self.whose.as_value())
                          & Mux(five.whose.buy, price >= resting, price <= resting))
        faces = ((five.whose.buy != self.whose.buy) & (five.whose.account == self.whose.account)
                 & (five.whose.symbol == self.whose.symbol))
        m.d.comb += Assert(~(five.valid & faces) | (dut.broken_5 == Cat(trades).any()),
                           Format("the rule is not what the table says"))

        # What the block keeps of it: each order, and the nearest of those that are looked at.
        near = []
        for n, entry in enumerate(table):
            read = block.bank_0.read_port(domain="comb")
            then = rests(entry.whose.buy, entry.market, entry.new_price)
            now = rests(entry.whose.buy, entry.market, entry.price)
            best = Signal(32, name=f"best_{n}")
            m.d.comb += [
                best.eq(Mux(entry.pending & (then < now), then, now)), read.addr.eq(n),
                Assert((read.data.live == entry.live) & (dut.live[n] == entry.live) & (~entry.live | (
                    (read.data.rests == best) & (read.data.row == entry.whose.as_value()))),
                       Format("an order rests elsewhere"))]
            near.append((entry.live & (entry.whose.as_value() == self.whose.as_value()), best))
        (first, nearest), (second, other) = near
        read, known = block.nearest.read_port(domain="comb"), Signal(init=1)
        # While a report is applied that took an order away the next one is not known yet.
        m.d.sync += known.eq(~put & (known | (age == REPORT_CYCLES)))
        m.d.comb += [
            read.addr.eq(self.whose.as_value()),
            Assert(known | (age > 10), Format("the nearest is not known")),
            Assert(~known | (read.data.has == (first | second)) & (~read.data.has | (
                read.data.rests == Mux(first & (~second | (nearest < other)), nearest, other))),
                   Format("another order is nearest"))]
        return m


def test_an_order_that_would_trade_with_its_own_breaks_the_rule(tmp_path):
    outcome = prove(CrossingAsTable(), depth=DEPTH, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log
