"""Bus models for cocotb: the 64-bit word stream of frames, the register bus, the ring."""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge
from cocotbext.eth import GmiiFrame

from gateware.interfaces import FRAME_WORD

__all__ = ["Bus", "FrameSource", "Ring", "begin", "reset", "frame_bytes", "frame_words", "random_pauses"]


async def begin(dut: Any, cycles: int = 3) -> None:
    """Start the clock of ``dut`` and reset it."""
    Clock(dut.clk, 8, unit="ns").start()
    await reset(dut, cycles)


async def reset(dut: Any, cycles: int = 1) -> None:
    """Reset ``dut`` for ``cycles`` cycles; it is out of reset when this returns."""
    dut.rst.value = 1
    await ClockCycles(dut.clk, cycles)
    dut.rst.value = 0


def frame_bytes(payload: bytes) -> bytes:
    """Return a frame as a MAC gives it to the core: what an Ethernet sender makes of ``payload`` (addresses up to the
    last byte, padded to 60), checked, without preamble and FCS."""
    sent = GmiiFrame.from_payload(payload)
    assert sent.check_fcs(), payload
    return bytes(sent.get_payload())


def frame_words(frame: bytes, *, error: bool = False) -> Iterator[int]:
    """Yield ``frame`` as packed FrameWords; ``error`` is set with the last one."""
    for at in range(0, len(frame), 8):
        part = frame[at:at + 8]
        last = at + 8 >= len(frame)
        yield FRAME_WORD.const({"data": int.from_bytes(part, "little"), "first": at == 0, "last": last,
                                "count": len(part), "error": error and last}).as_bits()


def random_pauses(seed: int, chance: float) -> Iterator[bool]:
    """Yield for each cycle whether the word stream pauses."""
    generator = random.Random(seed)
    while True:
        yield generator.random() < chance


class FrameSource:
    """Drives a FrameStream port, ``rx__valid`` and ``rx__p`` of ``dut`` unless another ``prefix`` is given."""

    def __init__(self, dut: Any, prefix: str = "rx"):
        self._clk = dut.clk
        self._valid, self._word = getattr(dut, f"{prefix}__valid"), getattr(dut, f"{prefix}__p")
        self._valid.value = 0
        self._word.value = 0

    async def send(self, frame: bytes, *, error: bool = False, pauses: Iterator[bool] | None = None,
                   words: int | None = None) -> None:
        """Send ``frame``, in each cycle a word or, where ``pauses`` says so, none; ``words``: no more than the first
        so many. The stream is idle afterwards."""
        for word in list(frame_words(frame, error=error))[:words]:
            while pauses is not None and next(pauses):
                self._valid.value = 0
                await RisingEdge(self._clk)
            self._valid.value = 1
            self._word.value = word
            await RisingEdge(self._clk)
        self._valid.value = 0

    async def send_abutting(self, frames: Iterable[bytes]) -> None:
        """Send ``frames`` with no cycle between them."""
        for frame in frames:
            await self.send(frame)


class Bus:
    """Reads and writes registers over the ``bus`` port of ``dut``."""

    def __init__(self, dut: Any, limit: int = 64):
        self._dut, self._limit = dut, limit
        for name in ("addr", "w_en", "w_data", "r_en"):
            getattr(dut, f"bus__{name}").value = 0

    async def write(self, addr: int, value: int) -> None:
        """Write ``value`` to the register at byte address ``addr``; takes one cycle."""
        self._dut.bus__addr.value = addr
        self._dut.bus__w_data.value = value
        self._dut.bus__w_en.value = 1
        await RisingEdge(self._dut.clk)
        self._dut.bus__w_en.value = 0

    async def read(self, addr: int) -> int:
        """Return the register at byte address ``addr``. Raises TimeoutError when the device does not answer."""
        self._dut.bus__addr.value = addr
        self._dut.bus__r_en.value = 1
        for _ in range(self._limit):
            await RisingEdge(self._dut.clk)
            self._dut.bus__r_en.value = 0
            if self._dut.bus__r_valid.value:
                return int(self._dut.bus__r_data.value)
        raise TimeoutError(f"register {addr:#05x} did not answer within {self._limit} cycles")


class Ring:
    """Collects what the device writes over its ``ring`` port: ``memory`` maps word index to word."""

    def __init__(self, dut: Any, changed: Callable[[int, int], None] | None = None):
        self.memory: dict[int, int] = {}
        self.written = 0
        self._dut, self._changed = dut, changed

    async def watch(self) -> None:
        """Watch for ever; run it as a task."""
        while True:
            await RisingEdge(self._dut.clk)
            if self._dut.ring__valid.value:
                index, word = int(self._dut.ring__addr.value), int(self._dut.ring__data.value)
                self.memory[index] = word
                self.written += 1
                if self._changed:
                    self._changed(index, word)
