"""Each order's mask, rule by rule, against docs/risk.md: what it says of a slot, the limits, the book and the entry.

Nothing is taken from rules/ or the gateware's pipeline: the slot is looked at as it entered, everything else as it was
when it entered or was decided, and the rule is said once, on whole numbers. If and only if; by induction, for all
times.

Given, any: the limits in force, the book and the throttle's row (test_limits.py), kills, and reports; the gate is as
small as a gate can be. When slots and reports do what is taken from test_gate.py. Rules against sums (test_reserve.py)
and rule 20 (test_crossing.py) are here what their blocks say of this very order.
"""

import pytest
from amaranth.hdl import Assert, Assume, Cat, Format, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.gate import Gate
from gateware.risk.interfaces import DECISION, SLOT
from tests.formal.look import opened, still
from tests.formal.prover import prove
from tests.formal.slots import BY_SUMS, PROFILE, SIZES, Entered, delayed
from wire.risk import ALL_SYMBOLS, TICKS, TIME_BITS, Fault, Kind, OrderType, Rule, Side, Status

pytestmark = pytest.mark.formal

#: From before an order enters to after its verdict.
DEPTH = DECISION + 3
#: Blocks of other proofs: what they say may be anything.
CUT = ("reserve", "crossing", "duplicates", "limits", "touches", "report_touches", "throttle", "kills", "reports",
       "queue")
#: Bits of a multiplier's factors.
LIMB = 18


def bit(flag):
    return int(flag).bit_length() - 1


class GateAsRead(wiring.Component):
    """The gate, and of any one ``place`` in the table of orders what docs/risk.md says of its entry.

    bits, at: prices, and the collar's units, are ``bits`` bits from bit ``at`` on, and basis points the highest
    ``bits`` of their 16, so that they are of a price's size.
    """

    def __init__(self, *, bits=32, at=0):
        self.numbers = (1 << bits) - 1 << at
        self.points = -1 << max(16 - bits, 0)
        self.dut = Gate(profile=PROFILE)
        super().__init__({"gate": Out(self.dut.signature), "place": In(SIZES.place_bits)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.dut = gate = self.dut
        block = opened(gate).submodules
        wiring.connect(m, wiring.flipped(self.gate), gate)
        reports, orders, limits, queue, intake = (
            block.reports, block.orders, block.limits, block.queue, block.intake)
        still(m, self.place)
        entered = Entered(m, gate)
        for holds in entered.in_time(reports).values():
            m.d.comb += Assume(holds)
        m.d.comb += [Assume(~reports.applied | reports.done), Assume(block.reserve.mask_6 & ~int(BY_SUMS) == 0)]

        # What was in force when the slot entered: the book in that cycle, the rows of limits that are read in the next.
        now = DECISION + 1
        slot, asked = entered.text[now], entered.asked[now]
        quote = delayed(m, intake.quote, now, "quote")
        row, tick = delayed(m, limits.limits, now - 1, "row"), delayed(m, limits.tick_1, now - 1, "tick")
        first, pair_4 = entered.text[1], entered.text[4]

        def names(account, symbol, slot):
            return (account == slot.account[:SIZES.account_bits]) & (symbol == slot.symbol[:SIZES.symbol_bits])

        crossing, duplicates, second = block.crossing, block.duplicates, entered.text[2]
        busy = Cat(entered.is_order(n) & (entered.text[n].token[:SIZES.place_bits] == first.token[:SIZES.place_bits])
                   for n in range(2, now + 1)).any()
        m.d.comb += [
            Assert(~((entered.is_order(1) | (entered.age == 1)) & busy),
                   Format("plain: an order or report enters where an order is under way")),
            Assert(~entered.is_order(1) | names(crossing.account_1, crossing.symbol_1, first)
                   & (crossing.buy_1 == (first.side == Side.BUY)) & (crossing.price_1 == first.price)
                   & (crossing.market_1 == (first.type == OrderType.MARKET)), Format("plain: another order may trade")),
            Assert(~entered.is_order(2) | (crossing.new_2 == (second.kind == Kind.NEW))
                   & (crossing.price_2 == orders.entry_2.order.price), Format("plain: another order is replaced")),
            Assume(intake.quote.bid.has | (intake.quote.bid.price == 0)),
            Assume(intake.quote.ask.has | (intake.quote.ask.price == 0)),
            Assert(~entered.taken | (intake.symbol == gate.i.p.symbol[:SIZES.symbol_bits]),
                   Format("plain: another symbol's book")),
            Assert(~entered.taken | (limits.symbol_0 == gate.i.p.symbol[:SIZES.symbol_bits]),
                   Format("plain: another symbol's tick")),
            Assert(~entered.asked[1] | names(limits.account, limits.symbol, first), Format("plain: another's limits")),
            Assert(~entered.asked[4] | names(block.throttle.account, block.throttle.symbol, pair_4),
                   Format("plain: another pair's throttle"))]

        # Fewer numbers, for what no solver can do with all.
        symbol_row = limits.limits.symbol
        m.d.comb += [
            *(Assume(price & ~self.numbers == 0) for price in (
                gate.i.p.price, *(intake.quote[name].price for name in ("bid", "ask", "last")),
                symbol_row.units_buy, symbol_row.units_sell)),
            *(Assume(points & ~self.points == 0)
              for points in (symbol_row.collar_buy, symbol_row.collar_sell))]

        # What it is.
        kind, side = slot.kind, slot.side
        new, replace, cancel, mass = (kind == wanted for wanted in (
            Kind.NEW, Kind.REPLACE, Kind.CANCEL, Kind.MASS_CANCEL))
        order, exists = new | replace, new | replace | cancel | mass
        account, symbol = slot.account < SIZES.accounts, slot.symbol < SIZES.symbols
        buy, exempt, subject = side == Side.BUY, side == Side.SELL_SHORT_EXEMPT, side == Side.SELL_SHORT
        sell = (side == Side.SELL) | subject | exempt
        market, limit = slot.type == OrderType.MARKET, slot.type == OrderType.LIMIT
        touch, has_touch = (Mux(buy, quote.ask.price, quote.bid.price), symbol & (
            buy & quote.ask.has | sell & quote.bid.has))
        effective, judge = Signal(32, name="effective"), block.judge
        m.d.comb += effective.eq(Mux(market, Mux(has_touch, touch, 0), slot.price))

        # The product, of parts that no solver need look into: (a + b * 2**18) * (c + d * 2**18), multiplied out.
        factors = judge.stage_1.effective, judge.stage_1.slot.shares
        (low, high), (its_low, its_high) = ((factor[:LIMB], factor[LIMB:]) for factor in factors)
        product, notional = Signal(64, name="product"), delayed(m, judge.notional_3, 3, "notional")
        m.d.comb += [
            product.eq(low * its_low + ((low * its_high + high * its_low) << LIMB) + (high * its_high << 2 * LIMB)),
            Assert(judge.notional_3 == delayed(m, product, 2, "product"), Format("worth: a product is wrong")),
            Assert(~asked | (delayed(m, factors[0], now - 1, "price") == effective) | ~order,
                   Format("plain: an order has another price")),
            Assert(~asked | (delayed(m, factors[1], now - 1, "shares") == slot.shares),
                   Format("plain: an order has other shares"))]

        # The entry of its place, as all slots before have left it.
        entry, its_place = Signal(SIZES.entry), slot.token[:SIZES.place_bits] == self.place
        token = Cat(self.place, entry.order.tag)
        with m.If(asked & order & its_place & (queue.item.status == Status.ACCEPTED)):
            with m.If(new):
                m.d.sync += [
                    entry.eq(0), entry.order.used.eq(1), entry.order.live.eq(1),
                    entry.order.tag.eq(slot.token[SIZES.place_bits:]),
                    *(entry.order[name].eq(slot[name]) for name in ("account", "symbol", "side", "type"))]
            with m.Else():
                m.d.sync += entry.replace.pending.eq(1)
        with m.If(orders.put & (orders.put_place == self.place)):
            m.d.sync += entry.eq(orders.put_entry)
        for part, names_ in (("order", ("used", "live", "tag", "account", "symbol", "side", "type")),
                             ("replace", ("pending",))):
            rows = opened(getattr(opened(orders).submodules, part)).submodules.memory
            read = rows.read_port(domain="comb")
            kept = data.View(SIZES.entry[part].shape, read.data)
            m.d.comb += [read.addr.eq(self.place), *(
                Assert(kept[name] == entry[part][name], Format(f"plain: {name} is not as it was left"))
                for name in names_)]
        same = entry.order.used & (token == slot.token)
        named = (slot.account == entry.order.account) & (slot.symbol == entry.order.symbol)
        alike = named & (slot.side == entry.order.side) & (slot.type == entry.order.type)

        # What it breaks.
        wrong = {
            Fault.KIND: ~exists,
            Fault.SIDE: order & ~(buy | sell),
            Fault.TYPE: order & ~(market | limit),
            Fault.SHARES: order & (slot.shares == 0) | (cancel | mass) & (slot.shares != 0),
            Fault.PRICE: (order & (limit & (slot.price == 0) | market & (slot.price != 0))
                          | (cancel | mass) & (slot.price != 0))}
        # Only of an entry in the place that is looked at.
        wrong_there = {
            Fault.TOKEN: new & (entry.order.live | same) | (replace | cancel) & ~(entry.order.live & same),
            Fault.ORDER: (replace | cancel) & entry.order.live & same & (
                ~named | replace & (~alike | entry.replace.pending))}
        live, trading, restricted = (Signal(name=name) for name in (
            "live", "trading", "restricted"))
        # Looked at in the cycle of the decision, which was the last one.
        five = entered.text[DECISION]
        for state, of, index in ((live, gate.live, five.symbol), (trading, gate.trading, five.symbol),
                                 (restricted, gate.short_restricted, five.symbol)):
            m.d.sync += state.eq((of >> index)[0])
        kills = block.kills
        m.d.comb += [
            Assume(kills.symbols == delayed(m, kills.next_symbols, 1, "symbol_kills")),
            Assume(kills.accounts == delayed(m, kills.next_accounts, 1, "account_kills")),
            Assert(~entered.asked[DECISION] | (
                (delayed(m, judge.broken_4, 1, "judged") | judge.late_5) == judge.mask_5.any()),
                   Format("plain: whether a rule is broken is not what the mask says")),
            Assert(~entered.asked[DECISION] | entered.is_order(DECISION) | ~judge.late_5,
                   Format("plain: what is no order breaks a rule of orders"))]
        symbol_killed, account_killed = Signal(), Signal()
        global_killed, lost = delayed(m, gate.killed, 1, "global_killed"), delayed(m, gate.lost, 1, "lost")
        m.d.sync += [symbol_killed.eq((gate.symbol_kills >> five.symbol)[0]),
                     account_killed.eq((gate.account_kills >> five.account)[0])]
        disabled = delayed(m, block.throttle.row.disabled, 1, "disabled")
        collar = []
        for has, reference in ((has_touch, touch), (symbol & quote.last.has, quote.last.price)):
            worse = Mux(buy, effective - reference, reference - effective)
            units = Mux(buy, row.symbol.units_buy, row.symbol.units_sell)
            points = Mux(buy, row.symbol.collar_buy, row.symbol.collar_sell)
            collar.append(has & (worse > 0) & ((worse > units) | (worse * 10_000 > points * reference)))
        by_sums = block.reserve.mask_6
        broken = {
            Rule.GLOBAL_KILL: order & global_killed,
            Rule.SYMBOL_KILL: order & symbol & symbol_killed,
            Rule.ACCOUNT_KILL: order & account & account_killed,
            Rule.HEARTBEAT: order & lost,
            Rule.UNKNOWN: (order & ~(account & row.account.enable & symbol & row.symbol.enable)
                           | mass & ~(account & (symbol | (slot.symbol == ALL_SYMBOLS)))),
            Rule.NOT_LIVE: order & symbol & (~live | buy & ~quote.ask.has | sell & ~quote.bid.has),
            Rule.NOT_TRADING: order & symbol & ~trading,
            Rule.RESTRICTED: order & symbol & row.symbol.restricted,
            Rule.MALFORMED: queue.item.fault.any(),
            Rule.MAX_SHARES: order & account & symbol & (slot.shares > row.pair.max_shares),
            Rule.MAX_NOTIONAL: order & account & symbol & (notional > row.pair.max_notional),
            Rule.COLLAR: order & symbol & (buy | sell) & (collar[0] | collar[1]),
            Rule.BAND: order & symbol & ((effective < row.symbol.band_low) | (effective > row.symbol.band_high)),
            **{rule: by_sums[bit(rule)] for rule in BY_SUMS},
            Rule.SHORT_SALE: by_sums[bit(Rule.SHORT_SALE)] | order & symbol & subject & restricted & (
                market | ~quote.bid.has | (slot.price <= quote.bid.price)),
            Rule.SELF_TRADE: order & account & symbol & (buy | sell) & delayed(m, crossing.broken_5, 1, "crosses"),
            Rule.THROTTLE: order & account & symbol & disabled}
        item = queue.item
        for rule, found in broken.items():
            m.d.comb += Assert(~asked | (item.mask[bit(rule)] == found), Format(
                f"{'collar' if rule == Rule.COLLAR else 'plain'}: rule {rule.name} is not as docs/risk.md has it"))
        for fault, found in wrong.items():
            m.d.comb += Assert(~asked | (item.fault[bit(fault)] == found),
                               Format(f"plain: fault {fault.name} is wrong"))
        for fault, found in wrong_there.items():
            m.d.comb += Assert(~(asked & its_place) | (item.fault[bit(fault)] == found),
                               Format(f"plain: fault {fault.name} is wrong"))
        passed = asked & order & (item.status == Status.ACCEPTED)
        m.d.comb += [
            Assert(~asked | queue.put, Format("plain: a request has no verdict")),
            Assert(crossing.accepted_6 == passed, Format("plain: another order rests")),
            Assert(~passed | (crossing.place_6 == slot.token[:SIZES.place_bits]),
                   Format("plain: an order rests at another place"))]
        # The last accepted NEWs, the newest first. The block knows what it may of them.
        remembered = data.StructLayout({"known": 1, "slot": SLOT, "time": TIME_BITS})
        memory = [Signal(remembered, name=f"remembered_{n}") for n in range(PROFILE.duplicates)]
        time, window = delayed(m, gate.now, now, "time"), delayed(m, limits.duplicate, now - 1, "window")
        with m.If(passed & new):
            m.d.sync += [memory[0].known.eq(1), memory[0].slot.eq(slot), memory[0].time.eq(time),
                         *(later.eq(here) for here, later in zip(memory, memory[1:], strict=False))]
        what = ("account", "symbol", "side", "type", "price", "shares")
        again = Cat(known.known & (time - known.time < window)
                    & Cat(slot[name] == known.slot[name] for name in what).all() for known in memory).any()
        m.d.comb += Assert(~asked | (item.mask[bit(Rule.DUPLICATE)] == (new & again)),
                           Format("again: rule DUPLICATE is not as docs/risk.md has it"))
        opened(duplicates)
        for n, (kept, known) in enumerate(zip(duplicates.passed, memory, strict=True)):
            m.d.comb += [
                Assert(duplicates.known[n] == known.known, Format("again: an order is forgotten")),
                Assert(~known.known | (kept.time == known.time) & Cat(
                    kept.order[name] == known.slot[name] for name in what).all(),
                       Format("again: an order is not remembered as it was")),
                Assert(~known.known | Cat(known.slot.side == side for side in Side).any(),
                       Format("again: an order of no side was accepted"))]
        for number, size in enumerate(TICKS):
            m.d.comb += Assert(
                ~asked | (tick != number)
                | (item.fault[bit(Fault.TICK)] == (order & limit & symbol & (slot.price % size != 0))),
                Format(f"tick: fault TICK is wrong of {size}"))
        return m


def test_a_product_is_that_of_its_parts(tmp_path):
    outcome = prove(GateAsRead(), depth=DEPTH, only="worth: ", cut=CUT, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log


@pytest.mark.parametrize("at", [0])
def test_the_collar_is_as_written(at, tmp_path):
    outcome = prove(GateAsRead(bits=6, at=at), depth=DEPTH, only="collar: ", cut=CUT, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log


@pytest.mark.parametrize("at", [0])
def test_prices_are_multiples_of_the_tick(at, tmp_path):
    outcome = prove(GateAsRead(bits=10, at=at), depth=DEPTH, only="tick: ", cut=CUT, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log


def test_an_order_that_comes_again_is_a_duplicate(tmp_path):
    cut = [name for name in CUT if name != "duplicates"]
    outcome = prove(GateAsRead(), depth=DEPTH, only="again: ", cut=cut, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log


def test_rules_are_as_written(tmp_path):
    outcome = prove(GateAsRead(), depth=DEPTH, only="plain: ", cut=CUT, folder=tmp_path)
    assert outcome.status == "PASS", outcome.log
