"""Estimated times of operations within one pipeline stage, with bitwise operations packed into LUTs of four inputs."""

from itertools import product

from gateware.hls.cells import operation_delay, shift_of
from gateware.hls.delay import Target
from gateware.hls.ir import Op, Value
from gateware.hls.lower import Lowered

__all__ = ["StageTimes"]

LUT_INPUTS = 4
BITWISE = (Op.AND, Op.OR, Op.XOR, Op.MUX)
#: Operands of a LUT: values, each with the shift at which it enters.
Cut = frozenset[tuple[Value, int]]


class StageTimes:
    """When operations are done, in ns from the clock edge, for a given ``stage`` of each value.

    An operation reads operands of its own stage when they are done, others from flip-flops. One bit of a bitwise
    operation is a LUT; operands that are bitwise themselves go into the same LUT as long as four inputs are enough.
    ``stage`` is the caller's; after a change of it, ``update`` the values concerned, operands first.
    """

    def __init__(self, lowered: Lowered, target: Target, stage: dict[Value, int]):
        self.time: dict[Value, float] = {}
        self.cut: dict[Value, Cut] = {}
        self._stage, self._target = stage, target
        self._wires = {value for value in lowered.values if lowered.wire(value)}
        self._delay = {value: operation_delay(value, lowered.bits, target) for value in lowered.values}
        self._args = {value: [arg for arg in value.args if arg.op is not Op.CONST] for value in lowered.values}

    def update(self, value: Value) -> bool:
        """Compute the time of ``value`` anew and say whether it changed."""
        before = self.time.get(value), self.cut.get(value)
        self.time[value], self.cut[value] = self._compute(value)
        return before != (self.time[value], self.cut[value])

    def end(self, value: Value) -> float:
        """Return the time at which a register behind ``value`` could take it."""
        return self.time[value] + self._target.setup

    def _start(self, value, user):
        return self.time[value] if self._stage[value] == self._stage[user] else self._target.start

    def _late(self, leaf, user):
        """Return how much longer a single bit takes that all LUTs of a wide operation wait for."""
        return self._target.spread(user.bits) if leaf.bits == 1 else 0.0

    def _cut_of(self, arg, user):
        """Return what a LUT of ``user`` sees in place of ``arg`` if that is in the same LUT."""
        if self._stage[arg] == self._stage[user] and arg in self.cut:
            return self.cut[arg]
        return frozenset([(arg, 0)])

    def _compute(self, value):
        args = self._args[value]
        start = max((self._start(arg, value) for arg in args), default=self._target.start)
        own = frozenset([(value, 0)])
        if value in self._wires:
            if len(args) != 1:
                return start, own
            amount = shift_of(value) or 0
            return start, frozenset((leaf, shift + amount) for leaf, shift in self._cut_of(args[0], value))
        if value.op not in BITWISE:
            return start + self._delay[value], own
        best = None
        options = [{frozenset([(arg, 0)]), self._cut_of(arg, value)} for arg in args]
        for choice in product(*options):
            cut = frozenset().union(*choice)
            if len(cut) <= LUT_INPUTS:
                time = max((self._start(leaf, value) + self._late(leaf, value) for leaf, _ in cut), default=start)
                time += self._delay[value]
                if best is None or (time, len(cut)) < (best[0], len(best[1])):
                    best = time, cut
        return best
