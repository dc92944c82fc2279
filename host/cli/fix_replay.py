"""``tickgate fix replay``: application messages of a log once more, to a file or to a counterparty."""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from host.cli.console import result_console
from host.cli.errors import UserError
from host.cli.fix_client import Client, initiating, run_session
from host.cli.fix_history import Direction, Entry, History
from host.cli.fix_tail import wanted_entries
from host.cli.fix_text import add_dictionary, add_filters, dictionary_of, filter_of, read_dictionary, type_name
from host.fix import loops
from host.fix.initiator import Initiator
from host.fix.message import Message
from host.fix.settings import OWN_FIELDS
from host.journal.log import LogError
from wire.fix.types import ADMIN

__all__ = ["add_replay"]

_SECOND = 1_000_000_000


def add_replay(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``replay`` to the actions of ``tickgate fix``."""
    parser = actions.add_parser("replay", help="send the application messages of a log once more", description=(
        "Send the application messages of a session's log, or of a file of FIX messages, once more: with --to, as new "
        "messages of a session (new numbers and times, all else as it was); without, to standard output, one a line."))
    parser.add_argument("log", type=Path, metavar="LOG", help="the log")
    parser.add_argument("--received", action="store_true", help="those that were received (default: those sent)")
    add_filters(parser)
    parser.add_argument("--to", type=Path, metavar="CONFIG", help="sessions in TOML; one of them sends")
    parser.add_argument("--session", metavar="NAME", help="which one, where there are several initiators")
    parser.add_argument("--pace", type=float, metavar="X",
                        help="X times as fast as the log was written (default: as fast as it goes)")
    parser.add_argument("--wait", type=float, default=0.0, metavar="S",
                        help="seconds for answers, before the logout (default: 0)")
    add_dictionary(parser)
    parser.set_defaults(run=_replay)


def _replay(args: argparse.Namespace) -> int:
    for name, least in (("pace", 0.001), ("wait", 0)):
        value = getattr(args, name)
        if value is not None and not value >= least:
            raise UserError(f"--{name} must be {least:g} or more, not {value:g}")
    if args.to is None:
        for entry in _entries(args):
            if entry.message:
                sys.stdout.buffer.write(entry.message.raw + b"\n")
        return 0
    config = initiating(args.to, args.session)
    given = read_dictionary(args.dictionary)
    # All of it is read before anybody is called: half of a damaged log is not to be sent.
    if not sum(1 for _ in _entries(args)):
        raise UserError(f"{args.log}: holds no message that is to be sent")
    console, answers = result_console(), Counter[str]()

    async def main() -> int:
        def take(message: Message) -> None:
            answers[type_name(message, dictionary_of(message, given))] += 1

        sent = 0

        async def send(initiator: Initiator) -> None:
            nonlocal sent
            first = None
            began = asyncio.get_running_loop().time()
            for entry in _entries(args):
                if entry.message:
                    first = entry.time_ns if first is None else first
                    due = (entry.time_ns - first) / _SECOND / args.pace if args.pace else 0.0
                    await asyncio.sleep(max(began + due - asyncio.get_running_loop().time(), 0))
                    initiator.send(_anew(entry.message))
                    sent += 1
            await asyncio.sleep(args.wait)

        await run_session(config, Client(lambda line: _note(console, line), take), send)
        return sent

    sent = loops.run(main())
    heard = ", ".join(f"{count:,} {name}" for name, count in answers.most_common()) or "no answers"
    console.print(f"{sent:,} messages sent; {heard}", soft_wrap=True)
    return 0


def _note(console: Console, line: Text) -> None:
    console.print(line, soft_wrap=True)


def _entries(args: argparse.Namespace) -> Iterator[Entry]:
    """Yield the entries that are to be sent."""
    ways = (Direction.IN, Direction.UNKNOWN) if args.received else (Direction.OUT, Direction.UNKNOWN)
    given = read_dictionary(args.dictionary)
    wanted = filter_of(args, given)
    try:
        with History(args.log) as history:
            for entry in wanted_entries(history.poll(), wanted, given):
                if entry.message and entry.message.msg_type not in ADMIN and entry.direction in ways:
                    yield entry
            if history.empty:
                raise UserError(f"{args.log}: holds no FIX message")
    except LogError as error:
        raise UserError(str(error)) from None


def _anew(message: Message) -> Message:
    """Return ``message`` without what the session writes itself."""
    return Message(message.msg_type, [(tag, value) for tag, value in message.fields if tag not in OWN_FIELDS])
