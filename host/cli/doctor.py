"""``tickgate doctor``: what this machine lacks."""

import argparse
import sys
import tomllib
from pathlib import Path

from rich.markup import escape
from rich.table import Table

from host.cli.console import wide_console
from host.cli.errors import CHECK_FAILED, UserError
from host.cli.jsonout import write_json
from host.machine.checks import Check, Finding, addresses, check_disk, check_machine, check_ports

__all__ = ["add_parser"]

_COLOURS = {Finding.GOOD: "green", Finding.SLOW: "yellow", Finding.LACKING: "red"}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``doctor`` to the command's sub-commands."""
    parser = commands.add_parser(
        "doctor", help="say what this machine lacks",
        description="Look at the machine, and say what is lacking, what could be better, and how. Exit status 1 when "
                    "something is lacking.")
    parser.add_argument("--config", type=Path, action="append", default=[], metavar="FILE",
                        help="also see whether the ports in a configuration are free; may be given again")
    parser.add_argument("--folder", type=Path, default=Path(), metavar="FOLDER",
                        help="where the journal will be: its disk is measured (default: here)")
    parser.add_argument("--json", action="store_true", help="print JSON instead")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    ports: dict[str, tuple[str, int]] = {}
    for path in args.config:
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: {error}") from None
        ports |= addresses(content, path.name)
    checks = [*check_machine(), check_disk(args.folder), *check_ports(ports)]
    if args.json:
        write_json(sys.stdout, {"checks": [
            {"what": one.what, "finding": one.finding.name.lower(), "found": one.found, "advice": one.advice}
            for one in checks]})
    else:
        wide_console().print(_table(checks))
    return CHECK_FAILED if any(one.finding is Finding.LACKING for one in checks) else 0


def _table(checks: list[Check]) -> Table:
    table = Table(title="This machine")
    for title in ("what", "", "found", "advice"):
        table.add_column(title, overflow="fold")
    for one in checks:
        colour = _COLOURS[one.finding]
        table.add_row(one.what, f"[{colour}]{one.finding.value}[/{colour}]", escape(one.found), escape(one.advice))
    return table
