"""The whole MAC from the pins: latencies, clocks that stop, wrong speeds, resets."""

import random

import pytest

from tests.gateware.net.bench import frame_words
from tests.gateware.net.mac.line import PREAMBLE, carrier, fcs, gap, random_frame
from tests.gateware.net.mac.pins import Pins, at

#: Until the receive clock was measured, in bytes.
MEASURE = 150
GAP = 12


def on_wire(frame: bytes) -> bytes:
    padded = frame.ljust(60, b"\0")
    return PREAMBLE + padded + fcs(padded)


def line_of(frames: list[bytes], pause: int = 12) -> list:
    return gap(MEASURE) + [byte for frame in frames for byte in carrier(on_wire(frame)) + gap(pause)]


@pytest.mark.parametrize("core_ns, pause", [(5.0, 12), (6.4, 1), (8.0, 12), (16.0, 1), (25.0, 1)])
def test_line_rate_in_both_directions(core_ns, pause):
    chance = random.Random(int(10 * core_ns) + pause)
    heard = [random_frame(chance, 60, 90) for _ in range(5)]
    said = [random_frame(chance, 20, 90) for _ in range(5)]
    pins = Pins(core_ns=core_ns).run(
        7500, line=at(line_of(heard, pause)), words=[word for frame in said for word in frame_words(frame)])
    assert pins.frames == [[frame, False] for frame in heard]
    assert pins.carriers == [[on_wire(frame), False] for frame in said]
    assert pins.events == {"good": len(heard), "sent": len(said)}
    assert pins.gigabit[-1] and pins.running[-1]


@pytest.mark.parametrize("phase", [0.5, 4.5])
def test_latency_from_the_pins_to_words(phase):
    frame = bytes(range(64))
    pins = Pins(phase=phase).run(2300, line=at(line_of([frame])))
    begin = MEASURE + len(PREAMBLE)
    behind = [begin + 8 * n + 3 for n in range(1, 8)] + [begin + len(frame) + 3]
    waits = {(word - pins.bytes_in[n]) / 8 for n, word in zip(behind, pins.words, strict=True)}
    assert len(waits) == 1 and 8 <= waits.pop() < 9


@pytest.mark.parametrize("phase", [0.5, 4.5])
def test_latency_from_words_to_the_pins(phase):
    idle = GAP + 10
    pins = Pins(phase=phase).run(1100, words=[*[None] * idle, *frame_words(bytes(64))])
    assert pins.carriers == [[on_wire(bytes(64)), False]]
    assert 7 <= (pins.carrier_times[0] - pins.starts[0]) / 8 < 8


def test_slower_links_are_refused():
    frame = bytes(60)
    nibbles = [byte for value in on_wire(frame) for byte in ((value & 15) * 17, (value >> 4) * 17)]
    line = at(gap(100) + carrier(bytes(nibbles)) + gap(10), 40.0)
    pins = Pins(core_ns=16.0).run(40 * len(line), line=line)
    assert not pins.frames and "good" not in pins.events and not any(pins.gigabit) and pins.running[-1]


@pytest.mark.parametrize("stop", range(MEASURE, MEASURE + 90, 17))
def test_a_clock_that_stops_ends_the_frame_in_error_and_returns(stop):
    frames = [bytes(range(60)), bytes(range(60, 120)), bytes(range(120, 180))]
    line = at(line_of(frames[:1]))
    line[stop:stop] = [(0, (255, 0, 0))] * 4
    line += at(gap(MEASURE) + line_of(frames[1:]))
    pins = Pins().run(4 * 255 + 8 * len(line), line=line)
    whole = [frame for frame in pins.frames if not frame[1]]
    assert whole[-2:] == [[frame, False] for frame in frames[1:]]
    assert all(frame[1] is not None for frame in pins.frames)
    assert pins.events["good"] == len(whole)
    assert pins.events["good"] + pins.events["cut"] + pins.events["refused"] == 3


def test_a_clock_that_never_came():
    pins = Pins().run(2000, line=[(0, (255, 0, 0))] * 8)
    assert not any(pins.running) and not any(pins.gigabit) and not pins.events


@pytest.mark.parametrize("moment", range(MEASURE + 4, MEASURE + 90, 25))
def test_reset_at_any_moment_in_both_directions(moment):
    chance = random.Random(moment)
    heard = [random_frame(chance, 60, 64) for _ in range(4)]
    said = [random_frame(chance, 60, 64) for _ in range(4)]
    pins = Pins().run(5000, line=at(line_of(heard)), words=[word for frame in said for word in frame_words(frame)],
                      resets=frozenset({moment}))
    good = [data for data, error in pins.frames if error is False]
    assert [frame for frame in heard if frame in good] == good and len(good) == pins.events["good"] >= 1
    assert all(error is None for data, error in pins.frames if data not in good)
    sent = [data for data, error in pins.carriers if not error]
    assert [data for data in map(on_wire, said) if data in sent] == sent and len(sent) >= 3
