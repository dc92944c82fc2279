# Ref: RGMII version 2.0, section 3.4 (receive clock 125, 25 or 2.5 MHz)
"""Whether a PHY's receive clock runs, and at gigabit's pace."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import Out

__all__ = ["GIGABIT_HZ", "BEAT", "Pace"]

#: The receive clock at 1000 Mbit/s.
GIGABIT_HZ = 125_000_000
#: Cycles of the receive clock between two beats.
BEAT = 32


class Pace(wiring.Component):
    """Measures the clock of the domain ``rx`` by that of ``sync``, which runs at ``hz``.

    ``gigabit`` says that the last 32 cycles of the receive clock took between 3/4 and 3/2 of the time that they take at
    125 MHz, which those of 25 and 2.5 MHz do not. It falls 384 ns and 4 cycles after the clock's last edge at the
    latest, and rises with the second good beat on end. ``running`` falls when the clock is slower than 2 MHz.

    Reset: both are low, until the clock was measured.

    Members
    -------
    gigabit : the receive clock is that of 1000 Mbit/s
    running : there is a receive clock
    """

    gigabit: Out(1)
    running: Out(1)

    def __init__(self, *, hz: int):
        if not 20_000_000 <= hz <= 500_000_000:
            raise ValueError(f"hz must be 20,000,000..500,000,000, not {hz}")
        self.hz = hz
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        wanted = BEAT * self.hz / GIGABIT_HZ
        least, most, slowest = round(wanted * 3 / 4), round(wanted * 3 / 2), round(wanted * GIGABIT_HZ / 2_000_000)

        cycles = Signal(range(BEAT), reset_less=True)
        m.d.rx += cycles.eq(cycles + 1)
        level, before, beat = Signal(), Signal(), Signal()
        m.submodules.crosses = FFSynchronizer(cycles[-1], level)
        m.d.sync += before.eq(level)
        m.d.comb += beat.eq(level & ~before)

        since, good = Signal(range(slowest + 1)), Signal()
        with m.If(beat):
            m.d.sync += [
                since.eq(1), good.eq((since >= least) & (since <= most)), self.running.eq(since != slowest),
                self.gigabit.eq((since >= least) & (since <= most) & good)]
        with m.Elif(since != slowest):
            m.d.sync += since.eq(since + 1)
        with m.Else():
            m.d.sync += self.running.eq(0)
        with m.If(since > most):
            m.d.sync += [good.eq(0), self.gigabit.eq(0)]
        return m
