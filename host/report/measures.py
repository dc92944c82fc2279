"""Numbers that a report draws, computed from a run's tables: latencies by stage, profit over time, spans of trouble."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from host.report.data import RunData, Table
from wire.records import FeedEvent, RecordKind, TradingState

__all__ = ["PERCENTILES", "Profit", "Span", "Stage", "busiest", "last_marks", "midnight", "profit", "spans", "stages"]

PERCENTILES = (50, 99, 99.9)

_EXCHANGE_ZONE = ZoneInfo("America/New_York")
_TRADING_BITS = 7
#: Points of a curve over time.
_POINTS = 1_500
#: Latencies of an order, from one of its times to another, all of the host's clock.
_ORDER_STAGES = (("order decided to written", "decided", "written"), ("order written to sent", "written", "sent"),
                 ("order sent to answered", "sent", "answered"))
_SHUTTING = (FeedEvent.STALE, FeedEvent.SILENT, FeedEvent.SUSPECT)
_OPENING = (FeedEvent.RECOVERED, FeedEvent.HEARD, FeedEvent.CLEARED)


def midnight(data: RunData) -> int:
    """Return when the exchange's day began, ns since 1970: as recorded, else that of New York."""
    if data.market is not None:
        return data.market.midnight
    day = datetime.fromtimestamp(data.traded.begin // 1_000_000_000, _EXCHANGE_ZONE).date()
    return int(datetime.combine(day, time(), _EXCHANGE_ZONE).timestamp()) * 1_000_000_000


@dataclass(frozen=True)
class Stage:
    """A latency. where: who took it: device, host or venue. ns: its different values, rising; counts: how often each.
    cycle: ns of a device cycle, 0 where no cycles are counted."""

    name: str
    where: str
    ns: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    cycle: float = 0.0

    @property
    def total(self) -> int:
        """How many were measured."""
        return int(self.counts.sum())

    def percentile(self, percent: float) -> float:
        """Return the least value, ns, that ``percent`` % of them did not exceed."""
        rank = np.ceil(self.total * percent / 100 - 1e-9)
        return float(self.ns[int(np.searchsorted(np.cumsum(self.counts), rank))])

    @property
    def most(self) -> float:
        """The greatest of them, ns."""
        return float(self.ns[-1])


def stages(data: RunData) -> list[Stage]:
    """Return the latencies of a run, in the order of the path. Where a clock stood still between two times (a virtual
    one does, inside the host) there is no stage."""
    found = []
    if data.market is not None:
        cycle = 1e9 / data.market.clock_hz
        for name, histogram in data.market.latencies.items():
            cycles = np.flatnonzero(histogram)
            found.append(Stage(name, "device", (cycles * cycle).astype(np.float64), histogram[cycles], cycle))
        for name, timings in data.market.timings.items():
            found.append(_stage(name, "host", timings["ns"]))
    orders = data.traded.orders
    for name, begin, end in _ORDER_STAGES:
        both = orders[(orders[begin] > 0) & (orders[end] > 0)]
        took = both[end] - both[begin]
        if len(took) and took.max() > 0:
            found.append(_stage(name, "venue" if end == "answered" else "host", np.maximum(took, 0)))
    return found


def _stage(name: str, where: str, values: npt.NDArray[Any]) -> Stage:
    ns, counts = np.unique(values, return_counts=True)
    return Stage(name, where, ns.astype(np.float64), counts.astype(np.int64))


def busiest(data: RunData) -> int:
    """Return the symbol to show: the one with most fills of ours, else with most records, else 0."""
    tables: list[Table] = [data.traded.fills] + ([] if data.market is None else [data.market.samples])
    for table in tables:
        if len(table):
            return int(np.bincount(table["symbol"]).argmax())
    return 0


@dataclass(frozen=True)
class Profit:
    """All accounts and symbols over time, money in dollars. times: ns since 1970. shares: by symbol. realised: before
    fees. total: realised and unrealised, less fees."""

    times: npt.NDArray[np.int64]
    shares: dict[int, npt.NDArray[np.int64]]
    realised: npt.NDArray[np.float64]
    total: npt.NDArray[np.float64]


def profit(data: RunData) -> Profit:
    """Return positions and profit over time, open shares at the middle of the book then; without a recorded market, at
    the price of the last own execution."""
    traded = data.traded
    times = np.linspace(traded.begin, max(traded.end, traded.begin + 1), _POINTS).astype(np.int64)
    shares: dict[int, npt.NDArray[np.int64]] = {}
    realised, open_, fees = (np.zeros(len(times), np.int64) for _ in range(3))
    for (_, symbol), rows in _pairs(traded.bookings):
        place = np.searchsorted(rows["time"], times, side="right") - 1
        known = place >= 0
        at = rows[np.maximum(place, 0)]
        shares[symbol] = shares.get(symbol, np.zeros(len(times), np.int64)) + at["shares"] * known
        realised += at["realised"] * known
        fees += at["fees"] * known
        open_ += (at["shares"] * _marks(data, symbol, times, at["price"]) - at["cost"]) * known
    return Profit(times, dict(sorted(shares.items())), realised / 10_000, (realised + open_ - fees) / 10_000)


def last_marks(data: RunData) -> dict[tuple[int, int], int]:
    """Return the price of open shares at the end, by account and symbol, as ``profit`` takes it."""
    end = np.array([data.traded.end])
    return {pair: int(_marks(data, pair[1], end, rows["price"][-1:])[0]) for pair, rows in _pairs(data.traded.bookings)}


def _pairs(bookings: Table) -> Iterator[tuple[tuple[int, int], Table]]:
    for account, symbol in np.unique(bookings[["account", "symbol"]]).tolist():
        yield (account, symbol), bookings[(bookings["account"] == account) & (bookings["symbol"] == symbol)]


def _marks(data: RunData, symbol: int, times: npt.NDArray[np.int64],
           otherwise: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the middle of the book of ``symbol`` at ``times``, ``otherwise`` where there was none yet."""
    if data.market is None:
        return otherwise
    samples = data.market.samples
    whole = samples[(samples["symbol"] == symbol) & (samples["bid"] > 0) & (samples["ask"] > 0)]
    if not len(whole):
        return otherwise
    place = np.searchsorted(whole["time"], times - data.market.midnight, side="right") - 1
    middle = (whole["bid"].astype(np.int64) + whole["ask"]) // 2
    marks: npt.NDArray[np.int64] = np.where(place >= 0, middle[np.maximum(place, 0)], otherwise)
    return marks


class Span(NamedTuple):
    """From ``begin`` to ``end``, ns since 1970, something was so: ``what``."""

    what: str
    begin: int
    end: int


def spans(data: RunData, symbol: int) -> list[Span]:
    """Return when trading was killed, when the feed was behind, and when ``symbol`` did not trade though it had."""
    found = list(_between("killed", [(event.time, event.kind == "kill") for event in data.traded.events
                                     if event.kind in ("kill", "resume")], data.traded.end))
    if data.market is not None:
        samples, start = data.market.samples, data.market.midnight
        feed = samples[(samples["kind"] == RecordKind.FEED) & np.isin(samples["cause"], [*_SHUTTING, *_OPENING])]
        found += _between("feed behind", [(start + int(row["time"]), row["cause"] in _SHUTTING) for row in feed],
                          data.traded.end)
        books = samples[(samples["kind"] == RecordKind.BOOK) & (samples["symbol"] == symbol)]
        traded = books["state"] & _TRADING_BITS == TradingState.TRADING
        since = int(traded.argmax()) if traded.any() else len(books)
        found += _between("halted", [(start + int(time), not trades) for time, trades in
                                     zip(books["time"][since:], traded[since:], strict=True)], data.traded.end)
    return found


def _between(what: str, changes: list[tuple[int, bool]], end: int) -> Iterator[Span]:
    """Yield the spans that (time, whether it is so from then on) tell of."""
    since = None
    for time_, on in changes:
        if on and since is None:
            since = time_
        elif not on and since is not None:
            yield Span(what, since, time_)
            since = None
    if since is not None:
        yield Span(what, since, end)
