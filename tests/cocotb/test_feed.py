"""The feed handler under cocotb."""

from gateware.feed.feed import Feed
from sim.device.build import silent
from sim.device.cocotb_run import run_cocotb


def test_feed():
    assert run_cocotb(Feed(), name="feed", test_module="tests.cocotb.feed_cases", progress=silent) == 4
