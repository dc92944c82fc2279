"""Takes the side that the order book is about to leave."""

from dataclasses import dataclass

from host.strategy.taker import Taker, at_least

__all__ = ["Imbalance", "ImbalanceParameters"]

_WHOLE = 10_000


@dataclass(frozen=True, kw_only=True)
class ImbalanceParameters:
    """symbols: none for all. threshold: 1/10,000, 0 to 9,999. shares: of an order. limit: most shares held, long or
    short. tick: price units. pause: ns between orders of a symbol."""

    symbols: tuple[int, ...] = ()
    threshold: int = 6_000
    shares: int = 100
    limit: int = 500
    tick: int = 100
    pause: int = 10_000_000

    def __post_init__(self) -> None:
        at_least(self, threshold=0, shares=1, limit=1, tick=1, pause=0)
        if self.threshold >= _WHOLE:
            raise ValueError(f"threshold must be below {_WHOLE}, not {self.threshold}")


class Imbalance(Taker):
    """With B and A the shares of best bid and ask, imbalance is (B - A) / (B + A). While the spread is one tick at
    most, it buys at the ask where imbalance > threshold, and sells at the bid where imbalance < -threshold."""

    def __init__(self, parameters: ImbalanceParameters) -> None:
        super().__init__(parameters.pause)
        self.parameters, self.wanted = parameters, parameters.symbols
        self._threshold, self._tick = parameters.threshold, parameters.tick
        self._limit, self._shares = parameters.limit, parameters.shares

    def on_book(self, symbol: int) -> None:
        """Look at the best prices."""
        touch = self.context.views.touch(symbol)
        if touch is None:
            return
        bid, bids, ask, asks = touch
        if ask - bid > self._tick:
            return
        lean, least = _WHOLE * (bids - asks), self._threshold * (bids + asks)
        if lean > least:
            self.take(symbol, self._limit, self._shares, bid, ask)
        elif lean < -least:
            self.take(symbol, -self._limit, self._shares, bid, ask)
