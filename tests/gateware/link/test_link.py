# amaranth: UnusedElaboratable=no
import random
from dataclasses import replace

import pytest
from amaranth.sim import Simulator

from gateware.link.counters import LAG, sweep_cycles
from gateware.link.link import LINK_EVENTS, LINKED_EVENTS, STATUS, Link
from gateware.link.registers import READ_LATENCY, WRITE_LATENCY
from wire.profiles import PROFILES, Profile
from wire.records import FeedEvent, RecordKind
from wire.registers import COUNTERS, MAGIC, by_name

PROFILE = PROFILES["tiny"]
SWEEP = sweep_cycles(len(COUNTERS)) + LAG


def simulate(bench_of, *, profile=PROFILE, build=0):
    """Run ``bench_of(ctx, dut, read, write)``; ``read`` takes a register's name and gives its bits, ``write`` a name
    and a value. Return the words that were written to the ring."""
    dut = Link(profile=profile, build=build)
    sim = Simulator(dut)
    sim.add_clock(1e-8)
    writes, finished = [], []

    async def ring(ctx):
        async for _, _, valid, addr, data in ctx.tick().sample(dut.ring.valid, dut.ring.addr, dut.ring.data):
            if valid:
                writes.append((addr, data))

    async def bench(ctx):
        async def write(name, value):
            register = by_name(name)
            for part in range(register.size // 4):
                ctx.set(dut.bus.addr, register.offset + 4 * part)
                ctx.set(dut.bus.w_data, value >> 32 * part & 0xffff_ffff)
                ctx.set(dut.bus.w_en, 1)
                await ctx.tick()
            ctx.set(dut.bus.w_en, 0)

        async def read(name):
            register, value = by_name(name), 0
            for part in range(register.size // 4):
                ctx.set(dut.bus.addr, register.offset + 4 * part)
                ctx.set(dut.bus.r_en, 1)
                await ctx.tick()
                ctx.set(dut.bus.r_en, 0)
                await ctx.tick().repeat(READ_LATENCY - 1)
                assert ctx.get(dut.bus.r_valid)
                value |= ctx.get(dut.bus.r_data) << 32 * part
            return value

        await bench_of(ctx, dut, read, write)
        finished.append(True)

    sim.add_process(ring)
    sim.add_testbench(bench)
    sim.run()
    assert finished
    return writes


def test_identification():
    async def bench(ctx, dut, read, write):
        assert await read("MAGIC") == MAGIC
        assert await read("BUILD") == 0xfeed_0123_4567_89ab
        assert await read("CLOCK_HZ") == PROFILE.clock_hz
        assert await read("CAP_BOOK") == PROFILE.symbols | PROFILE.levels << 16 | 6 << 24
        assert await read("CAP_ORDERS") == PROFILE.order_slots
        assert await read("CAP_TICK") == PROFILE.tick
        assert await read("CAP_LINK") == 256 | 4 << 16 | PROFILE.far_levels << 24
        assert await read("CAP_BITS") == 16 | 20 << 8 | 24 << 16 | 8 << 24

    simulate(bench, build=0xfeed_0123_4567_89ab)


@pytest.mark.parametrize("accounts", [PROFILE.accounts, 0])
def test_every_counter_from_its_strobe_to_its_register(accounts):
    """Those of a gate that is not there read as 0."""
    rng = random.Random(4)
    counts = dict.fromkeys((name for name, _ in LINKED_EVENTS), 0)

    async def bench(ctx, dut, read, write):
        await ctx.tick().repeat(SWEEP)
        for _ in range(200):
            strobes = {name: rng.random() < (n + 1) / 60 for n, name in enumerate(counts)}
            for name, strobe in strobes.items():
                counts[name] += strobe
            ctx.set(dut.events, strobes)
            await ctx.tick()
        ctx.set(dut.events, dict.fromkeys(counts, 0))
        await ctx.tick().repeat(SWEEP)
        for name, count in counts.items():
            assert await read(name.upper()) == (0 if name.startswith("risk_") and not accounts else count), name
        for name in LINK_EVENTS:
            assert await read(name.upper()) == 0

    simulate(bench, profile=replace(PROFILE, accounts=accounts))
    assert len(counts) + len(LINK_EVENTS) == len(COUNTERS)


def test_status_bits():
    async def bench(ctx, dut, read, write):
        for bits in by_name("STATUS").bits:
            if bits.name == "inject_busy":
                continue
            ctx.set(dut.status, {name: name == bits.name for name, _ in STATUS})
            assert await read("STATUS") == 1 << bits.lsb, bits.name
        ctx.set(dut.expected, 0x0123_4567_89ab_cdef)
        ctx.set(dut.highest, 0xfedc_ba98_7654_3210)
        ctx.set(dut.cycles, 1 << 40 | 3)
        assert await read("SEQ_EXPECTED") == 0x0123_4567_89ab_cdef
        assert await read("SEQ_HIGHEST") == 0xfedc_ba98_7654_3210
        assert await read("CYCLES") == 1 << 40 | 3

    simulate(bench)


def test_control_and_channels():
    async def bench(ctx, dut, read, write):
        await write("CONTROL", 0b110)
        for n in range(4):
            await write(f"CHANNEL{n}_IP", 0xe000_0001 + n)
            await write(f"CHANNEL{n}_PORT", 1000 + n | (n & 1) << 16 | (n != 2) << 31)
        for name, value in (("GAP_PACKETS", 3), ("GAP_CYCLES", 4), ("SILENCE_CYCLES", 5), ("SEQ_SET", 6 << 32 | 7)):
            await write(name, value)
        await ctx.tick().repeat(WRITE_LATENCY)
        assert [ctx.get(getattr(dut, name)) for name in ("hold", "enable", "reorder")] == [0, 1, 1]
        for n in range(4):
            channel = dut.channel[n]
            assert [ctx.get(channel[name]) for name in ("ip", "port", "line", "enable")] == [
                0xe000_0001 + n, 1000 + n, n & 1, n != 2]
        assert [ctx.get(getattr(dut, name)) for name in ("gap_packets", "gap_cycles", "silence_cycles", "seq_set")] == [
            3, 4, 5, 6 << 32 | 7]

    simulate(bench)


def test_symbol_configuration():
    async def bench(ctx, dut, read, write):
        await write("SYMBOL_SELECT", 3)
        await write("SYMBOL_NAME_LO", int.from_bytes(b"AAPL", "little"))
        await write("SYMBOL_NAME_HI", int.from_bytes(b"    ", "little"))
        await write("SYMBOL_BASE", 31_000)
        await write("SYMBOL_CONFIG", 13 | 1 << 16 | 1 << 31)
        writes = 0
        for _ in range(6):
            if ctx.get(dut.config.write):
                writes += 1
                assert [ctx.get(getattr(dut.config, name)) for name in (
                    "select", "name", "base", "locate", "locate_valid", "learn", "enable")] == [
                    3, int.from_bytes(b"AAPL    ", "little"), 31_000, 13, 1, 0, 1]
            await ctx.tick()
        assert writes == 1
        ctx.set(dut.select_state, 0x0021_4004)
        ctx.set(dut.select_locate, {"locate": 13, "valid": 1})
        assert ctx.get(dut.select) == 3
        assert await read("SYMBOL_STATE") == 0x0021_4004
        assert await read("SYMBOL_LOCATE") == 1 << 16 | 13

        await write("SYMBOL_SELECT", PROFILE.symbols)
        await write("SYMBOL_CONFIG", 1 << 31)
        for _ in range(6):
            assert not ctx.get(dut.config.write)
            await ctx.tick()
        assert await read("SYMBOL_SELECT") == PROFILE.symbols
        assert await read("SYMBOL_STATE") == await read("SYMBOL_LOCATE") == 0

    simulate(bench)


def test_inject():
    content = bytes(range(100, 135))

    async def bench(ctx, dut, read, write):
        for at in range(0, len(content), 4):
            await write("INJECT_DATA", int.from_bytes(content[at:at + 4].ljust(4, b"\0"), "little"))
        await write("INJECT_SEQ", 1 << 40 | 5)
        await write("INJECT_GO", len(content))
        assert await read("STATUS") == 1 << 7
        assert ctx.get(dut.inject.valid)
        assert (ctx.get(dut.inject.seq), ctx.get(dut.inject.length)) == (1 << 40 | 5, len(content))
        assert ctx.get(dut.inject.data.as_value()).to_bytes(50, "little")[:len(content)] == content
        await write("INJECT_DATA", 1)
        await write("MAGIC", 1)
        await ctx.tick().repeat(SWEEP)
        assert await read("BUS_ERRORS") == 1 + 1
        ctx.set(dut.inject.ready, 1)
        await ctx.tick()
        ctx.set(dut.inject.ready, 0)
        assert await read("STATUS") == 0

    simulate(bench)


@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("collides", [False, True])
def test_a_clear_that_was_asked_for_gives_a_notice(asked, collides):
    async def bench(ctx, dut, read, write):
        ctx.set(dut.expected, 77)
        if asked:
            await write("COMMAND", 1)
        for cycle in range(10):
            assert ctx.get(dut.clear) == (asked and cycle == WRITE_LATENCY - 1)
            await ctx.tick()
        ctx.set(dut.status.clearing, 1)
        await ctx.tick().repeat(20)
        ctx.set(dut.status.clearing, 0)
        await ctx.tick()
        for _ in range(2 * collides):
            ctx.set(dut.notice.valid, 1)
            ctx.set(dut.notice.event, FeedEvent.SILENT)
            await ctx.tick()
        ctx.set(dut.notice.valid, 0)
        await ctx.tick().repeat(100)

    writes = simulate(bench)
    causes = [data >> 56 for addr, data in writes if addr % 32 == 4]
    assert causes == [FeedEvent.SILENT] * 2 * collides + [FeedEvent.CLEARED] * asked
    assert [data & 0xff for addr, data in writes if addr % 32 == 6] == [RecordKind.FEED] * len(causes)
    assert [data for addr, data in writes if addr % 32 == 7][len(causes) - 1:] == [77] * asked + [0] * (
        collides and not asked)


def test_book_record_and_counter():
    async def bench(ctx, dut, read, write):
        await ctx.tick().repeat(SWEEP)
        ctx.set(dut.record.valid, 1)
        for index in range(1, 20):
            ctx.set(dut.record.p, {"index": index, "data": index << 8, "last": index == 19})
            assert ctx.get(dut.record.ready)
            await ctx.tick()
        ctx.set(dut.record.valid, 0)
        await ctx.tick().repeat(SWEEP)
        assert await read("RECORDS") == 1

    assert simulate(bench) == [*((index, index << 8) for index in range(1, 20)), (0, 1)]


def test_bad_profiles():
    def profile(**changes):
        return Profile(**{**PROFILE.__dict__, **changes})

    with pytest.raises(ValueError, match="channels must be 4, .* not 5"):
        Link(profile=profile(channels=5))
    with pytest.raises(ValueError, match="CAP_LINK.far_levels must fit in 8 bits, not 256"):
        Link(profile=profile(far_levels=256))
