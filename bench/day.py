"""How fast the closed loop is in one process: ``python -m bench.day``.

The day of ``tickgate demo`` (sim/loop/story.py) is played, with all that goes wrong in it, once for each ``--gather``:
us for which messages of the feed wait for others to share a packet. Every message goes through the gateware on both
lines. CPU time, setting up left out; the share of the device is what its simulation takes of it.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from sim.loop.check import differences, reconciled
from sim.loop.story import Story
from sim.loop.world import World

__all__ = ["main"]

AIM = 20_000
GATHERS = (0, 1_000, 5_000)


def measure(story: Story, gather: int) -> dict[str, Any]:
    """Return what a day took."""
    setup = story.setup()
    feed = replace(setup.exchange.feed, gather=1_000 * gather)
    setup = replace(setup, exchange=replace(setup.exchange, feed=feed))
    with tempfile.TemporaryDirectory(prefix="tickgate-") as folder, \
            World(setup, story.strategies(), Path(folder) / "journal") as world:
        story.begin(world, lambda moment, when: None)
        device, spent = world.market.transport.device, [0.0]

        def timed(act: Callable[..., Any]) -> Callable[..., Any]:
            def acting(*args: Any) -> Any:
                begin = time.process_time()
                done = act(*args)
                spent[0] += time.process_time() - begin
                return done
            return acting

        for name in ("run", "run_idle", "write_words", "read"):
            setattr(device, name, timed(getattr(device, name)))
        cycle, begin = device.cycle, time.process_time()
        world.run()
        seconds, cycles = time.process_time() - begin, device.cycle - cycle
        if reconciled(world) or differences(world):
            raise SystemExit("the day did not end as it should")
        counters = world.market.device.counters()
        messages = counters["msgs_decoded"]
        return {"gather_us": gather, "messages": messages, "seconds": seconds, "messages_a_second": messages / seconds,
                "requests": counters["risk_accepted"] + counters["risk_refused"],
                "device_share": spent[0] / seconds, "cycles_a_message": cycles / messages}


def main(argv: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.day", description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=20_000, help="of a day, about")
    parser.add_argument("--gather", type=int, action="append", help="us; may be given again")
    parser.add_argument("--profile", default="ecp5_85_gate", help="of the device")
    parser.add_argument("--json", metavar="OUT", help="also write the figures, - for standard output")
    options = parser.parse_args(argv)
    story = Story(messages=options.messages, profile=options.profile)
    report = {"machine": platform.machine(), "cpus": os.cpu_count(), "python": platform.python_version(),
              "load": os.getloadavg()[0], "profile": options.profile,
              "days": [measure(story, gather) for gather in options.gather or GATHERS]}
    show(report, Console(file=sys.stderr if options.json == "-" else sys.stdout))
    if options.json:
        text = json.dumps(report, indent=2) + "\n"
        sys.stdout.write(text) if options.json == "-" else Path(options.json).write_text(text)


def show(report: dict[str, Any], console: Console) -> None:
    """Print the figures."""
    table = Table(title=f"The closed loop through the gateware, {report['profile']}; CPU time")
    for title in ("gathered for", "messages", "requests", "messages/s", "aim", "cycles a message", "device"):
        table.add_column(title, justify="right")
    for day in report["days"]:
        table.add_row(f"{day['gather_us']:,} us", f"{day['messages']:,}", f"{day['requests']:,}",
                      f"{day['messages_a_second']:,.0f}", f"{AIM:,}", f"{day['cycles_a_message']:.1f}",
                      f"{day['device_share']:.0%}")
    console.print(table)
    console.print(f"load of the machine {report['load']:.1f} on {report['cpus']} CPUs")


if __name__ == "__main__":
    main()
