"""cocotb tests of the link: registers, counters, record words into the ring with pauses, injected messages, reset."""

import random
from collections import Counter

import cocotb
from amaranth.lib import data
from cocotb.triggers import ClockCycles, RisingEdge

from gateware.interfaces import RECORD_WORD
from gateware.link.link import LINKED_EVENTS
from gateware.net.channels import CHANNEL
from tests.cocotb.words import Bus, Ring, begin, random_pauses, reset
from wire.profiles import PROFILES
from wire.records import record_dtype
from wire.registers import COUNTERS, MAGIC, REGISTERS, by_name

PROFILE = PROFILES["tiny"]
RECORD_WORDS = record_dtype(PROFILE.levels).itemsize // 8
USED_WORDS = (64 + 24 * PROFILE.levels) // 8
SETTLED = 400


async def connect(dut) -> tuple[Bus, Ring]:
    bus, ring = Bus(dut), Ring(dut)
    for name in ("cycles", "status", "expected", "highest", "events", "record__valid", "record__payload",
                 "notice__valid", "notice__event", "notice__aux", "inject__ready", "select_state", "select_locate"):
        getattr(dut, name).value = 0
    await begin(dut)
    cocotb.start_soon(ring.watch())
    await ClockCycles(dut.clk, 4)
    return bus, ring


async def read(bus: Bus, name: str) -> int:
    register = by_name(name)
    value = await bus.read(register.offset)
    return value | (await bus.read(register.offset + 4) << 32 if register.size == 8 else 0)


async def send_record(dut, words: dict[int, int], pauses) -> None:
    """Offer the words of one record, in the order given, with pauses; each stays until it is taken."""
    for n, (index, word) in enumerate(words.items()):
        while next(pauses):
            await RisingEdge(dut.clk)
        dut.record__payload.value = RECORD_WORD.const(
            {"data": word, "index": index, "last": n == len(words) - 1}).as_bits()
        dut.record__valid.value = 1
        while True:
            await RisingEdge(dut.clk)
            if dut.record__ready.value:
                break
        dut.record__valid.value = 0


@cocotb.test()
async def every_register_has_its_reset_value(dut):
    bus, _ = await connect(dut)
    counters = {name.upper() for name, _ in COUNTERS}
    for register in REGISTERS:
        if register.access == "rw" and register.name not in counters:
            assert await read(bus, register.name) == register.reset, register.name
    assert await read(bus, "MAGIC") == MAGIC


@cocotb.test()
async def a_channel_reaches_the_network_block(dut):
    bus, _ = await connect(dut)
    await bus.write(by_name("CHANNEL2_IP").offset, 0xE000_0001)
    await bus.write(by_name("CHANNEL2_PORT").offset, 26477 | 1 << 16 | 1 << 31)
    await ClockCycles(dut.clk, 4)
    table = data.ArrayLayout(CHANNEL, PROFILE.channels).from_bits(int(dut.channel.value))
    entry = table[2]
    assert (entry["ip"], entry["port"], entry["line"], entry["enable"]) == (0xE000_0001, 26477, 1, 1)


@cocotb.test()
async def events_are_counted(dut):
    bus, _ = await connect(dut)
    generator, expected = random.Random(41), Counter()
    names = [name for name, _ in LINKED_EVENTS]
    for _ in range(500):
        chosen = generator.sample(names, generator.randrange(4))
        expected.update(chosen)
        dut.events.value = sum(1 << LINKED_EVENTS[name].offset for name in chosen)
        await RisingEdge(dut.clk)
    dut.events.value = 0
    await ClockCycles(dut.clk, SETTLED)
    for name in names:
        assert await read(bus, name.upper()) == expected[name], name


@cocotb.test()
async def records_reach_the_ring_whole(dut):
    bus, ring = await connect(dut)
    generator, pauses = random.Random(42), random_pauses(42, 0.3)
    await bus.write(by_name("RING_ENTRIES").offset, 2)
    for number in range(1, 8):
        words = {index: generator.getrandbits(64) for index in range(1, USED_WORDS)}
        await send_record(dut, words, pauses)
        await ClockCycles(dut.clk, 20)
        base = (number - 1) % 4 * RECORD_WORDS
        assert ring.memory[base] == number
        assert {index: ring.memory[base + index] for index in words} == words
    await ClockCycles(dut.clk, SETTLED)
    assert await read(bus, "RECORDS") == 7


@cocotb.test()
async def a_notice_becomes_a_record(dut):
    _, ring = await connect(dut)
    dut.notice__event.value, dut.notice__aux.value, dut.notice__valid.value = 1, 0x1234, 1
    await RisingEdge(dut.clk)
    dut.notice__valid.value = 0
    await ClockCycles(dut.clk, 60)
    dtype = record_dtype(PROFILE.levels)
    raw = b"".join(ring.memory.get(n, 0).to_bytes(8, "little") for n in range(RECORD_WORDS))
    record = memoryview(raw)
    for name, value in {"seq": 1, "cause": 1, "kind": 2, "aux": 0x1234}.items():
        field, offset = dtype.fields[name][:2]
        assert int.from_bytes(record[offset:offset + field.itemsize], "little") == value, name


@cocotb.test()
async def an_injected_message_waits_for_the_feed(dut):
    bus, _ = await connect(dut)
    message = bytes(range(1, 20))
    for at in range(0, len(message), 4):
        await bus.write(by_name("INJECT_DATA").offset, int.from_bytes(message[at:at + 4], "little"))
    await bus.write(by_name("INJECT_SEQ").offset, 77)
    await bus.write(by_name("INJECT_GO").offset, len(message))
    await ClockCycles(dut.clk, 30)
    assert dut.inject__valid.value
    assert (int(dut.inject__seq.value), int(dut.inject__length.value)) == (77, len(message))
    assert int(dut.inject__data.value).to_bytes(50, "little")[:len(message)] == message
    busy = 1 << next(bits.lsb for bits in by_name("STATUS").bits if bits.name == "inject_busy")
    assert await read(bus, "STATUS") & busy
    dut.inject__ready.value = 1
    await RisingEdge(dut.clk)
    dut.inject__ready.value = 0
    await ClockCycles(dut.clk, 4)
    assert not dut.inject__valid.value
    assert not await read(bus, "STATUS") & busy


@cocotb.test()
async def reset_in_mid_record(dut):
    bus, ring = await connect(dut)
    words = {index: index << 32 | index for index in range(1, USED_WORDS)}
    for cut in range(1, USED_WORDS, 5):
        part = dict(list(words.items())[:cut])
        sending = cocotb.start_soon(send_record(dut, {**part, USED_WORDS: 0}, random_pauses(cut, 0.0)))
        await ClockCycles(dut.clk, cut)
        sending.cancel()
        dut.record__valid.value = 0
        await reset(dut)
        ring.memory.clear()
        await ClockCycles(dut.clk, 4)
        await send_record(dut, words, random_pauses(cut, 0.1))
        await ClockCycles(dut.clk, 20)
        assert ring.memory[0] == 1, cut
        assert {index: ring.memory[index] for index in words} == words, cut
        assert await read(bus, "RING_ENTRIES") == by_name("RING_ENTRIES").reset
