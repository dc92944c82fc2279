"""The network block under cocotb."""

from gateware.net.net import Net
from sim.device.build import silent
from sim.device.cocotb_run import run_cocotb


def test_net():
    assert run_cocotb(Net(), name="net", test_module="tests.cocotb.net_cases", progress=silent) == 4
