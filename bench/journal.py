"""The journal and what is folded from it: costs in time and bytes, for each durability and size of group.

    python -m bench.journal [--records 100000] [--seconds 2] [--runs 5] [--folder .] [--json OUT|-]

Append: ``--records`` bookings encoded and appended in memory, CPU time; then group after group committed for
``--seconds`` for each durability (always, interval, never) and group size: records a second, and p50, p99 and the
greatest of the wall time of one commit, which with ``always`` is that of the disk under ``--folder``.

Replay: the same bookings read from the file, and folded into positions; opening a journal, which checks all of it.
CPU time, medians over ``--runs`` runs. Everything that is read must be what was written.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

from host.journal.codec import Codec
from host.journal.disk import Sync
from host.journal.journal import Journal, read_journal
from host.positions.booked import Booked, BookedKind
from host.positions.positions import Positions
from host.trades.database import load
from wire.risk import Side

__all__ = ["main"]

CODEC = Codec((Booked,))
GROUPS = (1, 16, 256)


def booking(number: int) -> Booked:
    """Return a fill: four accounts, eight symbols, both sides."""
    side = Side.BUY if number * 7 % 13 < 6 else Side.SELL
    return Booked(BookedKind.FILL, f"20261121.{number:09d}", "", number % 4, number % 8, side, 1 + number * 31 % 400,
                  1_000_000 + number * 17 % 5000, number % 40, 1_790_000_000_000_000_000 + number)


def cpu_seconds(action: Callable[[], object], runs: int) -> float:
    """Return the median CPU time of ``action`` over ``runs`` runs, s."""
    times = []
    for _ in range(runs):
        begin = time.process_time()
        action()
        times.append(time.process_time() - begin)
    return median(times)


def measure_commits(folder: Path, sync: Sync, group: int, seconds: float) -> dict[str, Any]:
    """Return what commits of ``group`` records cost, one after the other."""
    path = folder / f"{sync.value}.{group}"
    bookings = [booking(number) for number in range(1, group + 1)]
    times = []
    with Journal(path, CODEC, sync=sync) as journal:
        begin = time.perf_counter()
        while (now := time.perf_counter()) < begin + seconds:
            for each in bookings:
                journal.append(each)
            journal.commit()
            times.append(time.perf_counter() - now)
        spent = time.perf_counter() - begin
    path.unlink()
    cuts = quantiles(times, n=100) if len(times) > 1 else times * 99
    return {"sync": sync.value, "group": group, "records_per_s": len(times) * group / spent,
            "commit_us": {"p50": 1e6 * cuts[49], "p99": 1e6 * cuts[98], "max": 1e6 * max(times)}}


def measure_path(folder: Path, records: int, runs: int) -> dict[str, Any]:
    """Return what a record costs on its way into the journal and back, us of CPU time, and its bytes."""
    path, bookings = folder / "replayed", [booking(number) for number in range(1, records + 1)]
    encode = cpu_seconds(lambda: [CODEC.encode(each) for each in bookings], runs)

    def append() -> None:
        path.unlink(missing_ok=True)
        with Journal(path, CODEC, sync=Sync.NEVER) as journal:
            for each in bookings:
                journal.append(each)

    def fold() -> Positions:
        positions = Positions()
        for each in bookings:
            positions.book(each)
        list(positions)
        return positions

    costs = {"encode": encode, "append and write": cpu_seconds(append, runs)}
    if [entry.record for entry in read_journal(path, CODEC)] != bookings:
        raise SystemExit("what was read is not what was written")
    costs["open (check all)"] = cpu_seconds(lambda: Journal(path, CODEC, sync=Sync.NEVER).close(), runs)
    costs["read"] = cpu_seconds(lambda: sum(1 for _ in read_journal(path, CODEC)), runs)
    costs["fold into positions"] = cpu_seconds(fold, runs)
    database = folder / "trades.db"

    def load_anew() -> None:
        database.unlink(missing_ok=True)
        load(database, path)

    costs["load into the database"] = cpu_seconds(load_anew, 1)
    return {"records": records, "bytes_per_record": path.stat().st_size / records,
            "us_per_record": {name: 1e6 * spent / records for name, spent in costs.items()}}


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.journal", description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000, help="bookings")
    parser.add_argument("--seconds", type=float, default=2, help="of commits, for each durability and group")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path(), help="on the disk that is measured")
    parser.add_argument("--json", metavar="OUT", help="also write the figures, - for standard output")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        folder = Path(made)
        path = measure_path(folder, options.records, options.runs)
        commits = [measure_commits(folder, sync, group, options.seconds) for sync in Sync for group in GROUPS]
    report = {"machine": platform.machine(), "cpus": os.cpu_count(), "python": platform.python_version(),
              "path": path, "commits": commits}
    show(report, Console(file=sys.stderr if options.json == "-" else sys.stdout))
    if options.json:
        text = json.dumps(report, indent=2) + "\n"
        sys.stdout.write(text) if options.json == "-" else Path(options.json).write_text(text)


def show(report: dict[str, Any], console: Console) -> None:
    """Print the figures."""
    path = report["path"]
    table = Table(title=f"A booking, {path['bytes_per_record']:.0f} bytes")
    table.add_column("what")
    table.add_column("us", justify="right")
    table.add_column("a second", justify="right")
    for name, spent in path["us_per_record"].items():
        table.add_row(name, f"{spent:.2f}", f"{1e6 / spent:,.0f}")
    console.print(table)
    table = Table(title="Commits")
    for column in ("durability", "records in one", "records/s", "p50 us", "p99 us", "max us"):
        table.add_column(column, justify="left" if column == "durability" else "right")
    for one in report["commits"]:
        spent = one["commit_us"]
        table.add_row(one["sync"], f"{one['group']:,}", f"{one['records_per_s']:,.0f}",
                      *(f"{spent[name]:,.1f}" for name in ("p50", "p99", "max")))
    console.print(table)


if __name__ == "__main__":
    main()
