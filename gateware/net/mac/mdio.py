# Ref: IEEE Std 802.3-2018, clauses 22.2.2.13, 22.2.4.5 (frames) and 22.3.4 (timing)
"""Registers of PHYs, by two wires."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

__all__ = ["MAX_HZ", "REQUEST", "ANSWER", "Mdio", "divisor"]

#: The fastest that every PHY's clock may be.
MAX_HZ = 2_500_000
#: ``data`` is for writes.
REQUEST = data.StructLayout({"write": 1, "phy": 5, "register": 5, "data": 16})
#: ``silent``: no PHY answered a read, and ``data`` is nothing.
ANSWER = data.StructLayout({"data": 16, "silent": 1})

PREAMBLE_BITS, START, READ, WRITE, TURN = 32, 0b01, 0b10, 0b01, 0b10
#: Bits before the turnaround, bits before the data, and all bits of a frame.
_ADDRESSED, _TURNED, _BITS = PREAMBLE_BITS + 14, PREAMBLE_BITS + 16, PREAMBLE_BITS + 32


def divisor(hz: int) -> int:
    """Return how many cycles of a clock of ``hz`` half a cycle of the wire's clock must be."""
    return -(-hz // (2 * MAX_HZ))


class Mdio(wiring.Component):
    """Reads and writes a register of a PHY (clause 22).

    ``mdio`` changes when ``mdc`` falls and is read when it rises. Latency: an answer comes 128 times ``half`` cycles
    and one after its request was taken. Throughput: one request in that time and another; ``mdc`` rests meanwhile.
    Errors: a read that nobody answers is ``silent``; nobody tells of a write. Reset ends a frame at once; every frame
    begins with a preamble, by which the PHY finds its begin again.

    Members
    -------
    i : requests
    o : strobe and answer, of reads and writes
    mdc : clock for the PHYs
    mdio : what is sent; ``mdio_drive``: it is to be driven; ``mdio_seen``: the wire
    """

    def __init__(self, *, half: int):
        if half < 4:
            raise ValueError(f"half must be at least 4 cycles, not {half}")
        self.half = half
        super().__init__({
            "i": In(stream.Signature(REQUEST)), "o": Out(wiring.Signature({"valid": Out(1), "p": Out(ANSWER)})),
            "mdc": Out(1), "mdio": Out(1, init=1), "mdio_drive": Out(1), "mdio_seen": In(1)})

    def elaborate(self, platform):
        m = Module()
        seen = Signal()
        m.submodules.mdio_crosses = FFSynchronizer(self.mdio_seen, seen)
        request = self.i.payload

        # Sent from the uppermost bit on, with ones behind, and read into the lowest.
        sending, reading = Signal(_BITS), Signal(_BITS - _TURNED)
        place, wait = Signal(range(_BITS)), Signal(range(self.half))
        busy, write = Signal(), Signal()
        m.d.comb += self.i.ready.eq(~busy)
        m.d.sync += self.o.valid.eq(0)
        with m.If(~busy):
            m.d.sync += [
                wait.eq(0), place.eq(0), write.eq(request.write), busy.eq(self.i.valid),
                sending.eq(Cat(
                    request.data, C(TURN, 2), request.register, request.phy, Mux(request.write, WRITE, READ)[:2],
                    C(START, 2), C(-1, PREAMBLE_BITS)))]
        with m.Elif(wait != self.half - 1):
            m.d.sync += wait.eq(wait + 1)
        with m.Else():
            m.d.sync += [wait.eq(0), self.mdc.eq(~self.mdc)]
            with m.If(~self.mdc):
                m.d.sync += reading.eq(Cat(seen, reading))
                with m.If(place == _TURNED - 1):
                    m.d.sync += self.o.p.silent.eq(seen & ~write)
            with m.Else():
                m.d.sync += [place.eq(place + 1), sending.eq(Cat(C(1, 1), sending))]
                with m.If(place == _BITS - 1):
                    m.d.sync += [busy.eq(0), self.o.valid.eq(1), self.o.p.data.eq(reading)]
        m.d.comb += [
            self.mdio.eq(sending[-1] | ~busy), self.mdio_drive.eq(busy & (write | (place < _ADDRESSED)))]
        return m
