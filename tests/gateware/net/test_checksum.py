# amaranth: UnusedElaboratable=no
"""Internet checksums, against the reference in wire.ipv4."""

import random

import pytest
from amaranth.sim import Simulator

from gateware.net.checksum import HALVES_PER_WORD, InternetChecksum
from wire.ipv4 import checksum

#: Cycles from a word on ``i`` to ``holds``, the tick that takes it being the first.
LATENCY = 3


def run(blocks: list[list[list[int]]], *, seed: int = 0) -> list[bool]:
    """Return ``holds`` for each block of words, exactly ``LATENCY`` cycles after its last word; blocks abut."""
    dut, answers = InternetChecksum(limit=1000), []
    chance = random.Random(seed)

    async def drive(ctx):
        due, cycle = set(), 0
        ctx.set(dut.seed, 0)
        steps = []
        for block in blocks:
            for n, word in enumerate(block):
                steps += [None] * (chance.random() < 0.3) + [(n == 0, n == len(block) - 1, word)]
        for step in [*steps, *[None] * LATENCY]:
            ctx.set(dut.i.valid, step is not None)
            if step is not None:
                ctx.set(dut.i.start, step[0])
                ctx.set(dut.i.halves, step[2])
                if step[1]:
                    due.add(cycle + LATENCY)
            await ctx.tick()
            cycle += 1
            if cycle in due:
                answers.append(bool(ctx.get(dut.holds)))

    simulator = Simulator(dut)
    simulator.add_clock(1e-8)
    simulator.add_testbench(drive)
    simulator.run()
    return answers


def block(chance: random.Random, words: int, good: bool) -> list[list[int]]:
    """Return random words that sum to zero, or nearly so."""
    size = 2 * HALVES_PER_WORD * words
    data = bytearray(chance.choice((chance.randbytes(size), b"\xff" * size)))
    data[:2] = bytes(2)
    data[:2] = checksum(data).to_bytes(2, "big")
    if not good:
        data[chance.randrange(size)] ^= 1 << chance.randrange(8)
    halves = [int.from_bytes(data[n:n + 2], "little") for n in range(0, size, 2)]
    return [halves[n:n + HALVES_PER_WORD] for n in range(0, len(halves), HALVES_PER_WORD)]


def test_tells_right_sums_from_wrong_ones_of_any_length():
    chance = random.Random(1)
    wanted = [chance.random() < 0.5 for _ in range(200)]
    assert run([block(chance, chance.randrange(1, 40), good) for good in wanted]) == wanted


def test_full_scale_sum_keeps_its_carries():
    assert run([[[0xFFFF] * 4] * 250, [[0xFFFF] * 4] * 249 + [[0xFFFF, 0xFFFF, 0xFFFF, 0xFFFE]]]) == [True, False]


@pytest.mark.parametrize("limit", [0, -1, 0xFFFF])
def test_refuses_limits_for_which_the_check_would_not_hold(limit):
    with pytest.raises(ValueError, match=f"not {limit}"):
        InternetChecksum(limit=limit)
