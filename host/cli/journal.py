"""``tickgate journal``: what a journal holds, whether it is whole, and what follows from it."""

import argparse
import hashlib
import json
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from host.cli import journal_export
from host.cli.amounts import marks, position_object, positions_table, when_text
from host.cli.console import result_console, wide_console
from host.cli.errors import CHECK_FAILED, UserError
from host.cli.risk_common import Names, add_limits, read_limits
from host.journal.codec import Codec
from host.journal.journal import JournalKind, Shown, read_journal, show_journal
from host.journal.log import LogError, written_bytes
from host.positions.booked import Booked
from host.positions.positions import Positions

__all__ = ["add_parser"]

#: Lines that are shown when not told otherwise.
_LAST = 40


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``journal`` to the command's sub-commands."""
    parser = commands.add_parser("journal", help="the host's journal: shown, checked, replayed, exported",
                                 description="The host's journal: every input of its state, in order.")
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    show = _action(actions, "show", _show, "show the records of a journal")
    show.add_argument("--type", action="append", metavar="TYPE", help="records of this type; may be given again")
    show.add_argument("--last", type=int, default=_LAST, metavar="N",
                      help=f"the last N of them, 0: all (default: {_LAST})")
    show.add_argument("--json", action="store_true", help="as JSON, an object a line")
    _action(actions, "verify", _verify, "read all of a journal and check it", (
        "Exit status 1, with file and byte, if it is damaged. A torn end is none: it was never committed."))
    replay = _action(actions, "replay", _replay, "compute positions from a journal anew", (
        "Ends with a digest of the whole state: equal digests, equal states, byte for byte. Exit status 1 if a booking "
        "was alarmed."))
    add_limits(replay)
    replay.add_argument("--mark", action="append", default=[], metavar="SYMBOL=PRICE",
                        help="price in dollars for unrealised profit; may be given again")
    replay.add_argument("--json", action="store_true", help="as JSON")
    export = _action(actions, "export", journal_export.export, "write records of one type to a CSV or Parquet file")
    journal_export.add_arguments(export)


def _action(actions: Any, name: str, run: Any, text: str, more: str = "") -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=f"{text.capitalize()}. {more}")
    parser.add_argument("journal", type=Path, metavar="JOURNAL")
    parser.set_defaults(run=run)
    return parser


def _show(args: argparse.Namespace) -> int:
    if args.last < 0:
        raise UserError(f"--last must be 0 or more, not {args.last}")
    try:
        wanted = (shown for shown in show_journal(args.journal) if not args.type or shown.what in args.type)
        lines: Iterable[Shown] = deque(wanted, args.last) if args.last else wanted
        if args.json:
            for shown in lines:
                sys.stdout.write(json.dumps(shown._asdict()) + "\n")
        else:
            _print(lines)
    except LogError as error:
        raise UserError(str(error)) from None
    return 0


def _print(lines: Iterable[Shown]) -> None:
    console = wide_console()
    for shown in lines:
        fields = " ".join(f"{name}={_printable(value)}" for name, value in shown.fields.items())
        style = "bold" if shown.what in JournalKind.__members__ else "cyan"
        console.print(Text(f"{shown.number:>8} {when_text(shown.time_ns)} ").append(shown.what, style).append(
            f" {fields}"), soft_wrap=True)


def _printable(value: object) -> str:
    text = str(value)
    return text if text.isprintable() else ascii(text)


def _verify(args: argparse.Namespace) -> int:
    counts: Counter[str] = Counter()
    last, torn = None, 0
    try:
        for last in show_journal(args.journal):
            counts[last.what] += 1
            torn += last.fields["bytes"] if last.what == JournalKind.TORN.name else 0
    except LogError as error:
        sys.stderr.write(f"tickgate: {error}\n")
        return CHECK_FAILED
    table = Table(title=str(args.journal))
    table.add_column("type")
    table.add_column("records", justify="right")
    for name, count in sorted(counts.items()):
        table.add_row(name, f"{count:,}")
    console = result_console()
    console.print(table)
    number, end = (0, 0) if last is None else (last.number, last.end)
    console.print(f"{number:,} inputs, {end:,} bytes, whole")
    with args.journal.open("rb") as file:
        rest = written_bytes(file.fileno(), end)
    console.print(f"torn off by deaths, never committed: {torn:,} bytes removed, {rest:,} at the end")
    return 0


def _replay(args: argparse.Namespace) -> int:
    names = Names.of(read_limits(args.limits))
    marked, positions, alarms = marks(args.mark, names), Positions(), list[str]()
    for booked in _bookings(args.journal):
        alarms.extend(str(alarm) for alarm in positions.book(booked))
    digest = hashlib.sha256(positions.dump()).hexdigest()
    if args.json:
        json.dump({"positions": [position_object(one, names, marked) for one in positions], "alarms": alarms,
                   "waiting": len(positions.waiting), "sha256": digest}, sys.stdout)
        sys.stdout.write("\n")
    else:
        console = wide_console()
        console.print(positions_table(positions, names, marked))
        for alarm in alarms:
            console.print(Text("alarm ", "bold red").append(alarm, "default"))
        console.print(f"state {digest}", soft_wrap=True)
    return CHECK_FAILED if alarms else 0


def _bookings(path: Path) -> Iterator[Booked]:
    try:
        for entry in read_journal(path, Codec((Booked,)), only_known=True):
            yield entry.record
    except LogError as error:
        raise UserError(str(error)) from None
