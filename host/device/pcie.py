"""A device behind PCI Express, by its sysfs resource files, as a transport (docs/live.md, Hardware).

BAR 0 has the four pages of wire/pages.py, side by side. BAR 2 has the memories of the event ring, at 0, and of the
verdict ring, at its half; each fills a power of two of entries of its half. It is memory that the device writes and
the host reads: block RAM of the card, or, where the shell writes to host memory, whatever maps the same.
"""

import mmap
import os
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from host.device.driver import DeviceError
from host.device.transport import cycle_count, register_value
from wire.pages import Page
from wire.records import record_dtype
from wire.registers import ADDRESS_BITS, MAGIC, by_name
from wire.risk import VERDICT_DTYPE

__all__ = ["PCI_SCHEME", "PcieTransport"]

#: How the address of such a device begins; its folder in sysfs follows.
PCI_SCHEME = "pci:"
_REGISTERS = len(Page) << ADDRESS_BITS
#: Bits of the command word of PCI's configuration space: the device answers in memory space.
_COMMAND, _MEMORY_SPACE = 4, 2


class PcieTransport:
    """The device whose sysfs folder is ``folder``, such as /sys/bus/pci/devices/0000:03:00.0.

    Every access is one of 32 bits, in program order. Reads wait for the device and, as PCIe has it, push the writes
    before them. See host/device/transport.py: Transport. It is this process's own: a kernel lets any number of
    processes map the files, and nobody keeps what they do apart.
    """

    def __init__(self, folder: Path) -> None:
        """Map both BARs. Raises DeviceError that names the file which cannot be used, or says that the device does not
        answer: reads of a device that is gone, or whose memory space is off, give all ones."""
        self._where = f"{PCI_SCHEME}{folder}"
        self._maps: list[mmap.mmap] = []
        try:
            self._memory_space(folder / "config")
            words = self._map(folder / "resource0", _REGISTERS, write=True)
            self._words: npt.NDArray[np.uint32] | None = np.frombuffer(words, "<u4")
            magic = self.read(by_name("MAGIC").offset)
            if magic != MAGIC:
                raise DeviceError(f"{self._where}: no tickgate device: MAGIC reads {magic:#010x}, not {MAGIC:#010x}")
            rings = self._map(folder / "resource2", 2 * VERDICT_DTYPE.itemsize, write=False)
        except BaseException:
            self.close()
            raise
        levels = self.read(by_name("CAP_BOOK").offset) >> 16 & 0xFF
        half = len(rings) // 2
        self._ring = _entries(rings, record_dtype(levels), 0, half)
        self._verdicts = _entries(rings, VERDICT_DTYPE, half, half)
        self._clock_hz = self.read(by_name("CLOCK_HZ").offset)

    @property
    def ring(self) -> npt.NDArray[Any]:
        """The event ring's memory; not to be written."""
        return self._ring

    @property
    def verdicts(self) -> npt.NDArray[Any]:
        """The verdict ring's memory, likewise."""
        return self._verdicts

    @property
    def rx(self) -> None:
        """None: frames come by the wire."""
        return None

    def read(self, addr: int) -> int:
        """Return the 32-bit register at byte address ``addr``."""
        return int(self._registers()[addr >> 2])

    def write(self, addr: int, value: int) -> None:
        """Write the 32-bit register at byte address ``addr``. It is posted: done before the next read returns."""
        self._registers()[addr >> 2] = register_value(value)

    def write_words(self, addr: int, words: npt.NDArray[np.uint32]) -> None:
        """Write consecutive words from byte address ``addr`` on, in rising order, an access each."""
        registers = self._registers()
        for place, word in enumerate(words.tolist(), addr >> 2):
            registers[place] = word

    def write_port(self, addr: int, words: npt.NDArray[np.uint32]) -> None:
        """Write words, one after the other, to the register at byte address ``addr``."""
        registers, place = self._registers(), addr >> 2
        for word in words.tolist():
            registers[place] = word

    def read_indexed(self, index: int, data: int, count: int) -> npt.NDArray[np.uint32]:
        """Return the register at byte address ``data`` after each write of 0 to ``count`` - 1 to that at ``index``."""
        words = np.empty(count, "<u4")
        for number in range(count):
            self.write(index, number)
            words[number] = self.read(data)
        return words

    def run(self, cycles: int) -> None:
        """Return when ``cycles`` cycles have passed by the device's own count."""
        until = self._cycles() + cycle_count(cycles)
        while (left := until - self._cycles()) > 0:
            time.sleep(left / self._clock_hz)

    def settle(self) -> None:
        """Return at once: nothing was submitted, for frames come by the wire."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Return a context that keeps nobody out: a device on PCIe is to be one process's."""
        return nullcontext()

    def close(self) -> None:
        """Let go of the registers; the ring memories live as long as somebody looks at them."""
        self._words = None
        self._maps.clear()

    def _registers(self) -> npt.NDArray[np.uint32]:
        if self._words is None:
            raise DeviceError(f"{self._where}: the device was closed")
        return self._words

    def _cycles(self) -> int:
        low = by_name("CYCLES").offset
        return self.read(low) | self.read(low + 4) << 32

    def _map(self, path: Path, least: int, *, write: bool) -> mmap.mmap:
        try:
            handle = os.open(path, (os.O_RDWR if write else os.O_RDONLY) | os.O_SYNC | os.O_CLOEXEC)
            try:
                size = os.fstat(handle).st_size
                if size < least:
                    raise DeviceError(f"{self._where}: {path.name} has {size} bytes, the device needs {least}")
                mapped = mmap.mmap(handle, size, prot=mmap.PROT_READ | (mmap.PROT_WRITE if write else 0))
            finally:
                os.close(handle)
        except OSError as error:
            raise DeviceError(f"{self._where}: {path.name}: {error.strerror or error}") from None
        self._maps.append(mapped)
        return mapped

    def _memory_space(self, path: Path) -> None:
        """Look whether the kernel has the device answer at all; a folder without ``config`` is no PCI device's."""
        try:
            command = path.read_bytes()[_COMMAND]
        except OSError as error:
            raise DeviceError(f"{self._where}: {path.name}: {error.strerror or error}") from None
        except IndexError:
            raise DeviceError(f"{self._where}: {path.name}: is cut short") from None
        if not command & _MEMORY_SPACE:
            raise DeviceError(f"{self._where}: its memory space is off: `echo 1 > {path.parent}/enable` turns it on")


def _entries(memory: mmap.mmap, dtype: "np.dtype[Any]", first: int, room: int) -> npt.NDArray[Any]:
    """Return the ring in ``memory``: as many entries as fit, a power of two of them."""
    count = 1 << (room // dtype.itemsize).bit_length() - 1
    return np.frombuffer(memory, dtype, count, first)
