"""A board's whole design: feed in at the pins, registers and records out, with our driver as its host."""

import json
import random
from types import SimpleNamespace

import pytest

from boards.colorlight_5a75b import BOARD
from boards.design import design
from host.device.driver import Device, SymbolSetting
from sim.board.model import Carriers, SimulatedBoard
from sim.board.traffic import on_wire
from sim.device.build import silent
from sim.market.frames import LINE_A
from sim.market.messages import Messages
from sim.market.schedule import schedule
from tests.device.rig import Truth
from tests.device.test_property import SYMBOLS, flow
from tests.gateware.hostlink.client import datagram, reads, values, writes
from tests.gateware.net.ip.packets import OUR_IP, OURS, PEER, PEER_IP, udp
from tests.sim.board.alone import alone
from tests.sim.board.pin_host import PinHost
from tests.sim.board.questions import asked, ping
from wire.etherbone import PORT
from wire.hostlink import MAC_COUNTERS, address
from wire.profiles import PROFILES
from wire.registers import CONTRACT_VERSION, MAGIC, by_name

HOST_PORT = 40_000


@pytest.fixture(scope="module")
def whole() -> str:
    """The Verilog of the board at the addresses OURS and OUR_IP, whose host is PEER_IP."""
    mac, ip, host = (int.from_bytes(address, "big") for address in (OURS, OUR_IP, PEER_IP))
    return design(BOARD, mac=mac, ip=ip, host=host).verilog


@pytest.fixture
def powered(whole):
    with SimulatedBoard(whole, clock_hz=BOARD.clock_hz, progress=silent) as made:
        made.power_up()
        yield made


def say(board, port: int, *frames: bytes) -> list[bytes]:
    """Say ``frames`` far enough apart for an answer to each; return the carriers that came back."""
    carriers = Carriers()
    for frame in frames:
        carriers.add(on_wire(frame), gap=1000)
    board.send(port, carriers)
    assert board.settle(idle=10_000_000_000)
    said = board.take(port).carriers
    assert not any(error for _, error in said)
    return [carrier for carrier, _ in said]


def access(payload: bytes, source: bytes = PEER_IP) -> bytes:
    """Return the frame with which ``source`` asks for what is in ``payload``."""
    return udp(payload, to=OURS, sender=PEER, source=source, destination=OUR_IP, source_port=HOST_PORT,
               destination_port=PORT)


def answered(board, payload: bytes, source: bytes = PEER_IP) -> list[tuple[int, list[int]]]:
    """Ask, and return what was read."""
    [carrier] = say(board, 0, access(payload, source))
    frame = carrier[8:-4]
    size = int.from_bytes(frame[38:40], "big") - 8
    answer = frame[42:42 + size]
    assert frame[:42] == udp(answer, to=PEER, sender=OURS, source=OUR_IP, destination=source, source_port=PORT,
                             destination_port=HOST_PORT)[:42]
    return values(answer)


def test_both_ports_answer(powered):
    for port in range(powered.ports):
        pairs = [asked(port), ping(port, bytes(56))]
        assert say(powered, port, *(question for question, _ in pairs)) == [on_wire(answer) for _, answer in pairs]


def test_registers_are_read_and_written_at_the_pins_and_only_by_the_host(powered):
    magic, version, base = (by_name(name).offset for name in ("MAGIC", "VERSION", "SYMBOL_BASE"))
    assert answered(powered, datagram(reads(magic, version, back=7))) == [(7, [MAGIC, CONTRACT_VERSION])]
    stranger = bytes((*PEER_IP[:3], PEER_IP[3] + 1))
    for source, value, found in ((PEER_IP, 500, 500), (stranger, 700, 500), (PEER_IP, 900, 900)):
        assert answered(powered, datagram(writes(base, value), reads(base)), source) == [(0, [found])]


def test_garbage_at_the_registers_port_is_no_end(powered):
    magic = by_name("MAGIC").offset
    garbage = [b"", b"\0", b"Nobody\0\0", datagram(b"\0\x0f\xff\xff"), datagram(reads(magic))[:-2], bytes(1472),
               datagram(writes(magic, *range(200))[:-4])]
    assert say(powered, 0, *map(access, garbage)) == []
    assert answered(powered, datagram(reads(magic))) == [(0, [MAGIC])]


def test_random_datagrams_of_a_stranger_change_nothing_and_are_counted(powered):
    seed = 31
    print(f"seed {seed}")
    chance = random.Random(seed)
    base, count = by_name("SYMBOL_BASE").offset, address("GARBAGE")
    stranger = bytes((*PEER_IP[:3], PEER_IP[3] + 1))
    [(_, [_, before])] = answered(powered, datagram(writes(base, 77), reads(base, count)))
    good = datagram(writes(base, *range(1, 9)), reads(base, count), writes(address("STREAM"), 1))
    for _ in range(150):
        spoiled = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
        say(powered, 0, access(bytes(spoiled[:chance.randint(0, len(spoiled))]), stranger))
    [(_, [value, after])] = answered(powered, datagram(reads(base, count)))
    assert value == 77 and after - before > 50


def test_what_the_mac_does_is_counted_and_how_it_is_is_shown(powered):
    counters = datagram(reads(*(address(name.upper()) for name, _, _ in MAC_COUNTERS)))
    before, events_before = answered(powered, counters)[0][1], powered.events(0)
    spoiled = on_wire(bytes(60))[:-1] + b"\0"
    carriers = Carriers()
    for carrier in (spoiled, spoiled[:40], on_wire(bytes(1600)), on_wire(bytes(60))):
        carriers.add(carrier)
    powered.send(0, carriers)
    powered.settle()
    powered.take(0)
    after, events = answered(powered, counters)[0][1], powered.events(0)
    assert [last - first for first, last in zip(before, after, strict=True)] == [
        sum(events.get(name, 0) - events_before.get(name, 0) for name in names) for _, names, _ in MAC_COUNTERS]
    assert sum(after) - sum(before) >= 6
    [(_, [status])] = answered(powered, datagram(reads(address("STATUS"))))
    assert status & 0xFF == (1 << 2 * powered.ports) - 1


def listening(host: PinHost, symbols) -> Device:
    """Return the device of ``host``, which follows ``symbols`` on line A from the first message on."""
    device = Device(host)
    device.make_empty()
    for index, (locate, base) in enumerate(symbols):
        device.follow(index, SymbolSetting(name=f"S{locate}", locate=locate, base=base, learn=False))
    device.set_channel(0, LINE_A.ip, LINE_A.port, LINE_A.name)
    device.resync(1)
    device.set_mode(enable=True, hold=True)
    return device


def test_a_line_whose_clock_stops_makes_no_false_book(powered):
    """Every frame of the feed comes once cut by a clock that stops, and then whole: all records are the reference's."""
    seed = 5
    print(f"seed {seed}")
    chance, profile = random.Random(seed), PROFILES[BOARD.profile]
    symbols, messages = SYMBOLS[:profile.symbols], Messages.of(flow(seed, 100, orders=12))
    frames = schedule(messages, LINE_A)
    host = PinHost(powered, levels=profile.levels)
    device = listening(host, symbols)
    reader = device.reader()
    for n in range(len(frames)):
        carrier = on_wire(bytes(frames[n]))
        stop = {"stop_at": chance.randrange(8, len(carrier) - 1), "stop_time": chance.randrange(1, 4) * 1_000_000_000}
        assert host.say((carrier, {"gap": 250, **stop}), (carrier, {"gap": 300})) == []
    truth = Truth(SimpleNamespace(profile=profile), symbols, lines=[LINE_A], hold=True)
    truth.frames(frames)
    events = powered.events(0)
    assert events["cut"] + events["refused"] == len(frames)
    counters = device.counters()
    assert device.read("SEQ_EXPECTED") == len(messages) + 1 and not device.status()["suspect"]
    truth.check(reader.collect().copy(), counters | truth.net)
    assert truth.compared > 30 and reader.lost == 0


def test_a_reset_with_a_live_book_leaves_nothing_of_it(powered):
    """The PLL loses its lock within a frame of the feed, with books that hold orders; then another day is fed."""
    seed = 9
    print(f"seed {seed}")
    chance, profile = random.Random(seed), PROFILES[BOARD.profile]
    symbols = SYMBOLS[:profile.symbols]
    for day in range(3):
        messages = Messages.of(flow(seed + day, 60, orders=12))
        frames = schedule(messages, LINE_A)
        host = PinHost(powered, levels=profile.levels)
        device = listening(host, symbols)
        assert device.read("MSGS_DECODED") == device.read("RECORDS") == 0
        reader = device.reader()
        for n in range(len(frames)):
            assert host.say((on_wire(bytes(frames[n])), {"gap": 300})) == []
        truth = Truth(SimpleNamespace(profile=profile), symbols, lines=[LINE_A], hold=True)
        truth.frames(frames)
        truth.check(reader.collect().copy(), device.counters() | truth.net)
        assert truth.compared > 10 and reader.lost == 0
        carriers = Carriers()
        carriers.add(on_wire(bytes(frames[0])))
        powered.send(0, carriers)
        powered.run(chance.randrange(100, 1000) * 1_000_000)
        powered.power_up()
        assert powered.settle()
        powered.take(0)


def test_our_driver_on_the_kernels_stack(namespace, whole, powered, tmp_path):
    """Feed by multicast, registers and records by UDP: every record is that of the reference book."""
    text = tmp_path / "top.v"
    text.write_text(whole)
    done = alone("-m", "tests.sim.board.host_in_namespace", str(text), str(BOARD.clock_hz), BOARD.profile)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["expected"] == told["messages"] + 1 == 301
    assert told["compared"] >= 100 and told["lost"] == 0 and not told["status"]["stale"]
    assert "bad" not in told["counts"]
