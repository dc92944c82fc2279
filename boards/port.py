"""One port of a board: pins, MAC, and the station that answers there."""

from amaranth.hdl import C, DomainRenamer, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from boards.board import Port
from boards.rgmii import RgmiiPins
from gateware.interfaces import FRAME_WORD, FrameStream
from gateware.net.ip.merge import Merge
from gateware.net.ip.responder import Responder
from gateware.net.mac.mac import EVENTS, STATUS, Mac
from gateware.net.mac.split import SendStream

__all__ = ["StationPort"]


class StationPort(wiring.Component):
    """A gigabit port at ``mac`` and ``ip``, which answers ARP and ping by itself; ``pins`` are those of ``port``.

    Domains: ``tx``, 125 MHz; ``sync``, the core, at ``hz``; and ``domain``, of this port alone, whose clock is
    ``rx_clk``. Latency, throughput, overflow, errors, reset: gateware/net/mac/mac.py,
    gateware/net/ip/responder.py, gateware/net/ip/merge.py.

    Members
    -------
    rx_clk : the PHY's receive clock
    i : frames of others to be sent here, in turn with the station's own
    o : frames received
    status, events : of the MAC
    """

    rx_clk: Out(1)
    i: In(SendStream)
    o: Out(FrameStream)
    status: Out(STATUS)
    events: Out(EVENTS)

    def __init__(self, pins, *, port: Port, hz: int, mac: int, ip: int, domain: str):
        self.pins, self.port, self.hz, self.mac, self.ip, self.domain = pins, port, hz, mac, ip, domain
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.pins = pins = RgmiiPins(
            self.pins, rx_taps=self.port.rx_taps, tx_taps=self.port.tx_taps, domain=self.domain)
        mac = Mac(hz=self.hz)
        m.submodules.mac = DomainRenamer({"rx": self.domain})(mac)
        m.submodules.responder = responder = Responder()
        m.submodules.merge = merge = Merge(FRAME_WORD, inputs=2)
        connect(m, pins.rx, mac.rx)
        connect(m, mac.tx, pins.tx)
        connect(m, mac.o, responder.i)
        connect(m, responder.o, merge.i[0])
        connect(m, flipped(self.i), merge.i[1])
        connect(m, merge.o, mac.i)
        m.d.comb += [
            self.rx_clk.eq(pins.rx_clk), self.status.eq(mac.status), self.events.eq(mac.events),
            self.o.valid.eq(mac.o.valid), self.o.p.eq(mac.o.p),
            responder.mac.eq(C(self.mac, 48)), responder.ip.eq(C(self.ip, 32))]
        return m
