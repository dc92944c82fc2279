import struct

import pytest

from sim.models.net import Channel, judge
from wire.registers import COUNTERS

GROUP, PORT = 0xE0000001, 26477
CHANNELS = (Channel(ip=GROUP, port=PORT, enable=False), Channel(ip=GROUP, port=PORT, line=1), Channel(ip=1, port=2))
PAYLOAD = b"hello, world"


def checksum(data):
    words = struct.unpack(f">{(len(data) + 1) // 2}H", data + bytes(len(data) % 2))
    total = sum(words)
    return 0xFFFF - ((total - 1) % 0xFFFF + 1 if total else 0)


def frame(payload=PAYLOAD, *, tags=(), ethertype=0x0800, first=None, options=b"", flags=0x4000, protocol=17, ip=GROUP,
          port=PORT, ip_length=None, udp_length=None, ip_error=0, udp_error=0, udp_checksum=None):
    header = 20 + len(options)
    udp_length = 8 + len(payload) if udp_length is None else udp_length
    ip_length = header + 8 + len(payload) if ip_length is None else ip_length
    first = 0x40 | header // 4 if first is None else first
    head = struct.pack(">BBHHHBBHII", first, 0, ip_length, 1, flags, 64, protocol, 0, 0x0A000001, ip) + options
    head = head[:10] + struct.pack(">H", checksum(head) ^ ip_error) + head[12:]
    udp = struct.pack(">HHHH", 1000, port, udp_length, 0) + payload
    if udp_checksum is None:
        pseudo = head[12:20] + struct.pack(">BBH", 0, 17, udp_length)
        udp_checksum = (checksum(pseudo + udp) or 0xFFFF) ^ udp_error
    udp = udp[:6] + struct.pack(">H", udp_checksum) + udp[8:]
    ethernet = bytes(12) + b"".join(struct.pack(">HH", tag, 5) for tag in tags) + struct.pack(">H", ethertype)
    return ethernet + head + udp


@pytest.mark.parametrize("data", [
    frame(), frame(tags=[0x8100]), frame(options=bytes(4)), frame(options=b"\1" * 40, tags=[0x8100]),
    frame(udp_checksum=0), frame() + bytes(30), frame(flags=0), frame(flags=0x8000),
])
def test_good_frames(data):
    judgement = judge(data, CHANNELS)
    assert (judgement.fate, judgement.line, judgement.payload, judgement.good) == ("frames_ok", 1, PAYLOAD, True)


@pytest.mark.parametrize("payload", [b"", b"x", bytes(1464), bytes(range(255))])
def test_payload_lengths(payload):
    assert judge(frame(payload), CHANNELS).payload == payload
    assert judge(frame(payload, tags=[0x8100]) + b"pad", CHANNELS).payload == payload


@pytest.mark.parametrize("data, fate", [
    (frame(ethertype=0x86DD), "frames_ethertype"),
    (frame(tags=[0x8100], ethertype=0x0806), "frames_ethertype"),
    (frame(tags=[0x8100, 0x8100]), "frames_ethertype"),
    (frame(tags=[0x88A8]), "frames_ethertype"),
    (frame(first=0x65), "frames_ip_version"),
    (frame(first=0x44), "frames_ip_version"),
    (frame(protocol=6), "frames_ip_version"),
    (frame(ip_error=1), "frames_ip_checksum"),
    (frame(options=b"\1\1\1\1", ip_error=0x100), "frames_ip_checksum"),
    (frame(flags=0x2000), "frames_fragment"),
    (frame(flags=0x0001), "frames_fragment"),
    (frame(flags=0x1000), "frames_fragment"),
    (frame(ip_length=27, udp_length=7), "frames_length"),
    (frame(ip_length=10), "frames_length"),
    (frame(udp_length=7, ip_length=27), "frames_length"),
    (frame(udp_length=19), "frames_length"),
    (frame(udp_length=21), "frames_length"),
    (frame(ip=GROUP + 1), "frames_not_for_us"),
    (frame(port=PORT + 1), "frames_not_for_us"),
    (frame(ip=1, port=PORT), "frames_not_for_us"),
])
def test_frames_condemned_by_their_headers(data, fate):
    judgement = judge(data, CHANNELS, mac_error=True)
    assert (judgement.fate, judgement.line, judgement.payload, judgement.good) == (fate, None, None, False)


@pytest.mark.parametrize("data, mac_error, fate, payload", [
    (frame()[:-1], False, "frames_truncated", PAYLOAD[:6]),
    (frame()[:42], True, "frames_truncated", b""),
    (frame(), True, "frames_mac_error", PAYLOAD),
    (frame(udp_error=1), True, "frames_mac_error", PAYLOAD),
    (frame(udp_error=1), False, "frames_udp_checksum", PAYLOAD),
    (frame(b"odd", udp_error=0x8000), False, "frames_udp_checksum", b"odd"),
])
def test_frames_found_bad_at_their_end(data, mac_error, fate, payload):
    judgement = judge(data, CHANNELS, mac_error=mac_error)
    assert (judgement.fate, judgement.line, judgement.payload) == (fate, 1, payload)


def test_the_first_reason_counts():
    """Each step mends the reason that was told; the next one in order comes to light."""
    wrong = {"ip_error": 1, "flags": 0x2000, "udp_length": 9, "ip": 7, "udp_error": 1, "protocol": 6, "ethertype": 1}
    told = []
    for mended in ("ethertype", "protocol", "ip_error", "flags", "udp_length", "ip", "udp_error"):
        told.append(judge(frame(**wrong), CHANNELS).fate)
        del wrong[mended]
    assert told == ["frames_ethertype", "frames_ip_version", "frames_ip_checksum", "frames_fragment", "frames_length",
                    "frames_not_for_us", "frames_udp_checksum"]


@pytest.mark.parametrize("tags, options", [((), b""), ((0x8100,), b""), ((), bytes(8)), ((0x8100,), bytes(40))])
def test_every_cut_of_a_good_frame(tags, options):
    data = frame(tags=tags, options=options)
    headers = len(data) - len(PAYLOAD)
    fates = [judge(data[:size], CHANNELS).fate for size in range(1, len(data) + 1)]
    assert fates == ["frames_runt"] * (headers - 1) + ["frames_truncated"] * len(PAYLOAD) + ["frames_ok"]


def test_a_cut_frame_is_judged_by_what_came():
    for data, fate, seen in ((frame(ethertype=0x86DD), "frames_ethertype", 14),
                             (frame(tags=[0x8100, 0x8100]), "frames_ethertype", 18),
                             (frame(first=0x65), "frames_ip_version", 15),
                             (frame(protocol=6), "frames_ip_version", 24),
                             (frame(ip_error=1), "frames_ip_checksum", 42)):
        fates = [judge(data[:size], CHANNELS).fate for size in range(1, len(data) + 1)]
        assert fates == ["frames_runt"] * (seen - 1) + [fate] * (len(data) - seen + 1)


def test_a_filter_that_is_not_enabled():
    assert judge(frame(ethertype=1), CHANNELS, enable=False).fate == "frames_not_for_us"


def test_fates_are_counters():
    names = {name for name, _ in COUNTERS}
    assert {judge(data, CHANNELS).fate for data in (frame(), b"", frame(port=1))} <= names


def test_genuine_captures(data):
    """Nasdaq's frames are good for their own group; the zeroed BX frames fail by their IP checksum."""
    for folder, fate in (("nasdaq_itch50", "frames_ok"), ("bx_itch50_zeroed", "frames_ip_checksum")):
        frames = [packet for path in sorted((data / "pcaps" / folder).glob("*.pcap")) for packet in pcap(path)]
        assert len(frames) > 8
        for packet in frames:
            ip = 18 if packet[12:14] == b"\x81\0" else 14
            group, port = int.from_bytes(packet[ip + 16:ip + 20], "big"), int.from_bytes(packet[ip + 22:ip + 24], "big")
            judgement = judge(packet, [Channel(ip=group, port=port)])
            assert judgement.fate == fate
            assert judgement.payload is None or int.from_bytes(judgement.payload[18:20], "big") >= 1


def pcap(path):
    """Return the frames of a little- or big-endian classic pcap file."""
    raw = path.read_bytes()
    order = "<" if raw[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
    frames, at = [], 24
    while at < len(raw):
        size = struct.unpack_from(f"{order}I", raw, at + 8)[0]
        frames.append(raw[at + 16:at + 16 + size])
        at += 16 + size
    return frames
