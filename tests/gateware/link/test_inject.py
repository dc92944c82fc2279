from amaranth.sim import Simulator

from gateware.link.inject import InjectAssembler


def run(bench):
    dut = InjectAssembler()
    sim = Simulator(dut)
    sim.add_clock(1e-8)
    finished = []

    async def testbench(ctx):
        await bench(ctx, dut)
        finished.append(True)

    sim.add_testbench(testbench)
    sim.run()
    assert finished


async def put(ctx, dut, content):
    for at in range(0, len(content), 4):
        ctx.set(dut.word, int.from_bytes(content[at:at + 4].ljust(4, b"\0"), "little"))
        ctx.set(dut.word_written, 1)
        await ctx.tick()
    ctx.set(dut.word_written, 0)


async def go(ctx, dut, length, seq):
    ctx.set(dut.length, length)
    ctx.set(dut.seq, seq)
    ctx.set(dut.go, 1)
    await ctx.tick()
    ctx.set(dut.go, 0)


def message(ctx, dut):
    return ctx.get(dut.o.data.as_value()).to_bytes(50, "little")


def test_message_stands_until_taken():
    async def bench(ctx, dut):
        content = bytes(range(1, 51))
        await put(ctx, dut, content)
        assert not ctx.get(dut.busy)
        await go(ctx, dut, 50, (1 << 63) + 5)
        ctx.set(dut.seq, 9)
        for _ in range(4):
            assert ctx.get(dut.o.valid) and ctx.get(dut.busy)
            assert message(ctx, dut) == content
            assert (ctx.get(dut.o.seq), ctx.get(dut.o.length)) == ((1 << 63) + 5, 50)
            await ctx.tick()
        ctx.set(dut.o.ready, 1)
        await ctx.tick()
        ctx.set(dut.o.ready, 0)
        assert not ctx.get(dut.o.valid) and not ctx.get(dut.busy)

    run(bench)


def test_each_message_begins_anew():
    async def bench(ctx, dut):
        ctx.set(dut.o.ready, 1)
        for seq, content in enumerate((b"S" * 12, b"D" * 19, b"U" * 35, b"B" * 60, b"W" * 12)):
            await put(ctx, dut, content)
            await go(ctx, dut, min(len(content), 50), seq)
            assert message(ctx, dut)[:len(content)] == content[:50]
            await ctx.tick()
            assert not ctx.get(dut.busy)

    run(bench)


def test_writes_while_one_waits_are_refused():
    async def bench(ctx, dut):
        await put(ctx, dut, b"S" * 12)
        await go(ctx, dut, 12, 7)
        ctx.set(dut.word, 0xffff_ffff)
        ctx.set(dut.word_written, 1)
        assert ctx.get(dut.refused)
        await ctx.tick()
        ctx.set(dut.word_written, 0)
        assert not ctx.get(dut.refused)
        ctx.set(dut.go, 1)
        assert ctx.get(dut.refused)
        await go(ctx, dut, 30, 8)
        assert message(ctx, dut)[:12] == b"S" * 12
        assert (ctx.get(dut.o.seq), ctx.get(dut.o.length)) == (7, 12)

    run(bench)


def test_length_saturates():
    async def bench(ctx, dut):
        await go(ctx, dut, (1 << 32) + 12 & 0xffff_ffff | 0x8000_0000, 7)
        assert ctx.get(dut.o.length) == 255

    run(bench)
