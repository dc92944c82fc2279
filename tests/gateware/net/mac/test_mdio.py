# amaranth: UnusedElaboratable=no
"""Registers of a PHY read and written over two wires."""

import random

import pytest
from amaranth.sim import Simulator

from gateware.net.mac.mdio import Mdio, divisor
from tests.gateware.net.mac.phy import Phy

HALF = 4


async def wires(ctx, dut, phy):
    """Join ``dut`` and ``phy``; the wire is pulled up when nobody drives it."""
    before = 0
    while True:
        driven = ctx.get(dut.mdio_drive)
        wire = ctx.get(dut.mdio) if driven else 1 if phy.drives is None else phy.drives
        ctx.set(dut.mdio_seen, wire)
        clock = ctx.get(dut.mdc)
        if clock and not before:
            phy.edge(wire, driven)
        before = clock
        await ctx.tick()


def run(requests, phy):
    """Return (data, silent) of each request, and the cycles that each took."""
    dut, answers, spans = Mdio(half=HALF), [], []

    async def ask(ctx):
        for request in requests:
            ctx.set(dut.i.payload, request)
            ctx.set(dut.i.valid, 1)
            await ctx.tick().until(dut.i.ready)
            ctx.set(dut.i.valid, 0)
            cycles = 0
            while not ctx.get(dut.o.valid):
                await ctx.tick()
                cycles += 1
                assert cycles < 1000
            spans.append(cycles)
            answer = ctx.get(dut.o.p)
            answers.append((answer.data, answer.silent))

    async def join(ctx):
        await wires(ctx, dut, phy)

    simulator = Simulator(dut)
    simulator.add_clock(8e-9)
    simulator.add_testbench(ask)
    simulator.add_testbench(join, background=True)
    simulator.run()
    return answers, spans


def test_registers_are_written_and_read_back():
    chance, phy = random.Random(7), Phy(9)
    wanted = {chance.randrange(32): chance.randrange(1 << 16) for _ in range(5)}
    writes = [{"write": 1, "phy": 9, "register": n, "data": value} for n, value in wanted.items()]
    reads = [{"write": 0, "phy": 9, "register": n, "data": 0} for n in wanted]
    answers, spans = run(writes + reads, phy)
    assert phy.registers == wanted
    assert answers[len(writes):] == [(value, 0) for value in wanted.values()]
    assert set(spans) == {128 * HALF}


def test_a_phy_that_is_not_there_is_silent():
    phy = Phy(3)
    phy.registers[2] = 0x1234
    answers, _ = run([{"write": write, "phy": address, "register": 2, "data": 5}
                      for write, address in ((0, 4), (1, 4), (0, 3))], phy)
    assert answers[0][1] == 1 and answers[2] == (0x1234, 0) and not phy.writes


@pytest.mark.parametrize("hz, half", [(125_000_000, 25), (62_500_000, 13), (156_250_000, 32)])
def test_no_clock_is_faster_than_a_phy_may_have(hz, half):
    assert divisor(hz) == half and hz / (2 * half) <= 2_500_000


def test_half_is_checked():
    with pytest.raises(ValueError, match="not 3"):
        Mdio(half=3)
