"""Ring memory filled from datagrams, seen by the reader of the driver."""

import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.device.reader import EventReader
from host.device.udp_rings import RingFill, parse

DTYPE = np.dtype([("seq", "<u8"), ("a", "<u8"), ("b", "<u8"), ("rest", "<u8")])
WORDS = 3


def datagram(*numbers: int, resent: int = 0, ring: int = 0) -> bytes:
    rows = [struct.pack("<QQQ", number, 7 * number, number ^ 99) for number in numbers]
    return struct.pack(">HBBBBH", 0x7467, ring, len(numbers), WORDS, resent, 0) + b"".join(rows)


def filled(*, entries: int = 16, expected: int = 1):
    memory = np.zeros(entries, DTYPE)
    return RingFill(memory, expected=expected), EventReader(memory, first=expected)


def take(fill: RingFill, *numbers: int, resent: int = 0) -> None:
    parsed = parse(datagram(*numbers, resent=resent))
    assert parsed is not None
    fill.take(parsed)


def read(reader: EventReader) -> list[int]:
    records = reader.collect()
    assert all(each["a"] == 7 * each["seq"] and each["b"] == each["seq"] ^ 99 and not each["rest"] for each in records)
    return records["seq"].tolist()


def test_in_order_they_are_there_at_once() -> None:
    fill, reader = filled()
    take(fill, 1, 2)
    assert read(reader) == [1, 2]
    take(fill, 3)
    assert read(reader) == [3] and fill.ask(0.0) is None and fill.ask(1.0, last=3) is None


def test_what_is_missing_is_asked_for_and_holds_up_the_rest() -> None:
    fill, reader = filled()
    take(fill, 1, 4)
    assert read(reader) == [1]
    assert [fill.ask(now) for now in (0.0, 0.01, 0.06, 0.12, 0.17)] == [2, None, 2, None, 2]
    take(fill, 2, 3, 4, resent=1)
    assert read(reader) == [2, 3, 4] and fill.ask(0.2) is None and reader.lost == fill.given_up == 0


def test_what_the_device_has_no_more_is_lost() -> None:
    fill, reader = filled()
    take(fill, 1, 9, 10)
    assert fill.ask(0.0) == 2
    take(fill, 5, 6, 7, 8, resent=1)
    assert read(reader) == [1] and read(reader) == [5, 6, 7, 8, 9, 10]
    assert reader.lost == fill.given_up == 3


def test_who_does_not_answer_is_not_waited_for() -> None:
    fill, reader = filled()
    take(fill, 3)
    asked = [fill.ask(now) for now in (0, 0.06, 0.12, 0.17, 0.4, 0.8, 1.5, 1.6)]
    assert asked == [1, 1, None, 1, 1, 1, None, None] and read(reader) == [3] and reader.lost == fill.given_up == 2


def test_what_is_missing_is_not_waited_for_with_too_many_behind_it() -> None:
    fill, reader = filled(entries=1 << 13)
    for first in range(2, 4098, 64):
        take(fill, *range(first, first + 64))
    assert read(reader) == [] and fill.given_up == 0
    take(fill, 4098)
    assert read(reader) == list(range(2, 4099)) and reader.lost == fill.given_up == 1


def test_the_last_ones_are_asked_for() -> None:
    fill, reader = filled()
    take(fill, 1)
    assert fill.ask(0.0, last=3) == 2
    take(fill, resent=1)
    assert fill.ask(0.1, last=3) == 2
    take(fill, 2, 3, resent=1)
    assert read(reader) == [1, 2, 3] and fill.ask(0.2, last=3) is None


def test_a_gap_of_more_than_the_ring() -> None:
    fill, reader = filled(entries=8)
    take(fill, 1)
    assert read(reader) == [1]
    take(fill, 40, 41)
    assert fill.ask(0.0) == 2
    take(fill, 39, resent=1)
    # Record 1 was overwritten too while the caller held it.
    assert read(reader) == [39, 40, 41] and fill.given_up == 37 and reader.lost == 38


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 9999), loss=st.sampled_from((0.0, 0.1, 0.5)), kept=st.sampled_from((5, 1000)))
def test_whatever_comes_is_read_once_in_order(seed: int, loss: float, kept: int) -> None:
    chance, total = random.Random(seed), 120
    fill, reader = filled(entries=256)
    sent, seen, flying = 0, [], []
    for step in range(2000):
        if sent < total:
            count = chance.randint(1, 4)
            flying.append((list(range(sent + 1, sent + count + 1)), 0))
            sent += count
        chance.shuffle(flying)
        while flying and chance.random() < 0.7:
            numbers, resent = flying.pop()
            if chance.random() >= loss:
                take(fill, *numbers, resent=resent)
        asked = fill.ask(step, last=sent)
        if asked is not None and chance.random() >= loss:
            first = max(asked, sent - kept + 1)
            flying.append((list(range(first, min(first + 4, sent + 1))), 1))
        while new := read(reader):
            seen += new
        if fill.expected > sent >= total:
            break
    assert seen == sorted(set(seen)) and len(seen) + fill.given_up == sent and reader.lost <= fill.given_up
    assert loss or kept < 1000 or not fill.given_up


@pytest.mark.parametrize("spoiled", [
    b"", datagram(1)[:-1], datagram(1) + b"\0", b"\0" + datagram(1)[1:], datagram(1, ring=2), datagram(1)[:7]])
def test_what_is_no_datagram_of_records(spoiled: bytes) -> None:
    assert parse(spoiled) is None


def test_records_that_are_too_long() -> None:
    fill = RingFill(np.zeros(4, [("seq", "<u8"), ("a", "<u8")]))
    parsed = parse(datagram(1))
    assert parsed is not None
    with pytest.raises(ValueError, match="up to 2 words, not 3"):
        fill.take(parsed)
