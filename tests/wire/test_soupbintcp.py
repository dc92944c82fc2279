"""SoupBinTCP packets and GLIMPSE's last message."""

import pytest

from wire import glimpse50, soupbintcp
from wire.fields import WireError
from wire.soupbintcp import PacketType


@pytest.mark.parametrize("type, payload, raw", [
    (PacketType.CLIENT_HEARTBEAT, b"", "000152"), (PacketType.SERVER_HEARTBEAT, b"", "000148"),
    (PacketType.END_OF_SESSION, b"", "00015a"), (PacketType.LOGOUT, b"", "00014f"),
    (PacketType.SEQUENCED, b"abc", "000453616263"), (PacketType.UNSEQUENCED, b"x", "00025578"),
])
def test_packets(type, payload, raw):
    assert soupbintcp.pack(type, payload) == bytes.fromhex(raw)


def test_logins_have_the_lengths_of_real_ones():
    request = soupbintcp.LOGIN_REQUEST.pack({"user": "USER", "password": "PASS", "session": "",
                                             "sequence": soupbintcp.right(1)})
    assert soupbintcp.pack(PacketType.LOGIN_REQUEST, request)[:3] == b"\x00\x2fL"
    accepted = soupbintcp.LOGIN_ACCEPTED.pack({"session": "S", "sequence": soupbintcp.right(77)})
    assert soupbintcp.pack(PacketType.LOGIN_ACCEPTED, accepted) == b"\x00\x1fA" + b"S         " + b" " * 18 + b"77"
    assert soupbintcp.number(soupbintcp.LOGIN_ACCEPTED.unpack(accepted)["sequence"]) == 77


@pytest.mark.parametrize("text, value", [("", 0), ("   ", 0), ("0", 0), ("    12", 12), ("12   ", 12)])
def test_numbers(text, value):
    assert soupbintcp.number(text) == value


@pytest.mark.parametrize("text", ["-1", "1 2", "x", "\u0661", "1.0"])
def test_what_is_no_number(text):
    with pytest.raises(WireError, match="digits"):
        soupbintcp.number(text)


def test_what_does_not_fit():
    with pytest.raises(WireError, match="not -1"):
        soupbintcp.right(-1)
    with pytest.raises(WireError, match="not 10"):
        soupbintcp.right(10, 1)
    with pytest.raises(WireError, match="length"):
        soupbintcp.pack("S", bytes(soupbintcp.MAX_PAYLOAD + 1))
    with pytest.raises(WireError, match="type"):
        soupbintcp.pack("Q")


def test_end_of_snapshot():
    raw = glimpse50.END_OF_SNAPSHOT.pack({"sequence": soupbintcp.right(5)})
    assert raw == b"G" + b"5".rjust(20)
