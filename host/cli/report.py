"""What a replay found out, for the terminal: counters that add up, latencies, rates, mismatches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from host.cli.session import Latency, Result
from host.device.driver import Capabilities
from wire.registers import COUNTERS

__all__ = ["Sum", "counter_sums", "print_counters", "print_latency", "print_speed"]

_FRAME_FATES = tuple(name for name, _ in COUNTERS if name.startswith("frames_"))
_DECODED = ("msgs_book", "msgs_state", "msgs_ignored", "msgs_other_symbol")
_DOC = dict(COUNTERS)
#: Columns of a histogram's bar, at most and at least; and of what is beside it.
_BAR, _LEAST_BAR, _BESIDE_BAR = 40, 4, 53
#: Columns that the table of latencies takes with nanoseconds.
_WIDE = 76


@dataclass(frozen=True, kw_only=True)
class Sum:
    """One account: ``whole`` must be the sum of ``parts`` (name, number)."""

    name: str
    whole: int
    parts: tuple[tuple[str, int], ...]

    @property
    def holds(self) -> bool:
        """Whether it adds up."""
        return self.whole == sum(number for _, number in self.parts)


def counter_sums(counters: Mapping[str, int]) -> tuple[Sum, ...]:
    """Return the accounts that a device's counters (or what they rose by) must keep."""
    def account(name: str, whole: int, parts: Sequence[str]) -> Sum:
        return Sum(name=name, whole=whole, parts=tuple((part, counters[part]) for part in parts))

    taken = counters["msgs_a"] + counters["msgs_b"] + counters["msgs_injected"]
    return (
        account("frames in", counters["frames"], _FRAME_FATES),
        account("messages taken", taken, ("msgs_decoded", "msgs_unknown_type", "msgs_bad_length")),
        account("messages decoded", counters["msgs_decoded"], _DECODED),
    )


def print_counters(console: Console, counters: Mapping[str, int]) -> None:
    """Print all counters that are not zero, and the accounts."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="left", style="bold")
    table.add_column(justify="right")
    table.add_column(style="dim")
    for name, number in counters.items():
        if number:
            table.add_row(name, f"{number:,}", _DOC[name])
    console.print(Text("counters", "bold cyan"), Text("(those not zero)", "dim"))
    console.print(table)
    console.print()
    for one in counter_sums(counters):
        parts = " + ".join(f"{number:,} {name.partition('_')[2]}" for name, number in one.parts if number) or "0"
        sign, style = ("=", "green") if one.holds else ("!=", "bold red")
        console.print(Text.assemble((f"{one.name} ", "bold"), f"{one.whole:,} ", (sign, style), f" {parts}  ",
                                    ("adds up" if one.holds else "DOES NOT ADD UP", style)), soft_wrap=True)
    console.print()


def print_latency(console: Console, latency: Mapping[str, Latency], capabilities: Capabilities) -> None:
    """Print percentiles and histograms, in cycles and ns; on a narrow console the percentiles in cycles alone."""
    if not any(one.total for one in latency.values()):
        console.print(Text.assemble(("latency ", "bold cyan"), "no book message, nothing to measure"))
        return
    names = {"decode": "message decoded", "best": "best price updated", "levels": f"all {capabilities.levels} levels"}
    console.print(Text.assemble(("latency ", "bold cyan"), (
        "from the word with the message's last byte entering the core, in cycles at "
        f"{capabilities.clock_hz / 1e6:g} MHz", "dim")), soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    wide = console.width >= _WIDE
    for title in ("min", "p50", "p99", "max"):
        table.add_column(title, justify="right", no_wrap=True)
        if wide:
            table.add_column("ns", justify="right", style="dim", no_wrap=True)
    table.add_column("messages", justify="right")
    for name, one in latency.items():
        row = [names[name]]
        for cycles in one.summary.values():
            row += [str(cycles), f"{capabilities.ns(cycles):.1f}"] if wide else [str(cycles)]
        table.add_row(*row, f"{one.total:,}")
    console.print(table)
    console.print()
    unicode = console.encoding.startswith("utf")
    for name, one in latency.items():
        _print_histogram(console, names[name], one, capabilities, unicode=unicode)


def print_speed(console: Console, result: Result, capabilities: Capabilities) -> None:
    """Print how long it took, in simulated and in wall time."""
    simulated, wall = result.cycles / capabilities.clock_hz, max(result.wall_s, 1e-9)
    console.print(Text.assemble(
        ("speed ", "bold cyan"), f"{result.messages:,} messages in {result.cycles:,} cycles, {simulated * 1e3:,.3f} ms "
        f"of device time; {result.wall_s:.2f} s of wall time, {result.messages / wall:,.0f} messages/s, "
        f"{result.cycles / wall:,.0f} cycles/s"), soft_wrap=True)


def _print_histogram(console: Console, name: str, one: Latency, capabilities: Capabilities, *, unicode: bool) -> None:
    """Print one histogram: a line for each number of cycles, or for groups of them where there are many."""
    if not one.total:
        return
    low, high = one.summary["min"], one.summary["max"]
    width = min(max(console.width - _BESIDE_BAR, _LEAST_BAR), _BAR)
    step = -(-(high - low + 1) // 12)
    console.print(Text(name, "bold"))
    groups = [(start, int(one.counts[start:start + step].sum())) for start in range(low, high + 1, step)]
    most = max(number for _, number in groups)
    for start, number in groups:
        last = min(start + step - 1, high)
        cycles, time = f"{start}", f"{capabilities.ns(start):.1f}"
        if last != start:
            cycles, time = f"{cycles}-{last}", f"{time}-{capabilities.ns(last):.1f}"
        bar = ("█" if unicode else "#") * (-(-number * width // most))
        console.print(Text.assemble(f"{cycles:>9} cycles ", (f"{time:>13} ns ", "dim"), (bar.ljust(width), "cyan"),
                                    f" {number:>10,} ", (f"{100 * number / one.total:5.1f} %", "dim")), soft_wrap=True)
    console.print()
