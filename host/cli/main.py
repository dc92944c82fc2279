"""The command ``tickgate``: sub-commands, and what becomes of errors."""

import argparse
import importlib.metadata
import os
import sys
from collections.abc import Sequence

from host.cli import (
    board,
    demo,
    doctor,
    exchange,
    fix,
    generate,
    hls,
    host,
    journal,
    reconcile,
    regs,
    replay,
    risk,
    run,
    run_report,
    trades,
    tune,
)
from host.cli.errors import CHECK_FAILED, INTERRUPTED, USER_MISTAKE, UserError
from host.device.connect import device_errors

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with ``argv`` (default: the process's arguments) and return its exit status.

    0: done. 1: a check failed, or the device did. 2: the user asked for what cannot be. 130: interrupted.
    """
    args = _parser().parse_args(argv)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except UserError as error:
        return _fail(str(error), USER_MISTAKE)
    except BrokenPipeError:
        # Whoever read the output has seen enough. What is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}", USER_MISTAKE)
    except device_errors() as error:
        return _fail(f"device: {error}", CHECK_FAILED)
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)


def _fail(text: str, status: int) -> int:
    sys.stderr.write(f"tickgate: {text}\n")
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tickgate",
        description="Market data on an FPGA: feed handler and order books in gateware, on a simulated device.")
    parser.add_argument("--version", action="version", version=f"tickgate {_version()}")
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", required=True)
    replay.add_parser(commands)
    run.add_parser(commands)
    host.add_parser(commands)
    generate.add_parser(commands)
    regs.add_parsers(commands)
    demo.add_parser(commands)
    hls.add_parser(commands)
    risk.add_parser(commands)
    exchange.add_parser(commands)
    fix.add_parser(commands)
    journal.add_parser(commands)
    trades.add_parser(commands)
    reconcile.add_parser(commands)
    doctor.add_parser(commands)
    board.add_parser(commands)
    tune.add_parser(commands, main)
    run_report.add_parser(commands)
    return parser


def _version() -> str:
    try:
        return importlib.metadata.version("tickgate")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
