# amaranth: UnusedElaboratable=no
"""Boards: pins by one name, clocks that a PLL can make, and designs that are what they say."""

import re
from dataclasses import replace

import pytest

from boards.board import BoardError, normalised
from boards.design import design
from boards.names import NAMES, board
from boards.pll import core_clock, dividers
from boards.rgmii import RgmiiPins
from boards.top import Top
from wire.profiles import PROFILES

MAC, IP = 0x0254_4B47_0000, 0xC0A8_0132


def resources(name, kind):
    return {resource.number: {inner.name: inner for inner in resource.ios}
            for resource in board(name).platform.resources if resource.name == kind}


@pytest.mark.parametrize("name, ports, phys", [("ecpix5", 1, 1), ("versa_ecp5_5g", 2, 2), ("colorlight_5a75b", 2, 1)])
def test_every_board_has_its_ports_by_one_name(name, ports, phys):
    rgmii, phy = resources(name, "rgmii"), resources(name, "phy")
    assert sorted(rgmii) == [port.number for port in board(name).ports] == list(range(ports))
    assert sorted(phy) == list(range(phys))
    for pins in rgmii.values():
        assert set(pins) == {"rx_clk", "rx_ctl", "rx_data", "tx_clk", "tx_ctl", "tx_data"}
        assert pins["rx_clk"].clock.frequency == 125e6
        assert [len(pins[f"{way}_data"].ios[0]) for way in ("rx", "tx")] == [4, 4]
    assert not resources(name, "eth_rgmii")


def test_no_pin_is_named_twice():
    for name in NAMES:
        pins = [pin for port in resources(name, "rgmii").values() for part in port.values()
                for pin in part.ios[0].names]
        assert len(pins) == len(set(pins)) == 12 * len(board(name).ports)


def test_a_port_without_a_pin_is_told():
    platform = board("ecpix5").platform.__mro__[1]
    [port] = (resource for resource in platform.resources if resource.name == "eth_rgmii")
    whole = list(port.ios)
    try:
        port.ios[:] = [inner for inner in whole if inner.name != "rx_ctrl"]
        with pytest.raises(BoardError, match="eth_rgmii 0 has no rx_ctl"):
            normalised(platform)
    finally:
        port.ios[:] = whole


@pytest.mark.parametrize("clock_hz", [25_000_000, 100_000_000])
@pytest.mark.parametrize("core_hz", [62_500_000, 125_000_000, 156_250_000])
def test_dividers_make_both_clocks(clock_hz, core_hz):
    chosen = dividers(clock_hz, core_hz)
    vco = clock_hz * chosen.feedback * chosen.tx // chosen.reference
    assert 400_000_000 <= vco <= 800_000_000 and vco == 125_000_000 * chosen.tx == core_hz * chosen.core
    assert clock_hz / chosen.reference >= 10_000_000


@pytest.mark.parametrize("most, core", [
    (125_000_000, 125_000_000), (62_500_000, 62_500_000), (156_250_000, 156_250_000), (105_000_000, 100_000_000)])
def test_a_core_runs_as_fast_as_the_pll_lets_it(most, core):
    assert core_clock(most) == core and dividers(100_000_000, core)


def test_clocks_that_no_pll_makes_are_told():
    with pytest.raises(BoardError, match="no PLL makes 125 MHz and 99,000,001 Hz of 100,000,000 Hz"):
        dividers(100_000_000, 99_000_001)
    with pytest.raises(BoardError, match="no PLL makes a clock of at most 1,000 Hz"):
        core_clock(1_000)


def test_every_board_has_a_profile_whose_clock_its_pll_makes():
    for name in NAMES:
        one = board(name)
        assert dividers(one.clock_hz, PROFILES[one.profile].clock_hz) and len(one.leds) in (1, 4)


@pytest.mark.parametrize("fits", [-1, 0, 3])
def test_a_design_has_one_port_at_least_and_no_more_than_the_board(fits):
    with pytest.raises(BoardError, match=f"versa_ecp5_5g: fits must be 1..2, its ports, not {fits}"):
        replace(board("versa_ecp5_5g"), fits=fits)


def test_mistakes_are_told():
    with pytest.raises(BoardError, match="not 'icebreaker'"):
        board("icebreaker")
    with pytest.raises(BoardError, match="not 0x01005e000001"):
        Top(board("ecpix5"), mac=0x0100_5E00_0001, ip=IP)
    with pytest.raises(BoardError, match="not 0xe0000001"):
        Top(board("ecpix5"), mac=MAC, ip=0xE000_0001)
    with pytest.raises(BoardError, match="profile must be one of .*, not 'huge'"):
        Top(board("ecpix5"), mac=MAC, ip=IP, profile="huge")
    with pytest.raises(BoardError, match="rx_taps must be 0..127, not 128"):
        RgmiiPins(None, rx_taps=128, tx_taps=0)


def test_a_design_constrains_every_clock_that_comes_from_outside():
    made = design(board("colorlight_5a75b"), mac=MAC, ip=IP)
    constrained = dict(re.findall(r'FREQUENCY PORT "([^"]+)" (\d+)', made.constraints))
    assert constrained == {"clk25_0__io": "25000000", "rgmii_0__rx_clk__io": "125000000"}
    assert "FREQUENCY NET" not in made.constraints
    assert made.options == ("--25k", "--package", "CABGA256", "--speed", "6")
    assert made.verilog.count("\nmodule top(") == made.verilog.count("\nmodule tickgate_ram") == 1
