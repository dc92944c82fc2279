"""A queue in block RAM from one clock to another."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import memory, stream, wiring
from amaranth.lib.cdc import FFSynchronizer
from amaranth.lib.wiring import In, Out

__all__ = ["Crossing"]


def _gray(value):
    return value ^ value[1:]


class Crossing(wiring.Component):
    """Carries payloads of ``shape`` from the domain ``source`` to ``sync``, or the other way to ``target``.

    Latency: an entry written at an edge of ``source`` into an empty queue is on ``o`` at the fourth edge of ``target``
    behind it, or at the fifth when the pointer is caught one edge later. Throughput: one entry a cycle of the slower
    clock. Overflow: ``i.ready`` is low while ``depth`` entries are in the memory; two more are on their way out of it.
    A room that became free is seen four edges of ``source`` later.

    Reset: none. Pointers and entries outlive the reset of either domain, and either clock may stop and return; what a
    reset means for the entries that are under way is up to both ends. Only configuration empties the queue.

    Each pointer crosses in Gray code, by two flip-flops; its bits must arrive less than a cycle of its own clock apart.

    Members
    -------
    i : entries, in ``source``
    o : entries, in ``target``
    """

    def __init__(self, shape, *, depth: int, source: str, target: str):
        if depth < 4 or depth & (depth - 1):
            raise ValueError(f"depth must be a power of 2 of at least 4, not {depth}")
        self.shape, self.depth, self.source, self.target = shape, depth, source, target
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform):
        m = Module()
        bits = self.depth.bit_length()
        m.submodules.memory = entries = memory.Memory(shape=self.shape, depth=self.depth, init=[])
        write, read = entries.write_port(domain=self.source), entries.read_port(domain=self.target)

        def pointer(name):
            return Signal(bits, name=name, reset_less=True)

        written, written_gray, written_seen = (pointer(name) for name in ("written", "written_gray", "written_seen"))
        taken, taken_gray, taken_seen = (pointer(name) for name in ("taken", "taken_gray", "taken_seen"))
        m.submodules.written_crosses = FFSynchronizer(written_gray, written_seen, o_domain=self.target)
        m.submodules.taken_crosses = FFSynchronizer(taken_gray, taken_seen, o_domain=self.source)

        # The Gray codes of two pointers ``depth`` apart differ in their two uppermost bits alone. Whether there is room
        # is known a cycle before, for both that an entry comes and that none does.
        room = Signal(init=1, reset_less=True)
        after, full = Signal(bits), Signal(bits)
        m.d.comb += [
            after.eq(written + 1), full.eq(Cat(taken_seen[:-2], ~taken_seen[-2:])), self.i.ready.eq(room),
            write.en.eq(self.i.valid & room), write.addr.eq(written[:-1]), write.data.eq(self.i.payload)]
        m.d[self.source] += room.eq(Mux(write.en, _gray(after) != full, written_gray != full))
        with m.If(write.en):
            m.d[self.source] += [written.eq(after), written_gray.eq(_gray(after))]

        # Behind the memory stands a register, as block RAM is slow; both wait for ``o.ready``.
        fetched, shown = Signal(reset_less=True), Signal(reset_less=True)
        entry = Signal(self.shape, reset_less=True)
        show, fetch = Signal(), Signal()
        following = Signal(bits)
        m.d.comb += [
            show.eq(~shown | self.o.ready), read.en.eq(~fetched | show), read.addr.eq(taken[:-1]),
            fetch.eq(read.en & (taken_gray != written_seen)), following.eq(taken + 1),
            self.o.valid.eq(shown), self.o.payload.eq(entry)]
        with m.If(fetch):
            m.d[self.target] += [taken.eq(following), taken_gray.eq(_gray(following))]
        with m.If(read.en):
            m.d[self.target] += fetched.eq(fetch)
        with m.If(show):
            m.d[self.target] += [shown.eq(fetched), entry.eq(read.data)]
        return m
