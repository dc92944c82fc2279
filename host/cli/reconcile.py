"""``tickgate reconcile``: our trades and positions against the venue's."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from host.cli.amounts import money_text
from host.cli.console import wide_console
from host.cli.errors import CHECK_FAILED, UserError
from host.cli.risk_common import Names, add_limits, read_limits
from host.journal.codec import Codec
from host.journal.journal import read_journal
from host.journal.log import LogError
from host.positions.booked import Booked
from host.positions.endofday import EndOfDayError, read_end_of_day
from host.positions.positions import Positions
from host.positions.reconcile import Break, BreakKind, Statement, reconcile
from host.positions.trade import Trade
from wire.risk import Side

__all__ = ["add_parser", "breaks_table"]


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``reconcile`` to the command's sub-commands."""
    text = "compare our trades and positions with the venue's"
    parser = commands.add_parser("reconcile", help=text, description=(
        f"{text.capitalize()}. Exit status 1 if there is a break, or a booking of either side was alarmed."))
    parser.add_argument("journal", type=Path, metavar="JOURNAL", help="ours")
    other = parser.add_mutually_exclusive_group(required=True)
    other.add_argument("--end-of-day", type=Path, metavar="FILE", help="the venue's end-of-day file")
    other.add_argument("--drop-copy", type=Path, metavar="JOURNAL", help="a journal of what the venue's drop copy told")
    parser.add_argument("--prefix", default="", metavar="TEXT", help=(
        "compare those of our trades whose exec_id begins with it, without it: of a day, where it is the day's"))
    add_limits(parser)
    parser.add_argument("--json", action="store_true", help="as JSON, an object a break")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    names = Names.of(read_limits(args.limits))
    ours, alarms = _fold(args.journal)
    if args.drop_copy is not None:
        theirs, more = _fold(args.drop_copy)
        statement = Statement(tuple(theirs.trades()))
        alarms += more
    else:
        try:
            statement = read_end_of_day(args.end_of_day, _index(names, "account"), _index(names, "symbol"))
        except EndOfDayError as error:
            raise UserError(str(error)) from None
    found = reconcile(_of_prefix(ours.trades(), args.prefix), ours, statement)
    if args.json:
        for each in found:
            sys.stdout.write(json.dumps(asdict(each) | {"kind": each.kind.value}) + "\n")
    else:
        _print(found, names)
    for alarm in alarms:
        sys.stderr.write(f"tickgate: {alarm}\n")
    return CHECK_FAILED if found or alarms else 0


def _fold(path: Path) -> tuple[Positions, list[str]]:
    """Return the positions of a journal, and its alarms, with its name."""
    positions = Positions()
    try:
        alarms = [f"{path}: {alarm}" for entry in read_journal(path, Codec((Booked,)), only_known=True)
                  for alarm in positions.book(entry.record)]
    except LogError as error:
        raise UserError(str(error)) from None
    return positions, alarms


def _index(names: Names, what: str) -> Callable[[str], int]:
    def index(text: str) -> int:
        try:
            return names.index(what, text.removeprefix("#"), 1 << 16)
        except UserError as error:
            raise ValueError(str(error).removeprefix("--")) from None
    return index


def _of_prefix(trades: Iterable[Trade], prefix: str) -> list[Trade]:
    return [replace(trade, exec_id=trade.exec_id[len(prefix):]) for trade in trades
            if trade.exec_id.startswith(prefix)]


def _print(found: list[Break], names: Names) -> None:
    console = wide_console()
    if found:
        console.print(breaks_table(found, names.account, names.symbol))
        counts = Counter(each.kind.value for each in found)
        console.print(", ".join(f"{count:,} {kind}" for kind, count in counts.items()))
    console.print(f"{len(found):,} breaks")


def breaks_table(found: Iterable[Break], account: Callable[[int], str], symbol: Callable[[int], str]) -> Table:
    """Return breaks, a row each. account, symbol: give the name of an index."""
    show: dict[BreakKind, Callable[[int], Any]] = {
        BreakKind.PRICE: money_text, BreakKind.FEE: money_text, BreakKind.ACCOUNT: account, BreakKind.SYMBOL: symbol,
        BreakKind.SIDE: lambda code: Side(code).name}
    table = Table(title="Breaks")
    for column in ("break", "exec_id", "account", "symbol", "here", "there"):
        table.add_column(column, justify="right" if column in ("here", "there") else "left")
    for each in found:
        told = ("" if value is None else str(show.get(each.kind, "{:,}".format)(value))
                for value in (each.here, each.there))
        table.add_row(Text(each.kind.value, "bold red"), Text(each.exec_id), account(each.account),
                      symbol(each.symbol), *told)
    return table
