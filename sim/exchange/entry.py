"""Orders: entered, replaced, cancelled."""

from sim.exchange.auction import WAITS_FOR
from sim.exchange.book import BUY, SELL, Book, Order
from sim.exchange.commands import Cancel, MassCancel, New, Replace, TimeInForce
from sim.exchange.events import (
    Accepted,
    Added,
    Canceled,
    CancelReason,
    Event,
    Landing,
    Rejected,
    RejectReason,
    Replaced,
)
from sim.exchange.matching import fillable, match
from sim.exchange.symbols import CENT, DOLLAR, MAX_SHARES
from sim.exchange.trades import Trades
from wire.itch50 import MAX_PRICE, Side, TradingAction

__all__ = ["OrderEntry", "added"]

_BUY_SIDE, _SIDES = Side.BUY, (Side.BUY, Side.SELL)
_TRADING, _QUOTATION = TradingAction.TRADING, TradingAction.QUOTATION
_DAY = TimeInForce.DAY
#: States in which orders are taken and changed.
_OPEN_STATES = (_TRADING, _QUOTATION)


class OrderEntry:
    """orders: all open orders by reference, in order of it. over: whether the day is, so that none is taken."""

    def __init__(self, books: dict[int, Book], trades: Trades, first_reference: int):
        self.orders: dict[int, Order] = {}
        self.over = False
        self._books = books
        self._trades = trades
        self._next_reference = first_reference

    def new(self, command: New) -> list[Event]:
        """Enter an order."""
        book = self._books.get(command.locate)
        reason = self._refusal(command, book)
        if reason is not None:
            return [Rejected(command, reason)]
        reference = self._next_reference
        order = Order(reference, command, BUY if command.side == _BUY_SIDE else SELL)
        would_trade = book.state is _TRADING and book.crosses(order)
        if command.post_only and would_trade:
            return [Rejected(command, RejectReason.WOULD_TRADE)]
        self._next_reference = reference + 1
        events: list[Event] = [Accepted(book.locate, reference, command.side, command.shares, command.price,
                                        command.owner, command.account, command.token)]
        kind = command.time_in_force
        if kind is not _DAY:
            if kind in WAITS_FOR:
                book.waiting[reference] = self.orders[reference] = order
                return events
            if kind is TimeInForce.FOK and not fillable(book, order):
                events.append(_canceled(book, order, CancelReason.UNFILLABLE))
                return events
        if would_trade:
            match(book, order, self._trades, self.orders, events)
        if order.shares:
            if kind is _DAY and order.price is not None:
                self._rest(book, order, events)
            else:
                events.append(_canceled(book, order, CancelReason.IMMEDIATE))
        return events

    def _refusal(self, command: New, book: Book | None) -> RejectReason | None:
        """Return why ``command`` cannot be taken; the first reason decides."""
        if book is None:
            return RejectReason.UNKNOWN_SYMBOL
        if self.over:
            return RejectReason.CLOSED
        if command.side not in _SIDES:
            return RejectReason.INVALID_SIDE
        if not 0 < command.shares <= MAX_SHARES:
            return RejectReason.INVALID_SHARES
        price, kind, state = command.price, command.time_in_force, book.state
        if price is not None:
            reason = _price_refusal(price)
            if reason is not None:
                return reason
        if command.post_only and (price is None or kind is not _DAY):
            return RejectReason.INVALID_COMBINATION
        if state is _TRADING and kind is _DAY:
            return None
        if state not in _OPEN_STATES:
            return RejectReason.HALTED
        if kind in WAITS_FOR:
            over = book.opened if kind is TimeInForce.ON_OPEN else book.closed
            return RejectReason.TOO_LATE if over else None
        if state is _QUOTATION and (price is None or kind is not _DAY):
            return RejectReason.NOT_TRADING
        return None

    def _rest(self, book: Book, order: Order, events: list[Event]) -> None:
        self.orders[order.reference] = order
        book.halves[order.sign].append(order)
        events.append(added(book.locate, order))

    def replace(self, command: Replace) -> list[Event]:
        """Change shares and price of an order."""
        order = self.orders.get(command.reference)
        if order is None or order.terms.owner != command.owner:
            return [Rejected(command, RejectReason.UNKNOWN_ORDER)]
        terms, price = order.terms, command.price
        book = self._books[terms.locate]
        reason = None
        if book.state not in _OPEN_STATES:
            reason = RejectReason.HALTED
        elif not 0 < command.shares <= MAX_SHARES:
            reason = RejectReason.INVALID_SHARES
        elif price is not None:
            reason = _price_refusal(price)
        elif order.level is not None:
            reason = RejectReason.INVALID_PRICE
        if reason is not None:
            return [Rejected(command, reason)]
        shares, old_shares, displayed = command.shares - order.executed, order.shares, order.level is not None
        if shares <= 0:
            return [self._remove(book, order, CancelReason.USER)]
        if price == order.price and shares < old_shares:
            return [self._reduce(book, order, command, shares)]
        changed = Order(self._next_reference, terms, order.sign)
        changed.price, changed.shares, changed.executed, changed.token = price, shares, order.executed, command.token
        enters = displayed and book.state is _TRADING and book.crosses(changed)
        if enters and terms.post_only:
            return [Rejected(command, RejectReason.WOULD_TRADE)]
        self._next_reference += 1
        book.remove(order)
        del self.orders[order.reference]
        events: list[Event] = [Replaced(
            book.locate, order.reference, changed.reference, terms.side, shares, price, old_shares,
            Landing.ENTERED if enters else Landing.MOVED, displayed, terms.owner, terms.account, order.token,
            command.token)]
        if enters:
            match(book, changed, self._trades, self.orders, events)
            if changed.shares:
                self._rest(book, changed, events)
            return events
        self.orders[changed.reference] = changed
        if displayed:
            book.halves[changed.sign].append(changed)
        else:
            book.waiting[changed.reference] = changed
        return events

    def _reduce(self, book: Book, order: Order, command: Replace, shares: int) -> Replaced:
        """Replace an order at its price, by fewer shares: it stays where it is."""
        terms, old_shares, old_token = order.terms, order.shares, order.token
        if order.level is not None:
            order.level.shares -= old_shares - shares
        order.shares, order.token = shares, command.token
        return Replaced(book.locate, order.reference, order.reference, terms.side, shares, order.price, old_shares,
                        Landing.KEPT, order.level is not None, terms.owner, terms.account, old_token, command.token)

    def cancel(self, command: Cancel) -> list[Event]:
        """Cancel an order, or reduce it."""
        order = self.orders.get(command.reference)
        if order is None or (command.owner is not None and order.terms.owner != command.owner):
            return [Rejected(command, RejectReason.UNKNOWN_ORDER)]
        book = self._books[order.terms.locate]
        reason = CancelReason.SUPERVISORY if command.owner is None else CancelReason.USER
        leaves = command.leaves
        if not leaves:
            return [self._remove(book, order, reason)]
        if not 0 < leaves < order.shares:
            return [Rejected(command, RejectReason.INVALID_SHARES)]
        cancelled = order.shares - leaves
        order.shares = leaves
        if order.level is not None:
            order.level.shares -= cancelled
        terms = order.terms
        return [Canceled(book.locate, order.reference, terms.side, cancelled, leaves, reason, order.level is not None,
                         terms.owner, terms.account, order.token)]

    def mass_cancel(self, command: MassCancel) -> list[Event]:
        """Cancel all open orders that fit, the oldest first."""
        reason = CancelReason.SUPERVISORY if command.owner is None else CancelReason.USER
        wanted = ((command.owner, "owner"), (command.account, "account"), (command.locate, "locate"),
                  (command.side, "side"))
        tests = [(value, name) for value, name in wanted if value is not None]
        found = [order for order in self.orders.values()
                 if all(getattr(order.terms, name) == value for value, name in tests)]
        return [self._remove(self._books[order.terms.locate], order, reason) for order in found]

    def close(self) -> list[Event]:
        """End the day: cancel all that is open."""
        self.over = True
        return [self._remove(self._books[order.terms.locate], order, CancelReason.CLOSED)
                for order in list(self.orders.values())]

    def _remove(self, book: Book, order: Order, reason: CancelReason) -> Canceled:
        """Take an open order away."""
        event = _canceled(book, order, reason)
        book.remove(order)
        del self.orders[order.reference]
        return event


def added(locate: int, order: Order) -> Added:
    """Return the event that puts ``order`` into the displayed book."""
    terms = order.terms
    return Added(locate, order.reference, terms.side, order.shares, order.price, terms.attribution, terms.owner,
                 terms.account, order.token)


def _canceled(book: Book, order: Order, reason: CancelReason) -> Canceled:
    """Return the event that cancels all that is open of ``order``."""
    terms = order.terms
    return Canceled(book.locate, order.reference, terms.side, order.shares, 0, reason, order.level is not None,
                    terms.owner, terms.account, order.token)


def _price_refusal(price: int) -> RejectReason | None:
    if not 0 < price <= MAX_PRICE:
        return RejectReason.INVALID_PRICE
    return RejectReason.INVALID_TICK if price >= DOLLAR and price % CENT else None
