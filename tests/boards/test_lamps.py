# amaranth: UnusedElaboratable=no
"""What LEDs say: each its own, or one for all."""

import pytest
from amaranth.sim import Simulator

from boards.lamps import MEANINGS, Lamps

#: Cycles of a second.
HZ = 160


def run(count, levels):
    """Return what the LEDs show in each cycle of a second, with ``levels`` high."""
    dut, shown = Lamps(count=count, hz=HZ), []

    async def look(ctx):
        for name in levels:
            ctx.set(getattr(dut, name), 1)
        await ctx.tick()
        for _ in range(HZ):
            shown.append(ctx.get(dut.o))
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(8e-9)
    simulator.add_testbench(look)
    simulator.run()
    return shown


@pytest.mark.parametrize("place, name", list(enumerate(MEANINGS)))
def test_four_leds_say_one_thing_each(place, name):
    assert run(4, [name]) == [1 << place] * HZ


@pytest.mark.parametrize("levels, edges", [
    ([], 0), (["link"], 0), (["link", "stale"], 0), (["link", "alive"], 1), (["link", "alive", "stale"], 15)])
def test_one_led_speaks_for_all(levels, edges):
    shown = run(1, levels)
    assert sum(before != after for before, after in zip(shown, shown[1:], strict=False)) in (edges, edges + 1)
    assert any(shown) == ("link" in levels) and all(shown) == (levels in (["link"], ["link", "stale"]))


def test_no_led_at_all_is_told():
    with pytest.raises(ValueError, match="count must be at least 1, not 0"):
        Lamps(count=0, hz=HZ)
