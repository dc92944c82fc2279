"""What both lines of the feed lost, asked for at a real socket and given to a device that takes only what is next."""

import socket
import time
from contextlib import closing, contextmanager
from types import SimpleNamespace

import pytest

from host.device.driver import Device
from host.run.follow import Followed, follow
from host.run.rewind import Rewind
from sim.device.model import FrameBatch
from sim.device.transport import SimulatedTransport
from tests.sim.exchange.trading import SYMBOLS, Flow, new_venue
from wire import moldudp64
from wire.frame import build_frame
from wire.ipv4 import ip_address

MS = 1_000_000
SESSION = "DAY1"
LINE = "239.255.77.1", 26477


class FakeDevice:
    """Expects message ``expected``; ``highest`` - 1 is known to have been sent. given: what was injected."""

    transport = SimpleNamespace(rx=None)

    def __init__(self, expected, highest):
        self.expected, self.highest, self.given = expected, highest, []

    def status(self):
        return {"gap": self.expected < self.highest}

    def read(self, name):
        return {"SEQ_EXPECTED": self.expected, "SEQ_HIGHEST": self.highest}[name]

    def inject(self, seq, message):
        assert seq == self.expected
        self.given.append(message)
        self.expected += 1


@contextmanager
def asking(device, log):
    """Yield a Rewind and the socket at which it asks."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(10)
        rewind = Rewind(device, server.getsockname(), SESSION, log, line=LINE)
        try:
            yield rewind, server
        finally:
            rewind.close()


def request(server):
    raw, sender = server.recvfrom(2048)
    asked = moldudp64.HEADER.unpack(raw)
    assert asked["session"] == SESSION
    return asked["sequence"], asked["count"], sender


def messages(first, last):
    return [b"message %04d" % number for number in range(first, last + 1)]


def test_a_gap_is_asked_for_only_when_it_has_lasted_and_filled_in_order():
    device, log = FakeDevice(5, 25), []
    with asking(device, log.append) as (rewind, server):
        for now in (0, 5, 10, 15):
            rewind.poll(now * MS + MS)
        assert rewind.asked == 0
        rewind.poll(300 * MS)
        first, count, sender = request(server)
        assert (first, count) == (5, 20)
        server.sendto(moldudp64.pack(SESSION, 5, messages(5, 24)), sender)
        polls = 0
        while device.expected < 25:
            polls += 1
            rewind.poll((300 + polls) * MS)
            assert polls < 10_000
        assert device.given == messages(5, 24) and rewind.given == 20 and rewind.asked == 1
    assert not log


def test_an_answer_that_is_old_or_ahead_or_of_others_does_no_harm():
    device, log = FakeDevice(5, 9), []
    with asking(device, log.append) as (rewind, server):
        rewind.poll(MS)
        rewind.poll(300 * MS)
        *_, sender = request(server)
        # The lines filled part of the gap meanwhile.
        device.expected = 7
        for packet in (moldudp64.pack("OTHER", 7, messages(1, 2)), b"no packet",
                       moldudp64.pack(SESSION, 5, messages(5, 7)), moldudp64.pack(SESSION, 9, messages(9, 9))):
            server.sendto(packet, sender)
        for now in range(301, 400):
            rewind.poll(now * MS)
        assert device.given == messages(7, 7)
    assert len(log) == 1 and "answers what is no packet" in log[0]


def test_it_asks_again_when_no_answer_comes():
    device = FakeDevice(5, 9)
    with asking(device, print) as (rewind, server):
        for now in range(1, 700):
            rewind.poll(now * MS)
        assert 2 <= rewind.asked <= 4
        assert request(server)[:2] == request(server)[:2] == (5, 4)


def test_a_server_that_is_not_there_is_told_once_and_asked_on():
    device, log = FakeDevice(5, 9), []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = taken.getsockname()
    rewind = Rewind(device, address, SESSION, log.append, line=LINE)
    for now in range(1, 2000):
        rewind.poll(now * MS)
    assert rewind.asked > 1
    assert log == [f"rewind: 127.0.0.1 port {address[1]} cannot be reached: Connection refused"]
    rewind.close()


@pytest.mark.parametrize("expected", [9, 10])
def test_without_a_gap_nothing_is_asked(expected):
    device = FakeDevice(expected, 9)
    with asking(device, print) as (rewind, _):
        for now in range(1, 500, 5):
            rewind.poll(now * MS)
        assert rewind.asked == 0


def test_more_than_a_window_is_asked_for_by_many_requests_and_answers_may_change_their_order():
    device = FakeDevice(1, 1001)
    with asking(device, print) as (rewind, server):
        rewind.poll(MS)
        now = 300
        while device.expected < 1001:
            rewind.poll(now * MS)
            now += 1
            server.settimeout(0.001)
            asked = []
            try:
                while True:
                    asked.append(request(server))
            except TimeoutError:
                pass
            assert len(asked) <= 16
            for first, count, sender in reversed(asked):
                # As a server does whose packets are shorter, it gives fewer than it was asked for.
                server.sendto(moldudp64.pack(SESSION, first, messages(first, first + count - 1)), sender)
            assert now < 10_000
        assert device.given == messages(1, 1000) and rewind.given == 1000 and rewind.asked == 38


def behind(transport, venue, line):
    """Return a device that has heard of all messages of ``venue``, and has none."""
    device = Device(transport)
    follow(device, [Followed(name=symbol.name, reference=symbol.reference) for symbol in SYMBOLS[:2]], [line])
    beat = moldudp64.pack("TICKGATE01", venue.feed.next, [])
    transport.rx.submit(FrameBatch.of([
        build_frame(beat, dst_ip=ip_address(line[0]), dst_port=line[1], dst_mac=0x02_00_00_00_00_02)]))
    transport.settle()
    return device


def test_a_device_that_comes_late_is_given_all_that_it_missed_by_frames_or_one_by_one():
    flow = Flow(3, new_venue())
    flow.begin()
    for _ in range(800):
        flow.step()
    feed, states, rates = flow.venue.feed, [], []
    for by_frames, line in ((True, LINE), (True, ("127.0.0.1", 26477)), (False, LINE)):
        with (closing(SimulatedTransport("tiny")) as transport,
              socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server):
            server.bind(("127.0.0.1", 0))
            server.setblocking(False)
            device = behind(transport, flow.venue, line)
            if not by_frames:
                device = SimpleNamespace(status=device.status, read=device.read, inject=device.inject,
                                         transport=SimpleNamespace(rx=None))
            rewind = Rewind(device, server.getsockname(), "TICKGATE01", print, line=line)
            began, now = time.process_time(), 0
            while device.read("SEQ_EXPECTED") < feed.next:
                now += 5 * MS
                rewind.poll(now)
                try:
                    while True:
                        asked, sender = server.recvfrom(2048)
                        server.sendto(feed.answer(asked), sender)
                except BlockingIOError:
                    transport.run(2_000)
                assert now < 100_000 * MS
            rates.append((feed.next - 1) / (time.process_time() - began))
            rewind.close()
            assert rewind.given == feed.next - 1 and not device.status()["gap"]
            counters = Device(transport).counters()
            assert counters["msgs_a" if by_frames else "msgs_injected"] == feed.next - 1
            states.append([counters[name] for name in ("msgs_decoded", "msgs_other_symbol", "msgs_state")])
    print(f"{feed.next - 1} messages; by frames {rates[0]:,.0f}, one by one {rates[2]:,.0f} messages a second")
    assert states[0] == states[1] == states[2]
