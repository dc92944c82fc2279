"""A synthetic ITCH day: message mix, book shapes and bursts of real data, legal in every message.

The truth of such a session is its replay through the reference book (sim/models).
"""

from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import log

import numpy as np
from numpy.typing import NDArray

from sim.market.encode import encode
from sim.market.messages import Messages
from wire.itch50 import MAX_PRICE

__all__ = ["Session", "MIX", "TICK", "MAX_SYMBOLS", "locate_of", "name_of", "symbol_names", "generate",
           "generate_chunks"]

#: Price units of a cent, the grid of all prices.
TICK = 100
MAX_SYMBOLS = 8192

#: Share of each type in the flow between the opening and the closing messages; what is rare on a real day is one in
#: thousands. A, D, U, E, X as measured on 2019-10-30 (294 million messages).
MIX = {"A": 0.433, "D": 0.419, "U": 0.087, "E": 0.025, "X": 0.012, "I": 0.0118, "F": 0.0055, "P": 0.0052, "C": 0.0007,
       "L": 0.0004, "Q": 0.0001, "N": 0.0002, "B": 0.0001}

_NS = 1_000_000_000
_START, _SYSTEM, _OPEN, _CLOSE, _SYSTEM_END, _END = (
    hour * 3600 * _NS + minute * 60 * _NS for hour, minute in ((3, 5), (4, 0), (9, 30), (16, 0), (20, 0), (20, 5)))
_CHUNK = 1 << 16
#: Share of the flow before the market opens.
_PREMARKET = 0.04
#: Types of which several may come at the same instant, and how many more there are on average of each first one.
_REPEATED = "ADUEF"
_REPEAT_CHANCE, _REPEAT_MEAN, _REPEAT_MOST = 0.03, 6.0, 60
#: Messages for each halt, and those that it lasts.
_MESSAGES_PER_HALT = 25_000
_MESSAGES_HALTED = 400
#: What a halt consists of: after so many messages, a trading state, the cross that ends it (X), a collar (J), a
#: short-sale restriction (Y), an operational halt of the market (h) and its end (t).
_END_OF_HALT = ((_MESSAGES_HALTED - 20, "Q"), (_MESSAGES_HALTED - 1, "X"), (_MESSAGES_HALTED, "T"))
_HALTS = (((0, "H"), *_END_OF_HALT), ((0, "P"), (1, "J"), *_END_OF_HALT), ((0, "P"), (1, "J"), (2, "Y"), *_END_OF_HALT),
          ((0, "h"), (_MESSAGES_HALTED, "t")))

#: Messages of no symbol before and behind the flow: system event O, V, system events S, M, E, C.
_FIXED = 6

_WORDS = ("ALFA BRAVO CHARL DELTA ECHO FOXT GOLF HOTEL INDIA JULI KILO LIMA MIKE NOVEM OSCAR PAPA QUEB ROMEO SIERR "
          "TANGO UNIF VICT WHISK XRAY YANK ZULU").split()
_MPIDS = np.array([b"GSCO", b"LEHM", b"ARCX", b"NITE", b"MSCO", b"TMBR"])
_MARKET_MAKER = 5
_BUY, _SELL = ord("B"), ord("S")
#: The day's match numbers begin behind this.
_NO_MATCH = 100
_STUBS = (1, (MAX_PRICE - 1) // TICK)


def locate_of(index: int) -> int:
    """Return the stock locate of symbol ``index`` (0..MAX_SYMBOLS-1) of a generated session."""
    return 13 + 7 * index


def name_of(index: int) -> str:
    """Return the stock name of symbol ``index``."""
    word, turn = _WORDS[index % len(_WORDS)], index // len(_WORDS)
    return word + str(turn) if turn else word


@dataclass(frozen=True, kw_only=True)
class Session:
    """What to generate.

    messages: how many in all, opening and closing ones among them. symbols: how many, 1..8192. seed: of all randomness.
    live_orders: orders a symbol's book holds on average, beside its stubs; None: by the number of messages, 24..400.
    stubs: stub quotes a symbol and side, at 0.01 and 199,999.99, which stay all day.
    volatility: standard deviation of a symbol's fair price, cents for each of its messages.
    deepest: cents behind the touch at which an order is placed at most, stubs apart.
    rate: messages a second on average while the market is open; raised when they would not end by 16:00.
    halts: whether symbols are halted now and then.
    first_reference: lower bound of the order references. reference_step: greatest step between them, in units of 4.
    Raises ValueError naming a value out of range.
    """

    messages: int = 100_000
    symbols: int = 8
    seed: int = 1
    live_orders: int | None = None
    stubs: int = 1
    volatility: float = 0.15
    deepest: int = 2_500
    rate: int = 20_000
    halts: bool = True
    first_reference: int = 1000
    reference_step: int = 3

    def __post_init__(self) -> None:
        ranges = {"symbols": (1, MAX_SYMBOLS), "seed": (0, None), "stubs": (0, 100), "volatility": (0, 100),
                  "deepest": (0, 1_000_000),
                  "rate": (1, 10**9), "first_reference": (0, 1 << 60), "reference_step": (1, 1 << 20)}
        if self.live_orders is not None:
            ranges["live_orders"] = (4, 1_000_000)
        for name, (least, most) in ranges.items():
            value = getattr(self, name)
            if value < least or most is not None and value > most:
                raise ValueError(f"{name} must be {least}..{'' if most is None else most}, not {value}")
        if self.messages < self.least_messages:
            raise ValueError(f"messages must be at least {self.least_messages} with {self.symbols} symbols and "
                             f"{self.stubs} stubs, not {self.messages}")

    @property
    def least_messages(self) -> int:
        """Opening and closing messages, Q among them."""
        return self.symbols * (4 + 2 * self.stubs) + _FIXED + 1

    @property
    def book_orders(self) -> int:
        """Orders a symbol's book holds on average, beside its stubs."""
        if self.live_orders is not None:
            return self.live_orders
        return min(max(self.messages // (100 * self.symbols), 24), 400)


def symbol_names(session: Session) -> tuple[str, ...]:
    """Return the stock names of the session's symbols, in order of their index."""
    return tuple(name_of(index) for index in range(session.symbols))


def generate(session: Session, progress: Callable[[int], None] | None = None) -> Messages:
    """Return all messages of ``session``. ``progress`` is called with the number of messages made so far."""
    parts, done = [], 0
    for part in generate_chunks(session):
        parts.append(part)
        done += len(part)
        if progress is not None:
            progress(done)
    return Messages.concat(parts)


def generate_chunks(session: Session) -> Iterator[Messages]:
    """Yield the messages of ``session`` in parts of some 65,000, in order."""
    flow = _Flow(session)
    yield flow.opening()
    left = flow.remaining
    while left:
        count = min(left, _CHUNK)
        yield flow.chunk(count)
        left -= count
    yield flow.closing()


class _Book:
    """One symbol: its live orders, and its levels in order of time priority."""

    __slots__ = ("index", "locate", "low_bits", "fair", "orders", "refs", "sides", "heaps", "halted", "stubs", "least",
                 "low", "high")

    def __init__(self, index: int, low_bits: int, fair: float, live: int, stubs: int):
        self.index = index
        self.locate = locate_of(index)
        self.low_bits = low_bits
        self.fair = fair
        # By reference: side (0 buy, 1 sell), tick, shares, position in refs.
        self.orders: dict[int, list[int]] = {}
        self.refs: list[int] = []
        self.sides: tuple[dict[int, dict[int, None]], dict[int, dict[int, None]]] = ({}, {})
        self.heaps: tuple[list[int], list[int]] = ([], [])
        self.halted = False
        # The first orders are the stubs, which stay.
        self.stubs = stubs
        self.least = stubs + 4
        self.low = stubs + live - live // 8
        self.high = stubs + live + live // 8

    def add(self, ref: int, side: int, tick: int, shares: int) -> None:
        level = self.sides[side].get(tick)
        if level is None:
            self.sides[side][tick] = {ref: None}
            heappush(self.heaps[side], tick if side else -tick)
        else:
            level[ref] = None
        self.orders[ref] = [side, tick, shares, len(self.refs)]
        self.refs.append(ref)

    def remove(self, ref: int) -> None:
        side, tick, _, position = self.orders.pop(ref)
        last = self.refs.pop()
        if last != ref:
            self.refs[position] = last
            self.orders[last][3] = position
        level = self.sides[side][tick]
        del level[ref]
        if not level:
            del self.sides[side][tick]

    def best(self, side: int) -> int:
        """Return the tick of the best level, 0 when there is none."""
        heap, levels = self.heaps[side], self.sides[side]
        while heap:
            tick = heap[0] if side else -heap[0]
            if tick in levels:
                return tick
            heappop(heap)
        return 0

    def place(self, side: int, distance: int) -> int:
        """Return the tick for a new order ``distance`` ticks behind the touch; it never meets the other side."""
        if side:
            tick = round(self.fair) + 1 + distance
            return max(tick, self.best(0) + 1)
        tick = round(self.fair) - 1 - distance
        other = self.best(1)
        if other and tick >= other:
            tick = other - 1
        return max(tick, 1)

    def pick(self, where: float, aim: int) -> int:
        """Return the reference of a live order: with ``aim`` 0 one that the fair price overtook, else a young one."""
        if aim == 0:
            tick = self.best(1)
            if tick and tick <= self.fair:
                return next(iter(self.sides[1][tick]))
            tick = self.best(0)
            if tick >= self.fair:
                return next(iter(self.sides[0][tick]))
        count = len(self.refs)
        return self.refs[count - 1 - int((count - self.stubs) * where * where)]


@dataclass
class _Rows:
    """Messages of a chunk: for each type, position, time, locate and fields of each, one behind the other."""

    values: dict[str, list[tuple[int, ...]]] = field(default_factory=dict)

    def __getitem__(self, letter: str) -> list[tuple[int, ...]]:
        return self.values.setdefault(letter, [])


class _Flow:
    """State of a session while it is generated."""

    def __init__(self, session: Session):
        self.session = session
        self.rng = rng = np.random.default_rng(session.seed)
        fair = np.exp(rng.uniform(log(800), log(40_000), session.symbols))
        low_bits = rng.integers(0, 4, session.symbols)
        self.books = [_Book(index, int(low_bits[index]), float(fair[index]), session.book_orders,
                            2 * session.stubs)
                      for index in range(session.symbols)]
        self.names = np.array([name.ljust(8).encode() for name in symbol_names(session)])
        weights = 1 / (1 + np.arange(session.symbols)) ** 0.7
        self.weights = weights / weights.sum()
        self.reference = session.first_reference // 4
        self.match = _NO_MATCH
        self.time = _START
        self.done = 0
        # The flow is all between the opening and the closing messages; the system event Q lies inside it.
        self.remaining = session.messages - session.symbols * (4 + 2 * session.stubs) - _FIXED
        self.open_at = int(self.remaining * _PREMARKET)
        self.events: list[tuple[int, int, str]] = []

    # The day's frame

    def opening(self) -> Messages:
        """Directory, states, stubs: what comes before the flow."""
        rows, rng, count = _Rows(), self.rng, self.session.symbols
        position = self._fixed(rows, 0, "S", (0, ord("O")))
        position = self._fixed(rows, position, "V", (0, 3_900_00000000, 3_600_00000000, 3_200_00000000))
        for letter in "RHYL":
            for book in self.books:
                extra = {"R": (book.index, 0), "H": (book.index, ord("T")), "Y": (book.index, ord("0")),
                         "L": (book.index, book.index % len(_MPIDS))}[letter]
                self.time += int(rng.integers(1_000, 400_000))
                position = self._fixed(rows, position, letter, (book.locate, *extra))
        self.time = _SYSTEM
        position = self._fixed(rows, position, "S", (0, ord("S")))
        for book in self.books:
            for _ in range(self.session.stubs):
                for side in (0, 1):
                    self.time += int(rng.integers(1_000, 400_000))
                    ref = self._next_reference(book)
                    book.add(ref, side, _STUBS[side], 100)
                    position = self._fixed(rows, position, "F", (
                        book.locate, ref, _SELL if side else _BUY, 100, book.index, _STUBS[side] * TICK, _MARKET_MAKER))
        assert position == count * (4 + 2 * self.session.stubs) + 3
        return self._encode(position, rows)

    def closing(self) -> Messages:
        """End of the day: system events M, E, C."""
        rows, position = _Rows(), 0
        for time, code in ((_CLOSE, "M"), (_SYSTEM_END, "E"), (_END, "C")):
            self.time = max(self.time, time)
            position = self._fixed(rows, position, "S", (0, ord(code)))
        return self._encode(position, rows)

    def _fixed(self, rows: _Rows, position: int, letter: str, values: tuple[int, ...]) -> int:
        rows[letter].append((position, self.time, *values))
        return position + 1

    def _next_reference(self, book: _Book) -> int:
        self.reference += 1
        return 4 * self.reference + book.low_bits

    # The flow

    def _times(self, total: int) -> NDArray[np.int64]:
        """Return time stamps of the next messages: clusters a few microseconds dense, of random sizes and distances."""
        rng = self.rng
        number = np.arange(self.done, self.done + total)
        opens = rng.random(total) < 0.12
        wave = np.exp(0.6 * np.sin(number / 7_000) + 0.3 * rng.standard_normal(total // 512 + 1).repeat(512)[:total])
        before = number < self.open_at
        seconds = np.where(before, 0.9 * (_OPEN - _SYSTEM) / _NS / max(self.open_at, 1), self._open_gap())
        far = rng.exponential(1, total) * wave * seconds / (0.12 * np.exp(0.225)) * _NS
        near = np.exp(log(1_500) + rng.standard_normal(total))
        gaps = np.where(opens, far, near).astype(np.int64)
        early = np.minimum(self.time + np.cumsum(gaps[before]), _OPEN - 1)
        late = max(self.time, _OPEN) + np.cumsum(gaps[~before])
        return np.minimum(np.concatenate((early, late)), _CLOSE - 1)

    def _open_gap(self) -> float:
        open_seconds = 0.8 * (_CLOSE - _OPEN) / _NS
        return min(1 / self.session.rate, open_seconds / max(self.remaining - self.open_at, 1))

    def _symbols(self, total: int) -> NDArray[np.int64]:
        """Return the symbol of each message: runs of one symbol with others between."""
        rng = self.rng
        own = rng.choice(len(self.books), total, p=self.weights)
        begins = rng.random(total) < 0.15
        begins[0] = True
        run = own[np.maximum.accumulate(np.where(begins, np.arange(total), 0))]
        return np.where(rng.random(total) < 0.8, run, own)

    def _schedule_halts(self, total: int) -> None:
        if not self.session.halts:
            return
        for position in np.flatnonzero(self.rng.random(total) < 1 / _MESSAGES_PER_HALT):
            begin = self.done + int(position)
            book = int(self.rng.choice(len(self.books), p=self.weights))
            busy = any(event[1] == book and abs(event[0] - begin) <= 2 * _MESSAGES_HALTED for event in self.events)
            if begin <= self.open_at or begin + _MESSAGES_HALTED + 3 >= self.remaining or busy:
                continue
            for after, step in _HALTS[int(self.rng.integers(len(_HALTS)))]:
                insort(self.events, (begin + after, book, step))

    def chunk(self, total: int) -> Messages:
        """Return the next ``total`` messages of the flow."""
        self._schedule_halts(total)
        if self.done <= self.open_at < self.done + total:
            insort(self.events, (self.open_at, -1, "O"))
        rows = _Rows()
        self._run(total, rows)
        self.done += total
        return self._encode(total, rows)

    def _event(self, event: tuple[int, int, str], rows: _Rows, position: int, now: int) -> None:
        """Emit one message of a halt or of the opening."""
        _, index, step = event
        if step == "O":
            rows["S"].append((position, now, 0, ord("Q")))
            return
        book = self.books[index]
        price = max(round(book.fair), 1) * TICK
        if step == "X":
            self.match += 1
            shares = 100 * (1 + position % 50)
            rows["Q"].append((position, now, book.locate, shares, index, price, self.match, ord("H")))
        elif step == "Y":
            rows["Y"].append((position, now, book.locate, index, ord("1")))
        elif step in "ht":
            book.halted = step == "h"
            rows["h"].append((position, now, book.locate, index, ord("H" if step == "h" else "T")))
        elif step == "J":
            rows["J"].append((position, now, book.locate, index, price, price + price // 20, price - price // 20, 0))
        else:
            book.halted = step != "T"
            rows["H"].append((position, now, book.locate, index, ord(step)))

    def _run(self, total: int, rows: _Rows) -> None:
        rng, books = self.rng, self.books
        letters = "".join(MIX)
        weights = np.array([share / (1 + _REPEAT_CHANCE * _REPEAT_MEAN) if letter in _REPEATED else share
                            for letter, share in MIX.items()])
        kinds = np.array(list(letters))[rng.choice(len(letters), total, p=weights / weights.sum())].tolist()
        repeats = np.where(rng.random(total) < _REPEAT_CHANCE,
                           np.minimum(rng.geometric(1 / _REPEAT_MEAN, total), _REPEAT_MOST), 0).tolist()
        symbols, times = self._symbols(total).tolist(), self._times(total).tolist()
        moves = (rng.standard_normal(total) * self.session.volatility).tolist()
        where, again = rng.random(total).tolist(), rng.random(total).tolist()
        aims = rng.integers(0, 3, total).tolist()
        sides = rng.integers(0, 2, total).tolist()
        distances = _distances(rng, total, self.session.deepest).tolist()
        sizes = _sizes(rng, total).tolist()
        steps = rng.integers(1, self.session.reference_step, total, endpoint=True).tolist()

        events = self.events
        reference, match = self.reference, self.match
        adds, attributed, deletes, replaces = rows["A"].append, rows["F"].append, rows["D"].append, rows["U"].append
        executes, cancels = rows["E"].append, rows["X"].append
        repeat, done, now = 0, self.done, self.time
        kind, book, side = "A", books[0], 0
        for i in range(total):
            if events and events[0][0] <= done + i:
                self.match = match
                now = max(now, times[i])
                self._event(events.pop(0), rows, i, now)
                match, repeat = self.match, 0
                continue
            if repeat:
                repeat -= 1
            else:
                kind, book, side, now = kinds[i], books[symbols[i]], sides[i], times[i]
                repeat = repeats[i] if kind in _REPEATED else 0
            fair = book.fair + moves[i]
            book.fair = fair if fair > 300 else 600 - fair
            live = len(book.refs)
            # What the book cannot do now becomes what it can: it neither runs dry nor grows without end.
            act = kind
            if act in "DUX":
                if live < book.low and act == "D" or live < book.least:
                    act = "A"
            elif act == "A" or act == "F":
                if live > book.high:
                    act = "D"
            elif act == "E" or act == "C":
                tick = book.best(side)
                if book.halted or tick in _STUBS or not tick:
                    act = "A" if live < book.high else "D"
            if act == "X":
                ref = book.pick(where[i], aims[i])
                if book.orders[ref][2] < 2:
                    act = "D"

            if act == "A" or act == "F":
                reference += steps[i]
                ref, tick, shares = 4 * reference + book.low_bits, book.place(side, distances[i]), sizes[i]
                book.add(ref, side, tick, shares)
                row = (i, now, book.locate, ref, _SELL if side else _BUY, shares, book.index, tick * TICK)
                if act == "A":
                    adds(row)
                else:
                    attributed((*row, i % len(_MPIDS)))
            elif act == "D":
                ref = book.pick(where[i], aims[i])
                book.remove(ref)
                deletes((i, now, book.locate, ref))
            elif act == "U":
                old = book.pick(where[i], aims[i])
                kept = book.orders[old][0]
                book.remove(old)
                reference += steps[i]
                ref, tick, shares = 4 * reference + book.low_bits, book.place(kept, distances[i]), sizes[i]
                book.add(ref, kept, tick, shares)
                replaces((i, now, book.locate, old, ref, shares, tick * TICK))
            elif act == "E" or act == "C":
                ref = next(iter(book.sides[side][tick]))
                order = book.orders[ref]
                shares = order[2] if again[i] < 0.55 else 1 + int(where[i] * order[2])
                match += 1
                if act == "E":
                    executes((i, now, book.locate, ref, shares, match))
                else:
                    rows["C"].append((i, now, book.locate, ref, shares, match, ord("Y") if again[i] < 0.8 else ord("N"),
                                      tick * TICK))
                order[2] -= shares
                if not order[2]:
                    book.remove(ref)
            elif act == "X":
                order = book.orders[ref]
                shares = 1 + int(again[i] * (order[2] - 1))
                order[2] -= shares
                cancels((i, now, book.locate, ref, shares))
            else:
                if act == "B" and match == _NO_MATCH:
                    act = "P"
                if act in "PQ":
                    match += 1
                rows[act].append((i, now, *self._other(act, book, sizes[i], match, i)))
        self.reference, self.match, self.time = reference, match, now

    def _other(self, letter: str, book: _Book, shares: int, match: int, number: int) -> tuple[int, ...]:
        """Return locate and fields of a message that leaves the books alone."""
        price = max(round(book.fair), 1) * TICK
        head = (book.locate,)
        if letter == "P":
            return *head, 0, _BUY, shares, book.index, price, match
        if letter == "Q":
            return *head, shares * 10, book.index, price, match, ord("I")
        if letter == "I":
            direction = (_BUY, _SELL)[number % 2]
            return *head, shares * 7, shares, direction, book.index, price - TICK, price, price, ord("C")
        if letter == "L":
            return *head, book.index, number % len(_MPIDS)
        if letter == "N":
            return *head, book.index, ord("BSAN"[number % 4])
        # B: some trade of today is broken.
        return *head, _NO_MATCH + 1 + number % (match - _NO_MATCH)

    # Bytes

    def _encode(self, total: int, rows: _Rows) -> Messages:
        groups = {}
        tracking = self.rng.integers(0, 1 << 15, total) * 2
        for letter, values in rows.values.items():
            if not values:
                continue
            columns = np.array(values, np.int64).T
            index = columns[0]
            named = dict(zip(_COLUMNS[letter], columns[3:], strict=True))
            if "stock" in named:
                named["stock"] = self.names[named["stock"]]
            for name in ("mpid", "attribution"):
                if name in named:
                    named[name] = _MPIDS[named[name]]
            groups[letter] = index, {"timestamp": columns[1], "locate": columns[2], "tracking": tracking[index],
                                     **_CONSTANT.get(letter, {}), **named}
        return encode(total, groups)


#: Fields of the rows behind position, time and locate.
_COLUMNS = {
    "S": ("event",), "V": ("level_1", "level_2", "level_3"), "R": ("stock", "etp_leverage"), "H": ("stock", "state"),
    "Y": ("stock", "action"), "h": ("stock", "action"), "L": ("stock", "mpid"),
    "A": ("reference", "side", "shares", "stock", "price"),
    "F": ("reference", "side", "shares", "stock", "price", "attribution"),
    "D": ("reference",), "U": ("reference", "new_reference", "shares", "price"),
    "E": ("reference", "shares", "match"), "C": ("reference", "shares", "match", "printable", "price"),
    "X": ("reference", "shares"), "P": ("reference", "side", "shares", "stock", "price", "match"),
    "Q": ("shares", "stock", "price", "match", "cross_type"), "B": ("match",), "N": ("stock", "interest"),
    "I": ("paired_shares", "imbalance_shares", "direction", "stock", "far_price", "near_price", "reference_price",
          "cross_type"),
    "J": ("stock", "reference_price", "upper_price", "lower_price", "extension"),
}

#: Fields that are the same in all messages of a type.
_CONSTANT = {
    "R": {"market_category": b"Q", "financial_status": b"N", "round_lot_size": 100, "round_lots_only": b"N",
          "issue_classification": b"C", "issue_subtype": b"Z ", "authenticity": b"T", "short_sale_threshold": b"N",
          "ipo_flag": b"N", "luld_tier": b"1", "etp_flag": b"N", "inverse": b"N"},
    "H": {"reserved": b" ", "reason": b"    "},
    "h": {"market": b"Q"},
    "L": {"primary": b"Y", "mode": b"N", "state": b"A"},
    "I": {"variation": b"L"},
}


def _distances(rng: np.random.Generator, total: int, deepest: int) -> NDArray[np.int64]:
    """Return how far behind the touch orders are placed: most within a few cents, some dollars away."""
    near, middle = rng.geometric(0.35, total) - 1, rng.geometric(0.04, total)
    deep = (40 * rng.pareto(1.2, total)).clip(0, deepest).astype(np.int64)
    kind = rng.random(total)
    return np.where(kind < 0.7, near, np.where(kind < 0.96, middle, deep)).clip(0, deepest)


def _sizes(rng: np.random.Generator, total: int) -> NDArray[np.int64]:
    """Return shares of orders: half of them a round lot, the rest odd lots and multiples."""
    kind = rng.random(total)
    return np.where(kind < 0.5, 100, np.where(kind < 0.75, rng.integers(1, 100, total),
                                              100 * rng.integers(2, 21, total)))
