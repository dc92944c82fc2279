"""The feed's datagrams on their way from sockets into a simulated device."""

import socket
import time

import pytest

from host.cli.main import main
from host.device.driver import Device
from sim.device.feed import FeedError, FeedSocket, open_feed
from tests.host.served import serve
from wire import moldudp64
from wire.frame import parse_frame
from wire.ipv4 import ip_address

#: Seconds for what must happen.
PATIENCE = 60


def send(address: tuple[str, int], *packets: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        for packet in packets:
            sender.sendto(packet, address)


def taken(one: FeedSocket, count: int) -> list[bytes]:
    until, frames = time.monotonic() + PATIENCE, list[bytes]()
    while len(frames) < count:
        assert time.monotonic() < until
        frames += one.frames()
    return frames


@pytest.mark.parametrize("host", ["127.0.0.1", "239.255.77.3"])
def test_datagrams_become_frames_to_the_address_that_they_were_sent_to(host: str) -> None:
    (one,) = open_feed([(host, 0)], "127.0.0.1")
    assert one.frames() == []
    send(one.address, b"first", b"second")
    frames = [parse_frame(frame) for frame in taken(one, 2)]
    assert [frame.payload for frame in frames] == [b"first", b"second"]
    assert {(frame.dst_ip, frame.dst_port) for frame in frames} == {(ip_address(host), one.address[1])}
    one.close()


def test_an_address_that_cannot_be_had_is_named_and_none_stays_open() -> None:
    (one,) = open_feed([("127.0.0.1", 0)], "127.0.0.1")
    with pytest.raises(FeedError, match=rf"cannot listen at 127\.0\.0\.1 port {one.address[1]}: Address already in"):
        open_feed([("127.0.0.1", 0), one.address], "127.0.0.1")
    one.close()


@pytest.mark.parametrize("options, text", [
    (["--feed", "239.255.77.1"], "--feed must be HOST:PORT, not '239.255.77.1'"),
    (["--feed", "somewhere:1"], "'somewhere' is no IPv4 address"),
    (["--feed", "127.0.0.1:65536"], "--feed must be HOST:PORT, not '127.0.0.1:65536'"),
    (["--interface", "lo"], "'lo' is no IPv4 address")])
def test_a_mistake_in_an_address_is_one_line(capsys: pytest.CaptureFixture[str], options: list[str],
                                             text: str) -> None:
    assert main(["device", "serve", "--profile", "tiny", *options]) == 2
    assert capsys.readouterr().err == f"tickgate: {text}\n"


def heard(device: Device, name: str, count: int) -> None:
    until = time.monotonic() + PATIENCE
    while device.read(name) < count:
        assert time.monotonic() < until, device.counters()
        device.transport.run(256)


def test_a_served_device_hears_both_lines() -> None:
    with serve("--feed", "127.0.0.1:0", "--feed", "127.0.0.1:0") as served:
        assert served.process.stdout is not None
        lines = [served.process.stdout.readline().removeprefix("feed ").strip() for _ in "AB"]
        addresses = [(host, int(port)) for host, _, port in (line.partition(":") for line in lines)]
        with served.open() as device:
            for index, (name, (host, port)) in enumerate(zip("AB", addresses, strict=True)):
                device.set_channel(index, host, port, name)
            device.set_mode()
            # A setting is in force some cycles after it is written.
            device.transport.run(64)
            first = moldudp64.pack("DAY", 1, [b"S" + bytes(11), b"S" + bytes(11)])
            send(addresses[0], first)
            heard(device, "PACKETS_A", 1)
            send(addresses[1], first, moldudp64.pack("DAY", 3, [b"S" + bytes(11)]))
            heard(device, "PACKETS_B", 2)
            device.transport.settle()
            counted = device.counters()
            assert (counted["msgs_a"], counted["msgs_b"], counted["msgs_old"]) == (2, 1, 2)
