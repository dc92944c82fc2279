"""A station of the network that is a device's link to its host. Here blocks are only made and connected."""

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from gateware.hostlink.hostlink import HostLink
from gateware.interfaces import FRAME_WORD, FrameStream, RegisterBus, RingWrite
from gateware.link.verdicts import VerdictWrite
from gateware.net.ip.merge import Merge
from gateware.net.ip.responder import EVENTS, Responder
from gateware.net.mac.mac import EVENTS as MAC_EVENTS
from gateware.net.mac.split import SendStream

__all__ = ["Station"]


class Station(wiring.Component):
    """Answers ARP and ping, and is the link to the host (gateware/hostlink/hostlink.py).

    Latency, throughput, overflow, errors and reset: of the blocks, gateware/net/ip/{responder,merge}.py and the link.
    Frames of the two are sent in turn.

    Members
    -------
    i : frames
    mac, ip, port : addresses of this station
    host : IP address of the host; 0: nobody may write
    bus : the device's pages
    ring, verdicts : the device's writes to ring memory; the latter only if the profile has a risk gate
    mac_events, status : of port 0's MAC, to be counted; what STATUS shows
    o : frames
    events : of the responder
    """

    def __init__(self, *, profile):
        self.profile = profile
        super().__init__({
            "i": In(FrameStream), "mac": In(48), "ip": In(32), "port": In(16), "host": In(32), "bus": Out(RegisterBus),
            "ring": In(RingWrite), **({"verdicts": In(VerdictWrite)} if profile.accounts else {}),
            "mac_events": In(MAC_EVENTS), "status": In(32), "o": Out(SendStream), "events": Out(EVENTS)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.responder = responder = Responder()
        m.submodules.hostlink = hostlink = HostLink(profile=self.profile)
        m.submodules.merge = merge = Merge(FRAME_WORD, inputs=2)
        for block, place in zip((responder, hostlink), merge.i, strict=True):
            m.d.comb += [block.i.valid.eq(self.i.valid), block.i.p.eq(self.i.p)]
            m.d.comb += [block.mac.eq(self.mac), block.ip.eq(self.ip)]
            connect(m, block.o, place)
        connect(m, merge.o, flipped(self.o))
        connect(m, hostlink.bus, flipped(self.bus))
        connect(m, flipped(self.ring), hostlink.ring)
        if self.profile.accounts:
            connect(m, flipped(self.verdicts), hostlink.verdicts)
        m.d.comb += [
            hostlink.port.eq(self.port), hostlink.host.eq(self.host), hostlink.mac_events.eq(self.mac_events),
            hostlink.status.eq(self.status), self.events.eq(responder.events)]
        return m
