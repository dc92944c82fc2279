"""The link under cocotb."""

from gateware.link.link import Link
from sim.device.build import silent
from sim.device.cocotb_run import run_cocotb
from wire.profiles import PROFILES


def test_link():
    link = Link(profile=PROFILES["tiny"])
    assert run_cocotb(link, name="link", test_module="tests.cocotb.link_cases", progress=silent) == 7
