"""What becomes of a frame: one reason for each, and the verdict on its datagram."""

from amaranth.hdl import Assert, Cat, Format, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.net.headers import FrameEnd, HeaderFindings
from wire.registers import COUNTERS

__all__ = ["EVENTS", "FATES", "Fate"]

#: One strobe for each of the frame counters.
EVENTS = data.StructLayout({name: 1 for name, _ in COUNTERS if name.startswith("frames")})

#: Fates of a frame, those that are found first before those that are found later.
FATES = ("frames_ethertype", "frames_ip_version", "frames_runt", "frames_ip_checksum", "frames_fragment",
         "frames_length", "frames_not_for_us", "frames_truncated", "frames_mac_error", "frames_udp_checksum",
         "frames_ok")


class Fate(wiring.Component):
    """Decides on frames and on the datagrams begun.

    Latency: ``condemned`` comes in the cycle of ``findings``, unregistered, and ``verdict_done`` with it if a datagram
    was begun. All else is decided 3 cycles after ``end`` (unregistered ``verdict_done``), and strobes in ``events`` one
    cycle later. Throughput: one frame a cycle, if need be. Reset forgets the frames under way; their datagrams get no
    verdict.

    Exactly one of ``FATES`` strobes for each frame, the first in this order that is true; a frame that began while
    disabled is not for us, and one of which the last word was lost has a MAC error, whatever else they are.

    Members
    -------
    begun, lost, end, findings : from the headers
    ip_holds : the IP header checksum is right, with ``findings``
    missed : the destination is in no channel, with ``findings`` and on
    udp_holds : the UDP checksum is right, 3 cycles after ``end``
    overflow : the datagram is too long to be held, 2 cycles after ``end``
    payload : a payload word is put out
    condemned : the headers are bad
    verdict_done, verdict_bad : the datagram that was begun is done with; it is bad
    events : strobes
    """

    begun: In(1)
    lost: In(1)
    end: In(FrameEnd)
    findings: In(HeaderFindings)
    ip_holds: In(1)
    missed: In(1)
    udp_holds: In(1)
    overflow: In(1)
    payload: In(1)
    condemned: Out(1)
    verdict_done: Out(1)
    verdict_bad: Out(1)
    events: Out(EVENTS)

    def elaborate(self, platform):
        m = Module()
        found = self.findings
        ip_wrong = Signal()
        m.d.comb += self.condemned.eq(
            found.valid & (found.p.fragment | found.p.length | self.missed | ~self.ip_holds))
        with m.If(found.valid):
            m.d.sync += ip_wrong.eq(~self.ip_holds)

        # A frame's findings are complete two cycles after its end, those of the next frame come later than that.
        ended, waiting = Signal.like(self.end.p), Signal.like(self.end.p)
        ended_valid, waiting_valid = Signal(), Signal()
        m.d.sync += [
            ended.eq(self.end.p), ended_valid.eq(self.end.valid),
            waiting.eq(ended), waiting_valid.eq(ended_valid)]

        reasons = Signal(data.StructLayout({name: 1 for name in FATES[:-2]}))
        m.d.comb += [
            reasons.frames_ethertype.eq(waiting.ethertype), reasons.frames_ip_version.eq(waiting.ip_version),
            reasons.frames_runt.eq(waiting.runt), reasons.frames_ip_checksum.eq(ip_wrong),
            reasons.frames_fragment.eq(found.p.fragment), reasons.frames_length.eq(found.p.length | self.overflow),
            reasons.frames_not_for_us.eq(self.missed), reasons.frames_truncated.eq(waiting.truncated),
            reasons.frames_mac_error.eq(waiting.error)]
        reason, sound = Signal.like(reasons), Signal()
        unsummed = Signal()
        with m.If(waiting.enabled):
            m.d.sync += reason.eq(Cat(
                bit & ~reasons.as_value()[:n].any() & waiting_valid for n, bit in enumerate(reasons.as_value())))
        with m.Else():
            m.d.sync += [reason.eq(0), reason.frames_not_for_us.eq(waiting_valid)]
        m.d.sync += [
            sound.eq(waiting_valid & waiting.enabled & ~reasons.as_value().any()), unsummed.eq(found.p.unsummed)]

        lost = Signal(3)
        m.d.sync += lost.eq(Cat(self.lost, lost))
        good = Signal()
        m.d.comb += good.eq(sound & (unsummed | self.udp_holds))
        m.d.sync += [
            self.events.frames.eq(self.begun),
            *(self.events[name].eq(reason[name]) for name in FATES[:-2] if name != "frames_mac_error"),
            self.events.frames_mac_error.eq(reason.frames_mac_error | lost[-1]),
            self.events.frames_udp_checksum.eq(sound & ~good), self.events.frames_ok.eq(good)]

        # What waited is now sound, or has a reason.
        open_ = Signal()
        decided = Signal()
        m.d.sync += decided.eq(waiting_valid | lost[-2])
        m.d.comb += [
            self.verdict_done.eq(open_ & (self.condemned | decided)), self.verdict_bad.eq(~good)]
        with m.If(self.verdict_done):
            m.d.sync += open_.eq(0)
        with m.Elif(self.payload):
            m.d.sync += open_.eq(1)

        # Frames under way: while one comes in, the fates of those before may be pending; only runts can be many.
        pending = Signal(4)
        fates = Signal(range(len(FATES) + 1))
        m.d.comb += fates.eq(sum(self.events[name] for name in FATES))
        m.d.sync += [
            pending.eq(pending + self.events.frames - fates),
            Assert(fates <= pending, Format("{} fates of frames for {} frames", fates, pending)),
            Assert(~(self.payload & self.verdict_done), Format("payload with its verdict")),
            Assert(pending < 8, Format("{} frames without a fate", pending))]
        return m
