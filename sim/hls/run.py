"""Runs a scheduled rule in Verilator over arrays of inputs."""

import ctypes
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gateware.hls.pipeline import Pipeline
from gateware.hls.ports import Ports
from gateware.hls.schedule import Schedule
from gateware.verilog import to_verilog
from sim.device.build import Progress, Recipe, build, silent
from sim.hls.packing import WORD, Field, pack, unpack

__all__ = ["LatencyError", "run"]

#: Rows of one call into the library, so that memory stays bounded.
ROWS = 1 << 16


class LatencyError(RuntimeError):
    """A result was not valid in the cycle that the schedule says."""


def run(schedule: Schedule, inputs: Mapping[str, NDArray], *, trace: Path | None = None,
        progress: Progress = silent) -> dict[str, NDArray]:
    """Return {port name: array} of the results of the schedule's pipeline for {port name: array}, one row a cycle.

    Arrays are of one length, integers or bools within the ports' ranges; results are int64, or Python integers where a
    range needs more. trace: FST waveform file to be written. The simulator is built once for a schedule and kept (see
    sim/device/build.py). Raises ValueError for missing or unknown ports or numbers out of range, LatencyError,
    BuildError.
    """
    program = schedule.program
    length = _length(program, inputs)
    pipeline = Pipeline(schedule)
    in_fields, in_words = _fields(pipeline.i.p.shape())
    out_fields, out_words = _fields(pipeline.o.p.shape())
    recipe = Recipe(kind="rule", product="rule.so", top="rule", prefix="Vrule",
                    sources=(Path(__file__).with_name("harness.cpp"),), trace=trace is not None,
                    compiler=("-fPIC", "-fvisibility=hidden", "-fno-gnu-unique"), linker=("-shared", "-Wl,-Bsymbolic"))
    library = ctypes.CDLL(str(build(to_verilog(Ports(pipeline), "rule"), recipe, progress=progress)))
    pointer, number = ctypes.c_void_p, ctypes.c_int64
    library.rule_run.argtypes = (number, pointer, number, pointer, pointer, number, pointer, ctypes.c_char_p)
    library.rule_run.restype = None
    tail = max(schedule.latency, max(schedule.arrival.values(), default=0))
    results: dict[str, list[NDArray]] = {port.name: [] for port, _ in program.outputs}
    step = length if trace is not None else ROWS
    for begin in range(0, length, max(1, step)):
        count = min(step, length - begin)
        rows = np.zeros((count + tail, in_words), np.uint32)
        for name, field in in_fields.items():
            late = schedule.arrival.get(name, 0)
            pack(rows[late:], field, np.asarray(inputs[name])[begin:begin + count])
        valid = np.arange(count + tail) < count
        out = np.zeros((count + tail, out_words), np.uint32)
        out_valid = np.zeros(count + tail, np.uint8)
        library.rule_run(count + tail, rows.ctypes.data, in_words, valid.ctypes.data, out.ctypes.data, out_words,
                         out_valid.ctypes.data, str(trace).encode() if trace is not None else None)
        expected = np.zeros(count + tail, bool)
        expected[schedule.latency:schedule.latency + count] = True
        wrong = np.flatnonzero(out_valid.astype(bool) != expected)
        if len(wrong):
            raise LatencyError(f"{program.name}: cycle {wrong[0]}: valid is {out_valid[wrong[0]]}, with a latency of "
                               f"{schedule.latency} and {count} inputs from cycle 0 on")
        for name, field in out_fields.items():
            results[name].append(unpack(out[schedule.latency:schedule.latency + count], field))
    return {name: np.concatenate(parts) if parts else np.zeros(0, np.int64) for name, parts in results.items()}


def _length(program, inputs):
    ports = {value.attribute.name: value.attribute for value in program.inputs}
    if not ports:
        raise ValueError(f"{program.name} has no inputs to run over")
    if ports.keys() != inputs.keys():
        raise ValueError(f"{program.name} has the inputs {', '.join(ports)}, not {', '.join(inputs)}")
    lengths = {name: len(array) for name, array in inputs.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"arrays of different lengths: {lengths}")
    for name, port in ports.items():
        array = np.asarray(inputs[name])
        if len(array) and not (port.low <= int(array.min()) and int(array.max()) <= port.high):
            raise ValueError(f"{name} must lie within {port.low}..{port.high}, not {array.min()}..{array.max()}")
    return lengths.popitem()[1]


def _fields(layout, prefix="", base=0):
    """Return ({path: Field}, words of a row) of a struct layout."""
    found = {}
    for name, field in layout:
        if hasattr(field.shape, "members"):
            found |= _fields(field.shape, f"{prefix}{name}.", base + field.offset)[0]
        else:
            found[f"{prefix}{name}"] = Field(base + field.offset, field.width, field.shape.signed)
    return found, -(-layout.size // WORD)
