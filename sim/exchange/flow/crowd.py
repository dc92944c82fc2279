# Ref: E. Smith, J. D. Farmer et al., Statistical theory of the continuous double auction (2003): zero intelligence
"""A crowd of zero intelligence: orders at random near the other side's best price, cancelled and replaced at random.

What it asks for is so mixed (ACTS) that the feed's messages come in the shares of a real day. It sees what anybody can,
the best prices and the fate of its own orders, and follows no aim.
"""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from sim.exchange.commands import Cancel, Command, New, Replace, TimeInForce
from sim.exchange.engine import Engine
from sim.exchange.events import Added, Canceled, Event, Executed, Replaced
from sim.exchange.flow.arrivals import BURSTY, Arrivals, Excitement
from sim.exchange.symbols import CENT, DOLLAR
from wire.itch50 import MAX_PRICE, Side, TradingAction

__all__ = ["ACTS", "Crowd", "CrowdSettings"]

#: How often each act comes. Of A, F, D, U, E and X alone, the feed then has what it had on 2019-10-30 (294 million
#: messages): 44.7 % A and F, 42.7 % D, 8.9 % U, 2.5 % E, 1.2 % X. A trade takes two orders, on average, and some
#: replacements become X.
ACTS = {"add": 0.4385, "delete": 0.419, "replace": 0.0905, "trade": 0.0130, "reduce": 0.009}

_BUY, _SELL = Side.BUY, Side.SELL
_TRADING, _QUOTATION = TradingAction.TRADING, TradingAction.QUOTATION


@dataclass(frozen=True, kw_only=True)
class CrowdSettings:
    """seed: of all randomness. owner: its name. rate: acts a second on average. excitements: see Arrivals.

    mix: weight of each act. orders: how many it keeps open in a symbol, about. attributed: share of its orders that are
    shown with ``attribution``. near: chance that an order is placed no tick farther away than the last draw said (a
    geometric distance). Raises ValueError naming a value out of range.
    """

    seed: int = 1
    owner: str = "CROWD"
    rate: float = 2_000.0
    excitements: tuple[Excitement, ...] = BURSTY
    mix: dict[str, float] = field(default_factory=lambda: dict(ACTS))
    orders: int = 200
    attributed: float = 0.0125
    attribution: str = "CRWD"
    near: float = 0.2

    def __post_init__(self) -> None:
        if set(self.mix) - set(ACTS) or any(weight < 0 for weight in self.mix.values()) or not sum(self.mix.values()):
            raise ValueError(f"mix must have weights for some of {', '.join(ACTS)}, not {self.mix}")
        if self.orders < 4:
            raise ValueError(f"orders must be at least 4, not {self.orders}")
        if not 0 <= self.attributed <= 1:
            raise ValueError(f"attributed must be 0..1, not {self.attributed}")
        if not 0 < self.near <= 1:
            raise ValueError(f"near must be above 0 and at most 1, not {self.near}")


class _Pool:
    """Open orders of a symbol, from the oldest to the youngest, nearly: what leaves is replaced by the youngest."""

    def __init__(self) -> None:
        self.references: list[int] = []
        self._places: dict[int, int] = {}

    def add(self, reference: int) -> None:
        self._places[reference] = len(self.references)
        self.references.append(reference)

    def remove(self, reference: int) -> None:
        place = self._places.pop(reference)
        last = self.references.pop()
        if last != reference:
            self.references[place] = last
            self._places[last] = place


class Crowd:
    """A participant (sim.exchange.flow.participant) in ``symbols`` (locates, None for all) of ``engine``.

    start: ns; it does nothing before.
    """

    def __init__(self, engine: Engine, settings: CrowdSettings, *, symbols: Sequence[int] | None = None,
                 start: int = 0):
        self.settings = settings
        self._engine = engine
        self._random = Random(settings.seed)
        self._arrivals = iter(Arrivals(settings.rate, settings.excitements, seed=settings.seed, start=start))
        self._due = next(self._arrivals)
        locates = [symbol.locate for symbol in engine.symbols] if symbols is None else list(symbols)
        self._pools = {locate: _Pool() for locate in locates}
        self._locates = locates
        self._sides: dict[int, Side] = {}
        # The first symbols are the busiest.
        self._busy = list(accumulate(1 / (1 + number) ** 0.7 for number in range(len(locates))))
        self._kinds = list(settings.mix)
        self._weights = list(accumulate(settings.mix.values()))
        self._token = 0

    def due(self) -> int:
        """Return when it acts next, ns."""
        return self._due

    def act(self) -> Command | None:
        """Return what it does at ``due``; None where the symbol that it looked at is halted."""
        self._due = next(self._arrivals)
        draw, busy, weights = self._random.random, self._busy, self._weights
        locate = self._locates[bisect(busy, draw() * busy[-1])]
        state = self._engine.state(locate)
        if state is not _TRADING and state is not _QUOTATION:
            return None
        kind = self._kinds[bisect(weights, draw() * weights[-1])]
        pool, orders = self._pools[locate].references, self.settings.orders
        if len(pool) < orders - orders // 8:
            # Below what it keeps it builds up, above it takes away, so that the mix between is the settings'.
            kind = "add" if kind == "delete" or len(pool) < 4 else kind
        elif kind == "add" and len(pool) > orders + orders // 8:
            kind = "delete"
        if kind == "add" or (kind == "trade" and state is _QUOTATION):
            return self._add(locate)
        if kind == "trade":
            return self._trade(locate)
        # The young ones are those that are cancelled.
        reference = pool[len(pool) - 1 - int(len(pool) * draw() ** 2)]
        if kind == "replace":
            return Replace(reference, self._size(), self._price(locate, self._sides[reference]), self.settings.owner,
                           reference)
        shares = self._engine.open_shares(reference)
        leaves = self._random.randrange(1, shares) if kind == "reduce" and shares > 1 else 0
        return Cancel(reference, self.settings.owner, leaves)

    def saw(self, events: Sequence[Event]) -> None:
        """Keep account of its own orders."""
        owner = self.settings.owner
        for event in events:
            kind = type(event)
            if kind is Added or kind is Replaced:
                if event.owner == owner and event.locate in self._pools:
                    self._keep(event)
            elif (kind is Executed or kind is Canceled) and not event.leaves and event.reference in self._sides:
                del self._sides[event.reference]
                self._pools[event.locate].remove(event.reference)

    def _keep(self, event: Added | Replaced) -> None:
        """Know an order under its reference of now."""
        pool = self._pools[event.locate]
        if type(event) is Replaced and event.old_reference in self._sides:
            del self._sides[event.old_reference]
            pool.remove(event.old_reference)
        if event.reference not in self._sides:
            self._sides[event.reference] = event.side
            pool.add(event.reference)

    def _add(self, locate: int) -> New:
        draw, settings = self._random.random, self.settings
        side = _BUY if draw() < 0.5 else _SELL
        attribution = settings.attribution if draw() < settings.attributed else ""
        return New(locate, side, self._size(), self._price(locate, side), settings.owner, self._next_token(),
                   attribution=attribution)

    def _trade(self, locate: int) -> New:
        """Return an order that takes at most what stands at the best price."""
        side = _BUY if self._random.random() < 0.5 else _SELL
        best = self._engine.best(locate, _SELL if side is _BUY else _BUY)
        if best is None:
            return self._add(locate)
        price, there = best
        return New(locate, side, min(self._size(), there), price, self.settings.owner, self._next_token(),
                   time_in_force=TimeInForce.IOC)

    def _price(self, locate: int, side: Side) -> int:
        """Return a price for an order that is to rest: some ticks behind the other side's best."""
        draw, near, distance = self._random.random, self.settings.near, 1
        while draw() >= near:
            distance += 1
        sign, other = (1, _SELL) if side is _BUY else (-1, _BUY)
        best = self._engine.best(locate, other)
        touch = self._engine.last(locate) if best is None else best[0]
        price = touch - sign * distance * (CENT if touch > DOLLAR else 1)
        if price >= DOLLAR:
            price -= price % CENT if side is _BUY else -(-price % CENT)
        return 1 if price < 1 else MAX_PRICE if price > MAX_PRICE else price

    def _size(self) -> int:
        """Return shares of an order: half of them a round lot, the rest odd lots and multiples."""
        random = self._random
        kind = random.random()
        if kind < 0.5:
            return 100
        return random.randrange(1, 100) if kind < 0.75 else 100 * random.randrange(2, 21)

    def _next_token(self) -> int:
        self._token += 1
        return self._token
