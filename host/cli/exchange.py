"""``tickgate exchange run``: the simulated exchange as a process of its own, on real sockets."""

import argparse
import asyncio
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

from rich.live import Live
from rich.table import Table

from host.cli.console import result_console
from host.cli.errors import UserError

__all__ = ["add_parser"]

#: Seconds between two looks at the status.
_GLANCE = 0.25
#: What is said at the end.
_SUMMARY = ("commands", "messages", "open orders")
#: Bytes of one read of the operator's lines.
_READ = 4096


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``exchange`` to the command's sub-commands."""
    parser = commands.add_parser("exchange", help="a simulated exchange to trade against",
                                 description="A simulated exchange: FIX and OUCH in, ITCH out.")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    run = actions.add_parser(
        "run", help="run the exchange that a file describes",
        description="Run the exchange that FILE describes, until its day is over. SIGINT or SIGTERM end the day at "
                    "once, and a second one does not wait until the feed has said so five times. "
                    "docs/exchange.md says what the file may hold; exchange.toml is one that works at once.")
    run.add_argument("file", type=Path, metavar="FILE", help="the exchange's configuration (TOML)")
    run.add_argument("--operator", action="store_true",
                     help="take an operator's commands from standard input, a line each; 'help' lists them")
    run.add_argument("--quiet", action="store_true", help="say where the services are, and no more")
    run.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    config = importlib.import_module("sim.exchange.config")
    live = importlib.import_module("sim.exchange.live.run")
    try:
        described = config.load(args.file)
    except config.ConfigError as error:
        raise UserError(str(error)) from None
    try:
        asyncio.run(_Desk(described, args).serve(live.LiveExchange))
    except live.live_errors() as error:
        raise UserError(str(error)) from None
    return 0


class _Desk:
    """Where one who runs an exchange sits: a status on the terminal, lines of text, the operator's commands."""

    def __init__(self, config: Any, args: argparse.Namespace) -> None:
        self._config, self._quiet, self._operated = config, args.quiet, args.operator
        self._console = result_console()
        self._live: Live | None = None
        self._typed = b""

    async def serve(self, make: Any) -> None:
        """Run the exchange that ``make`` gives."""
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        async with make(self._config, self._log) as exchange:
            for name, address in exchange.addresses.items():
                self._say(f"{name}: {address}")
            self._say("ready")
            if self._operated:
                self._listen(loop, exchange)
            try:
                await self._watch(exchange, stop)
            finally:
                if self._operated:
                    loop.remove_reader(sys.stdin.fileno())
            summary = [f"{text} {name}" for name, text in exchange.status() if name in _SUMMARY]
        self._say(", ".join(summary))

    async def _watch(self, exchange: Any, stop: asyncio.Event) -> None:
        """Show the status until the day is over, or ended by a signal, and the feed has said so; or by a second one."""
        shown = self._console.is_terminal and not self._quiet and not self._operated
        with Live(console=self._console, auto_refresh=False, transient=True) as self._live:
            while not exchange.told and not (stop.is_set() and exchange.over.is_set()):
                if stop.is_set():
                    stop.clear()
                    exchange.end()
                if shown:
                    self._live.update(_table(exchange.status()), refresh=True)
                try:
                    async with asyncio.timeout(_GLANCE):
                        await stop.wait()
                except TimeoutError:
                    continue
        self._live = None

    def _listen(self, loop: asyncio.AbstractEventLoop, exchange: Any) -> None:
        try:
            loop.add_reader(sys.stdin.fileno(), self._read, loop, exchange)
        except (PermissionError, AttributeError):  # a file; or None, when it was closed
            raise UserError("--operator: standard input must be a terminal or a pipe") from None

    def _read(self, loop: asyncio.AbstractEventLoop, exchange: Any) -> None:
        typed = os.read(sys.stdin.fileno(), _READ)
        if not typed:
            loop.remove_reader(sys.stdin.fileno())
            typed = b"\n"  # the last line may have no end
        *lines, self._typed = (self._typed + typed).split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "replace").strip()
            if text == "help":
                self._say(importlib.import_module("sim.exchange.operator").HELP)
            elif text:
                self._say("\n".join(exchange.operate(text)) or f"{text}: done")

    def _log(self, text: str) -> None:
        if not self._quiet:
            self._say(text)

    def _say(self, text: str) -> None:
        (self._live.console if self._live else self._console).print(text, markup=False, soft_wrap=True)
        sys.stdout.flush()


def _table(rows: list[tuple[str, str]]) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, text in rows:
        table.add_row(name, text)
    return table
