"""Counters of 64 bits, for the price of a few bits each."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from gateware.select import one_of

__all__ = ["LAG", "Counters", "sweep_cycles"]

#: A total is two words, the lower one first.
_WORDS, _WORD_BITS = 2, 32

#: Cycles from a counter's visit until the host's port shows what it found.
LAG = 7

#: Length: taps (from 1) of a feedback shift register that goes through all its states but that of all ones.
_TAPS = {5: (5, 3), 6: (6, 5), 7: (7, 6), 8: (8, 6, 5, 4), 9: (9, 5)}


def sweep_cycles(count):
    """Return the cycles from a visit of one of ``count`` counters to its next."""
    return _WORDS * count


def _next(state, taps):
    """Return what is shifted in: the parity of ``taps``, inverted."""
    return ~Cat(state[tap - 1] for tap in taps).xor()


def _numbers(length):
    """Return, for each state, how many steps from state 0 lead there; the state of all ones, never met, has 0."""
    numbers, state = [0] * (1 << length), 0
    for number in range((1 << length) - 1):
        numbers[state] = number
        parity = sum(state >> tap - 1 for tap in _TAPS[length]) & 1
        state = (state << 1 | parity ^ 1) & (1 << length) - 1
    return numbers


class Counters(wiring.Component):
    """Counts strobes, none of which is lost.

    Each counter is a small feedback shift register that is never emptied: a strobe is its clock enable. A sweep visits
    one counter every two cycles, round and round, and adds to a total in memory the steps from where it was at the last
    visit to where it is. It has more states than a sweep has cycles. Where it was is kept in the total's spare bits.
    The host reads from a copy of the totals.

    Latency: the lower half of the total of ``index`` is ``value`` one cycle after ``read``, the upper half of the same
    total in the cycle behind, unless ``read`` was set again. They lack at most the strobes of the last
    sweep_cycles(len(names)) + LAG cycles. Throughput: a strobe of every counter in every cycle. Totals wrap at 2**64.
    Reset: all 0; until the first sweep has ended, every ``value`` is 0.

    Members
    -------
    events : a bit for each name
    read, index : the total of the counter at this position in ``names`` is asked for; 0 for an index beyond
    value : its halves
    """

    def __init__(self, *, names):
        self.names = tuple(names)
        if len(self.names) < 8 or len(set(self.names)) != len(self.names):
            raise ValueError(f"names must be at least 8, each once, not {self.names!r}")
        states = sweep_cycles(len(self.names)) + 1
        if states >= 1 << max(_TAPS):
            raise ValueError(f"names must be at most {(1 << max(_TAPS)) // _WORDS - 1}, not {len(self.names)}")
        self.length = min(length for length in _TAPS if states < 1 << length)
        # The last index is nobody's: its words stay 0.
        self.index_bits = ceil_log2(len(self.names) + 1)
        self.word = data.StructLayout({"sum": _WORD_BITS, "seen": -(-self.length // _WORDS)})
        depth = _WORDS << self.index_bits
        self.totals, self.copy = (memory.Memory(shape=self.word, depth=depth, init=[]) for _ in range(2))
        super().__init__({
            "events": In(data.StructLayout({name: 1 for name in self.names})),
            "read": In(1), "index": In(range(len(self.names))), "value": Out(_WORD_BITS)})

    def elaborate(self, platform):
        m = Module()
        count, length = len(self.names), self.length
        m.submodules.totals, m.submodules.copy = self.totals, self.copy
        visited, asked = self.totals.read_port(), self.copy.read_port()
        writes = [memory_.write_port() for memory_ in (self.totals, self.copy)]

        # Count.
        states = [Signal(length, name=f"state_{name}") for name in self.names]
        for state, strobe in zip(states, self.events.as_value(), strict=True):
            with m.If(strobe):
                m.d.sync += state.eq(Cat(_next(state, _TAPS[length]), state))

        # Visit: the lower word is read in one cycle, the upper in the next.
        upper, visit, slot = Signal(), Signal(count, init=1), Signal(self.index_bits)
        m.d.sync += upper.eq(~upper)
        with m.If(upper):
            m.d.sync += [visit.eq(visit.rotate_left(1)), slot.eq(Mux(visit[-1], 0, slot + 1))]
        m.d.comb += visited.addr.eq(Cat(upper, slot))

        # The first sweep begins from 0, whatever lies in memory, which answers a cycle later.
        first, blank = Signal(init=1), Signal(init=1)
        with m.If(upper & visit[-1]):
            m.d.sync += first.eq(0)
        m.d.sync += blank.eq(first)
        answer, word = Signal(self.word), Signal(self.word)
        m.d.comb += answer.eq(Mux(blank, 0, visited.data.as_value()))
        sums = [word.sum, *(Signal(_WORD_BITS, name=f"sum_{stage}") for stage in (1, 2))]
        m.d.sync += [word.eq(answer), *(later.eq(now) for now, later in zip(sums, sums[1:], strict=False))]

        # Find how many steps it went: those that its state is away from state 0, less those when last seen, modulo the
        # number of its states, which is one less than a power of two.
        numbers = [Const(sum((number >> bit & 1) << code for code, number in enumerate(_numbers(length))), 1 << length)
                   for bit in range(length)]
        state, number, steps = Signal(length), Signal(length), Signal(length + 1)
        seen, added = Signal(length), Signal(length)
        with m.If(~upper):
            m.d.sync += [
                state.eq(one_of(visit, states)), steps.eq(number - Cat(word.seen, answer.seen)[:length]), added.eq(0)]
        with m.Else():
            m.d.sync += [number.eq(Cat(table.bit_select(state, 1) for table in numbers)), seen.eq(number),
                         added.eq(steps[:length] - steps[length])]

        # Add them to the lower word, and its carry to the upper. What the empty pipeline writes before is 0.
        total, kept = Signal(_WORD_BITS + 1), Signal(len(word.seen))
        m.d.sync += [
            total.eq(sums[-1] + (added | total[-1] & upper)),
            kept.eq(Mux(upper, seen[len(kept):], seen))]
        slots = [slot, *(Signal.like(slot, name=f"slot_{stage}") for stage in (1, 2, 3))]
        with m.If(~upper):
            m.d.sync += [later.eq(now) for now, later in zip(slots, slots[1:], strict=False)]
        for write in writes:
            m.d.comb += [
                write.en.eq(1), write.addr.eq(Cat(~upper, slots[-1])),
                write.data.sum.eq(total), write.data.seen.eq(kept)]

        # Read. Both halves are written in the order in which they are read, so that they always belong together. The
        # last word of the first sweep is written while the third counter is visited again.
        swept, index = Signal(), Signal.like(self.index)
        with m.If(~first & visit[2]):
            m.d.sync += swept.eq(1)
        with m.If(self.read):
            m.d.sync += index.eq(self.index)
        wanted = Signal(self.index_bits)
        m.d.comb += [
            wanted.eq(Mux(self.read, self.index, index)),
            asked.addr.eq(Mux(swept, Cat(~self.read, wanted), ~Const(0, len(asked.addr)))),
            self.value.eq(asked.data.sum)]
        return m
