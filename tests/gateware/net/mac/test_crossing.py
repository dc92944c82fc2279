# amaranth: UnusedElaboratable=no
"""The queue between two clocks, at all sorts of ratios and phases."""

import random

import pytest
from amaranth.hdl import ClockDomain, Module, ResetInserter, Signal
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.net.mac.crossing import Crossing

WIDTH = 35


def simulate(dut, source_period, target_period, phase, *benches, resets=()):
    """Run ``benches``, one testbench each; ``resets``: (domain, edges) of resets held for one edge."""
    top = Module()
    top.submodules.dut = ResetInserter(controls := {name: Signal() for name in ("fast", "slow")})(dut)
    top.domains.fast, top.domains.slow = (ClockDomain(name, reset_less=True) for name in controls)
    simulator = Simulator(top)
    simulator.add_clock(source_period, phase=0, domain="fast")
    simulator.add_clock(target_period, phase=phase, domain="slow")
    for bench in benches:
        simulator.add_testbench(bench)
    for domain, edges in resets:
        async def reset(ctx, domain=domain, edges=edges):
            for edge in range(max(edges) + 2):
                ctx.set(controls[domain], edge in edges)
                await ctx.tick(domain)
        simulator.add_testbench(reset)
    simulator.run()


def carry(entries, *, source_ns, target_ns, phase, depth=4, busy=0.0, pauses=0.0, seed=0, resets=()):
    """Return what comes out when ``entries`` are put in, with random pauses at both ends."""
    dut, out = Crossing(WIDTH, depth=depth, source="fast", target="slow"), []

    async def put(ctx):
        chance = random.Random(seed)
        for entry in entries:
            while chance.random() < pauses:
                await ctx.tick("fast")
            ctx.set(dut.i.valid, 1)
            ctx.set(dut.i.payload, entry)
            await ctx.tick("fast").until(dut.i.ready)
            ctx.set(dut.i.valid, 0)

    async def get(ctx):
        chance = random.Random(seed + 1)
        idle = 0
        while len(out) < len(entries) and idle < 400:
            ctx.set(dut.o.ready, ready := chance.random() >= busy)
            _, _, valid, payload = await ctx.tick("slow").sample(dut.o.valid, dut.o.payload)
            idle = 0 if valid else idle + 1
            if valid and ready:
                out.append(payload)

    simulate(dut, source_ns * 1e-9, target_ns * 1e-9, phase * 1e-9, put, get, resets=resets)
    return out


@settings(max_examples=25, deadline=None)
@given(source_ns=st.integers(3, 40), target_ns=st.integers(3, 40), phase=st.integers(0, 39),
       depth=st.sampled_from((4, 8, 32)), busy=st.sampled_from((0.0, 0.3, 0.9)),
       pauses=st.sampled_from((0.0, 0.5)), seed=st.integers(0, 1000))
def test_nothing_is_lost_doubled_or_changed(source_ns, target_ns, phase, depth, busy, pauses, seed):
    chance = random.Random(seed)
    entries = [chance.randrange(1 << WIDTH) for _ in range(60)]
    assert carry(entries, source_ns=source_ns, target_ns=target_ns, phase=phase, depth=depth, busy=busy, pauses=pauses,
                 seed=seed) == entries


@pytest.mark.parametrize("domain", ["fast", "slow"])
def test_resets_of_either_side_leave_the_entries_alone(domain):
    entries = list(range(1, 80))
    resets = [(domain, set(range(5, 120, 7)))]
    assert carry(entries, source_ns=8, target_ns=7, phase=3, busy=0.4, resets=resets) == entries


def test_a_full_queue_holds_its_depth_and_two_more():
    dut, taken = Crossing(WIDTH, depth=8, source="fast", target="slow"), 0

    async def put(ctx):
        nonlocal taken
        ctx.set(dut.i.valid, 1)
        for _ in range(60):
            _, _, ready = await ctx.tick("fast").sample(dut.i.ready)
            taken += ready

    simulate(dut, 8e-9, 8e-9, 2e-9, put)
    assert taken == 8 + 2


@pytest.mark.parametrize("phase", [0, 1, 4, 7])
def test_latency_is_four_edges_of_the_target(phase):
    dut, waited = Crossing(WIDTH, depth=8, source="fast", target="slow"), None

    async def put(ctx):
        nonlocal waited
        ctx.set(dut.i.valid, 1)
        ctx.set(dut.o.ready, 1)
        await ctx.tick("fast")
        ctx.set(dut.i.valid, 0)
        waited = 0
        while not ctx.get(dut.o.valid):
            await ctx.tick("slow")
            waited += 1
            assert waited < 10

    simulate(dut, 8e-9, 8e-9, phase * 1e-9, put)
    assert waited == 4


@pytest.mark.parametrize("depth", [0, 2, 12])
def test_depth_is_checked(depth):
    with pytest.raises(ValueError, match=f"not {depth}"):
        Crossing(WIDTH, depth=depth, source="fast", target="slow")
