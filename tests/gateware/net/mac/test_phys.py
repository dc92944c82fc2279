# amaranth: UnusedElaboratable=no
"""PHYs are found wherever they are, and their links seen come and go."""

import pytest
from amaranth.sim import Simulator

from gateware.net.mac.phys import Phys
from tests.gateware.net.mac.phy import Phy

HALF, ADDRESSES = 4, 4
#: Cycles of a round: 128 half periods and a few for each question.
ROUND = (ADDRESSES + 2) * (128 * HALF + 4)
LINKED = {1: 1 << 2, 10: 1 << 11}


def run(phys, changes, *, addresses=ADDRESSES):
    """Return the states, each as (found, link, gigabit), two rounds after each of ``changes``, which act on PHYs."""
    dut, seen = Phys(half=HALF, count=2, addresses=addresses), []

    async def look(ctx):
        for change in changes:
            change()
            await ctx.tick().repeat(2 * ROUND * addresses // ADDRESSES)
            seen.append([(one.found, one.link, one.gigabit) for one in ctx.get(dut.state)])

    async def wires(ctx):
        before = 0
        while True:
            driven, wire = ctx.get(dut.mdio_drive), ctx.get(dut.mdio)
            said = [phy.drives for phy in phys if phy.drives is not None]
            wire = wire if driven else said[0] if said else 1
            ctx.set(dut.mdio_seen, wire)
            clock = ctx.get(dut.mdc)
            if clock and not before:
                for phy in phys:
                    phy.edge(wire, driven)
            before = clock
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(8e-9)
    simulator.add_testbench(look)
    simulator.add_testbench(wires, background=True)
    simulator.run()
    assert not any(phy.writes for phy in phys)
    return seen


def test_links_come_and_go():
    first, second = Phy(1), Phy(3)
    first.registers, second.registers = {1: 0, 10: 0}, dict(LINKED)

    def up():
        first.registers.update({1: 1 << 2})

    def gone():
        first.address = 9
        second.registers[1] = 0

    assert run([first, second], [lambda: None, up, gone]) == [
        [(1, 0, 0), (1, 1, 1)], [(1, 1, 0), (1, 1, 1)], [(1, 0, 1), (0, 0, 0)]]


def test_more_phys_than_ports_change_nothing():
    phys = [Phy(address) for address in range(7)]
    for phy in phys:
        phy.registers = dict(LINKED)
    phys[0].registers = {1: 0, 10: 0}
    assert run(phys, [lambda: None], addresses=8) == [[(1, 0, 0), (1, 1, 1)]]


def test_where_nobody_answers_nothing_is_found():
    assert run([], [lambda: None]) == [[(0, 0, 0)] * 2]


@pytest.mark.parametrize("options, message", [
    ({"count": 0}, "count must be 1..32, not 0"), ({"count": 1, "addresses": 33}, "addresses must be 1..32, not 33")])
def test_what_cannot_be_is_told(options, message):
    with pytest.raises(ValueError, match=message):
        Phys(half=HALF, **options)
