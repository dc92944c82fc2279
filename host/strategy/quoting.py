"""Where a market maker's quotes belong: integer arithmetic on what others show."""

from collections.abc import Sequence

from host.strategy.views import Views
from host.strategy.working import Working

__all__ = ["best_of_others", "quote_prices"]


def best_of_others(views: Views, symbol: int, ours: Sequence[Working]) -> tuple[int, int] | None:
    """Return best bid and ask with the open orders ``ours`` taken out, lest quotes follow themselves; None where the
    book is not one to trade on, or others show nothing."""
    touch = views.touch(symbol)
    if touch is None:
        return None
    bid, _, ask, _ = touch
    for order in ours:
        prices = order.prices
        if bid in prices or ask in prices:
            return _best_without(views, symbol, ours)
    return bid, ask


def _best_without(views: Views, symbol: int, ours: Sequence[Working]) -> tuple[int, int] | None:
    mine: dict[int, int] = {}
    for order in ours:
        for price in order.prices:
            mine[price] = mine.get(price, 0) + order.leaves
    bid, ask = (next((price for price, shares, _ in levels if shares > mine.get(price, 0)), 0)
                for levels in views.levels_of(symbol))
    return (bid, ask) if bid and ask else None


def quote_prices(bid: int, ask: int, *, tick: int, edge: int, lean: int) -> tuple[int, int]:
    """Return the prices to buy and to sell at: ``edge`` ticks off the middle of ``bid`` and ``ask``, both moved down by
    ``lean``, rounded outward to whole ticks; the buy below ``ask``, the sell above ``bid``. With an edge of at least 1
    the buy is below the sell. All but the edge in price units; the buy may be 0 or below."""
    centre = bid + ask - 2 * lean
    buy, sell = min(centre // 2 - edge * tick, ask - tick), max(-(-centre // 2) + edge * tick, bid + tick)
    return buy // tick * tick, -(-sell // tick) * tick
