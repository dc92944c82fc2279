"""Drives the feed handler in pysim and writes down all that leaves it."""

import warnings
from collections import Counter
from dataclasses import dataclass, field

from amaranth.sim import Simulator

from gateware.feed.feed import EVENTS, Feed
from gateware.interfaces import DATAGRAM_WORD
from wire.records import FeedEvent

LEVELS = ("stale", "gap", "silent", "suspect", "session_known", "ended", "feed_error", "expected", "highest")


@dataclass
class Datagram:
    """One datagram and how it comes.

    gaps: idle cycles before each word but the first; too short a list goes on with 0. idle: idle cycles before the
    first word, after the words and the verdict of the datagram before. late: cycles from the last word to the verdict.
    cut: word in whose cycle a bad verdict comes, from which on nothing is taken; None: the verdict comes at the end.
    """

    payload: bytes
    line: int = 0
    lane: int = 2
    bad: bool = False
    cut: int | None = None
    late: int = 0
    idle: int = 5
    gaps: tuple = ()

    def words(self):
        """Return (data, first, last, count) of each word."""
        raw = bytes(0xEE for _ in range(self.lane)) + self.payload
        words = [raw[at:at + 8] for at in range(0, len(raw), 8)]
        return [(int.from_bytes(word.ljust(8, b"\xdd"), "little"), n == 0, n == len(words) - 1, len(word))
                for n, word in enumerate(words)]


@dataclass
class Pause:
    """Idle cycles; the levels are written down at their end."""

    cycles: int


@dataclass
class Command:
    """Strobe of ``resync`` or ``clear``; ``seq_set`` goes with it."""

    name: str
    seq_set: int = 1


@dataclass
class Result:
    """What left the feed handler.

    messages: (cycle, seq, 50 bytes). word_cycles: by datagram, the cycle of each word. verdict_cycles: by datagram, the
    cycle of its verdict. notices: (event, aux).
    injected: (seq, cycle of ready). levels: the levels at the end of each Pause, and at the end of the run.
    """

    messages: list = field(default_factory=list)
    word_cycles: list = field(default_factory=list)
    verdict_cycles: list = field(default_factory=list)
    notices: list = field(default_factory=list)
    counters: Counter = field(default_factory=Counter)
    injected: list = field(default_factory=list)
    levels: list = field(default_factory=list)
    cycles: int = 0


def run(script, *, inject=(), gap_packets=0, gap_cycles=0, silence_cycles=0, settle=40, resync_after=()):
    """Play ``script`` (Datagram, Pause, Command) and offer ``inject``, (seq, bytes[, length]), all along.

    ``settle`` idle cycles follow the script. ``resync_after`` lists (datagram, cycles after its first word, number) of
    strobes of ``resync`` that the script does not wait for. Returns the Result.
    """
    dut = Feed()
    result = Result()
    over = False

    async def lines(ctx):
        nonlocal over
        ctx.set(dut.gap_packets, gap_packets)
        ctx.set(dut.gap_cycles, gap_cycles)
        ctx.set(dut.silence_cycles, silence_cycles)
        await ctx.tick()

        async def idle(cycles):
            for _ in range(cycles):
                await ctx.tick()

        def snapshot():
            result.levels.append({name: ctx.get(getattr(dut, name)) for name in LEVELS})

        for step in script:
            if isinstance(step, Pause):
                await idle(step.cycles)
                snapshot()
                continue
            if isinstance(step, Command):
                ctx.set(dut.seq_set, step.seq_set)
                ctx.set(getattr(dut, step.name), 1)
                await ctx.tick()
                ctx.set(getattr(dut, step.name), 0)
                continue
            cycles = []
            result.word_cycles.append(cycles)
            await idle(step.idle)
            words = step.words()
            for n, (word, first, last, count) in enumerate(words):
                if n:
                    await idle(step.gaps[n - 1] if n <= len(step.gaps) else 0)
                ctx.set(dut.i.valid, 1)
                ctx.set(dut.i.p, DATAGRAM_WORD.const({
                    "data": word, "first": first, "last": last, "lane": step.lane if first else 5,
                    "count": count if last else 8, "line": step.line}))
                cycles.append(result.cycles)
                if n == step.cut or (last and step.late == 0):
                    ctx.set(dut.i.verdict_done, 1)
                    ctx.set(dut.i.verdict_bad, step.bad)
                    break
                await ctx.tick()
                ctx.set(dut.i.valid, 0)
            else:
                await idle(step.late - 1)
                ctx.set(dut.i.verdict_done, 1)
                ctx.set(dut.i.verdict_bad, step.bad)
            result.verdict_cycles.append(result.cycles)
            await ctx.tick()
            ctx.set(dut.i.valid, 0)
            ctx.set(dut.i.verdict_done, 0)
            ctx.set(dut.i.verdict_bad, 0)
        await idle(settle)
        snapshot()
        over = True

    async def resync(ctx):
        for datagram, delay, seq in resync_after:
            while len(result.word_cycles) <= datagram or not result.word_cycles[datagram]:
                await ctx.tick()
            while result.cycles < result.word_cycles[datagram][0] + delay:
                await ctx.tick()
            ctx.set(dut.seq_set, seq)
            ctx.set(dut.resync, 1)
            await ctx.tick()
            ctx.set(dut.seq_set, 0)
            ctx.set(dut.resync, 0)

    async def host(ctx):
        for seq, message, *length in inject:
            ctx.set(dut.inject.valid, 1)
            ctx.set(dut.inject.seq, seq)
            ctx.set(dut.inject.length, *length or (len(message),))
            ctx.set(dut.inject.data, list(message.ljust(50, b"\xcc")))
            while True:
                _, _, ready = await ctx.tick().sample(dut.inject.ready)
                if over:
                    return
                if ready:
                    result.injected.append((seq, result.cycles - 1))
                    break
            ctx.set(dut.inject.valid, 0)

    async def watch(ctx):
        flat = dut.events.as_value()
        data = dut.o.p.data.as_value()
        while not over:
            _, _, valid, seq, message, events, noticed, event, aux = await ctx.tick().sample(
                dut.o.valid, dut.o.p.seq, data, flat, dut.notice.valid, dut.notice.event, dut.notice.aux)
            if valid:
                result.messages.append((result.cycles, seq, message.to_bytes(50, "little")))
            if events:
                result.counters.update(name for n, name in enumerate(EVENTS.members) if events >> n & 1)
            if noticed:
                result.notices.append((FeedEvent(event), aux))
            result.cycles += 1

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulator = Simulator(dut)
        simulator.add_clock(1e-8)
        simulator.add_testbench(watch, background=True)
        simulator.add_testbench(lines)
        simulator.add_testbench(host, background=True)
        if resync_after:
            simulator.add_testbench(resync, background=True)
        simulator.run()
    return result
