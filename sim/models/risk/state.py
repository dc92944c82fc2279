"""What the gate keeps: entries of the table of open orders, and the state of pairs, accounts and symbols."""

from dataclasses import dataclass, field
from typing import NamedTuple

from wire.risk import NOTIONAL_BITS, SHARE_BITS, OrderType, Shut, Side

__all__ = ["SELLS", "SHORTS", "HIGHEST_PRICE", "NOTHING", "RANGES", "Slot", "Worst", "Entry", "Pair", "Account",
           "Symbol", "Heartbeat"]

SELLS = (int(Side.SELL), int(Side.SELL_SHORT), int(Side.SELL_SHORT_EXEMPT))
SHORTS = (int(Side.SELL_SHORT), int(Side.SELL_SHORT_EXEMPT))
HIGHEST_PRICE = 2**32 - 1

_SHARES = 2 ** (SHARE_BITS - 1) - 1
_NOTIONAL = 2 ** (NOTIONAL_BITS - 1) - 1

#: Lowest and highest value of the sums that have an end, and why the account is shut by a change that would pass it.
RANGES = {
    "position": (-_SHARES, _SHARES, Shut.POSITION),
    "filled": (0, _SHARES, Shut.POSITION),
    "short_used": (0, 2**32 - 1, Shut.POSITION),
    "cost": (-_NOTIONAL, _NOTIONAL, Shut.NOTIONAL),
    "cost_sum": (-_NOTIONAL, _NOTIONAL, Shut.NOTIONAL),
    "gross": (0, _NOTIONAL, Shut.NOTIONAL),
    "filled_notional": (0, _NOTIONAL, Shut.NOTIONAL),
    "fills": (0, 2**16 - 1, Shut.COUNT),
}


class Slot(NamedTuple):
    """A slot, by the names of a request; of a report ``number`` and ``old_price`` are the halves of ``client``."""

    client: int
    token: int
    shares: int
    price: int
    account: int
    symbol: int
    kind: int
    side: int
    type: int

    @property
    def number(self):
        return self.client & 0xFFFFFFFF

    @property
    def old_price(self):
        return self.client >> 32


class Worst(NamedTuple):
    """What an entry counts for in the sums: worst-case shares, worst-case notional, 1 when it is live."""

    shares: int
    notional: int
    live: int


NOTHING = Worst(0, 0, 0)


@dataclass(slots=True)
class Entry:
    """One place of the table. serial: number of the accepted NEW that took the place, the same for no other entry.

    saturated (here and below): names of the sums that met an end of their range, and so may differ from what adds up.
    """

    serial: int
    token: int
    account: int
    symbol: int
    side: int
    type: int
    open: int
    price: int
    pending: bool = False
    new_open: int = 0
    new_price: int = 0
    filled: int = 0
    filled_notional: int = 0
    acked: bool = False
    number: int = 0
    live: bool = True
    saturated: set[str] = field(default_factory=set)

    @property
    def is_buy(self):
        return self.side == Side.BUY

    @property
    def is_short(self):
        return self.side in SHORTS

    def worst(self):
        """Return what this entry counts for, nothing when it is closed."""
        if not self.live:
            return NOTHING
        if not self.pending:
            return Worst(self.open, self.open * self.price, 1)
        return Worst(max(self.open, self.new_open), max(self.open * self.price, self.new_open * self.new_price), 1)

    def best_price(self):
        """Return the best price at which this entry may trade, for rule 20."""
        if self.type == OrderType.MARKET:
            return HIGHEST_PRICE if self.is_buy else 0
        if not self.pending:
            return self.price
        return max(self.price, self.new_price) if self.is_buy else min(self.price, self.new_price)

    def settle(self):
        """No replace pends any more."""
        self.pending, self.new_open, self.new_price = False, 0, 0

    def close(self):
        """Nothing is open any more; what was filled stays."""
        self.settle()
        self.open, self.live = 0, False


@dataclass(slots=True)
class Pair:
    """State of an account in a symbol."""

    position: int = 0
    open_buy: int = 0
    open_sell: int = 0
    pair_open: int = 0
    cost: int = 0
    short_used: int = 0
    fills: int = 0
    window_start: int = 0
    disabled: bool = False
    saturated: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Account:
    """State of an account. shut_in: cycle in which the gate itself shut it last, or None."""

    gross: int = 0
    cost_sum: int = 0
    buy_notional: int = 0
    sell_notional: int = 0
    account_open: int = 0
    earliest: int = 0
    killed: bool = False
    shut: int = 0
    shut_in: int | None = None
    saturated: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Symbol:
    """State of a symbol, and what the book says of it; bid, ask and last are None where there is none."""

    earliest: int = 0
    killed: bool = False
    bid: int | None = None
    ask: int | None = None
    last: int | None = None
    live: bool = False
    trading: bool = False
    short_restricted: bool = False


@dataclass(slots=True)
class Heartbeat:
    """Rule 4. Before the first heartbeat the host is lost.

    limit: cycles; last: cycle of the last heartbeat, or None; latched: the host was lost in a cycle up to ``passed``.
    What a method is told of a cycle is in force from the next one on.
    """

    limit: int = 0
    last: int | None = None
    latched: bool = False
    passed: int = -1

    def lost(self, cycle):
        """Return whether the host is lost in ``cycle``, a later one than that of all that was told."""
        return self.latched or self.limit == 0 or self.last is None or cycle - self.last > self.limit

    def beat(self, cycle):
        self._latch(cycle)
        self.last = cycle

    def set_limit(self, cycle, limit):
        self._latch(cycle)
        self.limit = limit

    def resume(self, cycle):
        """Forget that the host was lost; when it still is in the next cycle, it is lost from then on."""
        self._latch(cycle)
        self.latched = False

    def _latch(self, cycle):
        if cycle > self.passed:
            self.latched, self.passed = self.lost(cycle), cycle
