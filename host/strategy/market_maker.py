"""Quotes both sides, and leans against what it holds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from host.oms.inputs import IntentKind
from host.oms.outputs import Tell, TellKind
from host.oms.states import State
from host.strategy.interface import Strategy
from host.strategy.quoting import best_of_others, quote_prices
from host.strategy.taker import at_least
from host.strategy.working import Working

__all__ = ["MarketMaker", "MarketMakerParameters"]


@dataclass(frozen=True, kw_only=True)
class MarketMakerParameters:
    """symbols: none for all. shares: of a quote. limit: most shares held, long or short. edge: ticks from the middle of
    the others' best prices to each quote. skew: ticks by which both quotes move when ``limit`` shares are held. tick:
    price units. pause: ns without new requests of a symbol after one that failed."""

    symbols: tuple[int, ...] = ()
    shares: int = 100
    limit: int = 500
    edge: int = 1
    skew: int = 2
    tick: int = 100
    pause: int = 100_000_000

    def __post_init__(self) -> None:
        at_least(self, shares=1, limit=1, edge=1, skew=0, tick=1, pause=1)


class MarketMaker(Strategy):
    """Has at most one order a side and symbol, never one that could trade with its own other one or take, and
    none where the book is not one to trade on. Orders move by replaces; a cancel only ends a side."""

    def __init__(self, parameters: MarketMakerParameters) -> None:
        self.parameters, self.wanted = parameters, parameters.symbols
        self._until, self._cancels = Counter[int](), Counter[int]()

    def on_book(self, symbol: int) -> None:
        """Quote anew."""
        context, its = self.context, self.parameters
        orders, held = context.open_orders(symbol), context.positions[symbol]
        best = best_of_others(context.views, symbol, orders)
        if best is None:
            self._cancel(orders)
            return
        buy, sell = quote_prices(*best, tick=its.tick, edge=its.edge, lean=its.skew * its.tick * held // its.limit)
        buys, sells = [order for order in orders if order.sign > 0], [order for order in orders if order.sign < 0]
        self._side(symbol, 1, buy, its.limit - held, buys, sells)
        self._side(symbol, -1, sell, its.limit + held, sells, buys)

    def _side(self, symbol: int, sign: int, price: int, room: int, own: Sequence[Working],
              others: Sequence[Working]) -> None:
        """Have one quote at ``price``, of no more shares than there is ``room`` for; one partly filled stays. others:
        orders of the other side."""
        context = self.context
        if len(own) > 1:
            room -= sum(order.worst for order in own[1:])
            self._cancel(own[1:])
        shares = min(self.parameters.shares, room)
        if not own:
            if shares > 0 and price > 0 and self._ready(symbol, sign, price, others):
                (context.buy if sign > 0 else context.sell)(symbol, shares, price)
            return
        order = own[0]
        if shares < 1 or price < 1:
            self._cancel([order])
        elif (order.quiet and (order.price != price or order.leaves > shares)
              and self._ready(symbol, sign, price, others)):
            if sign < 0 and context.selling(symbol, shares, order) != order.side:
                self._cancel([order])
            else:
                context.replace(order.ref, order.cum + shares, price)

    def _ready(self, symbol: int, sign: int, price: int, others: Sequence[Working]) -> bool:
        """Whether a request may be made now, and its price trades with none of the other side's orders."""
        return self.context.now >= self._until[symbol] and all(
            sign * price < sign * other for order in others for other in order.prices)

    def _cancel(self, orders: Sequence[Working]) -> None:
        for order in orders:
            if order.order and not order.going and self.context.now >= self._cancels[order.symbol]:
                self.context.cancel(order.ref)

    def on_state(self, symbol: int, state: int) -> None:
        """Quote anew, or no more."""
        self.on_book(symbol)

    def on_timer(self, now: int) -> None:
        """Try again what failed."""
        for symbol in self.wanted or range(self.context.views.symbols):
            self.on_book(symbol)

    def on_order(self, order: Working, tell: Tell) -> None:
        """Wait a little after what failed. Quotes move with the book's next record alone, which shows what became of
        ours: until then they would follow their own shadow."""
        failed = tell.kind in (TellKind.REFUSED, TellKind.REQUEST_FAILED)
        if failed or (order.over and order.state is not State.FILLED):
            until = self._cancels if tell.request is IntentKind.CANCEL else self._until
            until[order.symbol] = self.context.now + self.parameters.pause
