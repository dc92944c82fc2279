"""Rules between the registers of a pipeline."""

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from gateware.risk.compiled import Compiled
from rules import price, size


def test_a_result_comes_when_it_is_asked_for():
    m = Module()
    rule = Compiled(m, clock_mhz=20)
    shares, over, worth = Signal(32), Signal(), Signal(64)
    m.d.comb += over.eq(rule("over", size.max_shares, shares=shares, limit=100))
    m.d.comb += worth.eq(rule.pipelined("worth", size.notional, cycles=3, price=7, shares=shares))

    async def bench(ctx):
        ctx.set(shares, 101)
        assert ctx.get(over)
        await ctx.tick()
        ctx.set(shares, 100)
        assert not ctx.get(over)
        await ctx.tick().repeat(2)
        assert ctx.get(worth) == 707
        await ctx.tick()
        assert ctx.get(worth) == 700

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()


def test_what_cannot_be_is_refused():
    rule = Compiled(None, clock_mhz=150)
    with pytest.raises(ValueError, match="off_tick takes . cycles at 150 MHz, there are 1"):
        rule.pipelined("off_tick", price.off_tick, cycles=1, price=0, tick=0)
    with pytest.raises(ValueError, match="max_shares takes shares, limit, not shares, price"):
        rule("max_shares", size.max_shares, shares=0, price=0)
