"""The host's recovered messages, put together from register writes."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from gateware.feed.inject import InjectPort
from gateware.interfaces import MESSAGE_BYTES

__all__ = ["InjectAssembler"]

_WORD_BYTES = 4
_WORDS = -(-MESSAGE_BYTES // _WORD_BYTES)


class InjectAssembler(wiring.Component):
    """Gathers words into a message and presents it to the feed until that has judged it.

    Words fill the message from its begin; those past its end are dropped. ``go`` presents what is there and begins
    anew: bytes that were not written since are those of the message before. A length beyond what the port can say is
    presented as the longest that it can, so that the feed refuses it too.

    Latency: the message stands on ``o`` one cycle after ``go``. While it waits, ``busy`` is high, and both writes do
    nothing but strobe ``refused`` in the same cycle. Reset: no message, no words.

    Members
    -------
    word, word_written : next four bytes, first in bits 7..0
    go, length, seq : present a message of that length and sequence number
    o : the feed
    busy : a message waits
    refused : a write came while a message waits
    """

    word: In(32)
    word_written: In(1)
    go: In(1)
    length: In(32)
    seq: In(64)
    o: Out(InjectPort)
    busy: Out(1)
    refused: Out(1)

    def elaborate(self, platform):
        m = Module()
        message = Signal(8 * _WORD_BYTES * _WORDS)
        place = Signal(_WORDS, init=1)  # the next word's, one-hot; none when the message is full
        waits = Signal()
        longest = (1 << len(self.o.length)) - 1
        with m.If(waits):
            with m.If(self.o.ready):
                m.d.sync += waits.eq(0)
        with m.Elif(self.go):
            m.d.sync += [
                waits.eq(1), place.eq(1), self.o.seq.eq(self.seq),
                self.o.length.eq(Mux(self.length > longest, longest, self.length))]
        with m.Elif(self.word_written):
            m.d.sync += place.eq(place << 1)
            for n in range(_WORDS):
                with m.If(place[n]):
                    m.d.sync += message.word_select(n, 8 * _WORD_BYTES).eq(self.word)
        m.d.comb += [
            self.o.valid.eq(waits), self.o.data.eq(message[:8 * MESSAGE_BYTES]), self.busy.eq(waits),
            self.refused.eq(waits & (self.go | self.word_written))]
        return m
