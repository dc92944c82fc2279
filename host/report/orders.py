"""Pictures of orders: which way they went, why some were refused, and when some of them were where."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from host.oms.states import State
from host.report.data import RunData, Table
from host.report.lifecycle import COLUMNS, START, flow
from host.report.style import BUY, CANCELLED, INK, MUTED, REFUSED, SERIES, empty, legend, ns_text, title
from wire.risk import Side

__all__ = ["draw_flow", "draw_rules", "draw_times", "sample"]

_COLOURS = {COLUMNS[1][1]: REFUSED, COLUMNS[1][2]: REFUSED, COLUMNS[2][1]: REFUSED, COLUMNS[2][2]: REFUSED,
            State.FILLED.value: SERIES[2], State.CANCELLED.value: CANCELLED, State.EXPIRED.value: CANCELLED,
            State.DONE_FOR_DAY.value: CANCELLED, COLUMNS[3][0]: SERIES[4]}
#: Of the picture: width of a stage's bar, and the gap between two of a column.
_BAR, _GAP = 0.016, 0.13
#: Orders in the picture of times.
_ORDERS = 16
#: Times of the host's clock by marker, its size, and colour; such that one shows under the other.
_MARKS = {"written": ("|", 9, MUTED), "sent": ("o", 5, BUY), "answered": ("D", 7.5, SERIES[3]),
          "executed": ("^", 5.5, SERIES[4]), "final": ("|", 12, INK)}
_WORDS = {"written": "written to the device", "sent": "sent", "answered": "acknowledged", "executed": "first fill",
          "final": "end"}
_STATES = list(State)


def draw_flow(axes: Axes, data: RunData) -> None:
    """Draw how many orders went which way; bars and ribbons are as high as their numbers."""
    orders = data.traded.orders
    if not len(orders):
        empty(axes, "The journal holds no order.")
        return
    steps = flow(orders)
    sizes = _sizes(steps)
    places = _places(sizes)
    left, into = dict.fromkeys(sizes, 0.0), dict.fromkeys(sizes, 0.0)
    scale = _scale(sizes)
    order = {name: number for number, name in enumerate(name for column in COLUMNS for name in column)}
    for (before, after), count in sorted(steps.items(), key=lambda item: (order[item[0][0]], order[item[0][1]])):
        height = count * scale
        (x0, top0), (x1, top1) = places[before], places[after]
        _ribbon(axes, (x0 + _BAR, top0 - left[before]), (x1, top1 - into[after]), height,
                _COLOURS.get(after, BUY))
        left[before] += height
        into[after] += height
    for name, (x, top) in places.items():
        height = sizes[name] * scale
        axes.add_patch(Rectangle((x, top - height), _BAR, height, color=_COLOURS.get(name, BUY), linewidth=0))
        axes.text(x + _BAR + 0.006, top - height / 2, f"{name}\n{sizes[name]:,}", fontsize=8.5, color=INK, ha="left",
                  va="center", linespacing=1.2)
    axes.set_xlim(-0.002, 1.09)
    axes.set_ylim(-0.03, 1.03)
    axes.set_axis_off()
    filled = sizes.get(State.FILLED.value, 0) + sizes.get(COLUMNS[3][0], 0)
    refused = sizes.get(COLUMNS[1][1], 0)
    with_fills = int(np.count_nonzero(orders["cum"]))
    title(axes, f"{len(orders):,} orders: {refused:,} refused by the gate, {with_fills:,} with fills"
          if filled or refused else f"{len(orders):,} orders", "life of an order, from the strategy to its end")


def _sizes(steps: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """Return how many orders were in each stage, in the order of COLUMNS."""
    into: dict[str, int] = {START: sum(count for (before, _), count in steps.items() if before == START)}
    for (_, after), count in steps.items():
        into[after] = into.get(after, 0) + count
    return {name: into[name] for column in COLUMNS for name in column if name in into}


def _scale(sizes: Mapping[str, int]) -> float:
    """Return the height of one order, so that the fullest column fits."""
    def room(column: tuple[str, ...]) -> float:
        names = [name for name in column if name in sizes]
        return (1 - _GAP * (len(names) - 1)) / max(sum(sizes[name] for name in names), 1) if names else np.inf

    return float(min(room(column) for column in COLUMNS))


def _places(sizes: Mapping[str, int]) -> dict[str, tuple[float, float]]:
    """Return left side and top of each stage's bar."""
    scale, found = _scale(sizes), dict[str, tuple[float, float]]()
    for place, column in enumerate(COLUMNS):
        top = 1.0
        for name in column:
            if name in sizes:
                found[name] = place / (len(COLUMNS) - 1) * (1 - _BAR), top
                top -= sizes[name] * scale + _GAP
    return found


def _ribbon(axes: Axes, start: tuple[float, float], end: tuple[float, float], height: float, colour: str) -> None:
    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2
    points = [(x0, y0), (middle, y0), (middle, y1), (x1, y1), (x1, y1 - height), (middle, y1 - height),
              (middle, y0 - height), (x0, y0 - height), (x0, y0)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(points, codes), facecolor=colour, alpha=0.3, linewidth=0))


def draw_rules(axes: Axes, data: RunData) -> None:
    """Draw how often each rule of the gate was broken."""
    rules = sorted(data.traded.rules.items(), key=lambda item: item[1])
    if not rules:
        empty(axes, f"The gate has refused none of {data.traded.accepted:,} requests.")
        return
    bars = axes.barh([name.lower().replace("_", " ") for name, _ in rules], [count for _, count in rules],
                     color=REFUSED, height=0.62)
    axes.bar_label(bars, [f"{count:,}" for _, count in rules], padding=4, fontsize=8.5, color=INK)
    axes.set_xscale("log")
    axes.set_xlim(0.7, rules[-1][1] * 4)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    traded = data.traded
    share = traded.refused / max(traded.accepted + traded.refused, 1)
    title(axes, f"The gate refused {traded.refused:,} of {traded.accepted + traded.refused:,} requests ({share:.1%})",
          "rules broken; a request may break several")


def sample(orders: Table) -> Table:
    """Return orders that were answered, spread over the day: of neighbours the one of most different times."""
    left = orders[orders["answered"] > 0]
    if len(left) <= _ORDERS:
        return left
    told = np.array([len({int(order[name]) for name in _MARKS}) for order in left])
    parts = np.array_split(np.arange(len(left)), _ORDERS)
    return left[[int(part[told[part].argmax()]) for part in parts]]


def draw_times(axes: Axes, data: RunData) -> None:
    """Draw when some orders were where, from the strategy's decision on, on a logarithmic axis of the host's clock;
    what was at once stands at its left end. The gate's own time is of another clock, and is told in words."""
    chosen = sample(data.traded.orders)
    if not len(chosen):
        empty(axes, "No order has left.")
        return
    after = {name: np.where(chosen[name] > 0, chosen[name] - chosen["decided"], -1) for name in _MARKS}
    positive = np.concatenate([took[took > 0] for took in after.values()])
    if not len(positive):
        empty(axes, "All times of an order are the same.")
        return
    low, high = positive.min() / 4, positive.max() * 1.6
    rows = np.arange(len(chosen))[::-1]
    last = np.maximum(np.max([took for took in after.values()], axis=0), low)
    axes.hlines(rows, low, last, color=MUTED, linewidth=0.8, alpha=0.7)
    for name, took in after.items():
        marker, size, colour = _MARKS[name]
        there = took >= 0
        axes.plot(np.maximum(took[there], low), rows[there], marker, color=colour, markersize=size,
                  markeredgewidth=1.6 if marker == "|" else 0, label=_WORDS[name], clip_on=False)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(-0.8, len(chosen) - 0.2)
    axes.set_yticks(rows, [_order_text(order, data) for order in chosen])
    gate = _gate_text(data)
    axes.tick_params(axis="y", length=0, labelcolor=INK, labelsize=8)
    axes.grid(visible=False, axis="y")
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(LogLocator(10, numticks=20))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: ns_text(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    legend(axes)
    acked = after["answered"][after["answered"] >= 0]
    finding = f"{ns_text(float(np.median(acked)))} from decision to acknowledgement" if len(acked) else "Orders' times"
    title(axes, finding, f"{len(chosen)} orders since the strategy decided{gate}")


def _order_text(order: Table, data: RunData) -> str:
    word = "buy" if order["side"] == Side.BUY else "sell"
    return (f"{word} {order['shares']:,} {data.names.symbol(int(order['symbol']))} at ${order['price'] / 10_000:,.2f}, "
            f"{_STATES[order['state']].value.lower()}")


def _gate_text(data: RunData) -> str:
    """Return how long the gate took, in words, if it was recorded."""
    histogram = {} if data.market is None else data.market.latencies
    counts = histogram.get("gate decided")
    if counts is None or data.market is None:
        return ""
    cycles = np.flatnonzero(counts)
    took = ns_text(float(cycles[0]) * 1e9 / data.market.clock_hz)
    return f"; the gate takes {cycles[0]} cycles, {took}" if len(cycles) == 1 else ""
