"""Verdicts and events."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.intake import STAGE
from gateware.risk.interfaces import EVENTS, SHUT_BITS, VERDICT, Sizes
from wire.risk import TIME_BITS, Rule, Status

__all__ = ["Verdicts"]


class Verdicts(wiring.Component):
    """Writes down what was decided, and counts it.

    Latency: 1 cycle from the decision to ``put`` and to ``events``. Throughput: one a cycle. A request and a report are
    never decided in the same cycle.

    Members
    -------
    now : time
    live, trading, short_restricted, reasons : as they are in the cycle of the decision
    stage_5, request_5 : a request's slot, and whether it is one
    fault_5, passes_6, mask_6 : its verdict
    state_5 : live, trading, short sale restricted of its symbol
    notional_5, pair_5, account_5, fills_5 : what the rules saw
    report_done, report : a report's verdict, but for the cycle of the decision
    report_known, report_matched, report_reasons : its order is known; it was applied; why it shuts its account
    put, item : a verdict
    events : strobes, all but ``admin``
    """

    def __init__(self, *, sizes: Sizes):
        self.sizes = sizes
        super().__init__({
            "now": In(TIME_BITS), "live": In(sizes.symbols), "trading": In(sizes.symbols),
            "short_restricted": In(sizes.symbols), "reasons": In(data.ArrayLayout(SHUT_BITS, sizes.accounts)),
            "stage_5": In(STAGE), "request_5": In(1), "fault_5": In(9), "passes_6": In(1), "mask_6": In(22),
            "state_5": In(3), "notional_5": In(64), "pair_5": In(sizes.pair_sums),
            "account_5": In(sizes.account_sums), "fills_5": In(16),
            "report_done": In(1), "report": In(VERDICT), "report_known": In(1), "report_matched": In(1),
            "report_reasons": In(SHUT_BITS), "put": Out(1), "item": Out(VERDICT), "events": Out(EVENTS)})

    def elaborate(self, platform):
        m = Module()
        sizes, stage, slot, quote = self.sizes, self.stage_5, self.stage_5.slot, self.stage_5.quote
        asked = Signal(VERDICT)
        for name in ("client", "token", "shares", "price", "account", "symbol", "kind", "side", "type"):
            m.d.comb += asked[name].eq(slot[name])
        m.d.comb += [
            asked.cycles_in.eq(stage.now), asked.cycles_out.eq(self.now), asked.fault.eq(self.fault_5),
            asked.flags[:3].eq(self.state_5), asked.flags[3].eq(quote.bid.has), asked.flags[4].eq(quote.ask.has),
            asked.flags[5].eq(quote.last.has), asked.bid.eq(quote.bid.price), asked.ask.eq(quote.ask.price),
            asked.last.eq(quote.last.price)]
        with m.If(stage.account_exists):
            m.d.comb += asked.shut.eq(self.reasons[slot.account[:sizes.account_bits]])
        with m.If(stage.order):
            m.d.comb += [asked.effective.eq(stage.effective), asked.notional.eq(self.notional_5)]
            with m.If(stage.account_exists):
                m.d.comb += [asked.gross.eq(self.account_5.gross), asked.account_open.eq(self.account_5.account_open)]
            with m.If(stage.pair_exists):
                m.d.comb += [
                    asked.pair_open.eq(self.pair_5.pair_open), asked.short_used.eq(self.pair_5.short_used),
                    asked.fills.eq(self.fills_5)]
            with m.If(stage.good):
                m.d.comb += asked.worst.eq(Mux(stage.buy, self.pair_5.worst_buy, self.pair_5.worst_sell))
        # The net may be more than its field holds; it is cut to it a cycle later.
        net = Signal(sizes.account_sums["net_buy"].shape)
        m.d.comb += net.eq(Mux(stage.buy, self.account_5.net_buy, self.account_5.net_sell))
        has_net = stage.order & stage.account_exists & (stage.buy | stage.sell)

        told = Signal(VERDICT)
        account, symbol = self.report.account, self.report.symbol
        m.d.comb += [told.eq(self.report), told.cycles_out.eq(self.now)]
        with m.If(self.report_known):
            m.d.comb += [
                told.flags[number].eq(bits.bit_select(symbol[:sizes.symbol_bits], 1))
                for number, bits in enumerate((self.live, self.trading, self.short_restricted))]
            m.d.comb += told.shut.eq(self.reasons[account[:sizes.account_bits]]
                                     | Mux(self.report_matched, self.report_reasons, 0))

        item, net_6, has_net_6, request_6, done_6 = Signal(VERDICT), Signal.like(net), Signal(), Signal(), Signal()
        size = len(self.item.net)
        m.d.sync += [
            self.put.eq(self.request_5 | self.report_done), item.eq(Mux(self.report_done, told, asked)),
            net_6.eq(Mux(self.report_done, self.report.net, net)), has_net_6.eq(self.report_done | has_net),
            request_6.eq(self.request_5), done_6.eq(self.report_done)]
        cut, sign = Signal(signed(size)), net_6[-1]
        beyond = (net_6[size - 1:-1] ^ sign.replicate(len(net_6) - size)).any()
        m.d.comb += [
            self.item.eq(item), cut.eq(Cat(Mux(beyond, ~sign.replicate(size - 1), net_6[:size - 1]), sign)),
            self.item.net.eq(Mux(has_net_6, cut, 0))]
        with m.If(request_6):
            m.d.comb += [
                self.item.mask.eq(self.mask_6),
                self.item.status.eq(Mux(self.passes_6, Status.ACCEPTED, Status.REFUSED)),
                *(self.events[rule.name.lower()].eq(self.mask_6[n]) for n, rule in enumerate(Rule)),
                self.events.accepted.eq(self.passes_6), self.events.refused.eq(~self.passes_6)]
        with m.If(done_6):
            m.d.comb += [
                self.events.applied.eq(item.status == Status.APPLIED),
                self.events.unmatched.eq(item.status == Status.UNMATCHED)]
        return m
