"""Genuine captures of Nasdaq's feed, and captures whose addresses were zeroed, which made their IP checksums wrong."""

import pytest

from sim.market.pcap import read_capture
from tests.gateware.net.bench import Bench, Channel
from wire.frame import parse_frame


def frames(folder) -> list[bytes]:
    """Return all frames of the captures in ``folder``, file by file."""
    assert folder.is_dir()
    return [frame for path in sorted(folder.glob("*.pcap")) for frame in read_capture(path)]


@pytest.mark.parametrize("hold", [False, True])
def test_genuine_captures_pass(data_dir, hold):
    captured = frames(data_dir / "pcaps" / "nasdaq_itch50")
    parsed = [parse_frame(frame) for frame in captured]
    destinations = sorted({(frame.dst_ip, frame.dst_port) for frame in parsed})
    channels = [Channel(ip, port, n & 1) for n, (ip, port) in enumerate(destinations)]
    bench = Bench(channels, entries=len(channels), hold=hold).play_frames(captured, settle=300)
    assert bench.fates == ["frames_ok"] * len(captured)
    assert [datagram.data for datagram in bench.datagrams] == [frame.payload for frame in parsed]
    assert {len(frame) for frame in captured} >= {1518}


def test_zeroed_captures_are_dropped_for_their_ip_checksum(data_dir):
    captured = frames(data_dir / "pcaps" / "bx_itch50_zeroed")
    bench = Bench([Channel(0, 0)]).play_frames(captured)
    assert bench.fates == ["frames_ip_checksum"] * len(captured)
    assert not any(datagram.good for datagram in bench.datagrams)
