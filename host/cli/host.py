"""``tickgate host status|kill|resume|accept``: a person and a living host (``tickgate run CONFIG``)."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from host.cli.console import result_console
from host.cli.errors import CHECK_FAILED, UserError
from host.run.control import ControlError, ask_host
from host.run.liveconfig import ConfigError, load

__all__ = ["add_parser"]

_SECOND = 1_000_000_000


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``host`` to the command's sub-commands."""
    parser = commands.add_parser(
        "host", help="ask a living host how it stands; shut it, open it",
        description="Ask the host that `tickgate run CONFIG` is. Only the user whose process it is may.")
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    _add(actions, "status", "tell how a host stands", _status, " Exit status 1 when it is shut by anything.")
    kill = _add(actions, "kill", "shut the gate and cancel what rests, until it is resumed", _act)
    resume = _add(actions, "resume", "undo a kill of the host", _act,
                  " The gate must be open: `tickgate risk resume` comes first.")
    for one in (kill, resume):
        one.add_argument("--account", metavar="NAME", help="only of this account")
        one.add_argument("--symbol", metavar="NAME", help="only of this symbol")
        one.add_argument("--reason", metavar="TEXT", required=True, help="why, for the journal")
    accept = _add(actions, "accept", "take breaks with the venue upon yourself: trading opens in spite of them",
                  _accept, " They are listed, and asked about one last time.")
    accept.add_argument("--reason", metavar="TEXT", required=True, help="why, for the journal")
    accept.add_argument("--yes", action="store_true", help="do not ask")


def _add(actions: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, run: object,
         more: str = "") -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=f"{text.capitalize()}.{more}")
    parser.add_argument("config", type=Path, metavar="CONFIG", help="that of the host, as `tickgate run` has it")
    parser.set_defaults(run=run)
    return parser


def _ask(args: argparse.Namespace, question: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = ask_host(load(args.config).control, question)
    except (ConfigError, ControlError) as error:
        raise UserError(str(error)) from None
    if "error" in answer:
        raise UserError(answer["error"])
    return answer


def _status(args: argparse.Namespace) -> int:
    found = _ask(args, {"do": "status"})
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    kills = [f"{kill['of']}, by {kill['by']}: {kill['reason']} ({_time(kill['since'])})" for kill in found["kills"]]
    gate = found["gate"]
    rows = [("trading", [found["trading"]]), ("kill", kills or ["none"]),
            ("gate", [f"shut by {', '.join(gate)}" if gate else "open"]), ("circuit breaker", [found["breaker"]]),
            ("break", found["breaks"] or ["none"]), ("accepted", found["accepted"]),
            ("open orders", [f"{found['open']:,}"])]
    for name, texts in rows:
        for text in texts:
            table.add_row(name, Text(text))
    result_console().print(table)
    shut = found["trading"] != "open" or kills or gate or found["breaker"] != "closed"
    return CHECK_FAILED if shut else 0


def _act(args: argparse.Namespace) -> int:
    return _done(_ask(args, {"do": args.action, "reason": args.reason, "account": args.account, "symbol": args.symbol}))


def _accept(args: argparse.Namespace) -> int:
    breaks = _ask(args, {"do": "status"})["breaks"]
    if not breaks:
        raise UserError("there is nothing to accept")
    console = result_console()
    for text in breaks:
        console.print(Text(text), soft_wrap=True)
    if not args.yes:
        if not sys.stdin.isatty():
            raise UserError("nobody can be asked here: --yes accepts")
        if console.input("Trade in spite of that? Type yes: ").strip() != "yes":
            raise UserError("not accepted")
    return _done(_ask(args, {"do": "accept", "reason": args.reason, "breaks": breaks}))


def _done(answer: dict[str, Any]) -> int:
    result_console().print(Text(answer["done"]), soft_wrap=True)
    return 0


def _time(ns: int) -> str:
    return f"{datetime.fromtimestamp(ns // _SECOND, UTC):%Y-%m-%d %H:%M:%S}"
