"""What FIX sessions cost with their stores: a message kept, and round trips over loopback, beside QuickFIX.

    python -m bench.fix_link [--trips 3000] [--runs 5] [--json OUT|-]

Store: one outbound message of 200 bytes persisted, and one inbound number, to the end of the call: median and p99 of
wall time; and the CPU time that opening the log takes, by message sent and taken.

Round trip: one process sends a NewOrderSingle, another answers with an ExecutionReport, one in flight, with the store
at both ends: from before the order is handed over to when the report is in the application's hands. p50 and p99 are of
wall time, so a busy machine shows; beside them, the CPU time that both processes took for a round trip. In each run
every subject has its turn; figures are medians over ``--runs`` runs.

``memory``: no journal. ``never``, ``interval``, ``always``: a file, and when the disk must have it. QuickFIX's file
store does not ask the disk either (``never``). Without the wheels of
quickfix and uvloop their lines are left out.
"""

import argparse
import asyncio
import gc
import importlib.util
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from host.fix.acceptor import Acceptor
from host.fix.application import Application
from host.fix.config import SessionConfig, StoreConfig
from host.fix.initiator import Initiator
from host.fix.loops import UVLOOP, run
from host.fix.message import Message
from host.fix.settings import Settings
from host.fix.template import OrderTemplate
from host.fix.timestamp import stamp
from host.journal.disk import Sync
from wire.fix.fix44 import FIX44
from wire.fix.tags import Tag

__all__ = ["main", "measure"]

#: Ours on uvloop.
UV = "tickgate on uvloop"
#: What is measured of a subject.
FIGURES = ("p50_us", "p99_us", "cpu_us")
#: Trips before those that are measured; by how many times fewer of what waits for a disk.
_WARM, _SLOWER = 100, 10
REPORT = [(Tag.OrderID, b"V1"), (Tag.ExecID, b"E1"), (Tag.ExecType, b"F"), (Tag.OrdStatus, b"2"), (Tag.Symbol, b"AAPL"),
          (Tag.Side, b"1"), (Tag.LeavesQty, b"0"), (Tag.CumQty, b"100"), (Tag.AvgPx, b"210.05")]


def say(number: int) -> int:
    """Tell ``number`` to the process that measures; return this process's CPU time, ns."""
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()
    return time.process_time_ns()


def configured(role: str, port: int, store: str, folder: Path) -> SessionConfig:
    """Return the configuration of one side."""
    names = (b"US", b"VENUE") if role == "initiator" else (b"VENUE", b"US")
    settings = Settings(begin_string=b"FIX.4.4", sender=names[0], target=names[1], initiator=role == "initiator",
                        dictionary=FIX44)
    where = StoreConfig() if store == "memory" else StoreConfig(path=folder / f"{role}.log", sync=Sync(store))
    return SessionConfig(name=role, settings=settings, host="127.0.0.1", port=port, store=where)


def measure_store(messages: int) -> dict[str, dict[str, float]]:
    """Return the time of a call of each store, and of opening its log by message, us."""
    found = {}
    for name in ("memory", *(sync.value for sync in Sync)):
        count = messages // _SLOWER if name == "always" else messages
        with tempfile.TemporaryDirectory() as folder:
            config = configured("initiator", 1, name, Path(folder))
            store, raw = config.store.open(config.settings, time.time_ns), bytes(200)
            sent = calls(partial(store.sent, raw=raw), range(1, count + 1))
            taken = calls(store.taken, range(2, count + 2))
            store.close()
            began = time.process_time_ns()
            config.store.open(config.settings, time.time_ns).close()
            opened = (time.process_time_ns() - began) / count
        found[name] = {"sent_us": sent[count // 2] / 1000, "sent_p99_us": sent[count * 99 // 100] / 1000,
                       "taken_us": taken[count // 2] / 1000, "open_us": opened / 1000}
    return found


def calls(act: Callable[[int], None], numbers: range) -> list[int]:
    """Return the times of ``act`` with each of ``numbers``, ns, from the shortest to the longest."""
    times = []
    for number in numbers:
        began = time.perf_counter_ns()
        act(number)
        times.append(time.perf_counter_ns() - began)
    return sorted(times)


# Ours


class Answering(Application):
    """Answers every order."""

    def on_message(self, session: Any, message: Message) -> None:
        """See Application."""
        self.acceptor.send(session, Message(b"8", [*REPORT, (Tag.ClOrdID, message.get(Tag.ClOrdID) or b"")]))

    acceptor: Acceptor


async def answer(store: str, folder: Path) -> None:
    """Be the side that answers, until the input ends; say the port."""
    application = Answering()
    config = configured("acceptor", 0, store, folder)
    async with Acceptor([config], application) as application.acceptor:
        began = say(application.acceptor.port(config.settings.id))
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        say(time.process_time_ns() - began)


class Asking(Application):
    """Sends the next order when the report of the last is there."""

    def __init__(self, trips: int) -> None:
        self.times: list[int] = []
        self._left = trips + _WARM
        self.done = asyncio.Event()
        template = OrderTemplate(b"FIX.4.4", b"D", [(Tag.SenderCompID, b"US"), (Tag.TargetCompID, b"VENUE"),
                                                    (Tag.HandlInst, b"1"), (Tag.OrdType, b"2"), (Tag.Symbol, b"AAPL")],
                                 FIX44)
        self._make = lambda seq, now: template.encode(seq, now, b"C%d" % seq, b"1", 100, 2_100_500)

    initiator: Initiator

    def on_logon(self, session: Any) -> None:
        """See Application."""
        self._next()

    def on_message(self, session: Any, message: Message) -> None:
        """See Application."""
        self.times.append(time.perf_counter_ns() - self._began)
        self._next()

    def _next(self) -> None:
        self._left -= 1
        if self._left < 0:
            self.done.set()
        else:
            self._began = time.perf_counter_ns()
            self.initiator.endpoint.send_made(self._make)


async def ask(port: int, store: str, folder: Path, trips: int) -> list[int]:
    """Return the times of ``trips`` round trips, ns."""
    application = Asking(trips)
    application.initiator = Initiator(configured("initiator", port, store, folder), application)
    async with application.initiator:
        await application.done.wait()
    return application.times[_WARM:]


# QuickFIX


def engine(role: str, port: int, store: str, folder: Path, application: Any) -> Any:
    """Return QuickFIX's engine for one side."""
    fix = importlib.import_module("quickfix")
    names = ("US", "VENUE") if role == "initiator" else ("VENUE", "US")
    where = ({"SocketConnectHost": "127.0.0.1", "SocketConnectPort": port} if role == "initiator"
             else {"SocketAcceptPort": port})
    lines = {"ConnectionType": role, "StartTime": "00:00:00", "EndTime": "00:00:00", "HeartBtInt": 30,
             "SocketNodelay": "Y", "UseDataDictionary": "N", "FileStorePath": folder / role,
             "ReconnectInterval": 1} | where
    path = folder / f"{role}.cfg"
    path.write_text("".join(("[DEFAULT]\n", *(f"{key}={value}\n" for key, value in lines.items()),
                             f"[SESSION]\nBeginString=FIX.4.4\nSenderCompID={names[0]}\nTargetCompID={names[1]}\n")))
    settings = fix.SessionSettings(str(path))
    made = fix.MemoryStoreFactory() if store == "memory" else fix.FileStoreFactory(settings)
    return (fix.SocketInitiator if role == "initiator" else fix.SocketAcceptor)(application, made, settings)


def quickfix_application(take: Any) -> Any:
    """Return a QuickFIX application: ``take(module, message or None at logon, session)``."""
    fix = importlib.import_module("quickfix")

    class Peer(fix.Application):  # type: ignore[name-defined, misc]
        def onLogon(self, session: Any) -> None:
            take(fix, None, session)

        def fromApp(self, message: Any, session: Any) -> None:
            take(fix, message, session)

        def ignored(self, *_: Any) -> None:
            """Nothing is to be done."""

        onCreate = onLogout = toAdmin = fromAdmin = toApp = ignored

    return Peer()


def send_quickfix(fix: Any, kind: str, pairs: list[tuple[int, str]], session: Any) -> None:
    """Send a message through QuickFIX."""
    message = fix.Message()
    message.getHeader().setField(35, kind)
    for tag, value in pairs:
        message.setField(tag, value)
    fix.Session.sendToTarget(message, session)


def answer_quickfix(port: int, store: str, folder: Path) -> None:
    """Be the side that answers, until the input ends."""
    pairs = [(int(tag), value.decode()) for tag, value in REPORT]

    def take(fix: Any, message: Any, session: Any) -> None:
        if message is not None:
            send_quickfix(fix, "8", [*pairs, (11, message.getField(11))], session)

    running = engine("acceptor", port, store, folder, quickfix_application(take))
    running.start()
    began = say(port)
    sys.stdin.read()
    say(time.process_time_ns() - began)
    running.stop()


def ask_quickfix(port: int, store: str, folder: Path, trips: int) -> list[int]:
    """Return the times of ``trips`` round trips, ns."""
    times: list[int] = []
    done, began = threading.Event(), [0]

    def take(fix: Any, message: Any, session: Any) -> None:
        if message is not None:
            message.getField(11)
            times.append(time.perf_counter_ns() - began[0])
        if len(times) == trips + _WARM:
            done.set()
            return
        began[0] = time.perf_counter_ns()
        send_quickfix(fix, "D", [(11, f"C{len(times)}"), (21, "1"), (40, "2"), (55, "AAPL"), (54, "1"), (38, "100"),
                                 (44, "210.05"), (60, stamp(time.time_ns()).decode())], session)

    running = engine("initiator", port, store, folder, quickfix_application(take))
    running.start()
    if not done.wait(120):
        raise SystemExit("quickfix does not answer")
    running.stop()
    return times[_WARM:]


# Both


def trip(library: str, store: str, trips: int) -> tuple[float, float, float]:
    """Return p50 and p99 of a round trip, and the CPU time that it took both sides, us."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "bench.fix_link", "--answer", library, store, name]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            try:
                assert other.stdin and other.stdout
                port = int(other.stdout.readline())
                gc.collect()
                began = time.process_time_ns()
                times = sorted(ask_quickfix(port, store, folder, trips) if library == "quickfix" else
                               run(ask(port, store, folder, trips), uvloop=library == UV))
                spent = time.process_time_ns() - began
                other.stdin.close()
                spent += int(other.stdout.readline())
            finally:
                if other.stdin:
                    other.stdin.close()
                other.wait(30)
    return times[len(times) // 2] / 1000, times[len(times) * 99 // 100] / 1000, spent / (trips + _WARM) / 1000


def measure(trips: int, runs: int) -> dict[str, dict[str, float]]:
    """Return the figures by subject."""
    subjects = [(library, store) for library in (("tickgate", UV) if UVLOOP else ("tickgate",))
                for store in ("memory", "never", "interval", "always")]
    if importlib.util.find_spec("quickfix"):
        subjects += [("quickfix", "memory"), ("quickfix", "never")]
    found: dict[tuple[str, str], list[tuple[float, ...]]] = {subject: [] for subject in subjects}
    for _ in range(runs):
        for subject in subjects:
            found[subject].append(trip(*subject, max(trips // _SLOWER, 1) if subject[1] == "always" else trips))
    return {f"{library}, {store}": dict(zip(FIGURES, map(median, zip(*each, strict=True)), strict=True))
            for (library, store), each in found.items()}


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.fix_link", description=__doc__.splitlines()[0])
    parser.add_argument("--trips", type=int, default=3000, help="round trips in a run")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", metavar="OUT", help="also write the figures, - for standard output")
    parser.add_argument("--answer", nargs=3, metavar=("LIBRARY", "STORE", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.answer:
        library, store, folder = options.answer
        if library != "quickfix":
            run(answer(store, Path(folder)), uvloop=library == UV)
        else:
            with socket.create_server(("127.0.0.1", 0)) as server:
                port = server.getsockname()[1]
            answer_quickfix(port, store, Path(folder))
        return
    report = {"machine": platform.machine(), "cpus": os.cpu_count(), "python": platform.python_version(),
              "store": measure_store(max(options.trips, 1000)), "round_trip": measure(options.trips, options.runs)}
    console = Console(file=sys.stderr if options.json == "-" else sys.stdout)
    table = Table("store", "sent us", "p99", "taken us", "open, us a message", title="A message of 200 bytes kept")
    for name, figures in report["store"].items():
        table.add_row(name, *(f"{figure:.1f}" for figure in figures.values()))
    console.print(table)
    table = Table("what, store", "p50 us", "p99 us", "CPU us of both", title="NewOrderSingle, ExecutionReport")
    for name, figures in report["round_trip"].items():
        table.add_row(name, *(f"{figures[figure]:.0f}" for figure in FIGURES))
    console.print(table)
    if options.json:
        text = json.dumps(report, indent=2) + "\n"
        sys.stdout.write(text) if options.json == "-" else Path(options.json).write_text(text)


if __name__ == "__main__":
    main()
