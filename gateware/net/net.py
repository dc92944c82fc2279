"""From frames to datagrams."""

from amaranth.hdl import Assert, Format, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.interfaces import DatagramStream, FrameStream, ReplayStream
from gateware.net.channels import CHANNEL, ChannelMatch
from gateware.net.checksum import InternetChecksum
from gateware.net.fate import EVENTS, Fate
from gateware.net.headers import Headers
from gateware.net.hold import GAP, Hold
from wire import ipv4

__all__ = ["Net"]

#: Most halves that can be summed for a UDP checksum: an IP packet, and its total length.
UDP_HALVES = (ipv4.MAX_LENGTH + 1) // 2 + 1


class Net(wiring.Component):
    """Takes the datagrams for us out of Ethernet frames, and counts what becomes of each frame.

    Frames are Ethernet II with none or one 802.1Q tag, IPv4 with or without options, UDP to a destination in the
    channel table. Bytes behind the IP total length are ignored. A frame without payload is good and puts out nothing.

    Latency: a payload word on ``i`` is on ``o`` exactly one cycle later (with hold: see ``gateware.net.hold``).
    Throughput: one word a cycle, without pause between frames; words of a frame may have gaps.

    Every frame strobes ``events.frames`` when it begins, and exactly one of the other events, 5 cycles after its last
    word; which one, when several are true, says the order of ``gateware.net.fate.FATES``. A datagram that was begun on
    ``o`` gets one verdict: a bad one 2 cycles after its first word (so at most 2 words of it were put out) when IP
    checksum, channel or lengths prove wrong, else a good or bad one with its frame's event. A bad verdict may come in
    place of the rest of the datagram. Frames of other types, fragments and those with too small an IP total length put
    out nothing at all.

    Errors: words before any ``first`` are ignored. A frame whose ``last`` is missing when the next ``first`` comes
    counts as MAC error, whatever else is wrong with it, and the next is parsed as usual. With hold, a datagram of more
    than ``hold_depth`` - 32 words may not fit and counts as length. Reset forgets the frame under way and what is held;
    a datagram that was begun then gets no verdict.

    Members
    -------
    i : frames
    channel : channel table; the first entry that matches gives the line
    hold : put out a datagram only when its whole frame proved good; see ``hold_active``
    enable : take frames; when low, every frame that begins counts as not for us
    again : words of replayed datagrams, put out one cycle later where there is no other word; lost otherwise
    o : datagrams
    events : strobes for the counters of the same names
    hold_active : hold is in force
    """

    def __init__(self, *, channels: int = 4, hold_depth: int = 512):
        if channels < 1:
            raise ValueError(f"channels must be at least 1, not {channels}")
        self.channels, self.hold_depth = channels, hold_depth
        super().__init__({
            "i": In(FrameStream), "channel": In(data.ArrayLayout(CHANNEL, channels)),
            "hold": In(1), "enable": In(1), "again": In(ReplayStream),
            "o": Out(DatagramStream), "events": Out(EVENTS), "hold_active": Out(1)})

    def elaborate(self, platform):
        m = Module()
        m.submodules.headers = headers = Headers()
        m.submodules.channel_match = match = ChannelMatch(channels=self.channels)
        m.submodules.ip_checksum = ip_checksum = InternetChecksum(limit=ipv4.MAX_HEADER // 2)
        m.submodules.udp_checksum = udp_checksum = InternetChecksum(limit=UDP_HALVES)
        m.submodules.fate = fate = Fate()
        m.submodules.output = output = Hold(depth=self.hold_depth)

        wiring.connect(m, wiring.flipped(self.i), headers.i)
        wiring.connect(m, headers.ip_halves, ip_checksum.i)
        wiring.connect(m, headers.udp_halves, udp_checksum.i)
        wiring.connect(m, headers.end, fate.end)
        wiring.connect(m, headers.findings, fate.findings)
        wiring.connect(m, output.o, wiring.flipped(self.o))
        wiring.connect(m, wiring.flipped(self.again), output.again)
        m.d.comb += [
            headers.enable.eq(self.enable), headers.condemned.eq(fate.condemned),
            match.channel.eq(self.channel), match.settle.eq(headers.settle),
            match.address.eq(headers.address), match.address_valid.eq(headers.address_valid),
            match.early.eq(headers.early), match.early_valid.eq(headers.early_valid),
            match.late.eq(headers.late), match.late_valid.eq(headers.late_valid),
            udp_checksum.seed.eq(headers.udp_seed),
            fate.begun.eq(headers.begun), fate.lost.eq(headers.lost), fate.ip_holds.eq(ip_checksum.holds),
            fate.missed.eq(match.missed), fate.udp_holds.eq(udp_checksum.holds), fate.overflow.eq(output.overflow),
            fate.payload.eq(headers.payload.valid), self.events.eq(fate.events),
            output.near.eq(headers.near), output.hold.eq(self.hold), self.hold_active.eq(output.active),
            output.i.valid.eq(headers.payload.valid), output.i.p.eq(headers.payload.p),
            output.i.p.line.eq(match.line),
            output.i.verdict_done.eq(fate.verdict_done), output.i.verdict_bad.eq(fate.verdict_bad)]

        word = Signal()
        under_way = Signal()
        m.d.comb += word.eq(self.o.valid & ~self.o.p.again)
        with m.If(self.o.verdict_done):
            m.d.sync += under_way.eq(0)
        with m.Elif(word):
            m.d.sync += under_way.eq(1)
        # What the feed relies on: order, idle cycles behind each datagram, and two cycles from a good verdict to the
        # next datagram.
        idle = Signal(range(GAP + 1), init=GAP)
        decided = Signal()
        begins = Signal()
        m.d.comb += begins.eq(word & self.o.p.first)
        with m.If(word):
            m.d.sync += idle.eq(0)
        with m.Elif(idle != GAP):
            m.d.sync += idle.eq(idle + 1)
        m.d.sync += [
            decided.eq(self.o.verdict_done & ~self.o.verdict_bad),
            Assert(~word | (self.o.p.first != under_way), Format("datagram begins inside another")),
            Assert(~(under_way & self.o.valid & self.o.p.again), Format("replayed word inside a datagram")),
            Assert(~self.o.verdict_done | under_way | word, Format("verdict on no datagram")),
            Assert(~begins | (idle == GAP), Format("datagram {} cycles behind another", idle)),
            Assert(~(begins & decided), Format("datagram in the cycle after a good verdict"))]
        return m
