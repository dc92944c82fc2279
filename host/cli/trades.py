"""``tickgate trades``: the trades of a journal, in a database, for questions."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from host.cli.amounts import money_text, when_text
from host.cli.console import wide_console
from host.cli.errors import UserError
from host.cli.risk_common import Names, add_limits, read_limits
from host.journal.log import LogError
from host.trades.database import TradesError, load, reading
from wire.risk import Side

__all__ = ["add_parser"]

_DATABASE = Path("trades.db")
_LAST = 40
_LIST = ("number", "time_ns", "exec_id", "account", "symbol", "side", "shares", "price", "notional", "fee", "busted")
#: Sums of the trades that count, by account and symbol.
_SUMS = """
SELECT account, symbol, count(*) AS trades, sum(CASE side WHEN 'BUY' THEN shares ELSE 0 END) AS bought,
    sum(CASE side WHEN 'BUY' THEN 0 ELSE shares END) AS sold,
    sum(CASE side WHEN 'BUY' THEN shares ELSE -shares END) AS net,
    sum(CASE side WHEN 'BUY' THEN -notional ELSE notional END) - sum(fee) AS cash, sum(fee) AS fees
FROM trades WHERE {where} GROUP BY account, symbol ORDER BY account, symbol
"""
_MONEY = ("price", "notional", "fee", "fees", "cash")
_TEXTS = ("exec_id", "side", "account", "symbol")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``trades`` to the command's sub-commands."""
    parser = commands.add_parser("trades", help="trades in a database: loaded, listed, summed, asked",
                                 description="Trades of a journal in an SQLite database.")
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    load_parser = _action(actions, "load", _load, "make the database what a journal says; again is no harm")
    load_parser.add_argument("journal", type=Path, metavar="JOURNAL")
    listing = _action(actions, "list", _list, "list trades")
    _add_filter(listing)
    listing.add_argument("--busted", action="store_true", help="only those that were busted")
    listing.add_argument("--last", type=int, default=_LAST, metavar="N",
                         help=f"the last N of them, 0: all (default: {_LAST})")
    _add_filter(_action(actions, "sum", _sum, "sum up the trades that count, by account and symbol"))
    query = _action(actions, "query", _query, "ask a question of your own, in SQL", (
        "Tables: trades, bookings; see docs/positions.md. Nothing can be changed."))
    query.add_argument("sql", metavar="SQL")
    for one in (listing, actions.choices["sum"], query):
        one.add_argument("--json", action="store_true", help="as JSON, an object a row")


def _action(actions: Any, name: str, run: Callable[[argparse.Namespace], int], text: str, more: str = ""
            ) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=text, description=f"{text.capitalize()}. {more}")
    parser.add_argument("--db", type=Path, default=_DATABASE, metavar="FILE",
                        help=f"the database (default: {_DATABASE})")
    parser.set_defaults(run=run)
    return parser


def _add_filter(parser: argparse.ArgumentParser) -> None:
    add_limits(parser)
    parser.add_argument("--account", metavar="NAME", help="of this account; its name in the limits, or its index")
    parser.add_argument("--symbol", metavar="NAME", help="of this symbol; likewise")
    parser.add_argument("--side", choices=[side.name.lower() for side in Side], help="of this side")


def _load(args: argparse.Namespace) -> int:
    try:
        done = load(args.db, args.journal)
    except (TradesError, LogError) as error:
        raise UserError(str(error)) from None
    sys.stdout.write(f"{done.bookings:,} bookings loaded, {done.trades:,} trades made or changed, {done.alarms:,} "
                     f"alarms\n")
    return 0


def _where(args: argparse.Namespace, names: Names) -> tuple[list[str], list[Any]]:
    """Return conditions of the filter, and their values."""
    given = [(f"{what} = ?", names.index(what, getattr(args, what), 1 << 16)) for what in ("account", "symbol")
             if getattr(args, what) is not None]
    if args.side is not None:
        given.append(("side = ?", args.side.upper()))
    return [condition for condition, _ in given], [value for _, value in given]


def _list(args: argparse.Namespace) -> int:
    if args.last < 0:
        raise UserError(f"--last must be 0 or more, not {args.last}")
    names = Names.of(read_limits(args.limits))
    conditions, values = _where(args, names)
    conditions += ["busted"] if args.busted else []
    sql = (f"SELECT {', '.join(_LIST)} FROM trades WHERE {' AND '.join(conditions) or 'TRUE'} "
           "ORDER BY number DESC LIMIT ?")
    return _answer(args, sql, (*values, args.last or -1), names, "Trades", newest_last=True)


def _sum(args: argparse.Namespace) -> int:
    names = Names.of(read_limits(args.limits))
    conditions, values = _where(args, names)
    sql = _SUMS.format(where=" AND ".join((*conditions, "NOT busted")))
    return _answer(args, sql, tuple(values), names, "Sums")


def _query(args: argparse.Namespace) -> int:
    return _answer(args, args.sql, (), None, "")


def _answer(args: argparse.Namespace, sql: str, values: tuple[Any, ...], names: Names | None, title: str,
            *, newest_last: bool = False) -> int:
    """Show what ``sql`` gives; with ``names``, for people."""
    try:
        with reading(args.db) as database:
            found = database.execute(sql, values)
            columns = [column[0] for column in found.description or ()]
            rows = found.fetchall()
    except TradesError as error:
        raise UserError(str(error)) from None
    if newest_last:
        rows.reverse()
    if args.json:
        for row in rows:
            sys.stdout.write(json.dumps(dict(zip(columns, row, strict=True)), default=repr) + "\n")
        return 0
    table = Table(title=title or None)
    for name in columns:
        table.add_column(name.removesuffix("_ns") if names else name,
                         justify="left" if name in _TEXTS else "right")
    for row in rows:
        table.add_row(*(Text(_cell(name, value, names)) for name, value in zip(columns, row, strict=True)))
    wide_console().print(table)
    return 0


def _cell(name: str, value: Any, names: Names | None) -> str:
    if names is None:
        text = str(value)
        return text if text.isprintable() else ascii(text)
    if name in _MONEY:
        return money_text(value)
    match name:
        case "account":
            return names.account(value)
        case "symbol":
            return names.symbol(value)
        case "time_ns":
            return when_text(value)
        case "busted":
            return "busted" if value else ""
    return f"{value:,}" if isinstance(value, int) else str(value)
