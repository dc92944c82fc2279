"""Frames: checksums against hand-made ones, round trips, and every way in which a frame can be wrong."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import ethernet, ipv4, udp
from wire.fields import WireError
from wire.frame import FEED_IP, FEED_PORT, build_frame, parse_frame


def plain_checksum(data):
    """RFC 1071 as it is written: one word at a time, carries added at once."""
    total = 0
    for (word,) in struct.iter_unpack(">H", data + b"\0" * (len(data) % 2)):
        total += word
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@given(st.binary(max_size=200))
def test_checksum_equals_the_plain_one(data):
    assert ipv4.checksum(data) == plain_checksum(data)


def test_checksum_of_the_example_in_rfc_1071():
    assert ipv4.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xDDF2 ^ 0xFFFF


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFFFFFF), st.binary(min_size=8, max_size=100))
def test_udp_checksum_covers_the_pseudo_header(source, destination, datagram):
    datagram = datagram[:6] + b"\0\0" + datagram[8:]
    pseudo = struct.pack(">IIBBH", source, destination, 0, 17, len(datagram))
    value = udp.checksum(source, destination, datagram)
    assert value == (plain_checksum(pseudo + datagram) or 0xFFFF)
    assert udp.checksum_holds(source, destination, datagram)
    placed = datagram[:6] + value.to_bytes(2, "big") + datagram[8:]
    assert udp.checksum_holds(source, destination, placed)
    assert not udp.checksum_holds(source ^ 1, destination, placed)


def test_udp_checksum_of_zero_is_sent_as_ffff():
    datagram = struct.pack(">HHHHH", 0, 0, 10, 0, 0xFFFF - 17 - 10 - 10)
    assert udp.checksum(0, 0, datagram) == 0xFFFF


@given(st.binary(max_size=200), st.sampled_from((None, 0, 0xE08D)), st.sampled_from((0, 4, 40)), st.booleans(),
       st.booleans())
def test_round_trip(payload, vlan, options, checksum, pad):
    data = build_frame(payload, dst_ip=0x0A0B0C0D, dst_port=1, src_ip=0x01020304, src_port=2, dst_mac=5, src_mac=6,
                       vlan=vlan, ip_options=bytes(range(options)), ttl=7, identification=8, checksum=checksum, pad=pad)
    assert not pad or len(data) >= ethernet.MIN_FRAME
    frame = parse_frame(data)
    assert (frame.dst_ip, frame.dst_port, frame.src_ip, frame.src_port) == (0x0A0B0C0D, 1, 0x01020304, 2)
    assert (frame.dst_mac, frame.src_mac, frame.vlan, frame.ttl, frame.identification) == (5, 6, vlan, 7, 8)
    assert (frame.ip_options, frame.checksum, frame.payload) == (bytes(range(options)), checksum, payload)
    assert data[frame.payload_offset:frame.payload_offset + len(payload)] == payload
    assert frame.payload_offset == 42 + options + (0 if vlan is None else 4)


def test_defaults_are_the_feed():
    frame = parse_frame(build_frame(b"x"))
    assert (frame.dst_ip, frame.dst_port) == (FEED_IP, FEED_PORT) == (ipv4.ip_address("233.54.12.111"), 26_477)
    assert frame.dst_mac == ethernet.mac_address("01:00:5e:36:0c:6f")


@pytest.mark.parametrize("change, text", [
    ({"ip_options": bytes(3)}, "ip_options must be 0, 4, .. 40 bytes, not 3"),
    ({"ip_options": bytes(44)}, "not 44"),
    ({"payload": bytes(65_508)}, "payload must be at most 65507 bytes, not 65508"),
    ({"vlan": 1 << 16}, "VlanTag: control must be 0..65535, not 65536"),
    ({"src_port": -1}, "UDP: source_port must be 0..65535, not -1"),
    ({"dst_ip": 0x0A000001}, "multicast address must be 0xe0000000..0xefffffff, not 0xa000001"),
    ({"dst_mac": 1 << 48}, "Ethernet: destination must be"),
])
def test_build_names_what_does_not_fit(change, text):
    with pytest.raises(WireError, match=text):
        build_frame(**({"payload": b""} | change))


IP, UDP = 14, 34


def changed(offset, value, *, payload=b"abcd", fix=True):
    """A frame with two bytes at ``offset`` overwritten, the IP checksum made right again."""
    data = bytearray(build_frame(payload))
    data[offset:offset + 2] = value.to_bytes(2, "big")
    if fix:
        data[IP + 10:IP + 12] = b"\0\0"
        data[IP + 10:IP + 12] = ipv4.checksum(data[IP:UDP]).to_bytes(2, "big")
    return bytes(data)


@pytest.mark.parametrize("data, text", [
    (b"", "Ethernet needs 14 bytes at 0, not 0"),
    (build_frame(b"")[:33], "IPv4 needs 20 bytes at 14, not 19"),
    (build_frame(b"", vlan=1)[:16], "VlanTag needs 4 bytes at 14, not 2"),
    (changed(12, 0x86DD), "EtherType must be 0x0800, not 0x86dd"),
    (build_frame(b"", vlan=1)[:16] + b"\x81\0" + bytes(40), "EtherType must be 0x0800, not 0x8100"),
    (changed(IP, 0x6500), "IP version must be 4, not 6"),
    (changed(IP, 0x4400), "IP header must be at least 20 bytes, not 16"),
    (changed(IP + 8, 0x1006), "IP protocol must be 17, not 6"),
    (changed(IP + 6, 0x2000), r"packet is a fragment \(flags and offset 0x2000\)"),
    (changed(IP + 6, 0x4001), "packet is a fragment"),
    (changed(IP + 2, 33), "IP total length ends at 47, the frame at 46"),
    (changed(IP + 2, 27), "IP total length 27 leaves no room for a UDP header"),
    (changed(IP + 4, 99, fix=False), "IP header checksum 0x.... is wrong"),
    (changed(UDP + 4, 13), "UDP length must be 12, not 13"),
    (changed(UDP + 4, 11), "UDP length must be 12, not 11"),
    (changed(UDP + 8, 0), "UDP checksum 0x.... is wrong"),
    (changed(IP + 12, 0), "UDP checksum 0x.... is wrong"),
])
def test_parse_says_what_is_wrong(data, text):
    with pytest.raises(WireError, match=text):
        parse_frame(data)


@pytest.mark.parametrize("data", [changed(IP + 4, 99, fix=False), changed(UDP + 8, 0)])
def test_checksums_may_be_left_unchecked(data):
    assert len(parse_frame(data, verify=False).payload) == 4


@pytest.mark.parametrize("text", ["", "01:02:03:04:05", "01:02:03:04:05:6", "01:02:03:04:05:0g", "+1:02:03:04:05:06"])
def test_mac_address_names_a_bad_text(text):
    with pytest.raises(WireError, match="MAC address must be six pairs of hex digits"):
        ethernet.mac_address(text)


@pytest.mark.parametrize("text", ["", "1.2.3", "1.2.3.256", "1.2.3.-4", "1.2.3.4.5", "1.2.3.x"])
def test_ip_address_names_a_bad_text(text):
    with pytest.raises(WireError, match="IPv4 address must be four numbers 0..255"):
        ipv4.ip_address(text)


@given(st.integers(0, 0xFFFFFFFF))
def test_ip_text_round_trip(address):
    assert ipv4.ip_address(ipv4.ip_text(address)) == address
