# Ref: RFC 1071
"""Internet checksums over a stream of 16-bit halves."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, Signature
from amaranth.utils import bits_for

__all__ = ["HALVES_PER_WORD", "HalvesStream", "InternetChecksum"]

HALVES_PER_WORD = 4

#: Four halves to add in every cycle in which ``valid`` is high; ``start`` begins a new sum with them.
HalvesStream = Signature({"valid": Out(1), "start": Out(1), "halves": Out(data.ArrayLayout(16, HALVES_PER_WORD))})


class InternetChecksum(wiring.Component):
    """Sum of up to ``limit`` halves, seed not counted, and whether it is zero in ones' complement.

    The sum does not depend on the order of the two bytes in a half, so long as it is the same for all: halves are taken
    as they lie in the word. Halves that do not belong are given as zero. At least one half, or the seed, is not zero.

    The carries are kept, not folded: total = high * 2**16 + low is zero in ones' complement when high + low is a
    multiple of 0xffff, and as ``limit`` keeps that sum below twice 0xffff, when high is the complement of low.

    Latency: ``holds`` speaks of a word 3 cycles after it was on ``i``. Throughput: one word a cycle. Beyond ``limit``
    halves the answer is arbitrary. After reset it is arbitrary until the first ``start``.

    Members
    -------
    i : words to add
    seed : what a sum starts from, taken 2 cycles after ``start``
    holds : the sum is zero
    """

    def __init__(self, *, limit: int):
        if not 1 <= limit <= 0xFFFE:
            raise ValueError(f"limit must be 1..65534 halves, not {limit}")
        self.limit = limit
        super().__init__({"i": In(HalvesStream), "seed": In(16), "holds": Out(1)})

    def elaborate(self, platform):
        m = Module()
        halves = self.i.halves
        pair = [Signal(17, name="pair0"), Signal(17, name="pair1")]
        pair_valid, pair_start = Signal(), Signal()
        m.d.sync += [
            pair[0].eq(halves[0] + halves[1]), pair[1].eq(halves[2] + halves[3]),
            pair_valid.eq(self.i.valid), pair_start.eq(self.i.start)]

        word = Signal(18)
        word_valid, word_start = Signal(), Signal()
        m.d.sync += [word.eq(pair[0] + pair[1]), word_valid.eq(pair_valid), word_start.eq(pair_start)]

        total = Signal(bits_for((self.limit + 1) * 0xFFFF))
        with m.If(word_valid):
            m.d.sync += total.eq(Mux(word_start, self.seed, total) + word)

        low, high = total[:16], Signal(16)
        m.d.comb += [high.eq(total[16:]), self.holds.eq(Cat(a ^ b for a, b in zip(low, high, strict=True)).all())]
        return m
