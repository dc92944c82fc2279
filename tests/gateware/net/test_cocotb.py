"""The network block, Verilated, under cocotb."""

from gateware.net.net import Net
from sim.device.cocotb_run import run_cocotb


def test_net_under_cocotb():
    assert run_cocotb(Net(), name="net", test_module="tests.gateware.net.net_cases") == 5
