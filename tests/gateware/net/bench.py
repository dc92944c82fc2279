"""Plays frames into the network block and notes what comes out, cycle by cycle."""

import random
from dataclasses import dataclass, field

from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator

from gateware.net.fate import FATES
from gateware.net.net import Net

__all__ = ["Channel", "Bench", "Datagram", "frame_words", "WORD_BYTES"]

WORD_BYTES = 8
#: Cycles after the last word in which everything must have come out.
SETTLE = 12
CLOCK_SECONDS = 8e-9


@dataclass(frozen=True)
class Channel:
    """One entry of the channel table."""

    ip: int
    port: int
    line: int = 0
    enable: int = 1


@dataclass
class Datagram:
    """What was put out of one datagram, and the cycles of its words, its first and last word, and its verdict."""

    line: int
    data: bytes = b""
    begun: int = 0
    words: list[int] = field(default_factory=list)
    ended: int | None = None
    decided: int | None = None
    good: bool | None = None


def frame_words(frame: bytes, *, error: bool = False, rubbish: int = 0xA5) -> list[dict[str, int]]:
    """Return the words of a frame; bytes behind its end are ``rubbish``."""
    words = []
    for at in range(0, len(frame), WORD_BYTES):
        part = frame[at:at + WORD_BYTES]
        last = at + WORD_BYTES >= len(frame)
        words.append({
            "data": int.from_bytes(part.ljust(WORD_BYTES, bytes([rubbish])), "little"), "first": int(at == 0),
            "last": int(last), "count": len(part), "error": int(last and error)})
    return words


class Bench:
    """One simulated ``Net`` with a channel table; ``play`` may be called once.

    After it: ``fates`` in order and ``fate_cycles``, ``begun`` (number of frames), ``datagrams``, ``words_in`` (cycles
    of the words played), ``active`` (for each cycle, whether hold was in force).
    """

    def __init__(self, channels: list[Channel], *, entries: int = 4, hold: bool = False, enable: bool = True,
                 hold_depth: int = 512):
        self.dut = Net(channels=entries, hold_depth=hold_depth)
        self._channels, self._hold, self._enable = channels, hold, enable
        self.fates: list[str] = []
        self.fate_cycles: list[int] = []
        self.begun = 0
        self.datagrams: list[Datagram] = []
        self.words_in: list[int] = []
        self.active: list[bool] = []

    def play(self, schedule: list[dict[str, int] | None], *, resets: tuple[int, ...] = (),
             hold_at: dict[int, bool] | None = None, settle: int = SETTLE) -> "Bench":
        """Play the words, one a cycle; None is an idle cycle.

        resets: cycles with reset. hold_at: changes of ``hold`` by cycle. settle: cycles to wait at the end.
        """
        reset = Signal()

        async def drive(ctx):
            await self._drive(ctx, schedule, reset, resets, hold_at or {}, settle)

        simulator = Simulator(ResetInserter(reset)(self.dut))
        simulator.add_clock(CLOCK_SECONDS)
        simulator.add_testbench(drive)
        simulator.run()
        return self

    def play_frames(self, frames: list[bytes], *, gap: float = 0.0, seed: int = 0, errors: tuple[int, ...] = (),
                    settle: int = SETTLE) -> "Bench":
        """Play whole frames, abutting but for idle cycles put in anywhere with probability ``gap``."""
        chance = random.Random(seed)
        schedule: list[dict[str, int] | None] = []
        for number, frame in enumerate(frames):
            for word in frame_words(frame, error=number in errors, rubbish=chance.randrange(256)):
                while chance.random() < gap:
                    schedule.append(None)
                schedule.append(word)
        return self.play(schedule, settle=settle)

    async def _drive(self, ctx, schedule, reset, resets, hold_at, settle):
        dut = self.dut
        for number, entry in enumerate(self._channels):
            ctx.set(dut.channel[number], vars(entry))
        ctx.set(dut.hold, self._hold)
        ctx.set(dut.enable, self._enable)
        await ctx.tick()
        for cycle, word in enumerate([*schedule, *[None] * settle]):
            if cycle in hold_at:
                ctx.set(dut.hold, hold_at[cycle])
            ctx.set(dut.i.valid, word is not None)
            if word is not None:
                self.words_in.append(cycle)
                ctx.set(dut.i.p, word)
            ctx.set(reset, cycle in resets)
            await ctx.tick()
            self._note(ctx, cycle + 1)

    def _note(self, ctx, cycle):
        dut = self.dut
        self.active.append(bool(ctx.get(dut.hold_active)))
        if ctx.get(dut.events.as_value()):
            self.begun += ctx.get(dut.events.frames)
            for name in FATES:
                if ctx.get(dut.events[name]):
                    self.fates.append(name)
                    self.fate_cycles.append(cycle)
        if ctx.get(dut.o.valid):
            word = ctx.get(dut.o.p)
            if word.first:
                self.datagrams.append(Datagram(line=word.line, begun=cycle))
            current = self.datagrams[-1]
            assert current.ended is None and current.decided is None and current.line == word.line
            low, high = word.lane if word.first else 0, word.count if word.last else WORD_BYTES
            assert low < high and word.count == high
            current.data += word.data.to_bytes(WORD_BYTES, "little")[low:high]
            current.words.append(cycle)
            if word.last:
                current.ended = cycle
        if ctx.get(dut.o.verdict_done):
            current = self.datagrams[-1]
            assert current.decided is None
            current.decided, current.good = cycle, not ctx.get(dut.o.verdict_bad)
