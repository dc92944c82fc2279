"""Notices of the feed to the host, one at a time."""

from amaranth.hdl import Assert, Format, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, Signature

from wire.records import FeedEvent

__all__ = ["NoticePort", "Notices"]

#: A notice in every cycle in which ``valid`` is high: a FeedEvent and its number. It cannot be stalled.
NoticePort = Signature({"valid": Out(1), "event": Out(8), "aux": Out(64)})

#: Events that exclude each other in one cycle share a lane and leave it in their order.
LANES = ((FeedEvent.STALE, FeedEvent.RECOVERED), (FeedEvent.SILENT, FeedEvent.HEARD), (FeedEvent.SUSPECT,),
         (FeedEvent.SESSION_ENDED,))
DEPTH = 2


class Notices(wiring.Component):
    """Queue of notices.

    Timing: a notice stands on ``o`` 2 cycles after its strobe, later if others wait; at most one a cycle. Its number is
    the expected sequence number of the cycle before. None is lost: each lane holds two, and each kind of strobe is set
    off by a packet, which takes at least 7 cycles with its headers, or follows from the other kind in its lane.

    Members
    -------
    stale, recovered, silent, heard, suspect, ended : In(1)
        Strobes of the events. ``stale`` and ``recovered``, ``silent`` and ``heard`` never come together.
    expected : In(64)
        Number of the next message.
    o : Out(NoticePort)
        The notices.
    """

    stale: In(1)
    recovered: In(1)
    silent: In(1)
    heard: In(1)
    suspect: In(1)
    ended: In(1)
    expected: In(64)
    o: Out(NoticePort)

    def elaborate(self, platform):
        m = Module()
        strobes = {
            FeedEvent.STALE: self.stale, FeedEvent.RECOVERED: self.recovered, FeedEvent.SILENT: self.silent,
            FeedEvent.HEARD: self.heard, FeedEvent.SUSPECT: self.suspect, FeedEvent.SESSION_ENDED: self.ended,
        }
        m.d.sync += [self.o.valid.eq(0), self.o.aux.eq(self.expected)]
        served_before = 0
        for events in LANES:
            name = events[0].name.lower()
            waiting = [Signal(name=f"{name}_waiting{n}") for n in range(DEPTH)]
            event = [Signal(len(self.o.event), name=f"{name}_event{n}") for n in range(DEPTH)]
            serve = Signal(name=f"{name}_serve")
            push = Signal(name=f"{name}_push")
            pushed = Signal(len(self.o.event), name=f"{name}_pushed")
            m.d.comb += serve.eq(waiting[0] & ~served_before)
            for kind in events:
                with m.If(strobes[kind]):
                    m.d.comb += [push.eq(1), pushed.eq(kind)]
            with m.If(serve):
                m.d.sync += [self.o.valid.eq(1), self.o.event.eq(event[0])]
                m.d.sync += [waiting[0].eq(waiting[1] | push), waiting[1].eq(waiting[1] & push),
                             event[1].eq(pushed)]
                with m.If(waiting[1]):
                    m.d.sync += event[0].eq(event[1])
                with m.Else():
                    m.d.sync += event[0].eq(pushed)
            with m.Elif(push):
                m.d.sync += Assert(~waiting[1], Format("notice lost: event {:d}", pushed))
                with m.If(waiting[0]):
                    m.d.sync += [waiting[1].eq(1), event[1].eq(pushed)]
                with m.Else():
                    m.d.sync += [waiting[0].eq(1), event[0].eq(pushed)]
            served_before = served_before | waiting[0]
        return m
