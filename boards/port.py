"""One port of a board: pins and MAC."""

from amaranth.hdl import DomainRenamer, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from boards.board import Port
from boards.rgmii import RgmiiPins
from gateware.interfaces import FrameStream
from gateware.net.mac.mac import EVENTS, STATUS, Mac
from gateware.net.mac.split import SendStream

__all__ = ["GigabitPort"]


class GigabitPort(wiring.Component):
    """Frames from and to ``pins``, which are those of ``port``.

    Domains: ``tx``, 125 MHz; ``sync``, the core, at ``hz``; and ``domain``, of this port alone, whose clock is
    ``rx_clk``. Latency, throughput, overflow, errors, reset: gateware/net/mac/mac.py.

    Members
    -------
    rx_clk : the PHY's receive clock
    i : frames to send
    o : frames received
    status, events : of the MAC
    """

    rx_clk: Out(1)
    i: In(SendStream)
    o: Out(FrameStream)
    status: Out(STATUS)
    events: Out(EVENTS)

    def __init__(self, pins, *, port: Port, hz: int, domain: str):
        self.pins, self.port, self.hz, self.domain = pins, port, hz, domain
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.pins = pins = RgmiiPins(
            self.pins, rx_taps=self.port.rx_taps, tx_taps=self.port.tx_taps, domain=self.domain)
        mac = Mac(hz=self.hz)
        m.submodules.mac = DomainRenamer({"rx": self.domain})(mac)
        connect(m, pins.rx, mac.rx)
        connect(m, mac.tx, pins.tx)
        connect(m, mac.o, flipped(self.o))
        connect(m, flipped(self.i), mac.i)
        m.d.comb += [self.rx_clk.eq(pins.rx_clk), self.status.eq(mac.status), self.events.eq(mac.events)]
        return m
