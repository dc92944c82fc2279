# amaranth: UnusedElaboratable=no
"""Datagrams to register accesses, against a client and a memory of registers that share nothing with them."""

import random
import struct
from collections import Counter

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.hostlink.etherbone import EVENTS, Etherbone
from gateware.net.ip.udp import PAYLOAD_WORD
from tests.gateware.hostlink.client import datagram, probe, reads, record, values, writes

HOST, OTHER = 0xC0A8_0709, 0xC0A8_070A
#: Cycles that a register takes to answer.
ANSWER = 10
TICKET, STREAM, BEGIN = 0x1_0000, 0x1_0004, 0x1_0024
RUBBISH = 0xDEAD_BEEF


class Result:
    """What came of the datagrams: answers, who was the asker behind the first word of each, accesses as (bus, address,
    value or None for a read), strobes, cycles."""

    def __init__(self):
        self.answers, self.askers, self.accesses, self.events = [], [], [], Counter()
        self.cycles, self.begins, self.ends = [], [], []


def run(datagrams, *, host: int = HOST, busy: float = 0.0, seed: int = 0, resets: frozenset[int] = frozenset(),
        limit: int = 6_000, old: bytes = b"") -> Result:
    """Offer ``datagrams``, (sender, payload) each, one after the other.

    old: what the inbox's memory holds where a payload does not reach; rubbish behind it.
    """
    dut, reset, result, chance = Etherbone(), Signal(), Result(), random.Random(seed)
    now = 0

    async def clock(ctx):
        nonlocal now
        while True:
            ctx.set(reset, now in resets)
            strobes = EVENTS.from_bits(ctx.get(dut.events.as_value()))
            result.events.update(name for name in EVENTS.members if strobes[name])
            await ctx.tick()
            now += 1

    async def inbox(ctx):
        ctx.set(dut.host, host)
        await ctx.tick()
        for sender, payload in datagrams:
            memory = payload + old[len(payload):]
            words = struct.unpack(f">{len(memory) // 4}I", memory[:len(memory) & ~3])
            ctx.set(dut.i, {"source": {"ip": sender, "mac": 7, "port": 9}, "bytes": len(payload)})
            ctx.set(dut.valid, 1)
            result.begins.append(now)
            seen = [0, 0]
            for _ in range(limit):
                index = ctx.get(dut.index)
                seen = [*seen[1:], words[index] if index < len(words) else RUBBISH]
                if ctx.get(dut.done):
                    break
                await ctx.tick()
                ctx.set(dut.word, seen[0])
            else:
                raise AssertionError(f"no end of {payload.hex()}")
            await ctx.tick()
            ctx.set(dut.valid, 0)
            while chance.random() < 0.5:
                await ctx.tick()
        await ctx.tick().repeat(30)

    async def registers(ctx):
        answers = {}
        while True:
            for name, at, base in (("bus", dut.bus, 0), ("link", dut.link, 0x1_0000)):
                value = answers.pop((name, now), None)
                ctx.set(at.r_valid, value is not None)
                ctx.set(at.r_data, RUBBISH if value is None else value)
                place = ctx.get(at.addr) % (1 << 12 if base else 1 << 14) + base
                assert not (ctx.get(at.w_en) and ctx.get(at.r_en))
                if ctx.get(at.w_en):
                    result.accesses.append((place, ctx.get(at.w_data)))
                    result.cycles.append(now)
                if ctx.get(at.r_en):
                    result.accesses.append((place, None))
                    answers[name, now + (ANSWER if name == "bus" else 1)] = place * 3
            await ctx.tick()

    async def take(ctx):
        data, held = b"", None
        while True:
            ctx.set(dut.o.ready, ready := chance.random() >= busy)
            _, _, valid, payload = await ctx.tick().sample(dut.o.valid, dut.o.payload.as_value())
            assert resets or held is None or valid and payload == held
            if valid and held is None:
                result.ends.append(now - 1)
            held = payload if valid and not ready else None
            if valid and ready:
                word = PAYLOAD_WORD.from_bits(payload)
                assert (word.last or word.count == 8) and not word.data >> 8 * word.count
                if not data:
                    result.askers.append(ctx.get(dut.asker.ip))
                data += word.data.to_bytes(8, "little")[:word.count]
                if word.last:
                    assert ctx.get(dut.asker.port) == 9
                    result.answers.append(data)
                    data = b""

    simulator = Simulator(ResetInserter(reset)(dut))
    simulator.add_clock(8e-9)
    for process in (clock, registers, take):
        simulator.add_testbench(process, background=True)
    simulator.add_testbench(inbox)
    simulator.run()
    return result


def ask(*datagrams: bytes, **how) -> Result:
    return run([(HOST, each) for each in datagrams], **how)


def test_reads_and_writes():
    result = ask(datagram(writes(0x64, 7, 8), reads(0x400, 0x10), record(base=4, data=(1,), back=5, addresses=(8,))))
    assert result.accesses == [(0x64, 7), (0x68, 8), (0x400, None), (0x10, None), (4, 1), (8, None)]
    assert [values(answer) for answer in result.answers] == [[(0, [0xC00, 0x30]), (5, [24])]]
    assert result.events == {"datagrams": 1}


def test_an_answer_that_waits_is_its_askers():
    senders = [HOST, OTHER] * 4
    result = run([(sender, probe()) for sender in senders], busy=0.97)
    assert result.askers == senders


def test_writes_alone_are_not_answered():
    result = ask(datagram(writes(0x64, 7)), datagram(writes(0x68, 8)), datagram())
    assert result.accesses == [(0x64, 7), (0x68, 8)] and not result.answers and result.events == {"datagrams": 3}


@pytest.mark.parametrize("behind", [b"", bytes(4), b"anything"])
def test_a_probe_is_answered(behind):
    result = run([(OTHER, probe(b"\1\2\3\4", behind))])
    assert result.answers == [bytes.fromhex("4e6f1244 01020304")] and not result.accesses
    assert result.events == {"datagrams": 1}


RECORDS = st.lists(st.tuples(
    st.integers(0, 0x3FC // 4), st.lists(st.integers(0, 2**32 - 1), max_size=5), st.integers(0, 2**32 - 1),
    st.lists(st.integers(0, 0xFFC // 4), max_size=5)), max_size=5)


@settings(max_examples=12, deadline=None)
@given(datagrams=st.lists(RECORDS, min_size=1, max_size=3), busy=st.sampled_from((0.0, 0.7)), seed=st.integers(0, 999))
def test_any_records(datagrams, busy, seed):
    accesses, answers, payloads = [], [], []
    for records in datagrams:
        parts, answer = [], []
        for base, data, back, addresses in records:
            places = [4 * at for at in addresses]
            parts.append(record(base=4 * base, data=tuple(data), back=back, addresses=tuple(places)))
            accesses += [(4 * (base + n), value) for n, value in enumerate(data)] + [(place, None) for place in places]
            if places:
                answer.append((back, [3 * place for place in places]))
        payloads.append(datagram(*parts))
        answers += [answer] if answer else []
    result = ask(*payloads, busy=busy, seed=seed)
    assert result.accesses == accesses and [values(answer) for answer in result.answers] == answers
    assert result.events == {"datagrams": len(datagrams)}


def test_the_greatest_datagrams():
    places = tuple(range(0, 1020, 4))
    result = ask(datagram(writes(0, *range(255))), datagram(reads(*places)), datagram(*[record()] * 364))
    assert result.accesses == [*zip(places, range(255), strict=True), *((place, None) for place in places)]
    assert values(result.answers[0]) == [(0, [3 * place for place in places])]
    assert result.events == {"datagrams": 3}


def test_a_pending_record_is_written_in_order_a_word_a_cycle():
    result = ask(datagram(writes(0x1020, *range(8))))
    assert result.cycles == [result.begins[0] + 20 + n for n in range(8)]


def test_latency_of_a_read():
    result = ask(datagram(reads(0x28, 0x2C, 0x30)))
    assert [end - result.begins[0] for end in result.ends] == [13, 20, 48, 61]


GOOD = datagram(reads(8))
GARBAGE = {
    "nothing": b"", "no header": b"\x4e\x6f\x10\x44", "not of whole words": GOOD + b"\0",
    "wrong magic": b"\x4e\x6e" + GOOD[2:], "wrong version": GOOD[:2] + b"\x20" + GOOD[3:],
    "64 bits": GOOD[:3] + b"\x88" + GOOD[4:], "an answer to a probe": GOOD[:2] + b"\x12" + GOOD[3:],
    "too few writes": datagram(writes(0, 1, 2))[:-4], "no address": datagram(writes(0, 1))[:12],
    "too few reads": datagram(reads(0, 4))[:-4], "a record behind that": datagram(writes(0, 1), reads(0, 4)[:-4]),
    "a great count": datagram(bytes((0, 15, 255, 255))), "bytes chosen": datagram(b"\0\3" + writes(0, 1)[2:]),
    "configuration space": datagram(b"\x20" + writes(0, 1)[1:]),
    "constant address": datagram(b"\x40" + writes(0, 1)[1:]),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_is_counted_and_nothing_of_it_done(name):
    result = ask(GARBAGE[name], GOOD)
    assert result.events == {"garbage": 1, "datagrams": 1} and result.accesses == [(8, None)]
    assert len(result.answers) == 1


@pytest.mark.parametrize("whole", [writes(0x40, 1, 2), writes(TICKET, 0), reads(8, 12),
                                   record(base=0x40, data=(1, 2), addresses=(8, 12))])
def test_of_a_record_cut_at_any_place_nothing_is_done(whole):
    """Not even where the memory behind it still holds the rest, of an older one."""
    payload = datagram(whole)
    cuts = range(len(payload))
    result = ask(*(payload[:cut] for cut in cuts), datagram(reads(TICKET)), old=payload + datagram(bytes(40))[8:])
    assert not result.accesses and [values(answer) for answer in result.answers] == [[(0, [0])]]
    # A header alone is a datagram that asks for nothing.
    assert result.events == {"garbage": len(cuts) - 1, "datagrams": 2}


@settings(max_examples=12, deadline=None)
@given(payloads=st.lists(st.binary(max_size=60), max_size=4), flips=st.lists(st.integers(0, 8 * 32 - 1), max_size=3))
def test_anything_comes_to_an_end(payloads, flips):
    spoiled = bytearray(datagram(writes(0x40, 1, 2), reads(8)))
    for flip in flips:
        spoiled[flip // 8] ^= 1 << flip % 8
    headed = [datagram(payload) for payload in payloads]
    result = ask(*payloads, *headed, bytes(spoiled), GOOD)
    assert result.events["datagrams"] + result.events["garbage"] == 2 * len(payloads) + 2
    assert values(result.answers[-1]) == [(0, [24])]


def test_writes_of_others_are_left_out_and_reads_done():
    payload = datagram(writes(0x40, 1), writes(TICKET, 0), writes(0x44, 2), reads(8, TICKET))
    for sender, host in ((OTHER, HOST), (HOST, 0), (0, 0)):
        result = run([(sender, payload)], host=host)
        assert result.accesses == [(8, None)] and values(result.answers[0]) == [(0, [24, 0])]
        assert result.events == {"datagrams": 1, "refused": 1}


def test_what_one_may_the_next_may_not():
    """Each of ``theirs`` comes between two datagrams of the host."""
    def mine(number):
        return HOST, datagram(writes(TICKET, number), writes(0x40, number), reads(TICKET))

    theirs = [datagram(each) for each in (
        writes(0x44, 1), writes(STREAM, 1), writes(TICKET, 1), writes(TICKET, 2), writes(BEGIN, 77))]
    result = run([each for number, their in enumerate(theirs) for each in (mine(number), (OTHER, their))] + [mine(5)])
    assert result.accesses == [(0x40, number) for number in range(6)]
    assert [values(answer) for answer in result.answers] == [[(0, [number])] for number in range(1, 7)]
    assert result.events == {"datagrams": 11, "refused": 5}


def test_a_ticket_lets_writes_be_done_once():
    def once(number):
        return datagram(writes(TICKET, number), writes(0x40, number), reads(TICKET, back=number))

    result = ask(once(0), once(0), once(1), once(3), once(0), once(2))
    assert result.accesses == [(0x40, 0), (0x40, 1), (0x40, 2)]
    assert [values(answer) for answer in result.answers] == [
        [(0, [1])], [(0, [1])], [(1, [2])], [(3, [2])], [(0, [2])], [(2, [3])]]
    assert result.events == {"datagrams": 6, "repeated": 3}


def test_who_begins_sets_the_ticket():
    def once(number):
        return datagram(writes(TICKET, number), writes(0x40, number), reads(TICKET))

    result = ask(datagram(writes(BEGIN, 2**32 - 1), reads(TICKET)), once(0), once(2**32 - 1), once(0))
    assert result.accesses == [(0x40, 2**32 - 1), (0x40, 0)]
    assert [values(answer) for answer in result.answers] == [[(0, [each])] for each in (2**32 - 1, 2**32 - 1, 0, 1)]


def test_the_links_registers_and_places_that_do_not_exist():
    result = ask(datagram(
        writes(STREAM, 1), writes(0x3FFC, 1, 2), writes(0x42, 3), writes(0x2_0000, 4), writes(0x1_0FFC, 5, 6),
        reads(0x1_0010, 0x4000, 0x1, 0x8000_0000, 0x3FFC)))
    assert result.accesses == [(STREAM, 1), (0x3FFC, 1), (0x1_0FFC, 5), (0x1_0010, None), (0x3FFC, None)]
    assert values(result.answers[0]) == [(0, [0x3_0030, 0, 0, 0, 3 * 0x3FFC])]
    assert result.events == {"datagrams": 1, "nowhere": 7}


@pytest.mark.parametrize("moment", range(2, 60, 5))
def test_reset_at_any_moment(moment):
    result = ask(datagram(writes(0x40, 1, 2), reads(8, 8)), GOOD, resets=frozenset({moment}), limit=200)
    assert result.answers[-1] == datagram(b"\0\x0f\1\0" + struct.pack(">II", 0, 24))
