"""What strategies cost on the host: ``python -m bench.loop``.

Records of ``--symbols`` symbols that walk at random lie in a ring as the device writes them, and are read by
host/device/reader.py. Bulk: runs of the ring go into the views at once (host/strategy/views.py). Callbacks: one by one
through host/strategy/dispatch.py, to a strategy that reads the best prices of every book, and to the shipped imbalance
taker, market maker and pairs trader, whose orders are taken at once and never filled. CPU time, medians over
``--runs`` runs. At last the host's path from a book event to an order, in wall time: see bench/path.py.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.books import LEVELS, books
from bench.path import measure_path, show_path
from host.device.reader import EventReader
from host.oms.inputs import IntentKind, TimeInForce
from host.oms.outputs import Reason, Tell, TellKind
from host.oms.states import State as OrderState
from host.strategy.dispatch import Dispatch
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.strategy.interface import Context, Strategy
from host.strategy.market_maker import MarketMaker, MarketMakerParameters
from host.strategy.pairs import Pairs, PairsParameters
from host.strategy.views import Views

__all__ = ["main"]

AIM_CALLBACKS, AIM_BULK = 150_000, 10_000_000
#: Records of the path's measurement.
PATH_EVENTS = 8_192
#: ns from one record to the next.
STEP = 1_000

_DONE = {IntentKind.NEW: OrderState.NEW, IntentKind.REPLACE: OrderState.REPLACED}


class Reader(Strategy):
    """Reads the best prices of every book."""

    def on_book(self, symbol: int) -> None:
        """Read them."""
        self.context.views.touch(symbol)


STRATEGIES: dict[str, Callable[[], Strategy]] = {
    "best prices read": Reader,
    "imbalance": lambda: Imbalance(ImbalanceParameters(pause=1_000_000)),
    "pairs": lambda: Pairs(PairsParameters(pairs=((0, 1), (2, 3)), interval=100_000)),
    "market_maker": lambda: MarketMaker(MarketMakerParameters()),
}


def again(records: np.ndarray, first: int) -> None:
    """Let the records be written anew, as those from number ``first`` on."""
    records["seq"] = np.arange(first, first + len(records))


def measure_bulk(records: np.ndarray, symbols: int, laps: int, runs: int) -> float:
    """Return records a second from the ring into the views, in bulk."""
    views, times, first = Views(symbols, LEVELS), [], 1
    reader = EventReader(records)
    for _ in range(runs):
        spent = 0.0
        for _ in range(laps):
            again(records, first)
            first += len(records)
            begin = time.process_time()
            for run in reader.drain():
                views.update(run)
            spent += time.process_time() - begin
        times.append(spent)
    last = {int(symbol): row for row, symbol in enumerate(records["symbol"])}
    if reader.lost or any(views.rows[symbol].tobytes() != records[row].tobytes() for symbol, row in last.items()):
        raise SystemExit("the views are not the last records")
    return laps * len(records) / median(times)


def answer(dispatch: Dispatch, context: Context, now: int) -> int:
    """Do all that was asked for, and fill nothing; return how much that was."""
    intents = context.take()
    for intent in intents:
        over = intent.kind is IntentKind.CANCEL or intent.time_in_force is TimeInForce.IOC
        state = OrderState.CANCELLED if over else _DONE[intent.kind]
        dispatch.tell(Tell(TellKind.ORDER, context.strategy, intent.ref, intent.order or intent.ref, intent.kind, state,
                           intent.shares, intent.price, 0, 0 if over else intent.shares, Reason.NONE, 0, 0, "", now),
                      now)
    return len(intents)


def measure_callbacks(records: np.ndarray, symbols: int, make: Callable[[], Strategy], batch: int,
                      runs: int) -> dict[str, Any]:
    """Return records a second through the callbacks of a strategy, at most ``batch`` of them at one time of the
    clock, and the requests it made in a run."""
    times, asked = [], 0
    for _ in range(runs):
        again(records, 1)
        views = Views(symbols, LEVELS)
        context = Context(views)
        dispatch = Dispatch(views, [(make(), context)])
        reader, now, asked = EventReader(records), 0, 0
        begin = time.process_time()
        for run in reader.drain():
            done = 0
            while done < len(run):
                taken = dispatch.events(run[done:done + batch], now)
                done += taken
                now += STEP * taken
                asked += answer(dispatch, context, now)
        times.append(time.process_time() - begin)
    return {"events": len(records) / median(times), "requests": asked}


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.loop", description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=65_536, help="records of the ring, a power of two")
    parser.add_argument("--laps", type=int, default=8, help="how often bulk reads the ring in a run")
    parser.add_argument("--batch", type=int, default=32, help="records that callbacks get at once")
    parser.add_argument("--symbols", type=int, default=8)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", metavar="OUT", help="also write the figures, - for standard output")
    options = parser.parse_args(argv)
    records = books(options.entries, options.symbols)
    bulk = measure_bulk(records, options.symbols, options.laps, options.runs)
    callbacks = {name: measure_callbacks(records, options.symbols, make, options.batch, options.runs)
                 for name, make in STRATEGIES.items()}
    report = {"machine": platform.machine(), "cpus": os.cpu_count(), "python": platform.python_version(),
              "load": os.getloadavg()[0], "bulk": bulk, "callbacks": callbacks,
              "path": measure_path(records[:PATH_EVENTS], runs=1)}
    show(report, Console(file=sys.stderr if options.json == "-" else sys.stdout))
    if options.json:
        text = json.dumps(report, indent=2) + "\n"
        sys.stdout.write(text) if options.json == "-" else Path(options.json).write_text(text)


def show(report: dict[str, Any], console: Console) -> None:
    """Print the figures."""
    table = Table(title="Records from the ring, a second of CPU time")
    for title in ("how", "records/s", "aim", "requests made"):
        table.add_column(title, justify="left" if title == "how" else "right")
    table.add_row("bulk, into the views", f"{report['bulk']:,.0f}", f"{AIM_BULK:,}", "")
    for name, found in report["callbacks"].items():
        table.add_row(f"callbacks: {name}", f"{found['events']:,.0f}", f"{AIM_CALLBACKS:,}", f"{found['requests']:,}")
    console.print(table)
    show_path(report["path"], console)
    console.print(f"load of the machine {report['load']:.1f} on {report['cpus']} CPUs")


if __name__ == "__main__":
    main()
