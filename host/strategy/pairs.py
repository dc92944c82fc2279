"""Trades the ratio of two prices that has left its mean, until it comes back."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from host.strategy.taker import Taker, at_least

__all__ = ["Pairs", "PairsParameters", "scores"]

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PairsParameters:
    """pairs: first and second symbol of each; a symbol is in one pair only. window: samples. interval: ns from one
    sample to the next. enter, leave: hundredths of a standard deviation. shares: held of each leg, long or short.
    pause: ns between orders of a symbol."""

    pairs: tuple[tuple[int, int], ...]
    window: int = 60
    interval: int = 1_000_000_000
    enter: int = 200
    leave: int = 50
    shares: int = 100
    pause: int = 100_000_000

    def __post_init__(self) -> None:
        at_least(self, window=2, interval=1, enter=1, leave=0, shares=1, pause=0)
        legs = [symbol for pair in self.pairs for symbol in pair]
        if not legs or len(set(legs)) < len(legs):
            raise ValueError(f"pairs must be some, and of symbols that come once, not {self.pairs}")
        if self.leave >= self.enter:
            raise ValueError(f"leave must be below enter, {self.enter}, not {self.leave}")


def scores(ratios: Matrix) -> Matrix:
    """Return for each column by how many standard deviations its last row is above its mean. NaN while
    there are too few samples; 0 where all are the same."""
    off = ratios[-1] - ratios.mean(axis=0)
    spread = ratios.std(axis=0)
    flat = ratios.max(axis=0) == ratios.min(axis=0)
    return np.where(flat, 0.0, off / np.where(flat, 1.0, spread))


class Pairs(Taker):
    """Samples all pairs' ratios of mid prices at once. A ratio ``enter`` deviations above its mean is sold, the first
    leg short and the second long; one as far below is bought; within ``leave`` of the mean both legs are closed. Where
    a leg cannot be traded, the last ratio stands for the sample."""

    def __init__(self, parameters: PairsParameters) -> None:
        super().__init__(parameters.pause)
        self.parameters = parameters
        self.wanted = [symbol for pair in parameters.pairs for symbol in pair]
        self._first, self._second = np.array(parameters.pairs, np.intp).T
        self._ratios: Matrix = np.full((parameters.window, len(parameters.pairs)), np.nan)
        self._signs = [0] * len(parameters.pairs)
        self._next = 0

    def on_book(self, symbol: int) -> None:
        """Sample when it is time."""
        self.on_timer(self.context.now)

    def on_timer(self, now: int) -> None:
        """Sample when it is time; then bring both legs to where they should be."""
        if now < self._next:
            return
        self._next = now - now % self.parameters.interval + self.parameters.interval
        views = self.context.views
        mids = views.bid_price[:, 0] + views.ask_price[:, 0].astype(np.float64)
        prices = np.where(views.open(), mids, np.nan)
        self._ratios = np.roll(self._ratios, -1, axis=0)
        ratios = prices[self._first] / prices[self._second]
        self._ratios[-1] = np.where(np.isnan(ratios), self._ratios[-2], ratios)
        for place, score in enumerate((100 * scores(self._ratios)).tolist()):
            self._aim(place, score)

    def _aim(self, place: int, score: float) -> None:
        if abs(score) >= self.parameters.enter:
            self._signs[place] = -1 if score > 0 else 1
        elif abs(score) <= self.parameters.leave:
            self._signs[place] = 0
        shares = self._signs[place] * self.parameters.shares
        for symbol, target in zip(self.parameters.pairs[place], (shares, -shares), strict=True):
            self.go(symbol, target, 2 * self.parameters.shares)
