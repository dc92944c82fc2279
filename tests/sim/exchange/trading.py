"""Random order flow for the exchange, and its displayed book as its events tell it, message by message."""

import random
from collections.abc import Iterator, Sequence

from sim.exchange.commands import (
    Bust,
    Cancel,
    CloseCross,
    Correct,
    Halt,
    Indicate,
    MassCancel,
    New,
    OpenCross,
    Pause,
    Replace,
    Resume,
    SelfMatch,
    TimeInForce,
)
from sim.exchange.engine import Engine
from sim.exchange.events import Accepted, Added, Canceled, Event, Executed, Landing, Replaced
from sim.exchange.symbols import Symbol
from sim.exchange.venue import Venue
from wire.itch50 import CrossType, RegSho, Side, SystemEvent

__all__ = ["MIDNIGHT", "START", "SYMBOLS", "Displayed", "Flow", "engine_levels", "levels_of", "new_venue"]

#: 2026-11-20 00:00 Eastern, and the market's begin.
MIDNIGHT = 1_795_150_800_000_000_000
START = MIDNIGHT + 34_200_000_000_000
SYMBOLS = tuple(Symbol(locate=locate, name=name, reference=price) for locate, name, price in (
    (1, "AAPL", 500_000), (2, "MSFT", 510_000), (7, "INTC", 490_000)))

Level = tuple[int, int, int]


def new_venue(symbols: Sequence[Symbol] = SYMBOLS, *, most: int | None = None) -> Venue:
    """Return a venue at the begin of market hours; nothing was published yet."""
    return Venue(symbols, session="TICKGATE01", now=START, midnight=MIDNIGHT, most=most)


class Flow:
    """Legal and illegal commands of some participants, operators among them. spread: ticks around the reference in
    which prices lie."""

    def __init__(self, seed: int, venue: Venue, *, spread: int = 24, orders: int = 30) -> None:
        self.rng = random.Random(seed)
        self.venue, self.spread, self.orders = venue, spread, orders
        self.now = START
        self.open: dict[int, tuple[int, str]] = {}
        self.matches: list[int] = []
        self._kinds = (("new", 50), ("replace", 20), ("cancel", 16), ("mass", 1), ("stop", 1), ("resume", 6),
                       ("cross", 2), ("indicate", 2), ("bust", 1), ("correct", 1), ("restrict", 1))
        venue.listen(self._listen)

    def begin(self) -> None:
        """Begin the day and let all symbols trade."""
        self.venue.begin(self.now)
        self.venue.enter(SystemEvent.START_OF_MARKET_HOURS, self.now)
        for symbol in self.venue.engine.symbols:
            self.venue.apply(OpenCross(symbol.locate), self.now)

    def step(self) -> Sequence[Event]:
        """Apply one random command and return its events."""
        rng = self.rng
        self.now += rng.randrange(1, 200_000)
        kinds, weights = zip(*self._kinds, strict=True)
        kind = rng.choices(kinds, weights)[0]
        if len(self.open) >= self.orders and kind == "new":
            kind = "cancel"
        if kind == "restrict":
            self.venue.restrict(self._locate(), rng.choice(list(RegSho)), self.now)
            return ()
        return self.venue.apply(getattr(self, f"_{kind}")(), self.now)

    def _locate(self) -> int:
        return self.rng.choice(self.venue.engine.symbols).locate

    def _price(self, locate: int) -> int:
        reference = next(one.reference for one in self.venue.engine.symbols if one.locate == locate)
        return reference + 100 * self.rng.randint(-self.spread, self.spread)

    def _new(self) -> New:
        rng, locate = self.rng, self._locate()
        price = None if rng.random() < 0.08 else self._price(locate)
        tif = rng.choices(list(TimeInForce), (80, 8, 4, 2, 2))[0]
        account = rng.choice(("", "A1", "A2"))
        return New(locate, rng.choice(list(Side)), rng.choice((100, 200, 500, rng.randint(1, 900))), price,
                   rng.choice(("P1", "P2")), token=rng.random(), account=account, time_in_force=tif,
                   post_only=rng.random() < 0.05, self_match=rng.choice(list(SelfMatch)),
                   attribution=rng.choice(("", "", "", "NSDQ", "GS")))

    def _any(self) -> tuple[int, int, str]:
        if not self.open or self.rng.random() < 0.02:
            return 10_000_000, 1, "P1"
        reference = self.rng.choice(list(self.open))
        return reference, *self.open[reference]

    def _replace(self) -> Replace:
        reference, locate, owner = self._any()
        keep = self.rng.random() < 0.3
        order = next((one for one in self.venue.engine.resting(locate) if one.reference == reference), None)
        price = order.price if keep and order else self._price(locate)
        return Replace(reference, self.rng.randint(1, 900), price, owner, token=self.rng.random())

    def _cancel(self) -> Cancel:
        reference, _, owner = self._any()
        leaves = self.rng.choice((0, 0, self.rng.randint(1, 300)))
        return Cancel(reference, self.rng.choice((owner, owner, owner, "P3", None)), leaves)

    def _mass(self) -> MassCancel:
        return MassCancel(self.rng.choice(("P1", "P2")), locate=self._locate(), side=self.rng.choice((None, *Side)))

    def _stop(self) -> Halt | Pause:
        return self.rng.choice((Halt, Pause))(self._locate(), self.rng.choice(("", "T1", "LUDP")))

    def _resume(self) -> Resume:
        return Resume(self._locate())

    def _cross(self) -> OpenCross | CloseCross | Resume:
        return self.rng.choice((OpenCross, CloseCross, Resume, Resume))(self._locate())

    def _indicate(self) -> Indicate:
        return Indicate(self._locate(), self.rng.choice((CrossType.OPENING, CrossType.CLOSING, CrossType.HALT_OR_IPO)))

    def _bust(self) -> Bust:
        return Bust(self.rng.choice(self.matches) if self.matches else 1)

    def _correct(self) -> Correct:
        return Correct(self.rng.choice(self.matches) if self.matches else 1, 1, 505_000)

    def _listen(self, events: Sequence[Event], now: int) -> None:
        for event in events:
            match event:
                case Accepted():
                    self.open[event.reference] = event.locate, event.owner
                case Executed() | Canceled():
                    if not event.leaves:
                        self.open.pop(event.reference, None)
                    if isinstance(event, Executed):
                        self.matches.append(event.match)
                case Replaced():
                    self.open.pop(event.old_reference, None)
                    self.open[event.reference] = event.locate, event.owner


class Displayed:
    """The displayed orders of all symbols, from events alone: order of entry does not matter to levels."""

    def __init__(self) -> None:
        self.orders: dict[int, list[int | Side]] = {}

    def apply(self, event: Event) -> bool:
        """Take one event and return whether a message of the book is published for it."""
        match event:
            case Added():
                self.orders[event.reference] = [event.locate, event.side, event.price, event.shares]
            case Executed() | Canceled():
                if not event.displayed:
                    return False
                self._reduce(event.reference, event.shares)
            case Replaced():
                if not event.displayed:
                    return False
                order = self.orders.pop(event.old_reference)
                if event.landing is not Landing.ENTERED:
                    self.orders[event.reference] = [*order[:2], event.price, event.shares]
                return event.landing is not Landing.KEPT or event.shares != event.old_shares
            case _:
                return False
        return True

    def levels(self, locate: int, side: Side) -> list[Level]:
        """Return (price, shares, orders) of each level, best first."""
        return levels_of((price, shares) for where, own, price, shares in self.orders.values()
                         if (where, own) == (locate, side))[::-1 if side is Side.BUY else 1]

    def _reduce(self, reference: int, shares: int) -> None:
        order = self.orders[reference]
        order[3] -= shares
        assert order[3] >= 0
        if not order[3]:
            del self.orders[reference]


def levels_of(orders: Iterator[tuple[int, int]]) -> list[Level]:
    """Return (price, shares, orders) of (price, shares) of orders, prices rising."""
    found: dict[int, list[int]] = {}
    for price, shares in orders:
        level = found.setdefault(price, [0, 0])
        level[0] += shares
        level[1] += 1
    return [(price, *found[price]) for price in sorted(found)]


def engine_levels(engine: Engine, locate: int, side: Side) -> list[Level]:
    """Return the same of the engine's own book."""
    return levels_of((order.price, order.shares) for order in engine.resting(locate)
                     if order.side is side)[::-1 if side is Side.BUY else 1]
