# amaranth: UnusedElaboratable=no
"""Answers to ARP and ping, against frames made another way."""

import random
from collections import Counter

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.interfaces import FRAME_WORD
from gateware.net.ip.responder import EVENTS, Responder
from tests.gateware.net.bench import frame_words
from tests.gateware.net.ip.packets import BROADCAST, OUR_IP, OURS, PEER, PEER_IP, arp, echo

#: Cycles from a request's last word to its answer's first.
LATENCY = 4
ASK = {"to": BROADCAST, "sender": PEER, "sender_ip": PEER_IP, "target": bytes(6), "target_ip": OUR_IP}
TOLD = {"to": PEER, "sender": OURS, "sender_ip": OUR_IP, "target": PEER, "target_ip": PEER_IP}
PING = {"to": OURS, "sender": PEER, "source": PEER_IP, "destination": OUR_IP}
PONG = {"to": PEER, "sender": OURS, "source": OUR_IP, "destination": PEER_IP}


def run(schedule, *, busy: float = 0.0, seed: int = 0, depth: int = 256, resets: frozenset[int] = frozenset(),
        settle: int = 700):
    """Return (answers, events, cycles): whole answers, strobes, and the cycles in which words were on ``o`` first."""
    dut, reset = Responder(depth=depth), Signal()
    answers, events, cycles, chance = [], Counter(), [], random.Random(seed)

    async def put(ctx):
        ctx.set(dut.mac, int.from_bytes(OURS, "big"))
        ctx.set(dut.ip, int.from_bytes(OUR_IP, "big"))
        for word in [*schedule, *[None] * settle]:
            ctx.set(dut.i.valid, word is not None)
            if word is not None:
                ctx.set(dut.i.p, word)
            await ctx.tick()

    async def get(ctx):
        data, cycle, held = b"", 0, None
        while True:
            ctx.set(reset, cycle in resets)
            ctx.set(dut.o.ready, ready := chance.random() >= busy)
            _, _, valid, payload, strobes = await ctx.tick().sample(
                dut.o.valid, dut.o.payload.as_value(), dut.events.as_value())
            if strobes:
                names = EVENTS.from_bits(strobes)
                events.update(name for name in EVENTS.members if names[name])
            if held is not None and not resets:
                assert valid and payload == held
            elif valid:
                cycles.append(cycle)
            held = payload if valid and not ready else None
            if valid and ready:
                word = FRAME_WORD.from_bits(payload)
                data = b"" if word.first else data
                data += word.data.to_bytes(8, "little")[:word.count]
                if word.last:
                    answers.append(data)
            cycle += 1

    simulator = Simulator(ResetInserter(reset)(dut))
    simulator.add_clock(8e-9)
    simulator.add_testbench(put)
    simulator.add_testbench(get, background=True)
    simulator.run()
    return answers, events, cycles


@pytest.mark.parametrize("to", [BROADCAST, OURS])
def test_who_has_is_answered(to):
    answers, events, _ = run(frame_words(arp(1, **ASK | {"to": to})), settle=60)
    assert answers == [arp(2, **TOLD)] and events == {"arp": 1}


@settings(max_examples=12, deadline=None)
@given(data=st.binary(max_size=120), sequence=st.integers(0, 0xFFFF), busy=st.sampled_from((0.0, 0.6)))
def test_a_ping_comes_back(data, sequence, busy):
    answers, events, _ = run(frame_words(echo(8, data, **PING, sequence=sequence)), busy=busy, settle=160)
    assert answers == [echo(0, data, **PONG, sequence=sequence)] and events == {"echo": 1}


@pytest.mark.parametrize("size", [0, 1471, 1472])
def test_pings_of_extreme_sizes_and_sums(size):
    for fill in (b"\0", b"\xff"):
        answers, _, _ = run(frame_words(echo(8, fill * size, **PING)), settle=500)
        assert answers == [echo(0, fill * size, **PONG)]


@pytest.mark.parametrize("request_, words", [(arp(1, **ASK), 8), (echo(8, bytes(30), **PING), 9)])
def test_an_answer_begins_at_once_and_takes_two_cycles_a_word(request_, words):
    _, _, cycles = run(frame_words(request_), settle=60)
    assert cycles == [words - 1 + LATENCY + 2 * n for n in range(words)]


OTHERS = {
    "another address": arp(1, **ASK | {"target_ip": PEER_IP}),
    "an answer": arp(2, **ASK),
    "another station": arp(1, **ASK | {"to": PEER}),
    "ping to another": echo(8, b"x", **PING | {"destination": PEER_IP}),
    "ping to all": echo(8, b"x", **PING | {"to": BROADCAST}),
    "a reply": echo(0, b"x", **PING),
    "with a code": echo(8, b"x", **PING, code=1),
    "a fragment": echo(8, b"x", **PING, fragment=0x2000),
    "a later fragment": echo(8, b"x", **PING, fragment=3),
    "with options": echo(8, b"x", **PING, options=b"\x01" * 4),
    "cut short": arp(1, **ASK)[:40],
    "too long": echo(8, bytes(2100), **PING),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_asked_of_us_is_not_answered(name):
    answers, events, _ = run([*frame_words(OTHERS[name]), *frame_words(arp(1, **ASK))], settle=60)
    assert answers == [arp(2, **TOLD)] and events == {"arp": 1}


def test_every_byte_of_a_request_that_counts_is_looked_at():
    whole = arp(1, **ASK)
    counts = [*range(12, 22), *range(38, 42)]
    for at in counts:
        spoiled = whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1:]
        answers, events, _ = run(frame_words(spoiled), settle=30)
        assert not answers and not events, at


def test_a_frame_in_error_is_forgotten():
    answers, events, _ = run([*frame_words(arp(1, **ASK), error=True), *frame_words(echo(8, b"", **PING))], settle=60)
    assert answers == [echo(0, b"", **PONG)] and events == {"echo": 1}


def test_requests_that_come_too_soon_are_counted_and_spoil_nothing():
    pings = [echo(8, bytes([n]) * 60, **PING, sequence=n) for n in range(5)]
    answers, events, _ = run([word for ping in pings for word in frame_words(ping)], busy=0.5, settle=200)
    assert answers[0] == echo(0, bytes(60), **PONG, sequence=0)
    assert set(answers) <= {echo(0, bytes([n]) * 60, **PONG, sequence=n) for n in range(5)}
    assert events["echo"] == len(answers) and events["echo"] + events["busy"] == 5 and events["busy"]


@pytest.mark.parametrize("moment", range(1, 34, 3))
def test_reset_at_any_moment(moment):
    schedule = [*frame_words(arp(1, **ASK)), *[None] * 40, *frame_words(echo(8, b"after", **PING))]
    answers, _, _ = run(schedule, resets=frozenset({moment}), settle=60)
    assert answers[-1] == echo(0, b"after", **PONG) and len(answers) <= 2


@pytest.mark.parametrize("depth", [0, 4, 100])
def test_depth_is_checked(depth):
    with pytest.raises(ValueError, match=f"not {depth}"):
        Responder(depth=depth)
