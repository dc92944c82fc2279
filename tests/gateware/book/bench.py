"""Drives a Book in amaranth.sim and collects its records."""

import random

import numpy as np
from amaranth.sim import Simulator

from gateware.book.book import Book
from sim.models.book import ReferenceBook
from wire.itch50 import MESSAGES
from wire.profiles import PROFILES
from wire.records import State, record_dtype

__all__ = ["run", "check_all", "TINY"]

TINY = PROFILES["tiny"]
BASE = 5_000 - 32


def run(messages, *, profile=TINY, base=BASE, gap=lambda: 0, settle=200, ready=lambda: 1, clear_at=(), configure_at=()):
    """Present ``messages`` as if packed behind each other at a word a cycle, ``gap()`` more cycles between.

    Returns (records, counts, bests, starts): records as an array, counts of the event strobes, for each best-price
    strobe (cycle, row, any, rank, shares, orders), and the cycle of each message. ``clear`` strobes with the messages
    whose numbers are in ``clear_at``, a write of symbol 0's configuration with those in ``configure_at``.
    """
    dut = Book(profile=profile)
    dtype = record_dtype(profile.levels)
    records, word_store, counts, bests, starts = [], {}, {}, [], []
    done = False

    def configuration(ctx, symbol):
        values = {"select": symbol, "base": base, "locate": symbol + 1, "locate_valid": 1, "enable": symbol < 3,
                  "name": symbol + 1, "write": 1}
        for name, value in values.items():
            ctx.set(getattr(dut.config, name), value)

    async def configure(ctx):
        for symbol in range(profile.symbols):
            configuration(ctx, symbol)
            await ctx.tick()
            ctx.set(dut.config.write, 0)
            await ctx.tick().repeat(3)

    async def stimulus(ctx):
        nonlocal done
        await configure(ctx)
        position = 0
        junk = random.Random(1)
        cycle = 0
        for number, message in enumerate(messages):
            position += len(message) + 2
            due = position // 8
            while cycle < due:
                await ctx.tick()
                cycle += 1
            extra = gap()
            ctx.set(dut.i.valid, 1)
            ctx.set(dut.i.p.seq, number + 1)
            padded = message + junk.randbytes(50 - len(message))
            ctx.set(dut.i.p.data.as_value(), int.from_bytes(padded, "little"))
            ctx.set(dut.clear, number in clear_at)
            if number in configure_at:
                configuration(ctx, 0)
            starts.append(ctx.get(dut.cycles))
            await ctx.tick()
            cycle += 1
            ctx.set(dut.i.valid, 0)
            ctx.set(dut.clear, 0)
            ctx.set(dut.config.write, 0)
            position += 8 * extra
        await ctx.tick().repeat(settle)
        done = True

    async def clock(ctx):
        cycles = 0
        while not done:
            ctx.set(dut.cycles, cycles)
            ctx.set(dut.record.ready, ready())
            if ctx.get(dut.events.as_value()):
                for name in counted:
                    if ctx.get(dut.events[name]):
                        counts[name] = counts.get(name, 0) + 1
            if ctx.get(dut.best_valid):
                bests.append((cycles, ctx.get(dut.best_row), ctx.get(dut.best.any), ctx.get(dut.best.rank),
                              ctx.get(dut.best.cell.shares), ctx.get(dut.best.cell.orders)))
            if ctx.get(dut.record.valid) and ctx.get(dut.record.ready):
                word_store[ctx.get(dut.record.p.index)] = ctx.get(dut.record.p.data)
                if ctx.get(dut.record.p.last):
                    raw = b"".join(word_store.get(n, 0).to_bytes(8, "little") for n in range(dtype.itemsize // 8))
                    records.append(np.frombuffer(raw, dtype)[0])
                    assert len(word_store) == dtype.itemsize // 8 - 1
                    word_store.clear()
            await ctx.tick()
            cycles += 1

    counted = [name for name, _ in dut.events.shape()]
    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    simulator.add_testbench(clock, background=True)
    simulator.add_testbench(stimulus)
    simulator.run()
    return (np.array(records, dtype), counts, bests, starts)


def check_all(messages, records, counts, *, profile=TINY):
    """Compare every record with the reference model as of its ``feed_seq``; returns how many levels were compared."""
    model = ReferenceBook(
        locates=(1, 2, 3), tick=profile.tick, ref_bits=profile.ref_bits, share_bits=profile.share_bits)
    levels, position, complete = 0, 0, 0
    by_seq = {}
    for number, record in enumerate(records):
        by_seq.setdefault(int(record["feed_seq"]), []).append((number, record))
    for position, message in enumerate(messages, 1):
        assert len(message) == MESSAGES[chr(message[0])].size
        model.apply(message)
        for number, record in by_seq.get(position, ()):
            book = model.symbols.get(int(record["locate"]))
            if book is None or record["state"] & State.INCOMPLETE:
                continue
            for side, want in (("bids", book.bids(profile.levels)), ("asks", book.asks(profile.levels))):
                valid = int(record[f"{side}_valid"])
                got = [tuple(int(x) for x in level) for level in record[side]]
                where = f"record {number} after message {position} {message[:1]} {side} {valid} {record['whole']}"
                assert got[:valid] == want[:valid], f"{where}: {got} is not {want}"
                assert all(level == (0, 0, 0) for level in got[valid:]), where
                if record["whole"] >> (side == "asks") & 1:
                    assert valid == len(want), f"{where}: {got} is not {want}"
                    complete += 1
                levels += valid
            assert (int(record["last_price"]), int(record["last_shares"])) == (book.last_price, book.last_shares), where
            assert bool(record["state"] & State.CROSSED) == book.crossed or not record["whole"] == 3, where
            assert int(record["aux"]) == book.applied, where
    wanted = {name: count for name, count in model.counters.items() if count and (
        name.startswith(("orders_", "prices_")) or name in ("msgs_book", "msgs_state"))}
    got = {name: count for name, count in counts.items() if name in wanted or count and name in model.counters}
    for name in wanted:
        assert got.get(name, 0) == wanted[name], (name, got, wanted)
    return levels, complete, model
