"""Where slots enter the gate."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.compiled import Compiled
from gateware.risk.interfaces import SLOT, Sizes
from gateware.risk.touches import PRICE, QUOTE
from rules import price
from wire.risk import TIME_BITS, Kind, OrderType, Side

__all__ = ["Intake", "STAGE"]

#: A slot under way. order: a NEW or REPLACE. good: account, symbol and side exist. short: a short sale, subject: one
#: that is not exempt. touch: what a buy, a sell would take; its price is anything if there is none. pair_exists:
#: account and symbol exist.
STAGE = data.StructLayout({
    "slot": SLOT, "now": TIME_BITS, "quote": QUOTE, "touch": PRICE, "effective": 32,
    **{name: 1 for name in ("valid", "report", "order", "new", "buy", "sell", "short", "subject", "market",
                            "account_exists", "symbol_exists", "pair_exists", "good")}})


class Intake(wiring.Component):
    """Takes a slot when nothing is in its way, and says what it is.

    Latency: 1 cycle. Throughput: a slot a cycle; one waits while the queue of verdicts is full, while a report is being
    applied, and while an order under way has its place in the table. Reset: nothing is under way.

    Members
    -------
    i : slots
    now : time
    symbol, quote : index of the slot's symbol, and its quote in the same cycle
    free, taken : the queue has a place; strobe, a slot is taken
    places, orders : places of the slots in cycles 1 to 5, and which of them are orders
    finished : strobe, in the cycle before that in which the next slot may enter after a report
    stage_1 : the slot in its cycle 1
    """

    def __init__(self, *, sizes: Sizes, clock_mhz: float):
        self.sizes, self.clock_mhz = sizes, clock_mhz
        super().__init__({
            "i": In(stream.Signature(SLOT)), "now": In(TIME_BITS),
            "symbol": Out(sizes.symbol_bits), "quote": In(QUOTE), "free": In(1), "taken": Out(1),
            "places": In(data.ArrayLayout(sizes.place_bits, 5)), "orders": In(5), "finished": In(1),
            "stage_1": Out(STAGE)})

    def elaborate(self, platform):
        m = Module()
        sizes = self.sizes
        rule = Compiled(m, clock_mhz=self.clock_mhz)
        slot = self.i.payload
        kind, side = slot.kind, slot.side
        report, order, speaks = Signal(), Signal(), Signal()
        m.d.comb += [
            report.eq((kind >= Kind.ACK) & (kind <= Kind.CORRECT)),
            order.eq((kind == Kind.NEW) | (kind == Kind.REPLACE)),
            speaks.eq(report | order | (kind == Kind.CANCEL))]

        busy = Signal()
        place = slot.token[:sizes.place_bits]
        blocked = Cat(self.orders[n] & (self.places[n] == place) for n in range(5)).any() & speaks
        m.d.comb += [
            self.i.ready.eq(self.free & ~busy & ~blocked), self.taken.eq(self.i.valid & self.i.ready),
            self.symbol.eq(slot.symbol)]
        m.d.sync += busy.eq(Mux(busy, ~self.finished, self.taken & report))

        # Each is a signal of its own: a process that reads a part of what it writes is not the same to all simulators.
        buy, sell, short, subject, market = Signal(), Signal(), Signal(), Signal(), Signal()
        account_exists, symbol_exists = Signal(), Signal()
        touch = Signal(PRICE)
        m.d.comb += [
            buy.eq(side == Side.BUY), subject.eq(side == Side.SELL_SHORT),
            short.eq(subject | (side == Side.SELL_SHORT_EXEMPT)), sell.eq(short | (side == Side.SELL)),
            market.eq((slot.type == OrderType.MARKET) & order),
            account_exists.eq(slot.account[sizes.account_bits:] == 0),
            symbol_exists.eq(slot.symbol[sizes.symbol_bits:] == 0)]
        m.d.comb += [
            touch.has.eq(symbol_exists & (buy & self.quote.ask.has | sell & self.quote.bid.has)),
            touch.price.eq(Mux(buy, self.quote.ask.price, self.quote.bid.price))]
        pair_exists = account_exists & symbol_exists
        stage = self.stage_1
        m.d.sync += [
            stage.slot.eq(slot), stage.now.eq(self.now), stage.touch.eq(touch),
            stage.quote.eq(Mux(symbol_exists, self.quote.as_value(), 0)),
            # A touch that there is not has the price 0.
            stage.effective.eq(rule("effective", price.effective, market=market, price=slot.price,
                                    has_touch=symbol_exists & (buy | sell), touch=touch.price)),
            stage.valid.eq(self.taken), stage.report.eq(self.taken & report), stage.order.eq(self.taken & order),
            stage.new.eq(self.taken & (kind == Kind.NEW)), stage.buy.eq(buy), stage.sell.eq(sell),
            stage.short.eq(short), stage.subject.eq(subject), stage.market.eq(market),
            stage.account_exists.eq(account_exists), stage.symbol_exists.eq(symbol_exists),
            stage.pair_exists.eq(pair_exists), stage.good.eq(pair_exists & (buy | sell))]
        return m
