"""``tickgate fix connect``: a session driven by hand, or by lines on standard input."""

import argparse
import asyncio
import io
import os
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from host.cli.console import result_console
from host.cli.errors import USER_MISTAKE, UserError
from host.cli.fix_client import Client, initiating, run_session
from host.cli.fix_history import Direction
from host.cli.fix_orders import HELP, CommandError, Orders
from host.cli.fix_tail import message_line
from host.fix import loops
from host.fix.encode import EncodeError
from host.fix.initiator import Initiator
from host.fix.message import Message
from host.fix.session import SessionError
from host.fix.states import State
from wire.fix.dictionary import Dictionary
from wire.fix.tags import Tag

__all__ = ["add_connect"]

_PROMPT = "> "


def add_connect(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``connect`` to the actions of ``tickgate fix``."""
    parser = actions.add_parser(
        "connect", help="log on to a counterparty and trade by hand", epilog=f"commands:\n{HELP}",
        formatter_class=argparse.RawDescriptionHelpFormatter, description=(
            "Log on as an initiator of CONFIG, and send what is typed; what comes is shown. Commands may also be piped "
            "in: exit\nstatus 2 if one of them made no sense."))
    parser.add_argument("config", type=Path, metavar="CONFIG", help="sessions in TOML")
    parser.add_argument("session", metavar="SESSION", nargs="?", help="which one, where there are several initiators")
    parser.add_argument("--set", action="append", default=[], metavar="TAG=VALUE",
                        help="a field of every order, such as 1=ACCOUNT; may be repeated")
    parser.set_defaults(run=_connect)


def _first_of_ids() -> str:
    """Return what ClOrdIDs of this run begin with: the time of the day, to the millisecond, UTC."""
    return f"{datetime.now(UTC):%H%M%S%f}"[:-3] + "-"


def _connect(args: argparse.Namespace) -> int:
    config = initiating(args.config, args.session)
    desk = _Desk(config.settings.dictionary, Orders(_first_of_ids(), _extra(args.set)))

    async def main() -> None:
        await run_session(config, Client(desk.show, desk.take), desk.work)

    loops.run(main())
    return USER_MISTAKE if desk.mistakes and not desk.terminal else 0


def _extra(texts: list[str]) -> tuple[tuple[int, bytes], ...]:
    pairs = [text.partition("=") for text in texts]
    for (tag, _, value), text in zip(pairs, texts, strict=True):
        if not (tag.isascii() and tag.isdecimal() and value):
            raise UserError(f"--set must be TAG=VALUE, not {text!r}")
    return tuple((int(tag), os.fsencode(value)) for tag, _, value in pairs)


class _Desk:
    """Lines in, messages out, and the reverse. mistakes: lines that made no sense."""

    def __init__(self, dictionary: Dictionary, orders: Orders) -> None:
        self._dictionary, self._orders = dictionary, orders
        self._console: Console = result_console()
        self.terminal = sys.stdin is not None and sys.stdin.isatty()
        self.mistakes = 0

    def show(self, line: Text) -> None:
        """Print ``line``; a terminal's prompt stands below it."""
        if self.terminal:
            sys.stdout.write("\r")
        self._console.print(line, soft_wrap=True)
        if self.terminal:
            sys.stdout.write(_PROMPT)
        sys.stdout.flush()

    def take(self, message: Message) -> None:
        """Show a message that came."""
        self._orders.took(message)
        self.show(message_line(message, Direction.IN, self._dictionary))

    async def work(self, initiator: Initiator) -> None:
        """Do what each line says, up to the end of the input, or ``quit``."""
        lines = _lines()
        self.show(Text("help tells what can be typed", "dim") if self.terminal else Text("ready", "dim"))
        while (line := await lines.get()) is not None and line.strip() not in ("quit", "logout", "exit"):
            if line.strip():
                self._do(line.strip(), initiator)

    def _do(self, line: str, initiator: Initiator) -> None:
        if line in ("help", "?"):
            self.show(Text(HELP))
        elif line == "orders":
            self._table()
        else:
            try:
                message = self._orders.message(line, time.time_ns())
                seq = initiator.endpoint.store.next_out
                initiator.send(message)
            except (CommandError, SessionError, EncodeError) as error:
                self.mistakes += 1
                self.show(Text(str(error), "red"))
                return
            numbered = Message(message.msg_type, [(Tag.MsgSeqNum, b"%d" % seq), *message.fields])
            self.show(message_line(numbered, Direction.OUT, self._dictionary))
            if initiator.endpoint.session.state != State.ACTIVE:
                self.show(Text("not logged on: it is kept, and goes out behind the next logon", "yellow"))

    def _table(self) -> None:
        table = Table("", "ClOrdID", "side", "symbol", "quantity", "price", "filled", "state", box=None)
        sides, states = (self._dictionary.fields[tag].values for tag in (Tag.Side, Tag.OrdStatus))
        for order in self._orders.all:
            table.add_row(str(order.number), order.id.decode(), sides.get(order.side, ""), order.symbol.decode(),
                          order.quantity.decode(), order.price.decode(), order.filled.decode(),
                          states.get(order.state, ""))
        self._console.print(table)
        self.show(Text(f"{len(self._orders.all)} orders", "dim"))


def _lines() -> "asyncio.Queue[str | None]":
    """Return a queue of the lines of standard input, which a thread reads; None is their end.

    Bytes that are no text are lines too, which make no sense.
    """
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="backslashreplace")
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin or ():
            put(line)
        put(None)

    def put(line: str | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(queue.put_nowait, line)

    threading.Thread(target=read, daemon=True, name="standard input").start()
    return queue
