"""Datagrams against those made another way; and taken again by the network block."""

import random

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.interfaces import FRAME_WORD
from gateware.net.ip.udp import MAX_BYTES, UdpSend
from tests.gateware.net.bench import Bench, Channel, frame_words
from tests.gateware.net.ip.packets import OUR_IP, OURS, PEER, PEER_IP, udp

#: Cycles from a payload's last word to its frame's first.
LATENCY = 9
OUR_PORT, PEER_PORT = 1234, 54_321


def number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def wanted(payload: bytes) -> bytes:
    """Return the frame of a payload, without padding."""
    frame = udp(payload, to=PEER, sender=OURS, source=OUR_IP, destination=PEER_IP, source_port=OUR_PORT,
                destination_port=PEER_PORT)
    return frame[:42 + len(payload)]


def run(payloads, *, busy: float = 0.0, pauses: float = 0.0, seed: int = 0, resets: frozenset[int] = frozenset()):
    """Return (frames, how many were too long, cycles of payloads' ends, cycles of frames' begins)."""
    dut, reset = UdpSend(), Signal()
    frames, ends, begins, too_long, chance = [], [], [], 0, random.Random(seed)
    now = 0

    async def put(ctx):
        for name, mac, ip, port in (("source", OURS, OUR_IP, OUR_PORT), ("destination", PEER, PEER_IP, PEER_PORT)):
            ctx.set(getattr(dut, name), {"mac": number(mac), "ip": number(ip), "port": port})
        for payload in payloads:
            for word in frame_words(payload, rubbish=0):
                while chance.random() < pauses:
                    await ctx.tick()
                ctx.set(dut.i.payload, {name: word[name] for name in ("data", "last", "count")})
                ctx.set(dut.i.valid, 1)
                await ctx.tick().until(dut.i.ready)
                ctx.set(dut.i.valid, 0)
            ends.append(now - 1)
        await ctx.tick().repeat(40)
        for _ in range(200):
            if ctx.get(dut.i.ready):
                return
            await ctx.tick().repeat(8)
        raise AssertionError("the last datagram is not sent")

    async def get(ctx):
        nonlocal now, too_long
        shown = None
        while True:
            ctx.set(reset, now in resets)
            ctx.set(dut.o.ready, ready := chance.random() >= busy)
            _, _, valid, payload, long = await ctx.tick().sample(dut.o.valid, dut.o.payload.as_value(), dut.too_long)
            too_long += long
            assert resets or shown is None or valid and payload == shown
            word = FRAME_WORD.from_bits(payload)
            if valid and word.first and shown is None:
                begins.append(now)
                frames.append(b"")
            shown = payload if valid and not ready else None
            if valid and ready:
                frames[-1] += word.data.to_bytes(8, "little")[:word.count]
            now += 1

    simulator = Simulator(ResetInserter(reset)(dut))
    simulator.add_clock(8e-9)
    simulator.add_testbench(get, background=True)
    simulator.add_testbench(put)
    simulator.run()
    return frames, too_long, ends, begins


@settings(max_examples=8, deadline=None)
@given(sizes=st.lists(st.integers(1, 60), min_size=1, max_size=4), busy=st.sampled_from((0.0, 0.5)),
       pauses=st.sampled_from((0.0, 0.5)), seed=st.integers(0, 10_000))
def test_payloads_become_datagrams(sizes, busy, pauses, seed):
    chance = random.Random(seed)
    payloads = [chance.randbytes(size) for size in sizes]
    frames, too_long, _, _ = run(payloads, busy=busy, pauses=pauses, seed=seed)
    assert frames == [wanted(payload) for payload in payloads] and not too_long


def test_sums_of_all_sorts():
    pairs = (bytes([n, 255 - n]) for n in range(0, 256, 51))
    payloads = [b"\xff" * 8, b"\0" * 9, b"\xff" * 1472, b"\xff\xfe" * 50, *pairs]
    bare = wanted(b"\0\0")
    zero_sum = bytes(bare[40:42])
    frames, _, _, _ = run([*payloads, zero_sum])
    assert frames == [wanted(payload) for payload in [*payloads, zero_sum]]
    assert frames[-1][40:42] == b"\xff\xff"


def test_latency():
    _, _, ends, begins = run([bytes(20)])
    assert [begin - end for begin, end in zip(begins, ends, strict=True)] == [LATENCY]


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 4000])
def test_what_is_too_long_is_dropped_and_told(size):
    frames, too_long, _, _ = run([b"before", bytes(size), b"after"])
    assert frames == [wanted(b"before"), wanted(b"after")] and too_long == 1


@pytest.mark.parametrize("moment", [3, 9, 20, 26, 40])
def test_reset_at_any_moment(moment):
    payloads = [bytes([n]) * 30 for n in range(1, 5)]
    frames, _, _, _ = run(payloads, resets=frozenset({moment}))
    whole = [frame for frame in frames if frame in map(wanted, payloads)]
    assert whole[-1] == wanted(payloads[-1]) and len(whole) >= 2


def test_the_network_block_takes_what_was_sent():
    payloads = [bytes(range(n)) for n in (1, 18, 100)]
    frames, _, _, _ = run(payloads)
    bench = Bench([Channel(number(PEER_IP), PEER_PORT)], hold=True).play_frames(
        [frame.ljust(60, b"\0") for frame in frames], settle=100)
    assert [datagram.data for datagram in bench.datagrams] == payloads
    assert bench.fates == ["frames_ok"] * 3
