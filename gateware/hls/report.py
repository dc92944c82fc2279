"""What the scheduler made of a rule, as plain data for ``tickgate hls``."""

import importlib.util
import os
import pkgutil
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

from gateware.hls.errors import RuleError
from gateware.hls.frontend import compile_rule
from gateware.hls.ir import Op, Value
from gateware.hls.schedule import ClockError, Schedule

__all__ = ["Refused", "load_function", "schedule_of", "report", "verilog_of"]


class Refused(Exception):
    """There is no such function, or it cannot be compiled or scheduled as asked for; the text says why."""


def load_function(name: str) -> Callable[..., Any]:
    """Return the function ``name``, "module:function" or "path/file.py:function". Raises Refused.

    Modules are looked for where Python does, and in the current folder. Code of the module runs.
    """
    place, _, function = name.rpartition(":")
    if not place or not function:
        raise Refused(f"{name!r} must be module:function or path/file.py:function")
    try:
        module = _from_file(Path(place)) if place.endswith(".py") else _from_path(place)
    except ModuleNotFoundError as error:
        raise Refused(f"{place}: no module {error.name!r}") from error
    except OSError as error:
        raise Refused(f"{place}: {error.strerror}") from error
    except Exception as error:
        raise Refused(f"{place} does not load: {type(error).__name__}: {error}") from error
    found = getattr(module, function, None)
    if not callable(found):
        there = [key for key, thing in vars(module).items()
                 if callable(thing) and getattr(thing, "__module__", None) == module.__name__ and key[0] != "_"]
        raise Refused(f"{place} has no function {function!r}; it has {', '.join(there) or 'none'}")
    return found


def _from_path(name):
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    return pkgutil.resolve_name(f"{name}:")


def _from_file(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    # Where the annotations of dataclasses and records look for their names.
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def schedule_of(name: str, *, clock_mhz: float, arrival: dict[str, int] | None = None) -> Schedule:
    """Return the schedule of the function ``name`` (see ``load_function``). Raises Refused."""
    function = load_function(name)
    try:
        return Schedule(compile_rule(function), clock_mhz=clock_mhz, arrival=arrival)
    except (RuleError, ClockError, ValueError) as error:
        raise Refused(str(error)) from error


def verilog_of(schedule: Schedule) -> str:
    """Return the Verilog of the schedule's pipeline, a module called as the rule. Needs Amaranth."""
    # Only here: a schedule can be shown where no hardware tools are.
    from gateware.hls.pipeline import Pipeline
    from gateware.hls.ports import Ports
    from gateware.verilog import to_verilog

    return to_verilog(Ports(Pipeline(schedule)), schedule.program.name)


def report(schedule: Schedule) -> dict[str, Any]:
    """Return the schedule as plain objects.

    Times are estimates in ns. ``registers`` counts flip-flops of the data, ``valid`` those of the valid bit. A stage's
    ``lines`` are the rule's, in their order; ``done_ns`` says when their last operation is done, from the clock edge.
    """
    program, target, clock = schedule.program, schedule.target, schedule.clock_mhz
    stages = schedule.stages
    return {
        "rule": program.name,
        "file": os.path.basename(program.function.__code__.co_filename),
        "target": target.name,
        "clock_mhz": clock,
        "period_ns": round(1000 / clock, 3),
        "budget_ns": round(schedule.budget, 3),
        "longest_ns": round(schedule.ns, 3),
        "latency_cycles": schedule.latency,
        "latency_ns": round(schedule.latency * 1000 / clock, 3),
        "registers": schedule.registers,
        "valid": schedule.latency,
        "multipliers": schedule.multipliers,
        "luts": schedule.luts,
        "inputs": [_port(value.attribute, value) | {"arrival": schedule.arrival.get(value.attribute.name, 0)}
                   for value in program.inputs],
        "outputs": [_port(port, value) for port, value in program.outputs],
        "stages": [{"stage": n, "ns": round(stage.ns, 3), "registers": stage.registers,
                    "lines": _lines(stage.operations, schedule)} for n, stage in enumerate(stages, 1)],
    }


def _port(port, value: Value):
    return {"name": port.name, "low": port.low, "high": port.high,
            "bits": Value(Op.CONST, (), port.low, port.high).bits}


def _lines(operations, schedule):
    """Return the operations of a stage by the line that they come from."""
    def place(value):
        source = value.source
        return (os.path.basename(source.file), source.line, source.text) if source else ("", 0, "")

    found = []
    for (file, line, text), group in groupby(sorted(operations, key=place), key=place):
        values = list(group)
        found.append({"file": file, "line": line, "text": text, "operations": _summary(values),
                      "done_ns": round(max(schedule.times.end(value) for value in values), 3)})
    return found


def _summary(values):
    """Return what is done, as [{"op", "bits", "count"}], alike operations together."""
    counted: dict[tuple[str, int], int] = {}
    for value in values:
        bits = max(arg.bits for arg in value.args) if value.op in (Op.LT, Op.EQ) else value.bits
        counted[value.op.name, bits] = counted.get((value.op.name, bits), 0) + 1
    return [{"op": op, "bits": bits, "count": count} for (op, bits), count in counted.items()]
