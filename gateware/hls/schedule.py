"""Places a lowered rule's operations in pipeline stages for a clock."""

from dataclasses import dataclass

from gateware.hls.delay import ECP5_8, Target
from gateware.hls.ir import Op, Port, Program, Value
from gateware.hls.lower import lower
from gateware.hls.timing import StageTimes

__all__ = ["ClockError", "Schedule", "Stage"]

PASSES = 8


class ClockError(ValueError):
    """The rule cannot meet the clock: one operation alone takes longer than a period."""


@dataclass(frozen=True)
class Stage:
    """One pipeline stage.

    operations: what it computes, wires left out. ns: its longest path by estimate, from flip-flop to flip-flop.
    registers: bits held at its end.
    """

    operations: tuple[Value, ...]
    ns: float
    registers: int


class Schedule:
    """Which operation is done in which cycle.

    clock_mhz: the clock to be met. arrival: cycles by which inputs come later than the others, by the name of their
    port. combinational: everything in one stage and no registers, whatever the time; then ``clock_mhz`` may be None.
    Raises ClockError if an operation is too slow for the clock, ValueError for an unknown port or a bad number.

    ``latency`` is the number of registers between any input that comes at 0 and any output, at least 1 unless
    combinational. ``stage`` says for each value of ``lowered`` in which stage, from 0, it is computed; what is needed
    in a later stage goes through as many registers as there are stages between. Deterministic.
    """

    def __init__(self, program: Program, *, clock_mhz: float | None, target: Target = ECP5_8,
                 arrival: dict[str, int] | None = None, combinational: bool = False):
        if not combinational and not (clock_mhz and clock_mhz > 0):
            raise ValueError(f"the clock must be above 0 MHz, not {clock_mhz!r}")
        self.program, self.clock_mhz, self.target = program, clock_mhz, target
        self.combinational = combinational
        self.arrival = _arrival(program, arrival or {}, combinational)
        self.budget = float("inf") if combinational else target.budget(clock_mhz)
        late = {name: cycles * 1000 / clock_mhz for name, cycles in self.arrival.items()} if clock_mhz else {}
        self.lowered = lower(program, target, self.budget, late)
        self.stage: dict[Value, int] = {}
        self.times = StageTimes(self.lowered, target, self.stage)
        self._order = {value: n for n, value in enumerate(self.lowered.values)}
        self._users: dict[Value, list[Value]] = {value: [] for value in self.lowered.values}
        for value in self.lowered.values:
            for arg in value.args:
                if value not in self._users[arg]:
                    self._users[arg].append(value)
        self._outputs = set(self.lowered.outputs)
        self._place()
        self.latency = 0 if combinational else 1 + max(self.stage[value] for value in self.lowered.outputs)
        if not combinational:
            self._save_registers()

    @property
    def outputs(self) -> tuple[tuple[Port, Value], ...]:
        """The program's output ports, each with its lowered value."""
        return tuple((port, value) for (port, _), value in zip(self.program.outputs, self.lowered.outputs, strict=True))

    def last_use(self, value: Value) -> int:
        """Return the last stage that reads ``value``; outputs are read in the stage after the last."""
        last = max((self.stage[user] for user in self._users[value]), default=self.stage[value])
        return max(last, self.latency) if value in self._outputs else last

    def cost(self, value: Value) -> int:
        """Return the flip-flops of one register for ``value``: its bits without those that are always 0."""
        if value.op is Op.CONST:
            return 0
        return (self.lowered.bits[value] & (1 << value.bits) - 1).bit_count()

    @property
    def registers(self) -> int:
        """Flip-flops of the data, in bits."""
        return sum(self._held(value) for value in self.lowered.values)

    @property
    def multipliers(self) -> int:
        """Multiplier blocks."""
        return sum(value.op is Op.MUL and value.bits > 8 for value in self.lowered.values)

    @property
    def luts(self) -> int:
        """LUTs, estimated: a carry bit counts as one, operations that share a LUT with their only user as none."""
        return sum(self._luts(value) for value in self.lowered.values)

    @property
    def ns(self) -> float:
        """The longest path of all stages, by estimate."""
        return max(stage.ns for stage in self.stages)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages in order; a single one if combinational."""
        found = []
        for n in range(max(1, self.latency)):
            here = [value for value in self.lowered.values if self.stage[value] == n]
            held = sum(self.cost(value) for value in self.lowered.values
                       if self.stage[value] <= n < self.last_use(value))
            ns = max((self.times.end(value) for value in here), default=0.0)
            shown = tuple(value for value in here
                          if value.op not in (Op.INPUT, Op.CONST) and not self.lowered.wire(value))
            found.append(Stage(shown, ns, 0 if self.combinational else held))
        return tuple(found)

    def _luts(self, value):
        if value.op in (Op.INPUT, Op.CONST, Op.MUL) or self.lowered.wire(value):
            return 0
        match value.op:
            case Op.ADD | Op.SUB:
                return self.cost(value)
            case Op.LT:
                return max(arg.bits for arg in value.args) + 1
            case Op.EQ:
                return -(-max(arg.bits for arg in value.args) * (1 if value.args[1].op is Op.CONST else 2) // 3)
            case Op.TABLE:
                return value.bits * max(1, len(value.attribute) // 16)
        users = self._users[value]
        if len(users) == 1 and value not in self._outputs and self.stage[users[0]] == self.stage[value]:
            # A user that is bitwise too may have taken it into its own LUTs.
            inputs = {leaf for leaf, _ in self.times.cut[users[0]]}
            if inputs.isdisjoint((value, users[0])):
                return 0
        return self.cost(value)

    def _place(self):
        """Put each operation into the first stage in which it fits."""
        for value in self.lowered.values:
            if value.op is Op.INPUT:
                self.stage[value] = self.arrival.get(value.attribute.name, 0)
            else:
                self.stage[value] = max((self.stage[arg] for arg in value.args), default=0)
            self.times.update(value)
            if self.times.end(value) > self.budget and value.args:
                self.stage[value] += 1
                self.times.update(value)
                if self.times.end(value) > self.budget:
                    raise ClockError(self._too_slow(value))

    def _too_slow(self, value):
        source = value.source
        where = f"{source.file}:{source.line}: {source.text!r}: " if source else ""
        return (f"{where}{value.op.name} of {value.bits} bits takes {self.times.end(value):.2f} ns from register to "
                f"register on {self.target.name}; {self.clock_mhz:g} MHz leaves {self.budget:.2f} ns")

    # Saving registers: move one operation at a time to another stage, as long as that makes the registers fewer.

    def _save_registers(self):
        movable = [value for value in self.lowered.values if value.op not in (Op.INPUT, Op.CONST)]
        for _ in range(PASSES):
            moved = [self._improve(value) for value in reversed(movable)]
            moved += [self._improve(value) for value in movable]
            if not any(moved):
                break

    def _held(self, value):
        return self.cost(value) * (self.last_use(value) - self.stage[value])

    def _improve(self, value):
        first = max((self.stage[arg] for arg in value.args if arg.op is not Op.CONST), default=0)
        last = min((self.stage[user] for user in self._users[value]), default=self.latency - 1)
        here = self.stage[value]
        if first == last:
            return False
        near = [value, *(arg for arg in dict.fromkeys(value.args) if arg.op is not Op.CONST)]
        cost, best = sum(map(self._held, near)), None
        for stage in range(first, last + 1):
            self.stage[value] = stage
            now = sum(map(self._held, near))
            if now < cost:
                cost, best = now, stage
        self.stage[value] = here
        return best is not None and self._move(value, best)

    def _move(self, value, stage):
        """Move ``value`` to ``stage`` if the clock is still met, and say so."""
        before, here = {}, self.stage[value]
        self.stage[value] = stage
        waiting = {self._order[value]}
        fits = True
        while waiting and fits:
            n = min(waiting)
            waiting.remove(n)
            now = self.lowered.values[n]
            before[now] = self.times.time[now], self.times.cut[now]
            if self.times.update(now) or now is value:
                waiting |= {self._order[user] for user in self._users[now] if self.stage[user] in (stage, here)}
            fits = self.times.end(now) <= self.budget
        if not fits:
            self.stage[value] = here
            for now, (time, cut) in before.items():
                self.times.time[now], self.times.cut[now] = time, cut
        return fits


def _arrival(program, arrival, combinational):
    names = {value.attribute.name for value in program.inputs}
    for name, cycles in arrival.items():
        if name not in names:
            raise ValueError(f"{program.name} has no input {name!r}; it has {', '.join(sorted(names))}")
        if not isinstance(cycles, int) or cycles < 0:
            raise ValueError(f"input {name!r} must come 0 or more cycles later, not {cycles!r}")
    if combinational and any(arrival.values()):
        raise ValueError("without registers all inputs come at the same time")
    return {name: cycles for name, cycles in arrival.items() if cycles}
