"""The simulated device as a transport of the host's driver."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.device.build import Progress, terminal
from sim.device.model import FrameBatch, Memory, SimulatedDevice, aligned
from sim.device.verilog import device_verilog
from wire.profiles import PROFILES
from wire.records import record_dtype
from wire.risk import VERDICT_DTYPE

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

    def __init__(self, profile: str = "sim", *, ring_records: int = 1 << 16, verdict_records: int = 1 << 14,
                 memory: Memory = aligned, trace: Path | None = None,
                 trace_from: int = 0, trace_to: int | None = None, progress: Progress = terminal):
        """Build the device, or take it from the cache, and reset it.

        ring_records, verdict_records: entries of the two rings, powers of two. memory: what they live in. trace,
        trace_from, trace_to: see SimulatedDevice.
        Raises BuildError; KeyError for an unknown profile; ValueError for a ring of no power of two.
        """
        for name, entries in (("ring_records", ring_records), ("verdict_records", verdict_records)):
            if entries < 2 or entries & (entries - 1):
                raise ValueError(f"{name} must be a power of two from 2 on, not {entries}")
        verilog = device_verilog(profile, progress=progress)
        self._record = record_dtype(PROFILES[profile].levels)
        self.device = SimulatedDevice(verilog, ring_words=ring_records * self._record.itemsize // 8,
                                      verdict_entries=verdict_records, memory=memory, trace=trace,
                                      trace_from=trace_from, trace_to=trace_to, progress=progress)
        self._rx = SimulatedRx(self.device)

    @property
    def ring(self) -> NDArray[Any]:
        """The ring memory as records: what the device writes is there at once, without a copy."""
        return self.device.ring.view(np.uint8).view(self._record)

    @property
    def verdicts(self) -> NDArray[Any]:
        """The verdict ring's memory as records, likewise."""
        return self.device.verdicts.view(np.uint8).view(VERDICT_DTYPE)

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

    def write_words(self, addr: int, words: NDArray[np.uint32]) -> None:
        """Write consecutive 32-bit words from byte address ``addr`` on, a cycle each."""
        self.device.write_words(addr, words)

    def write_port(self, addr: int, words: NDArray[np.uint32]) -> None:
        """Write 32-bit words, one after the other, to the one register at byte address ``addr``, a cycle each."""
        for word in words.tolist():
            self.device.write(addr, word)

    def read_indexed(self, index: int, data: int, count: int) -> NDArray[np.uint32]:
        """Return the register at byte address ``data`` after each write of 0 to ``count`` - 1 to that at ``index``."""
        words = np.empty(count, "<u4")
        for number in range(count):
            self.device.write(index, number)
            words[number] = self.device.read(data)
        return words

    def run(self, cycles: int) -> None:
        """Let exactly ``cycles`` cycles pass."""
        self.device.run(cycles)

    def exclusive(self) -> AbstractContextManager[None]:
        """Return a context in which nobody else uses the device, as nobody ever does."""
        return nullcontext()

    def settle(self) -> None:
        """Let time pass until every submitted frame is in and the device has been quiet for SETTLE_CYCLES."""
        self.device.run_idle(SETTLE_CYCLES)

    def close(self) -> None:
        """End the simulation; the ring memory stays valid."""
        self.device.close()
