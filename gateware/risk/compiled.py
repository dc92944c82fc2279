"""Rules in the gate: the functions of ``rules/``, compiled, between the registers of its pipeline."""

from collections.abc import Callable
from functools import cache

from amaranth.hdl import Signal

from gateware.hls.frontend import compile_rule
from gateware.hls.pipeline import Combinational, Pipeline, field
from gateware.hls.schedule import ClockError, Schedule

__all__ = ["Compiled"]

_program = cache(compile_rule)


class Compiled:
    """Puts rules into the module ``m``, as submodules. Results are those of the one port that a rule returns.

    Inputs are given by name; those of a record as a dict. Raises ValueError if one is missing or too many.
    """

    def __init__(self, m, *, clock_mhz: float):
        self.m, self.clock_mhz = m, clock_mhz

    def __call__(self, name: str, function: Callable, **inputs):
        """Return the result of ``function`` in the same cycle."""
        given = _given(function, inputs)
        self.m.submodules[name] = rule = Combinational(_program(function))
        self.m.d.comb += [field(rule.i, port).eq(value) for port, value in given.items()]
        return rule.o["result"]

    def pipelined(self, name: str, function: Callable, *, cycles: int, arrival: dict[str, int] | None = None, **inputs):
        """Return the result of ``function`` as it is ``cycles`` later; inputs named in ``arrival`` come so much later.

        It is as fast in these cycles as would do for a clock up to a quarter faster. Raises ValueError if the clock
        does not allow that.
        """
        given = _given(function, inputs)
        schedule = self._schedule(function, cycles, arrival)
        self.m.submodules[name] = rule = Pipeline(schedule)
        self.m.d.comb += [field(rule.i.p, port).eq(value) for port, value in given.items()]
        result = rule.o.p["result"]
        for n in range(cycles - schedule.latency):
            later = Signal.like(result, name=f"{name}_{n}")
            self.m.d.sync += later.eq(result)
            result = later
        return result

    def _schedule(self, function, cycles, arrival):
        """Return the schedule for the fastest clock that leaves so many cycles."""
        for percent in range(125, 95, -5):
            try:
                schedule = Schedule(_program(function), clock_mhz=self.clock_mhz * percent / 100, arrival=arrival)
            except ClockError:
                if percent == 100:
                    raise
                continue
            if schedule.latency <= cycles:
                return schedule
        raise ValueError(
            f"{function.__name__} takes {schedule.latency} cycles at {self.clock_mhz} MHz, there are {cycles}")


def _given(function, inputs):
    """Return the inputs by the names of their ports."""
    given = {}
    for name, value in inputs.items():
        if isinstance(value, dict):
            given |= {f"{name}.{part}": inner for part, inner in value.items()}
        else:
            given[name] = value
    wanted = [value.attribute.name for value in _program(function).inputs]
    if sorted(wanted) != sorted(given):
        raise ValueError(f"{function.__name__} takes {', '.join(wanted)}, not {', '.join(given)}")
    return given
