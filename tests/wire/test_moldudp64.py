"""MoldUDP64 packets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import moldudp64
from wire.fields import WireError

blocks = st.lists(st.binary(max_size=60), max_size=20)


def test_header():
    assert moldudp64.HEADER.size == 20
    assert moldudp64.pack("S1", 258, [b"ab", b""]) == b"S1        " + bytes(6) + b"\1\2" + b"\0\2" + b"\0\2ab" + b"\0\0"


@given(st.integers(0, (1 << 64) - 1), blocks)
def test_round_trip(sequence, messages):
    packet = moldudp64.unpack(moldudp64.pack("000010059B", sequence, messages))
    assert packet == moldudp64.Packet("000010059B", sequence, len(messages), tuple(messages))


@pytest.mark.parametrize("count", [moldudp64.HEARTBEAT, moldudp64.END_OF_SESSION])
def test_packets_without_messages(count):
    assert moldudp64.unpack(moldudp64.pack("X", 9, count=count)) == moldudp64.Packet("X", 9, count, ())


@pytest.mark.parametrize("payload, text", [
    (bytes(19), "MoldUDP64 needs 20 bytes at 0, not 19"),
    (moldudp64.pack("X", 1, [b"ab"], count=2), "block 1 of 2 ends at 26, the payload at 24"),
    (moldudp64.pack("X", 1, [b"ab", b"c"], count=1), "1 blocks end at 24, the payload at 27"),
    (moldudp64.pack("X", 1, [b"ab"])[:-1], "block 0 of 1 ends at 24, the payload at 23"),
    (moldudp64.pack("X", 1, [b"ab"])[:-3], "block 0 of 1 ends at 22, the payload at 21"),
    (moldudp64.pack("X", 1, count=moldudp64.END_OF_SESSION) + b"x", "blocks end at 20, the payload at 21"),
])
def test_a_payload_that_contradicts_itself_is_refused(payload, text):
    with pytest.raises(WireError, match=text):
        moldudp64.unpack(payload)


@pytest.mark.parametrize("arguments, text", [
    (("S" * 11, 1), "session must be at most 10"), (("S", 1 << 64), "sequence must be"), (("S", -1), "not -1"),
    (("S", 1, [bytes(65_536)]), "message 0 must be at most 65535 bytes, not 65536")])
def test_pack_names_what_does_not_fit(arguments, text):
    with pytest.raises(WireError, match=text):
        moldudp64.pack(*arguments)


@given(blocks, st.integers(1, 5) | st.none(), st.integers(82, 200))
def test_packetize_keeps_order_and_bounds(messages, most, size):
    payloads = list(moldudp64.packetize(messages, session="S", sequence=7, most=most, size=size))
    packets = [moldudp64.unpack(payload) for payload in payloads]
    assert [message for packet in packets for message in packet.messages] == messages
    assert all(len(payload) <= size for payload in payloads)
    expected = 7
    for packet in packets:
        assert packet.sequence == expected and 1 <= packet.count <= (most or len(messages))
        expected += packet.count
    for payload, after in zip(payloads, packets[1:], strict=False):
        full = len(payload) + moldudp64.LENGTH_BYTES + len(after.messages[0]) > size
        assert full or moldudp64.unpack(payload).count == most


def test_packetize_names_what_does_not_fit():
    with pytest.raises(WireError, match="message 8 of 59 bytes does not fit 80"):
        list(moldudp64.packetize([bytes(58), bytes(59)], session="S", sequence=7, size=80))
    with pytest.raises(WireError, match="most must be at least 1, not 0"):
        list(moldudp64.packetize([b""], session="S", most=0))
