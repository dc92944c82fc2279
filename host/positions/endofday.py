"""The end-of-day file: what a venue says was traded and is held, as comma-separated values (docs/positions.md).

The first line names the columns, in any order: record, exec_id, account, symbol, side, shares, price, status, and fee,
unless no fees are told. Each further line is a record:

    trade     exec_id, account, symbol, side (buy, sell, sell_short, sell_short_exempt), shares, price and fee in
              dollars with at most four decimal places, status (done, busted)
    position  account, symbol, shares (negative when short); pairs that are not told are flat
    end       shares: the number of records before it; nothing follows

Fields that a record does not name are empty. A file without its ``end`` was cut short, and is refused.
"""

import csv
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TextIO

from host.positions.reconcile import Statement
from host.positions.trade import Trade
from host.risk import units
from wire.risk import Side

__all__ = ["COLUMNS", "EndOfDayError", "read_end_of_day", "write_end_of_day"]

COLUMNS = ("record", "exec_id", "account", "symbol", "side", "shares", "price", "fee", "status")
_USED = {"trade": {*COLUMNS}, "position": {"record", "account", "symbol", "shares"}, "end": {"record", "shares"}}
_SIDES = {side.name.lower(): side for side in Side}
_BUSTED = {"done": False, "busted": True}

Index = Callable[[str], int]


class EndOfDayError(Exception):
    """The file is no end-of-day file; the text names it, and the line."""


def read_end_of_day(path: Path, account: Index, symbol: Index) -> Statement:
    """Return what the file ``path`` says.

    account, symbol: give the index of a name, and raise ValueError for one that has none. Raises EndOfDayError;
    OSError.
    """
    trades, positions, ended = dict[str, Trade](), dict[tuple[int, int], int](), False
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = csv.DictReader(file, strict=True)
        try:
            columns = set(lines.fieldnames or ())
            if columns - {"fee"} != {*COLUMNS} - {"fee"}:
                raise ValueError(f"the columns must be {', '.join(COLUMNS)}, not {', '.join(sorted(columns))}")
            for number, row in enumerate(lines):
                if ended:
                    raise ValueError("something follows the record `end`")
                _check_fields(row, columns)
                if row["record"] == "trade":
                    trade = _trade(row, account, symbol)
                    if trade.exec_id in trades:
                        raise ValueError(f"the trade {trade.exec_id} is there twice")
                    trades[trade.exec_id] = trade
                elif row["record"] == "position":
                    pair = account(row["account"]), symbol(row["symbol"])
                    if pair in positions:
                        raise ValueError(f"the position of {row['account']} in {row['symbol']} is there twice")
                    positions[pair] = int(row["shares"])
                elif int(row["shares"]) != number:
                    raise ValueError(f"{number} records are there, `end` says {row['shares']}")
                else:
                    ended = True
            if not ended:
                raise ValueError("the file ends without the record `end`: it was cut short")
        except (ValueError, csv.Error) as error:
            raise EndOfDayError(f"{path}: line {lines.line_num}: {error}") from None
    return Statement(tuple(trades.values()), positions, fees="fee" in columns)


def write_end_of_day(file: TextIO, trades: Iterable[Trade], positions: Mapping[tuple[int, int], int],
                     account: Callable[[int], str], symbol: Callable[[int], str]) -> None:
    """Write an end-of-day file. positions: shares by (account, symbol). account, symbol: give the name of an index."""
    writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    records = 0
    for trade in trades:
        writer.writerow({"record": "trade", "exec_id": trade.exec_id, "account": account(trade.account),
                         "symbol": symbol(trade.symbol), "side": trade.side.name.lower(), "shares": trade.shares,
                         "price": _dollars(trade.price), "fee": _dollars(trade.fee),
                         "status": "busted" if trade.busted else "done"})
        records += 1
    for (holder, held), shares in sorted(positions.items()):
        writer.writerow({"record": "position", "account": account(holder), "symbol": symbol(held), "shares": shares})
        records += 1
    writer.writerow({"record": "end", "shares": records})


def _check_fields(row: dict[str, str], columns: set[str]) -> None:
    used = _USED.get(row["record"])
    if used is None:
        raise ValueError(f"record must be {', '.join(_USED)}, not {row['record']!r}")
    if None in row or None in row.values():
        raise ValueError(f"a line has {len(columns)} fields")
    for name in columns:
        if bool(row[name]) != (name in used):
            raise ValueError(f"{row['record']}: {name} must {'not ' if name in used else ''}be empty, it is "
                             f"{row[name]!r}")


def _trade(row: dict[str, str], account: Index, symbol: Index) -> Trade:
    for name, known in (("side", _SIDES), ("status", _BUSTED)):
        if row[name] not in known:
            raise ValueError(f"{name} must be {', '.join(known)}, not {row[name]!r}")
    shares, price, fee = int(row["shares"]), units.price(row["price"]), row.get("fee", "0")
    if shares < 1 or price < 1:
        raise ValueError(f"shares and price of a trade must be more than 0, not {row['shares']} and {row['price']}")
    return Trade(row["exec_id"], account(row["account"]), symbol(row["symbol"]), _SIDES[row["side"]], shares, price,
                 -units.price(fee[1:]) if fee.startswith("-") else units.price(fee), 0, _BUSTED[row["status"]])


def _dollars(amount: int) -> str:
    whole, part = divmod(abs(amount), units.PRICE_UNITS)
    return f"{'-' if amount < 0 else ''}{whole}.{part:04d}"
