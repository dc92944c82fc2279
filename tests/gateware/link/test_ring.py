import random

import numpy as np
import pytest
from amaranth.sim import Simulator

from gateware.link.ring import MAX_LOG2_ENTRIES, NOTICE_DEPTH, Ring
from wire.records import FeedEvent, RecordKind, record_dtype

CYCLES_AT_START = 1 << 40


def words_of(levels):
    """Words of a record that are written, and words of a slot."""
    dtype = record_dtype(levels)
    end = max(dtype.fields[name][1] + dtype.fields[name][0].itemsize for name in dtype.names)
    return -(-end // 8), dtype.itemsize // 8


def simulate(*, levels=4, log2_entries=4, records=(), notices=None, pause=0.0, seed=0, cycles):
    """Offer ``records`` (lists of (index, data)) with random pauses, and ``notices`` {cycle: (event, aux)}.

    Return the writes as (cycle, addr, data), the cycles in which each record word was taken, those of ``records``
    strobes, and the number of notices lost.
    """
    rng = random.Random(seed)
    dut = Ring(levels=levels)
    sim = Simulator(dut)
    sim.add_clock(1e-8)
    writes, taken, strobes, lost = [], [], [], 0
    words = [(index, data, n == len(record) - 1) for record in records for n, (index, data) in enumerate(record)]

    async def bench(ctx):
        nonlocal lost
        ctx.set(dut.log2_entries, log2_entries)
        await ctx.tick().repeat(2)
        offered, place = False, 0
        for cycle in range(cycles):
            ctx.set(dut.cycles, CYCLES_AT_START + cycle)
            if not offered and place < len(words) and rng.random() >= pause:
                offered = True
                index, data, last = words[place]
                ctx.set(dut.record.p, {"index": index, "data": data, "last": last})
            ctx.set(dut.record.valid, offered)
            event = (notices or {}).get(cycle)
            ctx.set(dut.notice.valid, event is not None)
            if event is not None:
                ctx.set(dut.notice.event, event[0])
                ctx.set(dut.notice.aux, event[1])
            if ctx.get(dut.ring.valid):
                writes.append((cycle, ctx.get(dut.ring.addr), ctx.get(dut.ring.data)))
            if ctx.get(dut.records):
                strobes.append(cycle)
            lost += ctx.get(dut.notices_lost)
            if offered and ctx.get(dut.record.ready):
                taken.append(cycle)
                offered, place = False, place + 1
            await ctx.tick()

    sim.add_testbench(bench)
    sim.run()
    return writes, taken, strobes, lost


def book_record(rng, levels):
    used, _ = words_of(levels)
    order = list(range(1, used))
    rng.shuffle(order)
    return [(index, rng.randrange(1 << 64)) for index in order]


def replay(writes, levels, log2_entries):
    """Put the writes into memory, check that a record's number is written last. Return it, and the numbers in order."""
    used, stride = words_of(levels)
    memory = np.zeros((1 << log2_entries) * stride, "<u8")
    numbers, pending = [], set()
    for _, addr, data in writes:
        slot, index = divmod(addr, stride)
        memory[addr] = data
        assert slot == len(numbers) % (1 << log2_entries)
        if index:
            assert index not in pending
            pending.add(index)
        else:
            assert pending == set(range(1, used))
            numbers.append(data)
            pending = set()
    assert numbers == list(range(1, len(numbers) + 1))
    return memory.view(record_dtype(levels)), len(numbers)


def test_latency_and_throughput():
    rng = random.Random(0)
    used, stride = words_of(8)
    writes, taken, strobes, _ = simulate(levels=8, records=[book_record(rng, 8) for _ in range(3)], cycles=3 * used + 3)
    assert used == stride == 32
    assert [cycle for cycle, _, _ in writes] == list(range(1, 3 * used + 1))
    assert taken == [n for n in range(3 * used) if n % used != used - 1]
    assert strobes == [used, 2 * used, 3 * used]


@pytest.mark.parametrize("log2_entries", [0, 1, 3])
def test_records_wrap(log2_entries):
    rng = random.Random(log2_entries)
    records = [book_record(rng, 4) for _ in range(11)]
    writes, _, _, _ = simulate(log2_entries=log2_entries, records=records, pause=0.3, cycles=500)
    memory, count = replay(writes, 4, log2_entries)
    assert count == 11
    for n in range(1 << log2_entries):
        number = max(k for k in range(1, 12) if (k - 1) % (1 << log2_entries) == n)
        assert memory[n]["seq"] == number
        words = memory[n:n + 1].view("<u8")
        assert all(words[index] == data for index, data in records[number - 1])


def test_too_many_entries_are_the_most_there_can_be():
    rng = random.Random(7)
    for log2_entries in (MAX_LOG2_ENTRIES, MAX_LOG2_ENTRIES + 1, (1 << 32) - 1):
        writes, _, _, _ = simulate(log2_entries=log2_entries, records=[book_record(rng, 4)] * 3, cycles=100)
        assert [addr for _, addr, _ in writes if addr % 32 == 0] == [0, 32, 64]


def test_notice_record():
    writes, _, strobes, _ = simulate(notices={5: (FeedEvent.STALE, 0x1234_5678_9abc_def0)}, cycles=60)
    used, _ = words_of(4)
    memory, count = replay(writes, 4, 4)
    assert count == len(strobes) == 1 and len(writes) == used
    record = memory[0]
    assert (record["seq"], record["kind"], record["cause"], record["aux"], record["device_cycles"]) == (
        1, RecordKind.FEED, FeedEvent.STALE, 0x1234_5678_9abc_def0, CYCLES_AT_START + 5)
    for name in record.dtype.names:
        if name not in ("seq", "kind", "cause", "aux", "device_cycles"):
            assert not np.any(record[name].view("u1") if record[name].shape else record[name]), name


def test_notices_go_first_but_leave_room():
    rng = random.Random(3)
    records = [book_record(rng, 4) for _ in range(4)]
    notices = {0: (1, 100), 1: (2, 101), 2: (3, 102)}
    writes, _, _, lost = simulate(records=records, notices=notices, cycles=300)
    memory, count = replay(writes, 4, 4)
    assert (count, lost) == (7, 0)
    feed = [record["aux"] if record["kind"] == RecordKind.FEED and record["device_cycles"] >> 3 == CYCLES_AT_START >> 3
            else None for record in memory[:7]]
    assert feed == [None, 100, None, 101, None, 102, None]


def test_full_queue_drops_and_counts():
    notices = {cycle: (FeedEvent.SILENT, cycle) for cycle in range(NOTICE_DEPTH + 6)}
    writes, _, _, lost = simulate(notices=notices, cycles=25 * (NOTICE_DEPTH + 6), log2_entries=5)
    memory, count = replay(writes, 4, 5)
    assert count + lost == len(notices) and lost
    told = [int(aux) for aux in memory["aux"][:count]]
    assert told[:NOTICE_DEPTH] == list(range(NOTICE_DEPTH)) and told == sorted(set(told))


@pytest.mark.parametrize("seed", range(3))
def test_random(seed):
    print("seed", seed)
    rng = random.Random(seed)
    records = [book_record(rng, 4) for _ in range(30)]
    notices = {cycle: (rng.randrange(1, 8), (1 << 63) + cycle) for cycle in range(900) if rng.random() < 0.02}
    writes, _, strobes, lost = simulate(records=records, notices=notices, pause=rng.choice((0, 0.2, 0.7)), seed=seed,
                                        cycles=2600, log2_entries=6)
    memory, count = replay(writes, 4, 6)
    assert lost == 0 and count == len(strobes) == len(records) + len(notices)
    told = {int(aux) for aux in memory["aux"]}
    assert all(aux in told for _, aux in notices.values())
    content = {memory[n:n + 1].view("<u8")[1:words_of(4)[0]].tobytes() for n in range(count)}
    assert all(b"".join(data.to_bytes(8, "little") for _, data in sorted(record)) in content for record in records)


def test_a_record_whose_words_are_not_all_there_is_noticed():
    record = book_record(random.Random(1), 4)
    with pytest.raises(AssertionError, match="record 1 numbered with words"):
        simulate(records=[record[1:]], cycles=60)
    with pytest.raises(AssertionError, match=f"word {record[0][0]} of a record came again"):
        simulate(records=[[record[0], *record]], cycles=60)


def test_a_word_that_goes_before_it_is_taken_is_noticed():
    dut = Ring(levels=4)

    async def bench(ctx):
        ctx.set(dut.notice.valid, 1)
        await ctx.tick()
        ctx.set(dut.notice.valid, 0)
        await ctx.tick()
        ctx.set(dut.record.valid, 1)
        for data in (0, 0, 0, 5, 5):
            ctx.set(dut.record.p.data, data)
            await ctx.tick()
            assert not ctx.get(dut.record.ready)

    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    simulator.add_testbench(bench)
    with pytest.raises(AssertionError, match="a record's word went before it was taken"):
        simulator.run()
