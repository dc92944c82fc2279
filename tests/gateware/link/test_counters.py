# amaranth: UnusedElaboratable=no
import random

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from gateware.link.counters import LAG, Counters, sweep_cycles
from wire.registers import COUNTERS

NAMES = [f"event_{n}" for n in range(9)]


def run(names, patterns, *, reset_at=None):
    """Strobe ``patterns`` (a mask for each cycle), wait a sweep, return all totals; ``reset_at``: cycle of a reset."""
    dut = Counters(names=names)
    reset = Signal()
    sim = Simulator(ResetInserter(reset)(dut))
    sim.add_clock(1e-8)
    totals = []

    async def bench(ctx):
        for cycle, pattern in enumerate(patterns):
            ctx.set(dut.events.as_value(), pattern)
            ctx.set(reset, cycle == reset_at)
            await ctx.tick()
        ctx.set(dut.events.as_value(), 0)
        await ctx.tick().repeat(sweep_cycles(len(names)) + LAG)
        for index in range(len(names)):
            totals.append(await read(ctx, dut, index))

    sim.add_testbench(bench)
    sim.run()
    return totals


async def read(ctx, dut, index):
    """Return the total of a counter."""
    ctx.set(dut.index, index)
    ctx.set(dut.read, 1)
    await ctx.tick()
    ctx.set(dut.read, 0)
    lower = ctx.get(dut.value)
    await ctx.tick()
    return lower | ctx.get(dut.value) << 32


def count(names, patterns):
    return [sum(pattern >> n & 1 for pattern in patterns) for n in range(len(names))]


@pytest.mark.parametrize("length", [30, 31, 37, 46, 300])
def test_every_strobe_in_every_cycle(length):
    patterns = [(1 << len(NAMES)) - 1] * length
    assert run(NAMES, patterns) == count(NAMES, patterns)


@pytest.mark.parametrize("names, length", [(NAMES, 700), ([name for name, _ in COUNTERS], 900)])
@pytest.mark.parametrize("seed", range(2))
def test_random_strobes(names, length, seed):
    print("seed", seed)
    rng = random.Random(seed)
    rates = [rng.choice((0, 0.02, 0.5, 0.98, 1)) for _ in names]
    patterns = [sum((rng.random() < rate) << n for n, rate in enumerate(rates)) for _ in range(length)]
    assert run(names, patterns) == count(names, patterns)


def test_one_strobe_at_each_phase_of_the_sweep():
    for phase in range(2 * sweep_cycles(len(NAMES))):
        patterns = [0] * (20 + phase) + [(1 << len(NAMES)) - 1]
        assert run(NAMES, patterns) == [1] * len(NAMES)


def test_reset_clears_totals():
    patterns = [(1 << len(NAMES)) - 1] * 200
    assert run(NAMES, patterns, reset_at=99) == [100] * len(NAMES)


@pytest.mark.parametrize("offset", range(1, 2 * len(NAMES), 3))
def test_halves_belong_together(offset):
    """A counter is read again and again while its carry goes into the upper half."""
    dut = Counters(names=NAMES)
    sim = Simulator(dut)
    sim.add_clock(1e-8)
    index, start, totals = 4, (7 << 32) - 100, []

    async def bench(ctx):
        await ctx.tick().repeat(3 * sweep_cycles(len(NAMES)))
        for half, word in enumerate((start & 0xffff_ffff, start >> 32)):
            for memory in (dut.totals, dut.copy):
                ctx.set(memory.data[2 * index + half], {"sum": word, "seen": 0})
        ctx.set(dut.events.as_value(), 1 << index)
        await ctx.tick().repeat(offset)
        for _ in range(100):
            totals.append(await read(ctx, dut, index))
        ctx.set(dut.events.as_value(), 0)
        await ctx.tick().repeat(sweep_cycles(len(NAMES)) + LAG)
        assert await read(ctx, dut, index) == start + offset + 200

    sim.add_testbench(bench)
    sim.run()
    lag = sweep_cycles(len(NAMES)) + LAG
    assert totals == sorted(totals)
    assert all(start + offset + 2 * n - lag <= total <= start + offset + 2 * n or total == start
               for n, total in enumerate(totals))


def test_lower_halves_in_every_cycle():
    dut = Counters(names=NAMES)
    sim = Simulator(dut)
    sim.add_clock(1e-8)

    async def bench(ctx):
        for n in range(len(NAMES)):
            ctx.set(dut.events.as_value(), (1 << len(NAMES)) - (1 << n))
            await ctx.tick()
        ctx.set(dut.events.as_value(), 0)
        await ctx.tick().repeat(2 * sweep_cycles(len(NAMES)))
        ctx.set(dut.read, 1)
        for index in range(1 << len(dut.index)):
            ctx.set(dut.index, index)
            await ctx.tick()
            assert ctx.get(dut.value) == (index + 1 if index < len(NAMES) else 0)
        ctx.set(dut.read, 0)
        await ctx.tick()
        assert ctx.get(dut.value) == 0

    sim.add_testbench(bench)
    sim.run()


def test_before_the_first_sweep_has_ended_all_is_0():
    dut = Counters(names=NAMES)
    reset = Signal()
    sim = Simulator(ResetInserter(reset)(dut))
    sim.add_clock(1e-8)

    async def bench(ctx):
        ctx.set(dut.events.as_value(), (1 << len(NAMES)) - 1)
        await ctx.tick().repeat(3 * sweep_cycles(len(NAMES)))
        ctx.set(reset, 1)
        await ctx.tick()
        ctx.set(reset, 0)
        for cycle in range(0, sweep_cycles(len(NAMES)), 2):
            assert await read(ctx, dut, cycle % len(NAMES)) == 0
        await ctx.tick().repeat(LAG)
        assert 0 < await read(ctx, dut, 0) < 2 * sweep_cycles(len(NAMES))

    sim.add_testbench(bench)
    sim.run()


@pytest.mark.parametrize("names", [NAMES[:7], [*NAMES, NAMES[0]], [f"event_{n}" for n in range(256)]])
def test_bad_names(names):
    with pytest.raises(ValueError, match="names must be"):
        Counters(names=names)
