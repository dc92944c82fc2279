"""Records a run as it goes: a second reader of the device's rings, which costs the loop nothing.

The loop's driver calls ``collect`` at its own pace, often enough that no ring is lapped, and ``finish`` at the end.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from host.device.reader import EventReader
from host.report.data import DECISION, SAMPLE, TIMING, Event, Market, Names, Outcome, Table
from host.report.thinned import Thinned, merged
from host.risk.gate import Gate
from wire.records import RecordKind
from wire.risk import Kind

__all__ = ["STAGES", "Recorder"]

#: Stages in the device by the field of a sample or decision, and their names. The gate's is of requests alone.
STAGES = {"decode": "message decoded", "best": "best price updated", "levels": "all levels known",
          "cycles": "gate decided"}
_FIELDS = {"time": "exchange_ns", "last": "last_price", "last_shares": "last_shares", "state": "state",
           "symbol": "symbol", "cause": "cause", "kind": "kind", "decode": "lat_decode", "best": "lat_best",
           "levels": "lat_levels"}
_TRADES = np.frombuffer(b"ECP", np.uint8)
#: Timings of a stage that wait to be put into their table.
_NOTED = 1 << 12


class Recorder:
    """See above. However long the run, at most ``most`` rows are kept of books, as many of trades and events of the
    feed, of decisions, and of the timings of each stage: each of these is thinned on its own (Thinned). Of what was
    noted with ``event``, the last ``most``. What is counted is counted in full."""

    def __init__(self, records: EventReader, verdicts: EventReader, *, names: Names, clock_hz: int, midnight: int,
                 most: int = 1 << 18) -> None:
        """records, verdicts: readers of the event ring and of the gate's verdict ring, of nobody else. clock_hz: of the
        device. midnight: when the exchange's day began, ns since 1970. Raises ValueError for a ``most`` below 2."""
        self.names, self.clock_hz, self.midnight = names, clock_hz, midnight
        self._records, self._verdicts, self._seen, self._now = records, verdicts, 0, 0
        self._books, self._notable, self._decisions = (Thinned(dtype, most) for dtype in (SAMPLE, SAMPLE, DECISION))
        self._counts: dict[str, Counter[int]] = {field: Counter() for field in STAGES}
        self._noted: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._timings: dict[str, Thinned] = defaultdict(lambda: Thinned(TIMING, most))
        self._events: deque[Event] = deque(maxlen=most)

    @classmethod
    def of(cls, gate: Gate, *, names: Names, midnight: int, whole: bool = False) -> Self:
        """Return a recorder of ``gate``'s device, from now on; whole: from the device's reset on, as far as its rings
        go back. The rest as in __init__."""
        first = 1 if whole else None
        return cls(gate.device.reader(first=first), gate.reader(first=first), names=names,
                   clock_hz=gate.device.capabilities.clock_hz, midnight=midnight)

    def collect(self) -> None:
        """Take what the rings have. Verdicts get the time of the last record before the call."""
        now = self._now
        for verdicts in self._verdicts.drain():
            self._decided(verdicts, now)
        for records in self._records.drain():
            self._shown(records)

    @property
    def last(self) -> int:
        """The time of the last book that was seen, ns since midnight of the exchange; 0 before the first."""
        return self._now

    def timing(self, stage: str, time: int, ns: int) -> None:
        """Note a latency of ``ns`` in ``stage``, which ended at ``time``, ns since 1970."""
        noted = self._noted[stage]
        noted.append((time, ns))
        if len(noted) == _NOTED:
            self._file(stage)

    def event(self, time: int, kind: str, text: str, *, grave: bool = False) -> None:
        """Note what neither journal nor rings tell: what was done to the lines, for one. See Event."""
        self._events.append(Event(time, kind, text, grave))

    def finish(self, *, counters: Mapping[str, int], outcome: Outcome | None = None) -> Market:
        """Return all that was recorded. counters: the device's."""
        self.collect()
        for stage in self._noted:
            self._file(stage)
        return Market(
            names=self.names, clock_hz=self.clock_hz, midnight=self.midnight,
            samples=merged(self._books, self._notable), decisions=merged(self._decisions),
            thinning=self._books.one_in,
            lost=self._records.lost + self._verdicts.lost,
            latencies={STAGES[field]: _histogram(counts) for field, counts in self._counts.items() if counts},
            timings={stage: merged(timings) for stage, timings in self._timings.items()},
            events=tuple(self._events), counters=dict(counters), outcome=outcome)

    def _shown(self, records: Table) -> None:
        samples = np.zeros(len(records), SAMPLE)
        for name, source in _FIELDS.items():
            samples[name] = records[source]
        for side in ("bid", "ask"):
            # A best level that is not known must not be drawn as one.
            known = records[f"{side}s_valid"] > 0
            best = records[f"{side}s"][:, 0]
            samples[side] = best["price"] * known
            samples[f"{side}_shares"] = best["shares"] * known
        books = samples[samples["kind"] == RecordKind.BOOK]
        for field in ("decode", "best", "levels"):
            self._count(field, books[field])
        if len(books):
            self._now = int(books["time"][-1])
        notable = (samples["kind"] != RecordKind.BOOK) | np.isin(samples["cause"], _TRADES)
        places = self._seen + np.arange(len(samples))
        self._seen += len(samples)
        for table, of in ((self._books, ~notable), (self._notable, notable)):
            table.add(samples[of], places[of])

    def _decided(self, verdicts: Table, now: int) -> None:
        decisions = np.zeros(len(verdicts), DECISION)
        decisions["time"] = now
        decisions["cycles"] = verdicts["cycles_out"] - verdicts["cycles_in"]
        for name in ("client", "mask", "kind", "status"):
            decisions[name] = verdicts[name]
        self._count("cycles", decisions["cycles"][decisions["kind"] < Kind.ACK])
        self._decisions.add(decisions)

    def _count(self, field: str, cycles: npt.NDArray[Any]) -> None:
        values, counts = np.unique(cycles, return_counts=True)
        self._counts[field].update(dict(zip(values.tolist(), counts.tolist(), strict=True)))

    def _file(self, stage: str) -> None:
        """Put what was noted of a stage into its table."""
        self._timings[stage].add(np.array(self._noted[stage], TIMING))
        self._noted[stage].clear()


def _histogram(counts: Counter[int]) -> npt.NDArray[np.int64]:
    histogram = np.zeros(max(counts) + 1, np.int64)
    for cycles, count in counts.items():
        histogram[cycles] = count
    return histogram
