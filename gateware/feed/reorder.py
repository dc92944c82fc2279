"""Packets ahead of a gap, kept until it is filled, and put in once more."""

from amaranth.hdl import Assert, Format, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from gateware.interfaces import DATAGRAM_WORD, DatagramStream, ReplayStream
from gateware.ram import Ram

__all__ = ["EVENTS", "Reorder"]

#: The counters of wire.registers that are strobed here.
EVENTS = data.StructLayout({"packets_kept": 1, "packets_replayed": 1, "packets_lost": 1})

#: A datagram of fewer words has no message. By the last word of one that has as many, its number is known.
SHORTEST = 5
#: Cycles from a verdict to the decision: in the datagram's last cycle its number may not be judged yet.
DELAY = 2
#: Cycles from a replay's last word on ``i`` until it is judged for sure.
SETTLE = 3


class Reorder(wiring.Component):
    """Keeps good datagrams that are ahead, in the order in which they came, and replays them.

    A replay is a datagram like any other: the feed judges it and arbitrates its messages as those of the lines, so what
    has been taken meanwhile is old, and nothing can be taken twice or out of sequence. Whenever a message was taken,
    all that is kept is tried from the oldest on, in the time in which the lines are idle. The oldest is let go when it
    is found to be no longer ahead.

    Words of the lines go first: gateware/net puts a word of a replay out only where there is none of theirs. A replay
    that loses a word is given up there, and tried again from its first word; what is left of it in the feed is ended by
    the next first word.

    Timing: a replay begins when no datagram of the lines is under way, 3 cycles after it was chosen. Its words come
    without a pause, on ``o`` one cycle before they are on ``i``. It is judged 3 cycles after its last word. Throughput:
    one word a cycle is kept, if need be, while another is replayed.

    Overflow: a datagram that finds no room for all its words is lost, which is what happens to every datagram ahead
    where there is no such block. Too little idle time means that nothing is replayed, then likewise. ``resync`` forgets
    all that is kept, and cuts off the replay under way before its first message if that was not judged before. Reset
    forgets all.

    Members
    -------
    i : In(DatagramStream)
        What goes to the feed: the datagrams of the lines, and replays (``again``), which have no verdict.
    enable : In(1)
        Keep datagrams that come.
    ahead : In(1)
        The datagram whose number was judged last is of the session and has messages, and they are ahead.
    progress : In(1)
        A message was taken.
    resync : In(1)
        Forget what is kept.
    o : Out(ReplayStream)
        Words to put in.
    events : Out(EVENTS)
        A datagram was kept; replayed and no longer ahead; ahead but lost.
    """

    i: In(DatagramStream)
    enable: In(1)
    ahead: In(1)
    progress: In(1)
    resync: In(1)
    o: Out(ReplayStream)
    events: Out(EVENTS)

    def __init__(self, *, depth: int = 512):
        if depth < 64 or depth & (depth - 1):
            raise ValueError(f"depth must be a power of two and at least 64, not {depth}")
        self.depth = depth
        super().__init__()

    def elaborate(self, platform):
        m = Module()
        m.submodules.ram = ram = Ram(width=DATAGRAM_WORD.size, depth=self.depth)

        # Pointers have one bit more than addresses: full and empty differ in it. What is between ``head`` and
        # ``commit`` is kept, the datagram under way lies behind.
        head, scan, commit, write, read, passed = (
            Signal(range(2 * self.depth), name=n) for n in ("head", "scan", "commit", "write", "read", "passed"))

        # Keep. Words are stored one cycle after ``i``; the decision on a datagram falls before the next one's first.
        line = Signal()
        dismissed = Signal()
        m.d.comb += [
            line.eq(self.i.valid & ~self.i.p.again), dismissed.eq(self.i.verdict_done & self.i.verdict_bad)]
        word_valid, word = Signal(), Signal(DATAGRAM_WORD)
        words = Signal(range(SHORTEST + 1))
        full, overflow = Signal(), Signal()
        m.d.sync += [word_valid.eq(line & ~dismissed), word.eq(self.i.p)]
        m.d.comb += [
            full.eq((write ^ head) == self.depth),
            ram.w_en.eq(word_valid & ~full & ~overflow), ram.w_addr.eq(write), ram.w_data.eq(word)]
        with m.If(word_valid):
            m.d.sync += words.eq(Mux(word.first, 1, Mux(words == SHORTEST, words, words + 1)))
            with m.If(full):
                m.d.sync += overflow.eq(1)
            with m.Elif(~overflow):
                m.d.sync += write.eq(write + 1)
        good = Signal(DELAY)
        keep = Signal()
        m.d.sync += [
            good.eq((good << 1) | (self.i.verdict_done & ~self.i.verdict_bad)),
            self.events.packets_kept.eq(keep & ~overflow), self.events.packets_lost.eq(keep & overflow)]
        m.d.comb += keep.eq(good[-1] & self.ahead & self.enable & (words == SHORTEST))
        with m.If(keep & ~overflow):
            m.d.sync += commit.eq(write)
            with m.If(scan == commit):
                m.d.sync += scan.eq(write)
        with m.Elif(good[-1] | dismissed):
            m.d.sync += write.eq(commit)
        with m.If(good[-1] | dismissed):
            m.d.sync += overflow.eq(0)

        # Where the lines are: no word of a replay may come between a datagram's first word and its verdict.
        under_way = Signal()
        with m.If(self.i.verdict_done):
            m.d.sync += under_way.eq(0)
        with m.Elif(line):
            m.d.sync += under_way.eq(1)
        clear = Signal()
        m.d.comb += clear.eq(~line & ~under_way)

        # Replay: the address, the word from memory one cycle later, and registered one more, as block RAM is slow.
        untried = Signal()
        dropping = Signal()
        fetched, held_valid, held = Signal(), Signal(), Signal(DATAGRAM_WORD)
        begun = Signal()
        drove = Signal()
        landed = Signal()
        judging = Signal(SETTLE)
        m.d.comb += [
            ram.r_addr.eq(read), landed.eq(self.i.valid & self.i.p.again),
            self.o.p.eq(held), self.o.p.again.eq(1), self.o.p.last.eq(held.last | dropping)]
        m.d.sync += [held.eq(ram.r_data), drove.eq(self.o.valid), self.events.packets_replayed.eq(0)]
        with m.If(self.progress):
            m.d.sync += untried.eq(1)
        with m.FSM(name="replay"):
            with m.State("Wait"):
                m.d.sync += [read.eq(scan), passed.eq(scan), begun.eq(0), fetched.eq(0), held_valid.eq(0)]
                with m.If(dropping):
                    m.d.sync += [head.eq(commit), scan.eq(commit), dropping.eq(0)]
                with m.Elif(untried):
                    m.d.sync += [scan.eq(head), untried.eq(self.progress)]
                with m.Elif(clear & (scan != commit)):
                    m.next = "Replay"
            with m.State("Replay"):
                m.d.sync += [read.eq(read + 1), fetched.eq(1), held_valid.eq(fetched)]
                m.d.comb += self.o.valid.eq(held_valid & clear & ~(drove & ~landed) & ~(dropping & ~begun))
                with m.If(self.o.valid):
                    m.d.sync += [passed.eq(passed + 1), begun.eq(1)]
                    with m.If(self.o.p.last):
                        m.next = "Judge"
                with m.Elif(held_valid):
                    m.next = "Wait"
            with m.State("Judge"):
                m.d.sync += judging.eq((judging << 1) | drove)
                with m.If(drove & ~landed):
                    m.d.sync += judging.eq(0)
                    m.next = "Wait"
                with m.If(judging[-1]):
                    m.d.sync += [judging.eq(0), scan.eq(passed)]
                    with m.If(~self.ahead & (scan == head)):
                        m.d.sync += [head.eq(passed), self.events.packets_replayed.eq(1)]
                    m.next = "Wait"
        with m.If(self.resync):
            m.d.sync += dropping.eq(1)

        m.d.sync += [
            Assert(~(word_valid & good[-1]), Format("a word in the cycle of the decision on the datagram before")),
            Assert((commit - head)[:len(head)] <= self.depth, Format("kept {} words", (commit - head)[:len(head)])),
            Assert(~landed | drove, Format("a replayed word from nowhere"))]
        return m
