# amaranth: UnusedElaboratable=no
"""Counters told in turn, against a count."""

import random

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.hostlink.tally import Tally

#: Strobes so many cycles before a counter is told are in it, later ones need not be.
SEEN = 2


def run(names: int, *, chance: float, seed: int, cycles: int = 300, reset_at: int | None = None):
    """Strobe at random and ask at random; check each total that is told, and return how many were."""
    dut, reset, random_ = Tally(names=[f"n{n}" for n in range(names)]), Signal(), random.Random(seed)
    strobed, told = [0] * names, 0
    history = [list(strobed)] * (SEEN + 1)

    async def drive(ctx):
        nonlocal told
        since = None
        for cycle in range(cycles):
            ctx.set(reset, cycle == reset_at)
            if cycle == reset_at:
                strobed[:] = [0] * names
                history[:] = [list(strobed)] * (SEEN + 1)
            if ctx.get(dut.told):
                index = ctx.get(dut.index)
                assert 2 <= cycle - since <= names + 1
                assert history[-SEEN - 1][index] <= ctx.get(dut.value) <= history[-1][index]
                told, since = told + 1, None
            asks = since is None and random_.random() < 0.5
            ctx.set(dut.ask, asks)
            if asks:
                since, index = cycle, random_.randrange(names)
            bits = [int(random_.random() < chance) for _ in range(names)]
            ctx.set(dut.events, {f"n{n}": bit for n, bit in enumerate(bits)})
            await ctx.tick()
            if cycle == reset_at:
                since = None
            else:
                strobed[:] = [total + bit for total, bit in zip(strobed, bits, strict=True)]
            history.append(list(strobed))
            if asks:
                ctx.set(dut.index, index)

    simulator = Simulator(ResetInserter(reset)(dut))
    simulator.add_clock(8e-9)
    simulator.add_testbench(drive)
    simulator.run()
    return told


@settings(max_examples=10, deadline=None)
@given(names=st.integers(2, 24), chance=st.sampled_from((0.05, 0.5, 1.0)), seed=st.integers(0, 9999))
def test_no_strobe_is_lost(names, chance, seed):
    assert run(names, chance=chance, seed=seed) > 5


@pytest.mark.parametrize("moment", [1, 7, 40, 151])
def test_reset_at_any_moment(moment):
    assert run(8, chance=0.7, seed=moment, reset_at=moment) > 5


def test_names_are_checked():
    with pytest.raises(ValueError, match="not ..a.,.$"):
        Tally(names=["a"])
    with pytest.raises(ValueError, match="each once"):
        Tally(names=["a", "a"])
