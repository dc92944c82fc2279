"""``tickgate run``: strategies trade, live as a file describes it, or a day in one process, all of it simulated."""

import argparse
import importlib
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from host.cli.amounts import positions_table
from host.cli.console import wide_console
from host.cli.errors import CHECK_FAILED, UserError
from host.cli.live import run_live
from host.cli.risk_common import Names
from host.fix.tables import ConfigError
from host.fix.tables import Table as ConfigTable
from host.oms.outputs import Alarm
from host.positions.positions import BookingAlarm
from host.strategy.interface import RequestError, Strategy
from host.strategy.registry import STRATEGIES, strategy_of
from wire.profiles import PROFILES
from wire.risk import Rule

__all__ = ["add_parser"]

#: Steps of the progress bar.
_SLICES = 100
_RULES = frozenset(f"risk_{rule.name.lower()}" for rule in Rule if rule.name)


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``run`` to the command's sub-commands."""
    parser = commands.add_parser(
        "run", help="let strategies trade, live or a day on a virtual clock",
        description="With CONFIG: be the host on a device and a venue that run by themselves, until SIGINT or SIGTERM; "
                    "docs/live.md tells how. Without: play a day on a virtual clock, exchange, feed, FPGA and host in "
                    "one process; the same options give the same journal, byte for byte. docs/loop.md tells how.")
    parser.add_argument("config", nargs="?", type=Path, metavar="CONFIG",
                        help="the host's configuration (TOML); live.toml is one. All options are of the other way")
    parser.add_argument("--replay", type=Path, metavar="FILE",
                        help="trade in a recorded market, an ITCH 5.0 BinaryFILE, instead of with a crowd")
    parser.add_argument("--symbols", metavar="NAME,...", help="of the record that are traded (default: the 8 busiest)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the crowd (default: 1)")
    parser.add_argument("--seconds", type=int, metavar="S",
                        help="that the market is open (default: 10, or all of the record)")
    parser.add_argument("--rate", type=int, default=100, metavar="N", help="acts of the crowd a second (default: 100)")
    parser.add_argument("--faults", default="", metavar="SPEC", help="of the feed's lines; docs/exchange.md tells how")
    parser.add_argument("--strategy", action="append", metavar="NAME[:KEY=N,...]",
                        help=f"{', '.join(STRATEGIES)}, with parameters; may be given again (default: imbalance, then "
                             "market_maker)")
    parser.add_argument("--profile", choices=list(PROFILES), default="sim", help="of the device (default: sim)")
    parser.add_argument("--journal", type=Path, metavar="FILE", help="where the journal goes (default: nowhere)")
    parser.set_defaults(run=lambda args: _run(args) if args.config is None else _live(parser, args))


def _live(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    for name, value in vars(args).items():
        if name not in ("config", "run", "command") and value != parser.get_default(name):
            raise UserError(f"--{name} is for a day on a virtual clock; {args.config} says all there is to say")
    return run_live(args.config)


def _run(args: argparse.Namespace) -> int:
    try:
        setup = _recording(args) if args.replay else _scenario(args)
        symbols = [symbol.name for symbol in setup.exchange.symbols]
        strategies = [_strategy(text, symbols) for text in args.strategy or ("imbalance", "market_maker")]
    except (ConfigError, importlib.import_module("sim.market.source").MarketFileError) as error:
        raise UserError(str(error)) from None
    if args.journal is not None:
        return _play(setup, strategies, args.journal)
    with tempfile.TemporaryDirectory(prefix="tickgate-") as folder:
        return _play(setup, strategies, Path(folder) / "journal")


def _scenario(args: argparse.Namespace) -> Any:
    seconds = 10 if args.seconds is None else args.seconds
    return importlib.import_module("sim.loop.scenario").Scenario(
        seed=args.seed, seconds=seconds, rate=args.rate, faults=args.faults, profile=args.profile).setup()


def _recording(args: argparse.Namespace) -> Any:
    symbols = tuple(args.symbols.split(",")) if args.symbols else ()
    return importlib.import_module("sim.loop.recording").Recording(
        path=args.replay, symbols=symbols, seconds=args.seconds, faults=args.faults, profile=args.profile).setup()


def _strategy(text: str, symbols: Sequence[str]) -> Strategy:
    """Return the strategy of NAME[:KEY=N,...]. Raises ConfigError, UserError."""
    name, _, rest = text.partition(":")
    content: dict[str, Any] = {"name": name}
    for part in filter(None, rest.split(",")):
        key, _, value = part.partition("=")
        if not value.isascii() or not value.isdigit():
            raise UserError(f"--strategy {text}: {key} must be a number, not {value!r}")
        content[key] = int(value)
    return strategy_of(ConfigTable(f"--strategy {text}", content, Path()), symbols)


def _play(setup: Any, strategies: Sequence[Strategy], journal: Path) -> int:
    checks = importlib.import_module("sim.loop.check")
    console = wide_console()
    with importlib.import_module("sim.loop.world").World(setup, strategies, journal) as world:
        begin, started = world.clock.now(), time.monotonic()
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("trading", total=_SLICES)
            for part in range(1, _SLICES + 1):
                try:
                    world.run(begin + (world.end - begin) * part // _SLICES)
                except RequestError as error:
                    raise UserError(str(error)) from None
                progress.advance(task)
        spent = time.monotonic() - started
        breaks, differences = checks.reconciled(world), checks.differences(world)
        engine = world.exchange.venue.engine
        marks = {index: engine.last(symbol.locate) for index, symbol in enumerate(setup.exchange.symbols)}
        console.print(_counts(world))
        console.print(positions_table(world.ledger.positions, Names.of(setup.limits), marks))
        for alarm in world.loop.alarms:
            console.print(_alarm_text(alarm, begin), markup=False, soft_wrap=True)
        for text in (*map(str, breaks), *differences):
            console.print(text, markup=False, soft_wrap=True)
        messages = world.exchange.venue.feed.next - 1
    console.print(f"{len(breaks)} breaks with the exchange, {len(differences)} differences between gate and host; "
                  f"{messages / spent:,.0f} messages a second")
    return CHECK_FAILED if breaks or differences else 0


def _counts(world: Any) -> Table:
    counts, counters = world.loop.counts, world.market.device.counters()
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    rows = {"messages of the exchange's feed": world.exchange.venue.feed.next - 1,
            "lost by both lines, asked for": world.recovered, "records of the device": counts["records"],
            "asked for by strategies": counts["intents"], "accepted by the gate": counts["accepted"],
            "refused by the gate": counts["refused"],
            **{f"  for {name.removeprefix('risk_')}": count for name, count in counters.items()
               if name in _RULES and count},
            "messages to the exchange": counts["messages sent"], "fills": counts["fills"],
            "busts": counts["busts"], "corrections": counts["corrects"]}
    for name, count in rows.items():
        table.add_row(name, f"{count:,}")
    return table


def _alarm_text(alarm: Alarm | BookingAlarm, begin: int) -> str:
    """Return an alarm as a line; begin: ns since 1970, from which its time counts."""
    if isinstance(alarm, BookingAlarm):
        return f"booking: {alarm}"
    after = (alarm.time - begin) // 1_000
    return f"{after // 1_000_000}.{after % 1_000_000:06d} s: {alarm.kind.value}: {alarm.text}"
