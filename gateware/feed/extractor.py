# Ref: Nasdaq MoldUDP64 1.00 (message block); Nasdaq TotalView-ITCH 5.0
"""Words of a datagram in, its message blocks out, whole."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.interfaces import MESSAGE_BYTES, DatagramStream
from gateware.select import one_of
from wire.itch50 import BOOK_TYPES, SIZES
from wire.moldudp64 import HEADER, LENGTH_BYTES

__all__ = ["LANES", "SHORTEST", "Extractor"]

#: Bytes of a word.
LANES = 8
#: No ITCH message is shorter; a block that claims to be ends the packet.
SHORTEST = min(SIZES.values())
#: Bits of a count of words that covers the longest block, 65,535 bytes.
WORD_COUNT_BITS = 13
#: Offset of the first block's low length byte in the datagram.
FIRST_LOW = HEADER.size + LENGTH_BYTES - 1


class Extractor(wiring.Component):
    """Whole-message extractor.

    The loop that walks from block to block follows the *low* byte of the block lengths: when that byte is at hand the
    high byte has passed already, so a length split between two words costs nothing. Each word is registered together
    with what would follow if the low byte were in lane 0, 1, ... 7; the loop is then a selection among ready answers.

    Timing: a word on ``i`` in cycle t is judged in cycle t+1, when ``end`` ... ``line`` hold for it; ``data`` holds the
    block that ended with it in cycle t+2. Throughput: one word a cycle, any number of idle cycles between words.

    A word that comes in the cycle of a bad verdict is not taken. A ``first`` word abandons whatever went before.
    A block length below 12, the shortest ITCH message, strobes ``short`` and stops the walk until the next ``first``
    word: several such blocks could end in one word, and no genuine feed has them. Blocks longer than the 50 bytes that
    ``data`` holds are walked over, up to 65,535 bytes. After reset the walk waits for a ``first`` word.

    Members
    -------
    i : In(DatagramStream)
        MoldUDP64 packets.
    final : In(1)
        The block under way, or the one that just ends, is the packet's last by its count.
    load, load_data : In(1), In(50 bytes)
        Put a message of another source into ``data``, where it stands two cycles later. Only between datagrams.
    end : Out(1)
        The last byte of a block of at least 12 bytes is in the word.
    known, fits : Out(1)
        With ``end``: the block's type is one of ITCH 5.0; and its length is the type's.
    order : Out(1)
        With ``end``: the type is one that acts on an order (A F E C X D U).
    short : Out(1)
        A block length below 12 was in the word on ``i`` three cycles before.
    closed : Out(1)
        The word is the last of its datagram.
    exact : Out(1)
        With ``end`` and ``closed``: no byte follows the block.
    line, again : Out(1)
        Line of the word, and of the datagram until the next one begins; and whether it is replayed.
    data : Out(50 bytes)
        The block. Bytes past its length are arbitrary.
    """

    i: In(DatagramStream)
    final: In(1)
    load: In(1)
    load_data: In(data.ArrayLayout(8, MESSAGE_BYTES))
    end: Out(1)
    known: Out(1)
    fits: Out(1)
    order: Out(1)
    short: Out(1)
    closed: Out(1)
    exact: Out(1)
    line: Out(1)
    again: Out(1)
    data: Out(data.ArrayLayout(8, MESSAGE_BYTES))

    def elaborate(self, platform):
        m = Module()

        # The word, and beside it what follows if the low length byte is in lane k.
        taken = Signal()
        valid = Signal()
        inner = Signal()                                     # valid and not the first: no leftover ends in it
        arriving = Signal(data.ArrayLayout(8, LANES))
        word = Signal(data.ArrayLayout(8, LANES))
        before = Signal(8)                                   # lane 7 of the word before
        first = Signal()
        last = Signal()
        present = Signal(LANES)                              # lane k belongs to the datagram
        count_is = Signal(LANES)                             # the datagram ends with lane k
        next_lane = Signal(data.ArrayLayout(LANES, LANES))   # one-hot lane of the low length byte that follows
        carry = Signal(LANES)                                # k and the length's low bits make up a word
        soon = Signal(LANES)                                 # the block ends in the next word
        late = Signal(LANES)                                 # the following low byte is a word behind the block's end
        tiny = Signal(LANES)
        first_lane = Signal(LANES)
        first_near = Signal()
        m.d.comb += [
            taken.eq(self.i.valid & ~(self.i.verdict_done & self.i.verdict_bad)),
            arriving.eq(self.i.p.data),
        ]
        m.d.sync += [valid.eq(taken), inner.eq(taken & ~self.i.p.first)]
        with m.If(taken):
            m.d.sync += [
                word.eq(arriving), before.eq(word[LANES - 1]), first.eq(self.i.p.first), last.eq(self.i.p.last),
                self.line.eq(self.i.p.line), self.again.eq(self.i.p.again),
                first_near.eq(self.i.p.lane < LANES - FIRST_LOW % LANES),
            ]
            ahead = []
            for k in range(LANES):
                low, high = arriving[k], arriving[k - 1] if k else word[LANES - 1]
                at_end = Signal(3, name=f"at_end{k}")
                m.d.comb += at_end.eq(low[:3] + k)
                ahead.append((1 << (at_end + LENGTH_BYTES)[:3])[:LANES])
                m.d.sync += [
                    present[k].eq(~self.i.p.last | (self.i.p.count > k)),
                    count_is[k].eq(self.i.p.last & (self.i.p.count == k + 1)),
                    first_lane[k].eq(self.i.p.lane == (k - FIRST_LOW) % LANES),
                    carry[k].eq(low[:3] >= LANES - k),
                    soon[k].eq((high == 0) & (low >= SHORTEST) & (low < 2 * LANES - k)),
                    late[k].eq(at_end >= LANES - LENGTH_BYTES),
                    tiny[k].eq((high == 0) & (low < SHORTEST)),
                ]
            m.d.sync += next_lane.eq(Cat(*ahead))

        # The walk. ``lane`` is that of the next low length byte; it is in this word if ``here``. While a block is
        # under way, ``words`` (and one more) counts from its length to the word with its last byte.
        lane = Signal(LANES)
        here = Signal()
        lead = Signal(2)
        live = Signal()
        ending = Signal()
        lags = Signal()
        words = Signal(WORD_COUNT_BITS)
        one_more = Signal()
        length = Signal(16)
        selected = Signal()
        ends_next = Signal()

        def chosen(options):
            return Cat(lane[k] & option for k, option in enumerate(options)).any()

        lows = [word[k] for k in range(LANES)]
        highs = [before, *lows[:-1]]
        new_length = Signal(16)
        m.d.comb += [
            new_length.eq(one_of(lane, [Cat(low, high) for low, high in zip(lows, highs, strict=True)])),
            selected.eq(here & ~(ending & self.final)),
            ends_next.eq(live & Mux(one_more, words == 1, words == 2)),
        ]
        with m.If(valid):
            m.d.sync += [
                lead.eq(lead >> 1),
                ending.eq(ends_next),
                here.eq((ends_next & ~lags) | (ending & lags & ~self.final) | lead[0]),
                words.eq(Mux(one_more, words, words - 1)),
                one_more.eq(0),
            ]
            with m.If(selected):
                m.d.sync += [
                    lane.eq(one_of(lane, list(next_lane))),
                    here.eq(chosen(list(soon & ~late))),
                    live.eq(~chosen(list(tiny))),
                    ending.eq(chosen(list(soon))),
                    lags.eq(chosen(list(late))),
                    words.eq(new_length[3:]),
                    one_more.eq(chosen(list(carry))),
                    length.eq(new_length),
                ]
            with m.If(first):
                m.d.sync += [
                    lane.eq(first_lane), here.eq(0), live.eq(0), ending.eq(0), lead.eq(Mux(first_near, 1, 2)),
                ]

        # Byte 8q + k of the block under way is in lane (start + k) mod 8 of its word q, or of word q + 1 if that sum
        # passes the word's end; word 0 is the one with the low length byte.
        start = Signal(3)
        passes = Signal(LANES)
        index = Signal(MESSAGE_BYTES // LANES + 2)
        with m.If(valid):
            m.d.sync += index.eq(index << 1)
            with m.If(selected):
                m.d.sync += [
                    index.eq(1 << 1),
                    start.eq(Cat(Cat(lane[k] for k in range(LANES) if (k + 1) >> b & 1).any() for b in range(3))),
                    *(passes[k].eq(lane[LANES - 1 - k:].any()) for k in range(LANES)),
                ]

        with m.If(self.load):
            m.d.sync += index.eq(0)

        turned = Signal(data.ArrayLayout(8, LANES))
        rotated = word.as_value()
        for bit in range(3):
            rotated = Mux(start[bit], rotated.rotate_right(8 << bit), rotated)
        m.d.comb += turned.eq(rotated)
        head = Signal(8 * (LANES - 1))
        m.d.comb += head.eq(one_of(lane[:-1], [word.as_value()[8 * (p + 1):] for p in range(LANES - 1)]))

        # The head of the next block goes to ``gathered`` in the very cycle in which ``data`` takes the old block from
        # it, with the last word's bytes going to ``data`` directly.
        loaded = Signal()
        m.d.sync += loaded.eq(self.load)
        gathered = [Signal(8 * min(LANES, MESSAGE_BYTES - at), name=f"gathered_{at // LANES}")
                    for at in range(0, MESSAGE_BYTES, LANES)]
        whole = []
        for q, held in enumerate(gathered):
            comes = Signal(LANES, name=f"comes_{q}")
            m.d.comb += comes.eq(passes & index[q + 1].replicate(LANES) | ~passes & index[q].replicate(LANES))
            lanes = range(len(held) // 8)
            bytes_in = [held[8 * k:8 * k + 8] for k in lanes]
            whole += [Mux(comes[k], turned[k], bytes_in[k]) for k in lanes]
            loads = [self.load_data[q * LANES + k] for k in lanes]
            with m.If(self.load):
                m.d.sync += held.eq(Cat(*loads))
            with m.Elif(valid & (index[q] | index[q + 1] | (selected if q == 0 else 0))):
                news = [Mux(comes[k], turned[k], bytes_in[k]) for k in lanes]
                if q == 0:
                    news[:-1] = [Mux(selected, head[8 * k:8 * k + 8], new) for k, new in enumerate(news[:-1])]
                m.d.sync += held.eq(Cat(*news))
        with m.If(valid & ending | loaded):
            m.d.sync += self.data.eq(Cat(*whole))

        # Judgement. ``lane`` is LENGTH_BYTES lanes behind the block's last byte.
        at_last = [lane[(k + LENGTH_BYTES) % LANES] for k in range(LANES)]
        kind = gathered[0][:8]
        short = Signal()
        short_1 = Signal()
        m.d.sync += [short_1.eq(short), self.short.eq(short_1)]
        m.d.comb += [
            self.closed.eq(valid & last),
            self.end.eq(inner & ending & Cat(at_last[k] & present[k] for k in range(LANES)).any()),
            self.exact.eq(Cat(at_last[k] & count_is[k] for k in range(LANES)).any()),
            short.eq(inner & selected & (lane & tiny & present).any()),
            self.known.eq(Cat(kind == ord(letter) for letter in SIZES).any()),
            self.fits.eq(Cat((kind == ord(letter)) & (length == size) for letter, size in SIZES.items()).any()),
            self.order.eq(Cat(kind == ord(letter) for letter in BOOK_TYPES).any()),
        ]
        return m
