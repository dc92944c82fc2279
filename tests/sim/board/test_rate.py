"""Gigabit line rate at the pins: every carrier has its fate, every good frame comes out, nothing else does."""

import os
import random
import time
from collections import Counter

import pytest

from sim.board.traffic import MIXES, Traffic, traffic

#: Half periods of the two PHYs' clocks, 100 ppm to either side of the board's, in femtoseconds.
PACES = (4_000_400, 3_999_600)


def check(simulated, port: int, sent: Traffic) -> None:
    taken = simulated.take(port).taken
    assert [frame for frame, error in taken if error == 0] == sent.good
    assert all(error == 1 for _, error in taken if error)


def start(simulated) -> None:
    for port in range(simulated.ports):
        simulated.clock(port, half=PACES[port], behind=4_000_000 + 1_234_567 * (port + 1))
    simulated.run(2_000_000_000)


@pytest.mark.parametrize("mix, count", [("minimum", 1200), ("sizes", 120), ("worst", 1500)])
def test_no_carrier_is_lost_or_taken_for_another(simulated, mix, count):
    seed = 17
    print(f"seed {seed}")
    chance = random.Random(seed)
    start(simulated)
    sent = [traffic(MIXES[mix], count, chance) for _ in range(simulated.ports)]
    for port, one in enumerate(sent):
        simulated.send(port, one.carriers)
    assert simulated.settle()
    for port, one in enumerate(sent):
        check(simulated, port, one)
        assert simulated.events(port) == dict(one.fates)


@pytest.mark.soak
def test_ten_million_frames(simulated):
    """``$TICKGATE_FRAMES`` carriers in all, in both ports at once, most of them as small as can be."""
    count, batch = int(os.environ.get("TICKGATE_FRAMES", 10_000_000)), 20_000
    seed = int(os.environ.get("TICKGATE_SEED", 1))
    chance = random.Random(seed)
    start(simulated)
    begin, fates, done, seconds = simulated.now, [Counter() for _ in range(simulated.ports)], 0, 0.0
    while done < count:
        mix = chance.choices(list(MIXES), (9, 1, 9))[0]
        sent = [traffic(MIXES[mix], batch // (20 if mix == "sizes" else 2), chance) for _ in range(simulated.ports)]
        since = time.process_time()
        for port, one in enumerate(sent):
            simulated.send(port, one.carriers)
        assert simulated.settle()
        seconds += time.process_time() - since
        for port, one in enumerate(sent):
            check(simulated, port, one)
            fates[port] += one.fates
            assert simulated.events(port) == dict(fates[port]), f"seed {seed}, carriers before this batch: {done}"
            done += one.fates.total()
    print(f"seed {seed}: {done:,} carriers, {(simulated.now - begin) / 8e6:,.0f} cycles of the line, "
          f"{seconds:,.0f} s of CPU in the model, {done / seconds:,.0f} carriers/s")
    print("\n".join(f"port {port}: {dict(counts)}" for port, counts in enumerate(fates)))
