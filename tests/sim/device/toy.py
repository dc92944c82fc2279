"""A device of a few lines with the ports of the real one: builds in seconds, and shows what the harness does."""

from amaranth.back import verilog
from amaranth.hdl import Assert, Format, Module, Print, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, Signature

from gateware.interfaces import FrameStream
from sim.device.build import DEVICE
from sim.device.top import simulation_top

__all__ = ["FATAL", "ports", "ToyDevice", "toy_verilog"]

#: A word of this value breaks the toy's invariant.
FATAL = 0xDEAD


def ports(*, ring_bits: int = 20) -> Signature:
    """Return the ports of a toy whose ring has 2**ring_bits words."""
    return Signature({
        "rx": In(FrameStream),
        "bus": In(Signature({"addr": Out(14), "w_en": Out(1), "w_data": Out(32), "r_en": Out(1), "r_data": In(32),
                             "r_valid": In(1)})),
        "ring": Out(Signature({"valid": Out(1), "addr": Out(ring_bits), "data": Out(64)})),
        "verdicts": Out(Signature({"valid": Out(1), "index": Out(10), "data": Out(1024)})),
        "unread": Out(3),
    })


class ToyDevice(wiring.Component):
    """Writes two ring words for each word in: its data, and one cycle later (or never, when another word follows at
    once) its cycle with flags: cycle << 16 | count << 4 | error << 2 | last << 1 | first.

    Registers: 0x000 counts words; 0x004 holds what was written to it; 0x008 is the cycle in which it is read; 0xffc is
    never answered. Read latency: ``r_valid`` two cycles after ``r_en``. A write to 0x1000 + 4 n writes verdict n,
    32 times the word.
    """

    def __init__(self, *, ring_bits: int = 20):
        super().__init__(ports(ring_bits=ring_bits))

    def elaborate(self, platform: object) -> Module:
        m = Module()
        cycles, words, scratch, addr = Signal(64), Signal(32), Signal(32), Signal(14)
        m.d.sync += cycles.eq(cycles + 1)

        word, second = self.rx.p, Signal()
        flags = word.first | word.last << 1 | word.error << 2 | word.count << 4
        note = Signal(64)
        m.d.sync += [self.ring.valid.eq(self.rx.valid | second), self.ring.addr.eq(self.ring.addr + self.ring.valid),
                     second.eq(self.rx.valid), self.ring.data.eq(note)]
        with m.If(self.rx.valid):
            m.d.sync += [self.ring.data.eq(word.data), note.eq(cycles << 16 | flags), words.eq(words + 1),
                         Assert(word.data != FATAL, Format("word {} of {} bytes", words, word.count))]

        read = Signal()
        m.d.sync += [read.eq(self.bus.r_en), addr.eq(self.bus.addr), self.bus.r_valid.eq(read & (addr != 0xFFC))]
        with m.Switch(addr):
            with m.Case(0x000):
                m.d.sync += self.bus.r_data.eq(words)
            with m.Case(0x004):
                m.d.sync += self.bus.r_data.eq(scratch)
            with m.Case(0x008):
                m.d.sync += self.bus.r_data.eq(cycles - 1)
        with m.If(self.bus.w_en):
            with m.If(self.bus.addr == 4):
                m.d.sync += scratch.eq(self.bus.w_data)
            m.d.sync += Print(Format("write {:03x} {:08x}", self.bus.addr, self.bus.w_data))
        m.d.comb += [
            self.verdicts.valid.eq(self.bus.w_en & (self.bus.addr[12:] == 1)),
            self.verdicts.index.eq(self.bus.addr[2:]), self.verdicts.data.eq(self.bus.w_data.replicate(32))]
        return m


def toy_verilog(**options: int) -> str:
    """Return the simulation top around a toy."""
    toy = ToyDevice(**options)
    return simulation_top(toy, verilog.convert(toy, name=DEVICE, emit_src=False, strip_internal_attrs=True))
