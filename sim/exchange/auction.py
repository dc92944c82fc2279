# Ref: Nasdaq TotalView-ITCH 5.0, sections 4.5.2 (cross trade) and 4.6 (net order imbalance indicator)
"""Crosses: the opening, the closing, and the one that ends a halt."""

from collections.abc import Iterator

from sim.exchange.book import BUY, SELL, Book, Order
from sim.exchange.clearing import Clearing, Interest
from sim.exchange.commands import TimeInForce
from sim.exchange.events import Canceled, CancelReason, CrossTrade, Event, Executed, Imbalance, Liquidity
from sim.exchange.trades import Trades
from wire.itch50 import CrossType, ImbalanceDirection, PriceVariation, TradingAction

__all__ = ["WAITS_FOR", "cross", "indicate"]

#: Cross that orders of these kinds wait for.
WAITS_FOR = {TimeInForce.ON_OPEN: CrossType.OPENING, TimeInForce.ON_CLOSE: CrossType.CLOSING}

_VARIATIONS = (PriceVariation.LESS_THAN_1_PERCENT, PriceVariation.FROM_1_PERCENT, PriceVariation.FROM_2_PERCENT,
               PriceVariation.FROM_3_PERCENT, PriceVariation.FROM_4_PERCENT, PriceVariation.FROM_5_PERCENT,
               PriceVariation.FROM_6_PERCENT, PriceVariation.FROM_7_PERCENT, PriceVariation.FROM_8_PERCENT,
               PriceVariation.FROM_9_PERCENT, *[PriceVariation.FROM_10_PERCENT] * 10,
               *[PriceVariation.FROM_20_PERCENT] * 10, PriceVariation.FROM_30_PERCENT)


def indicate(book: Book, cross_type: CrossType) -> Imbalance:
    """Return what the cross would give now.

    Shares and direction are those at the reference price, the last price. far_price is that of the orders for the
    cross alone, near_price that of all.
    """
    reference = book.last
    waiting = list(_waiting(book, cross_type))
    interest = Interest([*waiting, *_resting(book)])
    now = interest.at(reference)
    far, near = Interest(waiting).clear(reference), interest.clear(reference)
    return Imbalance(book.locate, now.paired, abs(now.imbalance), _direction(book, now), far.price if far else 0,
                     near.price if near else 0, reference, cross_type, _variation(near, reference))


def cross(book: Book, cross_type: CrossType, trades: Trades) -> tuple[list[Event], list[Order]]:
    """Run a cross. Return what happened, and the orders that are open no more."""
    waiting = list(_waiting(book, cross_type))
    found = Interest([*waiting, *_resting(book)]).clear(book.last)
    match = trades.take()
    events: list[Event] = []
    done: list[Order] = []
    if found is None:
        events.append(CrossTrade(book.locate, 0, 0, match, cross_type))
    else:
        for sign in (BUY, SELL):
            events += _fill(book, sign, waiting, found, match, done)
        trades.keep(match, tuple(events))
        book.last = found.price
        events.append(CrossTrade(book.locate, found.paired, found.price, match, cross_type))
    for order in waiting:
        if order.shares:
            terms = order.terms
            events.append(Canceled(book.locate, order.reference, terms.side, order.shares, 0, CancelReason.CROSS, False,
                                   terms.owner, terms.account, order.token))
            done.append(order)
            book.remove(order)
            order.shares = 0
    return events, done


def _fill(book: Book, sign: int, waiting: list[Order], found: Clearing, match: int,
          done: list[Order]) -> Iterator[Executed]:
    """Execute the cross's shares of one side: market orders, then the best prices, then the oldest orders."""
    left = found.paired
    orders = [order for order in waiting if order.sign == sign] + list(book.halves[sign])
    for order in sorted(orders, key=lambda order: (-order.rank, order.reference)):
        shares = min(order.shares, left)
        if not shares:
            return
        left -= shares
        displayed, level = order.level is not None, order.level
        order.executed += shares
        order.shares -= shares
        if level is not None:
            level.shares -= shares
        if not order.shares:
            book.remove(order)
            done.append(order)
        terms = order.terms
        yield Executed(book.locate, order.reference, terms.side, shares, found.price, match, Liquidity.CROSS,
                       order.shares, displayed, terms.owner, terms.account, order.token)


def _waiting(book: Book, cross_type: CrossType) -> Iterator[Order]:
    """Yield the orders for this cross alone."""
    return (order for order in book.waiting.values()
            if WAITS_FOR[order.terms.time_in_force] is cross_type)


def _resting(book: Book) -> Iterator[Order]:
    for half in book.halves.values():
        yield from half


def _direction(book: Book, now: Clearing) -> ImbalanceDirection:
    if book.state is TradingAction.PAUSED:
        return ImbalanceDirection.PAUSED
    if not now.paired and not now.imbalance:
        return ImbalanceDirection.INSUFFICIENT_ORDERS
    if not now.imbalance:
        return ImbalanceDirection.NONE
    return ImbalanceDirection.BUY if now.imbalance > 0 else ImbalanceDirection.SELL


def _variation(near: Clearing | None, reference: int) -> PriceVariation:
    if near is None:
        return PriceVariation.NOT_AVAILABLE
    percent = 100 * abs(near.price - reference) // reference
    return _VARIATIONS[min(percent, len(_VARIATIONS) - 1)]
