# Ref: LOBSTER data, "Output files" (message and orderbook files, types 1..5, price x 10^4)
"""LOBSTER message and orderbook files turned into ITCH 5.0 messages with the book that is due after each.

LOBSTER shows N levels a side and only the messages that touched them. Two things are therefore unknown and are supplied
by added messages, which come *before* the row's own message and touch nothing that was visible in the row before:

* the book before the first row;
* levels which a row reveals from below the N-th, and levels there that changed or vanished while out of sight.

The visible part of a side is every price at or better than its worst price in the row before. There the row's own
message must explain the row alone; a level of the row that lies beyond is *revealed* and proves nothing.

Types become: 1 Add, 2 Cancel, 3 Delete, 4 Executed, 5 Trade (a hidden order, the book stays).
"""

import os
from collections import defaultdict
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sim.market.messages import Messages
from wire.itch50 import Side, pack

__all__ = ["LobsterError", "Kind", "Event", "Row", "Step", "read_lobster", "convert", "join"]

#: Magnitude of the price that LOBSTER writes where a level does not exist.
_NO_LEVEL = 9_999_999_999

#: References of added orders whose id the files do not tell start here, or above the ids of the file.
_ANONYMOUS = 1 << 31


class LobsterError(ValueError):
    """The files contradict each other or the format; the message names the row, from 1."""


class Kind(IntEnum):
    """Second column of a message file."""

    NEW = 1
    CANCEL = 2
    DELETE = 3
    EXECUTE = 4
    HIDDEN = 5


@dataclass(frozen=True, slots=True)
class Event:
    """One message row. ns: since midnight. price in 1/10,000. buy: the side of the order that rests or rested."""

    ns: int
    kind: Kind
    order: int
    shares: int
    price: int
    buy: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One orderbook row: (price, shares) of the levels that exist, best first."""

    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """What a row became.

    added: messages that supply what the files do not tell. message: the row's own. row: the book due after ``message``.
    bids_proven, asks_proven: the first so many levels of the row lay in the visible part, so they follow from earlier
    rows and ``message`` alone.
    """

    added: tuple[bytes, ...]
    message: bytes
    row: Row
    bids_proven: int
    asks_proven: int


def read_lobster(messages: str | os.PathLike[str], book: str | os.PathLike[str]) -> tuple[list[Event], list[Row]]:
    """Return the rows of a message file and of its orderbook file.

    Raises OSError when a file cannot be read, LobsterError when a row is malformed or the files differ in length.
    """
    with open(messages, encoding="ascii") as file:
        events = [_event(number, line) for number, line in enumerate(file, 1)]
    with open(book, encoding="ascii") as file:
        rows = [_row(number, line) for number, line in enumerate(file, 1)]
    if len(events) != len(rows):
        raise LobsterError(f"{len(events)} message rows, but {len(rows)} orderbook rows")
    return events, rows


def convert(events: list[Event], rows: list[Row], *, locate: int = 1, stock: str = "AAPL") -> list[Step]:
    """Return one step for each row; all messages carry ``locate``, Adds and Trades carry ``stock``.

    Applied from an empty book, ``added`` and ``message`` of each step in turn, the messages are legal ITCH 5.0: no
    reference is unknown or live twice, no order over-executed. Raises LobsterError where the files cannot be explained.
    """
    return _Converter(events, rows, locate, stock).steps()


def join(steps: list[Step]) -> tuple[Messages, list[int]]:
    """Return all messages in order, and for each step the index of its own message among them."""
    messages: list[bytes] = []
    index = []
    for step in steps:
        messages += (*step.added, step.message)
        index.append(len(messages) - 1)
    return Messages.of(messages), index


def _event(number: int, line: str) -> Event:
    try:
        time, kind, order, shares, price, direction = line.strip().split(",")
        seconds, _, fraction = time.partition(".")
        ns = int(seconds) * 1_000_000_000 + int(fraction[:9].ljust(9, "0"))
        return Event(ns, Kind(int(kind)), int(order), int(shares), int(price), {"1": True, "-1": False}[direction])
    except (ValueError, KeyError) as error:
        raise LobsterError(f"message row {number}: {line.strip()!r}") from error


def _row(number: int, line: str) -> Row:
    try:
        fields = [int(field) for field in line.strip().split(",")]
    except ValueError as error:
        raise LobsterError(f"orderbook row {number}: {line.strip()!r}") from error
    if not fields or len(fields) % 4:
        raise LobsterError(f"orderbook row {number}: {len(fields)} columns, not a multiple of 4")
    asks, bids = (tuple((price, shares) for price, shares in zip(fields[at::4], fields[at + 1::4], strict=True)
                        if abs(price) != _NO_LEVEL) for at in (0, 2))
    return Row(bids, asks)


class _Converter:
    """Keeps the orders that the messages so far have made, to know what a row lacks."""

    def __init__(self, events: list[Event], rows: list[Row], locate: int, stock: str):
        self._events, self._rows = events, rows
        self._locate, self._stock = locate, stock
        self._depth = max((len(side) for row in rows for side in (row.bids, row.asks)), default=0)
        self._levels: dict[bool, dict[int, dict[int, int]]] = {True: {}, False: {}}   # buy -> price -> order -> shares
        self._anonymous = max([_ANONYMOUS, *(event.order + 1 for event in events)])
        self._match = 0
        self._uses: dict[int, list[tuple[int, Event]]] = defaultdict(list)      # order -> rows that take from it
        self._older: dict[tuple[bool, int], list[int]] = defaultdict(list)      # orders that no row adds, by level
        new = {event.order for event in events if event.kind is Kind.NEW}
        for n, event in enumerate(events):
            if event.kind in (Kind.CANCEL, Kind.DELETE, Kind.EXECUTE):
                if event.order not in new and event.order not in self._uses:
                    self._older[event.buy, event.price].append(event.order)
                self._uses[event.order].append((n, event))

    def steps(self) -> list[Step]:
        return [self._step(n) for n in range(len(self._rows))]

    def _step(self, n: int) -> Step:
        event, row = self._events[n], self._rows[n]
        added: list[bytes] = []
        proven = {}
        for buy, levels in ((True, row.bids), (False, row.asks)):
            visible = self._visible_to(n, buy)
            proven[buy] = sum(not _beyond(buy, price, visible) for price, _ in levels)
            before = dict(levels)
            if event.buy == buy and event.kind is not Kind.HIDDEN:
                taken = -event.shares if event.kind is Kind.NEW else event.shares
                before[event.price] = before.get(event.price, 0) + taken
            last = levels[-1][0] if len(levels) == self._depth else None
            for price in sorted(before.keys() | self._levels[buy].keys(), reverse=buy):
                if _beyond(buy, price, visible) and (price in before or not _beyond(buy, price, last)):
                    self._settle(n, buy, price, before.get(price, 0), added)
        return Step(tuple(added), self._own(n, event), row, proven[True], proven[False])

    def _visible_to(self, n: int, buy: bool) -> int | None:
        """Return the worst price down to which row n - 1 shows all of a side, None if it shows it to the end."""
        if n == 0:
            return 1 << 32 if buy else 0
        levels = self._rows[n - 1].bids if buy else self._rows[n - 1].asks
        return levels[-1][0] if len(levels) == self._depth else None

    def _settle(self, n: int, buy: bool, price: int, due: int, added: list[bytes]) -> None:
        """Bring a level that was out of sight to ``due`` shares, with the orders from which later rows will take."""
        level = self._levels[buy].setdefault(price, {})
        surplus = sum(level.values()) - due
        for order in sorted(level, key=lambda order: self._need(n, order)):
            cut = min(surplus, level[order] - self._need(n, order))
            if cut > 0:
                surplus -= cut
                level[order] -= cut
                if level[order]:
                    added.append(self._pack(n, "X", reference=order, shares=cut))
                else:
                    del level[order]
                    added.append(self._pack(n, "D", reference=order))
        if surplus > 0:
            raise LobsterError(f"row {n + 1}: {due} shares at {price}, but later rows take {surplus} more")
        for order in self._older[buy, price]:
            need = self._need(n, order)
            if order not in level and 0 < need <= -surplus:
                surplus += need
                added.append(self._place(n, order, buy, need, price))
        if surplus < 0:
            added.append(self._place(n, self._anonymous, buy, -surplus, price))
            self._anonymous += 1
        if not level:
            del self._levels[buy][price]

    def _need(self, n: int, order: int) -> int:
        """Return the shares that rows from ``n`` on take from ``order``."""
        return sum(event.shares for at, event in self._uses.get(order, ()) if at >= n)

    def _own(self, n: int, event: Event) -> bytes:
        """Return the message of row ``n`` and act on it."""
        if event.kind is Kind.NEW:
            return self._place(n, event.order, event.buy, event.shares, event.price)
        if event.kind is Kind.HIDDEN:
            self._match += 1
            return self._pack(n, "P", reference=0, side=Side.BUY, shares=event.shares, stock=self._stock,
                              price=event.price, match=self._match)
        level = self._levels[event.buy].get(event.price, {})
        held = level.get(event.order, 0)
        left = held - event.shares
        if left < 0 or (event.kind is Kind.DELETE and left):
            raise LobsterError(f"row {n + 1}: order {event.order} has {held} shares at {event.price}, and "
                               f"{event.kind.name} takes {event.shares}")
        level[event.order] = left
        if not left:
            del level[event.order]
            if not level:
                del self._levels[event.buy][event.price]
        if event.kind is Kind.DELETE:
            return self._pack(n, "D", reference=event.order)
        if event.kind is Kind.CANCEL:
            return self._pack(n, "X", reference=event.order, shares=event.shares)
        self._match += 1
        return self._pack(n, "E", reference=event.order, shares=event.shares, match=self._match)

    def _place(self, n: int, order: int, buy: bool, shares: int, price: int) -> bytes:
        self._levels[buy].setdefault(price, {})[order] = shares
        return self._pack(n, "A", reference=order, side=Side.BUY if buy else Side.SELL, shares=shares,
                          stock=self._stock, price=price)

    def _pack(self, n: int, kind: str, **fields: Any) -> bytes:
        return pack(kind, locate=self._locate, timestamp=self._events[n].ns, **fields)


def _beyond(buy: bool, price: int, limit: int | None) -> bool:
    """Return whether ``price`` is worse than ``limit`` for the side; nothing is worse than None."""
    return limit is not None and (price < limit if buy else price > limit)
