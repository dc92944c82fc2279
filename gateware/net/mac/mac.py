"""The MAC: a receiver and a transmitter between a PHY's pins and the core."""

from amaranth.hdl import DomainRenamer, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out, connect, flipped

from gateware.interfaces import FrameStream
from gateware.net.mac import receive
from gateware.net.mac.capture import Capture
from gateware.net.mac.chunks import CHUNK
from gateware.net.mac.crossing import Crossing
from gateware.net.mac.pace import Pace
from gateware.net.mac.receive import Receive
from gateware.net.mac.rgmii import Ddr
from gateware.net.mac.split import SendStream, Split
from gateware.net.mac.transmit import Transmit
from wire.ethernet import MAX_WITH_FCS

__all__ = ["EVENTS", "STATUS", "Mac"]

#: ``sent``: frames given to the transmitter whole. ``broken``: frames whose words came too late or that were given up.
EVENTS = data.StructLayout({**{name: 1 for name in receive.FATES}, "sent": 1, "broken": 1})
#: ``running``: the PHY gives a receive clock. ``gigabit``: at 125 MHz; at any other the receiver is off.
STATUS = data.StructLayout({"running": 1, "gigabit": 1})


class Mac(wiring.Component):
    """Gigabit Ethernet MAC on RGMII; 10 and 100 Mbit/s are refused, as ``status.gigabit`` tells.

    Three domains: ``rx``, the clock that the PHY sends, without reset; ``tx``, 125 MHz; ``sync``, the core, at ``hz``
    of at least 40 MHz. In ``rx`` is nothing but ``Capture``, in ``tx`` nothing but ``Transmit``; between them and the
    core stand queues in block RAM. Each block says what it does on errors and reset, docs/net.md all of it together.

    Latency: with core and receive clock at 125 MHz, a frame's last word is on ``o`` 8 cycles, and some part of one,
    after the last byte of its FCS is on ``rx``; other words 8 cycles and that part after the fourth byte behind them.
    The first byte of preamble is on ``tx`` 7 cycles, and some part of one, after a first word on ``i``. Throughput:
    line rate in both directions, with gaps of one byte in the receiver and 12 from the transmitter.

    Members
    -------
    rx : what the DDR registers of the receive pins give, in ``rx``
    tx : what the DDR registers of the transmit pins send, in ``tx``
    i : frames to send, without FCS; a frame's words must come in time
    o : frames received, without FCS
    status : of the receive clock
    events : strobes, in the core's clock
    """

    def __init__(self, *, hz: int, depth: int = 512, max_bytes: int = MAX_WITH_FCS):
        self.hz, self.depth, self.max_bytes = hz, depth, max_bytes
        super().__init__({
            "rx": In(Ddr), "tx": Out(Ddr), "i": In(SendStream), "o": Out(FrameStream),
            "status": Out(STATUS), "events": Out(EVENTS)})

    def elaborate(self, platform):
        m = Module()
        capture, transmit = Capture(), Transmit()
        m.submodules.capture, m.submodules.transmit = DomainRenamer("rx")(capture), DomainRenamer("tx")(transmit)
        m.submodules.rx_queue = rx_queue = Crossing(CHUNK, depth=self.depth, source="rx", target="sync")
        m.submodules.tx_queue = tx_queue = Crossing(CHUNK, depth=self.depth, source="sync", target="tx")
        m.submodules.receive = receiver = Receive(max_bytes=self.max_bytes)
        m.submodules.split = split = Split()
        m.submodules.pace = pace = Pace(hz=self.hz)

        connect(m, flipped(self.rx), capture.i)
        connect(m, capture.o, rx_queue.i)
        connect(m, rx_queue.o, receiver.i)
        connect(m, receiver.o, flipped(self.o))
        connect(m, flipped(self.i), split.i)
        connect(m, split.o, tx_queue.i)
        connect(m, tx_queue.o, transmit.i)
        connect(m, transmit.o, flipped(self.tx))

        # Frames are far enough apart for a level that changes with each broken one.
        turns, seen, before = (Signal(name=name, reset_less=True) for name in ("turns", "seen", "before"))
        m.submodules.broken_crosses = FFSynchronizer(turns, seen)
        with m.If(transmit.broken):
            m.d.tx += turns.eq(~turns)
        m.d.sync += before.eq(seen)
        m.d.comb += [
            receiver.enable.eq(pace.gigabit),
            self.status.gigabit.eq(pace.gigabit), self.status.running.eq(pace.running),
            *(self.events[name].eq(receiver.events[name]) for name in receive.FATES),
            self.events.sent.eq(split.done), self.events.broken.eq(seen ^ before)]
        return m
