# amaranth: UnusedElaboratable=no
"""Datagrams in, from frames made another way."""

import random
from collections import Counter

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.net.ip.inbox import EVENTS, READ_LATENCY, Inbox
from tests.gateware.net.bench import frame_words
from tests.gateware.net.ip.packets import BROADCAST, OUR_IP, OURS, PEER, PEER_IP, echo, internet_sum, ipv4, udp

#: Cycles from a frame's last word to its datagram.
LATENCY = 5
PORT, PEER_PORT = 1234, 54_321
TO_US = {"to": OURS, "sender": PEER, "source": PEER_IP, "destination": OUR_IP, "source_port": PEER_PORT,
         "destination_port": PORT}


def number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def frame(payload: bytes, **changed) -> bytes:
    return udp(payload, **TO_US | changed)


def run(schedule, *, slow: float = 0.0, seed: int = 0, depth: int = 256, resets: frozenset[int] = frozenset(),
        settle: int = 900):
    """Return (datagrams, events, cycles): (mac, ip, port, payload) of each, strobes, cycles in which they were offered.

    ``slow``: chance of a pause before each look.
    """
    dut, reset = Inbox(depth=depth), Signal()
    datagrams, events, cycles, chance, now = [], Counter(), [], random.Random(seed), 0

    async def put(ctx):
        nonlocal now
        for name, value in (("mac", number(OURS)), ("ip", number(OUR_IP)), ("port", PORT)):
            ctx.set(getattr(dut, name), value)
        for word in [*schedule, *[None] * settle]:
            ctx.set(reset, now in resets)
            ctx.set(dut.i.valid, word is not None)
            ctx.set(dut.i.p, word or {"data": chance.getrandbits(64), "first": 1})
            strobes = EVENTS.from_bits(ctx.get(dut.events.as_value()))
            events.update(name for name in EVENTS.members if strobes[name])
            await ctx.tick()
            now += 1

    async def get(ctx):
        while True:
            while not ctx.get(dut.valid):
                await ctx.tick()
            cycles.append(now)
            source, size = ctx.get(dut.o.source), ctx.get(dut.o.bytes)
            payload = b""
            for index in range(-(-size // 4)):
                while chance.random() < slow:
                    await ctx.tick()
                ctx.set(dut.index, index)
                for _ in range(READ_LATENCY):
                    await ctx.tick()
                payload += ctx.get(dut.word).to_bytes(4, "big")
            if resets and not ctx.get(dut.valid):
                continue
            ctx.set(dut.done, 1)
            await ctx.tick()
            ctx.set(dut.done, 0)
            await ctx.tick()
            datagrams.append((source.mac, source.ip, source.port, payload[:size]))

    simulator = Simulator(ResetInserter(reset)(dut))
    simulator.add_clock(8e-9)
    simulator.add_testbench(put)
    simulator.add_testbench(get, background=True)
    simulator.run()
    return datagrams, events, cycles


def told(payload: bytes):
    return number(PEER), number(PEER_IP), PEER_PORT, payload


@settings(max_examples=12, deadline=None)
@given(sizes=st.lists(st.integers(0, 90), min_size=1, max_size=4), slow=st.sampled_from((0.0, 0.5)),
       pauses=st.sampled_from((0.0, 0.5)), seed=st.integers(0, 10_000))
def test_payloads_come_through(sizes, slow, pauses, seed):
    chance = random.Random(seed)
    payloads = [chance.randbytes(size) for size in sizes]
    schedule = []
    for payload in payloads:
        for word in frame_words(frame(payload)):
            while chance.random() < pauses:
                schedule.append(None)
            schedule.append(word)
    datagrams, events, _ = run(schedule, slow=slow, seed=seed, settle=150 + 20 * sum(sizes))
    assert datagrams == [told(payload) for payload in payloads] and events == {"taken": len(sizes)}


@pytest.mark.parametrize("size", [1463, 1471, 1472])
def test_the_longest(size):
    payload = bytes(range(256)) * 6
    datagrams, events, _ = run(frame_words(frame(payload[:size])), settle=1500)
    assert datagrams == [told(payload[:size])] and events == {"taken": 1}


@pytest.mark.parametrize("size", [0, 4, 60])
def test_latency(size):
    words = frame_words(frame(bytes(size)))
    _, _, cycles = run(words, settle=60)
    assert cycles == [len(words) - 1 + LATENCY]


def resummed(packet: bytes) -> bytes:
    """Return the frame with its IP checksum made right."""
    head = packet[14:24] + b"\0\0" + packet[26:34]
    return packet[:24] + internet_sum(head).to_bytes(2, "big") + packet[26:]


GOOD = frame(b"a payload of some words")
UNSUMMED = GOOD[:40] + b"\0\0" + GOOD[42:]
OTHERS = {
    "another station": frame(b"x", to=PEER),
    "all stations": frame(b"x", to=BROADCAST),
    "another address": frame(b"x", destination=PEER_IP),
    "another port": frame(b"x", destination_port=PORT + 1),
    "a ping": echo(8, b"x", to=OURS, sender=PEER, source=PEER_IP, destination=OUR_IP),
    "a fragment": resummed(GOOD[:20] + b"\x20\0" + GOOD[22:]),
    "a later fragment": resummed(GOOD[:20] + b"\0\3" + GOOD[22:]),
    "with options": (OURS + PEER + b"\x08\0" + ipv4(
        17, PEER_IP, OUR_IP, GOOD[34:], options=b"\1\1\1\1")).ljust(60, b"\0"),
    "IP length too great": resummed(UNSUMMED[:16] + b"\0\xff" + UNSUMMED[18:]),
    "UDP length too great": UNSUMMED[:38] + b"\0\xff" + UNSUMMED[40:],
    "UDP length too small": UNSUMMED[:38] + b"\0\7" + UNSUMMED[40:],
    "cut short": GOOD[:40],
    "cut by a byte": frame(bytes(50))[:-1],
    "too long": frame(bytes(1473)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_for_us_leaves_no_trace(name):
    datagrams, events, _ = run([*frame_words(OTHERS[name]), *frame_words(GOOD)], settle=120, depth=512)
    assert datagrams == [told(GOOD[42:65])] and events == {"taken": 1}


def test_a_datagram_may_have_no_checksum():
    datagrams, _, _ = run(frame_words(UNSUMMED), settle=120)
    assert datagrams == [told(GOOD[42:65])]


def test_every_byte_is_under_a_checksum_or_looked_at():
    places = [n for n in range(len(GOOD)) if n not in range(6, 12)]
    spoiled = [GOOD[:n] + bytes([GOOD[n] ^ 0x10]) + GOOD[n + 1:] for n in places]
    datagrams, events, _ = run([word for each in spoiled for word in frame_words(each)], settle=12)
    assert not datagrams and events.keys() == {"checksum"}


def test_a_frame_in_error_is_forgotten():
    datagrams, events, _ = run([*frame_words(GOOD, error=True), *frame_words(GOOD)], settle=120)
    assert len(datagrams) == 1 and events == {"taken": 1}


def test_what_finds_no_room_is_counted_and_spoils_nothing():
    chance = random.Random(1)
    for sizes, slow in (([20] * 9, 0.9), ([900, 900, 20, 1400, 8], 0.0), ([1472] * 3, 0.0)):
        payloads = [chance.randbytes(size) for size in sizes]
        datagrams, events, _ = run([word for payload in payloads for word in frame_words(frame(payload))],
                                   slow=slow, settle=2500)
        kept = [told(payload) for payload in payloads]
        assert datagrams[0] == kept[0] and events["taken"] == len(datagrams) < len(sizes)
        assert events["taken"] + events["dropped"] == len(sizes)
        assert datagrams == [each for each in kept if each in datagrams]


@pytest.mark.parametrize("moment", range(1, 30, 3))
def test_reset_at_any_moment(moment):
    first, second = (frame(bytes([n]) * 30) for n in (1, 2))
    schedule = [*frame_words(first), *[None] * 20, *frame_words(second)]
    datagrams, _, _ = run(schedule, resets=frozenset({moment}), settle=200)
    assert datagrams[-1] == told(bytes([2]) * 30) and len(datagrams) <= 2


@pytest.mark.parametrize("depth", [0, 128, 300])
def test_depth_is_checked(depth):
    with pytest.raises(ValueError, match=f"not {depth}"):
        Inbox(depth=depth)
