"""The gate with plain ports: what can happen in a cycle beside slots is one vector."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.risk.gate import Gate
from gateware.risk.interfaces import SLOT, VERDICT
from wire.risk import TIME_BITS

__all__ = ["LEVELS", "GateTop", "control_layout"]

#: Members of the vector that stay as they are until they are told anew; the others are for one cycle.
LEVELS = ("live", "trading", "short_restricted")


def control_layout(gate):
    """Return the layout of the vector for ``gate``."""
    return data.StructLayout({name: getattr(gate, name).shape() for name in (
        *LEVELS, "touch", "trade", "forget", "admin", "beat")})


class GateTop(wiring.Component):
    """The gate of ``profile``, all ports flat."""

    def __init__(self, *, profile):
        self.gate = Gate(profile=profile)
        self.layout = control_layout(self.gate)
        super().__init__({
            "now": In(TIME_BITS), "slot": In(SLOT.size), "slot_valid": In(1), "slot_ready": Out(1),
            "control": In(self.layout.size), "verdict": Out(VERDICT.size), "verdict_valid": Out(1),
            "verdict_ready": In(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.gate = gate = self.gate
        control = Signal(self.layout)
        m.d.comb += [
            gate.now.eq(self.now), control.eq(self.control),
            gate.i.payload.eq(self.slot), gate.i.valid.eq(self.slot_valid), self.slot_ready.eq(gate.i.ready),
            self.verdict.eq(gate.o.payload), self.verdict_valid.eq(gate.o.valid), gate.o.ready.eq(self.verdict_ready),
            *(getattr(gate, name).eq(control[name]) for name, _ in self.layout)]
        return m
