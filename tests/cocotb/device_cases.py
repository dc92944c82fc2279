"""cocotb tests of the whole device: registers, random frames with pauses against the reference models, resets."""

import random
from collections import Counter

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles

from sim.models.net import Channel, judge
from tests.cocotb.words import Bus, FrameSource, Ring, begin, frame_bytes, random_pauses, reset
from wire import itch50, moldudp64
from wire.frame import FEED_IP, FEED_PORT, build_frame
from wire.profiles import PROFILES
from wire.records import RecordKind, record_dtype
from wire.registers import COUNTERS, MAGIC, by_name

PROFILE = PROFILES["tiny"]
RECORD = record_dtype(PROFILE.levels)
CHANNELS = [Channel(ip=FEED_IP, port=FEED_PORT), Channel(ip=FEED_IP, port=FEED_PORT + 1, line=1)]
SESSION, LOCATE, BASE = "COCOTB", 13, 10_000
#: Cycles in which frames, counters and records are through.
SETTLED = 400


class Host:
    """Registers by name, frames, and the records in the ring."""

    def __init__(self, dut):
        self.dut, self.bus, self.source, self.ring = dut, Bus(dut), FrameSource(dut), Ring(dut)

    async def read(self, name: str) -> int:
        register = by_name(name)
        value = await self.bus.read(register.offset)
        if register.size == 8:
            value |= await self.bus.read(register.offset + 4) << 32
        return value

    async def write(self, name: str, value: int) -> None:
        await self.bus.write(by_name(name).offset, value)

    async def counters(self) -> dict[str, int]:
        await ClockCycles(self.dut.clk, SETTLED)
        return {name: await self.read(name.upper()) for name, _ in COUNTERS}

    async def configure(self) -> None:
        """Follow one symbol, take both lines, wait until the book is ready."""
        for n, channel in enumerate(CHANNELS):
            await self.write(f"CHANNEL{n}_IP", channel.ip)
            await self.write(f"CHANNEL{n}_PORT", channel.port | channel.line << 16 | 1 << 31)
        await self.write("SYMBOL_SELECT", 0)
        await self.write("SYMBOL_NAME_LO", int.from_bytes(b"AAPL", "little"))
        await self.write("SYMBOL_NAME_HI", int.from_bytes(b"    ", "little"))
        await self.write("SYMBOL_BASE", BASE)
        await self.write("SYMBOL_CONFIG", LOCATE | 1 << 16 | 1 << 31)
        await self.write("CONTROL", 0b10)
        await ClockCycles(self.dut.clk, 4)
        while await self.read("STATUS") & 1:
            await ClockCycles(self.dut.clk, 64)

    def records(self) -> np.ndarray:
        words = RECORD.itemsize // 8
        memory = np.zeros((max(self.ring.memory, default=-1) // words + 1) * words, "<u8")
        for index, word in self.ring.memory.items():
            memory[index] = word
        return memory.view(RECORD)


async def connect(dut) -> Host:
    host = Host(dut)
    await begin(dut)
    cocotb.start_soon(host.ring.watch())
    await host.configure()
    return host


def add(reference: int, side: str, shares: int, ticks: int) -> bytes:
    return itch50.pack("A", locate=LOCATE, timestamp=reference, reference=reference, side=side, shares=shares,
                       stock="AAPL", price=(BASE + ticks) * PROFILE.tick)


def packet(sequence: int, messages: list[bytes], line: int = 0) -> bytes:
    """Return the frame of a MoldUDP64 packet as the MAC hands it over."""
    return frame_bytes(build_frame(moldudp64.pack(SESSION, sequence, messages), dst_ip=FEED_IP,
                                   dst_port=FEED_PORT + line))


@cocotb.test()
async def registers(dut):
    host = await connect(dut)
    assert await host.read("MAGIC") == MAGIC
    assert await host.read("CAP_ORDERS") == PROFILE.order_slots
    await host.write("GAP_CYCLES", 0x1234_5678)
    assert await host.read("GAP_CYCLES") == 0x1234_5678
    first = await host.read("CYCLES")
    await ClockCycles(dut.clk, 100)
    assert 100 < await host.read("CYCLES") - first < 140
    await host.write("MAGIC", 1)
    await host.bus.write(0xFF0, 1)
    assert await host.read("MAGIC") == MAGIC
    assert (await host.counters())["bus_errors"] == 2


@cocotb.test()
async def registers_while_frames_come(dut):
    host = await connect(dut)
    frames = [packet(n, [add(n, "B", 1, 1)]) for n in range(1, 31)]
    sending = cocotb.start_soon(host.source.send_abutting(frames))
    while not sending.done():
        assert await host.read("MAGIC") == MAGIC
        await host.write("GAP_PACKETS", 7)
    counters = await host.counters()
    assert (counters["frames_ok"], counters["msgs_a"], counters["msgs_book"]) == (30, 30, 30)
    assert await host.read("GAP_PACKETS") == 7


@cocotb.test()
async def a_book_is_published(dut):
    host = await connect(dut)
    messages = [add(1, "B", 100, 10), add(2, "S", 200, 12), add(3, "B", 50, 11), add(4, "B", 25, 11)]
    for n, message in enumerate(messages, 1):
        await host.source.send(packet(n, [message]), pauses=random_pauses(n, 0.3))
        await ClockCycles(dut.clk, SETTLED)
    record = host.records()[-1]
    assert (record["kind"], record["feed_seq"], record["locate"], record["aux"]) == (RecordKind.BOOK, 4, LOCATE, 4)
    levels = [(int(level["price"]) // PROFILE.tick - BASE, int(level["shares"]), int(level["orders"]))
              for side in ("bids", "asks") for level in record[side] if level["orders"]]
    assert levels == [(11, 75, 2), (10, 100, 1), (12, 200, 1)]
    assert (record["bids_valid"], record["asks_valid"]) == (PROFILE.levels, PROFILE.levels) or record["whole"] == 3


@cocotb.test()
async def random_frames_are_accounted_for(dut):
    host, generator = await connect(dut), random.Random(21)
    fates, sequence, copies = Counter(), 1, []
    for n in range(200):
        good = packet(sequence, [add(sequence, generator.choice("BS"), 1 + n, generator.randrange(64))])
        frame, error = good, generator.random() < 0.05
        if generator.random() < 0.3:
            at = generator.randrange(len(frame))
            frame = frame[:at] + bytes([frame[at] ^ 1 << generator.randrange(8)]) + frame[at + 1:]
        if generator.random() < 0.1:
            frame = frame[:generator.randrange(1, len(frame))]
        fates[judge(frame, CHANNELS, mac_error=error).fate] += 1
        await host.source.send(frame, error=error, pauses=random_pauses(n, generator.choice((0.0, 0.5))))
        copies.append(packet(sequence, [add(sequence, "B", 1, 1)], line=1))
        if generator.random() < 0.9:
            fates[judge(copies[-1], CHANNELS).fate] += 1
            await host.source.send(copies[-1])
        sequence += 1
    counters = await host.counters()
    assert counters["frames"] == sum(fates.values())
    assert {name: counters[name] for name in fates} == dict(fates)
    assert sum(count for name, count in counters.items() if name.startswith("frames_")) == counters["frames"]
    taken = counters["msgs_a"] + counters["msgs_b"]
    assert await host.read("SEQ_EXPECTED") == taken + 1
    assert taken == counters["msgs_decoded"] + counters["msgs_unknown_type"] + counters["msgs_bad_length"]


@cocotb.test()
async def reset_in_mid_frame(dut):
    host = await connect(dut)
    frame = packet(1, [add(1, "B", 100, 10), add(2, "S", 200, 12)])
    words = -(-len(frame) // 8)
    for cut in range(1, words + 1, 3):
        await host.source.send(frame, words=cut)
        await reset(dut)
        assert await host.read("FRAMES") == 0
        await host.configure()
        host.ring.memory.clear()
        await host.source.send(frame, pauses=random_pauses(cut, 0.2))
        counters = await host.counters()
        assert (counters["frames"], counters["frames_ok"], counters["msgs_book"]) == (1, 1, 2), cut
        assert host.records()[-1]["feed_seq"] == 2, cut
