"""The simulated device as a transport of the host's driver."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.device.build import Progress, terminal
from sim.device.model import FrameBatch, SimulatedDevice
from sim.device.verilog import device_verilog
from wire.profiles import PROFILES
from wire.records import record_dtype

__all__ = ["SimulatedRx", "SimulatedTransport"]

#: Cycles without a word in, a ring word out or a register access after which nothing more is to come: more than the
#: longest frame takes to pass a hold, and far more than the longest scan.
SETTLE_CYCLES = 4096


class SimulatedRx:
    """The receive port of a simulated device (host/device/transport.py: Rx)."""

    def __init__(self, device: SimulatedDevice):
        self._device = device

    def submit(self, schedule: Any) -> None:
        """Queue the frames of a ``sim.market.schedule.Schedule`` or a ``FrameBatch``."""
        self._device.submit(FrameBatch(schedule.data, schedule.offset, schedule.length, schedule.cycle, schedule.error))


class SimulatedTransport:
    """A device of ``profile`` in this process (host/device/transport.py: Transport). Its time moves only in calls.

    A read costs the device's answer time, a write one cycle; frames that are queued come in meanwhile.
    """

    def __init__(self, profile: str = "sim", *, ring_records: int = 1 << 16, trace: Path | None = None,
                 trace_from: int = 0, trace_to: int | None = None, progress: Progress = terminal):
        """Build the device, or take it from the cache, and reset it.

        ring_records: records of the ring memory, a power of two. trace, trace_from, trace_to: see SimulatedDevice.
        Raises BuildError; KeyError for an unknown profile; ValueError for ring_records that is no power of two.
        """
        if ring_records < 2 or ring_records & (ring_records - 1):
            raise ValueError(f"ring_records must be a power of two from 2 on, not {ring_records}")
        verilog = device_verilog(profile, progress=progress)
        self._record = record_dtype(PROFILES[profile].levels)
        self.device = SimulatedDevice(verilog, ring_words=ring_records * self._record.itemsize // 8, trace=trace,
                                      trace_from=trace_from, trace_to=trace_to, progress=progress)
        self._rx = SimulatedRx(self.device)

    @property
    def ring(self) -> NDArray[Any]:
        """The ring memory as records: what the device writes is there at once, without a copy."""
        return self.device.ring.view(np.uint8).view(self._record)

    @property
    def rx(self) -> SimulatedRx:
        """The receive port."""
        return self._rx

    def read(self, addr: int) -> int:
        """Return the 32-bit register at byte address ``addr``."""
        return self.device.read(addr)

    def write(self, addr: int, value: int) -> None:
        """Write the 32-bit register at byte address ``addr``."""
        self.device.write(addr, value)

    def run(self, cycles: int) -> None:
        """Let exactly ``cycles`` cycles pass."""
        self.device.run(cycles)

    def settle(self) -> None:
        """Let time pass until every submitted frame is in and the device has been quiet for SETTLE_CYCLES."""
        self.device.run_idle(SETTLE_CYCLES)

    def close(self) -> None:
        """End the simulation; the ring memory stays valid."""
        self.device.close()
