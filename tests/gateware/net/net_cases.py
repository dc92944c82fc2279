"""cocotb tests of the network block; tests/gateware/net/test_cocotb.py runs them."""

import random
from collections import Counter

import cocotb
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge
from cocotbext.eth import GmiiFrame

from gateware.interfaces import DATAGRAM_WORD
from gateware.net.channels import CHANNEL
from gateware.net.fate import EVENTS, FATES
from sim.models import net as model
from tests.cocotb.words import FrameSource, begin, random_pauses, reset
from tests.gateware.net.test_against_model import CHANNELS, MODEL_CHANNELS, base_frame, mutate
from wire.frame import build_frame

FRAMES = 800
SETTLE = 600


class Monitor:
    """Collects datagrams, as (line, bytes, good), and events."""

    def __init__(self, dut):
        self.datagrams: list[tuple[int, bytes, bool]] = []
        self.events: Counter[str] = Counter()
        self._dut = dut

    async def watch(self) -> None:
        """Watch for ever; run it as a task."""
        dut, data, line = self._dut, b"", 0
        while True:
            await RisingEdge(dut.clk)
            await ReadOnly()
            strobes = EVENTS.from_bits(int(dut.events.value))
            self.events.update(name for name in EVENTS.members if strobes[name])
            if dut.o__valid.value:
                word = DATAGRAM_WORD.from_bits(int(dut.o__p.value))
                if word.first:
                    data, line = b"", word.line
                low, high = word.lane if word.first else 0, word.count if word.last else 8
                data += word.data.to_bytes(8, "little")[low:high]
            if dut.o__verdict_done.value:
                self.datagrams.append((line, data, not dut.o__verdict_bad.value))

    @property
    def good(self) -> list[tuple[int, bytes]]:
        """Line and bytes of the good datagrams."""
        return [(line, data) for line, data, good in self.datagrams if good]


async def connect(dut, *, hold: bool) -> tuple[FrameSource, Monitor]:
    """Start the clock, reset, write the channel table; return the bus models."""
    source, monitor = FrameSource(dut, prefix="i"), Monitor(dut)
    entries = (CHANNEL.const(vars(entry)).as_bits() << n * CHANNEL.size for n, entry in enumerate(CHANNELS))
    dut.channel.value = sum(entries)
    dut.hold.value, dut.enable.value = hold, 1
    dut.again__valid.value, dut.again__p.value = 0, 0
    await begin(dut)
    await RisingEdge(dut.clk)
    cocotb.start_soon(monitor.watch())
    return source, monitor


async def agrees(dut, *, seed: int, hold: bool, pause: float) -> None:
    dut._log.info("seed %d", seed)
    chance = random.Random(seed)
    source, monitor = await connect(dut, hold=hold)
    wanted, good = Counter(), []
    for _ in range(FRAMES):
        frame = mutate(chance) if chance.random() < 0.7 else bytes(base_frame(chance)[0])
        error = chance.random() < 0.05
        await source.send(frame, error=error, pauses=random_pauses(chance.random(), pause) if pause else None)
        judgement = model.judge(frame, MODEL_CHANNELS, mac_error=error)
        wanted[judgement.fate] += 1
        good += [(judgement.line, judgement.payload)] if judgement.good and judgement.payload else []
    await ClockCycles(dut.clk, SETTLE)
    assert monitor.events.pop("frames") == FRAMES
    assert monitor.events == wanted and set(wanted) == set(FATES)
    assert monitor.good == good


@cocotb.test()
async def abutting_frames_agree_with_the_model(dut):
    await agrees(dut, seed=31, hold=False, pause=0)


@cocotb.test()
async def frames_with_pauses_agree_with_the_model(dut):
    await agrees(dut, seed=32, hold=False, pause=0.3)


@cocotb.test()
async def held_frames_agree_with_the_model(dut):
    await agrees(dut, seed=33, hold=True, pause=0)


@cocotb.test()
async def frames_of_an_ethernet_sender_pass(dut):
    source, monitor = await connect(dut, hold=False)
    payloads = [bytes(range(size)) for size in range(1, 200, 7)]
    for payload in payloads:
        sent = GmiiFrame.from_payload(build_frame(payload))
        await source.send(bytes(sent.get_payload()), pauses=random_pauses(5, 0.2))
    await ClockCycles(dut.clk, SETTLE)
    assert monitor.good == [(1, payload) for payload in payloads]


@cocotb.test()
async def resets_in_mid_frame_leave_the_next_frame_whole(dut):
    source, monitor = await connect(dut, hold=False)
    frame = build_frame(bytes(range(80)))
    for words in range(1, (len(frame) + 7) // 8):
        await source.send(frame, words=words)
        await reset(dut)
        await source.send(frame)
        await ClockCycles(dut.clk, 10)
        assert monitor.good == [(1, bytes(range(80)))] * words
        assert monitor.events["frames_ok"] == words
