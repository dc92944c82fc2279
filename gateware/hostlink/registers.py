# Ref: wire/hostlink.py
"""The link's own registers."""

from amaranth.hdl import C, Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.hostlink.tally import Tally
from gateware.interfaces import RegisterBus
from wire import hostlink

__all__ = ["EVENTS", "RING_REQUEST", "LinkRegisters"]

WORD_BITS = 32
EVENTS = data.StructLayout({name: 1 for name, _ in hostlink.COUNTERS})
#: On ``valid``, the lower half of the number from which records are to be sent again.
RING_REQUEST = data.StructLayout({"valid": 1, "number": WORD_BITS})


class LinkRegisters(wiring.Component):
    """Holds the registers of wire.hostlink but TICKET and BEGIN, and counts.

    Latency: ``r_valid`` two cycles after ``r_en``; of a counter, when its turn comes (gateware/hostlink/tally.py), four
    cycles after it or up to three more than there are counters. A write acts in the second cycle behind it. Throughput:
    a write a cycle, one read at a time. A write to a register that is read-only, or to none, does nothing; a read of
    one that is write-only, or of none, gives 0. Counters wrap at 2**32. Reset: nothing is streamed, all counters are 0.

    Members
    -------
    bus : accesses, by the register's offset
    stream, streams : ring records are wanted; strobe, they are from now on
    resend : requests, for each ring
    last : number of the last record of each ring
    status : what STATUS shows
    events : strobes
    """

    def __init__(self, *, kept: tuple[int, ...]):
        self.kept = kept
        super().__init__({
            "bus": In(RegisterBus), "stream": Out(1), "streams": Out(1),
            "resend": Out(data.ArrayLayout(RING_REQUEST, len(hostlink.Ring))),
            "last": In(data.ArrayLayout(2 * WORD_BITS, len(hostlink.Ring))), "status": In(WORD_BITS),
            "events": In(EVENTS)})

    def elaborate(self, platform):
        m = Module()
        bus = self.bus
        offsets = {register.name: register.offset for register in hostlink.REGISTERS}
        at, data_in, writes, reads = Signal(12), Signal(WORD_BITS), Signal(), Signal()
        m.d.sync += [
            at.eq(bus.addr), data_in.eq(bus.w_data), writes.eq(bus.w_en), reads.eq(bus.r_en),
            self.streams.eq(0), *(each.valid.eq(0) for each in self.resend)]
        with m.If(writes & (at == offsets["STREAM"])):
            m.d.sync += [self.stream.eq(data_in[0]), self.streams.eq(data_in[0])]
        for ring, name in zip(hostlink.Ring, ("RESEND_EVENTS", "RESEND_VERDICTS"), strict=True):
            with m.If(writes & (at == offsets[name])):
                m.d.sync += [self.resend[ring].valid.eq(1), self.resend[ring].number.eq(data_in)]

        shown = {
            offsets["STREAM"]: self.stream, offsets["KEPT"]: Cat(C(kept, WORD_BITS // 2) for kept in self.kept),
            offsets["STATUS"]: self.status}
        upper = Signal(WORD_BITS)
        for last, name in zip(self.last, ("LAST_EVENT", "LAST_VERDICT"), strict=True):
            with m.If(reads & (at == offsets[name])):
                m.d.sync += upper.eq(last[WORD_BITS:])
            shown |= {offsets[name]: last[:WORD_BITS], offsets[name] + WORD_BITS // 8: upper}

        # Counters lie side by side, in the order of their names.
        m.submodules.tally = tally = Tally(names=self.events.shape().members)
        counted = Signal()
        m.d.comb += [
            counted.eq((at >= hostlink.COUNTER_BASE) & (at < hostlink.COUNTER_BASE + 4 * len(hostlink.COUNTERS))),
            tally.events.eq(self.events), tally.ask.eq(reads & counted)]
        with m.If(reads):
            m.d.sync += tally.index.eq((at - hostlink.COUNTER_BASE)[2:])
        with m.Switch(at):
            for offset, value in shown.items():
                with m.Case(offset):
                    m.d.sync += bus.r_data.eq(value)
            with m.Default():
                m.d.sync += bus.r_data.eq(0)
        m.d.sync += bus.r_valid.eq(tally.told | (reads & ~counted))
        with m.If(tally.told):
            m.d.sync += bus.r_data.eq(tally.value)
        return m
