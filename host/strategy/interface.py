"""What a strategy is, and how it asks for orders.

A strategy is driven by events and is deterministic: it does no I/O, reads no clock, and draws random numbers only from
a seed in its parameters. So it runs unchanged in replay, on the simulated device, and live.
"""

from collections.abc import Sequence
from typing import Protocol

from host.oms.inputs import Intend, IntentKind, TimeInForce
from host.oms.outputs import Tell
from host.strategy.views import Views
from host.strategy.working import Working
from wire.risk import OrderType, Side

__all__ = ["Ahead", "Context", "ContextError", "RequestError", "Strategy"]


# On the way of an order: looking a member up in its class is a call of a function.
_NEW, _LIMIT, _MARKET, _BUY, _SELL, _SELL_SHORT = (
    IntentKind.NEW, OrderType.LIMIT, OrderType.MARKET, Side.BUY, Side.SELL, Side.SELL_SHORT)
#: Shares and prices of an order are below.
_WORD = 1 << 32
#: Bits of what can be journaled at all.
_BITS = 63


class Ahead(Protocol):
    """Lets a new order leave before all that an Intend of the same fields brings with it. Prices are 1/10,000."""

    def __call__(self, ref: int, strategy: int, account: int, symbol: int, side: Side, type_: OrderType,
                 time_in_force: TimeInForce, shares: int, price: int, time: int, /) -> None: ...


class ContextError(Exception):
    """News of an order or strategy that is not known; the text names it."""


class RequestError(Exception):
    """A strategy asked for what makes no sense: it has a fault, and cannot be relied on. The text names strategy,
    request and value. strategy: its number."""

    def __init__(self, strategy: int, request: str, what: str) -> None:
        super().__init__(f"strategy {strategy}: {request}: {what}")
        self.strategy = strategy


class Context:
    """What a strategy has of the world: the views, the time, its orders and positions, and a way to ask for orders.

    now: host's clock, ns since 1970, when the event came. account: the gate's index. strategy: number of the strategy.
    orders: every order of the day by its ref, the open ones of a symbol in ``open_orders``. positions: shares by
    symbol, of this strategy's fills alone, busts and corrections included. intents: what was asked for and not taken; a
    dispatch has its contexts share one list. ahead: is told of a new order at once, if nothing was asked for before it.

    What asks for something raises RequestError for a symbol that is not followed, an order that is not there, and what
    is no whole number. Shares and prices that no order can have are the order manager's to refuse.
    """

    def __init__(self, views: Views, *, strategy: int = 1, account: int = 0, first_ref: int = 1, now: int = 0) -> None:
        """first_ref: greater than every ref that this strategy number ever used. Raises ValueError for a strategy
        number below 1: 0 is nobody's, which orders of others have."""
        if strategy < 1:
            raise ValueError(f"strategy must be at least 1, not {strategy}")
        self.views, self.strategy, self.account, self.now = views, strategy, account, now
        self.intents: list[Intend] = []
        self.ahead: Ahead | None = None
        self.orders: dict[int, Working] = {}
        self.positions = [0] * views.symbols
        self._open: list[dict[int, Working]] = [{} for _ in range(views.symbols)]
        self._by_id: dict[int, Working] = {}
        self._asked: dict[int, Working] = {}
        self._next = first_ref

    def buy(self, symbol: int, shares: int, price: int = 0, *, time_in_force: TimeInForce = TimeInForce.DAY) -> int:
        """Ask for a buy order, a market order if ``price`` is 0; return its ref. What becomes of it is told."""
        return self._new(symbol, _BUY, shares, price, time_in_force)

    def sell(self, symbol: int, shares: int, price: int = 0, *, time_in_force: TimeInForce = TimeInForce.DAY) -> int:
        """Likewise a sell order, or short sale, as ``selling`` says."""
        return self._new(symbol, None, shares, price, time_in_force)

    def selling(self, symbol: int, shares: int, without: Working | None = None) -> Side:
        """Return the side of a sell order of ``shares``: a short sale if the position, less what other open orders
        sell, does not cover all of it. without: an open order that does not count."""
        others = self.exposure(symbol)[1] if self._open[symbol] else 0
        if without is not None:
            others -= without.worst
        return _SELL if self.positions[symbol] - others >= shares else _SELL_SHORT

    def replace(self, ref: int, shares: int, price: int) -> int:
        """Ask that order ``ref`` be for ``shares``, with what is filled, at ``price``; return the request's ref."""
        if (shares.__class__ is not int or price.__class__ is not int or not 0 < shares < _WORD
                or not 0 <= price < _WORD):
            self._look_at(f"a replace of ref {ref}", shares=shares, price=price)
        return self._change(IntentKind.REPLACE, self._order(ref, "a replace"), shares, price)

    def cancel(self, ref: int) -> int:
        """Ask that order ``ref`` be cancelled; return the request's ref."""
        return self._change(IntentKind.CANCEL, self._order(ref, "a cancel"), 0, 0)

    def open_orders(self, symbol: int) -> Sequence[Working]:
        """Return the orders of ``symbol`` of which shares may still be filled, oldest first."""
        return tuple(self._open[symbol].values())

    def working(self, symbol: int) -> bool:
        """Return whether there are any."""
        return bool(self._open[symbol])

    def exposure(self, symbol: int) -> tuple[int, int]:
        """Return the most shares that open orders may still buy, and sell."""
        buys = sells = 0
        for order in self._open[symbol].values():
            if order.sign > 0:
                buys += order.worst
            else:
                sells += order.worst
        return buys, sells

    def take(self) -> list[Intend]:
        """Return what was asked for since the last call."""
        taken = self.intents[:]
        self.intents.clear()
        return taken

    def adopt(self, order: Working) -> None:
        """Take an open order of an earlier life of the process, with its id, as ours. Its fills so far are in
        ``positions`` already. Raises ContextError when its ref is known."""
        if order.ref in self.orders:
            raise ContextError(f"ref {order.ref} is known already")
        self.orders[order.ref] = self._by_id[order.order] = order
        self._open[order.symbol][order.ref] = order
        self._next = max(self._next, order.ref + 1)

    def tell(self, tell: Tell) -> Working:
        """Bring orders and positions up to date, and return the order that the news is about.

        Raises ContextError for an order that is not ours.
        """
        order = self._by_id.get(tell.order) or self._asked.get(tell.ref)
        self._asked.pop(tell.ref, None)
        if order is None:
            raise ContextError(f"strategy {self.strategy} has no order {tell.order}, ref {tell.ref}")
        if tell.order and not order.order:
            order.order = tell.order
            self._by_id[tell.order] = order
        filled = order.take(tell)
        self.positions[order.symbol] += order.sign * filled
        if order.over:
            self._open[order.symbol].pop(order.ref, None)
        else:
            self._open[order.symbol][order.ref] = order
        return order

    def new_day(self) -> None:
        """Forget orders that are over."""
        self.orders = {ref: order for ref, order in self.orders.items() if not order.over}
        self._by_id = {number: order for number, order in self._by_id.items() if not order.over}

    def _order(self, ref: int, request: str) -> Working:
        order = self.orders.get(ref)
        if order is None:
            raise RequestError(self.strategy, f"{request} of ref {ref!r}", "there is no such order")
        return order

    def _look_at(self, request: str, **values: object) -> None:
        """Raise RequestError for the value that is no number, or one that cannot be written down."""
        for name, value in values.items():
            if value.__class__ is not int:
                raise RequestError(self.strategy, request, f"{name} must be an int, not {value!r}")
            if value.bit_length() > _BITS:
                raise RequestError(self.strategy, request, f"{name} cannot be {value}")

    def _new(self, symbol: int, given: Side | None, shares: int, price: int, time_in_force: TimeInForce) -> int:
        if (symbol.__class__ is not int or shares.__class__ is not int or price.__class__ is not int
                or not 0 < shares < _WORD or not 0 <= price < _WORD or not 0 <= symbol < self.views.symbols
                or time_in_force.__class__ is not TimeInForce):
            request = f"a {'sell' if given is None else 'buy'} order of symbol {symbol!r}"
            self._look_at(request, symbol=symbol, shares=shares, price=price)
            if not 0 <= symbol < self.views.symbols:
                raise RequestError(self.strategy, request, f"symbol must be 0..{self.views.symbols - 1}")
            if time_in_force.__class__ is not TimeInForce:
                raise RequestError(self.strategy, request, f"time_in_force cannot be {time_in_force!r}")
        side = given if given is not None else self.selling(symbol, shares)
        ref, type_ = self._next, _LIMIT if price else _MARKET
        self._next = ref + 1
        if self.ahead is not None and not self.intents:
            self.ahead(ref, self.strategy, self.account, symbol, side, type_, time_in_force, shares, price, self.now)
        order = Working(ref, symbol, side, shares, price, leaves=shares)
        self.orders[ref] = self._asked[ref] = self._open[symbol][ref] = order
        self.intents.append(Intend(_NEW, ref, self.strategy, 0, self.account, symbol, side, type_,
                                   time_in_force, shares, price, self.now))
        return ref

    def _change(self, kind: IntentKind, order: Working, shares: int, price: int) -> int:
        ref = self._next
        self._next = ref + 1
        order.ask(ref, shares, price)
        if not order.order:
            self._asked[ref] = order
        type_ = _LIMIT if price else _MARKET
        self.intents.append(Intend(kind, ref, self.strategy, order.order, self.account, order.symbol, order.side, type_,
                                   TimeInForce.DAY, shares, price, self.now))
        return ref


class Strategy:
    """Base of all strategies; each event has a method, which here does nothing.

    Prices are 1/10,000, times ns, symbols the gate's indices. ``context`` is there from ``start`` on. wanted: symbols
    whose events it wants, none for all of them.
    """

    context: Context
    wanted: Sequence[int] = ()

    def start(self, context: Context) -> None:
        """Called once, before any event."""
        self.context = context

    def on_book(self, symbol: int) -> None:
        """The book of ``symbol`` has changed; the views have it already."""

    def on_trade(self, symbol: int, price: int, shares: int) -> None:
        """A trade was printed (E, C, P), before ``on_book`` of the same record. Trades that the device had to put into
        one record with a later message are not seen."""

    def on_state(self, symbol: int, state: int) -> None:
        """The state word of ``symbol`` (wire.records.STATE_FIELDS) has changed, before ``on_book``; the feed's own
        state is in its bits too."""

    def on_order(self, order: Working, tell: Tell) -> None:
        """News of an order that is no fill, a refusal among them; ``order`` has it already."""

    def on_fill(self, order: Working, tell: Tell) -> None:
        """A fill, its bust or its correction; orders and positions have it already."""

    def on_timer(self, now: int) -> None:
        """Time has passed; ``now`` is the context's."""
