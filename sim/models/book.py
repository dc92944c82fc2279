"""Reference order book for Nasdaq TotalView-ITCH 5.0, in plain Python, written from the specification.

The contract, which the device follows too
==========================================

Messages are raw ITCH 5.0 bytes. The order table is one for the whole feed: reference -> (symbol, side, price, shares).
The symbol of a message is its stock locate. A message of a symbol that is not followed changes nothing.

Every book message (A F E C X D U) is checked in the order given here; the first defect decides, is counted once, and
the rest is not looked at. What the message itself shows comes before what the order table shows. ``error`` and
``incomplete`` are the marks of the symbol; they stay until ``clear``.

========  ==========================================================  =======================  ==============
message   defect, in the order of checking                            counter                  mark
========  ==========================================================  =======================  ==============
A F       side neither ``B`` nor ``S``                                orders_side              error
A F, U*   shares zero                                                 orders_zero_shares       error
A F, U*   reference >= 2**ref_bits                                    orders_reference         incomplete
A F, U*   shares >= 2**share_bits                                     orders_shares            incomplete
A F, U*   price zero, above 200,000.0000, or no multiple of the tick  prices_off_grid          incomplete
A F, U*   reference already in the table, under any symbol            orders_duplicate         error
E C X     shares zero                                                 orders_zero_shares       error
E C X D U reference not in the table, or there under another symbol   orders_unknown           error
E C X     more shares than the order has                              orders_over_executed     error
========  ==========================================================  =======================  ==============

U* is the second half of a Replace. A Replace of an unknown reference does nothing else. Otherwise the old order is
removed first, then the new one is added as if by A, with the side of the old: a defect refuses the new order and
leaves the old one removed. A new reference equal to the old is therefore legal.

A refused Add changes nothing; a defective E, C, X, D changes nothing, except over-execution: the order is removed whole
and its level loses what the order had left.

Last trade: E sets it to the order's price and the message's shares; C to its own price, only if printable is ``Y``; P
as told. A refused E or C does not set it, an over-execution does.

State word (wire.records.State, bits 15..0; S and W act on all symbols, the others on theirs): H sets the trading
state, an unknown code sets UNKNOWN; h with market Q, B, X sets the market's bit on ``H`` and clears it on ``T``; Y
sets the Reg SHO field to 0, 1, 2; S the system event; W the level breached; J and R set their bits. Other codes
change nothing.

A message of a type which ITCH 5.0 does not have is counted and skipped. A known type with the wrong length, and
anything below 12 bytes, the shortest message, is counted as of wrong length and marks every symbol ``error``.

Counters are named as in wire.registers.COUNTERS: ``msgs_decoded`` = ``msgs_book`` + ``msgs_state`` + ``msgs_ignored`` +
``msgs_other_symbol``. ``msgs_book`` are A F E C X D U of followed symbols, refused ones among them; ``msgs_state`` are
S, W, and R H h Y J P of followed symbols; ``msgs_ignored`` are the other types of followed symbols.
"""

import struct
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wire.records import State, TradingState

__all__ = ["BID", "ASK", "MESSAGE_LENGTHS", "Order", "SymbolBook", "ReferenceBook", "WindowView"]

BID, ASK = 0, 1

#: Length of every ITCH 5.0 message, type byte included.
MESSAGE_LENGTHS = {
    "S": 12, "R": 39, "H": 25, "Y": 20, "L": 26, "V": 35, "W": 12, "K": 28, "J": 35, "h": 21, "A": 36, "F": 40, "E": 31,
    "C": 36, "X": 23, "D": 19, "U": 35, "P": 44, "Q": 40, "B": 19, "I": 50, "N": 20, "O": 48,
}
_SHORTEST = min(MESSAGE_LENGTHS.values())

_TRADING = {ord("H"): TradingState.HALTED, ord("P"): TradingState.PAUSED, ord("Q"): TradingState.QUOTATION,
            ord("T"): TradingState.TRADING}
_HALT_BIT = {ord("Q"): int(State.OPERATIONAL_HALT_Q), ord("B"): int(State.OPERATIONAL_HALT_B),
             ord("X"): int(State.OPERATIONAL_HALT_X)}
_REGSHO = {ord("0"): 0, ord("1"): int(State.REGSHO_1), ord("2"): int(State.REGSHO_2)}
_REGSHO_MASK = int(State.REGSHO_1 | State.REGSHO_2)
_SYSTEM_EVENT = {code: (n + 1) << 8 for n, code in enumerate(b"OSQMEC")}
_SYSTEM_MASK = 0b111 << 8
_MWCB = {code: (n + 1) << 12 for n, code in enumerate(b"123")}
_MWCB_MASK = 0b11 << 12
_ERROR, _INCOMPLETE, _CROSSED = int(State.ERROR), int(State.INCOMPLETE), int(State.CROSSED)
_MARKS = _ERROR | _INCOMPLETE
#: Highest Price(4) that ITCH 5.0 allows.
_MAX_PRICE = 2_000_000_000

# Skipped: type, tracking number, stock, match number. The time stamp comes as two parts, 16 and 32 bits.
_common = struct.Struct(">xH2xHI").unpack_from
_add = struct.Struct(">xH2xHIQBI8xI").unpack_from
_execute = struct.Struct(">xH2xHIQI").unpack_from
_execute_price = struct.Struct(">xH2xHIQI8xBI").unpack_from
_delete = struct.Struct(">xH2xHIQ").unpack_from
_replace = struct.Struct(">xH2xHIQQII").unpack_from

_COUNTERS = (
    "msgs_unknown_type", "msgs_bad_length", "msgs_decoded", "msgs_other_symbol", "msgs_state", "msgs_book",
    "msgs_ignored",
    "orders_unknown", "orders_duplicate", "orders_over_executed", "orders_zero_shares", "orders_reference",
    "orders_shares", "orders_side", "prices_off_grid",
)


@dataclass(frozen=True)
class Order:
    """One live order. price in 1/10,000, side BID or ASK."""

    reference: int
    locate: int
    side: int
    price: int
    shares: int


class SymbolBook:
    """The book of one symbol.

    levels: for BID and ASK a dict, price -> [shares, number of orders].
    prices: for BID and ASK the prices that have a level, ascending.
    last_price, last_shares: the last trade, 0 before the first.
    fields: the state word without ``crossed``; ``state`` has it.
    applied: book messages of this symbol, refused ones among them.
    ns, cause: time stamp and type code of the last message of this symbol (R H h Y J P and book messages).
    locate: stock locate, or None while it is not known.
    """

    __slots__ = ("locate", "levels", "prices", "fields", "last_price", "last_shares", "applied", "ns", "cause")

    def __init__(self, locate: int | None, fields: int = 0):
        self.locate = locate
        self.levels: tuple[dict[int, list[int]], dict[int, list[int]]] = ({}, {})
        self.prices: tuple[list[int], list[int]] = ([], [])
        self.fields = fields
        self.last_price = self.last_shares = 0
        self.applied = 0
        self.ns = self.cause = 0

    def bids(self, limit: int | None = None) -> list[tuple[int, int, int]]:
        """Return (price, shares, orders) of the best ``limit`` bid levels (None: all), best first."""
        levels = self.levels[BID]
        prices = self.prices[BID]
        return [(price, *levels[price]) for price in (prices[::-1] if limit is None else prices[:-limit - 1:-1])]

    def asks(self, limit: int | None = None) -> list[tuple[int, int, int]]:
        """Return (price, shares, orders) of the best ``limit`` ask levels (None: all), best first."""
        levels = self.levels[ASK]
        return [(price, *levels[price]) for price in self.prices[ASK][:limit]]

    @property
    def crossed(self) -> bool:
        """True while the best bid is at or above the best ask."""
        bids, asks = self.prices
        return bool(bids and asks and bids[-1] >= asks[0])

    @property
    def error(self) -> bool:
        """True once a message contradicted the book."""
        return bool(self.fields & _ERROR)

    @property
    def incomplete(self) -> bool:
        """True once an order was refused for its price or size."""
        return bool(self.fields & _INCOMPLETE)

    @property
    def state(self) -> int:
        """The state word as in wire.records.State, as far as messages decide it."""
        bids, asks = self.prices
        return self.fields | _CROSSED if bids and asks and bids[-1] >= asks[0] else self.fields

    def _put(self, side: int, price: int, shares: int) -> None:
        level = self.levels[side].get(price)
        if level is None:
            self.levels[side][price] = [shares, 1]
            insort(self.prices[side], price)
        else:
            level[0] += shares
            level[1] += 1

    def _take(self, side: int, price: int, shares: int) -> None:
        level = self.levels[side][price]
        if level[1] == 1:
            del self.levels[side][price]
            prices = self.prices[side]
            del prices[bisect_left(prices, price)]
        else:
            level[0] -= shares
            level[1] -= 1

    def _clear(self) -> None:
        for side in (BID, ASK):
            self.levels[side].clear()
            self.prices[side].clear()
        self.fields &= ~_MARKS


class ReferenceBook:
    """All orders and books of a feed, by the contract at the head of this file.

    locates: stock locates to follow; None follows every locate that appears (0 too).
    names: stock names to follow, whose locates are learned from R messages; the R that teaches a locate counts as the
    symbol's own.
    tick: price unit of the grid in 1/10,000, 100 is a cent; 1 takes every price.
    ref_bits, share_bits: limits of an order's reference and shares, None for no limit.
    counters: dict, counts by the names of wire.registers.COUNTERS.
    symbols: dict, locate -> SymbolBook.
    names: dict, stock name -> SymbolBook of the symbols to learn.
    """

    def __init__(self, *, locates: Iterable[int] | None = None, names: Iterable[str] = (), tick: int = 100,
                 ref_bits: int | None = None, share_bits: int | None = None):
        if tick < 1:
            raise ValueError(f"tick must be at least 1, not {tick}")
        self.names = {name: SymbolBook(None) for name in names}
        self._follow_all = locates is None and not self.names
        self.symbols = {locate: SymbolBook(locate) for locate in locates or ()}
        self.counters = dict.fromkeys(_COUNTERS, 0)
        self._tick = tick
        self._ref_limit = 1 << (64 if ref_bits is None else ref_bits)
        self._share_limit = 1 << (32 if share_bits is None else share_bits)
        self._orders: dict[int, list] = {}    # reference -> [SymbolBook, side, price, shares], in order of arrival
        self._market_fields = 0               # what a symbol that appears later starts from
        handlers = {
            "S": self._on_system, "R": self._on_directory, "H": self._on_trading, "Y": self._on_regsho,
            "W": self._on_mwcb, "J": self._on_collar, "h": self._on_halt, "A": self._on_add, "F": self._on_add,
            "E": self._on_execute, "C": self._on_execute_price, "X": self._on_cancel, "D": self._on_delete,
            "U": self._on_replace, "P": self._on_trade,
        }
        self._table = {ord(kind): (length, handlers.get(kind, self._on_other))
                       for kind, length in MESSAGE_LENGTHS.items()}

    def apply(self, message: bytes) -> SymbolBook | None:
        """Take one message. Return the book of its symbol, None if it has none that is followed, or is S or W."""
        if len(message) >= _SHORTEST and message[0] not in self._table:
            self.counters["msgs_unknown_type"] += 1
            return None
        if len(message) < _SHORTEST or len(message) != self._table[message[0]][0]:
            self.counters["msgs_bad_length"] += 1
            self._change_all(~0, _ERROR)
            return None
        self.counters["msgs_decoded"] += 1
        return self._table[message[0]][1](message)

    def clear(self) -> None:
        """Start-of-day clear: forget orders, levels and marks. Trading states, last trades and counters stay."""
        self._orders.clear()
        self._market_fields &= ~_MARKS
        for symbol in self._all_symbols():
            symbol._clear()

    def __len__(self) -> int:
        """Return the number of live orders."""
        return len(self._orders)

    def order(self, reference: int) -> Order | None:
        """Return the live order with this reference, or None."""
        entry = self._orders.get(reference)
        return None if entry is None else Order(reference, entry[0].locate, *entry[1:])

    def orders(self, symbol: SymbolBook, side: int, price: int) -> list[Order]:
        """Return the live orders of one level in time priority. Searches the whole table: for tests and displays."""
        return [Order(reference, symbol.locate, *entry[1:]) for reference, entry in self._orders.items()
                if entry[0] is symbol and entry[1] == side and entry[2] == price]

    # Symbols

    def _all_symbols(self) -> Iterator[SymbolBook]:
        yield from self.symbols.values()
        yield from (symbol for symbol in self.names.values() if symbol.locate is None)

    def _change_all(self, keep: int, add: int) -> None:
        self._market_fields = self._market_fields & keep | add
        for symbol in self._all_symbols():
            symbol.fields = symbol.fields & keep | add

    def _appear(self, locate: int) -> SymbolBook | None:
        if self._follow_all:
            symbol = self.symbols[locate] = SymbolBook(locate, self._market_fields)
            return symbol
        self.counters["msgs_other_symbol"] += 1
        return None

    def _book_symbol(self, locate: int, high: int, low: int, cause: int) -> SymbolBook | None:
        symbol = self.symbols.get(locate) or self._appear(locate)
        if symbol is not None:
            self.counters["msgs_book"] += 1
            symbol.applied += 1
            symbol.ns = high << 32 | low
            symbol.cause = cause
        return symbol

    def _state_symbol(self, message: bytes) -> SymbolBook | None:
        locate, high, low = _common(message)
        symbol = self.symbols.get(locate) or self._appear(locate)
        if symbol is not None:
            self.counters["msgs_state"] += 1
            symbol.ns = high << 32 | low
            symbol.cause = message[0]
        return symbol

    def _blame(self, symbol: SymbolBook, counter: str, mark: int) -> None:
        self.counters[counter] += 1
        symbol.fields |= mark

    # Orders

    def _insert(self, symbol: SymbolBook, reference: int, side: int, shares: int, price: int) -> None:
        if not shares:
            self._blame(symbol, "orders_zero_shares", _ERROR)
        elif reference >= self._ref_limit:
            self._blame(symbol, "orders_reference", _INCOMPLETE)
        elif shares >= self._share_limit:
            self._blame(symbol, "orders_shares", _INCOMPLETE)
        elif not price or price > _MAX_PRICE or price % self._tick:
            self._blame(symbol, "prices_off_grid", _INCOMPLETE)
        elif reference in self._orders:
            self._blame(symbol, "orders_duplicate", _ERROR)
        else:
            self._orders[reference] = [symbol, side, price, shares]
            symbol._put(side, price, shares)

    def _remove(self, symbol: SymbolBook, reference: int) -> list | None:
        order = self._orders.get(reference)
        if order is None or order[0] is not symbol:
            self._blame(symbol, "orders_unknown", _ERROR)
            return None
        del self._orders[reference]
        symbol._take(order[1], order[2], order[3])
        return order

    def _reduce(self, symbol: SymbolBook, reference: int, shares: int) -> list | None:
        if not shares:
            self._blame(symbol, "orders_zero_shares", _ERROR)
            return None
        order = self._orders.get(reference)
        if order is None or order[0] is not symbol:
            self._blame(symbol, "orders_unknown", _ERROR)
            return None
        left = order[3] - shares
        if left > 0:
            order[3] = left
            symbol.levels[order[1]][order[2]][0] -= shares
            return order
        if left < 0:
            self._blame(symbol, "orders_over_executed", _ERROR)
        del self._orders[reference]
        symbol._take(order[1], order[2], order[3])
        return order

    # Book messages

    def _on_add(self, message: bytes) -> SymbolBook | None:
        locate, high, low, reference, code, shares, price = _add(message)
        symbol = self._book_symbol(locate, high, low, message[0])
        if symbol is not None:
            if code == 0x42:       # B
                self._insert(symbol, reference, BID, shares, price)
            elif code == 0x53:     # S
                self._insert(symbol, reference, ASK, shares, price)
            else:
                self._blame(symbol, "orders_side", _ERROR)
        return symbol

    def _on_execute(self, message: bytes) -> SymbolBook | None:
        locate, high, low, reference, shares = _execute(message)
        symbol = self._book_symbol(locate, high, low, message[0])
        if symbol is not None:
            order = self._reduce(symbol, reference, shares)
            if order is not None:
                symbol.last_price, symbol.last_shares = order[2], shares
        return symbol

    def _on_execute_price(self, message: bytes) -> SymbolBook | None:
        locate, high, low, reference, shares, printable, price = _execute_price(message)
        symbol = self._book_symbol(locate, high, low, message[0])
        if symbol is not None and self._reduce(symbol, reference, shares) is not None and printable == 0x59:   # Y
            symbol.last_price, symbol.last_shares = price, shares
        return symbol

    def _on_cancel(self, message: bytes) -> SymbolBook | None:
        locate, high, low, reference, shares = _execute(message)
        symbol = self._book_symbol(locate, high, low, message[0])
        if symbol is not None:
            self._reduce(symbol, reference, shares)
        return symbol

    def _on_delete(self, message: bytes) -> SymbolBook | None:
        locate, high, low, reference = _delete(message)
        symbol = self._book_symbol(locate, high, low, message[0])
        if symbol is not None:
            self._remove(symbol, reference)
        return symbol

    def _on_replace(self, message: bytes) -> SymbolBook | None:
        locate, high, low, reference, new, shares, price = _replace(message)
        symbol = self._book_symbol(locate, high, low, message[0])
        if symbol is not None:
            order = self._remove(symbol, reference)
            if order is not None:
                self._insert(symbol, new, order[1], shares, price)
        return symbol

    # Trades and states

    def _on_trade(self, message: bytes) -> SymbolBook | None:
        symbol = self._state_symbol(message)
        if symbol is not None:
            symbol.last_shares, symbol.last_price = _add(message)[5:]
        return symbol

    def _on_trading(self, message: bytes) -> SymbolBook | None:
        symbol = self._state_symbol(message)
        if symbol is not None:
            symbol.fields = symbol.fields & ~7 | _TRADING.get(message[19], TradingState.UNKNOWN)
        return symbol

    def _on_halt(self, message: bytes) -> SymbolBook | None:
        symbol = self._state_symbol(message)
        if symbol is not None:
            bit = _HALT_BIT.get(message[19], 0)
            if message[20] == ord("H"):
                symbol.fields |= bit
            elif message[20] == ord("T"):
                symbol.fields &= ~bit
        return symbol

    def _on_regsho(self, message: bytes) -> SymbolBook | None:
        symbol = self._state_symbol(message)
        if symbol is not None and message[19] in _REGSHO:
            symbol.fields = symbol.fields & ~_REGSHO_MASK | _REGSHO[message[19]]
        return symbol

    def _on_collar(self, message: bytes) -> SymbolBook | None:
        symbol = self._state_symbol(message)
        if symbol is not None:
            symbol.fields |= int(State.LULD_COLLAR)
        return symbol

    def _on_directory(self, message: bytes) -> SymbolBook | None:
        learned = self.names.get(bytes(message[11:19]).decode("latin-1").rstrip(" "))
        if learned is not None:
            locate = _common(message)[0]
            if learned.locate is not None and learned.locate != locate:
                del self.symbols[learned.locate]
            learned.locate = locate
            self.symbols[locate] = learned
        symbol = self._state_symbol(message)
        if symbol is not None:
            symbol.fields |= int(State.DIRECTORY)
        return symbol

    def _on_system(self, message: bytes) -> None:
        self.counters["msgs_state"] += 1
        if message[11] in _SYSTEM_EVENT:
            self._change_all(~_SYSTEM_MASK, _SYSTEM_EVENT[message[11]])

    def _on_mwcb(self, message: bytes) -> None:
        self.counters["msgs_state"] += 1
        if message[11] in _MWCB:
            self._change_all(~_MWCB_MASK, _MWCB[message[11]])

    def _on_other(self, message: bytes) -> None:
        followed = _common(message)[0] in self.symbols
        self.counters["msgs_ignored" if followed else "msgs_other_symbol"] += 1


@dataclass(frozen=True, kw_only=True)
class WindowView:
    """What a window of ticks makes of a symbol's book (docs/architecture.md, Book, "Far levels").

    base: lowest tick of the window. window: number of ticks. tick: price units of a tick.
    """

    base: int
    window: int
    tick: int = 100

    def split(self, book: SymbolBook, side: int) -> tuple[int, int, int]:
        """Return how many levels of ``side`` lie outside on the better side, inside, and outside on the worse side."""
        prices = book.prices[side]
        low = bisect_left(prices, self.base * self.tick)
        high = bisect_left(prices, (self.base + self.window) * self.tick)
        below, inside, above = low, high - low, len(prices) - high
        return (above, inside, below) if side == BID else (below, inside, above)

    def far(self, book: SymbolBook) -> int:
        """Return the number of levels outside the window, both sides together."""
        return sum(better + worse for better, _, worse in (self.split(book, BID), self.split(book, ASK)))

    def incomplete(self, book: SymbolBook, *, levels: int, overflowed: bool = False) -> bool:
        """Return whether a device that shows ``levels`` (K) levels must call this book incomplete.

        True while a side has a level better than the window, or, once far levels found no place (``overflowed``), while
        the window alone holds fewer than K levels of a side.
        """
        return any(better or (overflowed and inside < levels)
                   for better, inside, _ in (self.split(book, BID), self.split(book, ASK)))
