"""The transport over UDP, against the simulated gateware of the link and against sockets that misbehave."""

import socket
import threading
from typing import Any

import numpy as np
import pytest
from litex.tools.remote.comm_udp import CommUDP

from host.device import udp
from host.device.connect import open_device
from host.device.driver import Device, DeviceError
from host.device.reader import EventReader
from host.device.transport import Transport
from host.device.udp import UdpTransport
from tests.gateware.hostlink import client
from tests.gateware.hostlink.bridge import Bridge
from tests.host.fake import FakeTransport
from wire.hostlink import address as link_address
from wire.profiles import PROFILES
from wire.records import record_dtype
from wire.registers import CONTRACT_VERSION, MAGIC, by_name
from wire.risk import VERDICT_DTYPE

TINY = PROFILES["tiny"]
#: Seconds in which a loaded machine's simulation answers.
PATIENCE = 40.0


def test_it_is_a_transport_under_the_same_driver() -> None:
    fake = FakeTransport("tiny")
    with Bridge(fake, TINY) as bridge, Device(UdpTransport(bridge.address, patience=PATIENCE)) as device:
        assert isinstance(device.transport, Transport) and device.transport.rx is None
        assert device.capabilities == Device(FakeTransport("tiny")).capabilities
        device.write("SEQ_SET", 0x1_0000_0002)
        assert device.read("SEQ_SET") == 0x1_0000_0002
        offset = by_name("GAP_PACKETS").offset
        device.transport.write_words(offset, np.array([5, 6, 7], "<u4"))
        device.transport.write_port(offset, np.array([8, 9], "<u4"))
        assert fake.log[-5:] == [(offset, 5), (offset + 4, 6), (offset + 8, 7), (offset, 8), (offset, 9)]
        word = by_name("RISK_WORD").offset
        assert device.transport.read_indexed(word, word, 3).tolist() == [0, 1, 2]
        device.transport.settle()
        with device.transport.exclusive():
            pass
        with pytest.raises(ValueError, match=r"a register takes 0 to 2\*\*32 - 1, not 4294967296"):
            device.transport.write(offset, 1 << 32)
        with pytest.raises(ValueError, match="cycles must be 0 or more, not -1"):
            device.transport.run(-1)


class Noting(FakeTransport):
    """A device that takes every word that is written, at whatever place."""

    def write(self, addr: int, value: int) -> None:
        self.log.append((addr, value))
        if addr == by_name("RISK_WORD").offset:
            super().write(addr, value)


def test_what_is_too_long_for_a_datagram_goes_in_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "MOST_WORDS", 3)
    monkeypatch.setattr(udp, "MAX_BYTES", 100)
    fake = Noting("tiny")
    with Bridge(fake, TINY) as bridge, Device(UdpTransport(bridge.address, patience=PATIENCE)) as device:
        fake.log.clear()
        device.transport.write_words(0x1000, np.arange(7, dtype="<u4"))
        device.transport.write_port(0x2000, np.arange(12, dtype="<u4"))
        assert fake.log == [*((0x1000 + 4 * n, n) for n in range(7)), *((0x2000, n) for n in range(12))]
        word = by_name("RISK_WORD").offset
        assert device.transport.read_indexed(word, word, 7).tolist() == list(range(7))


def test_the_last_record_is_asked_for_when_it_is_lost() -> None:
    record = rows(record_dtype(TINY.levels), 1)
    with Bridge(FakeTransport("tiny"), TINY, muted=frozenset({0})) as bridge:
        transport = UdpTransport(bridge.address, patience=PATIENCE / 4)
        bridge.events.put(record[0].tobytes())
        reader = EventReader(transport.ring)
        for _ in range(2000):
            if reader.waiting():
                break
            transport.read(0)
        assert reader.collect().tobytes() == record.tobytes()
        transport.close()


def test_who_closes_gets_no_more_records() -> None:
    with Bridge(FakeTransport("tiny"), TINY) as bridge:
        UdpTransport(bridge.address, patience=PATIENCE).close()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.settimeout(PATIENCE)
            own.connect(("127.0.0.1", int(bridge.address.split(":")[1])))
            own.send(client.datagram(client.reads(link_address("STREAM"))))
            assert client.values(own.recv(2048)) == [(0, [0])]


def test_the_client_of_litex_reads_and_writes() -> None:
    fake = FakeTransport("tiny")
    with Bridge(fake, TINY) as bridge, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        ip, port = bridge.address.split(":")
        own.settimeout(PATIENCE)
        litex = CommUDP(ip, int(port))
        litex.socket = own  # the port that it would take is the bridge's
        assert litex.probe(ip, int(port)) == 1
        assert litex.read(0) == MAGIC and litex.read(0, 2) == [MAGIC, CONTRACT_VERSION]
        offset = by_name("GAP_PACKETS").offset
        litex.write(offset, [5, 6])
        assert litex.read(offset, 2) == [5, 6] and fake.log == [(offset, 5), (offset + 4, 6)]


def test_what_is_lost_or_comes_twice_is_done_once() -> None:
    fake = FakeTransport("tiny")
    with Bridge(fake, TINY, loss=0.2, twice=0.2, seed=3) as bridge:
        with Device(UdpTransport(bridge.address, patience=PATIENCE)) as device:
            before = len(fake.log)
            for number in range(8):
                device.transport.write(by_name("GAP_PACKETS").offset, number)
            assert [value for _, value in fake.log[before:]] == list(range(8))


def test_tickets_go_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp, "randbits", lambda bits: (1 << bits) - 2)
    fake, offset = FakeTransport("tiny"), by_name("GAP_PACKETS").offset
    with Bridge(fake, TINY) as bridge, Device(UdpTransport(bridge.address, patience=PATIENCE)) as device:
        for number in range(3):
            device.transport.write(offset, number)
        assert fake.log == [(offset, number) for number in range(3)]


def rows(dtype: "np.dtype[Any]", count: int) -> "np.ndarray[Any, Any]":
    """Return records 1 to ``count`` of a ring, with rubbish in them."""
    raw = np.random.default_rng(count).integers(0, 256, (count, dtype.itemsize), np.uint8)
    if dtype != VERDICT_DTYPE:
        raw[:, 8 * 20:] = 0  # padding behind four levels a side
    records = raw.reshape(-1).view(dtype)
    records["seq"] = np.arange(1, count + 1)
    return records


@pytest.mark.parametrize("muted", [frozenset(), frozenset({0, 2})])
def test_records_come_into_the_rings_in_order(muted: frozenset[int]) -> None:
    events, verdicts = rows(record_dtype(TINY.levels), 6), rows(VERDICT_DTYPE, 3)
    with Bridge(FakeTransport("tiny"), TINY, muted=muted) as bridge:
        with Device(UdpTransport(bridge.address, patience=PATIENCE)) as device:
            reader = device.reader(first=1)
            for queue, records in ((bridge.events, events), (bridge.verdicts, verdicts)):
                for record in records:
                    queue.put(record.tobytes())
            seen: list[bytes] = []
            while len(seen) < len(events):
                device.transport.settle()
                seen += [record.tobytes() for record in reader.collect()]
            while not device.transport.verdicts["seq"][len(verdicts) - 1]:
                device.transport.settle()
            device.transport.settle()
            assert seen == [record.tobytes() for record in events] and reader.lost == 0
            assert device.transport.verdicts[:len(verdicts)].tobytes() == verdicts.tobytes()


def test_who_is_not_the_host_reads_but_does_not_write() -> None:
    fake = FakeTransport("tiny")
    with Bridge(fake, TINY, host=False) as bridge, Device(UdpTransport(bridge.address, patience=PATIENCE)) as device:
        with pytest.raises(DeviceError, match="takes no writes from this host"):
            device.write("GAP_PACKETS", 1)
        word = by_name("RISK_WORD").offset
        with pytest.raises(DeviceError, match="takes no writes from this host"):
            device.transport.read_indexed(word, word, 3)
        assert not fake.log


def test_of_two_who_write_the_first_is_told() -> None:
    fake = FakeTransport("tiny")
    with Bridge(fake, TINY) as bridge:
        first, second = (UdpTransport(bridge.address, patience=PATIENCE) for _ in range(2))
        with pytest.raises(DeviceError, match="somebody else writes"):
            first.write(by_name("GAP_PACKETS").offset, 1)
        second.write(by_name("GAP_PACKETS").offset, 3)
        assert fake.log == [(by_name("GAP_PACKETS").offset, 3)]
        first.close()
        second.close()


def until_told(transport: UdpTransport) -> None:
    """Read until it is refused; raises what it is refused with."""
    for _ in range(2000):
        transport.read(0)


def test_the_ticket_that_somebody_else_took_is_seen_without_a_write() -> None:
    with Bridge(FakeTransport("tiny"), TINY) as bridge:
        first, second = (UdpTransport(bridge.address, patience=PATIENCE / 4) for _ in range(2))
        with pytest.raises(DeviceError, match="somebody else writes, or the device began anew"):
            until_told(first)
        second.write(by_name("GAP_PACKETS").offset, 3)
        for transport in (first, second):
            transport.close()


@pytest.mark.parametrize("writes", [False, True])
def test_a_device_that_began_anew_is_seen(writes: bool) -> None:
    fake, offset = FakeTransport("tiny"), by_name("GAP_PACKETS").offset
    with Bridge(fake, TINY) as bridge:
        transport = UdpTransport(bridge.address, patience=PATIENCE / 4)
        transport.write(offset, 5)
        bridge.reset.set()
        with pytest.raises(DeviceError, match="the device began anew: its ticket is 0, not [1-9]"):
            if writes:
                while bridge.reset.is_set():
                    transport.read(0)
                transport.write(offset, 6)
            until_told(transport)
        with pytest.raises(DeviceError, match="began anew"):
            transport.settle()
        transport.close()
        assert fake.log == [(offset, 5)]
        with Device(UdpTransport(bridge.address, patience=PATIENCE)) as again:
            again.transport.write(offset, 7)
        assert fake.log == [(offset, 5), (offset, 7)]


@pytest.mark.parametrize("address", ["", "192.168.1", "192.168.1.50:0", "192.168.1.50:x", "192.168.1.50:70000", "a.b"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(ValueError, match="udp:|no device"):
        open_device(f"udp:{address}")


def test_nobody_listens() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DeviceError, match=f"udp:127.0.0.1:{port}: no answer within 0.1 s: nothing listens"):
        UdpTransport(f"127.0.0.1:{port}", patience=0.1)


def answering(source: socket.socket, answer: bytes) -> threading.Thread:
    def serve() -> None:
        while (got := source.recvfrom(2048))[0] != b"end":
            if answer:
                source.sendto(answer, got[1])
    thread = threading.Thread(target=serve)
    thread.start()
    return thread


HEAD = bytes.fromhex("4e6f1044 00000000")


@pytest.mark.parametrize("answer", [
    b"", b"rubbish", HEAD, HEAD[:4], HEAD + b"\0\x0f", HEAD + bytes.fromhex("000f0001 00000001 00000002"),
    HEAD + bytes.fromhex("000f0400 00000001 00000000"), HEAD + bytes.fromhex("000f0100 00000001 00000002"),
    HEAD + bytes.fromhex("000f0100 00000001 00000002 000f0100 00000002 00000002")])
def test_no_answer_that_can_be_used(answer: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        thread = answering(other, answer)
        try:
            with pytest.raises(DeviceError, match="no answer within 0.1 s: is it on, and in this network"):
                UdpTransport(f"127.0.0.1:{other.getsockname()[1]}", patience=0.1)
        finally:
            other.sendto(b"end", other.getsockname())
            thread.join()


def test_something_else_answers() -> None:
    fake = FakeTransport("tiny", magic=0x1234_5678)
    with Bridge(fake, TINY) as bridge, pytest.raises(DeviceError, match="no tickgate device: MAGIC reads 0x12345678"):
        UdpTransport(bridge.address, patience=PATIENCE)


def test_a_closed_one_says_so() -> None:
    with Bridge(FakeTransport("tiny"), TINY) as bridge:
        transport = UdpTransport(bridge.address, patience=PATIENCE)
        transport.close()
        transport.close()
        with pytest.raises(DeviceError, match="was closed"):
            transport.read(0)
