"""Pictures of latencies: how they are spread, stage by stage, and how they went over time."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter

from host.report.data import RunData
from host.report.measures import PERCENTILES, Stage, midnight, stages
from host.report.style import INK, MUTED, WHERE, clock_axis, empty, ns_text, title
from wire.records import RecordKind

__all__ = ["draw_heat", "draw_stages"]

_NS = 1_000_000_000
#: Bins of a factor of ten, and the share of a row that its highest bar takes.
_PER_DECADE, _HIGH = 24, 0.62
_TIME_BINS, _LATENCY_BINS = 120, 40


def draw_stages(axes: Axes, data: RunData) -> None:
    """Draw a row for each stage: a histogram on a logarithmic axis, its percentiles beside it."""
    rows = stages(data)
    if not rows:
        empty(axes, "No latency was recorded.")
        return
    low = 10 ** np.floor(np.log10(min(max(stage.ns[0], 1) for stage in rows)))
    high = 10 ** np.ceil(np.log10(max(stage.most for stage in rows)) + 0.05)
    edges = np.geomspace(low, high, int(np.log10(high / low) * _PER_DECADE) + 1)
    for place, stage in enumerate(reversed(rows)):
        colour = WHERE[stage.where]
        counts, _ = np.histogram(np.maximum(stage.ns, low), edges, weights=stage.counts)
        shown = np.flatnonzero(counts)
        axes.bar(edges[shown], counts[shown] / counts.max() * _HIGH, np.diff(edges)[shown], bottom=place, align="edge",
                 color=colour, linewidth=0)
        axes.plot([low, high], [place, place], color=MUTED, linewidth=0.6)
        for percent in PERCENTILES[:2]:
            at = stage.percentile(percent)
            axes.plot([at, at], [place, place + _HIGH + 0.1], color=INK, linewidth=0.9,
                      linestyle="-" if percent == PERCENTILES[0] else (0, (2, 1.5)))
        axes.annotate(_row_text(stage), (1, place + 0.3), (8, 0), xycoords=("axes fraction", "data"),
                      textcoords="offset points", fontsize=8.5, color=INK, va="center", annotation_clip=False)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(-0.08, len(rows) - 0.1)
    axes.set_yticks([place + 0.3 for place in range(len(rows))], [_label(stage) for stage in reversed(rows)])
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(LogLocator(10, numticks=20))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: ns_text(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    title(axes, _finding(rows),
          "latency by stage (by whom, how many); solid line p50, dashed p99; bars of each row to a scale of their own")


def _label(stage: Stage) -> str:
    return f"{stage.name} ({stage.where}, {stage.total:,})"


def _row_text(stage: Stage) -> str:
    values = [*((f"p{percent:g}", stage.percentile(percent)) for percent in PERCENTILES), ("max", stage.most)]
    return "   ".join(f"{name} {ns_text(ns)}" for name, ns in values)


def _finding(rows: list[Stage]) -> str:
    """Return the most telling stage in words: the last of the device's book, else the first there is."""
    of_book = [stage for stage in rows if stage.where == "device" and stage.name.startswith("best")]
    stage = (of_book or rows)[0]
    p50, p99 = (ns_text(stage.percentile(percent)) for percent in PERCENTILES[:2])
    name = f"{stage.name[0].upper()}{stage.name[1:]}"
    return f"{name} in {p50}" + (f", p99 {p99}" if p99 != p50 else "")


def draw_heat(axes: Axes, data: RunData) -> None:
    """Draw how often which latency was seen when: of the host where it was timed, else of the device's books, else of
    the venue."""
    chosen = _timed(data)
    if chosen is None:
        empty(axes, "No latency was recorded over time.")
        return
    name, seconds, ns, cycle = chosen
    times = np.linspace(seconds.min(), max(seconds.max(), seconds.min() + 1e-3), _TIME_BINS + 1)
    if cycle:
        # A device takes whole cycles: each has a row of its own, as long as there are not too many.
        step = cycle * max(1, round((ns.max() - ns.min()) / cycle / _LATENCY_BINS))
        edges = np.arange(ns.min() - cycle / 2, ns.max() + step, step)
    else:
        edges = np.geomspace(max(ns.min(), 1) * 0.9, ns.max() * 1.1, _LATENCY_BINS + 1)
        axes.set_yscale("log")
    counts, _, _ = np.histogram2d(seconds, np.maximum(ns, 1), (times, edges))
    mesh = axes.pcolormesh(times, edges, np.where(counts > 0, counts, np.nan).T, cmap="viridis_r",
                           norm=LogNorm(1, max(counts.max(), 2)), rasterized=True)
    bar = axes.figure.colorbar(mesh, ax=axes, pad=0.015, aspect=14)
    bar.set_label(f"seen in {ns_text((times[1] - times[0]) * 1e9)}", fontsize=8)
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    bar.ax.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: ns_text(value)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    if not cycle:
        axes.yaxis.set_major_locator(FixedLocator(_ticks(edges[0], edges[-1])))
    axes.grid(visible=False)
    clock_axis(axes, float(times[-1] - times[0]))
    half = (len(ns) + 1) // 2
    first, second = float(np.median(ns[:half])), float(np.median(ns[-half:]))
    drift = (second - first) / max(first, 1)
    steady = "steady" if abs(drift) < 0.1 else f"{'slower' if drift > 0 else 'faster'} by {abs(drift):.0%} at the end"
    name = f"{name[0].upper()}{name[1:]}"
    title(axes, f"{name}: {steady}, at most {ns_text(float(ns.max()))}", "latency over time; darker: more often")


def _ticks(low: float, high: float) -> list[float]:
    mantissas = (1, 2, 5) if high < 1_000 * low else (1,)
    steps = [mantissa * 10.0 ** power for power in range(0, 13) for mantissa in mantissas]
    return [step for step in steps if low <= step <= high]


_Timed = tuple[str, npt.NDArray[np.float64], npt.NDArray[np.float64], float]


def _timed(data: RunData) -> _Timed | None:
    """Return name, times (seconds since midnight), latencies (ns), and ns of a cycle, of what to show over time."""
    market, start = data.market, midnight(data)
    if market is not None:
        for name, timings in market.timings.items():
            return name, *_pair(timings["time"] - start, timings["ns"]), 0.0
        books = market.samples[market.samples["kind"] == RecordKind.BOOK]
        if len(books):
            cycle = 1e9 / market.clock_hz
            return "best price updated", *_pair(books["time"], books["best"] * cycle), cycle
    orders = data.traded.orders
    answered = orders[(orders["sent"] > 0) & (orders["answered"] > orders["sent"])]
    if len(answered):
        took = answered["answered"] - answered["sent"]
        return "order sent to answered", *_pair(answered["answered"] - start, took), 0.0
    return None


def _pair(times: npt.NDArray[Any], ns: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return times / _NS, ns.astype(np.float64)
