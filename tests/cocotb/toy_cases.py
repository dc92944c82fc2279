"""cocotb tests on the toy device: the bus models, and that a failing test fails."""

import cocotb
from cocotb.triggers import ClockCycles

from tests.cocotb.words import Bus, FrameSource, Ring, begin, frame_bytes, random_pauses


async def connect(dut):
    source, bus, ring = FrameSource(dut), Bus(dut), Ring(dut)
    await begin(dut)
    cocotb.start_soon(ring.watch())
    return source, bus, ring


@cocotb.test()
async def words_are_counted(dut):
    source, bus, ring = await connect(dut)
    frame = frame_bytes(bytes(range(14)) + b"payload")
    assert len(frame) == 60
    await source.send(frame, pauses=random_pauses(1, 0.4))
    await source.send_abutting([frame, frame])
    await ClockCycles(dut.clk, 4)
    assert await bus.read(0) == 24
    assert ring.memory[0] == int.from_bytes(frame[:8], "little")
    await bus.write(4, 0xBEEF)
    assert await bus.read(4) == 0xBEEF


@cocotb.test()
async def a_register_may_fail_to_answer(dut):
    _, bus, _ = await connect(dut)
    try:
        await bus.read(0xFFC)
    except TimeoutError as error:
        assert "0xffc" in str(error)
    else:
        raise AssertionError("the register answered")


@cocotb.test()
async def broken_invariant(dut):
    source, _, _ = await connect(dut)
    await source.send((0xDEAD).to_bytes(8, "little"))
    await ClockCycles(dut.clk, 4)


@cocotb.test()
async def wrong_expectation(dut):
    _, bus, _ = await connect(dut)
    assert await bus.read(0) == 1, "expected to fail"
