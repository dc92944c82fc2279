"""The board's pins under cocotb, with the PHY of cocotbext-eth at them."""

from boards.colorlight_5a75b import BOARD
from sim.board.top import TOP, clocks, simulation_top
from sim.device.build import silent
from sim.device.cocotb_run import run_cocotb_verilog


def test_a_phy_by_another_author(verilog):
    made = clocks(verilog, BOARD.clock_hz)
    assert run_cocotb_verilog(
        simulation_top(verilog), name=TOP, test_module="tests.sim.board.phy_cases", progress=silent,
        environment={"TX_HALF_FS": str(made.tx_half), "CORE_HALF_FS": str(made.core_half)}) == 3
