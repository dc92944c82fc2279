"""A recorded day as a setup: its orders stand at the exchange as they came, and trade with ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low

import numpy as np

from host.fix.tables import ConfigError
from sim.exchange.config import parse
from sim.exchange.symbols import CENT, DOLLAR
from sim.loop.scenario import Setup, fix_table, free_limits, time_text
from sim.market.binaryfile import read_binaryfile
from sim.market.messages import Messages
from wire.itch50 import SIZES, unpack

__all__ = ["Recording"]

_SECOND = 1_000_000_000
_DAY = 24 * 3600
#: Messages that tell of a price or a name and are looked at, of each symbol.
_SAMPLE = 1_000
#: Turns of the host's timers in a recording, about; and ns between two at least.
_TURNS, _LEAST = 10_000, 10_000_000


@dataclass(frozen=True, kw_only=True)
class Recording:
    """An ITCH 5.0 BinaryFILE. The day begins a second before its first order. symbols: names of those that are followed
    and traded; none for the ``most`` busiest. seconds: from the first order, after which the day ends; None for all of
    it. The rest as in Scenario."""

    path: Path
    symbols: tuple[str, ...] = ()
    most: int = 8
    seconds: int | None = None
    profile: str = "sim"
    latency: int = 50_000
    faults: str = ""
    position: int = 10_000
    open_orders: int = 4

    def setup(self) -> Setup:
        """Return the run. Raises ConfigError for a symbol that the record has not, or one without orders;
        MarketFileError for a file that is none; OSError."""
        messages = read_binaryfile(self.path)
        orders = _orders(messages)
        names = self._names(orders)
        chosen = self._chosen(names)
        first = int(orders.timestamps().min()) // _SECOND
        last = int(messages.timestamps().max()) // _SECOND + 1
        if self.seconds is not None:
            last = min(last, first + self.seconds)
        start, end = max(first - 1, 0), min(last + 1, _DAY - 1)
        prices = {locate: _usual(orders, locate) for locate in chosen}
        exchange = parse({
            "symbol": [{"name": names[locate], "reference": f"{price // DOLLAR}.{price % DOLLAR:04d}"}
                       for locate, price in prices.items()],
            "day": {"start": time_text(start), "open": time_text(start), "close": time_text(end),
                    "end": time_text(end)},
            "feed": {"a": "239.255.77.1:26477", "b": "239.255.77.2:26477", "faults": self.faults},
            "fix": fix_table(),
            "recorded": {"file": str(self.path.absolute()),
                         "locates": {str(locate): names[locate] for locate in chosen}}}, str(self.path), Path())
        limits = free_limits(exchange.symbols, position=self.position, open_orders=self.open_orders)
        return Setup(exchange=exchange, limits=limits, profile=self.profile, latency=self.latency,
                     timer=max(_LEAST, (end - start) * _SECOND // _TURNS))

    def _names(self, orders: Messages) -> dict[int, str]:
        """Return the names of all locates with orders, the busiest first."""
        locates, first, count = np.unique(orders.locates(), return_index=True, return_counts=True)
        busiest = np.argsort(-count, kind="stable")
        return {int(locates[n]): str(unpack(orders[int(first[n])])["stock"]) for n in busiest}

    def _chosen(self, names: dict[int, str]) -> Sequence[int]:
        by_name = {name: locate for locate, name in names.items()}
        for name in self.symbols:
            if name not in by_name:
                raise ConfigError(f"{self.path}: has no orders of {name!r}; there is {', '.join(list(by_name)[:8])}")
        if not names:
            raise ConfigError(f"{self.path}: has no orders")
        return [by_name[name] for name in self.symbols] or list(names)[:self.most]


def _orders(messages: Messages) -> Messages:
    """Return the messages A and F."""
    types, found = messages.types(), np.zeros(len(messages), np.bool_)
    for letter in "AF":
        found |= (types == ord(letter)) & (messages.length == SIZES[letter])
    return messages.select(np.flatnonzero(found))


def _usual(orders: Messages, locate: int) -> int:
    """Return a usual price of orders in ``locate``, whole cents."""
    places = np.flatnonzero(orders.locates() == locate)[:_SAMPLE]
    price = median_low([int(unpack(orders[int(place)])["price"]) for place in places])
    return max(price - price % CENT, CENT)
