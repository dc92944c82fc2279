"""A simulated device in this process: the Verilated library and its clock, driven in batches.

Idle cycles are evaluated like all others: to jump over them, the harness would have to prove the pipelines empty and
to advance by itself all that counts cycles (the cycle counter, gap and silence timers, the sweep of the counters, the
place of a message in the book's memory), a second description of the gateware that could differ from the first. Where
speed counts, frames that abut, there are none to jump over.
"""

import ctypes
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from host.device.transport import cycle_count, register_value
from sim.device.build import BuildError, Progress, build_library, terminal
from wire.risk import VERDICT_DTYPE

__all__ = ["FrameBatch", "GatewareError", "Memory", "SimulatedDevice", "aligned"]

RESET_CYCLES = 4
#: Cycles of one call into the library, so that the interpreter sees an interrupt in time.
CALL_CYCLES = 1 << 18
NEVER = (1 << 63) - 1
_LONGEST = 65535
#: Offset, cycle and error of a frame that has none of them.
_ZERO = bytes(8)

_DONE, _CYCLE_LIMIT, _RING_LIMIT, _ASSERTION, _RING_ADDRESS, _NO_ANSWER, _VERDICT_INDEX = 0, 1, 2, -1, -2, -3, -4
#: Memory for so many 64-bit words, all zero.
Memory = Callable[[int], NDArray[np.uint64]]
_SLICE = 3
_ASSERT_LINE = re.compile(r"\[\d+\] %Error: device\.v:(\d+): Assertion failed in ([\w.$\\ ]+): [^\n]*\n?")


class GatewareError(RuntimeError):
    """The gateware broke one of its invariants, or the contract with the harness.

    cycle: the cycle in which it did, counted from reset. The device is of no further use but for a waveform.
    """

    def __init__(self, cycle: int, reason: str):
        super().__init__(f"cycle {cycle}: {reason}")
        self.cycle = cycle
        self.reason = reason


class FrameBatch:
    """n frames for the device's ``rx`` port.

    data: the bytes of all frames (uint8). offset (int64), length (int32, 1 to 65535): where each frame lies in them.
    cycle (int64): the cycle, counted from reset, of its first word; a frame whose cycle is past, or whose predecessor
    is not yet in, begins as soon as the word stream is free. error (uint8): 1 where the MAC reports an error.
    Raises ValueError that names the first frame that does not fit.
    """

    def __init__(self, data: NDArray[np.uint8], offset: NDArray[Any], length: NDArray[Any],
                 cycle: NDArray[Any] | None = None, error: NDArray[Any] | None = None):
        n = len(offset)
        self.data = np.ascontiguousarray(data, np.uint8)
        self.offset = np.ascontiguousarray(offset, np.int64)
        self.length = np.ascontiguousarray(length, np.int32)
        self.cycle = np.zeros(n, np.int64) if cycle is None else np.ascontiguousarray(cycle, np.int64)
        self.error = np.zeros(n, np.uint8) if error is None else np.ascontiguousarray(error, np.uint8)
        for name in ("length", "cycle", "error"):
            if len(getattr(self, name)) != n:
                raise ValueError(f"{n} offsets, but {len(getattr(self, name))} of {name}")
        bad = np.flatnonzero((self.length < 1) | (self.length > _LONGEST) | (self.offset < 0)
                             | (self.offset + self.length > len(self.data)))
        if len(bad):
            k = int(bad[0])
            raise ValueError(f"frame {k}, {self.length[k]} bytes at {self.offset[k]}: a frame has 1 to {_LONGEST} "
                             f"bytes that lie within the {len(self.data)} bytes of data")

    @classmethod
    def of(cls, frames: Iterable[bytes], *, cycle: Iterable[int] | None = None,
           error: Iterable[bool] | None = None) -> Self:
        """Make a batch of ``frames``, each at its ``cycle`` (without: as fast as the stream takes them)."""
        parts = list(frames)
        length = np.array([len(part) for part in parts], np.int64)
        return cls(np.frombuffer(b"".join(parts), np.uint8), np.cumsum(length) - length, length,
                   None if cycle is None else np.array(list(cycle), np.int64),
                   None if error is None else np.array(list(error), np.uint8))

    def __len__(self) -> int:
        return len(self.offset)


def _load(path: Path) -> ctypes.CDLL:
    """Load the library and tell ctypes the types of its functions."""
    try:
        lib = ctypes.CDLL(str(path))
    except OSError as error:
        raise BuildError(f"{path} does not load; delete it to have it built anew: {error}") from error
    handle, pointer = ctypes.c_void_p, ctypes.c_void_p
    i64, u64, u32, i32 = ctypes.c_int64, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_int
    types: dict[str, tuple[Any, ...]] = {
        "create": (handle,), "destroy": (None, handle), "ring": (None, handle, pointer, u64),
        "reset": (i32, handle, i32),
        "submit": (None, handle, i64, pointer, pointer, pointer, pointer, pointer, i32),
        "run": (i32, handle, i64, i64, i64), "write": (i32, handle, u32, pointer, i64),
        "verdicts": (None, handle, pointer, u64), "bad_verdict_index": (u64, handle),
        "read": (i32, handle, u32, ctypes.POINTER(u32)), "cycle": (i64, handle), "failed_cycle": (i64, handle),
        "pending": (i64, handle), "ring_written": (u64, handle), "bad_ring_address": (u64, handle),
        "output": (ctypes.c_char_p, handle), "trace": (None, handle, ctypes.c_char_p, i64, i64),
    }
    for name, (result, *arguments) in types.items():
        function = getattr(lib, f"tickgate_{name}")
        function.restype, function.argtypes = result, arguments
    return lib


class SimulatedDevice:
    """A device whose clock moves only when told to: by :meth:`run`, :meth:`read`, :meth:`write` and :meth:`reset`.

    Cycles are counted from reset; cycle 0 is the first one out of reset. Deterministic: the same calls give the same
    ring, byte for byte. Not to be used by two threads at once. Every call that moves the clock raises GatewareError
    when an ``Assert`` of the gateware fails, with its cycle and message.
    """

    def __init__(self, verilog: str, *, ring_words: int = 1 << 17, verdict_entries: int = 1 << 10,
                 memory: Memory | None = None, trace: Path | None = None, trace_from: int = 0,
                 trace_to: int | None = None, progress: Progress = terminal):
        """Build (or take from the cache) and reset the device in ``verilog``, a text of ``simulation_top``.

        ring_words: 64-bit words of the ring memory. verdict_entries: verdicts that the verdict ring's memory holds.
        memory: what both live in, ``aligned`` without. trace: FST waveform file of the cycles ``trace_from`` up to, but
        without, ``trace_to`` (None: to the end). Raises BuildError, OSError when the waveform file cannot be written.
        """
        for name, size in (("ring_words", ring_words), ("verdict_entries", verdict_entries)):
            if size < 1:
                raise ValueError(f"{name} must be at least 1, not {size}")
        if trace is not None:
            trace.open("wb").close()
        self._lib = _load(build_library(verilog, trace=trace is not None, progress=progress))
        take = aligned if memory is None else memory
        self._ring, self._verdicts = take(ring_words), take(verdict_entries * VERDICT_DTYPE.itemsize // 8)
        self._handle: int | None = self._lib.tickgate_create()
        self._lib.tickgate_ring(self._handle, self._ring.ctypes.data, ring_words)
        self._lib.tickgate_verdicts(self._handle, self._verdicts.ctypes.data, verdict_entries)
        if trace is not None:
            end = NEVER if trace_to is None else trace_to
            self._lib.tickgate_trace(self._handle, str(trace).encode(), trace_from, end)
        self.reset()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self.close()

    def close(self) -> None:
        """End the simulation and finish the waveform. The ring memory stays valid."""
        if self._handle is not None:
            self._lib.tickgate_destroy(self._handle)
            self._handle = None

    @property
    def ring(self) -> NDArray[np.uint64]:
        """The memory that the device writes its ring to; the same memory for the life of the device."""
        return self._ring

    @property
    def verdicts(self) -> NDArray[np.uint64]:
        """The memory that the device writes its verdicts to, likewise."""
        return self._verdicts

    @property
    def cycle(self) -> int:
        """The cycle that comes next, counted from reset."""
        return int(self._lib.tickgate_cycle(self._open))

    @property
    def pending(self) -> int:
        """Frames that are not wholly in yet."""
        return int(self._lib.tickgate_pending(self._open))

    @property
    def ring_written(self) -> int:
        """Words written to the ring since the device was made."""
        return int(self._lib.tickgate_ring_written(self._open))

    def output(self) -> str:
        """Return what ``Print`` statements of the gateware wrote since the last call."""
        return str(self._lib.tickgate_output(self._open).decode())

    def reset(self) -> None:
        """Hold the device in reset for a few cycles, which are not counted. Frames not yet in are dropped."""
        self._check(self._lib.tickgate_reset(self._open, RESET_CYCLES))

    def submit(self, batch: FrameBatch, *, word_interval: int = 1) -> None:
        """Queue frames behind those already queued; takes no time. ``word_interval``: cycles from word to word."""
        if not 1 <= word_interval <= 65535:
            raise ValueError(f"word_interval must be 1 to 65535, not {word_interval}")
        self._lib.tickgate_submit(self._open, len(batch), batch.data.ctypes.data, batch.offset.ctypes.data,
                         batch.length.ctypes.data, batch.cycle.ctypes.data, batch.error.ctypes.data, word_interval)

    def send(self, frame: bytes) -> None:
        """Queue one frame, of 1 to 65535 bytes, that begins as soon as the word stream is free; takes no time."""
        if not 0 < len(frame) <= _LONGEST:
            raise ValueError(f"a frame has 1 to {_LONGEST} bytes, not {len(frame)}")
        length = ctypes.byref(ctypes.c_int32(len(frame)))
        self._lib.tickgate_submit(self._open, 1, frame, _ZERO, length, _ZERO, _ZERO, 1)

    def run(self, cycles: int) -> None:
        """Let exactly ``cycles`` cycles pass."""
        self.run_until(self.cycle + cycle_count(cycles))

    def run_until(self, cycle: int) -> None:
        """Let time pass until ``cycle`` is the next one; at once when it is past."""
        while self._call(cycle, -1, -1) == _SLICE:
            pass

    def run_idle(self, cycles: int, *, limit: int | None = None) -> bool:
        """Let time pass until every queued frame is in, and ``cycles`` cycles more have brought no ring word: True.

        False when ``limit`` cycles have passed before.
        """
        until = NEVER if limit is None else self.cycle + limit
        while (status := self._call(until, cycles, -1)) == _SLICE:
            pass
        return status == _DONE

    def run_words(self, words: int, *, idle: int) -> bool:
        """Let time pass until ``words`` more ring words are written: True; or as :meth:`run_idle`: False."""
        goal = self.ring_written + words
        while True:
            status = self._call(NEVER, idle, goal - self.ring_written)
            if status != _SLICE:
                return status == _RING_LIMIT

    def read(self, addr: int) -> int:
        """Return the 32-bit register at byte address ``addr``; costs the cycles that the device takes to answer."""
        value = ctypes.c_uint32()
        self._check(self._lib.tickgate_read(self._open, addr, ctypes.byref(value)), addr)
        return value.value

    def write(self, addr: int, value: int) -> None:
        """Write the 32-bit register at byte address ``addr``; costs one cycle."""
        self._check(self._lib.tickgate_write(self._open, addr, ctypes.byref(ctypes.c_uint32(register_value(value))), 1))

    def write_words(self, addr: int, words: NDArray[np.uint32]) -> None:
        """Write consecutive 32-bit words from byte address ``addr`` on; costs a cycle each."""
        plain = np.ascontiguousarray(words, np.uint32)
        self._check(self._lib.tickgate_write(self._open, addr, plain.ctypes.data, plain.size))

    @property
    def _open(self) -> int:
        if self._handle is None:
            raise ValueError("the device is closed")
        return self._handle

    def _call(self, until: int, idle: int, ring_limit: int) -> int:
        """Run at most ``CALL_CYCLES``; return _SLICE when that was the reason to stop, else the library's reason."""
        slice_end = self.cycle + CALL_CYCLES
        status = int(self._lib.tickgate_run(self._open, min(until, slice_end), idle, ring_limit))
        self._check(status)
        if status == _CYCLE_LIMIT and slice_end < until:
            return _SLICE
        return status

    def _check(self, status: int, addr: int = 0) -> None:
        if status == _ASSERTION:
            raise GatewareError(int(self._lib.tickgate_failed_cycle(self._open)), _assertion(self.output()))
        if status == _RING_ADDRESS:
            word = self._lib.tickgate_bad_ring_address(self._open)
            raise GatewareError(self.cycle - 1, f"ring word {word} written, the ring memory has {len(self._ring)}")
        if status == _VERDICT_INDEX:
            index = self._lib.tickgate_bad_verdict_index(self._open)
            held = len(self._verdicts) * 8 // VERDICT_DTYPE.itemsize
            raise GatewareError(self.cycle - 1, f"verdict entry {index} written, the verdict ring's memory has {held}")
        if status == _NO_ANSWER:
            raise GatewareError(self.cycle, f"no answer to a read of register {addr:#05x}")


def aligned(words: int) -> NDArray[np.uint64]:
    """Return ``words`` zeros that begin on a page."""
    raw = np.zeros(words + 512, np.uint64)
    return raw[(-raw.ctypes.data % 4096) // 8:][:words]


def _assertion(text: str) -> str:
    """Turn what the model printed into a sentence: module, message, line of the Verilog."""
    found = _ASSERT_LINE.search(text)
    if not found:
        return text.strip() or "the gateware stopped"
    message = _ASSERT_LINE.sub("", text).strip().splitlines()
    return f"assertion failed in {found[2]} (device.v:{found[1]}): {message[-1] if message else 'no message'}"
