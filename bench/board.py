"""Time from the last byte of a question on a board's receive pins to the first byte of its answer on the transmit pins.

    python -m bench.board [--board NAME] [--asks 2000] [--json OUT|-]

The board's whole top is simulated at its pins (sim/board), deterministically: figures are of the gateware, and do not
depend on the machine. The PHY's clock is 40 ppm faster than the board's, so that questions come at every phase of it.
Times are from the end of the last byte of the FCS to the begin of the preamble, and do not include PHYs or wire; a
cycle is one of the line, 8 ns. The first byte of the frame itself is 8 cycles behind the begin of its preamble.
"""

import argparse
import json
import random
import struct
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from boards.design import design
from boards.names import NAMES, board
from sim.board.model import GIGABIT_HALF, Carriers, SimulatedBoard
from sim.board.traffic import on_wire
from wire.ethernet import BROADCAST, EtherType
from wire.ipv4 import checksum

__all__ = ["main", "measure"]

MAC, IP, HOST_MAC, HOST_IP = 0x0254_4B47_0000, 0xC0A8_0132, 0x00E0_4C68_AABB, 0xC0A8_0101
CYCLE = 8_000_000
#: The PHY's clock against the board's.
HALF = GIGABIT_HALF - GIGABIT_HALF * 40 // 1_000_000
#: Longest idle time before a question, in bytes; and how long an answer may wait to begin, in femtoseconds.
GAPS, WAIT = 400, 3_000_000_000


def _ethernet(destination: int, kind: EtherType, payload: bytes) -> bytes:
    return destination.to_bytes(6, "big") + HOST_MAC.to_bytes(6, "big") + struct.pack(">H", kind) + payload


def arp() -> bytes:
    """Return the question who has the board's address."""
    return _ethernet(BROADCAST, EtherType.ARP, struct.pack(
        ">HHBBH6sI6sI", 1, EtherType.IPV4, 6, 4, 1, HOST_MAC.to_bytes(6, "big"), HOST_IP, bytes(6), IP))


def ping(size: int) -> bytes:
    """Return a ping with ``size`` bytes of data."""
    message = struct.pack(">BBHHH", 8, 0, 0, 1, 1) + bytes(n & 0xFF for n in range(size))
    message = message[:2] + struct.pack(">H", checksum(message)) + message[4:]
    header = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(message), 0, 0, 64, 1, 0, HOST_IP, IP)
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return _ethernet(MAC, EtherType.IPV4, header + message)


def measure(simulated: SimulatedBoard, question: bytes, asks: int, chance: random.Random) -> np.ndarray:
    """Return the times of ``asks`` answers in femtoseconds. Raises RuntimeError when one is missing."""
    simulated.clock(0, half=HALF)
    times = []
    for _ in range(asks):
        carriers = Carriers()
        carriers.add(on_wire(question), gap=chance.randrange(12, GAPS))
        simulated.send(0, carriers)
        simulated.settle(idle=WAIT)
        said = simulated.take(0)
        if len(said.heard) != 1:
            raise RuntimeError(f"{len(said.heard)} answers to one question")
        times.append(int(said.heard["time"][0] - said.ends[0]))
    return np.array(times)


def _row(name: str, times: np.ndarray) -> dict[str, Any]:
    cycles = Counter((times // CYCLE).tolist())
    return {"question": name, "asks": len(times), "ns": {
        part: float(np.percentile(times, at)) / 1e6 for part, at in (("least", 0), ("median", 50), ("p99", 99),
                                                                    ("most", 100))},
            "cycles": {str(cycle): cycles[cycle] for cycle in sorted(cycles)}}


def _show(report: dict[str, Any]) -> None:
    table = Table(title=f"{report['board']}: last byte in to first byte out, ns; core at {report['core_mhz']:g} MHz")
    for name in ("question", "asks", "least", "median", "p99", "most", "whole cycles of 8 ns: answers"):
        table.add_column(name, justify="left" if name in ("question", "whole cycles of 8 ns: answers") else "right")
    for row in report["rows"]:
        table.add_row(row["question"], str(row["asks"]), *(f"{value:.1f}" for value in row["ns"].values()),
                      ", ".join(f"{cycle}: {count}" for cycle, count in row["cycles"].items()))
    Console(file=sys.stderr, width=120).print(table)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.board", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--board", choices=NAMES, default="colorlight_5a75b")
    parser.add_argument("--asks", type=int, default=2000, help="questions of each sort")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="OUT", help="write the figures to OUT, - for standard output")
    options = parser.parse_args(arguments)
    if options.asks < 1:
        parser.error("--asks must be at least 1")
    described = board(options.board)
    chance = random.Random(options.seed)
    with SimulatedBoard(design(described, mac=MAC, ip=IP).verilog, clock_hz=described.clock_hz) as simulated:
        simulated.power_up()
        rows = [_row(name, measure(simulated, question, options.asks, chance)) for name, question in (
            ("ARP", arp()), *((f"ping, {size} bytes", ping(size)) for size in (18, 56, 1472)))]
        report = {"board": described.name, "core_mhz": 1e9 / (2 * simulated.clocks.core_half), "rows": rows}
    _show(report)
    if options.json == "-":
        json.dump(report, sys.stdout, indent=2)
    elif options.json:
        Path(options.json).write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
