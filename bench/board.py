"""Time from a frame's last byte on a board's receive pins to the first byte of what it causes on the transmit pins.

    python -m bench.board [--board NAME] [--asks 1000] [--json OUT|-]

Frames are questions (ARP, ping), and feed: each message of a generated session in a frame of its own, with time for the
record of its book, which comes as a datagram.

The board's whole top is simulated at its pins (sim/board), deterministically: figures are of the gateware, and do not
depend on the machine. The PHY's clock is 40 ppm faster than the board's, so that frames come at every phase of it.
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

from bench.sim import configuration
from boards.design import design
from boards.names import NAMES, board
from host.device.etherbone import Access, encode
from sim.board.model import GIGABIT_HALF, Carriers, SimulatedBoard
from sim.board.traffic import on_wire
from sim.market.frames import LINE_A
from sim.market.generator import Session, generate
from sim.market.schedule import schedule
from wire.etherbone import PORT
from wire.ethernet import BROADCAST, EtherType
from wire.hostlink import address
from wire.ipv4 import checksum
from wire.profiles import PROFILES, Profile
from wire.registers import by_name

__all__ = ["answers", "events", "main"]

MAC, IP, HOST_MAC, HOST_IP = 0x0254_4B47_0000, 0xC0A8_0132, 0x00E0_4C68_AABB, 0xC0A8_0101
CYCLE = 8_000_000
#: The PHY's clock against the board's.
HALF = GIGABIT_HALF - GIGABIT_HALF * 40 // 1_000_000
#: Longest idle time before a question, in bytes; and how long an answer may wait to begin, in femtoseconds.
GAPS, WAIT = 400, 6_000_000_000
#: In which the device clears its tables.
CLEAR = 1_000_000_000_000


def _ethernet(destination: int, kind: EtherType, payload: bytes) -> bytes:
    return destination.to_bytes(6, "big") + HOST_MAC.to_bytes(6, "big") + struct.pack(">H", kind) + payload


def _ipv4(protocol: int, payload: bytes) -> bytes:
    header = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0, HOST_IP, IP)
    return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + payload


def arp() -> bytes:
    """Return the question who has the board's address."""
    return _ethernet(BROADCAST, EtherType.ARP, struct.pack(
        ">HHBBH6sI6sI", 1, EtherType.IPV4, 6, 4, 1, HOST_MAC.to_bytes(6, "big"), HOST_IP, bytes(6), IP))


def ping(size: int) -> bytes:
    """Return a ping with ``size`` bytes of data."""
    message = struct.pack(">BBHHH", 8, 0, 0, 1, 1) + bytes(n & 0xFF for n in range(size))
    message = message[:2] + struct.pack(">H", checksum(message)) + message[4:]
    return _ethernet(MAC, EtherType.IPV4, _ipv4(1, message))


def registers(simulated: SimulatedBoard, writes: list[tuple[int, int]]) -> None:
    """Write registers of the device, as its host. Raises RuntimeError when it does not answer."""
    for first in range(0, len(writes), 50):
        accesses = [Access(address, (value,)) for address, value in writes[first:first + 50]]
        asked = encode([*accesses, Access(addresses=(by_name("MAGIC").offset,))], 1)
        frame = _ethernet(MAC, EtherType.IPV4, _ipv4(17, struct.pack(">HHHH", 40_000, PORT, 8 + len(asked), 0) + asked))
        if len(after(simulated, frame, 12)) != 1:
            raise RuntimeError("the device does not answer to its host")


def after(simulated: SimulatedBoard, frame: bytes, gap: int) -> list[int]:
    """Return when, behind the end of ``frame``, each carrier began that came; in femtoseconds."""
    carriers = Carriers()
    carriers.add(on_wire(frame), gap=gap)
    simulated.send(0, carriers)
    simulated.settle(idle=WAIT)
    said = simulated.take(0)
    return (said.heard["time"] - said.ends[0]).tolist()


def answers(simulated: SimulatedBoard, question: bytes, asks: int, chance: random.Random) -> np.ndarray:
    """Return the times of ``asks`` answers. Raises RuntimeError when one is missing."""
    times = []
    for _ in range(asks):
        found = after(simulated, question, chance.randrange(12, GAPS))
        if len(found) != 1:
            raise RuntimeError(f"{len(found)} answers to one question")
        times += found
    return np.array(times)


def events(simulated: SimulatedBoard, profile: Profile, count: int, chance: random.Random) -> np.ndarray:
    """Return the times of the records of ``count`` messages, of those that cause one."""
    messages = generate(Session(messages=count, symbols=1, halts=False))
    registers(simulated, [*configuration(messages, profile), (address("STREAM"), 1)])
    frames = schedule(messages, LINE_A)
    times = []
    for n in range(len(frames)):
        times += after(simulated, bytes(frames[n]), chance.randrange(12, GAPS))[:1]
    return np.array(times)


def _row(name: str, times: np.ndarray) -> dict[str, Any]:
    cycles = Counter((times // CYCLE).tolist())
    return {"what": name, "frames": len(times), "ns": {
        part: float(np.percentile(times, at)) / 1e6 for part, at in (("least", 0), ("median", 50), ("p99", 99),
                                                                    ("most", 100))},
            "cycles": {str(cycle): cycles[cycle] for cycle in sorted(cycles)}}


def _show(report: dict[str, Any]) -> None:
    table = Table(title=f"{report['board']}: last byte in to first byte out, ns; core at {report['core_mhz']:g} MHz")
    for name in ("what", "frames", "least", "median", "p99", "most", "whole cycles of 8 ns: frames"):
        table.add_column(name, justify="left" if name.startswith("wh") else "right")
    for row in report["rows"]:
        table.add_row(row["what"], str(row["frames"]), *(f"{value:.1f}" for value in row["ns"].values()),
                      ", ".join(f"{cycle}: {count}" for cycle, count in row["cycles"].items()))
    Console(file=sys.stderr, width=120).print(table)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table; return 0."""
    parser = argparse.ArgumentParser(prog="python -m bench.board", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--board", choices=NAMES, default="colorlight_5a75b")
    parser.add_argument("--asks", type=int, default=1000, help="frames of each sort")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", metavar="OUT", help="write the figures to OUT, - for standard output")
    options = parser.parse_args(arguments)
    if options.asks < 1:
        parser.error("--asks must be at least 1")
    described = board(options.board)
    chance = random.Random(options.seed)
    made = design(described, mac=MAC, ip=IP, host=HOST_IP)
    with SimulatedBoard(made.verilog, clock_hz=described.clock_hz) as simulated:
        simulated.clock(0, half=HALF)
        simulated.power_up()
        simulated.run(CLEAR)
        rows = [_row(name, answers(simulated, question, options.asks, chance)) for name, question in (
            ("ARP", arp()), *((f"ping, {size} bytes", ping(size)) for size in (18, 56, 1472)))]
        rows.append(_row("event", events(simulated, PROFILES[described.profile], options.asks, chance)))
        report = {"board": described.name, "core_mhz": 1e9 / (2 * simulated.clocks.core_half), "rows": rows}
    _show(report)
    if options.json == "-":
        json.dump(report, sys.stdout, indent=2)
    elif options.json:
        Path(options.json).write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
