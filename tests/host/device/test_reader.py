"""The ring reader: new records by their own numbers, loss when it is lapped."""

import numpy as np
import pytest

from host.device.reader import EventReader
from wire.records import record_dtype

ENTRIES = 16


class Writer:
    """Writes records as a device does: content first, number last."""

    def __init__(self, entries: int = ENTRIES):
        self.ring = np.zeros(entries, record_dtype(4))
        self.seq = 0

    def write(self, count: int) -> None:
        for _ in range(count):
            slot = self.ring[self.seq % len(self.ring)]
            self.seq += 1
            slot["feed_seq"] = 1000 + self.seq
            slot["seq"] = self.seq


def seen(reader: EventReader) -> list[int]:
    return [int(seq) for view in reader.drain() for seq in view["feed_seq"] - np.uint64(1000)]


def test_an_empty_ring_has_no_record() -> None:
    reader = EventReader(Writer().ring)
    assert len(reader.poll()) == 0
    assert seen(reader) == [] and reader.lost == 0 and reader.next_seq == 1


def test_records_come_once_in_order_without_copies_across_the_end() -> None:
    writer = Writer()
    reader = EventReader(writer.ring)
    expected = []
    for count in (1, 0, 5, 10, 3, 16, 2, 15, 16, 16):
        writer.write(count)
        expected += range(writer.seq - count + 1, writer.seq + 1)
        view = reader.poll()
        assert np.shares_memory(view, writer.ring) or not len(view)
        got = [int(seq) for seq in view["seq"]]
        got += [int(seq) for part in reader.drain() for seq in part["seq"]]
        assert got == expected[len(expected) - count:]
    assert reader.lost == 0 and reader.next_seq == writer.seq + 1


def test_a_run_is_cut_only_at_the_rings_end() -> None:
    writer = Writer()
    reader = EventReader(writer.ring)
    writer.write(10)
    assert len(reader.poll()) == 10
    writer.write(12)
    assert [len(view) for view in reader.drain()] == [6, 6]


def test_long_runs_are_found_whole() -> None:
    writer = Writer(4096)
    reader = EventReader(writer.ring)
    writer.write(3000)
    assert len(reader.poll()) == 3000


def test_collect_gives_one_piece() -> None:
    writer = Writer()
    reader = EventReader(writer.ring)
    writer.write(10)
    assert np.shares_memory(reader.collect(), writer.ring)
    writer.write(12)
    cut = reader.collect()
    assert cut["seq"].tolist() == list(range(11, 23)) and cut.dtype == writer.ring.dtype
    assert len(reader.collect()) == 0
    writer.write(10)   # up to the very end
    assert reader.collect()["seq"].tolist() == list(range(23, 33))
    writer.write(1)
    assert reader.collect()["seq"].tolist() == [33]


@pytest.mark.parametrize("extra", [1, 7, 16, 40])
def test_lapping_is_counted_and_the_oldest_record_left_comes_next(extra: int) -> None:
    writer = Writer()
    reader = EventReader(writer.ring)
    writer.write(4)
    assert seen(reader) == [1, 2, 3, 4]
    writer.write(ENTRIES + extra)
    assert seen(reader) == list(range(writer.seq - ENTRIES + 1, writer.seq + 1))
    assert reader.lost == extra
    writer.write(2)
    assert seen(reader) == [writer.seq - 1, writer.seq]
    assert reader.lost == extra


def test_records_overwritten_while_they_are_held_are_lost() -> None:
    writer = Writer()
    reader = EventReader(writer.ring)
    writer.write(8)
    view = reader.poll()
    assert len(view) == 8
    writer.write(11)   # 8 into the other half, 3 over what is held
    assert seen(reader) == list(range(9, 20))
    assert reader.lost == 3


def test_a_reader_may_begin_later() -> None:
    writer = Writer()
    writer.write(20)
    reader = EventReader(writer.ring, first=21)
    assert seen(reader) == []
    writer.write(1)
    assert seen(reader) == [21] and reader.lost == 0


@pytest.mark.parametrize("entries", [0, 1, 3, 12])
def test_a_ring_has_a_power_of_two_entries(entries: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        EventReader(np.zeros(entries, record_dtype(4)))


def test_numbers_begin_at_1() -> None:
    with pytest.raises(ValueError, match="from 1, not 0"):
        EventReader(Writer().ring, first=0)
