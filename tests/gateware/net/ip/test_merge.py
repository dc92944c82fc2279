# amaranth: UnusedElaboratable=no
"""Packets of several senders."""

import random

import pytest
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.net.ip.merge import Merge
from gateware.net.ip.udp import PAYLOAD_WORD


def run(packets, *, busy: float = 0.0, held: float = 0.0, pauses: float = 0.0, seed: int = 0):
    """Give each input its list of packets, lists of numbers; return (input, packet) in the order of the output."""
    dut, chance, taken = Merge(PAYLOAD_WORD, inputs=len(packets)), random.Random(seed), []
    left = sum(map(len, packets))

    def sender(stream, mine):
        async def put(ctx):
            for packet in mine:
                for n, number in enumerate(packet):
                    while chance.random() < pauses:
                        await ctx.tick()
                    ctx.set(stream.payload, {"data": number, "last": n == len(packet) - 1})
                    ctx.set(stream.valid, 1)
                    await ctx.tick().until(stream.ready)
                    ctx.set(stream.valid, 0)
        return put

    async def get(ctx):
        packet, cycle = [], 0
        while len(taken) < left:
            ctx.set(dut.free, chance.random() >= held)
            ctx.set(dut.o.ready, chance.random() >= busy)
            _, _, valid, word, ready, chosen = await ctx.tick().sample(
                dut.o.valid, dut.o.payload, dut.o.ready, dut.chosen)
            if valid and ready:
                packet.append(word.data)
                if word.last:
                    taken.append((chosen, packet))
                    packet = []
            cycle += 1
            assert cycle < 3_000

    simulator = Simulator(dut)
    simulator.add_clock(8e-9)
    for stream, mine in zip(dut.i, packets, strict=True):
        simulator.add_testbench(sender(stream, mine), background=True)
    simulator.add_testbench(get)
    simulator.run()
    return taken


@settings(max_examples=12, deadline=None)
@given(sizes=st.lists(st.lists(st.integers(1, 5), max_size=4), min_size=2, max_size=4),
       pace=st.sampled_from(((0.0, 0.0, 0.0), (0.4, 0.4, 0.4))), seed=st.integers(0, 999))
def test_packets_stay_whole_and_in_order(sizes, pace, seed):
    packets = [[[100 * n + 10 * k + word for word in range(size)] for k, size in enumerate(mine)]
               for n, mine in enumerate(sizes)]
    taken = run(packets, busy=pace[0], held=pace[1], pauses=pace[2], seed=seed)
    assert [[packet for sender, packet in taken if sender == n] for n in range(len(packets))] == packets


def test_senders_take_turns():
    packets = [[[n, k] for k in range(3)] for n in range(3)]
    assert [sender for sender, _ in run(packets)] == [1, 2, 0] * 3


def test_latency_and_throughput():
    dut, seen = Merge(PAYLOAD_WORD, inputs=2), []

    async def drive(ctx):
        ctx.set(dut.o.ready, 1)
        stream, sent = dut.i[1], 0
        for cycle in range(12):
            ctx.set(stream.payload, {"data": sent, "last": sent == 3})
            ctx.set(stream.valid, sent < 4)
            _, _, valid, word, ready = await ctx.tick().sample(dut.o.valid, dut.o.payload, stream.ready)
            sent += ready
            if valid:
                seen.append((cycle, word.data))

    simulator = Simulator(dut)
    simulator.add_clock(8e-9)
    simulator.add_testbench(drive)
    simulator.run()
    assert seen == [(2 + 2 * n, n) for n in range(4)]


@pytest.mark.parametrize("inputs", [0, 1])
def test_inputs_are_checked(inputs):
    with pytest.raises(ValueError, match=f"not {inputs}"):
        Merge(PAYLOAD_WORD, inputs=inputs)
