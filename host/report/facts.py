"""The numbers of a run that stand at its head."""

from typing import NamedTuple

from host.report.data import RunData
from host.report.measures import profit

__all__ = ["Tile", "tiles"]


class Tile(NamedTuple):
    """A number and what it is of."""

    value: str
    name: str


def tiles(data: RunData) -> list[Tile]:
    """Return the numbers that matter most."""
    traded, found = data.traded, list[Tile]()
    if data.market is not None:
        taken = data.market.counters.get("msgs_decoded", 0)
        found.append(Tile(f"{taken:,}", "messages decoded"))
    found.append(Tile(f"{traded.accepted + traded.refused:,}", "requests to the gate"))
    found.append(Tile(f"{traded.refused:,}", "refused by it"))
    found.append(Tile(f"{len(traded.orders):,}", "orders"))
    found.append(Tile(f"{len(traded.fills):,}", "fills"))
    total = float(profit(data).total[-1]) if len(traded.bookings) else 0.0
    found.append(Tile(f"{'-' if total < 0 else ''}${abs(total):,.2f}", "profit"))
    found.append(Tile(f"{sum(event.grave for event in traded.events):,}", "alarms and kills"))
    if data.market is not None and data.market.outcome is not None:
        outcome = data.market.outcome
        found.append(Tile(f"{len(outcome.breaks) + len(outcome.differences):,}", "breaks at the end"))
    return found
