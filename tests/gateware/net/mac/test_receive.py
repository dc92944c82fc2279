# amaranth: UnusedElaboratable=no
"""From chunks to words: FCS, sizes, errors, and the receiver put off and reset at any moment."""

import random
from collections import Counter
from dataclasses import dataclass, field

import pytest
from amaranth.hdl import ResetInserter, Signal
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.net.mac.chunks import Kind
from gateware.net.mac.receive import FATES, Receive
from tests.gateware.net.mac.line import fcs, random_frame

#: Cycles from the chunk behind a word on ``i`` to the word on ``o``.
LATENCY = 2
#: A chunk: its kind and bytes.
Chunk = tuple[Kind, bytes]


@dataclass
class Frame:
    """One frame put out: its bytes, whether it was in error, the cycles of its words; ``whole`` when it ended."""

    data: bytes = b""
    error: bool = False
    whole: bool = False
    cycles: list[int] = field(default_factory=list)


def chunks(data: bytes, ending: Kind | None = None) -> list[Chunk]:
    """Return ``data`` in chunks; with ``ending``, its whole chunks and that."""
    parts = [data[at:at + 4] for at in range(0, len(data), 4)]
    if ending is not None:
        return [*((Kind.MORE, part) for part in parts if len(part) == 4), (ending, b"")]
    return [*((Kind.MORE, part) for part in parts[:-1]), (Kind(len(parts[-1])), parts[-1])]


def run(schedule: list[Chunk | None], *, max_bytes: int = 1522, off: frozenset[int] = frozenset(),
        resets: frozenset[int] = frozenset()) -> tuple[list[Frame], Counter[str], dict[str, int]]:
    """Return the frames put out, the events, and the last cycle of each.

    ``schedule`` has one chunk a cycle, None where there is none. ``off``: cycles with ``enable`` low.
    """
    dut, reset = Receive(max_bytes=max_bytes), Signal()
    frames, events, when = [], Counter(), {}

    def note(ctx, cycle):
        for name in FATES:
            if ctx.get(dut.events[name]):
                events[name] += 1
                when[name] = cycle
        if not ctx.get(dut.o.valid):
            return
        word = ctx.get(dut.o.p)
        assert 1 <= word.count <= 8
        if not word.last:
            assert word.count == 8
            assert not word.error
        if word.first:
            assert resets or not frames or frames[-1].whole
            frames.append(Frame())
        frame = frames[-1]
        assert not frame.whole
        frame.data += word.data.to_bytes(8, "little")[:word.count]
        frame.error, frame.whole = bool(word.error), bool(word.last)
        frame.cycles.append(cycle)

    async def drive(ctx):
        for cycle, chunk in enumerate([*schedule, *[None] * 4]):
            ctx.set(dut.enable, cycle not in off)
            ctx.set(reset, cycle in resets)
            ctx.set(dut.i.valid, chunk is not None)
            if chunk is not None:
                ctx.set(dut.i.payload, {"kind": chunk[0], "data": int.from_bytes(chunk[1], "little")})
            assert ctx.get(dut.i.ready)
            await ctx.tick()
            note(ctx, cycle + 1)

    simulator = Simulator(ResetInserter(reset)(dut))
    simulator.add_clock(8e-9)
    simulator.add_testbench(drive)
    simulator.run()
    return frames, events, when


def with_pauses(chance: random.Random, parts: list[Chunk], share: float) -> list[Chunk | None]:
    schedule: list[Chunk | None] = []
    for part in parts:
        while chance.random() < share:
            schedule.append(None)
        schedule.append(part)
    return schedule


def spoiled(data: bytes, bit: int) -> bytes:
    return bytes(byte ^ (1 << bit % 8 if n == bit // 8 else 0) for n, byte in enumerate(data))


@settings(max_examples=10, deadline=None)
@given(sizes=st.lists(st.integers(60, 140), min_size=1, max_size=8), share=st.sampled_from((0.0, 0.5, 0.8)),
       seed=st.integers(0, 10_000))
def test_good_frames_come_through_without_fcs(sizes, share, seed):
    chance = random.Random(seed)
    sent = [chance.randbytes(size) for size in sizes]
    schedule = with_pauses(chance, [part for frame in sent for part in chunks(frame + fcs(frame))], share)
    frames, events, _ = run(schedule)
    assert [frame.data for frame in frames] == sent and not any(frame.error for frame in frames)
    assert events == {"good": len(sent)}


@pytest.mark.parametrize("size", [60, 61, 62, 63, 64, 65, 66, 67])
def test_words_and_verdict_come_when_they_can(size):
    frame = bytes(range(size))
    parts = chunks(frame + fcs(frame))
    [got], _, when = run(parts)
    words = -(-size // 8)
    inner = [2 * n + LATENCY for n in range(1, words)]
    assert got.cycles == [*inner, len(parts) - 1 + LATENCY] and when == {"good": got.cycles[-1]}


@pytest.mark.parametrize("size, step", [(60, 1), (61, 5), (62, 5), (63, 5)])
def test_every_bit_of_a_frame_and_its_fcs_counts(size, step):
    frame = random_frame(random.Random(size), size, size)
    whole = frame + fcs(frame)
    bits = range(0, 8 * len(whole), step)
    frames, events, _ = run([part for bit in bits for part in chunks(spoiled(whole, bit))])
    assert len(frames) == len(bits) and all(frame.error and frame.whole for frame in frames)
    assert events == {"fcs": len(bits)}


@pytest.mark.parametrize("right", [True, False])
def test_sizes_at_both_limits(right):
    chance, parts, wanted, sizes = random.Random(3), [], Counter(), [*range(1, 80), *range(90, 120)]
    for size in sizes:
        data = chance.randbytes(size)
        if size >= 4:
            data = data[:-4] + fcs(data[:-4])
        holds = right and size >= 4
        parts += chunks(data if holds else spoiled(data, 3))
        fate = ("runts", "fragments") if size < 64 else ("oversized", "jabbers") if size > 101 else ("good", "fcs")
        wanted[fate[not holds]] += 1
    frames, events, _ = run(parts, max_bytes=101)
    assert events == wanted
    kept = [size for size in sizes if size > 4]
    assert len(frames) == len(kept)
    for size, frame in zip(kept, frames, strict=True):
        assert frame.whole and frame.error == (not right or not 64 <= size <= 101)
        assert len(frame.data) == size - 4 if size <= 101 else len(frame.data) < 112


def test_an_endless_frame_is_cut_and_counted_when_it_ends():
    frames, events, _ = run([(Kind.MORE, b"abcd")] * 2000, max_bytes=100)
    assert [(frame.whole, frame.error, len(frame.data)) for frame in frames] == [(True, True, 96)] and not events
    _, events, _ = run([*[(Kind.MORE, b"abcd")] * 2000, (Kind.LAST1, b"a")], max_bytes=100)
    assert events == {"jabbers": 1}


@pytest.mark.parametrize("kind", [Kind.CODING, Kind.LOST])
@pytest.mark.parametrize("size", [0, 4, 8, 12, 16, 400])
def test_a_frame_without_end_gets_one_in_error(kind, size):
    good = bytes(60)
    parts = [*chunks(bytes(size), kind), *chunks(good + fcs(good))]
    frames, events, _ = run(parts, max_bytes=100)
    assert events == {kind.name.lower(): 1, "good": 1}
    *broken, last = frames
    assert last.data == good and not last.error
    assert len(broken) == (size > 0) and all(frame.whole and frame.error for frame in broken)


def test_a_void_carrier_is_counted():
    good = bytes(60)
    frames, events, _ = run([(Kind.VOID, b""), *chunks(good + fcs(good)), (Kind.VOID, b"")])
    assert [frame.data for frame in frames] == [good] and events == {"void": 2, "good": 1}


@pytest.mark.parametrize("begin", range(14, 34, 2))
@pytest.mark.parametrize("size", [1, 30])
def test_put_off_at_any_moment(begin, size):
    good = bytes(range(60))
    parts = chunks(good + fcs(good)) * 5
    frames, events, when = run(parts, off=frozenset(range(begin, begin + size)))
    assert all(frame.whole for frame in frames)
    assert events.total() == 5 and not events.keys() - {"good", "cut", "refused"}
    assert sum(not frame.error for frame in frames) == events["good"]
    assert all(frame.data == good for frame in frames if not frame.error)
    assert sum(frame.error for frame in frames) == events["cut"] == (begin % 16 != 0)
    if events["cut"]:
        assert when["cut"] == begin + LATENCY


@pytest.mark.parametrize("moment", range(14, 34))
def test_reset_at_any_moment(moment):
    good = bytes(range(60))
    frames, events, _ = run(chunks(good + fcs(good)) * 4, resets=frozenset({moment}))
    assert all(frame.data == good for frame in frames if frame.whole) and not any(frame.error for frame in frames)
    assert sum(frame.whole for frame in frames) == events["good"] >= 2 and events.keys() == {"good"}


@pytest.mark.parametrize("size", [63, 16_001])
def test_greatest_size_is_checked(size):
    with pytest.raises(ValueError, match=f"not {size}"):
        Receive(max_bytes=size)
