"""The matching engine: commands in, events out. No clock and no I/O of its own; docs/exchange.md has its rules."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sim.exchange.auction import cross, indicate
from sim.exchange.book import Book
from sim.exchange.commands import (
    Bust,
    Cancel,
    CloseCross,
    Command,
    Correct,
    EndOfDay,
    Halt,
    Indicate,
    MassCancel,
    New,
    OpenCross,
    Pause,
    Replace,
    Resume,
)
from sim.exchange.entry import OrderEntry, added
from sim.exchange.events import Added, Event, Rejected, RejectReason, StateChanged
from sim.exchange.symbols import Symbol
from sim.exchange.trades import Trades
from wire.itch50 import CrossType, Side, TradingAction

__all__ = ["Engine"]

_TRADING, _QUOTATION = TradingAction.TRADING, TradingAction.QUOTATION


class Engine:
    """A matching engine for ``symbols``, whose locates and names differ; ValueError otherwise.

    first_reference, first_match: the day's first order reference number and match number; both rise by one.
    """

    def __init__(self, symbols: Iterable[Symbol], *, first_reference: int = 1, first_match: int = 1):
        self._books: dict[int, Book] = {}
        names = set()
        for symbol in symbols:
            if symbol.locate in self._books or symbol.name in names:
                raise ValueError(f"symbol {symbol.name!r}, locate {symbol.locate}, is there twice")
            self._books[symbol.locate] = Book(symbol)
            names.add(symbol.name)
        self._trades = trades = Trades(first_match)
        self._entry = entry = OrderEntry(self._books, trades, first_reference)
        self._now = 0
        self._handlers: dict[type, Callable[[Any], list[Event]]] = {
            New: entry.new, Replace: entry.replace, Cancel: entry.cancel, MassCancel: entry.mass_cancel,
            Bust: trades.bust, Correct: trades.correct, EndOfDay: self._end_of_day,
            **dict.fromkeys((Halt, Pause, Resume, Indicate, OpenCross, CloseCross), self._operate)}
        self._operations: dict[type, Callable[[Book, Any], list[Event]]] = {
            Halt: self._stop, Pause: self._stop, Resume: self._resume, Indicate: self._indicate,
            OpenCross: self._open_cross, CloseCross: self._close_cross}

    def apply(self, command: Command, now: int) -> list[Event]:
        """Do ``command`` and return what happened, in order. now: ns, never less than before; ValueError otherwise."""
        if now < self._now:
            raise ValueError(f"now must not be before {self._now}, not {now}")
        self._now = now
        return self._handlers[type(command)](command)

    # What there is to see

    def __len__(self) -> int:
        """Return the number of open orders, those that wait for a cross among them."""
        return len(self._entry.orders)

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """All symbols, as they were given."""
        return tuple(book.symbol for book in self._books.values())

    def state(self, locate: int) -> TradingAction:
        """Return the trading state of a symbol."""
        return self._books[locate].state

    def last(self, locate: int) -> int:
        """Return the price of the last trade or cross, the symbol's reference before the first."""
        return self._books[locate].last

    def best(self, locate: int, side: Side) -> tuple[int, int] | None:
        """Return best price and the shares there, None without orders."""
        return self._books[locate].half(side).best()

    def resting(self, locate: int) -> Iterator[Added]:
        """Yield the displayed book as if its orders were added now: bids, then asks, best first, oldest first."""
        for half in self._books[locate].halves.values():
            for order in half:
                yield added(locate, order)

    def open_shares(self, reference: int) -> int:
        """Return the open shares of an order, 0 when it is not open."""
        order = self._entry.orders.get(reference)
        return 0 if order is None else order.shares

    # What operators ask

    def _operate(self, command: Any) -> list[Event]:
        book = self._books.get(command.locate)
        if book is None:
            return [Rejected(command, RejectReason.UNKNOWN_SYMBOL)]
        return self._operations[type(command)](book, command)

    def _stop(self, book: Book, command: Halt | Pause) -> list[Event]:
        state = TradingAction.HALTED if type(command) is Halt else TradingAction.PAUSED
        if book.state in (TradingAction.HALTED, state):
            return [Rejected(command, RejectReason.WRONG_STATE)]
        return [_enter(book, state, command.reason)]

    def _resume(self, book: Book, command: Resume) -> list[Event]:
        if book.state is _TRADING:
            return [Rejected(command, RejectReason.WRONG_STATE)]
        if book.state is _QUOTATION:
            return [*self._cross(book, CrossType.HALT_OR_IPO), _enter(book, _TRADING, command.reason)]
        return [_enter(book, _QUOTATION, command.reason)]

    def _indicate(self, book: Book, command: Indicate) -> list[Event]:
        return [indicate(book, command.cross_type)]

    def _open_cross(self, book: Book, command: OpenCross) -> list[Event]:
        reason = _cross_refusal(book, book.opened)
        if reason is not None:
            return [Rejected(command, reason)]
        book.opened = True
        events = self._cross(book, CrossType.OPENING)
        if book.state is _QUOTATION:
            events.append(_enter(book, _TRADING, ""))
        return events

    def _close_cross(self, book: Book, command: CloseCross) -> list[Event]:
        reason = _cross_refusal(book, book.closed)
        if reason is not None:
            return [Rejected(command, reason)]
        book.closed = True
        return self._cross(book, CrossType.CLOSING)

    def _cross(self, book: Book, cross_type: CrossType) -> list[Event]:
        """Publish what the cross will give, and run it."""
        events: list[Event] = [indicate(book, cross_type)]
        happened, done = cross(book, cross_type, self._trades)
        for order in done:
            del self._entry.orders[order.reference]
        return events + happened

    def _end_of_day(self, command: EndOfDay) -> list[Event]:
        if self._entry.over:
            return [Rejected(command, RejectReason.CLOSED)]
        return self._entry.close()


def _enter(book: Book, state: TradingAction, reason: str) -> StateChanged:
    book.state = state
    return StateChanged(book.locate, state, reason)


def _cross_refusal(book: Book, over: bool) -> RejectReason | None:
    if book.state not in (_TRADING, _QUOTATION):
        return RejectReason.WRONG_STATE
    return RejectReason.TOO_LATE if over else None
