# amaranth: UnusedElaboratable=no
"""Receive clocks of all speeds, and none."""

import pytest
from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator

from gateware.net.mac.pace import Pace


def run(core_ns: float, rx_ns: float | None, *, nanoseconds: float) -> tuple[int, int]:
    """Return (gigabit, running) after so many ns."""
    dut, top = Pace(hz=round(1e9 / core_ns)), Module()
    top.submodules.dut = dut
    top.domains.rx = ClockDomain("rx", reset_less=True)
    simulator = Simulator(top)
    simulator.add_clock(core_ns * 1e-9)
    if rx_ns:
        simulator.add_clock(rx_ns * 1e-9, domain="rx")
    answer = ()

    async def wait(ctx):
        nonlocal answer
        await ctx.tick().repeat(int(nanoseconds / core_ns))
        answer = ctx.get(dut.gigabit), ctx.get(dut.running)

    simulator.add_testbench(wait)
    simulator.run()
    return answer


@pytest.mark.parametrize("core_ns", [5.0, 6.4, 8.0, 16.0, 25.0])
@pytest.mark.parametrize("rx_ns, answer", [(8.0, (1, 1)), (8.4, (1, 1)), (7.6, (1, 1)), (40.0, (0, 1)), (5.0, (0, 1))])
def test_only_gigabit_is_gigabit(core_ns, rx_ns, answer):
    assert run(core_ns, rx_ns, nanoseconds=110 * rx_ns) == answer


def test_a_link_of_ten_megabits_runs_and_is_none_of_a_thousand():
    assert run(16.0, 400.0, nanoseconds=30_000) == (0, 1)


def test_no_clock_is_none():
    assert run(8.0, None, nanoseconds=5000) == (0, 0)


@pytest.mark.parametrize("hz", [0, 10_000_000, 600_000_000])
def test_the_core_clock_is_checked(hz):
    with pytest.raises(ValueError, match=f"not {hz}"):
        Pace(hz=hz)
