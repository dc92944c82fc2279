# amaranth: UnusedElaboratable=no
"""Hold: nothing of a bad frame comes out, everything of a good one does, and the mode changes between frames."""

import random

import pytest

from gateware.net.hold import GAP, LAG, Hold
from tests.gateware.net.bench import WORD_BYTES, Bench, Channel, frame_words
from wire.frame import FEED_IP, FEED_PORT, build_frame

CHANNELS = [Channel(FEED_IP, FEED_PORT, 1)]
#: Cycles from a frame's last word on ``i`` to its datagram's first word on ``o``: fate 4, then memory.
RELEASE_LATENCY = 9
#: Words of a frame before the one in which the payload begins, without tag and options.
HEADER_WORDS = 5


def sized(words: int, **shape) -> bytes:
    """Return an untagged frame whose payload lies in exactly ``words`` words."""
    return build_frame(bytes(n % 251 for n in range(WORD_BYTES * words - 2)), **shape)


def spoiled(frame: bytes) -> bytes:
    return frame[:-1] + bytes([frame[-1] ^ 1])


def idle_between(bench: Bench) -> list[int]:
    pairs = zip(bench.datagrams, bench.datagrams[1:], strict=False)
    return [after.begun - before.ended - 1 for before, after in pairs]


def test_first_word_comes_a_fixed_time_after_the_frame():
    bench = Bench(CHANNELS, hold=True).play(frame_words(sized(7)), settle=40)
    [datagram] = bench.datagrams
    assert datagram.begun == bench.words_in[-1] + RELEASE_LATENCY
    assert datagram.words == list(range(datagram.begun, datagram.begun + 7))
    assert datagram.decided == datagram.ended and datagram.good and datagram.line == 1


def test_bad_frames_leave_no_trace():
    frames = [sized(4), spoiled(sized(30)), sized(9)[:-1], sized(5, dst_port=1), sized(6), sized(20)]
    bench = Bench(CHANNELS, hold=True).play_frames(frames, gap=0.1, errors=(4,), settle=100)
    assert bench.fates == ["frames_ok", "frames_udp_checksum", "frames_truncated", "frames_not_for_us",
                           "frames_mac_error", "frames_ok"]
    assert [len(datagram.words) for datagram in bench.datagrams] == [4, 20]
    assert all(datagram.good for datagram in bench.datagrams)


def test_abutting_frames_never_overflow_and_keep_their_distance():
    chance = random.Random(11)
    depth = 64
    sizes = [chance.choice((1, 2, 3, chance.randrange(1, depth - 32), depth - 32)) for _ in range(150)]
    bench = Bench(CHANNELS, hold=True, hold_depth=depth).play_frames([sized(size) for size in sizes], settle=2 * depth)
    assert bench.fates == ["frames_ok"] * len(sizes)
    assert [len(datagram.words) for datagram in bench.datagrams] == sizes
    assert min(idle_between(bench)) >= GAP


def test_a_datagram_beyond_the_memory_is_dropped_and_counted():
    frames = [sized(10), sized(64), sized(10), sized(200), sized(200)[:-1], sized(32)]
    bench = Bench(CHANNELS, hold=True, hold_depth=64).play_frames(frames, settle=100)
    assert bench.fates == ["frames_ok", "frames_length", "frames_ok", "frames_length", "frames_length", "frames_ok"]
    assert [len(datagram.words) for datagram in bench.datagrams] == [10, 10, 32]


@pytest.mark.parametrize("gap", [0.0, 0.5])
def test_what_fits_is_taken_and_what_does_not_is_counted(gap):
    depth = 64
    chance, schedule = random.Random(12), []
    sizes = [depth - GAP - LAG + n for n in (-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8)]
    for size in sizes:
        for word in frame_words(sized(size)):
            schedule += [None] * (chance.random() < gap) + [word]
        schedule += [None] * 2 * depth
    bench = Bench(CHANNELS, hold=True, hold_depth=depth).play(schedule, settle=2 * depth)
    taken = [len(datagram.words) for datagram in bench.datagrams]
    assert bench.fates == ["frames_ok" if size in taken else "frames_length" for size in sizes]
    assert taken[:4] == sizes[:4] and max(taken) <= depth - GAP
    assert all(datagram.good for datagram in bench.datagrams)


def test_full_frames_fit_back_to_back():
    frames = [sized(185)] * 4
    bench = Bench(CHANNELS, hold=True).play_frames(frames, settle=400)
    assert bench.fates == ["frames_ok"] * 4 and len(bench.datagrams) == 4


@pytest.mark.parametrize("change", range(0, 3 * (HEADER_WORDS + 12), 3))
def test_hold_takes_force_between_abutting_frames(change):
    frames = [sized(12) if n % 2 else spoiled(sized(12)) for n in range(6)]
    schedule = [word for frame in frames for word in frame_words(frame)]
    bench = Bench(CHANNELS).play(schedule, hold_at={change: True}, settle=60)
    whole = [datagram for datagram in bench.datagrams if datagram.good]
    assert [datagram.data for datagram in whole] == [sized(12)[42:]] * 3
    assert bench.active[-1]
    since = bench.active.index(True)
    assert since < change + 12 + HEADER_WORDS + 10
    assert all(datagram.good for datagram in bench.datagrams if datagram.begun > since + 1)
    assert all(datagram.decided is not None for datagram in bench.datagrams)


@pytest.mark.parametrize("change", [0, 7, 16, 17, 18, 30])
def test_hold_is_left_when_nothing_is_held(change):
    frames = [sized(12), spoiled(sized(12)), sized(12)]
    schedule = [*[None] * 3, *[word for frame in frames for word in frame_words(frame)], *[None] * 30,
                *frame_words(spoiled(sized(12))), *frame_words(sized(12))]
    bench = Bench(CHANNELS, hold=True).play(schedule, hold_at={change: False}, settle=60)
    assert [datagram.data for datagram in bench.datagrams if datagram.good] == [sized(12)[42:]] * 3
    assert not bench.active[-1]
    *_, bad, last = bench.datagrams
    assert bad.good is False and last.good
    assert last.words[-1] == len(schedule)


@pytest.mark.parametrize("depth", [0, 32, 100])
def test_depth_is_checked(depth):
    with pytest.raises(ValueError, match=f"not {depth}"):
        Hold(depth=depth)
