"""What the venue said: one report at a time, step by step."""

from amaranth.hdl import Assert, Cat, Format, Module, Mux, Signal, Value, signed
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.compiled import Compiled
from gateware.risk.intake import STAGE
from gateware.risk.interfaces import REPORT_CYCLES, SHUT_BITS, VERDICT, Sizes
from gateware.risk.limits import WINDOW
from gateware.risk.touches import QUOTE
from rules import cross, size
from wire.risk import NOTIONAL_BITS, SHARE_BITS, Fault, Kind, OrderType, Shut, Side, Status

__all__ = ["Reports", "LEDGER"]

_MOST_SHARES = (1 << SHARE_BITS - 1) - 1
_MOST_NOTIONAL = (1 << NOTIONAL_BITS - 1) - 1

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
    start, stage_2, entry_2, quote_2, window_2, throttle_2 : a report, its order, and what belongs to it
    notional_3 : shares times price of the slot in cycle 3
    pair_5, account_5 : sums of the slot in cycle 5
    finished, done, matched : see above
    account, symbol, place : of the order
    entry, pair, account_sums, throttle, fill : as they become; a fill is counted
    shut, shut_reasons : the account is to be shut
    cycle : of the report under way, 0 if there is none
    buy : side of the order
    rests, rests_at : strobe in cycle 10, the order rests elsewhere
    verdict : but for what it says of the cycle of the decision, and of the account's being shut
    shown_account, shown_symbol, shown : for reading out
    """

    def __init__(self, *, sizes: Sizes, clock_mhz: float):
        self.sizes, self.clock_mhz = sizes, clock_mhz
        super().__init__({
            "start": In(1), "stage_2": In(STAGE), "entry_2": In(sizes.entry), "quote_2": In(QUOTE),
            "window_2": In(WINDOW), "throttle_2": In(sizes.throttle), "notional_3": In(64),
            "pair_5": In(sizes.pair_sums), "account_5": In(sizes.account_sums),
            "cycle": Out(range(REPORT_CYCLES + 1)), "buy": Out(1),
            "finished": Out(1), "done": Out(1), "matched": Out(1),
            "account": Out(sizes.account_bits), "symbol": Out(sizes.symbol_bits), "place": Out(sizes.place_bits),
            "entry": Out(sizes.entry), "pair": Out(sizes.pair_sums), "account_sums": Out(sizes.account_sums),
            "throttle": Out(sizes.throttle), "fill": Out(1),
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

        def clamped(name, value, low, high):
            """Return registers with ``value`` within the ends of its range, and whether it had left it."""
            shape = signed(high.bit_length() + 1) if low < 0 else high.bit_length()
            register, left = Signal(shape, name=name), Signal(name=f"{name}_left")
            m.d.sync += [
                register.eq(Mux(value < low, low, Mux(value > high, high, value))),
                left.eq((value < low) | (value > high))]
            return register, left

        # The cycle of the report under way; it and what belongs to it are there from cycle 3 on.
        cycle = self.cycle
        stage, entry, quote = Signal(STAGE), Signal(sizes.entry), Signal(QUOTE)
        window, throttle = Signal(WINDOW), Signal(sizes.throttle)
        worth, pair, account = Signal(64), Signal(sizes.pair_sums), Signal(sizes.account_sums)
        m.d.sync += cycle.eq(Mux(self.start, 3, Mux((cycle == 0) | (cycle == REPORT_CYCLES), 0, cycle + 1)))
        m.d.comb += [self.finished.eq(cycle == REPORT_CYCLES - 1), self.done.eq(cycle == REPORT_CYCLES)]
        with m.If(self.start):
            m.d.sync += [
                stage.eq(self.stage_2), entry.eq(self.entry_2), quote.eq(self.quote_2), window.eq(self.window_2),
                throttle.eq(self.throttle_2),
                Assert((cycle == 0) | (cycle == REPORT_CYCLES), Format("a report starts in another's cycle {}", cycle))]
        with m.If(cycle == 3):
            m.d.sync += worth.eq(self.notional_3)
        with m.If(cycle == 5):
            m.d.sync += [pair.eq(self.pair_5), account.eq(self.account_5)]

        slot, order, waiting, history = stage.slot, entry.order, entry.replace, entry.history
        number, old_price = slot.client[:32], slot.client[32:]
        is_ = {kind: Signal(name=f"is_{kind.name.lower()}") for kind in Kind if kind >= Kind.ACK}
        m.d.comb += [flag.eq(slot.kind == kind) for kind, flag in is_.items()]
        fill, bust, correct = is_[Kind.FILL], is_[Kind.BUST], is_[Kind.CORRECT]
        replaced, rejected = is_[Kind.REPLACED], is_[Kind.REPLACE_REJECTED]
        ends = is_[Kind.CANCELLED] | is_[Kind.REJECTED] | is_[Kind.EXPIRED]
        late = bust | correct       # of closed orders too
        buy, short = Signal(), Signal()
        m.d.comb += [
            buy.eq(order.side == Side.BUY), self.buy.eq(buy),
            short.eq((order.side == Side.SELL_SHORT) | (order.side == Side.SELL_SHORT_EXEMPT))]

        # From cycle 3: the other product, there in cycle 5.
        other = rule.pipelined(
            "other_notional", size.notional, cycles=2, shares=slot.shares,
            price=Mux(correct, old_price, Mux(fill, order.price, waiting.price)))

        # Does it match? Known in cycle 9.
        shares, pending = slot.shares, waiting.pending
        no_order = Signal()
        m.d.comb += no_order.eq(~(order.used & (Cat(slot.token[:sizes.place_bits], order.tag) == slot.token))
                                | ~(order.live | late))
        number_fault = number <= history.number
        too_many = Mux(late, shares > history.filled, Mux(fill, shares > order.open,
                                                          ~pending | (shares > waiting.open)))
        shares_fault = (late | fill | replaced) & ((shares == 0) | too_many)
        order_fault = is_[Kind.ACK] & history.acked | (replaced | rejected) & ~pending
        no_price = (late | fill) & (slot.price == 0) | correct & (old_price == 0)
        unmatched = {
            Fault.TOKEN: step("token_fault", no_order), Fault.NUMBER: step("number_fault", number_fault),
            Fault.SHARES: step("shares_fault", shares_fault), Fault.ORDER: step("order_fault", order_fault)}
        taken_back = step("taken_back", Mux(correct, other, worth))
        too_dear = step("too_dear", late & (taken_back > history.filled_notional))
        unmatched[Fault.PRICE] = step("no_price", no_price) | too_dear
        fault = Signal(9)
        m.d.sync += fault.eq(Mux(unmatched[Fault.TOKEN], int(Fault.TOKEN), sum(
            (Mux(found, int(name), 0) for name, found in unmatched.items() if name != Fault.TOKEN), start=0)[:9]))
        matched = step("matched", fault == 0)

        # The order as it becomes, but for what was filled.
        open_after, value_after = Signal(32), Signal(64)
        price_after, pends_after = Signal(32), Signal()
        m.d.sync += [open_after.eq(order.open), value_after.eq(order.notional), price_after.eq(order.price),
                     pends_after.eq(pending & ~(replaced | rejected | ends))]
        with m.If(fill):
            m.d.sync += [open_after.eq(order.open - shares), value_after.eq(order.notional - other)]
        with m.Elif(replaced):
            m.d.sync += [open_after.eq(shares), value_after.eq(other), price_after.eq(waiting.price)]
        with m.Elif(ends):
            m.d.sync += [open_after.eq(0), value_after.eq(0)]
        live_after = step("live_after", order.live & ~ends & ((open_after != 0) | pends_after))
        closes = step("closes", order.live & ~live_after)

        def most(name, pends, now, then):
            return step(name, Mux(pends & (then > now), then, now))

        # From cycle 6: what the worst case loses, there in cycle 8.
        lost_shares = step("lost_shares", most("shares_before", pending, order.open, waiting.open)
                           - most("shares_after", pends_after, open_after, waiting.open))
        lost_value = step("lost_value", most("value_before", pending, order.notional, waiting.notional)
                          - most("value_after", pends_after, value_after, waiting.notional))

        # What was filled: shares and notional of the order, and signed by its side.
        moved = Mux(fill, shares, Mux(bust, -shares, 0))
        worth_moved = step("worth_moved", Mux(fill, worth, Mux(bust, -worth, Mux(correct, worth - other, 0))))
        filled, filled_left = clamped("filled", history.filled + moved, 0, _MOST_SHARES)
        filled_value, filled_value_left = clamped(
            "filled_value", step("filled_value_sum", history.filled_notional + worth_moved), 0, _MOST_NOTIONAL)

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
        position, position_left = clamped(
            "position", step("position_sum", ledger.position + Mux(buy, moved, -moved)), -_MOST_SHARES, _MOST_SHARES)
        bought = step("position_change", position - ledger.position)

        # Cycle 7 to 13, a step each.
        cost_change = step("cost_change", Mux(buy, worth_moved, -worth_moved))
        cost, cost_left = clamped(
            "cost", step("cost_total", ledger.cost + cost_change), -_MOST_NOTIONAL, _MOST_NOTIONAL)
        paid = step("paid", cost - ledger.cost)
        size_change = step("size_change", abs(cost) - abs(ledger.cost))
        gross_change = step("gross_change", size_change - lost_value)
        gross, gross_left = clamped(
            "gross", step("gross_total", account.gross + gross_change), 0, _MOST_NOTIONAL)
        cost_sum, cost_sum_left = clamped(
            "cost_sum", step("cost_sum_total", ledger.cost_sum + paid), -_MOST_NOTIONAL, _MOST_NOTIONAL)
        net_change = step("net_change", cost_sum - ledger.cost_sum)
        short_change = step("short_change", moved - lost_shares)
        short_used, short_left = clamped(
            "short_used", step("short_total", pair.short_used + short_change), 0, (1 << 32) - 1)

        # Rule 22.
        age = step("age", stage.now - throttle.window_start)
        anew = step("anew", (throttle.fills == 0) | (age >= window.window))
        one_more, fills_left = clamped("one_more", throttle.fills + 1, 0, (1 << 16) - 1)
        fills = step("fills", Mux(fill, Mux(anew, 1, one_more), throttle.fills))
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
            self.throttle.window_start.eq(Mux(anew, stage.now, throttle.window_start)), self.fill.eq(fill),
            self.shut_reasons.eq(Cat(
                position_left | filled_left | (short & short_left),
                cost_left | cost_sum_left | gross_left | filled_value_left,
                fill & ~anew & fills_left)),
            self.shut.eq(self.done & matched & self.shut_reasons.any())]
        assert (Shut.POSITION, Shut.NOTIONAL, Shut.COUNT) == (1, 2, 4)
        m.d.sync += [
            self.pair.worst_buy.eq(pair.worst_buy + bought - Mux(buy, lost_shares, 0)),
            self.pair.worst_sell.eq(pair.worst_sell - bought - Mux(buy, 0, lost_shares)),
            self.pair.pair_open.eq(pair.pair_open - closes),
            self.pair.short_used.eq(Mux(short, short_used, pair.short_used)),
            self.account_sums.gross.eq(gross),
            self.account_sums.net_buy.eq(account.net_buy + net_change - Mux(buy, lost_value, 0)),
            self.account_sums.net_sell.eq(account.net_sell - net_change - Mux(buy, 0, lost_value)),
            self.account_sums.account_open.eq(account.account_open - closes),
            self.account_sums.earliest.eq(account.earliest)]
        position_after, cost_after = step("position_after", position), step("cost_after", cost)
        cost_sum_after = step("cost_sum_after", cost_sum)
        pair_write, account_write = pair_ledger.write_port(), account_ledger.write_port()
        m.d.comb += [
            pair_write.en.eq(self.done & matched), account_write.en.eq(self.done & matched),
            pair_write.addr.eq(pair_read.addr), account_write.addr.eq(account_read.addr),
            pair_write.data.position.eq(position_after), pair_write.data.cost.eq(cost_after),
            account_write.data.eq(cost_sum_after)]

        # Open orders are what is left of the sums without positions and costs.
        with m.If(self.done & matched):
            m.d.sync += [
                Assert(~closes | ((pair.pair_open != 0) & (account.account_open != 0)),
                       Format("token {:08x} closes, though none is open", slot.token)),
                Assert((self.pair.worst_buy >= position_after) & (self.pair.worst_sell >= -position_after),
                       Format("open shares below 0 by token {:08x}", slot.token)),
                Assert((self.account_sums.net_buy >= cost_sum_after) & (self.account_sums.net_sell >= -cost_sum_after),
                       Format("open notional below 0 by token {:08x}", slot.token))]

        given = {"buy": buy, "market": order.type == OrderType.MARKET}
        m.d.comb += self.rests_at.eq(rule("rests_again", cross.rests, **given, price=price_after))
        m.d.comb += self.rests.eq((cycle == 10) & matched & (replaced | rejected | closes))

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
                verdict.worst.eq(Mux(matched, position_after, ledger.position)),
                verdict.net.eq(Mux(matched, cost_sum_after, ledger.cost_sum)),
                verdict.gross.eq(Mux(matched, self.account_sums.gross, account.gross)),
                verdict.pair_open.eq(Mux(matched, self.pair.pair_open, pair.pair_open)),
                verdict.account_open.eq(Mux(matched, self.account_sums.account_open, account.account_open)),
                verdict.short_used.eq(Mux(matched, self.pair.short_used, pair.short_used)),
                verdict.fills.eq(Mux(matched, fills, throttle.fills))]
        return m
