"""Frames made one at a time, and by the many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.exchange.frames import Framer, frame_of
from sim.market.frames import LINE_A, LINE_B
from wire.fields import WireError
from wire.frame import parse_frame
from wire.ipv4 import MAX_LENGTH

_LINES = [LINE_A, LINE_B.tagged(7), LINE_A.__class__(number=0, ip=LINE_A.ip, port=1, checksum=False)]
_FRAMERS = [Framer(line) for line in _LINES]


@given(packets=st.lists(st.binary(max_size=200), min_size=1, max_size=4), number=st.integers(0, 2))
def test_both_ways_make_the_same_frame(packets, number):
    for packet in packets:
        frame = _FRAMERS[number].frame(packet)
        assert frame == frame_of(packet, _LINES[number]) and parse_frame(frame).payload == packet


@pytest.mark.parametrize("word", range(0x10000 - 8, 0x10000))
def test_sums_near_zero_are_folded_alike(word):
    for first in range(0, 0x10000, 5):
        packet = bytes([first >> 8, first & 255, word >> 8, word & 255])
        frame = _FRAMERS[0].frame(packet)
        if frame[40:42] in (b"\xff\xff", b"\0\0", b"\xff\xfe", b"\0\1"):
            assert frame == frame_of(packet, LINE_A)


def test_a_packet_that_no_frame_holds_is_refused():
    with pytest.raises(WireError, match="must be at most 65507 bytes, not 65508"):
        Framer(LINE_A).frame(bytes(MAX_LENGTH - 27))
