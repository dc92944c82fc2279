"""Frames found in the bytes of a PHY, against a model that sees the whole line at once."""

import random
import re

from amaranth.hdl import ClockDomain, Module
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from gateware.net.mac.capture import Capture
from gateware.net.mac.chunks import Kind
from tests.gateware.net.mac.line import PREAMBLE, Byte, carrier, gap, random_frame

#: Cycles from the last byte of a chunk on ``i`` to the chunk on ``o``.
LATENCY = 2


def run(line: list[Byte], *, stalls: frozenset[int] = frozenset()) -> list[tuple[int, Kind, bytes]]:
    """Return (cycle, kind, data) of every chunk taken; ``stalls`` are cycles in which there is no room."""
    dut, chunks = Capture(), []
    top = Module()
    top.domains.sync = ClockDomain("sync", reset_less=True)
    top.submodules.dut = dut

    async def drive(ctx):
        for cycle, (data, valid, error) in enumerate([*line, *gap(6)]):
            ctx.set(dut.i.data, data)
            ctx.set(dut.i.control, valid | (valid ^ error) << 1)
            ctx.set(dut.o.ready, cycle not in stalls)
            if ctx.get(dut.o.valid) and cycle not in stalls:
                chunk = ctx.get(dut.o.payload)
                chunks.append((cycle, Kind(chunk.kind), chunk.data.to_bytes(4, "little")))
            await ctx.tick()

    simulator = Simulator(top)
    simulator.add_clock(8e-9)
    simulator.add_testbench(drive)
    simulator.run()
    return chunks


def frames(chunks: list[tuple[int, Kind, bytes]]) -> list[tuple[Kind, bytes]]:
    """Return how each frame ended, and its bytes as far as they came; LAST4 for every good end."""
    found, data = [], b""
    for _, kind, part in chunks:
        if kind == Kind.MORE:
            data += part
        elif Kind.LAST1 <= kind <= Kind.LAST4:
            assert not any(part[kind:])
            found.append((Kind.LAST4, data + part[:kind]))
            data = b""
        else:
            found.append((kind, data))
            data = b""
    assert data == b""
    return found


def expected(data: bytes, errors: list[int]) -> tuple[Kind, bytes]:
    """Return what ``frames`` should say of one carrier."""
    start = re.match(rb"\x55*\xd5", data)
    error = min(errors, default=len(data))
    if not start or error < start.end() or start.end() == len(data):
        return Kind.VOID, b""
    if errors:
        whole = max(error - start.end() - 1, 0) // 4 * 4
        return Kind.CODING, data[start.end():start.end() + whole]
    return Kind.LAST4, data[start.end():]


carriers = st.tuples(
    st.one_of(
        st.binary(min_size=1, max_size=30),
        st.tuples(st.integers(0, 9), st.binary(max_size=40)).map(lambda p: b"\x55" * p[0] + b"\xd5" + p[1])),
    st.lists(st.integers(0, 50), max_size=2), st.integers(1, 14))


@settings(max_examples=40, deadline=None)
@given(parts=st.lists(carriers, min_size=1, max_size=6))
def test_frames_are_found_with_any_preamble_gap_and_error(parts):
    line, wanted = gap(2), []
    for data, errors, pause in parts:
        errors = [error for error in errors if error < len(data)]
        line += carrier(data, errors=errors) + gap(pause, data=0xDD)
        wanted.append(expected(data, errors))
    assert frames(run(line)) == wanted


def test_a_chunk_comes_two_cycles_after_its_last_byte():
    line = gap(1) + carrier(PREAMBLE + bytes(range(10))) + gap(1)
    begun = 1 + len(PREAMBLE)
    assert [(cycle, kind) for cycle, kind, _ in run(line)] == [
        (begun + 3 + LATENCY, Kind.MORE), (begun + 7 + LATENCY, Kind.MORE), (begun + 9 + LATENCY, Kind.LAST2)]


def test_half_a_frame_at_first_is_ignored():
    line = carrier(bytes(9) + PREAMBLE + bytes(9)) + gap(1) + carrier(PREAMBLE + b"frame") + gap(1)
    assert frames(run(line)) == [(Kind.LAST4, b"frame")]


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_what_finds_no_room_ends_in_a_loss_and_nothing_is_joined(seed):
    chance = random.Random(seed)
    sent = [random_frame(chance, 5, 60) for _ in range(6)]
    line = [byte for frame in sent for byte in carrier(PREAMBLE + frame) + gap(chance.randint(1, 12))]
    begin, size = chance.randrange(len(line)), chance.randrange(150)
    found = frames(run(gap(2) + line + gap(160), stalls=frozenset(range(begin, begin + size))))
    whole = [data for kind, data in found if kind == Kind.LAST4]
    lost = [data for kind, data in found if kind == Kind.LOST]
    assert len(found) == len(whole) + len(lost) and len(lost) <= 1
    assert [frame for frame in sent if frame in whole] == whole
    assert len(whole) == len(sent) or len(lost) == 1
    assert all(any(frame.startswith(data) for frame in sent) for data in lost)
