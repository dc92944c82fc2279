"""Buys once, and holds."""

from dataclasses import dataclass

from host.strategy.taker import Taker, at_least

__all__ = ["Hold", "HoldParameters"]


@dataclass(frozen=True, kw_only=True)
class HoldParameters:
    """symbols: none for all. shares: to be held of each. pause: ns between orders of a symbol."""

    symbols: tuple[int, ...] = ()
    shares: int = 100
    pause: int = 100_000_000

    def __post_init__(self) -> None:
        at_least(self, shares=1, pause=0)


class Hold(Taker):
    """Buys at the ask until it holds ``shares`` of every symbol."""

    def __init__(self, parameters: HoldParameters) -> None:
        super().__init__(parameters.pause)
        self.parameters, self.wanted = parameters, parameters.symbols

    def on_book(self, symbol: int) -> None:
        """Buy what is missing."""
        if self.context.positions[symbol] < self.parameters.shares:
            self.go(symbol, self.parameters.shares, self.parameters.shares)
