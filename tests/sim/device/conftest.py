"""The toy device, converted once; simulators are kept in the usual cache unless a test wants one of its own."""

from collections.abc import Iterator

import pytest

from sim.device.model import SimulatedDevice
from tests.sim.device.toy import toy_verilog


@pytest.fixture(scope="session")
def verilog() -> str:
    return toy_verilog()


@pytest.fixture
def device(verilog: str) -> Iterator[SimulatedDevice]:
    with SimulatedDevice(verilog, ring_words=4096) as device:
        yield device
