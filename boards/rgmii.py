# Ref: Lattice FPGA-TN-02035, "ECP5 and ECP5-5G High-Speed I/O Interface"; RGMII version 2.0, section 3
"""The pins of an RGMII port of an ECP5, as bytes in their clocks."""

from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal, Signal
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In, Out

from boards.board import BoardError
from gateware.net.mac.rgmii import Ddr

__all__ = ["TAPS", "RgmiiPins"]

#: Most taps of an I/O delay cell.
TAPS = 127


class RgmiiPins(wiring.Component):
    """DDR registers and delays at every pin of ``pins``, in the domains ``tx`` and ``domain``; of this, ``rx_clk`` is
    the clock.

    Latency: that of the registers, one cycle to receive and two to send (amaranth's vendor library counts the same).
    Throughput: a byte a cycle. Reset: the transmit pins rest.

    Members
    -------
    rx_clk : the PHY's clock
    rx : received, in ``domain``
    tx : to send, in ``tx``
    """

    rx_clk: Out(1)
    rx: Out(Ddr)
    tx: In(Ddr)

    def __init__(self, pins, *, rx_taps: int, tx_taps: int, domain: str = "rx"):
        for name, taps in (("rx_taps", rx_taps), ("tx_taps", tx_taps)):
            if not 0 <= taps <= TAPS:
                raise BoardError(f"{name} must be 0..{TAPS}, not {taps}")
        self.pins, self.rx_taps, self.tx_taps, self.domain = pins, rx_taps, tx_taps, domain
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        pins = self.pins
        m.submodules.rx_clk = clock = io.Buffer("i", pins.rx_clk)
        m.d.comb += self.rx_clk.eq(clock.i)

        m.submodules.rx_data = data = io.Buffer("i", pins.rx_data)
        m.submodules.rx_ctl = ctl = io.Buffer("i", pins.rx_ctl)
        for n in range(4):
            self._receive(m, f"rx_data{n}", data.i[n], self.rx.data[n], self.rx.data[n + 4])
        self._receive(m, "rx_ctl", ctl.i, self.rx.control[0], self.rx.control[1])

        for name, halves in (
                *((f"tx_data{n}", (self.tx.data[n], self.tx.data[n + 4])) for n in range(4)),
                ("tx_ctl", (self.tx.control[0], self.tx.control[1])), ("tx_clk", (1, 0))):
            pin = Signal(name=name)
            self._send(m, name, *halves, pin, self.tx_taps if name == "tx_clk" else 0)
            port = pins.tx_data[int(name[-1])] if name.startswith("tx_data") else getattr(pins, name)
            m.submodules[f"{name}_buffer"] = buffer = io.Buffer("o", port)
            m.d.comb += buffer.o.eq(pin)
        return m

    def _receive(self, m, name, pin, rising, falling):
        delayed = Signal(name=f"{name}_delayed")
        m.submodules[f"{name}_delay"] = Instance(
            "DELAYG", p_DEL_MODE="USER_DEFINED", p_DEL_VALUE=self.rx_taps, i_A=pin, o_Z=delayed)
        m.submodules[f"{name}_ddr"] = Instance(
            "IDDRX1F", i_D=delayed, i_SCLK=ClockSignal(self.domain), i_RST=0, o_Q0=rising, o_Q1=falling)

    @staticmethod
    def _send(m, name, rising, falling, pin, taps):
        early = Signal(name=f"{name}_early")
        m.submodules[f"{name}_ddr"] = Instance(
            "ODDRX1F", i_D0=rising, i_D1=falling, i_SCLK=ClockSignal("tx"), i_RST=ResetSignal("tx"), o_Q=early)
        m.submodules[f"{name}_delay"] = Instance(
            "DELAYG", p_DEL_MODE="USER_DEFINED", p_DEL_VALUE=taps, i_A=early, o_Z=pin)
