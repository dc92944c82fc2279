# amaranth: UnusedElaboratable=no
"""The channel table by itself."""

import random

import pytest
from amaranth.sim import Simulator

from gateware.net.channels import ChannelMatch

TABLE = [
    {"ip": 0xE0000001, "port": 100, "line": 1, "enable": 0},
    {"ip": 0xE0000001, "port": 100, "line": 0, "enable": 1},
    {"ip": 0xE0000001, "port": 100, "line": 1, "enable": 1},
    {"ip": 0xE0000002, "port": 100, "line": 1, "enable": 1},
]


def run(lookups: list[tuple[int, int, bool]]) -> list[tuple[int, int, int]]:
    """Return for lookups of (address, port, whether the port comes late): line at once, line later, missed."""
    dut, answers = ChannelMatch(channels=len(TABLE)), []

    async def drive(ctx):
        ctx.set(dut.channel, TABLE)
        for address, port, late in lookups:
            ctx.set(dut.address, address)
            ctx.set(dut.address_valid, 1)
            ctx.set(dut.early, port if not late else 100)
            ctx.set(dut.early_valid, not late)
            await ctx.tick()
            ctx.set(dut.address_valid, 0)
            ctx.set(dut.early_valid, 0)
            ctx.set(dut.late, port if late else 100)
            ctx.set(dut.late_valid, late)
            ctx.set(dut.settle, 1)
            now = ctx.get(dut.line)
            await ctx.tick()
            ctx.set(dut.settle, 0)
            ctx.set(dut.late, random.Random(port).randrange(1 << 16))
            answers.append((now, ctx.get(dut.line), ctx.get(dut.missed)))

    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    simulator.add_testbench(drive)
    simulator.run()
    return answers


@pytest.mark.parametrize("late", [False, True])
def test_first_enabled_entry_wins(late):
    assert run([(0xE0000001, 100, late), (0xE0000002, 100, late)]) == [(0, 0, 0), (1, 1, 0)]


@pytest.mark.parametrize("late", [False, True])
def test_address_and_port_must_belong_to_one_entry(late):
    lookups = [(0xE0000003, 100, late), (0xE0000001, 101, late), (0xE0000002, 101, late)]
    assert [missed for *_, missed in run(lookups)] == [1, 1, 1]


def test_an_early_port_is_forgotten_by_the_next_frame():
    assert run([(0xE0000002, 100, False), (0xE0000002, 101, True)]) == [(1, 1, 0), (0, 0, 1)]


def test_needs_an_entry():
    with pytest.raises(ValueError, match="not 0"):
        ChannelMatch(channels=0)
