"""The host's recovered messages, let in between the datagrams of the lines."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, Signature

from gateware.feed.extractor import SHORTEST
from gateware.interfaces import MESSAGE_BYTES, DatagramStream
from wire.itch50 import SIZES

__all__ = ["InjectPort", "Inject"]

#: One message from the host, as its source drives it: ``data[0]`` is the type, ``seq`` its sequence number. All stay as
#: they are from ``valid`` until ``ready``, which comes once for each message, whether it is taken or refused.
InjectPort = Signature({
    "valid": Out(1), "ready": In(1), "seq": Out(64), "length": Out(8), "data": Out(data.ArrayLayout(8, MESSAGE_BYTES))})

#: Cycles after a datagram's last word until a message may be let in. The message is presented 3 cycles later: 7 cycles
#: after the last word, which is 5 after the last message of that datagram, and, as words of the next one come 5 cycles
#: after the last word at the earliest, at least 5 before its first message that acts on an order.
SETTLE = 4


class Inject(wiring.Component):
    """Injection.

    A message is judged while no datagram is under way: it is let in if its number is the expected one, and refused if
    it is not, or if its length is not 1..50. Datagrams are never delayed. Each pause between two of them, if only for
    the headers, is enough for one message.

    Timing: ``load`` and ``ready`` in the same cycle, ``take`` one cycle later, the message presented one cycle after
    that. At least 5 cycles between two messages.

    Members
    -------
    i : In(DatagramStream)
        The lines.
    port : In(InjectPort)
        The host.
    expected : In(64)
        Number of the next message.
    short : In(1)
        A short block of a line is being judged, which takes longer than others.
    resync : In(1)
        A message in flight is refused.
    load : Out(1)
        The port's data are to be put into the extractor's message register.
    take, known, fits : Out(1)
        The message is taken; its type is one of ITCH 5.0, or it is too short for any; its length is the type's.
    refused : Out(1)
        The message was refused.
    """

    i: In(DatagramStream)
    port: In(InjectPort)
    expected: In(64)
    short: In(1)
    resync: In(1)
    load: Out(1)
    take: Out(1)
    known: Out(1)
    fits: Out(1)
    refused: Out(1)

    def elaborate(self, platform):
        m = Module()

        # Pause: no datagram is under way and none has been for SETTLE cycles. A replay has no pauses: one that pauses
        # has been given up.
        under_way = Signal()
        again = Signal()
        quiet = Signal(SETTLE - 1)
        with m.If(self.i.verdict_done & self.i.verdict_bad):
            m.d.sync += under_way.eq(0)
        with m.Elif(self.i.valid):
            m.d.sync += [under_way.eq(~self.i.p.last), again.eq(self.i.p.again)]
        with m.Elif(again):
            m.d.sync += under_way.eq(0)
        resyncing = Signal()
        m.d.sync += resyncing.eq(self.resync)
        stir = Signal()
        m.d.comb += stir.eq(self.i.valid | under_way | self.short | self.resync | resyncing | self.port.ready)
        with m.If(stir):
            m.d.sync += quiet.eq(0)
        with m.Else():
            m.d.sync += quiet.eq((quiet << 1) | 1)

        # Judgement of the waiting message; one cycle behind it and the expected number.
        piece = 4
        pieces = Signal(64 // piece)
        waiting = Signal()
        possible = Signal()
        kind = self.port.data[0]
        m.d.sync += [
            waiting.eq(self.port.valid & ~self.port.ready),
            *(pieces[n].eq(self.port.seq.word_select(n, piece) == self.expected.word_select(n, piece))
              for n in range(len(pieces))),
            possible.eq((self.port.length != 0) & (self.port.length <= MESSAGE_BYTES)),
            self.known.eq(Cat(kind == ord(letter) for letter in SIZES).any() | (self.port.length < SHORTEST)),
            self.fits.eq(Cat((kind == ord(letter)) & (self.port.length == size)
                             for letter, size in SIZES.items()).any()),
        ]

        decide = Signal()
        good = Signal()
        m.d.comb += [
            decide.eq(waiting & quiet[-1] & ~stir),
            good.eq(pieces.all() & possible),
        ]
        m.d.sync += [
            self.port.ready.eq(decide),
            self.load.eq(decide & good),
            self.take.eq(self.load & ~self.resync),
            self.refused.eq((decide & ~good) | (self.load & self.resync)),
        ]
        return m
