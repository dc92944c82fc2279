"""Pictures over the day: the book and the trades of a symbol, positions and profit."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from host.report.data import RunData, Table
from host.report.measures import busiest, midnight, profit, spans
from host.report.style import BUY, INK, MUTED, SELL, SERIES, SPANS, clock_axis, empty, legend, money_axis, title
from wire.records import RecordKind

__all__ = ["draw_book", "draw_positions", "draw_profit"]

_NS = 1_000_000_000
_TRADES = np.frombuffer(b"ECP", np.uint8)
_UNIT = 10_000
#: Symbols that have a line of their own.
_LINES = 8


def draw_book(axes: Axes, data: RunData) -> None:
    """Draw best bid and ask of the busiest symbol over time, the trades in it, and our own fills."""
    symbol = busiest(data)
    name = data.names.symbol(symbol)
    fills = data.traded.fills[data.traded.fills["symbol"] == symbol]
    books = _books(data, symbol)
    if not len(books) and not len(fills):
        empty(axes, "No book was recorded, and nothing was filled.")
        return
    start = midnight(data)
    if len(books):
        times = books["time"] / _NS
        known = (books["bid"] > 0) & (books["ask"] > 0)
        bid, ask = (np.where(known, books[side] / _UNIT, np.nan) for side in ("bid", "ask"))
        axes.fill_between(times, bid, ask, step="post", color=MUTED, alpha=0.28, linewidth=0, label="bid to ask")
        axes.step(times, bid, where="post", color=BUY, linewidth=0.6, alpha=0.75)
        axes.step(times, ask, where="post", color=SELL, linewidth=0.6, alpha=0.75)
        trades = books[np.isin(books["cause"], _TRADES)]
        axes.plot(trades["time"] / _NS, trades["last"] / _UNIT, ".", color=MUTED, markersize=2.2, alpha=0.8,
                  label=f"trades ({len(trades):,})", zorder=2.5)
    for sign, word, marker, colour in ((1, "bought", "^", BUY), (-1, "sold", "v", SELL)):
        ours = fills[fills["sign"] == sign]
        axes.plot((ours["time"] - start) / _NS, ours["price"] / _UNIT, marker, color=colour, markersize=5,
                  markeredgecolor=INK, markeredgewidth=0.35, label=f"we {word} ({ours['shares'].sum():,} shares)",
                  zorder=3)
    _limits(axes, books, fills)
    _mark(axes, data, symbol)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"${value:,.2f}"))
    legend(axes)
    _day(axes, data)
    spread = _spread(books)
    shares = int(fills["shares"].sum())
    finding = f"{name}: {len(fills):,} fills, {shares:,} shares" + (f", median spread ${spread:.2f}"
                                                                    if spread else "")
    title(axes, finding, "best bid and ask, trades and own fills over time")


def _books(data: RunData, symbol: int) -> Table:
    if data.market is None:
        return np.zeros(0)
    samples = data.market.samples
    books: Table = samples[(samples["kind"] == RecordKind.BOOK) & (samples["symbol"] == symbol)]
    return books


def _spread(books: Table) -> float:
    """Return the median spread, dollars; 0 when there was none."""
    if not len(books):
        return 0.0
    known = books[(books["bid"] > 0) & (books["ask"] > books["bid"])]
    return float(np.median(known["ask"] - known["bid"])) / _UNIT if len(known) else 0.0


def _limits(axes: Axes, books: Table, fills: Table) -> None:
    """Show where the prices are nearly always; a far quote of a thin book must not flatten the picture."""
    prices = [fills["price"] / _UNIT]
    if len(books):
        known = books[(books["bid"] > 0) & (books["ask"] > 0)]
        prices += [known["bid"] / _UNIT, known["ask"] / _UNIT]
    all_ = np.concatenate(prices)
    if len(all_):
        low, high = np.percentile(all_, (0.5, 99.5))
        margin = max((high - low) * 0.12, 0.01)
        axes.set_ylim(low - margin, high + margin)


def draw_positions(axes: Axes, data: RunData) -> None:
    """Draw the shares held of each symbol over time."""
    if not len(data.traded.bookings):
        empty(axes, "Nothing was booked.")
        return
    curve, start = profit(data), midnight(data)
    seconds = (curve.times - start) / _NS
    by_most = sorted(curve.shares, key=lambda symbol: -int(np.abs(curve.shares[symbol]).max()))
    for place, symbol in enumerate(by_most[:_LINES]):
        axes.step(seconds, curve.shares[symbol], where="post", color=SERIES[place % len(SERIES)], linewidth=1.2,
                  label=data.names.symbol(symbol))
    axes.axhline(0, color=MUTED, linewidth=0.8)
    _mark(axes, data, None)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    legend(axes)
    _day(axes, data)
    most = max(int(np.abs(shares).max()) for shares in curve.shares.values())
    open_ = sum(bool(shares[-1]) for shares in curve.shares.values())
    title(axes, f"At most {most:,} shares of a symbol held, {open_} positions open at the end",
          "shares held over time" + (f"; the {_LINES} greatest of {len(by_most)}" if len(by_most) > _LINES else ""))


def draw_profit(axes: Axes, data: RunData) -> None:
    """Draw profit over time: realised, and with open shares at the middle of the book."""
    if not len(data.traded.bookings):
        empty(axes, "Nothing was booked.")
        return
    curve, start = profit(data), midnight(data)
    seconds = (curve.times - start) / _NS
    axes.fill_between(seconds, curve.total, 0, where=curve.total >= 0, color=BUY, alpha=0.16, linewidth=0)
    axes.fill_between(seconds, curve.total, 0, where=curve.total < 0, color=SELL, alpha=0.2, linewidth=0)
    axes.plot(seconds, curve.total, color=INK, linewidth=1.3, label="total, open shares at the middle of the book"
              if data.market is not None else "total, open shares at the price of the last fill")
    axes.step(seconds, curve.realised, where="post", color=SERIES[2], linewidth=1.1, label="realised")
    axes.axhline(0, color=MUTED, linewidth=0.8)
    _mark(axes, data, None)
    money_axis(axes)
    legend(axes)
    _day(axes, data)
    end = float(curve.total[-1])
    low, high = float(curve.total.min()), float(curve.total.max())
    word = "Loss" if end < 0 else "Profit"
    title(axes, f"{word} of {_money(abs(end))}, between {_money(low)} and {_money(high)} on the way",
          "profit over time, all symbols, fees taken off")


def _money(value: float) -> str:
    return f"{'-' if value < 0 else ''}${abs(value):,.2f}"


def _mark(axes: Axes, data: RunData, symbol: int | None) -> None:
    """Shade the spans of trouble; ``symbol``'s halts too, if one is given."""
    start, named = midnight(data), set[str]()
    for span in spans(data, busiest(data) if symbol is None else symbol):
        if symbol is None and span.what == "halted":
            continue
        axes.axvspan((span.begin - start) / _NS, (span.end - start) / _NS, color=SPANS[span.what], alpha=0.16,
                     linewidth=0.6, label=None if span.what in named else span.what, zorder=0.5)
        named.add(span.what)


def _day(axes: Axes, data: RunData) -> None:
    start = midnight(data)
    begin, end = (data.traded.begin - start) / _NS, (data.traded.end - start) / _NS
    axes.set_xlim(begin, max(end, begin + 1e-3))
    clock_axis(axes, end - begin)
