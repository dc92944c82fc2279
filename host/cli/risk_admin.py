"""``tickgate risk set|verify|kill|resume``: what only the holder of the key may do, and who can read it back."""

import argparse
import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.table import Table
from rich.text import Text

from host.cli.console import result_console, wide_console
from host.cli.errors import CHECK_FAILED, UserError
from host.cli.risk_common import (
    JOURNAL_VARIABLE,
    LIMITS_FILE,
    Names,
    add_device,
    add_journal,
    add_limits,
    begin_journal,
    journal_path,
    open_gate_device,
    read_limits,
    who,
)
from host.device.driver import Device, DeviceError
from host.risk.admin import Admin
from host.risk.gate import Gate
from host.risk.journal import Journal
from host.risk.key import KEY_VARIABLE, KeyFileError, load_key
from host.risk.limits import Limits, LimitsError
from host.risk.plan import PlannedRow, planned_rows
from host.risk.rows import SHOWN_NAMES
from wire.pages import Command

__all__ = ["add_actions"]

#: Differences that are shown; the others are counted.
_SHOWN = 50


def add_actions(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the actions to those of ``tickgate risk``."""
    setting = _add(actions, "set", "set all limits of the device to those of a file", _set,
                   " What the file does not name is set to 0: nothing of it passes. Each row of limits takes effect "
                   "whole, in one cycle. Kills stay as they are.")
    add_limits(setting)
    add_journal(setting)
    verify = _add(actions, "verify", "read all limits back and compare them with a file", _verify,
                  " Exit status 1 if they differ.", key=False)
    add_limits(verify)

    kill = _add(actions, "kill", "refuse all orders, or those of an account or symbol, from now on", _kill,
                " It asks nothing, and holds until it is resumed, whoever restarts. Cancels pass.")
    which = kill.add_mutually_exclusive_group()
    which.add_argument("--account", metavar="NAME", help="only this account; its name in the limits, or its index")
    which.add_argument("--symbol", metavar="NAME", help="only this symbol; likewise")
    kill.add_argument("--reason", metavar="TEXT", default="", help="why, for the journal")
    add_limits(kill)
    add_journal(kill)

    resume = _add(actions, "resume", "undo a kill", _resume,
                  " With --account and --symbol both, trading of the pair that rule 22 has disabled is enabled again.")
    resume.add_argument("--account", metavar="NAME", help="the kill of this account; its name in the limits, or index")
    resume.add_argument("--symbol", metavar="NAME", help="the kill of this symbol; likewise")
    resume.add_argument("--heartbeat", action="store_true", help="forget that the host's heartbeat was lost, too")
    resume.add_argument("--reason", metavar="TEXT", required=True, help="why, for the journal")
    add_limits(resume)
    add_journal(resume)


def _add(actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, run: object, more: str,
         *, key: bool = True) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=f"{text.capitalize()}.{more}")
    add_device(parser)
    if key:
        parser.add_argument("--key-file", type=Path, metavar="FILE", help="file with the key of the device's admin "
                            f"page, which nobody else may read (default: the key in ${KEY_VARIABLE})")
    parser.set_defaults(run=run)
    return parser


def _key(args: argparse.Namespace) -> int:
    try:
        return load_key(args.key_file)
    except KeyFileError as error:
        raise UserError(str(error)) from None


def _needed_limits(args: argparse.Namespace) -> Limits:
    limits = read_limits(args.limits)
    if limits is None:
        raise UserError(f"--limits FILE is needed: there is no {LIMITS_FILE} here")
    return limits


def _rows(limits: Limits, gate: Gate) -> list[PlannedRow]:
    try:
        return planned_rows(limits, gate.device, accounts=gate.sizes.accounts)
    except LimitsError as error:
        raise UserError(str(error)) from None


@contextmanager
def _told(journal: Journal, device: Device, act: str, **more: object) -> Iterator[None]:
    """Write down what is going to be done, and whether it failed."""
    journal.act(act, cycles=device.read("CYCLES"), **who(), **more)
    try:
        yield
    except Exception as error:
        if not isinstance(error, UserError):
            journal.act("failed", cycles=0, of=act, error=str(error), **who())
        raise


def _journal_of(args: argparse.Namespace, act: str) -> Path:
    path = journal_path(args)
    if path is None:
        raise UserError(f"{act} is written down: --journal FILE, or ${JOURNAL_VARIABLE}, names the journal")
    return path


def _set(args: argparse.Namespace) -> int:
    limits, key, path = _needed_limits(args), _key(args), _journal_of(args, "set")
    file = args.limits or LIMITS_FILE
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    with open_gate_device(args) as device:
        rows = _rows(limits, Gate(device))
        with (begin_journal(path, device) as journal,
              _told(journal, device, "set", file=str(file.absolute()), sha256=digest, rows=len(rows)),
              device.transport.exclusive(), Admin(device, key) as admin):
            for row in rows:
                admin.command(row.command, account=row.account, symbol=row.symbol, row=row.values)
        status = device.fields("RISK_STATUS")
    named = sum(any(row.values.values()) for row in rows)
    console = result_console()
    console.print(Text.assemble(("set ", "bold green"), f"{len(rows)} rows of limits, {named} of them from {file}, the "
                                "others to 0"), soft_wrap=True)
    if status["killed"]:
        console.print(Text("the global kill is still set: `tickgate risk resume --reason TEXT`", "yellow"),
                      soft_wrap=True)
    return 0


def _verify(args: argparse.Namespace) -> int:
    limits = _needed_limits(args)
    with open_gate_device(args) as device:
        gate = Gate(device)
        rows = _rows(limits, gate)
        found: list[tuple[str, str, int, int]] = []
        for row, shown in _read_back(gate, rows):
            found += [(row.name, name, value, shown[name]) for name, value in row.values.items()
                      if shown[name] != value]
    console = wide_console()
    fields = sum(len(row.values) for row in rows)
    if not found:
        console.print(Text.assemble(("verified ", "bold green"), f"{fields:,} fields of {len(rows)} rows are as "
                                    f"{args.limits or LIMITS_FILE} says"), soft_wrap=True)
        return 0
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("row", "field", "file", "device"):
        table.add_column(title, justify="right" if title in ("file", "device") else "left")
    for name, field, wanted, value in found[:_SHOWN]:
        table.add_row(Text(name, "bold"), field, f"{wanted:,}", Text(f"{value:,}", "bold red"))
    console.print(table)
    if len(found) > _SHOWN:
        console.print(Text(f"... and {len(found) - _SHOWN:,} more", "red"))
    console.print(Text(f"FAILED: {len(found):,} of {fields:,} fields differ", "bold red"), soft_wrap=True)
    return CHECK_FAILED


def _read_back(gate: Gate, rows: list[PlannedRow]) -> Iterator[tuple[PlannedRow, dict[str, int]]]:
    """Yield each row with what the device holds of it; one look for all rows of an account and a symbol."""
    looks: dict[tuple[int, int], list[PlannedRow]] = {}
    for row in rows:
        looks.setdefault((row.account, row.symbol), []).append(row)
    for (account, symbol), some in looks.items():
        with gate.device.transport.exclusive():
            shown = gate.show(account, symbol)
        for row in some:
            yield row, shown[SHOWN_NAMES[row.command]]


def _scope(args: argparse.Namespace, gate: Gate) -> tuple[int | None, int | None, str]:
    """Return indices of account and symbol that are meant, None for neither, and what to call them."""
    names = Names.of(read_limits(args.limits)) if args.account is not None or args.symbol is not None else Names()
    account = symbol = None
    said = []
    if args.account is not None:
        account = names.index("account", args.account, gate.sizes.accounts)
        said.append(f"account {names.account(account)}")
    if args.symbol is not None:
        symbol = names.index("symbol", args.symbol, gate.device.capabilities.symbols)
        said.append(f"symbol {names.symbol(symbol)}")
    return account, symbol, " in ".join(said) or "all"


def _kill(args: argparse.Namespace) -> int:
    key, path = _key(args), journal_path(args)
    with open_gate_device(args) as device:
        gate = Gate(device)
        account, symbol, said = _scope(args, gate)
        command = (Command.KILL_ACCOUNT if account is not None else Command.KILL_SYMBOL if symbol is not None
                   else Command.KILL_GLOBAL)
        with device.transport.exclusive():
            with Admin(device, key) as admin:
                admin.command(command, account=account or 0, symbol=symbol or 0)
            killed = _is_killed(gate, command, account or 0, symbol or 0)
        if not killed:
            raise DeviceError(f"the kill of {said} is not set")
        result_console().print(Text.assemble(("killed ", "bold red"), f"{said}: no order passes until it is resumed; "
                                             "cancels do"), soft_wrap=True)
        return _tell_kill(path, device, scope=said, account=account, symbol=symbol, reason=args.reason)


def _tell_kill(path: Path | None, device: Device, **more: object) -> int:
    """Write down a kill that was done, if it can be; return the exit status."""
    if path is None:
        sys.stderr.write(f"tickgate: not written down: --journal FILE, or ${JOURNAL_VARIABLE}, names a journal\n")
        return 0
    try:
        with begin_journal(path, device) as journal:
            journal.act("kill", cycles=device.read("CYCLES"), **who(), **more)
    except (UserError, OSError, DeviceError) as error:
        sys.stderr.write(f"tickgate: killed, but not written down: {error}\n")
        return CHECK_FAILED
    return 0


def _resume(args: argparse.Namespace) -> int:
    if not args.reason.strip():
        raise UserError("--reason must say why")
    key, path = _key(args), _journal_of(args, "resume")
    with open_gate_device(args) as device:
        gate = Gate(device)
        account, symbol, said = _scope(args, gate)
        if account is not None and symbol is not None:
            command = Command.ENABLE_PAIR
        else:
            command = (Command.RESUME_ACCOUNT if account is not None else Command.RESUME_SYMBOL if symbol is not None
                       else Command.RESUME_GLOBAL)
        with (begin_journal(path, device) as journal,
              _told(journal, device, "resume", scope=said, account=account, symbol=symbol, heartbeat=args.heartbeat,
                    reason=args.reason)):
            with device.transport.exclusive():
                with Admin(device, key) as admin:
                    if args.heartbeat:
                        admin.command(Command.RESUME_HEARTBEAT)
                    admin.command(command, account=account or 0, symbol=symbol or 0)
                still = _is_killed(gate, command, account or 0, symbol or 0)
                status = gate.status()
            if still:
                raise DeviceError(f"the kill of {said} is still set")
    console = result_console()
    console.print(Text.assemble(("resumed ", "bold green"), said), soft_wrap=True)
    shut = [text for name, text in (("killed", "the global kill"), ("account_kills", "kills of accounts"),
                                    ("symbol_kills", "kills of symbols")) if status[name]]
    if shut:
        console.print(Text(f"still set: {', '.join(shut)}", "yellow"))
    if status["lost"]:
        console.print(Text("the host's heartbeat is lost" + (
            " again: no host is heard" if args.heartbeat else ": --heartbeat resumes it, once a host is heard"),
            "bold yellow"), soft_wrap=True)
    return CHECK_FAILED if status["lost"] and args.heartbeat else 0


def _is_killed(gate: Gate, command: Command, account: int, symbol: int) -> bool:
    """Return whether that is set which ``command`` sets or takes back."""
    if command in (Command.KILL_GLOBAL, Command.RESUME_GLOBAL):
        return bool(gate.status()["killed"])
    name = {Command.KILL_ACCOUNT: "account_killed", Command.RESUME_ACCOUNT: "account_killed",
            Command.KILL_SYMBOL: "symbol_killed", Command.RESUME_SYMBOL: "symbol_killed",
            Command.ENABLE_PAIR: "disabled"}[command]
    return bool(gate.show(account, symbol)[name])
