"""What goes wrong on a line or with a clock: no hang, no false frame, and every carrier has its fate."""

import random

import pytest

from sim.board.model import Carriers
from sim.board.traffic import MIXES, START, on_wire, traffic, with_fcs
from tests.sim.board.questions import ping

#: Until a clock that came back is known for one of gigabit's pace, in femtoseconds.
PACED = 2_000_000_000
BYTE = 8_000_000
FRAME = bytes(range(60))
GOOD = START + with_fcs(FRAME)


def between_good(simulated, carriers: list[bytes], **options) -> tuple[list[tuple[bytes, int]], dict[str, int]]:
    """Say each of ``carriers`` with a good frame behind it, at least gaps; return what was taken, and the events."""
    told = Carriers()
    for carrier in carriers:
        told.add(carrier, **options)
        told.add(GOOD)
    simulated.send(0, told)
    assert simulated.settle()
    taken = simulated.take(0).taken
    good = [frame for frame, error in taken if error == 0]
    assert good == [FRAME] * len(carriers), "a good frame was lost, or a false one taken"
    assert all(error == 1 for _, error in taken if error)
    events = simulated.events(0)
    assert sum(events.values()) == 2 * len(carriers)
    assert events.pop("good") == len(carriers)
    return taken, events


def test_a_wrong_bit_at_every_place(simulated):
    whole = with_fcs(FRAME)
    spoiled = [START + whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1:]
               for at in range(len(whole)) for bit in range(8)]
    _, events = between_good(simulated, spoiled)
    assert events == {"fcs": len(spoiled)}


@pytest.mark.parametrize("size", [64, 65, 66, 67, 300, 1522])
def test_a_wrong_bit_at_every_byte_of_the_last_chunks(simulated, size):
    whole = with_fcs(random.Random(size).randbytes(size - 4))
    spoiled = [START + whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1:] for at in range(size - 12, size)]
    assert between_good(simulated, spoiled)[1] == {"fcs": 12}


def test_a_frame_cut_off_behind_every_byte(simulated):
    whole = START + with_fcs(bytes(range(100)) + bytes(100))
    _, events = between_good(simulated, [whole[:end] for end in range(1, len(whole))])
    assert events == {"void": 8, "fragments": 63, "fcs": len(whole) - 1 - 8 - 63}


def test_every_size_around_the_limits(simulated):
    sizes = [*range(5, 64), *range(1523, 1530), 2000, 9000]
    taken, events = between_good(simulated, [START + with_fcs(bytes(size - 4)) for size in sizes])
    assert events == {"runts": 59, "oversized": 9}
    assert max(len(frame) for frame, _ in taken) <= 1522


def test_jabber_without_an_end_in_sight(simulated):
    _, events = between_good(simulated, [START + bytes(30_000), START + b"\x55" * 30_000, b"\x55" * 30_000])
    assert events == {"jabbers": 2, "void": 1}


def test_an_error_of_the_phy_at_every_byte(simulated):
    told = Carriers()
    for at in range(len(GOOD)):
        told.add(GOOD, error_at=at)
        told.add(GOOD)
    simulated.send(0, told)
    assert simulated.settle()
    taken = simulated.take(0).taken
    assert [frame for frame, error in taken if error == 0] == [FRAME] * len(GOOD)
    # Up to the delimiter there is no frame yet.
    assert simulated.events(0) == {"good": len(GOOD), "void": len(START), "coding": len(GOOD) - len(START)}


@pytest.mark.parametrize("stop_time", [BYTE, 20 * BYTE, 200 * BYTE, 5000 * BYTE])
def test_a_clock_that_stops_before_any_byte_and_returns(simulated, stop_time):
    """Short stops go unseen, as data and clock stop together; a long one cuts the frame, and the next is taken."""
    places = [*range(0, len(GOOD), 3), len(GOOD) - 1]
    for at in places:
        before = simulated.events(0)
        told = Carriers()
        told.add(GOOD, stop_at=at, stop_time=stop_time)
        told.add(GOOD, gap=250)
        simulated.send(0, told)
        assert simulated.settle()
        taken, after = simulated.take(0).taken, simulated.events(0)
        fates = {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}
        whole = [frame for frame, error in taken if error == 0]
        assert whole in ([FRAME], [FRAME] * 2) and all(error == 1 for _, error in taken if error)
        assert sum(fates.values()) == 2 and fates["good"] == len(whole) and set(fates) <= {"good", "cut", "refused"}
        if stop_time == BYTE:
            assert fates == {"good": 2}
        if stop_time == 5000 * BYTE:
            assert fates["good"] == 1


@pytest.mark.parametrize("half", [20_000_000, 200_000_000])
def test_slower_links_are_refused_and_gigabit_again_is_taken(simulated, half):
    simulated.clock(0, half=half)
    simulated.run(100 * half)
    assert not simulated.gigabit(0) and simulated.gigabit(1)
    told = Carriers()
    for _ in range(5):
        told.add(GOOD)
    simulated.send(0, told)
    assert simulated.settle(idle=2000 * half)
    assert simulated.take(0).taken == [] and simulated.events(0) == {"refused": 5}
    simulated.clock(0)
    simulated.run(PACED)
    assert simulated.gigabit(0)
    simulated.send(0, told)
    assert simulated.settle()
    assert simulated.take(0).taken == [(FRAME, 0)] * 5


def test_one_port_without_a_clock_does_not_touch_the_other(simulated):
    simulated.clock(0, half=0)
    chance = random.Random(5)
    sent = traffic(MIXES["worst"], 300, chance)
    simulated.send(1, sent.carriers)
    assert simulated.settle()
    assert not simulated.gigabit(0) and simulated.events(1) == dict(sent.fates) and simulated.events(0) == {}
    assert [frame for frame, error in simulated.take(1).taken if error == 0] == sent.good


def test_reset_at_any_moment(simulated):
    """Reset while frames come at line rate: frames that are taken are true ones, in order, and reception goes on."""
    seed = 23
    print(f"seed {seed}")
    chance = random.Random(seed)
    for moment in range(40):
        frames = [chance.randbytes(chance.randrange(60, 90)) for _ in range(12)]
        told = Carriers()
        for frame in frames:
            told.add(on_wire(frame))
        before = simulated.events(0).get("good", 0)
        simulated.send(0, told)
        simulated.run(chance.randrange(100, 5 * 80 * 8) * 1_000_000 + moment)
        simulated.lock(False)
        simulated.run(chance.randrange(1, 60) * 8_000_000)
        simulated.lock(True)
        # The clock is measured anew, which takes longer than these frames.
        simulated.settle()
        simulated.send(0, told)
        simulated.settle()
        taken = simulated.take(0).taken
        whole = [frame for frame, error in taken if error == 0]
        assert whole[-len(frames):] == frames
        first = whole[:-len(frames)]
        assert [frame for frame in frames if frame in first] == first and len(first) < len(frames)
        assert simulated.events(0)["good"] - before == len(whole)


def test_reset_while_answers_are_sent_leaves_no_false_frame_on_the_line(simulated):
    question, answer = ping(0, bytes(200))
    cut = 0
    for moment in range(0, 60):
        told = Carriers()
        told.add(on_wire(question))
        simulated.send(0, told)
        simulated.run((300 + 6 * moment) * BYTE)
        simulated.lock(False)
        simulated.run(10 * BYTE)
        simulated.lock(True)
        simulated.run(PACED)
        for carrier, error in simulated.take(0).carriers:
            cut += carrier != on_wire(answer)
            assert carrier == on_wire(answer) or error or not carrier.startswith(START) or not _right(carrier)
    assert cut
    told = Carriers()
    told.add(on_wire(question))
    simulated.send(0, told)
    assert simulated.settle() and simulated.take(0).carriers == [(on_wire(answer), False)]


def _right(carrier: bytes) -> bool:
    """Say whether a receiver would take the frame in ``carrier`` for a good one."""
    frame = carrier[len(START):]
    return len(frame) >= 64 and with_fcs(frame[:-4]) == frame
