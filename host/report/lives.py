"""What two lives of a host recorded of the market, as one."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from host.report.data import Market, Table
from host.report.thinned import Thinned, merged

__all__ = ["joined"]

_Histogram = npt.NDArray[np.int64]


def joined(earlier: Market, later: Market, most: int) -> Market:
    """Return both as one, with at most ``most`` rows of each table: of what is too much every second row goes. Names,
    counters and the beginning of the day are the later one's. Raises ValueError for a ``most`` below 2."""
    ago = earlier.midnight - later.midnight
    samples, one_in = _behind(earlier.samples, later.samples, ago, most)
    decisions, _ = _behind(earlier.decisions, later.decisions, ago, most)
    return replace(
        later, samples=samples, decisions=decisions, thinning=max(earlier.thinning, later.thinning) * one_in,
        lost=earlier.lost + later.lost, latencies=_summed(earlier.latencies, later.latencies),
        timings={stage: _both(earlier.timings, later.timings, stage, most)
                 for stage in {**earlier.timings, **later.timings}},
        events=(*earlier.events, *later.events)[-most:])


def _behind(first: Table, then: Table, ago: int, most: int) -> tuple[Table, int]:
    """Return ``first``, its times ``ago`` ns later, and ``then``, thinned, and of how many rows one was kept."""
    first = first.copy()
    first["time"] += ago
    both = Thinned(first.dtype, most)
    both.add(first)
    both.add(then)
    return merged(both), both.one_in


def _both(first: Mapping[str, Table], then: Mapping[str, Table], stage: str, most: int) -> Table:
    tables = [timings[stage] for timings in (first, then) if stage in timings]
    both = Thinned(tables[0].dtype, most)
    for table in tables:
        both.add(table)
    return merged(both)


def _summed(first: Mapping[str, _Histogram], then: Mapping[str, _Histogram]) -> dict[str, _Histogram]:
    found = {}
    for stage in {**first, **then}:
        counts = [histograms[stage] for histograms in (first, then) if stage in histograms]
        found[stage] = np.zeros(max(map(len, counts)), np.int64)
        for each in counts:
            found[stage][:len(each)] += each
    return found
