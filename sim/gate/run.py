"""A simulated gate in this process."""

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from amaranth.lib import data
from numpy.typing import NDArray

from gateware.verilog import to_verilog
from sim.device.build import HEARD, MESSAGES, Progress, Recipe, build, terminal
from sim.gate.top import LEVELS, GateTop
from wire.profiles import Profile
from wire.risk import REQUEST_DTYPE, VERDICT_DTYPE

__all__ = ["GateFailure", "SimulatedGate"]

_VERDICT = np.dtype([(name, VERDICT_DTYPE[name]) for name in VERDICT_DTYPE.names or () if name != "seq"])


class GateFailure(RuntimeError):
    """The gate broke one of its invariants, or has not answered every slot in time."""


class SimulatedGate:
    """The gate of a profile, its clock moved by :meth:`run` alone. Cycles are counted from reset, ``now`` with them.

    Deterministic. Not to be used by two threads at once.
    """

    def __init__(self, profile: Profile, *, progress: Progress = terminal):
        """Build the simulator, or take it from the cache. Raises BuildError."""
        top = GateTop(profile=profile)
        self.layout = top.layout
        recipe = Recipe(kind="gate", product="gate.so", top="gate", prefix="Vgate",
                        sources=(Path(__file__).with_name("harness.cpp"), MESSAGES),
                        compiler=("-fPIC", "-fvisibility=hidden", "-fno-gnu-unique", *HEARD),
                        linker=("-shared", "-Wl,-Bsymbolic"))
        self._lib = ctypes.CDLL(str(build(to_verilog(top, "gate"), recipe, progress=progress)))
        pointer, number = ctypes.c_void_p, ctypes.c_int64
        for name, result, arguments in (
                ("create", pointer, ()), ("destroy", None, (pointer,)), ("cycle", number, (pointer,)),
                ("said", ctypes.c_char_p, (pointer,)), ("control_words", number, ()), ("verdict_words", number, ()),
                ("run", number, (pointer, number, pointer, pointer, number, pointer, pointer, pointer, pointer, number,
                                 pointer, number))):
            function = getattr(self._lib, f"gate_{name}")
            function.restype, function.argtypes = result, arguments
        self._words = int(self._lib.gate_control_words())
        self._strobes = self._row({
            name: (1 << field.width) - 1 for name, field in self.layout if name not in LEVELS})
        self._handle: int | None = self._lib.gate_create()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the simulation."""
        if self._handle is not None:
            self._lib.gate_destroy(self._handle)
            self._handle = None

    @property
    def cycle(self) -> int:
        """The cycle that comes next."""
        return int(self._lib.gate_cycle(self._handle))

    def _row(self, members: dict[str, int]) -> NDArray[np.uint32]:
        value = 0
        for name, number in members.items():
            value |= number << self.layout[name].offset
        return np.frombuffer(value.to_bytes(4 * self._words, "little"), np.uint32)

    def run(self, slots: NDArray[np.void], cycles: Sequence[int],
            events: Sequence[tuple[int, dict[str, Any]]], *, ready: NDArray[np.uint8] | None = None,
            limit: int | None = None) -> NDArray[np.void]:
        """Offer ``slots`` (REQUEST_DTYPE, reports too), each from its cycle on, and let events happen in theirs.

        events: (cycle, {member of the layout: its value as a dict or number}), cycles rising; each tells all LEVELS.
        ready: pattern of the cycles in which a verdict is taken. Return the verdicts, without ``seq``, when all slots
        have theirs and all events have happened. Raises GateFailure.
        """
        given = np.ascontiguousarray(slots, REQUEST_DTYPE)
        starts = np.ascontiguousarray(cycles, np.int64)
        when = np.array([cycle for cycle, _ in events], np.int64)
        if len(when) and (np.diff(when) <= 0).any():
            raise ValueError("events must be in rising cycles, one a cycle")
        if len(when) and when[0] < self.cycle:
            raise ValueError(f"an event must not be before cycle {self.cycle}, in {when[0]}")
        rows = np.zeros((len(events), self._words), np.uint32)
        for row, (_, members) in zip(rows, events, strict=True):
            row[:] = self._row({name: _number(self.layout[name].shape, value) for name, value in members.items()})
        taken = np.ones(1, np.uint8) if ready is None else np.ascontiguousarray(ready, np.uint8)
        if not taken.any():
            raise ValueError("ready must have a cycle in which a verdict is taken")
        out = np.zeros(len(given), _VERDICT)
        last = max(self.cycle, *(int(array[-1]) for array in (starts, when) if len(array)), 0)
        told = self._lib.gate_run(
            self._handle, len(given), given.ctypes.data, starts.ctypes.data, len(events), rows.ctypes.data,
            when.ctypes.data, self._strobes.ctypes.data, taken.ctypes.data, len(taken), out.ctypes.data,
            limit if limit is not None else last - self.cycle + 1_000 + 100 * len(given))
        if told < 0:
            raise GateFailure(f"cycle {self.cycle}: {self._lib.gate_said(self._handle).decode().strip()}")
        if told < len(given):
            raise GateFailure(f"cycle {self.cycle}: {told} of {len(given)} slots have a verdict")
        return out


def _number(shape: Any, value: Any) -> int:
    """Return the bits of ``value`` in ``shape``."""
    if isinstance(shape, data.Layout):
        return int(shape.const(value).as_value().value)
    return int(value)
