"""A scheduled rule as gateware."""

import re

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from gateware.hls import ir
from gateware.hls.ir import Op, Program
from gateware.hls.schedule import Schedule

__all__ = ["Pipeline", "Combinational", "layout", "field"]


def layout(ports) -> data.StructLayout:
    """Return the struct of ``ports``, one field each in their order; "order.price" is ``price`` in a struct ``order``.

    A range with a negative number makes a signed field, a bool or any other an unsigned one, as wide as the range.
    """
    fields: dict = {}
    for port in ports:
        *path, name = port.name.split(".")
        struct = fields
        for part in path:
            struct = struct.setdefault(part, {})
        struct[name] = _shape(port)
    return _struct(fields)


def field(view, name: str):
    """Return the field of ``view`` (of a ``layout``) that belongs to the port ``name``."""
    for part in name.split("."):
        view = view[part]
    return view


def _struct(fields):
    return data.StructLayout({name: _struct(inner) if isinstance(inner, dict) else inner
                              for name, inner in fields.items()})


def _shape(value):
    """Return the shape of a port or value."""
    one = value if isinstance(value, ir.Value) else ir.Value(Op.CONST, (), value.low, value.high)
    return Shape(one.bits, one.signed)


def _label(value):
    """Return a name for ``value`` in waveforms: the variable assigned in its line, or the line, and its operation."""
    if value.op is Op.INPUT:
        return value.attribute.name.replace(".", "__")
    if value.source is None:
        return value.op.name.lower()
    assigned = re.match(r"(\w+)\s*(:[^=]*)?([-+*&|^%]|//|<<|>>)?=(?!=)", value.source.text)
    return f"{assigned[1] if assigned else f'line{value.source.line}'}_{value.op.name.lower()}"


def _expression(value, args):
    """Return the Amaranth expression of a lowered operation on ``args``."""
    match value.op:
        case Op.ADD:
            return args[0] + args[1]
        case Op.SUB:
            return args[0] - args[1]
        case Op.MUL:
            return args[0] * args[1]
        case Op.SHL:
            return args[0] << value.args[1].attribute
        case Op.SHR:
            return args[0] >> value.args[1].attribute
        case Op.AND:
            return args[0] & args[1]
        case Op.OR:
            return args[0] | args[1]
        case Op.XOR:
            return args[0] ^ args[1]
        case Op.EQ:
            return args[0] == args[1]
        case Op.LT:
            return args[0] < args[1]
        case Op.MUX:
            return Mux(args[0], args[1], args[2])
        case Op.TABLE:
            return Cat(Const(sum((entry >> n & 1) << k for k, entry in enumerate(value.attribute)),
                             len(value.attribute)).bit_select(args[0], 1) for n in range(value.bits))


class _Gates:
    """The operations and registers of a schedule, added to a module as they are asked for."""

    def __init__(self, m, schedule, inputs):
        self.m, self.schedule, self.inputs = m, schedule, inputs
        self.held: dict[ir.Value, list] = {}
        for value in schedule.lowered.values:
            self.held[value] = [self._made(value)]

    def _made(self, value):
        stage = self.schedule.stage[value]
        if value.op is Op.INPUT:
            return Value.cast(self.inputs[value.attribute.name])
        if value.op is Op.CONST:
            return Const(value.attribute, _shape(value))
        made = Signal(_shape(value), name=f"s{stage}_{_label(value)}")
        args = [self.at(arg, stage) for arg in value.args]
        self.m.d.comb += made.eq(_expression(value, args))
        return made

    def at(self, value, stage):
        """Return ``value`` as it is in ``stage``."""
        if value.op is Op.CONST:
            return self.held[value][0]
        held = self.held[value]
        while len(held) <= stage - self.schedule.stage[value]:
            here = self.schedule.stage[value] + len(held)
            register = Signal(_shape(value), name=f"s{here}_{_label(value)}_reg", reset_less=True)
            self.m.d.sync += register.eq(held[-1])
            held.append(register)
        return held[stage - self.schedule.stage[value]]


class Pipeline(wiring.Component):
    """A rule with registers between its stages.

    Latency: ``schedule.latency`` cycles from ``i`` to ``o``. Throughput: one result a cycle; it never waits. A field
    whose port has an arrival of n in the schedule belongs to the transfer n cycles before: it is read n cycles after
    ``i.valid``. Reset: what was under way is not valid any more. Results are exact for inputs within the ranges of
    their ports; what inputs outside of them give is not defined.

    Members
    -------
    i : In(stream), always ready; payload: one field for each port of the rule's parameters (``layout``)
    o : Out(stream), always ready; payload: one field for each port of its result
    """

    def __init__(self, schedule: Schedule):
        if schedule.combinational:
            raise ValueError(f"{schedule.program.name} is scheduled without registers: that is Combinational's")
        self.schedule = schedule
        program = schedule.program
        super().__init__({
            "i": In(stream.Signature(layout(value.attribute for value in program.inputs), always_ready=True)),
            "o": Out(stream.Signature(layout(port for port, _ in program.outputs), always_ready=True))})

    def elaborate(self, platform):
        m = Module()
        schedule = self.schedule
        valid = Signal(schedule.latency)
        m.d.sync += valid.eq(Cat(self.i.valid, valid))
        m.d.comb += self.o.valid.eq(valid[-1])
        inputs = {value.attribute.name: field(self.i.p, value.attribute.name) for value in schedule.program.inputs}
        gates = _Gates(m, schedule, inputs)
        for port, value in schedule.outputs:
            m.d.comb += field(self.o.p, port.name).eq(gates.at(value, schedule.latency))
        return m


class Combinational(wiring.Component):
    """A rule without registers, to be part of somebody else's pipeline stage.

    Latency: 0 cycles. ``schedule.ns`` estimates the time.

    Members
    -------
    i : In(struct), one field for each port of the rule's parameters (``layout``)
    o : Out(struct), one field for each port of its result
    """

    def __init__(self, program: Program, **options):
        self.schedule = Schedule(program, clock_mhz=None, combinational=True, **options)
        super().__init__({"i": In(layout(value.attribute for value in program.inputs)),
                          "o": Out(layout(port for port, _ in program.outputs))})

    def elaborate(self, platform):
        m = Module()
        inputs = {value.attribute.name: field(self.i, value.attribute.name) for value in self.schedule.program.inputs}
        gates = _Gates(m, self.schedule, inputs)
        for port, value in self.schedule.outputs:
            m.d.comb += field(self.o, port.name).eq(gates.at(value, 0))
        return m
