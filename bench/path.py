"""What the host takes from a book event to an order: ``python -m bench.path``, and a part of ``python -m bench.loop``.

The whole loop of host/run, with the shipped imbalance taker, order manager and journal, on a device that is memory
(bench/memory.py). Records are written into its ring one by one, by the loop's own thread: the time is from the record
being visible in memory to the last word of the order's slot being written; that of a turn in which nothing is found
comes on top, half of it on average, where the device writes while the loop turns. Wall time, of the orders alone.
Verdict to venue: from the verdict being visible to the FIX message being given to the session.

The journal is in a file of the system's temporary folder, mapped into memory; it has each order before that leaves, and
is brought to the disk every 100 ms. Of a machine that does something else, too, the first percentile tells best what
the path costs by itself. ``--long`` measures without the short way (host/run/shortcut.py), ``--parts`` each part alone.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.books import books
from bench.memory import MemoryTransport, MemoryVenue
from bench.parts import measure_parts
from host.device.driver import Device
from host.device.reader import EventReader
from host.journal.disk import Sync
from host.journal.journal import Journal
from host.machine.tuning import Tuning, tune
from host.oms.book import Phase
from host.oms.fix import FixOrders, Names
from host.oms.outputs import AlarmKind
from host.oms.settings import Settings
from host.risk.gate import Gate
from host.run.gateway import Gateway
from host.run.ledger import INPUTS, Ledger
from host.run.loop import Loop
from host.strategy.dispatch import Dispatch
from host.strategy.imbalance import Imbalance, ImbalanceParameters
from host.strategy.interface import Context
from host.strategy.views import Views
from host.telemetry.latency import Latency
from wire.profiles import PROFILES
from wire.records import record_dtype

__all__ = ["AIM", "measure_path", "show_path"]

#: p50, ns.
AIM = 5_000
PERCENT = (1.0, 50.0, 99.0, 99.9, 100.0)
_WARM = 500


class Desk:
    """A loop that trades with memory; ``trade`` lets it see a record."""

    def __init__(self, folder: Path, *, entries: int = 1 << 12, symbols: int = 8, shortcut: bool = True) -> None:
        levels = PROFILES["sim"].levels
        self.ring = np.zeros(entries, record_dtype(levels))
        self._seq = self.ring["seq"]
        self.transport, self.venue = MemoryTransport(self.ring), MemoryVenue()
        gate = Gate(Device(self.transport))
        ledger = Ledger(Settings(open_orders=gate.sizes.open_orders))
        self.journal = Journal(folder / "journal", INPUTS, sync=Sync.INTERVAL)
        ledger.begin(self.journal)
        views = Views(symbols, levels)
        names = Names((b"DESK",), tuple(b"S%d" % symbol for symbol in range(symbols)))
        strategy = Imbalance(ImbalanceParameters(threshold=2_000, pause=0))
        self.loop = Loop(
            ledger=ledger, dispatch=Dispatch(views, [(strategy, Context(views))]), gateway=Gateway(gate),
            records=EventReader(self.ring), venue=self.venue, clock=time.time_ns, shortcut=shortcut,
            orders=FixOrders(names=names, begin_string=b"FIX.4.4", digits=9), shut=lambda output: None)
        self.loop.start(epoch=1, day=0)
        self._settle()
        if ledger.oms.book.phase is not Phase.OPEN:
            raise SystemExit(f"trading is {ledger.oms.book.phase.value}: {self.loop.alarms}")

    def trade(self, number: int, record: Any) -> tuple[int, int]:
        """Show ``record`` as number ``number`` (from 1). Return ns to the order, and from its verdict to the
        venue; zeros when there was none."""
        place = (number - 1) % len(self.ring)
        self.ring[place] = record
        self._seq[place] = 0
        begin = time.perf_counter_ns()
        self._seq[place] = number
        self.loop.step()
        written = self.transport.written
        if written < begin:
            return 0, 0
        self.transport.decide()
        decided = time.perf_counter_ns()
        self.loop.step()
        sent = self.venue.sent
        self._settle()
        return written - begin, sent - decided

    def idle(self) -> int:
        """Return ns of a turn that finds nothing."""
        begin = time.perf_counter_ns()
        self.loop.step()
        return time.perf_counter_ns() - begin

    def _settle(self) -> None:
        """Let gate and venue answer until there is nothing to be said."""
        while self.venue.answer() | self.loop.step() | self.transport.decide() > 0:
            pass

    def close(self) -> None:
        """End."""
        self.journal.close()


def measure_path(records: np.ndarray, *, runs: int = 1, shortcut: bool = True) -> dict[str, Any]:
    """Return ns by stage and percentile, and how many orders there were. records: of books."""
    stages = {name: Latency() for name in ("event to order", "verdict to venue", "idle turn")}
    order, venue, idle = stages.values()
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="tickgate-bench-") as folder:
            desk = Desk(Path(folder), shortcut=shortcut)
            try:
                for number, record in enumerate(records, 1):
                    to_order, to_venue = desk.trade(number, record)
                    if number > _WARM:
                        idle.record(desk.idle())
                        if to_order:
                            order.record(to_order)
                            venue.record(to_venue)
                alarms = [alarm for alarm in desk.loop.alarms if alarm.kind is not AlarmKind.STARTED]
            finally:
                desk.close()
        if alarms:
            raise SystemExit(f"the run was no clean one: {alarms[0]}")
    return {"orders": order.count,
            "ns": {name: {f"{percent:g}": ns for percent, ns in stage.quantiles(PERCENT).items()}
                   for name, stage in stages.items()}}


def show_path(found: dict[str, Any], console: Console) -> None:
    """Print what ``measure_path`` returned."""
    table = Table(title=f"The host's path, us of wall time, {found['orders']:,} orders by the imbalance taker")
    for title in ("stage", "p1", "p50", "p99", "p99.9", "most", "aim, p50"):
        table.add_column(title, justify="left" if title == "stage" else "right")
    for name, percent in found["ns"].items():
        aim = f"{AIM / 1_000:.1f}" if name == "event to order" else ""
        table.add_row(name, *(f"{ns / 1_000:.1f}" for ns in percent.values()), aim)
    console.print(table)


def show_parts(parts: dict[str, dict[str, int]], console: Console) -> None:
    """Print what ``measure_parts`` returned."""
    table = Table(title="Its parts, each alone, us of wall time")
    for title in ("part", "p1", "p50"):
        table.add_column(title, justify="left" if title == "part" else "right")
    for name, percent in parts.items():
        table.add_row(name, *(f"{ns / 1_000:.2f}" for ns in percent.values()))
    console.print(table)


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.path", description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=8_192, help="records shown in a run, a power of two")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tune", action="store_true", help="measure again with what `tickgate tune` applies")
    parser.add_argument("--long", action="store_true", help="measure again with no order leaving before it is folded")
    parser.add_argument("--parts", action="store_true", help="measure each part of the path by itself, too")
    parser.add_argument("--json", metavar="OUT", help="also write the figures, - for standard output")
    options = parser.parse_args(argv)
    records = books(options.events, 8)
    console = Console(file=sys.stderr if options.json == "-" else sys.stdout)
    report = {"load": os.getloadavg()[0], "plain": measure_path(records, runs=options.runs)}
    show_path(report["plain"], console)
    if options.long:
        console.print("without the short way:")
        report["long"] = measure_path(records, runs=options.runs, shortcut=False)
        show_path(report["long"], console)
    if options.parts:
        with tempfile.TemporaryDirectory(prefix="tickgate-bench-") as folder:
            report["parts"] = measure_parts(records, Path(folder))
        show_parts(report["parts"], console)
    if options.tune:
        for outcome in tune(Tuning()):
            console.print(f"{outcome.setting} {'applied' if outcome.applied else 'refused'}: {outcome.detail}")
        report["tuned"] = measure_path(records, runs=options.runs)
        show_path(report["tuned"], console)
    console.print(f"load of the machine {report['load']:.1f} on {os.cpu_count()} CPUs")
    if options.json:
        text = json.dumps(report, indent=2) + "\n"
        sys.stdout.write(text) if options.json == "-" else Path(options.json).write_text(text)


if __name__ == "__main__":
    main()
