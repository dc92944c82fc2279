"""The feed handler: datagrams of both lines and the host's messages in, one sequence of ITCH messages out."""

from amaranth.hdl import Assert, Cat, Format, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from gateware.feed.arbiter import Arbiter
from gateware.feed.extractor import Extractor
from gateware.feed.inject import Inject, InjectPort
from gateware.feed.mold import Mold
from gateware.feed.notices import NoticePort, Notices
from gateware.feed.packets import Packets
from gateware.feed.watch import GapWatch, SilenceWatch
from gateware.interfaces import DatagramStream, MessageStream
from wire.itch50 import BOOK_TYPES

__all__ = ["EVENTS", "Feed"]

#: The counters of wire.registers that the feed strobes.
EVENTS = data.StructLayout({name: 1 for name in (
    "packets_a", "packets_b", "packets_short", "packets_session", "heartbeats", "end_of_session", "packets_malformed",
    "packets_gap", "packets_suspect", "msgs_a", "msgs_b", "msgs_injected", "msgs_old", "msgs_ahead", "inject_refused",
    "gaps", "gaps_stale", "gaps_filled", "silences", "msgs_unknown_type", "msgs_bad_length", "msgs_decoded")})


class Feed(wiring.Component):
    """MoldUDP64 feed handler with line arbitration.

    Timing: the word with a message's last byte is on ``i`` in cycle t, the message on ``o`` in cycle t+2. A verdict has
    effect 4 to 5 cycles later. Throughput: one word a cycle, never a stall; at least 4 idle cycles between datagrams
    (their frames' headers). Messages may come in consecutive cycles, those that act on an order at least two apart.

    A message is taken when its number is ``expected``, whatever its source. What a packet says as a whole (session,
    gap, heartbeat, all counters of packets) counts when its frame proved good. Messages count as they come, in a frame
    that proves bad as well; a word that comes with the bad verdict is not taken. A block shorter than 12 bytes is
    consumed as a message of wrong length and ends its packet, which is malformed. The datagram that ``resync`` meets is
    dropped to its end without a count. A replayed datagram (``again``) has no verdict: of it only the messages taken
    count.

    Members
    -------
    i : In(DatagramStream)
        Datagrams of both lines, one after the other.
    inject : In(InjectPort)
        Messages from the host, consumed and checked like those of the lines.
    gap_packets, gap_cycles, silence_cycles : In(32)
        Windows (GapWatch, SilenceWatch).
    resync, seq_set : In
        Strobe: expect ``seq_set``, forget session, gap and end of session.
    clear : In(1)
        Strobe: forget ``suspect`` and ``feed_error``.
    o : Out(MessageStream)
        Messages of known type and right length.
    events : Out(EVENTS)
        One strobe for each counter.
    stale : Out(1)
        The books are behind: the gap has outlived its window, or the feed is silent.
    gap, silent, suspect, session_known, ended, feed_error : Out(1)
        A gap is open; the feed is silent; messages of a bad frame were taken; a session is followed; it has ended;
        a message of wrong length was taken.
    expected, highest : Out(64)
        Number of the next message; highest number after a message heard of.
    ahead, progress : Out(1)
        For gateware/feed/reorder.py: the datagram judged last has messages of the session and they are ahead, 6 cycles
        after its first word, if it has a message; a message was taken.
    notice : Out(NoticePort)
        Notices for the host.
    """

    i: In(DatagramStream)
    inject: In(InjectPort)
    gap_packets: In(32)
    gap_cycles: In(32)
    silence_cycles: In(32)
    resync: In(1)
    seq_set: In(64)
    clear: In(1)
    o: Out(MessageStream)
    events: Out(EVENTS)
    stale: Out(1)
    gap: Out(1)
    silent: Out(1)
    suspect: Out(1)
    session_known: Out(1)
    ended: Out(1)
    feed_error: Out(1)
    expected: Out(64)
    highest: Out(64)
    ahead: Out(1)
    progress: Out(1)
    notice: Out(NoticePort)

    def elaborate(self, platform):
        m = Module()
        m.submodules.extractor = extractor = Extractor()
        m.submodules.mold = mold = Mold()
        m.submodules.arbiter = arbiter = Arbiter()
        m.submodules.packets = packets = Packets()
        m.submodules.gap_watch = gap_watch = GapWatch()
        m.submodules.silence_watch = silence_watch = SilenceWatch()
        m.submodules.inject = inject = Inject()
        m.submodules.notices = notices = Notices()

        # Words.
        for block in (extractor, mold, packets, inject):
            m.d.comb += [
                block.i.valid.eq(self.i.valid), block.i.p.eq(self.i.p),
                block.i.verdict_done.eq(self.i.verdict_done), block.i.verdict_bad.eq(self.i.verdict_bad),
            ]
        ends = Signal()
        m.d.comb += [
            ends.eq(extractor.end & ~mold.none),
            extractor.final.eq(mold.final),
            mold.block.eq(extractor.end),
        ]

        # The host's messages.
        connect(m, flipped(self.inject), inject.port)
        m.d.comb += [
            inject.expected.eq(arbiter.expected), inject.short.eq(extractor.short), inject.resync.eq(self.resync),
            extractor.load.eq(inject.load), extractor.load_data.eq(self.inject.data),
        ]

        # What is taken.
        m.d.comb += [
            arbiter.session.eq(mold.session), arbiter.sequence.eq(mold.sequence), arbiter.numbered.eq(mold.numbered),
            arbiter.begun.eq(packets.begun), arbiter.learn.eq(packets.learn), arbiter.line.eq(extractor.line),
            arbiter.again.eq(extractor.again),
            arbiter.block.eq(ends), arbiter.known.eq(extractor.known), arbiter.fits.eq(extractor.fits),
            arbiter.short.eq(extractor.short & ~mold.none),
            arbiter.inject.eq(inject.take), arbiter.inject_known.eq(inject.known),
            arbiter.inject_fits.eq(inject.fits),
            arbiter.resync.eq(self.resync), arbiter.seq_set.eq(self.seq_set), arbiter.clear.eq(self.clear),
            self.o.valid.eq(arbiter.valid), self.o.p.seq.eq(arbiter.expected), self.o.p.data.eq(extractor.data),
        ]

        # Packets as wholes.
        m.d.comb += [
            packets.closed.eq(extractor.closed), packets.line.eq(extractor.line),
            packets.complete.eq(extractor.end & extractor.exact & mold.final),
            *(getattr(packets, name).eq(getattr(mold, name))
              for name in ("whole", "bare", "none", "heartbeat", "ended", "sequence", "count")),
            packets.matches.eq(arbiter.matches), packets.leads.eq(arbiter.leads),
            packets.ignored.eq(arbiter.ignored), packets.taken.eq(arbiter.from_line),
            packets.resync.eq(self.resync), packets.clear.eq(self.clear),
        ]

        # How far behind.
        m.d.comb += [
            gap_watch.heard.eq(packets.heard), gap_watch.ahead.eq(packets.heard_ahead),
            gap_watch.number.eq(packets.heard_number), gap_watch.expected.eq(arbiter.expected),
            gap_watch.progress.eq(arbiter.taken), gap_watch.gap_packets.eq(self.gap_packets),
            gap_watch.gap_cycles.eq(self.gap_cycles), gap_watch.resync.eq(self.resync),
            gap_watch.seq_set.eq(self.seq_set),
            silence_watch.heard.eq(packets.heard), silence_watch.silence_cycles.eq(self.silence_cycles),
        ]

        # Reports.
        m.d.comb += [
            notices.stale.eq(gap_watch.expired), notices.recovered.eq(gap_watch.recovered),
            notices.silent.eq(silence_watch.fell), notices.heard.eq(silence_watch.rose),
            notices.suspect.eq(packets.packets_suspect), notices.ended.eq(packets.ended_first),
            notices.expected.eq(arbiter.expected),
            self.stale.eq(gap_watch.stale | silence_watch.silent), self.gap.eq(gap_watch.gap),
            self.silent.eq(silence_watch.silent), self.suspect.eq(packets.suspect),
            self.session_known.eq(arbiter.session_known), self.ended.eq(packets.ended_level),
            self.feed_error.eq(arbiter.feed_error), self.expected.eq(arbiter.expected),
            self.highest.eq(gap_watch.highest), self.ahead.eq(arbiter.leads & ~mold.none),
            self.progress.eq(arbiter.taken),
            *(self.events[name].eq(getattr(packets, name)) for name in (
                "packets_a", "packets_b", "packets_short", "packets_session", "heartbeats", "end_of_session",
                "packets_malformed", "packets_gap", "packets_suspect")),
            self.events.msgs_a.eq(arbiter.from_a), self.events.msgs_b.eq(arbiter.from_b),
            self.events.msgs_injected.eq(arbiter.injected), self.events.msgs_old.eq(arbiter.old),
            self.events.msgs_ahead.eq(arbiter.ahead), self.events.inject_refused.eq(inject.refused),
            self.events.gaps.eq(gap_watch.opened), self.events.gaps_stale.eq(gap_watch.expired),
            self.events.gaps_filled.eq(gap_watch.filled), self.events.silences.eq(silence_watch.fell),
            self.events.msgs_unknown_type.eq(arbiter.unknown), self.events.msgs_bad_length.eq(arbiter.wrong),
            self.events.msgs_decoded.eq(arbiter.valid),
        ]
        connect(m, notices.o, flipped(self.notice))

        # Order operations are at least 21 bytes apart on the wire, and away from an injected message.
        order_before = Signal()
        order = Signal()
        m.d.comb += order.eq(self.o.valid & Cat(self.o.p.data[0] == ord(letter) for letter in BOOK_TYPES).any())
        m.d.sync += [
            order_before.eq(order),
            Assert(~(order & order_before), Format("order operations in consecutive cycles")),
        ]

        # Each number is taken once, and none is left out but by a resync.
        last = Signal(64)
        follows = Signal()
        resyncing = Signal()
        m.d.sync += resyncing.eq(self.resync)
        with m.If(arbiter.taken):
            m.d.sync += [last.eq(arbiter.expected), follows.eq(1)]
        with m.If(resyncing):
            m.d.sync += follows.eq(0)
        m.d.sync += Assert(~(arbiter.taken & follows) | (arbiter.expected == (last + 1)[:64]), Format(
            "message {} taken after {}", arbiter.expected, last))
        return m
