"""Verdicts get numbers without gaps, and the entries that follow from them."""

import random

import numpy as np
from amaranth.sim import Simulator

from gateware.link.verdicts import Verdicts
from wire.risk import VERDICT_DTYPE


def test_numbers_and_entries():
    seed = 20261121
    print("seed", seed)
    rng = random.Random(seed)
    dut = Verdicts()
    sim = Simulator(dut)
    sim.add_clock(1e-8)
    records, given = [], []

    async def bench(ctx):
        ctx.set(dut.log2_entries, 3)
        await ctx.tick().repeat(2)
        for _ in range(100):
            valid = rng.random() < 0.6
            value = rng.getrandbits(960)
            ctx.set(dut.i.valid, valid)
            ctx.set(dut.i.payload.as_value(), value)
            assert ctx.get(dut.i.ready) and ctx.get(dut.ring.valid) == valid
            if valid:
                given.append(value)
                data = ctx.get(dut.ring.data).to_bytes(VERDICT_DTYPE.itemsize, "little")
                records.append((ctx.get(dut.ring.index), np.frombuffer(data, VERDICT_DTYPE)[0], data))
            await ctx.tick()

    sim.add_testbench(bench)
    sim.run()
    assert len(given) > 40
    for n, ((index, record, data), value) in enumerate(zip(records, given, strict=True)):
        assert record["seq"] == n + 1 and index == n % 8
        assert int.from_bytes(data[8:], "little") == value
