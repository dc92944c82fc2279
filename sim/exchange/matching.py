"""An incoming order against the other half of the book: best price first, then the oldest order."""

from sim.exchange.book import Book, Order
from sim.exchange.commands import SelfMatch
from sim.exchange.events import Canceled, CancelReason, Event, Executed, Liquidity
from sim.exchange.trades import Trades

__all__ = ["fillable", "match"]


def fillable(book: Book, order: Order) -> bool:
    """Return whether ``order`` would be executed whole, if it came in now."""
    other = book.halves[-order.sign]
    rank, left, mode = order.rank, order.shares, _prevents(order)
    for key in reversed(other.keys):
        if rank + key < 0:
            break
        for maker in other.levels[key]:
            if mode is not SelfMatch.ALLOW and maker.terms.account == order.terms.account:
                if mode is not SelfMatch.CANCEL_OLDEST:
                    return False
                continue
            left -= maker.shares
            if left <= 0:
                return True
    return False


def match(book: Book, order: Order, trades: Trades, open_orders: dict[int, Order], events: list[Event]) -> None:
    """Execute what can be executed of ``order``, which rests nowhere; append what happens to ``events``.

    Every execution is at the resting order's price. Orders that are done leave ``open_orders`` and the book;
    ``order.shares`` is what is left of the incoming one, none when self-match prevention cancelled it.
    """
    other = book.halves[-order.sign]
    keys, levels = other.keys, other.levels
    rank, mode, terms, locate = order.rank, _prevents(order), order.terms, book.locate
    while order.shares and keys and rank + keys[-1] >= 0:
        level = levels[keys[-1]]
        maker = level.first
        of = maker.terms
        if mode is not SelfMatch.ALLOW and of.account == terms.account:
            if mode is not SelfMatch.CANCEL_NEWEST:
                del open_orders[maker.reference]
                level.remove(maker)
                events.append(Canceled(locate, maker.reference, of.side, maker.shares, 0, CancelReason.SELF_MATCH, True,
                                       of.owner, of.account, maker.token))
            if mode is not SelfMatch.CANCEL_OLDEST:
                events.append(Canceled(locate, order.reference, terms.side, order.shares, 0, CancelReason.SELF_MATCH,
                                       False, terms.owner, terms.account, order.token))
                order.shares = 0
            continue
        shares = maker.shares if maker.shares < order.shares else order.shares
        price, number = maker.price, trades.take()
        maker.shares -= shares
        maker.executed += shares
        level.shares -= shares
        order.shares -= shares
        order.executed += shares
        if not maker.shares:
            del open_orders[maker.reference]
            level.remove(maker)
        trades.trades[number] = (
            locate, maker.sign, shares, price, maker.reference, maker.shares, of.owner, of.account, maker.token,
            order.reference, order.shares, terms.owner, terms.account, order.token)
        events += (
            Executed(locate, maker.reference, of.side, shares, price, number, Liquidity.ADDED, maker.shares, True,
                     of.owner, of.account, maker.token),
            Executed(locate, order.reference, terms.side, shares, price, number, Liquidity.REMOVED, order.shares, False,
                     terms.owner, terms.account, order.token))
        book.last = price


def _prevents(order: Order) -> SelfMatch:
    """Return what self-match prevention does for ``order``, which needs an account for it."""
    return order.terms.self_match if order.terms.account else SelfMatch.ALLOW
