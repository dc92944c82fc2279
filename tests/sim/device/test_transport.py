"""The simulated device behind the transport interface."""

import numpy as np
import pytest

from host.device.transport import Rx, Transport
from sim.device import transport
from sim.device.build import silent
from sim.device.model import FrameBatch
from sim.device.transport import SETTLE_CYCLES, SimulatedTransport
from sim.device.verilog import device_verilog
from wire.records import record_dtype


@pytest.fixture
def toy(verilog, monkeypatch):
    monkeypatch.setattr(transport, "device_verilog", lambda profile, progress: verilog)
    link = SimulatedTransport("tiny", ring_records=64, progress=silent)
    yield link
    link.close()


def test_it_is_a_transport(toy):
    assert isinstance(toy, Transport)
    assert isinstance(toy.rx, Rx)


def test_the_ring_is_memory_that_the_device_writes(toy):
    ring = toy.ring
    assert ring.dtype == record_dtype(4) and ring.shape == (64,) and ring.flags.c_contiguous
    toy.rx.submit(FrameBatch.of([(77).to_bytes(8, "little")], cycle=[5]))
    toy.settle()
    assert ring[0]["seq"] == 77
    assert np.shares_memory(ring, toy.ring)


def test_settle_waits_for_the_last_frame_and_then_for_quiet(toy):
    toy.rx.submit(FrameBatch.of([b"x"], cycle=[9000]))
    toy.settle()
    assert toy.device.cycle == 9003 + SETTLE_CYCLES
    assert toy.read(0) == 1


def test_registers_and_time(toy):
    toy.write(4, 5)
    assert toy.read(4) == 5
    before = toy.device.cycle
    toy.run(123)
    assert toy.device.cycle == before + 123


@pytest.mark.parametrize("records", [0, 1, 3, 100])
def test_a_ring_is_a_power_of_two(records):
    with pytest.raises(ValueError, match=f"not {records}"):
        SimulatedTransport("tiny", ring_records=records)


def test_an_unknown_profile_is_named():
    with pytest.raises(KeyError, match="no profile 'huge'; there is sim, tiny"):
        device_verilog("huge")
