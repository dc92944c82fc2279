"""cocotb tests of the network block: good and broken frames against the reference, pauses, reset in mid-frame."""

import random
from collections import Counter

import cocotb
from amaranth.lib import data
from cocotb.triggers import ClockCycles, RisingEdge

from gateware.interfaces import DATAGRAM_WORD
from gateware.net.channels import CHANNEL
from gateware.net.fate import EVENTS
from sim.models.net import Channel, Judgement, judge
from tests.cocotb.words import FrameSource, begin, frame_bytes, random_pauses, reset
from wire.frame import FEED_IP, FEED_PORT, build_frame

CHANNELS = [Channel(ip=FEED_IP, port=FEED_PORT), Channel(ip=FEED_IP + 1, port=FEED_PORT, line=1)]
FRAMES = 150
#: Cycles within which a frame's fate and verdict are out.
SETTLED = 12


class Watch:
    """What the block put out: datagrams as (line, payload, good), and its events."""

    def __init__(self, dut):
        self._dut = dut
        self.datagrams: list[tuple[int, bytes, bool]] = []
        self.events: Counter[str] = Counter()

    async def run(self) -> None:
        dut, line, payload = self._dut, 0, b""
        while True:
            await RisingEdge(dut.clk)
            events = int(dut.events.value)
            if events:
                self.events.update(name for name, field in EVENTS if events >> field.offset & 1)
            if dut.o__valid.value:
                word = DATAGRAM_WORD.from_bits(int(dut.o__p.value))
                line = word["line"]
                part = word["data"].to_bytes(8, "little")[word["lane"] if word["first"] else 0:]
                cut = 8 - (word["count"] if word["last"] else 8)
                payload = (b"" if word["first"] else payload) + part[:len(part) - cut]
            if dut.o__verdict_done.value:
                self.datagrams.append((line, payload, not dut.o__verdict_bad.value))
                payload = b""


async def connect(dut) -> tuple[FrameSource, Watch]:
    source, watch = FrameSource(dut, "i"), Watch(dut)
    rows = [{"ip": c.ip, "port": c.port, "line": c.line, "enable": c.enable} for c in CHANNELS]
    empty = {"ip": 0, "port": 0, "line": 0, "enable": 0}
    dut.channel.value = data.ArrayLayout(CHANNEL, 4).const(rows + [empty] * (4 - len(rows))).as_bits()
    dut.hold.value = 0
    dut.enable.value = 1
    await begin(dut)
    cocotb.start_soon(watch.run())
    return source, watch


def random_frame(generator: random.Random) -> bytes:
    """Return a frame for one of the channels, or one that something is wrong with."""
    payload = generator.randbytes(generator.choice((0, 1, 7, 8, 20, 40, 100, 300)))
    frame = frame_bytes(build_frame(payload, dst_ip=FEED_IP + generator.choice((0, 0, 1, 1, 2)),
                                    vlan=generator.choice((None, 7)), checksum=generator.random() < 0.7))
    if generator.random() < 0.3:
        at = generator.randrange(len(frame))
        frame = frame[:at] + bytes([frame[at] ^ 1 << generator.randrange(8)]) + frame[at + 1:]
    if generator.random() < 0.1:
        frame = frame[:generator.randrange(1, len(frame) + 1)]
    return frame


def expected(judgements: list[Judgement]) -> list[tuple[int | None, bytes, bool]]:
    return [(j.line, j.payload, True) for j in judgements if j.good and j.payload]


async def run(dut, generator: random.Random, chance: float) -> None:
    source, watch = await connect(dut)
    pauses = random_pauses(generator.randrange(1 << 30), chance) if chance else None
    judgements = []
    for _ in range(FRAMES):
        frame, error = random_frame(generator), generator.random() < 0.05
        judgements.append(judge(frame, CHANNELS, mac_error=error))
        await source.send(frame, error=error, pauses=pauses)
    await ClockCycles(dut.clk, SETTLED)
    assert [d for d in watch.datagrams if d[2]] == expected(judgements)
    assert watch.events == Counter(j.fate for j in judgements) + Counter(frames=FRAMES)
    assert len(watch.events) > 5, watch.events


@cocotb.test()
async def abutting_frames(dut):
    await run(dut, random.Random(11), 0)


@cocotb.test()
async def frames_with_pauses(dut):
    await run(dut, random.Random(12), 0.5)


@cocotb.test()
async def held_frames(dut):
    dut.hold.value = 1
    source, watch = await connect(dut)
    dut.hold.value = 1
    await ClockCycles(dut.clk, SETTLED)
    assert dut.hold_active.value
    generator, judgements = random.Random(13), []
    for _ in range(FRAMES):
        frame = random_frame(generator)
        judgements.append(judge(frame, CHANNELS))
        await source.send(frame)
    await ClockCycles(dut.clk, 500)
    assert watch.datagrams == expected(judgements)


@cocotb.test()
async def reset_in_mid_frame(dut):
    source, watch = await connect(dut)
    generator = random.Random(14)
    frame = frame_bytes(build_frame(bytes(range(1, 200)), dst_ip=FEED_IP))
    for cut in range(1, len(frame) // 8 + 1):
        await source.send(frame, words=cut, pauses=random_pauses(cut, 0.2))
        await ClockCycles(dut.clk, generator.randrange(3))
        await reset(dut)
        watch.datagrams.clear()
        watch.events.clear()
        await source.send(frame)
        await ClockCycles(dut.clk, SETTLED)
        assert watch.datagrams == [(0, bytes(range(1, 200)), True)], cut
        assert watch.events == Counter(frames=1, frames_ok=1), cut
