"""``tickgate generate``: a synthetic session, as a file of ITCH messages or as a capture of their frames.

The host knows the simulated market only while this command runs: ``sim`` is imported when it is asked for.
"""

import argparse
import importlib
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from host.cli.errors import UserError
from wire.itch50 import MESSAGES

__all__ = ["FORMATS", "PACKINGS", "add_parser", "run"]

FORMATS = ("itch", "itch.gz", "pcap")
#: How messages share packets in a capture: as the exchange does, one each, or as many as fit.
PACKINGS = ("real", "one", "full")

_MESSAGES = 100_000
_SYMBOLS = 8
_CLOCK_HZ = 156_250_000
#: Line B of a capture is this many cycles behind line A.
_LINE_B_CYCLES = 200
#: Midnight, Eastern, of the day that a capture's times name: 2020-01-30.
_MIDNIGHT_NS = 1_580_360_400_000_000_000


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``generate`` to the command's sub-commands."""
    parser = commands.add_parser(
        "generate", help="make a synthetic session, as ITCH messages or as frames",
        description="Make an ITCH 5.0 session with the message mix, book shapes and bursts of real data. The same "
        "options make the same file.")
    parser.add_argument("out", metavar="OUT", type=Path, help="file to write")
    parser.add_argument("--symbols", type=int, default=_SYMBOLS, metavar="N", help=f"symbols (default: {_SYMBOLS})")
    parser.add_argument("--messages", type=int, default=_MESSAGES, metavar="N",
                        help=f"messages in all (default: {_MESSAGES})")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="seed of all randomness (default: 1)")
    parser.add_argument("--format", choices=FORMATS,
                        help="itch: BinaryFILE; pcap: MoldUDP64 frames (default: by OUT's name: .gz, .pcap, else itch)")
    parser.add_argument("--pack", choices=PACKINGS,
                        help="pcap: messages a packet; real as an exchange packs them, one, or full (default: real)")
    parser.add_argument("--lines", choices=("a", "ab"),
                        help="pcap: line A, or A and its copy B, a little later (default: a)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; return its exit status. Raises UserError for options that cannot be, OSError for a bad path."""
    kind = args.format or _kind_of(args.out)
    if kind != "pcap":
        for option in ("pack", "lines"):
            if getattr(args, option) is not None:
                raise UserError(f"--{option} {getattr(args, option)} has a meaning only with --format pcap")
    generator = importlib.import_module("sim.market.generator")
    try:
        session = generator.Session(messages=args.messages, symbols=args.symbols, seed=args.seed)
    except ValueError as error:
        raise UserError(str(error)) from None
    if args.out.is_dir():
        raise UserError(f"{args.out} is a folder")
    if not args.out.parent.is_dir():
        raise UserError(f"{args.out.parent} is no folder")

    console = Console(stderr=True)
    counts: Counter[str] = Counter()
    begin = time.perf_counter()
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                  console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("generating", total=session.messages)

        def counted() -> Iterator[Any]:
            for part in generator.generate_chunks(session):
                counts.update(part.counts())
                progress.advance(task, len(part))
                yield part

        if kind == "pcap":
            frames = _write_frames(args.out, counted(), args.pack or PACKINGS[0], args.lines or "a")
        else:
            binaryfile = importlib.import_module("sim.market.binaryfile")
            frames = None
            binaryfile.write_binaryfile_parts(args.out, counted(), packed=kind == "itch.gz")
    _print_summary(args, kind, session, counts, frames, time.perf_counter() - begin)
    return 0


def _kind_of(path: Path) -> str:
    if path.suffix == ".pcap" or path.suffixes[-2:] == [".pcap", ".gz"]:
        return "pcap"
    return "itch.gz" if path.suffix == ".gz" else "itch"


def _write_frames(path: Path, parts: Iterator[Any], pack: str, lines: str) -> int:
    """Write the messages of ``parts`` as frames at their times, and return how many these are."""
    frames = importlib.import_module("sim.market.frames")
    market = importlib.import_module("sim.market.schedule")
    packets = importlib.import_module("sim.market.packets")
    pcap = importlib.import_module("sim.market.pcap")
    messages = importlib.import_module("sim.market.messages").Messages.concat(parts)
    sides = (frames.LINE_A, frames.LINE_B)[:len(lines)]
    schedule = market.merge([
        market.schedule(messages, line, pack=packets.Pack(pack), arrival=market.Arrival.EXCHANGE, clock_hz=_CLOCK_HZ,
                        start=line.number * _LINE_B_CYCLES, end_of_session=True) for line in sides])
    epoch = _MIDNIGHT_NS + int(messages.select(slice(0, 1)).timestamps()[0])
    pcap.write_capture(path, market.to_capture(schedule, clock_hz=_CLOCK_HZ, epoch_ns=epoch))
    return len(schedule)


def _print_summary(args: argparse.Namespace, kind: str, session: Any, counts: Counter[str], frames: int | None,
                   seconds: float) -> None:
    console = Console(file=sys.stdout, highlight=False)
    table = Table(title=escape(str(args.out)), title_justify="left")
    table.add_column("type")
    table.add_column("message")
    table.add_column("number", justify="right")
    table.add_column("share", justify="right")
    total = counts.total()
    for letter, number in counts.most_common():
        table.add_row(letter, MESSAGES[letter].name, f"{number:,}", f"{100 * number / total:.2f} %")
    table.add_section()
    table.add_row("", "all", f"{total:,}", "100.00 %")
    console.print(table)
    framed = "" if frames is None else f", {frames:,} frames"
    console.print(f"{args.out.stat().st_size:,} bytes ({kind}), {session.symbols} symbols, seed {session.seed}"
                  f"{framed}, {seconds:.1f} s, {total / seconds:,.0f} messages/s", soft_wrap=True, markup=False)
