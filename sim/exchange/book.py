"""The book of one symbol: resting orders by price, and at each price in order of time.

A half of the book keys its prices so that the greatest key is the best: the price itself for buy orders, its negative
for sell orders. So an incoming order of limit ``price`` on a side of sign ``sign`` trades with the other half as long
as ``sign * price + other.keys[-1] >= 0``.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator

from sim.exchange.commands import New
from sim.exchange.symbols import Symbol
from wire.itch50 import Side, TradingAction

__all__ = ["BUY", "SELL", "MARKET_RANK", "Order", "Level", "Half", "Book"]

#: Signs of the sides.
BUY, SELL = 1, -1
#: Greater than the rank (sign * price) of any limit order.
MARKET_RANK = 1 << 62


class Order:
    """An open order. terms: the command that entered it; what may change since lies beside it.

    shares: open. executed: shares executed so far, under earlier references too. level: where it rests, None for an
    order that is not displayed.
    """

    __slots__ = ("reference", "terms", "sign", "price", "shares", "executed", "token", "level", "before", "after")

    def __init__(self, reference: int, terms: New, sign: int):
        self.reference = reference
        self.terms = terms
        self.sign = sign
        self.price = terms.price
        self.shares = terms.shares
        self.executed = 0
        self.token = terms.token
        self.level: Level | None = None
        self.before: Order | None = None
        self.after: Order | None = None

    @property
    def rank(self) -> int:
        """The price seen from its side: the greater, the better; MARKET_RANK for a market order."""
        return MARKET_RANK if self.price is None else self.sign * self.price


class Level:
    """The orders of one price, a linked list from the oldest to the youngest. shares: all of them together."""

    __slots__ = ("half", "key", "shares", "first", "last")

    def __init__(self, half: "Half", key: int):
        self.half = half
        self.key = key
        self.shares = 0
        self.first: Order | None = None
        self.last: Order | None = None

    def __iter__(self) -> Iterator[Order]:
        order = self.first
        while order is not None:
            yield order
            order = order.after

    def remove(self, order: Order) -> None:
        """Take ``order`` out; the level goes with its last order."""
        before, after = order.before, order.after
        if before is None:
            self.first = after
        else:
            before.after = after
        if after is None:
            self.last = before
        else:
            after.before = before
        order.level = order.before = order.after = None
        self.shares -= order.shares
        if self.first is None:
            self.half.drop(self.key)


class Half:
    """One side of a book. levels: by key. keys: ascending, the best is the last."""

    __slots__ = ("sign", "levels", "keys")

    def __init__(self, sign: int):
        self.sign = sign
        self.levels: dict[int, Level] = {}
        self.keys: list[int] = []

    def __iter__(self) -> Iterator[Order]:
        """Yield all orders, best price first, oldest first."""
        for key in reversed(self.keys):
            yield from self.levels[key]

    def append(self, order: Order) -> None:
        """Put a limit order last at its price."""
        key = self.sign * order.price
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(self, key)
            insort(self.keys, key)
            level.first = order
        else:
            last = level.last
            last.after = order
            order.before = last
        level.last = order
        level.shares += order.shares
        order.level = level

    def drop(self, key: int) -> None:
        """Forget the empty level of ``key``."""
        del self.levels[key]
        keys = self.keys
        if keys[-1] == key:
            keys.pop()
        else:
            del keys[bisect_left(keys, key)]

    def best(self) -> tuple[int, int] | None:
        """Return best price and the shares there, None when the half is empty."""
        if not self.keys:
            return None
        key = self.keys[-1]
        return self.sign * key, self.levels[key].shares


class Book:
    """All that the engine keeps of a symbol.

    halves: by sign. state: trading state. last: price of the last trade or cross, the symbol's reference before the
    first. waiting: orders for a cross alone, by reference. opened, closed: whether these crosses are over.
    """

    __slots__ = ("symbol", "locate", "halves", "state", "last", "waiting", "opened", "closed")

    def __init__(self, symbol: Symbol):
        self.symbol = symbol
        self.locate = symbol.locate
        self.halves = {BUY: Half(BUY), SELL: Half(SELL)}
        self.state: TradingAction = symbol.state
        self.last = symbol.reference
        self.waiting: dict[int, Order] = {}
        self.opened = self.closed = False

    def half(self, side: Side) -> Half:
        """Return the half of ``side``."""
        return self.halves[BUY if side == Side.BUY else SELL]

    def crosses(self, order: Order) -> bool:
        """Return whether ``order`` could trade at once with the other half."""
        keys, price = self.halves[-order.sign].keys, order.price
        return bool(keys) and (price is None or order.sign * price + keys[-1] >= 0)

    def remove(self, order: Order) -> None:
        """Take ``order`` out, from wherever it rests."""
        if order.level is not None:
            order.level.remove(order)
        else:
            self.waiting.pop(order.reference, None)
