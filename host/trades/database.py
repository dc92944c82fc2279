"""Trades in SQLite, loaded from the journal: each load makes the database what the journal says, however often.

Tables; prices, fees and notionals are integers of 1/10,000 (of a dollar), times ns since 1970:

    trades    a row a fill, as its busts and corrections have left it; ``number`` is that of its fill in the journal
    bookings  every fill, bust and correction, as it was booked; ``alarm`` is what was wrong with it, or NULL
    loaded    one row: the last record that was loaded, by which another journal is known

A load is one transaction: after the death of its process the database is as it was before.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from host.journal.codec import Codec
from host.journal.journal import Entry, read_journal
from host.positions.booked import Booked
from host.positions.positions import Positions

__all__ = ["Loaded", "TradesError", "load", "reading"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS trades (
    number INTEGER NOT NULL UNIQUE, exec_id TEXT PRIMARY KEY, account INTEGER NOT NULL, symbol INTEGER NOT NULL,
    side TEXT NOT NULL, shares INTEGER NOT NULL, price INTEGER NOT NULL, notional INTEGER NOT NULL,
    fee INTEGER NOT NULL, time_ns INTEGER NOT NULL, busted INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS trades_of_a_pair ON trades (account, symbol, number);
CREATE TABLE IF NOT EXISTS bookings (
    number INTEGER PRIMARY KEY, booked_ns INTEGER NOT NULL, kind TEXT NOT NULL, exec_id TEXT NOT NULL,
    exec_ref_id TEXT NOT NULL, account INTEGER NOT NULL, symbol INTEGER NOT NULL, side TEXT NOT NULL,
    shares INTEGER NOT NULL, price INTEGER NOT NULL, fee INTEGER NOT NULL, time_ns INTEGER NOT NULL,
    alarm TEXT) STRICT;
CREATE TABLE IF NOT EXISTS loaded (
    one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, booked_ns INTEGER NOT NULL,
    exec_id TEXT NOT NULL) STRICT;
"""
_TRADE = f"""
INSERT INTO trades VALUES ({', '.join('?' * 11)})
ON CONFLICT (exec_id) DO UPDATE SET shares = excluded.shares, price = excluded.price, notional = excluded.notional,
    fee = excluded.fee, busted = excluded.busted
WHERE (shares, price, fee, busted) != (excluded.shares, excluded.price, excluded.fee, excluded.busted)
"""
_BOOKING = f"INSERT INTO bookings VALUES ({', '.join('?' * 13)})"
_MARK = "INSERT OR REPLACE INTO loaded VALUES (1, ?, ?, ?)"


class TradesError(Exception):
    """The file is no database of trades, or one of another journal; the text names it."""


class Loaded(NamedTuple):
    """What a load did: bookings that were new, trades that it made or changed, alarms among the new bookings."""

    bookings: int
    trades: int
    alarms: int


def load(path: Path, journal: Path) -> Loaded:
    """Make the database ``path``, which need not exist, what the journal says.

    Raises TradesError, and LogError for the journal; the database is then as it was before.
    """
    entries = list(read_journal(journal, Codec((Booked,)), only_known=True))
    with _errors(path), closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(_SCHEMA)
        database.execute("BEGIN IMMEDIATE")
        try:
            loaded = _load(database, entries, path, journal)
        except BaseException:
            database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")
    return loaded


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the database ``path`` to be read, by people's own questions too: nothing can be written through it.

    Raises TradesError, also for an error in what is asked within the block.
    """
    if not path.exists():
        raise TradesError(f"{path}: there is no such database; `tickgate trades load` makes it")
    with _errors(path), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        database.execute("SELECT number FROM loaded")
        yield database


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, OverflowError) as error:
        raise TradesError(f"{path}: {error}") from None


def _load(database: sqlite3.Connection, entries: list[Entry], path: Path, journal: Path) -> Loaded:
    before = database.execute("SELECT number, booked_ns, exec_id FROM loaded").fetchone()
    marks = [_mark(entry) for entry in entries]
    if before is not None and before not in marks:
        raise TradesError(f"{path}: was loaded from another journal: record {before[0]} of {journal} is not "
                          f"{before[2]}")
    done = 0 if before is None else before[0]
    positions, numbers, rows = Positions(), dict[str, int](), list[tuple[Any, ...]]()
    for number, time_ns, booked in entries:
        alarms = positions.book(booked)
        numbers.setdefault(booked.exec_id, number)
        if number > done:
            own = [alarm.kind.value for alarm in alarms if alarm.booked is booked]
            rows.append((number, time_ns, booked.kind.name, booked.exec_id, booked.exec_ref_id, booked.account,
                         booked.symbol, booked.side.name, booked.shares, booked.price, booked.fee, booked.time_ns,
                         own[0] if own else None))
    database.executemany(_BOOKING, rows)
    changed = database.total_changes
    database.executemany(_TRADE, _trades(positions, numbers))
    changed = database.total_changes - changed
    if marks and marks[-1] != before:
        database.execute(_MARK, marks[-1])
    return Loaded(len(rows), changed, sum(row[-1] is not None for row in rows))


def _mark(entry: Entry) -> tuple[int, int, str]:
    return entry.number, entry.time_ns, entry.record.exec_id


def _trades(positions: Positions, numbers: dict[str, int]) -> Iterable[tuple[Any, ...]]:
    return ((numbers[trade.exec_id], trade.exec_id, trade.account, trade.symbol, trade.side.name, trade.shares,
             trade.price, trade.shares * trade.price, trade.fee, trade.time_ns, trade.busted)
            for trade in positions.trades())
