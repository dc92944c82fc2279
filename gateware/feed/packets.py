"""The fate of each packet, decided when the verdict on its frame is in."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.interfaces import DatagramStream

__all__ = ["Packets"]

#: Cycles from the verdict on ``i`` to its effect: all that the datagram's words set off has come to rest by then, and
#: the next datagram, which may begin in the cycle after the verdict, has not yet changed anything.
DELAY = 4


class Packets(wiring.Component):
    """Packet accounting.

    Everything that speaks of a packet as a whole - its counters, the session learned from it, the gap it opens - waits
    for a good verdict; a packet with a bad verdict leaves nothing but, if messages of it were taken, ``suspect``.

    Timing: ``learn`` 4 cycles after the verdict, all else 5. Throughput: a verdict a cycle; packets with a whole header
    at least 3 cycles apart (their words see to that). ``resync`` drops the packet under way without a count.

    Members
    -------
    i : In(DatagramStream)
        MoldUDP64 packets. A packet begins with its first word, even one that comes with a bad verdict.
    closed, complete, line : In(1)
        Of the word judged: last, last with the end of the packet's last block in its last byte; its line.
    whole, bare, none, heartbeat, ended, sequence, count : In
        Header (Mold).
    matches, leads, ignored, taken : In(1)
        Judgement of the packet, and strobe of a message taken from a line (Arbiter).
    resync, clear : In(1)
        Drop what is under way; forget ``suspect`` (a new suspicion in the same cycle prevails).
    begun : Out(1)
        A packet has begun three cycles ago.
    learn : Out(1)
        A good packet of the session followed, or of the first session.
    packets_a, packets_b, packets_short, packets_session, heartbeats, end_of_session, packets_malformed, packets_gap,
    packets_suspect : Out(1)
        Strobes of the counters of the same names.
    heard, heard_ahead, heard_number : Out
        A good packet of the session was heard; it has messages and they are ahead; the number after the last.
    suspect : Out(1)
        Messages of a bad frame were taken since ``clear``.
    ended_level : Out(1)
        An end of session was received since ``resync``.
    ended_first : Out(1)
        Strobe of the first of them.
    """

    i: In(DatagramStream)
    closed: In(1)
    complete: In(1)
    line: In(1)
    whole: In(1)
    bare: In(1)
    none: In(1)
    heartbeat: In(1)
    ended: In(1)
    sequence: In(64)
    count: In(16)
    matches: In(1)
    leads: In(1)
    ignored: In(1)
    taken: In(1)
    resync: In(1)
    clear: In(1)
    begun: Out(1)
    learn: Out(1)
    packets_a: Out(1)
    packets_b: Out(1)
    packets_short: Out(1)
    packets_session: Out(1)
    heartbeats: Out(1)
    end_of_session: Out(1)
    packets_malformed: Out(1)
    packets_gap: Out(1)
    packets_suspect: Out(1)
    heard: Out(1)
    heard_ahead: Out(1)
    heard_number: Out(64)
    suspect: Out(1)
    ended_level: Out(1)
    ended_first: Out(1)

    def elaborate(self, platform):
        m = Module()

        # State of the packet, three cycles behind its words.
        begun = Signal(2)
        whole = Signal(2)
        closed = Signal()
        complete = Signal()
        bare = Signal()
        has_header = Signal()
        malformed = Signal()
        some = Signal()
        line = Signal()
        number = Signal(64)
        m.d.sync += [
            begun.eq((begun << 1) | (self.i.valid & self.i.p.first)), self.begun.eq(begun[1]),
            whole.eq((whole << 1) | self.whole),
            closed.eq(self.closed), complete.eq(self.complete), bare.eq(self.bare),
        ]
        with m.If(whole[0]):
            m.d.sync += number.eq(self.sequence + Mux(self.none, 0, self.count))
        with m.If(whole[1]):
            m.d.sync += has_header.eq(1)
        with m.If(closed & ~Mux(self.none, bare, complete)):
            m.d.sync += malformed.eq(1)
        with m.If(self.taken):
            m.d.sync += some.eq(1)
        with m.If(self.begun):
            m.d.sync += [has_header.eq(0), malformed.eq(0), some.eq(0), line.eq(self.line)]

        done = Signal(DELAY)
        bad = Signal(DELAY)
        m.d.sync += [
            done.eq((done << 1) | self.i.verdict_done),
            bad.eq((bad << 1) | self.i.verdict_bad),
        ]
        good = Signal()
        suspicious = Signal()
        own = Signal()
        m.d.comb += [
            good.eq(done[-1] & ~bad[-1] & ~self.ignored & ~self.resync),
            suspicious.eq(done[-1] & bad[-1] & some),
            own.eq(good & has_header & self.matches),
            self.learn.eq(own),
        ]
        m.d.sync += [
            self.packets_short.eq(good & ~has_header),
            self.packets_session.eq(good & has_header & ~self.matches),
            self.packets_a.eq(good & has_header & ~line),
            self.packets_b.eq(good & has_header & line),
            self.heartbeats.eq(own & self.heartbeat),
            self.end_of_session.eq(own & self.ended),
            self.packets_malformed.eq(own & malformed),
            self.packets_gap.eq(own & self.leads & ~self.none),
            self.packets_suspect.eq(suspicious),
            self.heard.eq(own),
            self.heard_ahead.eq(own & self.leads & ~self.none),
            self.ended_first.eq(own & self.ended & ~self.ended_level),
        ]
        with m.If(own):
            m.d.sync += self.heard_number.eq(number)

        with m.If(self.resync):
            m.d.sync += self.ended_level.eq(0)
        with m.Elif(own & self.ended):
            m.d.sync += self.ended_level.eq(1)
        with m.If(suspicious):
            m.d.sync += self.suspect.eq(1)
        with m.Elif(self.clear):
            m.d.sync += self.suspect.eq(0)
        return m
