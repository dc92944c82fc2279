"""What the engine knows of a symbol when the day begins, and the grid of its prices."""

from dataclasses import dataclass

from wire.itch50 import MAX_PRICE, TradingAction

__all__ = ["DOLLAR", "CENT", "MAX_SHARES", "Symbol", "tick_below", "tick_from", "on_grid"]

#: Price units of a dollar, from which on prices are whole cents.
DOLLAR = 10_000
CENT = 100
#: Greatest number of shares of an order: what ITCH has room for.
MAX_SHARES = (1 << 32) - 1


def tick_from(price: int) -> int:
    """Return the distance from ``price``, which is on the grid, to the next price above."""
    return CENT if price >= DOLLAR else 1


def tick_below(price: int) -> int:
    """Return the distance from ``price``, which is on the grid, to the next price below."""
    return CENT if price > DOLLAR else 1


def on_grid(price: int) -> bool:
    """Return whether ``price`` is one that an order may have, its range apart (Rule 612: no sub-penny from $1 on)."""
    return price < DOLLAR or not price % CENT


@dataclass(frozen=True, kw_only=True)
class Symbol:
    """A symbol.

    locate: stock locate, 1..65535. name: 1 to 8 characters. reference: the price that crosses stay near to until there
    was a trade, such as the last close; on the grid. state: trading state at the begin.
    Raises ValueError naming the bad value.
    """

    locate: int
    name: str
    reference: int
    state: TradingAction = TradingAction.QUOTATION

    def __post_init__(self) -> None:
        if not 1 <= self.locate <= 0xFFFF:
            raise ValueError(f"locate must be 1..65535, not {self.locate}")
        if not 1 <= len(self.name) <= 8 or not self.name.isascii() or not self.name.isprintable() or (
                self.name != self.name.strip()):
            raise ValueError(f"name must be 1 to 8 characters without spaces around them, not {self.name!r}")
        if not 1 <= self.reference <= MAX_PRICE or not on_grid(self.reference):
            raise ValueError(f"reference must be 1..{MAX_PRICE} and on the grid, not {self.reference}")
