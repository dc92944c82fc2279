import numpy as np
import pytest

from sim.models.book import ReferenceBook
from sim.models.compare import Comparer
from tests.models import itch
from wire.records import RecordKind, State, record_dtype

K = 4


def scene(*more):
    book = ReferenceBook()
    for message in (itch.add(1, "B", 100, 10000), itch.add(2, "B", 50, 9900), itch.add(3, "S", 7, 10100),
                    itch.execute(3, 2), itch.stock_message("H", "T", b"T     "), *more):
        book.apply(message)
    return book.symbols[1]


def record(book):
    """Return the record that a true device would publish."""
    row = np.zeros(1, record_dtype(K))[0]
    row["kind"], row["locate"], row["state"] = RecordKind.BOOK, book.locate, book.state
    row["last_price"], row["last_shares"] = book.last_price, book.last_shares
    for name, levels in (("bids", book.bids(K)), ("asks", book.asks(K))):
        row[f"{name}_valid"] = len(levels)
        row[name][:len(levels)] = levels
    row["whole"] = 3
    return row


def check(row, book):
    comparer = Comparer(K)
    return comparer.check(row, book), (comparer.compared, comparer.mismatches, comparer.not_live)


def test_true_records():
    deep = [itch.add(10 + n, "B", 1, 9000 + 100 * n) for n in range(6)]
    for book in (scene(), scene(*deep), scene(itch.add(9, "B", 1, 20000)), scene(itch.delete(3))):
        assert check(record(book), book) == (None, (1, 0, 0))
        assert check(record(book).tobytes(), book) == (None, (1, 0, 0))


def test_levels_left_out():
    book, row = scene(), record(scene())
    row["bids_valid"], row["whole"], row["bids"][1] = 1, 2, (0, 0, 0)
    assert check(row, book) == (None, (1, 0, 0))
    row["whole"] = 3
    assert check(row, book)[0].what == "bids"
    row["bids_valid"], row["whole"] = 2, 1
    assert check(row, book)[0].what == "bids"


@pytest.mark.parametrize("field, value, what", [
    ("locate", 9, "locate"), ("state", 3, "state"), ("state", 4 | State.CROSSED, "crossed"),
    ("state", 4 | 1 << 8, "state"), ("last_price", 10000, "last trade"), ("last_shares", 3, "last trade"),
    ("bids_valid", 3, "bids"), ("bids_valid", 1, "bids"), ("asks_valid", 0, "asks"),
])
def test_wrong_fields(field, value, what):
    row = record(scene())
    row[field] = value
    mismatch, counts = check(row, scene())
    assert mismatch.what == what and mismatch.level is None and counts == (1, 1, 0)


@pytest.mark.parametrize("side", ["bids", "asks"])
@pytest.mark.parametrize("level", range(K))
@pytest.mark.parametrize("field", ["price", "shares", "orders"])
def test_wrong_levels(side, level, field):
    row = record(scene())
    row[side][level][field] += 1
    mismatch, counts = check(row, scene())
    assert (mismatch.what, mismatch.level) == (side, level) and counts == (1, 1, 0)


@pytest.mark.parametrize("mark", [State.STALE, State.INCOMPLETE, State.SUSPECT, State.CLEARING,
                                  State.ERROR | State.STALE])
def test_not_live_is_not_compared(mark):
    row = record(scene())
    row["state"] |= mark
    row["bids"][0]["price"] = 1
    assert check(row, scene()) == (None, (0, 0, 1))


def test_marks_need_a_cause_and_causes_need_a_mark():
    sound, broken = scene(), scene(itch.delete(99))
    row = record(sound)
    row["state"] |= State.ERROR
    assert check(row, sound)[0].what == "mark"
    assert check(record(broken), broken) == (None, (0, 0, 1))
    assert check(record(sound), broken)[0].what == "mark"
    assert check(record(sound), scene(itch.add(9, "B", 1, 101)))[0].what == "mark"


def test_a_mismatch_shows_both_books():
    row = record(scene())
    row["asks"][0]["shares"] = 6
    text = str(check(row, scene())[0])
    assert text.startswith("asks level 1: device (10100, 6, 1), reference (10100, 5, 1)\nlocate 1, feed_seq 0")
    assert "device, 2 bids and 1 asks valid, whole 11" in text
    assert "       1        100        1.0000 | 1.0100        5          1" in text


def test_records_of_another_kind_or_size():
    row = record(scene())
    row["kind"] = RecordKind.FEED
    with pytest.raises(ValueError, match="kind BOOK, not 2"):
        Comparer(K).check(row, scene())
    with pytest.raises(ValueError, match="256 bytes, not 512"):
        Comparer(K).check(np.zeros(1, record_dtype(16))[0], scene())
