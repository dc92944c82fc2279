"""``tickgate risk journal`` and ``log``: the audit trail written, and read."""

import argparse
import json
import signal
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, IntFlag
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.text import Text

from host.cli.console import result_console
from host.cli.errors import CHECK_FAILED, UserError
from host.cli.ladder import price_text
from host.cli.risk_common import (
    JOURNAL_VARIABLE,
    Names,
    add_device,
    add_limits,
    begin_journal,
    journal_path,
    open_gate_device,
    read_limits,
)
from host.journal.disk import Sync
from host.journal.log import LogError
from host.risk.gate import Gate
from host.risk.journal import Entry, EntryKind, Tail, read_journal
from host.risk.recorder import Recorder
from wire.risk import ALL_SYMBOLS, VERDICT_DTYPE, Fault, Kind, Rule, Shut, Side, Status

__all__ = ["add_actions"]

#: Which columns of a verdict's line stand to the right.
_RIGHT = (True, False, False, False, False, False, True, True, True, False)
#: What of an act has a place of its own in its line, or none.
_SAID = ("act", "scope", "reason", "user", "uid", "host", "pid", "cycles", "account", "symbol")
Verdicts = npt.NDArray[Any]

#: Lines that are shown when not told otherwise.
_LAST = 40
#: Seconds between two looks at the verdict ring.
_LOOK = 0.002
#: Heartbeats in the time in which one is needed; seconds between two looks at that time, and at the device at all.
_BEATS, _GLANCE = 4, 0.5
_COLOURS: dict[int, str] = {Status.ACCEPTED: "green", Status.REFUSED: "red", Status.APPLIED: "cyan",
                            Status.UNMATCHED: "yellow"}


def add_actions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the actions to those of ``tickgate risk``."""
    text = "write every verdict of the device into an audit journal, until it is ended"
    record = actions.add_parser("journal", help=text, description=(
        f"{text.capitalize()}. It goes on where the journal ends: what the device's ring still holds of the time in "
        "between is written too, what it does not is written down as lost."))
    _add_path(record)
    add_device(record)
    record.add_argument("--fsync", choices=[sync.value for sync in Sync], default=Sync.ALWAYS.value,
                        help="when the disk has an entry: when it is written, within --interval, or when the kernel "
                             "likes (default: always)")
    record.add_argument("--interval", type=float, default=100.0, metavar="MS",
                        help="for --fsync interval, milliseconds (default: 100)")
    record.add_argument("--heartbeat", action="store_true",
                        help="be the host's heartbeat as long as verdicts are written")
    record.add_argument("--once", action="store_true", help="write what is there, and end")
    record.set_defaults(run=_record)

    log = actions.add_parser("log", help="show an audit journal", description=(
        "Show an audit journal, and check it: exit status 1 if verdicts were lost or torn entries removed."))
    _add_path(log)
    add_limits(log)
    log.add_argument("--account", metavar="NAME", help="verdicts of this account; its name in the limits, or its index")
    log.add_argument("--symbol", metavar="NAME", help="verdicts of this symbol; likewise")
    log.add_argument("--status", choices=[status.name.lower() for status in Status], help="verdicts of this kind")
    log.add_argument("--rule", metavar="RULE", help="refused by this rule; its number or name")
    log.add_argument("--token", type=int, metavar="N", help="verdicts of this order")
    log.add_argument("--acts", action="store_true", help="no verdicts, only what people and devices did")
    log.add_argument("--last", type=int, default=_LAST, metavar="N",
                     help=f"the last N lines, 0: all (default: {_LAST})")
    log.add_argument("--json", action="store_true", help="all as JSON, an object a line")
    log.set_defaults(run=_log)


def _add_path(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("journal", type=Path, metavar="JOURNAL", nargs="?",
                        help=f"the journal (default: ${JOURNAL_VARIABLE})")


def _path(args: argparse.Namespace) -> Path:
    path = journal_path(args)
    if path is None:
        raise UserError(f"JOURNAL, or ${JOURNAL_VARIABLE}, names the journal")
    return path


# Writing


def _record(args: argparse.Namespace) -> int:
    if args.interval <= 0:
        raise UserError(f"--interval must be more than 0 ms, not {args.interval:g}")
    path = _path(args)

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.append(True)

    ended: list[bool] = []
    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with (open_gate_device(args) as device,
              begin_journal(path, device, Sync(args.fsync), args.interval / 1000) as journal):
            gate = Gate(device)
            recorder = Recorder(gate, journal)
            heart = _Heart(gate, beats=args.heartbeat)
            sys.stdout.write(f"writing verdicts from {journal.next_seq} on into {path}\n")
            sys.stdout.flush()
            written = recorder.poll()
            while not (ended or args.once):
                heart.beat()
                if not (new := recorder.poll()):
                    time.sleep(_LOOK)
                written += new
            written += recorder.poll()
            lost = journal.lost
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    sys.stdout.write(f"{written:,} verdicts written, {lost:,} lost\n")
    return CHECK_FAILED if lost else 0


class _Heart:
    """Beats for the host, often enough for the limit in force; or only sees to it that the device still answers."""

    def __init__(self, gate: Gate, *, beats: bool) -> None:
        self._gate, self._beats = gate, beats
        self._period = self._beaten = self._looked = 0.0

    def beat(self) -> None:
        """Beat, if it is time. Raises DeviceError when the device is gone."""
        now = time.monotonic()
        if now - self._looked >= _GLANCE or not self._looked:
            with self._gate.device.transport.exclusive():
                limit = self._gate.show(0, 0)["global_limits"]["heartbeat"]
            self._period, self._looked = limit / self._gate.device.capabilities.clock_hz / _BEATS, now
        if self._beats and now - self._beaten >= min(self._period, _GLANCE):
            self._gate.beat()
            self._beaten = now


# Reading


@dataclass(frozen=True, kw_only=True)
class _Filter:
    """Which verdicts are shown; None: all. acts: none."""

    account: int | None
    symbol: int | None
    status: Status | None
    rule: Rule | None
    token: int | None
    acts: bool

    def keep(self, verdicts: Verdicts) -> Verdicts:
        """Return those of ``verdicts`` that are to be shown."""
        for name, wanted in (("account", self.account), ("symbol", self.symbol), ("status", self.status),
                             ("token", self.token)):
            if wanted is not None:
                verdicts = verdicts[verdicts[name] == wanted]
        if self.rule is not None:
            verdicts = verdicts[verdicts["mask"] & np.uint32(self.rule) != 0]
        return verdicts[:0] if self.acts else verdicts


@dataclass
class _Sums:
    """What a journal holds. torn: bytes that were removed."""

    entries: int = 0
    lives: int = 0
    verdicts: int = 0
    acts: int = 0
    lost: int = 0
    torn: int = 0

    def take(self, entry: Entry) -> None:
        """Count ``entry``."""
        self.entries += 1
        self.verdicts += len(entry.verdicts)
        match entry.kind:
            case EntryKind.DEVICE:
                self.lives += 1
            case EntryKind.ACT:
                self.acts += 1
            case EntryKind.LOST:
                self.lost += entry.content["last"] - entry.content["first"] + 1
            case EntryKind.TORN:
                self.torn += entry.content["bytes"]


def _log(args: argparse.Namespace) -> int:
    path, names = _path(args), Names.of(read_limits(args.limits))
    if args.last < 0:
        raise UserError(f"--last must be 0 or more, not {args.last}")
    wanted = _Filter(
        account=None if args.account is None else names.index("account", args.account, 1 << 16),
        symbol=None if args.symbol is None else names.index("symbol", args.symbol, 1 << 16),
        status=None if args.status is None else Status[args.status.upper()], rule=_rule(args.rule), token=args.token,
        acts=args.acts)
    sums, tail = _Sums(), Tail()
    try:
        lines = _lines(read_journal(path, tail), wanted, sums)
        if args.json:
            for entry, verdict in lines:
                json.dump(_object(entry, verdict, names), sys.stdout)
                sys.stdout.write("\n")
        else:
            _print_lines(result_console(), deque(lines, args.last or None), names)
    except LogError as error:
        raise UserError(str(error)) from None
    unfinished = path.stat().st_size - tail.end
    if not args.json:
        _print_sums(result_console(), sums, unfinished)
    return CHECK_FAILED if sums.lost or sums.torn else 0


def _rule(text: str | None) -> Rule | None:
    if text is None:
        return None
    rules = list(Rule)
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= len(rules):
        return rules[int(text) - 1]
    try:
        return Rule[text.upper()]
    except KeyError:
        raise UserError(f"--rule: no rule {text!r}; there are 1..{len(rules)}, or "
                        f"{', '.join(_words(~Rule(0)))}") from None


def _lines(entries: Iterable[Entry], wanted: _Filter, sums: _Sums) -> Iterator[tuple[Entry, Any]]:
    """Yield entries, and of VERDICTS each verdict that is wanted; count all."""
    filtered = wanted != _Filter(account=None, symbol=None, status=None, rule=None, token=None, acts=wanted.acts)
    for entry in entries:
        sums.take(entry)
        if entry.kind == EntryKind.VERDICTS:
            yield from ((entry, verdict) for verdict in wanted.keep(entry.verdicts))
        elif not filtered:
            yield entry, None


def _words(flags: IntFlag) -> list[str]:
    """Return the names of the bits that are set, lower case."""
    return [flag.name.lower() for flag in type(flags) if flag in flags and flag.name]


def _code(codes: type[IntEnum], value: int) -> str:
    """Return the name of ``value``, or the number where it has none."""
    return codes(value).name.lower() if value in codes.__members__.values() else str(value)


def _object(entry: Entry, verdict: Any, names: Names) -> dict[str, Any]:
    """Return a line as plain objects."""
    head: dict[str, Any] = {"entry": entry.number, "time_ns": entry.time_ns}
    if verdict is None:
        return head | {"what": entry.kind.name.lower()} | entry.content
    fields = {name: int(verdict[name]) for name in VERDICT_DTYPE.names or ()}
    return head | {"what": "verdict"} | fields | {
        "kind": _code(Kind, fields["kind"]), "side": _code(Side, fields["side"]),
        "status": _code(Status, fields["status"]), "rules": _words(Rule(fields["mask"])),
        "faults": _words(Fault(fields["fault"])), "shut": _words(Shut(fields["shut"])),
        "account_name": names.account(fields["account"]), "symbol_name": names.symbol(fields["symbol"])}


def _print_lines(console: Console, lines: Iterable[tuple[Entry, Any]], names: Names) -> None:
    """Print a line for each of ``lines``, in columns as wide as they need."""
    rows = [(entry, [Text()] * len(_RIGHT) if verdict is None else _cells(verdict, names), verdict)
            for entry, verdict in lines]
    widths = [max((cells[column].cell_len for _, cells, _ in rows), default=0) for column in range(len(_RIGHT))]
    for entry, cells, verdict in rows:
        when = datetime.fromtimestamp(entry.time_ns // 1_000_000_000).strftime("%Y-%m-%d %H:%M:%S")
        line = Text(f"{when}.{entry.time_ns // 1_000_000 % 1000:03d}", "dim")
        if verdict is None:
            line.append("  ").append(_event(entry))
        else:
            for cell, width, right in zip(cells, widths, _RIGHT, strict=True):
                filling = " " * (width - cell.cell_len)
                line.append("  ").append(filling if right else "").append(cell).append("" if right else filling)
        line.rstrip()
        console.print(line, soft_wrap=True)


def _cells(verdict: Any, names: Names) -> list[Text]:
    """Return the cells of a verdict: number, status, kind, account, symbol, side, shares, price, order, why."""
    why = ", ".join(_words(Rule(int(verdict["mask"]))))
    if verdict["fault"]:
        why += f"{': ' if why else ''}{', '.join(_words(Fault(int(verdict['fault']))))}"
    if verdict["shut"]:
        why += f"{'; ' if why else ''}account shut: {', '.join(_words(Shut(int(verdict['shut']))))}"
    symbol = int(verdict["symbol"])
    return [Text(f"{int(verdict['seq']):,}", "bold"),
            Text(_code(Status, int(verdict["status"])), _COLOURS.get(int(verdict["status"]), "bold red")),
            Text(_code(Kind, int(verdict["kind"]))), Text(names.account(int(verdict["account"]))),
            Text("all" if symbol == ALL_SYMBOLS else names.symbol(symbol)),
            Text(_code(Side, int(verdict["side"])) if verdict["side"] else ""),
            Text(f"{int(verdict['shares']):,}" if verdict["shares"] else ""),
            Text(price_text(int(verdict["price"])) if verdict["price"] else ""),
            Text(f"order {verdict['token']}", "dim"), Text(why)]


def _event(entry: Entry) -> Text:
    """Return what an entry that is no verdict says."""
    content = entry.content
    match entry.kind:
        case EntryKind.DEVICE:
            return Text.assemble(("device ", "bold cyan"), f"build {content['build']:016x}, "
                                 f"{content['clock_hz'] / 1e6:g} MHz, contract {content['contract']}, cycle "
                                 f"{content['cycles']:,}, {content['verdicts']:,} verdicts so far")
        case EntryKind.LOST:
            return Text(f"LOST verdicts {content['first']:,} to {content['last']:,}", "bold red")
        case EntryKind.TORN:
            return Text(f"torn: {content['bytes']:,} bytes of an entry that was cut short", "bold yellow")
    text = Text(content["act"], {"kill": "bold red", "failed": "bold yellow"}.get(content["act"], "bold green"))
    text.append(f" {content['scope']}" if "scope" in content else "")
    text.append(f" by {content.get('user')}@{content.get('host')}", "dim")
    text.append("".join(f", {name} {value}" for name, value in content.items()
                        if name not in _SAID and value not in (None, False)))
    return text.append(f': "{content["reason"]}"' if content.get("reason") else "", "italic")


def _print_sums(console: Console, sums: _Sums, unfinished: int) -> None:
    text = Text.assemble(
        ("journal ", "bold cyan"), f"{sums.entries:,} entries: {sums.verdicts:,} verdicts of {sums.lives} "
        f"{'life' if sums.lives == 1 else 'lives'} of a device, {sums.acts:,} acts; ",
        (f"{sums.lost:,} verdicts lost", "bold red" if sums.lost else "green"), ", ",
        (f"{sums.torn:,} bytes torn", "bold yellow" if sums.torn else "green"))
    if unfinished:
        text.append(f"; {unfinished:,} bytes at the end are no entry: being written, or torn", "yellow")
    console.print(text, soft_wrap=True)
