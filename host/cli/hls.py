"""``tickgate hls``: a rule's schedule as a pipeline for an FPGA."""

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from host.cli.console import result_console
from host.cli.errors import UserError
from host.cli.output import check_writable, whole_file

__all__ = ["add_parser"]

#: Characters of the bar that shows how much of a clock period a stage takes.
BAR = 16
#: Characters of a rule's line that are shown.
LINE = 40


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``hls`` to the command's sub-commands."""
    parser = commands.add_parser(
        "hls", help="compile a rule and show its pipeline",
        description="Compile a rule, a plain Python function, and show its pipeline.")
    parser.add_argument("function", metavar="FUNCTION", help="module:function or path/file.py:function")
    parser.add_argument("--clock", type=float, default=156.25, metavar="MHZ", help="clock to meet (default: 156.25)")
    parser.add_argument("--arrival", action="append", default=[], metavar="PORT=CYCLES",
                        help="an input that comes some cycles later than the others; may be given again")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures as JSON; - for standard output")
    parser.add_argument("--verilog", type=Path, metavar="OUT", help="write the pipeline as Verilog; - likewise")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    stdout = Path("-")
    outputs = [path for path in (args.json, args.verilog) if path is not None]
    if outputs.count(stdout) > 1:
        raise UserError("--json and --verilog cannot both go to standard output")
    for path in outputs:
        if path != stdout:
            check_writable(path)
    if not 0 < args.clock < float("inf"):
        raise UserError(f"--clock must be above 0 MHz, not {args.clock:g}")
    # Rules need NumPy's and Python's own things only; the compiler belongs to the gateware.
    compiler: Any = importlib.import_module("gateware.hls.report")
    try:
        schedule = compiler.schedule_of(args.function, clock_mhz=args.clock, arrival=_arrival(args.arrival))
    except compiler.Refused as error:
        raise UserError(str(error)) from error
    found: dict[str, Any] = compiler.report(schedule)
    texts = []
    if args.json is not None:
        texts.append((args.json, json.dumps(found, indent=2) + "\n"))
    if args.verilog is not None:
        try:
            texts.append((args.verilog, compiler.verilog_of(schedule)))
        except ModuleNotFoundError as error:
            raise UserError(f"--verilog needs tickgate's extra 'sim': no module {error.name!r}") from error
    for path, text in texts:
        if path == stdout:
            sys.stdout.write(text)
        else:
            with whole_file(path) as file:
                file.write(text)
    if stdout not in outputs:
        _show(result_console(), found)
    return 0


def _arrival(given: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for text in given:
        name, _, cycles = text.rpartition("=")
        if not name or not cycles.isdecimal():
            raise UserError(f"--arrival must be PORT=CYCLES, not {text!r}")
        found[name] = int(cycles)
    return found


def _show(console: Console, found: dict[str, Any]) -> None:
    period, budget = found["period_ns"], found["budget_ns"]
    console.print(Text.assemble((found["rule"], "bold"), f" on {found['target']} at {found['clock_mhz']:g} MHz: ",
                                f"{period:.2f} ns a cycle, of which\n{budget:.2f} ns may be used by estimate"))
    console.print(_ports(found))
    for stage in found["stages"]:
        filled = min(BAR, round(BAR * stage["ns"] / period))
        console.print(Text.assemble((f"stage {stage['stage']}", "bold"), f"{stage['ns']:7.2f} ns  ",
                                    "█" * filled + "░" * (BAR - filled), f"  {stage['registers']} flip-flops"))
        console.print(_lines(stage["lines"], found["file"]))
    cycles = found["latency_cycles"]
    console.print(Text.assemble(
        (f"latency {cycles} cycle{'s' * (cycles != 1)} = {found['latency_ns']:.1f} ns", "bold"),
        f", one result a cycle; longest path {found['longest_ns']:.2f} ns by estimate\n"
        f"{found['multipliers']} multipliers, {found['registers']} + {found['valid']} flip-flops, about "
        f"{found['luts']} LUTs"))


def _ports(found: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "port", "bits", "range", "comes"):
        table.add_column(title, justify="right" if title == "bits" else "left")
    for kind, ports in (("in", found["inputs"]), ("out", found["outputs"])):
        for port in ports:
            late = port.get("arrival", 0)
            table.add_row(kind, Text(port["name"], "bold"), str(port["bits"]), f"{port['low']}..{port['high']}",
                          f"{late} cycle{'s' * (late != 1)} later" if late else "")
    return table


def _lines(lines: list[dict[str, Any]], file: str) -> Table:
    """Return the rule's lines in a stage and what is done for each; lines of other files with the file's name."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", width=7, no_wrap=True)
    table.add_column(width=LINE, no_wrap=True, overflow="ellipsis")
    table.add_column(style="dim")
    for line in lines:
        where = "" if line["file"] == file else f"{line['file'].removesuffix('.py')}:"
        table.add_row(f"{where}{line['line']}", Text(line["text"]), _operations(line["operations"]))
    if not lines:
        table.add_row("", "registers only", "")
    return table


def _operations(found: list[dict[str, Any]]) -> str:
    return ", ".join(f"{one['op'].lower()} {one['bits']}" + (f" x{one['count']}" if one["count"] > 1 else "")
                     for one in found)
