# amaranth: UnusedElaboratable=no
"""Records kept and sent, against a list of them."""

import random
import struct
from collections import namedtuple

import pytest
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.hostlink.keeper import Keeper
from gateware.hostlink.words import VERDICT_WORDS, VerdictWords
from wire.hostlink import Ring

WORDS, KEPT = 5, 32
#: Cycles from a record's number to the first word of its datagram.
LATENCY = 4
Sent = namedtuple("Sent", "resent records")


def record(number: int, words: int = WORDS) -> list[int]:
    return [number, *(number << 32 | n for n in range(1, words))]


def parse(payload: bytes) -> Sent:
    magic, ring, count, words, resent, rest = struct.unpack_from(">HBBBBH", payload)
    assert (magic, ring, words, rest) == (0x7467, 1, WORDS, 0) and len(payload) == 8 * (1 + count * words)
    numbers = struct.unpack_from(f"<{count * words}Q", payload, 8)
    return Sent(resent, [list(numbers[n:n + words]) for n in range(0, count * words, words)])


def run(pauses, *, asks=(), stream: int = 1, slow: tuple[int, ...] = (), settle: int = 250, kept: int = KEPT):
    """Write records 1, 2, ... with a pause before each; return (datagrams, overruns, cycles of numbers, of heads).

    asks: (cycle, number) of requests. slow: for each datagram, cycles until its head is taken.
    """
    dut = Keeper(ring=Ring.VERDICTS, words=WORDS, kept=kept)
    datagrams, written, heads, overruns, now = [], [], [], 0, 0

    async def put(ctx):
        nonlocal now, overruns

        async def tick():
            nonlocal now, overruns
            number = dict(asks).get(now)
            ctx.set(dut.resend, {"valid": number is not None, "number": (number or 0) % 2**32})
            overruns += ctx.get(dut.overrun)
            await ctx.tick()
            now += 1

        ctx.set(dut.stream, stream)
        for number, pause in enumerate(pauses, 1):
            for _ in range(pause):
                await tick()
            for index in [*range(1, WORDS), 0]:
                if index == 0:
                    written.append(now)
                word = {"valid": 1, "slot": number % kept, "index": index, "data": record(number)[index]}
                for name, value in word.items():
                    ctx.set(getattr(dut.i, name), value)
                await tick()
            ctx.set(dut.i.valid, 0)
        for _ in range(settle):
            await tick()
        assert ctx.get(dut.last) == len(pauses)

    async def get(ctx):
        waits = iter(slow)
        while True:
            data = b""
            while not ctx.get(dut.o.valid):
                await ctx.tick()
            heads.append(now)
            for _ in range(next(waits, 0) + 1):
                await ctx.tick()
            ctx.set(dut.o.ready, 1)
            while True:
                _, _, valid, word = await ctx.tick().sample(dut.o.valid, dut.o.payload)
                if valid:
                    assert word.count == 8
                    data += word.data.to_bytes(8, "little")
                    if word.last:
                        break
            ctx.set(dut.o.ready, 0)
            datagrams.append(parse(data))

    simulator = Simulator(dut)
    simulator.add_clock(8e-9)
    simulator.add_testbench(put)
    simulator.add_testbench(get, background=True)
    simulator.run()
    return datagrams, overruns, written, heads


def numbers(datagrams, resent=0):
    return [each[0] for datagram in datagrams if datagram.resent == resent for each in datagram.records]


@settings(max_examples=12, deadline=None)
@given(pauses=st.lists(st.integers(0, 30), min_size=1, max_size=20), slow=st.lists(st.integers(0, 60), max_size=5))
def test_every_record_is_sent_once(pauses, slow):
    datagrams, overruns, _, _ = run(pauses, slow=tuple(slow))
    assert [each for datagram in datagrams for each in datagram.records] == [
        record(number + 1) for number in range(len(pauses))]
    assert not overruns and all(0 < len(datagram.records) <= 8 for datagram in datagrams)


def test_latency():
    _, _, written, heads = run([0])
    assert heads == [written[0] + LATENCY]


def test_nothing_is_sent_that_is_not_wanted():
    assert run([0] * 5, stream=0)[0] == []


@pytest.mark.parametrize("wait", [100, 230, 500])
def test_what_is_overwritten_is_told_and_what_is_sent_is_whole(wait):
    total = 100
    datagrams, overruns, _, _ = run([0] * total, slow=(0, wait), settle=400)
    sent = [each for datagram in datagrams for each in datagram.records]
    assert sent == [record(each[0]) for each in sent] and numbers(datagrams) == sorted(set(numbers(datagrams)))
    lost = total - len(sent)
    assert numbers(datagrams)[-1] == total and lost == overruns and (wait < 230 or lost > 0)


def test_records_are_sent_again():
    asks = ((400, 3), (500, 17), (600, 20), (700, 21), (800, -5))
    datagrams, overruns, _, _ = run([0] * 20, asks=asks, settle=800)
    again = [[each[0] for each in datagram.records] for datagram in datagrams if datagram.resent]
    assert numbers(datagrams) == list(range(1, 21)) and not overruns
    # 14 of 32 are safe: 7 to 20.
    assert again == [list(range(7, 15)), [17, 18, 19, 20], [20], [], list(range(7, 15))]


@pytest.mark.parametrize("kept, most, safe", [(8, 2, 2), (16, 4, 6)])
def test_fewer_are_kept_and_sent_at_once(kept, most, safe):
    datagrams, overruns, _, _ = run([0] * 40, asks=((500, 1), (600, 39)), slow=(0, 40), settle=600, kept=kept)
    sent = [each for datagram in datagrams for each in datagram.records]
    assert sent == [record(each[0]) for each in sent] and overruns > 0
    assert len(numbers(datagrams)) + overruns == 40 and numbers(datagrams)[-1] == 40
    assert max(len(datagram.records) for datagram in datagrams) == most
    again = [[each[0] for each in datagram.records] for datagram in datagrams if datagram.resent]
    assert again == [list(range(41 - safe, 41 - safe + most)), [39, 40]]


@pytest.mark.parametrize("kept, first", [(8, 30), (16, 24)])
@pytest.mark.parametrize("moment", range(WORDS))
def test_what_is_asked_for_while_records_come_is_whole_and_follows_on(kept, first, moment):
    """The request comes at any cycle of a record's writing, and its head waits while all that it asked for is lost."""
    datagrams, _, _, _ = run([0] * 60, asks=((200 + moment, first),), slow=(0,) * 12, settle=300, kept=kept)
    (again,) = ([each[0] for each in datagram.records] for datagram in datagrams if datagram.resent)
    assert again == list(range(again[0], again[0] + len(again))) and first <= again[0] and again
    assert all(each == record(each[0]) for datagram in datagrams for each in datagram.records)


def test_sizes_are_checked():
    with pytest.raises(ValueError, match="not 1"):
        Keeper(ring=Ring.EVENTS, words=1)
    for kept in (4, 48):
        with pytest.raises(ValueError, match=f"not {kept}"):
            Keeper(ring=Ring.EVENTS, words=4, kept=kept)


@pytest.mark.parametrize("count, gap", [(16, 0), (5, 20), (40, 0)])
def test_verdicts_are_taken_apart(count, gap):
    dut, words, lost, chance = VerdictWords(kept=32), [], 0, random.Random(count)
    verdicts = [number + 1 | chance.getrandbits(64 * (VERDICT_WORDS - 1)) << 64 for number in range(count)]

    async def drive(ctx):
        nonlocal lost
        for cycle in range(17 * count + 60):
            number, rest = divmod(cycle, gap + 1)
            ctx.set(dut.i.valid, rest == 0 and number < count)
            if rest == 0 and number < count:
                ctx.set(dut.i.data, verdicts[number])
            if ctx.get(dut.o.valid):
                words.append((ctx.get(dut.o.slot), ctx.get(dut.o.index), ctx.get(dut.o.data)))
            lost += ctx.get(dut.lost)
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(8e-9)
    simulator.add_testbench(drive)
    simulator.run()
    told = {word for _, index, word in words if index == 0}
    kept = [each for each in verdicts if each & (1 << 64) - 1 in told]
    assert words == [
        ((each & 31), index, each >> 64 * index & (1 << 64) - 1) for each in kept for index in [*range(1, 16), 0]]
    assert lost == count - len(kept) and (lost == 0) == (count <= 16)
