# amaranth: UnusedElaboratable=no
import random

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from gateware.link.counters import Counters
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
        await ctx.tick().repeat(len(names) + 4)
        for index in range(len(names)):
            ctx.set(dut.index, index)
            await ctx.tick()
            totals.append(ctx.get(dut.value))

    sim.add_testbench(bench)
    sim.run()
    return totals


def count(names, patterns):
    return [sum(pattern >> n & 1 for pattern in patterns) for n in range(len(names))]


@pytest.mark.parametrize("length", [30, 31, 37, 300])
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
    for phase in range(2 * len(NAMES)):
        patterns = [0] * (20 + phase) + [(1 << len(NAMES)) - 1]
        assert run(NAMES, patterns) == [1] * len(NAMES)


def test_reset_clears_totals():
    patterns = [(1 << len(NAMES)) - 1] * 200
    assert run(NAMES, patterns, reset_at=99) == [100] * len(NAMES)


def test_carry_into_the_upper_half():
    dut = Counters(names=NAMES)
    sim = Simulator(dut)
    sim.add_clock(1e-8)

    async def bench(ctx):
        await ctx.tick().repeat(3 * len(NAMES))
        index = 4
        ctx.set(dut.totals.data[index], (7 << 32) - 3)
        ctx.set(dut.events.as_value(), 1 << index)
        await ctx.tick().repeat(8)
        ctx.set(dut.events.as_value(), 0)
        ctx.set(dut.index, index)
        await ctx.tick().repeat(2 * len(NAMES))
        assert ctx.get(dut.value) == (7 << 32) + 5

    sim.add_testbench(bench)
    sim.run()


@pytest.mark.parametrize("names", [NAMES[:7], [*NAMES, NAMES[0]]])
def test_bad_names(names):
    with pytest.raises(ValueError, match="names must be"):
        Counters(names=names)
