"""``tickgate tune``: asks the machine not to hold a process up, and says what it got."""

import argparse
import sys
from collections.abc import Callable, Sequence

from rich.markup import escape
from rich.table import Table

from host.cli.console import PlainConsole
from host.cli.errors import CHECK_FAILED, UserError
from host.cli.jsonout import write_json
from host.machine.tuning import Outcome, Tuning, TuningError, tune

__all__ = ["add_parser"]


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
               main: Callable[[Sequence[str]], int]) -> None:
    """Add ``tune`` to the command's sub-commands. main: runs another one in the same process."""
    usual = Tuning()
    parser = commands.add_parser(
        "tune", help="run a command with a CPU of its own, real-time priority, locked memory and few collections",
        description="Ask the machine for all of it, say what was applied and what refused, and why; then run the "
                    "command, as in `tickgate tune --cpu 3 run live.toml`. Without one, exit status 1 when something "
                    "was refused.")
    parser.add_argument("--cpu", type=int, metavar="N", help="CPU to keep to (default: an isolated one, else the last)")
    parser.add_argument("--priority", type=int, default=usual.priority, metavar="P",
                        help=f"of SCHED_FIFO, 1 to 99; 0 for none (default: {usual.priority})")
    parser.add_argument("--no-lock", action="store_true", help="do not lock memory")
    parser.add_argument("--no-huge", action="store_true", help="do not ask for huge pages")
    parser.add_argument("--collector", default=usual.collector, metavar="POLICY",
                        help=f"garbage collector: keep, frozen or off (default: {usual.collector})")
    parser.add_argument("--json", action="store_true", help="print what was applied as JSON")
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="COMMAND ...", help="of tickgate, to be run so")
    parser.set_defaults(run=lambda args: _run(args, main))


def _run(args: argparse.Namespace, main: Callable[[Sequence[str]], int]) -> int:
    try:
        tuning = Tuning(cpu=args.cpu, priority=args.priority, memory=not args.no_lock, huge=not args.no_huge,
                        collector=args.collector)
    except TuningError as error:
        raise UserError(f"--{error}") from None
    outcomes, command = tune(tuning), args.rest[args.rest[:1] == ["--"]:]
    stream = sys.stderr if command else sys.stdout
    if args.json:
        write_json(stream, {"settings": [
            {"setting": one.setting, "applied": one.applied, "detail": one.detail} for one in outcomes]})
    else:
        PlainConsole(file=stream, highlight=False).print(_table(outcomes))
    if command:
        return main(command)
    return 0 if all(one.applied for one in outcomes) else CHECK_FAILED


def _table(outcomes: list[Outcome]) -> Table:
    table = Table(title="Asked of the machine")
    for title in ("setting", "", "detail"):
        table.add_column(title, overflow="fold")
    for one in outcomes:
        applied = "[green]applied[/green]" if one.applied else "[yellow]refused[/yellow]"
        table.add_row(one.setting, applied, escape(one.detail))
    return table
