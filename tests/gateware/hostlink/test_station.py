# amaranth: UnusedElaboratable=no
"""The whole station: frames in, frames out, and the registers behind it."""

import struct

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from gateware.hostlink.registers import EVENTS, LinkRegisters
from gateware.hostlink.station import Station
from gateware.interfaces import FRAME_WORD
from gateware.net.mac.mac import EVENTS as MAC_EVENTS
from tests.gateware.hostlink.client import datagram, reads, values, writes
from tests.gateware.net.bench import frame_words
from tests.gateware.net.ip.packets import OUR_IP, OURS, PEER, PEER_IP, arp, echo, udp
from wire.hostlink import COUNTER_BASE, COUNTERS, MAC_COUNTERS, address
from wire.hostlink import REGISTERS as LINK_REGISTERS
from wire.profiles import PROFILES

PORT, PEER_PORT = 1234, 40_000
LINK = 0x1_0000
TO_US = {"to": OURS, "sender": PEER, "source": PEER_IP, "destination": OUR_IP}
FROM_US = {"to": PEER, "sender": OURS, "source": OUR_IP, "destination": PEER_IP}
#: Cycles from the last word of a datagram with one read to the first word of its answer's frame.
LATENCY = 52


def ask(payload: bytes, *, source_port: int = PEER_PORT) -> bytes:
    return udp(payload, **TO_US, source_port=source_port, destination_port=PORT)


def answer(frame: bytes, *, port: int = PEER_PORT) -> bytes:
    """Return the payload of a frame of ours, of which all else is checked."""
    size = struct.unpack_from(">H", frame, 38)[0] - 8
    payload = frame[42:42 + size]
    assert frame == udp(payload, **FROM_US, source_port=PORT, destination_port=port)[:len(frame)]
    return payload


def run(schedule, *, writes_of_ring=(), settle: int = 700, profile: str = "tiny", host: bytes = PEER_IP, strobes=(),
        reset_at: int | None = None):
    """Play words, and words for the event ring from ``settle`` cycles before the end on; return frames and the cycles
    in which they began. A register answers with three times its address."""
    dut, reset, frames, begins, written, now = Station(profile=PROFILES[profile]), Signal(), [], [], [], 0

    async def put(ctx):
        nonlocal now
        for name, value in (("mac", OURS), ("ip", OUR_IP), ("host", host)):
            ctx.set(getattr(dut, name), int.from_bytes(value, "big"))
        ctx.set(dut.port, PORT)
        ring = [None] * len(schedule) + list(writes_of_ring)
        for cycle in range(len(schedule) + settle):
            ctx.set(reset, cycle == reset_at)
            word = schedule[cycle] if cycle < len(schedule) else None
            ctx.set(dut.mac_events, strobes[cycle] if cycle < len(strobes) else {})
            ctx.set(dut.i.valid, word is not None)
            if word is not None:
                ctx.set(dut.i.p, word)
            entry = ring[cycle] if cycle < len(ring) else None
            ctx.set(dut.ring.valid, entry is not None)
            if entry is not None:
                ctx.set(dut.ring.addr, entry[0])
                ctx.set(dut.ring.data, entry[1])
            await ctx.tick()
            now += 1

    async def registers(ctx):
        due = {}
        while True:
            value = due.pop(now, None)
            ctx.set(dut.bus.r_valid, value is not None)
            ctx.set(dut.bus.r_data, value or 0)
            if ctx.get(dut.bus.w_en):
                written.append((ctx.get(dut.bus.addr), ctx.get(dut.bus.w_data)))
            if ctx.get(dut.bus.r_en):
                due[now + 10] = 3 * ctx.get(dut.bus.addr)
            await ctx.tick()

    async def get(ctx):
        frame = b""
        ctx.set(dut.o.ready, 1)
        while True:
            _, _, valid, payload = await ctx.tick().sample(dut.o.valid, dut.o.payload.as_value())
            if valid:
                word = FRAME_WORD.from_bits(payload)
                if word.first:
                    frame = b""
                    begins.append(now - 1)
                frame += word.data.to_bytes(8, "little")[:word.count]
                if word.last:
                    frames.append(frame)

    simulator = Simulator(ResetInserter(reset)(dut))
    simulator.add_clock(8e-9)
    simulator.add_testbench(put)
    simulator.add_testbench(registers, background=True)
    simulator.add_testbench(get, background=True)
    simulator.run()
    return frames, begins, written


def test_arp_ping_and_registers_side_by_side():
    who = arp(1, to=OURS, sender=PEER, sender_ip=PEER_IP, target=bytes(6), target_ip=OUR_IP)
    requests = [who, ask(datagram(writes(0x64, 5), reads(8))), ask(datagram(reads(12)), source_port=7)]
    schedule = [word for request in requests for word in frame_words(request)]
    schedule += [*[None] * 100, *frame_words(echo(8, b"ping", **TO_US))]
    frames, _, written = run(schedule)
    replies = [frame for frame in frames if frame[12:14] == b"\x08\x06" or frame[23] == 1]
    assert replies == [
        arp(2, to=PEER, sender=OURS, sender_ip=OUR_IP, target=PEER, target_ip=PEER_IP), echo(0, b"ping", **FROM_US)]
    first, second = (frame for frame in frames if frame not in replies)
    assert values(answer(first)) == [(0, [24])] and values(answer(second, port=7)) == [(0, [36])]
    assert written == [(0x64, 5)]


def test_latency():
    words = frame_words(ask(datagram(reads(0x28))))
    _, begins, _ = run(words, settle=120)
    assert begins == [len(words) - 1 + LATENCY]


def test_records_go_to_who_asked_for_them_until_they_are_not_wanted():
    record = [(index, 7 << 32 | index) for index in range(1, 20)] + [(0, 1)]
    for streams in (1, 0):
        schedule = [*frame_words(ask(datagram(writes(LINK + 4, 1)))), *[None] * 80,
                    *frame_words(ask(datagram(writes(LINK + 4, streams)), source_port=9)), *[None] * 80]
        frames, _, _ = run(schedule, writes_of_ring=record, settle=400)
        payloads = [answer(frame, port=9) for frame in frames]
        assert payloads == [struct.pack(">HBBBBH", 0x7467, 0, 1, 20, 0, 0) + struct.pack(
            "<20Q", 1, *(7 << 32 | index for index in range(1, 20)))] * streams


def test_a_stranger_cannot_ask_for_records():
    record = [(index, index) for index in range(1, 20)] + [(0, 1)]
    schedule = [*frame_words(ask(datagram(writes(LINK + 4, 1)))), *[None] * 80]
    assert run(schedule, writes_of_ring=record, host=OUR_IP, settle=200)[0] == []


def test_a_device_without_a_gate():
    frames, _, _ = run(frame_words(ask(datagram(reads(LINK + 0x20, LINK + 4)))), profile="ecp5_25", settle=200)
    ((_, (kept, stream)),) = values(answer(frames[0]))
    words = 8 + 3 * PROFILES["ecp5_25"].levels
    assert kept == 16 - 2 * min(4, 183 // words) - 2 and not stream


def access(operations):
    """Return what reads give: (address,) each; (address, value) is a write, a dict strobes events."""
    dut, found = LinkRegisters(kept=(5, 6)), []

    async def drive(ctx):
        ctx.set(dut.last[0], 1 << 32 | 2)
        ctx.set(dut.last[1], 3 << 32 | 4)
        ctx.set(dut.status, 0x8000_0702)
        for operation in operations:
            if isinstance(operation, dict):
                ctx.set(dut.events, operation)
                await ctx.tick()
                ctx.set(dut.events, {})
                continue
            ctx.set(dut.bus.addr, operation[0])
            ctx.set(dut.bus.w_data, operation[-1])
            ctx.set(dut.bus.w_en, len(operation) == 2)
            ctx.set(dut.bus.r_en, len(operation) == 1)
            await ctx.tick()
            ctx.set(dut.bus.w_en, 0)
            ctx.set(dut.bus.r_en, 0)
            await ctx.tick()
            if len(operation) == 1:
                wait = len(COUNTERS) + 1 if operation[0] >= COUNTER_BASE else 0
                for _ in range(wait):
                    if not ctx.get(dut.bus.r_valid):
                        await ctx.tick()
                assert ctx.get(dut.bus.r_valid)
                found.append(ctx.get(dut.bus.r_data))
            else:
                assert not ctx.get(dut.bus.r_valid)
            for each, name in zip(dut.resend, ("events", "verdicts"), strict=True):
                if ctx.get(each.valid):
                    found.append((name, ctx.get(each.number)))

    simulator = Simulator(dut)
    simulator.add_clock(8e-9)
    simulator.add_testbench(drive)
    simulator.run()
    return found


def test_link_registers():
    places = {register.name: register.offset for register in LINK_REGISTERS}
    assert access([(0x10,), (0x14,), (0x18,), (0x1C,), (0x20,), (4,), (4, 1), (4,), (4, 2), (4,)]) == [
        2, 1, 4, 3, 6 << 16 | 5, 0, 1, 0]
    assert access([(places["STATUS"],), (places["STATUS"], 1), (places["STATUS"],)]) == 2 * [0x8000_0702]
    assert access([(8, 77), (0xC, 78), (0x10, 5), (0x3C,), (8,)]) == [("events", 77), ("verdicts", 78), 0, 0]
    for name, _ in COUNTERS:
        assert access([{name: 1}, {name: 1}, *((places[other.upper()],) for other, _ in COUNTERS)]) == [
            2 * (other == name) for other, _ in COUNTERS]


def test_what_the_mac_does_is_counted():
    assert sorted(event for _, events, _ in MAC_COUNTERS for event in events) == sorted(MAC_EVENTS.members)
    strobes = [{event: 1} for n, (_, events, _) in enumerate(MAC_COUNTERS, 1) for event in events for _ in range(n)]
    words = frame_words(ask(datagram(reads(*(address(name.upper()) for name, _, _ in MAC_COUNTERS)))))
    frames, _, _ = run([*[None] * len(strobes), *words], strobes=strobes)
    assert values(answer(frames[0])) == [
        (0, [n * len(events) for n, (_, events, _) in enumerate(MAC_COUNTERS, 1)])]


@pytest.mark.parametrize("name", [name for name, _ in COUNTERS])
def test_every_counter_has_its_strobe(name):
    assert name in EVENTS.members


@pytest.mark.parametrize("moment", [3, 9, 20, 45, 62, 70])
def test_reset_at_any_moment(moment):
    words = frame_words(ask(datagram(writes(LINK + 4, 1), reads(8))))
    frames, _, _ = run([*words, *[None] * 100, *words], reset_at=moment, settle=150)
    assert values(answer(frames[-1])) == [(0, [24])] and len(frames) <= 2
