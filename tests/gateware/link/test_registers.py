# amaranth: UnusedElaboratable=no
import random

import pytest
from amaranth.hdl import Value
from amaranth.sim import Simulator

from gateware.link.registers import READ_LATENCY, WRITE_LATENCY, Registers
from wire.registers import COUNTER_BASE, COUNTERS, REGISTERS, by_name

COUNTED = {name.upper() for name, _ in COUNTERS}
OWN = [register for register in REGISTERS if register.name not in COUNTED]
COUNTED = len(COUNTERS)
CONSTANTS = {"BUILD": 0x0123_4567_89ab_cdef, "CLOCK_HZ": 125_000_000}


def mask(register):
    if not register.bits:
        return (1 << 8 * register.size) - 1
    return sum(((1 << bits.width) - 1) << bits.lsb for bits in register.bits)


def simulate(bench_of, *, constants=CONSTANTS, counters=COUNTED):
    """Run ``bench_of(ctx, dut, read, write)``; ``read`` and ``write`` take a byte address and one bus cycle each.

    The counter with index n has the value n * 0x1_0000_0001 + 5.
    """
    dut = Registers(constants=constants, counters=counters)
    sim = Simulator(dut)
    sim.add_clock(1e-8)

    async def counters(ctx):
        total = 0
        async for _, _, read, index in ctx.tick().sample(dut.counter_read, dut.counter_index):
            total = index * 0x1_0000_0001 + 5 if read else total >> 32
            ctx.set(dut.counter, total & 0xffff_ffff)

    async def bench(ctx):
        async def write(addr, data):
            ctx.set(dut.bus.addr, addr)
            ctx.set(dut.bus.w_data, data)
            ctx.set(dut.bus.w_en, 1)
            await ctx.tick()
            ctx.set(dut.bus.w_en, 0)

        async def read(addr):
            ctx.set(dut.bus.addr, addr)
            ctx.set(dut.bus.r_en, 1)
            for _ in range(READ_LATENCY):
                assert not ctx.get(dut.bus.r_valid)
                await ctx.tick()
                ctx.set(dut.bus.r_en, 0)
            assert ctx.get(dut.bus.r_valid)
            value = ctx.get(dut.bus.r_data)
            await ctx.tick()
            return value

        await bench_of(ctx, dut, read, write)

    sim.add_process(counters)
    sim.add_testbench(bench)
    sim.run()


def port(dut, register):
    return Value.cast(getattr(dut, register.name.lower()))


def test_resets_and_constants():
    done = []

    async def bench(ctx, dut, read, write):
        for register in OWN:
            expected = CONSTANTS.get(register.name, register.reset)
            for part in range(register.size // 4):
                assert await read(register.offset + 4 * part) == expected >> 32 * part & 0xffff_ffff, register.name
        done.append(True)

    simulate(bench)
    assert done


def test_read_write_registers():
    rng = random.Random(1)
    written = {}

    async def bench(ctx, dut, read, write):
        words = [(register, part) for register in OWN if register.access == "rw" for part in range(register.size // 4)]
        for _ in range(2):
            rng.shuffle(words)
            for register, part in words:
                value = rng.randrange(1 << 32)
                written[register.name, part] = value & mask(register) >> 32 * part & 0xffff_ffff
                await write(register.offset + 4 * part, value)
        await ctx.tick().repeat(WRITE_LATENCY)
        for register, part in words:
            assert await read(register.offset + 4 * part) == written[register.name, part], register.name
            assert ctx.get(port(dut, register)) >> 32 * part & 0xffff_ffff == written[register.name, part]

    simulate(bench)
    assert len(written) > 20


def test_write_latency_and_strobe():
    log = []

    async def bench(ctx, dut, read, write):
        register = by_name("SEQ_SET")
        await write(register.offset + 4, 0x89)
        for cycle in range(1, 8):
            log.append((cycle, ctx.get(dut.seq_set), ctx.get(dut.seq_set_written), ctx.get(dut.error)))
            await ctx.tick()

    simulate(bench)
    assert log == [(cycle, (0x89 << 32 if cycle >= WRITE_LATENCY else 0) | 1, cycle == WRITE_LATENCY, 0)
                   for cycle in range(1, 8)]


def test_commands_strobe_once():
    log = []

    async def bench(ctx, dut, read, write):
        await write(by_name("COMMAND").offset, 0xffff_fffe)
        for _ in range(8):
            log.append((ctx.get(dut.command.clear), ctx.get(dut.command.resync), ctx.get(dut.command_written)))
            await ctx.tick()
        assert await read(by_name("COMMAND").offset) == 0

    simulate(bench)
    assert log == [(0, 0, 0)] * (WRITE_LATENCY - 1) + [(0, 1, 1)] + [(0, 0, 0)] * (8 - WRITE_LATENCY)


def test_every_other_address_is_an_error_and_changes_nothing():
    errors, expected = [], 0

    async def bench(ctx, dut, read, write):
        nonlocal expected
        writable = {register.offset + 4 * part for register in OWN if register.access != "ro"
                    for part in range(register.size // 4)}
        others = [addr for addr in range(0, 0x1000, 4) if addr not in writable]
        others += [addr + off for addr in sorted(writable) for off in (1, 2, 3)]
        before = [ctx.get(port(dut, register)) for register in OWN if register.name not in dut.constants]
        expected = len(others)
        for addr in others:
            await write(addr, 0xffff_ffff)
            errors.append(ctx.get(dut.error))
        for _ in range(5):
            await ctx.tick()
            errors.append(ctx.get(dut.error))
        assert before == [ctx.get(port(dut, register)) for register in OWN if register.name not in dut.constants]

    simulate(bench)
    assert sum(errors) == expected


def test_reads_in_every_cycle():
    """All addresses, aligned or not, one a cycle; 64-bit registers lower word first."""
    got, wanted = [], []

    async def bench(ctx, dut, read, write):
        values = {}
        rng = random.Random(2)
        for register in OWN:
            if register.access == "ro" and register.name not in dut.constants:
                values[register.name] = rng.randrange(1 << 8 * register.size) & mask(register)
                ctx.set(port(dut, register), values[register.name])
        expect = {}
        for register in OWN:
            value = values.get(register.name, dut.constants.get(register.name, register.reset))
            for part in range(register.size // 4):
                expect[register.offset + 4 * part] = value >> 32 * part & 0xffff_ffff
        for n in range(len(COUNTERS)):
            expect[COUNTER_BASE + 8 * n] = n + 5
            expect[COUNTER_BASE + 8 * n + 4] = n
        ctx.set(dut.bus.r_en, 1)
        for cycle in range(0x1000 + READ_LATENCY):
            if cycle == 0x1000:
                ctx.set(dut.bus.r_en, 0)
            ctx.set(dut.bus.addr, cycle % 0x1000)
            assert ctx.get(dut.bus.r_valid) == (cycle >= READ_LATENCY)
            if cycle >= READ_LATENCY:
                got.append(ctx.get(dut.bus.r_data))
                wanted.append(expect.get(cycle - READ_LATENCY, 0))
            await ctx.tick()

    simulate(bench)
    assert len(got) == 0x1000
    assert got == wanted


def test_upper_half_is_latched():
    async def bench(ctx, dut, read, write):
        addr = by_name("CYCLES").offset
        ctx.set(dut.cycles, 0x1_ffff_ffff)
        assert await read(addr) == 0xffff_ffff
        ctx.set(dut.cycles, 0x2_0000_0000)
        assert await read(addr + 4) == 1
        assert await read(addr + 4) == 1
        assert await read(addr) == 0
        assert await read(by_name("MAGIC").offset) == by_name("MAGIC").reset
        assert await read(addr + 4) == 2

    simulate(bench)


@pytest.mark.parametrize("between", [0x800, 0x401, COUNTER_BASE + 8 * 60, 0xffc, 0x404])
def test_upper_half_of_a_counter_outlives_a_read_of_none(between):
    """Reads in every cycle: a counter, what is none, the counter's upper half."""
    async def bench(ctx, dut, read, write):
        ctx.set(dut.bus.r_en, 1)
        answers = []
        for addr in (COUNTER_BASE + 8 * 9, between, COUNTER_BASE + 8 * 9 + 4):
            ctx.set(dut.bus.addr, addr)
            await ctx.tick()
        ctx.set(dut.bus.r_en, 0)
        for _ in range(READ_LATENCY):
            if ctx.get(dut.bus.r_valid):
                answers.append(ctx.get(dut.bus.r_data))
            await ctx.tick()
        assert answers == [9 + 5, 9 if between == COUNTER_BASE + 4 else 0, 9]

    simulate(bench, counters=60)


def test_read_right_behind_a_write():
    async def bench(ctx, dut, read, write):
        addr = by_name("GAP_PACKETS").offset
        await write(addr, 77)
        assert await read(addr) == 77

    simulate(bench)


@pytest.mark.parametrize("constants", [{"NO_SUCH": 1}, {"CONTROL": 1}, {"CLOCK_HZ": 1 << 32}])
def test_bad_constants(constants):
    with pytest.raises(ValueError, match="constant"):
        Registers(constants=constants, counters=len(COUNTERS))


@pytest.mark.parametrize("counters", [0, len(COUNTERS) + 1])
def test_bad_number_of_counters(counters):
    with pytest.raises(ValueError, match="counters"):
        Registers(constants={}, counters=counters)
