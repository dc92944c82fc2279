# Ref: Lattice FPGA-TN-02200, "ECP5 and ECP5-5G sysCLOCK PLL/DLL Design and Usage Guide" (PLL, DCCA)
"""One PLL for a board's clocks: 125 MHz for the line, and the core's; and the core's reset."""

from dataclasses import dataclass

from amaranth.hdl import ClockDomain, Instance, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.cdc import ResetSynchronizer
from amaranth.lib.wiring import In, Out

from boards.board import BoardError

__all__ = ["Dividers", "core_clock", "dividers", "Clocks"]

TX_HZ = 125_000_000
#: Limits of the oscillator and of the phase detector.
VCO_HZ = (400_000_000, 800_000_000)
DETECTOR_HZ = (10_000_000, 400_000_000)
#: Steps of the core's begin, in cycles of 125 MHz from the PLL's lock: its clock is stopped, its reset let go, and its
#: clock let go.
_STOP, _RELEASE, _GO = 64, 96, 128


@dataclass(frozen=True)
class Dividers:
    """Dividers of the input, of the feedback, and of both outputs."""

    reference: int
    feedback: int
    tx: int
    core: int


def dividers(clock_hz: int, core_hz: int) -> Dividers:
    """Return dividers that make exactly 125 MHz and ``core_hz`` of ``clock_hz``. Raises BoardError if there are none.

    The feedback comes from the 125 MHz output, so ``feedback`` over ``reference`` is its ratio to the input.
    """
    for tx in range(VCO_HZ[1] // TX_HZ, 0, -1):
        vco = TX_HZ * tx
        if vco < VCO_HZ[0] or vco % core_hz:
            continue
        for reference in range(1, 129):
            detector = clock_hz / reference
            if detector >= DETECTOR_HZ[0] and detector <= DETECTOR_HZ[1] and TX_HZ * reference % clock_hz == 0:
                return Dividers(reference, TX_HZ * reference // clock_hz, tx, vco // core_hz)
    raise BoardError(f"no PLL makes 125 MHz and {core_hz:,} Hz of {clock_hz:,} Hz")


def core_clock(most_hz: int) -> int:
    """Return the fastest clock of no more than ``most_hz`` that the PLL makes beside 125 MHz, of whole Hz.

    Raises BoardError if there is none.
    """
    found = [TX_HZ * tx // core for tx in range(1, VCO_HZ[1] // TX_HZ + 1) for core in range(1, 129)
             if TX_HZ * tx >= VCO_HZ[0] and TX_HZ * tx % core == 0 and TX_HZ * tx <= most_hz * core]
    if not found:
        raise BoardError(f"no PLL makes a clock of at most {most_hz:,} Hz beside 125 MHz")
    return max(found)


class Clocks(wiring.Component):
    """The clocks of the domains ``tx`` and ``sync``, which whoever makes this makes too, and the latter's reset; both
    are in reset until the PLL has locked.

    The core's reset falls while the core's clock stands, so that it may take its time to reach all flip-flops: it has
    256 ns, on whatever way (boards/reset.py). Before that the clock runs for half a microsecond in reset.

    Members
    -------
    clock : the board's oscillator
    tx_clk : 125 MHz
    core_clk : the core's
    core_reset : for the core's domain
    """

    clock: In(1)
    tx_clk: Out(1)
    core_clk: Out(1)
    core_reset: Out(1, init=1)

    def __init__(self, *, clock_hz: int, core_hz: int):
        self.dividers = dividers(clock_hz, core_hz)
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        locked, core_clk = Signal(), Signal()
        chosen = self.dividers
        m.submodules.pll = Instance(
            "EHXPLLL",
            a_ICP_CURRENT="12", a_LPF_RESISTOR="8", a_MFG_ENABLE_FILTEROPAMP="1", a_MFG_GMCREF_SEL="2",
            p_FEEDBK_PATH="CLKOP", p_CLKI_DIV=chosen.reference, p_CLKFB_DIV=chosen.feedback,
            p_CLKOP_ENABLE="ENABLED", p_CLKOP_DIV=chosen.tx, p_CLKOP_CPHASE=chosen.tx - 1, p_CLKOP_FPHASE=0,
            p_CLKOS_ENABLE="ENABLED", p_CLKOS_DIV=chosen.core, p_CLKOS_CPHASE=chosen.core - 1, p_CLKOS_FPHASE=0,
            p_PLLRST_ENA="DISABLED", p_INTFB_WAKE="DISABLED", p_STDBY_ENABLE="DISABLED", p_DPHASE_SOURCE="DISABLED",
            p_OUTDIVIDER_MUXA="DIVA", p_OUTDIVIDER_MUXB="DIVB", p_OUTDIVIDER_MUXC="DIVC", p_OUTDIVIDER_MUXD="DIVD",
            i_CLKI=self.clock, i_CLKFB=self.tx_clk, i_RST=0, i_STDBY=0, i_PHASESEL0=0, i_PHASESEL1=0, i_PHASEDIR=1,
            i_PHASESTEP=1, i_PHASELOADREG=1, i_PLLWAKESYNC=0, i_ENCLKOP=0,
            o_CLKOP=self.tx_clk, o_CLKOS=core_clk, o_LOCK=locked)
        m.submodules.tx_reset = ResetSynchronizer(~locked, domain="tx")

        m.domains.begin = begin = ClockDomain("begin", async_reset=True, local=True)
        m.submodules.begin_reset = ResetSynchronizer(~locked, domain="begin")
        step, runs = Signal(range(_GO + 1)), Signal(init=1)
        m.submodules.gate = Instance("DCCA", i_CLKI=core_clk, i_CE=runs, o_CLKO=self.core_clk)
        m.d.comb += begin.clk.eq(self.tx_clk)
        m.d.begin += [
            step.eq(step + (step != _GO)), runs.eq((step < _STOP) | (step == _GO)),
            self.core_reset.eq(step < _RELEASE)]
        return m
