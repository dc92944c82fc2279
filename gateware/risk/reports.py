"""What the venue said: one report at a time, step by step."""

from amaranth.hdl import Assert, Cat, Format, Module, Mux, Signal, Value, signed
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.adder import Adder, Step
from gateware.risk.compiled import Compiled
from gateware.risk.intake import STAGE
from gateware.risk.interfaces import REPORT_CYCLES, SHUT_BITS, VERDICT, Sizes
from gateware.risk.limits import WINDOW
from gateware.risk.touches import QUOTE
from rules import cross, size
from wire.risk import NOTIONAL_BITS, REPORT_KINDS, SHARE_BITS, Fault, Kind, OrderType, Shut, Side, Status

__all__ = ["Reports", "LEDGER"]

#: Sums that only reports change: of account and symbol, and of the account.
LEDGER = data.StructLayout({
    "position": signed(SHARE_BITS), "cost": signed(NOTIONAL_BITS), "cost_sum": signed(NOTIONAL_BITS)})


class Reports(wiring.Component):
    """Matches a report with its order, and moves what it says between the sums.

    A report is told (``start``) in its cycle 2 and decided in cycle REPORT_CYCLES: then ``done``, with all that it
    changes, if ``matched``. Until then no other may start: nothing but the clock tells when a step is finished, each
    takes what the last one has left in its registers. ``finished`` comes a cycle before. Sums end at the ends of their
    ranges, and then the account is shut. Reset: none is under way; positions and costs, which are kept here and are 0
    when the device is configured, are left alone.

    Members
    -------
    start, stage_2, entry_2, quote_3, window_3, throttle_5 : a report, its order, and what belongs to it
    notional_3 : shares times price of the slot in cycle 3
    pair_6, account_6 : sums of its order, from cycle 6 on
    finished, done, matched : see above
    applied : done, and matched
    account, symbol, place : of the order
    entry, pair, account_sums, throttle : as they become
    counted : strobe, a fill is counted
    shut, shut_reasons : strobe, the account is to be shut
    under_way, cycle : a report is, from its cycle 3 on; its cycle, else 0
    buy : side of the order
    rests, rests_at : strobe in cycle 10, the order rests elsewhere
    verdict : but for what it says of the cycle of the decision, and of the account's being shut
    shown_account, shown_symbol, shown : for reading out
    """

    def __init__(self, *, sizes: Sizes, clock_mhz: float):
        self.sizes, self.clock_mhz = sizes, clock_mhz
        super().__init__({
            "start": In(1), "stage_2": In(STAGE), "entry_2": In(sizes.entry), "quote_3": In(QUOTE),
            "window_3": In(WINDOW), "throttle_5": In(sizes.throttle), "notional_3": In(64),
            "pair_6": In(sizes.pair_sums), "account_6": In(sizes.account_sums),
            "cycle": Out(range(REPORT_CYCLES + 1)), "buy": Out(1), "under_way": Out(1),
            "finished": Out(1), "done": Out(1), "matched": Out(1), "applied": Out(1),
            "account": Out(sizes.account_bits), "symbol": Out(sizes.symbol_bits), "place": Out(sizes.place_bits),
            "entry": Out(sizes.entry), "pair": Out(sizes.pair_sums), "account_sums": Out(sizes.account_sums),
            "throttle": Out(sizes.throttle), "counted": Out(1),
            "shut": Out(1), "shut_reasons": Out(SHUT_BITS), "rests": Out(1), "rests_at": Out(32),
            "verdict": Out(VERDICT), "known": Out(1),
            "shown_account": In(sizes.account_bits), "shown_symbol": In(sizes.symbol_bits), "shown": Out(LEDGER)})

    def elaborate(self, platform):
        m = Module()
        sizes = self.sizes
        rule = Compiled(m, clock_mhz=self.clock_mhz)

        def step(name, value):
            """Return a register that has ``value`` a cycle later."""
            register = Signal(Value.cast(value).shape(), name=name)
            m.d.sync += register.eq(value)
            return register

        # The cycle of the report under way; it and what belongs to it are there from cycle 3 on.
        cycle = self.cycle
        stage, entry, quote = Signal(STAGE), Signal(sizes.entry), Signal(QUOTE)
        window, throttle, worth = Signal(WINDOW), Signal(sizes.throttle), Signal(64)
        pair, account = self.pair_6, self.account_6
        now = Signal(REPORT_CYCLES + 1)     # a bit for each cycle
        m.d.sync += [
            cycle.eq(Mux(self.start, 3, Mux((cycle == 0) | self.done, 0, cycle + 1))),
            now.eq(Mux(self.start, 1 << 3, now << 1)), self.under_way.eq(self.start | now[:REPORT_CYCLES].any())]
        m.d.comb += [self.finished.eq(now[REPORT_CYCLES - 1]), self.done.eq(now[REPORT_CYCLES])]
        with m.If(self.start):
            m.d.sync += [
                stage.eq(self.stage_2), entry.eq(self.entry_2),
                Assert((cycle == 0) | self.done, Format("a report starts in another's cycle {}", cycle))]
        with m.If(now[3]):
            m.d.sync += [worth.eq(self.notional_3), quote.eq(self.quote_3), window.eq(self.window_3)]
        with m.If(now[5]):
            m.d.sync += throttle.eq(self.throttle_5)

        slot, order, waiting, history = stage.slot, entry.order, entry.replace, entry.history
        number, old_price = slot.client[:32], slot.client[32:]
        is_ = {kind: Signal(name=f"is_{kind.name.lower()}") for kind in REPORT_KINDS}
        with m.If(self.start):
            m.d.sync += [flag.eq(self.stage_2.slot.kind == kind) for kind, flag in is_.items()]
        fill, bust, correct = is_[Kind.FILL], is_[Kind.BUST], is_[Kind.CORRECT]
        replaced, rejected = is_[Kind.REPLACED], is_[Kind.REPLACE_REJECTED]
        ends = is_[Kind.CANCELLED] | is_[Kind.REJECTED] | is_[Kind.EXPIRED]
        late = bust | correct       # of closed orders too
        buy, short = Signal(), Signal()
        m.d.comb += [
            buy.eq(order.side == Side.BUY), self.buy.eq(buy),
            short.eq((order.side == Side.SELL_SHORT) | (order.side == Side.SELL_SHORT_EXEMPT))]

        # From cycle 4: the other product, there in cycle 6.
        factor = step("factor", Mux(correct, old_price, Mux(fill, order.price, waiting.price)))
        other = rule.pipelined("other_notional", size.notional, cycles=2, shares=slot.shares, price=factor)

        # Does it match? Known in cycle 9.
        shares, pending = slot.shares, waiting.pending
        no_order = Signal()
        m.d.comb += no_order.eq(~(order.used & (Cat(slot.token[:sizes.place_bits], order.tag) == slot.token))
                                | ~(order.live | late))
        number_fault = number <= history.number
        too_many = Mux(late, step("above_filled", shares > history.filled), Mux(
            fill, step("above_open", shares > order.open), step("above_waiting", ~pending | (shares > waiting.open))))
        shares_fault = (late | fill | replaced) & (step("no_shares", shares == 0) | too_many)
        order_fault = is_[Kind.ACK] & history.acked | (replaced | rejected) & ~pending
        no_price = (late | fill) & (slot.price == 0) | correct & (old_price == 0)
        unmatched = {
            Fault.TOKEN: step("token_fault", no_order), Fault.NUMBER: step("number_fault", number_fault),
            Fault.SHARES: step("shares_fault", shares_fault), Fault.ORDER: step("order_fault", order_fault)}
        worth_above = step("worth_above", worth > history.filled_notional)
        too_dear = step("too_dear", correct & (other > history.filled_notional) | bust & worth_above)
        unmatched[Fault.PRICE] = step("no_price", no_price) | too_dear
        fault = Signal(9)
        m.d.sync += fault.eq(Mux(unmatched[Fault.TOKEN], int(Fault.TOKEN), sum(
            (Mux(found, int(name), 0) for name, found in unmatched.items() if name != Fault.TOKEN), start=0)[:9]))
        matched = step("matched", fault == 0)

        # Position and cost, kept here.
        m.submodules.pair_ledger = pair_ledger = memory.Memory(
            shape=data.StructLayout({"position": signed(SHARE_BITS), "cost": signed(NOTIONAL_BITS)}),
            depth=sizes.pairs, init=[])
        m.submodules.account_ledger = account_ledger = memory.Memory(
            shape=signed(NOTIONAL_BITS), depth=sizes.accounts, init=[])
        pair_read, pair_show = (pair_ledger.read_port(domain="comb") for _ in range(2))
        account_read, account_show = (account_ledger.read_port(domain="comb") for _ in range(2))
        m.d.comb += [
            pair_read.addr.eq(sizes.pair(order.account, order.symbol)), account_read.addr.eq(order.account),
            pair_show.addr.eq(sizes.pair(self.shown_account, self.shown_symbol)),
            account_show.addr.eq(self.shown_account),
            self.shown.position.eq(pair_show.data.position), self.shown.cost.eq(pair_show.data.cost),
            self.shown.cost_sum.eq(account_show.data)]
        ledger = Signal(LEDGER)
        m.d.sync += [ledger.position.eq(pair_read.data.position), ledger.cost.eq(pair_read.data.cost),
                     ledger.cost_sum.eq(account_read.data)]

        # All sums are made by two adders, of shares and of notional. A step is done in its cycle; its sum is known two
        # cycles later, three if it ends at the ends of a range. What does not match moves nothing and loses nothing.
        worst, net = sizes.pair_sums["worst_buy"].shape, sizes.account_sums["net_buy"].shape
        m.submodules.shares_adder = shares_adder = Adder(width=worst.width, bits=SHARE_BITS - 1, narrow=32)
        m.submodules.notional_adder = notional_adder = Adder(
            width=max(net.width, NOTIONAL_BITS + 3), bits=NOTIONAL_BITS - 1, narrow=NOTIONAL_BITS - 1)

        def kept(name, value, when):
            """Return a register that takes ``value`` over."""
            register = Signal.like(value, name=name)
            with m.If(when):
                m.d.sync += register.eq(value)
            return register

        takes, stays = fill | replaced, ~(replaced | ends)      # shares of what is open; what is open
        counts, sells = fill | bust, ~buy ^ bust
        pends_after = step("pends_after", pending & ~(replaced | rejected | ends))
        price_after = step("price_after", Mux(replaced, waiting.price, order.price))

        total, ended, last = shares_adder.total_1, shares_adder.ended_2, shares_adder.total_2
        open_after = kept("open_after", total[:32], now[5])
        filled = kept("filled", ended, now[9])
        position = kept("position", ended, now[11])
        lost = kept("lost_shares", total, now[11])
        bought = kept("bought", total, now[13])
        short_used = kept("short_used", ended[:32], now[17])
        worst_buy = kept("worst_buy", total, now[17] & buy | now[18] & ~buy)
        worst_sell = kept("worst_sell", total, now[17] & ~buy | now[18] & buy)
        before = Mux(step("shares_rise", pending & (waiting.open > order.open)), waiting.open, order.open)
        after = Mux(step("shares_stay", pends_after & (waiting.open > open_after)), waiting.open, open_after)
        own, other_side = Mux(buy, pair.worst_buy, pair.worst_sell), Mux(buy, pair.worst_sell, pair.worst_buy)
        shares_adder.steps(m, (
            Step(now[4], order.open, shares, fill, a_if=stays, b_if=takes),
            Step(now[7], history.filled, shares, bust, b_if=counts),
            Step(now[9], ledger.position, shares, sells, b_if=counts & matched),
            Step(now[10], before, after, 1, a_if=matched, b_if=matched),
            Step(now[12], position, ledger.position, 1),
            Step(now[13], pair.short_used, lost, 1, b_if=short), Step(now[15], last, shares, bust, b_if=counts & short
                                                                      & matched),
            Step(now[14], own, lost, 1), Step(now[16], last, bought, ~buy), Step(now[17], other_side, bought, buy)))
        m.d.comb += [shares_adder.floor_2.eq(now[9] | now[17]), shares_adder.narrow_2.eq(now[17])]

        total, ended, last = notional_adder.total_1, notional_adder.ended_2, notional_adder.total_2
        moved = kept("moved", total, now[7])
        value_after = kept("value_after", total[:64], now[8])
        filled_value = kept("filled_value", ended, now[10])
        cost = kept("cost", ended, now[11])
        lost = kept("lost_value", total, now[11])
        cost_sum = kept("cost_sum", ended, now[17])
        gross = kept("gross", ended, now[18])
        net_change = kept("net_change", total, now[19])
        net_buy = kept("net_buy", total, now[22] & buy | now[21] & ~buy)
        net_sell = kept("net_sell", total, now[22] & ~buy | now[21] & buy)
        before = Mux(step("value_rises", pending & (waiting.notional > order.notional)), waiting.notional,
                     order.notional)
        after = Mux(step("value_stays", pends_after & (waiting.notional > value_after)), waiting.notional, value_after)
        own, other_side = Mux(buy, account.net_buy, account.net_sell), Mux(buy, account.net_sell, account.net_buy)
        notional_adder.steps(m, (
            Step(now[6], worth, other, 1, b_if=correct),
            Step(now[7], order.notional, other, fill, a_if=stays, b_if=takes),
            Step(now[8], history.filled_notional, moved, bust, b_if=counts | correct),
            Step(now[9], ledger.cost, moved, sells, b_if=(counts | correct) & matched),
            Step(now[10], before, after, 1, a_if=matched, b_if=matched),
            # The gross goes with the magnitude of the cost.
            Step(now[12], account.gross, lost, 1), Step(now[14], last, cost, cost[-1]),
            Step(now[16], last, ledger.cost, ~ledger.cost[-1]),
            Step(now[13], cost, ledger.cost, 1), Step(now[15], last, ledger.cost_sum),
            Step(now[18], cost_sum, ledger.cost_sum, 1),
            Step(now[19], own, lost, 1), Step(now[21], last, net_change, ~buy),
            Step(now[20], other_side, net_change, buy)))
        m.d.comb += notional_adder.floor_2.eq(now[10] | now[18])

        shares_left, value_left = Signal(), Signal()
        with m.If(now[9] | now[11] | now[17]):
            m.d.sync += shares_left.eq(shares_left | shares_adder.left_2)
        with m.If(now[10] | now[11] | now[17] | now[18]):
            m.d.sync += value_left.eq(value_left | notional_adder.left_2)
        with m.If(self.start):
            m.d.sync += [shares_left.eq(0), value_left.eq(0)]
        live_after = step("live_after", order.live & ~ends & ((open_after != 0) | pends_after))
        closing = step("closing", order.live & ~live_after)
        closes = closing & matched

        # Rule 22.
        age = step("age", stage.now - throttle.window_start)
        anew = step("anew", (throttle.fills == 0) | (age >= window.window))
        most = throttle.fills.all()
        one_more = step("one_more", Mux(most, throttle.fills, throttle.fills + 1))
        fills = step("fills", Mux(fill & matched, Mux(anew, 1, one_more), throttle.fills))
        disabled = step("disabled", throttle.disabled | (fill & (fills > window.fills)))

        # All of it.
        m.d.comb += [
            self.matched.eq(matched), self.account.eq(order.account), self.symbol.eq(order.symbol),
            self.place.eq(slot.token), self.known.eq(~fault[int(Fault.TOKEN).bit_length() - 1]),
            self.entry.eq(entry), self.entry.order.live.eq(live_after), self.entry.order.open.eq(open_after),
            self.entry.order.price.eq(price_after), self.entry.order.notional.eq(value_after),
            self.entry.replace.pending.eq(pends_after),
            self.entry.history.acked.eq(history.acked | is_[Kind.ACK]), self.entry.history.number.eq(number),
            self.entry.history.filled.eq(filled), self.entry.history.filled_notional.eq(filled_value),
            self.throttle.fills.eq(fills), self.throttle.disabled.eq(disabled),
            self.throttle.window_start.eq(Mux(anew, stage.now, throttle.window_start)),
            self.shut_reasons.eq(Cat(shares_left, value_left, fill & ~anew & most)),
            self.pair.worst_buy.eq(worst_buy), self.pair.worst_sell.eq(worst_sell),
            self.pair.pair_open.eq(step("pair_open", pair.pair_open - closes)), self.pair.short_used.eq(short_used),
            self.account_sums.gross.eq(gross), self.account_sums.net_buy.eq(net_buy),
            self.account_sums.net_sell.eq(net_sell),
            self.account_sums.account_open.eq(step("account_open", account.account_open - closes)),
            self.account_sums.earliest.eq(account.earliest)]
        applies = now[REPORT_CYCLES - 1] & matched
        m.d.sync += [self.applied.eq(applies), self.counted.eq(applies & fill),
                     self.shut.eq(applies & self.shut_reasons.any())]
        assert (Shut.POSITION, Shut.NOTIONAL, Shut.COUNT) == (1, 2, 4)
        pair_write, account_write = pair_ledger.write_port(), account_ledger.write_port()
        m.d.comb += [
            pair_write.en.eq(self.applied), account_write.en.eq(self.applied),
            pair_write.addr.eq(sizes.pair(order.account, order.symbol)), account_write.addr.eq(order.account),
            pair_write.data.position.eq(position), pair_write.data.cost.eq(cost), account_write.data.eq(cost_sum)]

        # Open orders are what is left of the sums without positions and costs.
        with m.If(self.applied):
            m.d.sync += [
                Assert(~closes | ((pair.pair_open != 0) & (account.account_open != 0)),
                       Format("token {:08x} closes, though none is open", slot.token)),
                Assert((worst_buy >= position) & (worst_sell >= -position),
                       Format("open shares below 0 by token {:08x}", slot.token)),
                Assert((net_buy >= cost_sum) & (net_sell >= -cost_sum),
                       Format("open notional below 0 by token {:08x}", slot.token))]

        given = {"buy": buy, "market": order.type == OrderType.MARKET}
        m.d.comb += self.rests_at.eq(rule("rests_again", cross.rests, **given, price=price_after))
        m.d.sync += self.rests.eq(now[9] & matched & (replaced | rejected | closing))

        # The verdict.
        verdict = self.verdict
        m.d.comb += [
            verdict.cycles_in.eq(stage.now), verdict.client.eq(slot.client), verdict.token.eq(slot.token),
            verdict.shares.eq(slot.shares), verdict.price.eq(slot.price), verdict.kind.eq(slot.kind),
            verdict.status.eq(Mux(matched, Status.APPLIED, Status.UNMATCHED)), verdict.fault.eq(fault)]
        with m.If(self.known):
            m.d.comb += [
                verdict.account.eq(order.account), verdict.symbol.eq(order.symbol), verdict.side.eq(order.side),
                verdict.type.eq(order.type),
                verdict.flags[3].eq(quote.bid.has), verdict.flags[4].eq(quote.ask.has),
                verdict.flags[5].eq(quote.last.has), verdict.bid.eq(quote.bid.price),
                verdict.ask.eq(quote.ask.price), verdict.last.eq(quote.last.price),
                verdict.worst.eq(position), verdict.net.eq(cost_sum), verdict.gross.eq(gross),
                verdict.pair_open.eq(self.pair.pair_open), verdict.account_open.eq(self.account_sums.account_open),
                verdict.short_used.eq(short_used), verdict.fills.eq(fills)]
        return m
