"""A MAC with its three clocks, seen from the pins."""

from collections import Counter
from itertools import chain, repeat

from amaranth.hdl import ClockDomain, Module, ResetInserter, Signal
from amaranth.lib.wiring import connect
from amaranth.sim import Simulator

from gateware.interfaces import FRAME_WORD
from gateware.net.mac.mac import EVENTS, Mac
from tests.gateware.net.mac.line import Byte, gap

__all__ = ["Pins", "GIGABIT_NS", "at"]

GIGABIT_NS = 8.0


def at(line: list[Byte], period: float = GIGABIT_NS) -> list[tuple[float, Byte]]:
    """Return ``line`` at a clock of ``period`` ns."""
    return [(period, byte) for byte in line]


class Pins:
    """One simulated MAC; ``run`` may be called once.

    After it: ``frames`` as [bytes, error], None for a last word that never came; ``words``, the time of each word;
    ``bytes_in``, of each byte put on the pins; ``carriers`` as [bytes, had an error] and ``carrier_times``; ``starts``,
    the times of first words to be sent, when taken; ``events``; ``gigabit`` and ``running`` in each cycle of the core.
    A time is that of the clock edge at which a value is taken, in ns.
    """

    def __init__(self, *, core_ns: float = 8.0, phase: float = 0.5, depth: int = 512, max_bytes: int = 1522,
                 station=None):
        """``station``: what takes the frames received, and sends instead of ``run``'s words."""
        self.core_ns, self.phase, self.station = core_ns, phase, station
        self.dut = Mac(hz=round(1e9 / core_ns), depth=depth, max_bytes=max_bytes)
        self.frames: list[list] = []
        self.words: list[float] = []
        self.bytes_in: list[float] = []
        self.carriers: list[list] = []
        self.carrier_times: list[float] = []
        self.starts: list[float] = []
        self.events: Counter[str] = Counter()
        self.gigabit: list[int] = []
        self.running: list[int] = []

    def run(self, nanoseconds: float, *, line: list[tuple[float, Byte]] = (), words: list[dict[str, int] | None] = (),
            resets: frozenset[int] = frozenset()) -> "Pins":
        """Put ``line`` on the receive pins, each byte with its clock's period, then no carrier; send ``words``.

        A period of 0 means that the clock stops there, for as many ns as the byte says. A word that is None is an idle
        cycle. resets: cycles of the core.
        """
        top, reset = Module(), Signal()
        top.submodules.dut = ResetInserter({"sync": reset})(self.dut)
        if self.station is not None:
            top.submodules.station = self.station
            connect(top, self.dut.o, self.station.i)
            connect(top, self.station.o, self.dut.i)
        rx = ClockDomain("rx", reset_less=True)
        top.domains += [rx, ClockDomain("tx", reset_less=True), ClockDomain("sync", reset_less=True)]

        async def receive(ctx):
            now = 0.0
            for period, (data, valid, error) in chain(line, repeat((GIGABIT_NS, gap(1)[0]))):
                if now >= nanoseconds:
                    return
                if not period:
                    await ctx.delay(data * 1e-9)
                    now += data
                    continue
                ctx.set(self.dut.rx.data, data)
                ctx.set(self.dut.rx.control, valid | (valid ^ error) << 1)
                await ctx.delay(period / 2 * 1e-9)
                ctx.set(rx.clk, 1)
                await ctx.delay(period / 2 * 1e-9)
                ctx.set(rx.clk, 0)
                self.bytes_in.append(now + period / 2)
                now += period

        async def send(ctx):
            for word in words:
                ctx.set(self.dut.i.valid, word is not None)
                if word is None:
                    await ctx.tick()
                    continue
                ctx.set(self.dut.i.payload, word)
                await ctx.tick().until(self.dut.i.ready)
                ctx.set(self.dut.i.valid, 0)

        async def watch_core(ctx):
            cycle = 0
            while cycle * self.core_ns < nanoseconds:
                ctx.set(reset, cycle in resets)
                _, _, *seen = await ctx.tick().sample(
                    self.dut.o.valid, self.dut.o.p.as_value(), self.dut.events.as_value(), self.dut.status.as_value(),
                    self.dut.i.valid & self.dut.i.payload.first & self.dut.i.ready)
                self._note(self.phase + cycle * self.core_ns, *seen)
                cycle += 1

        async def watch_pins(ctx):
            cycle, before = 0, 0
            while cycle * GIGABIT_NS < nanoseconds:
                _, _, data, control = await ctx.tick("tx").sample(self.dut.tx.data, self.dut.tx.control)
                valid, error = control & 1, (control & 1) ^ control >> 1
                if valid and not before:
                    self.carriers.append([b"", False])
                    self.carrier_times.append(cycle * GIGABIT_NS)
                if valid:
                    self.carriers[-1][0] += bytes([data])
                    self.carriers[-1][1] |= bool(error)
                before, cycle = valid, cycle + 1

        simulator = Simulator(top)
        simulator.add_clock(self.core_ns * 1e-9, phase=self.phase * 1e-9)
        simulator.add_clock(GIGABIT_NS * 1e-9, phase=0, domain="tx")
        for bench in (receive, send, watch_core, watch_pins):
            simulator.add_testbench(bench)
        simulator.run_until(nanoseconds * 1e-9)
        return self

    def _note(self, now, valid, word, events, status, starts):
        self.running.append(status & 1)
        self.gigabit.append(status >> 1)
        if events:
            strobes = EVENTS.from_bits(events)
            self.events.update(name for name in EVENTS.members if strobes[name])
        if starts:
            self.starts.append(now)
        if valid:
            word = FRAME_WORD.from_bits(word)
            self.words.append(now)
            if word.first:
                self.frames.append([b"", None])
            frame = self.frames[-1]
            assert frame[1] is None
            frame[0] += word.data.to_bytes(8, "little")[:word.count]
            frame[1] = bool(word.error) if word.last else None
