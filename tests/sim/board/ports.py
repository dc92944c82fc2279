"""The ports of a board with nothing behind them but stations: what a test of the line needs, and no more."""

from amaranth.hdl import C, ClockDomain, DomainRenamer, Elaboratable, Module
from amaranth.lib import io
from amaranth.lib.wiring import connect

from boards.pll import Clocks
from boards.rgmii import RgmiiPins
from gateware.net.ip.responder import Responder
from gateware.net.mac.mac import Mac

__all__ = ["Ports"]


class Ports(Elaboratable):
    """PLL, pins, MAC and station of every port of ``board``, port n at ``mac`` + n and ``ip`` + n."""

    def __init__(self, board, *, core_hz: int, mac: int, ip: int):
        self.board, self.core_hz, self.mac, self.ip = board, core_hz, mac, ip

    def elaborate(self, platform):
        m = Module()
        m.submodules.clock = clock = io.Buffer("i", platform.request(platform.default_clk, dir="-"))
        m.submodules.clocks = clocks = Clocks(clock_hz=self.board.clock_hz, core_hz=self.core_hz)
        m.domains.sync, m.domains.tx = sync, tx = ClockDomain("sync"), ClockDomain("tx")
        m.d.comb += [clocks.clock.eq(clock.i), sync.clk.eq(clocks.core_clk),
                     sync.rst.eq(clocks.core_reset), tx.clk.eq(clocks.tx_clk)]
        for port in self.board.ports:
            n, domain = port.number, f"rx{port.number}"
            wires = platform.request("rgmii", n, dir=dict.fromkeys(
                ("rx_clk", "rx_ctl", "rx_data", "tx_clk", "tx_ctl", "tx_data"), "-"))
            m.submodules[f"pins{n}"] = pins = RgmiiPins(
                wires, rx_taps=port.rx_taps, tx_taps=port.tx_taps, domain=domain)
            m.domains += (rx := ClockDomain(domain, reset_less=True))
            m.d.comb += rx.clk.eq(pins.rx_clk)
            mac, station = Mac(hz=self.core_hz), Responder()
            m.submodules[f"mac{n}"] = DomainRenamer({"rx": domain})(mac)
            m.submodules[f"station{n}"] = station
            connect(m, pins.rx, mac.rx)
            connect(m, mac.tx, pins.tx)
            connect(m, mac.o, station.i)
            connect(m, station.o, mac.i)
            m.d.comb += [station.mac.eq(C(self.mac + n, 48)), station.ip.eq(C(self.ip + n, 32))]
        return m
