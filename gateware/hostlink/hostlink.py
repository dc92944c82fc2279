"""The link to the host over Ethernet. Here blocks are only made and connected."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from gateware.hostlink.etherbone import EVENTS as ETHERBONE_EVENTS
from gateware.hostlink.etherbone import Etherbone
from gateware.hostlink.registers import LinkRegisters
from gateware.interfaces import FrameStream, RegisterBus
from gateware.net.ip.inbox import Inbox
from gateware.net.ip.udp import UdpSend
from gateware.net.mac.split import SendStream

__all__ = ["HostLink"]


class HostLink(wiring.Component):
    """Gives the host the device's pages as Etherbone (wire/hostlink.py).

    Latency, throughput, overflow, errors and reset: of the blocks, gateware/net/ip/{inbox,udp}.py,
    gateware/hostlink/{etherbone,registers}.py.

    Members
    -------
    i : frames
    mac, ip, port : addresses of this station
    host : IP address of the host; 0: nobody may write
    bus : the device's pages
    o : frames
    """

    i: In(FrameStream)
    mac: In(48)
    ip: In(32)
    port: In(16)
    host: In(32)
    bus: Out(RegisterBus)
    o: Out(SendStream)

    def elaborate(self, platform):
        m = Module()
        m.submodules.inbox = inbox = Inbox()
        m.submodules.etherbone = etherbone = Etherbone()
        m.submodules.registers = registers = LinkRegisters(kept=(0, 0))
        m.submodules.send = send = UdpSend()

        connect(m, flipped(self.i), inbox.i)
        connect(m, etherbone.bus, flipped(self.bus))
        connect(m, etherbone.link, registers.bus)
        connect(m, etherbone.o, send.i)
        connect(m, send.o, flipped(self.o))
        peer = Signal.like(send.destination)
        with m.If(etherbone.o.valid):
            m.d.sync += peer.eq(etherbone.asker)
        m.d.comb += [
            *(getattr(inbox, name).eq(getattr(self, name)) for name in ("mac", "ip", "port")),
            *(send.source[name].eq(getattr(self, name)) for name in ("mac", "ip", "port")),
            etherbone.valid.eq(inbox.valid), etherbone.i.eq(inbox.o), etherbone.word.eq(inbox.word),
            inbox.index.eq(etherbone.index), inbox.done.eq(etherbone.done), etherbone.host.eq(self.host),
            send.destination.eq(peer),
            *(registers.events[name].eq(etherbone.events[name]) for name in ETHERBONE_EVENTS.members),
            *(registers.events[name].eq(inbox.events[name]) for name in ("dropped", "checksum"))]
        return m
