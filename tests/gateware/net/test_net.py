"""The network block: fates, payload, latency, verdicts, broken framing, reset."""

import random

import pytest

from gateware.net.fate import EVENTS, FATES
from tests.gateware.net.bench import WORD_BYTES, Bench, Channel, frame_words
from wire import ethernet, ipv4, udp
from wire.frame import FEED_IP, FEED_PORT, build_frame
from wire.registers import COUNTERS

CHANNELS = [Channel(FEED_IP, FEED_PORT, 0), Channel(FEED_IP + 1, FEED_PORT, 1), Channel(FEED_IP, FEED_PORT + 1, 1)]
PAYLOAD = bytes(range(1, 61))
#: Cycles from a frame's last word on ``i`` to the strobe of its fate.
FATE_LATENCY = 5
#: Cycles from a datagram's first word on ``o`` to its bad verdict when its headers are wrong.
CONDEMN_LATENCY = 2
SHAPES = [{"vlan": vlan, "ip_options": bytes([1] * options)} for vlan in (None, 0x2007) for options in range(0, 44, 4)]


def payload_offset(*, vlan, ip_options) -> int:
    tag = 0 if vlan is None else ethernet.VLAN_TAG.size
    return ethernet.HEADER.size + tag + ipv4.HEADER.size + len(ip_options) + udp.HEADER.size


def edit(frame: bytes, at: int, value: bytes) -> bytes:
    return frame[:at] + value + frame[at + len(value):]


def edit_ip(frame: bytes, name: str, value: int, *, base: int = ethernet.HEADER.size, mend: bool = True) -> bytes:
    """Return the untagged frame with a field of its IP header changed, and the checksum mended."""
    field = ipv4.HEADER.field(name)
    frame = edit(frame, base + field.offset, value.to_bytes(field.size, "big"))
    if not mend:
        return frame
    end = base + 4 * max(5, frame[base] & 15)
    frame = edit_ip(frame, "checksum", 0, base=base, mend=False)
    return edit_ip(frame, "checksum", ipv4.checksum(frame[base:end]), base=base, mend=False)


def edit_udp(frame: bytes, name: str, value: int) -> bytes:
    """Return the untagged frame without options with a field of its UDP header changed."""
    field = udp.HEADER.field(name)
    return edit(frame, ethernet.HEADER.size + ipv4.HEADER.size + field.offset, value.to_bytes(field.size, "big"))


PLAIN = build_frame(PAYLOAD)
UNSUMMED = build_frame(PAYLOAD, checksum=False)
TAGGED = build_frame(PAYLOAD, vlan=5)

CASES = [
    ("frames_ok", PLAIN), ("frames_ok", UNSUMMED), ("frames_ok", TAGGED), ("frames_ok", build_frame(b"")),
    ("frames_ok", build_frame(b"x", pad=True)), ("frames_ok", PLAIN + bytes(range(1, 100))),
    ("frames_ethertype", edit(PLAIN, 12, b"\x86\xdd")), ("frames_ethertype", edit(PLAIN, 12, b"\x88\xa8")),
    ("frames_ethertype", edit(TAGGED, 16, b"\x81\x00")), ("frames_ethertype", edit(TAGGED, 16, b"\x08\x06")),
    ("frames_ethertype", PLAIN[:12] + b"\x08\x06"),
    ("frames_ip_version", edit_ip(PLAIN, "version_length", 0x65)),
    ("frames_ip_version", edit_ip(PLAIN, "version_length", 0x44)),
    ("frames_ip_version", edit_ip(PLAIN, "version_length", 0x40)),
    ("frames_ip_version", edit_ip(TAGGED, "version_length", 0x44, base=18)),
    ("frames_ip_version", edit_ip(PLAIN, "protocol", 6)),
    ("frames_ip_version", edit_ip(TAGGED, "protocol", 1, base=18)),
    ("frames_ip_version", edit_ip(PLAIN, "version_length", 0x60)[:15]),
    ("frames_runt", PLAIN[:1]), ("frames_runt", PLAIN[:8]), ("frames_runt", PLAIN[:41]),
    ("frames_runt", edit_ip(PLAIN, "version_length", 0x4F)[:80]),
    ("frames_ip_checksum", edit_ip(PLAIN, "ttl", 3, mend=False)),
    ("frames_ip_checksum", edit_ip(TAGGED, "destination", 3, base=18, mend=False)),
    ("frames_fragment", edit_ip(PLAIN, "flags_fragment", 0x2000)),
    ("frames_fragment", edit_ip(PLAIN, "flags_fragment", 0x0001)),
    ("frames_fragment", edit_ip(TAGGED, "flags_fragment", 0x1000, base=18)),
    ("frames_ok", edit_ip(PLAIN, "flags_fragment", 0xC000)),
    ("frames_length", edit_ip(PLAIN, "total_length", 27)), ("frames_length", edit_ip(PLAIN, "total_length", 0)),
    ("frames_length", edit_ip(PLAIN, "total_length", 28)), ("frames_length", edit_ip(PLAIN, "total_length", 87)),
    ("frames_length", edit_ip(PLAIN, "total_length", 0xFFFF)),
    ("frames_length", edit_udp(UNSUMMED, "length", 7)), ("frames_length", edit_udp(UNSUMMED, "length", 69)),
    ("frames_length", edit_udp(UNSUMMED, "length", 67)), ("frames_length", edit_udp(UNSUMMED, "length", 0)),
    ("frames_not_for_us", build_frame(PAYLOAD, dst_ip=FEED_IP + 2)),
    ("frames_not_for_us", build_frame(PAYLOAD, dst_port=FEED_PORT + 2)),
    ("frames_not_for_us", build_frame(PAYLOAD, dst_ip=FEED_IP + 1, dst_port=FEED_PORT + 1)),
    ("frames_truncated", PLAIN[:-1]), ("frames_truncated", TAGGED[:46]),
    ("frames_udp_checksum", edit_udp(PLAIN, "checksum", 0x1234)), ("frames_udp_checksum", edit(PLAIN, 101, b"\xff")),
]


def test_events_are_the_frame_counters():
    assert {"frames", *FATES} == {name for name, _ in COUNTERS if name.startswith("frames")} == set(EVENTS.members)


@pytest.mark.parametrize("gap", [0.0, 0.4])
@pytest.mark.parametrize("hold", [False, True])
def test_every_frame_has_the_fate_that_was_found_first(gap, hold):
    bench = Bench(CHANNELS, hold=hold).play_frames([frame for _, frame in CASES], gap=gap, seed=7, settle=200)
    assert bench.fates == [fate for fate, _ in CASES]
    assert bench.begun == len(CASES)
    assert set(bench.fates) == set(FATES) - {"frames_mac_error"}


@pytest.mark.parametrize("reverse", [False, True])
def test_neighbours_do_not_change_a_fate(reverse):
    cases = [case for pair in zip(CASES, CASES[3:] + CASES[:3], strict=True) for case in pair]
    cases = cases[::-1] if reverse else cases
    bench = Bench(CHANNELS).play_frames([frame for _, frame in cases])
    assert bench.fates == [fate for fate, _ in cases]


@pytest.mark.parametrize("gap", [0.0, 0.3])
def test_payload_of_every_shape_and_size_comes_out_one_cycle_later(gap):
    payloads = [bytes(range(7, 7 + size)) for size in (1, 2, 3, 6, 7, 8, 9, 10, 17, 31, 64)]
    cases = [(shape, payload) for shape in SHAPES for payload in payloads]
    chance = random.Random(3)
    schedule, words = [], []
    for shape, payload in cases:
        frame = build_frame(payload, checksum=chance.random() < 0.7, **shape) + bytes(chance.choice((0, 0, 1, 9, 30)))
        begin = payload_offset(**shape)
        cycles = []
        for number, word in enumerate(frame_words(frame)):
            schedule += [None] * sum(1 for _ in range(5) if chance.random() < gap)
            if begin // WORD_BYTES <= number <= (begin + len(payload) - 1) // WORD_BYTES:
                cycles.append(len(schedule) + 1)
            schedule.append(word)
        words.append(cycles)
    bench = Bench(CHANNELS).play(schedule)
    assert [datagram.data for datagram in bench.datagrams] == [payload for _, payload in cases]
    assert [datagram.words for datagram in bench.datagrams] == words
    assert all(datagram.good and datagram.decided > datagram.ended for datagram in bench.datagrams)
    assert bench.fates == ["frames_ok"] * len(cases)
    assert [datagram.decided for datagram in bench.datagrams] == bench.fate_cycles


def test_fate_strobes_a_fixed_time_after_the_last_word():
    frames = [frame for _, frame in CASES]
    bench = Bench(CHANNELS).play_frames(frames)
    ends, cycle = [], -1
    for frame in frames:
        cycle += len(frame_words(frame))
        ends.append(cycle)
    assert bench.fate_cycles == [end + FATE_LATENCY for end in ends]


def test_line_is_that_of_the_channel():
    frames = [build_frame(PAYLOAD, dst_ip=FEED_IP + ip, dst_port=FEED_PORT + port, vlan=vlan)
              for ip, port in ((0, 0), (1, 0), (0, 1)) for vlan in (None, 1)]
    assert [datagram.line for datagram in Bench(CHANNELS).play_frames(frames).datagrams] == [0, 0, 1, 1, 1, 1]


def test_first_of_several_channels_wins_and_disabled_ones_take_no_part():
    table = [Channel(FEED_IP, FEED_PORT, 1, enable=0), Channel(FEED_IP, FEED_PORT, 0), Channel(FEED_IP, FEED_PORT, 1)]
    bench = Bench(table, entries=3).play_frames([PLAIN, TAGGED])
    assert [datagram.line for datagram in bench.datagrams] == [0, 0]
    assert Bench(table[:1], entries=1).play_frames([PLAIN, TAGGED]).fates == ["frames_not_for_us"] * 2


def test_nothing_is_for_us_while_disabled():
    bench = Bench(CHANNELS, enable=False).play_frames([frame for _, frame in CASES])
    assert bench.fates == ["frames_not_for_us"] * len(CASES)
    assert not bench.datagrams


@pytest.mark.parametrize("shape", [{"vlan": None, "ip_options": b""}, {"vlan": 9, "ip_options": b""},
                                   {"vlan": None, "ip_options": bytes(4)}, {"vlan": 9, "ip_options": bytes(40)}])
def test_truncation_at_every_byte(shape):
    frame = build_frame(PAYLOAD, **shape)
    begin = payload_offset(**shape)
    bench = Bench(CHANNELS).play_frames([frame[:size] for size in range(1, len(frame) + 1)])
    assert bench.fates == ["frames_runt"] * (begin - 1) + ["frames_truncated"] * len(PAYLOAD) + ["frames_ok"]
    for datagram in bench.datagrams[:-1]:
        assert PAYLOAD.startswith(datagram.data) and datagram.ended is None and datagram.good is False
    assert bench.datagrams[-1].data == PAYLOAD


def test_a_flipped_bit_anywhere_behind_the_addresses_is_found():
    chance = random.Random(4)
    frames = [edit(frame, at, bytes([frame[at] ^ 1 << chance.randrange(8)]))
              for frame in (PLAIN, TAGGED) for at in range(12, len(frame)) if at not in (14, 15) or frame is PLAIN]
    bench = Bench(CHANNELS).play_frames(frames, gap=0.1)
    assert "frames_ok" not in bench.fates
    assert bench.fates.count("frames_udp_checksum") >= 2 * len(PAYLOAD)
    assert not any(datagram.good for datagram in bench.datagrams)


@pytest.mark.parametrize("frame", [frame for fate, frame in CASES if fate in (
    "frames_ip_checksum", "frames_length", "frames_not_for_us")])
def test_bad_headers_cut_the_datagram_before_its_third_word(frame):
    bench = Bench(CHANNELS).play_frames([frame, PLAIN])
    assert bench.datagrams.pop().data == PAYLOAD
    for datagram in bench.datagrams:
        assert datagram.good is False and len(datagram.words) <= 2
        assert datagram.decided == datagram.begun + CONDEMN_LATENCY


@pytest.mark.parametrize("name", ["frames_ethertype", "frames_ip_version", "frames_fragment", "frames_runt"])
def test_headers_known_early_to_be_bad_put_out_nothing(name):
    bench = Bench(CHANNELS).play_frames([frame for fate, frame in CASES if fate == name])
    assert not bench.datagrams


def test_mac_error_is_a_fate_of_frames_that_are_otherwise_good():
    frames = [PLAIN, PLAIN[:70], edit_udp(PLAIN, "checksum", 1), edit(PLAIN, 12, b"\0\0"), build_frame(b""), PLAIN]
    bench = Bench(CHANNELS).play_frames(frames, errors=(0, 1, 2, 3, 4))
    assert bench.fates == ["frames_mac_error", "frames_truncated", "frames_mac_error", "frames_ethertype",
                           "frames_mac_error", "frames_ok"]
    assert [datagram.good for datagram in bench.datagrams] == [False, False, False, True]


def test_a_lost_last_word_is_a_mac_error_and_the_next_frame_is_whole():
    sizes = range(1, len(frame_words(PLAIN)))
    bench = Bench(CHANNELS).play([
        word for size in sizes for word in (*frame_words(PLAIN)[:size], *frame_words(TAGGED))])
    assert bench.fates == ["frames_mac_error", "frames_ok"] * len(sizes)
    assert bench.begun == 2 * len(sizes)
    assert [datagram.data for datagram in bench.datagrams if datagram.good] == [PAYLOAD] * len(sizes)
    assert all(datagram.good is not None for datagram in bench.datagrams)
    assert len(bench.datagrams) == len(sizes) + len(frame_words(PLAIN)[6:])


def test_a_lost_last_word_before_a_frame_of_one_word():
    bench = Bench(CHANNELS).play([*frame_words(PLAIN)[:9], *frame_words(PLAIN[:8]) * 3, *frame_words(PLAIN)])
    assert sorted(bench.fates) == sorted(["frames_mac_error", *["frames_runt"] * 3, "frames_ok"])
    assert [datagram.good for datagram in bench.datagrams] == [False, True]


def test_a_lost_last_word_counts_as_mac_error_even_while_disabled():
    bench = Bench(CHANNELS, enable=False).play([*frame_words(PLAIN)[:9], *frame_words(PLAIN[:8])])
    assert sorted(bench.fates) == ["frames_mac_error", "frames_not_for_us"]


def test_words_without_a_first_are_ignored():
    orphans = frame_words(PLAIN)[2:]
    bench = Bench(CHANNELS).play([*orphans, *frame_words(PLAIN), *orphans, *frame_words(TAGGED)])
    assert bench.fates == ["frames_ok"] * 2
    assert [datagram.data for datagram in bench.datagrams] == [PAYLOAD] * 2


@pytest.mark.parametrize("hold", [False, True])
def test_reset_in_mid_frame_forgets_it(hold):
    size = len(frame_words(PLAIN))
    schedule, resets, fates = [None] * 3, [], []
    for at in range(size + FATE_LATENCY + 2):
        resets.append(len(schedule) + at)
        schedule += [*frame_words(PLAIN), *[None] * 8, *frame_words(TAGGED), *[None] * 24]
        fates += ["frames_ok"] * (2 if at >= size + FATE_LATENCY - 1 else 1)
    bench = Bench(CHANNELS, hold=hold).play(schedule, resets=tuple(resets), settle=40)
    assert bench.fates == fates
    whole = [datagram for datagram in bench.datagrams if datagram.good]
    assert all(datagram.data == PAYLOAD for datagram in whole)
    assert len(whole) >= len(resets)
