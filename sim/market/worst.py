"""Streams that are hardest for a book: legal, without end, as dense as frames can carry them."""

from collections.abc import Callable
from enum import Enum

import numpy as np

from sim.market.encode import encode
from sim.market.generator import MAX_SYMBOLS, TICK, locate_of, name_of
from sim.market.messages import Messages

__all__ = ["WorstCase", "block_messages", "worst_case"]

_START = 34_200_000_000_000
_STEP_NS = 10
_SHARES = 100


class WorstCase(Enum):
    """What a stream is made of. All but SYMBOLS stay with one symbol for ``depth`` orders and more.

    DELETES: the book is filled, then deleted from the best price on; half of all messages, 69 to a full frame.
    REPLACES: a book of orders, each replaced to another level again and again; 15 of 16 messages.
    ONE_LEVEL: adds, partial cancels, executions and deletes at one and the same price.
    CHURN: add, execution, replace, cancel, replace, execution, delete of the same order, back to back.
    SWEEP: one order a level on one side; executions take away the best level again and again.
    SYMBOLS: adds, replaces and deletes, each of another symbol than the one before.
    """

    DELETES = "deletes"
    REPLACES = "replaces"
    ONE_LEVEL = "one-level"
    CHURN = "churn"
    SWEEP = "sweep"
    SYMBOLS = "symbols"


class _Block:
    """Messages that end with the empty book with which they began, to be repeated.

    rows: type, position of the order among those that the block makes, the order that a Replace makes (else -1), side
    (0 buy, 1 sell), shares, tick, symbol.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, int, int, int, int, int]] = []
        self.orders: list[tuple[int, int]] = []

    def add(self, side: int, tick: int, shares: int = _SHARES, symbol: int = 0) -> int:
        self.orders.append((side, symbol))
        self.rows.append(("A", len(self.orders) - 1, -1, side, shares, tick, symbol))
        return len(self.orders) - 1

    def replace(self, order: int, tick: int, shares: int = _SHARES) -> int:
        side, symbol = self.orders[order]
        self.orders.append((side, symbol))
        self.rows.append(("U", order, len(self.orders) - 1, side, shares, tick, symbol))
        return len(self.orders) - 1

    def reduce(self, letter: str, order: int, shares: int) -> None:
        self.rows.append((letter, order, -1, 0, shares, 0, self.orders[order][1]))

    def delete(self, order: int) -> None:
        self.reduce("D", order, 0)


def block_messages(kind: WorstCase, *, symbols: int = 1, depth: int = 32, levels: int = 16) -> int:
    """Return after how many messages a stream of ``kind`` leaves the books empty; it does after each multiple of it."""
    return len(_block(kind, symbols, depth, levels, levels + 1).rows)


def worst_case(kind: WorstCase, messages: int, *, symbols: int = 1, depth: int = 32, levels: int = 16,
               middle_tick: int = 10_000, first_reference: int = 1000, first_ns: int = _START) -> Messages:
    """Return ``messages`` order messages of ``kind``, legal from an empty book on, at any length.

    symbols: how many, 1..8192, with the locates of ``generator.locate_of``; blocks of messages take them in turn.
    depth: live orders at most (with SYMBOLS: for each symbol two at most), at least 2.
    levels: ticks on each side of ``middle_tick`` that are used, 1..``middle_tick`` - 1; SWEEP uses at most ``depth``.
    first_reference: lower bound of the order references, which rise. first_ns: first time stamp; 10 ns to the next.
    A stream in several calls: let each but the last have a multiple of ``block_messages``, so that the books are empty
    behind it, and the next begin with ``first_reference`` + 4 x ``messages`` + 8, which is above all references used.
    Raises ValueError naming a value out of range.
    """
    for name, value, least, most in (("messages", messages, 0, 1 << 32), ("symbols", symbols, 1, MAX_SYMBOLS),
                                     ("depth", depth, 2, 1 << 20), ("middle_tick", middle_tick, 2, 1_000_000),
                                     ("levels", levels, 1, middle_tick - 1), ("first_ns", first_ns, 0, 1 << 46),
                                     ("first_reference", first_reference, 0, 1 << 60)):
        if not least <= value <= most:
            raise ValueError(f"{name} must be {least}..{most}, not {value}")
    block = _block(kind, symbols, depth, levels, middle_tick)
    return _repeat(block, messages, 1 if kind is WorstCase.SYMBOLS else symbols, first_reference, first_ns)


def _block(kind: WorstCase, symbols: int, depth: int, levels: int, middle: int) -> _Block:
    block = _Block()
    _FILL[kind](block, symbols, depth, levels, middle)
    return block


def _tick(side: int, distance: int, middle: int) -> int:
    return middle + 1 + distance if side else middle - 1 - distance


def _deletes(block: _Block, symbols: int, depth: int, levels: int, middle: int) -> None:
    orders = [block.add(n % 2, _tick(n % 2, (n // 2) % levels, middle)) for n in range(depth)]
    for order in sorted(orders, key=lambda n: (n // 2) % levels):
        block.delete(order)


def _replaces(block: _Block, symbols: int, depth: int, levels: int, middle: int) -> None:
    orders = [block.add(n % 2, _tick(n % 2, (n // 2) % levels, middle)) for n in range(depth)]
    for turn in range(1, 31):
        orders = [block.replace(order, _tick(n % 2, (n // 2 + turn * (n % 3)) % levels, middle), _SHARES + turn)
                  for n, order in enumerate(orders)]
    for order in orders:
        block.delete(order)


def _one_level(block: _Block, symbols: int, depth: int, levels: int, middle: int) -> None:
    for side in (0, 1):
        orders = [block.add(side, _tick(side, 0, middle)) for _ in range(depth)]
        for order in orders:
            block.reduce("X", order, 1)
        for order in orders[:depth // 2]:
            block.reduce("E", order, _SHARES // 2)
            block.reduce("E", order, _SHARES - _SHARES // 2 - 1)
        for order in orders[depth // 2:]:
            block.delete(order)


def _churn(block: _Block, symbols: int, depth: int, levels: int, middle: int) -> None:
    for n in range(16):
        side = n % 2
        order = block.add(side, _tick(side, n % levels, middle))
        block.reduce("E", order, 10)
        order = block.replace(order, _tick(side, 0, middle))
        block.reduce("X", order, 10)
        order = block.replace(order, _tick(side, (n + 1) % levels, middle))
        block.reduce("E", order, 99)
        block.delete(order)


def _sweep(block: _Block, symbols: int, depth: int, levels: int, middle: int) -> None:
    for side in (0, 1):
        orders = [block.add(side, _tick(side, n, middle)) for n in range(min(depth, levels))]
        for order in orders:
            block.reduce("E", order, _SHARES)


def _symbols(block: _Block, symbols: int, depth: int, levels: int, middle: int) -> None:
    each = range(symbols)
    first = [block.add(0, _tick(0, n % levels, middle), symbol=n) for n in each]
    second = [block.add(1, _tick(1, n % levels, middle), symbol=n) for n in each]
    first = [block.replace(order, _tick(0, (n + 1) % levels, middle)) for n, order in enumerate(first)]
    for orders in (second, first):
        for order in orders:
            block.delete(order)


_FILL: dict[WorstCase, Callable[[_Block, int, int, int, int], None]] = {
    WorstCase.DELETES: _deletes, WorstCase.REPLACES: _replaces, WorstCase.ONE_LEVEL: _one_level,
    WorstCase.CHURN: _churn, WorstCase.SWEEP: _sweep, WorstCase.SYMBOLS: _symbols,
}


def _repeat(block: _Block, messages: int, symbols: int, first_reference: int, first_ns: int) -> Messages:
    letters = np.array([row[0] for row in block.rows])
    columns = np.array([row[1:] for row in block.rows], np.int64).T
    position = np.arange(messages)
    turn, row = np.divmod(position, len(letters))
    order, new_order, side, shares, tick, symbol = (column[row] for column in columns)
    symbol = symbol + turn % symbols
    base = -(-first_reference // 4) + turn * len(block.orders)
    reference, new_reference = 4 * (base + order) + symbol % 4, 4 * (base + new_order) + symbol % 4
    locates = np.array([locate_of(n) for n in range(int(symbol.max(initial=0)) + 1)])
    names = np.array([name_of(n).ljust(8).encode() for n in range(len(locates))])
    kinds = letters[row]
    groups = {}
    for letter in np.unique(kinds).tolist():
        index = np.flatnonzero(kinds == letter)
        fields = {"locate": locates[symbol[index]], "timestamp": first_ns + _STEP_NS * index,
                  "reference": reference[index]}
        if letter != "D":
            fields["shares"] = shares[index]
        if letter == "A":
            fields |= {"side": np.where(side[index], ord("S"), ord("B")), "stock": names[symbol[index]]}
        if letter == "U":
            fields["new_reference"] = new_reference[index]
        if letter in "AU":
            fields["price"] = tick[index] * TICK
        if letter == "E":
            fields["match"] = 1 + index
        groups[letter] = index, fields
    return encode(messages, groups)
