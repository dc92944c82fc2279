"""The simulation top: ports are found, missing and foreign ones named."""

import re

import pytest
from amaranth.lib.wiring import In, Signature

from gateware.interfaces import FrameStream
from sim.device.top import simulation_top
from tests.sim.device.toy import ports


def test_ports_have_plain_names_and_the_widths_of_the_device():
    text = simulation_top(ports(ring_bits=11).create(), "module device ...")
    assert text.startswith("module device ...")
    for port in ("input clk", "input [63:0] rx_p_data", "input [3:0] rx_p_count", "output [10:0] ring_addr",
                 "input [13:0] bus_addr", "output [0:0] bus_r_valid"):
        assert port in text
    assert ".rx__p({rx_p_error_q, rx_p_count_q, rx_p_last_q, rx_p_first_q, rx_p_data_q})" in text
    assert ".unread()" in text


def test_every_input_passes_a_register():
    text = simulation_top(ports().create(), "")
    inputs = re.findall(r"input \[\d+:0\] (\w+)", text)
    assert len(inputs) == 11
    for name in inputs:
        assert f"always @(posedge clk) {name}_q <= {name};" in text


def test_a_missing_port_is_named():
    with pytest.raises(ValueError, match="has no port 'bus_addr'"):
        simulation_top(Signature({"rx": In(FrameStream)}).create(), "")


def test_a_foreign_input_is_named():
    with pytest.raises(ValueError, match="has an input 'pause'"):
        simulation_top(Signature({**ports().members, "pause": In(1)}).create(), "")
