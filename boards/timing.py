"""What the router says of clocks and paths, and what a build must not let pass."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from boards.board import BoardError

__all__ = ["Clock", "Path", "check", "clocks", "margin", "slowest", "used"]

#: The router's goal for a clock of which it knows nothing.
_UNKNOWN_MHZ = 12.0
_DROPPED = re.compile(r"ignoring clock constraint.*|net '[^']*' does not exist in design.*")
#: What is counted, and what the router calls it.
_KINDS = {"LUT": "TRELLIS_COMB", "FF": "TRELLIS_FF", "EBR": "DP16KD", "DSP": "MULT18X18D"}


@dataclass(frozen=True)
class Clock:
    """A clock: its net, MHz that the slowest path reaches, MHz asked. slack_ns: what is left of a period."""

    name: str
    mhz: float
    goal: float

    @property
    def slack_ns(self) -> float:
        return 1000 / self.goal - 1000 / self.mhz


@dataclass(frozen=True)
class Path:
    """The slowest path that ends in a module: ns, of which ns of logic; where it begins and ends."""

    module: str
    clock: str
    ns: float
    begin: str
    end: str


def clocks(report: Mapping[str, Any]) -> list[Clock]:
    """Return the clocks of the router's report, the one with least slack first."""
    found = [Clock(_plain(name), one["achieved"], one["constraint"]) for name, one in report["fmax"].items()]
    return sorted(found, key=lambda clock: clock.slack_ns)


def check(report: Mapping[str, Any], log: str, *, expected: int) -> list[Clock]:
    """Return the clocks of ``report``; ``log`` is what the router said meanwhile.

    Raises BoardError when a constraint was dropped, a clock has none, one is too slow, or there are not ``expected``.
    """
    if dropped := _DROPPED.search(log):
        raise BoardError(f"a clock constraint was dropped: {dropped[0]}")
    found = clocks(report)
    if len(found) < expected:
        raise BoardError(f"the router must tell of {expected} clocks, not of {len(found)}: "
                         f"{', '.join(clock.name for clock in found) or 'none'}")
    for clock in found:
        if clock.goal == _UNKNOWN_MHZ:
            raise BoardError(f"clock {clock.name} has no constraint")
    for clock in found:
        if clock.mhz < clock.goal:
            raise BoardError(f"clock {clock.name} reaches {clock.mhz:.1f} MHz, not {clock.goal:g}")
    return found


def margin(report: Mapping[str, Any]) -> float:
    """Return the least share by which a clock is faster than asked; below 0 when one is not."""
    return min((clock.mhz / clock.goal - 1 for clock in clocks(report)), default=-1.0)


def used(report: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Return how many LUTs, flip-flops, block RAMs and multipliers are used, and how many there are."""
    said = report["utilization"]
    return {kind: (said[name]["used"], said[name]["available"]) for kind, name in _KINDS.items()}


def slowest(report: Mapping[str, Any], module_of: Callable[[str], str]) -> list[Path]:
    """Return the slowest path between flip-flops of a clock that ends in each module, slowest first; ``module_of`` says
    to which one a cell belongs."""
    worst: dict[tuple[str, str], Path] = {}
    for net in report["detailed_net_timings"]:
        for one in net["endpoints"]:
            if one["event"] != net["event"]:
                continue
            module, clock = module_of(one["cell"]), _plain(one["event"].split()[-1])
            if (module, clock) not in worst or max(one["delay"]) > worst[module, clock].ns:
                worst[module, clock] = Path(module, clock, max(one["delay"]), net["driver"], one["cell"])
    return sorted(worst.values(), key=lambda path: -path.ns)


def _plain(name: str) -> str:
    return name.removeprefix("$glbnet$").removesuffix("$TRELLIS_IO_IN")
