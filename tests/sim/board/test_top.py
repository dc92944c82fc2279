"""What a simulation reads in the Verilog of a board's top."""

import pytest

from sim.board.top import Clocks, TopError, clocks, ports_of, simulation_top

PLL = """
  EHXPLLL #(
    .CLKFB_DIV(32'd5),
    .CLKI_DIV(32'd{reference}),
    .CLKOP_DIV(32'd{tx}),
    .CLKOS_DIV(32'd{core}),
    .FEEDBK_PATH("CLKOP")
  ) pll (
"""


@pytest.mark.parametrize("core, half", [(6, 4_000_000), (12, 8_000_000)])
def test_the_dividers_make_the_clocks(core, half):
    assert clocks(PLL.format(reference=1, tx=6, core=core), 25_000_000) == Clocks(4_000_000, half)


@pytest.mark.parametrize("text, message", [
    ("", "no EHXPLLL"), ("  EHXPLLL #(\n    .CLKI_DIV(32'd1)\n  )", "no CLKFB_DIV, CLKOP_DIV, CLKOS_DIV"),
    (PLL.format(reference=1, tx=7, core=6), "cannot run at 875,000,000 Hz"),
    (PLL.format(reference=3, tx=12, core=6), "cannot run"),
    (PLL.format(reference=1, tx=6, core=7), "no whole number"),
])
def test_a_pll_that_cannot_be_is_told(text, message):
    with pytest.raises(TopError, match=message):
        clocks(text, 25_000_000)


def test_a_top_that_is_none_is_told(verilog):
    with pytest.raises(TopError, match="no module 'top'"):
        ports_of("module other(a);\nendmodule\n")
    with pytest.raises(TopError, match=r"not \[\]"):
        ports_of("module top(a);\n  input a;\nendmodule\n")
    with pytest.raises(TopError, match=r"every port must have a MAC, not \{0: 'top.mac0'\}"):
        simulation_top(verilog.replace(r"module \top.mac1 ", r"module \top.other "))
