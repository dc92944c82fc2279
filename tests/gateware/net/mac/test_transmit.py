"""Words to bytes on the wire, against frames made by zlib."""

import random

import pytest
from amaranth.hdl import Module, ResetInserter, Signal
from amaranth.lib.wiring import connect
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.net.mac.split import Split
from gateware.net.mac.transmit import Transmit
from tests.gateware.net.bench import frame_words
from tests.gateware.net.mac.line import PREAMBLE, fcs, random_frame

GAP = 12
#: Cycles from a frame's first word to the first byte of its preamble.
LATENCY = 4


def run(words: list[dict[str, int] | None], *, resets: frozenset[int] = frozenset(), both: bool = True,
        settle: int = 120):
    """Return (carriers, gaps, ends, begun): each carrier as (bytes, had an error), the gaps between them, and the
    cycle in which the first one began; and how many frames were done and how many broken. both: resets are of Split
    too.
    """
    split, transmit, reset = Split(), Transmit(), Signal()
    top = Module()
    top.submodules.split = ResetInserter(reset)(split) if both else split
    top.submodules.transmit = ResetInserter(reset)(transmit)
    connect(top, split.o, transmit.i)
    carriers, gaps, done, broken = [], [0], 0, 0

    async def put(ctx):
        for word in words:
            ctx.set(split.i.valid, word is not None)
            if word is None:
                await ctx.tick()
                continue
            ctx.set(split.i.payload, word)
            await ctx.tick().until(split.i.ready)
            ctx.set(split.i.valid, 0)

    async def watch(ctx):
        nonlocal done, broken
        before, cycle = 0, 0
        while gaps[-1] < settle:
            ctx.set(reset, cycle in resets)
            _, _, data, control, ended, broke = await ctx.tick().sample(
                transmit.o.data, transmit.o.control, split.done, transmit.broken)
            cycle += 1
            done, broken = done + ended, broken + broke
            valid, error = control & 1, (control & 1) ^ control >> 1
            assert valid or not error
            if valid and not before:
                carriers.append((b"", False))
            if valid:
                carriers[-1] = (carriers[-1][0] + bytes([data]), carriers[-1][1] or bool(error))
            elif before:
                gaps.append(1)
            else:
                gaps[-1] += 1
            before = valid
            assert cycle < 100_000

    simulator = Simulator(top)
    simulator.add_clock(8e-9)
    simulator.add_testbench(put)
    simulator.add_testbench(watch)
    simulator.run()
    return carriers, gaps, done, broken


def on_wire(frame: bytes) -> bytes:
    """Return the bytes of ``frame`` on the wire."""
    padded = frame.ljust(60, b"\0")
    return PREAMBLE + padded + fcs(padded)


@settings(max_examples=15, deadline=None)
@given(sizes=st.lists(st.integers(1, 90), min_size=1, max_size=6), seed=st.integers(0, 10_000))
def test_frames_are_padded_summed_and_kept_apart(sizes, seed):
    chance = random.Random(seed)
    frames = [chance.randbytes(size) for size in sizes]
    carriers, gaps, done, broken = run([word for frame in frames for word in frame_words(frame, rubbish=0xFF)])
    assert carriers == [(on_wire(frame), False) for frame in frames]
    assert gaps[1:-1] == [GAP] * (len(frames) - 1)
    assert (done, broken) == (len(frames), 0)


@pytest.mark.parametrize("size", [1, 4, 5, 59, 60, 61, 1514])
def test_a_frame_begins_four_cycles_after_its_first_word(size):
    words = [*[None] * 20, *frame_words(bytes(size))]
    [carrier], gaps, _, _ = run(words)
    assert gaps[0] == 20 + LATENCY and carrier == (on_wire(bytes(size)), False)


@pytest.mark.parametrize("late", range(1, 9))
def test_a_word_that_comes_too_late_breaks_its_frame_alone(late):
    first, second = random_frame(random.Random(late), 64, 64), bytes(range(70))
    words = frame_words(first)
    words[late:late] = [None] * 30
    carriers, gaps, done, broken = run([*[None] * 20, *words, *frame_words(second)])
    cut, whole = carriers
    if late < 8:
        assert cut == (PREAMBLE + first[:8 * late] + b"\0", True) and (done, broken) == (2, 1)
    else:
        assert cut == (on_wire(first), False) and (done, broken) == (2, 0)
    assert whole == (on_wire(second), False) and gaps[1] >= GAP


def test_a_frame_given_up_ends_in_an_error():
    words = [*frame_words(bytes(100), error=True), *frame_words(bytes(64)), *frame_words(bytes(4), error=True),
             *frame_words(bytes(65))]
    carriers, _, done, broken = run(words)
    assert carriers == [(PREAMBLE + bytes(97), True), (on_wire(bytes(64)), False), (on_wire(bytes(65)), False)]
    assert (done, broken) == (2, 1)


@pytest.mark.parametrize("moment", range(1, 90, 4))
@pytest.mark.parametrize("both", [False, True])
def test_reset_at_any_moment(moment, both):
    """It costs the frame that is sent; and where it is Split's as well, the next one, if chunks of it wait already."""
    frames = [random_frame(random.Random(moment + n), 20, 64) for n in range(4)]
    carriers, gaps, _, _ = run([word for frame in frames for word in [*frame_words(frame), *[None] * 20]],
                               resets=frozenset({moment}), both=both)
    wanted = [on_wire(frame) for frame in frames]
    whole = [data for data, _ in carriers if data in wanted]
    assert [data for data in wanted if data in whole] == whole and len(whole) >= len(frames) - 1 - both
    assert sum(data not in wanted for data, _ in carriers) <= 1 + both
    assert min(gaps[1:]) >= GAP
