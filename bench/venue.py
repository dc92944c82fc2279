"""What the exchange around its matching engine costs: feed, lines, desks for FIX and OUCH. One core, plain Python.

    python -m bench.venue [--orders 20000] [--runs 3] [--json OUT|-]

Each figure is requests a second in CPU time, the median over ``--runs`` runs: commands of a random crowd through the
engine alone, with the feed (ITCH in MoldUDP64), and with both lines under faults; then pairs of orders that trade, from
the message that asks to all messages that answer, by FIX (as fields, and as bytes through both sides' sessions, over no
network) and by OUCH.
"""

import argparse
import json
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from host.fix.message import Message
from host.fix.timestamp import stamp
from sim.exchange.clock import VirtualClock
from sim.exchange.commands import Command
from sim.exchange.config import parse
from sim.exchange.engine import Engine
from sim.exchange.exchange import Exchange
from sim.exchange.flow.crowd import Crowd, CrowdSettings
from sim.exchange.joined import Joined
from sim.exchange.lines import Lines
from sim.exchange.symbols import Symbol
from sim.exchange.venue import Venue
from sim.market.faults import parse_faults
from wire import ouch50
from wire.fix.tags import Tag
from wire.itch50 import TradingAction

__all__ = ["main"]

NOW = 1_795_185_000_000_000_000
SYMBOLS = tuple(Symbol(locate=1 + number, name=f"S{number}", reference=500_000, state=TradingAction.TRADING)
                for number in range(8))
FAULTS = "a:loss=0.01,dup=0.01,reorder=0.01;b:loss=0.01,delay=1000"
CONFIG = """
[[symbol]]
name = "S0"
reference = "50.00"
[feed]
a = "239.255.77.1:26477"
b = "239.255.77.2:26477"
[fix]
address = "127.0.0.1:0"
defaults = { sender = "EXCHANGE" }
[[fix.session]]
target = "ALICE"
[ouch]
address = "127.0.0.1:0"
[[ouch.user]]
name = "ALICE"
"""


def crowd_commands(count: int) -> list[tuple[Command, int]]:
    """Return commands of a crowd, with their times."""
    engine = Engine(SYMBOLS)
    crowd, found = Crowd(engine, CrowdSettings(), start=NOW), []
    while len(found) < count:
        now = crowd.due()
        command = crowd.act()
        if command is not None:
            found.append((command, now))
            crowd.saw(engine.apply(command, now))
    return found


def engine_alone(commands: list[tuple[Command, int]]) -> Callable[[], None]:
    engine = Engine(SYMBOLS)

    def run() -> None:
        for command, now in commands:
            engine.apply(command, now)
    return run


def with_feed(commands: list[tuple[Command, int]], faults: str | None) -> Callable[[], None]:
    venue = Venue(SYMBOLS, session="BENCH", now=NOW, midnight=NOW - 34_200_000_000_000)
    if faults is not None:
        lines = Lines(parse_faults(faults))

        def outlet(packets: list[bytes], now: int) -> None:
            lines.send(packets, now)
            lines.arrived(now)
        venue.outlets.append(outlet)

    def run() -> None:
        for command, now in commands:
            venue.apply(command, now)
    return run


def exchange() -> tuple[Exchange, VirtualClock]:
    clock = VirtualClock(NOW)
    made = Exchange(parse(tomllib.loads(CONFIG), "bench", Path(".")), clock)
    made.begin()
    clock.run(NOW + 1)
    return made, clock


def order(number: int) -> Message:
    return Message(b"D", [(Tag.ClOrdID, b"%d" % number), (Tag.HandlInst, b"1"), (Tag.Symbol, b"S0"),
                          (Tag.Side, b"12"[number % 2:number % 2 + 1]), (Tag.TransactTime, stamp(NOW)),
                          (Tag.OrderQty, b"100"), (Tag.OrdType, b"2"), (Tag.Price, b"50.00")])


def by_fix_desk(count: int) -> Callable[[], None]:
    made, _ = exchange()
    session, orders = made.config.fix[0].settings.id, [order(number) for number in range(count)]

    def run() -> None:
        for message in orders:
            made.fix.take(session, message, NOW + 1)
    return run


def by_fix_sessions(count: int) -> Callable[[], None]:
    made, clock = exchange()
    told: list[Message] = []
    client = Joined(made).client("ALICE", told.append)
    orders = [order(number) for number in range(count)]
    clock.run(NOW + 2)

    def run() -> None:
        for message in orders:
            client.send(message)
            clock.run(clock.now() + 1000)
        assert len(told) == 2 * count, len(told)
    return run


def by_ouch_desk(count: int) -> Callable[[], None]:
    made, _ = exchange()
    orders = [ouch50.pack_inbound("O", user_ref=number, side="BS"[number % 2], quantity=100, symbol="S0",
                                  price=500_000, time_in_force="0", clordid=f"{number}")
              for number in range(1, count + 1)]

    def run() -> None:
        for payload in orders:
            made.ouch.take("ALICE", payload, NOW + 1)
    return run


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.venue", description=__doc__.splitlines()[0])
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", metavar="OUT")
    args = parser.parse_args(argv)
    commands = crowd_commands(args.orders)
    cases = {
        "engine alone": lambda: engine_alone(commands),
        "with feed": lambda: with_feed(commands, None),
        "with feed and lines A, B": lambda: with_feed(commands, ""),
        "the same with faults": lambda: with_feed(commands, FAULTS),
        "orders by FIX, desk and feed": lambda: by_fix_desk(args.orders),
        "orders by FIX, with both sessions": lambda: by_fix_sessions(args.orders),
        "orders by OUCH, desk and feed": lambda: by_ouch_desk(args.orders),
    }
    rates = {}
    for name, prepare in cases.items():
        times = []
        for _ in range(args.runs):
            run = prepare()
            begin = time.process_time()
            run()
            times.append(time.process_time() - begin)
        rates[name] = round(args.orders / median(times))
    table = Table("requests through", "a second", "us each")
    for name, rate in rates.items():
        table.add_row(name, f"{rate:,}", f"{1e6 / rate:.1f}")
    Console().print(table)
    if args.json:
        text = json.dumps({"orders": args.orders, "runs": args.runs, "rates": rates}, indent=2) + "\n"
        sys.stdout.write(text) if args.json == "-" else Path(args.json).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
