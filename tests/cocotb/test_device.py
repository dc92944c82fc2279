"""The whole device under cocotb."""

from gateware.device import Device
from sim.device.build import silent
from sim.device.cocotb_run import run_cocotb
from wire.profiles import PROFILES


def test_device():
    device = Device(profile=PROFILES["tiny"])
    assert run_cocotb(device, name="device", test_module="tests.cocotb.device_cases", progress=silent) == 5
