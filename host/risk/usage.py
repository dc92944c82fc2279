"""How much of each limit is used, from what the gate shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["MARKS", "Usage", "account_usage", "pair_usage", "symbol_usage"]

#: Percent from which on a use is marked.
MARKS = (50, 75, 90)

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Usage:
    """One limit. name: of the limit. used: of it, 0 or more. limit: as set. money: both in 1/10,000, not a count."""

    name: str
    used: int
    limit: int
    money: bool = False

    @property
    def permille(self) -> int:
        """Used per thousand of the limit, rounded down; with a limit of 0, 0 if nothing is used, else 1000."""
        return self.used * 1000 // self.limit if self.limit else 1000 * (self.used > 0)

    @property
    def mark(self) -> int:
        """The greatest of MARKS that is reached, 0 for none."""
        return max((mark for mark in MARKS if self.permille >= 10 * mark), default=0)


def account_usage(shown: Row, now: int) -> tuple[Usage, ...]:
    """Return the use of an account's limits; shown: of ``Gate.show``, ``now``: the device's cycle."""
    limits = shown["account_limits"]
    return (Usage(name="gross", used=shown["gross"], limit=limits["gross"], money=True),
            Usage(name="net", used=max(shown["net_buy"], shown["net_sell"], 0), limit=limits["net"], money=True),
            Usage(name="open orders", used=shown["account_open"], limit=limits["open_orders"]),
            _rate(shown["account_earliest"], limits, now))


def symbol_usage(shown: Row, now: int) -> tuple[Usage, ...]:
    """Return the use of a symbol's limits."""
    return (_rate(shown["symbol_earliest"], shown["symbol_limits"], now),)


def pair_usage(shown: Row) -> tuple[Usage, ...]:
    """Return the use of the limits of an account in a symbol."""
    limits = shown["pair_limits"]
    return (Usage(name="long", used=max(shown["worst_buy"], 0), limit=limits["long"]),
            Usage(name="short", used=max(shown["worst_sell"], 0), limit=limits["short"]),
            Usage(name="open orders", used=shown["pair_open"], limit=limits["open_orders"]),
            Usage(name="located", used=shown["short_used"], limit=limits["locate"]),
            Usage(name="fills", used=shown["fills"], limit=limits["fills"]))


def _rate(earliest: int, limits: Mapping[str, int], now: int) -> Usage:
    """Return how many orders of a burst are not earned again yet."""
    if not limits["interval"]:
        return Usage(name="rate", used=0, limit=0)
    return Usage(name="rate", used=-(-max(earliest - now, 0) // limits["interval"]),
                 limit=limits["tolerance"] // limits["interval"] + 1)
