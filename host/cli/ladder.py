"""Books as a picture in the terminal."""

from collections.abc import Iterable
from typing import Any

import numpy.typing as npt
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from host.device.driver import trading_state
from wire.records import NOT_LIVE, State, TradingState

__all__ = ["book_panel", "books_picture", "price_text", "state_text"]

#: Columns of a bar, at most and at least; and all that is beside the numbers and bars of a ladder.
_BAR, _LEAST_BAR, _FRAME = 14, 2, 11
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_BID, _ASK = "green", "red"
_TRADING_STYLE = {TradingState.TRADING: "green", TradingState.HALTED: "red", TradingState.PAUSED: "yellow",
                  TradingState.QUOTATION: "yellow", TradingState.UNKNOWN: "dim"}


def price_text(price: int) -> str:
    """Return a price of 1/10,000 as text: two decimals, four where they are needed."""
    whole, part = divmod(price, 10_000)
    return f"{whole:,}.{part:04d}" if part % 100 else f"{whole:,}.{part // 100:02d}"


def state_text(state: int) -> Text:
    """Return a state word in words: live or why not, then the trading state, then what else is on."""
    reasons = [flag.name.lower() for flag in State if flag & NOT_LIVE and state & flag and flag.name]
    trading = trading_state(state)
    text = Text().append(", ".join(reasons) or "live", "bold red" if reasons else "bold green")
    if trading:
        text.append(" · ", "dim").append(trading.name.lower(), _TRADING_STYLE[trading])
    others = [label for flag, label in ((State.OPERATIONAL_HALT_Q, "halt Q"), (State.OPERATIONAL_HALT_B, "halt B"),
                                        (State.OPERATIONAL_HALT_X, "halt X"), (State.REGSHO_1, "reg SHO 1"),
                                        (State.REGSHO_2, "reg SHO 2"), (State.LULD_COLLAR, "LULD")) if state & flag]
    if state >> 12 & 3:
        others.append(f"MWCB {state >> 12 & 3}")
    if others:
        text.append(" · ", "dim").append(", ".join(others), "yellow")
    return text


def book_panel(name: str, record: npt.NDArray[Any], *, widths: tuple[int, int, int] = (3, 6, 6),
               bar: int = _BAR, unicode: bool = True) -> Panel:
    """Return one book, ``record`` (an array of one), as a ladder: bids to the left, asks to the right, best on top.

    widths: least widths of the columns orders, shares, price, so that several ladders line up. bar: columns of a bar.
    """
    book = record[0]
    bids, asks = _levels(record, "bids"), _levels(record, "asks")
    most = max((shares for _, shares, _ in bids + asks), default=1)
    orders_width, shares_width, price_width = widths
    table = Table.grid(padding=(0, 1))
    for width in (orders_width, shares_width, bar, price_width):
        table.add_column(justify="right", no_wrap=True, min_width=width)
    for width in (price_width, bar, shares_width, orders_width):
        table.add_column(justify="left", no_wrap=True, min_width=width)
    table.add_row(*(Text(title, "dim") for title in ("ord", "shares", "", "bid", "ask", "", "shares", "ord")))
    for n in range(max(len(bids), len(asks), 1)):
        weight = "bold " if n == 0 else ""
        cells: list[RenderableType] = []
        if n < len(bids):
            price, shares, orders = bids[n]
            cells += [Text(str(orders), "dim"), f"{shares:,}", _bar(shares, most, bar, unicode, to_left=True),
                      Text(price_text(price), weight + _BID)]
        else:
            cells += ["", "", " " * bar, Text("no bid" if n == 0 else "", "dim")]
        if n < len(asks):
            price, shares, orders = asks[n]
            cells += [Text(price_text(price), weight + _ASK), _bar(shares, most, bar, unicode, to_left=False),
                      f"{shares:,}", Text(str(orders), "dim")]
        else:
            cells += [Text("no ask" if n == 0 else "", "dim"), " " * bar, "", ""]
        table.add_row(*cells)
    last = Text("no trade yet", "dim")
    if book["last_price"]:
        last = Text.assemble("last ", (price_text(int(book["last_price"])), "bold"), f" x {int(book['last_shares']):,}")
    if bids and asks:
        spread = asks[0][0] - bids[0][0]
        sign = "-" if spread < 0 else ""
        last.append(" · ", "dim").append(f"spread {sign}{price_text(abs(spread))}")
    last.append(" · ", "dim").append(f"{int(book['aux']):,} messages", "dim")
    title = Text.assemble((name, "bold"), "  ", state_text(int(book["state"])))
    return Panel(table, title=title, subtitle=last, title_align="left", subtitle_align="right", expand=False,
                 border_style="dim", padding=(0, 1))


def books_picture(console: Console, books: Iterable[tuple[str, npt.NDArray[Any]]]) -> RenderableType:
    """Return the ladders of ``books`` (name, record), as many side by side as ``console`` is wide.

    Where it is too narrow for one, the bars are shorter.
    """
    unicode = console.encoding.startswith("utf")
    books = list(books)
    levels = [level for _, record in books for side in ("bids", "asks") for level in _levels(record, side)]
    widths = (max([3, *(len(str(orders)) for _, _, orders in levels)]),
              max([6, *(len(f"{shares:,}") for _, shares, _ in levels)]),
              max([6, *(len(price_text(price)) for price, _, _ in levels)]))
    bar = min(max((console.width - _FRAME) // 2 - sum(widths), _LEAST_BAR), _BAR)
    panels = [book_panel(name, record, widths=widths, bar=bar, unicode=unicode) for name, record in books]
    return Columns(panels, padding=(0, 1), equal=True) if len(panels) > 1 else Group(*panels)


def _levels(record: npt.NDArray[Any], side: str) -> list[tuple[int, int, int]]:
    """Return the valid levels of one side: price, shares, orders."""
    book = record[0]
    return [(int(level["price"]), int(level["shares"]), int(level["orders"]))
            for level in book[side][:book[f"{side}_valid"]]]


def _bar(shares: int, most: int, width: int, unicode: bool, *, to_left: bool) -> Text:
    """Return a bar of ``shares`` out of ``most``, which fill ``width`` columns."""
    full, rest = divmod(max(-(-shares * width * 8 // most), 1), 8)
    if not unicode:
        cells = "#" * min(full + (rest > 0), width)
    elif to_left:
        # There is no character for each eighth at a cell's right, only for one and for four of them.
        cells = ("▐" if rest >= 3 else "▕" if rest else "") + "█" * full
    else:
        cells = "█" * full + (_EIGHTHS[rest] if rest else "")
    return Text(cells.rjust(width) if to_left else cells.ljust(width), _BID if to_left else _ASK)
