"""What a traded day came to, for the terminal: what happened, counts that add up, latencies, positions, breaks."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from host.cli.amounts import money_text
from host.cli.ladder import price_text
from host.cli.report import Sum, counter_sums
from host.oms.states import State
from host.positions.positions import Position
from host.report.data import Event, Market, Traded

__all__ = ["latency_table", "order_sums", "positions_table", "print_sums", "rules_table", "show_day", "timeline"]

_NS, _US = 1_000_000_000, 1_000
_PERCENTS = (50.0, 99.0, 99.9, 100.0)
_STATES = list(State)
_BAR = 32


def show_day(console: Console, market: Market, traded: Traded, *, events: Iterable[Event], opening: int,
             positions: Iterable[Position], marks: Mapping[int, int], sent: int, direct: int) -> bool:
    """Print all of it; return whether everything adds up. events: in order. opening: ns since 1970. marks: prices by
    symbol. sent: messages of the exchange's feed. direct: messages to the exchange that needed no gate."""
    sums = [Sum(name="messages of the feed", whole=sent, parts=tuple(
        (what, market.counters[name]) for what, name in (("taken from line A", "msgs_a"), ("from line B", "msgs_b"),
                                                         ("recovered", "msgs_injected")))),
            *counter_sums(market.counters)[1:], *order_sums(traded, market, direct)]
    console.print(timeline(events, opening))
    console.print()
    print_sums(console, sums)
    console.print()
    console.print(rules_table(traded))
    console.print()
    console.print(latency_table(market))
    console.print()
    console.print(positions_table(positions, market.names.symbols, marks))
    return all(one.holds for one in sums)


def timeline(events: Iterable[Event], opening: int) -> Table:
    """Return what happened; times are seconds after ``opening``."""
    table = _table("what happened", "after opening", "", "")
    _right(table, 0)
    for event in events:
        table.add_row(f"{(event.time - opening) / _NS:.3f} s", Text(event.kind, "yellow" if event.grave else "cyan"),
                      event.text)
    return table


def order_sums(traded: Traded, market: Market, direct: int) -> list[Sum]:
    """Return the accounts of requests and orders. direct: see show_day."""
    asked, counters = traded.inputs.get("Intend", 0), market.counters
    ended = Counter(_STATES[state].value.lower() for state in traded.orders["state"].tolist())
    verdicts = traded.accepted + traded.refused
    return [
        Sum(name="the gate's verdicts", whole=counters["risk_accepted"] + counters["risk_refused"],
            parts=(("accepted", traded.accepted), ("refused", traded.refused))),
        Sum(name="messages to the exchange", whole=traded.inputs.get("Sent", 0), parts=(
            ("accepted by the gate", traded.accepted), ("that need no gate", direct))),
        Sum(name="orders asked for", whole=len(traded.orders), parts=tuple(ended.items())),
        Sum(name="requests of strategies", whole=asked, parts=(
            ("decided by the gate", verdicts), ("turned away by the order manager", asked - verdicts))),
    ]


def print_sums(console: Console, sums: Sequence[Sum]) -> None:
    """Print accounts, and whether each adds up."""
    table = _table("counts that add up", "", "all", "", "parts")
    _right(table, 1)
    for one in sums:
        parts = " + ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in one.parts if number) or "0"
        table.add_row(one.name, f"{one.whole:,}", Text("=", "green") if one.holds else Text("is not", "bold red"),
                      parts)
    console.print(table)


def rules_table(traded: Traded) -> Group:
    """Return how often each rule was broken."""
    table = _table("refused by the gate", "rule", "requests", "")
    _right(table, 1)
    most = max(traded.rules.values(), default=1)
    for rule, count in sorted(traded.rules.items(), key=lambda one: -one[1]):
        table.add_row(rule.lower().replace("_", " "), f"{count:,}",
                      Text("█" * max(count * _BAR // most, 1), "magenta"))
    return Group(table, Text(f"{traded.refused:,} of {traded.accepted + traded.refused:,} requests; one may break "
                             "several rules", "dim"))


def latency_table(market: Market) -> Table:
    """Return percentiles of the stages in the device, in cycles and ns, and of those on the host, in us."""
    table = _table("latency", "", "stage", "", "p50", "p99", "p99.9", "max", "times")
    _right(table, *range(3, 8))
    for stage, counts in market.latencies.items():
        cycles = [_percentile(counts, percent) for percent in _PERCENTS]
        table.add_row(Text("FPGA", "green"), stage, "cycles", *(f"{one:,}" for one in cycles), f"{counts.sum():,}")
        table.add_row("", "", Text("ns", "dim"),
                      *(Text(f"{one * _NS / market.clock_hz:,.0f}", "dim") for one in cycles))
    for stage, timings in market.timings.items():
        us = np.percentile(timings["ns"], _PERCENTS) / _US
        table.add_row(Text("host", "blue"), stage, "us", *(f"{one:,.1f}" for one in us), f"{len(timings):,}")
    return table


def positions_table(positions: Iterable[Position], symbols: Sequence[str], marks: Mapping[int, int]) -> Table:
    """Return positions and what they made, a row each, and a row of sums. marks: prices by symbol."""
    table = _table("positions and profit", "symbol", "shares", "average", "last", "realised", "unrealised", "trades")
    _right(table, *range(1, 7))
    realised = unrealised = trades = 0
    for one in positions:
        gain = one.unrealised(marks[one.symbol])
        table.add_row(symbols[one.symbol], f"{one.shares:,}", price_text(one.average) if one.shares else "",
                      price_text(marks[one.symbol]), _money(one.realised), _money(gain), f"{one.trades:,}")
        realised, unrealised, trades = realised + one.realised, unrealised + gain, trades + one.trades
    table.add_section()
    table.add_row(Text("all", "bold"), "", "", "", _money(realised), _money(unrealised), f"{trades:,}")
    return table


def _money(amount: int) -> Text:
    return Text(money_text(amount), "red" if amount < 0 else "green" if amount else "")


def _right(table: Table, *columns: int) -> None:
    for column in columns:
        table.columns[column].justify = "right"


def _percentile(counts: npt.NDArray[np.int64], percent: float) -> int:
    """Return the least number of cycles that ``percent`` % did not exceed."""
    return int(np.searchsorted(np.cumsum(counts), counts.sum() * percent / 100))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=Text(title, "bold cyan"), title_justify="left", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column)
    return table
