import gzip
import struct

import numpy as np
import pytest

from sim.market.pcap import Capture, is_capture, read_capture, write_capture
from sim.market.source import MarketFileError
from wire.frame import parse_frame

FRAMES = [bytes([n]) * (14 + 7 * n) for n in range(1, 6)]
TIMES = [1_692_711_000_000_000_000 + 1_234_567 * n for n in range(5)]


def capture_of(frames, times) -> Capture:
    length = np.array([len(frame) for frame in frames], np.int32)
    return Capture(np.array(times, np.int64), np.frombuffer(b"".join(frames), np.uint8),
                   np.cumsum(length, dtype=np.int64) - length, length, length)


def frames_of(capture: Capture) -> list[bytes]:
    return [capture[n] for n in range(len(capture))]


def pcap_bytes(order="<", magic=0xA1B2C3D4, network=1, unit=1000) -> bytes:
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, network)]
    for frame, time in zip(FRAMES, TIMES, strict=True):
        parts.append(struct.pack(order + "IIII", time // 10**9, time % 10**9 // unit, len(frame), len(frame)) + frame)
    return b"".join(parts)


def block(order, kind, body) -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def option(order, code, value) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section(order) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, link=1, options=b"") -> bytes:
    return block(order, 1, struct.pack(order + "HHI", link, 0, 0) + options)


def enhanced(order, frame, ticks, number=0, wire_length=None) -> bytes:
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), wire_length or len(frame))
    return block(order, 6, head + frame)


def pcapng_bytes(order="<", options=b"", ticks_of=lambda ns: ns // 1000) -> bytes:
    packets = [enhanced(order, frame, ticks_of(time)) for frame, time in zip(FRAMES, TIMES, strict=True)]
    return section(order) + interface(order, options=options) + b"".join(packets)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("magic, unit", [(0xA1B2C3D4, 1000), (0xA1B23C4D, 1)])
@pytest.mark.parametrize("packed", [False, True])
def test_pcap_of_both_units_and_byte_orders(tmp_path, order, magic, unit, packed):
    content = pcap_bytes(order, magic, unit=unit)
    (tmp_path / "x").write_bytes(gzip.compress(content) if packed else content)
    assert is_capture(tmp_path / "x")
    capture = read_capture(tmp_path / "x")
    assert frames_of(capture) == FRAMES
    assert capture.time.tolist() == [time // unit * unit for time in TIMES]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("options, unit", [
    (lambda order: b"", 1000), (lambda order: option(order, 9, b"\x09") + option(order, 0, b""), 1),
    (lambda order: option(order, 2, b"eth0") + option(order, 9, b"\x06"), 1000)])
def test_pcapng_of_both_byte_orders_and_resolutions(tmp_path, order, options, unit):
    (tmp_path / "x").write_bytes(pcapng_bytes(order, options(order), lambda ns: ns // unit))
    assert is_capture(tmp_path / "x")
    capture = read_capture(tmp_path / "x")
    assert frames_of(capture) == FRAMES
    assert capture.time.tolist() == [time // unit * unit for time in TIMES]


def test_pcapng_powers_of_two_offsets_sections_simple_packets_and_unknown_blocks(tmp_path):
    binary = option("<", 9, b"\x8a") + option("<", 14, struct.pack("<q", 100))     # 2^-10 s, 100 s later
    content = (section("<") + interface("<", options=binary) + enhanced("<", FRAMES[0], 512)
               + block("<", 0xBAD, b"xxxx") + block("<", 3, struct.pack("<I", len(FRAMES[1])) + FRAMES[1])
               + section(">") + interface(">") + interface(">", link=101)
               + enhanced(">", FRAMES[2], 7, wire_length=900))
    (tmp_path / "x").write_bytes(content)
    capture = read_capture(tmp_path / "x")
    assert frames_of(capture) == FRAMES[:3]
    assert capture.time.tolist() == [100_500_000_000, 100_500_000_000, 7_000]
    assert capture.wire_length.tolist() == [len(FRAMES[0]), len(FRAMES[1]), 900]


def test_an_fcs_that_is_announced_is_left_out(tmp_path):
    (tmp_path / "x").write_bytes(pcap_bytes(network=1 | 1 << 26 | 2 << 28))
    assert frames_of(read_capture(tmp_path / "x")) == [frame[:-4] for frame in FRAMES]
    (tmp_path / "x").write_bytes(pcapng_bytes(options=option("<", 13, b"\x04")))
    assert frames_of(read_capture(tmp_path / "x")) == [frame[:-4] for frame in FRAMES]


@pytest.mark.parametrize("content, offset, text", [
    (pcap_bytes(network=113), 20, "must be 1 .Ethernet., not 113 .Linux cooked"),
    (section("<") + interface("<", link=101) + enhanced("<", FRAMES[0], 1), 56, "not 101 .raw IP"),
    (section("<") + enhanced("<", FRAMES[0], 1), 36, "interface 0 was not described"),
    (b"\0" * 50, 0, "begins with 00000000"), (b"ab", 0, "2 bytes"),
    (section("<") + block("<", 2, bytes(20)), 28, "obsolete"),
    (section("<") + struct.pack("<II", 6, 13) + bytes(20), 28, "cannot have 13 bytes"),
    (section("<") + interface("<")[:-4] + b"\x63\0\0\0", 28, "two lengths differ"),
    (section("<")[:8] + bytes(20), 8, "byte-order mark"),
    (section("<") + interface("<") + block("<", 6, struct.pack("<IIIII", 0, 0, 0, 900, 900)), 56, "too short"),
    (pcap_bytes() + struct.pack("<IIII", 1, 1, 1 << 30, 1 << 30), None, "claims 1073741824 bytes")])
def test_a_wrong_capture_is_told_with_its_byte(tmp_path, content, offset, text):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(MarketFileError, match=text) as caught:
        read_capture(tmp_path / "x", partial=True)
    assert offset is None or caught.value.offset == offset
    assert str(caught.value).startswith(f"{tmp_path / 'x'}, byte ")


@pytest.mark.parametrize("content, head, extra", [(pcap_bytes(), 24, 16), (pcapng_bytes(), 48, 32)])
def test_a_capture_torn_at_any_byte_names_where(tmp_path, content, head, extra):
    path = tmp_path / "torn"
    path.write_bytes(content)
    capture = read_capture(path)
    ends = (capture.offset + capture.length).tolist()
    if extra == 32:
        ends = [-(-end // 4) * 4 + 4 for end in ends]
    starts = [head, *ends]
    for size in range(len(content)):
        path.write_bytes(content[:size])
        if size < 12 and not (extra == 16 and size >= 4):
            with pytest.raises(MarketFileError):
                read_capture(path)
            continue
        whole = sum(end <= size for end in ends)
        boundaries = [*starts, 28] if extra == 32 else starts
        if size in boundaries:
            assert frames_of(read_capture(path)) == FRAMES[:whole], size
            continue
        with pytest.raises(MarketFileError, match="the file ends inside") as caught:
            read_capture(path)
        assert caught.value.offset <= size
        assert size < head or caught.value.offset == starts[whole]
        assert frames_of(read_capture(path, partial=True)) == FRAMES[:whole], size


@pytest.mark.parametrize("name", ["x.pcap", "x.pcap.gz"])
def test_a_capture_comes_back_as_it_was_written(tmp_path, name):
    write_capture(tmp_path / name, capture_of(FRAMES, TIMES))
    capture = read_capture(tmp_path / name)
    assert frames_of(capture) == FRAMES and capture.time.tolist() == TIMES
    write_capture(tmp_path / name, capture_of([], []))
    assert len(read_capture(tmp_path / name)) == 0


def test_a_time_that_pcap_cannot_say_is_refused(tmp_path):
    with pytest.raises(ValueError, match="time of frame 1 must be .* not -1"):
        write_capture(tmp_path / "x", capture_of(FRAMES[:2], [0, -1]))
    assert not list(tmp_path.iterdir())


def test_genuine_captures(data_dir):
    for path in sorted((data_dir / "pcaps").glob("*/*.pcap")):
        assert is_capture(path)
        capture = read_capture(path)
        assert len(capture) >= 1 and (capture.length == capture.wire_length).all()
        if path.parent.name == "nasdaq_itch50":
            for frame in frames_of(capture):
                assert parse_frame(frame).dst_port == 26477
    assert not is_capture(data_dir / "itch50_aapl_20200130/locate-13-10k.bin")


def test_genuine_capture_survives_a_round_trip(data_dir, tmp_path):
    capture = read_capture(data_dir / "pcaps/nasdaq_itch50/Multiple.Packets.pcap")
    assert capture.length.tolist() == [87, 1518]
    write_capture(tmp_path / "x", capture)
    again = read_capture(tmp_path / "x")
    assert frames_of(again) == frames_of(capture) and np.array_equal(again.time, capture.time)
