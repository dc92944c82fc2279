"""Genuine captures: frames of a real feed, and frames whose addresses were zeroed by those who published them."""

import struct

import pytest

from wire import itch50, moldudp64
from wire.fields import WireError
from wire.frame import parse_frame
from wire.ipv4 import ip_text


def frames(path):
    """The frames of a little-endian pcap file of Ethernet frames, microseconds or nanoseconds."""
    data = path.read_bytes()
    magic, *_, link = struct.unpack_from("<IHHiIII", data)
    assert magic in (0xA1B2C3D4, 0xA1B23C4D) and link == 1
    position = 24
    while position < len(data):
        _, _, stored, original = struct.unpack_from("<IIII", data, position)
        assert stored == original
        yield data[position + 16:position + 16 + stored]
        position += 16 + stored


@pytest.fixture(scope="module")
def nasdaq(data_dir):
    return {path.stem: list(frames(path)) for path in sorted((data_dir / "pcaps" / "nasdaq_itch50").glob("*.pcap"))}


@pytest.fixture(scope="module")
def zeroed(data_dir):
    return {path.stem: list(frames(path)) for path in sorted((data_dir / "pcaps" / "bx_itch50_zeroed").glob("*.pcap"))}


def messages_of(frame):
    packet = moldudp64.unpack(frame.payload)
    messages = [itch50.unpack(message) for message in packet.messages]
    for message, values in zip(packet.messages, messages, strict=True):
        assert itch50.pack(values["type"], **{k: v for k, v in values.items() if k != "type"}) == message
    return packet, messages


def test_genuine_frames_are_good_to_the_last_checksum(nasdaq):
    assert len(nasdaq) == 8
    for name, captured in nasdaq.items():
        for data in captured:
            frame = parse_frame(data)
            assert frame.checksum, name
            assert (ip_text(frame.dst_ip), frame.dst_port) == ("233.54.12.111", 26_477)
            packet, messages = messages_of(frame)
            assert packet.session == "000010059B" and packet.count == len(messages) > 0


@pytest.mark.parametrize("name, letter", [
    ("AddOrderNoMpidAttributionMessage", "A"), ("MarketParticipantPositionMessage", "L"),
    ("NetOrderImbalanceIndicatorMessage", "I"), ("OrderDeleteMessage", "D"), ("OrderExecutedMessage", "E"),
    ("OrderReplaceMessage", "U"), ("StockTradingActionMessage", "H")])
def test_each_capture_holds_the_message_it_is_named_after(nasdaq, name, letter):
    (data,) = nasdaq[name]
    assert [values["type"] for values in messages_of(parse_frame(data))[1]] == [letter]


def test_the_full_frame_holds_38_messages_of_one_symbol(nasdaq):
    data = max(nasdaq["Multiple.Packets"], key=len)
    frame = parse_frame(data)
    packet, messages = messages_of(frame)
    assert (len(data), frame.vlan, packet.count, len({values["locate"] for values in messages})) == (1518, 141, 38, 1)


def test_a_flipped_bit_of_a_genuine_frame_is_found(nasdaq):
    (data,) = nasdaq["OrderDeleteMessage"]
    start = 18
    for byte in range(start, len(data)):
        broken = bytearray(data)
        broken[byte] ^= 0x10
        with pytest.raises(WireError):
            parse_frame(broken)


def test_zeroed_frames_fail_for_their_ip_checksum_and_are_right_behind_it(zeroed):
    letters = set()
    for captured in zeroed.values():
        for data in captured:
            with pytest.raises(WireError, match="IP header checksum 0x0000 is wrong"):
                parse_frame(data)
            packet, messages = messages_of(parse_frame(data, verify=False))
            assert packet.count == len(messages) == 1
            letters.add(messages[0]["type"])
    assert letters == set("FAPXDECUYNHS")
