"""How the host reaches a device: registers, ring memory, and the passing of time."""

from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

__all__ = ["Rx", "Transport", "cycle_count", "register_value"]


def register_value(value: int) -> int:
    """Return ``value``. Raises ValueError that names it, if no register takes it."""
    if not 0 <= value < 1 << 32:
        raise ValueError(f"a register takes 0 to 2**32 - 1, not {value}")
    return value


def cycle_count(cycles: int) -> int:
    """Return ``cycles``. Raises ValueError that names it, if so many cannot pass."""
    if cycles < 0:
        raise ValueError(f"cycles must be 0 or more, not {cycles}")
    return cycles


@runtime_checkable
class Rx(Protocol):
    """Frames put into the device by the host: what a simulated device or a loop-back has in place of a wire."""

    def submit(self, schedule: Any) -> None:
        """Queue the frames of ``schedule`` (sim/market/schedule.py) behind those already queued.

        Each frame enters at its own cycle, counted from reset, or as soon after it as the word stream is free.
        Takes no device time: :meth:`Transport.run` and :meth:`Transport.settle` do.
        """


@runtime_checkable
class Transport(Protocol):
    """Registers, ring and time of one device. Nothing above it asks what kind of device it is."""

    @property
    def ring(self) -> npt.NDArray[Any]:
        """Memory into which the device writes its records: C-contiguous, one record after the other, a power of two
        of them. The driver tells the device their number through RING_ENTRIES."""

    @property
    def verdicts(self) -> npt.NDArray[Any]:
        """Memory into which the device writes the verdicts of its risk gate: wire.risk.VERDICT_DTYPE, C-contiguous, a
        power of two of them. The driver tells the device their number through VERDICT_ENTRIES."""

    @property
    def rx(self) -> Rx | None:
        """The way to put frames in, or None when they come by a wire."""

    def read(self, addr: int) -> int:
        """Return the 32-bit register at byte address ``addr``, a multiple of 4 in one of the pages of wire/pages.py."""

    def write(self, addr: int, value: int) -> None:
        """Write ``value`` (0..2**32 - 1) to the 32-bit register at byte address ``addr``; done when it returns."""

    def write_words(self, addr: int, words: npt.NDArray[np.uint32]) -> None:
        """Write consecutive 32-bit words from byte address ``addr`` on, in rising order; done when it returns."""

    def write_port(self, addr: int, words: npt.NDArray[np.uint32]) -> None:
        """Write 32-bit words, one after the other, to the one register at byte address ``addr``; done when it
        returns."""

    def read_indexed(self, index: int, data: int, count: int) -> npt.NDArray[np.uint32]:
        """Write 0 to ``count`` - 1 to the register at byte address ``index``, and read the one at ``data`` after each
        write; return what was read."""

    def run(self, cycles: int) -> None:
        """Return after at least ``cycles`` cycles of the device's clock (exactly so many where time is simulated)."""

    def exclusive(self) -> AbstractContextManager[None]:
        """Return a context in which nothing that others ask of the device comes between what is asked here.

        It must be short: others wait, a kill too.
        """

    def settle(self) -> None:
        """Return when every submitted frame is in and no record of it is still to come."""

    def close(self) -> None:
        """Give the device back; no other call is valid afterwards."""
