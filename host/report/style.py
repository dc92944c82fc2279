"""How all pictures look: colours that differ for colour-blind eyes too, axes of time and money."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from matplotlib.transforms import offset_copy

__all__ = ["BUY", "CANCELLED", "GRID", "INK", "MUTED", "PAPER", "REFUSED", "SELL", "SERIES", "SPANS", "WHERE",
           "clock_axis", "empty", "legend", "money_axis", "ns_text", "styled", "title"]

# Of these four the page makes variables, which are others on a dark screen; they stand for nothing else.
INK, MUTED, GRID, PAPER = "#1f2430", "#687081", "#dfe3ea", "#fefefe"

BUY, SELL, REFUSED, CANCELLED = "#2684c7", "#d9772b", "#cf4355", "#8b93a3"
#: Colours of series, one after the other.
SERIES = ("#2684c7", "#d9772b", "#2f9e77", "#9467bd", "#c9a227", "#cf4355", "#17a2b8", "#8b6f5c")
#: Colours of who took a latency.
WHERE = {"device": "#2f9e77", "host": "#2684c7", "venue": "#9467bd"}
#: Colours of spans of trouble.
SPANS = {"killed": "#cf4355", "halted": "#c9a227", "feed behind": "#9467bd"}

_RC: Any = {
    "font.family": "DejaVu Sans", "font.size": 9.0, "text.color": INK, "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER, "axes.facecolor": "none", "axes.edgecolor": MUTED, "axes.labelcolor": MUTED,
    "axes.labelsize": 8.5, "axes.linewidth": 0.8, "axes.spines.top": False, "axes.spines.right": False,
    "axes.grid": True, "axes.axisbelow": True, "grid.color": GRID, "grid.linewidth": 0.7, "xtick.color": MUTED,
    "ytick.color": MUTED, "xtick.labelsize": 8.5, "ytick.labelsize": 8.5, "xtick.major.width": 0.8,
    "ytick.major.width": 0.8, "legend.frameon": False, "legend.fontsize": 8.5, "svg.fonttype": "path",
    "svg.hashsalt": "tickgate"}
_UNITS = ((1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s"))


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the style of all pictures, whatever the user's own settings of Matplotlib are."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def title(axes: Axes, finding: str, what: str) -> None:
    """Write what is to be seen above ``axes``, and below that, smaller, what it is."""
    axes.set_title(finding, loc="left", fontsize=11, fontweight="bold", color=INK, pad=20)
    axes.annotate(what, (0, 1), (0, 7), xycoords="axes fraction", textcoords="offset points", fontsize=8.5, color=MUTED)


def legend(axes: Axes) -> None:
    """Write what is what above ``axes`` at the right, in one line."""
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles, labels, loc="lower right", bbox_to_anchor=(1, 1), ncols=max(len(labels), 1),
                bbox_transform=offset_copy(axes.transAxes, axes.get_figure(root=True), y=2, units="points"),
                columnspacing=1.2, handlelength=1.2, handletextpad=0.4, borderaxespad=0)


def ns_text(ns: float) -> str:
    """Return a duration, ns, with three digits and the unit that fits."""
    scale, unit = next((one for one in reversed(_UNITS) if ns >= one[0]), _UNITS[0])
    return f"{ns / scale:.3g} {unit}"


def clock_axis(axes: Axes, seconds: float) -> None:
    """Let the x axis, in seconds since midnight of the exchange, tell the time of the day; ``seconds`` are shown."""
    digits = 0 if seconds >= 10 else 1 if seconds >= 1 else 3

    def text(value: float, _: int | None) -> str:
        moment = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=round(value, 6))
        return f"{moment:%H:%M:%S}" + (f"{moment:.%f}"[:digits + 1] if digits else "")

    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 3, 5, 6, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(text))


def money_axis(axes: Axes) -> None:
    """Let the y axis show dollars."""
    axes.yaxis.set_major_formatter(FuncFormatter(
        lambda value, _: f"{'-' if value < 0 else ''}${abs(value):,.{0 if abs(value) >= 10 or not value else 2}f}"))


def empty(axes: Axes, text: str) -> None:
    """Say on ``axes`` why there is nothing."""
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", color=MUTED, fontsize=9.5, transform=axes.transAxes)
