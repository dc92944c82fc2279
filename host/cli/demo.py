"""``tickgate demo``: a generated session through the device, with a bad line A, checked after every message."""

import argparse
import importlib
import tempfile
from pathlib import Path

from host.cli.errors import UserError
from host.cli.replay import Plan, replay

__all__ = ["FAULTS", "add_parser", "run"]

#: Line A loses, repeats, exchanges and damages frames, and is silent for a while; line B covers.
FAULTS = "a:loss=0.03,dup=0.02,reorder=0.02,corrupt=0.005,silence=4000-4600;seed=7"
_MESSAGES = 20_000
_SYMBOLS = 8


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``demo`` to the command's sub-commands."""
    parser = commands.add_parser(
        "demo", help="generate a session, replay it over a bad line, check every book",
        description=f"Generate a session of {_SYMBOLS} symbols, replay it with faults on line A (line B covers), and "
        "compare the device's books with the reference model after every message.")
    parser.add_argument("--messages", type=int, default=_MESSAGES, metavar="N",
                        help=f"messages of the session (default: {_MESSAGES})")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command; return its exit status."""
    generator = importlib.import_module("sim.market.generator")
    binaryfile = importlib.import_module("sim.market.binaryfile")
    with tempfile.TemporaryDirectory(prefix="tickgate-") as folder:
        path = Path(folder) / "demo.itch"
        try:
            session = generator.Session(messages=args.messages, symbols=_SYMBOLS)
        except ValueError as error:
            raise UserError(str(error)) from None
        binaryfile.write_binaryfile(path, generator.generate(session))
        return replay(Plan(file=path, check=True, faults=FAULTS, title=f"generated session of {_SYMBOLS} symbols"))
