"""Trades in the database are what the journal says, however often and in however many pieces they are loaded."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.journal.codec import Codec
from host.journal.disk import Sync
from host.journal.journal import Journal
from host.positions.booked import Booked
from host.trades import database
from host.trades.database import Loaded, TradesError, load, reading
from tests.host.positions.bookings import bust, correct, fill, random_bookings, surviving

CODEC = Codec((Booked,))
A, B = fill("A", 100, 10_000, fee=3), fill("B", -40, 10_100, symbol=1)


def write(path, bookings, start=1):
    clock = iter(range(start * 1000, 1 << 40))
    with Journal(path, CODEC, sync=Sync.NEVER, now=lambda: next(clock)) as journal:
        for one in bookings:
            journal.append(one)


def rows(path, sql):
    with reading(path) as found:
        return found.execute(sql).fetchall()


@pytest.fixture
def files(tmp_path):
    return tmp_path / "trades.db", tmp_path / "host.journal"


def test_a_load_twice_changes_nothing(files):
    write(files[1], [A, B, bust("X", A)])
    assert load(*files) == Loaded(3, 2, 0)
    before = files[0].read_bytes()
    assert load(*files) == Loaded(0, 0, 0)
    assert files[0].read_bytes() == before


def test_a_load_goes_on_where_the_last_ended(files):
    write(files[1], [A])
    assert load(*files) == Loaded(1, 1, 0)
    write(files[1], [B, correct("C", A, 50, 9_000, 1), bust("X", B), bust("Y", fill("Z", 1, 1)), A])
    assert load(*files) == Loaded(5, 2, 2)
    assert rows(files[0], "SELECT number, exec_id, side, shares, price, notional, fee, busted FROM trades") == [
        (1, "A", "BUY", 50, 9_000, 450_000, 1, 0), (2, "B", "SELL", 40, 10_100, 404_000, 0, 1)]
    assert rows(files[0], "SELECT number, alarm FROM bookings WHERE alarm IS NOT NULL") == [
        (5, "no fill of this exec_ref_id is known; it waits for one"), (6, "was booked before, the same")]


@given(seed=st.integers(0, 1 << 32), count=st.integers(1, 30), cuts=st.lists(st.integers(0, 36), max_size=3))
@settings(max_examples=25, deadline=None, print_blob=True)
def test_in_whatever_pieces_it_is_loaded(tmp_path_factory, seed, count, cuts):
    folder = tmp_path_factory.mktemp("trades")
    bookings = random_bookings(seed, count)
    start = 0
    for cut in [*sorted(cuts), len(bookings)]:
        write(folder / "journal", bookings[start:cut], start=start + 1)
        start = max(start, cut)
        load(folder / "pieces.db", folder / "journal")
    load(folder / "once.db", folder / "journal")
    for sql in ("SELECT * FROM trades ORDER BY number", "SELECT * FROM bookings", "SELECT * FROM loaded"):
        assert rows(folder / "pieces.db", sql) == rows(folder / "once.db", sql)
    counting = rows(folder / "once.db", "SELECT exec_id, account, symbol, side, shares, price, fee FROM trades "
                                        "WHERE NOT busted ORDER BY exec_id")
    assert counting == sorted((*row[:3], row[3].name, *row[4:]) for row in surviving(bookings))


def test_another_journal_is_refused(files, tmp_path):
    write(files[1], [A, B])
    load(*files)
    other = tmp_path / "other.journal"
    write(other, [A, B], start=5)
    with pytest.raises(TradesError, match="trades.db: was loaded from another journal: record 2 of .*other.journal"):
        load(files[0], other)
    assert len(rows(files[0], "SELECT * FROM bookings")) == 2


def test_a_load_that_fails_changes_nothing(files, monkeypatch):
    write(files[1], [A])
    load(*files)
    write(files[1], [B])
    with monkeypatch.context() as patched:
        patched.setattr(database, "_MARK", "nonsense")
        with pytest.raises(TradesError, match="syntax error"):
            load(*files)
    assert rows(files[0], "SELECT exec_id FROM bookings") == [("A",)]
    assert load(*files) == Loaded(1, 1, 0)


def test_a_number_beyond_64_bits_is_refused(files):
    write(files[1], [fill("A", 1 << 40, 1 << 30)])
    with pytest.raises(TradesError, match="trades.db: Python int too large to convert to SQLite INTEGER"):
        load(*files)
    assert rows(files[0], "SELECT * FROM bookings") == []


def test_what_is_no_database_is_refused(files, tmp_path):
    files[0].write_text("x" * 5000)
    write(files[1], [A])
    with pytest.raises(TradesError, match="file is not a database"):
        load(*files)
    with pytest.raises(TradesError, match="there is no such database"), reading(tmp_path / "none.db"):
        pass
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as made:
        made.execute("CREATE TABLE mine (x)")
    with pytest.raises(TradesError, match="no such table: loaded"), reading(other):
        pass


@pytest.mark.parametrize("sql", ["DELETE FROM trades", "DROP TABLE trades", "SELECT 1; SELECT 2", "nonsense"])
def test_a_question_changes_nothing(files, sql):
    write(files[1], [A])
    load(*files)
    with pytest.raises(TradesError), reading(files[0]) as found:
        found.execute(sql)
    assert len(rows(files[0], "SELECT * FROM trades")) == 1
