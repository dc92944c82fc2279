"""``tickgate fix tail``: a session's log, readable."""

import argparse
import json
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from host.cli.console import result_console
from host.cli.errors import UserError
from host.cli.fix_history import Direction, Entry, History
from host.cli.fix_text import (
    Filter,
    add_dictionary,
    add_filters,
    dictionary_of,
    field_lines,
    fields_text,
    filter_of,
    masked,
    read_dictionary,
    type_name,
)
from host.fix.message import Message
from host.fix.shown import shown
from host.fix.timestamp import stamp
from host.journal.log import LogError
from wire.fix.dictionary import Dictionary
from wire.fix.tags import Tag

__all__ = ["add_tail", "message_line", "wanted_entries"]

#: Lines that are shown when not told otherwise; seconds between two looks at a log that is followed.
_LAST, _LOOK = 40, 0.05
_COLOURS = {Direction.OUT: "green", Direction.AGAIN: "yellow", Direction.IN: "cyan", Direction.UNKNOWN: "white"}
#: Columns of a number and of a type's name.
_SEQ, _NAME = 6, 18


def add_tail(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``tail`` to the actions of ``tickgate fix``."""
    text = "show the messages of a session's log"
    parser = actions.add_parser("tail", help=text, description=(
        f"{text.capitalize()}, or of any file of FIX messages: -> sent, => sent again, <- received."))
    parser.add_argument("log", type=Path, metavar="LOG", help="the log, as the session's store names it")
    add_filters(parser)
    parser.add_argument("--last", type=int, default=_LAST, metavar="N",
                        help=f"the last N lines, 0: all (default: {_LAST})")
    parser.add_argument("--follow", "-f", action="store_true", help="go on with what is written from now on")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--fields", action="store_true", help="a line for each field, with its number")
    form.add_argument("--raw", action="store_true", help="messages as they are, with | between the fields")
    form.add_argument("--json", action="store_true", help="an object a line")
    add_dictionary(parser)
    parser.set_defaults(run=_tail)


def _tail(args: argparse.Namespace) -> int:
    if args.last < 0:
        raise UserError(f"--last must be 0 or more, not {args.last}")
    given = read_dictionary(args.dictionary)
    wanted = filter_of(args, given)
    console = result_console()

    def show(entries: Iterable[Entry]) -> None:
        for entry in entries:
            if args.json:
                sys.stdout.write(json.dumps(_object(entry, given)) + "\n")
            elif args.raw:
                sys.stdout.write(_raw(entry))
            else:
                _print(console, entry, given, fields=args.fields)
        sys.stdout.flush()

    try:
        with History(args.log) as history:
            show(deque(wanted_entries(history.poll(), wanted, given), args.last or None))
            if history.empty and not args.follow:
                raise UserError(f"{args.log}: holds no FIX message")
            while args.follow:
                show(wanted_entries(history.poll(), wanted, given))
                time.sleep(_LOOK)
    except LogError as error:
        raise UserError(str(error)) from None
    return 0


def wanted_entries(entries: Iterable[Entry], wanted: Filter, given: Dictionary | None) -> Iterator[Entry]:
    """Yield those of ``entries`` that are wanted; what is no message only if nothing is filtered."""
    everything = wanted == Filter(types=frozenset(), fields=(), first=0, last=None, application=False)
    for entry in entries:
        if everything or (entry.message and wanted.takes(entry.message, dictionary_of(entry.message, given))):
            yield entry


def message_line(message: Message, direction: Direction, dictionary: Dictionary) -> Text:
    """Return a line for ``message``: direction, number, type, fields."""
    colour = _COLOURS[direction]
    seq = (message.get(Tag.MsgSeqNum) or b"").decode("ascii", errors="replace")
    text = Text.assemble((direction.value, colour), f" {seq:>{_SEQ}} ",
                         (f"{type_name(message, dictionary):<{_NAME}} ", f"bold {colour}"))
    return text.append(fields_text(message, dictionary))


def _when(time_ns: int) -> str:
    local = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).astimezone()
    return f"{local:%Y-%m-%d %H:%M:%S}.{time_ns // 1_000_000 % 1000:03d}"


def _print(console: Console, entry: Entry, given: Dictionary | None, *, fields: bool) -> None:
    line = Text(f"{_when(entry.time_ns)} ", "dim")
    if entry.message is None:
        console.print(line.append(f"{entry.direction.value} {entry.text}", "yellow"), soft_wrap=True)
        return
    dictionary = dictionary_of(entry.message, given)
    line.append(message_line(entry.message, entry.direction, dictionary))
    line.rstrip()
    console.print(line, soft_wrap=True)
    if fields:
        for each in field_lines(entry.message, dictionary):
            console.print(each, soft_wrap=True)


def _raw(entry: Entry) -> str:
    if entry.message is None:
        return ""
    return shown(masked(entry.message).replace(b"\x01", b"|")) + "\n"


def _object(entry: Entry, given: Dictionary | None) -> dict[str, object]:
    """Return an entry as plain objects; fields as a list, because a message may have one more than once."""
    head: dict[str, object] = {"time_ns": entry.time_ns, "time": stamp(entry.time_ns, 9).decode(),
                               "direction": entry.direction.name.lower()}
    if entry.message is None:
        return head | {"text": entry.text}
    dictionary = dictionary_of(entry.message, given)
    raw = masked(entry.message)
    fields = [part.partition(b"=")[::2] for part in raw.split(b"\x01")[:-1]]
    known = dictionary.fields
    return head | {"type": entry.message.msg_type.decode("latin-1"), "name": type_name(entry.message, dictionary),
                   "fields": [{"tag": int(tag), "name": known[int(tag)].name if int(tag) in known else None,
                               "value": value.decode("utf-8", errors="backslashreplace")}
                              for tag, value in fields if tag.isdigit()]}
