# Ref: HdrHistogram (hdrhistogram.org); G. Tene, "How NOT to Measure Latency", on coordinated omission
"""How long orders take from one of their times to the next, in histograms of high dynamic range."""

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from hdrh.histogram import HdrHistogram

from host.oms.book import Book
from host.oms.order import Order, Stamp

__all__ = ["QUANTILES", "STAGES", "Latencies", "Latency", "Stage"]

#: What is shown of a histogram, in percent.
QUANTILES = (50.0, 90.0, 99.0, 99.9, 100.0)

_LONGEST = 3_600_000_000_000


class Latency:
    """A histogram of times from 1 ns to an hour, each within one part of 10^digits.

    count: of what was recorded. backwards: times below 0, which are not. beyond: longer ones, which count as an hour.
    """

    def __init__(self, digits: int = 3) -> None:
        self.count = self.backwards = self.beyond = 0
        self._histogram = HdrHistogram(1, _LONGEST, digits)

    def record(self, ns: int, *, expected: int = 0) -> None:
        """Record ``ns``. expected: ns from one of what is measured to the next, if it comes by itself and waits for
        nobody: while one takes longer, others that would have come waited too, and are recorded with what they would
        have taken. Without, only what was really measured."""
        if ns < 0:
            self.backwards += 1
            return
        self.count += 1
        self.beyond += ns > _LONGEST
        self._histogram.record_corrected_value(min(max(ns, 1), _LONGEST), expected)

    def quantiles(self, percent: Sequence[float] = QUANTILES) -> dict[float, int]:
        """Return {percent: ns that so many took at most}; empty when nothing was recorded."""
        if not self.count:
            return {}
        found: dict[float, int] = self._histogram.get_percentile_to_value_dict(list(percent))
        return found

    def encoded(self) -> bytes:
        """Return the histogram in the format that all tools of HdrHistogram read."""
        text: bytes = self._histogram.encode()
        return text


class Stage(NamedTuple):
    """From one time of an order to another: names of fields of host.oms.order.Times. coarse: ns to which the later one
    may be cut down; by less than that it may be the earlier one."""

    name: str
    begin: str
    end: str
    coarse: int = 0


#: The gate's own time is of the device's clock and has nothing to be compared with here. ``acknowledged`` is by the
#: venue's clock, and as wrong as that; its times have milliseconds, unless it tells more (FIX, UTCTimestamp).
STAGES = (Stage("written", "decided", "written"), Stage("checked", "written", "sent"), Stage("out", "decided", "sent"),
          Stage("acknowledged", "sent", "acked", 1_000_000), Stage("life", "decided", "final"))


class Latencies:
    """All stages of all orders of this life of the process. A replace and a cancel have no times of their own."""

    def __init__(self, *, digits: int = 2) -> None:
        self.stages = {stage.name: Latency(digits) for stage in STAGES}
        self._last = 0
        self._waiting: list[Order] = []

    def follow(self, book: Book, some: int = 16) -> Iterator[None]:
        """Record the orders that were acknowledged or are over since the last time, and pause after ``some`` of them,
        so that whoever has other things to do can do them."""
        known = max(self._last, book.ids.epoch << 32)
        new = list(takewhile(lambda order: order.id > known, reversed(book.orders.values())))
        if new:
            self._last = new[0].id
        orders, self._waiting = self._waiting + new[::-1], []
        for number, order in enumerate(orders, 1):
            times = order.times
            if times.decided is None:
                continue
            if times.acked is None and times.final is None:
                self._waiting.append(order)
                continue
            self.record(order)
            if not number % some:
                yield

    def record(self, order: Order) -> None:
        """Record the stages of ``order`` that it has."""
        for name, begin, end, coarse in STAGES:
            first: Stamp | None = getattr(order.times, begin)
            last: Stamp | None = getattr(order.times, end)
            if first is not None and last is not None:
                ns = last.time - first.time
                self.stages[name].record(0 if -coarse < ns < 0 else ns)
