"""Random hard order flow over two faulty lines, on a device with tiny tables: equal to the models, or marked."""

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sim.market.faults import Faults, LineFaults
from sim.market.frames import LINE_A, LINE_B
from sim.market.messages import Messages
from sim.market.packets import Packets
from sim.market.schedule import Pace, Schedule, merge, schedule
from sim.models.feed import Source, Taken
from tests.device.figures import Progress, soak_seed
from tests.device.rig import Rig, Truth, assert_sums
from tests.gateware.book.traffic import Traffic, message
from wire.records import RecordKind, State

BASE = 5_000 - 32
SYMBOLS = [(locate, 100 * BASE) for locate in (1, 2, 3)]
CLEAN = LineFaults()


def packing(rng: random.Random, total: int, most: int) -> Packets:
    """Return packets of 1 to ``most`` messages; some repeat messages of the one before, some carry none."""
    firsts, counts, first = [], [], 0
    while first < total:
        back = min(first, rng.randrange(4)) if rng.random() < 0.1 else 0
        count = min(rng.randint(1, most), total - first)
        firsts.append(first - back)
        counts.append(count + back)
        first += count
        if rng.random() < 0.03:
            firsts.append(first)
            counts.append(0)
    return Packets(np.array(firsts, np.int64), np.array(counts, np.int32))


def line_of(rng: random.Random, messages: Messages, number: int, *, most: int, pace: Pace) -> Schedule:
    """Return the frames of one line: random packing, tag, alignment and gaps."""
    tag = rng.choice([None, 5, 4095])
    line = (LINE_A, LINE_B)[number].tagged(tag)
    if rng.random() < 0.3:
        line = replace(line, checksum=False)
    frames = schedule(messages, line, packets=packing(rng, len(messages), most), pace=pace)
    idle = np.random.default_rng(rng.randrange(1 << 30))
    gaps = idle.integers(0, rng.choice([1, 4, 40, 400]), len(frames)) * (idle.random(len(frames)) < rng.random())
    return replace(frames, cycle=frames.cycle + np.cumsum(gaps))


def play(rig: Rig, messages: list[bytes], seed: int, *, faults: Faults | None = None, hold: bool = False,
         most: int | None = None, exact: bool = True, pace: Pace = Pace.ABUT) -> tuple[Truth, dict[str, int]]:
    """Send ``messages`` over both lines, give the device by its inject port what never came, and hold all against the
    models. Returns the models, and the device's counters."""
    rng = random.Random(seed)
    given = Messages.of(messages)
    most = most or rng.choice([1, 3, 12, 30])
    parts = [line_of(rng, given, number, most=most, pace=pace) for number in range(2)]
    frames = merge(parts, pace) if faults is None else faults.apply(parts, pace)
    gap_packets = rng.choice([1, 3, 64])
    rig.start(SYMBOLS, hold=hold, gap_packets=gap_packets)
    records = [rig.play(frames)]
    truth = Truth(rig, SYMBOLS, hold=hold, gap_packets=gap_packets)
    truth.frames(frames)
    device = rig.device
    status = device.status()
    for name in ("gap", "stale", "suspect"):
        assert bool(status[name]) == getattr(truth.feed, name), f"{name}: {status}"
    assert device.read("SEQ_EXPECTED") == truth.feed.expected
    assert device.read("SEQ_HIGHEST") == truth.feed.highest
    missing = [(seq, messages[seq - 1]) for seq in range(truth.feed.expected, len(messages) + 1)]
    records.append(rig.inject(missing))
    truth.inject(missing)
    counters = device.counters()
    truth.check(np.concatenate(records), counters, exact=exact and not counters["orders_table_full"])
    assert device.read("SEQ_EXPECTED") == truth.feed.expected >= len(messages) + 1
    assert not device.status()["gap"] or truth.feed.gap
    return truth, counters


def flow(seed: int, count: int, **options: float) -> list[bytes]:
    """Return ``count`` messages of random traffic."""
    traffic = Traffic(seed, **options)
    return [traffic.next() for _ in range(count)]


def random_faults(rng: random.Random) -> Faults:
    """Return faults of both lines, none of which damages frames."""
    def one() -> LineFaults:
        return LineFaults(loss=rng.choice([0, 0.02, 0.2]), dup=rng.choice([0, 0.05]), reorder=rng.choice([0, 0.05]),
                          delay=rng.choice([0, 30, 500]), jitter=rng.choice([0, 20]),
                          silence=rng.choice([(), ((10, 30),)]))
    return Faults(a=one(), b=one(), seed=rng.randrange(1 << 20))


def damage(rng: random.Random) -> Faults:
    """Return faults that damage frames too."""
    faults = random_faults(rng)
    return replace(faults, a=replace(faults.a, corrupt=0.1, truncate=0.05, mac=rng.choice([0.0, 0.5, 1.0])),
                   b=replace(faults.b, corrupt=0.05, truncate=0.02))


def legal(rig: Rig, seed: int) -> None:
    """Legal flow on few orders, levels and symbols, all prices inside the windows: never marked."""
    truth, _ = play(rig, flow(seed, 600, orders=12, span=12 + seed % 50), seed)
    assert not truth.marked and truth.compared


def illegal(rig: Rig, seed: int) -> None:
    """Flow that contradicts itself."""
    truth, counters = play(rig, flow(seed, 500, orders=12, illegal=0.08), seed)
    assert counters["orders_unknown"] or counters["orders_zero_shares"]


def far(rig: Rig, seed: int) -> None:
    """Prices on both sides of the windows, more levels than the far table holds."""
    truth, counters = play(rig, flow(seed, 600, orders=16, far=0.15 + 0.3 * (seed % 2)), seed)
    assert counters["prices_far"]


def faulty(rig: Rig, seed: int) -> None:
    """Lines that lose, repeat, reorder and delay frames."""
    rng = random.Random(seed)
    play(rig, flow(seed, 600, orders=12, illegal=rng.choice([0, 0.05]), far=rng.choice([0, 0.05])), seed,
         faults=random_faults(rng), hold=rng.random() < 0.5)


def damaged(rig: Rig, seed: int) -> None:
    """Lines that damage frames, which are held until they proved good: nothing of the bad ones is seen."""
    rng = random.Random(seed)
    truth, _ = play(rig, flow(seed, 500, orders=12), seed, faults=damage(rng), hold=True, most=rng.choice([1, 8, 20]))
    assert not truth.feed.suspect and not truth.marked


def cut_through(rig: Rig, seed: int) -> None:
    """The same in cut-through: once messages of a bad frame are taken, every book is marked until the host clears."""
    rng = random.Random(seed)
    given = Messages.of(flow(seed, 500, orders=12))
    frames = damage(rng).apply([line_of(rng, given, n, most=12, pace=Pace.ABUT) for n in range(2)], Pace.ABUT)
    rig.start(SYMBOLS)
    records = rig.play(frames)
    truth = Truth(rig, SYMBOLS)
    truth.frames(frames)
    device, counters = rig.device, rig.device.counters()
    assert_sums(counters)
    wanted = truth.net | truth.feed.counters
    assert {name: counters[name] for name in wanted} == wanted
    assert device.status()["suspect"] == (counters["packets_suspect"] > 0)
    if counters["packets_suspect"]:
        last = {int(record["locate"]): record for record in records[records["kind"] == RecordKind.BOOK]}
        assert all(record["state"] & State.SUSPECT for record in last.values())
        assert np.count_nonzero(records["kind"] == RecordKind.FEED) and all(
            device.state(n) & State.SUSPECT for n in range(len(SYMBOLS)))
        device.clear()
        assert not device.status()["suspect"] and not any(device.state(n) & State.SUSPECT for n in range(len(SYMBOLS)))


def reordered(rig: Rig, seed: int) -> None:
    """Packets ahead of a gap are kept: the host gives the first message that is missing, until none is."""
    rng = random.Random(seed)
    messages, hold, most = flow(seed, 500, orders=12), rng.random() < 0.5, rng.choice([1, 3, 12])
    given = Messages.of(messages)
    frames = random_faults(rng).apply([line_of(rng, given, n, most=most, pace=Pace.ABUT) for n in range(2)], Pace.ABUT)
    rig.start(SYMBOLS, hold=hold, reorder=True)
    records = [rig.play(frames)]
    truth = Truth(rig, SYMBOLS, hold=hold)
    truth.frames(frames)
    device = rig.device
    expected = device.read("SEQ_EXPECTED")
    assert expected >= truth.feed.expected
    while expected <= len(messages):
        records.append(rig.inject([(expected, messages[expected - 1])]))
        before, expected = expected, device.read("SEQ_EXPECTED")
        assert expected > before
    counters = device.counters()
    truth.taken = [Taken(seq, raw, Source.INJECTED) for seq, raw in enumerate(messages, 1)]
    truth.feed.counters = {name: counters[name] for name in truth.feed.counters}
    truth.check(np.concatenate(records), counters)
    assert counters["packets_kept"] >= counters["packets_replayed"]
    assert counters["packets_kept"] + counters["packets_lost"] == counters["packets_gap"]


def crowded(rig: Rig, seed: int) -> None:
    """More orders than the table holds."""
    truth, counters = play(rig, flow(seed, 900, orders=110, hot=0.2), seed, exact=False)
    assert counters["orders_table_full"] and truth.marked


def heavy(rig: Rig, seed: int) -> None:
    """Levels with more shares than they can count."""
    rng = random.Random(seed)
    most = (1 << rig.profile.share_bits) - 1
    messages, live, reference = [], [], 4
    for n in range(400):
        if live and rng.random() < 0.4:
            order = live.pop(rng.randrange(len(live)))
            messages.append(message("D", locate=order[0], reference=order[1], timestamp=n))
        elif len(live) < 30:
            reference += 4
            order = rng.choice([1, 1, 1, 2]), reference
            live.append(order)
            messages.append(message("A", locate=order[0], reference=reference, side="B" if order[0] == 1 else "S",
                                    shares=most - rng.randrange(1000), price=500_000, timestamp=n))
    _, counters = play(rig, messages, seed)
    assert counters["level_overflow"]


CASES: dict[str, Callable[[Rig, int], None]] = {case.__name__: case for case in (
    legal, illegal, far, faulty, reordered, damaged, cut_through, crowded, heavy)}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", range(4))
def test_equal_or_marked(tiny: Rig, name: str, seed: int) -> None:
    CASES[name](tiny, seed)


@pytest.mark.soak
@pytest.mark.parametrize("name", CASES)
def test_equal_or_marked_long(tiny: Rig, name: str) -> None:
    first, progress = 1000 * soak_seed(), Progress()
    for number in range(first, first + 300):
        progress(f"{name}, seed {number}")
        CASES[name](tiny, number)
    print(f"{name}: seeds {first} to {first + 299}, all books equal to the models' or marked with a cause")
