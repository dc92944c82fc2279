# Ref: Nasdaq rules 4752 and 4754 (opening and closing cross): most shares, least imbalance, nearest to a reference
"""The price at which a cross is done."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple

from sim.exchange.book import BUY, Order
from sim.exchange.symbols import tick_below, tick_from
from wire.itch50 import MAX_PRICE

__all__ = ["Clearing", "Interest"]


class Clearing(NamedTuple):
    """What a cross gives at a price. imbalance: shares to buy less shares to sell."""

    price: int
    paired: int
    imbalance: int


class Interest:
    """All shares that would buy or sell in a cross, by their limits."""

    def __init__(self, orders: Iterable[Order]):
        limits: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self._market = [0, 0]
        for order in orders:
            side = 0 if order.sign == BUY else 1
            if order.price is None:
                self._market[side] += order.shares
            else:
                limits[side][order.price] = limits[side].get(order.price, 0) + order.shares
        self._prices = tuple(sorted(found) for found in limits)
        self._sums = tuple([0, *accumulate(found[price] for price in prices)]
                           for found, prices in zip(limits, self._prices, strict=True))

    def at(self, price: int) -> Clearing:
        """Return what a cross at ``price`` would give."""
        buys, sells = self._sums
        demand = self._market[0] + buys[-1] - buys[bisect_left(self._prices[0], price)]
        supply = self._market[1] + sells[bisect_right(self._prices[1], price)]
        return Clearing(price, min(demand, supply), demand - supply)

    def clear(self, reference: int) -> Clearing | None:
        """Return the cross of most shares; of these the one of least imbalance, then nearest to ``reference``, then
        of the lower price. None when no share can be paired."""
        best = min(map(self.at, self._candidates(reference)),
                   key=lambda found: (-found.paired, abs(found.imbalance), abs(found.price - reference), found.price))
        return best if best.paired else None

    def _candidates(self, reference: int) -> Iterator[int]:
        """Yield each limit, and of the prices between two of them, where nothing changes, the nearest to reference."""
        limits = sorted({*self._prices[0], *self._prices[1]})
        yield from limits
        lows = [1, *(price + tick_from(price) for price in limits)]
        highs = [*(price - tick_below(price) for price in limits), MAX_PRICE]
        yield from (min(max(reference, low), high) for low, high in zip(lows, highs, strict=True) if low <= high)
