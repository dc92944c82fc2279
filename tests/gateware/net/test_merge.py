# amaranth: UnusedElaboratable=no
"""Frames of several ports as one stream: whole, in order, in turns, and none lost at line rate."""

import random

import pytest
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.interfaces import FRAME_WORD
from gateware.net.merge import Merge
from tests.gateware.net.bench import frame_words

#: Cycles from a word on a port to the same word behind it, when nobody is ahead.
LATENCY = 2


def run(schedules, *, depth=512, settle=300):
    """Return (frames, cycles, dropped): frames put out as (bytes, error), cycle of each word, drops of each port.

    schedules: for each port its words, None for a cycle without one.
    """
    dut = Merge(ports=len(schedules), depth=depth)
    frames, cycles, dropped = [], [], [0] * len(schedules)

    async def put(ctx):
        for cycle in range(max(map(len, schedules))):
            for port, words in zip(dut.i, schedules, strict=True):
                word = words[cycle] if cycle < len(words) else None
                ctx.set(port.valid, word is not None)
                if word is not None:
                    ctx.set(port.p, word)
            await ctx.tick()
        for port in dut.i:
            ctx.set(port.valid, 0)
        await ctx.tick().repeat(settle)

    async def get(ctx):
        data, cycle = None, 0
        while True:
            _, _, valid, payload, drops = await ctx.tick().sample(
                dut.o.valid, dut.o.p.as_value(), dut.dropped.as_value())
            for n in range(len(schedules)):
                dropped[n] += drops >> n & 1
            if valid:
                word = FRAME_WORD.from_bits(payload)
                assert word.first == (data is None)
                data = (data or b"") + word.data.to_bytes(8, "little")[:word.count]
                cycles.append(cycle)
                if word.last:
                    frames.append((data, word.error))
                    data = None
            cycle += 1

    simulator = Simulator(dut)
    simulator.add_clock(8e-9)
    simulator.add_testbench(put)
    simulator.add_testbench(get, background=True)
    simulator.run()
    return frames, cycles, dropped


def spread(frames, *, pause, gap, seed=0):
    """Return the schedule of a port: words ``pause`` cycles apart, frames at least ``gap``."""
    chance, words = random.Random(seed), []
    for frame, error in frames:
        for word in frame_words(frame, error=error):
            words += [word, *[None] * chance.randint(0, pause)]
        words += [None] * gap
    return words


def marked(port, number, size):
    """Return a frame that tells whose it is."""
    return bytes([port, number]) + bytes(random.Random(f"{port}.{number}").randbytes(size - 2))


def of(frames, port):
    return [(data, error) for data, error in frames if data[0] == port]


def test_a_frame_that_nobody_is_ahead_of_passes_as_it_comes():
    frame = marked(1, 0, 60)
    words = spread([(frame, False)], pause=0, gap=0)
    frames, cycles, dropped = run([[None], [None, None, *words]])
    assert frames == [(frame, 0)] and dropped == [0, 0]
    assert cycles == [2 + LATENCY + n for n in range(len(words))]


@settings(max_examples=10, deadline=None)
@given(ports=st.integers(1, 3), pause=st.integers(0, 8), seed=st.integers(0, 2**32 - 1))
def test_all_frames_come_out_whole_and_in_order(ports, pause, seed):
    chance = random.Random(seed)
    sent = [[(marked(port, n, chance.randint(14, 200)), chance.random() < 0.2) for n in range(chance.randint(0, 8))]
            for port in range(ports)]
    frames, _, dropped = run([spread(each, pause=pause, gap=chance.randint(0, 3), seed=seed + n) or [None]
                              for n, each in enumerate(sent)])
    assert not any(dropped) and len(frames) == sum(map(len, sent))
    for port, each in enumerate(sent):
        assert of(frames, port) == [(data, int(error)) for data, error in each]


@pytest.mark.parametrize("size", [60, 1518])
def test_two_ports_at_line_rate_lose_nothing_when_the_core_runs_at_half_of_it(size):
    """A word of a gigabit line comes in four cycles of 62.5 MHz, and a frame ends in a gap of at least five."""
    many = 30 if size == 60 else 4
    sent = [[(marked(port, n, size), False) for n in range(many)] for port in range(2)]
    schedules = [[part for frame, error in each for word in frame_words(frame, error=error)
                  for part in (word, None, None, None)] + [None] * 6 for each in sent]
    frames, _, dropped = run(schedules)
    assert dropped == [0, 0] and all(len(of(frames, port)) == many for port in range(2))


def test_what_waits_takes_turns():
    sent = [[(marked(port, n, 60), False) for n in range(6)] for port in range(2)]
    frames, _, _ = run([spread(each, pause=0, gap=0) for each in sent])
    assert [data[0] for data, _ in frames][:10] == [0, 1] * 5


def test_a_frame_that_finds_no_room_is_dropped_whole_and_counted():
    """Two ports that send without end bring two words a cycle, of which one leaves."""
    sent = [[(marked(port, n, 800), False) for n in range(12)] for port in range(2)]
    frames, _, dropped = run([spread(each, pause=0, gap=0) for each in sent], settle=1200)
    assert all(dropped) and len(frames) + sum(dropped) == 24
    for port, each in enumerate(sent):
        whole = [data for data, _ in each]
        assert [data for data, _ in of(frames, port)] == [data for data in whole if (data, 0) in frames]


@pytest.mark.parametrize("waiting", range(180, 200))
def test_a_frame_that_is_taken_finds_room_to_its_end(waiting):
    """While a frame without end passes, a longest one finds ``waiting`` words; one that finds no room would raise."""
    depth, longest = 382, 190
    ahead = marked(0, 0, 8 * 700)
    sent = [(marked(1, 0, 8 * waiting), False), (marked(1, 1, 8 * longest), False)]
    frames, _, dropped = run([spread([(ahead, False)], pause=0, gap=0), [None] * 4 + spread(sent, pause=0, gap=0)],
                             depth=depth, settle=500)
    fits = waiting + longest < depth - 5
    assert frames[0] == (ahead, 0) and of(frames, 1)[0] == (sent[0][0], 0)
    assert len(frames) + sum(dropped) == 3 and (not fits or not dropped[1])


@pytest.mark.parametrize("options, message", [
    ({"ports": 0}, "ports must be at least 1, not 0"),
    ({"ports": 2, "depth": 381}, "depth must be at least two longest frames, 382 words, not 381")])
def test_sizes_that_cannot_be_are_told(options, message):
    with pytest.raises(ValueError, match=message):
        Merge(**options)
