"""The matching engine's speed: commands a second, on one core, in plain Python.

    python -m bench.exchange [--commands 200000] [--symbols 8] [--runs 5] [--json OUT|-]

Commands are those of a random crowd (sim/exchange/flow), recorded once and then given to fresh engines, whose events
must come to the same numbers: with the message mix of a real day, in which few orders trade, and with a mix in which a
fifth of the commands trade. Each command is timed alone in a run of its own, which gives the percentiles. The
collector of garbage is on, and leaves the recorded commands alone: the engine makes no cycles, so one who is in a hurry
may turn it off (``off``). Beside it: the engine with its crowd, and the replay of a made ITCH session.

Speeds are measured in CPU time, medians over ``--runs`` runs.
"""

import argparse
import gc
import json
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from sim.exchange.commands import Command
from sim.exchange.engine import Engine
from sim.exchange.events import Executed
from sim.exchange.flow.crowd import ACTS, Crowd, CrowdSettings
from sim.exchange.flow.recorded import Recorded
from sim.exchange.symbols import Symbol
from sim.market.generator import Session, generate, locate_of
from wire.itch50 import TradingAction

__all__ = ["main"]

AIM = 200_000
SEED = 20261121
#: Commands before the measured ones, which build the books up.
WARM = 5_000
MIXES = {"mix of a real day": ACTS,
         "a fifth trades": {"add": 0.45, "delete": 0.15, "replace": 0.15, "trade": 0.20, "reduce": 0.05}}


def fresh(symbols: int) -> Engine:
    """Return an engine whose symbols trade."""
    return Engine([Symbol(locate=1 + number, name=f"S{number}", reference=100_000 * (1 + number),
                          state=TradingAction.TRADING) for number in range(symbols)])


def record(mix: dict[str, float], count: int, symbols: int) -> tuple[list[tuple[Command, int]], Counter[str], float]:
    """Return a crowd's commands with their times, the events that the last ``count`` of them gave, and the CPU time of
    crowd and engine together for these, s."""
    engine = fresh(symbols)
    crowd = Crowd(engine, CrowdSettings(seed=SEED, mix=dict(mix)))
    commands, events, begin = [], Counter(), 0.0
    for number in range(WARM + count):
        if number == WARM:
            events.clear()
            begin = time.process_time()
        now, command = crowd.due(), crowd.act()
        commands.append((command, now))
        happened = engine.apply(command, now)
        crowd.saw(happened)
        events.update(type(event).__name__ for event in happened)
    return commands, events, time.process_time() - begin


def measure(mix: dict[str, float], count: int, symbols: int, runs: int) -> dict[str, Any]:
    """Return figures of one mix."""
    commands, events, together = record(mix, count, symbols)
    gc.collect()
    gc.freeze()
    seconds = {True: [], False: []}
    for collecting in (True, False) * runs:
        engine = warmed(commands, symbols)
        apply, made = engine.apply, 0
        if not collecting:
            gc.disable()
        begin = time.process_time()
        for command, now in commands[WARM:]:
            made += len(apply(command, now))
        seconds[collecting].append(time.process_time() - begin)
        gc.enable()
        if made != events.total():
            raise SystemExit(f"the engine gave {made} events, and {events.total()} for the same commands before")
    alone = np.fromiter(each(warmed(commands, symbols), commands[WARM:]), np.int64)
    return {"commands": count, "commands_per_second": count / median(seconds[True]),
            "without_collector": count / median(seconds[False]), "crowd_and_engine": count / together,
            "executions": events[Executed.__name__] // 2, "events": dict(events),
            "percentiles_us": {str(q): float(np.percentile(alone, q)) / 1e3 for q in (50, 90, 99, 99.9, 100)}}


def warmed(commands: list[tuple[Command, int]], symbols: int) -> Engine:
    """Return an engine that has done the first commands."""
    engine = fresh(symbols)
    for command, now in commands[:WARM]:
        engine.apply(command, now)
    return engine


def each(engine: Engine, commands: list[tuple[Command, int]]) -> Iterator[int]:
    """Yield the time of each command, ns by the wall clock."""
    clock = time.perf_counter_ns
    for command, now in commands:
        begin = clock()
        engine.apply(command, now)
        yield clock() - begin


def measure_replay(count: int) -> dict[str, Any]:
    """Return how fast a made session of ``count`` messages is replayed into an engine."""
    messages = generate(Session(messages=count, symbols=1, seed=SEED))
    recorded = Recorded(engine := fresh(1), messages, {locate_of(0): 1})
    begin = time.process_time()
    while (now := recorded.due()) is not None:
        command = recorded.act()
        if command is not None:
            recorded.saw(engine.apply(command, now))
    return {"messages": len(messages), "messages_per_second": len(messages) / (time.process_time() - begin)}


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.exchange", description=__doc__.splitlines()[0])
    parser.add_argument("--commands", type=int, default=200_000, help="commands of each mix")
    parser.add_argument("--symbols", type=int, default=8)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", metavar="OUT", help="also write the figures, - for standard output")
    options = parser.parse_args(argv)
    report = {"machine": platform.machine(), "cpus": os.cpu_count(), "python": platform.python_version(),
              "mixes": {name: measure(mix, options.commands, options.symbols, options.runs)
                        for name, mix in MIXES.items()},
              "replay": measure_replay(options.commands)}
    show(report, Console(file=sys.stderr if options.json == "-" else sys.stdout))
    if options.json:
        text = json.dumps(report, indent=2) + "\n"
        sys.stdout.write(text) if options.json == "-" else Path(options.json).write_text(text)


def show(report: dict[str, Any], console: Console) -> None:
    """Print the figures."""
    table = Table(title=f"Matching engine, one core (aim: {AIM:,} commands/s)")
    for title in ("flow", "commands/s", "off", "trades", "50 %", "99 %", "99.9 %", "with crowd"):
        table.add_column(title, justify="left" if title == "flow" else "right")
    for name, found in report["mixes"].items():
        at = found["percentiles_us"]
        table.add_row(name, f"{found['commands_per_second']:,.0f}", f"{found['without_collector']:,.0f}",
                      f"{found['executions']:,}", *(f"{at[q]:,.1f} us" for q in ("50", "99", "99.9")),
                      f"{found['crowd_and_engine']:,.0f}")
    console.print(table)
    replay = report["replay"]
    console.print(f"replay of {replay['messages']:,} made ITCH messages: {replay['messages_per_second']:,.0f} a second")


if __name__ == "__main__":
    main()
