"""The reference book against truths that others computed from real market data."""

import csv
import json

import pytest

from sim.market.lobster import LobsterError, convert, join, read_lobster
from sim.models.book import ReferenceBook
from tests.models.itch import split_file


@pytest.fixture(scope="module")
def aapl(data):
    return split_file((data / "itch50_aapl_20200130" / "locate-13-10k.bin").read_bytes())


def test_meatpy_top_5_after_every_book_message(data, aapl):
    with open(data / "itch50_aapl_20200130" / "meatpy_top5.csv", newline="") as file:
        truth = {int(row["msg_index"]): row for row in csv.DictReader(file)}
    book = ReferenceBook(locates=[13])
    compared = 0
    for index, message in enumerate(aapl):
        symbol = book.apply(message)
        if chr(message[0]) not in "AFECXDU":
            continue
        row = truth[index]
        ours = {}
        for side, levels in (("b", symbol.bids(5)), ("a", symbol.asks(5))):
            for n in range(5):
                price, shares, orders = levels[n] if n < len(levels) else (0, 0, 0)
                ours |= {f"{side}p{n + 1}": price, f"{side}q{n + 1}": shares, f"{side}n{n + 1}": orders}
        assert {name: int(row[name]) for name in ours} == ours, f"message {index}"
        assert (row["type"], int(row["ts_ns"])) == (chr(symbol.cause), symbol.ns)
        compared += 1
    assert compared == len(truth) == 9705
    counts = {name: n for name, n in book.counters.items() if n}
    assert counts == {"msgs_decoded": 10_000, "msgs_book": 9705, "msgs_state": 243, "msgs_ignored": 52}


def test_runk_full_depth(data, aapl):
    snapshots = json.loads((data / "itch50_aapl_20200130" / "truth_runk_itch.json").read_text())
    assert len(snapshots) == 3
    for snapshot in snapshots:
        book = ReferenceBook(locates=[13])
        for message in aapl[:snapshot["after_messages"]]:
            book.apply(message)
        symbol = book.symbols[13]
        for name, ours in (("bids", symbol.bids(snapshot["limit"])), ("asks", symbol.asks(snapshot["limit"]))):
            theirs = sorted((tuple(level) for level in snapshot[name]), reverse=name == "bids")
            assert theirs == [level[:len(theirs[0])] for level in ours], snapshot["name"]


@pytest.fixture(scope="module")
def lobster(data):
    folder = data / "lobster_aapl_l10_head"
    name = "AAPL_2012-06-21_34200000_57600000_{}_10.csv"
    return read_lobster(folder / name.format("message"), folder / name.format("orderbook"))


def test_lobster_ten_levels_on_every_row(lobster):
    """Each row after its message, and the row before it still after the added messages."""
    steps = convert(*lobster)
    book = ReferenceBook(locates=[1])
    symbol = book.symbols[1]

    def shown():
        return tuple(tuple(level[:2] for level in side) for side in (symbol.bids(10), symbol.asks(10)))

    before = None
    for number, step in enumerate(steps, 1):
        for message in step.added:
            book.apply(message)
        assert number == 1 or shown() == before, f"messages added before row {number} touched what is visible"
        book.apply(step.message)
        assert shown() == (step.row.bids, step.row.asks), f"row {number}"
        before = shown()
    assert symbol.state == 0
    assert not any(n for name, n in book.counters.items() if name.startswith(("orders", "prices")))
    # What the file proves: 19,642 of 19,980 levels follow from earlier rows and the row's message; 338 are revealed
    # from below the tenth, 20 of them by the first row. 680 rows are proven whole, 984 needed no added message.
    proven = [(step.bids_proven, step.asks_proven) for step in steps]
    assert len(steps) == 999
    assert (sum(bids for bids, _ in proven), sum(asks for _, asks in proven)) == (9838, 9804)
    assert proven.count((10, 10)) == 680
    assert sum(len(step.added) for step in steps) == 36 and sum(bool(step.added) for step in steps) == 15


def test_lobster_joined_messages(lobster):
    steps = convert(*lobster, locate=5, stock="TEST")
    messages, index = join(steps)
    assert len(messages) == 999 + 36 and index[-1] == len(messages) - 1
    assert all(messages[at] == step.message for at, step in zip(index, steps, strict=True))
    assert {message[1:3] for message in messages} == {b"\0\5"}
    assert int.from_bytes(messages[index[0]][5:11], "big") == 34_200_004_241_176


def test_lobster_rows_that_contradict_each_other(lobster):
    events, rows = lobster
    deletes = [n for n, event in enumerate(events) if event.kind == 3]
    with pytest.raises(LobsterError, match=r"row \d+: "):
        convert([*events, events[deletes[0]]], [*rows, rows[-1]])


def test_lobster_malformed_files(tmp_path):
    (tmp_path / "messages").write_text("34200.1,1,5,10,100,2\n")
    (tmp_path / "book").write_text("200,1,100,1\n")
    with pytest.raises(LobsterError, match="message row 1: '34200.1,1,5,10,100,2'"):
        read_lobster(tmp_path / "messages", tmp_path / "book")
    (tmp_path / "messages").write_text("34200.1,1,5,10,100,1\n34200.1,3,5,10,100,1\n")
    with pytest.raises(LobsterError, match="2 message rows, but 1 orderbook rows"):
        read_lobster(tmp_path / "messages", tmp_path / "book")
    (tmp_path / "book").write_text("200,1,100\n")
    with pytest.raises(LobsterError, match="orderbook row 1: 3 columns"):
        read_lobster(tmp_path / "messages", tmp_path / "book")


@pytest.mark.parametrize("tick, refused", [(1, 0), (100, 3595)])
def test_ritch_file_with_unknown_references(data, tick, refused):
    messages = split_file((data / "ritch_test_itch50" / "ex20101224.TEST_ITCH_50.lenfixed").read_bytes())
    book = ReferenceBook(tick=tick)
    for message in messages:
        book.apply(message)
    counters = book.counters
    assert counters["msgs_decoded"] == len(messages) == 12_012
    assert counters["prices_off_grid"] == refused
    assert all(symbol.error and symbol.crossed and symbol.incomplete == (tick == 100)
               for symbol in book.symbols.values())
    if tick == 1:
        assert counters["orders_unknown"] == 117
        assert sum(n for name, n in counters.items() if name.startswith("orders_")) == 117
