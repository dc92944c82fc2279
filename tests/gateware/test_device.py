# amaranth: UnusedElaboratable=no
"""The whole device in pysim: what only shows when the blocks are connected."""

import numpy as np
import pytest
from amaranth.sim import Simulator

from gateware.device import Device, sources
from gateware.link.counters import LAG, sweep_cycles
from gateware.link.registers import READ_LATENCY
from wire import itch50, moldudp64
from wire.frame import FEED_IP, FEED_PORT, build_frame
from wire.profiles import PROFILES
from wire.records import FeedEvent, RecordKind, State, TradingState, record_dtype
from wire.registers import COUNTERS, by_name

PROFILE = PROFILES["tiny"]
SESSION = "0000000001"
BASE = 10_000           # ticks
LOCATE = 13
SWEEP = sweep_cycles(len(COUNTERS)) + LAG


class Host:
    """Bus and wire of a simulated device, and the ring memory that it writes."""

    def __init__(self, ctx, dut, ring):
        self.ctx, self.dut, self.ring = ctx, dut, ring

    async def write(self, name, value):
        register, ctx, bus = by_name(name), self.ctx, self.dut.bus
        for part in range(register.size // 4):
            ctx.set(bus.addr, register.offset + 4 * part)
            ctx.set(bus.w_data, value >> 32 * part & 0xffff_ffff)
            ctx.set(bus.w_en, 1)
            await ctx.tick()
        ctx.set(bus.w_en, 0)

    async def read(self, name):
        register, ctx, bus = by_name(name), self.ctx, self.dut.bus
        value = 0
        for part in range(register.size // 4):
            ctx.set(bus.addr, register.offset + 4 * part)
            ctx.set(bus.r_en, 1)
            await ctx.tick()
            ctx.set(bus.r_en, 0)
            await ctx.tick().repeat(READ_LATENCY - 1)
            assert ctx.get(bus.r_valid)
            value |= ctx.get(bus.r_data) << 32 * part
        return value

    async def counters(self):
        await self.ctx.tick().repeat(SWEEP)
        return {name: await self.read(name.upper()) for name, _ in COUNTERS}

    async def send(self, frame):
        """Put the frame on ``rx``, a word a cycle."""
        ctx, rx = self.ctx, self.dut.rx
        for at in range(0, len(frame), 8):
            word = frame[at:at + 8]
            ctx.set(rx.valid, 1)
            ctx.set(rx.p, {"data": int.from_bytes(word.ljust(8, b"\xa5"), "little"), "first": at == 0,
                           "last": at + 8 >= len(frame), "count": len(word), "error": 0})
            await ctx.tick()
        ctx.set(rx.valid, 0)

    async def follow(self, index, name, *, locate=None):
        raw = name.ljust(8).encode()
        await self.write("SYMBOL_SELECT", index)
        await self.write("SYMBOL_NAME_LO", int.from_bytes(raw[:4], "little"))
        await self.write("SYMBOL_NAME_HI", int.from_bytes(raw[4:], "little"))
        await self.write("SYMBOL_BASE", BASE)
        await self.write("SYMBOL_CONFIG", (1 << 31 | 1 << 17) if locate is None else (1 << 31 | 1 << 16 | locate))

    async def start(self):
        """Channels A and B, wait until the book is ready."""
        for line in range(2):
            await self.write(f"CHANNEL{line}_IP", FEED_IP)
            await self.write(f"CHANNEL{line}_PORT", FEED_PORT + line | line << 16 | 1 << 31)
        await self.write("CONTROL", 0b10)
        while await self.read("STATUS") & 1:
            await self.ctx.tick()

    def records(self):
        memory = np.zeros((max(self.ring, default=-1) // 32 + 1) * 32, "<u8")
        for addr, data in self.ring.items():
            memory[addr] = data
        return memory.view(record_dtype(PROFILE.levels))


def simulate(bench_of):
    """Run ``bench_of(host)`` on a device of the profile ``tiny``."""
    dut = Device(profile=PROFILE, build=0x1234)
    sim = Simulator(dut)
    sim.add_clock(1e-8)
    ring, finished = {}, []

    async def memory(ctx):
        async for _, _, valid, addr, data in ctx.tick().sample(dut.ring.valid, dut.ring.addr, dut.ring.data):
            if valid:
                ring[addr] = data

    async def bench(ctx):
        await bench_of(Host(ctx, dut, ring))
        finished.append(True)

    sim.add_process(memory)
    sim.add_testbench(bench)
    sim.run()
    assert finished


def add(reference, side, shares, price, *, locate=LOCATE, ns=1):
    return itch50.pack("A", locate=locate, timestamp=ns, reference=reference, side=side, shares=shares, stock="AAPL",
                       price=price)


DIRECTORY = itch50.pack(
    "R", locate=LOCATE, timestamp=5, stock="AAPL", market_category="Q", financial_status="N", round_lot_size=100,
    round_lots_only="N", issue_classification="C", issue_subtype="Z", authenticity="P", short_sale_threshold="N",
    ipo_flag="N", luld_tier="1", etp_flag="N", etp_leverage=0, inverse="N")


def frame(sequence, messages, *, line=0):
    return build_frame(moldudp64.pack(SESSION, sequence, messages), dst_port=FEED_PORT + line)


def test_from_frames_to_records():
    async def bench(host):
        await host.start()
        await host.follow(2, "AAPL")
        messages = [
            DIRECTORY, itch50.pack("H", locate=LOCATE, timestamp=6, stock="AAPL", state="T", reason=""),
            add(1, "B", 300, 100 * (BASE + 5)), add(2, "S", 200, 100 * (BASE + 9), locate=99)]
        for line in range(2):
            await host.send(frame(1, messages, line=line))
        await host.send(frame(5, [add(3, "S", 50, 100 * (BASE + 7), ns=77)], line=1))
        await host.ctx.tick().repeat(150)

        record = host.records()[-1]
        assert (record["kind"], record["symbol"], record["locate"], record["cause"]) == (RecordKind.BOOK, 2, LOCATE, 65)
        assert (record["feed_seq"], record["exchange_ns"], record["lat_decode"]) == (5, 77, 3)
        assert record["state"] == TradingState.TRADING | State.DIRECTORY
        assert record["bids"][0].tolist() == (100 * (BASE + 5), 300, 1)
        assert record["asks"][0].tolist() == (100 * (BASE + 7), 50, 1)
        assert (record["bids_valid"], record["asks_valid"]) == (1, 1)
        assert await host.read("SYMBOL_LOCATE") == 1 << 16 | LOCATE
        assert await host.read("SYMBOL_STATE") == record["state"]

        counters = await host.counters()
        assert counters["frames"] == counters["frames_ok"] == 3
        assert (counters["packets_a"], counters["packets_b"]) == (1, 2)
        assert (counters["msgs_a"], counters["msgs_b"], counters["msgs_old"]) == (4, 1, 4)
        assert counters["msgs_decoded"] == 5
        assert {name: counters[name] for name in ("msgs_other_symbol", "msgs_state", "msgs_book", "msgs_ignored")} == {
            "msgs_other_symbol": 1, "msgs_state": 2, "msgs_book": 2, "msgs_ignored": 0}
        assert counters["records"] == host.records()["seq"].max()
        assert not any(count for name, count in counters.items() if name.startswith(("orders_", "bus_", "level_")))

    simulate(bench)


def test_gap_filled_by_the_host():
    late = add(1, "B", 300, 100 * (BASE + 5))

    async def bench(host):
        await host.start()
        await host.follow(0, "AAPL", locate=LOCATE)
        await host.write("GAP_PACKETS", 1)
        await host.send(frame(1, [itch50.pack("S", locate=0, timestamp=0, event="O")]))
        await host.send(frame(3, [add(2, "B", 100, 100 * (BASE + 5))]))
        await host.send(frame(3, [add(2, "B", 100, 100 * (BASE + 5))]))
        await host.ctx.tick().repeat(20)
        assert await host.read("STATUS") & 0b110 == 0b110
        assert await host.read("SEQ_EXPECTED") == 2
        assert await host.read("SEQ_HIGHEST") == 4
        for seq in (2, 3):
            for at in range(0, len(late), 4):
                await host.write("INJECT_DATA", int.from_bytes(late[at:at + 4], "little"))
            await host.write("INJECT_SEQ", seq)
            await host.write("INJECT_GO", len(late))
            while await host.read("STATUS") & 0x80:
                await host.ctx.tick()
        await host.ctx.tick().repeat(150)
        assert await host.read("STATUS") & 0b110 == 0
        counters = await host.counters()
        assert {name: counters[name] for name in (
            "msgs_injected", "gaps", "gaps_stale", "gaps_filled", "orders_duplicate")} == {
            "msgs_injected": 2, "gaps": 1, "gaps_stale": 1, "gaps_filled": 1, "orders_duplicate": 1}
        notices = [record for record in host.records() if record["kind"] == RecordKind.FEED]
        assert [record["cause"] for record in notices] == [FeedEvent.STALE, FeedEvent.RECOVERED]
        assert [record["seq"] for record in host.records()] == list(range(1, len(host.records()) + 1))

    simulate(bench)


def test_clear():
    async def bench(host):
        await host.start()
        await host.follow(0, "AAPL", locate=LOCATE)
        await host.send(frame(1, [add(1, "B", 300, 100 * (BASE + 5))]))
        await host.ctx.tick().repeat(100)
        await host.write("COMMAND", 1)
        assert await host.read("STATUS") & 1
        while await host.read("STATUS") & 1:
            await host.ctx.tick()
        await host.send(frame(2, [add(1, "B", 7, 100 * (BASE + 5))]))
        await host.ctx.tick().repeat(150)
        records = host.records()
        assert [record["cause"] for record in records if record["kind"] == RecordKind.FEED] == [FeedEvent.CLEARED]
        assert records[-1]["bids"][0].tolist() == (100 * (BASE + 5), 7, 1)
        assert (await host.counters())["orders_duplicate"] == 0

    simulate(bench)


def test_every_counter_has_one_block():
    names = [name for name, _ in COUNTERS]
    assert sources({"a": names[:3], "b": names[3:]})[names[3]] == "b"
    with pytest.raises(ValueError, match=f"counter '{names[5]}' must have one block, not a and b"):
        sources({"a": names, "b": [names[5]]})
    with pytest.raises(ValueError, match=f"counter '{names[-1]}' has no block"):
        sources({"a": names[:-1]})
    with pytest.raises(ValueError, match="b strobes 'colour', for which there is no counter"):
        sources({"a": names, "b": ["colour"]})
