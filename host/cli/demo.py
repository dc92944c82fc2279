"""``tickgate demo``: books checked message by message, then a day of trading on the simulated FPGA, and its report."""

import argparse
import importlib
import io
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from host.cli.console import result_console
from host.cli.day import show_day
from host.cli.errors import CHECK_FAILED, UserError
from host.cli.output import check_writable
from host.cli.replay import Plan, replay
from host.cli.run_report import drawing, write_report
from host.journal.journal import read_journal
from host.oms.inputs import Sent, Verdict
from host.oms.outputs import AlarmKind
from host.report.data import Event, Names, Outcome, RunData
from host.report.history import read_history
from host.report.recorder import Recorder
from host.run.gateway import all_verdicts
from host.run.ledger import INPUTS
from host.run.stopwatch import Stopwatch
from wire.profiles import PROFILES

__all__ = ["FAULTS", "add_parser", "run"]

#: Line A loses, repeats, exchanges and damages frames, and is silent for a while; line B covers.
FAULTS = "a:loss=0.03,dup=0.02,reorder=0.02,corrupt=0.005,silence=4000-4600;seed=7"
_MESSAGES, _CHECKED, _SYMBOLS = 100_000, 5_000, 8
_BOOK_MESSAGES = 20_000
#: Orders of the generated session lie within this part of a window: a book that reaches beyond is not live, and what is
#: not live is not compared.
_REACH = 4
#: Virtual time between two looks at the bar, ns.
_SLICE = 20_000_000


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``demo`` to the command's sub-commands."""
    parser = commands.add_parser(
        "demo", help="trade a day on the simulated FPGA, with all that goes wrong on a day",
        description="Check the device's books against the reference model, then trade a day: exchange, feed, FPGA and "
                    f"host in one process, {_SYMBOLS} symbols, two strategies; lines fail, a symbol is halted, limits "
                    "bite, trading is killed and resumed, the host dies. The report must show no break.")
    parser.add_argument("--messages", type=int, metavar="N",
                        help=f"messages of the feed, about (default: {_MESSAGES}, {_BOOK_MESSAGES} with --books)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the day (default: 1)")
    parser.add_argument("--profile", choices=list(PROFILES), default="ecp5_85_gate",
                        help="of the device (default: ecp5_85_gate, which is placed and routed for a board)")
    parser.add_argument("--books", action="store_true",
                        help="only the books, of a generated session over a bad line, and all that is known of them")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the day's report as a page")
    parser.add_argument("--png", type=Path, metavar="FILE", help="write it as a picture")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    if args.messages is not None and args.messages < 1:
        raise UserError(f"--messages must be at least 1, not {args.messages}")
    wanted = [path for path in (args.html, args.png) if path is not None]
    if wanted:
        drawing()
    for path in wanted:
        check_writable(path)
    if args.books:
        return _books(args.messages or _BOOK_MESSAGES, "sim", result_console())
    if PROFILES[args.profile].symbols < _SYMBOLS or not PROFILES[args.profile].accounts:
        raise UserError(f"--profile {args.profile}: the day needs {_SYMBOLS} symbols and a risk gate")
    console, told = result_console(), io.StringIO()
    status = _books(_CHECKED, args.profile, Console(file=told, width=120))
    console.print(Text.assemble(("books  ", "bold cyan"), told.getvalue().strip().splitlines()[-1]))
    with tempfile.TemporaryDirectory(prefix="tickgate-") as folder:
        return _day(args, console, Path(folder) / "journal") or status


def _books(messages: int, profile: str, console: Console) -> int:
    """Replay a generated session with faults on line A, which line B covers, and compare every book with the reference
    model's; return the exit status."""
    generator = importlib.import_module("sim.market.generator")
    binaryfile = importlib.import_module("sim.market.binaryfile")
    with tempfile.TemporaryDirectory(prefix="tickgate-") as folder:
        path = Path(folder) / "demo.itch"
        try:
            deepest = min(generator.Session.deepest, PROFILES[profile].window // _REACH)
            session = generator.Session(messages=messages, symbols=_SYMBOLS, deepest=deepest)
        except ValueError as error:
            raise UserError(str(error)) from None
        binaryfile.write_binaryfile(path, generator.generate(session))
        return replay(Plan(file=path, profile=profile, check=True, faults=FAULTS,
                           title=f"generated session of {_SYMBOLS} symbols"), console=console)


def _day(args: argparse.Namespace, console: Console, journal: Path) -> int:
    checks = importlib.import_module("sim.loop.check")
    story = importlib.import_module("sim.loop.story").Story(
        messages=args.messages or _MESSAGES, seed=args.seed, profile=args.profile)
    setup = story.setup()
    with importlib.import_module("sim.loop.world").World(setup, story.strategies(), journal) as world:
        device = world.market.device
        opening = world.exchange.midnight + setup.exchange.day.open
        recorder = Recorder(device.reader(), all_verdicts(world.market.gate),
                            names=Names(symbols=world.symbols), clock_hz=device.capabilities.clock_hz,
                            midnight=world.exchange.midnight)
        spent, events = _play(world, story, recorder)
        breaks, differences = checks.reconciled(world), checks.differences(world)
        market = recorder.finish(counters=device.counters(), outcome=Outcome(
            breaks=tuple(map(str, breaks)), differences=tuple(differences)))
        traded = read_history(world.journal.path, world.settings)
        engine, sent = world.exchange.venue.engine, world.exchange.venue.feed.next - 1
        console.print(Text.assemble(("day    ", "bold cyan"), (
            f"{len(world.symbols)} symbols, imbalance and market maker, on {args.profile}, "
            f"{device.capabilities.clock_hz / 1e6:g} MHz: {sent:,} messages in {spent:.1f} s, "
            f"{sent / spent:,.0f} messages a second")))
        console.print()
        sound = show_day(console, market, traded, events=events, opening=opening,
                         positions=world.ledger.positions, sent=sent, direct=_direct(world.journal.path),
                         marks={index: engine.last(symbol.locate)
                                for index, symbol in enumerate(setup.exchange.symbols)})
        if args.html or args.png:
            write_report(RunData(title=f"A day of {len(world.symbols)} symbols on {args.profile}", traded=traded,
                                 market=market, names=market.names), html=args.html, png=args.png)
        for path in filter(None, (args.html, args.png)):
            console.print(Text.assemble(("report ", "bold cyan"), str(path)), soft_wrap=True)
        wrong = [*map(str, breaks), *differences]
        console.print(_verdict(len(breaks), wrong, len(traded.fills), sound=sound))
    return CHECK_FAILED if wrong or not sound else 0


def _direct(journal: Path) -> int:
    """Return how many messages went to the exchange without the gate: a kill's cancels, questions."""
    passed, sent = set(), list[int]()
    for entry in read_journal(journal, INPUTS):
        if isinstance(entry.record, Verdict) and entry.record.accepted:
            passed.add(entry.record.request)
        elif isinstance(entry.record, Sent):
            sent.append(entry.record.request)
    return sum(request not in passed for request in sent)


def _play(world: Any, story: Any, recorder: Recorder) -> tuple[float, list[Event]]:
    """Play the day; return the seconds that it took, and what happened."""
    watch = Stopwatch(recorder.timing, world.clock.now)
    watch.watch(world.loop)
    events, loop, known = list[Event](), world.loop, 0
    feed, console = world.exchange.venue.feed, Console(stderr=True)
    with Progress(TextColumn("trading"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                  TextColumn("{task.description}"), console=console, transient=True,
                  disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=story.messages)

        def alarms() -> None:
            nonlocal loop, known
            events.extend(Event(alarm.time, alarm.kind.value, alarm.text, alarm.kind is not AlarmKind.STARTED)
                          for alarm in loop.alarms[known:])
            known = len(loop.alarms)
            if loop is not world.loop:
                loop, known = world.loop, 0
                watch.watch(loop)

        def told(moment: Any, when: int) -> None:
            alarms()
            bar.update(task, description=moment.text)
            recorder.event(when, moment.name, moment.text)
            if not moment.alarmed:
                events.append(Event(when, moment.name, moment.text))

        story.begin(world, told)
        begin = time.perf_counter()
        for until in range(world.clock.now(), world.end + _SLICE, _SLICE):
            world.run(min(until, world.end))
            recorder.collect()
            alarms()
            bar.update(task, completed=min(feed.next - 1, story.messages))
        return time.perf_counter() - begin, events


def _verdict(breaks: int, wrong: list[str], trades: int, *, sound: bool) -> Panel:
    """Return the last word."""
    if wrong or not sound:
        return Panel(Text("\n".join([f"{breaks} breaks", *wrong, *([] if sound else ["counts do not add up"])])),
                     title="reconciliation", border_style="red", expand=False)
    return Panel(Text.assemble(("0 breaks", "bold green"), f": exchange, gate and host agree on every order, position "
                               f"and limit, and on all {trades:,} trades"),
                 title="reconciliation", border_style="green", expand=False)
